"""Writes tests/vectors/credentials/*.json anew: ``python -m tests.credentials.make_vectors``.

Only for a new form; a vector of a form that was ever released must verify for ever.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from certengine.canonical import instant_text, to_json
from certengine.credentials.bundle import make_bundle
from certengine.credentials.codes import code_from_entropy, printed
from certengine.credentials.keyring import keyring_json
from certengine.credentials.qr import qr_text
from certengine.model.credential import Credential, Holder
from certengine.model.text import Text
from tests.credentials.credential_world import (
    CRED,
    CREDENTIAL,
    ISSUER,
    KEYRING,
    NOW,
    SPECIMEN,
    START,
    STRANGER,
    SigningKey,
    keyring_with,
)

FOLDER = Path(__file__).parent.parent / "vectors" / "credentials"

CASES: dict[str, tuple[Credential, SigningKey, str]] = {
    "usual": (CREDENTIAL, CRED, "valid"),
    "without end, one name": (
        replace(
            CREDENTIAL,
            number="S000026110300002",
            code=code_from_entropy(bytes(range(16, 32))),
            holder=Holder(name="喆堃䶮"),
            valid_until=None,
            status_index=0,
        ),
        CRED,
        "valid",
    ),
    "one language": (
        replace(
            CREDENTIAL,
            number="W-2026-0003",
            code=code_from_entropy(bytes(range(32, 48))),
            title=Text.of(en="Welder"),
            level=Text.of(en="Level 2"),
            status_index=131_071,
        ),
        CRED,
        "valid",
    ),
    "expired": (
        replace(CREDENTIAL, code=code_from_entropy(bytes(16)), valid_until=CREDENTIAL.issued_on, status_index=7),
        CRED,
        "expired",
    ),
    "revoked": (replace(CREDENTIAL, code=code_from_entropy(b"\xff" * 16), status_index=1), CRED, "revoked"),
    "suspended": (replace(CREDENTIAL, code=code_from_entropy(b"\xfe" * 16), status_index=2), CRED, "suspended"),
    "stranger": (CREDENTIAL, STRANGER, "unknown"),
    "specimen": (CREDENTIAL, SPECIMEN, "unknown"),
}

ALTERED: dict[str, tuple[int, str]] = {
    "last byte of the signature": (-1, "tampered"),
    "first letter of the holder's name": (80, "tampered"),
    "tag": (0, "unreadable"),
    "key id": (12, "unknown"),
}


def credential_vector(name: str) -> dict[str, Any]:
    """One credential with everything made from it."""
    credential, key, state = CASES[name]
    token = key.token(credential)
    return {
        "name": name,
        "key_seed": key.private.private_bytes_raw().hex(),
        "credential": to_json(credential),
        "token": token.hex(),
        "qr_text": qr_text(credential, token),
        "typed_code": printed(credential.code),
        "badge_sha256": hashlib.sha256(key.badge(credential)).hexdigest(),
        "badge": key.badge(credential).decode(),
        "expect": state,
    }


def altered_vector(name: str) -> dict[str, Any]:
    """The usual token with one byte changed."""
    place, state = ALTERED[name]
    token = bytearray(CRED.token())
    token[place] ^= 1
    return {"name": name, "token": token.hex(), "expect": state}


def bundle() -> bytes:
    """A bundle in which indices 1 and 2 are revoked and suspended."""
    lists = CRED.status_lists(revoked=(1,), suspended=(2,))
    return make_bundle(
        keyring_with(CRED.record),
        lists,
        made_at=NOW,
        valid_until=NOW + timedelta(days=90),
        verification_method=CRED.method,
        sign=CRED.private.sign,
    )


def main() -> None:
    """Writes the three files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {
        "credentials.json": {
            "schema": "certengine.vectors/1",
            "at": instant_text(NOW),
            "key_window_from": instant_text(START),
            "issuer": to_json(ISSUER),
            "credentials": [credential_vector(name) for name in CASES],
            "altered_tokens": [altered_vector(name) for name in ALTERED],
        },
        "keyring.json": keyring_json(KEYRING),
        "bundle.json": json.loads(bundle()),
    }
    for name, value in files.items():
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
