"""Previews, and what the second design and photographs do to a certificate."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from certengine.credentials.wording import heading
from certengine.documents.pdf_reading import page_text
from certengine.errors import InputError, NotFound, Refused, UsageError
from certengine.model.credential import State
from certengine.services.issuing import issue_sitting, render_again
from certengine.services.previewing import Previewer, PreviewOf
from certengine.services.register import register_source
from certengine.services.standing import list_certificates
from certengine.services.verification import verify_bytes
from tests.services.small_world import NOW, SCHEME, SITTING, acting, passphrase, rows_of

At = Callable[[str], Path]
pytestmark = pytest.mark.slow


def test_a_preview_is_a_specimen_everywhere(at: At) -> None:
    """It verifies as what it is, says so on the sheet, takes no number and writes nothing down."""
    root = at("issued")
    with acting(root) as context:
        before = rows_of(context)
        Previewer(context).write(PreviewOf(scheme=SCHEME, template="modern", name="𬭸䶮"), root / "look.pdf")
        pdf = (root / "look.pdf").read_bytes()
        verdict = verify_bytes(pdf, register_source(context), at=NOW)
        assert (verdict.state, verdict.specimen) == (State.UNKNOWN, True)
        assert "样张" in heading(verdict).best("zh")
        assert rows_of(context) == before
    text = page_text(pdf)
    assert "SPECIMEN" in text
    assert "𬭸䶮" in text


def test_a_preview_opens_no_key(at: At) -> None:
    """It works where there is no key at all, and where the keys cannot be opened."""
    root = at("approved")
    with acting(root, "a1") as context:
        assert Previewer(context).write(PreviewOf(scheme=SCHEME), root / "look.png") > 10_000
    with Image.open(root / "look.png") as picture:
        assert picture.width > picture.height


@pytest.mark.parametrize(
    ("change", "target", "error"),
    [({"template": "none"}, "a.pdf", NotFound), ({"scheme": "none"}, "a.pdf", NotFound), ({}, "a.txt", UsageError)],
)
def test_what_cannot_be_previewed_is_said(at: At, change: dict[str, str], target: str, error: type[Exception]) -> None:
    """An unknown design, an unknown scheme, a file that is neither PDF nor PNG."""
    root = at("approved")
    with acting(root) as context, pytest.raises(error):
        Previewer(context).write(replace(PreviewOf(scheme=SCHEME), **change), root / target)  # type: ignore[arg-type]


def test_watching_writes_again_at_each_change(at: At) -> None:
    """A mended style sheet shows without a command; a broken page is said and waited for."""
    root = at("approved")
    target, design = root / "look.pdf", root / "templates" / "modern"
    command = [sys.executable, "-m", "certengine_cli", "cert", "preview", SCHEME, "-o", str(target), "--watch"]
    command += ["--template", "modern", "--workspace", str(root)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "CERTENGINE_NO_PROGRESS": "1"}) as ran:
        try:
            first = _written_after(target, 0)
            css = design / "certificate.css"
            css.write_text(css.read_text("utf-8").replace("#0e4c5a", "#5a0e4c"), encoding="utf-8")
            second = _written_after(target, first)
        finally:
            ran.send_signal(signal.SIGINT)
            try:
                told = ran.communicate(timeout=300)[1].decode()
            finally:
                ran.kill()
    assert second > first
    assert told.count("written; waiting") == 2
    assert ran.returncode == 130


def _written_after(path: Path, before: int) -> int:
    for _ in range(1200):
        if path.is_file() and path.stat().st_mtime_ns > before:
            return path.stat().st_mtime_ns
        time.sleep(0.1)
    raise AssertionError("nothing was written")


def photograph(color: tuple[int, int, int]) -> bytes:
    """A picture that could be a photograph."""
    out = io.BytesIO()
    Image.new("RGB", (700, 800), color).save(out, "PNG")
    return out.getvalue()


class TestPhotographs:
    """A photograph in ``photos/`` is printed, bound by its digest, and shown by nothing else."""

    def issued(self, root: Path) -> bytes:
        """The first certificate, of the one candidate with a photograph."""
        (root / "photos").mkdir()
        (root / "photos" / "C1.png").write_bytes(photograph((90, 120, 150)))
        with acting(root) as context:
            run = issue_sitting(context, SITTING, passphrase)
        assert run.failed == ()
        return (root / "certificates" / "S2630001.pdf").read_bytes()

    def test_it_is_on_the_page_and_its_digest_in_the_credential(self, at: At) -> None:
        """Of the candidate who has one; the others' certificates have no place for it."""
        root = at("keyed")
        pdf = self.issued(root)
        with acting(root) as context:
            source = register_source(context)
            photos = [one.credential.photo for one in list_certificates(context)]
            assert verify_bytes(pdf, source, at=NOW).state is State.VALID
        assert [one is not None for one in photos] == [True, False, False]
        with pikepdf.open(io.BytesIO(pdf)) as document:
            sizes = {(int(one.Width), int(one.Height)) for one in document.objects if _is_image(one)}
        assert (413, 531) in sizes
        assert len(pdf) < 120_000

    def test_another_photograph_changes_nothing(self, at: At) -> None:
        """The certificate is made again with the photograph it was reserved with, also when the file is gone."""
        root = at("keyed")
        pdf = self.issued(root)
        (root / "photos" / "C1.png").write_bytes(photograph((200, 30, 30)))
        with acting(root) as context:
            render_again(context, "S2630001", passphrase, root / "copy.pdf")
            assert (root / "copy.pdf").read_bytes() == pdf
            for kept in (root / ".certengine" / "photos").iterdir():
                kept.unlink()
            with pytest.raises(Refused) as error:
                render_again(context, "S2630001", passphrase, root / "copy.pdf")
        assert error.value.code == "certificate/photo"

    def test_no_answer_shows_it(self, at: At) -> None:
        """The claims of a verdict, which are all that pages and JSON show, hold no digest of it."""
        root = at("keyed")
        pdf = self.issued(root)
        with acting(root) as context:
            verdict = verify_bytes(pdf, register_source(context), at=NOW)
            digest = list_certificates(context)[0].credential.photo
        assert verdict.claims is not None
        assert digest is not None
        assert digest not in str(verdict.claims)

    def test_a_file_that_is_no_picture_reserves_nothing(self, at: At) -> None:
        """It is found before a number is taken."""
        root = at("keyed")
        (root / "photos").mkdir()
        (root / "photos" / "C2.jpg").write_bytes(b"no picture")
        with acting(root) as context:
            with pytest.raises(InputError) as error:
                issue_sitting(context, SITTING, passphrase)
            assert (error.value.code, rows_of(context)["certificate"]) == ("image", 0)


def _is_image(thing: object) -> bool:
    return isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image"
