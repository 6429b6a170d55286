"""Formulas, program text, tables and stress out and in again: as markup where a format has it, as words where not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.interchange.aiken import read_aiken, write_aiken
from certengine.interchange.bank_workbook import read_workbook, write_workbook
from certengine.interchange.gift import read_gift, write_gift
from certengine.interchange.moodle_formulas import from_values, with_values
from certengine.interchange.moodle_reading import read_moodle
from certengine.interchange.moodle_xml import write_moodle
from certengine.interchange.qti_package import read_qti, write_qti
from certengine.interchange.qti_versions import VERSIONS, QtiVersion
from certengine.interchange.questions import LANGUAGE, Question
from certengine.interchange.strict_zip import StrictZip
from certengine.interchange.wording import doubled, one_writing, single, words
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.parameters import Parameter
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.markup import escape, parse
from tests.interchange.exchanged import TEXTS, asked, marked, read_text

FORMULAS = (r"\frac{U}{R}", "x^2", r"\sqrt{3}\,U_{\text{L}}", r"\alpha \le 5\%", "a<b")
RUNS = st.one_of(
    TEXTS.map(escape),
    st.sampled_from(FORMULAS).map("${}$".format),
    st.sampled_from(("MOVE", "IF a<b & c", "x | y")).map("`{}`".format),
    st.sampled_from(("**not**", "**never ever**")),
)
LINES = st.lists(RUNS, min_size=1, max_size=4).map(" ".join)
ROWS = st.lists(st.lists(RUNS, min_size=2, max_size=2), min_size=2, max_size=3)
BLOCKS = st.one_of(
    LINES,
    st.sampled_from(FORMULAS).map("$${}$$".format),
    st.sampled_from(("LD %I0.1\n  OUT q", "a\n\nb")).map("```\n{}\n```".format),
    ROWS.map(lambda rows: "\n".join(f"| {' | '.join(row)} |" for row in rows)),
)
MARKED = st.lists(BLOCKS, min_size=1, max_size=3).map("\n".join)
FULL = (
    "Given $U = 5$ V and **no** load, see `MOVE`:\n| U | I |\n| $\\frac{1}{2}$ | a\\|b |\n$$P = U I$$\n"
    "```\nLD %I0.1\n  OUT\n```\nWhat is it worth in \\$?"
)
VALUED = NumericContent(
    stem=marked(r"A motor of {U} V and $R=\val{R}\,\Omega$: find $I=\frac{U}{R}$ in {{A}}."),
    parameters={"U": Parameter(values=(Decimal(12), Decimal(24))), "R": Parameter(values=(Decimal(6),))},
    key="U/R",
    unit="A",
    places=1,
    tolerance=Tolerance(exact=True),
)


def choice(stem: str, first: str = "a", second: str = "b") -> Question:
    """A single choice of texts with markup."""
    options = (Option(id="a", text=marked(first)), Option(id="b", text=marked(second)))
    content = SingleChoiceContent(stem=marked(stem), options=options, key="b")
    return asked("single_choice", content, explanation=stem)


def said(text: str) -> object:
    """What a text says, spaces counted once where no program stands."""
    return parse(one_writing("\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())))


def texts_of(question: Question) -> list[object]:
    """Stem, options and explanation."""
    content = question.content
    options = [option.text.best(LANGUAGE) for option in content.options]
    return [said(text) for text in (content.stem.best(LANGUAGE), *options, question.explanation or "")]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
@settings(max_examples=30)
@given(stem=MARKED, option=LINES)
def test_qti_gives_back_markup(
    tmp_path_factory: pytest.TempPathFactory, version: QtiVersion, stem: str, option: str
) -> None:
    """Whatever blocks and signs stand together, QTI says the same again."""
    question = choice(stem, option)
    data = write_qti([question], "bank", version).data
    found = read_text(read_qti, tmp_path_factory.getbasetemp(), data, "m.zip")
    assert (texts_of(found.questions[0]), found.losses) == (texts_of(question), ())


@settings(max_examples=40)
@given(stem=MARKED, option=LINES)
def test_moodle_gives_back_markup(tmp_path_factory: pytest.TempPathFactory, stem: str, option: str) -> None:
    """The same as HTML with formulas between backslash and bracket."""
    question = choice(stem, option)
    found = read_text(read_moodle, tmp_path_factory.getbasetemp(), write_moodle([question], "bank").data, "m.xml")
    assert (texts_of(found.questions[0]), found.losses) == (texts_of(question), ())


@pytest.mark.parametrize(
    ("write", "read", "name"),
    [(write_gift, read_gift, "m.gift"), (write_aiken, read_aiken, "m.txt"), (write_workbook, read_workbook, "m.xlsx")],
)
def test_formats_without_markup_show_words(tmp_path: Path, write: object, read: object, name: str) -> None:
    """A formula is words there, and a dollar sign is a dollar sign."""
    data = write([choice(r"Is $\frac{U}{R}$ worth \$5?", "`MOVE`")], "bank").data  # type: ignore[operator]
    content = read_text(read, tmp_path, data, name).questions[0].content  # type: ignore[arg-type]
    assert content.stem.best(LANGUAGE) == escape(words(r"Is $\frac{U}{R}$ worth \$5?"))
    assert content.options[0].text.best(LANGUAGE) == "MOVE"


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_formulas_are_mathml_with_our_latex_beside(version: QtiVersion, tmp_path: Path) -> None:
    """Other programs draw the formula; the annotation keeps the LaTeX it was made of."""
    (tmp_path / "q.zip").write_bytes(write_qti([choice(FULL)], "bank", version).data)
    package = StrictZip((tmp_path / "q.zip").read_bytes(), tmp_path / "q.zip")
    item = package.read("items/q-1.xml")
    assert item is not None
    maths = list(fromstring(item).iter("{http://www.w3.org/1998/Math/MathML}math"))
    annotations = [part.text for math in maths for part in math.iter() if part.tag.endswith("}annotation")]
    assert annotations[:3] == ["U = 5", r"\frac{1}{2}", "P = U I"]
    assert [math.get("display") for math in maths[:3]] == ["inline", "inline", "block"]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_values_in_formulas_come_back_from_qti(version: QtiVersion, tmp_path: Path) -> None:
    """A value in a formula goes by a variable of its own, so that a letter of the same name stays a letter."""
    data = write_qti([asked("numeric", VALUED)], "bank", version).data
    found = read_text(read_qti, tmp_path, data, "v.zip").questions[0].content
    assert (found.stem, set(found.parameters), found.derived) == (VALUED.stem, {"U", "R"}, {})
    package = StrictZip(data, tmp_path / "v.zip")
    item = package.read("items/q-1.xml")
    assert item is not None
    letters = [part.text for part in fromstring(item).iter() if part.tag.endswith("}mi")]
    assert letters == ["R", "R_value", "Ω", "I", "U", "R"]


def test_values_in_formulas_come_back_from_moodle(tmp_path: Path) -> None:
    """Moodle puts values in at ``{R}``; a group of LaTeX that says a name is kept from it by spaces."""
    data = write_moodle([asked("numeric", VALUED)], "bank").data
    assert r"\(R={R}\,\Omega\): find \(I=\frac{ U }{ R }\) in {A}." in data.decode()
    found = read_text(read_moodle, tmp_path, data, "v.xml").questions[0].content
    assert found.stem == VALUED.stem


@given(text=MARKED)
def test_names_in_formulas_survive_the_way_to_moodle(text: str) -> None:
    """What is written for Moodle's values is read back as it was, whatever the names are."""
    for names in ({"U"}, {"U", "R", "x"}, set[str]()):
        assert from_values(with_values(text, names), names) == text


@given(text=MARKED | TEXTS)
def test_doubled_braces_come_back_single(text: str) -> None:
    """Braces outside formulas are doubled for stems with parameters; those within are LaTeX's and stay."""
    assert single(doubled(text)) == text
    for formula in FORMULAS:
        if f"${formula}$" in text:
            assert f"${formula}$" in doubled(text) or len(parse(text)) != len(parse(doubled(text)))
