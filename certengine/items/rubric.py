"""Rubrics: what a marker looks for in an answer that no rule can read, and what points add up to.

Invariants:

1. Points are whole, and each criterion has its own scale, 0 to ``marks``; a criterion of 0 marks is a condition: 1 when
   it is met, 0 when it is not, and it earns nothing itself.
2. What a rubric counts never falls when a marker gives a point more, never passes its full points and never is below 0.
3. A criterion is met when at least one of its points counts.

How points are counted, in this order:

1. a criterion that *requires* another counts only if that one is met;
2. of the criteria of a *best of*, only as many as it says count, the greatest first: "any three of these";
3. every *cap* whose criterion is not met holds the sum down: "prove dead first, else at most 4".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, runtime_checkable

from certengine.canonical import Json
from certengine.items.kind import Problem
from certengine.model.score import Mark
from certengine.model.text import Text

MAX_POINTS = 100
"""Most points of a rubric."""

WAITS = Text.of(zh="待阅卷", en="waiting for a marker")
"""Why an answer is open that nobody has marked."""

Points = Mapping[str, int]
"""What one marker gave: points by the id of the criterion."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,23}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing looked for.

    Attributes:
        title: what earns the points, for the marker to read.
        marks: most points it can earn; 0 makes it a condition.
        levels: optional; what earns 0 points, 1 point and so on, a text for each.
        requires: id of the criterion without which this one counts nothing.
    """

    id: str
    title: Text
    marks: int
    levels: tuple[Text, ...] = ()
    requires: str | None = None

    @property
    def top(self) -> int:
        """The greatest entry a marker may make."""
        return self.marks or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOf:
    """Of these criteria the ``count`` with most points count."""

    criteria: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """Unless a criterion is met, the answer earns at most so many points."""

    at_most: int
    unless: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """All criteria of an answer, and how their points are counted."""

    points: int
    criteria: tuple[Criterion, ...]
    best_of: tuple[BestOf, ...] = ()
    caps: tuple[Cap, ...] = ()

    def refusal(self, points: Points) -> str | None:
        """Why a marker's entries cannot be taken; ``None`` when every criterion has points on its scale."""
        for criterion in self.criteria:
            given = points.get(criterion.id)
            if given is None:
                return f"`{criterion.id}` has no points"
            if not 0 <= given <= criterion.top:
                return f"`{criterion.id}` takes 0 to {criterion.top}, given: {given}"
        beyond = sorted(points.keys() - {criterion.id for criterion in self.criteria})
        return f"the rubric has no criterion `{beyond[0]}`" if beyond else None

    def earned(self, points: Points) -> int:
        """The points that count together.

        Raises:
            ValueError: when an entry is missing or off its scale.
        """
        return self._count(points)[0]

    def mark(self, points: Points) -> Mark:
        """The mark of an answer that a person has given points.

        Raises:
            ValueError: when an entry is missing or off its scale.
        """
        earned, caps = self._count(points)
        parts = {tag: [self._told(criterion, points, tag) for criterion in self.criteria] for tag in ("zh", "en")}
        held = {
            "zh": "".join(f"；未满足“{self._title(cap, 'zh')}”，至多 {cap.at_most} 分" for cap in caps),
            "en": "".join(f"; at most {cap.at_most} without: {self._title(cap, 'en')}" for cap in caps),
        }
        return Mark(
            share=Fraction(earned, self.points),
            reason=Text.of(
                zh=f"评阅 {earned}/{self.points} 分：{'，'.join(parts['zh'])}{held['zh']}",
                en=f"marked {earned} of {self.points}: {', '.join(parts['en'])}{held['en']}",
            ),
        )

    @property
    def best(self) -> Points:
        """The entries of a perfect answer."""
        return {criterion.id: criterion.top for criterion in self.criteria}

    def _count(self, points: Points) -> tuple[int, tuple[Cap, ...]]:
        why = self.refusal(points)
        if why is not None:
            raise ValueError(why)
        by_id = {criterion.id: criterion for criterion in self.criteria}
        counted = {one: points[one] if _met(one, by_id, points) else 0 for one in by_id}
        earned = {one: min(value, by_id[one].marks) for one, value in counted.items()}
        total = sum(earned.values())
        for group in self.best_of:
            total -= sum(sorted((earned[one] for one in group.criteria), reverse=True)[group.count :])
        caps = tuple(cap for cap in self.caps if not counted[cap.unless] and cap.at_most < total)
        return min((total, *(cap.at_most for cap in caps))), caps

    def _told(self, criterion: Criterion, points: Points, tag: str) -> str:
        title = " ".join(criterion.title.best(tag).split())
        if criterion.marks:
            return f"{title} {points[criterion.id]}/{criterion.marks}"
        return f"{title} {'√' if points[criterion.id] else '×'}"

    def _title(self, cap: Cap, tag: str) -> str:
        return next(" ".join(one.title.best(tag).split()) for one in self.criteria if one.id == cap.unless)


@runtime_checkable
class MarkedByPeople(Protocol):
    """A kind whose answers go to people under some policy, and what they mark them against."""

    def rubric(self, content: Any, policy: str) -> Rubric | None:
        """The rubric, or ``None`` when no answer waits for a person under this policy."""
        ...


def rubric_of(kind: object, content: Any, policy: str) -> Rubric | None:
    """What people mark an item's answers against under a policy; ``None`` when nobody is asked."""
    return kind.rubric(content, policy) if isinstance(kind, MarkedByPeople) else None


def points_in(value: Json) -> Points | None:
    """The points in the value of a response that people have marked; ``None`` when it is the candidate's own words."""
    if not isinstance(value, dict):
        return None
    return {name: given for name, given in value.items() if isinstance(given, int)}


def waiting(reason: Text) -> Mark:
    """The mark of an answer that waits for a person: it counts nothing yet, and says so."""
    return Mark(share=Fraction(0), reason=reason, open=reason)


def check_rubric(rubric: Rubric) -> Iterator[Problem]:
    """Everything wrong in a rubric: ids, scales, what names nothing, points that do not add up."""
    if not rubric.criteria:
        yield Problem(
            code="item/no-criteria",
            message="nothing is looked for, so nobody can earn a point",
            path=("criteria",),
            hint="write for example `criteria: [{id: cause, title: {zh: ..., en: ...}, marks: 1}]`",
        )
        return
    problems = [*_criterion_problems(rubric.criteria), *_name_problems(rubric), *_group_problems(rubric)]
    yield from problems
    if not problems:
        yield from _total_problems(rubric)


def _met(criterion: str, by_id: Mapping[str, Criterion], points: Points) -> bool:
    """Whether a criterion counts: it has points, and so has all it requires."""
    here: str | None = criterion
    while here is not None:
        if not points[here]:
            return False
        here = by_id[here].requires
    return True


def _criterion_problems(criteria: Sequence[Criterion]) -> Iterator[Problem]:
    times = Counter(criterion.id.casefold() for criterion in criteria)
    for index, criterion in enumerate(criteria):
        if not _ID.fullmatch(criterion.id) or times[criterion.id.casefold()] > 1:
            yield Problem(
                code="item/criterion-id",
                message=f"`{criterion.id}` is no id, or two criteria share it",
                path=("criteria", index, "id"),
                hint="give each its own: letters, digits, `-` and `_`, 24 at most; case does not tell two apart",
            )
        if not 0 <= criterion.marks <= MAX_POINTS:
            yield Problem(
                code="item/criterion-marks",
                message=f"a criterion has 0 to {MAX_POINTS} marks, given: {criterion.marks}",
                path=("criteria", index, "marks"),
                hint="0 makes it a condition that is met or not",
            )
        elif criterion.levels and len(criterion.levels) != criterion.top + 1:
            yield Problem(
                code="item/criterion-levels",
                message=f"`{criterion.id}` takes 0 to {criterion.top}, which {len(criterion.levels)} levels do not describe",
                path=("criteria", index, "levels"),
                hint=f"write {criterion.top + 1} texts: for 0, 1 and so on; or leave them out",
            )


def _name_problems(rubric: Rubric) -> Iterator[Problem]:
    known = {criterion.id: criterion.requires for criterion in rubric.criteria}
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("criteria", index, "requires"), criterion.requires)
        for index, criterion in enumerate(rubric.criteria)
        if criterion.requires is not None
    ]
    named += [(("caps", index, "unless"), cap.unless) for index, cap in enumerate(rubric.caps)]
    named += [
        (("best_of", index, "criteria", place), one)
        for index, group in enumerate(rubric.best_of)
        for place, one in enumerate(group.criteria)
    ]
    for path, name in named:
        if name not in known:
            yield Problem(
                code="item/unknown-criterion",
                message=f"the rubric has no criterion `{name}`",
                path=path,
                hint=f"its criteria are: {', '.join(known)}",
            )
    for index, criterion in enumerate(rubric.criteria):
        if _in_a_circle(criterion.id, known):
            yield Problem(
                code="item/criterion-circle",
                message=f"`{criterion.id}` requires itself, directly or through others",
                path=("criteria", index, "requires"),
                hint="a criterion requires one that stands on its own",
            )


def _in_a_circle(criterion: str, requires: Mapping[str, str | None]) -> bool:
    here = requires[criterion]
    for _ in requires:
        if here is None or here == criterion:
            break
        here = requires.get(here)
    return here == criterion


def _group_problems(rubric: Rubric) -> Iterator[Problem]:
    marks = {criterion.id: criterion.marks for criterion in rubric.criteria}
    met: set[str] = set()
    for index, group in enumerate(rubric.best_of):
        if not 0 < group.count < len(group.criteria):
            yield Problem(
                code="item/best-of",
                message=f"of {len(group.criteria)} criteria {group.count} count, which leaves no choice",
                path=("best_of", index, "count"),
                hint="name more criteria than count",
            )
        for place, one in enumerate(group.criteria):
            if one in met or marks.get(one) == 0:
                yield Problem(
                    code="item/best-of",
                    message=f"`{one}` is a condition, or stands in such a choice twice",
                    path=("best_of", index, "criteria", place),
                    hint="each criterion with marks stands in one choice at most",
                )
            met.add(one)


def _total_problems(rubric: Rubric) -> Iterator[Problem]:
    reachable = sum(criterion.marks for criterion in rubric.criteria)
    marks = {criterion.id: criterion.marks for criterion in rubric.criteria}
    for group in rubric.best_of:
        reachable -= sum(sorted((marks[one] for one in group.criteria), reverse=True)[group.count :])
    if not 0 < rubric.points <= MAX_POINTS or reachable != rubric.points:
        yield Problem(
            code="item/rubric-total",
            message=f"the criteria add up to {reachable} points, the item says {rubric.points}",
            path=("points",),
            hint=f"correct the marks of a criterion or `points`; 1 to {MAX_POINTS}",
        )
    for index, cap in enumerate(rubric.caps):
        if not 0 <= cap.at_most < rubric.points:
            yield Problem(
                code="item/cap",
                message=f"a cap lies below the {rubric.points} points of the item, given: {cap.at_most}",
                path=("caps", index, "at_most"),
                hint="write fewer points, or take the cap away",
            )
