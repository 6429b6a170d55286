"""Sittings: opening with a roster, sealing (drawing every paper and publishing the commitment), closing.

What happens to the seed afterwards is in :mod:`certengine.services.draw_proof`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from certengine.assembly.commitment import Seen, commitment, paper_digests
from certengine.assembly.draw import draw_papers, draw_task
from certengine.assembly.keyed import ALGORITHM, SEED_BYTES
from certengine.canonical import instant_text
from certengine.errors import AnswerIsNo, Finding, InputError, NotFound, Refused, UsageError, first_errors, plural
from certengine.interchange.candidates import read_roster
from certengine.model.bank import Bank
from certengine.model.scheme import Scheme
from certengine.model.sitting import Candidate, Paper, Sitting, TaskAssignment
from certengine.services.context import Context
from certengine.services.enrolment import civil_zone, enrol_roster
from certengine.services.examiners import examiner_findings
from certengine.services.schemes import shortfalls, sound_scheme
from certengine.services.separations import exception_words, exceptions_used
from certengine.store import sittings as store
from certengine.store.versions import append_scheme, load_bank, load_scheme

#: What finds parallel forms: its version is written down when a sitting is sealed.
SOLVER = f"scipy {version('scipy')}"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSitting:
    """A sitting with everything it pins."""

    sitting: Sitting
    scheme: Scheme
    banks: dict[str, Bank]


@dataclass(frozen=True, slots=True, kw_only=True)
class SittingLine:
    """One sitting in a list."""

    id: str
    scheme: str
    candidates: int
    opened_at: str
    state: str


def open_sitting(
    context: Context, scheme_id: str, roster: Path, *, sitting_id: str | None, dry_run: bool = False
) -> tuple[Sitting, tuple[Finding, ...]]:
    """Open a sitting: pin scheme and bank versions, enrol the roster, take a secret seed.

    Returns the sitting and the warnings about its roster.

    Raises:
        NotFound: when the scheme, a published bank or the roster file does not exist.
        AnswerIsNo: when the scheme has errors or a bank cannot fill its blueprint.
        InputError: with every finding, when the roster does not hold together.
        Refused: when a sitting of that id exists.
    """
    context.demand_role("administrator")
    scheme = sound_scheme(context, scheme_id)
    rows, warnings = _roster(roster)
    at = context.clock()
    sitting_id = sitting_id or f"{scheme.id}-{at:%Y%m%d}"
    if not ID.fullmatch(sitting_id):
        raise UsageError(f"`{sitting_id}` is not an id", hint="use letters, digits, `-`, `_` and `.`")
    with context.writing() as connection:
        if sitting_id in store.sitting_ids(connection):
            raise Refused(
                f"sitting `{sitting_id}` exists already", hint="name another with `--id`", code="sitting/exists"
            )
        enrolled = enrol_roster(context, connection, scheme, roster, rows, at)
        people, today = context.workspace.config.people, at.astimezone(civil_zone(context)).date()
        of_examiners = examiner_findings(scheme, people, roster, rows, today)
        warnings = (*warnings, *enrolled.findings, *of_examiners)
        _demand_sound(warnings)
        candidates = enrolled.candidates
        banks = [load_bank(connection, component.bank) for component in scheme.written]
        _demand_feasible(scheme, banks, candidates)
        scheme_version, digest = append_scheme(connection, scheme, at=at, by=context.actor)
        sitting = Sitting(
            id=sitting_id,
            scheme_id=scheme.id,
            scheme_version=scheme_version,
            scheme_digest=digest,
            banks=tuple(sorted({(bank.id, bank.version, bank.digest) for bank in banks})),
            candidates=candidates,
            opened_at=at,
            opened_by=context.actor,
        )
        if dry_run:
            connection.rollback()
            return sitting, warnings
        store.append_sitting(connection, sitting, context.entropy(SEED_BYTES))
        context.write_act(
            connection,
            at,
            "sitting.open",
            sitting_id,
            scheme=f"{scheme.id}@{scheme_version}",
            candidates=len(candidates),
        )
    return sitting, warnings


def seal_sitting(context: Context, sitting_id: str, *, dry_run: bool = False) -> tuple[Sitting, bool]:
    """Draw every paper and task, store them, and publish the commitment to seed, bank, scheme and roster.

    Returns the sitting, and whether it was sealed now (sealing twice changes nothing). A dry run draws everything too, returns
    the sitting with the commitment it would have, and writes nothing.

    Raises:
        NotFound: when there is no such sitting.
        AnswerIsNo: with every shortfall, when the blueprint cannot be met.
    """
    context.demand_role("administrator")
    at = context.clock()
    with context.reading() if dry_run else context.writing() as connection:
        loaded = load(context, sitting_id)
        if loaded.sitting.sealed_at is not None:
            return loaded.sitting, False
        seed = store.load_seed(connection, sitting_id)
        before = store.seen_before(connection, sitting_id)
        seen = store.items_seen(connection, before)
        papers, tasks = draw_everything(loaded, seed, seen)
        value = commitment(loaded.sitting, seed, seen=seen, papers=paper_digests(papers), tasks=tasks)
        if dry_run:
            return replace(loaded.sitting, commitment=value), True
        store.append_papers(connection, papers, tasks)
        store.append_event(
            connection,
            sitting_id,
            "sealed",
            at=at,
            by=context.actor,
            details={
                "algorithm": ALGORITHM,
                "solver": SOLVER,
                "commitment": value,
                "papers": len(papers),
                "seen": {one: list(ids) for one, ids in before.items()},
            },
        )
        context.write_act(connection, at, "sitting.seal", sitting_id, commitment=value, papers=len(papers))
        sealed = store.load_sitting(connection, sitting_id)
    return sealed, True


def close_sitting(context: Context, sitting_id: str, *, dry_run: bool = False) -> tuple[Sitting, bool]:
    """Write down that the examination is over and no candidate works on its papers any more.

    Returns the sitting, and whether it was closed now (closing twice changes nothing). A dry run writes nothing.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when it is not sealed.
    """
    context.demand_role("administrator")
    at = context.clock()
    with context.reading() if dry_run else context.writing() as connection:
        sitting = store.load_sitting(connection, sitting_id)
        demand_sealed(sitting)
        if "closed" in store.events(connection, sitting_id):
            return sitting, False
        if dry_run:
            return sitting, True
        store.append_event(connection, sitting_id, "closed", at=at, by=context.actor, details={})
        context.write_act(connection, at, "sitting.close", sitting_id)
    return sitting, True


def list_sittings(context: Context) -> tuple[SittingLine, ...]:
    """All sittings, oldest first."""
    with context.reading() as connection:
        ids = store.sitting_ids(connection)
        sittings = [store.load_sitting(connection, one) for one in ids]
        states = [_state(store.events(connection, one)) for one in ids]
    return tuple(
        SittingLine(
            id=one.id,
            scheme=f"{one.scheme_id}@{one.scheme_version}",
            candidates=len(one.candidates),
            opened_at=instant_text(one.opened_at),
            state=state,
        )
        for one, state in zip(sittings, states, strict=True)
    )


def load(context: Context, sitting_id: str, *, roster: bool = True) -> LoadedSitting:
    """A sitting with the scheme and bank versions it pins.

    Args:
        roster: without it no candidate is loaded.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when a pinned version was altered.
    """
    with context.reading() as connection:
        sitting = store.load_sitting(connection, sitting_id, roster=roster)
        scheme = load_scheme(connection, sitting.scheme_id, sitting.scheme_version)
        banks = {bank: load_bank(connection, bank, version) for bank, version, _ in sitting.banks}
    return LoadedSitting(sitting=sitting, scheme=scheme, banks=banks)


def draw_everything(
    loaded: LoadedSitting, seed: bytes, seen: Seen
) -> tuple[tuple[Paper, ...], tuple[TaskAssignment, ...]]:
    """All papers and tasks of a sitting, from nothing but what it pins, its seed, and what candidates have seen before.

    Raises:
        AnswerIsNo: with every shortfall.
    """
    sitting_down = {one.id: loaded.sitting.sitting_down(one.id) for one in loaded.scheme.components}
    papers = tuple(
        paper
        for component in loaded.scheme.written
        if sitting_down[component.id].candidates
        for paper in draw_papers(
            component, loaded.banks[component.bank], sitting_down[component.id], seed=seed, seen=seen
        )
    )
    tasks = tuple(
        draw_task(component, loaded.sitting, candidate.id, seed=seed)
        for component in loaded.scheme.practical
        for candidate in sitting_down[component.id].candidates
    )
    return papers, tasks


def demand_candidates(sitting: Sitting, named: Iterable[str]) -> None:
    """Refuse a name that the roster has not.

    Raises:
        NotFound: when one of them does not sit.
    """
    known = {candidate.id for candidate in sitting.candidates}
    for one in named:
        if one not in known:
            raise NotFound(
                f"sitting `{sitting.id}` has no candidate `{one}`",
                hint=f"`certengine sitting show {sitting.id}` lists them",
            )


def demand_sealed(sitting: Sitting) -> None:
    """Refuse what needs papers before they are drawn.

    Raises:
        Refused: when the sitting is not sealed.
    """
    if sitting.sealed_at is None:
        raise Refused(
            f"sitting `{sitting.id}` is not sealed: its papers are not drawn yet",
            hint=f"`certengine sitting seal {sitting.id}`",
            code="sitting/not-sealed",
        )


def _state(events: Collection[str]) -> str:
    """The latest thing that happened to a sitting."""
    return next((one for one in ("revealed", "closed", "sealed") if one in events), "open")


def _roster(path: Path) -> tuple[tuple[tuple[int, Candidate], ...], tuple[Finding, ...]]:
    rows, findings = read_roster(path)
    _demand_sound(findings)
    if not rows:
        raise InputError("the roster names no candidate", hint="one line for each: candidate_id,name")
    return rows, findings


def _demand_sound(findings: tuple[Finding, ...]) -> None:
    errors = first_errors(findings)
    if errors:
        raise InputError(
            f"the roster has {plural(len(errors), 'error')}; no sitting was opened",
            findings=errors,
            hint="mend the lines named and open the sitting again",
            code="roster/has-errors",
        )


def _demand_feasible(scheme: Scheme, banks: list[Bank], candidates: Collection[Candidate]) -> None:
    short = [
        finding
        for component, bank in zip(scheme.written, banks, strict=True)
        for finding in shortfalls(component, bank.contents, papers=sum(one.sits(component.id) for one in candidates))[1]
    ]
    if first_errors(tuple(short)):
        raise AnswerIsNo(
            f"the blueprint of `{scheme.id}` cannot be met; no sitting was opened",
            findings=tuple(short),
            hint=f"`certengine scheme check {scheme.id}` shows every cell",
            code="scheme/cell-short",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SittingView:
    """A sitting as shown: rows of candidate, name, seat, paper and task; the seed once it is revealed.

    Attributes:
        exceptions: every use of an exception from a separation of duties, in words.
    """

    sitting: Sitting
    seed: str | None
    rows: tuple[tuple[str, str, str, str, str], ...]
    exceptions: tuple[str, ...]


def describe_sitting(context: Context, sitting_id: str) -> SittingView:
    """A sitting with who sits and what each was given.

    Raises:
        NotFound: when there is no such sitting.
    """
    with context.reading() as connection:
        sitting = store.load_sitting(connection, sitting_id)
        papers = {paper.candidate: paper.id for paper in store.load_papers(connection, sitting_id)}
        tasks = {task.candidate: task.task for task in store.load_tasks(connection, sitting_id)}
        revealed = store.events(connection, sitting_id).get("revealed")
        exceptions = exceptions_used(connection, sitting_id)
    return SittingView(
        sitting=sitting,
        seed=str(revealed[1]["seed"]) if revealed else None,
        rows=tuple(
            (one.id, one.name, one.seat or "", papers.get(one.id, ""), tasks.get(one.id, ""))
            for one in sitting.candidates
        ),
        exceptions=tuple(exception_words(one) for one in exceptions),
    )
