"""The audit trail: who did what, when, on which record - a hash chain in the same transaction as the act.

``hash = sha256 of the canonical JSON of (seq, at, actor, action, subject, details, previous)``. Details hold digests,
counts and ids, never personal data, answers or secrets. The chain shows a change to whoever kept an earlier hash;
against the owner of the file only a signed checkpoint kept elsewhere helps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from certengine.canonical import Json, canonical_bytes, digest, digest_of_bytes, instant_text, parse_instant
from certengine.store.tables import audit

GENESIS = "genesis"
_AT_ONCE = 5000
# Made once: a million rows are encoded in seconds.
_ENCODED = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act to be written down."""

    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, Json]


def write_act(connection: Connection, act: Act) -> int:
    """Append an act to the chain; returns its sequence number.

    Written in the act's own transaction: when it cannot be written down, it does not happen.
    """
    last = connection.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last is not None else (1, GENESIS)
    row = {
        "seq": seq,
        "at": instant_text(act.at),
        "actor": act.actor,
        "action": act.action,
        "subject": act.subject,
        "details": canonical_bytes(dict(act.details)).decode(),
        "previous": previous,
    }
    connection.execute(audit.insert().values(**row, hash=digest(row)))
    return seq


def first_break(connection: Connection) -> int | None:
    """The sequence number of the first row that does not fit the chain, or ``None`` when all fit."""
    previous, expected = GENESIS, 1
    columns = (audit.c.seq, audit.c.at, audit.c.actor, audit.c.action, audit.c.subject, audit.c.details)
    query = select(*columns, audit.c.previous, audit.c.hash).order_by(audit.c.seq)
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        seq, at, actor, action, subject, details, before, value = row
        content = {
            "action": action,
            "actor": actor,
            "at": at,
            "details": details,
            "previous": before,
            "seq": seq,
            "subject": subject,
        }
        if seq != expected or before != previous or (value != _quickly(content) and value != _digest_if_any(content)):
            return int(seq)
        previous, expected = value, expected + 1
    return None


def _quickly(content: dict[str, Any]) -> str | None:
    """The digest as nearly every row has it: keys in order, plain texts in NFC; others are digested with care."""
    try:
        return digest_of_bytes(_ENCODED(content).encode())
    except (TypeError, ValueError):
        return None


def _digest_if_any(content: dict[str, Any]) -> str | None:
    """The digest of a row, or ``None`` when somebody put bytes or a float where the store writes text."""
    try:
        return digest(content)
    except (TypeError, ValueError):
        return None


def length(connection: Connection) -> int:
    """How many acts are written down."""
    return int(connection.execute(select(func.count()).select_from(audit)).scalar_one())


def happened(connection: Connection, action: str, subject: str) -> bool:
    """Whether an act was ever done on a subject."""
    found = select(audit.c.seq).where(audit.c.action == action, audit.c.subject == subject).limit(1)
    return connection.execute(found).first() is not None


def acts_on(connection: Connection, action: str, subject: str) -> tuple[Act, ...]:
    """Every act of one kind on a subject, oldest first."""
    found = select(audit).where(audit.c.action == action, audit.c.subject == subject).order_by(audit.c.seq)
    return tuple(_act(row) for row in connection.execute(found))


def acts_called(connection: Connection, action: str) -> tuple[Act, ...]:
    """Every act of one kind, oldest first."""
    found = select(audit).where(audit.c.action == action).order_by(audit.c.seq)
    return tuple(_act(row) for row in connection.execute(found))


def acts(connection: Connection, limit: int) -> tuple[Act, ...]:
    """The latest acts, newest first."""
    return tuple(_act(row) for row in connection.execute(select(audit).order_by(audit.c.seq.desc()).limit(limit)))


def _act(row: Row[Any]) -> Act:
    return Act(
        at=parse_instant(row.at),
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        details=json.loads(row.details),
    )
