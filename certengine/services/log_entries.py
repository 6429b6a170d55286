"""What enters the transparency log: the commitment of every issue, change of status, key, bank version and sealed seed.

Invariants:

1. An entry holds a kind, a salted commitment and the hash of the act that made it: nothing personal, nothing guessable.
2. Entries follow the order of acts, in the transactions that write them. With the act's hash a signed checkpoint fixes
   the whole audit trail up to that act.
3. A workspace older than the log enters what it has, in order, before the first new entry; each by an act of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from certengine.canonical import canonical_bytes, parse_instant
from certengine.services.records_of_acts import PUBLIC, records_of, writes_public
from certengine.services.written_down import Record
from certengine.store.commitments import Committed
from certengine.store.log import NewEntry, append_entries, log_size
from certengine.store.tables import audit

ENTER = "log.enter"


def enter(connection: Connection, act: int, made: Iterable[Committed]) -> None:
    """Append the public commitments of an act to the log."""
    public = [one for one in made if one.kind in PUBLIC]
    if not public:
        return
    said = str(connection.execute(select(audit.c.hash).where(audit.c.seq == act)).scalar_one())
    append_entries(
        connection,
        [NewEntry(act=act, kind=one.kind, subject=one.subject, content=entry_of(one, said)) for one in public],
    )


def entry_of(made: Committed, act_hash: str) -> bytes:
    """The bytes of an entry."""
    return canonical_bytes({"act": act_hash, "commitment": made.value, "kind": made.kind})


def not_entered(connection: Connection, records: Iterable[Record]) -> Iterator[Record]:
    """What a workspace had before it had a log, where one of ``records`` is about to be its first entry."""
    if not any(one.kind in PUBLIC for one in records) or log_size(connection):
        return
    acts = list(connection.execute(select(audit).order_by(audit.c.seq)))
    for row in acts:
        if not writes_public(row.action):
            continue
        found = records_of(connection, parse_instant(row.at), row.action, row.subject, json.loads(row.details))
        yield from (one for one in found if one.kind in PUBLIC)
