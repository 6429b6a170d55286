"""The signed token of the QR code: a COSE_Sign1 (RFC 9052) of CWT claims (RFC 8392), small enough for paper.

Form, all of it in deterministic CBOR:

- tag 18 [protected {1: -8 (EdDSA), 4: 8-byte kid}, unprotected {}, payload, 64-byte signature];
- payload {1 iss: the issuer's domain, 4 exp, 6 iat, 7 cti: the 16 bytes of the code, -70001: {1 name, 2 name_en,
  3 title zh, 4 title en, 5 level zh or else 6 level en, 8 scheme, 10 issued on (days since 1970), 11 status index,
  12 number}}; ``exp`` is the first second after the last day of validity, in UTC, and absent for no end.

Invariants:

1. Decoding is strict: other tags, algorithms, keys, lengths or types, a second spelling of anything, bytes after the
   end or more than 2 KB raise :class:`Unreadable`, and nothing else is ever raised.
2. ``encode_token`` of what was decoded gives the same bytes: there is one token per credential and key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from certengine.credentials.cbor import Cbor, Tagged, decode, encode, string_head
from certengine.credentials.claims import Claims, claims_of, one_language, text_in_two, two_languages, whole_seconds
from certengine.credentials.codes import code_bytes, code_from_entropy
from certengine.credentials.keys import verify_signature
from certengine.credentials.strict_json import Unreadable
from certengine.model.credential import Credential, KeyRecord
from certengine.model.text import Text

TOKEN_LIMIT = 2048

_ALG, _KID = 1, 4
_EDDSA = -8
_ISS, _EXP, _IAT, _CTI, _CERTIFICATE = 1, 4, 6, 7, -70001
_NAME, _NAME_EN, _TITLE_ZH, _TITLE_EN, _LEVEL_ZH, _LEVEL_EN = 1, 2, 3, 4, 5, 6
_SCHEME, _ISSUED_ON, _STATUS_INDEX, _NUMBER = 8, 10, 11, 12

_REQUIRED = frozenset({_ISS, _IAT, _CTI, _CERTIFICATE})
_ALLOWED = _REQUIRED | {_EXP}
_REQUIRED_IN_CERTIFICATE = frozenset({_NAME, _SCHEME, _ISSUED_ON, _STATUS_INDEX, _NUMBER})
_ALLOWED_IN_CERTIFICATE = _REQUIRED_IN_CERTIFICATE | {_NAME_EN, _TITLE_ZH, _TITLE_EN, _LEVEL_ZH, _LEVEL_EN}

_SIGNED_HEAD = b"\x84" + encode("Signature1")  # a list of four, and its first
_NOTHING_MORE = encode(b"")

_EPOCH = date(1970, 1, 1)
_EPOCH_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
_EPOCH_DAY = _EPOCH.toordinal()
_LAST_DAY = (date.max - _EPOCH).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A decoded token; nothing in it is to be believed before :meth:`verified_by` says so."""

    kid: str
    claims: Claims
    signed: bytes
    signature: bytes

    def verified_by(self, record: KeyRecord) -> bool:
        """Whether this key signed it."""
        return record.kid == self.kid and verify_signature(record, self.signature, self.signed)


def encode_token(credential: Credential, *, kid: str, sign: Callable[[bytes], bytes]) -> bytes:
    """The token of a credential.

    ``kid`` is the id of the signing ``cred`` key, 16 hex digits; ``sign`` makes the 64-byte Ed25519 signature of the
    bytes it is given.

    Raises:
        ValueError: for a code or key id that is none.
        Unreadable: for a credential whose token would not decode again.
    """
    protected = encode({_ALG: _EDDSA, _KID: bytes.fromhex(kid)})
    payload = encode(_payload(claims_of(credential)))
    signature = sign(_to_be_signed(protected, payload))
    data = encode(Tagged([protected, {}, payload, signature]))
    decode_token(data)
    return data


def decode_token(data: bytes) -> Token:
    """The token in ``data``, its signature not yet verified.

    Raises:
        Unreadable: when it is not exactly a token of the form above.
    """
    if len(data) > TOKEN_LIMIT:
        raise Unreadable(f"a token has at most {TOKEN_LIMIT} bytes")
    match decode(data):
        case Tagged([bytes() as protected, {**unprotected}, bytes() as payload, bytes() as signature]):
            pass
        case _:
            raise Unreadable("the value is not a COSE_Sign1")
    if unprotected or len(signature) != 64:
        raise Unreadable("a token has no unprotected header and a signature of 64 bytes")
    kid = _kid(protected)
    claims = _claims(decode(payload))
    return Token(kid=kid, claims=claims, signed=_to_be_signed(protected, payload), signature=signature)


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """The encoding of ``["Signature1", protected, b"", payload]`` (RFC 9052 section 4.4)."""
    return b"".join((_SIGNED_HEAD, string_head(protected), protected, _NOTHING_MORE, string_head(payload), payload))


def _payload(claims: Claims) -> dict[int, Cbor]:
    title_zh, title_en = two_languages(claims.title)
    level_zh, level_en = one_language(claims.level)
    certificate: dict[int, Cbor | None] = {
        _NAME: claims.name,
        _NAME_EN: claims.name_en,
        _TITLE_ZH: title_zh,
        _TITLE_EN: title_en,
        _LEVEL_ZH: level_zh,
        _LEVEL_EN: level_en,
        _SCHEME: claims.scheme,
        _ISSUED_ON: (claims.issued_on - _EPOCH).days,
        _STATUS_INDEX: claims.status_index,
        _NUMBER: claims.number,
    }
    payload: dict[int, Cbor | None] = {
        _ISS: claims.domain,
        _EXP: None if claims.valid_until is None else ((claims.valid_until - _EPOCH).days + 1) * _DAY,
        _IAT: int(whole_seconds(claims.issued_at).timestamp()),
        _CTI: code_bytes(claims.code),
        _CERTIFICATE: {key: value for key, value in certificate.items() if value is not None},
    }
    return {key: value for key, value in payload.items() if value is not None}


@lru_cache(maxsize=64)  # the same few bytes in every token of an issuer; the signature covers them as any others
def _kid(protected: bytes) -> str:
    match decode(protected):
        case {1: -8, 4: bytes() as kid, **rest} if len(kid) == 8 and not rest:
            return kid.hex()
    raise Unreadable("the protected header is not EdDSA with an 8-byte key id")


def _claims(payload: Cbor) -> Claims:
    fields = _exactly(payload, _REQUIRED, _ALLOWED)
    certificate = _exactly(fields[_CERTIFICATE], _REQUIRED_IN_CERTIFICATE, _ALLOWED_IN_CERTIFICATE)
    return Claims(
        number=_text(certificate[_NUMBER]),
        code=_code(fields[_CTI]),
        domain=_text(fields[_ISS]),
        name=_text(certificate[_NAME]),
        name_en=_optional_text(certificate, _NAME_EN),
        title=_in_two(certificate, _TITLE_ZH, _TITLE_EN),
        level=_in_two(certificate, _LEVEL_ZH, _LEVEL_EN),
        scheme=_text(certificate[_SCHEME]),
        issued_on=_day(certificate[_ISSUED_ON]),
        valid_until=_last_day(fields[_EXP]) if _EXP in fields else None,
        issued_at=_EPOCH_INSTANT + timedelta(seconds=_count(fields[_IAT], _LAST_DAY * _DAY)),
        status_index=_count(certificate[_STATUS_INDEX], 2**32),
    )


def _exactly(value: Cbor, required: frozenset[int], allowed: frozenset[int]) -> dict[int, Cbor]:
    if not isinstance(value, dict) or not required <= value.keys() <= allowed:
        raise Unreadable("a map does not have the keys of a token")
    return value


def _text(value: Cbor) -> str:
    if not isinstance(value, str) or not value:
        raise Unreadable("a text was expected")
    return value


def _optional_text(fields: dict[int, Cbor], key: int) -> str | None:
    return _text(fields[key]) if key in fields else None


def _in_two(fields: dict[int, Cbor], chinese: int, english: int) -> Text:
    try:
        return text_in_two(_optional_text(fields, chinese), _optional_text(fields, english))
    except ValueError as error:
        raise Unreadable("a text is in no language") from error


def _count(value: Cbor, greatest: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= greatest:
        raise Unreadable("a number is out of range")
    return value


def _day(value: Cbor) -> date:
    return date.fromordinal(_EPOCH_DAY + _count(value, _LAST_DAY))


def _last_day(value: Cbor) -> date:
    seconds = _count(value, _LAST_DAY * _DAY)
    if seconds % _DAY or not seconds:
        raise Unreadable("a token expires at the end of a day")
    return _day(seconds // _DAY - 1)


def _code(value: Cbor) -> str:
    if not isinstance(value, bytes) or len(value) != 16:
        raise Unreadable("a code has 16 bytes")
    return code_from_entropy(value)
