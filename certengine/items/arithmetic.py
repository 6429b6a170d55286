"""What formulas compute with: exact arithmetic, comparisons and functions, each bounded before a result is computed.

Only functions that have no exact value (roots, logarithms, trigonometry) are computed with 40 decimal digits and kept
to 30, so that every machine agrees on every digit.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, Overflow, Underflow, localcontext
from fractions import Fraction
from math import ceil, floor

MAX_BITS = 2048
MAX_EXPONENT = 256
MAX_PLACES = 12
_KEPT_DIGITS = 30

_WORKING = Context(
    prec=40, rounding=ROUND_HALF_EVEN, Emax=9999, Emin=-9999, traps=[InvalidOperation, Overflow, Underflow]
)
PI = Fraction(Decimal("3.14159265358979323846264338327950288419716939937510"))


class FormulaError(ValueError):
    """The text is not a formula, or its value does not exist or is out of bounds. The message says which."""


def bounded(value: Fraction) -> Fraction:
    """The value itself.

    Raises:
        FormulaError: when its numerator or denominator has more than 2048 bits.
    """
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise FormulaError("a value on the way is too large")
    return value


def _divide(numbers: list[Fraction]) -> Fraction:
    if numbers[1] == 0:
        raise FormulaError("division by zero")
    return numbers[0] / numbers[1]


def _power(numbers: list[Fraction]) -> Fraction:
    base, exponent = numbers
    if exponent.denominator != 1:
        if base <= 0:
            raise FormulaError("a fractional power needs a positive base")
        return _inexact(lambda c: c.power(_decimal(base), _decimal(exponent)))
    if abs(exponent) > MAX_EXPONENT:
        raise FormulaError(f"an exponent may be {MAX_EXPONENT} at most")
    if base == 0 and exponent < 0:
        raise FormulaError("division by zero")
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if size * abs(int(exponent)) > MAX_BITS:
        raise FormulaError("a value on the way is too large")
    return Fraction(base ** int(exponent))


def _decimal(value: Fraction) -> Decimal:
    return _WORKING.divide(Decimal(value.numerator), Decimal(value.denominator))


def _inexact(compute: Callable[[Context], Decimal]) -> Fraction:
    """A value without exact form: 40 digits computed, 30 kept."""
    try:
        found = compute(_WORKING.copy())
        return Fraction(Context(prec=_KEPT_DIGITS, rounding=ROUND_HALF_EVEN).plus(found))
    except ArithmeticError:
        raise FormulaError("a value on the way is too large or too small") from None


def _positive(value: Fraction, what: str) -> Decimal:
    if value <= 0:
        raise FormulaError(f"{what} needs a positive value")
    return _decimal(value)


def _sqrt(numbers: list[Fraction]) -> Fraction:
    value = numbers[0]
    if value < 0:
        raise FormulaError("sqrt needs a value that is not negative")
    return _inexact(lambda c: c.sqrt(_decimal(value)))


def _exp(numbers: list[Fraction]) -> Fraction:
    if abs(numbers[0]) > 700:
        raise FormulaError("a value on the way is too large")
    return _inexact(lambda c: c.exp(_decimal(numbers[0])))


def _sine(numbers: list[Fraction]) -> Fraction:
    """Taylor series after reduction to [-pi, pi]; 40 digits need fewer than 60 terms there."""
    angle = numbers[0]
    if abs(angle) > 10**6:
        raise FormulaError("an angle may be a million radians at most")
    reduced = angle - 2 * PI * round(angle / (2 * PI))

    def series(_: Context) -> Decimal:
        with localcontext(_WORKING) as context:
            context.prec, context.traps[Underflow] = 60, False  # late terms may vanish
            x = Decimal(reduced.numerator) / Decimal(reduced.denominator)
            term = total = x
            for n in range(1, 60):
                term = -term * x * x / ((2 * n) * (2 * n + 1))
                total += term
            return total.quantize(Decimal("1e-30"))

    return _inexact(series)


def _cosine(numbers: list[Fraction]) -> Fraction:
    return _sine([numbers[0] + PI / 2])


def _tangent(numbers: list[Fraction]) -> Fraction:
    return _divide([_sine(numbers), _cosine(numbers)])


def round_half_up(value: Fraction, places: int) -> Decimal:
    """A fraction rounded half away from zero to so many decimal places, exactly."""
    scaled = abs(value) * 10**places
    whole = floor(scaled + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-places, Context(prec=MAX_BITS))


def _round(numbers: list[Fraction]) -> Fraction:
    places = numbers[1] if len(numbers) > 1 else Fraction(0)
    if places.denominator != 1 or not 0 <= places <= MAX_PLACES:
        raise FormulaError(f"round takes 0 to {MAX_PLACES} places")
    return Fraction(round_half_up(numbers[0], int(places)))


ARITHMETIC: dict[str, Callable[[list[Fraction]], Fraction]] = {
    "+": lambda n: n[0] + n[1],
    "-": lambda n: n[0] - n[1],
    "*": lambda n: n[0] * n[1],
    "/": _divide,
    "^": _power,
    "negative": lambda n: -n[0],
}
COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
# name -> least and most number of values, verb
FUNCTIONS: dict[str, tuple[int, int, Callable[[list[Fraction]], Fraction]]] = {
    "abs": (1, 1, lambda n: abs(n[0])),
    "ceil": (1, 1, lambda n: Fraction(ceil(n[0]))),
    "cos": (1, 1, _cosine),
    "exp": (1, 1, _exp),
    "floor": (1, 1, lambda n: Fraction(floor(n[0]))),
    "ln": (1, 1, lambda n: _inexact(lambda c: c.ln(_positive(n[0], "ln")))),
    "log10": (1, 1, lambda n: _inexact(lambda c: c.log10(_positive(n[0], "log10")))),
    "max": (2, 8, max),
    "min": (2, 8, min),
    "round": (1, 2, _round),
    "sin": (1, 1, _sine),
    "sqrt": (1, 1, _sqrt),
    "tan": (1, 1, _tangent),
}
