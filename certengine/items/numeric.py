"""Numeric: a number is asked for, computed from parameters that differ from paper to paper.

The key is a formula; it is evaluated exactly, and a response is right when it lies within the stated tolerance,
bounds included. The tolerance is one of: exact, absolute (in the unit asked for), relative (a share of the key's
magnitude), or so many significant figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.canonical import Json, decimal_text
from certengine.items.expression import FormulaError, round_half_up
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.parameters import (
    Derived,
    Parameter,
    draw_values,
    evaluate,
    fill_in,
    with_derived,
)
from certengine.items.space import ABSURD, Space, errors_in, places_problems, shown_values
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented
from certengine.model.written_numbers import normal_unit, read_written_number

MAX_FIGURES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a response may be from the key: exactly one of the four.

    Attributes:
        significant: so many significant figures count: a response may be off by half a unit of the last of them, so
            that the key rounded in any usual way is right, and so are more figures than are asked for.
    """

    absolute: Decimal | None = None
    relative: Decimal | None = None
    exact: bool = False
    significant: int | None = None

    @property
    def ways(self) -> int:
        """How many of the four are given; one is right."""
        given = (self.absolute, self.relative, self.significant)
        return sum(one is not None for one in given) + self.exact

    def margin(self, key: Fraction) -> Fraction:
        """The greatest allowed distance from a key."""
        if self.significant is not None:
            return Fraction(10) ** (_leading_place(key) - self.significant + 1) / 2 if key else Fraction(0)
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
        space = Space.of(content)
        tolerance = [*_tolerance_problems(content.tolerance), *places_problems({("places",): content.places})]
        yield from tolerance
        names = [*space.problems({("key",): content.key})]
        yield from names
        yield from space.text_problems(_stem_texts(content, languages))
        if not errors_in([*names, *tolerance]):
            right_from = _printed_right_from(content)
            yield from space.search(lambda values: _key_problem(content, values, right_from))

    def vary(self, content: NumericContent, draw: Draw) -> Variant:
        """One value for each parameter."""
        values = draw_values(content.parameters, content.where, draw, content.derived)
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
        if number.value is None:
            return Reading(state=ResponseState.UNREADABLE, why=number.why)
        if number.unit and number.unit != normal_unit(content.unit or ""):
            asked = f"the unit asked for is `{content.unit}`" if content.unit else "no unit is asked for"
            return Reading(state=ResponseState.UNREADABLE, why=f"{asked}, not `{number.unit}`")
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


def _leading_place(value: Fraction) -> int:
    """The power of ten of the first figure that is not 0: 2 of 314, -1 of 0.27."""
    size = abs(value)
    place = len(str(size.numerator)) - len(str(size.denominator))
    return place if size >= Fraction(10) ** place else place - 1


def _key(content: NumericContent, variant: Variant) -> Fraction:
    return evaluate(content.key, _values(content, variant))


def _tolerance_problems(tolerance: Tolerance) -> Iterator[Problem]:
    """A tolerance is one of four; one under zero lets nobody be right."""
    if tolerance.ways != 1:
        yield Problem(
            code="item/tolerance",
            message="a tolerance is one of `absolute`, `relative`, `significant` and `exact: true`",
            path=("tolerance",),
            hint="write for example `tolerance: {relative: 0.01}`",
        )
    given: dict[tuple[str | int, ...], Decimal | None] = {
        ("tolerance", "absolute"): tolerance.absolute,
        ("tolerance", "relative"): tolerance.relative,
    }
    for path, width in given.items():
        if width is not None and width < 0:
            yield Problem(
                code="item/tolerance", message="a tolerance is not under 0", path=path, hint="take the sign away"
            )
    if tolerance.significant is not None and not 1 <= tolerance.significant <= MAX_FIGURES:
        yield Problem(
            code="item/tolerance",
            message=f"1 to {MAX_FIGURES} significant figures can be asked for, here {tolerance.significant}",
            path=("tolerance", "significant"),
            hint="write for example `tolerance: {significant: 3}`",
        )


def _stem_texts(content: NumericContent, languages: Sequence[str]) -> Iterator[tuple[tuple[str, str], str, str]]:
    for language in languages:
        yield ("stem", language), f"the stem in `{language}`", content.stem.get(language) or ""


def _printed_right_from(content: NumericContent) -> Fraction | None:
    """From which size on every key is right as it is printed, because its margin covers half a unit of its last place."""
    half = Fraction(1, 2 * 10**content.places)
    tolerance = content.tolerance
    if tolerance.absolute is not None:
        return Fraction(0) if Fraction(tolerance.absolute) >= half else None
    if tolerance.relative:
        return half / Fraction(tolerance.relative)
    if tolerance.significant is not None:
        return Fraction(10) ** (tolerance.significant - 1 - content.places)
    return None


def _key_problem(content: NumericContent, values: Mapping[str, Decimal], right_from: Fraction | None) -> Problem | None:
    """A key that does not exist, that is absurd, or that its own tolerance refuses as it is printed."""
    try:
        key = evaluate(content.key, values)
    except FormulaError as error:
        return Problem(
            code="item/key-undefined",
            message=f"{error} for {_drawn(content, values)}",
            path=("key",),
            hint="narrow the parameters or add a condition `where`",
        )
    size = abs(key)
    if size > ABSURD:
        return Problem(
            code="item/key-absurd",
            message=f"the key is beyond 10^12 for {_drawn(content, values)}",
            path=("key",),
            hint="narrow the parameters or choose another unit",
        )
    if right_from is not None and size >= right_from:
        return None
    printed = round_half_up(key, content.places)
    if abs(Fraction(printed) - key) > content.tolerance.margin(key):
        return Problem(
            code="item/key-refused",
            message=f"the key is printed as {decimal_text(printed)}, which its own tolerance refuses, "
            f"for {_drawn(content, values)}",
            path=("places",),
            hint="give `places` more decimals, or widen the tolerance",
        )
    return None


def _drawn(content: NumericContent, values: Mapping[str, Decimal]) -> str:
    return shown_values({name: values[name] for name in content.parameters})
