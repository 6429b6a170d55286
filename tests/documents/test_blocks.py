"""Blocks typeset once: the same wherever they come from, cut to what they show, put on pages that hold together."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.documents.blocks import Fragment, Setting, typeset
from certengine.documents.composition import FaceShelf, Placed, PlacedPage, compose
from certengine.documents.font_slices import Face, width_array
from certengine.documents.fonts import FontSet
from certengine.documents.layout import Typesetter
from certengine.documents.lettering import coded, lettered
from certengine.documents.pack_files import pack_lines, read_pack
from certengine.documents.paper_printer import PaperPrinter
from certengine.documents.qr import read_qr
from certengine.documents.slots import Slot
from certengine.documents.template_folder import TemplateFolder
from certengine.model.text import Text
from certengine.model.view import PaperView, PresentedFigure, PresentedStimulus
from tests.documents.conftest import Reader
from tests.documents.printed_samples import choice, number_item, paper, section, text

pytestmark = [
    pytest.mark.slow,
    # WeasyPrint leaves its colour profile to be closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

DIGEST = "sha256:" + "ab" * 32
SQUARE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10" opacity="0.5"/></svg>'
)
CSS = "@page { size: 176mm 257mm; margin: 0 } .block { break-before: page } body { margin: 0 }"


@pytest.fixture(scope="module")
def setting(typesetter: Typesetter, fonts: FontSet) -> Setting:
    """Plain blocks of the size of a paper's text."""
    return Setting(typesetter, (CSS,), {DIGEST: SQUARE}, FaceShelf(fonts).twins())


def fragment(html: str, width: float | None = 100.0) -> Fragment:
    """A fragment in Chinese."""
    return Fragment("plain", "zh", "line", width, f'<div style="font: 10pt Certengine Serif">{html}</div>')


def page(*placed: Placed) -> PlacedPage:
    """A page of A4."""
    return PlacedPage(595.28, 841.89, placed)


def test_block_is_the_same_alone_and_among_others(setting: Setting) -> None:
    """What a block looks like does not depend on what was laid out with it, nor in which order."""
    one, two, rare = fragment("电压 <b>U</b> – 220 V"), fragment("另一题 other"), fragment("龘靐")
    pictured = fragment(f'<img src="asset:figure-{"ab" * 32}" style="width: 20mm">')
    parts = (one, two, rare, pictured)

    together, backwards = typeset(parts, setting), typeset(parts[::-1], setting)

    for part in parts:
        alone = typeset((part,), setting)
        assert alone.blocks[part.key] == together.blocks[part.key] == backwards.blocks[part.key]


def test_block_survives_being_remembered(setting: Setting) -> None:
    """A pack read back from its lines is the same pack."""
    pack = typeset(
        (fragment("题"), fragment(f'<img src="asset:figure-{"ab" * 32}" width=20>'), fragment("𬭎")), setting
    )

    assert read_pack(pack_lines(pack)) == pack


def test_tall_block_comes_in_pieces(setting: Setting) -> None:
    """A block taller than a page is parted between its lines, each piece no taller than the page."""
    tall = fragment("<br>".join(f"line{n}" for n in range(120)))

    block = typeset((tall, fragment("x")), setting).blocks[tall.key]

    assert len(block.pieces) == 3
    assert all(piece.height <= piece.page_height + 0.01 for piece in block.pieces)


def test_look_alikes_are_said_as_they_were_written(setting: Setting, fonts: FontSet, poppler: Reader) -> None:
    """Signs that share one glyph are found as the bank wrote them, whatever else was laid out."""
    written = ("1–25 ～ 3", "1‒25 〜 3")
    parts = [fragment(one) for one in written]
    pack = typeset(parts, setting)

    for one, part in zip(written, parts, strict=True):
        made = compose(
            [page(Placed(pack.blocks[part.key].pieces[0], 50, 50))], FaceShelf(fonts), title="x", language="zh"
        )
        assert one.replace(" ", "") == "".join(poppler(made).split())


FIGURE = PresentedFigure(
    digest=DIGEST, width=Decimal(40), alt=Text.of(zh="方块", en="a square"), caption=Text.of(zh="图 1")
)
STIMULUS = PresentedStimulus(id="S1", title=text(("工况", "The case")), text=text(("材料正文", "What happened")), figures=(FIGURE,))  # fmt: skip


@pytest.fixture(scope="module")
def figured(templates: TemplateFolder, typesetter: Typesetter, fonts: FontSet) -> PaperPrinter:
    """A printer that has the bytes of a figure."""
    return PaperPrinter(templates, typesetter, fonts, {DIGEST: SQUARE})


def rich_paper() -> PaperView:
    """A paper with figures, a formula, a table, program text, a set of items on one text, and a rare character."""
    marked = replace(
        choice(0),
        stem=Text.of(zh="求 $\\frac{U}{R}$：\n| 量 | 值 |\n| U | 24 V |\n```\nLD X0\n```", en="Find $I$; `MOVE`."),
    )
    drawn = section(("单选题", "Choice"), "1", 1, [marked, choice(1), number_item(0)])
    items = tuple(replace(item, figures=(FIGURE,)) if item.position == 2 else item for item in drawn.items)
    of_set = section(("综合题", "Case"), "2", 4, [choice(2), number_item(1)])
    set_items = tuple(replace(item, stimulus=STIMULUS) for item in of_set.items)
    return paper(name="林龘𬭎", sections=(replace(drawn, items=items), replace(of_set, items=set_items)))


def test_composed_file_is_sound(figured: PaperPrinter, tmp_path: Path) -> None:
    """Strict readers find nothing wrong with a paper that has figures, formulas, tables and rare characters."""
    file = tmp_path / "paper.pdf"
    file.write_bytes(figured.paper(rich_paper()))

    checked = subprocess.run(["qpdf", "--check", file], capture_output=True, check=False)
    drawn = subprocess.run(["mutool", "draw", "-q", "-o", tmp_path / "p%d.png", file], capture_output=True, check=False)
    assert (checked.returncode, drawn.returncode) == (0, 0)
    assert b"error" not in drawn.stderr


def test_everything_of_a_rich_paper_is_there(figured: PaperPrinter, poppler: Reader, mupdf: Reader) -> None:
    """Tables, program text, captions, the text of a set and a rare name are read by two readers."""
    made = figured.paper(rich_paper())

    for read in (poppler, mupdf):
        found = "".join(read(made).split())
        for words in ("LDX0", "24V", "图1", "材料正文", "Whathappened", "材料：第4–5题", "林龘𬭎", "MOVE"):
            assert words in found, words
        assert found.count("材料正文") == 1


def test_text_of_a_set_stands_on_the_page_of_its_first_item(figured: PaperPrinter, poppler: Reader) -> None:
    """The stimulus is printed right above the first item that refers to it."""
    pages = poppler(figured.paper(rich_paper())).split("\f")

    assert [page for page in pages if "What happened" in page] == [
        page for page in pages if "4." in page and "What" in page
    ]


def test_paper_does_not_depend_on_what_was_printed_before(
    figured: PaperPrinter, templates: TemplateFolder, typesetter: Typesetter, fonts: FontSet
) -> None:
    """A paper has the same bytes made first of all and made after others."""
    figured.paper(paper(number=7, name="欧阳澈"))

    assert figured.paper(rich_paper()) == PaperPrinter(templates, typesetter, fonts, {DIGEST: SQUARE}).paper(
        rich_paper()
    )


def test_paper_holds_no_letter_of_another_candidate(printer: PaperPrinter) -> None:
    """Fonts are cut to what one paper shows: a character of another's name is in none of them."""
    printer.paper(paper(number=2, name="欧阳澈"))

    with pikepdf.open(BytesIO(printer.paper(paper(number=1)))) as document:
        said = "".join(
            thing.read_bytes().decode("latin-1") for thing in document.objects if isinstance(thing, pikepdf.Stream)
        )
    assert f"<{ord('林'):04x}>" in said
    assert f"<{ord('澈'):04x}>" not in said


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, 6000), min_size=1, max_size=60))
def test_cut_face_shows_its_glyphs(face: Face, whole: TTFont, glyphs: set[int]) -> None:
    """A cut has the outlines and widths of its glyphs and no others, at the numbers they had, with right checksums."""
    program = face.program(glyphs, {})

    with TTFont(BytesIO(program.data), checkChecksums=2) as font:
        for table in ("glyf", "hmtx", "head", "maxp"):
            assert font[table] is not None
        order, before = font.getGlyphOrder(), whole.getGlyphOrder()
        for glyph in glyphs:
            assert font["glyf"][order[glyph]] == whole["glyf"][before[glyph]]
            assert font["hmtx"][order[glyph]] == whole["hmtx"][before[glyph]]
        shown = {number for number, name in enumerate(order) if font["glyf"][name].numberOfContours}
        assert shown <= glyphs | {0}
    assert program == face.program(sorted(glyphs, reverse=True), {})


@pytest.fixture(scope="module")
def whole(fonts: FontSet) -> TTFont:
    """The face before it is cut."""
    return TTFont(fonts.faces[0].file)


@pytest.fixture(scope="module")
def face(fonts: FontSet) -> Face:
    """A prepared face."""
    return Face("Certengine-Sans", fonts.faces[0].file.read_bytes())


def test_cuts_for_everybody_hold_no_letter_of_a_name(fonts: FontSet) -> None:
    """A name is lettered in a cut of its own, so that what is printed for everybody is cut the same for everybody."""
    placed = lettered("王小明", SLOT, FaceShelf(fonts))
    assert placed is not None
    with pikepdf.open(io.BytesIO(compose([page(placed)], FaceShelf(fonts), title="x", language="zh"))) as pdf:
        assert set(pdf.pages[0].Resources.Font.keys()) == {"/L1"}


def test_widths_are_written_in_runs() -> None:
    """Glyphs that follow each other share one entry of the width array."""
    assert width_array({9: 900, 5: 500, 6: 600}) == b"[5[500 600 ]9[900 ]]"


SLOT = Slot(name="name", x=10, width=100, top=0, baseline=20, size=11, sans=True, bold=True)


@pytest.mark.parametrize(
    ("words", "expected"), [("林知远", 33), ("一二三四五六七八九十", 100), ("一" * 20, None), ("林𬭎", None)]
)
def test_words_are_lettered_where_they_fit(words: str, expected: int | None, fonts: FontSet) -> None:
    """Words stand in the slot's size, smaller where they are too long; not at all where that is too small or a letter lacks."""
    placed = lettered(words, SLOT, FaceShelf(fonts))

    assert (None if placed is None else round(placed.piece.width)) == expected


def test_words_end_at_the_right_where_the_slot_does(fonts: FontSet) -> None:
    """A slot set to the right ends with its last letter."""
    placed = lettered("2026", replace(SLOT, align="right"), FaceShelf(fonts))

    assert placed is not None
    assert placed.x + placed.piece.width == pytest.approx(110)


def test_drawn_code_is_read(fonts: FontSet, tmp_path: Path) -> None:
    """A code drawn as squares reads as its text."""
    placed = coded("K7QP-2001", replace(SLOT, width=80))
    (tmp_path / "code.pdf").write_bytes(compose([page(placed)], FaceShelf(fonts), title="x", language="zh"))
    subprocess.run(["pdftoppm", "-r", "100", "-png", tmp_path / "code.pdf", tmp_path / "code"], check=True)

    assert read_qr(next(tmp_path.glob("code*.png")).read_bytes()) == ("K7QP-2001",)


def test_long_names_are_typeset_within_their_place(printer: PaperPrinter, poppler: Reader) -> None:
    """A name too long for its line is printed whole all the same."""
    long = "Maximiliana Wolkenstein-Hohenstaufen zu Unterfranken und Oberbayern"

    found = poppler(printer.paper(paper(name=long)))

    assert [word for word in long.split() if word not in found] == []


def test_composed_paper_says_what_it_is(printer: PaperPrinter) -> None:
    """Title and language are the paper's; nothing says when or on which machine it was made."""
    with pikepdf.open(BytesIO(printer.paper(paper()))) as document:
        told = {str(name): str(value) for name, value in document.docinfo.items()}
        language = str(document.Root.Lang)

    assert told == {"/Title": "理论知识考试 K7QP-2001", "/Producer": "certengine"}
    assert language == "zh"


def test_printers_file_begins_every_part_on_a_sheet(printer: PaperPrinter, poppler: Reader) -> None:
    """In the one file each separator, paper and answer sheet begins on an odd page, and each candidate's follow one another."""
    views = [paper(number=n) for n in (1, 2, 3)]
    alone = len(poppler(printer.paper(views[0])).split("\f")) - 1

    pages = poppler(printer.bundle(views)).split("\f")[:-1]

    starts = [number for number, found in enumerate(pages) if re.search(r"^\s*[123] ?/ ?3\s*$", found, re.MULTILINE)]
    each = 2 + alone + alone % 2 + 2
    assert starts == [0, each, 2 * each]
    assert all("K7QP-200" in found or not found.strip() for found in pages)


def test_one_file_is_smaller_than_its_parts(printer: PaperPrinter) -> None:
    """What papers share stands in the one file once."""
    views = [paper(number=n) for n in range(1, 6)]

    parts = sum(len(printer.paper(view)) + len(printer.answer_sheet(view)) for view in views)

    assert len(printer.bundle(views)) < parts / 2
