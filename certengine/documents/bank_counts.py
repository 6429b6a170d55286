"""What a bank holds, in numbers: nouns for the table in the terminal and for the page with the heat map.

Invariants:

1. Every item is counted once in each table, whatever its status; a share always says of what.
2. A cell stands for every area and level of the bank, also where nothing stands in it: a gap is seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from certengine.model.text import Text

LETTERS = {"pilot": "p", "review": "r", "draft": "d", "retired": "x"}
"""What stands for a status other than active in the table of the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCount:
    """How many items have a status."""

    status: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCount:
    """The items of one area and level, by status; statuses without items are left out."""

    area: str
    level: str
    items: int
    active: int
    by_status: tuple[StatusCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """The items of a kind or an importance, by status."""

    id: str
    title: Text
    items: int
    active: int
    by_status: tuple[StatusCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BankStatistics:
    """What a bank's draft holds.

    Attributes:
        kinds: those the bank has items of.
        areas: id and title, as the bank lists them; likewise ``levels``.
        cells: every area with every level, area by area.
        parametrised: active items that differ from paper to paper by parameters.
        undrawn: ids of active items that no blueprint draws, sorted; ``None`` when no scheme draws from the bank, or
            one could not be read.
    """

    bank: str
    title: Text
    items: int
    active: int
    parametrised: int
    areas: tuple[tuple[str, Text], ...]
    levels: tuple[tuple[str, Text], ...]
    by_status: tuple[StatusCount, ...]
    cells: tuple[CellCount, ...]
    kinds: tuple[GroupCount, ...]
    importances: tuple[GroupCount, ...]
    undrawn: tuple[str, ...] | None

    def table(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Header and rows for the terminal: areas down, levels across; ``12+2r+1d`` as the lines above it explain."""
        shown = {(cell.area, cell.level): _shown([cell]) for cell in self.cells}
        header = ("area", *(level for level, _ in self.levels), "all")
        rows: list[tuple[str, ...]] = []
        for area, _ in self.areas:
            row = [cell for cell in self.cells if cell.area == area]
            rows.append((area, *(shown[area, level] for level, _ in self.levels), _shown(row)))
        sums = (_shown([cell for cell in self.cells if cell.level == level]) for level, _ in self.levels)
        return header, [*rows, ("all", *sums, _shown(self.cells))]

    def lines(self) -> Iterator[str]:
        """What the table does not show, for the terminal."""
        statuses = ", ".join(f"{one.items} {one.status}" for one in self.by_status)
        yield f"{self.items} items: {statuses or 'none'}"
        others = [one.status for one in self.by_status if one.status in LETTERS]
        if others:
            yield f"in the table: active, and {', '.join(f'{LETTERS[status]} {status}' for status in others)}"
        yield f"kinds (active): {', '.join(f'{one.id} {one.active}' for one in self.kinds)}"
        yield f"importance (active): {', '.join(f'{one.id} {_percent(one.active, self.active)}' for one in self.importances)}"
        yield f"with parameters: {self.parametrised} of {self.active} active ({_percent(self.parametrised, self.active)})"
        if self.undrawn:
            yield f"active and drawn by no blueprint: {', '.join(self.undrawn)}"


def _shown(cells: Sequence[CellCount]) -> str:
    """``12+2r+1d``: active items, then those of each other status with its letter."""
    others = Counter(dict.fromkeys(LETTERS, 0))
    for cell in cells:
        others.update({one.status: one.items for one in cell.by_status if one.status in LETTERS})
    return f"{sum(cell.active for cell in cells)}" + "".join(
        f"+{items}{LETTERS[status]}" for status, items in others.items() if items
    )


def _percent(part: int, whole: int) -> str:
    return f"{round(Fraction(1000 * part, whole)) / 10:g} %" if whole else "-"
