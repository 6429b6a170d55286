"""Gap text: a text with several gaps, each of its own small rule: a choice, a number, or a short text.

A gap is marked in the stem by its id in double angle brackets, ``<<a>>``. The marker means nothing to placeholders
(``{name}``), to JSON or to YAML, so a stem needs no escaping for it anywhere; what is left of a broken one is found by
the check. A candidate sees numbered blanks, ``____(1)____``, in the order of ``gaps`` whatever the language.

Each gap is read and marked by the kind it is a small case of (single choice, numeric, short answer); numbers may depend
on parameters as in a numeric item, common to the whole text. Policies:

- ``all_or_nothing``: every gap right, else nothing.
- ``per_gap``: each gap earns an equal share.

A response gives the gaps in order, parted by ``|`` or, where none stands, by ``;``. A gap left blank or doubly marked
earns nothing and leaves the others as they are; one that cannot be read makes the whole response unreadable, for a
person must look at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.canonical import Json
from certengine.items.gap_checks import gap_text_problems
from certengine.items.gaps import (
    BAR,
    GAP_MARKER,
    NUMERIC,
    SEMICOLON,
    ChoiceGap,
    Gap,
    GapTextContent,
    NumberGap,
    TextGap,
    numeric_of,
    rule_of,
    variant_of,
)
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.numeric import Tolerance
from certengine.items.options import Option
from certengine.items.parameters import Parameter
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented, PresentedGap

BETWEEN_GAPS = " | "
"""What parts the gaps of a right answer where a key is printed."""

_LEFT_BLANK = Text.of(zh="未作答", en="blank")
_DOUBLY_MARKED = Text.of(zh="重复填涂", en="more than one marked")


class GapText:
    """The kind ``gap_text``."""

    id: ClassVar[str] = "gap_text"
    title: ClassVar[Text] = Text.of(zh="综合填空题", en="Gap text")
    content_type: ClassVar[type] = GapTextContent
    policies: ClassVar[tuple[str, ...]] = ("all_or_nothing", "per_gap")

    def check(self, content: GapTextContent, languages: Sequence[str]) -> Iterator[Problem]:
        """Gaps that can be told apart, each of one sound rule, and each marked once in every language."""
        yield from gap_text_problems(content, languages)

    def vary(self, content: GapTextContent, draw: Draw) -> Variant:
        """One value for each parameter, and the order of the options of each choice."""
        orders: dict[str, Json] = {}
        for gap in content.gaps:
            if gap.choice is not None:
                kind, own = rule_of(content, gap)
                orders[gap.id] = kind.vary(own, _OfGap(draw, gap.id))
        return {**NUMERIC.vary(numeric_of(content), draw), "gaps": orders}

    def present(self, content: GapTextContent, variant: Variant) -> Presented:
        """The text with its values put in and a numbered blank, with the unit asked for, at each gap."""
        filled = NUMERIC.present(numeric_of(content), variant).stem
        shown = tuple(_presented(content, variant, gap, str(number)) for number, gap in enumerate(content.gaps, 1))
        blanks = {gap.id: _blank(one) for gap, one in zip(content.gaps, shown, strict=True)}
        stem = Text(
            tuple((tag, GAP_MARKER.sub(lambda m: blanks.get(m[1], m[0]), text)) for tag, text in filled.by_language)
        )
        return Presented(stem=stem, answer_form=AnswerForm.GAPS, gaps=shown)

    def answer(self, content: GapTextContent, variant: Variant) -> str:
        """The answers of the gaps in order: ``B | 15 A | 断开 / open``."""
        found = []
        for gap in content.gaps:
            kind, own = rule_of(content, gap)
            found.append(kind.answer(own, variant_of(variant, gap)))
        return BETWEEN_GAPS.join(found)

    def parse(self, content: GapTextContent, variant: Variant, raw: str) -> Reading:
        """Each part as its kind reads it: values by gap id, ``None`` for a doubly marked one, blank ones left out."""
        if not raw.strip():
            return Reading(state=ResponseState.BLANK)
        parts = _parts(raw, len(content.gaps))
        if len(parts) != len(content.gaps):
            why = f"{len(parts)} answers for {len(content.gaps)} gaps"
            return Reading(state=ResponseState.UNREADABLE, why=why)
        value: dict[str, Json] = {}
        for number, (gap, part) in enumerate(zip(content.gaps, parts, strict=True), start=1):
            kind, own = rule_of(content, gap)
            reading = kind.parse(own, variant_of(variant, gap), part)
            if reading.state is ResponseState.UNREADABLE:
                return replace(reading, why=f"gap {number}: {reading.why}")
            if reading.state is not ResponseState.BLANK:
                value[gap.id] = reading.value
        if not value:
            return Reading(state=ResponseState.BLANK)
        if set(map(type, value.values())) == {type(None)}:
            return Reading(state=ResponseState.MULTIPLE_MARKED)
        return Reading(state=ResponseState.GIVEN, value=value)

    def mark(self, content: GapTextContent, variant: Variant, value: Json, policy: str) -> Mark:
        """Each gap as its kind marks it, then by policy as the module says."""
        assert isinstance(value, dict)
        marks = [_mark(content, variant, gap, value) for gap in content.gaps]
        total = sum((mark.share for mark in marks), Fraction(0)) / len(marks)
        told = [(number, mark.reason) for number, mark in enumerate(marks, 1)]
        return Mark(
            share=total if policy == "per_gap" else Fraction(total == 1),
            reason=Text.of(
                zh="；".join(f"（{number}）{reason.best('zh')}" for number, reason in told),
                en="; ".join(f"({number}) {reason.best('en')}" for number, reason in told),
            ),
        )

    def samples(self) -> tuple[Sample, ...]:
        """All gaps right, some right under both policies, gaps blank and doubly marked, blank and unreadable."""
        content = GapTextContent(
            stem=Text.of(
                zh="{U} V 电源上接 6 Ω 电阻，电流为 <<i>>；电压表应与电阻 <<how>>，它的内阻应当很 <<size>>。",
                en="A 6 Ω resistor on {U} V draws <<i>>; a voltmeter is connected <<how>>, its resistance is <<size>>.",
            ),
            parameters={"U": Parameter(values=(Decimal(12), Decimal(24)))},
            gaps=(
                Gap(id="i", number=NumberGap(key="U/6", unit="A", tolerance=Tolerance(exact=True))),
                Gap(
                    id="how",
                    choice=ChoiceGap(
                        options=(
                            Option(id="p", text=Text.of(zh="并联", en="in parallel")),
                            Option(id="s", text=Text.of(zh="串联", en="in series")),
                        ),
                        key="p",
                    ),
                ),
                Gap(id="size", text=TextGap(accepted=({"zh": "大", "en": "high"},), patterns=("(very|) large",))),
            ),
        )
        variant: Variant = {"parameters": {"U": "12"}, "gaps": {"how": {"options": ["s", "p"]}}}
        given, every, each = ResponseState.GIVEN, "all_or_nothing", "per_gap"
        cases = (
            ("right", "2 | B | 大", every, given, "1"),
            ("right-with-unit", "2 A; b; very large", each, given, "1"),
            ("right-full-width", "２｜Ｂ｜ｈｉｇｈ", every, given, "1"),
            ("wrong", "3|A|小", every, given, "0"),
            ("partial", "3|B|大", each, given, "2/3"),
            ("partial-is-not-all", "3|B|大", every, given, "0"),
            ("one-blank", "2||大", each, given, "2/3"),
            ("one-doubly-marked", "2|AB|小", each, given, "1/3"),
            ("only-doubly-marked", "|*|", each, ResponseState.MULTIPLE_MARKED, None),
            ("blank", " ", every, ResponseState.BLANK, None),
            ("blank-gaps", " | | ", every, ResponseState.BLANK, None),
            ("one-gap-unreadable", "fast|B|大", each, ResponseState.UNREADABLE, None),
            ("too-few-gaps", "2|B", each, ResponseState.UNREADABLE, None),
        )
        return tuple(
            Sample(name=name, content=content, variant=variant, raw=raw, policy=policy, state=state, share=share)
            for name, raw, policy, state, share in cases
        )


@dataclass(frozen=True, slots=True)
class _OfGap:
    """The choices of one gap, apart from those of every other."""

    draw: Draw
    gap: str

    def below(self, label: str, bound: int) -> int:
        return self.draw.below(f"gap|{self.gap}|{label}", bound)

    def order(self, label: str, ids: Sequence[str]) -> tuple[str, ...]:
        return self.draw.order(f"gap|{self.gap}|{label}", ids)


def _presented(content: GapTextContent, variant: Variant, gap: Gap, label: str) -> PresentedGap:
    kind, own = rule_of(content, gap)
    shown = kind.present(own, variant_of(variant, gap))
    return PresentedGap(label=label, answer_form=shown.answer_form, options=shown.options, unit=shown.unit)


def _blank(gap: PresentedGap) -> str:
    return f"____({gap.label})____" + (f" {gap.unit}" if gap.unit else "")


def _parts(raw: str, count: int) -> list[str]:
    if count == 1:
        return [raw]
    return (BAR if BAR.search(raw) else SEMICOLON).split(raw)


def _mark(content: GapTextContent, variant: Variant, gap: Gap, value: Mapping[str, Json]) -> Mark:
    if value.get(gap.id) is None:
        return Mark(share=Fraction(0), reason=_DOUBLY_MARKED if gap.id in value else _LEFT_BLANK)
    kind, own = rule_of(content, gap)
    return kind.mark(own, variant_of(variant, gap), value[gap.id], "all_or_nothing")
