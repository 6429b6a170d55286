"""Photographs of holders: files that the administrator puts into ``photos/``, named after the candidates' ids.

A design that shows one prints it; the credential freezes its digest, so that another photograph cannot slip in later.
The photograph itself goes onto the page and nowhere else: no register, badge, export or answer of the endpoint holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from certengine.canonical import digest_of_bytes
from certengine.documents.photograph import prepared_photograph
from certengine.errors import Refused
from certengine.services.context import Context
from certengine.services.files import write_whole

FOLDER = "photos"
_SUFFIXES = (".jpg", ".jpeg", ".png")


def photograph_of(context: Context, candidate: str) -> bytes | None:
    """The photograph of a candidate as it is printed: upright, cut to 35 by 45, JPEG; ``None`` when there is none.

    Raises:
        InputError: when the file is no picture, or too large a one.
    """
    for suffix in _SUFFIXES:
        path = context.workspace.root / FOLDER / f"{candidate}{suffix}"
        if path.is_file():
            return prepared_photograph(path.read_bytes(), str(path))
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


def photographs_known(context: Context, candidate: str, digests: Iterable[str]) -> Iterator[Path]:
    """The files that hold a candidate's photograph: the one that was put there, and those kept for certificates."""
    root = context.workspace.root
    put = (root / FOLDER / f"{candidate}{suffix}" for suffix in _SUFFIXES)
    kept = (root / ".certengine" / FOLDER / f"{one.rpartition(':')[2]}.jpg" for one in digests)
    yield from (path for path in (*put, *kept) if path.is_file())
