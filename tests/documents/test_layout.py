"""Laying out HTML: nothing is fetched, nothing is left out in silence, and the bytes come out the same."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from certengine.documents import layout
from certengine.documents.fonts import FontSet
from certengine.documents.layout import Attachment, Typesetter
from certengine.documents.qr import qr_png
from certengine.errors import InputError, Refused

pytestmark = [
    pytest.mark.slow,
    # WeasyPrint leaves its colour profile to be closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

SECRET = b"canary-7f3a9c-of-a-private-file"
CSS = '@page { size: A5 } body { font-family: "Certengine Serif", "Noto Serif CJK SC" }'
ATTEMPTS = {
    "img": '<img src="{url}">',
    "link attachment": '<link rel="attachment" href="{url}">',
    "anchor attachment": '<a rel="attachment" href="{url}">x</a>',
    "style sheet": '<link rel="stylesheet" href="{url}">',
    "import": '<style>@import url("{url}");</style>',
    "background": '<p style="background: url({url})">x</p>',
    "list image": '<ul style="list-style-image: url({url})"><li>x</ul>',
    "content": '<style>p::before {{ content: url("{url}") }}</style><p>x</p>',
    "font face": '<style>@font-face {{ font-family: x; src: url("{url}") }}</style><p>x</p>',
    "border image": '<p style="border: 3px solid; border-image: url({url}) 3">x</p>',
    "object": '<object data="{url}"></object>',
    "embed": '<embed src="{url}">',
    "inline svg": '<svg width="9" height="9"><image href="{url}" width="9" height="9"/></svg>',
    "base": '<base href="{url}"><img src="y.png">',
}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A private file."""
    file = tmp_path / "private.txt"
    file.write_bytes(SECRET)
    return file


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and the list of requests that reached it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET)

        def log_message(self, *args: Any) -> None:
            """Stay quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/x.png", asked
        http.shutdown()
        thread.join()


def laid_out_bytes(typesetter: Typesetter, html: str, **given: Any) -> tuple[list[bytes], InputError | None]:
    """Every object of the PDF as it was about to be written, and the error that stopped it from being returned."""
    objects: list[bytes] = []

    def keep(document: Any, pdf: Any) -> None:
        objects.extend(bytes(entry.data) for entry in pdf.objects if entry.free != "f")

    try:
        typesetter.pdf(html, stylesheets=[CSS], finisher=keep, **given)
    except InputError as error:
        return objects, error
    return objects, None


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_no_file_is_read(attempt: str, typesetter: Typesetter, secret: Path) -> None:
    """A document that names a file is refused, and nothing of the file reached the PDF."""
    objects, error = laid_out_bytes(typesetter, attempt.format(url=secret.as_uri()))

    assert error is not None
    assert error.code == "documents/address-refused"
    assert [data for data in objects if SECRET in data] == []


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_no_request_is_made(attempt: str, typesetter: Typesetter, server: tuple[str, list[str]]) -> None:
    """A document that names a network address is refused, and no request was made."""
    url, asked = server

    objects, error = laid_out_bytes(typesetter, attempt.format(url=url))

    assert asked == []
    assert error is not None
    assert [data for data in objects if SECRET in data] == []


@pytest.mark.parametrize(
    "url", ["data:text/html,<p>x", "data:image/png;base64,AAAA", "picture.png", "/etc/hostname", "asset:other"]
)
def test_other_addresses_are_refused(url: str, typesetter: Typesetter) -> None:
    """Data addresses, relative ones and assets that were not given are refused like any other."""
    with pytest.raises(InputError, match="1 addresses it may not use"):
        typesetter.pdf(f'<img src="{url}">', stylesheets=[CSS], images={"qr": qr_png("A")})


def test_svg_does_not_use_another_file(typesetter: Typesetter, server: tuple[str, list[str]]) -> None:
    """A drawing that refers to another file's parts is drawn without them: nothing is asked for."""
    url, asked = server

    objects, _ = laid_out_bytes(typesetter, f'<svg width="9" height="9"><use href="{url}#a"/></svg>')

    assert asked == []
    assert [data for data in objects if SECRET in data] == []


def test_every_refusal_is_counted(typesetter: Typesetter) -> None:
    """All refused addresses are reported at once."""
    with pytest.raises(InputError, match="2 addresses") as caught:
        typesetter.pdf('<img src="file:///a"><img src="http://b.invalid/">', stylesheets=[CSS])

    assert [finding.message for finding in caught.value.findings] == [
        "address `file:///a` is refused",
        "address `http://b.invalid/` is refused",
    ]


def test_refused_style_sheet_is_refused_again(typesetter: Typesetter) -> None:
    """A style sheet with a refused address is not kept: every use of it is refused."""
    for _ in range(2):
        with pytest.raises(InputError, match="addresses"):
            typesetter.pdf("<p>x", stylesheets=["@import url(http://a.invalid/);"])


def test_asset_is_shown(typesetter: Typesetter) -> None:
    """A picture handed in by name is in the PDF."""
    pdf = typesetter.pdf('<img src="asset:qr" alt="">', stylesheets=[CSS], images={"qr": qr_png("K7QP-2001")})

    with pikepdf.open(BytesIO(pdf)) as document:
        assert [int(image.Width) for image in document.pages[0].get_images().values()] == [29]


def test_broken_picture_is_an_error(typesetter: Typesetter) -> None:
    """A picture that cannot be read is an error, not an empty place."""
    with pytest.raises(InputError, match="a part of the document") as caught:
        typesetter.pdf('<img src="asset:qr">', stylesheets=[CSS], images={"qr": b"not a picture"})

    assert "asset:qr" in str(caught.value.findings[0])


def test_character_without_a_glyph_is_an_error(typesetter: Typesetter) -> None:
    """A character that no font can show is named, and not printed as an empty box."""
    with pytest.raises(InputError, match=r"no font of this system can show the characters U\+E000"):
        typesetter.pdf("<p>王\ue000</p>", stylesheets=[CSS])


def test_a_font_that_cannot_be_read_is_an_error(fonts: FontSet, tmp_path: Path) -> None:
    """No page is laid out in another font than ours because a disk failed when ours was read."""
    gone = replace(fonts.faces[0], file=tmp_path / "gone.ttf")
    with pytest.raises(Refused) as caught:
        Typesetter(FontSet(faces=(gone, *fonts.faces[1:])))
    assert caught.value.code == "documents/font-not-loaded"


def test_rare_character_of_a_name_is_shown(typesetter: Typesetter, mupdf: Any) -> None:
    """Characters outside GB 2312 come from the system's whole font and read back in MuPDF."""
    assert "喆堃䶮𬭸" in mupdf(typesetter.pdf("<p>喆堃䶮𬭸</p>", stylesheets=[CSS]))


def test_attachment_states_what_was_given(typesetter: Typesetter) -> None:
    """An attachment keeps its name, bytes, relationship and stated time."""
    made = Attachment(name="credential.json", content=b"{}", at=datetime(2026, 11, 22, 8, 30, tzinfo=UTC))

    pdf = typesetter.pdf("<p>x", stylesheets=[CSS], attachments=[made], variant="pdf/a-3b")

    with pikepdf.open(BytesIO(pdf)) as document:
        found = document.attachments["credential.json"]
        assert found.get_file().read_bytes() == b"{}"
        assert str(found.obj.AFRelationship) == "/Alternative"
        assert found.get_file().creation_date == made.at


def test_same_bytes_in_another_process(typesetter: Typesetter, tmp_path: Path) -> None:
    """Another process, with another seed for its hashes, lays out the same bytes."""
    html = "<html lang=zh><title>样卷</title><h1>电工 <b>Electrician</b></h1><p>10 kΩ ± 5%</p>"
    script = (
        "import sys, hashlib; from certengine.documents.fonts import *; from certengine.documents.layout import *;"
        "pdf = Typesetter(prepare_fonts(default_font_cache())).pdf(sys.argv[1], stylesheets=[sys.argv[2]]);"
        "print(hashlib.sha256(pdf).hexdigest())"
    )

    other = subprocess.run(
        [sys.executable, "-c", script, html, CSS],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "77"},
    ).stdout.strip()

    assert other == hashlib.sha256(typesetter.pdf(html, stylesheets=[CSS])).hexdigest()


def test_nothing_is_written_to_the_terminal() -> None:
    """Not even in a process whose libraries have logging write there: CSS that is not understood is left out silently."""
    script = (
        "import sys, logging; logging.basicConfig(level=logging.WARNING);"
        "from certengine.documents.fonts import *; from certengine.documents.layout import *;"
        "Typesetter(prepare_fonts(default_font_cache())).pdf('<p>x', stylesheets=['p { frobnicate: 3 }'])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)

    assert ran.stderr == ""


def test_compressing_once_changes_no_byte(typesetter: Typesetter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fonts, pictures, paths and an attachment come out as the library's own writer compresses them."""
    html = "<html lang=zh><title>样</title><p style='border: 1.37mm dotted'>电工</p><img src='asset:qr' alt=码>"
    attached = Attachment(name="a.json", content=b'{"a": 1}' * 40, at=datetime(2026, 3, 1, tzinfo=UTC))

    def made() -> bytes:
        return typesetter.pdf(
            html,
            stylesheets=[CSS],
            images={"qr": qr_png("A" * 60)},
            attachments=[attached],
            variant="pdf/a-3a",
            identifier=b"0123456789abcdef",
        )

    once = made()
    monkeypatch.setattr(layout, "_compress_once", lambda pdf: None)
    assert once == made()
