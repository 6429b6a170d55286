"""What a bank holds, in numbers: nouns for the table in the terminal and for the page with the heat map.

Invariants:

1. Every item is counted once in each table, whatever its status; a share always says of what.
2. A cell stands for every area and level of the bank, also where nothing stands in it: a gap is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from certengine.model.text import Text


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
        """Header and rows for the terminal: areas down, levels across; ``12+3`` is 12 active and 3 others."""
        shown = {(cell.area, cell.level): _shown(cell.active, cell.items) for cell in self.cells}
        header = ("area", *(level for level, _ in self.levels), "all")
        rows: list[tuple[str, ...]] = []
        for area, _ in self.areas:
            row = [cell for cell in self.cells if cell.area == area]
            total = _shown(sum(cell.active for cell in row), sum(cell.items for cell in row))
            rows.append((area, *(shown[area, level] for level, _ in self.levels), total))
        columns = [[cell for cell in self.cells if cell.level == level] for level, _ in self.levels]
        sums = (_shown(sum(one.active for one in column), sum(one.items for one in column)) for column in columns)
        return header, [*rows, ("all", *sums, _shown(self.active, self.items))]

    def lines(self) -> Iterator[str]:
        """What the table does not show, for the terminal."""
        statuses = ", ".join(f"{one.items} {one.status}" for one in self.by_status)
        yield f"{self.items} items: {statuses or 'none'}; a cell such as 12+3 is 12 active and 3 others"
        yield f"kinds (active): {', '.join(f'{one.id} {one.active}' for one in self.kinds)}"
        yield f"importance (active): {', '.join(f'{one.id} {_percent(one.active, self.active)}' for one in self.importances)}"
        yield f"with parameters: {self.parametrised} of {self.active} active ({_percent(self.parametrised, self.active)})"
        if self.undrawn:
            yield f"active and drawn by no blueprint: {', '.join(self.undrawn)}"


def _shown(active: int, items: int) -> str:
    return f"{active}+{items - active}" if items > active else str(active)


def _percent(part: int, whole: int) -> str:
    return f"{round(Fraction(1000 * part, whole)) / 10:g} %" if whole else "-"
