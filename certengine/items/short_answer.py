"""Short answer: a word or two, right when it reads the same as an accepted form or matches a pattern.

How texts are compared, and what a pattern is, says :mod:`certengine.items.accepted_text`. A form in any language is
accepted on every paper: what is known is asked, not in which language.

Policies:

- ``all_or_nothing``: an answer that reads like none of them earns nothing, and the trace says that none matched.
- ``reviewed``: such an answer waits for a person, who accepts it or does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

from certengine.canonical import Json
from certengine.items.accepted_text import MAX_ANSWER, PatternRefused, matches, parse_pattern, plain_form
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.rubric import WAITS, Criterion, Rubric, points_in, waiting
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented

BETWEEN_LANGUAGES = " / "
"""What parts the forms of one answer in several languages where a key is printed."""


REVIEW = Rubric(
    points=1,
    criteria=(
        Criterion(
            id="accepted", title=Text.of(zh="与标准答案含义相同，可以接受", en="means the same as the key"), marks=1
        ),
    ),
)
"""What a person says of an answer that no form matches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortAnswerContent:
    """A stem, and what counts as right.

    Attributes:
        accepted: forms, each as language tag to text in one or more languages; the first is the one keys print.
        patterns: writings beyond those forms, such as ``*(safe|)torque off*``.
    """

    stem: Text
    accepted: tuple[Mapping[str, str], ...]
    patterns: tuple[str, ...] = ()


class ShortAnswer:
    """The kind ``short_answer``."""

    id: ClassVar[str] = "short_answer"
    title: ClassVar[Text] = Text.of(zh="简答题", en="Short answer")
    content_type: ClassVar[type] = ShortAnswerContent
    policies: ClassVar[tuple[str, ...]] = ("all_or_nothing", "reviewed")

    def check(self, content: ShortAnswerContent, languages: Sequence[str]) -> Iterator[Problem]:
        """Forms that say something and differ, and patterns that can be read."""
        yield from _form_problems(content, languages)
        for index, text in enumerate(content.patterns):
            try:
                parse_pattern(text)
            except PatternRefused as refusal:
                yield Problem(
                    code="item/pattern",
                    message=str(refusal),
                    path=("patterns", index),
                    hint="`*` is any text, `(this|that|)` one of these or nothing",
                )

    def vary(self, content: ShortAnswerContent, draw: Draw) -> Variant:
        """Nothing varies."""
        return {}

    def present(self, content: ShortAnswerContent, variant: Variant) -> Presented:
        """The stem."""
        return Presented(stem=content.stem, answer_form=AnswerForm.WRITTEN_TEXT)

    def answer(self, content: ShortAnswerContent, variant: Variant) -> str:
        """The first accepted form, in each of its languages: ``互锁 / interlock``."""
        first = content.accepted[0]
        tags = sorted(first, key=lambda tag: (tag != "zh", tag))
        return BETWEEN_LANGUAGES.join(dict.fromkeys(first[tag] for tag in tags))

    def parse(self, content: ShortAnswerContent, variant: Variant, raw: str) -> Reading:
        """The text as written; signs without a letter or digit among them are unreadable."""
        written = " ".join(raw.split())
        if not written:
            return Reading(state=ResponseState.BLANK)
        if not any(character.isalnum() for character in written):
            return Reading(state=ResponseState.UNREADABLE)
        return Reading(state=ResponseState.GIVEN, value=written)

    def mark(self, content: ShortAnswerContent, variant: Variant, value: Json, policy: str) -> Mark:
        """Full marks for an accepted form; the trace names the form or pattern. What people accepted, they accepted."""
        points = points_in(value)
        if points is not None:
            return REVIEW.mark(points)
        found = accepted_by(content, str(value))
        if found is None and policy == "reviewed":
            return waiting(WAITS)
        if found is None:
            reason = Text.of(zh=f"答 {value}：不在可接受答案之列", en=f"{value} given: no accepted form")
        else:
            reason = Text.of(zh=f"答 {value}，符合 {found}", en=f"{value} given, accepted as {found}")
        return Mark(share=Fraction(found is not None), reason=reason)

    def rubric(self, content: ShortAnswerContent, policy: str) -> Rubric | None:
        """Acceptable or not, where people are asked."""
        return REVIEW if policy == "reviewed" else None

    def samples(self) -> tuple[Sample, ...]:
        """Right in several writings and by a pattern, wrong, blank and unreadable."""
        content = ShortAnswerContent(
            stem=Text.of(zh="4–20 mA 信号的断线如何发现？写出电流范围的名称。", en="What is a 4–20 mA range called?"),
            accepted=({"zh": "活零点", "en": "live zero"}, {"en": "elevated zero"}),
            patterns=("*(带电|活)(零|零位)", "live*zero*"),
        )
        given, blank, unreadable = ResponseState.GIVEN, ResponseState.BLANK, ResponseState.UNREADABLE
        cases = (
            ("right", "活零点", given, "1"),
            ("right-other-language", "Live-Zero", given, "1"),
            ("right-second-form", "elevated zero.", given, "1"),
            ("right-full-width", "ｌｉｖｅ　ｚｅｒｏ", given, "1"),
            ("right-by-pattern", "所谓“带电零位”", given, "1"),
            ("wrong", "零点漂移", given, "0"),
            ("part-of-a-form", "zero", given, "0"),
            ("blank", "　", blank, None),
            ("unreadable", "???", unreadable, None),
        )
        sample = Sample(name="", content=content, variant={}, raw="", policy="all_or_nothing", state=given, share=None)
        return (
            *(replace(sample, name=name, raw=raw, state=state, share=share) for name, raw, state, share in cases),
            replace(sample, name="reviewed-right", policy="reviewed", raw="活零点", share="1"),
            replace(sample, name="reviewed-waits", policy="reviewed", raw="零点抬高", share="0"),
            replace(sample, name="reviewed", policy="reviewed", raw="零点抬高", share="1", points={"accepted": 1}),
        )


def accepted_by(content: ShortAnswerContent, written: str) -> str | None:
    """The accepted form or pattern that a text reads like, as the bank has it; ``None`` when there is none.

    The answers for which this is ``None`` are those that the policy ``reviewed`` sends to people.
    """
    if len(written) > MAX_ANSWER:
        return None
    text = plain_form(written)
    for forms in content.accepted:
        for form in forms.values():
            if plain_form(form) == text:
                return form
    return next((pattern for pattern in content.patterns if matches(parse_pattern(pattern), text)), None)


def _form_problems(content: ShortAnswerContent, languages: Sequence[str]) -> Iterator[Problem]:
    if not any(content.accepted):
        yield Problem(
            code="item/no-accepted-form",
            message="no form is accepted, so nobody can be right",
            path=("accepted",),
            hint="write for example `accepted: [{zh: ..., en: ...}]`",
        )
    seen: dict[str, str] = {}
    for index, forms in enumerate(content.accepted):
        for language, form in forms.items():
            where = ("accepted", index, language)
            plain = plain_form(form)
            if language not in languages:
                yield Problem(
                    code="item/form-language",
                    message=f"`{language}` is not a language of this bank: {', '.join(languages)}",
                    path=where,
                    hint="accepted forms are written as `{zh: ..., en: ...}`",
                )
            if not any(character.isalnum() for character in plain) or len(form) > MAX_ANSWER:
                yield Problem(
                    code="item/empty-form",
                    message=f"an accepted form has letters or digits, and {MAX_ANSWER} characters at most",
                    path=where,
                    hint="write what a person would answer",
                )
            elif seen.setdefault(plain, f"{index}") != f"{index}":
                yield Problem(
                    code="item/equal-forms",
                    message=f"`{form}` reads the same as a form before it",
                    path=where,
                    hint="take it away: case, spaces and punctuation do not count",
                    warning=True,
                )
