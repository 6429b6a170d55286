"""Scoring many candidates on one form at once: exact marks by whole numbers, and the table from which all statistics follow.

Invariants:

1. Marks are whole numbers in the form key's unit from beginning to end; nothing is a floating-point number here.
2. What is kept for statistics is how many candidates had which outcome at which position and which sum of marks
   (:class:`Tally`). Its size depends on the form, not on the candidates, and tables of parts add up.
3. Statistics come of the same code as those of single papers (:func:`certengine.scoring.analysis.analyse_meetings`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certengine.model.scheme import Rounding
from certengine.scoring.analysis import ItemStatistics, Meeting, analyse_meetings
from certengine.scoring.form_key import FormKey
from certengine.scoring.form_statistics import FormScores
from certengine.scoring.rounding import round_marks

Codes = NDArray[Any]
"""Codes of outcomes, a row for each position, a column for each candidate."""

Sums = NDArray[np.int64]
"""Sums of marks in 1/unit, one for each candidate, before the floor at 0 and rounding."""

_MOST_AT_ONCE = 255  # so many 1s fit into one byte


def sums_of(key: FormKey, codes: Codes, positions: Iterable[int] | None = None) -> Sums:
    """The sum of each candidate's marks, in 1/``key.unit``; of all positions or of some, counted from 0."""
    sums = np.zeros(codes.shape[1], dtype=np.int64)
    alike: dict[int, list[tuple[int, int]]] = {}
    for index in range(len(codes)) if positions is None else positions:
        units = key.units(index)
        earning = [code for code, earned in enumerate(units) if earned]
        if len(earning) == 1:
            alike.setdefault(units[earning[0]], []).append((index, earning[0]))
        else:
            sums += np.asarray(units, dtype=np.int64)[codes[index]]
    # Where one outcome alone earns anything, right answers are counted in bytes, of which a processor adds many at once.
    right = np.empty(codes.shape[1], dtype=np.bool_)
    for earned, places in alike.items():
        for start in range(0, len(places), _MOST_AT_ONCE):
            count = np.zeros(codes.shape[1], dtype=np.uint8)
            for index, code in places[start : start + _MOST_AT_ONCE]:
                np.equal(codes[index], code, out=right)
                count += right.view(np.uint8)
            sums += count.astype(np.int64) * earned
    return sums


def score_of(key: FormKey, earned: Fraction, rounding: Rounding) -> Decimal:
    """A sum of marks as the score it is: within 0 and the component's marks, rounded once by the scheme's rule."""
    return round_marks(max(Fraction(0), min(earned * key.scale, Fraction(key.component.total))), rounding)


class Tally:
    """How many candidates had which outcome at which position, and which sum of marks."""

    def __init__(self, key: FormKey) -> None:
        """An empty table for a form."""
        self._key = key
        self._unit = key.unit
        self._low = 0
        self._counts = np.zeros((len(key.drawn), 1, 1), dtype=np.int64)
        self._parts: dict[str, list[int]] = {}
        for index, drawn in enumerate(key.drawn):
            self._parts.setdefault(drawn.section, []).append(index)
        self._of_parts: dict[str, Counter[Fraction]] = {section: Counter() for section in self._parts}

    def add(self, codes: Codes, sums: Sums, times: int = 1) -> None:
        """Count candidates in; ``sums`` are in the unit that the form key has now. ``times`` -1 takes them out again."""
        if not len(sums):
            return
        self._count_parts(codes, times)
        self._make_room(int(sums.min()), int(sums.max()))
        _, outcomes, width = self._counts.shape
        places = (sums - self._low).astype(np.intp)
        for index in range(len(codes)):
            flat = codes[index].astype(np.intp)
            flat *= width
            flat += places
            counted = np.bincount(flat, minlength=outcomes * width).reshape(outcomes, width)
            self._counts[index] += counted * times

    def sections(self) -> dict[str, dict[Fraction, int]]:
        """By section, how many candidates have each share of the marks of those of its items that count."""
        found: dict[str, dict[Fraction, int]] = {}
        for section, spread in self._of_parts.items():
            counted = (index for index in self._parts[section] if self._key.counted[index])
            full = sum((Fraction(self._key.drawn[index].marks) for index in counted), Fraction(0))
            found[section] = {earned / full: n for earned, n in spread.items() if n} if full else {}
        return found

    def sums(self) -> dict[Fraction, int]:
        """How many candidates have each sum of marks, lowest first."""
        spread = self._counts[0].sum(axis=0)
        return {Fraction(int(i) + self._low, self._unit): int(spread[i]) for i in np.flatnonzero(spread)}

    def items(self) -> tuple[ItemStatistics, ...]:
        """The statistics of every item, in the order of the form."""
        return tuple(
            analyse_meetings(fact, dict(self._meetings(index)) if self._key.counted[index] else {})
            for index, fact in enumerate(self._key.facts)
        )

    def form_scores(self) -> FormScores:
        """What the statistics of the form are made of."""
        drawn = [(index, one.marks) for index, one in enumerate(self._key.drawn) if self._key.counted[index]]
        marks = {index: self._marks(index) for index, _ in drawn}
        right_or_wrong = all(set(marks[index]) <= {Fraction(0), Fraction(full)} for index, full in drawn)
        worth = {Fraction(full) for _, full in drawn}
        sums, squares, k = self.sums(), self._squares(), len(drawn)
        return FormScores(
            shared=True,
            full=self._key.component.total,
            items=k,
            sums=sums,
            marks=tuple(marks.values()),
            errors={total: (k * squares[total] - n * total**2) / (k - 1) for total, n in sums.items()} if k > 1 else {},
            equal_mark=worth.pop() if right_or_wrong and len(worth) == 1 else None,
        )

    def _marks(self, index: int) -> Counter[Fraction]:
        """How many candidates earned how much at a position."""
        found: Counter[Fraction] = Counter()
        for outcome, counts in zip(self._key.outcomes[index], self._counts[index], strict=False):
            found[outcome.earned] += int(counts.sum())
        return +found

    def _squares(self) -> dict[Fraction, Fraction]:
        """By sum of marks, the squared marks of all items of its candidates, added up."""
        width = self._counts.shape[2]
        found = [Fraction(0)] * width
        for outcomes, counts in zip(self._key.outcomes, self._counts, strict=True):
            for outcome, row in zip(outcomes, counts.tolist(), strict=False):
                if outcome.earned:
                    square = outcome.earned**2
                    found = [have + square * n if n else have for have, n in zip(found, row, strict=True)]
        return {Fraction(place + self._low, self._unit): one for place, one in enumerate(found)}

    def _count_parts(self, codes: Codes, times: int) -> None:
        for section, positions in self._parts.items():
            values, counts = np.unique(sums_of(self._key, codes, positions), return_counts=True)
            for value, count in zip(values.tolist(), counts.tolist(), strict=True):
                self._of_parts[section][Fraction(value, self._key.unit)] += count * times

    def _meetings(self, index: int) -> Iterator[tuple[Meeting, int]]:
        full = Fraction(self._key.drawn[index].marks)
        counted = zip(self._key.drawn, self._key.counted, strict=True)
        whole = sum((Fraction(drawn.marks) for drawn, counts in counted if counts), Fraction(0))
        unit = lcm(self._unit, full.denominator, whole.denominator)
        rest_full = int((whole - full) * unit)
        for outcome, counts in zip(self._key.outcomes[index], self._counts[index], strict=False):
            own = int(outcome.earned * unit)
            for place in np.flatnonzero(counts):
                rest = (int(place) + self._low) * (unit // self._unit) - own
                yield (
                    Meeting(outcome.state, outcome.earned / full, outcome.chosen, rest, rest_full),
                    int(counts[place]),
                )

    def _make_room(self, low: int, high: int) -> None:
        """Widen the table for new sums and outcomes, and refine it where the unit has become finer."""
        finer = self._key.unit // self._unit
        positions, outcomes, width = self._counts.shape
        old_low, old_high = self._low * finer, (self._low + width - 1) * finer
        if not self._counts.any():  # nothing counted yet: no sum to keep a place for
            old_low, old_high = low, high
        new_low, new_high = min(low, old_low), max(high, old_high)
        new_outcomes = max(outcomes, *(len(known) for known in self._key.outcomes))
        if (new_low, new_high - new_low + 1, new_outcomes, finer) == (self._low, width, outcomes, 1):
            return
        wider = np.zeros((positions, new_outcomes, new_high - new_low + 1), dtype=np.int64)
        if self._counts.any():
            start = old_low - new_low
            wider[:, :outcomes, start : start + (width - 1) * finer + 1 : finer] = self._counts
        self._counts, self._low, self._unit = wider, new_low, self._key.unit
