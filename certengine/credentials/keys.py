"""Public keys: their ids, their windows, and the one place where signatures of ours are verified.

Invariants:

1. A key id is derived from the key itself, so a record cannot carry another key's id.
2. A key signs for one use and by one algorithm; anything else does not verify.
3. A signature counts when its time lies in the key's window and before the key was revoked.
"""

from __future__ import annotations

import base64
import hashlib
from binascii import a2b_base64, b2a_base64
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from certengine.credentials.multikey import P256_PREFIX, did_key_method, ed25519_multikey, multibase
from certengine.credentials.strict_json import Unreadable
from certengine.model.credential import KeyRecord, KeyUse

ED25519 = "Ed25519"
P256 = "P-256"
CURVE = ec.SECP256R1.name

ALGORITHM_OF_USE = {KeyUse.CRED: ED25519, KeyUse.PDF: P256, KeyUse.RECEIPT: ED25519, KeyUse.LOG: ED25519}

_FROM_URL, _TO_URL = bytes.maketrans(b"-_", b"+/"), bytes.maketrans(b"+/", b"-_")
_ED25519_SIGNATURE = 64  # bytes, RFC 8032
PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_base64url(text: str) -> bytes:
    """The bytes of an unpadded base64url text in its one spelling.

    Raises:
        Unreadable: for anything else.
    """
    try:
        given = text.encode("ascii")
        data = a2b_base64(given.translate(_FROM_URL) + b"=" * (-len(text) % 4))
    except ValueError as error:
        raise Unreadable("a base64url text was expected") from error
    # The decoder leaves out what is no base64, so this finds that too.
    if b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL) != given:
        raise Unreadable("a base64url text has another spelling")
    return data


def public_bytes(key: PublicKey) -> bytes:
    """The bytes a :class:`KeyRecord` keeps: raw for Ed25519, SubjectPublicKeyInfo DER for P-256.

    Raises:
        ValueError: for a key on another curve.
    """
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key.public_bytes_raw()
    if key.curve.name != CURVE:
        raise ValueError(f"a PDF key lies on the curve P-256, got: {key.curve.name}")
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(public: bytes) -> str:
    """The id of a public key: the first 8 bytes of SHA-256 over :func:`public_bytes`, as 16 hex digits."""
    return hashlib.sha256(public).digest()[:8].hex()


def key_record(
    key: PublicKey,
    *,
    not_before: datetime,
    not_after: datetime,
    chain: tuple[str, ...] = (),
    specimen: bool = False,
    use: KeyUse | None = None,
) -> KeyRecord:
    """The record of a public key; unless it is given, its use follows from its type (Ed25519 ``cred``, P-256 ``pdf``).

    Raises:
        ValueError: when a key of that type has no such use.
    """
    public = public_bytes(key)
    usual = KeyUse.CRED if isinstance(key, ed25519.Ed25519PublicKey) else KeyUse.PDF
    use = use or usual
    if ALGORITHM_OF_USE[use] != ALGORITHM_OF_USE[usual]:
        raise ValueError(f"a key of use `{use}` is {ALGORITHM_OF_USE[use]}")
    return KeyRecord(
        kid=key_id(public),
        use=use,
        algorithm=ALGORITHM_OF_USE[use],
        public=base64url(public),
        not_before=not_before,
        not_after=not_after,
        chain=chain,
        specimen=specimen,
    )


def public_key(record: KeyRecord) -> PublicKey:
    """The public key of a record.

    Raises:
        Unreadable: when its bytes are no key of its algorithm.
    """
    return _public_key(record.algorithm, record.public, record.kid)


@lru_cache(maxsize=64)  # an issuer has a few, and every certificate is judged by one of them
def _public_key(algorithm: str, public: str, kid: str) -> PublicKey:
    data = read_base64url(public)
    try:
        if algorithm == ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(data)
        key = serialization.load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unreadable(f"key `{kid}` is not a public key") from error
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == CURVE and public_bytes(key) == data:
        return key
    raise Unreadable(f"key `{kid}` is not on the curve P-256")


@lru_cache(maxsize=64)
def _ed25519_bytes(algorithm: str, public: str, kid: str) -> bytes | None:
    key = _public_key(algorithm, public, kid)
    return public_bytes(key) if isinstance(key, ed25519.Ed25519PublicKey) else None


def verify_signature(record: KeyRecord, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` over ``data`` is by this key: EdDSA, or ECDSA with SHA-256 in DER. Never raises.

    EdDSA goes through libsodium, which takes half of OpenSSL's time and also refuses keys and points of small order.
    """
    try:
        raw = _ed25519_bytes(record.algorithm, record.public, record.kid)
        if raw is not None:
            return len(signature) == _ED25519_SIGNATURE and bool(crypto_sign_open(signature + data, raw) == data)
        key = public_key(record)
        assert isinstance(key, ec.EllipticCurvePublicKey)  # there is no third kind
        key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except (Unreadable, InvalidSignature, BadSignatureError):
        return False
    return True


def usable_at(record: KeyRecord, at: datetime) -> bool:
    """Whether a signature made at that instant counts: inside the window, and before any revocation."""
    if not record.not_before <= at <= record.not_after:
        return False
    return record.revoked_at is None or at < record.revoked_at


def verification_method(record: KeyRecord) -> str:
    """The ``did:key`` verification method of a ``cred`` or ``receipt`` key, as proofs name it.

    Raises:
        ValueError: for a key of another use.
    """
    if record.use is KeyUse.PDF:
        raise ValueError(f"key `{record.kid}` signs documents; proofs need a key of use `cred` or `receipt`")
    return did_key_method(read_base64url(record.public))


def multikey(record: KeyRecord) -> str:
    """The public key of a record as a Multikey."""
    key = public_key(record)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return ed25519_multikey(public_bytes(key))
    compressed = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    return multibase(P256_PREFIX + compressed)
