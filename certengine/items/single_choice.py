"""Single choice: exactly one option is right; two marks are never silently one of the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from certengine.canonical import Json
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.options import (
    Option,
    check_options,
    draw_order,
    letters_of,
    presented,
    read_letters,
)
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleChoiceContent:
    """A stem, options, and the id of the right option."""

    stem: Text
    options: tuple[Option, ...]
    key: str


class SingleChoice:
    """The kind ``single_choice``."""

    id: ClassVar[str] = "single_choice"
    title: ClassVar[Text] = Text.of(zh="单项选择题", en="Single choice")
    content_type: ClassVar[type] = SingleChoiceContent
    policies: ClassVar[tuple[str, ...]] = ("all_or_nothing",)

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

    def vary(self, content: SingleChoiceContent, draw: Draw) -> Variant:
        """The order of the options."""
        return draw_order(content.options, draw)

    def present(self, content: SingleChoiceContent, variant: Variant) -> Presented:
        """Stem and options in drawn order."""
        return Presented(
            stem=content.stem,
            answer_form=AnswerForm.ONE_BUBBLE,
            options=presented(content.options, variant),
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
        """Full marks for the right option."""
        given = letters_of(content.options, variant, (str(value),))
        right = self.answer(content, variant)
        if value == content.key:
            return Mark(share=Fraction(1), reason=Text.of(zh=f"选 {given}，正确", en=f"{given} is right"))
        return Mark(
            share=Fraction(0),
            reason=Text.of(zh=f"选 {given}，正确答案 {right}", en=f"{given} given, {right} is right"),
        )

    def samples(self) -> tuple[Sample, ...]:
        """Right, wrong, blank, doubly marked and unreadable."""
        content = SingleChoiceContent(
            stem=Text.of(zh="交流电的频率单位是？", en="Which unit does frequency have?"),
            options=tuple(
                Option(id=option_id, text=Text.of(zh=text, en=text))
                for option_id, text in (("a", "Hz"), ("b", "V"), ("c", "A"))
            ),
            key="a",
        )
        variant: Variant = {"options": ["c", "a", "b"]}
        given = ResponseState.GIVEN
        cases = (
            ("right", "B", given, "1"),
            ("right-full-width", "Ｂ", given, "1"),
            ("wrong", "a", given, "0"),
            ("blank", "  ", ResponseState.BLANK, None),
            ("two-marks", "AB", ResponseState.MULTIPLE_MARKED, None),
            ("scanner-multiple", "*", ResponseState.MULTIPLE_MARKED, None),
            ("unreadable", "Q", ResponseState.UNREADABLE, None),
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
