"""A document key that an authority issued: taken with its chain, and what cannot sign is refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from certengine.errors import NotFound, Refused
from certengine.model.credential import State
from certengine.services.external_key import read_external_key
from certengine.services.issuing import issue_sitting
from certengine.services.keys import load_keyring, new_keys, open_signers
from certengine.services.register import register_source
from certengine.services.verification import verify_bytes
from tests.services.small_world import NOW, SITTING, acting, passphrase

At = Callable[[str], Path]
SECRET = b"of the file alone"
pytestmark = pytest.mark.slow
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def certificate(
    name: str, key: Key, issuer: str, issuer_key: Key, *, ca: bool, sign: bool = True, days: int = 900
) -> x509.Certificate:
    """One certificate of an authority's chain."""

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    usage = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"))
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=sign and not ca,
                content_commitment=False,
                key_cert_sign=ca,
                crl_sign=ca,
                **{name: name == "key_encipherment" and not sign for name in usage},
            ),
            critical=True,
        )
    )
    return builder.sign(issuer_key, hashes.SHA256())


def seal(
    path: Path, *, rsa_key: bool = False, whole: bool = True, sign: bool = True, days: int = 900, ca: bool = False
) -> Path:
    """A PKCS#12 file as an authority hands it out: leaf, intermediate, root."""
    root, middle = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    leaf: Key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
    top = certificate("Root", root, "Root", root, ca=True, days=4000)
    between = certificate("Between", middle, "Root", root, ca=True, days=2000)
    own = certificate("Academy", leaf, "Between", middle, ca=ca, sign=sign, days=days)
    above = [top, between] if whole else [between]
    data = pkcs12.serialize_key_and_certificates(b"seal", leaf, own, above, BestAvailableEncryption(SECRET))
    path.write_bytes(data)
    return path


def test_certificates_are_signed_and_verified_by_its_chain(at: At) -> None:
    """The authority's root is the one trusted; the window is the certificate's; rotating to our own keeps them valid."""
    root = at("approved")
    path = seal(root / "seal.p12")
    with acting(root) as context:
        external = read_external_key(context, path, SECRET)
        keyring = new_keys(context, passphrase, external=external)
        assert len(external.chain) == 3
        assert keyring.roots == (external.root,)
        assert not (root / "keys" / "root.pem").exists()
        run = issue_sitting(context, SITTING, passphrase)
        assert (len(run.issued), run.failed) == (3, ())
        pdf = (root / "certificates" / "S2630001.pdf").read_bytes()
        assert verify_bytes(pdf, register_source(context), at=NOW).state is State.VALID
    with acting(root, at=_later(external.not_before)) as context:
        new_keys(context, passphrase, rotate=True)
        assert len(load_keyring(context).roots) == 2
        assert verify_bytes(pdf, register_source(context), at=NOW + timedelta(days=9)).state is State.VALID
    assert external.root.startswith("-----BEGIN CERTIFICATE-----")
    assert x509.load_pem_x509_certificate(external.root.encode()).public_bytes(Encoding.DER)


def test_between_two_keys_of_our_own_authority(at: At) -> None:
    """Taken for a while and left again, it leaves our own root where it was: the next key is under that."""
    root = at("keyed")
    with acting(root) as context:
        (own,) = load_keyring(context).roots
        external = read_external_key(context, seal(root / "seal.p12"), SECRET)
        new_keys(context, passphrase, rotate=True, external=external)
    with acting(root, at=NOW + timedelta(days=8)) as context:
        keyring = new_keys(context, passphrase, rotate=True)
        assert keyring.roots == (own, external.root)
        assert open_signers(context, passphrase).pdf.chain[-1] == own


def _later(begin: datetime) -> datetime:
    return begin + timedelta(days=8)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"rsa_key": True}, "no ECDSA key on P-256"),
        ({"whole": False}, "does not reach a self-signed root"),
        ({"sign": False}, "not for signing documents"),
        ({"days": -1}, "is good from"),
        ({"ca": True}, "an authority's own"),
    ],
)
def test_what_cannot_sign_is_refused(at: At, options: dict[str, bool | int], why: str) -> None:
    """Another kind of key, half a chain, a certificate for something else, one that is over, an authority's own."""
    root = at("approved")
    path = seal(root / "seal.p12", **options)  # type: ignore[arg-type]
    with acting(root) as context, pytest.raises(Refused) as error:
        read_external_key(context, path, SECRET)
    assert error.value.code == "key/pkcs12"
    assert why in error.value.message


def test_another_passphrase_and_a_missing_file_are_told_apart(at: At) -> None:
    """Neither leaves a key behind."""
    root = at("approved")
    path = seal(root / "seal.p12")
    with acting(root) as context:
        with pytest.raises(Refused):
            read_external_key(context, path, b"another")
        with pytest.raises(NotFound):
            read_external_key(context, root / "none.p12", SECRET)
    assert not (root / "keys").exists() or list((root / "keys").iterdir()) == []
