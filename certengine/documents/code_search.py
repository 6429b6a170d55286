"""Looking for QR codes in a picture, within bounds.

What it costs grows with the square of all that looks like a corner of a code: a picture full of corners, within the bound
on pixels, took minutes. Whatever is larger than a page is searched by a process of its own that has so much processor time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import zxingcpp
from PIL import Image

SMALL = 3_000_000
"""Pixels that are searched here, in two seconds at most; a page of A4 at 160 dpi has fewer."""
SECONDS = 5
"""Processor time that a larger picture may take; a photograph without corners takes a tenth of a second."""

_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_START = "from certengine.documents.code_search import serve; serve()"


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A code: where its corner stands, and what it says."""

    top: int
    left: int
    text: str


def codes_in(picture: Image.Image) -> tuple[Found, ...]:
    """The codes in a grey picture, from top to bottom; none where they cannot be found within the bounds."""
    if picture.width * picture.height <= SMALL:
        return _searched(picture)
    question = b"%d %d\n" % picture.size + picture.tobytes()
    ran = subprocess.run(  # noqa: S603  # our own interpreter with our own module
        [sys.executable, "-P", "-B", "-c", _START],
        input=question,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if ran.returncode:
        return ()
    return tuple(Found(top=top, left=left, text=text) for top, left, text in json.loads(ran.stdout))


def serve() -> None:
    """Answer one question, ``WIDTH HEIGHT`` and the pixels, on standard input: the process that looks for another."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    width, height = map(int, sys.stdin.buffer.readline().split())
    picture = Image.frombytes("L", (width, height), sys.stdin.buffer.read())
    json.dump([(one.top, one.left, one.text) for one in _searched(picture)], sys.stdout)


def _searched(picture: Image.Image) -> tuple[Found, ...]:
    found = zxingcpp.read_barcodes(picture, formats=_QR)
    corners = ((one.position.top_left, one.text) for one in found)
    return tuple(sorted(Found(top=corner.y, left=corner.x, text=text) for corner, text in corners))
