"""The judgement: one ladder, first match wins, and nothing reaches valid without every check."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.credentials.badge import credential_json
from certengine.credentials.codes import code_from_entropy, typed_form
from certengine.credentials.keys import verification_method
from certengine.credentials.qr import qr_text, read_qr_text
from certengine.credentials.report import verdict_json, verdict_text
from certengine.credentials.specimen import known_key, specimen_key, specimen_pdf_key, specimen_records
from certengine.credentials.verdict import Subject, judge, unknown_verdict
from certengine.credentials.wording import advice, heading
from certengine.model.credential import (
    Check,
    KeyRecord,
    Keyring,
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
from certengine.model.text import Text
from tests.credentials.credential_world import (
    CRED,
    CREDENTIAL,
    FILE_DIGEST,
    ISSUED_AT,
    KEYRING,
    NOW,
    PDF,
    PDF_SPECIMEN,
    SPECIMEN,
    STRANGER,
    keyring_with,
    on_record,
    pdf_evidence,
)

TOKEN = CRED.token()
BADGE = CRED.badge()
OTHER = replace(CREDENTIAL, code=code_from_entropy(bytes(16)), holder=replace(CREDENTIAL.holder, name="张伟"))

ISSUED = on_record()

PRESENTED = {
    "token": Presented(token=TOKEN),
    "qr": read_qr_text(qr_text(CREDENTIAL, TOKEN)) or Presented(),
    "credential": Presented(credential=BADGE),
    "pdf": Presented(pdf=pdf_evidence()),
    "pdf without qr": Presented(pdf=pdf_evidence(qr_texts=())),
    "pdf with a foreign qr": Presented(pdf=pdf_evidence(qr_texts=("https://example.com",))),
    "everything": Presented(code=CREDENTIAL.code, token=TOKEN, credential=BADGE, pdf=pdf_evidence()),
}


def verdict(
    presented: Presented,
    *,
    keyring: Keyring | None = KEYRING,
    lookup: Any = ISSUED,
    at: datetime = NOW,
) -> Verdict:
    """The verdict with a register that has issued it, unless told otherwise."""
    return judge(presented, keyring=keyring, lookup=lookup, at=at)


def outcomes(judged: Verdict) -> dict[str, Outcome]:
    """The checks by id."""
    return {check.id: check.outcome for check in judged.checks}


@pytest.mark.parametrize("name", PRESENTED)
def test_genuine_and_current(name: str) -> None:
    """Each way to present a good certificate is valid, with its claims, and no check failed."""
    judged = verdict(PRESENTED[name])

    assert State.VALID is judged.state
    assert judged.claims is not None
    assert judged.claims["holder"]["name"] == "欧阳晓红"  # type: ignore[index, call-overload]  # plain JSON
    assert Outcome.FAILED not in outcomes(judged).values()


def test_pdf_checks_are_all_reported() -> None:
    """A file is told about in ten checks."""
    checks = outcomes(verdict(PRESENTED["everything"]))

    assert set(checks) == {
        "format",
        "pdf-signature",
        "pdf-whole",
        "token-signature",
        "credential-proof",
        "issuer-key",
        "same-claims",
        "address",
        "register",
        "file-digest",
        "dates",
    }
    assert {Outcome.PASSED} == set(checks.values())


def test_claims_are_what_is_printed() -> None:
    """The claims of a verdict hold nothing but what the certificate prints."""
    claims = verdict(PRESENTED["pdf"]).claims

    assert claims is not None
    assert set(claims) == {
        "number",
        "holder",
        "title",
        "level",
        "scheme",
        "occupation",
        "issuer",
        "issuer_domain",
        "issued_on",
        "valid_until",
    }


def test_bare_token_tells_what_it_carries() -> None:
    """From the token alone neither occupation nor issuer's name are known; no end and no English name are absent."""
    credential = replace(CREDENTIAL, valid_until=None, holder=replace(CREDENTIAL.holder, name_en=None))
    claims = verdict(Presented(token=CRED.token(credential))).claims

    assert claims is not None
    assert {"number", "holder", "title", "level", "scheme", "issuer_domain", "issued_on"} == set(claims)
    assert claims["holder"] == {"name": "欧阳晓红"}


@pytest.mark.parametrize(
    ("presented", "check"),
    [
        (Presented(), "format"),
        (Presented(code="not a code"), "format"),
        (Presented(token=b""), "format"),
        (Presented(token=TOKEN[:-1]), "format"),
        (Presented(credential=b"{}"), "format"),
        (Presented(code=CREDENTIAL.code, token=b"x"), "format"),
        (Presented(pdf=PdfEvidence(digest=FILE_DIGEST)), "format"),
        (Presented(pdf=PdfEvidence(digest=FILE_DIGEST, problem=Text.of(zh="坏", en="broken"))), "format"),
        (Presented(pdf=PdfEvidence(digest=FILE_DIGEST, readable=True)), "format"),
    ],
)
def test_unreadable(presented: Presented, check: str) -> None:
    """What cannot be read is unreadable, and nothing further is done."""
    judged = verdict(presented)

    assert (State.UNREADABLE, {check: Outcome.FAILED}) == (judged.state, outcomes(judged))
    assert judged.claims is None


CHANGED_TOKEN = TOKEN[:-1] + bytes([TOKEN[-1] ^ 1])
CHANGED_BADGE = BADGE.replace("晓".encode(), "小".encode())


@pytest.mark.parametrize(
    ("presented", "check"),
    [
        (Presented(token=CHANGED_TOKEN), "token-signature"),
        (Presented(credential=CHANGED_BADGE), "credential-proof"),
        (Presented(pdf=pdf_evidence(intact=False)), "pdf-signature"),
        (Presented(pdf=pdf_evidence(intact=False, signer_kid="0" * 16)), "pdf-signature"),
        (Presented(pdf=pdf_evidence(signed=False)), "pdf-signature"),
        (Presented(pdf=pdf_evidence(whole=False)), "pdf-whole"),
        (Presented(pdf=pdf_evidence(credential=CHANGED_BADGE)), "credential-proof"),
        (Presented(pdf=pdf_evidence(credential=b"garbage")), "credential-proof"),
        (Presented(pdf=pdf_evidence(qr_texts=(qr_text(CREDENTIAL, CHANGED_TOKEN),))), "token-signature"),
        (Presented(pdf=pdf_evidence(qr_texts=(qr_text(CREDENTIAL, b"garbage"),))), "token-signature"),
        (Presented(pdf=pdf_evidence(qr_texts=(qr_text(OTHER, CRED.token(OTHER)),))), "same-claims"),
        (Presented(pdf=pdf_evidence(qr_texts=(qr_text(OTHER, None),))), "same-claims"),
        (Presented(pdf=pdf_evidence(digest="sha256:" + "0" * 64)), "file-digest"),
        (Presented(token=TOKEN, credential=CRED.badge(OTHER)), "same-claims"),
        (Presented(token=TOKEN, code=typed_form(OTHER.code)), "same-claims"),
        (Presented(token=TOKEN, host="evil.example"), "address"),
    ],
)
def test_tampered(presented: Presented, check: str) -> None:
    """Whatever was changed, taken off, added or swapped, the state is tampered and nothing of it is told."""
    judged = verdict(presented)

    assert State.TAMPERED is judged.state
    assert Outcome.FAILED is outcomes(judged)[check]
    assert judged.claims is None


@pytest.mark.parametrize(
    "presented",
    [
        Presented(token=STRANGER.token()),
        Presented(credential=STRANGER.badge()),
        Presented(token=TOKEN, credential=STRANGER.badge()),
        Presented(pdf=pdf_evidence(signer_kid="0" * 16)),
        Presented(pdf=pdf_evidence(signer_kid=None)),
        Presented(pdf=pdf_evidence(signer_kid=CRED.record.kid)),
        Presented(pdf=pdf_evidence(trusted=False)),
        Presented(pdf=pdf_evidence(signed_at=datetime(2020, 1, 1, tzinfo=UTC))),
        Presented(code=CREDENTIAL.code, host="evil.example"),
    ],
)
def test_unknown_signer(presented: Presented) -> None:
    """A key that is not the issuer's, not for that use, or not of that time makes no certificate of the issuer's."""
    judged = verdict(presented)

    assert (judged.state, judged.claims) == (State.UNKNOWN, None)


def test_token_naming_a_document_key_is_unknown() -> None:
    """A known key of another use is not a key for tokens."""
    record = replace(CRED.record, use=PDF.use)

    assert State.UNKNOWN is verdict(Presented(token=TOKEN), keyring=keyring_with(record)).state


def test_not_in_the_register() -> None:
    """A good signature over a certificate the register does not have is no certificate."""
    judged = verdict(PRESENTED["pdf"], lookup=on_record(Standing.UNKNOWN))

    assert (judged.state, judged.claims) == (State.UNKNOWN, None)


@pytest.mark.parametrize(
    "presented",
    [
        Presented(token=SPECIMEN.token()),
        Presented(credential=SPECIMEN.badge()),
        Presented(
            pdf=pdf_evidence(signer_kid=PDF_SPECIMEN.kid, trusted=False, credential=SPECIMEN.badge(), qr_texts=())
        ),
        Presented(pdf=pdf_evidence(signer_kid=PDF_SPECIMEN.kid)),
        Presented(pdf=pdf_evidence(credential=SPECIMEN.badge())),
    ],
)
def test_specimen_is_never_valid(presented: Presented) -> None:
    """Whichever signature is by a specimen key, the whole is a specimen and says so."""
    judged = verdict(presented)

    assert (judged.state, judged.specimen, judged.claims) == (State.UNKNOWN, True, None)
    assert "Specimen" in heading(judged).best("en")
    assert "specimen key" in advice(judged).best("en")


def out_of_reach(subject: Subject) -> Status | None:
    """A register that cannot be reached."""
    raise OSError(subject.code)


@pytest.mark.parametrize("lookup", [None, out_of_reach, lambda subject: None])
def test_register_out_of_reach(lookup: Any) -> None:
    """A good signature whose standing cannot be looked up is unchecked, with its claims."""
    judged = verdict(PRESENTED["qr"], lookup=lookup)

    assert State.UNCHECKED is judged.state
    assert judged.claims is not None
    assert Outcome.NOT_DONE is outcomes(judged)["register"]


@pytest.mark.parametrize("name", ["qr", "credential", "pdf"])
def test_without_keys(name: str) -> None:
    """Without the issuer's keys nothing is genuine and nothing is told."""
    judged = verdict(PRESENTED[name], keyring=None)

    assert (judged.state, judged.claims) == (State.UNCHECKED, None)


def test_code_alone_is_answered_by_the_register() -> None:
    """A bare code can be said to be revoked or unknown, but nothing vouches for its claims: never valid."""
    code = Presented(code=typed_form(CREDENTIAL.code), host="verify.example.org")

    assert [
        verdict(code, lookup=on_record(standing)).state
        for standing in (Standing.ISSUED, Standing.REVOKED, Standing.UNKNOWN)
    ] == [State.UNCHECKED, State.REVOKED, State.UNKNOWN]
    assert State.UNCHECKED is verdict(code, keyring=None).state


def test_lookup_is_asked_by_what_was_signed() -> None:
    """With a good signature the register is asked for the signed code and index; without, for the code as typed."""
    asked: list[Subject] = []

    def lookup(subject: Subject) -> Status | None:
        asked.append(subject)
        return on_record()

    verdict(PRESENTED["token"], lookup=lookup)
    verdict(Presented(code=typed_form(CREDENTIAL.code)), lookup=lookup)

    assert [
        Subject(code=CREDENTIAL.code, status_index=99_321),
        Subject(code=typed_form(CREDENTIAL.code), status_index=None),
    ] == asked


def test_a_forgery_is_not_looked_up() -> None:
    """The register is not asked about what has failed already."""

    def lookup(subject: Subject) -> Status | None:
        raise AssertionError(subject)

    assert "register" not in outcomes(verdict(Presented(token=CHANGED_TOKEN), lookup=lookup))


def test_scan_of_a_certificate() -> None:
    """A PDF without signature and attachment is a scan: its QR code is told, but the file is not called valid."""
    scan = PdfEvidence(digest="sha256:0", readable=True, qr_texts=(qr_text(CREDENTIAL, TOKEN),))
    judged = verdict(Presented(pdf=scan))

    assert State.UNCHECKED is judged.state
    assert judged.claims is not None
    assert Outcome.NOT_DONE is outcomes(judged)["pdf-signature"]


STATEMENT = pdf_evidence(credential=None, qr_texts=(), statement=True)


@pytest.mark.parametrize(
    ("changes", "keyring", "state", "genuine"),
    [
        ({}, KEYRING, State.UNREADABLE, True),
        ({}, None, State.UNREADABLE, False),
        ({"signed_at": None}, KEYRING, State.UNREADABLE, False),
        ({"intact": False}, KEYRING, State.TAMPERED, False),
        ({"whole": False}, KEYRING, State.TAMPERED, False),
        ({"trusted": False}, KEYRING, State.UNKNOWN, False),
        ({"signed": False, "intact": False, "whole": False}, KEYRING, State.UNREADABLE, False),
        ({"signer_kid": PDF_SPECIMEN.kid}, KEYRING, State.UNKNOWN, False),
        ({"credential": BADGE, "qr_texts": (qr_text(CREDENTIAL, TOKEN),)}, KEYRING, State.UNREADABLE, True),
    ],
)
def test_a_result_statement_is_never_a_certificate(
    changes: dict[str, Any], keyring: Keyring | None, state: State, genuine: bool
) -> None:
    """Genuine only with a good signature of the issuer over all of it, and without claims whatever else it embeds."""
    judged = judge(Presented(pdf=replace(STATEMENT, **changes)), keyring=keyring, lookup=on_record(), at=NOW)

    assert (state, genuine, None) == (judged.state, judged.statement, judged.claims)
    assert genuine == (heading(judged).best("en") == "A genuine result statement, not a certificate")
    assert genuine == ("whether it was corrected" in advice(judged).best("en"))


def test_scan_of_a_revoked_certificate() -> None:
    """What is certain is said: a scan of a withdrawn certificate is withdrawn."""
    scan = PdfEvidence(digest="sha256:0", readable=True, qr_texts=(qr_text(CREDENTIAL, TOKEN),))

    assert State.REVOKED is verdict(Presented(pdf=scan), lookup=on_record(Standing.REVOKED)).state


@pytest.mark.parametrize(
    ("evidence", "check"),
    [
        ({"credential": None}, "credential-proof"),
        ({"credential": None, "qr_texts": ()}, "dates"),
        ({"signed_at": None}, "issuer-key"),
    ],
)
def test_something_required_is_missing(evidence: dict[str, Any], check: str) -> None:
    """A file without its credential or without a time of signing is not shaped like ours: unchecked, not valid."""
    judged = verdict(Presented(pdf=pdf_evidence(**evidence)))

    assert (judged.state, outcomes(judged)[check]) == (State.UNCHECKED, Outcome.NOT_DONE)


def test_register_without_the_files_digest() -> None:
    """A register that cannot compare the file leaves it unchecked; a bundle never could, and need not."""
    presented = PRESENTED["pdf"]

    assert State.UNCHECKED is verdict(presented, lookup=on_record(pdf_digest=None)).state
    assert State.VALID is verdict(presented, lookup=on_record(pdf_digest=None, source="bundle")).state


def test_digest_is_compared_in_either_spelling() -> None:
    """A digest with or without its algorithm's name, in any case, is the same digest."""
    spelled = FILE_DIGEST.removeprefix("sha256:").upper()

    assert State.VALID is verdict(PRESENTED["pdf"], lookup=on_record(pdf_digest=spelled)).state


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (Standing.REVOKED, State.REVOKED),
        (Standing.SUPERSEDED, State.SUPERSEDED),
        (Standing.SUSPENDED, State.SUSPENDED),
    ],
)
@pytest.mark.parametrize("at", [NOW, datetime(2030, 1, 1, tzinfo=UTC)])
def test_standing_comes_before_dates(standing: Standing, state: State, at: datetime) -> None:
    """A withdrawn certificate that has also expired reads withdrawn; its claims are told."""
    judged = verdict(PRESENTED["pdf"], lookup=on_record(standing), at=at)

    assert state is judged.state
    assert judged.claims is not None


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (datetime(2026, 11, 21, 9, 59, tzinfo=UTC), State.NOT_YET_VALID),
        (datetime(2026, 11, 21, 10, 0, tzinfo=UTC), State.VALID),
        (datetime(2028, 11, 21, 23, 59, 59, tzinfo=UTC), State.VALID),
        (datetime(2028, 11, 22, tzinfo=UTC), State.EXPIRED),
    ],
)
def test_first_and_last_instant(at: datetime, state: State) -> None:
    """It begins with its date anywhere on Earth and ends with its last day in UTC."""
    assert state is verdict(PRESENTED["token"], at=at).state


def test_without_end() -> None:
    """A certificate without a last day is valid in a hundred years."""
    token = CRED.token(replace(CREDENTIAL, valid_until=None))

    assert State.VALID is verdict(Presented(token=token), at=datetime(2126, 1, 1, tzinfo=UTC)).state


@pytest.mark.parametrize(
    ("revoked_at", "source", "state"),
    [
        (ISSUED_AT, "register", State.UNKNOWN),
        (ISSUED_AT - timedelta(days=1), "register", State.UNKNOWN),
        (ISSUED_AT + timedelta(days=1), "register", State.VALID),
        (ISSUED_AT + timedelta(days=1), "bundle", State.UNCHECKED),
    ],
)
def test_revoked_key(revoked_at: datetime, source: str, state: State) -> None:
    """Signed after the revocation is not ours; signed before it, only the register can confirm that it was."""
    keyring = keyring_with(replace(CRED.record, revoked_at=revoked_at))

    assert state is verdict(PRESENTED["token"], keyring=keyring, lookup=on_record(source=source)).state


@pytest.mark.parametrize("part", PRESENTED)
@pytest.mark.parametrize(
    "window", [{"not_after": ISSUED_AT - timedelta(seconds=1)}, {"not_before": ISSUED_AT + timedelta(seconds=1)}]
)
def test_retired_key_signs_nothing_new(part: str, window: dict[str, Any]) -> None:
    """What a key signed after it was retired, or before it was in use, is not the issuer's, in whatever it is carried."""
    keyring = replace(KEYRING, keys=tuple(replace(key, **window) for key in KEYRING.keys))
    found = verdict(PRESENTED[part], keyring=keyring)

    assert (found.state, found.claims) == (State.UNKNOWN, None)


def test_retired_key_stays_good() -> None:
    """A key whose window closed after the signature still vouches for it."""
    keyring = keyring_with(replace(CRED.record, not_after=ISSUED_AT + timedelta(days=1)))

    assert State.VALID is verdict(PRESENTED["token"], keyring=keyring).state


STAMPED_AT = ISSUED_AT + timedelta(minutes=1)
TRUSTED = TimeStamp(state=StampState.TRUSTED, at=STAMPED_AT)


def stamped(stamp: TimeStamp = TRUSTED, **fields: object) -> Presented:
    """A certificate file whose signature has a time stamp."""
    return Presented(pdf=pdf_evidence(time_stamp=stamp, **fields))


def checked(found: Verdict, check: str = "time-stamp") -> Outcome | None:
    """How a check ended."""
    return next((one.outcome for one in found.checks if one.id == check), None)


@pytest.mark.parametrize(
    ("stamp", "outcome", "state"),
    [
        (TRUSTED, Outcome.PASSED, State.VALID),
        (TimeStamp(state=StampState.FOREIGN, at=STAMPED_AT), Outcome.NOT_DONE, State.VALID),
        (TimeStamp(state=StampState.LAPSED, at=STAMPED_AT), Outcome.NOT_DONE, State.VALID),
        (TimeStamp(state=StampState.BROKEN), Outcome.FAILED, State.UNCHECKED),
    ],
)
def test_what_a_stamp_does_to_the_answer(stamp: TimeStamp, outcome: Outcome, state: State) -> None:
    """A good one is told, a strange one changes nothing, a broken one leaves nothing valid; none makes a forgery."""
    found = verdict(stamped(stamp))

    assert (checked(found), found.state) == (outcome, state)
    assert found.claims is not None


def test_a_file_without_a_stamp_has_no_such_check() -> None:
    """Nor has one that was changed: what a stamp says of it is of no interest."""
    assert checked(verdict(PRESENTED["pdf"])) is None
    assert checked(verdict(stamped(intact=False))) is None


def test_the_time_of_a_trusted_stamp_is_that_of_the_signature() -> None:
    """A key whose window was over when the stamp was made did not sign for the issuer, whatever time the signer states."""
    keyring = keyring_with(replace(PDF, not_after=ISSUED_AT))

    assert verdict(PRESENTED["pdf"], keyring=keyring).state is State.VALID
    assert verdict(stamped(), keyring=keyring).state is State.UNKNOWN
    assert verdict(stamped(TimeStamp(state=StampState.FOREIGN, at=STAMPED_AT)), keyring=keyring).state is State.VALID


@pytest.mark.parametrize("key", [PDF, CRED.record], ids=["pdf", "cred"])
def test_a_stamp_proves_what_came_before_a_revocation(key: KeyRecord) -> None:
    """What the file holds was there when it was stamped; what is presented beside the file is not covered by it."""
    keyring = keyring_with(replace(key, revoked_at=STAMPED_AT + timedelta(days=1)))
    from_bundle = on_record(source="bundle")
    beside = replace(stamped(), token=TOKEN)

    assert verdict(PRESENTED["pdf"], keyring=keyring, lookup=from_bundle).state is State.UNCHECKED
    assert verdict(stamped(), keyring=keyring, lookup=from_bundle).state is State.VALID
    assert verdict(beside, keyring=keyring, lookup=from_bundle).state is State.UNCHECKED


def test_a_stamp_after_a_revocation_proves_nothing() -> None:
    """A key that was revoked when the stamp was made is none of the issuer's."""
    keyring = keyring_with(replace(PDF, revoked_at=STAMPED_AT))

    assert verdict(stamped(), keyring=keyring).state is State.UNKNOWN


KEPT_AT = ISSUED_AT + timedelta(days=30)
ARCHIVED = TimeStamp(state=StampState.TRUSTED, at=KEPT_AT, until=KEPT_AT + timedelta(days=3650))


@pytest.mark.parametrize(
    ("archive", "outcome"),
    [
        ((ARCHIVED,), Outcome.PASSED),
        ((replace(ARCHIVED, state=StampState.LAPSED), ARCHIVED), Outcome.PASSED),
        ((replace(ARCHIVED, state=StampState.LAPSED),), Outcome.NOT_DONE),
        ((replace(ARCHIVED, state=StampState.FOREIGN),), Outcome.NOT_DONE),
    ],
)
def test_what_an_archive_does_to_the_answer(archive: tuple[TimeStamp, ...], outcome: Outcome) -> None:
    """It is told, and by itself makes nothing valid or invalid."""
    found = verdict(Presented(pdf=pdf_evidence(archive=archive)))

    assert (checked(found, "archive"), found.state) == (outcome, State.VALID)


def test_an_archive_proves_what_came_before_a_revocation() -> None:
    """Also where the signature itself has no stamp; but its time is not that of the signature."""
    keyring = keyring_with(
        replace(PDF, revoked_at=KEPT_AT + timedelta(days=1), not_after=ISSUED_AT + timedelta(days=1))
    )
    from_bundle = on_record(source="bundle")
    file = Presented(pdf=pdf_evidence(archive=(ARCHIVED,)))
    late = Presented(pdf=pdf_evidence(archive=(replace(ARCHIVED, at=KEPT_AT + timedelta(days=2)),)))

    assert verdict(file, keyring=keyring, lookup=from_bundle).state is State.VALID
    assert verdict(late, keyring=keyring, lookup=from_bundle).state is State.UNCHECKED


def test_unforeseen_is_unchecked() -> None:
    """Whatever goes wrong inside is an answer, and it is not valid."""
    naive = verdict(PRESENTED["pdf"], at=NOW.replace(tzinfo=None))
    broken = verdict(Presented(pdf=pdf_evidence(qr_texts=None)))

    assert (naive.state, broken.state) == (State.UNCHECKED, State.UNCHECKED)


SWITCHES: dict[str, Callable[[], dict[str, Any]]] = {
    "unsigned": lambda: {"signed": False},
    "changed": lambda: {"intact": False},
    "added": lambda: {"whole": False},
    "untrusted": lambda: {"trusted": False},
    "timeless": lambda: {"signed_at": None},
    "other file": lambda: {"digest": "sha256:0"},
    "no credential": lambda: {"credential": None},
    "stranger's credential": lambda: {"credential": STRANGER.badge()},
    "other qr": lambda: {"qr_texts": (qr_text(OTHER, CRED.token(OTHER)),)},
}


def test_no_fault_or_pair_of_faults_is_valid() -> None:
    """Any one or two faults of a file together never reach valid."""
    names = [*SWITCHES]
    for pair in [*itertools.combinations(names, 1), *itertools.combinations(names, 2)]:
        fields: dict[str, Any] = {}
        for name in pair:
            fields |= SWITCHES[name]()
        assert State.VALID is not verdict(Presented(pdf=pdf_evidence(**fields))).state, pair


@settings(max_examples=150, deadline=None)
@given(
    token=st.sampled_from([None, TOKEN, CHANGED_TOKEN, STRANGER.token(), SPECIMEN.token(), b"x"]),
    credential=st.sampled_from([None, BADGE, CHANGED_BADGE, STRANGER.badge(), b"{}"]),
    code=st.sampled_from([None, CREDENTIAL.code, OTHER.code, "?"]),
    host=st.sampled_from([None, "verify.example.org", "evil.example"]),
    pdf=st.none()
    | st.builds(
        lambda chosen: pdf_evidence(**{key: value for name in chosen for key, value in SWITCHES[name]().items()}),
        st.sets(st.sampled_from([*SWITCHES]), max_size=2),
    ),
    keyring=st.sampled_from([None, KEYRING]),
    standing=st.sampled_from([None, *Standing]),
    days=st.sampled_from([-400, 0, 4000]),
)
def test_valid_needs_every_check(  # one argument for each thing that can be combined
    token: bytes | None,
    credential: bytes | None,
    code: str | None,
    host: str | None,
    pdf: PdfEvidence | None,
    keyring: Keyring | None,
    standing: Standing | None,
    days: int,
) -> None:
    """Whatever is combined, valid means: no check failed, the required ones passed, and the claims are signed."""
    presented = Presented(token=token, credential=credential, code=code, host=host, pdf=pdf)
    lookup = None if standing is None else on_record(standing)
    judged = judge(presented, keyring=keyring, lookup=lookup, at=NOW + timedelta(days=days))
    if judged.state is not State.VALID:
        return
    found = outcomes(judged)
    required = {"format", "issuer-key", "register", "dates"}
    if token is not None:
        required.add("token-signature")
    if credential is not None or pdf is not None:
        required.add("credential-proof")
    if pdf is not None:
        required |= {"pdf-signature", "pdf-whole", "file-digest"}

    assert Outcome.FAILED not in found.values()
    assert {Outcome.PASSED} == {found[check] for check in required}
    assert judged.claims is not None
    assert not judged.specimen


HEADINGS = [
    (verdict(PRESENTED["pdf"]), "有效", "Valid"),
    (verdict(Presented()), "无法识别为证书", "This cannot be read as a certificate"),
    (unknown_verdict(NOW), "查无此证书", "No such certificate"),
    (
        verdict(PRESENTED["pdf"], lookup=on_record(Standing.REVOKED, since=datetime(2027, 1, 2, tzinfo=UTC))),
        "已于2027年1月2日撤销",
        "Withdrawn on 2 January 2027",
    ),
    (verdict(PRESENTED["pdf"], lookup=on_record(Standing.REVOKED)), "已撤销", "Withdrawn"),
    (
        verdict(
            PRESENTED["pdf"],
            lookup=on_record(Standing.SUPERSEDED, since=datetime(2027, 1, 2, tzinfo=UTC), successor="S0002"),
        ),
        "已于2027年1月2日换发新证书",
        "Replaced on 2 January 2027",
    ),
    (
        verdict(PRESENTED["pdf"], lookup=on_record(Standing.SUPERSEDED, successor="S0002")),
        "已换发新证书：S0002",
        "Replaced by S0002",
    ),
    (
        verdict(PRESENTED["pdf"], lookup=on_record(Standing.SUSPENDED, since=datetime(2027, 1, 2, tzinfo=UTC))),
        "自2027年1月2日起暂停有效",
        "Suspended since 2 January 2027",
    ),
    (
        verdict(PRESENTED["pdf"], at=datetime(2030, 1, 1, tzinfo=UTC)),
        "已过有效期，有效期至2028年11月21日",
        "Expired: it was valid until 21 November 2028",
    ),
    (
        verdict(PRESENTED["pdf"], at=datetime(2026, 1, 1, tzinfo=UTC)),
        "尚未生效，自2026年11月22日起有效",
        "Valid from 22 November 2026",
    ),
]


@pytest.mark.parametrize(("judged", "chinese", "english"), HEADINGS)
def test_headings(judged: Verdict, chinese: str, english: str) -> None:
    """The state is said in words in both languages, with its date or number."""
    assert Text.of(zh=chinese, en=english) == heading(judged)


def test_every_state_has_words() -> None:
    """No state lacks a heading or advice in either language."""
    claims: dict[str, Any] = {"issued_on": "2026-11-22", "valid_until": "2028-11-21"}
    for state in State:
        judged = Verdict(state=state, checked_at=NOW, checks=(), claims=claims)
        assert ("en", "zh") == heading(judged).languages == advice(judged).languages


def test_verdict_as_json() -> None:
    """The report carries schema, state, both languages, claims, checks and standing - and no digest or index."""
    status = on_record(Standing.SUPERSEDED, since=ISSUED_AT, reason="name_corrected", successor="S0002")
    report: Any = verdict_json(verdict(PRESENTED["pdf"], lookup=status))

    assert (report["schema"], report["state"], report["valid"]) == ("certengine.verify/1", "superseded", False)
    assert report["status"] == {
        "standing": "superseded",
        "source": "register",
        "known_at": "2027-03-03T09:30:00Z",
        "since": "2026-11-22T03:15:30Z",
        "reason": "name_corrected",
        "successor": "S0002",
    }
    assert {"id", "outcome", "detail"} == set(report["checks"][0])
    assert "sha256" not in str(report)


@given(
    state=st.sampled_from(State),
    specimen=st.booleans(),
    words=st.text(max_size=20),
    status=st.none() | st.sampled_from([on_record(), on_record(Standing.SUPERSEDED, since=ISSUED_AT, successor='S"2')]),
    claimed=st.booleans(),
)
def test_verdict_as_text(state: State, specimen: bool, words: str, status: Status | None, claimed: bool) -> None:
    """The text for programs is the report without spaces, whatever its parts say."""
    days = {"issued_on": "2026-11-22", "valid_until": "2028-11-21"}
    claims: dict[str, Any] = {"number": words, "title": {words: words, "en": '"'}, "level": {}, "serial": 2, **days}
    checks = tuple(
        Check(id="address", outcome=outcome, detail=Text.of(zh=words, en=words + "!")) for outcome in Outcome
    )
    needs_claims = state in {State.NOT_YET_VALID, State.EXPIRED}
    judged = Verdict(
        state=state,
        checked_at=NOW,
        checks=checks,
        claims=claims if claimed or needs_claims else None,
        status=status,
        specimen=specimen,
    )
    report = json.dumps(verdict_json(judged), ensure_ascii=False, separators=(",", ":"))

    assert verdict_text(judged) == report


def test_json_leaves_out_what_is_not_known() -> None:
    """Without claims and standing there are no such members."""
    report = verdict_json(verdict(Presented()))

    assert not {"claims", "status"} & set(report)
    assert {"standing", "source", "known_at"} == set(
        verdict_json(verdict(PRESENTED["token"]))["status"]  # type: ignore[arg-type]  # plain JSON
    )


def test_dates_of_printed_claims() -> None:
    """Dates in a report are plain ISO dates."""
    claims = verdict(PRESENTED["pdf"]).claims

    assert claims is not None
    assert (date(2026, 11, 22).isoformat(), "2028-11-21") == (claims["issued_on"], claims["valid_until"])


def test_a_specimen_key_is_known_to_every_keyring() -> None:
    """What the specimen key signed reads as a specimen, though no keyring lists it; a stranger's key stays unknown."""
    token_record, pdf_record = specimen_records()
    badge = credential_json(CREDENTIAL, verification_method=verification_method(token_record), sign=specimen_key().sign)
    verdict = judge(Presented(credential=badge), keyring=KEYRING, lookup=None, at=NOW)

    assert (verdict.state, verdict.specimen) == (State.UNKNOWN, True)
    assert known_key(KEYRING, pdf_record.kid) == pdf_record
    assert specimen_pdf_key().curve.name == "secp256r1"
    assert known_key(KEYRING, "0" * 16) is None
