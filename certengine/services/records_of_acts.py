"""Which rows an act wrote, as records to commit to: found in the database itself, in the transaction that wrote them.

So no command can forget to commit to what it wrote, and a new command that writes by the same acts is covered at once.
The same functions make the records again when they are compared (:mod:`certengine.services.replay`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from certengine.canonical import Json, digest_of_bytes, instant_text
from certengine.services.written_down import Record, json_record, owner_of, text_record, value_of
from certengine.store import tables
from certengine.store.commitments import load_salts

Row = Mapping[str, Any]
_AT_ONCE = 200
#: Kinds that enter the public log, each as its commitment.
PUBLIC = frozenset({"issue", "status", "key", "bank", "seed"})


def writes_public(action: str) -> bool:
    """Whether an act may write records of the kinds in :data:`PUBLIC`."""
    return not action.startswith("grade.")


def records_of(
    connection: Connection, at: datetime, action: str, subject: str, details: Mapping[str, Json]
) -> Iterable[Record]:
    """The records of an act that is about to be written down, once through; empty for an act that writes no record."""
    run = details.get("run")
    if action.startswith("grade.") and isinstance(run, int):
        return _of_run(connection, subject, run)
    make = _BY_ACTION.get(action)
    if make is None and action.startswith("cert."):
        make = _of_certificate
    return make(connection, at, action, subject, details) if make is not None else ()


def written_records(sitting: str, rows: Iterable[Row]) -> Iterator[Record]:
    """Of rows of ``written_score``: what was answered, and what it scored."""
    for row in rows:
        owner = owner_of(sitting, row["candidate"])
        yield text_record(owner, "responses", row["paper"], row["responses"])
        yield text_record(owner, "score", row["paper"], row["report"])


def rating_records(rows: Iterable[Row]) -> list[Record]:
    """Of rows of ``rating``: what one assessor gave one candidate in one task."""
    groups: dict[tuple[str, str, str, str], list[Json]] = {}
    for row in rows:
        key = (row["sitting"], row["candidate"], row["task"], row["assessor"])
        groups.setdefault(key, []).append([row["aspect"], row["value"], row["remark"]])
    return [
        json_record(owner_of(sitting, candidate), "ratings", f"{candidate} {task} {assessor}", given)
        for (sitting, candidate, task, assessor), given in groups.items()
    ]


def mark_records(sitting: str, candidates: Mapping[str, str], rows: Iterable[Row]) -> list[Record]:
    """Of rows of ``script_mark``: what one marker gave the answers of one paper.

    Args:
        candidates: by paper.
    """
    groups: dict[tuple[str, str], list[Json]] = {}
    for row in rows:
        entry: list[Json] = [row["position"], row["item"], row["answer"], row["points"], row["remark"]]
        groups.setdefault((row["paper"], row["marker"]), []).append(entry)
    return [
        json_record(owner_of(sitting, candidates[paper]), "marks", f"{paper} {marker}", given)
        for (paper, marker), given in groups.items()
    ]


def correction_records(sitting: str, rows: Iterable[Row]) -> list[Record]:
    """Of rows of ``key_correction``: which item is marked otherwise, by which key, and who wanted and approved it."""
    names = ("bank", "policy", "version", "reason", "requested_by", "approved_by")
    return [
        json_record(keys_owner(sitting), "key-correction", row["item"], [row[name] for name in names]) for row in rows
    ]


def keys_owner(sitting: str) -> str:
    """The owner of a sitting's corrections of keys, which are of no one candidate."""
    return f"keys {sitting}"


def decision_records(row: Row) -> list[Record]:
    """Of a row of ``decision``: what was decided, and the reports it rests on."""
    owner = owner_of(row["sitting"], row["candidate"])
    return [
        text_record(owner, "decision", row["candidate"], row["contents"]),
        text_record(owner, "basis", row["candidate"], row["reports"]),
    ]


def commitment_to_decision(connection: Connection, decision: int) -> str | None:
    """The commitment that was made to a decision; ``None`` for one older than commitments."""
    for row in rows_of(connection, tables.decision, id=decision):
        made, _ = decision_records(row)
        salt = load_salts(connection, [made.owner]).get(made.owner)
        value = value_of(made, salt) if salt is not None else ""
        if rows_of(connection, tables.commitment, kind=made.kind, subject=made.subject, value=value):
            return value
    return None


def approval_record(decision: Row, approval: Row) -> Record:
    """Of a row of ``approval``."""
    content: Json = [decision["digest"], approval["approved_at"], approval["approved_by"]]
    owner = owner_of(decision["sitting"], decision["candidate"])
    return json_record(owner, "approval", decision["candidate"], content)


def reservation_record(row: Row) -> Record:
    """Of a row of ``certificate``: everything that was frozen with its number."""
    owner = owner_of(row["sitting"], row["candidate"])
    content: dict[str, Json] = {
        name: row[name]
        for name in (
            "number",
            "status_index",
            "decision",
            "template",
            "pdf_key",
            "cred_key",
            "reserved_at",
            "reserved_by",
        )
    }
    return json_record(owner, "reservation", row["number"], {**content, **_credential(row)})


def event_record(certificate: Row, event: Row) -> Record:
    """Of a row of ``certificate_event``: the issue, or another status."""
    owner = owner_of(certificate["sitting"], certificate["candidate"])
    # Who did it stands in the act: a holder who is given a proof of the issue learns no name of the office.
    content: dict[str, Json] = {name: event[name] for name in ("kind", "at", "reason")}
    content["details"] = digest_of_bytes(event["details"].encode())
    if event["kind"] != "issued":
        return json_record(owner, "status", certificate["number"], content)
    return json_record(owner, "issue", certificate["number"], issue_content(certificate, event))


def issue_content(certificate: Row, event: Row) -> dict[str, Json]:
    """What the commitment to an issue is of: digests of certificate, file and event, and when it was."""
    return {
        **_credential(certificate),
        "at": event["at"],
        "details": digest_of_bytes(event["details"].encode()),
        "pdf_digest": _pdf_digest(event["details"]),
    }


def _pdf_digest(details: str) -> str | None:
    try:
        found = json.loads(details).get("pdf_digest")
    except (ValueError, AttributeError):
        return None
    return str(found)


def seed_record(sitting: str, event: Row) -> Record:
    """Of a sealed sitting: its commitment to the seed and to all that was drawn with it."""
    return text_record(f"seed {sitting}", "seed", sitting, event["details"])


def bank_record(row: Row) -> Record:
    """Of a row of ``bank_version``."""
    reference = f"{row['bank']}@{row['version']}"
    return text_record(f"bank {reference}", "bank", reference, row["contents"])


def _credential(row: Row) -> dict[str, Json]:
    return {"credential": digest_of_bytes(row["credential"].encode())}


def rows_of(connection: Connection, table: Table, **where: Any) -> list[dict[str, Any]]:
    """Rows of a table as they are stored, in the order of its key."""
    return [dict(row) for row in _each(connection, table, **where)]


def _each(connection: Connection, table: Table, **where: Any) -> Iterator[Row]:
    """The same one after the other: a run may have written more than memory should hold at once."""
    query = select(table).order_by(*table.primary_key)
    for name, value in where.items():
        query = query.where(table.c[name] == value)
    found = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
    names = tuple(found.keys())
    for row in found:
        yield dict(zip(names, row, strict=True))


def _of_run(connection: Connection, sitting: str, run: int) -> Iterator[Record]:
    yield from written_records(sitting, _each(connection, tables.written_score, run=run))
    marks = rows_of(connection, tables.script_mark, run=run)
    papers = {row["paper"] for row in marks}
    query = select(tables.paper.c.id, tables.paper.c.candidate).where(tables.paper.c.sitting == sitting)
    candidates = {row.id: row.candidate for row in connection.execute(query) if row.id in papers} if papers else {}
    yield from rating_records(rows_of(connection, tables.rating, run=run))
    yield from mark_records(sitting, candidates, marks)
    yield from correction_records(sitting, rows_of(connection, tables.key_correction, run=run))
    yield from _resolution_records(connection, sitting, rows_of(connection, tables.resolution, run=run))


def _resolution_records(connection: Connection, sitting: str, rows: Iterable[Row]) -> Iterator[Record]:
    """Of rows of ``resolution``: what somebody who looked at the paper says a response is."""
    listed = list(rows)
    if not listed:
        return
    query = select(tables.paper.c.id, tables.paper.c.candidate).where(tables.paper.c.sitting == sitting)
    candidates = {row.id: row.candidate for row in connection.execute(query)}
    for row in listed:
        given: Json = [row[name] for name in ("read", "response", "by", "reason")]
        owner = owner_of(sitting, candidates[row["paper"]])
        yield json_record(owner, "resolution", f"{row['paper']} {row['position']}", given)


def _decided(connection: Connection, at: datetime, _action: str, subject: str, _details: object) -> tuple[Record, ...]:
    # Those of this transaction: an earlier one of the same instant is committed to already.
    known = [row.subject for row in _committed_at(connection, "result.decide", subject, at) if row.kind == "decision"]
    new = []
    for row in rows_of(connection, tables.decision, sitting=subject, decided_at=instant_text(at)):
        if row["candidate"] in known:
            known.remove(row["candidate"])
        else:
            new.append(row)
    return tuple(record for row in new for record in decision_records(row))


def _approved(connection: Connection, at: datetime, _action: str, subject: str, _details: object) -> tuple[Record, ...]:
    rows = {row["id"]: row for row in rows_of(connection, tables.decision, sitting=subject)}
    given = rows_of(connection, tables.approval, approved_at=instant_text(at))
    return tuple(approval_record(rows[one["decision"]], one) for one in given if one["decision"] in rows)


def _committed_at(connection: Connection, action: str, subject: str, at: datetime) -> Sequence[Any]:
    acts = select(tables.audit.c.seq).where(
        tables.audit.c.action == action, tables.audit.c.subject == subject, tables.audit.c.at == instant_text(at)
    )
    return list(connection.execute(select(tables.commitment).where(tables.commitment.c.act.in_(acts))))


def _of_certificate(
    connection: Connection, at: datetime, action: str, subject: str, _details: object
) -> tuple[Record, ...]:
    found = rows_of(connection, tables.certificate, number=subject)
    if not found:
        return ()
    if action == "cert.reserve":
        return (reservation_record(found[0]),)
    kind = "issued" if action == "cert.issue" else action.removeprefix("cert.")
    events = rows_of(connection, tables.certificate_event, certificate=found[0]["id"], at=instant_text(at))
    latest = ([event for event in events if event["kind"] == kind] or events)[-1:]
    return tuple(event_record(found[0], event) for event in latest)


def _sealed(connection: Connection, _at: datetime, _action: str, subject: str, _details: object) -> tuple[Record, ...]:
    found = rows_of(connection, tables.sitting_event, sitting=subject, kind="sealed")
    return tuple(seed_record(subject, event) for event in found)


def _published(
    connection: Connection, _at: datetime, _action: str, subject: str, _details: object
) -> tuple[Record, ...]:
    bank, _, version = subject.rpartition("@")
    return tuple(bank_record(row) for row in rows_of(connection, tables.bank_version, bank=bank, version=int(version)))


def _new_keys(
    _connection: Connection, at: datetime, _action: str, _subject: str, details: Mapping[str, Json]
) -> tuple[Record, ...]:
    kids = json.loads(json.dumps(details.get("kids", [])))
    # A key's id is the digest of the key: to commit to one is to commit to the other.
    return tuple(json_record(f"key {kid}", "key", kid, {"from": instant_text(at), "kid": kid}) for kid in kids)


def _retired(
    _connection: Connection, at: datetime, _action: str, subject: str, details: Mapping[str, Json]
) -> tuple[Record, ...]:
    content: dict[str, Json] = {"kid": subject, "until": instant_text(at), "revoked": details.get("revoked")}
    return (json_record(f"key {subject}", "key", subject, content),)


_BY_ACTION: dict[str, Callable[..., tuple[Record, ...]]] = {
    "result.decide": _decided,
    "result.approve": _approved,
    "sitting.seal": _sealed,
    "bank.publish": _published,
    "key.new": _new_keys,
    "key.retire": _retired,
}
