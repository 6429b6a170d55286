"""Where everything stands on an answer sheet, in tenths of a millimetre from the page's top left corner.

The plan depends only on how a paper's items are answered, so all papers of a component share it, and a scanner that
has read a paper's id knows where each bubble is. Four black squares at the corners fix position, turn and scale; the
QR code (paper id, and ``/2`` and so on from the second page) tells the page and which way up it lies.

Invariants: every position of the paper has its bubbles or its box exactly once, nothing overlaps, and nothing leaves
the frame between the corner squares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from certengine.documents.answer_pages import AnswerSpace, answer_spaces
from certengine.documents.answer_rows import RowShape, row_shapes, sign_of
from certengine.model.text import Text
from certengine.model.view import AnswerForm, PaperView, PresentedItem, PresentedOption, PresentedSection

CORNER_SIDE = 50
CORNERS = ((90, 90), (1960, 90), (90, 2830), (1960, 2830))
BUBBLE_WIDTH, BUBBLE_HEIGHT = 48, 34
CELL_WIDTH, CELL_HEIGHT, CELLS = 70, 90, 8
PAGE_CODES = ((1620, 350, 300), (1700, 100, 200))
"""Left, top and side of the QR code with its quiet zone, on the first page and on later ones."""

_LEFT, _RIGHT, _HALF = 180, 1920, 840
_FIRST_TOP, _NEXT_TOP, _BOTTOM = 1000, 400, 2740
_NUMBER_WIDTH = 88
_BUBBLE_PITCH, _ROW_PITCH = 64, 64
_BLOCK_ROWS, _BLOCK_GAP = 5, 24
_BOX_PITCH_Y = 125
_UNIT_WIDTH = 200
_PART_WIDTH, _PART_UNIT_WIDTH = 70, 152
_LINE_WIDTH, _LINE_MARGIN = 760, 22  # two lines for words, or two numbered gaps, fill the width of the page
_HEADING_HEIGHT, _PART_GAP = 84, 34

_Band = tuple[Sequence[PresentedItem], ...]
"""Blocks of items that stand beside each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One bubble: the option it stands for, what is printed in it, and its top left corner."""

    label: str
    shown: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """The place for the answer to one position, or to one part of it: its number, then bubbles, cells, or a line.

    Attributes:
        x, y: top left corner of the number.
        cells_x: left edge of the first cell, when a number is written.
        part: the number of the pair, place or gap within the item, when it is answered in parts.
        line_x, line_width: where the line runs, when words are written.
    """

    position: int
    x: int
    y: int
    bubbles: tuple[Bubble, ...] = ()
    cells_x: int | None = None
    unit: str | None = None
    part: str | None = None
    line_x: int | None = None
    line_width: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHeading:
    """A section's heading on a page, with what its bubbles mean where that is not a plain letter.

    Attributes:
        form: how its items are answered; ``None`` where that differs from item to item.
    """

    title: Text
    form: AnswerForm | None
    x: int
    y: int
    width: int
    shared: tuple[PresentedOption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPage:
    """One page: its number and what stands on it; the page of an essay has an answer space and nothing else."""

    number: int
    headings: tuple[PartHeading, ...]
    rows: tuple[AnswerRow, ...]
    answer: AnswerSpace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPlan:
    """All pages of an answer sheet."""

    pages: tuple[SheetPage, ...]


@dataclass(slots=True)
class _Cursor:
    """Where the next part goes: down the page, and beside the part before when both take half the width.

    Attributes:
        y: top of the free room below everything placed.
        beside: top of the part on the left half, while the right half next to it is free.
    """

    pages: list[tuple[list[PartHeading], list[AnswerRow]]]
    y: int = _FIRST_TOP
    beside: int | None = None

    def turn(self) -> None:
        self.pages.append(([], []))
        self.y = _NEXT_TOP
        self.beside = None


def plan_answer_sheet(view: PaperView) -> SheetPlan:
    """The plan of a paper's answer sheet."""
    cursor = _Cursor([([], [])])
    for section in view.sections:
        short = tuple(item for item in section.items if item.presented.answer_form is not AnswerForm.ESSAY)
        if short:
            _place_section(cursor, replace(section, items=short))
    pages = [
        SheetPage(number=number, headings=tuple(headings), rows=tuple(rows))
        for number, (headings, rows) in enumerate(cursor.pages, 1)
    ]
    for space in answer_spaces(view):
        pages.append(SheetPage(number=len(pages) + 1, headings=(), rows=(), answer=space))
    return SheetPlan(pages=tuple(pages))


def page_code(paper_id: str, page: int) -> str:
    """The text of a page's QR code: the paper id, with ``/<page>`` from the second page on."""
    return paper_id if page == 1 else f"{paper_id}/{page}"


def _place_section(cursor: _Cursor, section: PresentedSection) -> None:
    """Place a section: a short one in half the width where that is free, else band by band down the page."""
    bands = _bands(section)
    heights = [_band_height(band) for band in bands]
    height = _HEADING_HEIGHT + sum(heights)
    short = len(bands) == 1 and _band_width(bands[0]) <= _HALF
    if short and cursor.beside is not None and cursor.beside + height <= _BOTTOM:
        _place_bands(cursor, section, bands, _RIGHT - _HALF, cursor.beside)
        cursor.y = max(cursor.y, cursor.beside + height + _PART_GAP)
        cursor.beside = None
        return
    cursor.beside = None
    waiting = list(bands)
    while waiting:
        count = _fitting(heights[len(bands) - len(waiting) :], _BOTTOM - cursor.y - _HEADING_HEIGHT)
        if count == 0:
            cursor.turn()
            continue
        top = cursor.y
        cursor.y = _place_bands(cursor, section, waiting[:count], _LEFT, top, half=short) + _PART_GAP
        cursor.beside = top if short else None
        waiting = waiting[count:]


def _fitting(heights: Sequence[int], room: int) -> int:
    """How many bands from the first fit into ``room``."""
    count = 0
    for height in heights:
        room -= height
        if room < 0:
            break
        count += 1
    return count


def _place_bands(
    cursor: _Cursor, section: PresentedSection, bands: Sequence[_Band], x: int, y: int, *, half: bool = True
) -> int:
    """Put a heading and bands on the current page; returns the y below them."""
    headings, rows = cursor.pages[-1]
    forms = {item.presented.answer_form for item in section.items}
    form = forms.pop() if len(forms) == 1 else None
    width = _HALF if half else _RIGHT - _LEFT
    headings.append(PartHeading(title=section.title, form=form, x=x, y=y, width=width, shared=_signed_options(section)))
    y += _HEADING_HEIGHT
    for band in bands:
        rows.extend(_band_rows(band, x, y))
        y += _band_height(band)
    return y


def _bands(section: PresentedSection) -> list[_Band]:
    """The section cut into bands as wide as the page: blocks of five bubbled items, or single items of another form."""
    return [band for _, alike in groupby(section.items, _shape) for band in _bands_of(tuple(alike))]


def _bands_of(items: Sequence[PresentedItem]) -> list[_Band]:
    rows = _BLOCK_ROWS if _one_row_of_bubbles(items[0]) else 1
    blocks = [items[start : start + rows] for start in range(0, len(items), rows)]
    per_band = max(1, (_RIGHT - _LEFT) // _block_width(items))
    return [tuple(blocks[start : start + per_band]) for start in range(0, len(blocks), per_band)]


def _shape(item: PresentedItem) -> AnswerForm | None:
    """What items of one band have in common: bubbles in one row, or another form."""
    return None if _one_row_of_bubbles(item) else item.presented.answer_form


def _one_row_of_bubbles(item: PresentedItem) -> bool:
    shapes = row_shapes(item.presented)
    return len(shapes) == 1 and not shapes[0].written and shapes[0].part is None


def _block_width(items: Sequence[PresentedItem]) -> int:
    return max(_row_width(shape) for item in items for shape in row_shapes(item.presented))


def _row_width(shape: RowShape) -> int:
    start = _NUMBER_WIDTH + (_PART_WIDTH if shape.part else 0)
    if shape.bubbles:
        return start + _BUBBLE_PITCH * len(shape.bubbles)
    if shape.cells:
        return start + CELLS * CELL_WIDTH + (_PART_UNIT_WIDTH if shape.part else _UNIT_WIDTH)
    return start + _line_width(shape) + _LINE_MARGIN


def _line_width(shape: RowShape) -> int:
    return _LINE_WIDTH - (_PART_WIDTH if shape.part else 0)


def _band_width(band: _Band) -> int:
    return len(band) * _block_width([item for block in band for item in block])


def _band_height(band: _Band) -> int:
    return max(_block_height(block) for block in band)


def _block_height(block: Sequence[PresentedItem]) -> int:
    shapes = [shape for item in block for shape in row_shapes(item.presented)]
    alone = len(shapes) == 1 and shapes[0].written  # the pitch of a box holds its own gap
    return sum(map(_row_pitch, shapes)) + (0 if alone else _BLOCK_GAP)


def _row_pitch(shape: RowShape) -> int:
    return _BOX_PITCH_Y if shape.written else _ROW_PITCH


def _band_rows(band: _Band, left: int, top: int) -> Iterator[AnswerRow]:
    width = _block_width([item for block in band for item in block])
    for column, block in enumerate(band):
        y = top
        for item in block:
            for shape in row_shapes(item.presented):
                yield _row(item.position, shape, left + column * width, y)
                y += _row_pitch(shape)


def _row(position: int, shape: RowShape, x: int, y: int) -> AnswerRow:
    start = x + _NUMBER_WIDTH + (_PART_WIDTH if shape.part else 0)
    if shape.cells:
        return AnswerRow(position=position, part=shape.part, x=x, y=y, cells_x=start, unit=shape.unit)
    if shape.written:
        return AnswerRow(position=position, part=shape.part, x=x, y=y, line_x=start, line_width=_line_width(shape))
    bubbles = tuple(
        Bubble(label=label, shown=shown, x=start + place * _BUBBLE_PITCH, y=y)
        for place, (label, shown) in enumerate(shape.bubbles)
    )
    return AnswerRow(position=position, part=shape.part, x=x, y=y, bubbles=bubbles)


def _signed_options(section: PresentedSection) -> tuple[PresentedOption, ...]:
    """Options whose bubbles print a sign instead of a letter, to be explained once in the heading."""
    if len({item.presented.answer_form for item in section.items}) > 1 or not _one_row_of_bubbles(section.items[0]):
        return ()
    options = section.items[0].presented.options
    return options if any(sign_of(option) != option.label for option in options) else ()
