"""Results: deciding by the pass standard, approval by a second person, and showing why.

The decider neither assessed nor marked nor trained the candidates; the approver is another person than the decider
(ISO/IEC 17024 4.2, 5.2, 9.4); :mod:`certengine.services.separations` tells of exceptions. A decision is never changed:
deciding again after new scores supersedes it. Nothing is approved while a score of it is open: whoever failed
by one part is told the others as they will stand (see :func:`unfinished`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from certengine.canonical import Canonical, decimal_text, digest
from certengine.errors import Finding, NotFound, Refused, Severity, plural
from certengine.model.score import Decision, Passed, Pending, ScoreReport
from certengine.model.sitting import Rating
from certengine.scoring.decision import decide
from certengine.scoring.practical import PracticalScorer
from certengine.services.context import Context
from certengine.services.enrolment import carried_report
from certengine.services.many_nouns import without_collections
from certengine.services.rating_rules import counted, demand_own_first, not_shown, open_words
from certengine.services.readers import RESULT_READERS
from certengine.services.separations import demand_independent, write_exceptions
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.store import decisions, gradings, script_marks
from certengine.store import sittings as store
from certengine.store.appeals import open_appeals
from certengine.store.bench import load_declarations
from certengine.store.erasures import ERASED


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRun:
    """What a run of deciding did: counts by outcome, how many decisions are new, how many wait for an appeal to be settled."""

    passed: int
    failed: int
    pending: int
    new: int
    appealed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRun:
    """What an approval did: how many decisions were approved now, were before, or wait because they are pending.

    Attributes:
        unfinished: what the failed lack who wait for a score all the same; they are not among the pending.
    """

    approved: int
    already: int
    pending: int
    unfinished: tuple[Finding, ...] = ()


def decide_sitting(
    context: Context, sitting_id: str, *, dry_run: bool = False
) -> tuple[DecisionRun, tuple[Decision, ...]]:
    """Decide on every candidate of a sitting.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when it is not sealed, or the decider assessed, trained or declared a conflict with a candidate.
    """
    context.demand_role("decider")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    at = context.clock()
    with without_collections(), context.writing() as connection:
        ratings = counted(connection, sitting_id)
        assessed = marked_by(connection, sitting_id, ratings)
        exceptions = demand_independent(context, connection, loaded.sitting, assessed, "decide", at)
        made, reports = decisions_now(connection, loaded, ratings)
        known = {record.decision.candidate: record for record in decisions.latest_decisions(connection, sitting_id)}
        # Marks of one aspect by the same entries are one noun in many reports, and are written once.
        canonical = Canonical()
        held = open_appeals(connection, sitting_id)
        new = [
            one
            for one in made.values()
            if one.candidate not in held
            and (one.candidate not in known or known[one.candidate].digest != canonical.digest(one))
        ]
        if not dry_run:
            based = {one.candidate: tuple(reports[one.candidate].values()) for one in new}
            decisions.append_decisions(connection, sitting_id, new, based, at=at, by=context.actor, canonical=canonical)
            if new:
                signed = canonical.digest(list(made.values()))
                context.write_act(connection, at, "result.decide", sitting_id, decisions=len(new), digest=signed)
                write_exceptions(context, connection, sitting_id, "decide", exceptions, at)
    outcomes = [one.outcome for one in made.values()]
    run = DecisionRun(
        passed=outcomes.count("passed"),
        failed=outcomes.count("failed"),
        pending=outcomes.count("pending"),
        new=len(new),
        appealed=len(held),
    )
    return run, tuple(made.values())


def approve_sitting(context: Context, sitting_id: str, *, dry_run: bool = False) -> ApprovalRun:
    """Approve the latest decisions of a sitting; pending ones wait, and failed ones of which a score is open.

    Raises:
        NotFound: when nothing was decided.
        Refused: when the approver decided any of them, assessed or trained a candidate, or scores changed since.
    """
    context.demand_role("approver")
    loaded = load(context, sitting_id)
    hidden = not_shown(context, loaded)
    at = context.clock()
    with context.writing() as connection:
        records = decisions.latest_decisions(connection, sitting_id)
        if not records:
            raise NotFound(f"sitting `{sitting_id}` has no decisions", hint=f"`certengine result decide {sitting_id}`")
        held = open_appeals(connection, sitting_id)
        records = tuple(record for record in records if record.decision.candidate not in held)
        ready = [record for record in records if not isinstance(record.decision, Pending)]
        lacking = {
            one.decision.candidate: why for one in ready if one.approved_at is None and (why := unfinished(one, hidden))
        }
        waiting = [one for one in ready if one.approved_at is None and one.decision.candidate not in lacking]
        _demand_second_person(context, waiting)
        ratings = counted(connection, sitting_id)
        assessed = marked_by(connection, sitting_id, ratings)
        exceptions = demand_independent(context, connection, loaded.sitting, assessed, "approve", at)
        _demand_fresh(sitting_id, records, decisions_now(connection, loaded, ratings)[0])
        if not dry_run and waiting:
            decisions.append_approvals(connection, [record.id for record in waiting], at=at, by=context.actor)
            context.write_act(connection, at, "result.approve", sitting_id, approved=len(waiting))
            write_exceptions(context, connection, sitting_id, "approve", exceptions, at)
    return ApprovalRun(
        approved=len(waiting),
        already=len(ready) - len(waiting) - len(lacking),
        pending=len(records) - len(ready),
        unfinished=tuple(_unfinished(candidate, why) for candidate, why in lacking.items()),
    )


def unfinished(record: decisions.DecisionRecord, hidden: Collection[str] = ()) -> str:
    """What is open in a decision's scores, in words; empty where it may go out.

    One failed part fails whatever else is open, so a decision can be final before its scores are. It goes out when they are.
    A part that never began holds nothing back: where the theory comes first, who fails it is not called to the practical.
    """
    why = [one for report in record.reports for one in report.open]
    return open_words(record.decision.candidate, why, hidden) if why else ""


def _unfinished(candidate: str, why: str) -> Finding:
    return Finding(
        code="result/unfinished",
        message=f"candidate `{candidate}` failed and waits: {why}",
        hint="hand in what is missing, `NA` for what was not attempted; then decide again",
        severity=Severity.WARNING,
    )


def candidate_result(context: Context, sitting_id: str, candidate_id: str) -> decisions.DecisionRecord:
    """The latest decision on one candidate with what it rests on.

    Raises:
        NotFound: when the sitting, the candidate or a decision does not exist.
        Refused: when the acting person is an assessor who has yet to rate the candidate.
    """
    demand_own_first(context, load(context, sitting_id), candidate_id)
    for record in sitting_results(context, sitting_id):
        if record.decision.candidate == candidate_id:
            return record
    raise NotFound(
        f"sitting `{sitting_id}` has no decision on candidate `{candidate_id}`",
        hint=f"`certengine result show {sitting_id}` lists all",
    )


def sitting_results(context: Context, sitting_id: str) -> tuple[decisions.DecisionRecord, ...]:
    """The latest decision on each candidate, by candidate.

    Raises:
        NotFound: when there is no such sitting.
    """
    with context.reading() as connection:
        store.load_sitting(connection, sitting_id)
        return decisions.latest_decisions(connection, sitting_id)


def results_table(context: Context, sitting_id: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows of a sitting's results, in roster order.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when the actor has none of :data:`~certengine.services.readers.RESULT_READERS`.
    """
    context.demand_role(*RESULT_READERS)
    loaded = load(context, sitting_id)
    components = [component.id for component in loaded.scheme.components]
    records = {record.decision.candidate: record for record in sitting_results(context, sitting_id)}
    rows = []
    for candidate in loaded.sitting.candidates:
        record = records.get(candidate.id)
        scores = {one: decimal_text(score) for one, score in record.decision.scores} if record else {}
        scores.update((one.component, "absent") for one in (record.reports if record else ()) if one.absent)
        rows.append(
            (
                candidate.id,
                candidate.name,
                *(scores.get(one, "") for one in components),
                record.decision.outcome if record else "undecided" if candidate.erased is None else ERASED,
                record.approved_by or "" if record else "",
            )
        )
    return ("candidate_id", "name", *components, "outcome", "approved_by"), tuple(rows)


def passed_and_approved(context: Context, sitting_id: str) -> tuple[decisions.DecisionRecord, ...]:
    """The decisions that may be certified: passed, and approved by a second person."""
    return tuple(
        record
        for record in sitting_results(context, sitting_id)
        if isinstance(record.decision, Passed) and record.approved_at is not None
    )


def decisions_now(
    connection: Connection,
    loaded: LoadedSitting,
    ratings: Sequence[Rating],
    *,
    written: Sequence[ScoreReport] | None = None,
) -> tuple[dict[str, Decision], dict[str, dict[str, ScoreReport]]]:
    """What the pass standard makes of every candidate now, and the score reports it rests on; writes nothing.

    Args:
        written: the written scores to go by; those that count when left out.
    """
    reports = _reports(connection, loaded, ratings, written)
    made = {
        candidate.id: decide(candidate.id, loaded.scheme, reports[candidate.id])
        for candidate in loaded.sitting.on_record
    }
    return made, reports


def _reports(
    connection: Connection,
    loaded: LoadedSitting,
    ratings: Sequence[Rating],
    written: Sequence[ScoreReport] | None = None,
) -> dict[str, dict[str, ScoreReport]]:
    """All score reports by candidate and component; a practical without any rating has none."""
    found: dict[str, dict[str, ScoreReport]] = {candidate.id: {} for candidate in loaded.sitting.on_record}
    for one in loaded.sitting.on_record:
        for part in one.carried or ():
            found[one.id][part.component] = carried_report(connection, loaded.scheme, one, part)
    if written is None:
        written = [report for _, report in gradings.latest_written(connection, loaded.sitting.id)]
    for report in written:
        found[report.candidate][report.component] = report
    entries: dict[tuple[str, str], list[Rating]] = {}
    for rating in ratings:
        entries.setdefault((rating.candidate, rating.task), []).append(rating)
    scorers = {
        task.id: (component.id, PracticalScorer(component, task, loaded.scheme.rounding))
        for component in loaded.scheme.practical
        for task in component.tasks
    }
    for (candidate, task_id), given in entries.items():
        component_id, scorer = scorers[task_id]
        found[candidate][component_id] = scorer.score(candidate, given)
    return found


def may_decide(context: Context, connection: Connection, loaded: LoadedSitting) -> tuple[str, ...]:
    """The people who may decide on a sitting's candidates: deciders who assessed, marked and trained none of them."""
    barred = marked_by(connection, loaded.sitting.id, gradings.load_ratings(connection, loaded.sitting.id))
    barred.update(trainer for candidate in loaded.sitting.candidates for trainer in candidate.trainers)
    declared = load_declarations(connection, loaded.sitting.id)
    barred.update(one.person for one in declared if one.candidate is not None)
    people = context.workspace.config.people
    return tuple(person.id for person in people if "decider" in person.roles and person.id not in barred)


def marked_by(connection: Connection, sitting_id: str, ratings: Sequence[Rating]) -> set[str]:
    """Everybody whose marks count in a sitting: assessors and markers."""
    markers = {mark.marker for mark in script_marks.load_script_marks(connection, sitting_id)}
    return markers.union(rating.assessor for rating in ratings)


def _demand_second_person(context: Context, waiting: Sequence[decisions.DecisionRecord]) -> None:
    if any(record.decided_by == context.actor for record in waiting):
        raise Refused(
            f"`{context.actor}` made these decisions; another person approves them",
            hint="act as an approver: `certengine result approve SITTING --as ID`",
            code="result/same-person",
        )


def stale_candidates(
    context: Context, loaded: LoadedSitting, records: Sequence[decisions.DecisionRecord]
) -> frozenset[str]:
    """Candidates whose latest decision is not what the scores say today."""
    with context.reading() as connection:
        now, _ = decisions_now(connection, loaded, counted(connection, loaded.sitting.id))
    return frozenset(_stale(records, now))


def _stale(records: Sequence[decisions.DecisionRecord], now: Mapping[str, Decision]) -> list[str]:
    return [one.decision.candidate for one in records if one.digest != digest(now[one.decision.candidate])]


def _demand_fresh(sitting_id: str, records: Sequence[decisions.DecisionRecord], now: Mapping[str, Decision]) -> None:
    """What is approved is what the scores say today, not what they said when it was decided."""
    stale = _stale(records, now)
    if stale:
        raise Refused(
            f"scores of {plural(len(stale), 'candidate')} changed since they were decided, of `{stale[0]}` first",
            hint=f"decide again: `certengine result decide {sitting_id}`",
            code="result/stale",
        )
