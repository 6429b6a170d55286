"""From markers' points to what an answer earned: one marker, two, or a third where two are too far apart.

Invariants:

1. A marker's latest entry counts, and keeps the place of the first: who was first and second does not change.
2. Where a second marker is asked for, nothing counts before both have marked. Where two marked, the mean counts, asked for
   or not; where they are further apart than the rule allows, the third marker's points count alone.
3. Whether a second marker is asked for follows from the first markers' points and the lot, never from the second's: so
   what was asked for stays asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from certengine.items.rubric import WAITS, Points, Rubric
from certengine.model.marking import MarkingRule, ScriptMark
from certengine.model.text import Text


class Stage(StrEnum):
    """Whom an answer waits for."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    SETTLED = "settled"


WAITS_FOR = {
    Stage.FIRST: WAITS,
    Stage.SECOND: Text.of(zh="待第二人评阅", en="waiting for a second marker"),
    Stage.THIRD: Text.of(zh="两人评分差距过大，待第三人评阅", en="waiting for a third marker"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the marking of one answer has come.

    Attributes:
        counting: the points that count, of one marker or of two; none while somebody is asked for.
        first: the first marker's points, whatever they count for.
        markers: who has marked it, in the order of their first entries.
    """

    stage: Stage
    counting: tuple[Points, ...] = ()
    first: Points | None = None
    markers: tuple[str, ...] = ()


def standing(rubric: Rubric, marks: Sequence[ScriptMark], rule: MarkingRule, *, second: bool) -> Standing:
    """How far an answer has come.

    Args:
        marks: entries on this answer, oldest first.
        second: whether a second marker is asked for.
    """
    latest: dict[str, Points] = {}
    for mark in marks:
        latest[mark.marker] = mark.points
    markers, entries = tuple(latest), tuple(latest.values())
    if not entries:
        return Standing(stage=Stage.FIRST)
    if len(entries) == 1:
        stage = Stage.SECOND if second else Stage.SETTLED
        return Standing(stage=stage, counting=() if second else entries, first=entries[0], markers=markers)
    one, other = (rubric.earned(points) for points in entries[:2])
    if abs(one - other) <= rule.spread:
        return Standing(stage=Stage.SETTLED, counting=entries[:2], first=entries[0], markers=markers)
    third = entries[2:3]
    return Standing(stage=Stage.SETTLED if third else Stage.THIRD, counting=third, first=entries[0], markers=markers)
