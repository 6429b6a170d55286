"""The specimen keys: they sign previews, everybody may know them, and whatever they signed is shown as a specimen.

Their private halves follow from a sentence printed here, so that no preview needs a key of an issuer, and no verifier needs
to be told of them: every keyring knows them, as what they are.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certengine.credentials.keys import key_record
from certengine.model.credential import KeyRecord, Keyring

_SENTENCE = b"certengine: this key signs specimens, never certificates"
_SEED = hashlib.sha256(_SENTENCE).digest()


@cache
def specimen_key() -> Ed25519PrivateKey:
    """The private half of the key for tokens and badges."""
    return Ed25519PrivateKey.from_private_bytes(_SEED)


@cache
def specimen_pdf_key() -> ec.EllipticCurvePrivateKey:
    """The private half of the key for documents."""
    return ec.derive_private_key(int.from_bytes(_SEED[:31]), ec.SECP256R1())


@cache
def specimen_records() -> tuple[KeyRecord, KeyRecord]:
    """The public halves, for tokens and for documents, with windows that never end."""
    begin, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    return (
        key_record(specimen_key().public_key(), not_before=begin, not_after=end, specimen=True),
        key_record(specimen_pdf_key().public_key(), not_before=begin, not_after=end, specimen=True),
    )


def known_key(keyring: Keyring, kid: str) -> KeyRecord | None:
    """The key of that id: the issuer's, or a specimen key."""
    return keyring.key(kid) or next((record for record in specimen_records() if record.kid == kid), None)
