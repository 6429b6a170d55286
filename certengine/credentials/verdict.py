"""The one judgement: is what was presented genuine, and does it still hold?

Invariants:

1. :func:`judge` never raises, and whatever it did not foresee is ``unchecked``, never ``valid``.
2. ``valid`` needs at least one good signature of the issuer over the claims, and every check that applies passed.
   An answer about a bare code therefore needs the signed token or credential that the register keeps with it.
3. Claims are told only when a signature over them was good and nothing contradicts it; the state ladder is the order
   of :class:`~certengine.model.credential.State`, and the first that matches wins.
4. A specimen key makes a specimen: its state is ``unknown``, however good the signature is.
5. What embeds a result statement is a result statement: genuine or not, it is never ``valid``.

About keys and time. The time of a signature is what the signer says. A key whose window had not begun or was over at
that time is, for that signature, not a key of the issuer: ``unknown``, not ``tampered``, because nothing was altered.
A key revoked *before* that time likewise. For a key revoked *later*, whoever stole it could have written an earlier
time; only the register, which knows this one certificate, can tell, so any other source leaves it ``unchecked``. A
trusted time stamp on the signature of a file tells it too: what it was put on was there at its time.

About days. A certificate begins when its date of issue begins anywhere on Earth (UTC+14), because the printed date is
the issuer's local one, and ends with the last day of validity in UTC, as the token's ``exp`` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from certengine.credentials import sentences as say
from certengine.credentials.bundle import SOURCE_REGISTER
from certengine.credentials.claims import Claims
from certengine.credentials.codes import same_code
from certengine.credentials.keys import usable_at
from certengine.credentials.parts import Believed, Kind, Parts, believed, read_parts
from certengine.credentials.specimen import known_key
from certengine.credentials.trial import LADDER, Trial
from certengine.credentials.wording import date_text
from certengine.model.credential import (
    Check,
    KeyRecord,
    Keyring,
    KeyUse,
    Outcome,
    PdfEvidence,
    Presented,
    StampState,
    Standing,
    State,
    Status,
    TimeStamp,
    Verdict,
)

_EARLIEST_ZONE = timedelta(hours=14)

_STATE_OF_STANDING = {
    Standing.SUSPENDED: State.SUSPENDED,
    Standing.REVOKED: State.REVOKED,
    Standing.SUPERSEDED: State.SUPERSEDED,
    Standing.UNKNOWN: State.UNKNOWN,
}

_CHECK_OF_KIND: dict[Kind, str] = {"token": "token-signature", "credential": "credential-proof"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose standing is asked for: a code (full, or typed when nothing better was given) and the signed index."""

    code: str | None
    status_index: int | None


Lookup = Callable[[Subject], Status | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """What trusted time stamps prove: when the signature was stamped, and by when the file was there at the latest."""

    signed_by: datetime | None = None
    there_by: datetime | None = None


def judge(presented: Presented, *, keyring: Keyring | None, lookup: Lookup | Status | None, at: datetime) -> Verdict:
    """The verdict on what was presented, for one instant.

    Args:
        presented: the parts to be judged together; see :func:`~certengine.credentials.qr.read_qr_text` for a text.
        keyring: the issuer's keys; without it nothing can be called genuine.
        lookup: gives the standing of a :class:`Subject`, or ``None`` when its source is out of reach or too old;
            or that standing itself.
        at: the instant the answer is for.

    The procedure:

    1. Format: every part presented can be read.
    2. Signatures: of the PDF (unchanged, covering the whole file), of each token, of each embedded or given credential.
    3. Keys: each was the issuer's, for that use, in its window when the signature was made; the time is that of the
       signature's time stamp, where a trusted one is there.
    4. Claims: all parts say the same, and the codes are of the same certificate.
    5. Address: the host in the QR code is the issuer's own.
    6. Register: how the certificate stands.
    7. File: its digest is the one on record, where the register is the source.
    8. Dates: the certificate has begun and has not ended.
    9. State: the first of the ladder that any of these forces; else ``valid``, if nothing required is missing.

    Steps 6 to 8 follow only when nothing before them failed: a forger's code is not looked up.
    """
    try:
        return _judge(presented, keyring, lookup, at)
    except Exception:  # noqa: BLE001  # invariant 1: the unforeseen is an answer too, and it is not "valid"
        check = Check(id="format", outcome=Outcome.NOT_DONE, detail=say.UNFORESEEN)
        return Verdict(state=State.UNCHECKED, checked_at=at, checks=(check,))


def unknown_verdict(at: datetime) -> Verdict:
    """The one answer for a code that is not in the register and for a code that is none: they look the same."""
    check = Check(id="register", outcome=Outcome.FAILED, detail=say.NO_RECORD)
    return Verdict(state=State.UNKNOWN, checked_at=at, checks=(check,))


def _judge(presented: Presented, keyring: Keyring | None, lookup: Lookup | Status | None, at: datetime) -> Verdict:
    if at.tzinfo is None:
        raise TypeError("an instant must carry its time zone")
    trial = Trial()
    parts = read_parts(presented)
    # 1
    _check_format(trial, presented, parts)
    if trial.forced:
        return _verdict(trial, at, None, None)
    if presented.pdf is not None and presented.pdf.statement:
        return _of_statement(trial, presented.pdf, parts, keyring, at)
    # 2 and 3
    if presented.pdf is not None:
        _check_pdf(trial, presented.pdf, parts)
    good = [found for kind in _CHECK_OF_KIND for found in _check_signed(trial, kind, parts, presented, keyring)]
    revoked_later = _check_keys(trial, good, presented, keyring, _check_stamps(trial, presented.pdf))
    # 4 and 5
    claims = max((found.claims for found in good), key=lambda found: found.occupation is not None, default=None)
    _check_same_claims(trial, good, parts)
    _check_address(trial, parts, claims, keyring)
    if trial.forced:
        return _verdict(trial, at, claims, None)
    # 6 to 8
    status = _check_register(trial, parts, claims, lookup, revoked_later=revoked_later)
    if presented.pdf is not None and status is not None and status.source == SOURCE_REGISTER:
        _check_digest(trial, presented.pdf, status)
    _check_dates(trial, claims, at)
    # 9
    return _verdict(trial, at, claims, status)


def _of_statement(trial: Trial, pdf: PdfEvidence, parts: Parts, keyring: Keyring | None, at: datetime) -> Verdict:
    """A result statement is judged for what it is (steps 2 and 3), and is never more than readable as no certificate."""
    _check_pdf(trial, pdf, parts)
    trial.checks = [check for check in trial.checks if check.id not in _CHECK_OF_KIND.values()]
    _check_keys(trial, [], Presented(pdf=pdf), keyring, _check_stamps(trial, pdf))
    genuine = all(check.outcome is Outcome.PASSED for check in trial.checks)
    trial.checks.append(Check(id="document", outcome=Outcome.FAILED, detail=say.STATEMENT))
    if not trial.forced:
        trial.forced.append(State.UNREADABLE)
    verdict = _verdict(trial, at, None, None)
    return replace(verdict, statement=genuine)


def _verdict(trial: Trial, at: datetime, claims: Claims | None, status: Status | None) -> Verdict:
    state = trial.state()
    told = claims is not None and LADDER.index(state) >= LADDER.index(State.UNCHECKED)
    return Verdict(
        state=state,
        checked_at=at,
        checks=tuple(trial.checks),
        claims=claims.to_json() if claims is not None and told else None,
        status=status,
        specimen=trial.specimen,
    )


def _check_format(trial: Trial, presented: Presented, parts: Parts) -> None:
    unreadable = [part for part in parts.signed if part.content is None and not part.from_pdf]
    pdf = presented.pdf
    if pdf is not None and not pdf.readable:
        trial.failed("format", pdf.problem or say.PDF_UNREADABLE, State.UNREADABLE)
    elif unreadable:
        trial.failed("format", say.PART_UNREADABLE, State.UNREADABLE)
    elif parts.bad_code:
        trial.failed("format", say.CODE_UNREADABLE, State.UNREADABLE)
    elif pdf is None and not parts.signed and not parts.codes:
        trial.failed("format", say.NOTHING, State.UNREADABLE)
    elif pdf is not None and not (pdf.signed or parts.signed or parts.codes):
        trial.failed("format", say.PDF_WITHOUT_CERTIFICATE, State.UNREADABLE)
    else:
        trial.passed("format", say.FORMAT)


def _check_pdf(trial: Trial, pdf: PdfEvidence, parts: Parts) -> None:
    if pdf.signed and pdf.intact:
        trial.passed("pdf-signature", say.PDF_SIGNED)
    elif pdf.signed:
        trial.failed("pdf-signature", pdf.problem or say.PDF_CHANGED, State.TAMPERED)
    elif pdf.credential is not None:
        # An attachment survives only in the file itself: somebody saved it anew and dropped the signature.
        trial.failed("pdf-signature", pdf.problem or say.PDF_SIGNATURE_LOST, State.TAMPERED)
    else:
        # A scan or a photograph: no proof against the file, and none for it. What its QR code says still counts.
        trial.not_done("pdf-signature", say.PDF_SCAN, hold_back=True)
        return
    if pdf.whole:
        trial.passed("pdf-whole", say.PDF_WHOLE)
    else:
        trial.failed("pdf-whole", pdf.problem or say.PDF_NOT_WHOLE, State.TAMPERED)
    if not parts.of("credential"):
        trial.not_done("credential-proof", say.NO_CREDENTIAL, hold_back=True)
    if not parts.of("token"):
        trial.not_done("token-signature", say.NO_QR, hold_back=False)


def _check_signed(
    trial: Trial, kind: Kind, parts: Parts, presented: Presented, keyring: Keyring | None
) -> list[Believed]:
    """Step 2 for tokens or credentials, one check for all of a kind, and what is to be believed of them."""
    ours = parts.of(kind)
    check_id = _CHECK_OF_KIND[kind]
    if not ours:
        if kind == "token" and presented.pdf is None and presented.credential is None:
            trial.not_done(check_id, say.CODE_ALONE, hold_back=True)
        return []
    if keyring is None:
        trial.not_done(check_id, say.NO_KEYRING, hold_back=True)
        return []
    contents = [part.content for part in ours if part.content is not None]
    if len(contents) != len(ours):
        trial.failed(check_id, say.EMBEDDED_UNREADABLE, State.TAMPERED)
        return []
    signed = [(content, known_key(keyring, content.kid)) for content in contents]
    known = [(content, record) for content, record in signed if record is not None and record.use is KeyUse.CRED]
    if len(known) != len(ours):
        trial.not_done(check_id, say.KEY_UNKNOWN, hold_back=True)
        trial.forced.append(State.UNKNOWN)
        return []
    good = [found for content, record in known if (found := believed(content, record)) is not None]
    if len(good) != len(ours):
        trial.failed(check_id, say.CONTENT_CHANGED, State.TAMPERED)
        return []
    trial.passed(check_id, say.TOKEN_GOOD if kind == "token" else say.CREDENTIAL_GOOD)
    return good


def _check_stamps(trial: Trial, pdf: PdfEvidence | None) -> Stamped:
    """Step 3, when the file was signed by its time stamps.

    A stamp is outside of what the signature covers: anybody may take it away or put another there. So one that does not
    count is told, and alters nothing of what the signature says; one that is broken leaves nothing called valid.
    """
    if pdf is None or not pdf.intact:
        return Stamped()
    signed_by = _check_signature_stamp(trial, pdf.time_stamp)
    kept = [one.at for one in pdf.archive if one.state is StampState.TRUSTED and one.at is not None]
    if pdf.archive:
        first, last = pdf.archive[0], pdf.archive[-1]
        if last.state is StampState.TRUSTED and first.at is not None and last.until is not None:
            trial.passed("archive", say.archived(first.at, last.until))
        else:
            lapsed = last.state is StampState.LAPSED
            trial.not_done("archive", say.ARCHIVE_LAPSED if lapsed else say.ARCHIVE_FOREIGN, hold_back=False)
    return Stamped(signed_by=signed_by, there_by=min([*([signed_by] if signed_by else []), *kept], default=None))


def _check_signature_stamp(trial: Trial, stamp: TimeStamp | None) -> datetime | None:
    if stamp is None:
        return None
    if stamp.state is StampState.TRUSTED and stamp.at is not None:
        trial.passed("time-stamp", say.stamped(stamp.at))
        return stamp.at
    if stamp.state is StampState.BROKEN:
        trial.failed("time-stamp", say.STAMP_BROKEN, State.UNCHECKED)
    else:
        lapsed = stamp.state is StampState.LAPSED
        trial.not_done("time-stamp", say.STAMP_LAPSED if lapsed else say.STAMP_FOREIGN, hold_back=False)
    return None


def _check_keys(
    trial: Trial, good: list[Believed], presented: Presented, keyring: Keyring | None, stamped: Stamped
) -> bool:
    """Step 3; tells whether one of the keys was revoked, and nothing proves that it signed before."""
    pdf = presented.pdf
    signers: list[tuple[KeyRecord, datetime | None]] = [(one.record, one.signed_at) for one in good]
    if keyring is None:
        trial.not_done("issuer-key", say.NO_KEYRING, hold_back=True)
        return False
    if pdf is not None and pdf.signed:
        record = known_key(keyring, pdf.signer_kid or "")
        if record is None or record.use is not KeyUse.PDF or not (pdf.trusted or record.specimen):
            trial.failed("issuer-key", say.SIGNER_UNKNOWN, State.UNKNOWN)
            return False
        signers.append((record, stamped.signed_by or pdf.signed_at))
    if not signers:
        return False
    trial.specimen = any(record.specimen for record, _ in signers)
    if trial.specimen:
        trial.failed("issuer-key", say.SPECIMEN, State.UNKNOWN)
    elif any(signed_at is not None and not usable_at(record, signed_at) for record, signed_at in signers):
        trial.failed("issuer-key", say.KEY_NOT_IN_USE, State.UNKNOWN)
    elif any(signed_at is None for _, signed_at in signers):
        trial.not_done("issuer-key", say.NO_SIGNING_TIME, hold_back=True)
    else:
        trial.passed("issuer-key", say.KEY_GOOD)
    # Stamps cover what the file holds, and nothing that is presented beside it.
    beside = presented.token is not None or presented.credential is not None
    there_by = None if beside else stamped.there_by
    return any(
        record.revoked_at is not None and (there_by is None or there_by >= record.revoked_at) for record, _ in signers
    )


def _check_same_claims(trial: Trial, good: list[Believed], parts: Parts) -> None:
    if not good:
        return
    first = good[0].claims
    same = all(one.claims.core == first.core for one in good[1:])
    if not same or not all(same_code(code, first.code) for code in parts.codes):
        trial.failed("same-claims", say.CLAIMS_DIFFER, State.TAMPERED)
    elif len(good) + len(parts.codes) > 1:
        trial.passed("same-claims", say.CLAIMS_SAME)


def _check_address(trial: Trial, parts: Parts, claims: Claims | None, keyring: Keyring | None) -> None:
    if claims is not None:
        own = claims.domain.lower()
    elif keyring is not None:
        own = keyring.issuer.domain.lower()
    else:
        return
    strange = next((host for host in parts.hosts if host != own), None)
    if strange is not None:
        state = State.TAMPERED if claims is not None else State.UNKNOWN
        trial.failed("address", say.strange_host(strange, own), state)
    elif parts.hosts:
        trial.passed("address", say.own_host(own))


def _check_register(
    trial: Trial, parts: Parts, claims: Claims | None, lookup: Lookup | Status | None, *, revoked_later: bool
) -> Status | None:
    code = claims.code if claims is not None else next(iter(parts.codes), None)
    index = claims.status_index if claims is not None else None
    status = lookup if isinstance(lookup, Status) else _asked(lookup, Subject(code=code, status_index=index))
    if status is None:
        trial.not_done("register", say.NO_STATUS, hold_back=True)
        trial.forced.append(State.UNCHECKED)
    elif status.standing is not Standing.ISSUED:
        trial.failed("register", say.standing(status), _STATE_OF_STANDING[status.standing])
    elif revoked_later and status.source != SOURCE_REGISTER:
        trial.not_done("register", say.KEY_REVOKED_LATER, hold_back=True)
    else:
        trial.passed("register", say.standing(status))
    return status


def _asked(lookup: Lookup | None, subject: Subject) -> Status | None:
    if lookup is None:
        return None
    try:
        return lookup(subject)
    except Exception:  # noqa: BLE001  # a source that fails is a source out of reach; the other checks still count
        return None


def _check_digest(trial: Trial, pdf: PdfEvidence, status: Status) -> None:
    if not pdf.signed:
        return
    if status.pdf_digest is None:
        trial.not_done("file-digest", say.NO_DIGEST, hold_back=True)
    elif _hex(status.pdf_digest) != _hex(pdf.digest):
        trial.failed("file-digest", say.DIGEST_DIFFERS, State.TAMPERED)
    else:
        trial.passed("file-digest", say.DIGEST_SAME)


def _hex(digest: str) -> str:
    return digest.rpartition(":")[2].lower()


def _check_dates(trial: Trial, claims: Claims | None, at: datetime) -> None:
    if claims is None:
        trial.not_done("dates", say.NO_DATES, hold_back=True)
    elif (at.astimezone(UTC) + _EARLIEST_ZONE).date() < claims.issued_on:
        trial.failed("dates", say.begins(date_text(claims.issued_on)), State.NOT_YET_VALID)
    elif claims.valid_until is None:
        trial.passed("dates", say.WITHOUT_END)
    elif at.astimezone(UTC).date() > claims.valid_until:
        trial.failed("dates", say.ended(date_text(claims.valid_until)), State.EXPIRED)
    else:
        trial.passed("dates", say.runs_until(date_text(claims.valid_until)))
