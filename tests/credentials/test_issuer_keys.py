"""Keys, keyrings and certificates: ids, windows, exports, and the refusal of anything that does not fit."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.credentials.certificate_authority import issue_crl, issue_pdf_signer, issue_root, outlasts
from certengine.credentials.keyring import did_document, jwks, keyring_bytes, keyring_json, read_keyring
from certengine.credentials.keys import (
    base64url,
    key_id,
    multikey,
    public_bytes,
    public_key,
    read_base64url,
    usable_at,
    verification_method,
    verify_signature,
)
from certengine.credentials.multikey import (
    base58_decode,
    base58_encode,
    did_key_method,
    read_did_key_method,
    read_multibase,
)
from certengine.credentials.strict_json import Unreadable
from certengine.model.credential import KeyUse
from certengine.model.text import Text
from tests.credentials.credential_world import (
    CRED,
    END,
    ISSUER,
    KEYRING,
    PDF,
    PDF_KEY,
    ROOT,
    ROOT_KEY,
    SIGNER,
    SPECIMEN,
    START,
    keyring_with,
)

DAY = timedelta(days=1)


def spki(key: Any) -> str:
    """A public key's DER in base64url."""
    return base64url(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def test_key_id_is_of_the_key() -> None:
    """The id of a known key is the start of its SHA-256."""
    assert key_id(bytes(32)) == "66687aadf862bd77"


def test_signatures_of_both_algorithms_verify() -> None:
    """EdDSA and ECDSA signatures verify, and not over other data."""
    eddsa = CRED.private.sign(b"data")
    ecdsa = PDF_KEY.sign(b"data", ec.ECDSA(hashes.SHA256()))

    assert verify_signature(CRED.record, eddsa, b"data")
    assert verify_signature(PDF, ecdsa, b"data")
    assert not verify_signature(CRED.record, eddsa, b"Data")
    assert not verify_signature(PDF, eddsa, b"data")


@pytest.mark.parametrize("public", ["", "AA", "!", base64url(bytes(33))])
@pytest.mark.parametrize("record", [CRED.record, PDF])
def test_a_record_without_a_key_verifies_nothing(record: Any, public: str) -> None:
    """Bytes that are no key give "no", never an exception."""
    assert not verify_signature(replace(record, public=public), bytes(64), b"data")


def test_key_of_another_kind_is_refused() -> None:
    """An RSA key and a key on another curve are no document keys here."""
    other = ec.derive_private_key(5, ec.SECP384R1()).public_key()
    for key in (rsa.generate_private_key(65537, 2048).public_key(), other):
        with pytest.raises(Unreadable, match="P-256"):
            public_key(replace(PDF, public=spki(key)))
    with pytest.raises(ValueError, match="P-256, got: secp384r1"):
        public_bytes(other)


@pytest.mark.parametrize(
    ("at", "usable"),
    [
        (START - timedelta(seconds=1), False),
        (START, True),
        (END, True),
        (END + timedelta(seconds=1), False),
    ],
)
def test_window(at: datetime, usable: bool) -> None:
    """A key counts from the first to the last instant of its window."""
    assert usable == usable_at(CRED.record, at)


def test_revocation_ends_the_window() -> None:
    """From the instant of revocation a key no longer counts."""
    revoked = replace(CRED.record, revoked_at=datetime(2027, 1, 1, tzinfo=UTC))

    assert usable_at(revoked, datetime(2026, 12, 31, tzinfo=UTC))
    assert not usable_at(revoked, datetime(2027, 1, 1, tzinfo=UTC))


@settings(max_examples=50)
@given(st.binary(max_size=70))
def test_base58_round_trip(data: bytes) -> None:
    """Bytes come back, leading zeros included."""
    assert data == base58_decode(base58_encode(data))


def test_base58_known_value() -> None:
    """The example of the base58 draft."""
    assert base58_encode(b"Hello World!") == "2NEpo7TZRRrLZSi2U"


@pytest.mark.parametrize("text", ["0", "l", "1" * 129])
def test_base58_refuses(text: str) -> None:
    """Look-alikes are outside the alphabet, and the length is bounded."""
    with pytest.raises(Unreadable):
        base58_decode(text)


def test_multibase_begins_with_z() -> None:
    """Another multibase is refused."""
    with pytest.raises(Unreadable, match="begins with `z`"):
        read_multibase("u123")


def test_did_key_known_value() -> None:
    """The first Ed25519 test key of RFC 8032 is the did:key every implementation gives for it."""
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    did = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"

    assert f"{did}#{did[8:]}" == did_key_method(public)
    assert public == read_did_key_method(did_key_method(public))


@pytest.mark.parametrize("method", ["did:web:x#z1", "did:key:z6Mk#z6Mj", "did:key:z2#z2"])
def test_other_methods_are_refused(method: str) -> None:
    """Only a did:key of an Ed25519 key names a signer."""
    with pytest.raises(Unreadable):
        read_did_key_method(method)


def test_verification_method_is_for_credentials() -> None:
    """A document key has none."""
    with pytest.raises(ValueError, match="use `cred`"):
        verification_method(PDF)


def test_multikeys_name_their_type() -> None:
    """An Ed25519 Multikey begins with z6Mk, a P-256 one with zDn, as the specification shows."""
    assert (multikey(CRED.record)[:4], multikey(PDF)[:3]) == ("z6Mk", "zDn")


@pytest.mark.parametrize("text", ["A", "AB", "A+", "=="])
def test_base64url_has_one_spelling(text: str) -> None:
    """Impossible lengths, stray bits, the other alphabet and padding are refused."""
    with pytest.raises(Unreadable):
        read_base64url(text)


def test_keyring_round_trip() -> None:
    """A keyring comes back from its bytes, revocation included."""
    revoked = replace(CRED.record, revoked_at=END, revocation_reason="compromised")
    keyring = keyring_with(revoked)

    assert keyring == read_keyring(keyring_bytes(keyring))
    stamped = replace(keyring, stamp_roots=keyring.roots)
    assert stamped == read_keyring(keyring_bytes(stamped))
    assert b"stamp_roots" not in keyring_bytes(keyring)


def changed(**changes: Any) -> bytes:
    """The keyring file with members of its first key changed."""
    value = json.loads(keyring_bytes(KEYRING))
    value["keys"][0] |= changes
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (changed(kid="0" * 16), "not the id of its key"),
        (changed(use="tls"), "`pdf` or `cred`"),
        (changed(use="pdf"), "is not `Ed25519`"),
        (changed(public="AA"), "not a public key"),
        (changed(chain=["x"]), "in PEM"),
        (changed(extra=1), "`extra` is not a field"),
        (keyring_bytes(replace(KEYRING, keys=(PDF, PDF))), "twice"),
        (keyring_bytes(KEYRING).replace(b"keyring/1", b"keyring/2"), "schema"),
    ],
)
def test_keyring_is_read_strictly(data: bytes, problem: str) -> None:
    """Anything that does not hold together is refused by name."""
    with pytest.raises(Unreadable, match=problem):
        read_keyring(data)


def test_jwks_has_windows_and_no_specimen() -> None:
    """Software that knows no specimens must not learn their keys; each key tells its window and its type."""
    revoked = replace(PDF, revoked_at=END, revocation_reason="compromised")
    exported: Any = jwks(keyring_with(revoked))["keys"]

    assert [CRED.record.kid, PDF.kid] == [key["kid"] for key in exported]
    assert int(START.timestamp()) == exported[0]["nbf"]
    assert (exported[0]["kty"], exported[1]["kty"]) == ("OKP", "EC")
    assert {"revoked_at": int(END.timestamp()), "reason": "compromised"} == exported[1]["revoked"]


def test_jwk_is_the_same_key() -> None:
    """Coordinates and chain of a P-256 JWK rebuild the key and its certificate."""
    jwk: Any = jwks(KEYRING)["keys"]
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(read_base64url(jwk[1]["x"])), int.from_bytes(read_base64url(jwk[1]["y"])), ec.SECP256R1()
    )

    assert PDF_KEY.public_key() == numbers.public_key()
    assert x509.load_pem_x509_certificate(SIGNER.encode()) == x509.load_der_x509_certificate(
        base64.b64decode(jwk[1]["x5c"][0], validate=True)
    )


def test_did_document_keeps_revoked_keys_but_not_to_assert() -> None:
    """Old signatures stay checkable, new ones by a revoked key are not believed, and a port is escaped."""
    revoked = replace(CRED.record, revoked_at=END)
    keyring = replace(keyring_with(revoked), issuer=replace(ISSUER, domain="localhost:8000"))
    document: Any = did_document(keyring)

    assert document["id"] == "did:web:localhost%3A8000"
    assert len(document["verificationMethod"]) == 2
    assert [f"did:web:localhost%3A8000#{PDF.kid}"] == document["assertionMethod"]
    assert SPECIMEN.record.kid not in json.dumps(document)


def test_signer_chains_to_root() -> None:
    """The signer's certificate is by the root and may sign documents, nothing else."""
    root, signer = (x509.load_pem_x509_certificate(pem.encode()) for pem in (ROOT, SIGNER))
    signer.verify_directly_issued_by(root)
    usage = signer.extensions.get_extension_for_class(x509.KeyUsage).value

    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, True, False)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert root.not_valid_after_utc.year == START.year + 20


def test_long_names_are_cut_to_what_certificates_hold() -> None:
    """A name beyond 64 characters is shortened, not refused."""
    issuer = replace(ISSUER, name=Text.of(en="Academy " * 20))
    leap_day = datetime(2080, 2, 29, tzinfo=UTC)
    root = x509.load_pem_x509_certificate(
        issue_root(key=ROOT_KEY, issuer=issuer, serial_entropy=bytes(16), not_before=leap_day).encode()
    )

    assert max(len(str(attribute.value)) for attribute in root.subject) == 64
    assert (
        root.not_valid_after_utc.year,
        root.not_valid_after_utc.month,
        root.not_valid_after_utc.day,
    ) == (2100, 2, 28)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"serial_entropy": bytes(8)}, "16 to 19 bytes"),
        ({"not_before": START.replace(tzinfo=None)}, "time zone"),
        ({"key": ec.derive_private_key(5, ec.SECP384R1())}, "P-256"),
    ],
)
def test_root_refuses(changes: dict[str, Any], problem: str) -> None:
    """Too little entropy, a naive instant and another curve are refused."""
    values: dict[str, Any] = {"key": ROOT_KEY, "serial_entropy": bytes(16), "not_before": START, **changes}
    with pytest.raises(ValueError, match=problem):
        issue_root(issuer=ISSUER, **values)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"root_key": PDF_KEY}, "not of the root key"),
        ({"not_after": datetime(2080, 1, 1, tzinfo=UTC)}, "within the root's"),
        ({"not_before": datetime(2025, 1, 1, tzinfo=UTC)}, "within the root's"),
    ],
)
def test_signer_refuses(changes: dict[str, Any], problem: str) -> None:
    """A signer is by its root's key and lives within its root's life."""
    values: dict[str, Any] = {"root_key": ROOT_KEY, "not_before": START, "not_after": END, **changes}
    with pytest.raises(ValueError, match=problem):
        issue_pdf_signer(public_key=PDF_KEY.public_key(), issuer=ISSUER, root=ROOT, serial_entropy=bytes(16), **values)


def test_use_follows_from_the_key() -> None:
    """An Ed25519 key signs credentials, a P-256 key documents."""
    assert (CRED.record.use, PDF.use) == (KeyUse.CRED, KeyUse.PDF)
    assert keyring_json(KEYRING)["schema"] == "certengine.keyring/1"


def test_a_key_of_small_order_signs_nothing() -> None:
    """With the neutral point as its key, one signature would fit every text: it fits none."""
    neutral = bytes([1, *bytes(31)])
    record = replace(CRED.record, public=base64url(neutral), kid=key_id(neutral))
    assert not verify_signature(record, neutral + bytes(32), b"data")


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65)])
def test_a_signature_of_another_length_is_none(signature: bytes) -> None:
    """Sixty-four bytes, or none."""
    assert not verify_signature(CRED.record, signature, b"data")


def test_list_of_withdrawn_certificates() -> None:
    """It is the root's, names what is withdrawn and from when, and a later list has a greater number."""
    made = [
        x509.load_der_x509_crl(
            issue_crl(
                root=ROOT, root_key=ROOT_KEY, revoked=[(SIGNER, START + DAY)], this_update=at, next_update=at + 31 * DAY
            )
        )
        for at in (START + 2 * DAY, START + 3 * DAY)
    ]
    numbers = [one.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for one in made]

    assert made[0].is_signature_valid(ROOT_KEY.public_key())
    serial = x509.load_pem_x509_certificate(SIGNER.encode()).serial_number
    assert [(one.serial_number, one.revocation_date_utc) for one in made[0]] == [(serial, START + DAY)]
    assert numbers[0] < numbers[1]


@pytest.mark.parametrize(
    "change", [{"root_key": PDF_KEY}, {"this_update": datetime(2027, 1, 1)}, {"next_update": datetime(2027, 1, 1)}]
)
def test_list_of_withdrawn_certificates_refuses_nonsense(change: dict[str, Any]) -> None:
    """Another's root and instants without a zone make no list."""
    values: dict[str, Any] = {
        "root": ROOT,
        "root_key": ROOT_KEY,
        "revoked": [],
        "this_update": START,
        "next_update": START + DAY,
    }

    with pytest.raises(ValueError):
        issue_crl(**(values | change))


def test_a_certificate_outlasts_its_last_second_and_no_other() -> None:
    """A signer whose window ends when its root's does lies within it."""
    end = x509.load_pem_x509_certificate(ROOT.encode()).not_valid_after_utc

    assert [outlasts(ROOT, end), outlasts(ROOT, end + timedelta(seconds=1))] == [True, False]
