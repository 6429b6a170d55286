"""Certificates in the store: a reservation that freezes everything, and events that follow it.

A certificate's state is its latest event; without one it is *reserved*. Reserving takes the next number of its series
in the same transaction, so numbers have no gaps and none is used twice. A reservation given up becomes *void*; its
number stays used. The register's column ``number`` holds what no two certificates share
(:attr:`~certengine.model.credential.Credential.registered_as`): the number, and for a further print of it its serial.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, Select, func, select, update

from certengine.canonical import Json, canonical_bytes, instant_text, parse_instant
from certengine.credentials.status_list import ENTRIES
from certengine.model.credential import Credential
from certengine.revival import revive
from certengine.store.tables import certificate, certificate_event, number_series


class CertificateState(StrEnum):
    """Where a certificate stands in the register."""

    RESERVED = "reserved"
    ISSUED = "issued"
    VOID = "void"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


#: What each kind of event leaves the certificate as.
STATE_AFTER = {
    "issued": CertificateState.ISSUED,
    "void": CertificateState.VOID,
    "suspended": CertificateState.SUSPENDED,
    "reinstated": CertificateState.ISSUED,
    "revoked": CertificateState.REVOKED,
    "superseded": CertificateState.SUPERSEDED,
    # Another was issued for the time after it; it holds to its own end.
    "renewed": CertificateState.ISSUED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateEvent:
    """Something that happened to a certificate."""

    kind: str
    at: datetime
    by: str
    reason: str | None = None
    details: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRecord:
    """A reservation with everything that happened to it since, oldest first."""

    id: int
    credential: Credential
    sitting: str
    candidate: str
    decision: int
    template: str
    pdf_key: str
    cred_key: str
    reserved_at: datetime
    reserved_by: str
    events: tuple[CertificateEvent, ...]

    @property
    def state(self) -> CertificateState:
        """Where it stands now."""
        return STATE_AFTER[self.events[-1].kind] if self.events else CertificateState.RESERVED

    @property
    def issue_details(self) -> dict[str, Json]:
        """What was kept when it was issued: the file's digest and name, the token; nothing before."""
        return next((event.details for event in self.events if event.kind == "issued"), {})

    @property
    def pdf_digest(self) -> str | None:
        """The digest of the issued file, once issued."""
        details = self.issue_details
        return str(details["pdf_digest"]) if details else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What a reservation freezes beside the credential."""

    credential: Credential
    code_digest: str
    typed_digest: str
    sitting: str
    candidate: str
    decision: int
    template: str
    pdf_key: str
    cred_key: str
    by: str


def take_serial(connection: Connection, series: str) -> int:
    """The next serial of a series, from 1, without gaps; the writing transaction must hold the write lock."""
    query = select(number_series.c.next).where(number_series.c.series == series)
    serial = connection.execute(query).scalar_one_or_none()
    if serial is None:
        connection.execute(number_series.insert().values(series=series, next=2))
        return 1
    connection.execute(update(number_series).where(number_series.c.series == series).values(next=serial + 1))
    return int(serial)


def append_reservation(connection: Connection, new: Reservation) -> None:
    """Write a reservation."""
    connection.execute(
        certificate.insert().values(
            number=new.credential.registered_as,
            code_digest=new.code_digest,
            typed_digest=new.typed_digest,
            status_index=new.credential.status_index,
            decision=new.decision,
            sitting=new.sitting,
            candidate=new.candidate,
            template=new.template,
            pdf_key=new.pdf_key,
            cred_key=new.cred_key,
            credential=canonical_bytes(new.credential).decode(),
            reserved_at=instant_text(new.credential.issued_at),
            reserved_by=new.by,
        )
    )


def append_certificate_event(connection: Connection, certificate_id: int, event: CertificateEvent) -> None:
    """Write what happened to a certificate."""
    connection.execute(
        certificate_event.insert().values(
            certificate=certificate_id,
            kind=event.kind,
            at=instant_text(event.at),
            by=event.by,
            reason=event.reason,
            details=canonical_bytes(event.details).decode(),
        )
    )


def certificates_of(connection: Connection, sitting_id: str | None = None) -> tuple[CertificateRecord, ...]:
    """The certificates of a sitting (or of all), in order of reservation."""
    query = select(certificate).order_by(certificate.c.id)
    return _records(connection, query if sitting_id is None else query.where(certificate.c.sitting == sitting_id))


def certificate_by_number(connection: Connection, number: str) -> CertificateRecord | None:
    """The certificate of a printed number: of several prints the latest that was not given up; ``number/2`` is the second."""
    # Between "number/" and "number0", the sign after the stroke: an index serves that, and no `LIKE`.
    prints = (certificate.c.number > f"{number}/") & (certificate.c.number < f"{number}0")
    query = select(certificate).where((certificate.c.number == number) | prints).order_by(certificate.c.id.desc())
    records = _records(connection, query)
    return next((one for one in records if one.state is not CertificateState.VOID), next(iter(records), None))


def certificate_by_entry(connection: Connection, registered_as: str) -> CertificateRecord | None:
    """The certificate that the register calls so: one print of one number."""
    return _first(connection, select(certificate).where(certificate.c.number == registered_as))


def certificate_by_id(connection: Connection, certificate_id: int) -> CertificateRecord | None:
    """The certificate of a row."""
    return _first(connection, select(certificate).where(certificate.c.id == certificate_id))


def certificate_by_code_digest(connection: Connection, digest: str) -> CertificateRecord | None:
    """The certificate whose full or typed code has this digest."""
    both = (certificate.c.code_digest == digest) | (certificate.c.typed_digest == digest)
    return _first(connection, select(certificate).where(both))


def certificate_id(
    connection: Connection, *, number: str | None = None, digest: str | None = None
) -> tuple[int, str] | None:
    """Id and number of a certificate by number or by the digest of its code, its content unread."""
    both = (certificate.c.code_digest == digest) | (certificate.c.typed_digest == digest)
    query = select(certificate.c.id, certificate.c.number)
    found = connection.execute(query.where(certificate.c.number == number if digest is None else both)).first()
    return (int(found.id), str(found.number)) if found is not None else None


def newest_status_list(connection: Connection, cred_key: str) -> tuple[int, set[int]]:
    """The number of the status list in use for a key, counted from 0, and the positions taken in it.

    A list holds the certificates of one key (0036): after a rotation the next one is begun.
    """
    newest = (connection.execute(select(func.max(certificate.c.status_index))).scalar() or 0) // ENTRIES
    query = select(certificate.c.status_index, certificate.c.cred_key)
    rows = list(connection.execute(query.where(certificate.c.status_index >= newest * ENTRIES)))
    if any(row.cred_key != cred_key for row in rows):
        return newest + 1, set()
    return newest, {row.status_index % ENTRIES for row in rows}


def keys_of_status_lists(connection: Connection) -> dict[int, str]:
    """By the number of a status list, counted from 0, the key of all certificates in it; not of lists with several."""
    number = (certificate.c.status_index // ENTRIES).label("list_number")
    least, most = func.min(certificate.c.cred_key), func.max(certificate.c.cred_key)
    # By its name: with the parameter written twice PostgreSQL takes it for another expression.
    rows = connection.execute(select(number, least, most).group_by("list_number"))
    return {int(one): str(key) for one, key, other in rows if key == other}


def status_indexes(connection: Connection) -> Iterator[tuple[int, CertificateState]]:
    """The status index of every certificate with its state, nothing else read."""
    last = select(func.max(certificate_event.c.seq)).group_by(certificate_event.c.certificate)
    events = select(certificate_event.c.certificate, certificate_event.c.kind).where(certificate_event.c.seq.in_(last))
    latest = events.subquery()
    query = select(certificate.c.status_index, latest.c.kind).select_from(
        certificate.outerjoin(latest, latest.c.certificate == certificate.c.id)
    )
    for index, kind in connection.execute(query):
        yield index, CertificateState.RESERVED if kind is None else STATE_AFTER[kind]


def _first(connection: Connection, query: Select[tuple[object, ...]]) -> CertificateRecord | None:
    records = _records(connection, query.limit(1))
    return records[0] if records else None


def _records(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[CertificateRecord, ...]:
    rows = list(connection.execute(query))
    events: dict[int, list[CertificateEvent]] = {row.id: [] for row in rows}
    ids = query.with_only_columns(certificate.c.id).order_by(None)
    wanted = select(certificate_event).where(certificate_event.c.certificate.in_(ids)).order_by(certificate_event.c.seq)
    for event in connection.execute(wanted):
        events[event.certificate].append(
            CertificateEvent(
                kind=event.kind,
                at=parse_instant(event.at),
                by=event.by,
                reason=event.reason,
                details=json.loads(event.details),
            )
        )
    return tuple(_record(row, tuple(events[row.id])) for row in rows)


def _record(row: Row[tuple[object, ...]], events: tuple[CertificateEvent, ...]) -> CertificateRecord:
    return CertificateRecord(
        id=row.id,
        credential=revive(Credential, row.credential),
        sitting=row.sitting,
        candidate=row.candidate,
        decision=row.decision,
        template=row.template,
        pdf_key=row.pdf_key,
        cred_key=row.cred_key,
        reserved_at=parse_instant(row.reserved_at),
        reserved_by=row.reserved_by,
        events=events,
    )
