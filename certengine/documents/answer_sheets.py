"""Answer sheets: pages that all papers answered alike share, with each candidate's facts lettered in.

Where everything stands is the business of :mod:`certengine.documents.answer_grid`; here it is put on paper, and said as
data for whoever reads the scans.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from certengine.canonical import Json, digest
from certengine.documents import answer_pages
from certengine.documents.answer_grid import (
    BUBBLE_HEIGHT,
    BUBBLE_WIDTH,
    CELL_HEIGHT,
    CELL_WIDTH,
    CELLS,
    CORNER_SIDE,
    CORNERS,
    PAGE_CODES,
    AnswerRow,
    SheetPage,
    page_code,
    plan_answer_sheet,
)
from certengine.documents.blocks import Fragment
from certengine.documents.composition import MILLIMETRE, PlacedPage
from certengine.documents.option_widths import is_wider
from certengine.documents.press import FragmentMaker, Press
from certengine.model.text import Text
from certengine.model.view import PaperView

PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
_UNIT_WIDTH = 20.0
_HEAD_EM = 46.0
"""What a line of the head holds."""
_TITLE = Text.of(zh="答题卡", en="Answer sheet")


@dataclass(frozen=True, slots=True)
class SheetSet:
    """What stands on one candidate's answer sheet: for each page its form, and units at their places in millimetres."""

    title: str
    language: str
    pages: tuple[tuple[Fragment, tuple[tuple[Fragment, float, float], ...]], ...]

    def fragments(self) -> Iterator[Fragment]:
        """Every fragment it needs."""
        for form, units in self.pages:
            yield form
            yield from (unit for unit, _, _ in units)


def plan_sheet(view: PaperView, make: FragmentMaker) -> SheetSet:
    """What stands on the answer sheet of a paper.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    plan = plan_answer_sheet(view)
    return SheetSet(
        title=f"{_TITLE.best(view.languages[0])} {view.paper_id}",
        language=view.languages[0],
        pages=tuple((_form(view, page, len(plan.pages), make), tuple(_units(view, page, make))) for page in plan.pages),
    )


def set_sheet(sheet: SheetSet, view: PaperView, press: Press) -> tuple[PlacedPage, ...]:
    """The pages of an answer sheet whose blocks are at hand."""
    pages = []
    for number, (form, units) in enumerate(sheet.pages, 1):
        placed = [press.at(form, 0, 0), *(press.at(unit, x, y) for unit, x, y in units)]
        filled = tuple(press.filled(placed, _values(view, number)))
        pages.append(PlacedPage(PAGE_WIDTH * MILLIMETRE, PAGE_HEIGHT * MILLIMETRE, filled))
    return tuple(pages)


def geometry(views: Sequence[PaperView]) -> Json:
    """Where every bubble, cell, line and frame of some papers' answer sheets stands, for whoever reads the scans.

    Lengths are tenths of a millimetre from the page's top left corner. Papers answered alike name the same form.
    """
    forms: dict[str, Json] = {}
    papers: dict[str, Json] = {}
    for view in views:
        form: Json = [_page_geometry(page) for page in plan_answer_sheet(view).pages]
        name = digest(form)
        forms.setdefault(name, form)
        papers[view.paper_id] = name
    return {
        "schema": "certengine.answer-sheets/1",
        "unit": "0.1 mm",
        "page": {"width": 2100, "height": 2970},
        "corners": {"side": CORNER_SIDE, "at": [[x, y] for x, y in CORNERS]},
        "bubble": {"width": BUBBLE_WIDTH, "height": BUBBLE_HEIGHT},
        "cell": {"width": CELL_WIDTH, "height": CELL_HEIGHT, "count": CELLS},
        "forms": forms,
        "papers": papers,
    }


def _form(view: PaperView, page: SheetPage, pages: int, make: FragmentMaker) -> Fragment:
    shared = _without_units(page)
    return make(
        "form", "on-sheet", None, view.languages,
        page=shared, pages=pages, latin=bool(view.candidate.name_en), sample=view.sample, scheme_title=view.scheme_title,
        crowded=is_wider([view.scheme_title], view.languages, _HEAD_EM),
        component_title=view.component_title, corners=CORNERS, cells=CELLS, spaces=answer_pages,
    )  # fmt: skip


def _without_units(page: SheetPage) -> SheetPage:
    """The page as all papers that are answered alike share it: units differ with the items drawn."""
    return replace(page, rows=tuple(replace(row, unit=None) for row in page.rows))


def _units(view: PaperView, page: SheetPage, make: FragmentMaker) -> Iterator[tuple[Fragment, float, float]]:
    for row in page.rows:
        if row.unit and row.cells_x is not None:
            fragment = make("unit", "unit-strip", _UNIT_WIDTH, view.languages, unit=row.unit)
            yield fragment, (row.cells_x + CELLS * CELL_WIDTH) / 10, row.y / 10


def _values(view: PaperView, page: int) -> dict[str, str]:
    candidate = view.candidate
    return {
        "candidate": candidate.id,
        "seat": candidate.seat or "—",
        "name": candidate.name,
        "name_en": candidate.name_en or "",
        "paper": view.paper_id,
        "owner": f"{view.paper_id}　{candidate.id}　{candidate.name}",
        "foot": f"{view.paper_id}　{view.verify_line}",
        "code": page_code(view.paper_id, page),
    }


def _page_geometry(page: SheetPage) -> Json:
    left, top, side = PAGE_CODES[0] if page.number == 1 else PAGE_CODES[1]
    document: dict[str, Json] = {
        "number": page.number,
        "code": {"x": left, "y": top, "side": side},
        "rows": [_row_geometry(row) for row in page.rows],
    }
    if page.answer is not None:
        document["answer"] = {
            "position": page.answer.position,
            "part": page.answer.part,
            "parts": page.answer.parts,
            "x": answer_pages.FRAME_X,
            "y": answer_pages.FRAME_Y,
            "width": answer_pages.FRAME_WIDTH,
            "height": page.answer.height,
        }
    return document


def _row_geometry(row: AnswerRow) -> Json:
    document: dict[str, Json] = {"position": row.position}
    if row.part is not None:
        document["part"] = row.part
    if row.bubbles:
        document["bubbles"] = [{"label": bubble.label, "x": bubble.x, "y": bubble.y} for bubble in row.bubbles]
    elif row.cells_x is not None:
        document["cells"] = {"x": row.cells_x, "y": row.y}
    else:
        document["line"] = {"x": row.line_x, "y": row.y, "width": row.line_width}
    return document
