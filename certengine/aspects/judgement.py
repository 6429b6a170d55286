"""Judgement: each assessor independently gives 0 to 3 against a described level; marks are full marks x mean / 3.

The scale is WorldSkills': 0 below the standard of the trade, 1 meets it, 2 meets it and exceeds it in part, 3 exceeds it
wholly. Judgements further apart than the scheme's spread are given anew before there is a mark; not attempted is as far
from another judgement as nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.aspects.kind import (
    Asked,
    AspectKind,
    Choice,
    EntryRefused,
    EntrySample,
    RuleProblem,
    combine_marks,
)
from certengine.canonical import Json
from certengine.model.scheme import Aspect, PanelRule
from certengine.model.score import AspectScore, Mark
from certengine.model.text import Text
from certengine.model.written_numbers import read_written_number

TOP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementRule:
    """What each level looks like, from 0 to 3."""

    levels: tuple[Text, ...]


class Judgement:
    """The kind ``judgement``."""

    id: ClassVar[str] = "judgement"
    title: ClassVar[Text] = Text.of(zh="评判项", en="Judgement")
    rule_type: ClassVar[type] = JudgementRule
    marks_due: ClassVar[bool] = True

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """Every level is described."""
        rule: JudgementRule = aspect.rule
        if len(rule.levels) != TOP + 1:
            yield RuleProblem(
                code="aspect/judgement-levels",
                message=f"a judgement describes {TOP + 1} levels (0 to {TOP}), this one {len(rule.levels)}",
                path=("levels",),
                hint="describe what 0, 1, 2 and 3 look like at the bench",
            )

    def describe(self, aspect: Aspect) -> Text:
        """The four levels."""
        rule: JudgementRule = aspect.rule
        return Text.of(
            zh="；".join(f"{n}：{level.best('zh')}" for n, level in enumerate(rule.levels)),
            en="; ".join(f"{n}: {level.best('en')}" for n, level in enumerate(rule.levels)),
        )

    def ask(self, aspect: Aspect) -> Asked:
        """One of the levels."""
        rule: JudgementRule = aspect.rule
        choices = tuple(Choice(entry=str(level), said=said) for level, said in enumerate(rule.levels))
        return Asked(what=Text.of(zh="填写 0、1、2 或 3", en="0, 1, 2 or 3"), choices=choices)

    def parse(self, aspect: Aspect, raw: str) -> Json:
        """0, 1, 2 or 3."""
        number = read_written_number(raw)
        if number.value not in {Decimal(n) for n in range(TOP + 1)} or number.unit:
            raise EntryRefused(f"a judgement of 0, 1, 2 or {TOP} is due, given: `{raw}`")
        return int(number.value or 0)

    def mark(self, aspect: Aspect, value: Json) -> Mark:
        """One assessor's share: the judgement over 3."""
        given = int(str(value))
        rule: JudgementRule = aspect.rule
        level = rule.levels[given]
        return Mark(
            share=Fraction(given, TOP),
            reason=Text.of(zh=f"{given}/{TOP}：{level.best('zh')}", en=f"{given}/{TOP}: {level.best('en')}"),
        )

    def combine(self, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
        """The mean of the panel, once no two judgements are further apart than the spread."""
        kind: AspectKind = self
        # The rule of the scale is the mean, whatever the scheme does with measured marks.
        score = combine_marks(kind, aspect, values, replace(panel, combine="mean"))
        # What counts as nothing in the mean counts as nothing in the spread: nobody takes marks away as not attempted
        # that the others gave.
        given = [0 if value is None else int(str(value)) for value in values.values()]
        if given and max(given) - min(given) > panel.judgement_spread:
            shown = "/".join("NA" if value is None else str(value) for _, value in sorted(values.items()))
            return replace(
                score,
                open=Text.of(
                    zh=f"{aspect.id} 评判 {shown} 相差超过 {panel.judgement_spread}，须讨论后重评",
                    en=f"{aspect.id}: judgements {shown} differ by more than {panel.judgement_spread}, "
                    "discuss and judge anew",
                ),
            )
        return score

    def samples(self) -> tuple[EntrySample, ...]:
        """Bottom, middle and top; 4, a half and a word are refused."""
        aspect = Aspect(
            id="J1",
            kind=self.id,
            title=Text.of(zh="界面清晰", en="HMI clarity"),
            marks=Decimal(6),
            rule=JudgementRule(
                levels=tuple(
                    Text.of(zh=zh, en=en)
                    for zh, en in (("差", "poor"), ("合格", "meets"), ("好", "good"), ("优", "best"))
                )
            ),
        )
        cases = (
            ("bottom", "0", "0"),
            ("middle", "2", "4"),
            ("top", "３", "6"),
            ("beyond", "4", None),
            ("half", "1.5", None),
            ("word", "good", None),
        )
        return tuple(EntrySample(name=name, aspect=aspect, raw=raw, marks=marks) for name, raw, marks in cases)
