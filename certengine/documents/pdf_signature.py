"""PAdES signatures: a finished PDF in, the signed file out.

Invariants:

1. The signature is a certification signature that allows no change (ISO 32000-1 12.8.4, DocMDP P 1), PAdES baseline B-B
   (ETSI EN 319 142-1), ECDSA on P-256 with SHA-256: what every common reader verifies; Ed25519 and RSA-PSS are not.
2. Signing is a function of its arguments: the time is the one given, the nonce is RFC 6979's and the file identifier
   follows from the content, so the same certificate signed again after a crash is the same file.
3. Nothing of the document is touched: metadata, and with it PDF/A and PDF/UA, stay as they were rendered.
4. The key is loaded and matched with its certificate once, when the signer is made; not once a signature.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from certengine.errors import InputError, Refused

BYTES_RESERVED = 8192
"""Room for the signature container, in hex digits; fixed, so that no trial signature is needed to size it."""

FIELD_NAME = "Issuer"

MAX_CONTAINER = 64 * 1024
"""Longest signature container, in hex digits, that is looked at."""

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the base point of P-256 (SEC 2 2.4.2)."""
_RANGE = re.compile(rb"/ByteRange ?\[ ?0 (\d{1,9}) (\d{1,9}) (\d{1,9}) ?\]")
_CAPITAL_HEX = re.compile(rb"<[0-9A-F]*>")


class PdfSigner:
    """An issuer's document key with its certificates, ready to sign.

    Args:
        private_key: a P-256 key, or its PKCS#8 or SEC 1 bytes (PEM or DER) without encryption.
        chain: PEM certificates, leaf first, root last; all of them travel in the signature.

    Raises:
        InputError: the key is no P-256 key, the chain is empty or damaged, or key and leaf do not belong together.
    """

    def __init__(self, *, private_key: bytes | ec.EllipticCurvePrivateKey, chain: Sequence[str]) -> None:
        key = _load_key(private_key) if isinstance(private_key, bytes) else private_key
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise InputError("a document key must be an ECDSA key on P-256", code="pdf-key")
        self.certificates = _load_chain(chain)
        if key.public_key() != self.certificates[0].public_key():
            raise InputError("the document key does not belong to the first certificate of its chain", code="pdf-key")
        self.kid = key_id(self.certificates[0].public_key())
        self._key = key
        self._algorithm = _repeatable()
        self._asn1 = [asn1_x509.Certificate.load(cert.public_bytes(Encoding.DER)) for cert in self.certificates]

    @property
    def leaf(self) -> x509.Certificate:
        """The signing certificate."""
        return self.certificates[0]

    def container_for(self, document_digest: bytes) -> cms.ContentInfo:
        """The signature container over a file whose covered bytes have that SHA-256 digest."""
        attributes = signed_attributes(document_digest, self._asn1[0])
        return container(attributes, self._asn1, low_form(self._key.sign(attributes.dump(), self._algorithm)))


def sign_pdf(
    pdf: bytes, signer: PdfSigner, *, at: datetime, reason: str | None = None, location: str | None = None
) -> bytes:
    """The PDF with a certification signature that covers the whole file.

    It may be called from a running event loop as well as outside one: nothing waits.

    Args:
        pdf: the finished document.
        signer: who signs.
        at: the signing time that is stated, in UTC to the second.
        reason: why, where it is to be stated.
        location: where, likewise.

    Raises:
        Refused: the signing certificate is not valid at that time.
        InputError: the file is no PDF that can be signed, or is signed already.
    """
    stated = at.astimezone(UTC).replace(microsecond=0)
    if not signer.leaf.not_valid_before_utc <= stated <= signer.leaf.not_valid_after_utc:
        raise Refused(
            f"the signing certificate is not valid on {stated:%Y-%m-%d}",
            hint="make a new document key: `certengine key new`",
            code="pdf-certificate-window",
        )
    try:
        return _signed(pdf, signer, stated, reason, location)
    except Exception as error:  # a PDF library raises KeyError, ValueError and its own classes on damaged files
        raise InputError(f"the PDF cannot be signed: {error}", code="pdf-unsignable") from error


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
    """

    certificates: tuple[asn1_x509.Certificate, ...]
    exact: bool
    intact: bool

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
    info = cms.ContentInfo.load(padded)
    der = info.dump()
    signed = info["content"]
    signer = signed["signer_infos"][0]
    certificates = _leaf_first(signed, signer)
    document_digest = hashlib.sha256(pdf[:start] + pdf[end : end + tail]).digest()
    rebuilt = container(signed_attributes(document_digest, certificates[0]), certificates, signer["signature"].native)
    exact = (
        end + tail == len(pdf)
        and _CAPITAL_HEX.fullmatch(text) is not None
        and padded == der + bytes(len(padded) - len(der))
        and rebuilt.dump() == der
        and low_form(signer["signature"].native) == signer["signature"].native
    )
    return ByteSignature(
        certificates=certificates, exact=exact, intact=_verifies(signer, certificates, document_digest)
    )


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
        _leaf_key(certificates).verify(signer["signature"].native, attributes.untag().dump(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return stated == [document_digest]


def container(
    attributes: cms.CMSAttributes, certificates: Sequence[asn1_x509.Certificate], signature: bytes
) -> cms.ContentInfo:
    """The signature container of a certificate, in the one form that is written and accepted (RFC 5652 5.1).

    Whatever is not an argument is fixed, so a container that equals the one rebuilt from its own parts holds nothing
    that the signature, the signing certificate's digest or the given roots do not bind.

    Args:
        attributes: the signed attributes.
        certificates: the signing certificate first, then those above it.
        signature: the ECDSA signature over the attributes, DER.
    """
    leaf = certificates[0]
    signer_info = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": leaf.issuer, "serial_number": leaf.serial_number}},
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signature,
    }
    signed_data = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "data"},
        "certificates": list(certificates),
        "signer_infos": [signer_info],
    }
    return cms.ContentInfo({"content_type": "signed_data", "content": signed_data})


def signed_attributes(document_digest: bytes, leaf: asn1_x509.Certificate) -> cms.CMSAttributes:
    """What the signature value covers: the digest of the file, and the digest of the signing certificate.

    The attributes that PAdES B-B requires (ETSI EN 319 142-1 6.3), and the algorithms themselves (RFC 6211).
    """
    algorithms = {"digest_algorithm": {"algorithm": "sha256"}, "signature_algorithm": {"algorithm": "sha256_ecdsa"}}
    certificate = {"certs": [{"cert_hash": hashlib.sha256(leaf.dump()).digest()}]}
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [document_digest]},
            {"type": "signing_certificate_v2", "values": [certificate]},
            {"type": "cms_algorithm_protection", "values": [algorithms]},
        ]
    )


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


class _OnlyTheSignature(IncrementalPdfFileWriter):
    """An update of a PDF that adds the signature and nothing else: no new dates, no new producer, no random id."""

    def _update_meta(self) -> None:
        """Leave the metadata as rendered; rewriting it would read a clock and disturb the PDF/A identification."""

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> ArrayObject:
        # The first id names the document, the second this revision of it (ISO 32000-1 14.4).
        digest = hashlib.sha256(prev.stream.getbuffer()).digest()[:16]
        first = prev.trailer["/ID"][0].original_bytes if "/ID" in prev.trailer else digest
        return ArrayObject([ByteStringObject(first), ByteStringObject(digest)])


def _signed(pdf: bytes, signer: PdfSigner, at: datetime, reason: str | None, location: str | None) -> bytes:
    writer = _OnlyTheSignature(io.BytesIO(pdf), strict=True)
    if "/AcroForm" in writer.root:
        raise ValueError("it has a form or a signature already")
    signature = SignatureObject(
        timestamp=at, subfilter=SigSeedSubFilter.PADES, reason=reason, location=location, bytes_reserved=BYTES_RESERVED
    )
    # Outside the page: PDF/UA wants every annotation on it tagged, PDF/A forbids to hide one.
    field = SigFieldSpec(
        FIELD_NAME, invis_sig_settings=InvisSigSettings(box_out_of_bounds=True), readable_field_name="issuer signature"
    )
    steps = PdfCMSEmbedder(new_field_spec=field).write_cms(field_name=FIELD_NAME, writer=writer)
    next(steps)
    writer.register_extension(ESIC_EXTENSION_1)
    locked = SigMDPSetup(md_algorithm="sha256", certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    steps.send(SigObjSetup(sig_placeholder=signature, mdp_setup=locked))
    digested, output = steps.send(SigIOSetup(md_algorithm="sha256", in_place=False))
    steps.send(signer.container_for(digested.document_digest))
    return bytes(output.getbuffer())


def _repeatable() -> ec.ECDSA:
    try:
        return ec.ECDSA(SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:  # OpenSSL before 3.2: a random nonce is as good, only not repeatable
        return ec.ECDSA(SHA256())


def _load_key(data: bytes) -> object:
    load = (
        serialization.load_pem_private_key if data.lstrip().startswith(b"-----") else serialization.load_der_private_key
    )
    try:
        return load(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError("the document key cannot be read", code="pdf-key") from error


def _load_chain(chain: Sequence[str]) -> tuple[x509.Certificate, ...]:
    if not chain:
        raise InputError("a document key needs its certificates", code="pdf-chain")
    try:
        return tuple(x509.load_pem_x509_certificate(pem.encode()) for pem in chain)
    except ValueError as error:
        raise InputError("a certificate of the document key cannot be read", code="pdf-chain") from error
