"""Signing: what strangers' verifiers say, and what signing leaves alone."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from certengine.documents.pdf_signature import PdfSigner, sign_pdf
from certengine.documents.signature_container import key_id, low_form
from certengine.errors import InputError, Refused
from tests.documents.pki import AT, TestPki, make_pki

RANGES = re.compile(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]")


@pytest.fixture(scope="module")
def pki() -> TestPki:
    """An issuer with a root, an authority and a document key."""
    return make_pki()


@pytest.fixture(scope="module")
def signer(pki: TestPki) -> PdfSigner:
    """That issuer's signer."""
    return PdfSigner(private_key=pki.key_pem, chain=pki.chain)


@pytest.fixture(scope="module")
def plain() -> bytes:
    """An unsigned one-page PDF with metadata."""
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(842, 595))
        with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["dc:title"] = "证书"
        pdf.docinfo["/Title"] = "证书"
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


@pytest.fixture(scope="module")
def signed(plain: bytes, signer: PdfSigner) -> bytes:
    """That PDF, signed."""
    return sign_pdf(plain, signer, at=AT)


@pytest.fixture
def file(signed: bytes, tmp_path: Path) -> Path:
    """The signed PDF as a file."""
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    return path


def said(*command: str | Path) -> str:
    """What a tool prints, on either stream, whatever its exit code."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_poppler_finds_it_valid_trusted_and_whole(file: Path, pki: TestPki, tmp_path: Path) -> None:
    """Poppler's verifier, given the root, calls the signature valid, trusted and over the total document."""
    (tmp_path / "root.pem").write_text(pki.root)
    (tmp_path / "nss").mkdir()
    said("certutil", "-N", "-d", f"sql:{tmp_path}/nss", "--empty-password")
    said("certutil", "-A", "-d", f"sql:{tmp_path}/nss", "-n", "root", "-t", "CT,C,C", "-i", tmp_path / "root.pem")
    report = said("pdfsig", "-nssdir", tmp_path / "nss", file)

    assert "Signature is Valid" in report
    assert "Certificate is Trusted" in report
    assert "Total document signed" in report
    assert "ETSI.CAdES.detached" in report


def test_mupdf_finds_it_unchanged(file: Path) -> None:
    """MuPDF says that nothing changed since signing."""
    assert "unchanged since signing" in said("mutool", "sign", "-v", file)


def test_openssl_verifies_the_container(signed: bytes, pki: TestPki, tmp_path: Path) -> None:
    """OpenSSL verifies the container over the covered bytes with nothing but the root."""
    found = RANGES.search(signed)
    assert found is not None
    start, end, tail = (int(number) for number in found.groups())
    (tmp_path / "sig.der").write_bytes(bytes.fromhex(signed[start + 1 : end - 1].decode()))
    (tmp_path / "covered").write_bytes(signed[:start] + signed[end : end + tail])
    (tmp_path / "root.pem").write_text(pki.root)
    report = said(
        *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "sig.der", "-content"),
        *(tmp_path / "covered", "-CAfile", tmp_path / "root.pem", "-purpose", "any", "-out", "/dev/null"),
        *("-attime", str(int(AT.timestamp()))),
    )

    assert "Verification successful" in report


def test_qpdf_finds_no_fault(file: Path) -> None:
    """The signed file is a clean PDF."""
    assert "No syntax or stream encoding errors found" in said("qpdf", "--check", file)


def test_nothing_but_the_signature_is_added(plain: bytes, signed: bytes) -> None:
    """The original bytes come first, untouched, and the metadata is still the one rendered."""
    with pikepdf.open(io.BytesIO(plain)) as before, pikepdf.open(io.BytesIO(signed)) as after:
        assert signed.startswith(plain)
        assert before.Root.Metadata.read_bytes() == after.Root.Metadata.read_bytes()
        assert dict(before.docinfo) == dict(after.docinfo)


def test_certifies_and_allows_no_change(signed: bytes) -> None:
    """The signature is a certification signature at level 1, stated at the given time."""
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        signature = pdf.Root.Perms.DocMDP
        assert signature.Reference[0].TransformParams.P == 1
        assert signature.M == "D:20261120083000Z"


def test_field_is_off_the_page(signed: bytes) -> None:
    """The signature field shows nothing and lies outside the page, as PDF/UA and PDF/A together demand."""
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        field = pdf.Root.AcroForm.Fields[0]
        assert [int(edge) for edge in field.Rect] == [-9999] * 4
        assert "/AP" not in field


def test_signing_again_gives_the_same_file(plain: bytes, signed: bytes, signer: PdfSigner) -> None:
    """Signing is a function of document, key and time: after a crash the same certificate comes out."""
    assert sign_pdf(plain, signer, at=AT) == signed


def test_other_time_gives_another_file(plain: bytes, signed: bytes, signer: PdfSigner) -> None:
    """The stated time is part of what is signed."""
    assert sign_pdf(plain, signer, at=AT + timedelta(seconds=1)) != signed


def test_signs_inside_a_running_event_loop(plain: bytes, signed: bytes, signer: PdfSigner) -> None:
    """A web worker may sign from within its event loop."""

    async def work() -> bytes:
        return sign_pdf(plain, signer, at=AT)

    assert asyncio.run(work()) == signed


def test_reason_and_place_are_stated(plain: bytes, signer: PdfSigner) -> None:
    """A reason and a place, in Chinese too, stand in the signature."""
    with pikepdf.open(io.BytesIO(sign_pdf(plain, signer, at=AT, reason="发证", location="上海"))) as pdf:
        signature = pdf.Root.Perms.DocMDP
        assert (str(signature.Reason), str(signature.Location)) == ("发证", "上海")


def test_signature_value_is_in_low_form(signed: bytes, signer: PdfSigner) -> None:
    """Of the two equivalent signature values only the smaller is written."""
    found = RANGES.search(signed)
    assert found is not None
    start, end = int(found[1]), int(found[2])
    value = cms.ContentInfo.load(signer.container_for(b"\1" * 32))["content"]["signer_infos"][0]["signature"].native

    assert low_form(value) == value
    assert end - start == 8192 + 2


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
def test_key_is_read_in_either_encoding(pki: TestPki, encoding: serialization.Encoding) -> None:
    """An unencrypted key is read from PEM and from DER, and its id is that of its certificate."""
    data = pki.key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    assert PdfSigner(private_key=data, chain=pki.chain).kid == key_id(pki.key.public_key())


def test_key_of_another_certificate_is_refused(pki: TestPki) -> None:
    """A key that does not belong to the first certificate cannot sign."""
    with pytest.raises(InputError, match="does not belong"):
        PdfSigner(private_key=make_pki("Other").key, chain=pki.chain)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        b"no key at all",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ],
    ids=["p384", "ed25519", "nonsense", "damaged"],
)
def test_other_keys_are_refused(pki: TestPki, key: bytes) -> None:
    """Only P-256 signs documents: Ed25519 signatures fail in most readers."""
    with pytest.raises(InputError, match="document key"):
        PdfSigner(private_key=key, chain=pki.chain)


@pytest.mark.parametrize("chain", [(), ("no certificate",)], ids=["none", "damaged"])
def test_unusable_chains_are_refused(pki: TestPki, chain: tuple[str, ...]) -> None:
    """A signer without readable certificates is refused."""
    with pytest.raises(InputError, match="certificate"):
        PdfSigner(private_key=pki.key, chain=chain)


@pytest.mark.parametrize("at", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)])
def test_outside_the_certificates_window_is_refused(plain: bytes, signer: PdfSigner, at: datetime) -> None:
    """Nothing is signed before or after the certificate's validity."""
    with pytest.raises(Refused, match="not valid on"):
        sign_pdf(plain, signer, at=at)


def test_signed_file_is_not_signed_again(signed: bytes, signer: PdfSigner) -> None:
    """A certificate is signed once; a second signature is refused."""
    with pytest.raises(InputError, match="signature already"):
        sign_pdf(signed, signer, at=AT)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"not a PDF"])
def test_what_is_no_pdf_cannot_be_signed(signer: PdfSigner, data: bytes) -> None:
    """Bytes that are no PDF are refused in words."""
    with pytest.raises(InputError, match="cannot be signed"):
        sign_pdf(data, signer, at=AT)
