"""A candidate's question paper as a booklet of placed blocks: a cover, then sections of items.

Invariants:

1. A booklet is planned from a :class:`~certengine.model.view.PaperView` alone, which has no field for an answer.
2. What many papers share is one fragment for all of them: a stem, an option, a heading. Numbers and letters are
   fragments of their own, so that options stand in any order without being typeset again.
3. Every page carries the paper id, in words and as a QR code, and "page n of m".

Lengths are in millimetres until they are placed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from certengine.documents.blocks import Fragment, Piece
from certengine.documents.composition import MILLIMETRE, Placed, PlacedPage
from certengine.documents.item_rows import WIDTH, Cell, ItemSetter, Line, Stack
from certengine.documents.pagination import Row, Unit, paginate
from certengine.documents.press import FragmentMaker, Press
from certengine.model.text import Text
from certengine.model.view import PaperView

PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
LEFT, TOP, BOTTOM = 17.0, 21.0, 23.0
TEXT_HEIGHT = PAGE_HEIGHT - TOP - BOTTOM
_COVER_TOP, _CLOSED_TOP = 16.0, 261.0
_HEAD_TOP, _FOOT_TOP, _PAGE_TOP = 10.0, 275.5, 279.0
_PAGE_OF_WIDTH, _FOOT_WIDTH = 80.0, 96.0


@dataclass(frozen=True, slots=True)
class StructureColumn:
    """What the cover's table says of one section."""

    title: Text
    count: int
    marks_each: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class BookletPlan:
    """What stands in a booklet, before anything is measured.

    Attributes:
        cover: from the top of the cover down.
        closed: the line at the foot of the cover.
        body: from the second page on.
        behind: what lies behind every page, if anything.
    """

    title: str
    language: str
    cover: tuple[Stack, ...]
    closed: Fragment
    body: tuple[Stack, ...]
    head: Fragment
    foot: Fragment
    behind: Fragment | None

    def fragments(self) -> Iterator[Fragment]:
        """Every fragment it needs but the numbers of its pages."""
        yield from (self.closed, self.head, self.foot)
        if self.behind is not None:
            yield self.behind
        for stack in chain(self.cover, self.body):
            yield from stack.fragments()


def plan_booklet(view: PaperView, make: FragmentMaker) -> BookletPlan:
    """What stands in the booklet of a paper.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    languages = view.languages
    return BookletPlan(
        title=f"{view.component_title.best(languages[0])} {view.paper_id}",
        language=languages[0],
        cover=tuple(_cover(view, make)),
        closed=make("closed", "cover", WIDTH, languages),
        body=tuple(ItemSetter(make, languages).body(view)),
        head=make("head", "strip", WIDTH, languages, scheme_title=view.scheme_title),
        foot=make("foot", "strip", _FOOT_WIDTH, languages),
        behind=make("sample", "on-sheet", None, languages) if view.sample else None,
    )


def _cover(view: PaperView, make: FragmentMaker) -> Iterator[Stack]:
    languages = view.languages
    sections = tuple(
        StructureColumn(section.title, len(section.items), section.marks_each, section.total)
        for section in view.sections
    )
    head = make(
        "title", "cover", WIDTH, languages, issuer_name=view.issuer_name, scheme_title=view.scheme_title,
        level_title=view.level_title, component_title=view.component_title, sample=view.sample,
    )  # fmt: skip
    facts = make(
        "facts", "cover", WIDTH, languages, latin=bool(view.candidate.name_en),
        minutes=view.minutes, extra=view.extra_minutes, total=view.total,
    )  # fmt: skip
    structure = make(
        "structure", "cover", WIDTH, languages,
        sections=sections, count=sum(one.count for one in sections), total=view.total,
    )  # fmt: skip
    yield _stack(head)
    yield _stack(facts, above=7.0)
    yield _stack(structure, above=5.0)
    if view.rules:
        yield _stack(make("rules", "cover", WIDTH, languages, rules=view.rules), above=5.0)


def _stack(fragment: Fragment, *, above: float = 0.0) -> Stack:
    return Stack((Line((Cell(fragment),), above=above),))


def set_booklet(plan: BookletPlan, view: PaperView, make: FragmentMaker, press: Press) -> tuple[PlacedPage, ...]:
    """The pages of a booklet whose blocks are at hand."""
    covers = paginate([_unit(stack, press) for stack in plan.cover], (_CLOSED_TOP - _COVER_TOP) * MILLIMETRE)
    inner = paginate([_unit(stack, press) for stack in plan.body], TEXT_HEIGHT * MILLIMETRE)
    count = len(covers) + len(inner)
    numbers = [page_fragment(make, view.languages, page, count) for page in range(1, count + 1)]
    press.require(numbers)
    values = _values(view)
    pages = []
    for number, rows in enumerate([*covers, *inner]):
        cover = number < len(covers)
        top = (_COVER_TOP if cover else TOP) * MILLIMETRE
        placed = list(_behind(plan, press, cover=cover))
        placed += [
            Placed(mark.piece, mark.x + LEFT * MILLIMETRE, mark.y + y + top) for y, marks in rows for mark in marks
        ]
        if number == 0:
            placed.append(press.at(plan.closed, LEFT, _CLOSED_TOP))
        placed.append(press.at(plan.foot, LEFT, _FOOT_TOP))
        placed.append(press.at(numbers[number], PAGE_WIDTH - LEFT - _PAGE_OF_WIDTH, _PAGE_TOP))
        filled = tuple(press.filled(placed, values))
        pages.append(PlacedPage(PAGE_WIDTH * MILLIMETRE, PAGE_HEIGHT * MILLIMETRE, filled))
    return tuple(pages)


def page_fragment(make: FragmentMaker, languages: Sequence[str], page: int, pages: int) -> Fragment:
    """The words "page n of m"."""
    return make("page", "strip", _PAGE_OF_WIDTH, languages, page=page, pages=pages)


def _values(view: PaperView) -> dict[str, str]:
    return {
        "candidate": view.candidate.id,
        "seat": view.candidate.seat or "—",
        "name": view.candidate.name,
        "name_en": view.candidate.name_en or "",
        "paper": view.paper_id,
        "bank": view.verify_line,
        "code": view.paper_id,
    }


def _behind(plan: BookletPlan, press: Press, *, cover: bool) -> Iterator[Placed]:
    if plan.behind is not None:
        yield press.at(plan.behind, 0, 0)
    if not cover:
        yield press.at(plan.head, LEFT, _HEAD_TOP)


def _unit(stack: Stack, press: Press) -> Unit[tuple[Placed, ...]]:
    rows = [row for line in stack.lines for row in _rows(line, press)]
    return Unit(rows=tuple(rows), heading=stack.heading, bound=stack.bound)


def _rows(line: Line, press: Press) -> Iterator[Row[tuple[Placed, ...]]]:
    """A line's row, or its rows where something in it is taller than a page."""
    pieces = [press.block(cell.fragment).pieces for cell in line.cells]
    depth = max(len(found) for found in pieces)
    for number in range(depth):
        marks: list[Placed] = []
        for cell, found in zip(line.cells, pieces, strict=True):
            if number < len(found):
                marks += _marks(cell, found[number], press if number == 0 else None)
        # The lowest edge counts, and none stands above the line's own top.
        lift = min(0.0, *(mark.y for mark in marks))
        settled = tuple(Placed(mark.piece, mark.x, mark.y - lift) for mark in marks)
        yield Row(
            height=max(mark.y + mark.piece.height for mark in settled),
            holds=settled,
            above=line.above * MILLIMETRE if number == 0 else 0.0,
            bound=line.bound or number + 1 < depth,
        )


def _marks(cell: Cell, piece: Piece, press: Press | None) -> Iterator[Placed]:
    """A cell's piece, after its label on the same baseline."""
    if cell.label is not None and press is not None:
        label = press.block(cell.label).pieces[0]
        drop = 0.0
        if label.baseline is not None and piece.baseline is not None:
            drop = piece.baseline - label.baseline
        yield Placed(label, cell.label_x * MILLIMETRE, drop)
    yield Placed(piece, cell.x * MILLIMETRE, 0.0)
