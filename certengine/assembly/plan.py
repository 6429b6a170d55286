"""A blueprint made ready to be drawn from one bank: what each group of slots takes, and what the whole paper must weigh.

Rules over the whole paper are sums with bounds, in millionths and whole numbers, so that every comparison is exact and
every platform draws the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from certengine.assembly.information import information_of
from certengine.assembly.keyed import KeyedDraw, block
from certengine.assembly.pool import MICRO, CellKey, Pool, micro, section_keys
from certengine.model.bank import BankDraft, Importance, Item
from certengine.model.scheme import Section, WrittenComponent

UNBOUNDED = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The slots of one cell of one section: ``count`` of them, from slot ``first`` on."""

    section: str
    key: CellKey
    count: int
    first: int

    @property
    def slots(self) -> slice:
        """Where its slots are."""
        return slice(self.first, self.first + self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRule:
    """A sum over all items of a paper that lies between two bounds, in millionths.

    Attributes:
        ability: where information is counted; only for the rule of that name.
    """

    name: str
    low: int
    high: int
    ability: Decimal | None = None

    def weight(self, item: Item) -> int:
        """What one item adds."""
        match self.name:
            case "difficulty":
                return micro(item.difficulty)
            case "minutes":
                return micro(item.minutes)
            case "information":
                assert item.calibration is not None  # the pool leaves out what has none where the rule holds
                assert self.ability is not None
                return micro(information_of(item.calibration, self.ability))
        return int(MICRO) * (item.importance is Importance(self.name))


class Plan:
    """A component's blueprint over a pool, with the counts of its cells decided."""

    def __init__(self, component: WrittenComponent, pool: Pool, counts: dict[tuple[str, CellKey], int]) -> None:
        """Lay out the slots.

        Args:
            counts: for each section and cell, how many units it takes.
        """
        self.component = component
        self.pool = pool
        self.groups = tuple(_groups(component, counts))
        self.rules = whole_rules(component)
        self.low = np.array([rule.low for rule in self.rules], dtype=np.int64)
        self.high = np.array([rule.high for rule in self.rules], dtype=np.int64)

    @cached_property
    def slot_count(self) -> int:
        """How many units a paper holds."""
        return sum(group.count for group in self.groups)

    @cached_property
    def weights(self) -> NDArray[np.int64]:
        """What each unit adds to each rule's sum."""
        rows = [[sum(rule.weight(item) for item in unit.items) for rule in self.rules] for unit in self.pool.units]
        return np.array(rows, dtype=np.int64).reshape(len(self.pool.units), len(self.rules))

    @cached_property
    def blocks(self) -> bytes:
        """The blocks of all units' labels, for one call of the cipher."""
        return b"".join(block(unit.label) for unit in self.pool.units)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """How many items each unit brings."""
        return np.array([len(unit.items) for unit in self.pool.units], dtype=np.int64)

    @cached_property
    def neighbours(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The units that may not stand beside each unit, as offsets and indexes."""
        return self.pool.neighbours()

    @cached_property
    def by_need(self) -> tuple[Group, ...]:
        """The groups in the order they are filled: those with the fewest units to spare first."""
        need: dict[CellKey, int] = {}
        for group in self.groups:
            need[group.key] = need.get(group.key, 0) + group.count
        return tuple(sorted(self.groups, key=lambda one: (len(self.pool.in_cell(one.key)) - need[one.key], one.first)))

    @cached_property
    def slot_ranges(self) -> NDArray[np.int64]:
        """For each slot, where the units of its cell begin and end."""
        ranges = np.zeros((self.slot_count, 2), dtype=np.int64)
        for group in self.groups:
            ranges[group.slots] = self.pool.cells.get(group.key, (0, 0))
        return ranges

    def excess(self, sums: NDArray[np.int64]) -> NDArray[np.int64]:
        """By how much sums lie outside their bounds, all rules together; the rules are the last axis."""
        outside: NDArray[np.int64] = np.maximum(np.maximum(self.low - sums, sums - self.high), 0).sum(axis=-1)
        return outside


def make_plan(component: WrittenComponent, bank: BankDraft, source: KeyedDraw, *, attempt: int = 0) -> Plan:
    """Decide the counts of cells that have ranges, once for all papers of a component, and lay out the slots.

    Each cell gets its least; what the section then lacks is added one by one, each time to one of the cells that may
    still take more and have more, chosen evenly by a keyed choice. So all candidates of a sitting get the same counts.
    """
    pool = Pool.of(component, bank)
    counts: dict[tuple[str, CellKey], int] = {}
    for section in component.sections:
        counts |= _counts(section, pool, source.within("range", section.id, str(attempt)))
    return Plan(component, pool, counts)


def whole_rules(component: WrittenComponent) -> tuple[WholeRule, ...]:
    """The rules over a whole paper that a component states."""
    found = []
    items = component.count
    if component.difficulty is not None:
        band = component.difficulty
        found.append(_bounded("difficulty", (band.mean - band.tolerance) * items, (band.mean + band.tolerance) * items))
    if component.expected_minutes is not None:
        found.append(_bounded("minutes", component.expected_minutes.min, component.expected_minutes.max))
    for name in ("X", "Y", "Z"):
        share = getattr(component.importance, name, None)
        if share is not None:
            least = None if share.min is None else (share.min * items).to_integral_value(ROUND_CEILING)
            most = None if share.max is None else (share.max * items).to_integral_value(ROUND_FLOOR)
            found.append(_bounded(name, least, most))
    return tuple(found)


def _bounded(name: str, low: Decimal | None, high: Decimal | None) -> WholeRule:
    return WholeRule(
        name=name,
        low=-UNBOUNDED if low is None else int((low * MICRO).to_integral_value(ROUND_CEILING)),
        high=UNBOUNDED if high is None else int((high * MICRO).to_integral_value(ROUND_FLOOR)),
    )


def _counts(section: Section, pool: Pool, source: KeyedDraw) -> dict[tuple[str, CellKey], int]:
    keys = section_keys(section)
    counts: dict[tuple[str, CellKey], int] = {}
    most: dict[tuple[str, CellKey], int] = {}
    for key, cell in zip(keys, section.cells, strict=True):
        counts[section.id, key] = counts.get((section.id, key), 0) + cell.least
        most[section.id, key] = most.get((section.id, key), 0) + (section.units if cell.most is None else cell.most)
    for step in range(section.units - sum(counts.values())):
        free = [one for one, count in counts.items() if count < min(most[one], len(pool.in_cell(one[1])))]
        if not free:
            break  # the check before any draw names what is short
        counts[free[source.below(str(step), len(free))]] += 1
    return counts


def _groups(component: WrittenComponent, counts: dict[tuple[str, CellKey], int]) -> Iterator[Group]:
    first = 0
    for section in component.sections:
        for key in dict.fromkeys(section_keys(section)):
            count = counts[section.id, key]
            if count:
                yield Group(section=section.id, key=key, count=count, first=first)
                first += count
