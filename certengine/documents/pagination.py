"""Which rows stand on which page, and how far down.

Rows come in units (an item, a heading, the text a set of items refers to).

Invariants:

1. Every row is placed once, in order, and none runs over the foot of its page.
2. A unit stands on one page whole, unless it is taller than a page; then it is parted between rows, never after a row
   that is bound to the next: a stem is not left without an option.
3. A heading is never the last on its page. A unit bound to the next (a text and the first item on it) stays with it
   wherever one page holds both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

T = TypeVar("T")
_ROUNDING = 0.01  # lengths are sums of fractions of a point


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[T]):
    """What stands side by side: its height, the space above it where it does not begin a page, and what it holds."""

    height: float
    holds: T
    above: float = 0.0
    bound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit(Generic[T]):
    """Rows that belong together.

    Attributes:
        heading: what follows must begin on the same page.
        bound: what follows should be on the same page.
    """

    rows: tuple[Row[T], ...]
    heading: bool = False
    bound: bool = False


@dataclass(slots=True)
class _Page(Generic[T]):
    room: float
    rows: list[tuple[float, T]]
    foot: float = 0.0

    def fits(self, rows: Sequence[Row[T]]) -> bool:
        return self.foot + _height(rows, first=not self.rows) <= self.room + _ROUNDING

    def put(self, rows: Sequence[Row[T]]) -> None:
        for row in rows:
            top = self.foot + (row.above if self.rows else 0.0)
            self.rows.append((top, row.holds))
            self.foot = top + row.height


def paginate(units: Sequence[Unit[T]], room: float) -> list[list[tuple[float, T]]]:
    """For each page what stands on it, with the distance of each row from the top. ``room`` is a page's height."""
    pages: list[_Page[T]] = [_Page(room, [])]
    for group in _groups(units):
        rows = [row for unit in group for row in unit.rows]
        for chunk in [rows] if _Page[T](room, []).fits(rows) else _chunks(group, room):
            if pages[-1].rows and not pages[-1].fits(chunk):
                pages.append(_Page(room, []))
            pages[-1].put(chunk)
    return [page.rows for page in pages if page.rows]


def _height(rows: Sequence[Row[T]], *, first: bool) -> float:
    return sum(row.height + row.above for row in rows) - (rows[0].above if first and rows else 0.0)


def _groups(units: Sequence[Unit[T]]) -> Iterator[list[Unit[T]]]:
    """Units that want to stand on one page."""
    group: list[Unit[T]] = []
    for unit in units:
        group.append(unit)
        if not (unit.heading or unit.bound):
            yield group
            group = []
    if group:
        yield group


def _chunks(group: Sequence[Unit[T]], room: float) -> Iterator[list[Row[T]]]:
    """A group that no page holds, in chunks that are not parted: units where a page holds them, else rows."""
    headings: list[list[Row[T]]] = []
    for unit in group:
        if unit.heading:
            headings.append(list(unit.rows))
            continue
        for run in [list(unit.rows)] if _fits(unit.rows, room) else _runs(unit.rows, room):
            while headings and not _fits([*chain(*headings), *run], room):
                yield headings.pop(0)
            yield [*chain(*headings), *run]
            headings = []
    yield from headings


def _fits(rows: Sequence[Row[T]], room: float) -> bool:
    return _height(rows, first=True) <= room + _ROUNDING


def _runs(rows: Sequence[Row[T]], room: float) -> Iterator[list[Row[T]]]:
    """Rows up to one that is not bound to the next, or as many as a page holds."""
    run: list[Row[T]] = []
    for row in rows:
        if run and not _fits([*run, row], room):
            yield run
            run = []
        run.append(row)
        if not row.bound:
            yield run
            run = []
    if run:
        yield run
