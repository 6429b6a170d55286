"""Formulas of parametrised items: an own small grammar with an own evaluator; Python never sees the text.

Grammar, loosest first::

    condition  := conjunction ("or" conjunction)*
    conjunction:= negation ("and" negation)*
    negation   := "not" negation | comparison
    comparison := sum (("<" | "<=" | ">" | ">=" | "==" | "!=") sum)?
    sum        := product (("+" | "-") product)*
    product    := signed (("*" | "/") signed)*
    signed     := "-" signed | power
    power      := atom ("^" signed)?
    atom       := number | name | name "(" condition ("," condition)* ")" | "(" condition ")"

Invariants:

1. Values are exact fractions; only functions that have no exact value (roots, logarithms, trigonometry) are computed
   with 40 decimal digits and kept to 30, so that every machine agrees on every digit.
2. Length, depth, and the size of numbers are bounded *before* a result is computed: a power that would be too large is
   refused, not started.
3. Whatever the text, nothing but :class:`FormulaError` is raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

MAX_LENGTH = 500
MAX_DEPTH = 40
MAX_BITS = 2048
MAX_EXPONENT = 256
_KEPT_DIGITS = 30

_WORKING = Context(prec=40, rounding=ROUND_HALF_EVEN, Emax=9999, Emin=-9999)
_PI = Fraction(Decimal("3.14159265358979323846264338327950288419716939937510"))
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<symbol><=|>=|==|!=|[-+*/^(),<>]))"
)

Value = Fraction | bool


class FormulaError(ValueError):
    """The text is not a formula, or its value does not exist or is out of bounds. The message says which."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A node of the syntax tree: an operator, function, number or name, and what it is applied to."""

    operator: str
    parts: tuple[_Node, ...] = ()
    number: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula.

    Attributes:
        text: as written.
        names: the parameters it uses, sorted.
    """

    text: str
    root: _Node
    names: tuple[str, ...]

    def value(self, parameters: Mapping[str, Fraction]) -> Fraction:
        """The exact value for given parameters.

        Raises:
            FormulaError: for an unknown name, a division by zero, a value out of bounds, or a condition where a
                number is due.
        """
        found = _evaluate(self.root, parameters)
        if isinstance(found, bool):
            raise FormulaError("a number is due here, not a condition")
        return found

    def holds(self, parameters: Mapping[str, Fraction]) -> bool:
        """Whether a condition holds.

        Raises:
            FormulaError: as :meth:`value`, or for a number where a condition is due.
        """
        found = _evaluate(self.root, parameters)
        if not isinstance(found, bool):
            raise FormulaError("a condition is due here, not a number")
        return found


@lru_cache(maxsize=8192)
def parse_formula(text: str) -> Formula:
    """Parse a formula.

    Raises:
        FormulaError: when the text is longer than 500 characters, nested deeper than 40, or not in the grammar.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula has at most {MAX_LENGTH} characters, this one {len(text)}")
    parser = _Parser(_tokens(text))
    root = parser.condition(0)
    parser.expect_end()
    return Formula(text=text, root=root, names=tuple(sorted(parser.names)))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise FormulaError(f"`{text[position:].lstrip()[:1]}` is not part of a formula")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens; every descent counts its depth."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0
        self.names: set[str] = set()

    def peek(self) -> str | None:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else None

    def take(self, *symbols: str) -> str | None:
        if self.peek() in symbols:
            self.position += 1
            return self.tokens[self.position - 1][1]
        return None

    def expect(self, symbol: str) -> None:
        if self.take(symbol) is None:
            raise FormulaError(f"`{symbol}` expected, found {self._here()}")

    def expect_end(self) -> None:
        if self.position < len(self.tokens):
            raise FormulaError(f"an operator expected, found {self._here()}")

    def condition(self, depth: int) -> _Node:
        return self._chain(depth, ("or",), self.conjunction)

    def conjunction(self, depth: int) -> _Node:
        return self._chain(depth, ("and",), self.negation)

    def negation(self, depth: int) -> _Node:
        if self.take("not"):
            return _Node("not", (self.negation(self._deeper(depth)),))
        return self.comparison(depth)

    def comparison(self, depth: int) -> _Node:
        left = self.sum(depth)
        symbol = self.take("<", "<=", ">", ">=", "==", "!=")
        return _Node(symbol, (left, self.sum(depth))) if symbol else left

    def sum(self, depth: int) -> _Node:
        return self._chain(depth, ("+", "-"), self.product)

    def product(self, depth: int) -> _Node:
        return self._chain(depth, ("*", "/"), self.signed)

    def signed(self, depth: int) -> _Node:
        if self.take("-"):
            return _Node("negative", (self.signed(self._deeper(depth)),))
        return self.power(depth)

    def power(self, depth: int) -> _Node:
        base = self.atom(depth)
        if self.take("^"):
            return _Node("^", (base, self.signed(self._deeper(depth))))
        return base

    def atom(self, depth: int) -> _Node:
        deeper = self._deeper(depth)
        if self.take("("):
            inner = self.condition(deeper)
            self.expect(")")
            return inner
        if self.position >= len(self.tokens):
            raise FormulaError("a number or a name expected, found the end")
        group, text = self.tokens[self.position]
        if group == "symbol" or text in {"and", "or"}:
            raise FormulaError(f"a number or a name expected, found `{text}`")
        self.position += 1
        if group == "number":
            return _Node("number", number=Fraction(Decimal(text)))
        if self.take("("):
            return self._call(text, deeper)
        if text == "pi":
            return _Node("number", number=_PI)
        self.names.add(text)
        return _Node(f"name:{text}")

    def _call(self, name: str, depth: int) -> _Node:
        if name not in _FUNCTIONS:
            raise FormulaError(f"`{name}` is not a function; there are: {', '.join(sorted(_FUNCTIONS))}")
        arguments = [self.condition(depth)]
        while self.take(","):
            arguments.append(self.condition(depth))
        self.expect(")")
        least, most, _ = _FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise FormulaError(f"`{name}` takes {least if least == most else f'{least} to {most}'} values")
        return _Node(f"call:{name}", tuple(arguments))

    def _chain(self, depth: int, symbols: tuple[str, ...], operand: Callable[[int], _Node]) -> _Node:
        left = operand(depth)
        while symbol := self.take(*symbols):
            left = _Node(symbol, (left, operand(depth)))
        return left

    def _deeper(self, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise FormulaError(f"a formula may be nested {MAX_DEPTH} deep at most")
        return depth + 1

    def _here(self) -> str:
        token = self.peek()
        return "the end" if token is None else f"`{token}`"


def _evaluate(node: _Node, parameters: Mapping[str, Fraction]) -> Value:
    if node.number is not None:
        return node.number
    if node.operator.startswith("name:"):
        name = node.operator.removeprefix("name:")
        if name not in parameters:
            raise FormulaError(f"`{name}` is not a parameter")
        return parameters[name]
    parts = [_evaluate(part, parameters) for part in node.parts]
    if node.operator in {"and", "or", "not"}:
        return _logical(node.operator, parts)
    numbers = []
    for part in parts:
        if isinstance(part, bool):
            raise FormulaError("a number is due here, not a condition")
        numbers.append(part)
    if node.operator in _COMPARISONS:
        return _COMPARISONS[node.operator](numbers[0], numbers[1])
    if node.operator.startswith("call:"):
        return _bounded(_FUNCTIONS[node.operator.removeprefix("call:")][2](numbers))
    return _bounded(_ARITHMETIC[node.operator](numbers))


def _logical(operator: str, parts: list[Value]) -> bool:
    truths = []
    for part in parts:
        if not isinstance(part, bool):
            raise FormulaError("a condition is due here, not a number")
        truths.append(part)
    if operator == "not":
        return not truths[0]
    return all(truths) if operator == "and" else any(truths)


def _bounded(value: Fraction) -> Fraction:
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
    except (ArithmeticError, ValueError, OverflowError):
        raise FormulaError("a value on the way does not exist or is too large") from None


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
    reduced = angle - 2 * _PI * round(angle / (2 * _PI))

    def series(_: Context) -> Decimal:
        with localcontext(_WORKING) as context:
            context.prec = 60
            x = Decimal(reduced.numerator) / Decimal(reduced.denominator)
            term = total = x
            for n in range(1, 60):
                term = -term * x * x / ((2 * n) * (2 * n + 1))
                total += term
            return total.quantize(Decimal("1e-30"))

    return _inexact(series)


def _cosine(numbers: list[Fraction]) -> Fraction:
    return _sine([numbers[0] + _PI / 2])


def _tangent(numbers: list[Fraction]) -> Fraction:
    return _divide([_sine(numbers), _cosine(numbers)])


def round_half_up(value: Fraction, places: int) -> Decimal:
    """A fraction rounded half away from zero to so many decimal places, exactly."""
    scaled = abs(value) * 10**places
    whole = floor(scaled + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-places, Context(prec=MAX_BITS, rounding=ROUND_HALF_UP))


def _round(numbers: list[Fraction]) -> Fraction:
    places = numbers[1] if len(numbers) > 1 else Fraction(0)
    if places.denominator != 1 or not 0 <= places <= 12:
        raise FormulaError("round takes 0 to 12 places")
    return Fraction(round_half_up(numbers[0], int(places)))


_ARITHMETIC: dict[str, Callable[[list[Fraction]], Fraction]] = {
    "+": lambda n: n[0] + n[1],
    "-": lambda n: n[0] - n[1],
    "*": lambda n: n[0] * n[1],
    "/": _divide,
    "^": _power,
    "negative": lambda n: -n[0],
}
_COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
# name -> least and most number of values, verb
_FUNCTIONS: dict[str, tuple[int, int, Callable[[list[Fraction]], Fraction]]] = {
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
