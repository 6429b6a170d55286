"""Invented ratings: what a panel would enter on the aspects of stored tasks.

Kinds are asked, not looked into: which entries a person could make comes of one table by kind of aspect; what each is
worth the kind says; the entry is taken that is worth about what the candidate's skill lets expect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from certengine.aspects import kind_of
from certengine.aspects.checklist import LETTERS
from certengine.aspects.kind import EntryRefused
from certengine.aspects.measurement import Band, MeasurementRule
from certengine.aspects.tolerances import Line, Steps, Way
from certengine.assembly.keyed import KeyedDraw
from certengine.canonical import decimal_text
from certengine.interchange.delimited import write_csv
from certengine.model.scheme import Aspect, PanelRule, PracticalComponent, Task
from certengine.model.sitting import TaskAssignment
from certengine.services.sittings import LoadedSitting

RATING_COLUMNS = ("candidate_id", "task", "aspect", "assessor", "value", "remark")
VETO_REMARK = "模拟：见考场记录 simulated: see the site record"

_FROM_NOMINAL = ("0", "0.2", "0.4", "0.6", "0.8", "1.2", "1.4", "1.6", "2.6")
_UP_TO_A_LIMIT = ("0.82", "0.88", "0.94", "0.98", "1.04", "1.1", "1.3")
_FROM_A_LIMIT = ("0", "0.5", "0.9", "1", "20", "50", "200")


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """How one candidate works.

    Attributes:
        skill: share of an aspect's marks to be expected.
        veto: ``(component, aspect)`` of the veto that ends the practical, if one does.
    """

    skill: Fraction
    veto: tuple[str, str] | None = None


def vetoes_of(loaded: LoadedSitting, tasks: Iterable[TaskAssignment]) -> dict[str, tuple[str, str]]:
    """The first veto that each candidate's tasks have, as ``(component, aspect)``."""
    found: dict[str, tuple[str, str]] = {}
    for assignment in tasks:
        for aspect in _task_of(loaded, assignment)[1].aspects:
            if aspect.kind == "veto":
                found.setdefault(assignment.candidate, (assignment.component, aspect.id))
    return found


def invent_ratings(
    draw: KeyedDraw,
    loaded: LoadedSitting,
    tasks: Iterable[TaskAssignment],
    performances: Mapping[str, Performance],
    assessors: Sequence[str],
) -> dict[str, bytes]:
    """Each assessor's entries as CSV, in roster and sheet order; nobody marks a candidate he or she trained.

    A candidate without a performance did not come. Of the assessors the first who may make up a panel.
    """
    candidates = {candidate.id: (n, candidate) for n, candidate in enumerate(loaded.sitting.candidates)}
    rows: dict[str, list[tuple[str, ...]]] = {assessor: [] for assessor in assessors}
    for assignment in sorted(tasks, key=lambda one: candidates[one.candidate][0]):
        performance = performances.get(assignment.candidate)
        if performance is None:
            continue
        component, task = _task_of(loaded, assignment)
        trainers = candidates[assignment.candidate][1].trainers
        panel = [one for one in assessors if one not in trainers][: component.panel.assessors]
        for aspect in task.aspects:
            if kind_of(aspect.kind).ask(aspect) is None:
                continue
            own = draw.within(assignment.candidate, component.id, aspect.id)
            vetoed = performance.veto == (component.id, aspect.id)
            entries = _entries(aspect, performance.skill, component.panel, vetoed=vetoed, draw=own)
            for assessor, entry in zip(panel, entries, strict=False):
                remark = VETO_REMARK if vetoed else ""
                rows[assessor].append((assignment.candidate, task.id, aspect.id, assessor, entry, remark))
    return {assessor: write_csv(RATING_COLUMNS, entries) for assessor, entries in rows.items() if entries}


def _task_of(loaded: LoadedSitting, assignment: TaskAssignment) -> tuple[PracticalComponent, Task]:
    component = next(one for one in loaded.scheme.practical if one.id == assignment.component)
    return component, next(task for task in component.tasks if task.id == assignment.task)


def _entries(aspect: Aspect, skill: Fraction, panel: PanelRule, *, vetoed: bool, draw: KeyedDraw) -> list[str]:
    """One entry for each place on the panel: readings are taken together, faults and judgements by each alone.

    At most one of the panel is a step away from the others, so that no spread of judgements is exceeded: the second a
    little severe, the first now and then kind.
    """
    if aspect.kind == "veto":
        return [str(int(vetoed))] * panel.assessors
    ladder = _ladder(aspect)
    wanted = skill + Fraction(draw.below("better-or-worse", 101) - 50, 200)
    if draw.below("lapse", 10) == 0:
        wanted -= Fraction(1, 2)
    least = min(abs(share - wanted) for share, _ in ladder)
    nearest = [rung for rung, (share, _) in enumerate(ladder) if abs(share - wanted) == least]
    rungs = [nearest[draw.below("reading", len(nearest))]] * panel.assessors
    if aspect.kind in BY_EYE and (aspect.kind != "judgement" or panel.judgement_spread):
        eye = draw.below("eye", 6)
        if eye < 2 and panel.assessors > 1:
            rungs[1] = min(rungs[1] + 1, len(ladder) - 1)
        elif eye == 2:
            rungs[0] = max(rungs[0] - 1, 0)
    return [_with_unit(aspect, ladder[rung][1]) if place == 0 else ladder[rung][1] for place, rung in enumerate(rungs)]


def _ladder(aspect: Aspect) -> list[tuple[Fraction, str]]:
    """Entries the aspect takes with their shares, best first; one of each share where assessors mark by eye."""
    kind = kind_of(aspect.kind)
    found: list[tuple[Fraction, str]] = []
    for raw in dict.fromkeys(TRIALS[aspect.kind](aspect)):
        try:
            share = kind.mark(aspect, kind.parse(aspect, raw)).share
        except EntryRefused:
            continue  # a limit of 1 without a unit takes 0 and 1 only
        if aspect.kind not in BY_EYE or all(share != known for known, _ in found):
            found.append((share, raw))
    return sorted(found, key=lambda rung: -rung[0])


def _with_unit(aspect: Aspect, raw: str) -> str:
    """The reading with its unit, as one place of the panel writes it; a signed one stays a plain number for Excel."""
    unit = getattr(aspect.rule, "unit", "")
    return f"{raw} {unit}" if unit and not raw.startswith("-") else raw


def _readings(aspect: Aspect) -> Iterator[str]:
    """Counts up to full marks, or readings inside and outside each band."""
    rule: MeasurementRule = aspect.rule
    if rule.marks_each is not None:
        yield from (str(count) for count in range(int(aspect.marks / rule.marks_each) + 1))
    if rule.way is not None:
        yield from (decimal_text((rule.nominal or 0) + size) for size in _around(rule.way))
    for band in rule.bands:
        for size in _sizes(band, from_nominal=rule.nominal is not None):
            values = (size,) if rule.nominal is None else (rule.nominal + size, rule.nominal - size)
            yield from (decimal_text(value) for value in values)


def _around(way: Way) -> Iterator[Decimal]:
    """Values on both sides of where marks begin to go, and where none are left."""
    if isinstance(way, Steps):
        side = -1 if way.beyond == "below" else 1
        yield from (way.limit + side * way.per * steps for steps in range(-2, 21))
    elif isinstance(way, Line):
        yield from (way.none_at + (way.full_at - way.none_at) * quarter / 4 for quarter in range(-1, 6))
    else:
        least, most = way.at_least, way.at_most
        bounds = [bound for bound in (least, most) if bound is not None]
        reach = bounds[-1] - bounds[0] or abs(bounds[0]) / 10 or Decimal(1)
        yield from (bound + reach * part for bound in bounds for part in (Decimal("-0.5"), 0, Decimal("0.5")))


def _sizes(band: Band, *, from_nominal: bool) -> Iterator[Decimal]:
    """Values around a band's bound. A limit is read one digit finer than it is stated, a deviation just as fine."""
    factors: tuple[str, ...]
    if band.at_most is not None:
        bound, factors = band.at_most, _FROM_NOMINAL if from_nominal else _UP_TO_A_LIMIT
    else:
        assert band.at_least is not None
        bound, factors = band.at_least, _FROM_A_LIMIT
    places = len(decimal_text(bound).partition(".")[2]) + (not from_nominal)
    return (round(bound * Decimal(factor), places) for factor in factors)


# Entries to try, by kind of aspect; the kind then says what each is worth.
TRIALS: Mapping[str, Callable[[Aspect], Iterable[str]]] = {
    "measurement": _readings,
    "deduction": lambda _: (str(faults) for faults in range(41)),
    "judgement": lambda _: ("3", "2", "1", "0"),
    "checklist": lambda aspect: ("none", *(LETTERS[:done] for done in range(1, len(aspect.rule.points) + 1))),
    "veto": lambda _: ("0", "1"),
    "time": lambda aspect: (str(minutes) for minutes in range(int(aspect.rule.stop) + 1)),
}
BY_EYE = frozenset({"deduction", "judgement", "checklist"})
