"""What acts write down: each record with its owner, as it is committed to and as it is found again.

A record's content is told by its digest; whoever writes it and whoever compares it later make it by the same function
here, from the texts as they are stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from certengine.canonical import DIGEST_PREFIX, Json, canonical_bytes, digest, digest_of_bytes
from certengine.credentials.salted import SALT_BYTES, commitment_to, salt_of_record
from certengine.store.commitments import Committed, append_salts, load_salts

_AT_ONCE = 500


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


class Commitments:
    """The commitments of an act that has no number yet, in order; a run makes more than memory should hold as objects."""

    def __init__(self) -> None:
        """None yet."""
        self._parts: list[bytes] = []
        self._hashed = hashlib.sha256(b"[")

    def append(self, made: Sequence[tuple[str, str, str]]) -> None:
        """Take kind, subject and value of some more."""
        self._hashed.update(b"," * bool(self._parts) + canonical_bytes(made)[1:-1])
        self._parts.append(json.dumps(made).encode())

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def digest(self) -> str:
        """What the act's details say of them, as :func:`digest_of`."""
        hashed = self._hashed.copy()
        hashed.update(b"]")
        return DIGEST_PREFIX + hashed.hexdigest()

    def of(self, act: int) -> Iterator[Committed]:
        """Those of the act that made them."""
        for part in self._parts:
            for kind, subject, value in json.loads(part):
                yield Committed(act=act, kind=kind, subject=subject, value=value)


def commit(connection: Connection, records: Iterable[Record], entropy: Callable[[int], bytes]) -> Commitments:
    """Commitments to records; owners without a salt get one."""
    made = Commitments()
    left = iter(records)
    while some := list(islice(left, _AT_ONCE)):
        salts = load_salts(connection, [one.owner for one in some])
        new = {owner: entropy(SALT_BYTES) for owner in dict.fromkeys(one.owner for one in some) if owner not in salts}
        append_salts(connection, new)
        salts.update(new)
        made.append([(one.kind, one.subject, value_of(one, salts[one.owner])) for one in some])
    return made


def value_of(record: Record, owner_salt: bytes) -> str:
    """The commitment to a record."""
    salt = salt_of_record(owner_salt, record.kind, record.subject)
    return commitment_to(record.content, kind=record.kind, subject=record.subject, salt=salt)


def digest_of(made: Sequence[Committed]) -> str:
    """What an act's details say of its commitments."""
    return digest([[one.kind, one.subject, one.value] for one in made])
