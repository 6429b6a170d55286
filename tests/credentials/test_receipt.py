"""Receipts: what they tell, what they keep to themselves, and who stands behind them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certengine.canonical import instant_text
from certengine.credentials.badge import check_credential_json
from certengine.credentials.bundle import make_bundle
from certengine.credentials.codes import printed, typed_form
from certengine.credentials.keyring import did_document, jwks, keyring_bytes, read_keyring
from certengine.credentials.keys import key_record, verification_method
from certengine.credentials.qr import qr_text
from certengine.credentials.receipt import Basis, Receipt, Rests, Warrant, make_receipt, number_target, read_receipt
from certengine.credentials.strict_json import Unreadable
from certengine.credentials.verdict import judge
from certengine.model.credential import Keyring, KeyUse, Presented, Standing, State, Verdict
from tests.credentials.credential_world import (
    CRED,
    CREDENTIAL,
    END,
    FILE_DIGEST,
    ISSUER,
    KEYRING,
    NOW,
    PDF_KEY,
    START,
    SigningKey,
    on_record,
    pdf_evidence,
)


def receipt_key(seed: int = 9) -> SigningKey:
    """A ``receipt`` key from a seed."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    record = key_record(private.public_key(), not_before=START, not_after=END, use=KeyUse.RECEIPT)
    return SigningKey(private=private, record=record)


KEY = receipt_key()
TRUSTED = replace(KEYRING, keys=(*KEYRING.keys, KEY.record))
REGISTER = Basis(rests_on=Rests.REGISTER, issuer=ISSUER)
QR = qr_text(CREDENTIAL, CRED.token())


def verdict(standing: Standing = Standing.ISSUED) -> Verdict:
    """The answer on the sample certificate's file."""
    return judge(Presented(pdf=pdf_evidence()), keyring=KEYRING, lookup=on_record(standing), at=NOW)


def made(key: SigningKey = KEY, answer: Verdict | None = None, **values: Any) -> bytes:
    """A receipt signed by a key."""
    given = {"target": None, "file_digest": FILE_DIGEST, "source": REGISTER, **values}
    return make_receipt(answer or verdict(), method=key.method, sign=key.private.sign, **given)


def unsigned(**values: Any) -> bytes:
    """A receipt by nobody."""
    return make_receipt(verdict(), **{"target": None, "file_digest": FILE_DIGEST, "source": REGISTER, **values})


def changed(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The receipt with something altered."""
    document = json.loads(data)
    change(document)
    return json.dumps(document).encode()


def presented(**values: Any) -> dict[str, Any]:
    """What a receipt says was presented."""
    return read_receipt(made(**{"file_digest": None, **values}), TRUSTED).receipt.presented


def test_tells_what_the_answer_told() -> None:
    """State, words, checks, claims, time and source are the answer's own."""
    answer = verdict(Standing.REVOKED)
    receipt: Receipt = read_receipt(made(answer=answer), TRUSTED).receipt

    assert (State.REVOKED, answer.checks, NOW) == (receipt.state, receipt.checks, receipt.checked_at)
    assert answer.claims == receipt.claims
    assert receipt.basis == REGISTER
    assert {"standing": "revoked", "source": "register", "known_at": instant_text(NOW)} == receipt.status


def test_signed_by_the_issuer() -> None:
    """A receipt of the issuer's receipt key reads as signed, and names the key."""
    read = read_receipt(made(), TRUSTED)

    assert (Warrant.SIGNED, KEY.record.kid) == (read.warrant, read.kid)
    assert read.receipt.signed


def test_unsigned_says_so() -> None:
    """Without a key the receipt says ``"signed": false`` and carries no proof."""
    document = json.loads(unsigned())

    assert document["signed"] is False
    assert "proof" not in document
    assert read_receipt(unsigned(), TRUSTED).warrant is Warrant.UNSIGNED


def test_rests_on_the_bundle_by_digest() -> None:
    """An employer's receipt names the bundle precisely enough to come to the answer again."""
    basis = Basis(rests_on=Rests.BUNDLE, digest="sha256:" + "a" * 64, made_at=NOW - timedelta(days=1), issuer=ISSUER)

    assert basis == read_receipt(unsigned(source=basis), None).receipt.basis


@pytest.mark.parametrize(
    "target", [CREDENTIAL.code, typed_form(CREDENTIAL.code), printed(CREDENTIAL.code), QR, qr_text(CREDENTIAL, None)]
)
def test_never_the_whole_code(target: str) -> None:
    """Of a code, typed, printed or in an address, four characters are told, and none of its token."""
    data = made(target=target, file_digest=None).decode()

    assert CREDENTIAL.code[:12] not in data
    assert printed(CREDENTIAL.code)[:9] not in data
    assert QR[-40:] not in data
    assert len(presented(target=target)["ending"]) == 4


def test_of_a_file_its_digest() -> None:
    """A file is named by its digest."""
    assert {"kind": "file", "digest": FILE_DIGEST} == presented(file_digest=FILE_DIGEST)


def test_of_a_number_the_number() -> None:
    """A look-up by number and name tells the printed number."""
    assert {"kind": "number", "number": "S1"} == presented(target=number_target("S1"))


def test_of_a_token_alone_its_digest() -> None:
    """A QR code that carries only the signed data is named by the digest of that data."""
    told = presented(target=QR.partition("#")[2])

    assert {"kind", "digest"} == set(told)
    assert told["kind"] == "qr-text"


def test_strange_text_is_not_repeated() -> None:
    """What was handed in and is nothing of ours does not get into a signed document."""
    assert {"kind": "other"} == presented(target="call 555 for a certificate")


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.update(state="valid", valid=True),
        lambda it: it["claims"]["holder"].update(name="别人"),
        lambda it: it.update(checked_at="2027-03-04T09:30:00Z"),
        lambda it: it["checks"].pop(),
        lambda it: it["rests_on"].update(kind="bundle"),
        lambda it: it["presented"].update(digest="sha256:" + "0" * 64),
        lambda it: it.update(id="0" * 32),
    ],
)
def test_altered(change: Callable[[dict[str, Any]], object]) -> None:
    """Any member changed shows."""
    data = changed(made(answer=verdict(Standing.REVOKED)), change)
    assert read_receipt(data, TRUSTED).warrant is Warrant.ALTERED


def test_altered_with_its_id_made_good() -> None:
    """A forger who computes the id anew is caught by the signature."""
    good, other = json.loads(made()), json.loads(made(answer=verdict(Standing.REVOKED)))
    other["proof"] = good["proof"]

    assert read_receipt(json.dumps(other).encode(), TRUSTED).warrant is Warrant.ALTERED


def test_an_unsigned_one_altered() -> None:
    """The id shows a slip even where nobody signed."""
    data = changed(unsigned(), lambda it: it.update(specimen=True))
    assert read_receipt(data, None).warrant is Warrant.ALTERED


@pytest.mark.parametrize(
    ("key", "keyring"),
    [
        (KEY, None),
        (KEY, KEYRING),
        (receipt_key(10), TRUSTED),
        (CRED, TRUSTED),
    ],
    ids=["no keyring", "a keyring without receipt keys", "a stranger's key", "a key for certificates"],
)
def test_not_the_issuers(key: SigningKey, keyring: Keyring | None) -> None:
    """A good signature by any other key, or none that can be compared, is not the issuer's."""
    assert read_receipt(made(key), keyring).warrant is Warrant.FOREIGN


@pytest.mark.parametrize(
    "change",
    [
        {"not_after": NOW - timedelta(days=1)},
        {"not_before": NOW + timedelta(days=1)},
        {"revoked_at": NOW + timedelta(days=1), "revocation_reason": "stolen"},
    ],
    ids=["over", "not begun", "revoked later"],
)
def test_key_out_of_use(change: dict[str, Any]) -> None:
    """A key out of its window, or ever revoked, warrants nothing: its thief writes any date."""
    keyring = replace(KEYRING, keys=(*KEYRING.keys, replace(KEY.record, **change)))
    assert read_receipt(made(), keyring).warrant is Warrant.FOREIGN


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.update(valid=False),
        lambda it: it.update(signed=False),
        lambda it: it.pop("proof"),
        lambda it: it.update(extra=1),
        lambda it: it.pop("checks"),
        lambda it: it.update(state="fine"),
        lambda it: it.update(schema="certengine.receipt/2"),
        lambda it: it["presented"].update(ending=CREDENTIAL.code),
        lambda it: it.update(claims=[]),
    ],
)
def test_read_strictly(change: Callable[[dict[str, Any]], object]) -> None:
    """What contradicts itself or is of another form is refused."""
    with pytest.raises(Unreadable):
        read_receipt(changed(made(), change), TRUSTED)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"a":1,"a":2}', b"\xff", b" " * 200_000])
def test_strange_bytes(data: bytes) -> None:
    """Whatever bytes come, one error class leaves."""
    with pytest.raises(Unreadable):
        read_receipt(data, TRUSTED)


def test_a_receipt_key_signs_no_token() -> None:
    """A token signed by a receipt key, even one in the keyring, is not the issuer's."""
    answer = judge(Presented(token=KEY.token()), keyring=TRUSTED, lookup=on_record(), at=NOW)

    assert answer.state is State.UNKNOWN
    assert answer.claims is None


def test_a_receipt_key_signs_no_badge() -> None:
    """A badge signed by a receipt key is refused by verdict and export check alike."""
    answer = judge(Presented(credential=KEY.badge()), keyring=TRUSTED, lookup=on_record(), at=NOW)

    assert answer.state is State.UNKNOWN
    assert check_credential_json(KEY.badge(), TRUSTED).problem is not None


def test_a_receipt_key_signs_no_file() -> None:
    """A PDF whose signer is a receipt key is not the issuer's, whatever its chain says."""
    evidence = pdf_evidence(signer_kid=KEY.record.kid)
    assert judge(Presented(pdf=evidence), keyring=TRUSTED, lookup=on_record(), at=NOW).state is State.UNKNOWN


@pytest.mark.parametrize(("signer", "lister"), [(KEY, CRED), (CRED, KEY)], ids=["bundle", "status list"])
def test_a_receipt_key_signs_no_trust(signer: SigningKey, lister: SigningKey) -> None:
    """Neither a bundle nor a status list may be signed by it."""
    with pytest.raises(Unreadable, match="not signed by a key of the issuer"):
        make_bundle(
            TRUSTED,
            lister.status_lists(),
            made_at=NOW,
            valid_until=END,
            verification_method=signer.method,
            sign=signer.private.sign,
        )


def test_a_receipt_is_no_certificate() -> None:
    """Handed in to be verified, a receipt of a valid certificate is not one."""
    answer = judge(Presented(credential=made()), keyring=TRUSTED, lookup=on_record(), at=NOW)
    assert answer.state is State.UNREADABLE


def test_receipt_keys_are_strangers_to_other_software() -> None:
    """They are in our keyring and in neither JWK set nor DID document, which know no uses."""
    assert read_keyring(keyring_bytes(TRUSTED)) == TRUSTED
    assert jwks(KEYRING) == jwks(TRUSTED)
    assert did_document(KEYRING) == did_document(TRUSTED)


def test_a_receipt_key_is_ed25519() -> None:
    """A document key cannot be declared a receipt key, nor sign proofs."""
    with pytest.raises(ValueError, match="receipt"):
        key_record(PDF_KEY.public_key(), not_before=START, not_after=END, use=KeyUse.RECEIPT)
    assert verification_method(KEY.record).startswith("did:key:z6Mk")


def test_same_answer_same_receipt() -> None:
    """Nothing asks a clock or a source of chance."""
    assert made() == made()


def test_says_nothing_of_an_issuer_it_does_not_know() -> None:
    """An answer that rests on no register and no bundle names no issuer."""
    assert "issuer" not in json.loads(unsigned(source=Basis(rests_on=Rests.NOTHING)))
