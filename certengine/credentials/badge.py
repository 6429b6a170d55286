"""A credential as an Open Badges 3.0 / W3C VC 2.0 document with a Data Integrity proof.

Invariants:

1. The bytes are canonical JSON (RFC 8785), and the same credential and key give the same bytes.
2. ``certificate`` holds every claim exactly; the Open Badges members say the same in that vocabulary. Only
   ``certificate`` is read back. Its term is defined inline as a JSON literal, so JSON-LD software keeps it whole and
   nothing needs to be fetched.
3. It carries two proofs by one key: over its JSON, and over the statements that JSON-LD software makes of it; Open
   Badges verifiers ask for the second (Open Badges 3.0, section 8.2).
4. No part of the document says how well the holder did, when they were born or what their identity number is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import quote

from certengine.canonical import Json, instant_text, to_json
from certengine.credentials.badge_statements import badge_statements
from certengine.credentials.claims import Claims, claims_of, whole_seconds
from certengine.credentials.codes import code_bytes
from certengine.credentials.keyring import issuer_of
from certengine.credentials.keys import usable_at
from certengine.credentials.proof import Proof, read_proof, with_proof
from certengine.credentials.status_list import CONTEXT, status_entries
from certengine.credentials.strict_json import (
    Unreadable,
    date_of,
    fields_of,
    instant_of,
    integer_of,
    jcs,
    languages_of,
    list_of,
    read_object,
    text_of,
)
from certengine.model.credential import Credential, Holder, Keyring, KeyUse, Succession
from certengine.model.text import Text

CREDENTIAL_FORM = "certengine.credential/1"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_CONTEXTS: list[Json] = [
    CONTEXT,
    OPEN_BADGES,
    {"certificate": {"@id": "urn:certengine:certificate", "@type": "@json"}},
]

Proofs = Literal["both", "json"]
"""Which proofs a document carries: both suites, or only the one over its JSON, as those issued first did."""

_LIMIT = 200_000
_SAMPLE = "Sample, not a national certificate. 样本，非国家证书。"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCredential:
    """A credential read back, its proof not yet verified."""

    credential: Credential
    claims: Claims
    proof: Proof

    @property
    def kid(self) -> str:
        """Id of the key it names."""
        return self.proof.kid


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialCheck:
    """How the proof of a credential stands against a keyring.

    Attributes:
        signed: what was read, where it could be read; to be believed only when ``problem`` is ``None``.
        problem: why it is not good, lower case without final stop; ``None`` when the proof is good.
    """

    signed: SignedCredential | None
    problem: str | None


def credential_json(
    credential: Credential,
    *,
    verification_method: str,
    sign: Callable[[bytes], bytes],
    proofs: Proofs = "both",
) -> bytes:
    """The signed document of a credential.

    ``verification_method`` is the ``did:key`` method of the signing ``cred`` key; ``sign`` makes the 64-byte Ed25519
    signature of the bytes it is given.
    """
    return jcs(
        with_proof(
            badge_document(credential, verification_method.partition("#")[0], proofs),
            created=credential.issued_at,
            verification_method=verification_method,
            sign=sign,
            statements=statements_of if proofs == "both" else None,
        )
    )


def statements_of(document: dict[str, Json]) -> bytes:
    """The canonical statements of a badge of ours without its proof.

    Raises:
        Unreadable: when it says anything else than a badge of ours.
    """
    return badge_statements(document, _CONTEXTS)


def read_credential_json(data: bytes) -> SignedCredential:
    """The credential that :func:`credential_json` wrote.

    Raises:
        Unreadable: when it is another document, or does not hold together.
    """
    document = read_object(data, limit=_LIMIT)
    proof = read_proof(document, statements_of)
    credential = _credential(document.get("certificate"))
    return SignedCredential(credential=credential, claims=claims_of(credential), proof=proof)


def check_credential_json(data: bytes, keyring: Keyring) -> CredentialCheck:
    """Whether a document is a credential signed by a ``cred`` key of the keyring within its window. Never raises."""
    try:
        signed = read_credential_json(data)
    except Unreadable as error:
        return CredentialCheck(signed=None, problem=error.message)
    record = keyring.key(signed.proof.kid)
    if record is None or record.use is not KeyUse.CRED:
        problem = f"key `{signed.proof.kid}` is not a key of the issuer for credentials"
    elif not signed.proof.verified_by(record):
        problem = "the content was changed after signing"
    elif not usable_at(record, signed.proof.created):
        problem = f"key `{record.kid}` was not in use when this was signed"
    else:
        return CredentialCheck(signed=signed, problem=None)
    return CredentialCheck(signed=signed, problem=problem)


def badge_document(credential: Credential, issuer_did: str, proofs: Proofs = "both") -> dict[str, Json]:
    """The document of a credential without a proof; ``issuer_did`` is the ``did:key`` of the signing key."""
    issuer = credential.issuer
    document: dict[str, Json] = {
        "@context": _CONTEXTS,
        "id": f"https://{issuer.domain}/c/{credential.code}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": _both(credential.title),
        "issuer": {
            "id": issuer_did,
            "type": ["Profile"],
            "name": _both(issuer.name),
            "url": f"https://{issuer.domain}",
        },
        "validFrom": _first_second(credential.issued_on) if proofs == "json" else _valid_from(credential),
        "credentialSubject": _subject(credential),
        "credentialStatus": status_entries(issuer.domain, credential.status_index),
        "certificate": _certificate(credential),
    }
    if credential.valid_until is not None:
        document["validUntil"] = _last_second(credential.valid_until)
    return document


def _subject(credential: Credential) -> dict[str, Json]:
    # One name in both fields is one identity: two alike could not be told apart in what is signed.
    names = dict.fromkeys(name for name in (credential.holder.name, credential.holder.name_en) if name is not None)
    description = f"{_both(credential.occupation)} · {_both(credential.level)}"
    return {
        "type": ["AchievementSubject"],
        "identifier": [
            {"type": "IdentityObject", "identityType": "name", "hashed": False, "identityHash": to_json(name)}
            for name in names
        ],
        "achievement": {
            "id": f"urn:certengine:scheme:{quote(credential.scheme, safe='@')}",
            "type": ["Achievement"],
            "achievementType": "Certificate",
            "name": _both(credential.title),
            "description": f"{description}. {_SAMPLE}" if credential.issuer.sample else description,
            "criteria": {"narrative": f"{credential.scheme}: {_both(credential.title)}"},
        },
    }


def _certificate(credential: Credential) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "form": CREDENTIAL_FORM,
        "number": to_json(credential.number),
        "code": credential.code,
        "issuer": to_json(credential.issuer),
        "holder": to_json(credential.holder),
        "title": to_json(credential.title),
        "occupation": to_json(credential.occupation),
        "level": to_json(credential.level),
        "scheme": to_json(credential.scheme),
        "issued_on": credential.issued_on.isoformat(),
        "issued_at": instant_text(credential.issued_at),
        "status_index": credential.status_index,
        "evidence": [{"name": name, "digest": digest} for name, digest in credential.evidence],
    }
    if credential.valid_until is not None:
        fields["valid_until"] = credential.valid_until.isoformat()
    if credential.print_serial is not None:
        fields["print"] = credential.print_serial
    if credential.succeeds is not None:
        fields["succeeds"] = to_json(credential.succeeds)
    if credential.photo is not None:
        fields["photo"] = credential.photo
    return fields


def _credential(value: Json) -> Credential:
    fields = fields_of(
        value,
        required=(
            *("form", "number", "code", "issuer", "holder", "title", "occupation", "level"),
            *("scheme", "issued_on", "issued_at", "status_index", "evidence"),
        ),
        optional=("valid_until", "print", "succeeds", "photo"),
    )
    if fields["form"] != CREDENTIAL_FORM:
        raise Unreadable(f"the certificate is not of the form `{CREDENTIAL_FORM}`")
    return Credential(
        number=text_of(fields["number"]),
        code=_code(fields["code"]),
        issuer=issuer_of(fields["issuer"]),
        holder=_holder(fields["holder"]),
        title=languages_of(fields["title"]),
        occupation=languages_of(fields["occupation"]),
        level=languages_of(fields["level"]),
        scheme=text_of(fields["scheme"]),
        issued_on=date_of(fields["issued_on"]),
        valid_until=date_of(fields["valid_until"]) if "valid_until" in fields else None,
        issued_at=instant_of(fields["issued_at"]),
        status_index=integer_of(fields["status_index"]),
        evidence=list_of(fields["evidence"], _evidence),
        print_serial=integer_of(fields["print"]) if "print" in fields else None,
        succeeds=_succession(fields["succeeds"]) if "succeeds" in fields else None,
        photo=text_of(fields["photo"]) if "photo" in fields else None,
    )


def _holder(value: Json) -> Holder:
    fields = fields_of(value, required=("name",), optional=("name_en",))
    return Holder(name=text_of(fields["name"]), name_en=text_of(fields["name_en"]) if "name_en" in fields else None)


def _succession(value: Json) -> Succession:
    fields = fields_of(value, required=("kind", "number", "reason"))
    match text_of(fields["kind"]):
        case "replacement" | "reprint" | "renewal" as kind:
            return Succession(kind=kind, number=text_of(fields["number"]), reason=text_of(fields["reason"]))
    raise Unreadable("a certificate stands in for another as `replacement`, `reprint` or `renewal`")


def _evidence(value: Json) -> tuple[str, str]:
    fields = fields_of(value, required=("name", "digest"))
    return text_of(fields["name"]), text_of(fields["digest"])


def _code(value: Json) -> str:
    code = text_of(value)
    try:
        code_bytes(code)
    except ValueError as error:
        raise Unreadable("the code is not a full code") from error
    return code


def _both(text: Text) -> str:
    return " / ".join(dict.fromkeys((text.best("zh"), text.best("en"))))


def _valid_from(credential: Credential) -> str:
    """The printed date is the issuer's local one, which may begin before the same day does in UTC."""
    return min(_first_second(credential.issued_on), instant_text(whole_seconds(credential.issued_at)))


def _first_second(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _last_second(day: date) -> str:
    return f"{day.isoformat()}T23:59:59Z"
