"""Answer sheets: every position has its place, and the place is where the plan says, to the tenth of a millimetre."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from certengine.documents.answer_grid import (
    BUBBLE_HEIGHT,
    BUBBLE_WIDTH,
    CELL_HEIGHT,
    CELL_WIDTH,
    CELLS,
    CORNER_SIDE,
    CORNERS,
    AnswerRow,
    SheetPlan,
    page_code,
    plan_answer_sheet,
)
from certengine.documents.answer_pages import (
    FRAME_WIDTH,
    FRAME_X,
    FRAME_Y,
    MARKER_HEIGHT,
    MARKER_WIDTH,
    MARKER_X,
    MARKER_Y,
)
from certengine.documents.answer_sheets import geometry
from certengine.documents.fonts import FontSet
from certengine.documents.layout import Typesetter
from certengine.documents.paper_printer import PaperPrinter
from certengine.documents.qr import read_qr
from certengine.documents.template_folder import TemplateFolder
from certengine.model.text import Text
from certengine.model.view import PaperView, Presented, PresentedSection
from tests.documents.conftest import Reader, Spelled
from tests.documents.printed_samples import (
    choice,
    essay_item,
    gap_item,
    match_item,
    number_item,
    order_item,
    paper,
    section,
    statement,
    word_item,
)

slow = [
    pytest.mark.slow,
    # WeasyPrint leaves its colour profile to be closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

Rectangle = tuple[int, int, int, int]


def view_of(counts: list[tuple[str, int]]) -> PaperView:
    """A paper with sections of these kinds and lengths, numbered through."""
    parts: list[PresentedSection] = []
    first = 1
    for kind, count in counts:
        made: dict[str, Presented] = {
            "one": choice(0),
            "several": choice(0, several=True),
            "truth": statement(0),
            "number": number_item(0),
            "word": word_item(0),
            "essay": essay_item(),
        }
        parted = {"match": match_item, "order": order_item, "gaps": gap_item}
        items = [parted[kind](n) if kind in parted else made[kind] for n in range(count)]
        parts.append(section(("部分", "Part"), "1", first, items))
        first += count
    return paper(sections=tuple(parts))


def test_a_section_of_several_forms_has_one_heading_and_places_for_all() -> None:
    """Items of a set are answered each in its own way: the heading names no form, and every item has its place."""
    mixed = [choice(0), statement(0), number_item(0), match_item(0), choice(2, several=True)]
    (page,) = plan_answer_sheet(paper(sections=(section(("案例分析题", "Case"), "2", 1, mixed),))).pages

    assert [heading.form for heading in page.headings] == [None]
    assert page.headings[0].shared == ()
    assert sorted({row.position for row in page.rows}) == [1, 2, 3, 4, 5]
    spots = [place for row in page.rows for place in places(row)]
    assert all(apart(one, other) for number, one in enumerate(spots) for other in spots[:number])


def places(row: AnswerRow) -> list[Rectangle]:
    """Left, top, right and bottom of all that a candidate marks or writes in."""
    if row.cells_x is not None:
        return [(row.cells_x, row.y, row.cells_x + CELLS * CELL_WIDTH, row.y + CELL_HEIGHT)]
    if row.line_x is not None:
        return [(row.line_x, row.y, row.line_x + row.line_width, row.y + CELL_HEIGHT)]
    return [(bubble.x, bubble.y, bubble.x + BUBBLE_WIDTH, bubble.y + BUBBLE_HEIGHT) for bubble in row.bubbles]


def apart(one: Rectangle, two: Rectangle) -> bool:
    """Whether two places do not touch."""
    return one[2] < two[0] or two[2] < one[0] or one[3] < two[1] or two[3] < one[1]


shapes = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["one", "several", "truth", "number"]), st.integers(1, 130)),
        st.tuples(st.sampled_from(["match", "order", "word", "gaps", "essay"]), st.integers(1, 30)),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(shapes)
def test_plan_gives_each_position_one_place_of_its_own(counts: list[tuple[str, int]]) -> None:
    """Whatever a paper's shape: each position once, nothing overlaps, all of it between the corner squares."""
    view = view_of(counts)

    plan = plan_answer_sheet(view)

    rows = [row for page in plan.pages for row in page.rows]
    parts = [
        (item.position, part)
        for one in view.sections
        for item in one.items
        if item.presented.answer_form != "essay"
        for part in (
            [gap.label for gap in item.presented.gaps]
            or [prompt.label for prompt in item.presented.prompts]
            or ([str(n) for n in range(1, len(item.presented.options) + 1)] if item.presented.answer_form == "sequence" else [None])
        )
    ]  # fmt: skip
    assert sorted((row.position, str(row.part)) for row in rows) == sorted((n, str(part)) for n, part in parts)
    for page in plan.pages:
        marked = sorted(place for row in page.rows for place in places(row))
        for number, one in enumerate(marked):
            assert all(apart(one, two) for two in marked[number + 1 : number + 40])
            assert CORNERS[0][0] + CORNER_SIDE < one[0] < one[2] < CORNERS[1][0]
            assert CORNERS[0][1] + CORNER_SIDE < one[1] < one[3] < CORNERS[2][1]
        heads = [(head.x, head.y, head.x + head.width, head.y + 62) for head in page.headings]
        assert all(apart(head, place) for head in heads for place in marked)


def essays(*lines: int) -> PaperView:
    """A paper of one single choice item, and essays of so many lines."""
    parts = (
        section(("单选题", "Choice"), "1", 1, [choice(0)]),
        section(("论述题", "Essay"), "8", 2, [essay_item(one) for one in lines]),
    )
    return paper(sections=parts, name="欧阳若兰")


@given(st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_every_essay_has_pages_of_its_own(lines: list[int]) -> None:
    """Each essay starts a page, its pages have all its lines between them, and no frame leaves the corner squares."""
    pages = plan_answer_sheet(essays(*lines)).pages
    spaces = [page.answer for page in pages[1:]]

    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert all(page.rows == () == page.headings for page in pages[1:])
    for position, count in enumerate(lines, 2):
        own = [space for space in spaces if space.position == position]
        assert (count, list(range(1, own[0].parts + 1))) == (sum(s.lines for s in own), [s.part for s in own])
    assert max(FRAME_Y + space.height for space in spaces) < CORNERS[2][1]
    assert CORNERS[0][0] + CORNER_SIDE < FRAME_X < FRAME_X + FRAME_WIDTH < CORNERS[1][0]


def test_the_marker_writes_outside_the_frame() -> None:
    """The box for points stands above the candidate's frame, left of the code."""
    assert MARKER_Y + MARKER_HEIGHT < FRAME_Y
    assert MARKER_X + MARKER_WIDTH < 1700


def test_short_sections_stand_side_by_side() -> None:
    """Two sections that each take half the width share a band, so that an ordinary sheet is one page."""
    heads = plan_answer_sheet(paper()).pages[0].headings

    assert [(head.x < 1000, head.y) for head in heads] == [
        (True, heads[0].y),
        (True, heads[1].y),
        (False, heads[1].y),
        (True, heads[3].y),
    ]
    assert len(plan_answer_sheet(paper()).pages) == 1


def test_section_goes_on_on_the_next_page_under_its_heading() -> None:
    """A section longer than a page is headed again on the next one."""
    plan = plan_answer_sheet(view_of([("one", 200)]))

    assert [len(page.headings) for page in plan.pages] == [1, 1]
    assert {bubble.shown for page in plan.pages for row in page.rows for bubble in row.bubbles} == set("ABCD")


def test_statements_have_signs_in_their_bubbles() -> None:
    """True and false print their signs, and still stand for their letters."""
    row = plan_answer_sheet(view_of([("truth", 3)])).pages[0].rows[0]

    assert [(bubble.label, bubble.shown) for bubble in row.bubbles] == [("A", "√"), ("B", "×")]


def test_parts_of_an_item_stay_together() -> None:
    """The rows of an item's parts stand one below the other, in their order, on one page."""
    for kind, expected in (("match", ["1", "2", "3"]), ("order", ["1", "2", "3", "4"]), ("gaps", ["1", "2", "3"])):
        pages = plan_answer_sheet(view_of([("one", 130), (kind, 9)])).pages
        rows = [row for page in pages for row in page.rows if row.position == 131]

        assert expected == [row.part for row in rows]
        assert sorted(row.y for row in rows) == [row.y for row in rows]
        assert 1 == sum(any(row.position == 131 for row in page.rows) for page in pages)


def test_letters_of_parts() -> None:
    """Each prompt of a matching and each place of an order has the letters of all options."""
    for kind in ("match", "order"):
        rows = plan_answer_sheet(view_of([(kind, 1)])).pages[0].rows

        assert {"ABCD"} == {"".join(bubble.label for bubble in row.bubbles) for row in rows}


def test_gaps_are_answered_as_their_rule_asks() -> None:
    """A number gap has cells and its unit, a choice has bubbles, a word has a line."""
    number, choice_, word = plan_answer_sheet(view_of([("gaps", 1)])).pages[0].rows

    assert (number.cells_x is not None, number.unit) == (True, "A")
    assert ["A", "B"] == [bubble.shown for bubble in choice_.bubbles]
    assert word.line_x is not None
    assert word.line_width > 600


def test_plan_is_the_same_for_all_candidates() -> None:
    """Papers answered alike share a plan, whoever sits them and whatever the questions."""
    assert plan_answer_sheet(paper(number=1)) == plan_answer_sheet(paper(number=2, name="王小明"))


def test_code_of_a_later_page() -> None:
    """The first page's code is the paper id, a later page adds its number."""
    assert [page_code("K7QP-2001", page) for page in (1, 2)] == ["K7QP-2001", "K7QP-2001/2"]


@pytest.fixture
def pictures(tmp_path: Path) -> object:
    """Pages as grey pictures of ten pixels to the millimetre."""

    def draw(pdf: bytes) -> list[Path]:
        (tmp_path / "sheet.pdf").write_bytes(pdf)
        subprocess.run(
            ["pdftoppm", "-gray", "-r", "254", "-png", tmp_path / "sheet.pdf", tmp_path / "page"], check=True
        )
        return sorted(tmp_path.glob("page*.png"))

    return draw


def darkest(page: Image.Image, left: int, top: int, right: int, bottom: int) -> int:
    """The darkest shade within a rectangle in tenths of a millimetre."""
    return int(page.crop((left, top, right, bottom)).getextrema()[0])


class TestPrinted:
    """What is on the printed sheet."""

    pytestmark = slow

    def test_bubbles_are_where_the_plan_says(self, printer: PaperPrinter, pictures: object) -> None:
        """Each bubble's outline is found at its left and right edge, each row of cells at its corners, within 0.3 mm."""
        view = view_of([("one", 75), ("truth", 7), ("number", 3), ("match", 3), ("order", 2), ("gaps", 1)])
        plan: SheetPlan = plan_answer_sheet(view)

        drawn = [Image.open(file).convert("L") for file in pictures(printer.answer_sheet(view))]  # type: ignore[operator]

        assert len(drawn) == len(plan.pages) == 2
        for page, picture in zip(plan.pages, drawn, strict=True):
            for left, top, right, bottom, line in (
                (*place, row.line_x is not None) for row in page.rows for place in places(row)
            ):
                middle = bottom - 2 if line else (top + bottom) // 2  # a line has no ink but at its foot
                assert darkest(picture, left - 1, middle - 2, left + 4, middle + 2) < 110
                assert darkest(picture, right - 4, middle - 2, right + 2, middle + 2) < 110
            for x, y in CORNERS:
                assert picture.crop((x + 2, y + 2, x + CORNER_SIDE - 2, y + CORNER_SIDE - 2)).getextrema() == (0, 0)

    def test_each_page_has_its_code(self, printer: PaperPrinter, pictures: object) -> None:
        """The code of each page reads as the paper id and the page."""
        files = pictures(printer.answer_sheet(view_of([("one", 140)])))  # type: ignore[operator]

        assert [read_qr(file.read_bytes()) for file in files] == [("K7QP-2001",), ("K7QP-2001/2",)]

    def test_sheet_says_whose_it_is(self, printer: PaperPrinter, poppler: Reader) -> None:
        """Candidate, seat, paper and the unit of a written answer are on the sheet."""
        found = poppler(printer.answer_sheet(paper()))

        assert [
            word for word in ("2026110001", "林知远", "A-01", "K7QP-2001", "r/min", "Page 1 of 1") if word not in found
        ] == []

    def test_answer_pages_name_nobody(self, printer: PaperPrinter, poppler: Reader, pictures: object) -> None:
        """The page of an essay names item and paper, its code the page; the candidate stands on the first page alone."""
        sheet = printer.answer_sheet(essays(14, 30))
        first, *pages = poppler(sheet).split("\f")[:4]
        codes = [read_qr(file.read_bytes()) for file in pictures(sheet)]  # type: ignore[operator]

        assert "欧阳若兰" in first
        for page in pages:
            assert [word for word in ("欧阳若兰", "Zhiyuan", "2026110001", "A-01") if word in page] == []
            assert [word for word in ("K7QP-2001", "考生勿填", "Points", "SAMPLE") if word not in page] == []
        assert ["Item 2", "Item 3", "Item 3"] == [
            next(word for word in ("Item 2", "Item 3") if word in page) for page in pages
        ]
        assert [(f"K7QP-2001/{page}",) for page in (2, 3, 4)] == codes[1:]

    def test_ruled_lines(self, printer: PaperPrinter, pictures: object) -> None:
        """A frame has as many lines as the item asks for, 9 mm apart, and nothing but the foot below it."""
        file = pictures(printer.answer_sheet(essays(6)))[1]  # type: ignore[operator]
        picture = Image.open(file).convert("L")
        middle = picture.crop((1000, FRAME_Y - 3, 1001, 2820)).tobytes()
        inked = [y for y, shade in enumerate(middle) if shade < 200]
        lines = [y for y in inked if y - 1 not in inked]

        assert 7 == len(lines)
        assert all(85 <= two - one <= 95 for one, two in pairwise(lines))

    def test_made_together_or_alone(
        self, printer: PaperPrinter, typesetter: Typesetter, templates: TemplateFolder, fonts: FontSet
    ) -> None:
        """A sheet has the same bytes made first, alone, or after others of several forms."""
        views = [paper(number=1), view_of([("number", 2)]), paper(number=3, name="王小明")]

        together = [printer.answer_sheet(view) for view in reversed(views)]

        assert together == [
            PaperPrinter(templates, typesetter, fonts, {}).answer_sheet(view) for view in reversed(views)
        ]

    def test_nothing_of_another_candidate(self, printer: PaperPrinter, poppler: Reader) -> None:
        """A sheet made after others holds no other candidate's name, id or code, and no letter of theirs."""
        printer.answer_sheet(paper(number=2, name="欧阳澈"))
        sheet = printer.answer_sheet(paper(number=1))

        with pikepdf.open(BytesIO(sheet)) as document:
            raw = "".join(
                entry.read_bytes().decode("latin-1") for entry in document.objects if isinstance(entry, pikepdf.Stream)
            )
        for word in ("欧阳澈", "2026110002", "K7QP-2002"):
            assert word not in poppler(sheet)
        assert f"<{ord('林'):04x}>" in raw.lower()
        assert f"<{ord('澈'):04x}>" not in raw.lower()


def test_geometry_says_where_every_place_is() -> None:
    """What a scanner reads from says of each paper's form every bubble, box of cells and line, and where the code lies."""
    views = [view_of([("one", 75), ("truth", 7), ("number", 3), ("word", 1)]), paper(number=2)]

    told = cast("dict[str, Any]", geometry(views))

    plan = plan_answer_sheet(views[0])
    form = told["forms"][told["papers"][views[0].paper_id]]
    rows = [row for page in form for row in page["rows"]]
    bubbles = {(b["label"], b["x"], b["y"]) for row in rows for b in row.get("bubbles", ())}
    assert bubbles == {(b.label, b.x, b.y) for page in plan.pages for row in page.rows for b in row.bubbles}
    assert [row["position"] for row in rows if "cells" in row] == [83, 84, 85]
    assert [row["line"]["width"] for row in rows if "line" in row] == [760]
    assert len(told["forms"]) == 2


def test_geometry_of_papers_answered_alike_is_said_once() -> None:
    """Papers whose sheets are alike name one form, whoever sits them."""
    told = cast("dict[str, Any]", geometry([paper(number=1), paper(number=2, name="王小明")]))

    assert len(told["forms"]) == 1
    assert len(told["papers"]) == 2


def test_geometry_of_an_essay_is_its_frame() -> None:
    """An essay's page says which item it is of, and where the frame lies."""
    told = cast("dict[str, Any]", geometry([essays(30)]))

    pages = next(iter(told["forms"].values()))
    assert [(page["answer"]["part"], page["answer"]["parts"]) for page in pages if "answer" in page] == [(1, 2), (2, 2)]


@pytest.mark.slow
def test_code_lies_where_the_geometry_says(printer: PaperPrinter, tmp_path: Path) -> None:
    """The QR code of each page, cut out where the geometry says it lies, reads as the page's code."""
    view = view_of([("one", 140)])
    (tmp_path / "sheet.pdf").write_bytes(printer.answer_sheet(view))
    subprocess.run(["pdftoppm", "-gray", "-r", "254", "-png", tmp_path / "sheet.pdf", tmp_path / "page"], check=True)
    told = cast("dict[str, Any]", geometry([view]))

    read = []
    for page, file in zip(next(iter(told["forms"].values())), sorted(tmp_path.glob("page*.png")), strict=True):
        code = page["code"]
        box = (code["x"], code["y"], code["x"] + code["side"], code["y"] + code["side"])
        Image.open(file).crop(box).save(tmp_path / "code.png")
        read += read_qr((tmp_path / "code.png").read_bytes())
    assert read == ["K7QP-2001", "K7QP-2001/2"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_a_long_title_stays_above_the_table(printer: PaperPrinter, spelled: Spelled) -> None:
    """The table has its place on the millimetre grid: what stands above it is set smaller."""
    title = Text.of(zh="智能制造与先进装备系统集成应用" * 3, en="Integration of intelligent manufacturing systems " * 3)
    pdf = printer.answer_sheet(replace(paper(), scheme_title=title))

    heading, table = spelled(pdf, "答题卡")[0], spelled(pdf, "准考证号")[0]
    assert heading.y + 0.2 * heading.size < table.y - table.size
