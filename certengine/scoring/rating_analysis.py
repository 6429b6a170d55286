"""How a practical came out: the aspects of its tasks, and the assessors beside their panels.

Invariants:

1. Marks are compared as shares of the aspect's full marks, so that aspects of different worth weigh alike.
2. A mark that is still open is counted as open and enters no mean; its assessors' entries are still compared.
3. An aspect worth nothing (a veto) has no share; upheld vetoes are counted.
4. Every standard deviation has the denominator n - 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import hypot, sqrt

from certengine.aspects.judgement import TOP
from certengine.model.scheme import Aspect, Task
from certengine.model.score import ScoreReport
from certengine.scoring.estimates import Evidence, evidence, mean, standard_deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectObservation:
    """What one candidate earned on one aspect of a task.

    Attributes:
        kind: kind of aspect; agreement is worked out on ``judgement`` only.
        earned: the panel's mark; ``None`` while it is open.
        by_assessor: ``(assessor, marks)`` of each entry.
    """

    candidate: str
    task: str
    aspect: str
    kind: str
    full: Decimal
    earned: Fraction | None
    by_assessor: tuple[tuple[str, Fraction], ...] = ()
    vetoed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectSummary:
    """One aspect over the candidates who had its task.

    Attributes:
        n: candidates with a final mark; ``mean`` and ``sd`` are shares of full marks over these.
        vetoed: vetoes upheld.
    """

    task: str
    aspect: str
    kind: str
    full: Decimal
    n: int
    open: int
    mean: Fraction | None
    sd: float | None
    vetoed: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessorSummary:
    """One assessor beside the panels he or she sat on.

    Attributes:
        entries: aspects worth marks that another assessor marked too.
        difference: mean of (own marks - mean of the panel, own entry included) / full marks over ``entries``;
            above 0 is lenient, below 0 severe.
        standard_error: of ``difference`` with candidates, not entries, as the independent units.
        pairs: comparisons of own judgement with one other assessor's of the same candidate and aspect.
        exact: share of ``pairs`` on the same level.
        adjacent: share of ``pairs`` at most one level apart, the same level included.
        evidence: from the number of candidates.
        drift: ``difference`` over the later half of the candidates less that over the earlier half, in the order in which this
            assessor's marks came in; above 0 became more lenient. Of an odd number the middle one is in neither half.
        drift_error: its standard error, the halves taken as independent; ``None`` where a half is a single candidate.
    """

    assessor: str
    candidates: int
    entries: int
    difference: Fraction | None
    standard_error: float | None
    pairs: int
    exact: Fraction | None
    adjacent: Fraction | None
    evidence: Evidence
    drift: Fraction | None = None
    drift_error: float | None = None


def observe_aspects(report: ScoreReport, task: Task) -> tuple[AspectObservation, ...]:
    """A practical score report as observations of the task the candidate was given.

    Raises:
        KeyError: when the report has an aspect the task has not.
    """
    return tuple(
        AspectObservation(
            candidate=report.candidate,
            task=task.id,
            aspect=score.aspect,
            kind=task.aspect(score.aspect).kind,
            full=score.full,
            earned=None if score.open else score.earned,
            by_assessor=score.by_assessor,
            vetoed=score.vetoed,
        )
        for score in report.aspects
    )


def summarise_aspects(observations: Iterable[AspectObservation], tasks: Iterable[Task]) -> tuple[AspectSummary, ...]:
    """Mean share of full marks of every aspect of ``tasks``, in sheet order.

    The denominator is the candidates who were given the task and whose mark of the aspect is final.
    """
    groups: dict[tuple[str, str], list[AspectObservation]] = defaultdict(list)
    for one in observations:
        groups[one.task, one.aspect].append(one)
    return tuple(_aspect(task, aspect, groups[task.id, aspect.id]) for task in tasks for aspect in task.aspects)


def summarise_assessors(
    observations: Iterable[AspectObservation], order: Mapping[str, Sequence[str]] | None = None
) -> tuple[AssessorSummary, ...]:
    """Severity, drift and agreement per assessor, by assessor id.

    Args:
        order: the candidates of each assessor in the order in which the own marks came in; else that of the observations.

    The panel mean includes the assessor's own entry, so with a panel of k the distance to the *others* is k / (k - 1)
    times ``difference``. It says who differs, not who is right. Aspects worth nothing (vetoes) and entries no other
    assessor made are left out.
    """
    differences: dict[str, dict[str, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    gaps: dict[str, list[Fraction]] = defaultdict(list)
    assessors: set[str] = set()
    for one in observations:
        assessors.update(assessor for assessor, _ in one.by_assessor)
        if not one.full or len(one.by_assessor) < 2:
            continue
        shares = [(assessor, marks / Fraction(one.full)) for assessor, marks in one.by_assessor]
        panel = sum((share for _, share in shares), Fraction(0)) / len(shares)
        for position, (assessor, share) in enumerate(shares):
            differences[assessor][one.candidate].append(share - panel)
            if one.kind == "judgement":
                others = (other for index, (_, other) in enumerate(shares) if index != position)
                gaps[assessor].extend(abs(share - other) * TOP for other in others)
    return tuple(
        _assessor(who, _in_turn(differences[who], (order or {}).get(who, ())), gaps[who]) for who in sorted(assessors)
    )


def _in_turn(differences: Mapping[str, list[Fraction]], order: Sequence[str]) -> list[list[Fraction]]:
    turn = {candidate: number for number, candidate in enumerate(order)}
    return [differences[one] for one in sorted(differences, key=lambda one: turn.get(one, len(turn)))]


def _aspect(task: Task, aspect: Aspect, group: Sequence[AspectObservation]) -> AspectSummary:
    final = [one.earned for one in group if one.earned is not None]
    shares = [earned / Fraction(aspect.marks) for earned in final] if aspect.marks else []
    return AspectSummary(
        task=task.id,
        aspect=aspect.id,
        kind=aspect.kind,
        full=aspect.marks,
        n=len(final),
        open=len(group) - len(final),
        mean=mean(shares),
        sd=standard_deviation(shares),
        vetoed=sum(one.vetoed for one in group),
        evidence=evidence(len(final)),
    )


def _assessor(assessor: str, by_candidate: Sequence[Sequence[Fraction]], gaps: Sequence[Fraction]) -> AssessorSummary:
    entries = [difference for differences in by_candidate for difference in differences]
    overall = mean(entries)
    drift, drift_error = _drift(by_candidate)
    return AssessorSummary(
        assessor=assessor,
        candidates=len(by_candidate),
        entries=len(entries),
        difference=overall,
        standard_error=None if overall is None else _clustered_error(by_candidate, overall),
        pairs=len(gaps),
        exact=Fraction(sum(gap == 0 for gap in gaps), len(gaps)) if gaps else None,
        adjacent=Fraction(sum(gap <= 1 for gap in gaps), len(gaps)) if gaps else None,
        evidence=evidence(len(by_candidate)),
        drift=drift,
        drift_error=drift_error,
    )


def _drift(by_candidate: Sequence[Sequence[Fraction]]) -> tuple[Fraction | None, float | None]:
    half = len(by_candidate) // 2
    if not half:
        return None, None
    halves = (by_candidate[:half], by_candidate[-half:])
    before, after = (mean([one for differences in part for one in differences]) for part in halves)
    assert before is not None
    assert after is not None
    if half < 2:
        return after - before, None
    errors = (_clustered_error(part, overall) or 0.0 for part, overall in zip(halves, (before, after), strict=True))
    return after - before, hypot(*errors)


def _clustered_error(by_candidate: Sequence[Sequence[Fraction]], overall: Fraction) -> float | None:
    """Standard error of a ratio mean over clusters, g / (g - 1) corrected (Cochran 1977, 6.13); one cluster has none."""
    g, entries = len(by_candidate), sum(len(differences) for differences in by_candidate)
    if g < 2:
        return None
    residuals = [sum(differences, Fraction(0)) - overall * len(differences) for differences in by_candidate]
    return sqrt(sum((r * r for r in residuals), Fraction(0)) * Fraction(g, g - 1)) / entries
