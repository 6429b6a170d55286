"""A certificate looked up by the digest of its code: how it stands and its token, in one statement and nothing more.

A register answers strangers by this, thousands of times a second, so the frozen credential is not read: of its few
events the latest tells the state, that of its issue the token and the digest of the file. The statement is built with
SQLAlchemy and run by the driver itself, which takes half the time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Dialect, Select, bindparam, select
from sqlalchemy.exc import OperationalError

from certengine.canonical import Json, parse_instant
from certengine.store.certificates import STATE_AFTER, CertificateState
from certengine.store.tables import certificate, certificate_event

_decoded = json.JSONDecoder().raw_decode  # of what the register itself wrote, without a look at spaces around it
_Event = tuple[str, str, str | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a certificate stands that was issued once.

    Attributes:
        since, reason, successor: of the latest event, where it is another than the issue.
        token: the signed token as the register keeps it, base64url.
    """

    state: CertificateState
    since: datetime | None
    reason: str | None
    successor: str | None
    pdf_digest: str
    token: str | None


def standing_by_digest(connection: Connection, digest: str, *, typed: bool) -> Standing | None:
    """How the certificate stands whose code (``typed``: whose typed code) has this digest.

    ``None`` for one that nobody has, and for one that was only reserved, or given up: it was never issued.
    """
    rows = _events(connection, "typed_digest" if typed else "code_digest", digest)
    issue = next((details for kind, _, _, details in rows if kind == "issued"), None)
    if issue is None:
        return None
    kind, at, reason, details = rows[-1]
    state = STATE_AFTER[kind]
    if state is CertificateState.VOID:
        return None
    told: dict[str, Json] = _decoded(issue)[0]
    changed = kind != "issued"
    token, successor = told.get("token"), _decoded(details)[0].get("successor") if changed else None
    return Standing(
        state=state,
        since=parse_instant(at) if changed else None,
        reason=reason if changed else None,
        successor=successor if isinstance(successor, str) else None,
        pdf_digest=str(told["pdf_digest"]),
        token=token if isinstance(token, str) else None,
    )


def _events(connection: Connection, column: str, digest: str) -> Sequence[_Event]:
    dialect = connection.dialect
    statement, name = _compiled(dialect, column)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, (digest,) if dialect.positional else {name: digest})
        rows: Sequence[_Event] = cursor.fetchall()
    except dialect.loaded_dbapi.OperationalError as error:
        raise OperationalError(statement, {name: digest}, error) from error
    finally:
        cursor.close()
    return rows


@lru_cache(maxsize=8)
def _compiled(dialect: Dialect, column: str) -> tuple[str, str]:
    """The statement for a driver, and the name of its one parameter."""
    compiled = _statement(column).compile(dialect=dialect)
    (name,) = compiled.params
    return str(compiled), name


def _statement(column: str) -> Select[_Event]:
    event = certificate_event.c
    return (
        select(event.kind, event.at, event.reason, event.details)
        .select_from(certificate)
        .join(certificate_event, event.certificate == certificate.c.id)
        .where(certificate.c[column] == bindparam("digest"))
        .order_by(event.seq)
    )
