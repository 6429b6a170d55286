"""Single choice: exactly one option is right; two marks are never silently one of the two.

With parameters, stem and options hold ``{name}`` placeholders as the stem of a numeric item does. A wrong option is then
a derived value like the right one: what a typical mistake makes of the same numbers. Over the whole space no two options
may read the same.

Policies beside all or nothing, which are ``negative...`` and ``mapped``: :mod:`certengine.items.option_credit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.canonical import Json, decimal_text
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.option_credit import MAPPED, NEGATIVE, OptionMapping, mapped, mapping_problems, negative
from certengine.items.options import (
    Option,
    check_options,
    draw_order,
    letters_of,
    presented,
    read_letters,
)
from certengine.items.parameters import Derived, Parameter, draw_values, fill_in, placeholders, with_derived
from certengine.items.space import ABSURD, Space, errors_in, shown_values
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleChoiceContent:
    """A stem, options, and the id of the right option.

    Attributes:
        parameters: with ``where`` and ``derived`` as in a numeric item; braces are plain text where there are none.
        mapping: what each option is worth under the policy ``mapped``.
    """

    stem: Text
    options: tuple[Option, ...]
    key: str
    parameters: Mapping[str, Parameter] | None = None
    where: str | None = None
    derived: Mapping[str, Derived] | None = None
    mapping: OptionMapping | None = None


class SingleChoice:
    """The kind ``single_choice``."""

    id: ClassVar[str] = "single_choice"
    title: ClassVar[Text] = Text.of(zh="单项选择题", en="Single choice")
    content_type: ClassVar[type] = SingleChoiceContent
    policies: ClassVar[tuple[str, ...]] = ("all_or_nothing", *NEGATIVE, MAPPED)

    def check(self, content: SingleChoiceContent, languages: Sequence[str]) -> Iterator[Problem]:
        """Options in order, and a key that names one of them."""
        yield from check_options(content.options, languages)
        ids = [option.id for option in content.options]
        if content.key not in ids:
            yield Problem(
                code="item/key-unknown",
                message=f"the key `{content.key}` is none of the options: {', '.join(ids)}",
                path=("key",),
                hint="name the id of the right option",
            )
        yield from mapping_problems(content.mapping, content.options, (content.key,))
        yield from choice_space_problems(content, languages)

    def vary(self, content: SingleChoiceContent, draw: Draw) -> Variant:
        """The order of the options, and one value for each parameter if there are any."""
        order = draw_order(content.options, draw)
        if content.parameters is None:
            return order
        values = draw_values(content.parameters, content.where, draw, content.derived or {})
        return {**order, "parameters": {name: decimal_text(value) for name, value in values.items()}}

    def present(self, content: SingleChoiceContent, variant: Variant) -> Presented:
        """Stem and options in drawn order, with the values put in."""
        seen = with_values(content, variant)
        return Presented(
            stem=seen.stem,
            answer_form=AnswerForm.ONE_BUBBLE,
            options=presented(seen.options, variant),
        )

    def answer(self, content: SingleChoiceContent, variant: Variant) -> str:
        """The letter of the right option on this paper."""
        return letters_of(content.options, variant, (content.key,))

    def parse(self, content: SingleChoiceContent, variant: Variant, raw: str) -> Reading:
        """One letter; more than one is a multiple mark."""
        reading = read_letters(content.options, variant, raw)
        if reading.state is not ResponseState.GIVEN:
            return reading
        assert isinstance(reading.value, list)
        if len(reading.value) > 1:
            return Reading(state=ResponseState.MULTIPLE_MARKED)
        return Reading(state=ResponseState.GIVEN, value=reading.value[0])

    def mark(self, content: SingleChoiceContent, variant: Variant, value: Json, policy: str) -> Mark:
        """Full marks for the right option; by policy, something taken off or given for another."""
        if policy == MAPPED and content.mapping is not None:
            return mapped(content.options, variant, content.mapping, (str(value),), (content.key,))
        given = letters_of(content.options, variant, (str(value),))
        right = self.answer(content, variant)
        if value == content.key:
            return Mark(share=Fraction(1), reason=Text.of(zh=f"选 {given}，正确", en=f"{given} is right"))
        wrong = Mark(
            share=Fraction(0),
            reason=Text.of(zh=f"选 {given}，正确答案 {right}", en=f"{given} given, {right} is right"),
        )
        return negative(policy, len(content.options), wrong) if policy in NEGATIVE else wrong

    def samples(self) -> tuple[Sample, ...]:
        """Right, wrong, blank, doubly marked and unreadable, and wrong ones under every policy."""
        content = SingleChoiceContent(
            stem=Text.of(zh="交流电的频率单位是？", en="Which unit does frequency have?"),
            options=tuple(
                Option(id=option_id, text=Text.of(zh=text, en=text))
                for option_id, text in (("a", "Hz"), ("b", "V"), ("c", "A"))
            ),
            key="a",
            mapping=OptionMapping(values={"a": Decimal(2), "b": Decimal(1)}),
        )
        computed = SingleChoiceContent(
            stem=Text.of(zh="{U} V 加在 {R} Ω 电阻上，电流是？", en="{U} V across {R} Ω: what current flows?"),
            options=tuple(
                Option(id=name, text=Text.of(zh=f"{{{name}}} A", en=f"{{{name}}} A")) for name in ("right", "product")
            ),
            key="right",
            parameters={"U": Parameter(values=(Decimal(12), Decimal(24))), "R": Parameter(values=(Decimal(6),))},
            derived={"right": Derived(formula="U/R"), "product": Derived(formula="U*R")},
        )
        variant: Variant = {"options": ["c", "a", "b"]}
        drawn: Variant = {"options": ["product", "right"], "parameters": {"U": "12", "R": "6"}}
        given = ResponseState.GIVEN
        cases: tuple[tuple[str, str, ResponseState, str | None], ...] = (
            ("right", "B", given, "1"),
            ("right-full-width", "Ｂ", given, "1"),
            ("wrong", "a", given, "0"),
            ("blank", "  ", ResponseState.BLANK, None),
            ("two-marks", "AB", ResponseState.MULTIPLE_MARKED, None),
            ("scanner-multiple", "*", ResponseState.MULTIPLE_MARKED, None),
            ("unreadable", "Q", ResponseState.UNREADABLE, None),
        )
        of_values = (("computed-right", "B", given, "1"), ("computed-mistake", "A", given, "0"))
        by_policy = (
            ("negative", "-1/2"),
            ("negative_quarter", "-1/4"),
            ("negative_third", "-1/3"),
            ("negative_half", "-1/2"),
            ("negative_full", "-1"),
            ("mapped", "1/2"),
        )
        papers = ((content, variant, cases), (computed, drawn, of_values))
        every = [
            (own, paper, "all_or_nothing", name, raw, state, share)
            for own, paper, some in papers
            for name, raw, state, share in some
        ]
        every += [(content, variant, policy, f"wrong-{policy}", "C", given, share) for policy, share in by_policy]
        return tuple(
            Sample(name=name, content=own, variant=paper, raw=raw, policy=policy, state=state, share=share)
            for own, paper, policy, name, raw, state, share in every
        )


def with_values(content: SingleChoiceContent, variant: Variant) -> SingleChoiceContent:
    """The content with the values of one paper put in, so that it has no parameters any more."""
    if content.parameters is None:
        return content
    stored = variant["parameters"]
    assert isinstance(stored, dict)
    values = with_derived({name: Decimal(str(value)) for name, value in stored.items()}, content.derived or {})

    def filled(text: Text) -> Text:
        return Text(tuple((tag, fill_in(written, values)) for tag, written in text.by_language))

    options = tuple(replace(option, text=filled(option.text)) for option in content.options)
    return SingleChoiceContent(stem=filled(content.stem), options=options, key=content.key, mapping=content.mapping)


def choice_space_problems(content: SingleChoiceContent, languages: Sequence[str]) -> Iterator[Problem]:
    """What is wrong in the parameters of a choice, over their whole space."""
    if content.parameters is None:
        if content.derived is not None or content.where is not None:
            yield Problem(
                code="item/parameter",
                message="`derived` and `where` rest on `parameters`, and there are none",
                path=("derived",) if content.derived is not None else ("where",),
                hint="add `parameters`, or take them away",
            )
        return
    space = Space.of(content)
    problems = [*space.problems({}), *space.text_problems(_texts(content, languages))]
    yield from problems
    if not errors_in(problems):
        yield from space.search(lambda values: _options_problem(content, languages, values))


def _texts(content: SingleChoiceContent, languages: Sequence[str]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    for language in languages:
        yield ("stem", language), f"the stem in `{language}`", content.stem.get(language) or ""
        for index, option in enumerate(content.options):
            called = f"option `{option.id}` in `{language}`"
            yield ("options", index, "text", language), called, option.text.get(language) or ""


def _options_problem(
    content: SingleChoiceContent, languages: Sequence[str], values: Mapping[str, Decimal]
) -> Problem | None:
    """Options that read the same for these values, or one that nobody would choose."""
    for language in languages:
        seen: dict[str, str] = {}
        for index, option in enumerate(content.options):
            text = fill_in(option.text.get(language) or "", values).strip().casefold()
            if text and seen.setdefault(text, option.id) != option.id:
                return Problem(
                    code="item/equal-options",
                    message=f"options `{seen[text]}` and `{option.id}` read the same in `{language}` "
                    f"for {_drawn(content, values)}",
                    path=("options", index, "text"),
                    hint="exclude these values with `where`, or compute one of them otherwise",
                )
    return _absurd_option(content, values)


def _drawn(content: SingleChoiceContent, values: Mapping[str, Decimal]) -> str:
    return shown_values({name: values[name] for name in content.parameters or {}})


def _absurd_option(content: SingleChoiceContent, values: Mapping[str, Decimal]) -> Problem | None:
    numbers = {option.id: _number_of(option, values) for option in content.options}
    key = numbers.get(content.key)
    for index, option in enumerate(content.options):
        number = numbers[option.id]
        if number is not None and abs(number) > ABSURD:
            return Problem(
                code="item/value-absurd",
                message=f"option `{option.id}` is beyond 10^12 for {_drawn(content, values)}",
                path=("options", index, "text"),
                hint="narrow the parameters or choose another unit",
            )
        if number is not None and key is not None and number <= 0 < key:
            return Problem(
                code="item/option-absurd",
                message=f"option `{option.id}` is {decimal_text(number)} while the key is positive, "
                f"for {_drawn(content, values)}",
                path=("options", index, "text"),
                hint="nobody chooses it: exclude these values with `where`, or compute it otherwise",
                warning=True,
            )
    return None


def _number_of(option: Option, values: Mapping[str, Decimal]) -> Decimal | None:
    """The value of an option that shows one and no other."""
    names = {name for _, written in option.text.by_language for name in placeholders(written)[0]}
    return values[names.pop()] if len(names) == 1 else None
