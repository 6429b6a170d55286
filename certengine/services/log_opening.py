"""The opening of a certificate's entry in the log: what whoever holds the certificate needs to see that the entry is of it."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from certengine.canonical import canonical_bytes
from certengine.credentials.salted import salt_of_record
from certengine.services.records_of_acts import event_record, issue_content, rows_of
from certengine.store import log, tables
from certengine.store.commitments import load_salts


def opening_of(connection: Connection, number: str) -> bytes | None:
    """The opening of the issue of a certificate, canonical JSON; ``None`` when its salt was deleted, or nothing issued.

    It holds the entry, the record's salt, and what the entry commits to; of the certificate its digest only.
    """
    found = rows_of(connection, tables.certificate, number=number)
    entries = log.places_of(connection, "issue", number)
    if not found or not entries:
        return None
    issued = rows_of(connection, tables.certificate_event, certificate=found[0]["id"], kind="issued")
    if not issued:
        return None
    record = event_record(found[0], issued[0])
    owner = load_salts(connection, [record.owner]).get(record.owner)
    if owner is None:
        return None
    return canonical_bytes(
        {
            "entry": json.loads(entries[-1][1]),
            "salt": salt_of_record(owner, record.kind, record.subject).hex(),
            "subject": record.subject,
            "content": issue_content(found[0], issued[0]),
        }
    )
