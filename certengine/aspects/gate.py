"""Gate: what some aspects must earn together before others count ("the workpiece must earn 60 % before safety counts").

Nobody enters anything on a gate: it follows from the marks of the aspects it looks at. While one of them is open, the
gate is open too, since nobody can tell yet. A gate that looks at what another gate takes away stands below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from certengine.aspects.kind import Asked, EntryRefused, EntrySample, RuleProblem, marks_text, reached
from certengine.canonical import Json, decimal_text
from certengine.model.scheme import Aspect, PanelRule, Task
from certengine.model.score import AspectScore, Mark
from certengine.model.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRule:
    """What must be earned, and what counts only then.

    Attributes:
        of: the aspects, or groups, that the gate looks at.
        at_least: the share of their marks together, above 0 and at most 1, that opens it.
        before: the aspects, or groups, that earn nothing while it is shut.
    """

    of: tuple[str, ...]
    at_least: Decimal
    before: tuple[str, ...]


class Gate:
    """The kind ``gate``."""

    id: ClassVar[str] = "gate"
    title: ClassVar[Text] = Text.of(zh="门槛项", en="Gate")
    rule_type: ClassVar[type] = GateRule
    marks_due: ClassVar[bool] = False

    def check(self, aspect: Aspect, languages: Sequence[str]) -> Iterator[RuleProblem]:
        """No marks of its own, a share, something to look at and something to hold back, not the same."""
        rule: GateRule = aspect.rule
        if aspect.marks != 0:
            yield RuleProblem(
                code="aspect/gate-marks", message="a gate carries no marks", path=("marks",), hint="write `marks: 0`"
            )
        if not 0 < rule.at_least <= 1:
            yield RuleProblem(
                code="aspect/gate-share",
                message=f"a gate opens at a share above 0 and at most 1, this one at {decimal_text(rule.at_least)}",
                path=("at_least",),
                hint="write 60 % as `at_least: 0.6`",
            )
        if not rule.of or not rule.before or set(rule.of) & set(rule.before):
            yield RuleProblem(
                code="aspect/gate-reach",
                message="a gate looks at some aspects and holds back others",
                path=("before",),
                hint="write for example `of: [G1]` and `before: [G4]`",
            )

    def describe(self, aspect: Aspect) -> Text:
        """What opens it."""
        rule: GateRule = aspect.rule
        share = decimal_text(rule.at_least * 100)
        of, before = ", ".join(rule.of), ", ".join(rule.before)
        return Text.of(
            zh=f"{of} 得分达到 {share} % 后，{before} 方可计分（不填写）",
            en=f"{before} count only once {of} earn {share} % (no entry)",
        )

    def ask(self, aspect: Aspect) -> Asked | None:
        """Nothing: it follows from other aspects."""
        return None

    def parse(self, aspect: Aspect, raw: str) -> Json:
        """Refused, whatever it is."""
        raise EntryRefused("a gate takes no entry: it follows from the marks of other aspects")

    def mark(self, aspect: Aspect, value: Json) -> Mark:
        """No marks of its own."""
        return Mark(share=Fraction(0), reason=Text.of(zh="门槛项不计分", en="a gate has no marks"))

    def combine(self, aspect: Aspect, values: Mapping[str, Json], panel: PanelRule) -> AspectScore:
        """Nothing until it is settled."""
        reason = self.mark(aspect, None).reason
        return AspectScore(aspect=aspect.id, full=Decimal(0), earned=Fraction(0), reason=reason)

    def reach(self, aspect: Aspect) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What it looks at and what it holds back."""
        rule: GateRule = aspect.rule
        yield "of", rule.of
        yield "before", rule.before

    def under(self, rule: GateRule, part: str) -> GateRule:
        """The same with the ids of a larger task."""
        of, before = (tuple(f"{part}.{one}" for one in names) for names in (rule.of, rule.before))
        return replace(rule, of=of, before=before)

    def settle(self, aspect: Aspect, task: Task, scores: Mapping[str, AspectScore]) -> Mapping[str, AspectScore]:
        """Open it, shut it, or leave it open to question."""
        rule: GateRule = aspect.rule
        seen = [scores[one] for one in reached(task, rule.of)]
        own = scores[aspect.id]
        if any(one.open for one in seen):
            waits = Text.of(zh=f"{aspect.id} 门槛须待其所依各项评定", en=f"{aspect.id}: waits for what it looks at")
            return {aspect.id: replace(own, open=waits)}
        earned = sum((one.earned for one in seen), Fraction(0))
        full = sum((Fraction(one.full) for one in seen), Fraction(0))
        holds = earned >= Fraction(rule.at_least) * full
        shown, due = f"{marks_text(earned)}/{marks_text(full)}", f"{decimal_text(rule.at_least * 100)} %"
        found = Text.of(
            zh=f"{shown}，{'已' if holds else '未'}达 {due}", en=f"{shown}: {due} {'' if holds else 'not '}reached"
        )
        changed = {aspect.id: replace(own, reason=found)}
        if not holds:
            words = Text.of(zh=f"{aspect.id} 门槛未达，不计分", en=f"held back by {aspect.id}: nothing counts")
            held = (scores[one] for one in reached(task, rule.before))
            changed |= {one.aspect: replace(one, earned=Fraction(0), reason=words) for one in held if one.full}
        return changed

    def samples(self) -> tuple[EntrySample, ...]:
        """Any entry is refused."""
        rule = GateRule(of=("G1",), at_least=Decimal("0.6"), before=("G2",))
        title = Text.of(zh="工件合格", en="Workpiece fit for use")
        aspect = Aspect(id="T1", kind=self.id, title=title, marks=Decimal(0), rule=rule)
        return (EntrySample(name="entry", aspect=aspect, raw="1", marks=None),)
