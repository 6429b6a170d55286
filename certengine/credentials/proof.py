"""Data Integrity proofs by ``eddsa-jcs-2022`` and ``eddsa-rdfc-2022`` (W3C Data Integrity EdDSA Cryptosuites v1.0, 3.3, 3.2).

The signed bytes are SHA-256 of the canonical proof options, then SHA-256 of the canonical document without its proof:
canonical JSON for the first suite, canonical RDF statements for the second. Invariants:

1. Proofs stand in a list (a proof set, Data Integrity 1.0 section 2.1.1); others may stand among them.
2. A document has exactly one ``eddsa-jcs-2022`` proof, and that is the one judged. Where an ``eddsa-rdfc-2022`` proof
   stands beside it, it must be of the same key and instant and good as well: a document that one kind of software would
   refuse is refused by ours too. Proofs by others, of other suites, are passed over.
3. The proof names its key by value (``did:key``); that a key verifies says nothing yet about whose it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from certengine.canonical import Json, instant_text
from certengine.credentials.badge_statements import proof_statements
from certengine.credentials.keys import base64url, key_id, verify_signature
from certengine.credentials.multikey import multibase, read_did_key_method, read_multibase
from certengine.credentials.strict_json import Unreadable, fields_of, instant_of, jcs, text_of
from certengine.model.credential import KeyRecord

CRYPTOSUITE = "eddsa-jcs-2022"
RDF_CRYPTOSUITE = "eddsa-rdfc-2022"
Statements = Callable[[dict[str, Json]], bytes]
"""Gives the canonical statements of a document without its proof."""

_TYPE = "DataIntegrityProof"
_PURPOSE = "assertionMethod"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The proof of a document, not yet verified.

    Attributes:
        kid: id of the key it names; ``public`` that key, 32 bytes.
        created: when the signer says it was made.
        signed: the bytes its signature is over.
        beside: the proof over the statements, where there is one.
    """

    kid: str
    public: bytes
    created: datetime
    signed: bytes
    signature: bytes
    beside: Proof | None = None

    def verified_by(self, record: KeyRecord) -> bool:
        """Whether this key made it, and the one beside it at the same instant."""
        same_key = record.public == base64url(self.public)
        good = same_key and verify_signature(record, self.signature, self.signed)
        if self.beside is None:
            return good
        return good and self.beside.created == self.created and self.beside.verified_by(record)


def with_proof(
    document: dict[str, Json],
    *,
    created: datetime,
    verification_method: str,
    sign: Callable[[bytes], bytes],
    statements: Statements | None = None,
) -> dict[str, Json]:
    """The document with a list of one proof, or of two where its ``statements`` are to be signed as well.

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
    proofs: list[Json] = []
    if statements is not None:
        other = {**options, "cryptosuite": RDF_CRYPTOSUITE}
        signature = sign(_statement_bytes(document, other, statements))
        proofs.append({**other, "proofValue": multibase(signature)})
    context = document.get("@context")
    # Section 3.3.1 repeats the context in the proof, and a verifier then compares the two entry by entry. One in use by
    # others compares objects by identity and finds any two unequal: a context with an object in it is not repeated,
    # which section 3.3.2 allows, and which leaves nothing out, since the document with its context is signed. A document
    # of one proof is as it always was.
    if context is not None and (statements is None or all(isinstance(one, str) for one in _as_list(context))):
        options = {"@context": context, **options}
    proofs.append({**options, "proofValue": multibase(sign(_signed_bytes(document, options)))})
    return {**document, "proof": proofs}


def read_proof(secured: dict[str, Json], statements: Statements | None = None) -> Proof:
    """The proof of a document, with the one over its ``statements`` where there is one and they can be told.

    Raises:
        Unreadable: when the document has not exactly one well-formed proof of ours, or more than one beside it.
    """
    ours, others = _of_suite(secured, CRYPTOSUITE), _of_suite(secured, RDF_CRYPTOSUITE)
    if len(ours) != 1:
        raise Unreadable(f"the document needs exactly one `{CRYPTOSUITE}` proof, got: {len(ours)}")
    document = {name: value for name, value in secured.items() if name != "proof"}
    beside = None
    if statements is not None:
        _refuse_strange(secured, ours[0])
    if statements is not None and others:
        if len(others) != 1:
            raise Unreadable(f"the document has at most one `{RDF_CRYPTOSUITE}` proof, got: {len(others)}")
        options = _options(others[0])
        beside = _proof(options, _statement_bytes(document, _without_value(options), statements), None)
    fields = _options(ours[0])
    if "@context" in fields and fields["@context"] != secured.get("@context"):
        raise Unreadable("the proof is of another context than the document")
    return _proof(fields, _signed_bytes(document, _without_value(fields)), beside)


def _refuse_strange(secured: dict[str, Json], ours: Json) -> None:
    """Refuse a proof that names our key and is of a suite it is not used with: it was one of ours, and was altered."""
    method = ours.get("verificationMethod") if isinstance(ours, dict) else None
    for one in _as_list(secured.get("proof")):
        known = isinstance(one, dict) and one.get("cryptosuite") in {CRYPTOSUITE, RDF_CRYPTOSUITE}
        if isinstance(one, dict) and not known and one.get("verificationMethod") == method:
            raise Unreadable("a proof by the same key is of a suite that it is not used with")


def _of_suite(secured: dict[str, Json], suite: str) -> list[Json]:
    return [one for one in _as_list(secured.get("proof")) if isinstance(one, dict) and one.get("cryptosuite") == suite]


def _options(proof: Json) -> dict[str, Json]:
    fields = fields_of(
        proof,
        required=("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"),
        optional=("@context",),
    )
    if fields["type"] != _TYPE or fields["proofPurpose"] != _PURPOSE:
        raise Unreadable(f"the proof is not a {_TYPE} for {_PURPOSE}")
    return fields


def _without_value(fields: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if name != "proofValue"}


def _proof(fields: dict[str, Json], signed: bytes, beside: Proof | None) -> Proof:
    public = read_did_key_method(text_of(fields["verificationMethod"]))
    return Proof(
        kid=key_id(public),
        public=public,
        created=instant_of(fields["created"]),
        signed=signed,
        signature=read_multibase(text_of(fields["proofValue"])),
        beside=beside,
    )


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _signed_bytes(document: dict[str, Json], options: dict[str, Json]) -> bytes:
    return hashlib.sha256(jcs(options)).digest() + hashlib.sha256(jcs(document)).digest()


def _statement_bytes(document: dict[str, Json], options: dict[str, Json], statements: Statements) -> bytes:
    return hashlib.sha256(proof_statements(options)).digest() + hashlib.sha256(statements(document)).digest()
