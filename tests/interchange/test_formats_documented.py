"""``docs/exchange-banks.md`` says of each format what the code does: the table follows from the registers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from certengine.interchange.bank_columns import ENGLISH, HEADINGS
from certengine.interchange.bank_formats import FORMATS, BankFormat
from certengine.interchange.loss import Fate
from certengine.interchange.questions import Picture
from certengine.items import KINDS
from tests.interchange.exchanged import PARAMETRISED, asked, read_text
from tests.interchange.test_markup import FULL, choice

PAGE = (Path(__file__).parents[2] / "docs" / "exchange-banks.md").read_text("utf-8")
ROWS = {
    cells[1].strip("`"): cells
    for line in re.findall(r"^\| (.*) \|$", PAGE, re.MULTILINE)
    if len(cells := line.split(" | ")) == 7 and cells[1].startswith("`")
}


def test_every_format_has_its_row() -> None:
    """The formats of the page are the formats of the program, by title and id, in their order."""
    assert [(row[0], id_) for id_, row in ROWS.items() if id_ != "--format"] == [(one.title, one.id) for one in FORMATS]


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.id)
def test_the_row_says_what_the_format_carries(format_: BankFormat, tmp_path: Path) -> None:
    """Kinds as the writers have them; parameters, markup and records as a file that was written and read shows."""
    _, _, kinds, parameters, markup, pictures, whole = ROWS[format_.id]
    assert sorted(re.findall(r"`([a-z_]+)`", kinds)) == sorted({kind.id for kind in KINDS} & set(format_.kinds))
    assert whole == ("yes" if format_.keeps_aside else "no")
    shown = replace(choice(FULL), pictures=(Picture(name="figures/a.svg", alt="a", data=b"<svg/>"),))
    question = read_text(format_.read, tmp_path, format_.write([shown], "bank").data, f"i{format_.suffix}").questions[0]
    assert pictures == ("yes" if question.pictures == shown.pictures else "no")
    data = format_.write([choice(FULL)], "bank").data
    content = read_text(format_.read, tmp_path, data, f"m{format_.suffix}").questions[0].content
    assert markup == ("yes" if "$" in content.stem.best("und").replace("\\$", "") else "as words")
    if "numeric" in format_.kinds:
        data = format_.write([asked("numeric", PARAMETRISED)], "bank").data
        numeric = read_text(format_.read, tmp_path, data, f"p{format_.suffix}").questions[0].content
        assert bool(numeric.parameters) == (not parameters.startswith("one drawn variant"))


def test_every_fate_is_explained() -> None:
    """Each word that a report may use of a thing stands on the page."""
    assert {fate.value for fate in Fate} == set(
        re.findall(r"^\| (left out|lost|kept aside|cleaned) \|", PAGE, re.MULTILINE)
    )


def test_every_column_is_named() -> None:
    """The columns of workbook and CSV stand on the page, those of a row of columns by their first and last."""
    for heading in HEADINGS[:-1]:
        series = re.fullmatch(r"选项.|知识点.级", heading)
        assert series or heading in PAGE
    for name in (
        "option_a",
        "option_j",
        "topic_1",
        "topic_6",
        *(ENGLISH[one] for one in ("试题GUID", "题型", "解析", "出处")),
    ):
        assert f"`{name}`" in PAGE
