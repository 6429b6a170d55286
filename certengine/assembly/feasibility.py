"""Whether a bank can fill a blueprint, and if not, which cells are short of what - before anything is drawn.

Each cell is counted for itself: the largest set of its active items that may stand together, against what all sections
need of it. Rules across cells (enemies, assessment points) may still be too much together; the draw refuses then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from certengine.assembly.pool import CellKey, Pool, cell_of, slots
from certengine.errors import Finding
from certengine.model.bank import BankDraft, ItemStatus
from certengine.model.scheme import WrittenComponent

_EXACT_GROUP = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCount:
    """What one cell needs and has.

    Attributes:
        available: how many active items can stand together (enemies and assessment points once).
        others: why further items of the cell are out: ``(status, number)``, and ``blocked`` for those that
            may not stand beside another.
    """

    component: str
    kind: str
    area: str
    level: str
    need: int
    available: int
    others: tuple[tuple[str, int], ...] = ()

    @property
    def short(self) -> int:
        """How many items are missing; 0 when there are enough."""
        return max(0, self.need - self.available)

    def finding(self) -> Finding:
        """The shortfall in words: need, have, why others are out, what to write."""
        out = ", ".join(f"{number} {why}" for why, number in self.others)
        return Finding(
            code="scheme/cell-short",
            message=f"{self.component}: {self.kind} x {self.area} x {self.level} needs {self.need}, "
            f"has {self.available} active{f' ({out})' if out else ''}",
            hint=f"write {self.short} more, or lower the cell to {self.available}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """The answer: all cells with their counts."""

    cells: tuple[CellCount, ...]

    @property
    def shortfalls(self) -> tuple[CellCount, ...]:
        """The cells that lack items, in blueprint order."""
        return tuple(cell for cell in self.cells if cell.short)


def check(component: WrittenComponent, bank: BankDraft) -> Feasibility:
    """Count every cell of a component's blueprint against a bank."""
    pool = Pool.of(bank)
    need: Counter[CellKey] = Counter()
    for slot in slots(component):
        need[slot.key] += slot.count
    statuses: dict[CellKey, Counter[str]] = defaultdict(Counter)
    for item in bank.items:
        if item.status is not ItemStatus.ACTIVE:
            statuses[cell_of(item)][item.status.value] += 1
    cells = []
    for key, needed in need.items():
        active = pool.by_cell.get(key, ())
        available = _largest_peaceful(active, pool.conflicts)
        others = dict(statuses[key])
        if len(active) > available:
            others["blocked by enemies or points"] = len(active) - available
        cells.append(
            CellCount(
                component=component.id,
                kind=key[0],
                area=key[1],
                level=key[2],
                need=needed,
                available=available,
                others=tuple(sorted(others.items())),
            )
        )
    return Feasibility(cells=tuple(cells))


def _largest_peaceful(ids: tuple[str, ...], conflicts: Mapping[str, frozenset[str]]) -> int:
    """The size of the largest set without conflict: exact for groups of up to 40, a safe lower bound beyond."""
    return sum(_largest_in_group(group, conflicts) for group in _groups(ids, conflicts))


def _groups(ids: tuple[str, ...], conflicts: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Items connected by conflicts, each group apart."""
    left = set(ids)
    groups = []
    while left:
        group, frontier = [], [left.pop()]
        while frontier:
            one = frontier.pop()
            group.append(one)
            near = conflicts.get(one, frozenset()) & left
            left -= near
            frontier.extend(near)
        groups.append(sorted(group))
    return groups


def _largest_in_group(group: list[str], conflicts: Mapping[str, frozenset[str]]) -> int:
    if len(group) <= _EXACT_GROUP:
        return _largest(frozenset(group), conflicts)
    kept: list[str] = []
    for one in sorted(group, key=lambda item: (len(conflicts[item]), item)):
        if not any(one in conflicts[other] for other in kept):
            kept.append(one)
    return len(kept)


def _largest(left: frozenset[str], conflicts: Mapping[str, frozenset[str]]) -> int:
    """The largest number of items without conflict: with or without the item that has most of them, whichever is more."""
    if not left:
        return 0
    near = {one: conflicts.get(one, frozenset()) & left for one in sorted(left)}
    loosest = min(near, key=lambda one: len(near[one]))
    if len(near[loosest]) <= 1:  # taking it never costs more than leaving it
        return 1 + _largest(left - {loosest} - near[loosest], conflicts)
    tightest = max(near, key=lambda one: len(near[one]))
    without = left - {tightest}
    return max(1 + _largest(without - near[tightest], conflicts), _largest(without, conflicts))
