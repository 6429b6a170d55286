"""Golden vectors: what was signed once verifies for ever, and another implementation can use the same files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certengine.canonical import parse_instant
from certengine.credentials.badge import Proofs, credential_json, read_credential_json
from certengine.credentials.bundle import read_bundle, status_in_bundle
from certengine.credentials.codes import printed
from certengine.credentials.keyring import read_keyring
from certengine.credentials.keys import key_id
from certengine.credentials.multikey import did_key_method
from certengine.credentials.qr import qr_text, read_qr_text
from certengine.credentials.token import encode_token
from certengine.credentials.verdict import Subject, judge
from certengine.model.credential import Presented, State, Status

FOLDER = Path(__file__).parent.parent / "vectors" / "credentials"
VECTORS: Any = json.loads((FOLDER / "credentials.json").read_bytes())
#: The second form of the badge: both proofs, further prints, successors. Vectors of the first stay as they are.
SECOND: Any = json.loads((FOLDER / "credentials-2.json").read_bytes())
KEYRING = read_keyring((FOLDER / "keyring.json").read_bytes())
BUNDLE = read_bundle((FOLDER / "bundle.json").read_bytes(), anchor=KEYRING)
AT = parse_instant(VECTORS["at"])


def state(presented: Presented | None) -> State:
    """The state by keyring and bundle of the vectors."""

    def lookup(subject: Subject) -> Status | None:
        return status_in_bundle(BUNDLE, subject.status_index or 0, AT)

    assert presented is not None
    return judge(presented, keyring=KEYRING, lookup=lookup, at=AT).state


@pytest.mark.parametrize("vector", VECTORS["credentials"] + SECOND["credentials"], ids=lambda vector: vector["name"])
def test_outcome(vector: Any) -> None:
    """QR text and badge of each vector are judged as the file says."""
    expected = State(vector["expect"])

    assert expected is state(read_qr_text(vector["qr_text"]))
    assert expected is state(Presented(credential=vector["badge"].encode()))


@pytest.mark.parametrize("vector", VECTORS["altered_tokens"], ids=lambda vector: vector["name"])
def test_outcome_of_altered_tokens(vector: Any) -> None:
    """A byte changed in each part of a token ends as the file says."""
    assert State(vector["expect"]) is state(Presented(token=bytes.fromhex(vector["token"])))


@pytest.mark.parametrize(
    ("vector", "proofs"),
    [(one, "json") for one in VECTORS["credentials"]] + [(one, "both") for one in SECOND["credentials"]],
    ids=lambda value: value if isinstance(value, str) else value["name"],
)
def test_same_bytes_as_ever(vector: Any, proofs: Proofs) -> None:
    """From key seed and credential the same token, QR text, typed code and badge are made, byte for byte."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["key_seed"]))
    public = key.public_key().public_bytes_raw()
    credential = read_credential_json(vector["badge"].encode()).credential
    token = encode_token(credential, kid=key_id(public), sign=key.sign)
    badge = credential_json(credential, verification_method=did_key_method(public), sign=key.sign, proofs=proofs)

    assert vector["token"] == token.hex()
    assert vector["qr_text"] == qr_text(credential, token)
    assert vector["typed_code"] == printed(credential.code)
    assert vector["badge_sha256"] == hashlib.sha256(badge).hexdigest()
