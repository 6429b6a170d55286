"""Public keys as text that strangers' software reads: W3C Multikey and ``did:key``.

A Multikey is ``z`` and the base58btc of a varint that names the key type, followed by the raw key: ``ed 01`` for
Ed25519 (32 bytes), ``80 24`` for P-256 (the compressed point, 33 bytes).
"""

from __future__ import annotations

from certengine.credentials.strict_json import Unreadable

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUES = {character: value for value, character in enumerate(_BASE58)}
# A signature of 64 bytes has 88 characters at most; the bound keeps a long text from costing quadratic time.
_BASE58_LONGEST = 128

ED25519_PREFIX = b"\xed\x01"
P256_PREFIX = b"\x80\x24"

_DID_KEY = "did:key:"


def base58_encode(data: bytes) -> str:
    """Base58btc of bytes, each leading zero byte as a ``1``."""
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, rest = divmod(number, 58)
        digits = _BASE58[rest] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def base58_decode(text: str) -> bytes:
    """The bytes of a base58btc text.

    Raises:
        Unreadable: when it is too long or has another character.
    """
    if len(text) > _BASE58_LONGEST:
        raise Unreadable("a base58 text is too long")
    number = 0
    for character in text:
        value = _BASE58_VALUES.get(character)
        if value is None:
            raise Unreadable("a base58 text has a character of its own")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multibase(data: bytes) -> str:
    """Bytes as base58btc multibase."""
    return "z" + base58_encode(data)


def read_multibase(text: str) -> bytes:
    """The bytes of a base58btc multibase text.

    Raises:
        Unreadable: for any other multibase or character.
    """
    if not text.startswith("z"):
        raise Unreadable("a base58btc multibase text begins with `z`")
    return base58_decode(text[1:])


def ed25519_multikey(public: bytes) -> str:
    """An Ed25519 public key of 32 bytes as a Multikey."""
    return multibase(ED25519_PREFIX + public)


def did_key_method(public: bytes) -> str:
    """The verification method of an Ed25519 public key: ``did:key:<multikey>#<multikey>``."""
    multikey = ed25519_multikey(public)
    return f"{_DID_KEY}{multikey}#{multikey}"


def read_did_key_method(method: str) -> bytes:
    """The Ed25519 public key that a ``did:key`` verification method names.

    Raises:
        Unreadable: for any other method or key type.
    """
    did, _, fragment = method.partition("#")
    raw = read_multibase(fragment)
    if did != _DID_KEY + fragment or raw[:2] != ED25519_PREFIX or len(raw) != 34:
        raise Unreadable("the verification method is not a did:key of an Ed25519 key")
    return raw[2:]
