"""What a print run has made: a journal while it runs, a manifest when it is done.

Invariants:

1. A file stands in the journal only after it is whole on the disk under its name.
2. A file is kept by a later run only when it was made from the same things and has the digest the record says.
3. The manifest holds no time: the same run writes the same manifest.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from certengine.canonical import Json, canonical_bytes, digest_of_bytes
from certengine.services.files import PRIVATE_FILE, clear_left_over, write_whole

MANIFEST = "manifest.json"
_JOURNAL = ".printing.jsonl"
_AT_ONCE = 4


@dataclass(slots=True)
class PrintRecord:
    """The record of one run in its folder.

    Attributes:
        made_from: digest of all that decides what is printed.
        files: by name, digest and pages.
    """

    folder: Path
    sitting: str
    made_from: str
    files: dict[str, tuple[str, int]] = field(default_factory=dict)

    def recall(self, names: Collection[str]) -> frozenset[str]:
        """Those of some files that an earlier run made and that need not be made again.

        What a killed run left half-written is taken away.
        """
        clear_left_over(self.folder, *{(self.folder / name).parent for name in names})
        for name, (digest, pages) in self._told():
            if name not in names:
                continue
            try:
                found = digest_of_bytes((self.folder / name).read_bytes())
            except OSError:
                continue
            if found == digest:
                self.files[name] = (digest, pages)
        self._begin()
        return frozenset(self.files)

    def write(self, name: str, data: bytes, pages: int) -> None:
        """Write a file whole, then into the journal.

        Raises:
            Refused: when the folder cannot be written.
        """
        self.write_all([(name, data, pages)])

    def write_all(self, files: Iterable[tuple[str, bytes, int]]) -> None:
        """Write files whole, each with its name, bytes and pages, and each into the journal when it is.

        Several at a time: a disk that is asked to keep several files keeps them in the time of one.

        Raises:
            Refused: when the folder cannot be written.
        """
        with ThreadPoolExecutor(_AT_ONCE) as beside, (self.folder / _JOURNAL).open("a", encoding="utf-8") as journal:
            for name, digest, pages in beside.map(self._put, files):
                self.files[name] = (digest, pages)
                journal.write(self._line(name))
                journal.flush()

    def _put(self, file: tuple[str, bytes, int]) -> tuple[str, str, int]:
        name, data, pages = file
        write_whole(self.folder / name, data, mode=PRIVATE_FILE)
        return name, digest_of_bytes(data), pages

    def finish(self) -> None:
        """Write the manifest; the journal has had its time."""
        files: dict[str, Json] = {
            name: {"digest": digest, "pages": pages} for name, (digest, pages) in sorted(self.files.items())
        }
        document: Json = {
            "schema": "certengine.print-manifest/1",
            "sitting": self.sitting,
            "made_from": self.made_from,
            "files": files,
        }
        write_whole(self.folder / MANIFEST, canonical_bytes(document), mode=PRIVATE_FILE)
        (self.folder / _JOURNAL).unlink(missing_ok=True)

    def _begin(self) -> None:
        head = json.dumps({"sitting": self.sitting, "made_from": self.made_from}) + "\n"
        body = "".join(self._line(name) for name in self.files)
        write_whole(self.folder / _JOURNAL, (head + body).encode(), mode=PRIVATE_FILE)

    def _line(self, name: str) -> str:
        digest, pages = self.files[name]
        return json.dumps([name, digest, pages]) + "\n"

    def _told(self) -> list[tuple[str, tuple[str, int]]]:
        """What the journal, or else the manifest, says was made from the same things."""
        try:
            lines = (self.folder / _JOURNAL).read_text(encoding="utf-8").splitlines()
            if json.loads(lines[0])["made_from"] == self.made_from:
                return [_read(line) for line in lines[1:] if line.endswith("]")]  # a killed writer leaves half a line
        except (OSError, ValueError, LookupError, TypeError):
            pass
        try:
            document = json.loads((self.folder / MANIFEST).read_bytes())
            if document["made_from"] == self.made_from:
                return [(name, (one["digest"], one["pages"])) for name, one in document["files"].items()]
        except (OSError, ValueError, LookupError, TypeError):
            pass
        return []


def _read(line: str) -> tuple[str, tuple[str, int]]:
    name, digest, pages = json.loads(line)
    return str(name), (str(digest), int(pages))
