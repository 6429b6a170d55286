"""Multiple response: some options are right; each tick says something.

Policies:

- ``all_or_nothing``: exactly the right options, else nothing.
- ``net_correct``: right ticks minus wrong ticks, over the number of right options, never below zero (the rule
  PrairieLearn documents as "net correct").
- ``partial_...`` and ``mapped``: see :mod:`certengine.items.option_credit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.canonical import Json
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.option_credit import MAPPED, PARTIAL, OptionMapping, mapped, mapping_problems, wrong_tick
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
class MultipleResponseContent:
    """A stem, options, and the ids of the right ones.

    Attributes:
        mapping: what each option is worth under the policy ``mapped``.
    """

    stem: Text
    options: tuple[Option, ...]
    key: tuple[str, ...]
    mapping: OptionMapping | None = None


class MultipleResponse:
    """The kind ``multiple_response``."""

    id: ClassVar[str] = "multiple_response"
    title: ClassVar[Text] = Text.of(zh="多项选择题", en="Multiple response")
    content_type: ClassVar[type] = MultipleResponseContent
    policies: ClassVar[tuple[str, ...]] = ("all_or_nothing", "net_correct", *PARTIAL, MAPPED)

    def check(self, content: MultipleResponseContent, languages: Sequence[str]) -> Iterator[Problem]:
        """Options in order, and a key of at least two of them, each named once."""
        yield from check_options(content.options, languages)
        ids = [option.id for option in content.options]
        for index, key in enumerate(content.key):
            if key not in ids:
                yield Problem(
                    code="item/key-unknown",
                    message=f"the key `{key}` is none of the options: {', '.join(ids)}",
                    path=("key", index),
                    hint="name ids of right options",
                )
        if len(set(content.key)) != len(content.key) or len(content.key) < 2:
            yield Problem(
                code="item/key-count",
                message="the key of a multiple response item names at least two options, each once",
                path=("key",),
                hint="make it a `single_choice` item if one option is right",
            )
        yield from mapping_problems(content.mapping, content.options, set(content.key))

    def vary(self, content: MultipleResponseContent, draw: Draw) -> Variant:
        """The order of the options."""
        return draw_order(content.options, draw)

    def present(self, content: MultipleResponseContent, variant: Variant) -> Presented:
        """Stem and options in drawn order."""
        return Presented(
            stem=content.stem,
            answer_form=AnswerForm.SEVERAL_BUBBLES,
            options=presented(content.options, variant),
        )

    def answer(self, content: MultipleResponseContent, variant: Variant) -> str:
        """The letters of the right options on this paper."""
        return letters_of(content.options, variant, content.key)

    def parse(self, content: MultipleResponseContent, variant: Variant, raw: str) -> Reading:
        """One or more letters."""
        return read_letters(content.options, variant, raw)

    def mark(self, content: MultipleResponseContent, variant: Variant, value: Json, policy: str) -> Mark:
        """By policy, as the module says."""
        assert isinstance(value, list)
        ticked = {str(option_id) for option_id in value}
        key = set(content.key)
        if policy == MAPPED and content.mapping is not None:
            return mapped(content.options, variant, content.mapping, ticked, key)
        hits, wrong = len(ticked & key), len(ticked - key)
        given = letters_of(content.options, variant, tuple(ticked))
        right = self.answer(content, variant)
        zh = f"选 {given}，正确答案 {right}：选对 {hits} 项，选错 {wrong} 项，漏选 {len(key) - hits} 项"
        en = f"{given} given, {right} is right: {hits} right, {wrong} wrong, {len(key) - hits} missed"
        if policy == "net_correct":
            share = max(Fraction(0), Fraction(hits - wrong, len(key)))
        elif policy in PARTIAL:
            each, off = Fraction(1, len(key)), wrong_tick(policy, len(key), len(content.options) - len(key))
            share = max(Fraction(0), hits * each - wrong * off)
            zh += f"；每选对一项得 {each}，每选错一项扣 {off}，不低于 0"
            en += f"; each right one earns {each}, each wrong one takes off {off}, never under 0"
        else:
            share = Fraction(ticked == key)
        return Mark(share=share, reason=Text.of(zh=zh, en=en))

    def samples(self) -> tuple[Sample, ...]:
        """Right, partly right and unreadable, and some ticks under every policy."""
        content = MultipleResponseContent(
            stem=Text.of(zh="哪些是金属？", en="Which are metals?"),
            options=tuple(
                Option(id=option_id, text=Text.of(zh=zh, en=en))
                for option_id, zh, en in (("a", "铜", "copper"), ("b", "铝", "aluminium"), ("c", "云母", "mica"))
            ),
            key=("a", "b"),
            mapping=OptionMapping(values={"a": Decimal(2), "b": Decimal(1), "c": Decimal("-0.5")}),
        )
        variant: Variant = {"options": ["c", "b", "a"]}
        given = ResponseState.GIVEN
        cases = (
            ("right", "BC", "all_or_nothing", given, "1"),
            ("right-separated", "c、b", "all_or_nothing", given, "1"),
            ("incomplete", "B", "all_or_nothing", given, "0"),
            ("incomplete-net", "B", "net_correct", given, "1/2"),
            ("one-wrong-net", "AB", "net_correct", given, "0"),
            ("one-wrong-false2", "ABC", "partial_false2", given, "1/2"),
            ("one-wrong-false", "ABC", "partial_false", given, "0"),
            ("one-wrong-true", "ABC", "partial_true", given, "1/2"),
            ("one-wrong-all", "ABC", "partial_all", given, "0"),
            ("one-wrong-none", "AB", "partial_none", given, "1/2"),
            ("one-wrong-mapped", "AC", "mapped", given, "1/2"),
            ("blank", "", "all_or_nothing", ResponseState.BLANK, None),
            ("unreadable", "BX", "all_or_nothing", ResponseState.UNREADABLE, None),
            ("same-letter-twice", "BB", "all_or_nothing", ResponseState.UNREADABLE, None),
        )
        return tuple(
            Sample(name=name, content=content, variant=variant, raw=raw, policy=policy, state=state, share=share)
            for name, raw, policy, state, share in cases
        )
