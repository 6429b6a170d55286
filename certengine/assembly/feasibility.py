"""Whether a bank can fill a blueprint, and if not, which cells are short of what - before anything is drawn.

Each cell is counted for itself: the largest number of its units that may stand together, against what all sections need of
it. Whether all rules can be kept together is found out by :mod:`certengine.assembly.together`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from certengine.assembly.pool import CellKey, Pool, section_keys, set_kind, units_of, why_not
from certengine.assembly.program import demands_of
from certengine.errors import Finding
from certengine.items import kind_of
from certengine.model.bank import BankDraft, ItemStatus
from certengine.model.scheme import STIMULUS_SET, WrittenComponent

_EXACT_GROUP = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCount:
    """What one cell needs and has.

    Attributes:
        available: how many active items (or sets) can stand together (enemies and assessment points once).
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
    """The answer: all cells with their counts, and what stands in the way beyond single cells."""

    cells: tuple[CellCount, ...]
    sections: tuple[Finding, ...] = ()

    @property
    def shortfalls(self) -> tuple[CellCount, ...]:
        """The cells that lack items, in blueprint order."""
        return tuple(cell for cell in self.cells if cell.short)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that counting finds short."""
        return (*(cell.finding() for cell in self.shortfalls), *self.sections)


def check(component: WrittenComponent, bank: BankDraft) -> Feasibility:
    """Count every cell of a component's blueprint against a bank."""
    pool = Pool.of(component, bank)
    conflicts = _conflicts(pool)
    out = _reasons_out(component, bank)
    need: Counter[CellKey] = Counter()
    for demand in demands_of(component):
        need[demand.key] += demand.least
    cells = []
    for key, needed in need.items():
        units = pool.in_cell(key)
        available = _largest_peaceful(units, conflicts)
        others = dict(out[key])
        if len(units) > available:
            others["blocked by enemies or points"] = len(units) - available
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
    have = {(cell.kind, cell.area, cell.level): cell.available for cell in cells}
    sections = (*_short_sections(component, have), *_idle_policies(component, pool))
    return Feasibility(cells=tuple(cells), sections=sections)


def _idle_policies(component: WrittenComponent, pool: Pool) -> Iterator[Finding]:
    """Sections of sets whose policy is no policy of any item in the sets they draw from."""
    for section in component.sections:
        units = [pool.units[place] for key in section_keys(section) for place in pool.in_cell(key)]
        if section.kind != STIMULUS_SET or not units:
            continue
        kinds = sorted({item.kind for unit in units for item in unit.items})
        offered = sorted({policy for kind in kinds for policy in kind_of(kind).policies})
        if section.policy not in offered:
            yield Finding(
                code="scheme/policy-idle",
                message=f"{component.id}: section `{section.id}` marks by `{section.policy}`, and its sets hold "
                f"{', '.join(kinds)}, which know {', '.join(offered)}",
                hint=f"write one of: {', '.join(offered)}",
            )


def _short_sections(component: WrittenComponent, have: Mapping[CellKey, int]) -> Iterator[Finding]:
    """Sections whose cells together cannot give what the section has."""
    for section in component.sections:
        cells = [
            min(have[key], section.units if cell.most is None else cell.most)
            for key, cell in zip(section_keys(section), section.cells, strict=True)
        ]
        exact = all(cell.count is not None for cell in section.cells)
        if (
            sum(cells) < section.units
            and not exact
            and all(have[key] >= cell.least for key, cell in zip(section_keys(section), section.cells, strict=True))
        ):
            yield Finding(
                code="scheme/section-short",
                message=f"{component.id}: section `{section.id}` has {section.units} items, its cells give "
                f"{sum(cells)} together at most",
                hint=f"write {section.units - sum(cells)} more, or raise the most of a cell that has more",
            )


def _reasons_out(component: WrittenComponent, bank: BankDraft) -> dict[CellKey, Counter[str]]:
    """By cell, why items or sets that belong there cannot be drawn."""
    out: dict[CellKey, Counter[str]] = defaultdict(Counter)
    for item in bank.items:
        key = (item.kind, item.area, item.level)
        if item.status is not ItemStatus.ACTIVE:
            out[key][item.status.value] += 1
        elif item.stimulus is not None:
            out[key]["in a stimulus set"] += 1
    sizes = {section.set_size for section in component.sections if section.kind == STIMULUS_SET}
    for unit in units_of(bank):
        reason = why_not(unit, component)
        if reason is not None:
            out[unit.key][reason] += 1
        if unit.label[0] == "stimulus":
            for size in sizes - {len(unit.items)}:
                out[set_kind(size or 0), unit.key[1], unit.key[2]][f"of {len(unit.items)} active items"] += 1
    return out


def _conflicts(pool: Pool) -> dict[int, frozenset[int]]:
    offsets, indexes = pool.neighbours()
    return {
        unit: frozenset(indexes[offsets[unit] : offsets[unit + 1]].tolist())
        for unit in range(len(pool.units))
        if offsets[unit + 1] > offsets[unit]
    }


def _largest_peaceful(units: range, conflicts: Mapping[int, frozenset[int]]) -> int:
    """The size of the largest set without conflict: exact for groups of up to 40, a safe lower bound beyond."""
    return sum(_largest_in_group(group, conflicts) for group in _groups(units, conflicts))


def _groups(units: range, conflicts: Mapping[int, frozenset[int]]) -> list[list[int]]:
    """Units connected by conflicts, each group apart."""
    left = set(units)
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


def _largest_in_group(group: list[int], conflicts: Mapping[int, frozenset[int]]) -> int:
    if len(group) <= _EXACT_GROUP:
        return _largest(frozenset(group), conflicts)
    kept: list[int] = []
    for one in sorted(group, key=lambda unit: (len(conflicts[unit]), unit)):
        if not any(one in conflicts[other] for other in kept):
            kept.append(one)
    return len(kept)


def _largest(left: frozenset[int], conflicts: Mapping[int, frozenset[int]]) -> int:
    """The largest number of units without conflict: with or without the one that has most of them, whichever is more."""
    if not left:
        return 0
    near = {one: conflicts.get(one, frozenset()) & left for one in sorted(left)}
    loosest = min(near, key=lambda one: len(near[one]))
    if len(near[loosest]) <= 1:  # taking it never costs more than leaving it
        return 1 + _largest(left - {loosest} - near[loosest], conflicts)
    tightest = max(near, key=lambda one: len(near[one]))
    without = left - {tightest}
    return max(1 + _largest(without - near[tightest], conflicts), _largest(without, conflicts))
