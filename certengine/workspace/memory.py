"""A folder in which the program remembers what it worked out, so that it need not work it out again.

Invariants:

1. What is remembered is plain text under a key; reading it runs nothing. An entry that is damaged, of another key or of
   another program is no entry.
2. An entry appears whole or not at all, and of two writers one wins: it is written under another name and renamed.
3. Not being able to remember is no failure: the work is done again.
4. Nobody but its owner writes the folder (mode 700, files 600); one that others may write is not read. It ignores itself
   in git, and may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import certengine

FOLDER: Final = ".certengine"
FORMAT: Final = 1
_PRIVATE: Final = 0o700
_OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_BEGUN: Final = "begun-"


@dataclass(frozen=True, slots=True)
class Memory:
    """Entries of one subject, each of several texts without line breaks.

    Attributes:
        root: the workspace.
        subject: names of folders below ``.certengine/cache``.
    """

    root: Path
    subject: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where the entries lie."""
        return self.root.joinpath(FOLDER, "cache", *self.subject)

    def recall(self, name: str, key: str) -> list[str] | None:
        """The texts remembered under a name, when they were remembered for this key and are undamaged."""
        try:
            if not self._private():
                return None
            head, _, body = (self.folder / _file_of(name)).read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return body.split("\n") if head == _head(key, body) else None

    def keep(self, name: str, key: str, texts: Sequence[str]) -> None:
        """Remember texts; when that cannot be done, nothing happens."""
        body = "\n".join(texts)
        with contextlib.suppress(OSError):
            self._make_folder()
            if self._private():
                self._write(_file_of(name), f"{_head(key, body)}\n{body}")

    def forget_all_but(self, names: Iterable[str]) -> None:
        """Drop every entry of another name, and what an interrupted writer left behind."""
        kept = {_file_of(name) for name in names}
        with contextlib.suppress(OSError):
            if self._private():
                for path in self.folder.iterdir():
                    if path.name not in kept:
                        path.unlink(missing_ok=True)

    def forget_subjects_but(self, names: Iterable[str]) -> None:
        """Drop the subjects beside this one that are none of these."""
        kept = set(names)
        with contextlib.suppress(OSError):
            for path in self.folder.parent.iterdir():
                if path.name not in kept:
                    shutil.rmtree(path, ignore_errors=True)

    def _private(self) -> bool:
        """Whether the folder is there, no link, ours, and closed to other writers, with all folders above it to the root."""
        for path in (self.folder, *self.folder.parents[: len(self.subject) + 1]):
            state = path.lstat()
            if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & _OTHERS_MAY_WRITE:
                return False
        return True

    def _make_folder(self) -> None:
        path = self.root
        for name in (FOLDER, "cache", *self.subject):
            path = path / name
            path.mkdir(mode=_PRIVATE, exist_ok=True)
        ignore = self.root / FOLDER / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")

    def _write(self, file: str, text: str) -> None:
        descriptor, begun = tempfile.mkstemp(prefix=_BEGUN, dir=self.folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as out:
                out.write(text)
            Path(begun).replace(self.folder / file)
        except OSError:
            Path(begun).unlink(missing_ok=True)
            raise


def key_of(*parts: object) -> str:
    """A key that differs whenever one of the parts differs, or the program does."""
    return hashlib.sha256(json.dumps([program(), *parts]).encode()).hexdigest()


@cache
def program() -> str:
    """What tells this program from any other that might answer differently: its sources, its readers, its Python."""
    import pydantic
    import ruamel.yaml

    package = Path(certengine.__file__).parent
    sources = []
    for folder, folders, names in os.walk(package, onerror=_raise):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                state = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118  # two hundred files at each start
                sources.append([folder, name, state.st_size, state.st_mtime_ns])
    versions = [FORMAT, certengine.__version__, pydantic.VERSION, ruamel.yaml.__version__, *sys.version_info[:3]]
    return hashlib.sha256(json.dumps([versions, sources]).encode()).hexdigest()


def _raise(error: OSError) -> None:
    raise error


def _file_of(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:32] + ".json"


def _head(key: str, body: str) -> str:
    return f"{key} {hashlib.sha256(body.encode()).hexdigest()}"
