"""The secrets of an academy, in every form in which they could slip out, and marks on what its bank must not tell."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from certengine.store.columns import metadata
from tests.databases import held_rows
from tests.journeys.academy import BANK

KEY_NUMBER = "70351.25"
KEY_TEXT = "KEYCANARY"
SECRET_TABLES = {"sitting_secret": "seed", "marking_key": "key", "commitment_salt": "salt"}


def mark_keys(root: Path) -> None:
    """Every number that is asked for is the same, and every explanation carries the same word."""
    for path in (root / "question_banks" / BANK / "items").glob("*.yaml"):
        text = path.read_text("utf-8")
        text = re.sub(r'^    key: ".*"$', f'    key: "{KEY_NUMBER}"', text, flags=re.MULTILINE)
        text = re.sub(r"^    places: \d+$", "    places: 2", text, flags=re.MULTILINE)
        path.write_text(re.sub(r'(explanation:\n +zh: ")', rf"\1{KEY_TEXT} ", text), encoding="utf-8")


def secrets_of(root: Path) -> dict[str, str]:
    """By name, everything that nobody may ever be told: passphrase, private keys, seeds, salts."""
    passphrase = (root / "passphrase").read_text("utf-8").strip()
    found = {"passphrase": passphrase}
    for number, secret in enumerate(_stored(root)):
        found[f"stored {number}"] = secret
        found[f"stored {number}, base64"] = base64.b64encode(bytes.fromhex(secret)).decode().rstrip("=")
    for path in (root / "keys").glob("*.pem"):
        body = [line for line in path.read_text("ascii").splitlines() if not line.startswith("-----")]
        found |= {f"{path.name}, line {number}": line for number, line in enumerate(body) if len(line) > 30}
        for form, text in _forms(path.read_bytes(), passphrase.encode()):
            found[f"{path.name}, {form}"] = text
    return found


def _stored(root: Path) -> Iterator[str]:
    for table, column in SECRET_TABLES.items():
        place = [one.name for one in metadata.tables[table].columns].index(column)
        yield from (str(row[place]) for row in held_rows(root, table))


def _forms(pem: bytes, passphrase: bytes) -> Iterator[tuple[str, str]]:
    """The bare secret of a private key."""
    key = serialization.load_pem_private_key(pem, passphrase if b"ENCRYPTED" in pem else None)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = key.private_bytes_raw()
    else:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        raw = key.private_numbers().private_value.to_bytes(32, "big")
    yield "hex", raw.hex()
    yield "base64", base64.b64encode(raw).decode().rstrip("=")
    yield "base64url", base64.urlsafe_b64encode(raw).decode().rstrip("=")
    yield "number", str(int.from_bytes(raw, "big"))
