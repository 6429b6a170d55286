"""Data Integrity proofs by ``eddsa-jcs-2022`` (W3C Data Integrity EdDSA Cryptosuites v1.0, section 3.3).

The signed bytes are SHA-256 of the canonical proof options, then SHA-256 of the canonical document without its proof.
Invariants:

1. Proofs stand in a list, so that a proof of another suite can stand beside ours; only ours is judged.
2. A document has exactly one proof of ours; none, or two, cannot be judged.
3. The proof names its key by value (``did:key``); that a key verifies says nothing yet about whose it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from certengine.canonical import Json, instant_text
from certengine.credentials.keys import base64url, key_id, verify_signature
from certengine.credentials.multikey import multibase, read_did_key_method, read_multibase
from certengine.credentials.strict_json import Unreadable, fields_of, instant_of, jcs, text_of
from certengine.model.credential import KeyRecord

CRYPTOSUITE = "eddsa-jcs-2022"
_TYPE = "DataIntegrityProof"
_PURPOSE = "assertionMethod"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The proof of a document, not yet verified.

    Attributes:
        kid: id of the key it names; ``public`` that key, 32 bytes.
        created: when the signer says it was made.
        signed: the bytes its signature is over.
    """

    kid: str
    public: bytes
    created: datetime
    signed: bytes
    signature: bytes

    def verified_by(self, record: KeyRecord) -> bool:
        """Whether this key made it."""
        same_key = record.public == base64url(self.public)
        return same_key and verify_signature(record, self.signature, self.signed)


def with_proof(
    document: dict[str, Json], *, created: datetime, verification_method: str, sign: Callable[[bytes], bytes]
) -> dict[str, Json]:
    """The document with a list of one proof.

    ``created`` is the instant the proof states, ``verification_method`` the ``did:key`` method of the signing key;
    ``sign`` makes the 64-byte Ed25519 signature of the bytes it is given.
    """
    options: dict[str, Json] = {
        "type": _TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": instant_text(created),
        "verificationMethod": verification_method,
        "proofPurpose": _PURPOSE,
    }
    if "@context" in document:
        options = {"@context": document["@context"], **options}
    signature = sign(_signed_bytes(document, options))
    return {**document, "proof": [{**options, "proofValue": multibase(signature)}]}


def read_proof(secured: dict[str, Json]) -> Proof:
    """The proof of a document.

    Raises:
        Unreadable: when the document has not exactly one well-formed proof of ours.
    """
    proofs = secured.get("proof")
    ours = [proof for proof in _as_list(proofs) if isinstance(proof, dict) and proof.get("cryptosuite") == CRYPTOSUITE]
    if len(ours) != 1:
        raise Unreadable(f"the document needs exactly one `{CRYPTOSUITE}` proof, got: {len(ours)}")
    context = ("@context",) if "@context" in secured else ()
    fields = fields_of(
        ours[0],
        required=("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue", *context),
    )
    if fields["type"] != _TYPE or fields["proofPurpose"] != _PURPOSE:
        raise Unreadable(f"the proof is not a {_TYPE} for {_PURPOSE}")
    if context and fields["@context"] != secured["@context"]:
        raise Unreadable("the proof is of another context than the document")
    public = read_did_key_method(text_of(fields["verificationMethod"]))
    document = {name: value for name, value in secured.items() if name != "proof"}
    options = {name: value for name, value in fields.items() if name != "proofValue"}
    return Proof(
        kid=key_id(public),
        public=public,
        created=instant_of(fields["created"]),
        signed=_signed_bytes(document, options),
        signature=read_multibase(text_of(fields["proofValue"])),
    )


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _signed_bytes(document: dict[str, Json], options: dict[str, Json]) -> bytes:
    return hashlib.sha256(jcs(options)).digest() + hashlib.sha256(jcs(document)).digest()
