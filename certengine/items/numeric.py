"""Numeric: a number is asked for, computed from parameters that differ from paper to paper.

The key is a formula; it is evaluated exactly, and a response is right when it lies within the stated tolerance,
bounds included. The tolerance is one of: exact, absolute (in the unit asked for), or relative (a share of the key's
magnitude).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.canonical import Json, decimal_text
from certengine.items.expression import MAX_PLACES, FormulaError, is_name, parse_formula, round_half_up
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.parameters import (
    Derived,
    Parameter,
    combinations,
    draw_values,
    evaluate,
    fill_in,
    placeholders,
    with_derived,
)
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented
from certengine.model.written_numbers import normal_unit, read_written_number

_ABSURD = Fraction(10**12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a response may be from the key: exactly one of the three."""

    absolute: Decimal | None = None
    relative: Decimal | None = None
    exact: bool = False

    @property
    def ways(self) -> int:
        """How many of the three are given; one is right."""
        return (self.absolute is not None) + (self.relative is not None) + self.exact

    def margin(self, key: Fraction) -> Fraction:
        """The greatest allowed distance from a key."""
        if self.absolute is not None:
            return Fraction(self.absolute)
        if self.relative is not None:
            return abs(key) * Fraction(self.relative)
        return Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericContent:
    """A stem with ``{name}`` placeholders, the parameters, and the key as a formula over them.

    Attributes:
        where: a condition that drawn parameters must fulfil.
        derived: values computed from parameters and from those before them, usable in stem and key.
        unit: the unit asked for; a response may repeat it or leave it out.
        places: decimal places of the key as the answer key prints it.
    """

    stem: Text
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    where: str | None = None
    derived: Mapping[str, Derived] = field(default_factory=dict)
    key: str
    unit: str | None = None
    places: int = 0
    tolerance: Tolerance


class Numeric:
    """The kind ``numeric``."""

    id: ClassVar[str] = "numeric"
    title: ClassVar[Text] = Text.of(zh="计算题", en="Numeric")
    content_type: ClassVar[type] = NumericContent
    policies: ClassVar[tuple[str, ...]] = ("all_or_nothing",)

    def check(self, content: NumericContent, languages: Sequence[str]) -> Iterator[Problem]:
        """Formulas that parse, names that exist, one tolerance, and a sensible key over the whole space."""
        if content.tolerance.ways != 1:
            yield Problem(
                code="item/tolerance",
                message="a tolerance is one of `absolute`, `relative` and `exact: true`",
                path=("tolerance",),
                hint="write for example `tolerance: {relative: 0.01}`",
            )
        yield from _bound_problems(content)
        names = [*_name_problems(content)]
        yield from names
        yield from _stem_problems(content, languages)
        if not any(not problem.warning for problem in names):
            yield from _space_problems(content)

    def vary(self, content: NumericContent, draw: Draw) -> Variant:
        """One value for each parameter."""
        values = draw_values(content.parameters, content.where, draw)
        return {"parameters": {name: decimal_text(value) for name, value in values.items()}}

    def present(self, content: NumericContent, variant: Variant) -> Presented:
        """The stem with its values put in."""
        values = _values(content, variant)
        return Presented(
            stem=Text(tuple((tag, fill_in(text, values)) for tag, text in content.stem.by_language)),
            answer_form=AnswerForm.WRITTEN_NUMBER,
            unit=content.unit,
        )

    def answer(self, content: NumericContent, variant: Variant) -> str:
        """The key's value, rounded for print, with its unit."""
        value = decimal_text(round_half_up(_key(content, variant), content.places))
        return f"{value} {content.unit}" if content.unit else value

    def parse(self, content: NumericContent, variant: Variant, raw: str) -> Reading:
        """A written number, with or without the unit asked for."""
        if not raw.strip():
            return Reading(state=ResponseState.BLANK)
        number = read_written_number(raw)
        if number.value is None or (number.unit and number.unit != normal_unit(content.unit or "")):
            return Reading(state=ResponseState.UNREADABLE)
        return Reading(state=ResponseState.GIVEN, value=decimal_text(number.value))

    def mark(self, content: NumericContent, variant: Variant, value: Json, policy: str) -> Mark:
        """Full marks within the tolerance, bounds included."""
        key = _key(content, variant)
        distance = abs(Fraction(Decimal(str(value))) - key)
        margin = content.tolerance.margin(key)
        right = distance <= margin
        shown = self.answer(content, variant)
        allowed = decimal_text(round_half_up(margin, content.places + 3))
        return Mark(
            share=Fraction(right),
            reason=Text.of(
                zh=f"答 {value}，答案 {shown}，允许误差 ±{allowed}：{'正确' if right else '超差'}",
                en=f"{value} given, {shown} is right within ±{allowed}: {'right' if right else 'outside'}",
            ),
        )

    def samples(self) -> tuple[Sample, ...]:
        """Right, at the edge of the tolerance, outside it, with a unit, and unreadable."""
        content = NumericContent(
            stem=Text.of(zh="{f} Hz、{p} 极电机的同步转速？", en="Synchronous speed at {f} Hz with {p} poles?"),
            parameters={
                "f": Parameter(values=(Decimal(50), Decimal(60))),
                "p": Parameter(min=Decimal(2), max=Decimal(8), step=Decimal(2)),
            },
            key="120*f/p",
            unit="r/min",
            tolerance=Tolerance(relative=Decimal("0.01")),
        )
        variant: Variant = {"parameters": {"f": "50", "p": "4"}}
        given = ResponseState.GIVEN
        cases = (
            ("right", "1500", given, "1"),
            ("right-unit", "1500 r/min", given, "1"),
            ("right-scientific", "1.5e3", given, "1"),
            ("upper-edge", "1515", given, "1"),
            ("outside", "1515.01", given, "0"),
            ("blank", "", ResponseState.BLANK, None),
            ("other-unit", "1500 Hz", ResponseState.UNREADABLE, None),
            ("unreadable", "fast", ResponseState.UNREADABLE, None),
        )
        return tuple(
            Sample(
                name=name,
                content=content,
                variant=variant,
                raw=raw,
                policy="all_or_nothing",
                state=state,
                share=share,
            )
            for name, raw, state, share in cases
        )


def _values(content: NumericContent, variant: Variant) -> dict[str, Decimal]:
    stored = variant["parameters"]
    assert isinstance(stored, dict)
    return with_derived({name: Decimal(str(value)) for name, value in stored.items()}, content.derived)


def _key(content: NumericContent, variant: Variant) -> Fraction:
    return evaluate(content.key, _values(content, variant))


def _bound_problems(content: NumericContent) -> Iterator[Problem]:
    """A tolerance under zero lets nobody be right; places beyond what is printed cost time and mean nothing."""
    given: dict[tuple[str | int, ...], Decimal | None] = {
        ("tolerance", "absolute"): content.tolerance.absolute,
        ("tolerance", "relative"): content.tolerance.relative,
    }
    for path, width in given.items():
        if width is not None and width < 0:
            yield Problem(
                code="item/tolerance", message="a tolerance is not under 0", path=path, hint="take the sign away"
            )
    places: dict[tuple[str | int, ...], int] = {("places",): content.places}
    places |= {("derived", name, "places"): rule.places for name, rule in content.derived.items()}
    for path, number in places.items():
        if not 0 <= number <= MAX_PLACES:
            yield Problem(
                code="item/places",
                message=f"0 to {MAX_PLACES} decimal places can be asked for, here {number}",
                path=path,
                hint="choose another unit",
            )


def _name_problems(content: NumericContent) -> Iterator[Problem]:
    """Names that a formula would not read as parameters, formulas that do not parse, spaces that are empty."""
    for group, names in (("parameters", content.parameters), ("derived", content.derived)):
        for name in names:
            if not is_name(name) or (group == "derived" and name in content.parameters):
                yield Problem(
                    code="item/parameter-name",
                    message=f"`{name}` cannot name a value of its own in a formula",
                    path=(group, name),
                    hint="use letters, digits and `_`, not `pi`, `and`, `or`, `not`, and each name once",
                )
    known = set(content.parameters)
    for name, parameter in content.parameters.items():
        yield from _formula_problem(lambda p=parameter: p.count, ("parameters", name))
    texts: list[tuple[str, tuple[str | int, ...]]] = []
    if content.where is not None:
        texts.append((content.where, ("where",)))
    for name, rule in content.derived.items():
        yield from _unknown_names(rule.formula, known, ("derived", name, "formula"))
        known.add(name)
    texts.append((content.key, ("key",)))
    for text, path in texts:
        allowed = set(content.parameters) if path == ("where",) else known
        yield from _unknown_names(text, allowed, path)


def _unknown_names(text: str, known: set[str], path: tuple[str | int, ...]) -> Iterator[Problem]:
    try:
        names = parse_formula(text).names
    except FormulaError as error:
        yield Problem(code="item/formula", message=str(error), path=path, hint="see the grammar of formulas")
        return
    for name in names:
        if name not in known:
            yield Problem(
                code="item/unknown-parameter",
                message=f"`{name}` is not a parameter; there are: {', '.join(sorted(known)) or 'none'}",
                path=path,
                hint=f"add `{name}` to `parameters` or correct its name",
            )


def _formula_problem(compute: object, path: tuple[str | int, ...]) -> Iterator[Problem]:
    assert callable(compute)
    try:
        compute()
    except FormulaError as error:
        yield Problem(code="item/parameter", message=str(error), path=path, hint="give a finite set of values")


def _stem_problems(content: NumericContent, languages: Sequence[str]) -> Iterator[Problem]:
    known = {*content.parameters, *content.derived}
    for language in languages:
        names, lone = placeholders(content.stem.get(language) or "")
        if lone:
            yield Problem(
                code="item/lone-brace",
                message=f"a brace stands alone in the stem in `{language}`",
                path=("stem", language),
                hint="double it to print it: `{{` or `}}`",
            )
        for name in sorted(names - known):
            yield Problem(
                code="item/unknown-parameter",
                message=f"`{{{name}}}` in the stem in `{language}` is not a parameter",
                path=("stem", language),
                hint=f"add `{name}` to `parameters` or correct its name",
            )


def _space_problems(content: NumericContent) -> Iterator[Problem]:
    """The first combination for which the key does not exist or is absurd, and an empty space."""
    condition = parse_formula(content.where) if content.where else None
    found, searched, whole = combinations(content.parameters)
    fulfilled = 0
    for values in found:
        shown = ", ".join(f"{name}={decimal_text(value)}" for name, value in values.items())
        try:
            if condition and not condition.holds({name: Fraction(value) for name, value in values.items()}):
                continue
            fulfilled += 1
            key = evaluate(content.key, with_derived(values, content.derived))
        except FormulaError as error:
            yield Problem(
                code="item/key-undefined",
                message=f"{error} for {shown}",
                path=("key",),
                hint="narrow the parameters or add a condition `where`",
            )
            return
        if abs(key) > _ABSURD:
            yield Problem(
                code="item/key-absurd",
                message=f"the key is beyond 10^12 for {shown}",
                path=("key",),
                hint="narrow the parameters or choose another unit",
            )
            return
    if fulfilled * 100 < searched:
        yield Problem(
            code="item/where-too-narrow",
            message=f"`where` holds for {fulfilled} of {searched} combinations{'' if whole else ' tried'}",
            path=("where",),
            hint="narrow the parameters instead, so that at least one in a hundred fits",
        )
