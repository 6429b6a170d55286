"""Nouns of marking by people: how a section's answers are marked, and what one marker gave one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingRule:
    """Who marks the answers of a section that wait for people.

    Attributes:
        second_one_in: about one answer in so many, by lot, is marked a second time by another marker; 1 is every one.
        near_cut: so is every answer of a candidate whose score lies within so many marks of a threshold of the component.
        spread: greatest distance between two markers' points; beyond it both stay, and a third marker's points count.
    """

    second_one_in: int | None = None
    near_cut: Decimal | None = None
    spread: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptMark:
    """What one marker gave one answer.

    Attributes:
        answer: digest of the answer as it was marked; the points do not count for another answer.
        points: by the id of the criterion.
        remark: a later entry of the same marker has one: why it supersedes the earlier.
    """

    paper: str
    position: int
    item: str
    marker: str
    answer: str
    points: Mapping[str, int]
    remark: str | None = None
