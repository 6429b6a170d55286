"""Scoring a practical: a task's aspects and a panel's ratings -> exact marks, what is open, which vetoes were upheld.

Invariants:

1. Every aspect that takes entries needs one of every assessor of the panel; a missing one leaves the score open, never
   zero. "Not attempted" is an entry.
2. The latest entry of an assessor on an aspect counts; earlier ones are struck through, not lost (the store keeps all).
3. Fewer assessors than the scheme asks for leave the score open.
4. What bears on other aspects is settled once every aspect has a mark, in the order of the registry of kinds and within
   a kind in that of the sheet: vetoes within a part, then gates. A penalty never takes the sum below nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

from certengine.aspects import KINDS, kind_of
from certengine.aspects.kind import Reaching
from certengine.canonical import Json
from certengine.model.scheme import Aspect, PanelRule, PracticalComponent, Rounding, Task
from certengine.model.score import AspectScore, ScoreReport
from certengine.model.sitting import Rating
from certengine.model.text import Text
from certengine.scoring.rounding import round_marks

_REACHING = tuple((kind.id, kind) for kind in KINDS if isinstance(kind, Reaching))


def score_practical(
    candidate_id: str,
    component: PracticalComponent,
    task: Task,
    ratings: Sequence[Rating],
    rounding: Rounding,
) -> ScoreReport:
    """The score of one candidate's task.

    Args:
        ratings: all entries for this candidate and task, oldest first.
    """
    return PracticalScorer(component, task, rounding).score(candidate_id, ratings)


class PracticalScorer:
    """Scores candidates of one task. What the same entries of the same assessors give on an aspect is worked out once."""

    def __init__(self, component: PracticalComponent, task: Task, rounding: Rounding) -> None:
        self._component, self._task, self._rounding = component, task, rounding
        self._known: dict[tuple[object, ...], AspectScore] = {}

    def score(self, candidate_id: str, ratings: Sequence[Rating]) -> ScoreReport:
        """The score of one candidate, from all entries on the task, oldest first."""
        component, task = self._component, self._task
        entries: dict[str, dict[str, Json]] = defaultdict(dict)
        for rating in ratings:
            entries[rating.aspect][rating.assessor] = rating.value
        assessors = sorted({rating.assessor for rating in ratings})
        opens = list(_panel_gaps(assessors, component.panel))
        marked = {one.id: self._mark(one, entries[one.id], assessors) for one in task.aspects}
        scores = tuple(_settled(task, marked).values())
        opens.extend(score.open for score in scores if score.open is not None)
        exact = max(Fraction(0), sum((score.earned for score in scores), Fraction(0)))
        return ScoreReport(
            candidate=candidate_id,
            component=component.id,
            full=component.total,
            exact=exact,
            score=None if opens else round_marks(exact, self._rounding),
            aspects=scores,
            open=tuple(opens),
            vetoes=tuple(score.aspect for score in scores if score.vetoed),
        )

    def _mark(self, aspect: Aspect, values: dict[str, Json], assessors: Sequence[str]) -> AspectScore:
        # By type as well: yes is not 1, though Python holds them equal.
        given = tuple((who, type(value), value) for who, value in sorted(values.items()))
        key = (aspect.id, tuple(assessors), given)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _score(aspect, values, assessors, self._component.panel)
        return found


def _settled(task: Task, marked: dict[str, AspectScore]) -> dict[str, AspectScore]:
    for kind_id, kind in _REACHING:
        for aspect in task.aspects:
            if aspect.kind == kind_id:
                marked = {**marked, **kind.settle(aspect, task, marked)}
    return marked


def _panel_gaps(assessors: Sequence[str], panel: PanelRule) -> tuple[Text, ...]:
    if len(assessors) == panel.assessors:
        return ()
    return (
        Text.of(
            zh=f"应有 {panel.assessors} 名考评员评分，实有 {len(assessors)} 名",
            en=f"{panel.assessors} assessors are due, {len(assessors)} have rated",
        ),
    )


def _score(aspect: Aspect, values: dict[str, Json], assessors: Sequence[str], panel: PanelRule) -> AspectScore:
    kind = kind_of(aspect.kind)
    missing = [assessor for assessor in assessors if assessor not in values]
    if kind.ask(aspect) is not None and (not values or missing):
        names = ", ".join(missing)
        return AspectScore(
            aspect=aspect.id,
            full=aspect.marks,
            earned=Fraction(0),
            reason=Text.of(zh="未评分", en="not rated"),
            open=Text.of(
                zh=f"{aspect.id} 缺评分：{names or '全部'}", en=f"{aspect.id}: no entry by {names or 'anyone'}"
            ),
        )
    return kind.combine(aspect, values, panel)
