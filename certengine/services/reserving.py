"""Reserving: the next number is taken and everything a certificate will say is frozen, in one transaction.

Time and chance are read here and nowhere after it: what is made from a reservation is the same whenever it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from certengine.canonical import digest
from certengine.credentials.codes import code_digest, code_from_entropy, typed_digest
from certengine.credentials.numbers import format_number, series_of
from certengine.credentials.status_list import ENTRIES
from certengine.model.credential import Credential, Holder
from certengine.model.scheme import Scheme
from certengine.scoring.periods import last_day
from certengine.services.context import Context
from certengine.services.enrolment import civil_zone
from certengine.services.keys import load_keyring, signing_keys
from certengine.services.photographs import keep_photograph, photograph_of
from certengine.services.records_of_acts import commitment_to_decision
from certengine.services.restored import demand_not_older, passed_over
from certengine.services.sittings import LoadedSitting
from certengine.store import certificates as store
from certengine.store.certificates import CertificateState, Reservation
from certengine.store.decisions import DecisionRecord
from certengine.store.sittings import load_papers


@dataclass(frozen=True, slots=True)
class SigningKids:
    """Ids of the keys that what is reserved now will be signed with."""

    pdf: str
    cred: str


def signing_kids(context: Context) -> SigningKids:
    """The ids of the newest usable keys; nothing private is opened.

    Raises:
        NotFound: when there are no keys.
        Refused: when none is usable now.
    """
    pdf, cred = signing_keys(load_keyring(context), context.clock())
    return SigningKids(pdf.kid, cred.kid)


def reserve_all(context: Context, loaded: LoadedSitting, approved: Sequence[DecisionRecord], kids: SigningKids) -> int:
    """Reserve for each decision that has no certificate yet; returns for how many. One transaction for the sitting.

    Numbers follow the order of the decisions.

    Raises:
        Refused: when a series is full, or the database is older than what was published; nothing is
            reserved then.
    """
    at = context.clock()
    with context.writing() as connection:
        certified = {
            record.candidate
            for record in store.certificates_of(connection, loaded.sitting.id)
            if record.state is not CertificateState.VOID
        }
        wanting = [record for record in approved if record.decision.candidate not in certified]
        if wanting:
            demand_not_older(context, connection)
        places = StatusPlaces(context, *store.newest_status_list(connection, kids.cred))
        papers = {paper.candidate: digest(paper) for paper in load_papers(connection, loaded.sitting.id)}
        for record in wanting:
            credential = _first_credential(context, connection, loaded, record, at, places, papers)
            freeze(context, connection, loaded, record.id, record.decision.candidate, credential, kids)
    return len(wanting)


def freeze(
    context: Context,
    connection: Connection,
    loaded: LoadedSitting,
    decision: int,
    candidate: str,
    credential: Credential,
    kids: SigningKids,
) -> None:
    """Write a reservation with its act."""
    store.append_reservation(
        connection,
        Reservation(
            credential=credential,
            code_digest=code_digest(credential.code),
            typed_digest=typed_digest(credential.code),
            sitting=loaded.sitting.id,
            candidate=candidate,
            decision=decision,
            template=loaded.scheme.certificate.template,
            pdf_key=kids.pdf,
            cred_key=kids.cred,
            by=context.actor,
        ),
    )
    subject = credential.registered_as
    context.write_act(connection, credential.issued_at, "cert.reserve", subject, credential=digest(credential))


def next_number(context: Context, connection: Connection, scheme: Scheme, at: datetime) -> str:
    """The next number of the scheme's series that was never issued; it is used, whatever becomes of it.

    Raises:
        Refused: when the series is full.
    """
    pattern, level, issued_on = scheme.certificate.number, scheme.level.code, local_date(context, at)
    while True:
        serial = store.take_serial(connection, series_of(pattern, issued_on, level))
        number = format_number(pattern, issued_on=issued_on, level=level, serial=serial)
        if not passed_over(context, connection, number, at):
            return number


def new_code(context: Context) -> str:
    """A code of 128 random bits."""
    return code_from_entropy(context.entropy(16))


class StatusPlaces:
    """Free positions of the status lists, one for each certificate: random, so that neighbours say nothing of each other.

    A list of which three quarters are taken is left as it is, and the next one begun; so is a list of earlier keys.
    """

    FULL = ENTRIES * 3 // 4

    def __init__(self, context: Context, newest: int, taken: set[int]) -> None:
        """``newest``: the list in use, counted from 0, in which these positions are taken."""
        self._entropy, self._list, self._taken = context.entropy, newest, taken

    def take(self) -> int:
        """A position nobody has, counted through all lists."""
        if len(self._taken) >= self.FULL:
            self._list, self._taken = self._list + 1, set()
        while (place := int.from_bytes(self._entropy(8)) % ENTRIES) in self._taken:
            pass
        self._taken.add(place)
        return self._list * ENTRIES + place


def valid_until(issued_on: date, months: int | None) -> date | None:
    """The last day of so many months; no end without them."""
    return None if months is None else last_day(issued_on, months)


def local_date(context: Context, at: datetime) -> date:
    """The day it is at the issuer's: the date that is printed."""
    return at.astimezone(civil_zone(context)).date()


def _first_credential(
    context: Context,
    connection: Connection,
    loaded: LoadedSitting,
    record: DecisionRecord,
    at: datetime,
    places: StatusPlaces,
    papers: dict[str, str],
) -> Credential:
    scheme, rule = loaded.scheme, loaded.scheme.certificate
    candidate = loaded.sitting.candidate(record.decision.candidate)
    photo = photograph_of(context, candidate.id)
    issued_on = local_date(context, at)
    return Credential(
        number=next_number(context, connection, scheme, at),
        code=new_code(context),
        issuer=context.workspace.config.issuer_noun(),
        holder=Holder(name=candidate.name, name_en=candidate.name_en),
        title=rule.title,
        occupation=rule.occupation,
        level=scheme.level.title,
        scheme=f"{scheme.id}@{loaded.sitting.scheme_version}",
        issued_on=issued_on,
        valid_until=valid_until(issued_on, rule.validity_months),
        issued_at=at,
        status_index=places.take(),
        photo=None if photo is None else keep_photograph(context, photo),
        evidence=_evidence(connection, loaded, record, papers.get(candidate.id)),
    )


def _evidence(
    connection: Connection, loaded: LoadedSitting, record: DecisionRecord, paper: str | None
) -> tuple[tuple[str, str], ...]:
    """Digests that tie the certificate to its past; none of them can be guessed back to a score.

    A decision's own digest could: scores are few, and the rest of it follows. So its salted commitment stands for it.
    """
    decision = commitment_to_decision(connection, record.id) or record.digest
    found = [("scheme", loaded.sitting.scheme_digest), ("decision", decision)]
    found.extend((f"bank {bank}@{version}", value) for bank, version, value in loaded.sitting.banks)
    if paper is not None:
        found.append(("paper", paper))
    return tuple(found)
