"""A certificate looked up by the digest of its code: how it stands and its token, in one statement and nothing more.

A register answers strangers by this, thousands of times a second, so neither the frozen credential nor the history is
read: the latest event tells the state, the event of its issue the token and the digest of the file. The statement is
built with SQLAlchemy and run by the driver itself, which takes half the time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Dialect, Select, and_, bindparam, func, select
from sqlalchemy.exc import OperationalError

from certengine.canonical import Json, parse_instant
from certengine.store.certificates import STATE_AFTER, CertificateState
from certengine.store.tables import certificate, certificate_event


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
    row = _first(connection, "typed_digest" if typed else "code_digest", digest)
    if row is None:
        return None
    kind, at, reason, details, issue = row
    state = STATE_AFTER[kind]
    if state is CertificateState.VOID:
        return None
    told: dict[str, Json] = json.loads(issue)
    changed = kind != "issued"
    token, successor = told.get("token"), json.loads(details).get("successor") if changed else None
    return Standing(
        state=state,
        since=parse_instant(at) if changed else None,
        reason=reason if changed else None,
        successor=successor if isinstance(successor, str) else None,
        pdf_digest=str(told["pdf_digest"]),
        token=token if isinstance(token, str) else None,
    )


def _first(connection: Connection, column: str, digest: str) -> tuple[str, str, str | None, str, str] | None:
    statement, parameters = _compiled(connection.dialect, column)
    filled = {name: digest if value is None else value for name, value in parameters.items()}
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, tuple(filled.values()) if connection.dialect.positional else filled)
        row: tuple[str, str, str | None, str, str] | None = cursor.fetchone()
    except connection.dialect.loaded_dbapi.OperationalError as error:
        raise OperationalError(statement, filled, error) from error
    finally:
        cursor.close()
    return row


@lru_cache(maxsize=8)
def _compiled(dialect: Dialect, column: str) -> tuple[str, dict[str, str | None]]:
    """The statement for a driver, and its parameters in their order; the digest is the one that is ``None``."""
    compiled = _statement(column).compile(dialect=dialect)
    order = getattr(compiled, "positiontup", None) or tuple(compiled.params)
    return str(compiled), {name: compiled.params[name] for name in order}


def _statement(column: str) -> Select[tuple[str, str, str | None, str, str]]:
    last, issue = certificate_event.alias("last"), certificate_event.alias("issue")
    latest = (
        select(func.max(certificate_event.c.seq))
        .where(certificate_event.c.certificate == certificate.c.id)
        .scalar_subquery()
    )
    return (
        select(last.c.kind, last.c.at, last.c.reason, last.c.details, issue.c.details.label("issue"))
        .select_from(certificate)
        .join(last, last.c.seq == latest)
        .join(issue, and_(issue.c.certificate == certificate.c.id, issue.c.kind == "issued"))
        .where(certificate.c[column] == bindparam("digest"))
    )
