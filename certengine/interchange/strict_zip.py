"""Zip files from strangers, read within bounds and without ever writing one of their names to the disk.

Invariants:

1. What the zip claims to hold is bounded before anything is unpacked, and no more than claimed is ever unpacked.
2. A name that leads out of the package, or is there twice, refuses the whole package: it was made to deceive.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final

from certengine.interchange.questions import refused

MAX_ENTRIES: Final = 40_000
"""Most files of a package."""

MAX_UNPACKED: Final = 256 * 1024 * 1024
"""Most bytes a package may claim to hold."""

MAX_RATIO: Final = 200
"""Greatest ratio of unpacked to packed size, asked of packages that claim more than 16 MiB."""

_RATIO_FROM: Final = 16 * 1024 * 1024
_PACKED_ANEW: Final = "pack it anew: an ordinary zip, without a password"


class StrictZip:
    """A package in memory.

    Raises:
        InputError: when it is damaged, too large, encrypted, or holds a name that leads elsewhere.
    """

    def __init__(self, data: bytes, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
            entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        except (
            Exception
        ) as error:  # zipfile raises BadZipFile, NotImplementedError, struct.error, UnicodeDecodeError ...
            raise refused(path, "zip", "it is a damaged zip", _PACKED_ANEW) from error
        unpacked = sum(entry.file_size for entry in entries)
        if (
            len(entries) > MAX_ENTRIES
            or unpacked > MAX_UNPACKED
            or (unpacked > _RATIO_FROM and unpacked > MAX_RATIO * len(data))
        ):
            message = f"it unpacks to {len(entries)} files of {unpacked} bytes together"
            raise refused(path, "too-large", message, "split it into several packages")
        self._entries = self._checked(entries)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its files, as they stand."""
        return tuple(self._entries)

    def read(self, name: str) -> bytes | None:
        """The bytes of a file, or ``None`` when there is none of that name.

        Raises:
            InputError: when it is damaged or larger than it claims.
        """
        entry = self._entries.get(name)
        if entry is None:
            return None
        try:
            with self._zip.open(entry) as file:
                data = file.read(entry.file_size + 1)
        except Exception as error:  # BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError ...
            raise refused(self.path, "zip", f"`{name}` in it is damaged", _PACKED_ANEW) from error
        if len(data) > entry.file_size:
            raise refused(self.path, "zip", f"`{name}` in it is larger than it claims", _PACKED_ANEW)
        return data

    def _checked(self, entries: list[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
        found: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            name = entry.filename
            if name in found:
                raise refused(self.path, "zip", f"`{name[:80]}` is in it twice", _PACKED_ANEW)
            if not is_inside(name):
                raise refused(self.path, "zip-path", f"`{name[:80]}` leads out of the package", _PACKED_ANEW)
            if entry.flag_bits & 1:
                raise refused(self.path, "zip", "it has a password", _PACKED_ANEW)
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise refused(self.path, "zip-path", f"`{name[:80]}` is a link to another file", _PACKED_ANEW)
            found[name] = entry
        return found


def is_inside(name: str) -> bool:
    """Whether a name stays within its package on every system."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not (
        name.startswith("/") or "\\" in name or ":" in parts[0] or ".." in parts or "\x00" in name
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of files; the same files give the same bytes."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            package.writestr(entry, data)
    return target.getvalue()
