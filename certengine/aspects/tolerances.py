"""Ways in which a measured value earns marks by its distance from a limit: in steps, along a line, or within two limits.

Each compares what the measurement compares - the value, or with ``nominal`` its deviation - and gives marks from nothing
to the aspect's full marks, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from certengine.aspects.kind import RuleProblem
from certengine.canonical import decimal_text
from certengine.model.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Where marks end, on each side on which they do.

    Attributes:
        least: below it nothing is earned.
        most: above it nothing is earned.
        full: from here up all is earned, where marks end below alone.
    """

    least: Decimal | None = None
    most: Decimal | None = None
    full: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Marks off for each step beyond a limit (每超差 0.01 扣 1 分).

    Attributes:
        limit: up to here, itself included, nothing is taken off.
        per: the size of a step, in the unit of the measurement.
        marks: taken off for each step, never below nothing.
        beyond: on which side of the limit marks go; ``above`` when left out.
        count: whether a step counts as soon as it is begun (when left out) or only when it is whole.
    """

    limit: Decimal
    per: Decimal
    marks: Decimal
    beyond: Literal["above", "below"] | None = None
    count: Literal["begun", "whole"] | None = None

    def marks_of(self, compared: Decimal, full: Decimal) -> Fraction:
        """What is left of the full marks."""
        over = Fraction(compared) - Fraction(self.limit)
        if self.beyond == "below":
            over = -over
        steps = over / Fraction(self.per)
        counted = floor(steps) if self.count == "whole" else ceil(steps)
        return max(Fraction(0), Fraction(full) - Fraction(self.marks) * max(0, counted))

    def edges(self, full: Decimal) -> Edges:
        """As many steps away as take off everything."""
        all_off = self.per * ceil(Fraction(full) / Fraction(self.marks))
        if self.beyond == "below":
            return Edges(least=self.limit - all_off, full=self.limit)
        return Edges(most=self.limit + all_off)

    def check(self, full: Decimal) -> Iterator[RuleProblem]:
        """A step has a size and takes something off, and not more than there is."""
        if self.per <= 0:
            yield RuleProblem(
                code="aspect/step-size",
                message=f"a step is more than 0, this one {decimal_text(self.per)}",
                path=("steps", "per"),
                hint="write for example `per: 0.01`",
            )
        if not 0 < self.marks <= full:
            yield RuleProblem(
                code="aspect/step-marks",
                message=f"a step takes off more than 0 and at most {decimal_text(full)} marks, "
                f"this one {decimal_text(self.marks)}",
                path=("steps", "marks"),
                hint="correct the step's marks or the aspect's",
            )

    def describe(self, what: Text, unit: str, full: Decimal) -> Text:
        """The limit, the step and what it costs."""
        sign, zh, en = ("≥", "低", "under") if self.beyond == "below" else ("≤", "超", "over")
        limit, per = f"{decimal_text(self.limit)}{unit}", f"{decimal_text(self.per)}{unit}"
        off, all_marks = decimal_text(self.marks), decimal_text(full)
        begun_zh, begun_en = ("满", "whole ") if self.count == "whole" else ("", "")
        return Text.of(
            zh=f"{what.best('zh')} {sign} {limit} 得 {all_marks} 分；每{zh}{begun_zh} {per} 扣 {off} 分，扣完为止",
            en=f"{what.best('en')} {sign} {limit}: {all_marks}; −{off} for each {begun_en}{per} {en}, down to 0",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Marks in proportion between two values; beyond them none or all. Either may be the greater.

    Attributes:
        none_at: here, and further from ``full_at``, nothing is earned.
        full_at: here, and further from ``none_at``, full marks are.
    """

    none_at: Decimal
    full_at: Decimal

    def marks_of(self, compared: Decimal, full: Decimal) -> Fraction:
        """The share of the way, held between nothing and all."""
        way = Fraction(self.full_at) - Fraction(self.none_at)
        share = (Fraction(compared) - Fraction(self.none_at)) / way
        return Fraction(full) * min(Fraction(1), max(Fraction(0), share))

    def edges(self, full: Decimal) -> Edges:
        """The end that earns nothing."""
        if self.none_at > self.full_at:
            return Edges(most=self.none_at)
        return Edges(least=self.none_at, full=self.full_at)

    def check(self, full: Decimal) -> Iterator[RuleProblem]:
        """The two ends differ."""
        if self.none_at == self.full_at:
            yield RuleProblem(
                code="aspect/line-ends",
                message=f"a line runs between two values, both ends are {decimal_text(self.full_at)}",
                path=("line",),
                hint="give `none_at` and `full_at` different values",
            )

    def describe(self, what: Text, unit: str, full: Decimal) -> Text:
        """Both ends."""
        none, all_at = f"{decimal_text(self.none_at)}{unit}", f"{decimal_text(self.full_at)}{unit}"
        marks = decimal_text(full)
        return Text.of(
            zh=f"{what.best('zh')} {none} 得 0 分，{all_at} 得 {marks} 分，其间按比例",
            en=f"{what.best('en')} {none}: 0, {all_at}: {marks}, in proportion between",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All or nothing: full marks within the limits, bounds included (合格得分，超差不得分)."""

    at_least: Decimal | None = None
    at_most: Decimal | None = None

    def marks_of(self, compared: Decimal, full: Decimal) -> Fraction:
        """All or nothing."""
        above = self.at_least is None or compared >= self.at_least
        below = self.at_most is None or compared <= self.at_most
        return Fraction(full) if above and below else Fraction(0)

    def edges(self, full: Decimal) -> Edges:
        """Both limits."""
        return Edges(least=self.at_least, most=self.at_most, full=self.at_least)

    def check(self, full: Decimal) -> Iterator[RuleProblem]:
        """At least one limit, in order."""
        if self.at_least is None and self.at_most is None:
            yield RuleProblem(
                code="aspect/limits",
                message="limits have `at_least`, `at_most` or both",
                path=("limits",),
                hint="write for example `limits: {at_least: 24.98, at_most: 25.00}`",
            )
        elif self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            yield RuleProblem(
                code="aspect/limits",
                message=f"no value lies between {decimal_text(self.at_least)} and {decimal_text(self.at_most)}",
                path=("limits",),
                hint="write the lesser value as `at_least`",
            )

    def describe(self, what: Text, unit: str, full: Decimal) -> Text:
        """The limits."""
        marks = decimal_text(full)
        least = "" if self.at_least is None else f"≥ {decimal_text(self.at_least)}{unit}"
        most = "" if self.at_most is None else f"≤ {decimal_text(self.at_most)}{unit}"
        bounds_zh, bounds_en = (joint.join(part for part in (least, most) if part) for joint in ("且 ", " and "))
        return Text.of(
            zh=f"{what.best('zh')} {bounds_zh} 得 {marks} 分，否则不得分",
            en=f"{what.best('en')} {bounds_en}: {marks}, else 0",
        )


Way = Steps | Line | Limits
