"""The pictures of a bank: files in its own folder, SVG or PNG, read whole and checked before anything shows them.

Invariants:

1. A picture lies in the bank's folder, whatever its path says and wherever links lead.
2. It is an SVG that :mod:`certengine.workspace.svg_drawing` lets through, or a PNG whose chunks are sound and whose
   measures are within bounds; and it is as small as a printed page needs it.
3. The bytes that were checked are the bytes that are given back, with their digest.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from certengine.canonical import digest_of_bytes
from certengine.workspace.svg_drawing import DrawingFault, demand_plain_drawing

SUFFIXES: Final = (".svg", ".png")
MAX_BYTES: Final = {".svg": 512 * 1024, ".png": 4 * 1024 * 1024}
MAX_PIXELS: Final = 6_000
_PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class FigureFile:
    """A picture that may be shown."""

    content: bytes
    digest: str


class FigureFault(Exception):
    """Why a picture is not taken: a code, what is wrong, a way out."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


def read_figure(folder: Path, file: str) -> FigureFile:
    """The picture at a path under a bank's folder.

    Raises:
        FigureFault: when it may not be shown.
    """
    path = _inside(folder, file)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FigureFault(
            "figure/kind", f"`{file}` is neither SVG nor PNG", "save it as SVG (drawings) or PNG (photographs)"
        )
    content = _content(path, file, MAX_BYTES[suffix])
    try:
        if suffix == ".svg":
            demand_plain_drawing(content)
        else:
            _demand_sound_png(content)
    except DrawingFault as fault:
        hint = (
            "save it as plain SVG, words and shapes only"
            if suffix == ".svg"
            else "save it as PNG again, smaller if need be"
        )
        raise FigureFault("figure/content", f"`{file}` is not taken: {fault}", hint) from None
    return FigureFile(content, digest_of_bytes(content))


def figure_paths(folder: Path) -> list[str]:
    """Every picture in a bank's folder, as a figure names it, sorted."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )


def _inside(folder: Path, file: str) -> Path:
    """The file itself, links followed."""
    named = PurePosixPath(file)
    apart = named.is_absolute() or ".." in named.parts or "\\" in file or ":" in file or "\0" in file
    path = folder / named if not apart else folder
    try:
        real = path.resolve()
        apart = apart or not real.is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links that lead in a circle
        apart = True
    if apart:
        raise FigureFault(
            "figure/path",
            f"`{file}` does not lie in the bank's folder",
            "copy the picture there and write its path, for example `figures/loop.svg`",
        )
    return real


def _content(path: Path, file: str, most: int) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError:
        raise FigureFault(
            "figure/missing", f"there is no picture `{file}`", "add the file, or correct its path"
        ) from None
    if len(content) > most:
        raise FigureFault("figure/too-large", f"`{file}` has over {most // 1024} KiB", "save it smaller")
    return content


def _demand_sound_png(content: bytes) -> None:
    """Walk the chunks: each within the file, its checksum right, the head first and the end last."""
    if not content.startswith(_PNG_HEAD):
        raise DrawingFault("it is no PNG")
    at = len(_PNG_HEAD)
    kinds: list[bytes] = []
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8]) if at + 8 <= len(content) else (len(content), b"")
        data = content[at + 8 : at + 8 + length]
        at += 12 + length
        if at > len(content) or struct.unpack(">I", content[at - 4 : at])[0] != zlib.crc32(kind + data):
            raise DrawingFault("it is damaged")
        if kind == b"IHDR":
            _demand_measures(data)
        kinds.append(kind)
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or b"IDAT" not in kinds:
        raise DrawingFault("it is damaged")


def _demand_measures(head: bytes) -> None:
    if len(head) != 13:
        raise DrawingFault("it is damaged")
    width, height = struct.unpack(">II", head[:8])
    if not (0 < width <= MAX_PIXELS and 0 < height <= MAX_PIXELS):
        raise DrawingFault(f"it measures {width} by {height} pixels, {MAX_PIXELS} are the most")
