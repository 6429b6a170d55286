"""Writes tests/vectors/credentials/credentials-2.json anew: ``python -m tests.credentials.make_vectors``.

Only for a new form, and only its own file: vectors of earlier forms (``credentials.json``, with ``keyring.json`` and
``bundle.json``) verify for ever and are never written again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from certengine.canonical import instant_text, to_json
from certengine.credentials.codes import code_from_entropy, printed
from certengine.credentials.qr import qr_text
from certengine.model.credential import Credential, Holder, Succession
from certengine.model.text import Text
from tests.credentials.credential_world import (
    CRED,
    CREDENTIAL,
    ISSUER,
    NOW,
    SPECIMEN,
    START,
    STRANGER,
    SigningKey,
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
    "second print of a lost one": (
        replace(
            CREDENTIAL,
            code=code_from_entropy(bytes(range(48, 64))),
            status_index=40,
            print_serial=2,
            succeeds=Succession(kind="reprint", number=CREDENTIAL.number, reason="lost"),
        ),
        CRED,
        "valid",
    ),
    "replacement on error": (
        replace(
            CREDENTIAL,
            number="S000026110300009",
            code=code_from_entropy(bytes(range(64, 80))),
            holder=Holder(name='𬭸"\\䶮', name_en='Zhu "Fei"'),
            status_index=41,
            succeeds=Succession(kind="replacement", number=CREDENTIAL.number, reason="error"),
        ),
        CRED,
        "valid",
    ),
    "stranger": (CREDENTIAL, STRANGER, "unknown"),
    "specimen": (CREDENTIAL, SPECIMEN, "unknown"),
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


def main() -> None:
    """Writes the file of the newest form."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = {
        "schema": "certengine.vectors/1",
        "at": instant_text(NOW),
        "key_window_from": instant_text(START),
        "issuer": to_json(ISSUER),
        "credentials": [credential_vector(name) for name in CASES],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (FOLDER / "credentials-2.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
