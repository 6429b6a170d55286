"""Erasing a person: what is on record of a candidate goes for good; trail, log and draw stay whole, and lead nowhere.

1. Nothing goes that must be kept: a person has a reason, a second person who approves it, and a retention time that is
   over (``[retention]`` in ``certengine.toml``; without it nothing is ever erased). What waits, what another result rests
   on, and what is open is refused; the entry of a certificate in force stays in the register.
2. In one transaction: the erasure is written, which opens the gate of history for this person's rows; they are deleted, or
   emptied where others refer to them; the salt goes, and from then on no commitment of theirs can be opened, compared, or
   told from noise. That it was done is an act.
3. Files that this program made and knows go: the proof beside a certificate, photographs, the certificate itself where its
   entry goes.
4. The database is written anew, so that no free page and no journal holds what was there. Erasing again does this again.

Left are: the candidate's id with seat, paper and drawn items, by which the draw is proved, and acts that name ids. So an id
must never be made from a person's name or identity number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from certengine.canonical import canonical_bytes, parse_instant, to_json
from certengine.errors import Refused, UsageError
from certengine.model.credential import Credential, Holder
from certengine.model.sitting import Candidate, Sitting
from certengine.services.context import Context
from certengine.services.finishing import file_name
from certengine.services.issuing import FOLDER
from certengine.services.photographs import photographs_known
from certengine.services.reserving import local_date
from certengine.services.separations import demand_approver
from certengine.services.sittings import demand_candidates
from certengine.services.transparency import PROOF_SUFFIX
from certengine.services.written_down import owner_of
from certengine.store import certificates, erasures, sittings, tables
from certengine.store.appeals import open_appeals
from certengine.store.certificates import CertificateRecord, CertificateState
from certengine.store.commitments import forget_salt
from certengine.store.erasures import Erasure

ACTION = "person.erase"
NOBODY = "已删除 erased"
"""What stands where a name stood."""
_IN_FORCE = {CertificateState.ISSUED, CertificateState.SUSPENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRun:
    """What was erased, or would be.

    Attributes:
        rows: of the register, deleted or emptied.
        kept: certificates whose entry stays in the register; ``emptied`` those whose entry went.
        files: that were taken away.
        elsewhere: files that were read into this sitting, which this program does not hold.
        also: other sittings of the same scheme whose roster has the same candidate id.
        scrubbed: the database was written anew; otherwise another program held it, and erasing again does it.
    """

    rows: int
    kept: tuple[str, ...]
    emptied: tuple[str, ...]
    files: tuple[Path, ...]
    elsewhere: tuple[str, ...]
    also: tuple[str, ...]
    scrubbed: bool


def erase_candidate(
    context: Context, sitting_id: str, candidate_id: str, *, reason: str, approver: str, dry_run: bool = False
) -> ErasureRun:
    """Erase a candidate of a sitting.

    Raises:
        NotFound: when there is no such sitting or candidate.
        UsageError: when no reason is given, or the reason names the person.
        Refused: when a role is missing, or something of this person must be kept; with the code of the rule.
    """
    context.demand_role("administrator")
    demand_approver(context, approver, f"`{approver}` erases; another person approves it", code="erasure/same-person")
    at = context.clock()
    with context.reading() if dry_run else context.writing() as connection:
        sitting, candidate = _found(connection, sitting_id, candidate_id)
        _demand_reason(reason, candidate)
        held = [one for one in certificates.certificates_of(connection, sitting_id) if one.candidate == candidate_id]
        _demand_over(context, connection, sitting, candidate, held, at)
        going = [one for one in held if one.credential.code and _may_go(context, one, at)]
        rows = 0
        if candidate.erased is None or going:
            done = Erasure(
                sitting=sitting_id,
                candidate=candidate_id,
                register="erased" if going else "kept",
                at=at,
                by=context.actor,
                approved_by=approver,
            )
            if not dry_run:
                rows = _take_out(context, connection, done, candidate, going)
                context.write_act(
                    connection,
                    at,
                    ACTION,
                    owner_of(sitting_id, candidate_id),
                    approved_by=approver,
                    reason=reason,
                    register=done.register,
                    rows=rows,
                )
        elsewhere = _sources(connection, sitting_id)
        also = tuple(_also(connection, sitting, candidate_id))
    gone = [one.id for one in held if not one.credential.code] + [one.id for one in going]
    files = tuple(_files(context, candidate_id, held, gone))
    if not dry_run:
        for path in files:
            path.unlink(missing_ok=True)
    return ErasureRun(
        rows=rows,
        kept=tuple(one.credential.registered_as for one in held if one.id not in gone),
        emptied=tuple(one.credential.registered_as for one in held if one.id in gone),
        files=files,
        elsewhere=elsewhere,
        also=also,
        scrubbed=not dry_run and context.database.scrub(),
    )


def _found(connection: Connection, sitting_id: str, candidate_id: str) -> tuple[Sitting, Candidate]:
    sitting = sittings.load_sitting(connection, sitting_id)
    demand_candidates(sitting, (candidate_id,))
    return sitting, sitting.candidate(candidate_id)


def _demand_reason(reason: str, candidate: Candidate) -> None:
    """The reason stands in the trail for ever, so it may not say who the person was."""
    if not reason.strip():
        raise UsageError("erasing somebody needs a reason", hint="say which rule asks for it")
    if any(word in reason for word in _words(candidate)):
        raise UsageError(
            "the reason names the person, and it stays in the trail",
            hint="say which rule asks for it, without a name",
            code="erasure/reason-names",
        )


def _words(candidate: Candidate) -> tuple[str, ...]:
    """What tells who a candidate is."""
    return tuple(one for one in (candidate.name, candidate.name_en) if one and candidate.erased is None)


def _demand_over(
    context: Context,
    connection: Connection,
    sitting: Sitting,
    candidate: Candidate,
    held: Iterable[CertificateRecord],
    at: datetime,
) -> None:
    """Refuse while anything waits for this person, rests on what is known of them, or must be kept."""
    retention = context.workspace.config.retention
    if retention is None:
        raise Refused(
            "this workspace does not say how long records are kept, so nothing is erased",
            hint="declare `[retention]` with `years` in certengine.toml: as long as the law and the scheme ask",
            code="erasure/no-retention",
        )
    if candidate.id in open_appeals(connection, sitting.id):
        raise Refused(
            f"an appeal of `{candidate.id}` is open",
            hint=f"`certengine result appeal settle {sitting.id} {candidate.id}`",
            code="erasure/appeal-open",
        )
    for record in held:
        if record.state is CertificateState.RESERVED:
            number = record.credential.registered_as
            raise Refused(
                f"certificate {number} is reserved and not issued",
                hint=f"issue it, or `certengine cert void {number}`",
                code="erasure/reserved",
            )
    later = _rests(connection, sitting.id, candidate.id)
    if later is not None:
        raise Refused(
            f"a result of sitting `{later[0]}` rests on this one: candidate `{later[1]}` carried a part over",
            hint=f"erase that one first: `certengine sitting erase {later[0]} {later[1]}`",
            code="erasure/carried-over",
        )
    if candidate.erased is not None:
        return
    until = _years_after(_last(context, connection, sitting, candidate.id, held), retention.years)
    if local_date(context, at) < until:
        raise Refused(
            f"records of `{candidate.id}` are kept for {retention.years} years, until {until}",
            hint="`[retention]` in certengine.toml says how long; a shorter time is for the body to decide, not for one case",
            code="erasure/retention",
        )


def _last(
    context: Context, connection: Connection, sitting: Sitting, candidate_id: str, held: Iterable[CertificateRecord]
) -> date:
    """The day of the last thing that happened to a candidate, or the later one on which a certificate ends."""
    decision, settlement = tables.decision, tables.appeal_settlement
    mine = (decision.c.sitting == sitting.id, decision.c.candidate == candidate_id)
    found = [*connection.execute(select(decision.c.decided_at).where(*mine)).scalars()]
    found += connection.execute(
        select(tables.approval.c.approved_at).join(decision, decision.c.id == tables.approval.c.decision).where(*mine)
    ).scalars()
    found += connection.execute(
        select(settlement.c.settled_at).join(decision, decision.c.id == settlement.c.decision).where(*mine)
    ).scalars()
    found += connection.execute(
        select(tables.grading_run.c.at).where(tables.grading_run.c.sitting == sitting.id)
    ).scalars()
    days = [local_date(context, one) for one in (sitting.opened_at, *map(parse_instant, found))]
    for record in held:
        days += [local_date(context, event.at) for event in record.events]
        if record.state in _IN_FORCE and record.credential.valid_until is not None:
            days.append(record.credential.valid_until)
    return max(days)


def _may_go(context: Context, record: CertificateRecord, at: datetime) -> bool:
    """Whether the register's entry goes too: where the workspace says so, and nobody can rely on it any more."""
    retention = context.workspace.config.retention
    end = record.credential.valid_until
    ended = record.state not in _IN_FORCE or (end is not None and end < local_date(context, at))
    return retention is not None and retention.register == "erase" and ended


def _rests(connection: Connection, sitting_id: str, candidate_id: str) -> tuple[str, str] | None:
    """Who carried a part over from this candidate's result, and is not erased."""
    for other in sittings.sitting_ids(connection):
        for one in sittings.load_sitting(connection, other).on_record:
            if any((part.sitting, part.candidate) == (sitting_id, candidate_id) for part in one.carried or ()):
                return other, one.id
    return None


def _take_out(
    context: Context, connection: Connection, done: Erasure, candidate: Candidate, going: Iterable[CertificateRecord]
) -> int:
    erasures.append_erasure(connection, done)
    day = local_date(context, done.at)
    left = Candidate(
        id=candidate.id,
        name=NOBODY,
        seat=candidate.seat,
        carry_over=candidate.carry_over,
        erased=candidate.erased or day,
    )
    rows = erasures.take_out(connection, done.sitting, candidate.id, left=to_json(left), at=done.at)
    emptied = {one.id: canonical_bytes(_nameless(one.credential)).decode() for one in going}
    erasures.take_out_certificates(connection, emptied, done.at)
    forget_salt(connection, owner_of(done.sitting, candidate.id))
    return rows + len(emptied)


def _nameless(credential: Credential) -> Credential:
    """What is left of a certificate: its number, what it was for, and its dates."""
    return replace(credential, holder=Holder(name=NOBODY), code="", evidence=(), photo=None)


def _sources(connection: Connection, sitting_id: str) -> tuple[str, ...]:
    """Names of the files that were read into a sitting."""
    runs = tables.grading_run
    found = connection.execute(select(runs.c.files).where(runs.c.sitting == sitting_id).order_by(runs.c.id)).scalars()
    return tuple(dict.fromkeys(str(name) for files in found for name, _ in json.loads(files)))


def _also(connection: Connection, sitting: Sitting, candidate_id: str) -> Iterator[str]:
    for other in sittings.sitting_ids(connection):
        if other != sitting.id and sittings.scheme_of(connection, other) == sitting.scheme_id:
            ids = {one.id for one in sittings.load_sitting(connection, other).on_record}
            if candidate_id in ids:
                yield other


def _files(
    context: Context, candidate_id: str, held: Iterable[CertificateRecord], gone: Iterable[int]
) -> Iterator[Path]:
    """The files this program knows of that tell of the person, and are there."""
    folder = context.workspace.root / FOLDER
    for record in held:
        path = folder / file_name(record)
        named = [path.with_suffix(PROOF_SUFFIX), *([path] if record.id in gone else [])]
        yield from (one for one in named if one.exists())
    photos = [one.credential.photo for one in held if one.id in gone and one.credential.photo is not None]
    yield from photographs_known(context, candidate_id, photos)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)
