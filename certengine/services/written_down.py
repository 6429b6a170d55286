"""What acts write down: each record with its owner, as it is committed to and as it is found again.

A record's content is told by its digest; whoever writes it and whoever compares it later make it by the same function
here, from the texts as they are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from certengine.canonical import Json, digest, digest_of_bytes
from certengine.credentials.salted import SALT_BYTES, commitment_to, salt_of_record
from certengine.store.commitments import Committed, append_salts, load_salts


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Something an act wrote.

    Attributes:
        owner: whose salt hides it; all records of one candidate of a sitting have one owner.
        content: its digest.
    """

    owner: str
    kind: str
    subject: str
    content: str


def owner_of(sitting: str, candidate: str) -> str:
    """The owner of a candidate's records."""
    return f"{sitting}/{candidate}"


def text_record(owner: str, kind: str, subject: str, text: str) -> Record:
    """A record of a text as it is stored."""
    return Record(owner=owner, kind=kind, subject=subject, content=digest_of_bytes(text.encode()))


def json_record(owner: str, kind: str, subject: str, content: Json) -> Record:
    """A record of several values."""
    return Record(owner=owner, kind=kind, subject=subject, content=digest(content))


def commit(connection: Connection, records: Sequence[Record], entropy: Callable[[int], bytes]) -> list[Committed]:
    """Commitments to records, of no act yet; owners without a salt get one."""
    salts = load_salts(connection, [one.owner for one in records]) if records else {}
    new = {owner: entropy(SALT_BYTES) for owner in dict.fromkeys(one.owner for one in records) if owner not in salts}
    append_salts(connection, new)
    salts.update(new)
    return [
        Committed(act=0, kind=one.kind, subject=one.subject, value=value_of(one, salts[one.owner])) for one in records
    ]


def value_of(record: Record, owner_salt: bytes) -> str:
    """The commitment to a record."""
    salt = salt_of_record(owner_salt, record.kind, record.subject)
    return commitment_to(record.content, kind=record.kind, subject=record.subject, salt=salt)


def digest_of(made: Sequence[Committed]) -> str:
    """What an act's details say of its commitments."""
    return digest([[one.kind, one.subject, one.value] for one in made])
