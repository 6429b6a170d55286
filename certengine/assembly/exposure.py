"""Even exposure over all papers of a component: no unit of a cell is used much oftener than another.

Papers are chosen each for itself first; then units that stand on too many papers give way, cell by cell, to units of the
same cell that stand on too few.

1. Of a cell's units, those used most get the larger share where the places cannot be parted evenly.
2. A unit above its share gives way first on the paper where its keyed number was highest - on which it came last.
3. It gives way to the unit that lacks most, wherever all rules of the paper stay kept; where that does not go far enough,
   to units between the two, which give way in their turn. So ten rounds at most are made over all cells, and in each a
   unit tries the sixteen that lack most.

The order of the roster plays no part: every choice follows from keyed numbers, and equal ones from the candidate's id.
What one cell gives depends on the roster, on this cell and its linked cells - and, where the component has rules over
the whole paper, on all cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from certengine.assembly.plan import Plan
from certengine.assembly.pool import CellKey
from certengine.assembly.selection import Bools, Chosen

ROUNDS = 10
TRIED = 16


class Papers:
    """All papers of a component while units are exchanged; rows stand in the order of candidates' ids."""

    def __init__(
        self, plan: Plan, chosen: Chosen, numbers: NDArray[np.uint64], barred: Bools | None, barred_rows: list[int]
    ) -> None:
        """Take the papers over.

        Args:
            barred: for each of ``barred_rows`` and each unit, whether the candidate may not have it.
        """
        self.plan, self.chosen, self.numbers = plan, chosen, numbers
        self.barred = barred
        self.barred_at = np.full(len(chosen), -1, dtype=np.int64)
        self.barred_at[barred_rows] = np.arange(len(barred_rows))
        self.sums = plan.weights[chosen].sum(axis=1)

    def slots_of(self, key: CellKey) -> NDArray[np.int64]:
        """The slots that units of a cell fill, in all sections."""
        found = [np.arange(group.first, group.first + group.count) for group in self.plan.groups if group.key == key]
        return np.concatenate(found)

    def fits(self, rows: NDArray[np.int64], old: NDArray[np.int32], new: int) -> Bools:
        """On which papers a unit may take the place of another one."""
        plan = self.plan
        held = self.chosen[rows]
        good: Bools = ~(held == new).any(axis=1)
        offsets, indexes = plan.neighbours
        for near in indexes[offsets[new] : offsets[new + 1]]:
            good &= ~((held == near) & (held != old[:, None])).any(axis=1)
        if self.barred is not None:
            at = self.barred_at[rows]
            good &= ~((at >= 0) & self.barred[np.maximum(at, 0), new])
        if plan.rules:
            after = self.sums[rows] - plan.weights[old] + plan.weights[new]
            good &= plan.excess(after) <= plan.excess(self.sums[rows])
        return good

    def exchange(self, rows: NDArray[np.int64], slots: NDArray[np.int64], new: NDArray[np.int32] | int) -> None:
        """Put units into places; a place that changed comes last when units give way."""
        self.sums[rows] += self.plan.weights[new] - self.plan.weights[self.chosen[rows, slots]]
        self.chosen[rows, slots] = new
        self.numbers[rows, slots] = 0

    def spread(self, key: CellKey) -> int:
        """How many papers more the most used unit of a cell stands on than the least used one."""
        used = np.bincount(self.chosen[:, self.slots_of(key)].ravel(), minlength=len(self.plan.pool.units))
        mine = used[list(self.plan.pool.in_cell(key))]
        return int(mine.max() - mine.min())


def even_out(papers: Papers) -> None:
    """Exchange units, over all cells again and again, until nothing moves or each cell is even."""
    uneven = list(dict.fromkeys(group.key for group in papers.plan.groups))
    for _ in range(ROUNDS):
        uneven = [key for key in uneven if papers.spread(key) > 1 and _even_cell(papers, key)]


def _even_cell(papers: Papers, key: CellKey) -> bool:
    """One round over a cell; returns whether anything moved."""
    units = np.array(papers.plan.pool.in_cell(key))
    slots = papers.slots_of(key)
    held = papers.chosen[:, slots]
    used = np.bincount(held.ravel() - units[0], minlength=len(units))
    by_use = np.argsort(-used, kind="stable")
    share = np.full(len(units), held.size // len(units))
    share[by_use[: held.size % len(units)]] += 1
    over = used - share
    before = over.copy()
    # Where each unit stands, the places it gives up first in front.
    order = np.lexsort((np.iinfo(np.uint64).max - papers.numbers[:, slots].ravel(), held.ravel()))
    ends = np.cumsum(used)
    for local in by_over(over):
        places = order[ends[local] - used[local] : ends[local]]
        _give_way(papers, units, over, local, places // len(slots), slots[places % len(slots)])
    return bool((over != before).any())


def by_over(over: NDArray[np.int64]) -> list[int]:
    """The units above their share, the most used first."""
    first: list[int] = np.argsort(-over, kind="stable")[: np.count_nonzero(over > 0)].tolist()
    return first


def _give_way(
    papers: Papers,
    units: NDArray[np.int64],
    over: NDArray[np.int64],
    local: int,
    rows: NDArray[np.int64],
    slots: NDArray[np.int64],
) -> None:
    """Let one unit give way on some papers, in their order, to those that lack most."""
    left = np.ones(len(rows), dtype=np.bool_)
    old = np.full(len(rows), units[local], dtype=np.int32)
    lacking = np.argsort(over, kind="stable")[:TRIED].tolist()
    for other in (one for one in lacking if _wanted(over, local, one) > 0):
        want = _wanted(over, local, other)
        here = np.flatnonzero(left)
        here = here[papers.fits(rows[here], old[here], int(units[other]))][:want]
        papers.exchange(rows[here], slots[here], int(units[other]))
        left[here] = False
        over[local] -= len(here)
        over[other] += len(here)


def _wanted(over: NDArray[np.int64], one: int, other: int) -> int:
    """How many places one unit would give another."""
    mine, theirs = int(over[one]), int(over[other])
    return min(mine, -theirs) if theirs < 0 else (mine - theirs) // 2
