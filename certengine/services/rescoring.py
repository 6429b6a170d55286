"""Correcting keys after the fact: every paper with the item scored anew, and everybody named whom it touches.

Invariants:

1. A correction is asked for by one person and approved by another; it is a row, with policy, key version and reason.
2. Nothing is edited: superseding score reports are written in a run of their own; the earlier ones, the decisions made
   on them and the certificates stay until somebody decides anew and revokes or replaces.
3. What a dry run lists is what the run does. Asked for twice, the second time changes nothing.
4. Everything graded afterwards is scored by the keys then in force (:mod:`certengine.services.scripts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection

from certengine.canonical import decimal_text
from certengine.errors import Finding, InputError, NotFound, UsageError
from certengine.model.bank import Bank
from certengine.model.key_correction import KeyPolicy
from certengine.model.score import Decision, ItemScore, ScoreReport
from certengine.model.sitting import Paper, ResponseSheet
from certengine.services.context import Context
from certengine.services.corrected_keys import Corrections, corrections_of, published
from certengine.services.key_checks import Asked, as_rows, same_as_in_force, wrong_with
from certengine.services.rating_rules import counted
from certengine.services.results import decisions_now, may_decide
from certengine.services.scripts import Desk, load_desk
from certengine.services.separations import demand_approver
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.services.touched import Touched, touched_certificates
from certengine.store import decisions, gradings
from certengine.store import sittings as store
from certengine.store.key_corrections import append_key_corrections
from certengine.store.versions import load_bank

Scored = Sequence[tuple[ResponseSheet, ScoreReport]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkChange:
    """One item of one paper that earns otherwise now; marks are exact, and ``None`` while open."""

    candidate: str
    paper: str
    position: int
    item: str
    before: Fraction | None
    after: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreChange:
    """One candidate's component score that is another now, as text; empty while open."""

    candidate: str
    component: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionChange:
    """One decision that has to be made anew, and what the pass standard makes of the candidate now."""

    candidate: str
    before: str
    after: str

    @property
    def flips(self) -> bool:
        """Whether the outcome is another."""
        return self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescoring:
    """What a correction of keys did, or would do.

    Attributes:
        run: its grading run; ``None`` for a dry run or a repetition.
        repeated: the earlier run that did all of it.
        items: ``(item, policy, key version)`` of what is corrected.
        papers: papers scored anew.
        decide_anew: candidates whose decision rests on superseded scores.
        deciders: people who may decide on them.
        certificates: those that rest on these decisions, with what to do.
    """

    run: int | None
    repeated: int | None = None
    items: tuple[tuple[str, str, str | None], ...]
    papers: int = 0
    marks: tuple[MarkChange, ...] = ()
    scores: tuple[ScoreChange, ...] = ()
    decide_anew: tuple[DecisionChange, ...] = ()
    deciders: tuple[str, ...] = ()
    certificates: tuple[Touched, ...] = ()


def rescore(
    context: Context,
    sitting_id: str,
    items: Sequence[tuple[str, KeyPolicy]],
    *,
    approver: str,
    reason: str,
    bank: tuple[str, int | None] | None = None,
    dry_run: bool = False,
) -> Rescoring:
    """Correct the keys of items of a sitting.

    Args:
        items: each with the policy that is to count.
        approver: another person than who acts.
        bank: id and version whose keys are right; the newest published version when left out.

    Raises:
        NotFound: when the sitting, an item or the bank version does not exist.
        Refused: when it is not sealed, or the approver is the person who asks or has no such role.
        InputError: with every finding, when a key cannot be corrected so.
        UsageError: when no item or no reason is given.
    """
    context.demand_role("administrator")
    own = f"`{approver}` asks for this correction; another person approves it"
    demand_approver(context, approver, own, code="rescore/same-person")
    if not items or not reason.strip():
        raise UsageError("a correction names an item and a reason", hint="`--item ITEM=POLICY -m WHY`")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    at = context.clock()
    with context.reading() if dry_run else context.writing() as connection:
        desk = load_desk(connection, loaded)
        papers = {paper.id: paper for paper in store.load_papers(connection, sitting_id)}
        everything, unknown = _asked(connection, loaded, items, bank)
        asked = [one for one in everything if not same_as_in_force(desk, one)]
        named = tuple(
            (one.item, one.policy.value, one.key.reference if one.key is not None else None) for one in everything
        )
        _demand_sound((*unknown, *wrong_with(desk, tuple(papers.values()), asked)), sitting_id)
        if not asked:
            return Rescoring(run=None, repeated=_run_in_force(desk, everything), items=named)
        before = gradings.latest_written(connection, sitting_id)
        concerned = _concerned(papers, before, asked)
        run = None if dry_run else _append_run(context, connection, sitting_id, asked, at, len(concerned))
        rows = as_rows(asked, run or 0, reason=reason, requested_by=context.actor, approved_by=approver)
        corrected = replace(desk, corrections=_joined(desk.corrections, corrections_of(rows, published(connection))))
        after = [(sheet, corrected.score(papers[sheet.paper], sheet)) for sheet, _ in concerned]
        found = _effects(context, connection, corrected, before, after)
        found = replace(found, run=run, items=named)
        if run is not None:
            append_key_corrections(connection, sitting_id, rows)
            gradings.append_written(connection, run, after)
            context.write_act(
                connection,
                at,
                "grade.rescore",
                sitting_id,
                run=run,
                items=[f"{one.item} {one.policy}" for one in asked],
                approved_by=approver,
                reason=reason,
                papers=len(after),
                marks=len(found.marks),
            )
    return found


def _asked(
    connection: Connection,
    loaded: LoadedSitting,
    items: Sequence[tuple[str, KeyPolicy]],
    named: tuple[str, int | None] | None,
) -> tuple[list[Asked], list[Finding]]:
    """What is asked for, with its bank and key version; and a finding for each item that stands twice or in no one bank.

    Raises:
        NotFound: when the bank version was never published.
    """
    findings: list[Finding] = []
    banks = loaded.banks if named is None else {named[0]: loaded.banks.get(named[0])}
    if None in banks.values():
        raise NotFound(f"sitting `{loaded.sitting.id}` draws from no bank `{named and named[0]}`", code="rescore/bank")
    held = {bank.id: {item.id for item in bank.contents.items} for bank in banks.values() if bank is not None}
    keys: dict[str, Bank] = {}
    asked: list[Asked] = []
    for item, policy in items:
        homes = [bank for bank, ids in held.items() if item in ids]
        if len(homes) != 1:
            where = "no bank" if not homes else f"{len(homes)} banks"
            hint = "compare the id with the paper" if not homes else "name one with `--bank`"
            findings.append(
                Finding(code="rescore/unknown-item", message=f"item {item} is in {where} of the sitting", hint=hint)
            )
        elif any(one.item == item for one in asked):
            findings.append(
                Finding(code="rescore/item-twice", message=f"item {item} is named twice", hint="name it once")
            )
        else:
            home = homes[0]
            if policy.needs_key and home not in keys:
                keys[home] = load_bank(connection, home, named[1] if named is not None else None)
            asked.append(Asked(item=item, policy=policy, bank=home, key=keys[home] if policy.needs_key else None))
    return asked, findings


def _demand_sound(findings: tuple[Finding, ...], sitting_id: str) -> None:
    if findings:
        raise InputError(
            f"no key of sitting `{sitting_id}` was corrected",
            findings=findings,
            code="rescore/not-possible",
            hint="mend what is named; nothing was written",
        )


def _run_in_force(desk: Desk, asked: Sequence[Asked]) -> int:
    return max(desk.corrections[one.bank][one.item][-1].number for one in asked)


def _joined(known: Corrections, new: Corrections) -> Corrections:
    """Corrections in force with those that come on top."""
    return {
        bank: {
            item: (*known.get(bank, {}).get(item, ()), *new.get(bank, {}).get(item, ()))
            for item in {**known.get(bank, {}), **new.get(bank, {})}
        }
        for bank in {**known, **new}
    }


def _concerned(papers: Mapping[str, Paper], graded: Scored, asked: Sequence[Asked]) -> Scored:
    """The graded papers on which an item stands whose key is corrected."""
    items = {(one.bank, one.item) for one in asked}
    return [
        (sheet, report)
        for sheet, report in graded
        if any((papers[sheet.paper].bank, drawn.item) in items for drawn in papers[sheet.paper].items)
    ]


def _append_run(
    context: Context, connection: Connection, sitting_id: str, asked: Sequence[Asked], at: datetime, papers: int
) -> int:
    keys = {one.key.reference: one.key.digest for one in asked if one.key is not None}
    return gradings.append_run(
        connection,
        sitting_id,
        "rescore",
        at=at,
        by=context.actor,
        files=sorted(keys.items()),
        accepted=papers,
        findings=(),
    )


def _effects(context: Context, connection: Connection, desk: Desk, before: Scored, after: Scored) -> Rescoring:
    """Whose marks, scores, decisions and certificates are others now."""
    loaded = desk.loaded
    was = {sheet.paper: report for sheet, report in before}
    now = {**was, **{sheet.paper: report for sheet, report in after}}
    ratings = counted(connection, loaded.sitting.id)
    made, _ = decisions_now(connection, loaded, ratings, written=tuple(now.values()))
    known = {one.decision.candidate: one for one in decisions.latest_decisions(connection, loaded.sitting.id)}
    anew = tuple(
        DecisionChange(candidate=who, before=record.decision.outcome, after=made[who].outcome)
        for who in dict.fromkeys(report.candidate for _, report in after)
        for record in [known.get(who)]
        if record is not None and made[who] != record.decision
    )
    return Rescoring(
        run=None,
        items=(),
        papers=len(after),
        marks=tuple(
            change for sheet, report in after for change in _mark_changes(sheet.paper, was[sheet.paper], report)
        ),
        scores=tuple(
            ScoreChange(
                candidate=report.candidate,
                component=report.component,
                before=_score_text(was[sheet.paper]),
                after=_score_text(report),
            )
            for sheet, report in after
            if was[sheet.paper].score != report.score
        ),
        decide_anew=anew,
        deciders=may_decide(context, connection, loaded) if anew else (),
        certificates=touched_certificates(connection, loaded.sitting.id, _outcomes(made, anew)),
    )


def _score_text(report: ScoreReport) -> str:
    return decimal_text(report.score) if report.score is not None else ""


def _outcomes(made: Mapping[str, Decision], anew: Sequence[DecisionChange]) -> dict[str, str]:
    return {one.candidate: made[one.candidate].outcome for one in anew}


def _mark_changes(paper: str, was: ScoreReport, now: ScoreReport) -> list[MarkChange]:
    def earned(score: ItemScore) -> Fraction | None:
        return None if score.open is not None or score.dropped else score.earned

    return [
        MarkChange(
            candidate=now.candidate,
            paper=paper,
            position=new.position,
            item=new.item,
            before=earned(old),
            after=earned(new),
        )
        for old, new in zip(was.items, now.items, strict=True)
        if earned(old) != earned(new) or old.dropped != new.dropped
    ]
