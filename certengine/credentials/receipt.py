"""Receipts: what was checked, when, with which answer, and what that answer rests on - to keep beside the certificate.

Invariants:

1. A receipt tells what the answer told and nothing more: no look-up code (its last four characters at most), no file
   name, no text that was handed in; of a file its digest.
2. It is signed by a ``receipt`` key of the issuer, or says ``"signed": false``; one whose word stands against its
   proof is refused. Anybody can write an unsigned one: it is a note of how to come to the answer again, not evidence.
3. It proves that the issuer gave this answer at that time. It proves nothing about today: whoever relies on the
   certificate checks the certificate. No verdict accepts a receipt, nor anything else that a receipt key signed.
4. An unsigned receipt names the signed bundle it rests on by digest: with that bundle, the file or code presented and
   the stated instant, anyone comes to the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from certengine.canonical import Json, instant_text, to_json
from certengine.credentials.codes import read_code
from certengine.credentials.keyring import issuer_of
from certengine.credentials.keys import usable_at
from certengine.credentials.proof import Proof, read_proof, with_proof
from certengine.credentials.qr import read_qr_text
from certengine.credentials.report import verdict_json
from certengine.credentials.strict_json import (
    Unreadable,
    fields_of,
    flag_of,
    instant_of,
    jcs,
    languages_of,
    list_of,
    read_object,
    text_of,
)
from certengine.model.credential import Check, Issuer, KeyRecord, Keyring, KeyUse, Outcome, State, Verdict
from certengine.model.text import Text

RECEIPT_SCHEMA = "certengine.receipt/1"

CODE_ENDING = 4
"""How many characters of a code a receipt tells: enough to match a paper in hand, far from enough to look it up."""

_LIMIT = 100_000
_NUMBER = "number:"

E = TypeVar("E", bound=StrEnum)


class Rests(StrEnum):
    """What an answer rests on."""

    REGISTER = "register"
    BUNDLE = "bundle"
    KEYRING = "keyring"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an answer rests on, precisely enough to come to it again.

    Attributes:
        digest: of the bundle's or keyring's file; ``None`` for the register.
        made_at: when the bundle was made.
        issuer: whose keys were trusted, where any were.
    """

    rests_on: Rests
    digest: str | None = None
    made_at: datetime | None = None
    issuer: Issuer | None = None


class Warrant(StrEnum):
    """Who stands behind a receipt: the issuer, nobody, somebody who is not the issuer; or it was altered."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    FOREIGN = "foreign"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A read receipt, as it states things; :attr:`ReadReceipt.warrant` says whether to believe it.

    Attributes:
        id: 32 hex digits that name its content.
        presented: what was handed in: ``kind`` (``file``, ``code``, ``qr-text``, ``number`` or ``other``) and what may
            be told of it (``digest``, ``ending``, ``number``).
        status: how the certificate stood, as the answer told it.
        signed: whether it says that it is signed.
        data: the bytes it was read from.
    """

    id: str
    presented: dict[str, Json]
    state: State
    specimen: bool
    heading: Text
    advice: Text
    checked_at: datetime
    checks: tuple[Check, ...]
    claims: dict[str, Json] | None
    status: dict[str, Json] | None
    basis: Basis
    signed: bool
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReceipt:
    """A receipt and who stands behind it; ``kid`` is the id of the key that its proof names."""

    receipt: Receipt
    warrant: Warrant
    kid: str | None = None


def make_receipt(
    verdict: Verdict,
    *,
    target: str | None,
    file_digest: str | None,
    source: Basis,
    method: str | None = None,
    sign: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """The receipt of a verdict as canonical JSON, ``certengine.receipt/1``.

    Args:
        verdict: the answer; its ``checked_at`` is the time the receipt states and is signed for.
        target: the code, QR text or ``number:<number>`` presented; never copied, see invariant 1.
        file_digest: SHA-256 of the file presented, where it was a file.
        source: what the answer rests on.
        method: the ``did:key`` method of the receipt key; ``sign`` makes its signature. Without them it is unsigned.

    Raises:
        Unreadable: when it would not be read again.
    """
    answer = verdict_json(verdict)
    del answer["schema"]
    signed = method is not None and sign is not None
    document: dict[str, Json] = {
        "schema": RECEIPT_SCHEMA,
        "presented": _presented_json(target, file_digest),
        **answer,
        "rests_on": _basis_json(source),
        "signed": signed,
    }
    if source.issuer is not None:
        document["issuer"] = to_json(source.issuer)
    document["id"] = _id(document)
    if method is not None and sign is not None:
        document = with_proof(document, created=verdict.checked_at, verification_method=method, sign=sign)
    data = jcs(document)
    _receipt(data)
    return data


def read_receipt(data: bytes, keyring: Keyring | None) -> ReadReceipt:
    """A receipt, and whether the issuer of the keyring gave it.

    A signature by a key that is not the issuer's for receipts, was not in its window, or was ever revoked, leaves the
    receipt ``foreign``: whoever stole a key writes any date. So does a missing keyring.

    Raises:
        Unreadable: when it is no receipt, or does not hold together.
    """
    receipt, document = _receipt(data)
    proof = read_proof(document) if receipt.signed else None
    return ReadReceipt(
        receipt=receipt,
        warrant=_warrant(receipt, document, proof, keyring),
        kid=proof.kid if proof is not None else None,
    )


def may_sign(record: KeyRecord, at: datetime) -> bool:
    """Whether a receipt of that instant, signed by this key, would count."""
    return record.use is KeyUse.RECEIPT and not record.specimen and usable_at(record, at)


def number_target(number: str) -> str:
    """The target of a look-up by printed number."""
    return _NUMBER + number


def _presented_json(target: str | None, file_digest: str | None) -> dict[str, Json]:
    """What may be told of what was presented (invariant 1)."""
    if file_digest is not None:
        return {"kind": "file", "digest": file_digest}
    text = (target or "").strip()
    if text.startswith(_NUMBER):
        return {"kind": "number", "number": text.removeprefix(_NUMBER)}
    read = read_code(text)
    if read is not None:
        return {"kind": "code", "ending": read.text[-CODE_ENDING:]}
    presented = read_qr_text(text)
    if presented is None:
        return {"kind": "other"}
    told: dict[str, Json] = {"kind": "qr-text"}
    if presented.code is not None:
        told["ending"] = presented.code[-CODE_ENDING:]
    if presented.token:
        told["digest"] = "sha256:" + hashlib.sha256(presented.token).hexdigest()
    return told


def _warrant(receipt: Receipt, document: dict[str, Json], proof: Proof | None, keyring: Keyring | None) -> Warrant:
    if receipt.id != _id(document):
        return Warrant.ALTERED
    if proof is None:
        return Warrant.UNSIGNED
    record = keyring.key(proof.kid) if keyring is not None else None
    if keyring is None or record is None or record.use is not KeyUse.RECEIPT:
        return Warrant.FOREIGN
    if not proof.verified_by(record) or proof.created != receipt.checked_at:
        return Warrant.ALTERED
    of_issuer = receipt.basis.issuer is not None and receipt.basis.issuer.id == keyring.issuer.id
    good = of_issuer and may_sign(record, proof.created) and record.revoked_at is None
    return Warrant.SIGNED if good else Warrant.FOREIGN


def _basis_json(basis: Basis) -> dict[str, Json]:
    told: dict[str, Json] = {"kind": basis.rests_on.value}
    if basis.digest is not None:
        told["digest"] = basis.digest
    if basis.made_at is not None:
        told["made_at"] = instant_text(basis.made_at)
    return told


def _id(document: dict[str, Json]) -> str:
    """The first 16 bytes of SHA-256 over everything but the id itself and the proof, as hex."""
    content = {name: value for name, value in document.items() if name not in {"id", "proof"}}
    return hashlib.sha256(jcs(content)).hexdigest()[:32]


def _receipt(data: bytes) -> tuple[Receipt, dict[str, Json]]:
    document = read_object(data, limit=_LIMIT)
    fields = fields_of(document, required=_REQUIRED, optional=("claims", "status", "issuer", "proof"))
    if fields["schema"] != RECEIPT_SCHEMA:
        raise Unreadable(f"the schema is not `{RECEIPT_SCHEMA}`")
    state = _enum(State, fields["state"])
    if flag_of(fields["valid"]) is not (state is State.VALID):
        raise Unreadable("`valid` says another thing than `state`")
    if flag_of(fields["signed"]) is not ("proof" in fields):
        raise Unreadable("`signed` says another thing than the proof")
    receipt = Receipt(
        id=text_of(fields["id"]),
        presented=_presented(fields["presented"]),
        state=state,
        specimen=flag_of(fields["specimen"]),
        heading=languages_of(fields["heading"]),
        advice=languages_of(fields["advice"]),
        checked_at=instant_of(fields["checked_at"]),
        checks=list_of(fields["checks"], _check),
        claims=_object(fields.get("claims")),
        status=_object(fields.get("status")),
        basis=_basis(fields["rests_on"], fields.get("issuer")),
        signed=flag_of(fields["signed"]),
        data=data,
    )
    return receipt, document


_REQUIRED = (
    *("schema", "id", "presented", "state", "valid", "specimen", "heading", "advice"),
    *("checked_at", "checks", "rests_on", "signed"),
)


def _presented(value: Json) -> dict[str, Json]:
    fields = fields_of(value, required=("kind",), optional=("digest", "ending", "number"))
    for told in fields.values():
        text_of(told)
    if len(str(fields.get("ending", ""))) > CODE_ENDING:
        raise Unreadable("a receipt does not tell a whole code")
    return fields


def _basis(value: Json, issuer: Json) -> Basis:
    fields = fields_of(value, required=("kind",), optional=("digest", "made_at"))
    return Basis(
        rests_on=_enum(Rests, fields["kind"]),
        digest=text_of(fields["digest"]) if "digest" in fields else None,
        made_at=instant_of(fields["made_at"]) if "made_at" in fields else None,
        issuer=issuer_of(issuer) if issuer is not None else None,
    )


def _check(value: Json) -> Check:
    fields = fields_of(value, required=("id", "outcome", "detail"))
    return Check(
        id=text_of(fields["id"]), outcome=_enum(Outcome, fields["outcome"]), detail=languages_of(fields["detail"])
    )


def _object(value: Json) -> dict[str, Json] | None:
    if value is not None and not isinstance(value, dict):
        raise Unreadable("an object was expected")
    return value


def _enum(kind: type[E], value: Json) -> E:
    try:
        return kind(text_of(value))
    except ValueError as error:
        raise Unreadable(f"`{kind.__name__}` has no such value") from error
