"""Time: minutes worked beyond the candidate's own allowed time cost marks, after a grace, until work is stopped.

The entry is the minutes over, not the minutes worked: a candidate with extra time has another allowed time than the task
says, and whoever stands at the bench knows it. With marks of its own the aspect loses them down to nothing; with none
(``marks: 0``) the penalty comes off the task's total. Nobody works beyond the stop, so a longer time is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import ClassVar

from certengine.aspects.kind import Asked, EntryRefused, EntrySample, RuleProblem, joined_marks, marks_text
from certengine.canonical import Json, decimal_text
from certengine.model.scheme import Aspect, PanelRule
from certengine.model.score import AspectScore, Mark
from certengine.model.text import Text
from certengine.model.written_numbers import plain_width, read_written_number

_MINUTES = frozenset({"", "min", "分钟", "分"})
_CLOCK = re.compile(r"(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRule:
    """What working on costs.

    Attributes:
        per_minute: marks off for each minute begun after the grace.
        stop: minutes over at which work ends.
        grace: minutes over that cost nothing; none when left out.
    """

    per_minute: Decimal
    stop: Decimal
    grace: Decimal | None = None


class Overtime:
    """The kind ``time``."""

    id: ClassVar[str] = "time"
    title: ClassVar[Text] = Text.of(zh="时间项", en="Time")
    rule_type: ClassVar[type] = TimeRule
    marks_due: ClassVar[bool] = False

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """A minute costs something, and work stops after the grace."""
        rule: TimeRule = aspect.rule
        if rule.per_minute <= 0 or aspect.marks < 0:
            yield RuleProblem(
                code="aspect/per-minute",
                message=f"a minute over takes off more than 0, this one {decimal_text(rule.per_minute)}",
                path=("per_minute",),
                hint="write for example `per_minute: 1`; `marks` are 0 or more",
            )
        if not 0 <= (rule.grace or 0) < rule.stop:
            yield RuleProblem(
                code="aspect/time-stop",
                message=f"work stops after the grace, this one at {decimal_text(rule.stop)} minutes over",
                path=("stop",),
                hint="write for example `grace: 1` and `stop: 10`",
            )

    def describe(self, aspect: Aspect) -> Text:
        """Grace, price and stop."""
        rule: TimeRule = aspect.rule
        grace, each = decimal_text(rule.grace or Decimal(0)), decimal_text(rule.per_minute)
        stop = decimal_text(rule.stop)
        free_zh, free_en = (f"超时 {grace} 分钟内不扣；此后", f"up to {grace} min over: nothing off; then ")
        whole_zh, whole_en = ("" if aspect.marks else "总分中", "" if aspect.marks else " off the total")
        return Text.of(
            zh=f"{free_zh if rule.grace else ''}每超 1 分钟（不足计 1）{whole_zh}扣 {each} 分；超时 {stop} 分钟停止操作",
            en=f"{free_en if rule.grace else ''}−{each}{whole_en} for each minute begun; work stops {stop} min over",
        )

    def ask(self, aspect: Aspect) -> Asked:
        """The minutes over."""
        rule: TimeRule = aspect.rule
        what = Text.of(
            zh="填写超时分钟数（未超时填 0）", en="minutes over the candidate's allowed time, 0 when in time"
        )
        return Asked(what=what, unit="min", number="any", most=rule.stop)

    def parse(self, aspect: Aspect, raw: str) -> Json:
        """Minutes, or minutes and seconds as ``3:20``; from 0 to the stop."""
        rule: TimeRule = aspect.rule
        number = read_written_number(raw)
        clock = _CLOCK.fullmatch(plain_width(raw).strip())
        if clock is not None:
            over = Fraction(int(clock["minutes"]) * 60 + int(clock["seconds"]), 60)
        elif number.value is None or number.unit not in _MINUTES:
            raise EntryRefused(f"minutes over the allowed time are due, given: `{raw}`")
        else:
            over = Fraction(number.value)
        if not 0 <= over <= Fraction(rule.stop):
            raise EntryRefused(
                f"0 to {decimal_text(rule.stop)} minutes over are due, as work stops then, given: `{raw}`"
            )
        if clock is not None:
            return clock[0]
        assert number.value is not None
        return decimal_text(number.value)

    def mark(self, aspect: Aspect, value: Json) -> Mark:
        """What is left of the aspect's own marks."""
        off = _penalty(aspect, value)
        left = max(Fraction(0), Fraction(aspect.marks) - off)
        shown = marks_text(off)
        return Mark(
            share=left / Fraction(aspect.marks) if aspect.marks else Fraction(0),
            reason=Text.of(zh=f"超时 {value} 分钟，扣 {shown} 分", en=f"{value} min over, {shown} off"),
        )

    def combine(self, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
        """The panel's marks as one; below nothing where the penalty comes off the total."""
        marks = {}
        for assessor, value in sorted(values.items()):
            left = Fraction(aspect.marks) - _penalty(aspect, value)
            marks[assessor] = max(Fraction(0), left) if aspect.marks else left
        return joined_marks(aspect, values, marks, panel)

    def samples(self) -> tuple[EntrySample, ...]:
        """In time, within the grace, over it, at the stop; beyond the stop and a word are refused."""
        rule = TimeRule(per_minute=Decimal(1), stop=Decimal(10), grace=Decimal(1))
        title = Text.of(zh="操作时间", en="Time")
        aspect = Aspect(id="T1", kind=self.id, title=title, marks=Decimal(5), rule=rule)
        whole = replace(aspect, marks=Decimal(0), rule=replace(rule, grace=None))
        cases = (
            ("in-time", aspect, "0", "5"),
            ("grace", aspect, "1 min", "5"),
            ("over", aspect, "2.5", "3"),
            ("seconds", aspect, "1:01", "4"),
            ("all", aspect, "１０", "0"),
            ("of-the-total", whole, "3", "0"),
            ("beyond-the-stop", aspect, "11", None),
            ("early", aspect, "-2", None),
            ("word", aspect, "late", None),
            ("hours", aspect, "1 h", None),
        )
        return tuple(EntrySample(name=n, aspect=a, raw=raw, marks=marks) for n, a, raw, marks in cases)


def _penalty(aspect: Aspect, value: Json) -> Fraction:
    """Marks off for an entry; where nothing was attempted the aspect's own marks are not earned."""
    rule: TimeRule = aspect.rule
    if value is None:
        return Fraction(aspect.marks)
    minutes, _, seconds = str(value).partition(":")
    over = Fraction(minutes) + Fraction(int(seconds or 0), 60) - Fraction(rule.grace or Decimal(0))
    return Fraction(rule.per_minute) * max(0, ceil(over))
