"""Forgeries made of genuine files: what an attacker without the issuer's keys can put together gets nowhere.

Two certificates of one issuer, A and B, and those of another issuer who gives himself the same name and domain.
"""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageDraw
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from certengine.credentials.keys import read_base64url
from certengine.credentials.qr import qr_address
from certengine.documents.qr import qr_png
from certengine.model.credential import State, Verdict
from certengine.services.context import Context
from certengine.services.issuing import issue_sitting
from certengine.services.keys import new_keys
from certengine.services.register import register_source
from certengine.services.standing import list_certificates
from certengine.services.verification import Source, verify_bytes, verify_text
from tests.services.small_world import NOW, SITTING, World, acting, passphrase

pytestmark = pytest.mark.slow


class Issuer:
    """An issuer with certificates: their files, and the texts of their QR codes."""

    def __init__(self, root: Path) -> None:
        with acting(root) as context:
            self.source: Source = register_source(context)
            records = list_certificates(context)
        self.files = [(root / "certificates" / f"{one.credential.number}.pdf").read_bytes() for one in records]
        self.texts = [
            qr_address(
                one.credential.issuer.domain,
                one.credential.code,
                read_base64url(str(one.events[0].details["token"])),
            )
            for one in records
        ]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Where stages are made once."""
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def ours(worlds: World, tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """The issuer that is trusted."""
    return Issuer(worlds.copy("issued", tmp_path_factory.mktemp("ours") / "academy"))


@pytest.fixture(scope="module")
def impostor(worlds: World, tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """Another, with the same name, domain, scheme, numbers and codes, and keys of his own."""
    root = worlds.copy("approved", tmp_path_factory.mktemp("impostor") / "academy")
    with acting(root) as context:
        made(context)
    return Issuer(root)


def made(context: Context) -> None:
    """Keys, and certificates signed with them."""
    new_keys(context, passphrase)
    issue_sitting(context, SITTING, passphrase)


def judged(data: bytes, issuer: Issuer) -> Verdict:
    """The verdict on a file by the register of an issuer."""
    return verify_bytes(data, issuer.source, at=NOW)


def picture(text: str, size: int = 500) -> Image.Image:
    """A QR code as a picture."""
    return Image.open(io.BytesIO(qr_png(text))).convert("RGB").resize((size, size), Image.Resampling.NEAREST)


def page_of(pdf: bytes) -> Image.Image:
    """The first page as a scanner sees it."""
    with pypdfium2.PdfDocument(pdf) as document:
        image: Image.Image = document[0].render(scale=3).to_pil().convert("RGB")
        return image


def as_pdf(image: Image.Image) -> bytes:
    """A picture as a file with one page."""
    file = io.BytesIO()
    image.save(file, "PDF", resolution=216)
    return file.getvalue()


def test_they_are_genuine(ours: Issuer, impostor: Issuer) -> None:
    """Each issuer's files and codes are valid by his own register, else nothing below would mean anything."""
    for issuer in (ours, impostor):
        assert {judged(file, issuer).state for file in issuer.files} == {State.VALID}
        assert {verify_text(text, issuer.source, at=NOW).state for text in issuer.texts} == {State.VALID}


def test_another_issuers_key_with_our_name(ours: Issuer, impostor: Issuer) -> None:
    """The same name, domain, number and code signed by strange keys: no such certificate, and nothing of it is told."""
    for verdict in (judged(impostor.files[0], ours), verify_text(impostor.texts[0], ours.source, at=NOW)):
        assert (verdict.state, verdict.claims) == (State.UNKNOWN, None)


def test_attachment_exchanged(ours: Issuer) -> None:
    """The credential of B inside the file of A, saved anew: the file's own signature is lost, and that is said."""
    with pikepdf.open(io.BytesIO(ours.files[1])) as other:
        credential = other.attachments["credential.json"].get_file().read_bytes()
    with pikepdf.open(io.BytesIO(ours.files[0])) as pdf:
        pdf.attachments["credential.json"] = pikepdf.AttachedFileSpec(pdf, credential, filename="credential.json")
        file = io.BytesIO()
        pdf.save(file)

    assert judged(file.getvalue(), ours).state in {State.TAMPERED, State.UNREADABLE}


def appended(pdf: bytes, change: str) -> bytes:
    """A file with a revision after the signature that changes what its page shows."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    if change == "page":
        page["/MediaBox"] = generic.ArrayObject([generic.NumberObject(value) for value in (0, 0, 200, 200)])
    else:
        stream = generic.StreamObject(stream_data=b"q 1 0 0 rg 0 0 600 900 re f Q")
        content = page.raw_get("/Contents")
        old = list(page["/Contents"]) if isinstance(page["/Contents"], generic.ArrayObject) else [content]
        page["/Contents"] = generic.ArrayObject([*old, writer.add_object(stream)])
    writer.update_container(page)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@pytest.mark.parametrize("change", ["page", "content"])
def test_revision_appended_after_signing(ours: Issuer, change: str) -> None:
    """What is seen was changed after the signature: the signed part is intact, and the file is not genuine."""
    changed = appended(ours.files[0], change)

    assert changed.startswith(ours.files[0])
    assert judged(changed, ours).state is State.TAMPERED


def test_code_of_a_on_the_file_of_b(ours: Issuer) -> None:
    """A's genuine QR code, drawn over B's page: as an appended revision it is found; as a scan it is A's certificate."""
    page = page_of(ours.files[1])
    width, height = page.size
    ImageDraw.Draw(page).rectangle((0, height // 2, width, height), fill="white")
    page.paste(picture(ours.texts[0]), (60, height - 600))
    scan = judged(as_pdf(page), ours)
    photograph = io.BytesIO()
    page.save(photograph, "PNG")
    by_picture = verify_bytes(photograph.getvalue(), ours.source, at=NOW)
    own = verify_text(ours.texts[0], ours.source, at=NOW)

    assert judged(appended(ours.files[1], "content"), ours).state is State.TAMPERED
    # A scan proves nothing of its page: it is never valid. What the code says is A's, to be held against the paper.
    assert scan.state is State.UNCHECKED
    assert own.claims is not None
    assert by_picture.claims is not None
    assert by_picture.claims["holder"] == own.claims["holder"] != verify_text(ours.texts[1], ours.source, at=NOW).claims


def test_two_codes_in_one_photograph(ours: Issuer) -> None:
    """A's and B's codes in a photograph: neither is the answer about the other."""
    both = Image.new("RGB", (1300, 700), "white")
    both.paste(picture(ours.texts[0]), (60, 60))
    both.paste(picture(ours.texts[1]), (700, 60))
    photograph = io.BytesIO()
    both.save(photograph, "PNG")
    verdict = judged(photograph.getvalue(), ours)

    assert (verdict.state, verdict.claims) == (State.UNREADABLE, None)
    assert "several certificates" in verdict.checks[0].detail.best("en")


@pytest.mark.parametrize("data", [b"\0\0\0\x18ftypheic" + bytes(500), b"II*\0" + bytes(500), b"GIF89a\1\0\1\0"])
def test_a_file_of_another_kind_is_told_which_kinds_are_read(ours: Issuer, data: bytes) -> None:
    """A photograph as a phone keeps it, say: that it holds no code would send people looking for a mistake in theirs."""
    verdict = judged(data, ours)

    assert verdict.state is State.UNREADABLE
    assert "no PDF, no PNG, JPEG or WebP picture" in verdict.checks[0].detail.best("en")


def test_two_codes_on_one_page(ours: Issuer) -> None:
    """A's and B's codes on one page do not vouch for each other."""
    page = Image.new("RGB", (1300, 700), "white")
    page.paste(picture(ours.texts[0]), (60, 60))
    page.paste(picture(ours.texts[1]), (700, 60))

    assert judged(as_pdf(page), ours).state is State.TAMPERED


def test_token_of_a_behind_the_code_of_b(ours: Issuer) -> None:
    """B's address with A's signed part: the parts do not say the same."""
    text = f"{ours.texts[1].partition('#')[0]}#{ours.texts[0].partition('#')[2]}"

    assert verify_text(text, ours.source, at=NOW).state is State.TAMPERED
