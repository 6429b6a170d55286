"""What exists, what waits for whom, and the next command; and whether the records are sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from certengine.canonical import digest_of_bytes
from certengine.errors import NotFound, plural
from certengine.model.score import Pending
from certengine.services.banks import list_banks
from certengine.services.context import Context
from certengine.services.key_leftovers import key_leftovers
from certengine.services.keys import load_keyring
from certengine.services.readers import LOG_READERS
from certengine.services.results import unfinished
from certengine.services.separations import exceptions_used
from certengine.services.touched import due_again, resting_on_superseded
from certengine.store import audit, certificates, decisions, gradings
from certengine.store import sittings as store
from certengine.store.appeals import open_appeals
from certengine.store.append_only import missing_triggers
from certengine.store.certificates import CertificateState
from certengine.store.schema import damage
from certengine.store.tables import HISTORY, bank_version, decision, paper, picture, scheme_version

_ISSUE = "certengine cert issue"
SHOWN = 10
"""So many sittings are looked into, the newest: each takes reading everything of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an overview."""

    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A workspace at a glance.

    Attributes:
        origins: where each setting comes from.
        next_command: the command that brings the first unfinished thing on.
    """

    workspace: str
    actor: str
    lines: tuple[Line, ...]
    origins: tuple[tuple[str, str], ...]
    next_command: str | None


def overview(context: Context, *, every: bool = False) -> Overview:
    """The workspace at a glance; one reading transaction.

    Args:
        every: look into every sitting, and not the newest alone.
    """
    banks = list_banks(context)
    lines = [
        Line(
            what="bank",
            text=f"{bank.id}: {bank.active} of {bank.items} items active, "
            + (
                f"version {bank.version}{', files changed since' if bank.changed else ''}"
                if bank.version
                else "not published"
            ),
        )
        for bank in banks
    ]
    commands = [f"certengine bank publish {bank.id}" for bank in banks if bank.version is None]
    schemes = context.workspace.scheme_ids()
    keys = _keys(context)
    lines.extend(Line(what="scheme", text=scheme_id) for scheme_id in schemes)
    with context.reading() as connection:
        sittings = store.sitting_ids(connection)
        earlier = 0 if every else max(0, len(sittings) - SHOWN)
        if earlier:
            lines.append(Line(what="sitting", text=f"{earlier} earlier: `certengine status --all`"))
        for sitting_id in sittings[earlier:]:
            line, command = _sitting_line(connection, sitting_id)
            lines.append(line)
            if command is not None:
                commands.insert(0, command if keys or not command.startswith(_ISSUE) else "certengine key new")
        left_over = len(key_leftovers(context, connection))
        if not sittings and schemes:
            commands.append(f"certengine sitting open {schemes[0]} --candidates FILE")
    lines.extend(
        Line(
            what="exception",
            text=f"{one.separation}: {one.person}, until {one.until}, agreed by {one.agreed_by}: {one.reason}",
        )
        for one in context.workspace.config.exceptions
    )
    held = f"{keys} in the keyring" if keys else "none yet: `certengine key new`"
    named = f"; {plural(left_over, 'file')} left over: `certengine key list` names them" if left_over else ""
    lines.append(Line(what="keys", text=held + named))
    return Overview(
        workspace=str(context.workspace.root),
        actor=context.actor,
        lines=tuple(lines),
        origins=(
            ("database", context.workspace.database_url()),
            ("keys", str(context.workspace.keys_folder())),
            ("issuer", f"{context.workspace.config.issuer.id} at {context.workspace.config.issuer.domain}"),
        ),
        next_command=commands[0] if commands else None,
    )


def latest_acts(context: Context, limit: int) -> tuple[audit.Act, ...]:
    """The latest acts, newest first.

    Raises:
        Refused: when the role is missing.
    """
    context.demand_role(*LOG_READERS)
    with context.reading() as connection:
        return audit.acts(connection, limit)


def check_database(context: Context) -> tuple[str, ...]:
    """Everything unsound in the database, in words; empty when it is sound."""
    found: list[str] = []
    with context.reading() as connection:
        found.extend(damage(connection))
        found.extend(f"trigger {name} is missing" for name in missing_triggers(connection, HISTORY))
        broken = audit.first_break(connection)
        if broken is not None:
            found.append(f"the audit trail is broken at act {broken}")
        for table in (bank_version, scheme_version, paper, decision):
            for row in connection.execute(select(table.c.contents, table.c.digest)):
                if digest_of_bytes(str(row.contents).encode()) != row.digest:
                    found.append(f"a row of {table.name} does not match its digest {row.digest}")
        for kept in connection.execute(select(picture)):
            if digest_of_bytes(bytes(kept.content)) != kept.digest:
                found.append(f"a row of picture does not match its digest {kept.digest}")
    return tuple(found)


def _keys(context: Context) -> int:
    """How many keys the keyring holds."""
    try:
        return len(load_keyring(context).keys)
    except NotFound:
        return 0


def _waiting_words(waiting: Counter[str]) -> str:
    """What waits for markers, by whom it waits for; nothing where no answer does."""
    return "".join(f"{count} {'answer' if count == 1 else 'answers'} {why}, " for why, count in sorted(waiting.items()))


def _appeal_words(appealed: Mapping[str, date]) -> str:
    """How many appeals are open, and the first deadline."""
    if not appealed:
        return ""
    return f"; {len(appealed)} {'appeal' if len(appealed) == 1 else 'appeals'} open, due {min(appealed.values())}"


def _sitting_line(connection: Connection, sitting_id: str) -> tuple[Line, str | None]:
    sitting = store.load_sitting(connection, sitting_id)
    if sitting.sealed_at is None:
        return Line(what="sitting", text=f"{sitting_id}: open"), f"certengine sitting seal {sitting_id}"
    kept = {one.id for one in sitting.on_record}
    papers = sum(paper.candidate in kept for paper in store.load_papers(connection, sitting_id))
    erased = len(sitting.candidates) - len(kept)
    reports = [report for _, report in gradings.latest_written(connection, sitting_id)]
    graded = len(reports)
    waiting = Counter(score.open.best("en") for report in reports for score in report.items if score.open is not None)
    rated = len({rating.candidate for rating in gradings.load_ratings(connection, sitting_id)})
    records = decisions.latest_decisions(connection, sitting_id)
    decided = [record for record in records if not isinstance(record.decision, Pending)]
    approved = sum(record.approved_at is not None for record in decided)
    lacking = sum(record.approved_at is None and bool(unfinished(record)) for record in decided)
    lacking += len(records) - len(decided)
    issued = [
        record
        for record in certificates.certificates_of(connection, sitting_id)
        if record.state is not CertificateState.VOID
    ]
    reserved = sum(record.state is CertificateState.RESERVED for record in issued)
    excepted = len(exceptions_used(connection, sitting_id))
    appealed = open_appeals(connection, sitting_id)
    stale = len(set(due_again(connection, sitting, reports, records)) - appealed.keys())
    touched = resting_on_superseded(connection, sitting_id)
    lost = [one for one in touched if one.now != "passed"]
    resting = f"{plural(len(touched), 'certificate')} {'rests' if len(touched) == 1 else 'rest'}"
    held = {record.candidate for record in issued if record.state is not CertificateState.RESERVED}
    passed = {
        record.decision.candidate
        for record in records
        if record.decision.outcome == "passed" and record.approved_at is not None
    }
    words = (
        f"{sitting_id}: sealed, {plural(papers, 'paper')}, {graded} graded, {_waiting_words(waiting)}{rated} rated, "
        f"{len(decided)} decided, "
        f"{approved} approved, {f'{lacking} waiting for scores, ' if lacking else ''}"
        f"{plural(len(issued) - reserved, 'certificate')}{f', {reserved} unfinished' if reserved else ''}"
        f"{f'; acts under an exception: {excepted}' if excepted else ''}"
        f"{f'; {stale} decided on scores that were superseded since' if stale else ''}"
        f"{_appeal_words(appealed)}"
        f"{f'; {resting} on superseded decisions' if touched else ''}"
        f"{f', {len(lost)} of them passed no longer' if lost else ''}"
        f"{f'; {erased} erased' if erased else ''}"
    )
    command = None
    if not kept:
        return Line(what="sitting", text=words), None
    if not (graded or rated or audit.happened(connection, "paper.print", sitting_id)):
        command = f"certengine paper print {sitting_id} -o print"
    elif graded < papers:
        command = f"certengine grade written {sitting_id} FILE"
    elif waiting:
        command = f"certengine grade queue {sitting_id}"
    elif not rated:
        command = f"certengine grade practical {sitting_id} FILE..."
    elif not records or stale:
        command = f"certengine result decide {sitting_id}"
    elif appealed:
        command = f"certengine result appeal list {sitting_id}"
    elif lacking < len(records) - approved:
        command = f"certengine result approve {sitting_id} --as ID"
    elif lost:
        verb = "void" if lost[0].state == CertificateState.RESERVED else "revoke"
        command = f"certengine cert {verb} {lost[0].number} --reason error"
    elif reserved or passed - held:
        command = f"{_ISSUE} {sitting_id}"
    elif lacking:
        command = f"certengine result gaps {sitting_id}"
    return Line(what="sitting", text=words), command
