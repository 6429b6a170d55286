"""Photographs of holders: files that the administrator puts into ``photos/``, named after the candidates' ids.

A design that shows one prints it; the credential freezes its digest, so that another photograph cannot slip in later.
The photograph itself goes onto the page and nowhere else: no register, badge, export or answer of the endpoint holds it.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps

from certengine.canonical import digest_of_bytes
from certengine.documents.qr import MAX_PIXELS
from certengine.errors import InputError, Refused
from certengine.services.context import Context
from certengine.services.files import write_whole

FOLDER = "photos"
_SUFFIXES = (".jpg", ".jpeg", ".png")
_PIXELS = (413, 531)
"""35 by 45 mm at 300 dots an inch, as identity photographs are."""
_QUALITY = 88


def photograph_of(context: Context, candidate: str) -> bytes | None:
    """The photograph of a candidate as it is printed: upright, cut to 35 by 45, JPEG; ``None`` when there is none.

    Raises:
        InputError: when the file is no picture, or too large a one.
    """
    for suffix in _SUFFIXES:
        path = context.workspace.root / FOLDER / f"{candidate}{suffix}"
        if path.is_file():
            return _prepared(path)
    return None


def photograph_kept(context: Context, candidate: str, digest: str) -> bytes:
    """The photograph that a certificate was reserved with.

    Raises:
        Refused: when it is gone, or is another one now.
    """
    kept = context.workspace.root / ".certengine" / FOLDER / f"{digest.rpartition(':')[2]}.jpg"
    if kept.is_file() and digest_of_bytes(data := kept.read_bytes()) == digest:
        return data
    found = photograph_of(context, candidate)
    if found is None or digest_of_bytes(found) != digest:
        raise Refused(
            f"the photograph of `{candidate}` is not the one it was reserved with",
            hint=f"put it back into `{FOLDER}/`, or void the number and issue again",
            code="certificate/photo",
        )
    return found


def keep_photograph(context: Context, data: bytes) -> str:
    """Keep a photograph as it is printed, readable by its owner alone, and return its digest."""
    digest = digest_of_bytes(data)
    folder = context.workspace.root / ".certengine" / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / f"{digest.rpartition(':')[2]}.jpg", data, mode=0o600)
    return digest


def _prepared(path: Path) -> bytes:
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise InputError(f"`{path}` has too many pixels", hint="scale it down", code="image-too-large")
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            out = io.BytesIO()
            ImageOps.fit(upright, _PIXELS).save(out, "JPEG", quality=_QUALITY)
            return out.getvalue()
    except InputError:
        raise
    except Exception as error:  # decoders of foreign bytes raise whatever they like
        raise InputError(f"`{path}` cannot be read as a photograph", hint="JPEG or PNG", code="image") from error
