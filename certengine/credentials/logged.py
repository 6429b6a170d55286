"""Whether a certificate's issue stands in its issuer's log: a proof with its opening, against a file or a number.

1. The proof shows an entry in a tree whose checkpoint a log key of the issuer signed.
2. The opening shows that this entry commits to the issue of one certificate, and to the digest of its file.
3. Number and file are those in hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from certengine.canonical import canonical_bytes, digest
from certengine.credentials.checkpoint import proves, read_proof_text
from certengine.credentials.salted import commitment_to
from certengine.credentials.strict_json import Unreadable, fields_of, instant_of, read_object, text_of
from certengine.model.credential import KeyRecord, Keyring, KeyUse

_LIMIT = 48 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """An issue that stands in the log: of which number and file, since when, at which place of how many."""

    number: str
    pdf_digest: str
    at: datetime
    place: int
    size: int


def read_logged(text: str, keyring: Keyring) -> Logged:
    """What a ``.tlog-proof`` file proves.

    Raises:
        Unreadable: when it is no proof, opens to nothing, or a log key of the issuer did not sign for it.
    """
    proof = read_proof_text(text)
    if proof.extra is None:
        raise Unreadable("the proof has no opening")
    opening = fields_of(read_object(proof.extra, limit=_LIMIT), required=("content", "entry", "salt", "subject"))
    entry = fields_of(opening["entry"], required=("act", "commitment", "kind"))
    content = fields_of(opening["content"], required=("at", "credential", "details", "pdf_digest"))
    subject, at = text_of(opening["subject"]), instant_of(content["at"])
    value = commitment_to(digest(content), kind="issue", subject=subject, salt=_salt(text_of(opening["salt"])))
    if (entry["kind"], entry["commitment"]) != ("issue", value):
        raise Unreadable("the opening is not of this entry")
    if not proves(proof, canonical_bytes(entry), f"{keyring.issuer.domain}/log", log_keys(keyring)):
        raise Unreadable("the proof does not hold")
    return Logged(
        number=subject,
        pdf_digest=text_of(content["pdf_digest"]),
        at=at,
        place=proof.place,
        size=proof.checkpoint.size,
    )


def log_keys(keyring: Keyring) -> list[KeyRecord]:
    """The keys that may sign for a log. A checkpoint carries no time, so a stolen key counts for nothing at all."""
    return [key for key in keyring.keys if key.use is KeyUse.LOG and not key.specimen and key.revoked_at is None]


def _salt(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Unreadable("a salt in hexadecimal was expected") from error
