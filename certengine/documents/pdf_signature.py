"""PAdES signatures: a finished PDF in, the signed file out.

Invariants:

1. The signature is a certification signature that allows no change (ISO 32000-1 12.8.4, DocMDP P 1), PAdES baseline B-B
   (ETSI EN 319 142-1), ECDSA on P-256 with SHA-256: what every common reader verifies; Ed25519 and RSA-PSS are not.
2. Signing is a function of its arguments: the time is the one given, the nonce is RFC 6979's and the file identifier
   follows from the content, so the same certificate signed again after a crash is the same file.
3. Nothing of the document is touched: metadata, and with it PDF/A and PDF/UA, stay as they were rendered.
4. The key is loaded and matched with its certificate once, when the signer is made; not once a signature.
5. A time stamp (B-T) is the one thing beside them that a container may hold. It comes from elsewhere and cannot be made
   again, and a key on a token gives another signature each time; so both can be read out of a file (:func:`kept_of`) and
   given back, and then signing is once more a function of its arguments.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from certengine.documents.signature_container import Kept, container, key_id, low_form, signed_attributes
from certengine.documents.time_stamps import MAX_TOKEN
from certengine.errors import CertengineError, InputError, Refused

BYTES_RESERVED = 8192
"""Room for the signature container, in hex digits; fixed, so that no trial signature is needed to size it."""

BYTES_RESERVED_STAMPED = BYTES_RESERVED + 2 * MAX_TOKEN
"""The same for a container with a time stamp."""

FIELD_NAME = "Issuer"


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

    def container_for(self, document_digest: bytes, *, stamp: Stamper | None = None, kept: Kept | None = None) -> bytes:
        """The signature container, DER, over a file whose covered bytes have that SHA-256 digest; see :func:`sign_pdf`."""
        attributes = signed_attributes(document_digest, self._asn1[0])
        if kept is not None:
            return container(attributes, self._asn1, kept.signature, kept.time_stamp)
        value = low_form(self._key.sign(attributes, self._algorithm))
        token = stamp(hashlib.sha256(value).digest()) if stamp is not None else None
        return container(attributes, self._asn1, value, token)


Stamper = Callable[[bytes], bytes]
"""Gives the time stamp (DER) over a SHA-256 digest; raises an error of our own tree when it cannot."""


def sign_pdf(
    pdf: bytes,
    signer: PdfSigner,
    *,
    at: datetime,
    reason: str | None = None,
    location: str | None = None,
    stamp: Stamper | None = None,
    kept: Kept | None = None,
) -> bytes:
    """The PDF with a certification signature that covers the whole file.

    It may be called from a running event loop as well as outside one: nothing waits.

    Args:
        pdf: the finished document.
        signer: who signs.
        at: the signing time that is stated, in UTC to the second.
        reason: why, where it is to be stated.
        location: where, likewise.
        stamp: gives the signature a time stamp (PAdES B-T).
        kept: the signature value and stamp of an earlier run, put in as they are: the key and ``stamp`` are not asked.

    Raises:
        Refused: the signing certificate is not valid at that time.
        InputError: the file is no PDF that can be signed, or is signed already.
        CertengineError: as ``stamp`` does.
    """
    stated = at.astimezone(UTC).replace(microsecond=0)
    if not signer.leaf.not_valid_before_utc <= stated <= signer.leaf.not_valid_after_utc:
        raise Refused(
            f"the signing certificate is not valid on {stated:%Y-%m-%d}",
            hint="make a new document key: `certengine key new`",
            code="pdf-certificate-window",
        )
    try:
        return _signed(pdf, signer, _Wish(at=stated, reason=reason, location=location, stamp=stamp, kept=kept))
    except CertengineError:
        raise
    except Exception as error:  # a PDF library raises KeyError, ValueError and its own classes on damaged files
        raise InputError(f"the PDF cannot be signed: {error}", code="pdf-unsignable") from error


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """How a file is to be signed."""

    at: datetime
    reason: str | None
    location: str | None
    stamp: Stamper | None
    kept: Kept | None

    @property
    def room(self) -> int:
        """Hex digits for the container."""
        stamped = self.stamp is not None if self.kept is None else self.kept.time_stamp is not None
        return BYTES_RESERVED_STAMPED if stamped else BYTES_RESERVED


def _signed(pdf: bytes, signer: PdfSigner, wish: _Wish) -> bytes:
    writer = _OnlyTheSignature(io.BytesIO(pdf), strict=True)
    if "/AcroForm" in writer.root:
        raise ValueError("it has a form or a signature already")
    signature = SignatureObject(
        timestamp=wish.at,
        subfilter=SigSeedSubFilter.PADES,
        reason=wish.reason,
        location=wish.location,
        bytes_reserved=wish.room,
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
    steps.send(signer.container_for(digested.document_digest, stamp=wish.stamp, kept=wish.kept))
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
