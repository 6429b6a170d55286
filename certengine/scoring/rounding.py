"""The one place where marks are rounded, once, by the scheme's stated rule."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import floor

from certengine.model.scheme import Rounding, RoundingMode

_WORDS = {
    RoundingMode.HALF_UP: ROUND_HALF_UP,
    RoundingMode.HALF_EVEN: ROUND_HALF_EVEN,
    RoundingMode.DOWN: ROUND_DOWN,
}


def round_marks(exact: Fraction, rule: Rounding) -> Decimal:
    """An exact sum rounded to the scheme's places, without passing through a binary or a longer decimal fraction.

    The fraction is first split into whole units of the last place and a remainder that is compared with one half
    exactly, so 59.95 is a tie and 59.9499... is not, however many nines follow.
    """
    scaled = abs(exact) * 10**rule.places
    whole = floor(scaled)
    remainder = scaled - whole
    # One digit past the last place is enough to say under, at or over the half.
    nearby = Decimal(whole) + {-1: Decimal("0.2"), 0: Decimal("0.5"), 1: Decimal("0.7")}[_compare(remainder)]
    exact_units = Decimal(whole) if remainder == 0 else nearby
    units = exact_units.quantize(Decimal(1), rounding=_WORDS[rule.mode], context=Context(prec=60))
    return (units if exact >= 0 else -units).scaleb(-rule.places)


def _compare(remainder: Fraction) -> int:
    half = Fraction(1, 2)
    return (remainder > half) - (remainder < half)
