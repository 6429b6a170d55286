"""Reading what strangers hand in: one changed byte never passes, and nothing raises."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import random
import re
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from certengine.canonical import digest_of_bytes, instant_text
from certengine.documents.foreign_pdf import MAX_BYTES, MAX_PAGES
from certengine.documents.layout import Typesetter
from certengine.documents.pdf_reading import gather_evidence, page_text, seen_on_page
from certengine.documents.pdf_signature import BYTES_RESERVED, PdfSigner, sign_pdf
from certengine.documents.qr import qr_png
from certengine.errors import InputError
from certengine.model.credential import PdfEvidence
from tests.documents.pki import AT, CENTURY, DAY, TestPki, make_authority_only, make_pki

pytestmark = pytest.mark.slow

CREDENTIAL = '{"name": "张晓明"}'.encode()
ADDRESS = "HTTPS://VERIFY.EXAMPLE.ORG/C/0123456789ABCDEFGHJKMNPQRS#ABCDEFGH"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PKI = make_pki()
SIGNER = PdfSigner(private_key=PKI.key, chain=PKI.chain)


def plain_pdf(
    *, attachments: tuple[tuple[str, bytes], ...] = (("credential.json", CREDENTIAL),), pages: int = 1
) -> bytes:
    """An unsigned PDF with a QR code, a line of text and attachments."""
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page(page_size=(595, 842))
        page = pdf.pages[0]
        code = Image.open(io.BytesIO(qr_png(ADDRESS)))
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        picture = pikepdf.Stream(pdf, code.tobytes())
        picture.update(
            {
                "/Type": pikepdf.Name.XObject,
                "/Subtype": pikepdf.Name.Image,
                "/Width": code.width,
                "/Height": code.height,
            }
        )
        picture.update({"/ColorSpace": pikepdf.Name.DeviceGray, "/BitsPerComponent": 1})
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Q=picture), Font=pikepdf.Dictionary(F=font))
        page.Contents = pikepdf.Stream(pdf, b"q 102 0 0 102 300 300 cm /Q Do Q BT /F 20 Tf 50 700 Td (Zhang) Tj ET")
        for number, (name, data) in enumerate(attachments):
            pdf.attachments[f"{number}"] = pikepdf.AttachedFileSpec(
                pdf, data, filename=name, description="", mime_type="", creation_date="", mod_date=""
            )
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


PLAIN = plain_pdf()
SIGNED = sign_pdf(PLAIN, SIGNER, at=AT)
START, END, TAIL = (int(number) for number in re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", SIGNED).groups())  # type: ignore[union-attr]  # it is there
USED = len(cms.ContentInfo.load(bytes.fromhex(SIGNED[START + 1 : END - 1].decode())).dump()) * 2


def seen(pdf: bytes, pki: TestPki = PKI, *, read_qr: bool = False) -> PdfEvidence:
    """The evidence of a PDF under one issuer's root."""
    return gather_evidence(pdf, roots=[pki.root], at=AT + DAY, read_qr=read_qr)


def passes(evidence: PdfEvidence) -> bool:
    """Whether the evidence alone would let a certificate through."""
    return evidence.intact and evidence.whole and evidence.trusted


def english(evidence: PdfEvidence) -> str:
    """The problem named, in English, or nothing."""
    return evidence.problem.best("en") if evidence.problem else ""


def with_container(container: cms.ContentInfo) -> bytes:
    """The signed file with another container in the same room."""
    text: bytes = container.dump(force=True).hex().upper().ljust(BYTES_RESERVED, "0").encode()
    return SIGNED[: START + 1] + text + SIGNED[END - 1 :]


def own_container() -> cms.ContentInfo:
    """The container of the signed file, to be changed."""
    return cms.ContentInfo.load(bytes.fromhex(SIGNED[START + 1 : END - 1].decode()))


def test_everything_is_found() -> None:
    """A genuine certificate gives all evidence and no problem."""
    assert seen(SIGNED, read_qr=True) == PdfEvidence(
        digest="sha256:" + hashlib.sha256(SIGNED).hexdigest(),
        readable=True,
        signed=True,
        whole=True,
        intact=True,
        signer_kid=SIGNER.kid,
        trusted=True,
        signed_at=AT,
        credential=CREDENTIAL,
        qr_texts=(ADDRESS,),
    )


def test_no_single_byte_can_change() -> None:
    """At 500 places, in every region of the file and of the container, another byte never passes."""
    chance = random.Random(20261122)
    places = {
        *chance.sample(range(START), 60),
        *range(START - 2, START + 60),
        *chance.sample(range(START + 1, START + USED), 220),
        *range(START + USED - 150, START + USED + 4),
        *chance.sample(range(START + USED, END), 20),
        *range(END - 2, END + 30),
        *chance.sample(range(END, len(SIGNED)), 40),
    }
    changed = bytearray(SIGNED)
    for place in sorted(places):
        others = {SIGNED[place] ^ 0x20, SIGNED[place] ^ 1, ord(chance.choice("0123456789ABCDEF"))} - {SIGNED[place]}
        changed[place] = chance.choice(sorted(others))
        assert not passes(seen(bytes(changed))), place
        changed[place] = SIGNED[place]
    assert len(places) >= 500


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, len(SIGNED) - 1), value=st.integers(0, 255))
def test_no_random_byte_can_change(place: int, value: int) -> None:
    """Whichever byte is set to whichever value: the certificate passes only if nothing changed."""
    changed = SIGNED[:place] + bytes([value]) + SIGNED[place + 1 :]

    assert passes(seen(changed)) == (changed == SIGNED)


def test_small_hex_letters_are_refused() -> None:
    """The container in small hex letters says the same to readers, but is another file."""
    small = SIGNED[:START] + SIGNED[START:END].lower() + SIGNED[END:]

    assert not seen(small).whole
    assert english(seen(small)) == "the file holds more than what was signed"


def test_anything_in_the_padding_is_refused() -> None:
    """Bytes hidden behind the container are no part of the signature, so they are refused."""
    hidden = SIGNED[: END - 9] + b"DEADBEEF" + SIGNED[END - 1 :]

    assert not seen(hidden).whole


def test_unsigned_attributes_are_refused() -> None:
    """An attribute added outside the signature value is refused although the signature still verifies."""
    container = own_container()
    container["content"]["signer_infos"][0]["unsigned_attrs"] = [{"type": "1.2.3.4", "values": [core.Integer(1)]}]
    evidence = seen(with_container(container))

    assert (evidence.intact, evidence.whole) == (True, False)


def test_foreign_certificates_in_the_container_are_refused() -> None:
    """A certificate added to the container, on no path to the root, makes the file untrusted."""
    container = own_container()
    other = PdfSigner(private_key=(stranger := make_pki("Other")).key, chain=stranger.chain)
    extra = cms.ContentInfo.load(other.container_for(b"\0" * 32))["content"]["certificates"][0]
    container["content"]["certificates"].append(extra)

    assert not passes(seen(with_container(container)))


def test_the_twin_of_a_signature_value_is_refused() -> None:
    """ECDSA knows two values for each signature; the one that is never written does not pass."""
    container = own_container()
    signer = container["content"]["signer_infos"][0]
    first, second = decode_dss_signature(signer["signature"].native)
    signer["signature"] = encode_dss_signature(first, P256_ORDER - second)
    evidence = seen(with_container(container))

    assert (evidence.intact, evidence.whole) == (True, False)


@pytest.mark.parametrize("tail", [b"\n", b"%", b"junk", b"\n%%EOF\n"])
def test_appended_bytes_are_refused(tail: bytes) -> None:
    """Bytes after the signed end leave the signed part intact but the file not whole."""
    evidence = seen(SIGNED + tail)

    assert (evidence.intact, evidence.whole) == (True, False)


def test_later_revision_is_refused() -> None:
    """A revision written after the signature, here a larger page, leaves the file not whole."""
    writer = IncrementalPdfFileWriter(io.BytesIO(SIGNED))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = NumberObject(90)  # type: ignore[no-untyped-call]  # pyHanko's
    writer.mark_update(page.container_ref)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # pyHanko's
    evidence = seen(out.getvalue())

    assert (evidence.signed, evidence.intact, evidence.whole) == (True, True, False)


def test_truncated_file_is_refused() -> None:
    """A file cut off anywhere near its end never passes."""
    assert not any(passes(seen(SIGNED[:-cut])) for cut in (1, 2, 7, 100, 600, 5000))


def test_second_signature_is_refused() -> None:
    """Exactly one signature is expected; a second field that names ranges makes it none."""
    evidence = seen(SIGNED + b"\n%/ByteRange [0 1 2 3]\n")

    assert (evidence.signed, english(evidence)) == (False, "the file has more than one signature")


def test_unsigned_file_says_so() -> None:
    """An unsigned PDF is readable, shows its credential and codes, and is not signed."""
    evidence = seen(PLAIN, read_qr=True)

    assert (evidence.readable, evidence.signed, evidence.credential) == (True, False, CREDENTIAL)
    assert evidence.qr_texts == (ADDRESS,)
    assert english(evidence) == "the file has no signature"


def test_other_issuer_is_not_trusted() -> None:
    """A right signature by somebody else is intact and whole, and not trusted."""
    evidence = seen(SIGNED, make_pki("Other"))

    assert (evidence.intact, evidence.whole, evidence.trusted) == (True, True, False)
    assert evidence.signer_kid == SIGNER.kid


def test_same_name_does_not_make_it_trusted() -> None:
    """An impostor whose certificates carry the issuer's very names is not trusted."""
    impostor = make_pki()
    forged = sign_pdf(PLAIN, PdfSigner(private_key=impostor.key, chain=impostor.chain), at=AT)

    assert not seen(forged).trusted


def test_no_roots_trust_nothing() -> None:
    """Without roots nothing is trusted; the system's roots are never asked."""
    assert not gather_evidence(SIGNED, roots=[], at=AT, read_qr=False).trusted


def test_unreadable_root_trusts_nothing() -> None:
    """A root that cannot be read is no reason to trust, and no reason to fail."""
    assert not passes(gather_evidence(SIGNED, roots=["no certificate"], at=AT, read_qr=False))


def test_expired_key_stays_verifiable() -> None:
    """Certificates are checked at the stated time: long after the key's end the signature still counts."""
    assert passes(gather_evidence(SIGNED, roots=[PKI.root], at=AT + 2 * CENTURY * DAY, read_qr=False))


def test_time_outside_the_certificate_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature that states a time at which its certificate was not valid is not trusted."""
    late = make_pki("Late", start=AT + DAY)
    signer = PdfSigner(private_key=late.key, chain=late.chain)
    unhindered = PdfSigner(private_key=late.key, chain=late.chain)
    monkeypatch.setattr(unhindered, "certificates", SIGNER.certificates)  # our own signer would refuse the time
    evidence = seen(sign_pdf(PLAIN, unhindered, at=AT), late)

    assert signer.kid == evidence.signer_kid
    assert (evidence.intact, evidence.whole, evidence.trusted) == (True, True, False)


def test_certificate_that_may_not_sign_is_not_trusted() -> None:
    """The authority's own key, which may sign certificates only, signs no documents."""
    bare = make_authority_only()
    evidence = seen(sign_pdf(PLAIN, PdfSigner(private_key=bare.key, chain=bare.chain), at=AT), bare)

    assert (evidence.intact, evidence.whole, evidence.trusted) == (True, True, False)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking opens no connection and looks up no name."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert passes(seen(SIGNED))


def test_works_inside_a_running_event_loop() -> None:
    """The endpoint may gather evidence from within its event loop."""

    async def work() -> PdfEvidence:
        return seen(SIGNED)

    assert passes(asyncio.run(work()))


def test_nothing_reaches_the_terminal(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """Damaged and foreign files leave no traceback behind."""
    with caplog.at_level(logging.CRITICAL):
        seen(SIGNED, make_pki("Other"), read_qr=True)
        seen(SIGNED[:-300], read_qr=True)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "the file is not a PDF"),
        (b"\x89PNG\r\n", "the file is not a PDF"),
        (b"%PDF-1.7\nnothing else", "the file cannot be read as a PDF"),
        (b"%PDF-" + bytes(MAX_BYTES), "the file is larger than 10 MB"),
        (plain_pdf(pages=MAX_PAGES + 1), f"the file has more than {MAX_PAGES} pages"),
    ],
    ids=["empty", "picture", "damaged", "large", "pages"],
)
def test_unusable_files_are_unreadable(data: bytes, problem: str) -> None:
    """What is no PDF, or beyond the limits, is not readable, and the reason is named."""
    evidence = seen(data, read_qr=True)

    assert evidence == PdfEvidence(digest=digest_of_bytes(data), problem=evidence.problem)
    assert english(evidence) == problem


@pytest.mark.parametrize("password", ["", "secret"])
def test_encrypted_files_are_unreadable(password: str) -> None:
    """An encrypted PDF is refused, with or without a password to open it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=password))

    assert english(seen(out.getvalue())) == "the file is encrypted"


def bomb(make: Callable[[pikepdf.Pdf], None]) -> bytes:
    """A PDF to which something costly was added."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        make(pdf)
        pdf.save(out)
    return out.getvalue()


def compressed_bomb(pdf: pikepdf.Pdf) -> None:
    """A page content of 300 MB in 300 kB."""
    packer = zlib.compressobj(9)
    data = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(300)), packer.flush()])
    pdf.pages[0].Contents = pikepdf.Stream(pdf, data, Filter=pikepdf.Name.FlateDecode)


def picture_bomb(pdf: pikepdf.Pdf) -> None:
    """A picture that claims ten thousand million pixels."""
    pdf.pages[0].Resources.XObject.Q.Width = 100_000
    pdf.pages[0].Resources.XObject.Q.Height = 100_000


def object_bomb(pdf: pikepdf.Pdf) -> None:
    """Very many objects."""
    pdf.Root.Many = pikepdf.Array([pdf.make_indirect(pikepdf.Array([number])) for number in range(20_500)])


@pytest.mark.parametrize("make", [compressed_bomb, picture_bomb, object_bomb])
def test_bombs_are_unreadable(make: Callable[[pikepdf.Pdf], None]) -> None:
    """A small file that would unfold into something huge is refused before anything draws it."""
    assert english(seen(bomb(make), read_qr=True)) == "the file holds too much"


def test_huge_page_is_drawn_small() -> None:
    """A page of 5 x 5 metres is drawn within the pixel limit, not at full resolution."""

    def enlarge(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].mediabox = pikepdf.Array([0, 0, 14400, 14400])

    assert seen(bomb(enlarge), read_qr=True).readable


@pytest.mark.parametrize(
    ("attachments", "expected"),
    [
        ((), None),
        ((("other.json", b"{}"),), None),
        ((("credential.json", b"{}"), ("other.txt", b"x")), b"{}"),
        ((("credential.json", b"{}"), ("credential.json", b"[]")), None),
        ((("credential.json", bytes(1024 * 1024 + 1)),), None),
    ],
    ids=["none", "other", "beside-another", "two", "large"],
)
def test_only_one_bounded_credential_is_taken(
    attachments: tuple[tuple[str, bytes], ...], expected: bytes | None
) -> None:
    """The credential is the one attachment of that name; two of them, or a huge one, are none."""
    assert seen(plain_pdf(attachments=attachments)).credential == expected


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_never_raises_on_damage(data: st.DataObject) -> None:
    """Whatever is overwritten, cut out or cut off, evidence comes back and does not pass."""
    start = data.draw(st.integers(0, len(SIGNED) - 1))
    length = data.draw(st.integers(1, 400))
    damaged = SIGNED[:start] + data.draw(st.binary(max_size=40)) + SIGNED[start + length :]

    assert passes(seen(damaged, read_qr=False)) == (damaged == SIGNED)


def test_page_text_is_what_a_reader_copies() -> None:
    """The text of the first page comes back as text."""
    assert page_text(SIGNED).strip() == "Zhang"


def test_page_text_of_no_pdf_is_refused() -> None:
    """Bytes that are no PDF have no text."""
    with pytest.raises(InputError, match="cannot be read as a PDF"):
        page_text(b"nothing")


_OUT_OF_FILES = """
import os, resource, sys
from pathlib import Path
from certengine.canonical import parse_instant
from certengine.documents.pdf_reading import gather_evidence
from certengine.errors import CannotTell
pdf, root, at = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]).read_text(), parse_instant(sys.argv[3])
print(gather_evidence(pdf, roots=[root], at=at, read_qr=False).intact)
lowest = os.dup(0)
os.close(lowest)
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, lowest))
try:
    print(gather_evidence(pdf, roots=[root], at=at, read_qr=False))
except CannotTell as error:
    print(error.code)
"""


def test_a_machine_out_of_files_makes_no_forgery(tmp_path: Path) -> None:
    """A file that is whole so far is not called altered because no file handle is left to check it a second time."""
    (tmp_path / "signed.pdf").write_bytes(SIGNED)
    (tmp_path / "root.pem").write_text(PKI.root)
    command = [sys.executable, "-c", _OUT_OF_FILES, "signed.pdf", "root.pem", instant_text(AT)]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ["True", "cannot-tell"] == done.stdout.split()


def test_a_code_within_a_group_is_seen(typesetter: Typesetter) -> None:
    """A design may draw its QR code half transparent, which puts it into a group: it is read from there."""
    html = "<html lang=zh><title>码</title><p>码</p><div style='opacity: 0.99'><img src='asset:qr' alt=码></div>"
    css = "@page { size: A5 } img { width: 40mm; image-rendering: pixelated }"
    pdf = typesetter.pdf(html, stylesheets=[css], images={"qr": qr_png(ADDRESS)})

    assert seen_on_page(pdf)[1] == (ADDRESS,)
