"""How firm pass and fail are, from one administration: would the same candidates fall on the same side again?

*Consistency* is the share who would be classified alike by two parallel forms, *kappa* that share beyond chance, *accuracy*
the share classified as their true scores would be. All are estimates from a model, not counts.

Invariants:

1. The cut itself passes. Marks under 0 count as 0, marks above full as full.
2. Moments of scores have the denominator n where a model is fitted to them, as the sources have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, betaln, roots_jacobi

Floats = NDArray[np.float64]
_NODES = 200
_SMOOTH = 20.0  # a density with such a power at an end has nothing there
_LEAST = 0.02  # under it, nearly everybody is at an end, and there is no curve to fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """How firm a classification is.

    Attributes:
        consistency: share classified alike by two parallel forms. kappa: the same beyond chance (Cohen 1960).
        accuracy: share classified as by true score; ``None`` where the method has none.
        false_pass, false_fail: shares who pass with a true score under the cut, or fail with one at or above.
        length: how many items the model takes the form for.
        model: ``binomial`` (Subkoviak), ``beta4`` or ``beta2`` (Livingston and Lewis; true scores by four or two moments).
    """

    consistency: float
    kappa: float | None
    accuracy: float | None
    false_pass: float | None
    false_fail: float | None
    length: int
    model: str


@dataclass(frozen=True, slots=True)
class Moments:
    """Number, mean and variance (denominator n - 1) of values."""

    n: int
    mean: Fraction
    variance: Fraction

    @classmethod
    def of(cls, spread: Mapping[Fraction, int]) -> Moments | None:
        """``None`` under two values."""
        n = sum(spread.values())
        if n < 2:
            return None
        total = sum((value * count for value, count in spread.items()), Fraction(0))
        squares = sum((value * value * count for value, count in spread.items()), Fraction(0))
        return cls(n, total / n, (n * squares - total * total) / (n * (n - 1)))


def subkoviak(
    sums: Mapping[Fraction, int], items: int, mark: Fraction, reliability: Fraction, cut: Decimal
) -> Consistency | None:
    """Consistency of one form of right and wrong items worth ``mark`` each (Subkoviak 1976).

    A candidate with x of k right has the true share p = r x / k + (1 - r) mean / k, and passes a parallel form with
    P = P(Binomial(k, p) >= c), so he or she is classified alike with P^2 + (1 - P)^2. ``None`` where the cut is beyond the form.
    """
    n, least = sum(sums.values()), ceil(Fraction(cut) / mark)
    if not 0 < least <= items:
        return None
    right = {min(max(total / mark, Fraction(0)), Fraction(items)): count for total, count in sums.items()}
    average = sum((x * count for x, count in right.items()), Fraction(0)) / n
    p = np.array([float((reliability * x + (1 - reliability) * average) / items) for x in right])
    weights = np.array(list(right.values()), dtype=np.float64) / n
    passing = bdtrc(least - 1, items, p)
    both = float((weights * (passing**2 + (1 - passing) ** 2)).sum())
    share = float((weights * passing).sum())
    return Consistency(
        consistency=both,
        kappa=_kappa(both, share),
        accuracy=None,
        false_pass=None,
        false_fail=None,
        length=items,
        model="binomial",
    )


def livingston_lewis(
    sums: Mapping[Fraction, int], full: Fraction, reliability: Fraction, cut: Decimal
) -> Consistency | None:
    """Consistency and accuracy for any kind of marks (Livingston and Lewis 1995).

    1. The form counts as so many right or wrong items as give its reliability: ((mean)(full - mean) - r s^2) / (s^2 (1 - r)),
       to the nearest whole one.
    2. Scores are put on that scale; their binomial factorial moments are the moments of the true shares, to which a beta
       distribution is fitted: with four parameters (Hanson 1991), or with two where those leave 0..1.
    3. The cut is the same share of the scale, to the nearest whole score; the true cut is the share itself.

    Scores are taken to run from 0 to ``full``. ``None`` where the variance or the fit does not allow it.
    """
    scores = _Scaled.of(sums, full)
    length = scores.length(float(reliability))
    share = float(Fraction(cut) / full)
    if length is None or not 0 < share <= 1:
        return None
    truth = scores.true_shares(length)
    least = floor(length * share + 0.5)
    if truth is None or not least > 0:
        return None

    def passing(p: Floats) -> Floats:
        return np.asarray(bdtrc(least - 1, length, p), dtype=np.float64)

    pass_share = truth.mean_of(passing)
    both = truth.mean_of(lambda p: passing(p) ** 2 + (1 - passing(p)) ** 2)
    true_pass = truth.mean_above(share, passing)
    false_fail = truth.mean_above(share, lambda p: 1 - passing(p))
    return Consistency(
        consistency=both,
        kappa=_kappa(both, pass_share),
        accuracy=1 - false_fail - (pass_share - true_pass),
        false_pass=pass_share - true_pass,
        false_fail=false_fail,
        length=length,
        model=truth.model,
    )


def _kappa(both: float, share: float) -> float | None:
    chance = share**2 + (1 - share) ** 2
    return (both - chance) / (1 - chance) if chance < 1 else None


@dataclass(frozen=True, slots=True)
class _Scaled:
    """Scores as shares of full marks, with their weights."""

    shares: Floats
    weights: Floats

    @classmethod
    def of(cls, sums: Mapping[Fraction, int], full: Fraction) -> _Scaled:
        n = sum(sums.values())
        shares = [min(max(float(total / full), 0.0), 1.0) for total in sums]
        return cls(np.array(shares), np.array([count / n for count in sums.values()]))

    def length(self, reliability: float) -> int | None:
        """Step 1; every number in it as a share of full marks."""
        mean = float((self.weights * self.shares).sum())
        variance = float((self.weights * (self.shares - mean) ** 2).sum())
        if not variance > 0:
            return None
        length = (mean * (1 - mean) - reliability * variance) / (variance * (1 - reliability))
        return floor(length + 0.5) if length >= 1 else None

    def true_shares(self, length: int) -> _Beta | None:
        """Step 2."""
        x = self.shares * length
        falling = np.ones_like(x)
        moments: list[float] = []
        for power in range(min(4, length)):
            falling = falling * (x - power) / (length - power)
            moments.append(float((self.weights * falling).sum()))
        return _Beta.by_four(moments) or _Beta.by_two(moments)


@dataclass(frozen=True, slots=True)
class _Beta:
    """A beta distribution between two ends."""

    a: float
    b: float
    low: float
    high: float
    model: str

    @classmethod
    def by_four(cls, raw: list[float]) -> _Beta | None:
        """By four raw moments (Hanson 1991), where the ends stay within 0..1."""
        if len(raw) < 4:
            return None
        m1, m2, m3, m4 = raw
        variance = m2 - m1**2
        if variance <= 0:
            return None
        skew = (m3 - 3 * m1 * m2 + 2 * m1**3) / variance**1.5
        kurtosis = (m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4) / variance**2
        # Infinities and not-a-numbers of odd moments fail the comparisons and fall back to two parameters.
        with np.errstate(divide="ignore", invalid="ignore"):
            r = np.float64(6 * (kurtosis - skew**2 - 1)) / (6 + 3 * skew**2 - 2 * kurtosis)
            lean = np.sqrt(1 - 24 * (r + 1) / ((r + 2) * (r + 3) * kurtosis - 3 * (r - 6) * (r + 1)))
        if not (r > 0 and 0 <= lean < 1 and r / 2 * (1 - lean) >= _LEAST):
            return None
        small, large = float(r / 2 * (1 - lean)), float(r / 2 * (1 + lean))
        a, b = (large, small) if skew < 0 else (small, large)
        reach = sqrt(variance * (a + b + 1) / (a * b))
        low, high = m1 - a * reach, m1 + b * reach
        return cls(a, b, low, high, "beta4") if 0 <= low < high <= 1 else None

    @classmethod
    def by_two(cls, raw: list[float]) -> _Beta | None:
        """By mean and variance, from 0 to 1."""
        if len(raw) < 2:
            return None
        mean, variance = raw[0], raw[1] - raw[0] ** 2
        if not 0 < variance < mean * (1 - mean):
            return None
        size = mean * (1 - mean) / variance - 1
        a, b = mean * size, (1 - mean) * size
        return cls(a, b, 0.0, 1.0, "beta2") if min(a, b) >= _LEAST else None

    def mean_of(self, f: Callable[[Floats], Floats]) -> float:
        """The expected value of f."""
        return self._mean_from(0.0, f)

    def mean_above(self, cut: float, f: Callable[[Floats], Floats]) -> float:
        """The expected value of f where the true share is at least the cut, and 0 elsewhere."""
        if cut >= self.high:
            return 0.0
        return self._mean_from(max(0.0, (cut - self.low) / (self.high - self.low)), f)

    def _mean_from(self, start: float, f: Callable[[Floats], Floats]) -> float:
        """Gauss and Jacobi's quadrature from a share of the range to its upper end.

        A small power of the density at an end is the quadrature's weight, so that a peak there costs nothing; where the
        density is smooth, what lies beyond 14 standard deviations of the mean is left out.
        """
        a, b = self.a, self.b
        mean, sd = a / (a + b), sqrt(a * b / (a + b + 1)) / (a + b)
        reach = 14 * sd + 50 / (a + b)
        low = max(start, mean - reach) if a >= _SMOOTH else start
        high = min(1.0, mean + reach) if b >= _SMOOTH else 1.0
        if low >= high:
            return 0.0
        at_low = a - 1 if a < _SMOOTH and low == 0 else 0.0
        at_high = b - 1 if b < _SMOOTH else 0.0
        nodes, weights = roots_jacobi(_NODES, at_high, at_low)
        half = (high - low) / 2
        y = low + half * (nodes + 1)
        density = np.exp((a - 1 - at_low) * np.log(y) + (b - 1 - at_high) * np.log1p(-y) - betaln(a, b))
        p = self.low + (self.high - self.low) * y
        return float((weights * density * f(p)).sum() * half ** (1 + at_high + at_low))
