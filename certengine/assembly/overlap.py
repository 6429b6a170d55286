"""A cap on what any two papers share.

1. Find every pair above the cap. Units are dealt into buckets and the papers' bucket counts multiplied: that can count too
   much, never too little, so only pairs that come out above the cap are counted exactly.
2. Of such a pair the paper whose candidate's id comes later gives up a shared unit, and a third paper gets it in exchange
   for one of its own of the same cell: no unit is used more or less often than before. The unit given up is the one whose
   keyed number on the paper is highest; the third paper the next one in order.
3. An exchange counts only if both papers keep all their rules, and neither comes to lie above the cap with more papers than
   before. What is left is tried again, in three rounds at most.

Comparing all pairs takes time that grows with the square of their number; nothing else in a draw does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from certengine.assembly.exposure import Papers
from certengine.assembly.selection import Chosen

_ROWS = 1_000
_TRIES = 60
_ROUNDS = 3


def pairs_over(chosen: Chosen, sizes: NDArray[np.int64], cap: int) -> Iterator[tuple[int, int, int]]:
    """Every pair of papers that shares more items than the cap, with how many: rows in order, exactly."""
    counts = _bucket_counts(chosen, sizes, cap)
    for start in range(0, len(chosen), _ROWS):
        part = counts[start : start + _ROWS] @ counts[start:].T
        for row, other in np.argwhere(np.triu(part > cap, 1)):
            shared = shared_items(chosen, sizes, start + int(row), start + int(other))
            if shared > cap:
                yield start + int(row), start + int(other), shared


def _bucket_counts(chosen: Chosen, sizes: NDArray[np.int64], cap: int) -> NDArray[np.float32]:
    """For each paper, how many items of each bucket it holds: so many buckets that few pairs come near the cap."""
    per_paper = int(sizes[chosen[0]].sum())
    buckets = min(len(sizes), max(1, 2 * per_paper * per_paper // max(1, cap)))
    places = chosen % buckets + np.arange(len(chosen))[:, None] * buckets
    counts = np.bincount(places.ravel(), weights=sizes[chosen].ravel(), minlength=len(chosen) * buckets)
    return counts.astype(np.float32).reshape(len(chosen), buckets)


def shared_items(chosen: Chosen, sizes: NDArray[np.int64], one: int, other: int) -> int:
    """How many items two papers share."""
    return int(sizes[np.intersect1d(chosen[one], chosen[other])].sum())


def keep_under(papers: Papers, cap: int) -> tuple[tuple[int, int, int], ...]:
    """Exchange units until no pair shares more than the cap; returns the pairs for which no exchange was found.

    Where more pairs lie above the cap than there are papers, the cap is far off, and nothing is tried.
    """
    for _ in range(_ROUNDS):
        over = list(pairs_over(papers.chosen, papers.plan.sizes, cap))
        if not over or len(over) > len(papers.chosen):
            return tuple(over)
        for one, other, _ in over:
            while shared_items(papers.chosen, papers.plan.sizes, one, other) > cap and _part(papers, one, other, cap):
                pass
    return tuple(pairs_over(papers.chosen, papers.plan.sizes, cap))


def _part(papers: Papers, one: int, other: int, cap: int) -> bool:
    """One exchange that makes the later paper of a pair share less with the earlier one."""
    shared = np.flatnonzero(np.isin(papers.chosen[other], papers.chosen[one]))
    order = shared[np.argsort(papers.numbers[other, shared], kind="stable")[::-1]]
    for slot in order:
        key = next(group.key for group in papers.plan.groups if group.first <= slot < group.first + group.count)
        partners = _partners(papers, other, int(slot), papers.slots_of(key))
        useful = ((third, place) for third, place in partners if papers.chosen[third, place] not in papers.chosen[one])
        for third, place in islice(useful, _TRIES):
            mine, theirs = papers.chosen[other, slot], papers.chosen[third, place]
            before = _above(papers, other, one, cap), _above(papers, third, third, cap)
            papers.exchange(np.array([other, third]), np.array([slot, place]), np.array([theirs, mine]))
            if _above(papers, other, one, cap) <= before[0] and _above(papers, third, third, cap) <= before[1]:
                return True
            papers.exchange(np.array([other, third]), np.array([slot, place]), np.array([mine, theirs]))
    return False


def _partners(papers: Papers, row: int, slot: int, slots: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Papers and places that could give their unit for this one's, both keeping all rules; the next ones in order."""
    mine = papers.chosen[row, slot]
    rows = np.roll(np.arange(len(papers.chosen)), -row - 1)[:-1]
    for place in slots.tolist():
        good = rows[papers.fits(rows, papers.chosen[rows, place], int(mine))]
        yield from (
            (third, place)
            for third in good.tolist()
            if papers.fits(np.array([row]), np.array([mine]), int(papers.chosen[third, place]))[0]
        )


def _above(papers: Papers, row: int, but: int, cap: int) -> int:
    """With how many other papers, save one, a paper shares more than the cap."""
    mine = np.zeros(len(papers.plan.sizes), dtype=np.uint16)
    mine[papers.chosen[row]] = papers.plan.sizes[papers.chosen[row]]
    shared = mine[papers.chosen].sum(axis=1, dtype=np.int32)
    shared[[row, but]] = 0
    return int(np.count_nonzero(shared > cap))
