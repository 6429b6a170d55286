"""Taking a person out of history: what goes, what is emptied, and the record that it was done.

Writing the erasure comes first: it is what opens the gate (:mod:`certengine.store.gates`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update

from certengine.canonical import Json, canonical_bytes, digest_of_bytes, instant_text, parse_instant
from certengine.store import tables
from certengine.store.erasure_tables import erasure

#: What a decision that was taken out says in place of its outcome.
ERASED = "erased"
_OF_PAPERS = (tables.written_score, tables.key_in, tables.resolution, tables.script_mark)
_OF_CANDIDATE = (tables.rating, tables.bench_entry, tables.declaration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One person of a sitting taken out of history.

    Attributes:
        register: whether the certificate's entry in the register was ``kept`` or ``erased``.
        approved_by: the second person.
    """

    sitting: str
    candidate: str
    register: str
    at: datetime
    by: str
    approved_by: str


def append_erasure(connection: Connection, new: Erasure) -> None:
    """Write down that a person is erased: from now on the rows of this person may go."""
    connection.execute(
        erasure.insert().values(
            sitting=new.sitting,
            candidate=new.candidate,
            register=new.register,
            at=instant_text(new.at),
            by=new.by,
            approved_by=new.approved_by,
        )
    )


def load_erasures(connection: Connection, sitting_id: str | None = None) -> tuple[Erasure, ...]:
    """The erasures of a sitting (or of all), oldest first."""
    query = select(erasure).order_by(erasure.c.seq)
    rows = connection.execute(query if sitting_id is None else query.where(erasure.c.sitting == sitting_id))
    return tuple(
        Erasure(
            sitting=row.sitting,
            candidate=row.candidate,
            register=row.register,
            at=parse_instant(row.at),
            by=row.by,
            approved_by=row.approved_by,
        )
        for row in rows
    )


def take_out(connection: Connection, sitting_id: str, candidate_id: str, *, left: Json, at: datetime) -> int:
    """Take everything of a candidate out but the certificate; returns how many rows went or were emptied.

    Args:
        left: what stays of the roster entry.
    """
    papers = list(
        connection.execute(
            select(tables.paper.c.id).where(
                tables.paper.c.sitting == sitting_id, tables.paper.c.candidate == candidate_id
            )
        ).scalars()
    )
    runs = select(tables.grading_run.c.id).where(tables.grading_run.c.sitting == sitting_id)
    aside, signed = tables.set_aside, tables.signature
    named = re.compile("|".join(rf"(?<![\w.-]){re.escape(one)}(?![\w-])" for one in (candidate_id, *papers)))
    rows = connection.execute(select(aside.c.seq, aside.c.message, aside.c.place).where(aside.c.run.in_(runs))).all()
    told = aside.c.seq.in_([row.seq for row in rows if named.search(row.message)])
    appeals = select(tables.appeal.c.id).where(
        tables.appeal.c.sitting == sitting_id, tables.appeal.c.candidate == candidate_id
    )
    gone = sum(_delete(connection, table, table.c.paper.in_(papers)) for table in _OF_PAPERS)
    gone += sum(_delete(connection, table, *_whose(table, sitting_id, candidate_id)) for table in _OF_CANDIDATE)
    gone += _delete(connection, signed, signed.c.candidate == candidate_id, signed.c.run.in_(runs))
    gone += _delete(connection, aside, aside.c.run.in_(runs), told)
    gone += _delete(connection, tables.appeal_settlement, tables.appeal_settlement.c.appeal.in_(appeals))
    gone += _delete(connection, tables.appeal, *_whose(tables.appeal, sitting_id, candidate_id))
    empty = _emptied(at)
    values = {"contents": empty, "reports": empty, "digest": digest_of_bytes(empty.encode()), "outcome": ERASED}
    decided = _whose(tables.decision, sitting_id, candidate_id)
    gone += connection.execute(update(tables.decision).where(*decided).values(**values)).rowcount
    entry = tables.candidate
    mine = (entry.c.sitting == sitting_id, entry.c.id == candidate_id)
    gone += connection.execute(update(entry).where(*mine).values(contents=canonical_bytes(left).decode())).rowcount
    return gone


def take_out_certificates(connection: Connection, emptied: Mapping[int, str], at: datetime) -> None:
    """Empty certificates' entries in the register: number, dates and what happened stay, the person goes.

    Args:
        emptied: by certificate, what is left of its content.
    """
    for number, content in emptied.items():
        values = {"credential": content, "code_digest": f"erased:{number}", "typed_digest": f"erased:{number}"}
        connection.execute(update(tables.certificate).where(tables.certificate.c.id == number).values(**values))
        events = tables.certificate_event
        issued = (events.c.certificate == number, events.c.kind == "issued")
        for row in connection.execute(select(events).where(*issued)).all():
            kept = _pdf_digest(row.details)
            details = canonical_bytes({"erased": instant_text(at), **kept}).decode()
            connection.execute(update(events).where(events.c.seq == row.seq).values(details=details))
        job = tables.job
        connection.execute(
            update(job).where(job.c.kind == "certificate", job.c.subject == str(number)).values(message=None, hint=None)
        )


def _pdf_digest(details: str) -> dict[str, Json]:
    found = json.loads(details)
    return {name: found[name] for name in ("file", "pdf_digest") if name in found}


def _emptied(at: datetime) -> str:
    return canonical_bytes({"erased": instant_text(at)}).decode()


def _whose(table: Table, sitting_id: str, candidate_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.sitting == sitting_id, table.c.candidate == candidate_id


def _delete(connection: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(*where)).rowcount
