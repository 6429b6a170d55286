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

1. Values are exact fractions; functions that have no exact value are computed alike on every machine, see
   :mod:`certengine.items.arithmetic`.
2. Length, depth, and the size of numbers are bounded *before* a result is computed: a power that would be too large is
   refused, not started.
3. Whatever the text, nothing but :class:`FormulaError` is raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from certengine.items.arithmetic import (
    ARITHMETIC,
    COMPARISONS,
    FUNCTIONS,
    MAX_PLACES,
    PI,
    FormulaError,
    bounded,
    round_half_up,
)

__all__ = ["MAX_PLACES", "Formula", "FormulaError", "is_name", "parse_formula", "round_half_up"]

MAX_LENGTH = 500
MAX_DEPTH = 40

_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset({"and", "or", "not"})
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{{1,3}})?)|(?P<name>{_NAME.pattern})"
    r"|(?P<symbol><=|>=|==|!=|[-+*/^(),<>]))"
)

Value = Fraction | bool


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


def is_name(text: str) -> bool:
    """Whether a formula can read the text as the name of a parameter."""
    return _NAME.fullmatch(text) is not None and text not in _WORDS and text != "pi"


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
        if group == "symbol" or text in _WORDS:
            raise FormulaError(f"a number or a name expected, found `{text}`")
        self.position += 1
        if group == "number":
            return _Node("number", number=bounded(Fraction(Decimal(text))))
        if self.take("("):
            return self._call(text, deeper)
        if text == "pi":
            return _Node("number", number=PI)
        self.names.add(text)
        return _Node(f"name:{text}")

    def _call(self, name: str, depth: int) -> _Node:
        if name not in FUNCTIONS:
            raise FormulaError(f"`{name}` is not a function; there are: {', '.join(sorted(FUNCTIONS))}")
        arguments = [self.condition(depth)]
        while self.take(","):
            arguments.append(self.condition(depth))
        self.expect(")")
        least, most, _ = FUNCTIONS[name]
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
    if node.operator in _WORDS:
        return _logical(node.operator, parts)
    numbers = [part for part in parts if not isinstance(part, bool)]
    if len(numbers) < len(parts):
        raise FormulaError("a number is due here, not a condition")
    if node.operator in COMPARISONS:
        return COMPARISONS[node.operator](numbers[0], numbers[1])
    if node.operator.startswith("call:"):
        return bounded(FUNCTIONS[node.operator.removeprefix("call:")][2](numbers))
    return bounded(ARITHMETIC[node.operator](numbers))


def _logical(operator: str, parts: list[Value]) -> bool:
    truths = [part for part in parts if isinstance(part, bool)]
    if len(truths) < len(parts):
        raise FormulaError("a condition is due here, not a number")
    if operator == "not":
        return not truths[0]
    return all(truths) if operator == "and" else any(truths)
