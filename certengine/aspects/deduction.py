"""Deduction: faults are counted, each takes marks off, never below zero inside the aspect (本配分扣完为止).

With ``cap`` no more than so much is taken off however many faults there are; with ``floor`` so much stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.aspects.kind import Asked, AspectKind, EntryRefused, EntrySample, RuleProblem, combine_marks
from certengine.canonical import Json, decimal_text
from certengine.model.scheme import Aspect, PanelRule
from certengine.model.score import AspectScore, Mark
from certengine.model.text import Text
from certengine.model.written_numbers import read_written_number

MAX_FAULTS = 999
MANY = 3
"""So many times the faults that take off everything are looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionRule:
    """Marks taken off for each fault, and what counts as one.

    Attributes:
        cap: the most marks that are taken off; all of them when left out.
        floor: the marks that stay in any case; none when left out.
    """

    per_fault: Decimal
    faults: Text
    cap: Decimal | None = None
    floor: Decimal | None = None


class Deduction:
    """The kind ``deduction``."""

    id: ClassVar[str] = "deduction"
    title: ClassVar[Text] = Text.of(zh="扣分项", en="Deduction")
    rule_type: ClassVar[type] = DeductionRule
    marks_due: ClassVar[bool] = True

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """A fault takes something off, and not more than there is."""
        rule: DeductionRule = aspect.rule
        if not 0 < rule.per_fault <= aspect.marks:
            yield RuleProblem(
                code="aspect/per-fault",
                message=f"a fault takes off more than 0 and at most {decimal_text(aspect.marks)} marks, "
                f"this one {decimal_text(rule.per_fault)}",
                path=("per_fault",),
                hint="correct `per_fault` or the aspect's marks",
            )
        if rule.cap is not None and not rule.per_fault <= rule.cap <= aspect.marks:
            yield RuleProblem(
                code="aspect/cap",
                message=f"a cap is a fault's marks at least and the aspect's at most, this one {decimal_text(rule.cap)}",
                path=("cap",),
                hint="leave it out where all marks may be taken off",
            )
        if rule.floor is not None and not 0 <= rule.floor < aspect.marks:
            yield RuleProblem(
                code="aspect/floor",
                message=f"a floor lies below the aspect's {decimal_text(aspect.marks)} marks, "
                f"this one {decimal_text(rule.floor)}",
                path=("floor",),
                hint="leave it out where nothing need stay",
            )

    def describe(self, aspect: Aspect) -> Text:
        """Marks off per fault, and the floor."""
        rule: DeductionRule = aspect.rule
        each, least = decimal_text(rule.per_fault), _least(aspect)
        zh, en = "扣完为止", "down to 0"
        if least:
            zh, en = f"最多扣 {decimal_text(aspect.marks - least)} 分", f"down to {decimal_text(least)}"
        return Text.of(
            zh=f"{rule.faults.best('zh')}，每处扣 {each} 分，{zh}",
            en=f"{rule.faults.best('en')}: −{each} each, {en}",
        )

    def ask(self, aspect: Aspect) -> Asked:
        """How many faults."""
        what = Text.of(zh="填写缺陷数（0、1、2……）", en="how many faults: 0, 1, 2 …")
        return Asked(what=what, number="whole", most=Decimal(MAX_FAULTS))

    def parse(self, aspect: Aspect, raw: str) -> Json:
        """A whole number of faults."""
        number = read_written_number(raw)
        if number.value is None or number.unit or number.value != int(number.value):
            raise EntryRefused(f"a whole number of faults is due, given: `{raw}`")
        if not 0 <= number.value <= MAX_FAULTS:
            raise EntryRefused(f"0 to {MAX_FAULTS} faults are due, given: {decimal_text(number.value)}")
        return int(number.value)

    def mark(self, aspect: Aspect, value: Json) -> Mark:
        """Full marks less the deductions, down to what stays in any case."""
        rule: DeductionRule = aspect.rule
        off = rule.per_fault * int(str(value))
        earned = max(_least(aspect), aspect.marks - off)
        taken = decimal_text(aspect.marks - earned)
        return Mark(
            share=Fraction(earned) / Fraction(aspect.marks),
            reason=Text.of(zh=f"{value} 处，扣 {taken} 分", en=f"{value} faults, {taken} off"),
        )

    def doubt(self, aspect: Aspect, value: Json) -> Text | None:
        """Far more faults than it takes to lose everything that can be lost."""
        rule: DeductionRule = aspect.rule
        if value is None or int(str(value)) * rule.per_fault <= MANY * (aspect.marks - _least(aspect)):
            return None
        return Text.of(
            zh=f"{value} 处，超过扣完所需处数的 {MANY} 倍",
            en=f"{value} faults: more than {MANY} times what takes off all there is",
        )

    def combine(self, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
        """The panel's marks as one."""
        kind: AspectKind = self
        return combine_marks(kind, aspect, values, panel)

    def samples(self) -> tuple[EntrySample, ...]:
        """No fault, some, more than there are marks; a part of a fault and a negative number are refused."""
        aspect = Aspect(
            id="D1",
            kind=self.id,
            title=Text.of(zh="接线工艺", en="Wiring workmanship"),
            marks=Decimal(12),
            rule=DeductionRule(per_fault=Decimal(2), faults=Text.of(zh="接线缺陷", en="wiring faults")),
        )
        cases = (
            ("none", "0", "12"),
            ("some", "３", "6"),
            ("floor", "9", "0"),
            ("part", "1.5", None),
            ("minus", "-1", None),
        )
        capped, kept = (
            replace(aspect, rule=replace(aspect.rule, **change))
            for change in ({"cap": Decimal(5)}, {"floor": Decimal(2)})
        )
        return (
            *(EntrySample(name=name, aspect=aspect, raw=raw, marks=marks) for name, raw, marks in cases),
            EntrySample(name="capped", aspect=capped, raw="9", marks="7"),
            EntrySample(name="kept", aspect=kept, raw="9", marks="2"),
        )


def _least(aspect: Aspect) -> Decimal:
    """What stays however many faults there are."""
    rule: DeductionRule = aspect.rule
    uncapped = Decimal(0) if rule.cap is None else aspect.marks - rule.cap
    return max(uncapped, rule.floor or Decimal(0))
