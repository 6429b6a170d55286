"""Ordering: steps stand in drawn order under letters; the response is the letters in the right order.

Policies:

- ``all_or_nothing``: exactly the key's order, else nothing.
- ``adjacent_pairs``: the share of the key's neighbouring pairs that stand next to each other, in that order, in the
  response; with n steps there are n - 1 of them. One step out of place then costs its own neighbourhood and not all
  that follows it. (Moodle's ordering question type documents this rule as "relative to the next item, excluding last".)

An order is one answer: a step at two places, or two at one, is a multiple mark of the whole. A response names every
place, a blank one by ``.``, for with a letter left out nobody can say which place stayed empty.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

from certengine.canonical import Json
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.options import Option, check_options, draw_order, ordered, presented
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented

_SEPARATORS = frozenset(" ,;/、-–—>→")
_BLANKS = frozenset("._")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderingContent:
    """A stem, steps as options, and the ids of all of them in the right order."""

    stem: Text
    options: tuple[Option, ...]
    key: tuple[str, ...]


class Ordering:
    """The kind ``ordering``."""

    id: ClassVar[str] = "ordering"
    title: ClassVar[Text] = Text.of(zh="排序题", en="Ordering")
    content_type: ClassVar[type] = OrderingContent
    policies: ClassVar[tuple[str, ...]] = ("all_or_nothing", "adjacent_pairs")

    def check(self, content: OrderingContent, languages: Sequence[str]) -> Iterator[Problem]:
        """Steps in order, none pinned, and a key that names each of them once."""
        yield from check_options(content.options, languages)
        ids = [option.id for option in content.options]
        for index, option in enumerate(content.options):
            if option.pin is not None:
                yield Problem(
                    code="item/pinned-step",
                    message=f"step `{option.id}` is pinned, which tells its place",
                    path=("options", index, "pin"),
                    hint="take `pin` away",
                )
        for index, step in enumerate(content.key):
            if step not in ids:
                yield Problem(
                    code="item/key-unknown",
                    message=f"the key `{step}` is none of the steps: {', '.join(ids)}",
                    path=("key", index),
                    hint="name ids of steps",
                )
        times = Counter(content.key)
        wrong = [f"`{step}` {times[step]} times" for step in dict.fromkeys(ids) if times[step] != 1]
        if wrong:
            yield Problem(
                code="item/key-count",
                message=f"the key names each step once; it names {', '.join(wrong)}",
                path=("key",),
                hint="list the ids of all steps in the right order",
            )

    def vary(self, content: OrderingContent, draw: Draw) -> Variant:
        """The order in which the steps are printed."""
        return draw_order(content.options, draw)

    def present(self, content: OrderingContent, variant: Variant) -> Presented:
        """Stem and steps in drawn order."""
        return Presented(
            stem=content.stem, answer_form=AnswerForm.SEQUENCE, options=presented(content.options, variant)
        )

    def answer(self, content: OrderingContent, variant: Variant) -> str:
        """The letters of this paper in the right order."""
        return _shown(content, variant, content.key)

    def parse(self, content: OrderingContent, variant: Variant, raw: str) -> Reading:
        """A letter for every place, ``CABD`` or ``C-A-B-D``; the value is the steps' ids, ``None`` at a blank place."""
        text = unicodedata.normalize("NFKC", raw).strip().upper()
        marks = [character for character in text if character not in _SEPARATORS]
        if not text or (marks and set(marks) <= _BLANKS):
            return Reading(state=ResponseState.BLANK)
        if "*" in marks:
            return Reading(state=ResponseState.MULTIPLE_MARKED)
        ids = {letter: option.id for letter, option in ordered(content.options, variant)}
        if len(marks) != len(ids) or set(marks) - {*ids, *_BLANKS}:
            return Reading(state=ResponseState.UNREADABLE)
        letters = [mark for mark in marks if mark not in _BLANKS]
        if len(set(letters)) != len(letters):
            return Reading(state=ResponseState.MULTIPLE_MARKED)
        return Reading(state=ResponseState.GIVEN, value=[ids.get(mark) for mark in marks])

    def mark(self, content: OrderingContent, variant: Variant, value: Json, policy: str) -> Mark:
        """By policy, as the module says."""
        assert isinstance(value, list)
        kept = len(set(pairwise(content.key)) & set(pairwise(value)))
        pairs = len(content.key) - 1
        share = Fraction(kept, pairs) if policy == "adjacent_pairs" else Fraction(tuple(value) == content.key)
        given, right = _shown(content, variant, value), self.answer(content, variant)
        return Mark(
            share=share,
            reason=Text.of(
                zh=f"答 {given}，正确顺序 {right}：{pairs} 处相邻关系中保持 {kept} 处",
                en=f"{given} given, {right} is right: {kept} of {pairs} neighbouring pairs kept",
            ),
        )

    def samples(self) -> tuple[Sample, ...]:
        """Right, partly in order under both policies, incomplete, doubly marked, blank and unreadable."""
        content = OrderingContent(
            stem=Text.of(zh="从小到大排列。", en="Put in order, the smallest first."),
            options=tuple(Option(id=one, text=Text.of(zh=one, en=one)) for one in ("mm", "cm", "dm", "m")),
            key=("mm", "cm", "dm", "m"),
        )
        variant: Variant = {"options": ["dm", "m", "mm", "cm"]}
        given, every, pairs = ResponseState.GIVEN, "all_or_nothing", "adjacent_pairs"
        cases = (
            ("right", "CDAB", every, given, "1"),
            ("right-joined", "c→d→a→b", every, given, "1"),
            ("right-full-width", "Ｃ、Ｄ、Ａ、Ｂ", pairs, given, "1"),
            ("wrong", "DCAB", every, given, "0"),
            ("one-pair-kept", "DCAB", pairs, given, "1/3"),
            ("turned-by-one", "BCDA", pairs, given, "2/3"),
            ("backwards", "BADC", pairs, given, "0"),
            ("place-left-blank", "C.AB", pairs, given, "1/3"),
            ("step-at-two-places", "CDAC", pairs, ResponseState.MULTIPLE_MARKED, None),
            ("place-doubly-marked", "CD*B", pairs, ResponseState.MULTIPLE_MARKED, None),
            ("blank", "", every, ResponseState.BLANK, None),
            ("blank-places", "....", every, ResponseState.BLANK, None),
            ("place-missing", "CDA", every, ResponseState.UNREADABLE, None),
            ("unreadable", "CDAX", every, ResponseState.UNREADABLE, None),
        )
        return tuple(
            Sample(name=name, content=content, variant=variant, raw=raw, policy=policy, state=state, share=share)
            for name, raw, policy, state, share in cases
        )


def _shown(content: OrderingContent, variant: Variant, steps: Sequence[Json] | Sequence[str]) -> str:
    """Steps by id in the letters of one paper, a blank place as ``.``."""
    letters = {option.id: letter for letter, option in ordered(content.options, variant)}
    return "".join(letters.get(str(step), ".") for step in steps)
