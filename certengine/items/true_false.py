"""True/false: a statement that holds or not. A blank is blank: it is never read as "false".

Policies beside all or nothing, which are ``negative...``: :mod:`certengine.items.option_credit`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from certengine.canonical import Json
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.option_credit import NEGATIVE, negative
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented, PresentedOption

_TRUE = frozenset({"√", "✓", "✔", "T", "TRUE", "A", "Y", "YES", "对", "正确", "是", "1"})
_FALSE = frozenset({"×", "✗", "✘", "X", "F", "FALSE", "B", "N", "NO", "错", "错误", "否", "0"})
_OPTIONS = (
    PresentedOption(label="A", text=Text.of(zh="√ 正确", en="√ true")),
    PresentedOption(label="B", text=Text.of(zh="× 错误", en="× false")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueFalseContent:
    """A statement, and whether it is true."""

    stem: Text
    key: bool


class TrueFalse:
    """The kind ``true_false``. On the answer sheet A is true and B is false, as in Chinese written exams."""

    id: ClassVar[str] = "true_false"
    title: ClassVar[Text] = Text.of(zh="判断题", en="True or false")
    content_type: ClassVar[type] = TrueFalseContent
    policies: ClassVar[tuple[str, ...]] = ("all_or_nothing", *NEGATIVE)

    def check(self, content: TrueFalseContent, languages: Sequence[str]) -> Iterator[Problem]:
        """A statement does not ask: a question mark at its end is a warning."""
        for language in languages:
            if (content.stem.get(language) or "").rstrip().endswith(("?", "？")):
                yield Problem(
                    code="item/statement-asks",
                    message=f"the statement ends with a question mark in `{language}`",
                    path=("stem", language),
                    hint="write a statement that is true or false",
                    warning=True,
                )

    def vary(self, content: TrueFalseContent, draw: Draw) -> Variant:
        """Nothing varies."""
        return {}

    def present(self, content: TrueFalseContent, variant: Variant) -> Presented:
        """The statement, and the same two options on every paper."""
        return Presented(stem=content.stem, answer_form=AnswerForm.ONE_BUBBLE, options=_OPTIONS)

    def answer(self, content: TrueFalseContent, variant: Variant) -> str:
        """``A √`` or ``B ×``."""
        return "A √" if content.key else "B ×"

    def parse(self, content: TrueFalseContent, variant: Variant, raw: str) -> Reading:
        """√ × T F A B 对 错 1 0 and their like; both at once is a multiple mark."""
        text = unicodedata.normalize("NFKC", raw).strip().upper()
        if not text:
            return Reading(state=ResponseState.BLANK)
        if text in _TRUE:
            return Reading(state=ResponseState.GIVEN, value=True)
        if text in _FALSE:
            return Reading(state=ResponseState.GIVEN, value=False)
        if text == "*" or text in {"AB", "BA", "TF", "FT", "√×", "×√"}:
            return Reading(state=ResponseState.MULTIPLE_MARKED)
        return Reading(state=ResponseState.UNREADABLE, why="it says neither √ nor ×")

    def mark(self, content: TrueFalseContent, variant: Variant, value: Json, policy: str) -> Mark:
        """Full marks for the right one; by policy, something taken off for the other."""
        given, right = ("√" if value else "×"), ("√" if content.key else "×")
        if value is content.key:
            return Mark(share=Fraction(1), reason=Text.of(zh=f"答 {given}，正确", en=f"{given} is right"))
        wrong = Mark(
            share=Fraction(0),
            reason=Text.of(zh=f"答 {given}，正确答案 {right}", en=f"{given} given, {right} is right"),
        )
        return negative(policy, len(_OPTIONS), wrong) if policy in NEGATIVE else wrong

    def samples(self) -> tuple[Sample, ...]:
        """Right, wrong, blank, doubly marked and unreadable, and wrong ones under every policy."""
        content = TrueFalseContent(stem=Text.of(zh="铜是导体。", en="Copper is a conductor."), key=True)
        given = ResponseState.GIVEN
        cases = (
            ("right", "√", given, "1"),
            ("right-word", "对", given, "1"),
            ("right-letter", "ａ", given, "1"),
            ("wrong", "×", given, "0"),
            ("wrong-letter", "F", given, "0"),
            ("blank", "", ResponseState.BLANK, None),
            ("both", "AB", ResponseState.MULTIPLE_MARKED, None),
            ("unreadable", "?", ResponseState.UNREADABLE, None),
        )
        off = {policy: "-1" if part is None else str(-part) for policy, part in NEGATIVE.items()}
        every = [(name, raw, "all_or_nothing", state, share) for name, raw, state, share in cases]
        every += [(f"wrong-{policy}", "×", policy, given, share) for policy, share in off.items()]
        return tuple(
            Sample(name=name, content=content, variant={}, raw=raw, policy=policy, state=state, share=share)
            for name, raw, policy, state, share in every
        )
