"""A document key that somebody else issued: a PKCS#12 file with key, certificate and the chain above it.

What is taken is what our signatures are made of: an ECDSA key on P-256 whose certificate may sign documents, under a chain
that ends in its self-signed root. That root is what verifiers are told to trust.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from certengine.errors import CertengineError, NotFound, Refused
from certengine.services.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalKey:
    """An externally issued document key with its chain in PEM, leaf first, root last, and the leaf's window."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[str, ...]
    not_before: datetime
    not_after: datetime

    @property
    def root(self) -> str:
        """The certificate that verifiers trust."""
        return self.chain[-1]


def read_external_key(context: Context, path: Path, secret: bytes) -> ExternalKey:
    """The key in a PKCS#12 file.

    Raises:
        NotFound: when the file does not exist.
        Refused: when the passphrase does not open it, or what it holds cannot sign our documents now.
    """
    try:
        loaded = pkcs12.load_pkcs12(path.read_bytes(), secret)
    except FileNotFoundError:
        raise NotFound(f"`{path}` does not exist", hint="check the path", code="file/not-found") from None
    except ValueError:
        raise Refused(
            f"the passphrase does not open `{path}`, or it is no PKCS#12 file",
            hint="the passphrase of the file is asked for apart from that of the keys",
            code="key/pkcs12",
        ) from None
    key, leaf = loaded.key, loaded.cert
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1" or leaf is None:
        raise _unfit(path, "it holds no ECDSA key on P-256 with its certificate", "ask the authority for such a key")
    chain = _chain(path, leaf.certificate, [one.certificate for one in loaded.additional_certs])
    _demand_signer(path, chain[0])
    at = context.clock()
    begin, end = chain[0].not_valid_before_utc, chain[0].not_valid_after_utc
    if not begin <= at < end:
        raise _unfit(path, f"its certificate is good from {begin:%Y-%m-%d} to {end:%Y-%m-%d}", "ask for another")
    pem = tuple(one.public_bytes(Encoding.PEM).decode() for one in chain)
    return ExternalKey(key=key, chain=pem, not_before=max(begin, at), not_after=end)


def _chain(path: Path, leaf: x509.Certificate, above: list[x509.Certificate]) -> list[x509.Certificate]:
    chain = [leaf]
    while chain[-1].issuer != chain[-1].subject:
        higher = next((one for one in above if _issued(one, chain[-1])), None)
        if higher is None or higher in chain:
            raise _unfit(path, "its chain does not reach a self-signed root", "export it with the whole chain")
        chain.append(higher)
    return chain


def _issued(issuer: x509.Certificate, subject: x509.Certificate) -> bool:
    try:
        subject.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001  # a signature that is not good has a class of its own in each backend
        return False
    return True


def _demand_signer(path: Path, leaf: x509.Certificate) -> None:
    try:
        if leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise _unfit(path, "its certificate is an authority's own", "sign with a certificate under it")
    except x509.ExtensionNotFound:
        pass
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or not (usage.digital_signature or usage.content_commitment):
        raise _unfit(path, "its certificate is not for signing documents", "ask for key usage digitalSignature")


def _unfit(path: Path, why: str, hint: str) -> CertengineError:
    return Refused(f"`{path}` cannot sign certificates: {why}", hint=hint, code="key/pkcs12")
