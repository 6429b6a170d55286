"""The space of an item's parameters: what can be wrong in it, and what shows for some of its values only.

A space of up to 20,000 combinations is searched whole; of a larger one as many are tried, evenly spread, and the check
says so: whoever wants certainty narrows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from certengine.canonical import decimal_text
from certengine.items.expression import MAX_PLACES, FormulaError, is_name, parse_formula
from certengine.items.kind import Problem
from certengine.items.parameters import (
    Derived,
    Parameter,
    combinations,
    evaluation_order,
    fulfils,
    placeholders,
    with_derived,
)

ABSURD = Fraction(10**12)
_BY_HAND = {
    **dict.fromkeys("\N{MULTIPLICATION SIGN}\N{MIDDLE DOT}\N{DOT OPERATOR}", "`*` to multiply"),
    **dict.fromkeys("\N{DIVISION SIGN}\N{FULLWIDTH SOLIDUS}\N{FULLWIDTH COLON}", "`/` to divide"),
    **dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{FULLWIDTH HYPHEN-MINUS}", "`-` to subtract"),
    "\N{FULLWIDTH PLUS SIGN}": "`+` to add",
    "**": "`^` for a power",
    **dict.fromkeys("\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}", "a power as `x^2`"),
    "\N{SQUARE ROOT}": "a root as `sqrt(x)`",
    "\N{GREEK SMALL LETTER PI}": "`pi`",
    **dict.fromkeys("\N{FULLWIDTH LEFT PARENTHESIS}\N{FULLWIDTH RIGHT PARENTHESIS}[]", "round brackets, `(` and `)`"),
    "\N{FULLWIDTH COMMA}": "`,` between the values of a function",
    "%": "a share as a number: `0.05`",
    "=": "the right side alone, or `==` to compare",
}
FieldPath = tuple[str | int, ...]
Look = Callable[[Mapping[str, Decimal]], Problem | None]


@dataclass(frozen=True, slots=True)
class Space:
    """Parameters, the condition drawn values must fulfil, and values derived from them."""

    parameters: Mapping[str, Parameter]
    where: str | None
    derived: Mapping[str, Derived]

    @classmethod
    def of(cls, content: Any) -> Space:
        """The space of a content that has these three fields."""
        return cls(content.parameters or {}, content.where, content.derived or {})

    @property
    def names(self) -> set[str]:
        """Every name a formula or a text may use."""
        return {*self.parameters, *self.derived}

    def problems(self, formulas: Mapping[FieldPath, str]) -> Iterator[Problem]:
        """Names no formula can read, formulas that do not parse or name what is not there, spaces without end.

        Args:
            formulas: formulas of the item over the space, by their paths.
        """
        yield from self._name_problems()
        for name, parameter in self.parameters.items():
            try:
                _ = parameter.count
            except FormulaError as error:
                yield Problem(
                    code="item/parameter",
                    message=str(error),
                    path=("parameters", name),
                    hint="give a finite set of values",
                )
        own: dict[FieldPath, str] = {("where",): self.where} if self.where is not None else {}
        own |= {("derived", name, "formula"): rule.formula for name, rule in self.derived.items()}
        sound = True
        for path, text in {**own, **formulas}.items():
            for problem in formula_problems(text, self.names, path):
                sound = False
                yield problem
        if sound:
            yield from self._circle()

    def text_problems(self, texts: Iterable[tuple[FieldPath, str, str]]) -> Iterator[Problem]:
        """Braces that stand alone and names that are not there, in texts given as path, what it is called, and itself."""
        for path, called, text in texts:
            names, lone = placeholders(text)
            if lone:
                yield Problem(
                    code="item/lone-brace",
                    message=f"a brace stands alone in {called}",
                    path=path,
                    hint="double it to print it: `{{` or `}}`",
                )
            for name in sorted(names - self.names):
                yield Problem(
                    code="item/unknown-parameter",
                    message=f"`{{{name}}}` in {called} is not a parameter",
                    path=path,
                    hint=f"add `{name}` to `parameters` or correct its name",
                )

    def search(self, look: Look) -> Iterator[Problem]:
        """What is wrong for some combination; of each code the first.

        Args:
            look: what is wrong for given values, the derived ones among them.
        """
        found, searched, whole = combinations(self.parameters)
        fulfilled, met = 0, set[str]()
        for values in found:
            problem: Problem | None
            try:
                if not fulfils(self.where, values, self.derived):
                    continue
                fulfilled += 1
                problem = look(with_derived(values, self.derived))
            except FormulaError as error:
                problem = self._undefined(values, error)
            if problem is None or problem.code in met:
                continue
            met.add(problem.code)
            yield problem
        yield from self._size_problems(fulfilled, searched, whole=whole)

    def _name_problems(self) -> Iterator[Problem]:
        for group, names in (("parameters", self.parameters), ("derived", self.derived)):
            for name in names:
                if not is_name(name) or (group == "derived" and name in self.parameters):
                    yield Problem(
                        code="item/parameter-name",
                        message=f"`{name}` cannot name a value of its own in a formula",
                        path=(group, name),
                        hint="use letters, digits and `_`, not `pi`, `and`, `or`, `not`, and each name once",
                    )
        yield from places_problems({("derived", name, "places"): rule.places for name, rule in self.derived.items()})

    def _circle(self) -> Iterator[Problem]:
        try:
            evaluation_order(self.derived)
        except FormulaError as error:
            yield Problem(
                code="item/derived-circle",
                message=str(error),
                path=("derived",),
                hint="let each follow from parameters and from others that do not need it",
            )

    def _undefined(self, values: Mapping[str, Decimal], error: FormulaError) -> Problem:
        """Which derived value does not exist for these, else that the condition has no answer."""
        known = dict(values)
        path: FieldPath = ("where",)
        for name, rule in evaluation_order(self.derived):
            try:
                known |= with_derived(known, {name: rule})
            except FormulaError:
                path = ("derived", name, "formula")
                break
        return Problem(
            code="item/value-undefined",
            message=f"{error} for {shown_values(values)}",
            path=path,
            hint="narrow the parameters or add a condition `where`",
        )

    def _size_problems(self, fulfilled: int, searched: int, *, whole: bool) -> Iterator[Problem]:
        if fulfilled * 100 < searched:
            yield Problem(
                code="item/where-too-narrow",
                message=f"`where` holds for {fulfilled} of {searched} combinations{'' if whole else ' tried'}",
                path=("where",),
                hint="narrow the parameters instead, so that at least one in a hundred fits",
            )
        if not whole:
            yield Problem(
                code="item/space-too-large",
                message=f"the parameters have more combinations than are searched; {searched} of them were tried",
                path=("parameters",),
                hint=f"take larger steps or fewer values, to {searched} combinations at most",
                warning=True,
            )


def formula_problems(text: str, known: set[str], path: FieldPath) -> Iterator[Problem]:
    """A formula that does not parse, and every name in it that is not known."""
    try:
        names = parse_formula(text).names
    except FormulaError as error:
        yield Problem(code="item/formula", message=str(error), path=path, hint=_formula_hint(text, str(error)))
        return
    for name in names:
        if name not in known:
            yield Problem(
                code="item/unknown-parameter",
                message=f"`{name}` is not a parameter; there are: {', '.join(sorted(known)) or 'none'}",
                path=path,
                hint=f"add `{name}` to `parameters` or correct its name",
            )


def _formula_hint(text: str, error: str) -> str:
    """What to write for a sign that people write by hand and formulas do not have, the one that was met first."""
    for place in (error, text):
        for sign, instead in _BY_HAND.items():
            if (f"`{sign}`" if place is error else sign) in place:
                return f"write {instead}"
    return "a formula is made of + - * / ^ ( ), numbers, names and functions such as sqrt(x)"


def places_problems(places: Mapping[FieldPath, int]) -> Iterator[Problem]:
    """Places beyond what is printed cost time and mean nothing."""
    for path, number in places.items():
        if not 0 <= number <= MAX_PLACES:
            yield Problem(
                code="item/places",
                message=f"0 to {MAX_PLACES} decimal places can be asked for, here {number}",
                path=path,
                hint="choose another unit",
            )


def errors_in(problems: Sequence[Problem]) -> bool:
    """Whether some problem is more than a warning, so that values cannot be computed."""
    return any(not problem.warning for problem in problems)


def shown_values(values: Mapping[str, Decimal]) -> str:
    """``U=24, I=2``; of a search only the parameters, which are what an author can change."""
    return ", ".join(f"{name}={decimal_text(value)}" for name, value in values.items())
