"""What a blueprint can draw from: units by cell, which of them may not meet, and what each weighs.

A *unit* is what a blueprint takes as one: an item, or a whole stimulus set. Two units may not meet when an item of one
names an item of the other as its enemy, or when both hold an item of one assessment point. An item that has a stimulus is
never a unit of its own. A unit whose items lack what a rule of the component counts (difficulty, minutes, information)
is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
from numpy.typing import NDArray

from certengine.model.bank import BankDraft, Item, ItemStatus
from certengine.model.scheme import STIMULUS_SET, Section, WrittenComponent

CellKey = tuple[str, str, str]  # kind, area, level
MICRO = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What a blueprint takes as one.

    Attributes:
        label: what its keyed number belongs to: ``("item", id)`` or ``("stimulus", id)``.
        items: one item, or the items of a set in the bank's order.
    """

    label: tuple[str, str]
    key: CellKey
    items: tuple[Item, ...]

    @property
    def id(self) -> str:
        """The id of the item or the stimulus."""
        return self.label[1]


@dataclass(frozen=True, slots=True)
class Pool:
    """The units of a bank by cell and id, and their conflicts as lists of which a paper holds one unit at most.

    Attributes:
        cells: where each cell's units begin and end.
        cliques: ``(why, units)``: enemies or one assessment point; indexes into ``units``.
    """

    units: tuple[Unit, ...]
    cells: dict[CellKey, tuple[int, int]]
    cliques: tuple[tuple[str, tuple[int, ...]], ...]

    @classmethod
    def of(cls, component: WrittenComponent, bank: BankDraft) -> Pool:
        """What a component can draw from a bank."""
        wanted = {key for section in component.sections for key in section_keys(section)}
        found = [unit for unit in units_of(bank) if unit.key in wanted and why_not(unit, component) is None]
        found.sort(key=lambda unit: (unit.key, unit.label))
        cells: dict[CellKey, tuple[int, int]] = {}
        for place, unit in enumerate(found):
            cells[unit.key] = (cells.get(unit.key, (place, place))[0], place + 1)
        return cls(tuple(found), cells, tuple(_cliques(found)))

    def in_cell(self, key: CellKey) -> range:
        """The indexes of a cell's units."""
        return range(*self.cells.get(key, (0, 0)))

    def neighbours(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The units that may not stand beside each unit, as offsets and indexes."""
        near: list[set[int]] = [set() for _ in self.units]
        for _, members in self.cliques:
            for one in members:
                near[one].update(members)
        for one, others in enumerate(near):
            others.discard(one)
        offsets = np.zeros(len(near) + 1, dtype=np.int64)
        offsets[1:] = np.cumsum([len(others) for others in near])
        indexes = [other for others in near for other in sorted(others)]
        return offsets, np.array(indexes, dtype=np.int32)


def section_keys(section: Section) -> tuple[CellKey, ...]:
    """The cells of a section, in blueprint order."""
    kind = set_kind(section.set_size or 0) if section.kind == STIMULUS_SET else section.kind
    return tuple((kind, cell.area, cell.level) for cell in section.cells)


def set_kind(size: int) -> str:
    """The kind of a cell that holds sets of one size."""
    return f"{STIMULUS_SET} of {size}"


def units_of(bank: BankDraft) -> Iterator[Unit]:
    """The units of a bank's active items, each item in one at most."""
    sets: dict[str, list[Item]] = defaultdict(list)
    for item in bank.items:
        if item.status is not ItemStatus.ACTIVE:
            continue
        if item.stimulus is None:
            yield Unit(label=("item", item.id), key=(item.kind, item.area, item.level), items=(item,))
        else:
            sets[item.stimulus].append(item)
    for stimulus in bank.stimuli or ():
        items = tuple(sets[stimulus.id])
        yield Unit(
            label=("stimulus", stimulus.id), key=(set_kind(len(items)), stimulus.area, stimulus.level), items=items
        )


def why_not(unit: Unit, component: WrittenComponent) -> str | None:
    """Why a unit cannot be drawn though its items are active; ``None`` when it can."""
    ids = {item.id for item in unit.items}
    points = [item.point for item in unit.items if item.point is not None]
    if len(set(points)) < len(points) or any(ids & set(item.enemies) - {item.id} for item in unit.items):
        return "with enemies within the set"
    if component.difficulty is not None and any(item.difficulty is None for item in unit.items):
        return "without difficulty"
    if component.expected_minutes is not None and any(item.minutes is None for item in unit.items):
        return "without minutes"
    if component.cut_ability is not None and any(item.calibration is None for item in unit.items):
        return "without calibration"
    return None


def micro(value: Decimal | None) -> int:
    """A number in millionths, half to even; 0 when there is none."""
    return int(((value or Decimal(0)) * MICRO).to_integral_value(ROUND_HALF_EVEN))


def _cliques(units: Sequence[Unit]) -> Iterator[tuple[str, tuple[int, ...]]]:
    holder = {item.id: place for place, unit in enumerate(units) for item in unit.items}
    points: dict[str, set[int]] = defaultdict(set)
    pairs: set[tuple[int, int]] = set()
    for place, unit in enumerate(units):
        for item in unit.items:
            if item.point is not None:
                points[item.point].add(place)
            pairs.update(_pairs(place, (holder[enemy] for enemy in item.enemies if enemy in holder)))
    yield from (("enemies", pair) for pair in sorted(pairs))
    yield from (("one item of a point", tuple(sorted(held))) for held in points.values() if len(held) > 1)


def _pairs(one: int, others: Iterable[int]) -> Iterator[tuple[int, int]]:
    return ((min(one, other), max(one, other)) for other in others if other != one)
