"""Measurement: a measured value earns marks by bands, in steps, along a line or within limits; or a count for each.

With ``nominal`` the deviation ``|value - nominal|`` is compared, else the value itself. The first band that fits wins,
bounds included; no band that fits earns nothing. The rule in words names the nominal value: whoever enters a deviation
where a reading is due would earn nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.aspects.doubts import doubt_of
from certengine.aspects.kind import (
    Asked,
    AspectKind,
    Choice,
    EntryRefused,
    EntrySample,
    RuleProblem,
    combine_marks,
    marks_text,
)
from certengine.aspects.tolerances import Edges, Limits, Line, Steps, Way
from certengine.canonical import Json, decimal_text
from certengine.model.scheme import Aspect, PanelRule
from certengine.model.score import AspectScore, Mark
from certengine.model.text import Text
from certengine.model.written_numbers import normal_unit, read_written_number

_MET = {"yes": 1, "√": 1, "✓": 1, "是": 1, "no": 0, "×": 0, "✗": 0, "否": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A tolerance band: exactly one bound, and the marks inside it."""

    at_most: Decimal | None = None
    at_least: Decimal | None = None
    marks: Decimal

    def holds(self, compared: Decimal) -> bool:
        """Whether a compared value lies in the band, bound included."""
        if self.at_most is not None:
            return compared <= self.at_most
        return self.at_least is not None and compared >= self.at_least


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementRule:
    """How a measured value or a count earns marks: exactly one of ``bands``, ``marks_each``, ``steps``, ``line``, ``limits``."""

    unit: str = ""
    nominal: Decimal | None = None
    bands: tuple[Band, ...] = ()
    marks_each: Decimal | None = None
    steps: Steps | None = None
    line: Line | None = None
    limits: Limits | None = None

    @property
    def way(self) -> Way | None:
        """The way other than by bands or counting."""
        return self.steps or self.line or self.limits


class Measurement:
    """The kind ``measurement``."""

    id: ClassVar[str] = "measurement"
    title: ClassVar[Text] = Text.of(zh="测量项", en="Measurement")
    rule_type: ClassVar[type] = MeasurementRule
    marks_due: ClassVar[bool] = True

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """One way of marking, bands with one bound each and marks within the aspect's."""
        rule: MeasurementRule = aspect.rule
        ways = (rule.bands or None, rule.marks_each, rule.steps, rule.line, rule.limits)
        if sum(way is not None for way in ways) != 1:
            yield RuleProblem(
                code="aspect/measurement-rule",
                message="a measurement has exactly one of `bands`, `marks_each`, `steps`, `line` and `limits`",
                hint="write for example `bands: [{at_most: 0.05, marks: 4}]`",
            )
        if rule.way is not None:
            yield from rule.way.check(aspect.marks)
        if rule.marks_each is not None and not 0 < rule.marks_each <= aspect.marks:
            yield RuleProblem(
                code="aspect/marks-each",
                message=f"each earns more than 0 and at most {decimal_text(aspect.marks)} marks, "
                f"this one {decimal_text(rule.marks_each)}",
                path=("marks_each",),
                hint="correct `marks_each` or the aspect's marks",
            )
        for index, band in enumerate(rule.bands):
            if (band.at_most is None) == (band.at_least is None):
                yield RuleProblem(
                    code="aspect/band-bound",
                    message="a band has exactly one of `at_most` and `at_least`",
                    path=("bands", index),
                    hint="keep one bound",
                )
            if not 0 <= band.marks <= aspect.marks:
                yield RuleProblem(
                    code="aspect/band-marks",
                    message=f"a band earns 0 to {decimal_text(aspect.marks)} marks, this one {decimal_text(band.marks)}",
                    path=("bands", index, "marks"),
                    hint="correct the band or the aspect's marks",
                )

    def describe(self, aspect: Aspect) -> Text:
        """The bands in words."""
        rule: MeasurementRule = aspect.rule
        unit = f" {rule.unit}" if rule.unit else ""
        if rule.marks_each is not None:
            each = decimal_text(rule.marks_each)
            return Text.of(zh=f"每个 {each} 分", en=f"{each} for each")
        if _is_yes_no(rule):
            marks = decimal_text(rule.bands[0].marks)
            return Text.of(zh=f"达到（1）得 {marks} 分，未达到（0）不得分", en=f"met (1): {marks}; not met (0): 0")
        what_zh, what_en = "值", "value"
        if rule.nominal is not None:
            less = (
                f" {'+' if rule.nominal < 0 else '−'} {decimal_text(abs(rule.nominal))}{unit}" if rule.nominal else ""
            )
            what_zh, what_en = f"|测量值{less}|", f"|reading{less}|"
        if rule.way is not None:
            return rule.way.describe(Text.of(zh=what_zh, en=what_en), unit, aspect.marks)
        bands = [
            (f"{'≤' if band.at_most is not None else '≥'} {_bound(band)}{unit}", decimal_text(band.marks))
            for band in rule.bands
        ]
        return Text.of(
            zh=what_zh + " " + "；".join(f"{bound} 得 {marks} 分" for bound, marks in bands) + "；否则不得分",
            en=what_en + " " + "; ".join(f"{bound}: {marks}" for bound, marks in bands) + "; else 0",
        )

    def ask(self, aspect: Aspect) -> Asked:
        """A number, a count, or whether it is met."""
        rule: MeasurementRule = aspect.rule
        what = Text.of(zh="填写测量值（数字，不写单位）", en="the measured value, a number without its unit")
        if _is_yes_no(rule):
            met, not_met = Text.of(zh="达到", en="met"), Text.of(zh="未达到", en="not met")
            choices = (Choice(entry="1", said=met), Choice(entry="0", said=not_met))
            return Asked(what=what, number="any", choices=choices, yes_no=True)
        if rule.marks_each is not None:
            return Asked(what=Text.of(zh="填写个数", en="how many"), number="whole", most=_most(aspect))
        return Asked(what=what, unit=rule.unit, number="any")

    def parse(self, aspect: Aspect, raw: str) -> Json:
        """A written number, with or without the aspect's unit; a count is whole and not negative."""
        rule: MeasurementRule = aspect.rule
        if _is_yes_no(rule) and raw.strip().casefold() in _MET:
            return str(_MET[raw.strip().casefold()])
        number = read_written_number(raw)
        if number.value is None:
            raise EntryRefused(f"`{raw}` is not read as a number: {number.why}")
        if number.unit and number.unit != normal_unit(rule.unit):
            raise EntryRefused(f"the unit is `{rule.unit or 'none'}`, given: `{number.unit}`")
        if _is_yes_no(rule) and number.value not in {0, 1}:
            raise EntryRefused(f"1 (met) or 0 (not met) is due, given: {decimal_text(number.value)}")
        if rule.marks_each is not None:
            most = _most(aspect)
            if number.value != int(number.value) or not 0 <= number.value <= most:
                shown = decimal_text(number.value)
                raise EntryRefused(f"a count from 0 to {decimal_text(most)} is due, given: {shown}")
        return decimal_text(number.value)

    def mark(self, aspect: Aspect, value: Json) -> Mark:
        """By band, by count, or by distance from a limit."""
        rule: MeasurementRule = aspect.rule
        measured = Decimal(str(value))
        compared = measured if rule.nominal is None else abs(measured - rule.nominal)
        if rule.marks_each is not None:
            marks = Fraction(min(aspect.marks, measured * rule.marks_each))
        elif rule.way is not None:
            marks = rule.way.marks_of(compared, aspect.marks)
        else:
            marks = Fraction(next((band.marks for band in rule.bands if band.holds(compared)), Decimal(0)))
        shown = f"{decimal_text(measured)}{' ' + rule.unit if rule.unit else ''} → {marks_text(marks)}"
        return Mark(share=marks / Fraction(aspect.marks), reason=Text.of(zh=shown, en=shown))

    def doubt(self, aspect: Aspect, value: Json) -> Text | None:
        """Far from every limit, or on the wrong side of nothing: a slip of the point, of the unit, of the row."""
        rule: MeasurementRule = aspect.rule
        if rule.marks_each is not None or _is_yes_no(rule) or value is None:
            return None
        edges = rule.way.edges(aspect.marks) if rule.way is not None else _edges(rule.bands)
        return doubt_of(Decimal(str(value)), edges, unit=rule.unit, nominal=rule.nominal)

    def combine(self, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
        """The panel's marks as one."""
        kind: AspectKind = self
        return combine_marks(kind, aspect, values, panel)

    def samples(self) -> tuple[EntrySample, ...]:
        """In each band, at its bound, outside, with another unit; and counts."""
        banded = Aspect(
            id="M1",
            kind=self.id,
            title=Text.of(zh="定位 100 mm", en="Position 100 mm"),
            marks=Decimal(4),
            rule=MeasurementRule(
                unit="mm",
                nominal=Decimal(100),
                bands=(
                    Band(at_most=Decimal("0.05"), marks=Decimal(4)),
                    Band(at_most=Decimal("0.10"), marks=Decimal(2)),
                ),
            ),
        )
        counted = Aspect(
            id="M6",
            kind=self.id,
            title=Text.of(zh="I/O 点", en="I/O points"),
            marks=Decimal(8),
            rule=MeasurementRule(marks_each=Decimal("0.5")),
        )
        binary = Aspect(
            id="M7",
            kind=self.id,
            title=Text.of(zh="急停后轴停止", en="E-stop stops the axis"),
            marks=Decimal(3),
            rule=MeasurementRule(bands=(Band(at_least=Decimal(1), marks=Decimal(3)),)),
        )
        stepped = replace(banded, rule=replace(banded.rule, bands=(), steps=_STEPS))
        lined = replace(banded, rule=MeasurementRule(line=Line(none_at=Decimal("0.8"), full_at=Decimal(1))))
        limited = replace(banded, rule=MeasurementRule(unit="mm", limits=_LIMITS))
        cases = (
            ("within", stepped, "100.05", "4"),
            ("step-begun", stepped, "100.051", "3"),
            ("steps-beyond", stepped, "99.88", "0"),
            ("line-middle", lined, "0.9", "2"),
            ("line-beyond", lined, "1.2", "4"),
            ("in-limits", limited, "24.98", "4"),
            ("out-of-limits", limited, "25.01", "0"),
            ("met", binary, "1", "3"),
            ("met-ticked", binary, "√", "3"),
            ("not-met", binary, "no", "0"),
            ("neither", binary, "2", None),
            ("inside", banded, "100.03", "4"),
            ("bound", banded, "99.95 mm", "4"),
            ("second-band", banded, "100,1", "2"),
            ("outside", banded, "100.11", "0"),
            ("other-unit", banded, "10 cm", None),
            ("word", banded, "good", None),
            ("count", counted, "15", "7.5"),
            ("count-beyond", counted, "17", None),
            ("count-part", counted, "1.5", None),
        )
        return tuple(EntrySample(name=n, aspect=a, raw=raw, marks=marks) for n, a, raw, marks in cases)


_STEPS = Steps(limit=Decimal("0.05"), per=Decimal("0.01"), marks=Decimal(1))
_LIMITS = Limits(at_least=Decimal("24.98"), at_most=Decimal("25.00"))


def _most(aspect: Aspect) -> Decimal:
    """How many of a count full marks allow: whole ones."""
    rule: MeasurementRule = aspect.rule
    return aspect.marks // rule.marks_each if rule.marks_each else Decimal(0)


def _is_yes_no(rule: MeasurementRule) -> bool:
    """Whether the rule is binary: no unit, no nominal, one band from 1 up."""
    return not rule.unit and rule.nominal is None and len(rule.bands) == 1 and rule.bands[0].at_least == 1


def _edges(bands: Sequence[Band]) -> Edges:
    """The widest bound on each side, and on the lower one the narrowest too."""
    most = [band.at_most for band in bands if band.at_most is not None]
    least = [band.at_least for band in bands if band.at_least is not None]
    return Edges(least=min(least, default=None), most=max(most, default=None), full=max(least, default=None))


def _bound(band: Band) -> str:
    bound = band.at_most if band.at_most is not None else band.at_least
    return decimal_text(bound) if bound is not None else ""
