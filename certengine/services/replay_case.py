"""What a replay goes by: every stored row that a certificate follows from, as it is stored.

Rows are taken as they are, unread and unchecked: the replay reads them, and says which does not hold. A case is plain
JSON data, so that it can leave the database in a bundle (:mod:`certengine.services.replay_bundle`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select

from certengine.services.records_of_acts import keys_owner
from certengine.services.transparency import inclusion_of
from certengine.store import log_tables, tables
from certengine.store.commitments import load_salts
from certengine.store.erasure_tables import erasure

Row = Mapping[str, Any]
Rows = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The rows by table, oldest first; ``certificate`` holds the one that is replayed.

    Attributes:
        keyring: the issuer's public keys as a file holds them; ``None`` when there is none.
        proof: that its issue is in the published log, as a ``.tlog-proof`` file.
        withheld: what was left out on purpose: ``personal``, ``scores``.
        record_salts: in a bundle, the salts of single records in place of their owners'.
    """

    rows: Rows
    keyring: bytes | None = None
    proof: str | None = None
    withheld: frozenset[str] = field(default_factory=frozenset)
    record_salts: tuple[Mapping[str, str], ...] = ()

    def of(self, table: Table, **where: Any) -> list[dict[str, Any]]:
        """The rows of a table with these values."""
        return [
            row for row in self.rows.get(table.name, []) if all(row[name] == value for name, value in where.items())
        ]

    def one(self, table: Table, **where: Any) -> dict[str, Any] | None:
        """The only such row, or ``None``."""
        found = self.of(table, **where)
        return found[0] if found else None


def gather(connection: Connection, certificate_id: int, keyring: bytes | None) -> Case:
    """Everything that one certificate follows from, in one reading transaction."""
    found: dict[str, list[dict[str, Any]]] = {}

    def take(table: Table, **where: Any) -> list[dict[str, Any]]:
        found[table.name] = _rows(connection, table, **where)
        return found[table.name]

    (certificate,) = take(tables.certificate, id=certificate_id)
    sitting, candidate = certificate["sitting"], certificate["candidate"]
    take(tables.certificate_event, certificate=certificate_id)
    decided = take(tables.decision, id=certificate["decision"])
    # Earlier results that were carried over into it come after it.
    for sitting_id, one in sorted({part for row in decided for part in _carried(row["reports"])}):
        decided.extend(_rows(connection, tables.decision, sitting=sitting_id, candidate=one))
    take(tables.approval, decision=certificate["decision"])
    pinned = take(tables.sitting, id=sitting)
    take(erasure, sitting=sitting, candidate=candidate)
    for table in (tables.candidate, tables.sitting_secret, tables.sitting_event, tables.task_assignment):
        take(table, sitting=sitting)
    take(tables.grading_run, sitting=sitting)
    take(tables.marking_key, sitting=sitting)
    corrected = take(tables.key_correction, sitting=sitting)
    found[tables.scheme_version.name] = [
        row
        for one in pinned
        for row in _rows(connection, tables.scheme_version, scheme=one["scheme"], version=one["scheme_version"])
    ]
    found[tables.bank_version.name] = [
        row
        for bank, version in sorted(
            {(bank, version) for one in pinned for bank, version in _banks(one["banks"])}
            | {(one["bank"], one["version"]) for one in corrected if one["version"] is not None}
        )
        for row in _rows(connection, tables.bank_version, bank=bank, version=version)
    ]
    papers = take(tables.paper, sitting=sitting)
    seen = sorted({one for event in found[tables.sitting_event.name] for one in _seen(event["details"])})
    papers.extend(row for one in seen for row in _rows(connection, tables.paper, id=one))
    own = [row["id"] for row in papers if (row["sitting"], row["candidate"]) == (sitting, candidate)]
    take(tables.written_score, candidate=candidate)
    found[tables.written_score.name] = [row for row in found[tables.written_score.name] if row["paper"] in own]
    take(tables.rating, sitting=sitting, candidate=candidate)
    take(tables.declaration, sitting=sitting, candidate=candidate)
    found[tables.script_mark.name] = [row for one in own for row in _rows(connection, tables.script_mark, paper=one)]
    _take_acts(connection, found, certificate, candidate)
    take(log_tables.log_entry, kind="issue", subject=certificate["number"])
    try:
        proof = inclusion_of(connection, certificate["number"])
    except LookupError:  # the log was cut: there is no proof, and the replay says so
        proof = None
    return Case(rows=found, keyring=keyring, proof=proof)


def _take_acts(
    connection: Connection, found: dict[str, list[dict[str, Any]]], certificate: Row, candidate: str
) -> None:
    """The acts on the certificate, its sitting and its banks, each with its neighbours; commitments; salts."""
    banks = [f"{row['bank']}@{row['version']}" for row in found[tables.bank_version.name]]
    subjects = [certificate["number"], certificate["sitting"], f"{certificate['sitting']}/{candidate}", *banks]
    audit = tables.audit
    acts = _ordered(row._asdict() for row in connection.execute(select(audit).where(audit.c.subject.in_(subjects))))
    places = {row["seq"] + step for row in acts for step in (-1, 1)} - {row["seq"] for row in acts}
    near = [
        row
        for part in _parts(places)
        for row in connection.execute(select(audit).where(audit.c.seq.in_(part))).mappings()
    ]
    # Of a neighbour only its place in the chain: what it tells is of others.
    places_only = [{name: row[name] for name in ("seq", "previous", "hash")} for row in near]
    found[audit.name] = _ordered([*acts, *places_only])
    commitment = tables.commitment
    numbers = [row["seq"] for row in acts]
    found[commitment.name] = [
        dict(row)
        for part in _parts(numbers)
        for row in connection.execute(
            select(commitment).where(commitment.c.act.in_(part)).order_by(commitment.c.seq)
        ).mappings()
    ]
    owners = [
        f"{certificate['sitting']}/{candidate}",
        f"seed {certificate['sitting']}",
        keys_owner(certificate["sitting"]),
        *(f"bank {one}" for one in banks),
    ]
    found[tables.commitment_salt.name] = [
        {"owner": owner, "salt": salt.hex()} for owner, salt in load_salts(connection, owners).items()
    ]


def _rows(connection: Connection, table: Table, **where: Any) -> list[dict[str, Any]]:
    query = select(table).where(*(table.c[name] == value for name, value in where.items()))
    return [dict(row) for row in connection.execute(query.order_by(*table.primary_key)).mappings()]


def _ordered(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return sorted((dict(row) for row in rows), key=lambda row: int(row["seq"]))


def _parts(wanted: Collection[int], size: int = 500) -> Iterable[list[int]]:
    ordered = sorted(wanted)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


def _banks(text: str) -> list[tuple[str, int]]:
    """The pinned banks; none of a text that is not what the store writes: the replay says so."""
    try:
        return [(str(bank), int(version)) for bank, version, _ in json.loads(text)]
    except (ValueError, TypeError):
        return []


def _carried(text: str) -> list[tuple[str, str]]:
    try:
        parts = [one["carried"] for one in json.loads(text) if one.get("carried")]
        return [(str(part["sitting"]), str(part["candidate"])) for part in parts]
    except (ValueError, TypeError, AttributeError, KeyError):
        return []


def _seen(text: str) -> list[str]:
    try:
        return [str(one) for ids in json.loads(text).get("seen", {}).values() for one in ids]
    except (ValueError, TypeError, AttributeError):
        return []
