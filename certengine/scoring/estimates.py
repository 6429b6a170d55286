"""Intervals and correlations, and how far a sample carries.

Invariant: sums are whole numbers on a common denominator; the only floats come of the last square root, logarithm or
division. So no variance cancels, a constant is seen as one, and the order of the observations changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import atanh, copysign, lcm, sqrt, tanh

Z_95 = 1.959963984540054
NO_FLAGS_UNDER = 30
GREY_UNDER = 100


class Evidence(StrEnum):
    """How far a sample carries: nothing is flagged on too few, and only provisionally on a grey one."""

    TOO_FEW = "too_few"
    GREY = "grey"
    ENOUGH = "enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float


def evidence(n: int) -> Evidence:
    """How far ``n`` candidates carry: under 30 too few, under 100 grey."""
    if n < NO_FLAGS_UNDER:
        return Evidence.TOO_FEW
    return Evidence.GREY if n < GREY_UNDER else Evidence.ENOUGH


def wilson(p: Fraction, n: int) -> Interval | None:
    """Wilson's score interval of a proportion, without continuity correction (Wilson 1927; Newcombe 1998, method 3).

    For a mean of part marks it errs on the wide side: a variable within 0..1 never varies more than ``p(1 - p)``.
    ``None`` when ``n`` is 0, or negative marking has put ``p`` outside 0..1.
    """
    if n < 1 or not 0 <= p <= 1:
        return None
    z2 = Z_95 * Z_95
    middle = (float(p) + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * sqrt(float(p * (1 - p) / n) + z2 / (4 * n * n)) / (1 + z2 / n)
    return Interval(low=max(0.0, middle - half), high=min(1.0, middle + half))


def fisher(r: float | None, n: int) -> Interval | None:
    """Interval of a correlation by Fisher's z (1921), ``atanh r +- z / sqrt(n - 3)``; ``None`` for n < 4 or r = +-1."""
    if r is None or n < 4 or abs(r) >= 1:
        return None
    half = Z_95 / sqrt(n - 3)
    return Interval(low=tanh(atanh(r) - half), high=tanh(atanh(r) + half))


def correlation(
    x: Sequence[Fraction | int], y: Sequence[Fraction | int], counts: Sequence[int] | None = None
) -> float | None:
    """Pearson's product-moment correlation; ``None`` where one side never varies.

    The variance denominator (n or n - 1) cancels. Within -1..1 without clamping: by Cauchy and Schwarz the exact
    ratio under the root is at most 1.

    Args:
        counts: how often each pair was seen; once where left out.
    """
    xs, _ = on_one_denominator(x)
    ys, _ = on_one_denominator(y)
    ws = [1] * len(xs) if counts is None else counts
    rows = list(zip(xs, ys, ws, strict=True))
    n = sum(ws)
    sum_x, sum_y = sum(a * w for a, _, w in rows), sum(b * w for _, b, w in rows)
    spread_x = n * sum(a * a * w for a, _, w in rows) - sum_x * sum_x
    spread_y = n * sum(b * b * w for _, b, w in rows) - sum_y * sum_y
    if not spread_x or not spread_y:
        return None
    joint = n * sum(a * b * w for a, b, w in rows) - sum_x * sum_y
    return copysign(sqrt((joint * joint) / (spread_x * spread_y)), joint)


def standard_deviation(values: Sequence[Fraction], counts: Sequence[int] | None = None) -> float | None:
    """Sample standard deviation, denominator n - 1; ``None`` under two values."""
    whole, unit = on_one_denominator(values)
    ws = [1] * len(whole) if counts is None else counts
    n, total = sum(ws), sum(v * w for v, w in zip(whole, ws, strict=True))
    if n < 2:
        return None
    squares = sum(v * v * w for v, w in zip(whole, ws, strict=True))
    return sqrt(Fraction(n * squares - total * total, n * (n - 1))) / unit


def mean(values: Sequence[Fraction | int], counts: Sequence[int] | None = None) -> Fraction | None:
    """The exact mean; ``None`` of nothing."""
    whole, unit = on_one_denominator(values)
    ws = [1] * len(whole) if counts is None else counts
    n = sum(ws)
    return Fraction(sum(v * w for v, w in zip(whole, ws, strict=True)), unit * n) if n else None


def on_one_denominator(values: Sequence[Fraction | int]) -> tuple[list[int], int]:
    """The values as whole numbers on their least common denominator, and that denominator."""
    pairs = [(value.numerator, value.denominator) for value in values]
    unit = lcm(*{denominator for _, denominator in pairs})
    return [numerator * (unit // denominator) for numerator, denominator in pairs], unit
