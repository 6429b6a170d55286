"""A small certificate authority for tests: root, authority, document key; all on P-256, all made here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

AT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
"""When test certificates are signed."""

DAY = timedelta(days=1)
#: Strangers' verifiers ask what holds today, whenever that is.
CENTURY = 36_525


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPki:
    """A document key and its certificates, leaf first, root last."""

    __test__ = False

    key: ec.EllipticCurvePrivateKey
    chain: tuple[str, ...]

    @property
    def root(self) -> str:
        """The root, PEM."""
        return self.chain[-1]

    @property
    def key_pem(self) -> bytes:
        """The document key, unencrypted PKCS#8."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def make_pki(
    name: str = "Test", *, start: datetime = AT - 30 * DAY, days: int = CENTURY, authority: bool = True
) -> TestPki:
    """A fresh root and a document key under it, with an authority between them unless told otherwise."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate(f"{name} Root", root_key, f"{name} Root", root_key, start=start, days=CENTURY, ca=True)
    chain, above, above_key = [root], f"{name} Root", root_key
    if authority:
        above_key, above = ec.generate_private_key(ec.SECP256R1()), f"{name} Authority"
        chain.insert(0, _certificate(above, above_key, f"{name} Root", root_key, start=start, days=CENTURY, ca=True))
    key = ec.generate_private_key(ec.SECP256R1())
    chain.insert(0, _certificate(f"{name} Certificates", key, above, above_key, start=start, days=days, ca=False))
    return TestPki(key=key, chain=tuple(c.public_bytes(serialization.Encoding.PEM).decode() for c in chain))


def make_authority_only(name: str = "Bare") -> TestPki:
    """A root alone, with its key: it may sign certificates, not documents."""
    key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate(f"{name} Root", key, f"{name} Root", key, start=AT - 30 * DAY, days=3650, ca=True)
    return TestPki(key=key, chain=(root.public_bytes(serialization.Encoding.PEM).decode(),))


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    start: datetime,
    days: int,
    ca: bool,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(_usage(ca), critical=True)
    )
    return builder.sign(issuer_key, SHA256())


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sample Academy"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
