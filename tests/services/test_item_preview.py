"""An item as the candidate sees it: in the terminal in plain words, and typeset as PDF, PNG and HTML."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from certengine.errors import UsageError
from certengine.services.item_preview import preview_item, write_preview
from tests.services.small_world import BANK, World, acting

pytestmark = [
    pytest.mark.slow,
    # WeasyPrint leaves its colour profile to be closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="2" height="1"/></svg>'
CASE = r"""format: 1
stimuli:
  - id: case
    area: S
    level: know
    title: {zh: "案例", en: "A case"}
    text: {zh: "电阻 $R = \\frac{U}{I}$。", en: "A resistor, $R = \\frac{U}{I}$."}
    figures: [{file: figures/box.svg, alt: {zh: "方框", en: "a box"}, caption: {zh: "图 1", en: "Figure 1"}, width: 20}]
items:
  - id: P1
    kind: numeric
    area: S
    level: know
    author: chen
    stimulus: case
    stem: {zh: "$\\sqrt{\\val{a}}$ 是多少？`{a}`", en: "What is $\\sqrt{\\val{a}}$? `{a}`"}
    parameters: {a: {min: 1, max: 500, step: 1}}
    key: "sqrt(a)"
    tolerance: {absolute: 0.1}
    unit: "V"
"""


@pytest.fixture
def root(world: World, tmp_path: Path) -> Path:
    """The small academy with a case, its figure, and an item of it that has parameters."""
    root = world.copy("published", tmp_path / "academy")
    bank = root / "question_banks" / BANK
    (bank / "figures").mkdir()
    (bank / "figures" / "box.svg").write_bytes(SVG)
    (bank / "items" / "case.yaml").write_text(CASE, encoding="utf-8")
    return root


def test_the_terminal_shows_markup_in_plain_words(root: Path) -> None:
    """What the item refers to stands above it, figures are told by their alternative text, formulas by signs."""
    with acting(root) as context:
        lines = [*preview_item(context, BANK, "P1", with_key=True).lines()]

    told = "\n".join(lines)
    assert "[case] A case\nA resistor, R = U/I.\n[figure: a box]  Figure 1\n" in told
    assert re.search(r"What is √(\d+)\? \1  \(V\)", told)
    assert "$" not in told
    assert lines[0] == "P1  numeric, S x know, draft"


def test_a_number_names_a_variant(root: Path) -> None:
    """The same number shows the same values twice, other numbers others."""
    with acting(root) as context:
        stems = [
            preview_item(context, BANK, "P1", with_key=False, variant_number=number).stem for number in (1, 1, 2, 3)
        ]

    assert stems[0] == stems[1]
    assert len(set(stems)) == 3


def test_the_typeset_view_is_written_by_its_suffix(root: Path, tmp_path: Path) -> None:
    """A PDF, a picture of it trimmed to what is on it, and an HTML file that asks for nothing."""
    with acting(root) as context:
        preview = preview_item(context, BANK, "P1", with_key=True)
        for name in ("item.pdf", "item.PNG", "item.html"):
            write_preview(context, BANK, preview, tmp_path / name)

    assert (tmp_path / "item.pdf").read_bytes().startswith(b"%PDF")
    with Image.open(BytesIO((tmp_path / "item.PNG").read_bytes())) as picture:
        assert picture.width > picture.height > 200
    html = (tmp_path / "item.html").read_text("utf-8")
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert len(addresses) >= 3
    assert all(address.startswith("data:image/svg+xml;base64,") for address in addresses)
    assert "asset:" not in html


def test_another_suffix_is_refused(root: Path, tmp_path: Path) -> None:
    """The hint says what is written."""
    with acting(root) as context:
        preview = preview_item(context, BANK, "P1", with_key=False)
        with pytest.raises(UsageError) as refused:
            write_preview(context, BANK, preview, tmp_path / "item.docx")
    assert refused.value.hint == "name a .pdf, .png or .html file"
