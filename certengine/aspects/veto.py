"""Veto (一票否决): a grave breach that takes marks away whatever they are, once enough assessors report it.

How far it goes is its scope: the whole task, which fails the candidate (when left out); the section it stands in, or the
aspects it names, which then earn nothing. Fewer reports than the scheme's ``veto_votes``, but more than none, leave the
decision pending: one person alone neither fails a candidate nor is overlooked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal

from certengine.aspects.kind import Asked, Choice, EntryRefused, EntrySample, RuleProblem, reached
from certengine.canonical import Json
from certengine.model.scheme import Aspect, PanelRule, Task
from certengine.model.score import AspectScore, Mark
from certengine.model.text import Text

_YES = frozenset({"1", "Y", "YES", "TRUE", "√", "✓", "✔", "是", "有"})
_NO = frozenset({"0", "N", "NO", "FALSE", "×", "✗", "✘", "X", "否", "无"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VetoRule:
    """How far a veto goes.

    Attributes:
        scope: ``task`` when left out.
        of: the aspects, or groups, that a veto of the scope ``aspect`` takes the marks of.
    """

    scope: Literal["aspect", "section", "task"] | None = None
    of: tuple[str, ...] | None = None


class Veto:
    """The kind ``veto``."""

    id: ClassVar[str] = "veto"
    title: ClassVar[Text] = Text.of(zh="否决项", en="Veto")
    rule_type: ClassVar[type] = VetoRule
    marks_due: ClassVar[bool] = False

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """A veto carries no marks, and names aspects where its scope is aspects."""
        rule: VetoRule = aspect.rule
        if bool(rule.of) != (rule.scope == "aspect"):
            yield RuleProblem(
                code="aspect/veto-scope",
                message="a veto names aspects exactly where its scope is `aspect`",
                path=("of",),
                hint="write `scope: aspect` and `of: [M1, M2]`, or leave `of` out",
            )
        if aspect.marks != 0:
            yield RuleProblem(
                code="aspect/veto-marks",
                message="a veto carries no marks",
                path=("marks",),
                hint="write `marks: 0`",
            )

    def describe(self, aspect: Aspect) -> Text:
        """What it does."""
        rule: VetoRule = aspect.rule
        if rule.scope == "section":
            return Text.of(zh="出现则本部分不得分（是 / 否）", en="this part then earns nothing (yes / no)")
        if rule.scope == "aspect":
            names = ", ".join(rule.of or ())
            return Text.of(zh=f"出现则 {names} 不得分（是 / 否）", en=f"{names} then earn nothing (yes / no)")
        return Text.of(zh="出现即判不合格（是 / 否）", en="fails the candidate (yes / no)")

    def ask(self, aspect: Aspect) -> Asked:
        """Whether it happened."""
        happened, not_so = Text.of(zh="出现", en="it happened"), Text.of(zh="未出现", en="it did not happen")
        choices = (Choice(entry="1", said=happened), Choice(entry="0", said=not_so))
        what = Text.of(zh="是否出现：填写“是”或“否”", en="did it happen: yes or no")
        return Asked(what=what, choices=choices, yes_no=True)

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

    def reach(self, aspect: Aspect) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The aspects it names."""
        rule: VetoRule = aspect.rule
        yield "of", rule.of or ()

    def under(self, rule: VetoRule, part: str) -> VetoRule:
        """The same with the ids of a larger task."""
        return rule if rule.of is None else replace(rule, of=tuple(f"{part}.{one}" for one in rule.of))

    def settle(self, aspect: Aspect, task: Task, scores: Mapping[str, AspectScore]) -> Mapping[str, AspectScore]:
        """A veto upheld within its scope: the marks there go, and the candidate does not fail by it alone."""
        rule: VetoRule = aspect.rule
        own = scores[aspect.id]
        if rule.scope in {None, "task"} or not own.vetoed:
            return {}
        names = rule.of or tuple(group.id for group in task.groups if aspect in group.aspects)
        words = Text.of(zh=f"{aspect.id} 否决，不得分", en=f"vetoed by {aspect.id}: nothing earned")
        struck = (scores[one] for one in reached(task, names) if one != aspect.id)
        changed = {one.aspect: replace(one, earned=Fraction(0), reason=words) for one in struck if one.full}
        return {**changed, aspect.id: replace(own, vetoed=False)}

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
