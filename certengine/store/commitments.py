"""What each act wrote down, as salted commitments; and the salts, the only thing here that may ever be deleted.

A row of history can be compared with what was committed to when it was written: so an altered one is named, although the
act itself holds no personal data. Deleting a person's salt unlinks every commitment to his or her records for good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, delete, select

from certengine.store.tables import commitment, commitment_salt

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """One commitment: by which act, to what kind of record, of what, and its value."""

    act: int
    kind: str
    subject: str
    value: str


def append_commitments(connection: Connection, made: Iterable[Committed]) -> None:
    """Write the commitments of an act."""
    rows = ({"act": one.act, "kind": one.kind, "subject": one.subject, "value": one.value} for one in made)
    while some := list(islice(rows, _AT_ONCE)):
        connection.execute(commitment.insert(), some)


def commitments_by(connection: Connection, acts: Collection[int]) -> tuple[Committed, ...]:
    """The commitments of some acts, in the order they were written."""
    wanted = sorted(acts)
    found: list[Committed] = []
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        rows = connection.execute(select(commitment).where(commitment.c.act.in_(part)).order_by(commitment.c.seq))
        found.extend(Committed(act=row.act, kind=row.kind, subject=row.subject, value=row.value) for row in rows)
    return tuple(found)


def append_salts(connection: Connection, salts: Mapping[str, bytes]) -> None:
    """Keep the salts of owners."""
    if salts:
        rows = [{"owner": owner, "salt": salt.hex()} for owner, salt in salts.items()]
        connection.execute(commitment_salt.insert(), rows)


def load_salts(connection: Connection, owners: Collection[str]) -> dict[str, bytes]:
    """The salts of those owners that have one."""
    wanted = sorted(set(owners))
    found: dict[str, bytes] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        rows = connection.execute(select(commitment_salt).where(commitment_salt.c.owner.in_(part)))
        found.update({row.owner: bytes.fromhex(row.salt) for row in rows})
    return found


def forget_salt(connection: Connection, owner: str) -> bool:
    """Delete an owner's salt for good; tells whether there was one."""
    return connection.execute(delete(commitment_salt).where(commitment_salt.c.owner == owner)).rowcount > 0
