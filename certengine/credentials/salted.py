"""Salted commitments: what was written down, fixed for ever, and told to nobody.

Invariants:

1. A commitment is a digest over kind, subject, content's digest and a salt of 256 bits. Without the salt nothing can be
   guessed from it, however few contents are possible: a name, a mark, one of four answers.
2. Each record has a salt of its own, derived from its owner's; so one record is opened without the owner's others.
3. Once the owner's salt is deleted, no commitment of the owner's can ever be opened or told from noise again, and what
   was built on the commitments (act, tree, signature) stays as it is.
"""

from __future__ import annotations

import hashlib
import hmac

from certengine.canonical import canonical_bytes, digest

SALT_BYTES = 32


def salt_of_record(owner: bytes, kind: str, subject: str) -> bytes:
    """The salt of one record: HMAC-SHA256 under its owner's salt over kind and subject."""
    return hmac.new(owner, canonical_bytes([kind, subject]), hashlib.sha256).digest()


def commitment_to(content: str, *, kind: str, subject: str, salt: bytes) -> str:
    """The commitment to a content by its digest.

    Args:
        salt: the record's own, :func:`salt_of_record`.
    """
    return digest({"content": content, "kind": kind, "salt": salt.hex(), "subject": subject})
