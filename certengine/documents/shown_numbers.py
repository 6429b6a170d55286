"""Numbers as reports show them: rounded half away from zero, true minus signs, a dash for what is not defined."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from markupsafe import Markup

from certengine.documents.plots import meter

Number = Fraction | Decimal | float | int
DASH = "–"


def shown(value: Number | None, places: int = 2) -> str:
    """A number to so many places, a half away from zero, with a true minus sign; a dash for what is not defined."""
    if value is None:
        return DASH
    exact = Fraction(value)
    unit = Decimal(1).scaleb(-places)
    text = str((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(unit, rounding=ROUND_HALF_UP))
    return text.replace("-", "−") if Decimal(text) else text.lstrip("-")


def signed(value: Number | None, places: int = 2) -> str:
    """As :func:`shown`, with a plus sign above zero."""
    text = shown(value, places)
    return f"+{text}" if value is not None and value > 0 and any(c in "123456789" for c in text) else text


def percent(value: Number | None, places: int = 1) -> str:
    """A share as a percentage with its sign, ``66.7 %``; the two are never torn apart."""
    return DASH if value is None else f"{shown(Fraction(value) * 100, places)}\N{NO-BREAK SPACE}%"


def percent_signed(value: Number | None) -> str:
    """A difference of shares in percentage points, ``+1.3 %``."""
    return DASH if value is None else f"{signed(Fraction(value) * 100, 1)}\N{NO-BREAK SPACE}%"


def share_meter(value: Number | None) -> Markup | str:
    """The small bar beside a share; nothing where the share is not defined."""
    return "" if value is None else meter(float(value))


SHOWN_BY: dict[str, Callable[..., str]] = {
    "shown": shown,
    "signed": signed,
    "percent": percent,
    "percent_signed": percent_signed,
    "meter": share_meter,
}
