"""What a kind of practical marking aspect is: one file with all its verbs and its own samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from certengine.canonical import Json, decimal_text
from certengine.model.scheme import Aspect, PanelRule, Task
from certengine.model.score import AspectScore, Mark
from certengine.model.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProblem:
    """Something wrong in an aspect's rule, at a path of field names and indexes within the aspect."""

    code: str
    message: str
    path: tuple[str | int, ...] = ()
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySample:
    """An example that tests the kind: an entry as written, and the marks that must come of it.

    Attributes:
        marks: expected marks, as decimal text; ``None`` when the entry must be refused.
    """

    name: str
    aspect: Aspect
    raw: str
    marks: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the few entries that an aspect takes, and what it means."""

    entry: str
    said: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How an entry is asked for, by whatever asks: a cell of a spreadsheet, a box on paper, a prompt at the bench.

    Attributes:
        what: what is to be entered, in words.
        unit: of the number; empty where it has none.
        number: the entry is any number, or a whole one from 0 up.
        most: the greatest number taken, where there is one.
        choices: the entry is one of these.
        yes_no: the choices are 1 and 0, that yes and no, 是 and 否, √ and × say as well.
        points: each is done or not; the entry is the letters of those done, ``a`` for the first.
    """

    what: Text
    unit: str = ""
    number: Literal["any", "whole"] | None = None
    most: Decimal | None = None
    choices: tuple[Choice, ...] = ()
    yes_no: bool = False
    points: tuple[Text, ...] = ()


class EntryRefused(ValueError):
    """An entry that the aspect cannot take. The message says why and what it takes."""


class AspectKind(Protocol):
    """The verbs of one kind of aspect.

    Attributes:
        marks_due: whether an aspect of the kind must have marks of its own.
    """

    id: ClassVar[str]
    title: ClassVar[Text]
    rule_type: ClassVar[type]
    marks_due: ClassVar[bool]

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """Everything wrong in one aspect's rule."""
        ...

    def describe(self, aspect: Aspect) -> Text:
        """The marking rule in words, as a scoring sheet prints it."""
        ...

    def ask(self, aspect: Aspect) -> Asked | None:
        """How an entry is asked for; ``None`` when the aspect follows from others and nobody enters anything."""
        ...

    def parse(self, aspect: Aspect, raw: str) -> Json:
        """What an entry says, as stored.

        Raises:
            EntryRefused: when the aspect cannot take it.
        """
        ...

    def mark(self, aspect: Aspect, value: Json) -> Mark:
        """The mark of one assessor's entry."""
        ...

    def combine(self, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
        """The panel's one mark; ``values`` by assessor, complete, ``None`` for not attempted."""
        ...

    def samples(self) -> tuple[EntrySample, ...]:
        """Entries that earn, entries that do not, and one that is refused."""
        ...


@runtime_checkable
class Reaching(Protocol):
    """The further verbs of a kind whose aspects bear on other aspects of their task."""

    def reach(self, aspect: Aspect) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each field that names aspects or groups, and the names."""
        ...

    def under(self, rule: Any, part: str) -> Any:
        """The rule as it reads where its task became a part of another, and every id ``x`` became ``part.x``."""
        ...

    def settle(self, aspect: Aspect, task: Task, scores: Mapping[str, AspectScore]) -> Mapping[str, AspectScore]:
        """The scores that change, by aspect, once every aspect has one."""
        ...


@runtime_checkable
class Doubting(Protocol):
    """The further verb of a kind that takes some entries which are hardly ever meant."""

    def doubt(self, aspect: Aspect, value: Json) -> Text | None:
        """Why an entry that is taken is hard to believe, for whoever made it to look again; ``None`` where nothing is."""
        ...


def reached(task: Task, names: Sequence[str]) -> tuple[str, ...]:
    """The aspects that names of aspects and of groups stand for, in sheet order."""
    return tuple(
        aspect.id for group in task.groups for aspect in group.aspects if group.id in names or aspect.id in names
    )


def combine_marks(kind: AspectKind, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
    """The panel's one mark of the assessors' marks, exact; not attempted earns nothing and says so."""
    full = Fraction(aspect.marks)
    marks = {
        assessor: Fraction(0) if value is None else kind.mark(aspect, value).share * full
        for assessor, value in sorted(values.items())
    }
    return joined_marks(aspect, values, marks, panel)


def joined_marks(
    aspect: Aspect, values: Mapping[str, Json], marks: Mapping[str, Fraction], panel: PanelRule
) -> AspectScore:
    """Marks by assessor as one, by the panel's rule: mean, median, or mean without the highest and the lowest.

    A trimmed mean leaves out ``trim`` marks at either end (去掉最高分和最低分); fewer marks than that leaves are all taken.
    """
    given = sorted(marks.values())
    if panel.combine == "trimmed_mean" and len(given) > 2 * panel.trimmed:
        given = given[panel.trimmed : len(given) - panel.trimmed]
    earned = Fraction(median(given)) if panel.combine == "median" else sum(given, Fraction(0)) / len(given)
    parts = [
        (assessor, "NA" if values[assessor] is None else str(values[assessor]), marks_text(own))
        for assessor, own in marks.items()
    ]
    how = _JOINED[panel.combine]
    return AspectScore(
        aspect=aspect.id,
        full=aspect.marks,
        earned=earned,
        reason=Text.of(
            zh="；".join(f"{who}：{value} → {got}" for who, value, got in parts)
            + f"；{how.best('zh')} {marks_text(earned)}",
            en="; ".join(f"{who}: {value} -> {got}" for who, value, got in parts)
            + f"; {how.best('en')} {marks_text(earned)}",
        ),
        by_assessor=tuple(marks.items()),
    )


_JOINED = {
    "mean": Text.of(zh="平均", en="mean"),
    "median": Text.of(zh="中位数", en="median"),
    "trimmed_mean": Text.of(zh="去极值平均", en="trimmed mean"),
}


def marks_text(marks: Fraction | Decimal) -> str:
    """Marks for print: exact when three places suffice, else rounded to three with ``≈``."""
    thousandths = Fraction(marks) * 1000
    if thousandths.denominator == 1:
        return decimal_text(Decimal(thousandths.numerator) / 1000)
    return "≈" + decimal_text(Decimal(round(thousandths)) / 1000)
