"""Checklist: named points, each done or not; what is done earns its marks.

An entry is the letters of the points done, ``acd``, or ``all``, or ``none``. Letters, since a number could be the point of
that number or so many points; twelve at most, so that no entry can be read as ``no`` or as ``NA``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.aspects.kind import Asked, AspectKind, EntryRefused, EntrySample, RuleProblem, combine_marks
from certengine.canonical import Json, decimal_text
from certengine.model.scheme import Aspect, PanelRule
from certengine.model.score import AspectScore, Mark
from certengine.model.text import Text

LETTERS = "abcdefghijkl"
_ALL = frozenset({"all", "yes", "全部"})
_NONE = frozenset({"none", "no", "0", "无"})
_BETWEEN = str.maketrans("", "", " ,;、，；")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a list.

    Attributes:
        marks: what it earns; when left out, the points share the aspect's marks alike.
    """

    text: Text
    marks: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistRule:
    """What is to be done."""

    points: tuple[Point, ...]


class Checklist:
    """The kind ``checklist``."""

    id: ClassVar[str] = "checklist"
    title: ClassVar[Text] = Text.of(zh="检查项", en="Checklist")
    rule_type: ClassVar[type] = ChecklistRule
    marks_due: ClassVar[bool] = True

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """Some points and not too many; either all of them have marks, that add up, or none has."""
        points = _points(aspect)
        if not 2 <= len(points) <= len(LETTERS):
            yield RuleProblem(
                code="aspect/points",
                message=f"a checklist has 2 to {len(LETTERS)} points, this one {len(points)}",
                path=("points",),
                hint="make one point a measurement from 0 to 1, or a long list two aspects",
            )
        given = [point.marks for point in points if point.marks is not None]
        total = sum(given, Decimal(0))
        uneven = len(given) != len(points) or total != aspect.marks or min(given) <= 0
        if given and uneven:
            yield RuleProblem(
                code="aspect/point-marks",
                message=f"the points have {decimal_text(total)} marks together, the aspect {decimal_text(aspect.marks)}",
                path=("points",),
                hint="give every point marks above 0 that add up, or none of them",
            )

    def describe(self, aspect: Aspect) -> Text:
        """Each point with its letter and marks."""
        full = Fraction(aspect.marks)
        said = [(LETTERS[n], point.text, _shown(_worth(aspect, n) * full)) for n, point in enumerate(_points(aspect))]
        return Text.of(
            zh="；".join(f"{letter} {text.best('zh')}（{marks} 分）" for letter, text, marks in said),
            en="; ".join(f"{letter} {text.best('en')} ({marks})" for letter, text, marks in said),
        )

    def ask(self, aspect: Aspect) -> Asked:
        """Which points were done."""
        what = Text.of(
            zh="填写已完成各点的字母，如 acd；全部填 all，全无填 none",
            en="the letters of the points done, such as acd; all; none",
        )
        return Asked(what=what, points=tuple(point.text for point in _points(aspect)))

    def parse(self, aspect: Aspect, raw: str) -> Json:
        """The letters of the points done, in order."""
        text = unicodedata.normalize("NFKC", raw).strip().casefold()
        letters = LETTERS[: len(_points(aspect))]
        if text in _ALL:
            return letters
        if text in _NONE:
            return ""
        named = text.translate(_BETWEEN)
        if not named or set(named) - set(letters) or len(set(named)) != len(named):
            raise EntryRefused(
                f"the letters of the points done are due, each once, of `{letters}`, or all, or none, given: `{raw}`"
            )
        return "".join(sorted(named))

    def mark(self, aspect: Aspect, value: Json) -> Mark:
        """What the points done are worth."""
        done = str(value)
        share = sum((_worth(aspect, LETTERS.index(letter)) for letter in done), Fraction(0))
        count, of = len(done), len(_points(aspect))
        return Mark(
            share=share,
            reason=Text.of(zh=f"完成 {count}/{of} 点：{done or '无'}", en=f"{count} of {of} points: {done or 'none'}"),
        )

    def combine(self, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
        """The panel's marks as one."""
        kind: AspectKind = self
        return combine_marks(kind, aspect, values, panel)

    def samples(self) -> tuple[EntrySample, ...]:
        """Some, all and none; points of different worth; a number and an unknown letter are refused."""
        words = (("切断电源", "isolate"), ("上锁挂牌", "lock and tag"), ("验电", "prove dead"))
        texts = tuple(Text.of(zh=zh, en=en) for zh, en in words)
        alike = tuple(Point(text=text) for text in texts)
        weighed = tuple(Point(text=text, marks=Decimal(n)) for text, n in zip(texts, (1, 1, 4), strict=True))
        title = Text.of(zh="断电步骤", en="Isolation steps")
        even, uneven = (
            Aspect(id="C1", kind=self.id, title=title, marks=Decimal(6), rule=ChecklistRule(points=points))
            for points in (alike, weighed)
        )
        cases = (
            ("some", even, "ac", "4"),
            ("listed", even, "Ｃ、A", "4"),
            ("all", even, "all", "6"),
            ("none", even, "无", "0"),
            ("weighed", uneven, "c", "4"),
            ("number", even, "2", None),
            ("twice", even, "aa", None),
            ("unknown", even, "ad", None),
        )
        return tuple(EntrySample(name=n, aspect=a, raw=raw, marks=marks) for n, a, raw, marks in cases)


def _points(aspect: Aspect) -> tuple[Point, ...]:
    rule: ChecklistRule = aspect.rule
    return rule.points


def _worth(aspect: Aspect, number: int) -> Fraction:
    """The share of one point, of the aspect's marks."""
    points = _points(aspect)
    own = points[number].marks
    return Fraction(1, len(points)) if own is None else Fraction(own) / Fraction(aspect.marks)


def _shown(marks: Fraction) -> str:
    """Marks of a point for print, rounded where thirds do not come out."""
    return decimal_text(Decimal(round(marks * 100)) / 100)
