"""The signed token and the text of its QR code: small, strict, and dead when a byte changes."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, date, datetime

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.credentials.cbor import Cbor, Tagged, decode, encode
from certengine.credentials.claims import claims_of, text_in_two, two_languages
from certengine.credentials.codes import printed, typed_form
from certengine.credentials.qr import full_code, qr_text, read_qr_text
from certengine.credentials.strict_json import Unreadable
from certengine.credentials.token import decode_token
from certengine.model.credential import Credential, Holder, Presented
from certengine.model.text import Text
from tests.credentials.credential_world import CRED, CREDENTIAL, ISSUER, STRANGER

TOKEN = CRED.token()
QR = qr_text(CREDENTIAL, TOKEN)


def test_token_says_what_the_credential_says() -> None:
    """Every claim of the core comes back, and the signature is good for its key only."""
    token = decode_token(TOKEN)

    assert claims_of(CREDENTIAL).core == token.claims.core
    assert token.verified_by(CRED.record)
    assert not token.verified_by(STRANGER.record)


def test_another_implementation_verifies_it() -> None:
    """By the letter of RFC 9052, with a CBOR library and a bare Ed25519 key, the token verifies and reads the same."""
    tag = cbor2.loads(TOKEN)
    protected, unprotected, payload, signature = tag.value
    signed = cbor2.dumps(["Signature1", protected, b"", payload], canonical=True)
    Ed25519PublicKey.from_public_bytes(CRED.private.public_key().public_bytes_raw()).verify(signature, signed)
    claims = cbor2.loads(payload)

    assert (tag.tag, unprotected) == (18, {})
    assert cbor2.loads(protected) == {1: -8, 4: bytes.fromhex(CRED.record.kid)}
    assert (claims[1], claims[7], claims[-70001][1]) == ("verify.example.org", bytes(range(16)), "欧阳晓红")
    assert cbor2.dumps(tag, canonical=True) == TOKEN


def test_usual_token_fits_version_13() -> None:
    """At most 263 bytes fit a version 13 symbol at ECC M beside an 18-letter host."""
    assert len(TOKEN) <= 263


@pytest.mark.parametrize(
    "credential",
    [
        replace(CREDENTIAL, valid_until=None),
        replace(CREDENTIAL, holder=Holder(name="Anna Müller")),
        replace(CREDENTIAL, title=Text.of(en="Welder"), level=Text.of(en="Level 2")),
        replace(CREDENTIAL, title=Text.of(de="Schweißer"), level=Text.of(de="Stufe 2")),
        replace(CREDENTIAL, valid_until=date(9999, 12, 30)),
        replace(CREDENTIAL, issued_at=datetime(2026, 11, 22, 3, 15, 30, 999_999, tzinfo=UTC)),
        replace(CREDENTIAL, holder=Holder(name="Mu\u0308ller", name_en="Mu\u0308ller"), status_index=0),
    ],
)
def test_optional_claims(credential: Credential) -> None:
    """No end, no English name, one language, another language, a fraction of a second, a decomposed letter."""
    token = decode_token(CRED.token(credential))

    assert claims_of(credential).core == token.claims.core


def test_a_token_that_would_not_be_read_is_not_made() -> None:
    """The last day of the calendar has no day after it, so there is no token that says so."""
    with pytest.raises(ValueError):
        CRED.token(replace(CREDENTIAL, code="too short"))
    with pytest.raises(Unreadable):
        CRED.token(replace(CREDENTIAL, valid_until=date.max))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(TOKEN) - 1), st.integers(1, 255))
def test_any_changed_byte_never_verifies(place: int, flip: int) -> None:
    """Whatever byte is changed to whatever else, the token is unreadable or its signature is not good."""
    altered = bytearray(TOKEN)
    altered[place] ^= flip
    try:
        token = decode_token(bytes(altered))
    except Unreadable:
        return

    assert not token.verified_by(CRED.record)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | st.integers(0, len(TOKEN)).map(lambda end: TOKEN[:end] + TOKEN[end + 1 :]))
def test_decoding_raises_nothing_else(data: bytes) -> None:
    """Any bytes are a token or unreadable."""
    try:
        token = decode_token(data)
    except Unreadable:
        return

    assert data == TOKEN
    assert token.verified_by(CRED.record)


def forged(**changes: Cbor) -> bytes:
    """A token built by hand, with parts replaced before signing."""
    match decode(TOKEN):
        case Tagged([protected, unprotected, payload, signature]):
            parts: dict[str, Cbor] = {
                "protected": protected,
                "unprotected": unprotected,
                "payload": payload,
                "signature": signature,
            }
    return encode(Tagged(list((parts | changes).values())))


def payload_with(outer: dict[int, Cbor | None], inner: dict[int, Cbor | None]) -> bytes:
    """The payload with keys replaced, or taken out where ``None``."""
    match decode(TOKEN):
        case Tagged([_, _, bytes() as encoded, _]):
            claims = decode(encoded)
    assert isinstance(claims, dict)
    certificate = claims[-70001]
    assert isinstance(certificate, dict)
    certificate = {key: value for key, value in {**certificate, **inner}.items() if value is not None}
    return encode({key: value for key, value in {**claims, -70001: certificate, **outer}.items() if value is not None})


@pytest.mark.parametrize(
    "data",
    [
        bytes(2049),
        encode(1),
        encode(Tagged(1)),
        TOKEN + b"\0",
        forged(unprotected={4: b"12345678"}),
        forged(signature=bytes(63)),
        forged(extra=1),
        forged(protected=encode({1: -7, 4: bytes(8)})),
        forged(protected=encode({1: -8, 4: bytes(7)})),
        forged(protected=encode({1: -8, 4: bytes(8), 5: 1})),
        forged(payload=encode(1)),
        forged(payload=payload_with({8: 1}, {})),
        forged(payload=payload_with({6: None}, {})),
        forged(payload=payload_with({6: -1}, {})),
        forged(payload=payload_with({6: "now"}, {})),
        forged(payload=payload_with({6: 2**60}, {})),
        forged(payload=payload_with({4: 86_401}, {})),
        forged(payload=payload_with({4: 0}, {})),
        forged(payload=payload_with({7: bytes(15)}, {})),
        forged(payload=payload_with({7: "text"}, {})),
        forged(payload=payload_with({1: ""}, {})),
        forged(payload=payload_with({-70001: 5}, {})),
        forged(payload=payload_with({}, {1: b"name"})),
        forged(payload=payload_with({}, {3: None, 4: None})),
        forged(payload=payload_with({}, {7: "score 98"})),
    ],
)
def test_anything_unforeseen_is_refused(data: bytes) -> None:
    """Other types, algorithms, keys, lengths and ranges are unreadable, signed or not."""
    with pytest.raises(Unreadable):
        decode_token(data)


def test_texts_in_two_languages() -> None:
    """A text in neither language stands in the Chinese place, and no text at all is refused."""
    assert two_languages(Text.of(de="Schweißer")) == ("Schweißer", None)
    with pytest.raises(ValueError, match="at least one"):
        text_in_two(None, None)


def test_qr_text_round_trip() -> None:
    """Code, token and host come back from the text of the QR code."""
    assert Presented(code=CREDENTIAL.code, token=TOKEN, host="verify.example.org") == read_qr_text(QR)


def test_qr_text_is_alphanumeric_but_for_the_hash() -> None:
    """All but one character lies in the QR alphanumeric set, which is what keeps the symbol small."""
    assert {"#"} == set(QR) - set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_qr_text_without_token() -> None:
    """A code printed small is the bare address."""
    text = qr_text(CREDENTIAL, None)

    assert f"HTTPS://VERIFY.EXAMPLE.ORG/C/{CREDENTIAL.code}" == text
    assert Presented(code=CREDENTIAL.code, host="verify.example.org") == read_qr_text(text.lower())


@pytest.mark.parametrize("domain", ["", "exämple.org", "a/b", "a.org:port", "-a.org"])
def test_qr_text_needs_a_host(domain: str) -> None:
    """A domain that would not survive the alphanumeric set is refused."""
    with pytest.raises(ValueError, match="not a host name"):
        qr_text(replace(CREDENTIAL, issuer=replace(ISSUER, domain=domain)), TOKEN)


def test_reading_a_typed_code_or_a_bare_token() -> None:
    """What people paste may be the code alone, or the token alone."""
    typed = typed_form(CREDENTIAL.code)

    assert Presented(code=typed) == read_qr_text(printed(CREDENTIAL.code).lower())
    assert Presented(token=TOKEN) == read_qr_text(QR.partition("#")[2])


def test_broken_fragment_is_presented_as_an_empty_token() -> None:
    """A fragment that is no base32 is not dropped silently: the verdict must say it cannot be read."""
    for fragment in ("", "AB!", "A", "AC" * 60 + "B"):
        presented = read_qr_text(QR.partition("#")[0] + "#" + fragment)
        assert presented is not None
        assert presented.token == b""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "HTTPS://VERIFY.EXAMPLE.ORG/D/" + CREDENTIAL.code,
        "https://verify.example.org/c/not-a-code",
        "https://user@verify.example.org/c/" + CREDENTIAL.code,
        "https://exämple.org/c/" + CREDENTIAL.code,
        "javascript:alert(1)",
        "A" * 121,
        "A" * 10_000,
        "1" * 200,
        base64.b32encode(b"short").decode(),
    ],
)
def test_reading_what_is_not_ours(text: str) -> None:
    """Anything else is none."""
    assert read_qr_text(text) is None


@given(data=st.binary(min_size=75, max_size=300), change=st.integers(0, 31), place=st.integers(-3, -1))
def test_base32_has_one_spelling(data: bytes, change: int, place: int) -> None:
    """What the library encodes is read back; with another last letter it is other bytes, or none: spare bits are zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    text = base64.b32encode(data).decode().rstrip("=")
    changed = text[:place] + alphabet[change] + text[len(text) + place + 1 :]
    read, other = read_qr_text(text), read_qr_text(changed)

    assert (read is not None, read and read.token) == (True, data)
    again = None if other is None or other.token is None else base64.b32encode(other.token).decode().rstrip("=")
    assert again in {None, changed}
    padded = changed + "=" * (-len(changed) % 8)
    assert (again is not None) == (base64.b32encode(base64.b32decode(padded)).decode() == padded)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_reading_never_raises(text: str) -> None:
    """Any text is ours or none."""
    for candidate in (text, "https://verify.example.org/c/" + text, QR + text):
        read_qr_text(candidate)


def test_full_code() -> None:
    """Only a full code names a look-up address."""
    assert CREDENTIAL.code == full_code(Presented(code=CREDENTIAL.code.lower()))
    assert full_code(Presented(code=typed_form(CREDENTIAL.code))) is None
    assert full_code(Presented()) is None
