"""A result statement from an approved decision: pure, so that the same decision gives the same statement for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from certengine.canonical import digest
from certengine.model.credential import Holder, Issuer
from certengine.model.pass_standard import AtLeast
from certengine.model.scheme import AspectGroup, PracticalComponent, Scheme, WrittenComponent
from certengine.model.score import Failed, Passed, ScoreReport
from certengine.model.sitting import Candidate
from certengine.model.statement import PassedPart, Statement, StatementPart, StatementRule, StatementSection
from certengine.model.text import Text
from certengine.scoring.enrolment import part_passed, rules_alone
from certengine.scoring.explanation import ComponentLine, exact_shown, explain
from certengine.scoring.periods import last_day

_REFERENCE = 8
_SHOWN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Where a decision was made: the sitting, the scheme it pins, the issuer, the days by civil time, and by what exceptions."""

    sitting: str
    scheme: Scheme
    scheme_version: int
    issuer: Issuer
    decided_on: date
    approved_on: date
    exceptions: tuple[Text, ...] = ()


def state(
    decision: Passed | Failed, reports: Sequence[ScoreReport], candidate: Candidate, occasion: Occasion
) -> Statement:
    """What the candidate is told.

    Args:
        decision: an approved one; a pending decision has no statement.
        reports: what it rests on.
    """
    scheme = occasion.scheme
    told = explain(decision, reports, scheme)
    value = digest(decision)
    given = {report.component: report for report in reports}
    appeals = scheme.appeals
    return Statement(
        reference=f"{occasion.sitting}/{candidate.id}/{value.removeprefix('sha256:')[:_REFERENCE]}",
        issuer=occasion.issuer,
        holder=Holder(name=candidate.name, name_en=candidate.name_en),
        candidate=candidate.id,
        sitting=occasion.sitting,
        scheme=f"{scheme.id}@{occasion.scheme_version}",
        title=scheme.title,
        level=scheme.level.title,
        outcome=decision.outcome,
        parts=tuple(_part(line, given[line.component], scheme) for line in told.components if line.score is not None),
        rules=tuple(
            StatementRule(depth=rule.depth, needed=rule.needed, found=rule.found, holds=bool(rule.holds))
            for rule in told.rules
        ),
        carry=tuple(_carry(given, occasion)) if isinstance(decision, Failed) else (),
        again_from=_again_from(occasion) if isinstance(decision, Failed) else None,
        decided_on=occasion.decided_on,
        approved_on=occasion.approved_on,
        appeal_until=occasion.approved_on + timedelta(days=appeals.days) if appeals is not None else None,
        appeal_how=appeals.how if appeals is not None else None,
        decision=value,
        exceptions=occasion.exceptions or None,
    )


def _part(line: ComponentLine, report: ScoreReport, scheme: Scheme) -> StatementPart:
    assert line.score is not None
    cuts = [
        rule.at_least
        for rule in rules_alone(scheme.pass_standard, line.component)
        if isinstance(rule, AtLeast) and rule.part is None
    ]
    return StatementPart(
        component=line.component,
        title=line.title,
        score=line.score,
        full=line.full,
        cut=max(cuts, default=None),
        rounding=line.rounding,
        origin=line.origin,
        sections=() if report.absent else tuple(_sections(report, scheme)),
        vetoes=tuple(_vetoes(report, scheme)),
        absent=report.absent or None,
    )


def _sections(report: ScoreReport, scheme: Scheme) -> Iterator[StatementSection]:
    """What was earned in each section of the paper, or in each group of the task that was marked."""
    component = scheme.component(report.component)
    if isinstance(component, WrittenComponent):
        for section in component.sections:
            earned = sum((one.earned for one in report.items if one.section == section.id), Fraction(0))
            yield StatementSection(title=section.title, earned=exact_shown(earned, _SHOWN), full=section.total)
        return
    marks = {one.aspect: one.earned for one in report.aspects}
    for group in _groups(component, report):
        full = sum((aspect.marks for aspect in group.aspects), start=component.total * 0)
        if full:
            earned = sum((marks[aspect.id] for aspect in group.aspects), Fraction(0))
            yield StatementSection(title=group.title, earned=exact_shown(earned, _SHOWN), full=full)


def _groups(component: PracticalComponent, report: ScoreReport) -> tuple[AspectGroup, ...]:
    """The groups of the task that was marked."""
    marked = [one.aspect for one in report.aspects]
    return next((task.groups for task in component.tasks if [one.id for one in task.aspects] == marked), ())


def _vetoes(report: ScoreReport, scheme: Scheme) -> Iterator[Text]:
    component = scheme.component(report.component)
    if isinstance(component, PracticalComponent):
        titles = {one.id: one.title for task in component.tasks for one in task.aspects}
        for veto in report.vetoes:
            yield titles.get(veto, Text.of(zh=veto, en=veto))


def _carry(given: dict[str, ScoreReport], occasion: Occasion) -> Iterator[PassedPart]:
    scheme = occasion.scheme
    for rule in scheme.carry_over or ():
        report = given.get(rule.component)
        if report is not None and report.carried is None and part_passed(rule, scheme, report):
            title = scheme.component(rule.component).title
            yield PassedPart(title=title, until=last_day(occasion.approved_on, rule.months))


def _again_from(occasion: Occasion) -> date | None:
    retakes = occasion.scheme.retakes
    if retakes is None or retakes.wait_days is None:
        return None
    return occasion.decided_on + timedelta(days=retakes.wait_days)
