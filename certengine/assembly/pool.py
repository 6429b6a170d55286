"""What a blueprint can draw from: the active items of each cell, and which of them may not meet.

Two items may not meet when one names the other as its enemy, when both belong to one assessment point, or when they
are the same item.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from certengine.model.bank import BankDraft, Item, ItemStatus
from certengine.model.scheme import WrittenComponent

CellKey = tuple[str, str, str]  # kind, area, level


@dataclass(frozen=True, slots=True, kw_only=True)
class Slotted:
    """One cell of one section, with where it stands and what it needs."""

    section: str
    key: CellKey
    count: int


@dataclass(frozen=True, slots=True)
class Pool:
    """The drawable items of a bank by cell, and their conflicts."""

    by_cell: Mapping[CellKey, tuple[str, ...]]
    conflicts: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, bank: BankDraft) -> Pool:
        """The pool of a bank's active items."""
        active = [item for item in bank.items if item.status is ItemStatus.ACTIVE]
        cells: dict[CellKey, list[str]] = defaultdict(list)
        for item in active:
            cells[cell_of(item)].append(item.id)
        return cls({key: tuple(sorted(ids)) for key, ids in cells.items()}, _conflicts(active))


def cell_of(item: Item) -> CellKey:
    """The cell an item can fill."""
    return (item.kind, item.area, item.level)


def slots(component: WrittenComponent) -> tuple[Slotted, ...]:
    """The cells of a component's sections, in blueprint order."""
    return tuple(
        Slotted(section=section.id, key=(section.kind, cell.area, cell.level), count=cell.count)
        for section in component.sections
        for cell in section.cells
    )


def _conflicts(items: list[Item]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    points: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for enemy in item.enemies:
            found[item.id].add(enemy)
            found[enemy].add(item.id)
        if item.point is not None:
            points[item.point].append(item.id)
    for ids in points.values():
        for one in ids:
            found[one].update(other for other in ids if other != one)
    return {item_id: frozenset(others) for item_id, others in found.items()}
