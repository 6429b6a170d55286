"""The one place where marks are rounded, once, by the scheme's stated rule."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from certengine.model.scheme import Rounding, RoundingMode

_HALF = Fraction(1, 2)


def round_marks(exact: Fraction, rule: Rounding) -> Decimal:
    """An exact sum rounded to the scheme's places, without passing through a binary or a longer decimal fraction.

    The fraction is first split into whole units of the last place and a remainder that is compared with one half
    exactly, so 59.95 is a tie and 59.9499... is not, however many nines follow. A sign mirrors the mark.
    """
    whole, remainder = divmod(abs(exact) * 10**rule.places, 1)
    up = {
        RoundingMode.HALF_UP: remainder >= _HALF,
        RoundingMode.HALF_EVEN: remainder > _HALF or (remainder == _HALF and whole % 2 == 1),
        RoundingMode.DOWN: False,
    }
    units = whole + up[rule.mode]
    # Written as text: arithmetic on decimals would round by whatever precision the caller has set.
    return Decimal(f"{'-' if exact < 0 < units else ''}{units}E-{rule.places}")
