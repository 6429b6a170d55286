"""Enrolling a roster in a sitting of a scheme: who sat before, what is carried over, who must wait or may not sit again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from fractions import Fraction
from pathlib import Path

from sqlalchemy import Connection

from certengine.errors import Finding, Severity, place_in
from certengine.model.earlier import CarriedPart
from certengine.model.scheme import Scheme
from certengine.model.score import Pending, ScoreReport
from certengine.model.sitting import Candidate, Sitting
from certengine.model.text import Text
from certengine.scoring.enrolment import Attempt, Refusal, enrol, part_passed
from certengine.scoring.persons import Earlier, Persons
from certengine.services.context import Context
from certengine.store import decisions
from certengine.store import sittings as store

Rows = Sequence[tuple[int, Candidate]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The candidates of a roster with what they bring from earlier sittings, and what was found."""

    candidates: tuple[Candidate, ...]
    findings: tuple[Finding, ...]


def civil_zone(context: Context) -> tzinfo:
    """The issuer's civil time, by which days are told."""
    hours = context.workspace.config.issuer.utc_offset_hours
    return timezone(timedelta(hours=float(hours))) if hours else UTC


def enrol_roster(
    context: Context, connection: Connection, scheme: Scheme, roster: Path, rows: Rows, at: datetime
) -> Enrolled:
    """Every row of a roster against what is on record of earlier sittings of the scheme.

    Returns candidates as they are to be enrolled, and findings by row; one that is an error refuses its row.
    """
    zone = civil_zone(context)
    earlier = {one.id: one for one in _earlier_sittings(connection, scheme.id)}
    persons = Persons({sitting_id: one.on_record for sitting_id, one in earlier.items()})
    enrolled: list[Candidate] = []
    findings: list[Finding] = []
    for line, candidate in rows:
        before = persons.before(candidate)
        attempts = tuple(_attempt(connection, earlier[sitting], one, zone) for sitting, one in before.sat)
        made, refusals = enrol(candidate, scheme, attempts, at.astimezone(zone).date())
        enrolled.append(made)
        for refusal in (*_doubts(before), *refusals):
            severity = Severity.WARNING if refusal.warning else Severity.ERROR
            findings.append(
                Finding(
                    code=refusal.code,
                    message=refusal.message,
                    hint=refusal.hint,
                    place=place_in(roster, line),
                    severity=severity,
                )
            )
    return Enrolled(candidates=tuple(enrolled), findings=tuple(findings))


def carried_report(connection: Connection, scheme: Scheme, candidate: Candidate, part: CarriedPart) -> ScoreReport:
    """The score that a candidate carries over, as it stands today; open where its result was superseded since."""
    record = decisions.latest_decision(connection, part.sitting, part.candidate)
    reports = record.reports if record is not None and record.approved_at is not None else ()
    rule = next((one for one in scheme.carry_over or () if one.component == part.component), None)
    for report in reports:
        sat = report.component == part.component and report.carried is None
        if sat and rule is not None and part_passed(rule, scheme, report):
            return replace(report, candidate=candidate.id, carried=part)
    title = scheme.component(part.component).title
    return ScoreReport(
        candidate=candidate.id,
        component=part.component,
        full=scheme.component(part.component).total,
        exact=Fraction(0),
        score=None,
        open=(
            Text.of(
                zh=f"{title.best('zh')}：拟沿用的 {part.sitting} 场次成绩已被更正，不再成立",
                en=f"{title.best('en')}: the result of sitting {part.sitting} that was to be carried over was superseded",
            ),
        ),
        carried=part,
    )


def _earlier_sittings(connection: Connection, scheme_id: str) -> Iterator[Sitting]:
    """Every sitting of a scheme, whatever its version, oldest first."""
    for sitting_id in store.sitting_ids(connection):
        if store.scheme_of(connection, sitting_id) == scheme_id:
            yield store.load_sitting(connection, sitting_id)


def _attempt(connection: Connection, sitting: Sitting, candidate_id: str, zone: tzinfo) -> Attempt:
    record = decisions.latest_decision(connection, sitting.id, candidate_id)
    begun = _day(sitting.sealed_at or sitting.opened_at, zone)
    candidate = sitting.candidate(candidate_id)
    if record is None or isinstance(record.decision, Pending):
        return Attempt(sitting=sitting.id, candidate=candidate, begun=begun)
    return Attempt(
        sitting=sitting.id,
        candidate=candidate,
        begun=begun,
        decided=_day(record.decided_at, zone),
        approved=_day(record.approved_at, zone) if record.approved_at is not None else None,
        passed=record.decision.outcome == "passed",
        reports=record.reports,
    )


def _day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()


def _doubts(before: Earlier) -> Iterator[Refusal]:
    """What the ids of a row say that cannot be right, or deserves a look."""
    if before.unknown:
        yield Refusal(
            code="roster/earlier-unknown",
            message="`earlier_id` is no candidate of an earlier sitting of this scheme",
            hint="correct it, or write `-` if the candidate never sat before",
        )
    if before.contradicted is not None:
        yield Refusal(
            code="roster/another-person",
            message=f"`earlier_id` belongs to somebody else in sitting `{before.contradicted}`: name or document differs",
            hint="correct the id, or write the name as it was there",
        )
    if before.taken is not None:
        yield Refusal(
            code="roster/id-of-another",
            message=f"the candidate id belonged to somebody else in sitting `{before.taken}`",
            hint="all is well if ids start anew; where the name was only misspelt, correct it or give `id_document_last4`",
            warning=True,
        )
