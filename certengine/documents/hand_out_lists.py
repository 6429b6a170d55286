"""Lists of an examination room: who sits where, who signed in, what was handed out and came back.

They name candidates and papers, and nothing of what a paper asks. A row is laid out once for all who have the same time
and needs; seat, name and ids are lettered in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from certengine.documents.blocks import Fragment
from certengine.documents.booklet import BOTTOM, LEFT, PAGE_HEIGHT, PAGE_WIDTH, TOP, page_fragment
from certengine.documents.composition import MILLIMETRE, Placed, PlacedPage
from certengine.documents.item_rows import WIDTH
from certengine.documents.lettering import narrowest
from certengine.documents.pagination import Row, Unit, paginate
from certengine.documents.press import FragmentMaker, Press
from certengine.model.sitting import Candidate
from certengine.model.text import Text

KINDS = {
    "seat_list": Text.of(zh="座位表", en="Seat list"),
    "sign_in": Text.of(zh="考生签到表", en="Sign-in sheet"),
    "hand_out": Text.of(zh="试卷发放与回收登记表", en="Hand-out and collection record"),
}
"""The lists, in the order in which they are printed."""

_HEAD_TOP, _FOOT_TOP, _PAGE_TOP = 10.0, 276.0, 279.0
_FIRST_TOP = 16.0
_PAGE_OF_WIDTH, _FOOT_WIDTH = 80.0, 96.0
_ABOVE_COLUMNS, _ABOVE_TAIL = 3.0, 5.0
_LONG_EM = 26.0  # of a name that may take three lines at half its size, and leaves none to what stands below it
_RULE = 0.5  # points of the line in which two rows meet


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHead:
    """What stands at the head of every list.

    Attributes:
        component: the component's id, for file names.
        minutes: working time without anybody's extra time.
    """

    issuer_name: Text
    scheme_title: Text
    component_title: Text
    component: str
    sitting: str
    minutes: int
    languages: tuple[str, ...]
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One candidate with the paper they get and the time they have."""

    candidate: Candidate
    paper_id: str
    minutes: int
    extra_minutes: int
    accommodations: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class _ListPlan:
    """What stands on one list: blocks that all pages share, and for each candidate a row."""

    kind: str
    title: Fragment
    columns: Fragment
    rows: tuple[tuple[Fragment, ListRow], ...]
    tail: Fragment | None
    head: Fragment
    foot: Fragment
    behind: Fragment | None

    def fragments(self) -> Iterator[Fragment]:
        """Every fragment it needs but the numbers of its pages."""
        yield from (self.title, self.columns, self.head, self.foot)
        yield from (one for one in (self.tail, self.behind) if one is not None)
        yield from (fragment for fragment, _ in self.rows)


_Marks = tuple[bool, tuple[Placed, ...]]
"""What stands side by side, and whether it is a row of the table."""


def print_lists(
    head: ListHead, rows: Sequence[ListRow], make: FragmentMaker, pages: FragmentMaker, press: Press
) -> Iterator[bytes]:
    """Every list of :data:`KINDS` as PDF, in the order of the seats. ``pages`` makes what papers have on a page, too.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    ordered = sorted(rows, key=_by_seat)
    plans = [_planned(kind, head, ordered, make, pages) for kind in KINDS]
    press.require(fragment for plan in plans for fragment in plan.fragments())
    for plan in plans:
        title = f"{KINDS[plan.kind].best(head.languages[0])} {head.sitting}"
        yield press.compose(_set(plan, head, pages, press), title=title, language=head.languages[0])


def _planned(
    kind: str, head: ListHead, rows: Sequence[ListRow], make: FragmentMaker, pages: FragmentMaker
) -> _ListPlan:
    tongues = head.languages
    return _ListPlan(
        kind=kind,
        title=make("title", "list-title", WIDTH, tongues, kind=kind, head=head, count=len(rows)),
        columns=make("columns", "list-columns", WIDTH, tongues, kind=kind),
        rows=tuple((_row(kind, row, tongues, make), row) for row in rows),
        tail=make("tail", "list-tail", WIDTH, tongues, kind=kind) if kind != "seat_list" else None,
        head=make("head", "strip", WIDTH, tongues, kind=kind, head=head),
        foot=make("foot", "strip", _FOOT_WIDTH, tongues, kind=kind, head=head),
        behind=pages("sample", "on-sheet", None, tongues) if head.sample else None,
    )


def _row(kind: str, row: ListRow, languages: Sequence[str], make: FragmentMaker) -> Fragment:
    """The row of everybody who has the same time and needs."""
    if kind == "hand_out":
        return make(
            "row", "list-row", WIDTH, languages,
            kind=kind, minutes=row.minutes, extra=row.extra_minutes, accommodations=row.accommodations,
        )  # fmt: skip
    latin = bool(row.candidate.name_en)
    long = latin and narrowest(row.candidate.name) > _LONG_EM
    return make("row", "list-row", WIDTH, languages, kind=kind, latin=latin, long=long)


def _set(plan: _ListPlan, head: ListHead, numbers: FragmentMaker, press: Press) -> tuple[PlacedPage, ...]:
    """The pages of a list; each page with rows has the heads of the columns above them."""
    columns = press.block(plan.columns).height - _RULE
    found = paginate(list(_units(plan, press)), (PAGE_HEIGHT - TOP - BOTTOM) * MILLIMETRE - columns)
    made = [page_fragment(numbers, head.languages, page, len(found)) for page in range(1, len(found) + 1)]
    press.require(made)
    pages = []
    for number, rows in enumerate(found):
        placed = [press.at(plan.behind, 0, 0)] if plan.behind is not None else []
        if number:
            placed.append(press.at(plan.head, LEFT, _HEAD_TOP))
        top = (TOP if number else _FIRST_TOP) * MILLIMETRE
        placed += _below(rows, top, columns, plan, press)
        placed.append(press.at(plan.foot, LEFT, _FOOT_TOP))
        placed.append(press.at(made[number], PAGE_WIDTH - LEFT - _PAGE_OF_WIDTH, _PAGE_TOP))
        pages.append(PlacedPage(PAGE_WIDTH * MILLIMETRE, PAGE_HEIGHT * MILLIMETRE, tuple(placed)))
    return tuple(pages)


def _units(plan: _ListPlan, press: Press) -> Iterator[Unit[_Marks]]:
    """The title with the first row, the other rows one by one, and what is written at the end."""
    title = press.block(plan.title)
    yield Unit(rows=(Row(height=title.height, holds=(False, (Placed(title.pieces[0], 0.0, 0.0),))),), heading=True)
    above = _ABOVE_COLUMNS * MILLIMETRE
    for fragment, row in plan.rows:
        marks = tuple(press.filled([press.at(fragment, 0, 0)], _values(row)))
        yield Unit(rows=(Row(height=marks[0].piece.height - _RULE, holds=(True, marks), above=above),))
        above = 0.0
    if plan.tail is not None:
        tail = press.block(plan.tail)
        marks = (Placed(tail.pieces[0], 0.0, 0.0),)
        yield Unit(rows=(Row(height=tail.height, holds=(False, marks), above=_ABOVE_TAIL * MILLIMETRE),))


def _below(
    rows: Sequence[tuple[float, _Marks]], top: float, columns: float, plan: _ListPlan, press: Press
) -> Iterator[Placed]:
    """What stands on a page from ``top`` down: the heads of the columns before its first row, and all after them lower."""
    drop = 0.0
    for y, (listed, marks) in rows:
        if listed and not drop:
            yield Placed(press.block(plan.columns).pieces[0], LEFT * MILLIMETRE, top + y)
            drop = columns
        for mark in marks:
            yield Placed(mark.piece, mark.x + LEFT * MILLIMETRE, mark.y + y + top + drop)


def _values(row: ListRow) -> dict[str, str]:
    candidate = row.candidate
    return {
        "seat": candidate.seat or "—",
        "candidate": candidate.id,
        "name": candidate.name,
        "name_en": candidate.name_en or "",
        "organisation": candidate.organisation or "",
        "last4": candidate.id_document_last4 or "",
        "paper": row.paper_id,
    }


def _by_seat(row: ListRow) -> tuple[bool, list[tuple[int, str]], str]:
    """Seats as people count them: A-2 before A-10, those without a seat last."""
    seat = row.candidate.seat or ""
    parts = [(int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", seat)]
    return (not seat, parts, row.candidate.id)
