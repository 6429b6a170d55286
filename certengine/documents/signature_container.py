"""The container of a document signature (RFC 5652): how it is put together, and read back out of a file by its bytes.

Invariants:

1. There is one form that is written and accepted. Whatever is not an argument is fixed, so a container that equals the one
   rebuilt from its own parts holds nothing that the signature, the signing certificate's digest or the given roots do not
   bind - but for a time stamp, which is judged for itself.
2. A file is read by its bytes: no PDF reader has interpreted anything yet.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from asn1crypto.parser import emit, parse
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certengine.documents.definite_lengths import first_value
from certengine.errors import InputError

MAX_CONTAINER = 64 * 1024
"""Longest signature container, in hex digits, that is looked at."""

_CONTENTS = 4
"""Where a parsed value has its contents."""

_TIME_STAMP = "signature_time_stamp_token"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the base point of P-256 (SEC 2 2.4.2)."""
_RANGE = re.compile(rb"/ByteRange ?\[ ?0 (\d{1,9}) (\d{1,9}) (\d{1,9}) ?\]")
_CAPITAL_HEX = re.compile(rb"<[0-9A-F]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What of a signature cannot be made again: its value by a key on a token, and its time stamp; both DER."""

    signature: bytes
    time_stamp: bytes | None = None


def kept_of(pdf: bytes) -> Kept:
    """What is to be kept of a file that was just signed, so that signing it again gives the same bytes."""
    found = read_signature(pdf)
    return Kept(signature=found.value, time_stamp=found.time_stamp)


def key_id(public_key: object) -> str:
    """The id of a document key: the first 8 bytes of SHA-256 over its SubjectPublicKeyInfo (RFC 5280 4.1.2.7), as hex.

    Args:
        public_key: a public key of `cryptography`, of whatever kind a certificate holds.
    """
    der: bytes = public_key.public_bytes(  # type: ignore[attr-defined]  # the union of all key types has it
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).digest()[:8].hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteSignature:
    """The one signature of a file, as its bytes show it.

    Attributes:
        certificates: those it carries, the signing one first.
        exact: its ranges, its container string and its container are what the issuer's signer writes, to the byte.
        intact: the covered bytes have the signed digest, and the signature value is right.
        value: the signature value, DER.
        time_stamp: the one time stamp its container holds beside what is signed, DER; not looked at here.
        without_stamp: the file as it is without that stamp: what the signature says is the same.
    """

    certificates: tuple[asn1_x509.Certificate, ...]
    exact: bool
    intact: bool
    value: bytes
    time_stamp: bytes | None
    without_stamp: bytes

    @property
    def kid(self) -> str:
        """Key id of the signing certificate."""
        return key_id(_leaf_key(self.certificates))


def read_signature(pdf: bytes) -> ByteSignature:
    """The signature of a file that has one, by its bytes alone.

    Raises:
        Exception: it cannot be decoded.
    """
    found = _RANGE.search(pdf)
    if found is None:
        raise ValueError("the ranges are not written as they must be")
    start, end, tail = (int(number) for number in found.groups())
    if not start < end <= len(pdf) or end - start > MAX_CONTAINER:
        raise ValueError("the ranges do not frame a container")
    text = pdf[start:end]
    padded = bytes.fromhex(text[1:-1].decode("ascii"))
    der = first_value(padded)
    info = cms.ContentInfo.load(der, strict=True)
    signed = info["content"]
    signer = signed["signer_infos"][0]
    certificates = _leaf_first(signed, signer)
    document_digest = hashlib.sha256(pdf[:start] + pdf[end : end + tail]).digest()
    value, token = signer["signature"].native, _token_of(signer)
    attributes = signed_attributes(document_digest, certificates[0])
    rebuilt = container(attributes, certificates, value, token)
    exact = (
        end + tail == len(pdf)
        and _CAPITAL_HEX.fullmatch(text) is not None
        and padded == der + bytes(len(padded) - len(der))
        and rebuilt == der
        and low_form(value) == value
    )
    plain = pdf
    if token is not None:
        bare = container(attributes, certificates, value).hex().upper().encode()
        plain = pdf[: start + 1] + bare.ljust(end - start - 2, b"0") + pdf[end - 1 :]
    return ByteSignature(
        certificates=certificates,
        exact=exact,
        intact=_verifies(signer, certificates, document_digest),
        value=value,
        time_stamp=token,
        without_stamp=plain,
    )


def _token_of(signer: cms.SignerInfo) -> bytes | None:
    """The one time stamp in the unsigned attributes, when nothing else is in them."""
    unsigned = signer["unsigned_attrs"]
    if len(unsigned) != 1 or unsigned[0]["type"].native != _TIME_STAMP or len(unsigned[0]["values"]) != 1:
        return None
    return bytes(unsigned[0]["values"][0].dump())


def _leaf_first(signed: cms.SignedData, signer: cms.SignerInfo) -> tuple[asn1_x509.Certificate, ...]:
    """The certificates of a container, each read anew from its bytes, the one the signer names first."""
    carried = [asn1_x509.Certificate.load(choice.chosen.dump(), strict=True) for choice in signed["certificates"]]
    named = signer["sid"].chosen
    leaf = next(
        one
        for one in carried
        if one.serial_number == named["serial_number"].native and one.issuer.dump() == named["issuer"].dump()
    )
    return (leaf, *(one for one in carried if one is not leaf))


def _leaf_key(certificates: Sequence[asn1_x509.Certificate]) -> ec.EllipticCurvePublicKey:
    key = x509.load_der_x509_certificate(certificates[0].dump()).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InputError("the signing key is not on an elliptic curve", code="pdf-key")
    return key


def _verifies(signer: cms.SignerInfo, certificates: Sequence[asn1_x509.Certificate], document_digest: bytes) -> bool:
    """Whether the signed digest is that of the file, and the signature value is right for the attributes as found."""
    attributes = signer["signed_attrs"]
    stated = [attribute["values"][0].native for attribute in attributes if attribute["type"].native == "message_digest"]
    try:
        _leaf_key(certificates).verify(signer["signature"].native, _set(attributes.contents), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return stated == [document_digest]


def container(
    attributes: bytes, certificates: Sequence[asn1_x509.Certificate], signature: bytes, time_stamp: bytes | None = None
) -> bytes:
    """The signature container of a certificate, DER, in the one form that is written and accepted (RFC 5652 5.1).

    Whatever is not an argument is fixed, so a container that equals the one rebuilt from its own parts holds nothing
    that the signature, the signing certificate's digest or the given roots do not bind. It is put together from bytes:
    a decoded stamp would be encoded again whenever it is handed on, and one whose authority sorted its own parts
    differently took seconds.

    Args:
        attributes: the signed attributes, a SET in DER.
        certificates: the signing certificate first, then those above it.
        signature: the ECDSA signature over the attributes, DER.
        time_stamp: over the digest of ``signature`` (RFC 3161 appendix A), DER.
    """
    stamp = () if time_stamp is None else (_tagged(1, _attribute(_TIME_STAMP, time_stamp)),)
    signer_info = _sequence(
        _VERSION_1,
        _identifier(certificates[0].dump()),
        _DIGEST_ALGORITHM,
        _tagged(0, parse(attributes)[_CONTENTS]),
        _SIGNATURE_ALGORITHM,
        core.OctetString(signature).dump(),
        *stamp,
    )
    signed_data = _sequence(
        _VERSION_1,
        _set(_DIGEST_ALGORITHM),
        _CONTENT_NOT_WITHIN,
        _tagged(0, *sorted(one.dump() for one in certificates)),
        _set(signer_info),
    )
    return _sequence(cms.ContentType("signed_data").dump(), _tagged(0, signed_data))


def signed_attributes(document_digest: bytes, leaf: asn1_x509.Certificate) -> bytes:
    """What the signature value covers, a SET in DER: the digest of the file, and that of the signing certificate.

    The attributes that PAdES B-B requires (ETSI EN 319 142-1 6.3), and the algorithms themselves (RFC 6211).
    """
    digest = _attribute("message_digest", core.OctetString(document_digest).dump())
    return _set(*sorted((digest, *_attributes_about(leaf.dump()))))


@lru_cache(maxsize=4)
def _attributes_about(leaf: bytes) -> tuple[bytes, ...]:
    """The signed attributes that are the same for every file of a signing certificate."""
    algorithms = {"digest_algorithm": {"algorithm": "sha256"}, "signature_algorithm": {"algorithm": "sha256_ecdsa"}}
    certificate = {"certs": [{"cert_hash": hashlib.sha256(leaf).digest()}]}
    fixed = (
        {"type": "content_type", "values": ["data"]},
        {"type": "signing_certificate_v2", "values": [certificate]},
        {"type": "cms_algorithm_protection", "values": [algorithms]},
    )
    return tuple(cms.CMSAttribute(one).dump() for one in fixed)


@lru_cache(maxsize=4)
def _identifier(leaf: bytes) -> bytes:
    """How a signer's part names its certificate: by issuer and serial number (RFC 5652 5.3)."""
    found = asn1_x509.Certificate.load(leaf)
    named = cms.IssuerAndSerialNumber({"issuer": found.issuer, "serial_number": found.serial_number})
    return bytes(named.dump())


def _attribute(name: str, value: bytes) -> bytes:
    return _sequence(cms.CMSAttributeType(name).dump(), _set(value))


def _sequence(*parts: bytes) -> bytes:
    return bytes(emit(0, 1, 16, b"".join(parts)))


def _set(*parts: bytes) -> bytes:
    return bytes(emit(0, 1, 17, b"".join(parts)))


def _tagged(number: int, *parts: bytes) -> bytes:
    return bytes(emit(2, 1, number, b"".join(parts)))


_VERSION_1 = core.Integer(1).dump()
_DIGEST_ALGORITHM = algos.DigestAlgorithm({"algorithm": "sha256"}).dump()
_SIGNATURE_ALGORITHM = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}).dump()
_CONTENT_NOT_WITHIN = cms.EncapsulatedContentInfo({"content_type": "data"}).dump()
"""The file itself is signed, so the container holds no content (RFC 5652 5.2)."""


def low_form(signature: bytes) -> bytes:
    """Of the two equivalent ECDSA signatures on P-256 the one whose second number is the smaller (SEC 1 4.1.3).

    Writing and accepting only one form leaves nobody a second file that verifies.

    Raises:
        ValueError: it is no DER-encoded signature.
    """
    first, second = decode_dss_signature(signature)
    return encode_dss_signature(first, min(second, _P256_ORDER - second))


def reencoded(certificate: asn1_x509.Certificate) -> bytes:
    """A certificate put together again from its signed part: the outer algorithm and the unused bits are not signed."""
    signed = certificate["tbs_certificate"]
    again = asn1_x509.Certificate(
        {
            "tbs_certificate": signed,
            "signature_algorithm": signed["signature"],
            "signature_value": certificate["signature_value"].native,
        }
    )
    return bytes(again.dump())
