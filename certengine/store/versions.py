"""Published versions of banks and schemes: frozen, numbered from 1, never changed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from certengine.canonical import canonical_bytes, digest, digest_of_bytes, instant_text, parse_instant
from certengine.errors import NotFound, Refused
from certengine.model.bank import Bank, BankDraft
from certengine.model.scheme import Scheme
from certengine.revival import collection_paused, from_json, revive
from certengine.store.tables import bank_version, scheme_version


def bank_digest(draft: BankDraft) -> str:
    """The digest of a bank's canonical bytes."""
    return digest(draft)


def append_bank(connection: Connection, draft: BankDraft, *, at: datetime, by: str, reason: str) -> Bank:
    """Freeze a draft as the bank's next version."""
    contents = canonical_bytes(draft)
    newest = connection.execute(
        select(func.max(bank_version.c.version)).where(bank_version.c.bank == draft.id)
    ).scalar_one()
    version = (newest or 0) + 1
    connection.execute(
        bank_version.insert().values(
            bank=draft.id,
            version=version,
            digest=digest_of_bytes(contents),
            contents=contents.decode(),
            published_at=instant_text(at),
            published_by=by,
            reason=reason,
        )
    )
    return load_bank(connection, draft.id, version)


def frozen_bank(draft: BankDraft, version: int, *, at: datetime, by: str, reason: str) -> Bank:
    """A draft as it would be read back, were it published as a version."""
    return Bank(
        contents=draft,
        version=version,
        digest=bank_digest(draft),
        item_digests=tuple((item.id, digest(item)) for item in draft.items),
        published_at=at,
        published_by=by,
        reason=reason,
    )


def load_bank(connection: Connection, bank_id: str, version: int | None = None) -> Bank:
    """A published version of a bank, the newest when none is named.

    Raises:
        NotFound: when it was never published.
        Refused: when the stored bytes do not match their digest.
    """
    query = select(bank_version).where(bank_version.c.bank == bank_id).order_by(bank_version.c.version.desc())
    if version is not None:
        query = query.where(bank_version.c.version == version)
    row = connection.execute(query.limit(1)).first()
    if row is None:
        raise NotFound(
            f"bank `{bank_id}` has no published version{f' {version}' if version else ''}",
            hint=f"`certengine bank publish {bank_id}` publishes it",
            code="bank/not-published",
        )
    _demand_unaltered(row, f"bank {bank_id}@{row.version}")
    with collection_paused():
        read = json.loads(row.contents)
        draft = from_json(BankDraft, read)
    return Bank(
        contents=draft,
        version=row.version,
        digest=row.digest,
        item_digests=tuple((item["id"], _digest_of_canonical(item)) for item in read["items"]),
        published_at=parse_instant(row.published_at),
        published_by=row.published_by,
        reason=row.reason,
    )


def bank_versions(connection: Connection) -> dict[str, tuple[int, str]]:
    """Newest version and digest of each published bank."""
    rows = connection.execute(select(bank_version.c.bank, bank_version.c.version, bank_version.c.digest))
    found: dict[str, tuple[int, str]] = {}
    for row in rows:
        if row.bank not in found or found[row.bank][0] < row.version:
            found[row.bank] = (row.version, row.digest)
    return found


def append_scheme(connection: Connection, scheme: Scheme, *, at: datetime, by: str) -> tuple[int, str]:
    """Version and digest of a scheme; a new version is recorded only when its content is new."""
    contents = canonical_bytes(scheme)
    value = digest_of_bytes(contents)
    newest = connection.execute(
        select(scheme_version)
        .where(scheme_version.c.scheme == scheme.id)
        .order_by(scheme_version.c.version.desc())
        .limit(1)
    ).first()
    if newest is not None and newest.digest == value:
        return int(newest.version), value
    version = (newest.version if newest is not None else 0) + 1
    connection.execute(
        scheme_version.insert().values(
            scheme=scheme.id,
            version=version,
            digest=value,
            contents=contents.decode(),
            recorded_at=instant_text(at),
            recorded_by=by,
        )
    )
    return version, value


def load_scheme(connection: Connection, scheme_id: str, version: int) -> Scheme:
    """A recorded version of a scheme.

    Raises:
        NotFound: when there is none.
        Refused: when the stored bytes do not match their digest.
    """
    row = connection.execute(
        select(scheme_version).where(scheme_version.c.scheme == scheme_id, scheme_version.c.version == version)
    ).first()
    if row is None:
        raise NotFound(f"scheme `{scheme_id}` has no version {version}")
    _demand_unaltered(row, f"scheme {scheme_id}@{version}")
    return revive(Scheme, row.contents)


def _digest_of_canonical(read: Any) -> str:
    """The digest of a part of canonical JSON as it was read: written again in the same order, its bytes are the same."""
    return digest_of_bytes(json.dumps(read, ensure_ascii=False, separators=(",", ":")).encode())


def _demand_unaltered(row: Row[tuple[object, ...]], what: str) -> None:
    if digest_of_bytes(row.contents.encode()) != row.digest:
        raise Refused(
            f"{what} was altered in the database: its content does not match its digest", code="store/altered"
        )
