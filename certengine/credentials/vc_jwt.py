"""A badge as a signed JWT, for software that takes no other form (Open Badges 3.0 section 8.2, W3C VC-JOSE-COSE 3.1).

The payload is the badge without its proofs, with the registered claims that repeat it: ``iss``, ``jti``, ``nbf``, ``exp``.
The same badge and key give the same text.
"""

from __future__ import annotations

from collections.abc import Callable

from certengine.canonical import Json
from certengine.credentials.badge import badge_document
from certengine.credentials.keys import base64url, read_base64url, verify_signature
from certengine.credentials.multikey import read_did_key_method
from certengine.credentials.strict_json import Unreadable, fields_of, instant_of, jcs, read_object, text_of
from certengine.model.credential import Credential, Keyring, KeyUse

_LIMIT = 200_000
_MEDIA_TYPE = "vc+jwt"


def badge_jwt(credential: Credential, *, verification_method: str, sign: Callable[[bytes], bytes]) -> str:
    """The JWT of a credential; ``verification_method`` and ``sign`` as for its badge."""
    document = badge_document(credential, verification_method.partition("#")[0])
    claims: dict[str, Json] = {
        **document,
        "iss": verification_method.partition("#")[0],
        "jti": document["id"],
        "nbf": _seconds(document["validFrom"]),
    }
    if "validUntil" in document:
        claims["exp"] = _seconds(document["validUntil"])
    header: dict[str, Json] = {"alg": "EdDSA", "typ": _MEDIA_TYPE, "kid": verification_method}
    signed = f"{base64url(jcs(header))}.{base64url(jcs(claims))}"
    return f"{signed}.{base64url(sign(signed.encode()))}"


def read_badge_jwt(text: str, keyring: Keyring) -> dict[str, Json]:
    """The claims of a JWT that a ``cred`` key of the keyring signed.

    Raises:
        Unreadable: when it is no such JWT, or its signature is not good.
    """
    parts = text.split(".")
    if len(parts) != 3:
        raise Unreadable("a JWT has three parts")
    header = fields_of(read_object(read_base64url(parts[0]), limit=_LIMIT), required=("alg", "typ", "kid"))
    claims = read_object(read_base64url(parts[1]), limit=_LIMIT)
    multikey = text_of(header["kid"]).rpartition("#")[2]
    public = base64url(read_did_key_method(f"did:key:{multikey}#{multikey}"))
    record = next((one for one in keyring.keys if one.use is KeyUse.CRED and one.public == public), None)
    signed = ".".join(parts[:2]).encode()
    good = (
        record is not None and header["alg"] == "EdDSA" and verify_signature(record, read_base64url(parts[2]), signed)
    )
    if not good:
        raise Unreadable("the JWT is not signed by a key of the issuer")
    return claims


def _seconds(instant: Json) -> int:
    return int(instant_of(instant).timestamp())
