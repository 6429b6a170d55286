"""What happens to certificates after issue: revoked, suspended, reinstated, void - each an event, none an edit."""

from __future__ import annotations

from enum import StrEnum

from certengine.credentials.codes import FullCode, code_digest, read_code, typed_digest
from certengine.errors import NotFound, Refused
from certengine.services.context import Context
from certengine.services.readers import REGISTER_READERS
from certengine.store import certificates as store
from certengine.store.certificates import CertificateEvent, CertificateRecord, CertificateState
from certengine.store.sittings import load_sitting


class ReasonClass(StrEnum):
    """Why a certificate loses its force; the class is public, remarks are not."""

    ERROR = "error"
    MISCONDUCT = "misconduct"
    APPEAL = "appeal"
    KEY_COMPROMISE = "key-compromise"
    HOLDER_REQUEST = "holder-request"
    LOST = "lost"
    OTHER = "other"


_MAY_FOLLOW = {
    "revoked": {CertificateState.ISSUED, CertificateState.SUSPENDED},
    "suspended": {CertificateState.ISSUED},
    "reinstated": {CertificateState.SUSPENDED},
    "void": {CertificateState.RESERVED},
}


def find_certificate(context: Context, number_or_code: str) -> CertificateRecord:
    """A certificate by its printed number or its code, full or typed.

    Raises:
        NotFound: when the register has none.
        Refused: when the role is missing.
    """
    context.demand_role(*REGISTER_READERS)
    with context.reading() as connection:
        record = store.certificate_by_number(connection, number_or_code.strip())
        code = read_code(number_or_code)
        if record is None and code is not None:
            value = code_digest(code.text) if isinstance(code, FullCode) else typed_digest(code.text)
            record = store.certificate_by_code_digest(connection, value)
    if record is None:
        raise NotFound(
            f"no certificate has the number or code `{number_or_code}`",
            hint="`certengine cert list` shows what was issued",
            code="certificate/not-found",
        )
    return record


def list_certificates(context: Context, sitting_id: str | None = None) -> tuple[CertificateRecord, ...]:
    """The certificates of a sitting, or all, in order of reservation.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when the role is missing.
    """
    context.demand_role(*REGISTER_READERS)
    with context.reading() as connection:
        if sitting_id is not None:
            load_sitting(connection, sitting_id)
        return store.certificates_of(connection, sitting_id)


def change_standing(
    context: Context,
    number_or_code: str,
    kind: str,
    *,
    reason: ReasonClass,
    remark: str | None = None,
    dry_run: bool = False,
) -> CertificateRecord:
    """Write an event (``revoked``, ``suspended``, ``reinstated``, ``void``) on a certificate; returns it as it stands then.

    Raises:
        NotFound: when there is no such certificate.
        Refused: when the event may not follow its present state.
    """
    context.demand_role("approver" if kind != "void" else "keyholder")
    record = find_certificate(context, number_or_code)
    number = record.credential.registered_as
    at = context.clock()
    with context.writing() as connection:
        now = store.certificate_by_id(connection, record.id) or record
        if now.state not in _MAY_FOLLOW[kind]:
            raise Refused(
                f"certificate {number} is {now.state} and cannot be {kind}",
                hint=f"`certengine cert show {number}` tells what happened to it",
                code=f"certificate/{now.state}",
            )
        if dry_run:
            return now
        details = {"remark": remark} if remark else {}
        event = CertificateEvent(kind=kind, at=at, by=context.actor, reason=reason.value, details=dict(details))
        store.append_certificate_event(connection, record.id, event)
        context.write_act(connection, at, f"cert.{kind}", number, reason=reason.value)
        return store.certificate_by_id(connection, record.id) or record
