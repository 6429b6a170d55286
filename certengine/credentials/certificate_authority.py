"""The issuer's own small X.509 authority: one root, and the P-256 certificates that sign documents.

Invariants:

1. Keys, entropy and times are given; the same values give the same certificate but for its ECDSA signature.
2. The root signs signers only (path length 0); a signer signs documents only (digitalSignature, nonRepudiation).
3. A signer carries no extended key usage: NSS, and so pdfsig, would no longer trust it for documents.
4. A signer's validity lies within its root's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from certengine.credentials.keys import CURVE
from certengine.model.credential import Issuer

ROOT_YEARS = 20

# X.520 gives common and organisation names 64 characters.
_NAME_LENGTH = 64


def issue_root(*, key: ec.EllipticCurvePrivateKey, issuer: Issuer, serial_entropy: bytes, not_before: datetime) -> str:
    """A self-signed root in PEM, valid 20 years from ``not_before``.

    Raises:
        ValueError: for a key off P-256, other than 16 to 19 bytes of entropy, or a naive instant.
    """
    name = _name(issuer, "Root")
    not_after = _years_later(not_before, ROOT_YEARS)
    builder = _builder(key.public_key(), name, name, serial_entropy, (not_before, not_after))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return _signed(builder, key)


def issue_pdf_signer(
    *,
    public_key: ec.EllipticCurvePublicKey,
    issuer: Issuer,
    root: str,
    root_key: ec.EllipticCurvePrivateKey,
    serial_entropy: bytes,
    not_before: datetime,
    not_after: datetime,
) -> str:
    """A certificate in PEM for a key that signs documents, under ``root``.

    Raises:
        ValueError: as :func:`issue_root`, or when the root is another key's or does not outlast the signer.
    """
    if not is_of(root, root_key):
        raise ValueError("the root certificate is not of the root key")
    authority = x509.load_pem_x509_certificate(root.encode())
    within = authority.not_valid_before_utc <= not_before < not_after <= authority.not_valid_after_utc
    if not within:
        raise ValueError("the signer's validity must lie within the root's")
    subject = _name(issuer, "Certificates")
    builder = _builder(public_key, subject, authority.subject, serial_entropy, (not_before, not_after))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    return _signed(builder.add_extension(identifier, critical=False), root_key)


def is_of(certificate: str, key: ec.EllipticCurvePrivateKey) -> bool:
    """Whether a certificate in PEM is of a private key."""
    return x509.load_pem_x509_certificate(certificate.encode()).public_key() == key.public_key()


def outlasts(certificate: str, at: datetime) -> bool:
    """Whether a certificate in PEM is still good at an instant."""
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc >= at


def issue_crl(
    *,
    root: str,
    root_key: ec.EllipticCurvePrivateKey,
    revoked: Sequence[tuple[str, datetime]],
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    """The root's list of certificates withdrawn (RFC 5280 section 5), DER; its number is its second.

    Args:
        revoked: certificates in PEM, each with the instant from which it is withdrawn.

    Raises:
        ValueError: when the root is another key's, or an instant is naive.
    """
    if not is_of(root, root_key):
        raise ValueError("the root certificate is not of the root key")
    authority = x509.load_pem_x509_certificate(root.encode())
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.subject)
    builder = builder.last_update(_aware(this_update)).next_update(_aware(next_update))
    for pem, at in revoked:
        serial = x509.load_pem_x509_certificate(pem.encode()).serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_aware(at))
        builder = builder.add_revoked_certificate(entry.build())
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    builder = builder.add_extension(x509.CRLNumber(int(this_update.timestamp())), critical=False)
    return builder.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _builder(
    public_key: ec.EllipticCurvePublicKey,
    subject: x509.Name,
    authority: x509.Name,
    serial_entropy: bytes,
    validity: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    if public_key.curve.name != CURVE:
        raise ValueError(f"certificates are for keys on the curve P-256, got: {public_key.curve.name}")
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority)
        .public_key(public_key)
        .serial_number(_serial(serial_entropy))
        .not_valid_before(_aware(validity[0]))
        .not_valid_after(_aware(validity[1]))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> str:
    certificate = builder.sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _serial(entropy: bytes) -> int:
    # RFC 5280 section 4.1.2.2: positive, at most 20 octets; a leading 01 keeps it positive and never zero.
    if not 16 <= len(entropy) <= 19:
        raise ValueError(f"a serial number needs 16 to 19 bytes of entropy, got: {len(entropy)}")
    return int.from_bytes(b"\x01" + entropy, "big")


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant must carry its time zone")
    return at


def _name(issuer: Issuer, role: str) -> x509.Name:
    english = issuer.name.best("en")[: _NAME_LENGTH - len(role) - 1]
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, issuer.name.best("zh")[:_NAME_LENGTH]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{english} {role}"),
        ]
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _years_later(at: datetime, years: int) -> datetime:
    # 29 February has no anniversary in most years; the day before is within the promise.
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, day=28)
