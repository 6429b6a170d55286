"""Veto (一票否决): a grave breach that fails the candidate whatever the marks, once enough assessors report it.

Fewer reports than the scheme's ``veto_votes``, but more than none, leave the decision pending: one person alone
neither fails a candidate nor is overlooked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.aspects.kind import EntryRefused, EntrySample, RuleProblem
from certengine.canonical import Json
from certengine.model.scheme import Aspect, PanelRule
from certengine.model.score import AspectScore, Mark
from certengine.model.text import Text

_YES = frozenset({"1", "Y", "YES", "TRUE", "√", "✓", "✔", "是", "有"})
_NO = frozenset({"0", "N", "NO", "FALSE", "×", "✗", "✘", "X", "否", "无"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VetoRule:
    """A veto has no more to it than its title: it ends the whole task as failed."""


class Veto:
    """The kind ``veto``."""

    id: ClassVar[str] = "veto"
    title: ClassVar[Text] = Text.of(zh="否决项", en="Veto")
    rule_type: ClassVar[type] = VetoRule

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """A veto carries no marks."""
        if aspect.marks != 0:
            yield RuleProblem(
                code="aspect/veto-marks",
                message="a veto carries no marks",
                path=("marks",),
                hint="write `marks: 0`",
            )

    def describe(self, aspect: Aspect) -> Text:
        """What it does."""
        return Text.of(zh="出现即判不合格（是 / 否）", en="fails the candidate (yes / no)")

    def parse(self, aspect: Aspect, raw: str) -> Json:
        """Whether it happened."""
        text = unicodedata.normalize("NFKC", raw).strip().upper()
        if text in _YES:
            return True
        if text in _NO:
            return False
        raise EntryRefused(f"yes (1 √ 是) or no (0 × 否) is due, given: `{raw}`")

    def mark(self, aspect: Aspect, value: Json) -> Mark:
        """No marks either way."""
        if value:
            return Mark(share=Fraction(0), reason=Text.of(zh="出现否决情形", en="it happened"))
        return Mark(share=Fraction(0), reason=Text.of(zh="未出现", en="it did not happen"))

    def combine(self, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
        """Upheld by enough reports; open with fewer."""
        reporters = sorted(assessor for assessor, value in values.items() if value)
        upheld = len(reporters) >= panel.veto_votes
        names = ", ".join(reporters)
        pending = None
        if reporters and not upheld:
            pending = Text.of(
                zh=f"{aspect.id} 否决仅由 {names} 提出，须 {panel.veto_votes} 人确认或撤回",
                en=f"{aspect.id}: veto reported by {names} only, {panel.veto_votes} are needed to uphold or withdraw it",
            )
        return AspectScore(
            aspect=aspect.id,
            full=Decimal(0),
            earned=Fraction(0),
            reason=Text.of(
                zh=f"{len(reporters)}/{len(values)} 名考评员提出否决",
                en=f"reported by {len(reporters)} of {len(values)} assessors",
            ),
            by_assessor=tuple((assessor, Fraction(0)) for assessor in sorted(values)),
            open=pending,
            vetoed=upheld,
        )

    def samples(self) -> tuple[EntrySample, ...]:
        """Yes, no, and a number that is neither."""
        aspect = Aspect(
            id="V1",
            kind=self.id,
            title=Text.of(zh="带电作业", en="Live work"),
            marks=Decimal(0),
            rule=VetoRule(),
        )
        cases = (("yes", "√", "0"), ("no", "否", "0"), ("neither", "2", None))
        return tuple(EntrySample(name=name, aspect=aspect, raw=raw, marks=marks) for name, raw, marks in cases)
