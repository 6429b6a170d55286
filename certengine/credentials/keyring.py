"""A keyring as files and documents: our own JSON, a JWK set, a DID document.

Invariants:

1. Reading is strict: an unknown field, an id that is not the key's own, or two records of one key are refused.
2. Retired and revoked keys stay in every export with their windows, so that old certificates remain verifiable.
3. Specimen keys, receipt keys and log keys are in our own JSON only: to software that knows neither specimens nor uses
   they must be strangers, or a badge signed by a receipt key would look like one of the issuer's.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certengine.canonical import Json, canonical_bytes, instant_text, to_json
from certengine.credentials.keys import (
    ALGORITHM_OF_USE,
    base64url,
    key_id,
    multikey,
    public_bytes,
    public_key,
    read_base64url,
)
from certengine.credentials.strict_json import (
    Unreadable,
    fields_of,
    flag_of,
    instant_of,
    languages_of,
    list_of,
    read_object,
    text_of,
)
from certengine.model.credential import Issuer, KeyRecord, Keyring, KeyUse

KEYRING_SCHEMA = "certengine.keyring/1"

_LIMIT = 1_000_000


def keyring_json(keyring: Keyring) -> dict[str, Json]:
    """A keyring as a JSON object of schema ``certengine.keyring/1``."""
    document: dict[str, Json] = {
        "schema": KEYRING_SCHEMA,
        "issuer": to_json(keyring.issuer),
        "keys": [to_json(key) for key in keyring.keys],
        "roots": list(keyring.roots),
    }
    return document | ({"stamp_roots": list(keyring.stamp_roots)} if keyring.stamp_roots else {})


def keyring_bytes(keyring: Keyring) -> bytes:
    """The canonical bytes of :func:`keyring_json`."""
    return canonical_bytes(keyring_json(keyring))


def read_keyring(data: bytes) -> Keyring:
    """The keyring that :func:`keyring_bytes` wrote.

    Raises:
        Unreadable: when anything in it does not hold together.
    """
    return keyring_of(read_object(data, limit=_LIMIT))


def keyring_of(value: Json) -> Keyring:
    """The keyring in a parsed JSON object.

    Raises:
        Unreadable: as :func:`read_keyring`.
    """
    fields = fields_of(value, required=("schema", "issuer", "keys", "roots"), optional=("stamp_roots",))
    if fields["schema"] != KEYRING_SCHEMA:
        raise Unreadable(f"the schema is not `{KEYRING_SCHEMA}`")
    keys = list_of(fields["keys"], _record)
    if len({key.kid for key in keys}) != len(keys):
        raise Unreadable("a key stands twice in the keyring")
    return Keyring(
        issuer=issuer_of(fields["issuer"]),
        keys=keys,
        roots=list_of(fields["roots"], _certificate),
        stamp_roots=list_of(fields.get("stamp_roots", []), _certificate),
    )


def issuer_of(value: Json) -> Issuer:
    """The issuer in a parsed JSON object.

    Raises:
        Unreadable: when it does not hold together.
    """
    fields = fields_of(value, required=("id", "name", "domain", "sample"))
    return Issuer(
        id=text_of(fields["id"]),
        name=languages_of(fields["name"]),
        domain=text_of(fields["domain"]),
        sample=flag_of(fields["sample"]),
    )


def jwks(keyring: Keyring) -> dict[str, Json]:
    """The keys as a JWK set (RFC 7517, 8037); ``nbf``, ``exp`` and ``revoked`` tell their windows."""
    return {"keys": [_jwk(record) for record in _known_to_all(keyring)]}


def did_document(keyring: Keyring) -> dict[str, Json]:
    """The DID document of ``did:web:<domain>``: every key as a Multikey; revoked ones may no longer assert."""
    did = "did:web:" + quote(keyring.issuer.domain, safe="")
    records = _known_to_all(keyring)
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [_method(did, record) for record in records],
        "assertionMethod": [f"{did}#{record.kid}" for record in records if record.revoked_at is None],
    }


def _known_to_all(keyring: Keyring) -> list[KeyRecord]:
    """The keys that certificates are signed with (invariant 3)."""
    return [record for record in keyring.keys if not record.specimen and record.use in {KeyUse.PDF, KeyUse.CRED}]


def _record(value: Json) -> KeyRecord:
    fields = fields_of(
        value,
        required=("kid", "use", "algorithm", "public", "not_before", "not_after", "chain", "specimen"),
        optional=("revoked_at", "revocation_reason"),
    )
    record = KeyRecord(
        kid=text_of(fields["kid"]),
        use=_use(fields["use"]),
        algorithm=text_of(fields["algorithm"]),
        public=text_of(fields["public"]),
        not_before=instant_of(fields["not_before"]),
        not_after=instant_of(fields["not_after"]),
        revoked_at=instant_of(fields["revoked_at"]) if "revoked_at" in fields else None,
        revocation_reason=text_of(fields["revocation_reason"]) if "revocation_reason" in fields else None,
        chain=list_of(fields["chain"], _certificate),
        specimen=flag_of(fields["specimen"]),
    )
    public_key(record)
    if record.kid != key_id(read_base64url(record.public)):
        raise Unreadable(f"`{record.kid}` is not the id of its key")
    if record.algorithm != ALGORITHM_OF_USE[record.use]:
        raise Unreadable(f"a key of use `{record.use}` is not `{record.algorithm}`")
    return record


def _use(value: Json) -> KeyUse:
    try:
        return KeyUse(text_of(value))
    except ValueError as error:
        raise Unreadable("a key is of use `pdf` or `cred` or `receipt` or `log`") from error


def _certificate(value: Json) -> str:
    text = text_of(value)
    try:
        x509.load_pem_x509_certificate(text.encode())
    except ValueError as error:
        raise Unreadable("a certificate in PEM was expected") from error
    return text


def _jwk(record: KeyRecord) -> dict[str, Json]:
    key = public_key(record)
    if isinstance(key, ec.EllipticCurvePublicKey):
        numbers = key.public_numbers()
        jwk: dict[str, Json] = {
            "kty": "EC",
            "crv": "P-256",
            "x": base64url(numbers.x.to_bytes(32, "big")),
            "y": base64url(numbers.y.to_bytes(32, "big")),
            "alg": "ES256",
            "x5c": [_x5c(pem) for pem in record.chain],
        }
    else:
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url(public_bytes(key)), "alg": "EdDSA"}
    jwk |= {"kid": record.kid, "use": "sig", "nbf": _seconds(record.not_before), "exp": _seconds(record.not_after)}
    if record.revoked_at is not None:
        jwk["revoked"] = {"revoked_at": _seconds(record.revoked_at), "reason": record.revocation_reason}
    return jwk


def _x5c(pem: str) -> str:
    # RFC 7517 section 4.7: base64 of the DER, not base64url; the body of a PEM is just that.
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return "".join(certificate.public_bytes(serialization.Encoding.PEM).decode().splitlines()[1:-1])


def _method(did: str, record: KeyRecord) -> dict[str, Json]:
    method: dict[str, Json] = {
        "id": f"{did}#{record.kid}",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": multikey(record),
        "expires": instant_text(record.not_after),
    }
    if record.revoked_at is not None:
        method["revoked"] = instant_text(record.revoked_at)
    return method


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
