"""How far assessors agree: coefficients with their definitions, exact where the formula is closed.

Invariants:

1. A coefficient that is not defined (one candidate, one assessor, nobody ever differs) is ``None``, never 0 or 1.
2. Nothing is filled in: an intraclass correlation takes a complete table, Krippendorff's alpha what there is.
3. Point estimates are exact fractions; only the bounds of intervals, which need quantiles of F, are floating point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import permutations
from math import isfinite

from scipy.special import fdtri

from certengine.scoring.estimates import Interval

_UPPER = 0.975  # of a 95 % interval
_LEAST = 1e-9  # under this a denominator is a zero that floating point missed

Table = Sequence[Sequence[Fraction | int]]
"""One row for each candidate, one column for each assessor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraclassCorrelation:
    """How much of the variance of marks lies between candidates, in absolute agreement.

    Attributes:
        n: candidates. k: assessors of each.
        same_panel: every candidate was marked by the same assessors (two-way random effects, ICC(2,1) and ICC(2,k) of
            Shrout and Fleiss 1979); else by any (one-way, ICC(1,1) and ICC(1,k)).
        single: for one assessor's mark. average: for the mean of the panel.
        single_interval: 95 %; ``None`` where its degrees of freedom are not defined.
        average_interval: 95 %; ``None`` where that of ``single`` is, or has its lower bound at or under -1 / (k - 1), the
            least that k assessors can have in common.
    """

    n: int
    k: int
    same_panel: bool
    single: Fraction
    single_interval: Interval | None
    average: Fraction
    average_interval: Interval | None


def intraclass_correlation(table: Table, *, same_panel: bool) -> IntraclassCorrelation | None:
    """Intraclass correlations of a complete table (Shrout and Fleiss 1979), intervals by McGraw and Wong (1996).

    ``None`` with under two candidates or assessors, or where no mark differs within any candidate or none between.

    Raises:
        ValueError: when rows have different lengths.
    """
    n, k = len(table), len(table[0]) if table else 0
    if any(len(row) != k for row in table):
        raise ValueError("an intraclass correlation takes one mark of every assessor for every candidate")
    if n < 2 or k < 2:
        return None
    marks = [[Fraction(mark) for mark in row] for row in table]
    grand = sum((sum(row, Fraction(0)) for row in marks), Fraction(0)) / (n * k)
    total = sum(((mark - grand) ** 2 for row in marks for mark in row), Fraction(0))
    rows = k * sum(((sum(row, Fraction(0)) / k - grand) ** 2 for row in marks), Fraction(0))
    columns = n * sum(((sum(column, Fraction(0)) / n - grand) ** 2 for column in zip(*marks, strict=True)), Fraction(0))
    between = rows / (n - 1)
    if not same_panel:
        return _one_way(n, k, between, (total - rows) / (n * (k - 1)))
    return _two_way(n, k, between, columns / (k - 1), (total - rows - columns) / ((n - 1) * (k - 1)))


def _one_way(n: int, k: int, between: Fraction, within: Fraction) -> IntraclassCorrelation | None:
    if not within or not between:
        return None
    ratio = float(between / within)
    low = ratio / float(fdtri(n - 1, n * (k - 1), _UPPER))
    high = ratio * float(fdtri(n * (k - 1), n - 1, _UPPER))
    return IntraclassCorrelation(
        n=n,
        k=k,
        same_panel=False,
        single=(between - within) / (between + (k - 1) * within),
        single_interval=Interval(low=(low - 1) / (low + k - 1), high=(high - 1) / (high + k - 1)),
        average=(between - within) / between,
        average_interval=Interval(low=1 - 1 / low, high=1 - 1 / high),
    )


def _two_way(n: int, k: int, between: Fraction, judges: Fraction, error: Fraction) -> IntraclassCorrelation | None:
    whole = between + (k - 1) * error + k * (judges - error) / n
    if not error or not between or whole <= 0 or not between + (judges - error) / n:
        return None
    single = (between - error) / whole
    bounds = _two_way_bounds(n, k, float(between), float(judges), float(error), float(single))
    return IntraclassCorrelation(
        n=n,
        k=k,
        same_panel=True,
        single=single,
        single_interval=bounds,
        average=(between - error) / (between + (judges - error) / n),
        average_interval=None if bounds is None else _stepped_up(bounds, k),
    )


def _two_way_bounds(n: int, k: int, between: float, judges: float, error: float, rho: float) -> Interval | None:
    """Bounds of ICC(2,1) with Satterthwaite's degrees of freedom (McGraw and Wong 1996, table 7)."""
    ratio = judges / error
    spread = n * (1 + (k - 1) * rho) - k * rho
    within = k * rho * ratio
    rest = k * judges + (k * n - k - n) * error
    freedom = (k - 1) * (n - 1) * (within + spread) ** 2 / ((n - 1) * within**2 + spread**2)
    upper = float(fdtri(n - 1, freedom, _UPPER))
    lower = float(fdtri(freedom, n - 1, _UPPER))
    if not isfinite(upper) or not isfinite(lower):  # next to no degrees of freedom
        return None
    return Interval(
        low=n * (between - upper * error) / (upper * rest + n * between),
        high=n * (lower * between - error) / (rest + n * lower * between),
    )


def _stepped_up(single: Interval, k: int) -> Interval | None:
    """Spearman and Brown: what one assessor's bounds become for the mean of k."""
    if 1 + (k - 1) * min(single.low, single.high) < _LEAST:
        return None
    return Interval(low=k * single.low / (1 + (k - 1) * single.low), high=k * single.high / (1 + (k - 1) * single.high))


class Metric(StrEnum):
    """How far two values are apart: as names, as ranks, by their difference, by their ratio (values of zero and more)."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


def krippendorff_alpha(
    units: Mapping[Hashable, Sequence[Fraction | int]], metric: Metric = Metric.INTERVAL
) -> Fraction | None:
    """Krippendorff's alpha (Krippendorff 2011): any assessors, any number of them missing.

    Args:
        units: the values that each thing rated was given; a single value is compared with nothing and left out.
    """
    paired = [Counter(map(Fraction, values)) for values in units.values() if len(values) > 1]
    times = sum(paired, Counter[Fraction]())
    squared = {pair: _distance(*pair, times, metric) ** 2 for pair in permutations(times, 2)}
    expected = _disagreement(times, squared)
    if not expected:
        return None
    observed = sum((_disagreement(unit, squared) / (unit.total() - 1) for unit in paired), Fraction(0))
    return 1 - observed * (times.total() - 1) / expected


def _distance(one: Fraction, other: Fraction, times: Mapping[Fraction, int], metric: Metric) -> Fraction:
    """Between two different values, each given so many times; that of ranks is between the middles of their ties."""
    match metric:
        case Metric.NOMINAL:
            return Fraction(1)
        case Metric.ORDINAL:
            low, high = sorted((one, other))
            between = sum(count for value, count in times.items() if low <= value <= high)
            return between - Fraction(times[one] + times[other], 2)
        case Metric.INTERVAL:
            return one - other
    return (one - other) / (one + other)


def _disagreement(times: Mapping[Fraction, int], squared: Mapping[tuple[Fraction, Fraction], Fraction]) -> Fraction:
    """Squared distances of every ordered pair of values given."""
    pairs = permutations(times.items(), 2)
    return sum((n * m * squared[one, other] for (one, n), (other, m) in pairs), Fraction(0))


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> Fraction | None:
    """Fleiss' kappa (Fleiss 1971): agreement beyond chance of equally many assessors over categories without order.

    Args:
        counts: one row for each thing rated, one column for each category: how many assessors put it there.

    ``None`` with nothing rated, under two assessors, or where only one category was ever given.

    Raises:
        ValueError: when things were rated by different numbers of assessors.
    """
    n, k = len(counts), sum(counts[0]) if counts else 0
    if any(sum(row) != k for row in counts):
        raise ValueError("Fleiss' kappa takes the same number of assessors for everything rated")
    if not n or k < 2:
        return None
    observed = Fraction(sum(count * (count - 1) for row in counts for count in row), n * k * (k - 1))
    expected = Fraction(sum(sum(column) ** 2 for column in zip(*counts, strict=True)), (n * k) ** 2)
    return (observed - expected) / (1 - expected) if expected < 1 else None


def weighted_kappa(pairs: Sequence[tuple[int, int]]) -> Fraction | None:
    """Cohen's kappa with quadratic weights (Cohen 1968), of pairs of levels given by two parties to the same thing."""
    n = len(pairs)
    if not n:
        return None
    observed = Fraction(sum((one - other) ** 2 for one, other in pairs), n)
    firsts, seconds = [one for one, _ in pairs], [other for _, other in pairs]
    # The mean squared difference of every first with every second, from sums instead of all n x n of them.
    expected = Fraction(sum(one * one for one in firsts) + sum(other * other for other in seconds), n) - Fraction(
        2 * sum(firsts) * sum(seconds), n * n
    )
    return 1 - observed / expected if expected else None


def pairs_of(given: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """Every assessor's level beside each other one's: ``(assessor, own, other)``."""
    return [(one, given[one], given[other]) for one, other in permutations(sorted(given), 2)]
