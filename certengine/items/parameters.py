r"""Parameters of an item: their finite spaces, values derived from them, and putting both into a text.

Substitution knows ``{name}`` and the doubled braces ``{{`` and ``}}``, and within the formulas of a text, whose braces
are LaTeX's, ``\val{name}`` instead; nothing else: no format codes, no expressions, no attributes. The text of a bank is
data. A value within a formula is one LaTeX group, so that ``x^\val{n}`` raises to all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import floor, gcd, prod

from certengine.canonical import decimal_text
from certengine.items.expression import FormulaError, parse_formula, round_half_up
from certengine.items.kind import Draw
from certengine.model.markup import formula_spans

MAX_VALUES = 10_000
SEARCHED_COMBINATIONS = 20_000
_DRAW_ATTEMPTS = 1_000
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")
_FORMULA_VALUE = re.compile(r"\\val\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """The values a parameter may take: a list, or from ``min`` to ``max`` by ``step``, both ends included."""

    values: tuple[Decimal, ...] = ()
    min: Decimal | None = None
    max: Decimal | None = None
    step: Decimal | None = None

    @property
    def count(self) -> int:
        """How many values there are.

        Raises:
            FormulaError: when neither a list nor a whole range is given, or the range is empty or too large.
        """
        if self.values:
            if self.min is not None or self.max is not None or self.step is not None:
                raise FormulaError("a parameter has either `values` or `min`, `max` and `step`, not both")
            return len(self.values)
        if self.min is None or self.max is None or self.step is None:
            raise FormulaError("a parameter needs `values`, or `min`, `max` and `step`")
        if self.step <= 0 or self.max < self.min:
            raise FormulaError("`step` must be greater than 0, and `max` not under `min`")
        count = floor((Fraction(self.max) - Fraction(self.min)) / Fraction(self.step)) + 1
        if count > MAX_VALUES:
            raise FormulaError(f"a parameter may take {MAX_VALUES} values at most, this one {count}")
        return count

    def value(self, index: int) -> Decimal:
        """The value at an index below ``count``."""
        if self.values:
            return self.values[index]
        assert self.min is not None
        assert self.step is not None
        return self.min + index * self.step


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A value computed from parameters and rounded half up, as the candidate sees it."""

    formula: str
    places: int = 0


def draw_values(
    parameters: Mapping[str, Parameter], where: str | None, draw: Draw, derived: Mapping[str, Derived] = {}
) -> dict[str, Decimal]:
    """One combination that fulfils ``where``; attempts are numbered, so each is a keyed choice of its own.

    Args:
        derived: values that the condition may name.

    Raises:
        FormulaError: when a thousand attempts found none (``bank check`` warns of such items).
    """
    for attempt in range(_DRAW_ATTEMPTS):
        values = {
            name: parameter.value(draw.below(f"parameter|{name}|{attempt}", parameter.count))
            for name, parameter in sorted(parameters.items())
        }
        if fulfils(where, values, derived):
            return values
    raise FormulaError("the condition `where` is fulfilled too seldom")


def fulfils(where: str | None, values: Mapping[str, Decimal], derived: Mapping[str, Derived] = {}) -> bool:
    """Whether parameters fulfil a condition over them and what is derived from them.

    Raises:
        FormulaError: when that cannot be computed.
    """
    if where is None:
        return True
    condition = parse_formula(where)
    known = values if derived.keys().isdisjoint(condition.names) else with_derived(values, derived)
    return condition.holds(_fractions(known))


def evaluation_order(derived: Mapping[str, Derived]) -> list[tuple[str, Derived]]:
    """Derived values, each after those it needs, in whatever order they are written or stored.

    Raises:
        FormulaError: when some need one another.
    """
    waiting, found = dict(derived), list[tuple[str, Derived]]()
    while waiting:
        ready = [name for name, rule in waiting.items() if waiting.keys().isdisjoint(parse_formula(rule.formula).names)]
        if not ready:
            raise FormulaError(f"derived values need one another: {', '.join(sorted(waiting))}")
        found.extend((name, waiting.pop(name)) for name in ready)
    return found


def with_derived(values: Mapping[str, Decimal], derived: Mapping[str, Derived]) -> dict[str, Decimal]:
    """The values with the derived ones added; a derived value may use others.

    Raises:
        FormulaError: when one cannot be computed.
    """
    known = dict(values)
    for name, rule in evaluation_order(derived):
        known[name] = round_half_up(parse_formula(rule.formula).value(_fractions(known)), rule.places)
    return known


def evaluate(formula: str, values: Mapping[str, Decimal]) -> Fraction:
    """A formula's exact value for given values.

    Raises:
        FormulaError: when it has none.
    """
    return parse_formula(formula).value(_fractions(values))


def combinations(parameters: Mapping[str, Parameter]) -> tuple[Iterator[dict[str, Decimal]], int, bool]:
    """The space in order, how many combinations are searched, and whether that is all of them.

    Of a larger space 20,000 different combinations are searched, at even strides over the whole of it. The stride shares
    no factor with the number of combinations, so that no parameter stands still.
    """
    names = sorted(parameters)
    counts = [parameters[name].count for name in names]
    total = prod(counts)
    if total <= SEARCHED_COMBINATIONS:
        ranges = (range(count) for count in counts)
        found = (
            {name: parameters[name].value(index) for name, index in zip(names, indexes, strict=True)}
            for indexes in product(*ranges)
        )
        return found, total, True
    stride = total // SEARCHED_COMBINATIONS + 1
    while gcd(stride, total) > 1:
        stride += 1
    searched = (number * stride % total for number in range(SEARCHED_COMBINATIONS))
    return (_at(parameters, names, counts, number) for number in searched), SEARCHED_COMBINATIONS, False


def placeholders(text: str) -> tuple[set[str], bool]:
    """The names a text refers to, in its formulas and outside, and whether a brace stands alone (a slip of the pen)."""
    names = set()
    lone = False
    for part, is_formula in _parts(text):
        if is_formula:
            names.update(_FORMULA_VALUE.findall(part))
            continue
        for match in _PLACEHOLDER.finditer(part):
            if match.group(1):
                names.add(match.group(1))
            elif match.group(0) in {"{", "}"}:
                lone = True
    return names, lone


def fill_in(text: str, values: Mapping[str, Decimal]) -> str:
    r"""The text with values put in for ``{name}``, in formulas for ``\val{name}``; unknown names stay as written."""

    def in_formula(match: re.Match[str]) -> str:
        name = match.group(1)
        return f"{{{decimal_text(values[name])}}}" if name in values else match.group(0)

    def in_text(match: re.Match[str]) -> str:
        if match.group(0) in {"{{", "}}"}:
            return match.group(0)[0]
        name = match.group(1)
        return decimal_text(values[name]).replace("-", "\N{MINUS SIGN}") if name in values else match.group(0)

    return "".join(
        _FORMULA_VALUE.sub(in_formula, part) if is_formula else _PLACEHOLDER.sub(in_text, part)
        for part, is_formula in _parts(text)
    )


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in order, cut into its formulas and what stands between them."""
    end = 0
    for start, stop in formula_spans(text):
        yield text[end:start], False
        yield text[start:stop], True
        end = stop
    yield text[end:], False


def _fractions(values: Mapping[str, Decimal]) -> dict[str, Fraction]:
    return {name: _fraction(value) for name, value in values.items()}


@lru_cache(maxsize=8192)
def _fraction(value: Decimal) -> Fraction:
    return Fraction(value)


def _at(parameters: Mapping[str, Parameter], names: list[str], counts: list[int], number: int) -> dict[str, Decimal]:
    found = {}
    for name, count in zip(names, counts, strict=True):
        number, index = divmod(number, count)
        found[name] = parameters[name].value(index)
    return found
