"""What a kind of practical marking aspect is: one file with all its verbs and its own samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import ClassVar, Protocol

from certengine.canonical import Json, decimal_text
from certengine.model.scheme import Aspect, PanelRule
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


class EntryRefused(ValueError):
    """An entry that the aspect cannot take. The message says why and what it takes."""


class AspectKind(Protocol):
    """The verbs of one kind of aspect."""

    id: ClassVar[str]
    title: ClassVar[Text]
    rule_type: ClassVar[type]

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """Everything wrong in one aspect's rule."""
        ...

    def describe(self, aspect: Aspect) -> Text:
        """The marking rule in words, as a scoring sheet prints it."""
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


def combine_marks(kind: AspectKind, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
    """The mean or median of the assessors' marks, exact; not attempted earns nothing and says so."""
    full = Fraction(aspect.marks)
    marks = {
        assessor: Fraction(0) if value is None else kind.mark(aspect, value).share * full
        for assessor, value in sorted(values.items())
    }
    earned = median(marks.values()) if panel.combine == "median" else sum(marks.values(), Fraction(0)) / len(marks)
    parts = [
        (assessor, "NA" if values[assessor] is None else str(values[assessor]), marks_text(marks[assessor]))
        for assessor in marks
    ]
    how = {"mean": ("平均", "mean"), "median": ("中位数", "median")}[panel.combine]
    return AspectScore(
        aspect=aspect.id,
        full=aspect.marks,
        earned=Fraction(earned),
        reason=Text.of(
            zh="；".join(f"{who}：{value} → {got}" for who, value, got in parts) + f"；{how[0]} {marks_text(earned)}",
            en="; ".join(f"{who}: {value} -> {got}" for who, value, got in parts) + f"; {how[1]} {marks_text(earned)}",
        ),
        by_assessor=tuple(marks.items()),
    )


def marks_text(marks: Fraction | Decimal) -> str:
    """Marks for print: exact when three places suffice, else rounded to three with ``≈``."""
    thousandths = Fraction(marks) * 1000
    if thousandths.denominator == 1:
        return decimal_text(Decimal(thousandths.numerator) / 1000)
    return "≈" + decimal_text(Decimal(round(thousandths)) / 1000)
