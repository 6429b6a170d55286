"""Which units stand on which paper: many papers at once, each by nothing but its own keyed numbers.

1. Number every unit of the pool under the paper's sub-key, and order each cell's units by these numbers.
2. Fill the groups of slots, those with the fewest units to spare first: the first units in order that may stand beside
   what the paper holds and that the candidate has not seen.
3. While a rule over the whole paper is broken, visit the paper's slots in the order of their first units' place numbers,
   over and over: exchange the slot's unit for the one of its cell that leaves the smallest excess, the first in keyed
   order among equals, if that is smaller than the excess as it stands. After ``PASSES`` visits of every slot give up.

Linked cells: two cells are linked when a unit of one may not meet a unit of the other. What one cell gives a paper depends
on the units of this cell and of those linked to it, directly or through others - and, only on papers whose first fill
breaks a rule over the whole paper, on all cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from certengine.assembly.keyed import KeyedDraw
from certengine.assembly.plan import Plan

PASSES = 4
NUMBERS_AT_ONCE = 1_500_000
_PACKED = 1 << 16
_SHIFT = np.uint64(16)

Bools = NDArray[np.bool_]
Chosen = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What was chosen: a row for each paper, a column for each slot.

    Attributes:
        numbers: the keyed numbers of what was chosen.
        whole: whether the paper keeps all rules; the rows of others mean nothing.
        repaired: how many units were exchanged for a rule over the whole paper.
    """

    chosen: Chosen
    numbers: NDArray[np.uint64]
    whole: Bools
    repaired: NDArray[np.int64]

    @classmethod
    def joined(cls, parts: Sequence[Selected]) -> Selected:
        """The papers of several parts, one after the other."""
        return cls(
            chosen=np.concatenate([part.chosen for part in parts]),
            numbers=np.concatenate([part.numbers for part in parts]),
            whole=np.concatenate([part.whole for part in parts]),
            repaired=np.concatenate([part.repaired for part in parts]),
        )


def select(plan: Plan, sources: Sequence[KeyedDraw], barred: Bools | None = None) -> Selected:
    """Choose the units of many papers.

    Args:
        sources: the papers' own sources.
        barred: for each paper and unit, whether the candidate may not have it.
    """
    at_once = max(1, NUMBERS_AT_ONCE // max(1, len(plan.pool.units)))
    return Selected.joined(
        [
            _select(plan, sources[start : start + at_once], None if barred is None else barred[start : start + at_once])
            for start in range(0, len(sources), at_once)
        ]
    )


def in_keyed_order(plan: Plan, numbers: NDArray[np.uint64]) -> Chosen:
    """The units of each cell by their numbers, a row for each paper; equal numbers stand in the order of ids."""
    ordered = np.empty(numbers.shape, dtype=np.int32)
    for start, end in plan.pool.cells.values():
        own = numbers[:, start:end]
        if end - start < _PACKED:  # number and index fit into 64 bits together, and sort faster than an index alone
            packed = (own << _SHIFT) | np.arange(end - start, dtype=np.uint64)
            packed.sort(axis=1)
            ordered[:, start:end] = (packed & np.uint64(_PACKED - 1)).astype(np.int32) + start
        else:
            ordered[:, start:end] = np.argsort(own, axis=1, kind="stable") + start
    return ordered


def _select(plan: Plan, sources: Sequence[KeyedDraw], barred: Bools | None) -> Selected:
    raw = np.frombuffer(b"".join(source.encrypted(plan.blocks) for source in sources), dtype=">u8")
    halves = raw.reshape(len(sources), -1, 2)
    numbers = halves[:, :, 0].astype(np.uint64)
    numbers >>= _SHIFT
    ordered = in_keyed_order(plan, numbers)
    chosen, whole = _fill(plan, ordered, barred)
    repaired = np.zeros(len(chosen), dtype=np.int64)
    if plan.rules:
        sums = plan.weights[chosen].sum(axis=1)
        broken = np.flatnonzero(whole & (plan.excess(sums) > 0))
        if len(broken):
            places = halves[broken[:, None], chosen[broken], 1].astype(np.uint64) >> _SHIFT
            visits = np.argsort(places, axis=1, kind="stable")
            repair = _Repair(plan, ordered[broken], chosen[broken], None if barred is None else barred[broken])
            chosen[broken], repaired[broken], whole[broken] = repair.run(visits)
    return Selected(
        chosen=chosen,
        numbers=np.take_along_axis(numbers, chosen, 1),
        whole=whole,
        repaired=repaired,
    )


def _fill(plan: Plan, ordered: Chosen, barred: Bools | None) -> tuple[Chosen, Bools]:
    """Step 2. Papers on which the plain first units of each cell may stand together are done in one go."""
    chosen = np.zeros((len(ordered), plan.slot_count), dtype=np.int32)
    taken: dict[tuple[str, str, str], int] = {}
    enough = True
    for group in plan.by_need:
        start, end = plan.pool.cells.get(group.key, (0, 0))
        start += taken.get(group.key, 0)
        enough &= start + group.count <= end
        if enough:
            chosen[:, group.slots] = ordered[:, start : start + group.count]
            taken[group.key] = taken.get(group.key, 0) + group.count
    if not enough:
        return chosen, np.zeros(len(ordered), dtype=np.bool_)
    careful = _clashes(plan, chosen)
    if barred is not None:
        careful |= barred.any(axis=1)
    whole = np.ones(len(ordered), dtype=np.bool_)
    rows = np.flatnonzero(careful)
    if len(rows):
        chosen[rows], whole[rows] = _fill_carefully(plan, ordered[rows], None if barred is None else barred[rows])
    return chosen, whole


def _clashes(plan: Plan, chosen: Chosen) -> Bools:
    """Which papers hold two units that may not meet."""
    present = np.zeros((len(chosen), len(plan.pool.units)), dtype=np.bool_)
    np.put_along_axis(present, chosen, values=True, axis=1)
    rows, near = neighbours_of(plan, chosen.ravel())
    met = np.zeros(len(chosen), dtype=np.bool_)
    rows //= plan.slot_count
    met[rows[present[rows, near]]] = True
    return met


def neighbours_of(plan: Plan, units: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """For each of many units all those that may not stand beside it: whose (as its place in the list), and which."""
    offsets, indexes = plan.neighbours
    counts = offsets[units + 1] - offsets[units]
    whose = np.repeat(np.arange(len(units)), counts)
    within = np.arange(len(whose)) - np.repeat(np.cumsum(counts) - counts, counts)
    return whose, indexes[offsets[units][whose] + within]


def _fill_carefully(plan: Plan, ordered: Chosen, barred: Bools | None) -> tuple[Chosen, Bools]:
    """Slot by slot: the first unit in order that is not barred; what is taken bars itself and its neighbours."""
    rows = np.arange(len(ordered))
    out = np.zeros(ordered.shape, dtype=np.bool_) if barred is None else barred.copy()
    chosen = np.zeros((len(ordered), plan.slot_count), dtype=np.int32)
    whole = np.ones(len(ordered), dtype=np.bool_)
    for group in plan.by_need:
        start, end = plan.pool.cells[group.key]
        own = ordered[:, start:end]
        for slot in range(group.first, group.first + group.count):
            free = ~np.take_along_axis(out, own, axis=1)
            first = free.argmax(axis=1)
            whole &= free[rows, first]
            units = own[rows, first]
            chosen[:, slot] = units
            out[rows, units] = True
            whose, near = neighbours_of(plan, units)
            out[whose, near] = True
    return chosen, whole


class _Repair:
    """Step 3, for papers that break a rule over the whole paper."""

    def __init__(self, plan: Plan, ordered: Chosen, chosen: Chosen, barred: Bools | None) -> None:
        self.plan, self.ordered, self.chosen = plan, ordered, chosen
        rows = np.arange(len(chosen))
        self.sums = plan.weights[chosen].sum(axis=1)
        # How many reasons there are why a unit may not come in: barred, on the paper already, or beside a neighbour.
        self.against = np.zeros(ordered.shape, dtype=np.int16) if barred is None else barred.astype(np.int16)
        for slot in range(chosen.shape[1]):
            self._count(rows, chosen[:, slot], 1)

    def run(self, visits: NDArray[np.int64]) -> tuple[Chosen, NDArray[np.int64], Bools]:
        """The repaired papers, how many units of each were exchanged, and which keep all rules now."""
        moved = np.zeros(len(self.chosen), dtype=np.int64)
        excess = self.plan.excess(self.sums)
        for visit in range(PASSES * visits.shape[1]):
            rows = np.flatnonzero(excess)
            if not len(rows):
                break
            slots = visits[rows, visit % visits.shape[1]]
            moved[rows] += self._visit(rows, slots, excess)
        return self.chosen, moved, excess == 0

    def _visit(self, rows: NDArray[np.int64], slots: NDArray[np.int64], excess: NDArray[np.int64]) -> Bools:
        """Look at one slot of each paper and exchange its unit where that helps; returns where it did."""
        old = self.chosen[rows, slots]
        self._count(rows, old, -1)
        start, end = self.plan.slot_ranges[slots].T
        reach = np.arange((end - start).max())
        places = np.minimum(start[:, None] + reach, end[:, None] - 1)
        others = self.ordered[rows[:, None], places]
        open_to = (reach < (end - start)[:, None]) & (self.against[rows[:, None], others] == 0)
        without = self.sums[rows] - self.plan.weights[old]
        after = self.plan.excess(without[:, None, :] + self.plan.weights[others])
        after[~open_to] = np.iinfo(np.int64).max
        best = after.argmin(axis=1)
        here = np.arange(len(rows))
        better: Bools = after[here, best] < excess[rows]
        new = np.where(better, others[here, best], old)
        self._count(rows, new, 1)
        self.chosen[rows, slots] = new
        self.sums[rows] = without + self.plan.weights[new]
        excess[rows] = np.where(better, after[here, best], excess[rows])
        return better

    def _count(self, rows: NDArray[np.int64], units: NDArray[np.int32], by: int) -> None:
        """Count a unit on each paper, with its neighbours, in or out; each paper has one unit here."""
        self.against[rows, units] += by
        whose, near = neighbours_of(self.plan, units)
        self.against[rows[whose], near] += by
