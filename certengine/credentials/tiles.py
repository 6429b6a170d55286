"""A log as static files (C2SP ``tlog-tiles``): tiles of 256 hashes, bundles of 256 entries, and what they are called.

A tile of level ``L`` holds the complete nodes of tree level ``8 L``. A full tile never changes; the last one of each level
may be partial, and then its name says how many it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH = 256
_HEIGHT = 8
_LONGEST_ENTRY = 0xFFFF
_PATH = re.compile(
    r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,6}[0-9]{3}(?:\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A tile by level, number and how many hashes it holds, 1 to 256; ``level`` -1 is a bundle of entries."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Its path below the log's address."""
        kind = "entries" if self.level < 0 else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{_number(self.number)}{partial}"


def tiles_of(size: int) -> Iterator[Tile]:
    """The tiles and bundles of a log of some size, bundles first, then level by level."""
    for level in range(-1, 8):
        count = size >> (max(level, 0) * _HEIGHT)
        for number in range(-(-count // WIDTH)):
            yield Tile(level=level, number=number, width=min(WIDTH, count - number * WIDTH))


def is_tile(path: str) -> bool:
    """Whether a path below the log's address is one that a tile or a bundle can have."""
    return _PATH.fullmatch(path) is not None


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle holds them: each after its length in two bytes.

    Raises:
        ValueError: for an entry that is longer than such a length can say.
    """
    if any(len(entry) > _LONGEST_ENTRY for entry in entries):
        raise ValueError(f"an entry has at most {_LONGEST_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def _number(number: int) -> str:
    """``1234067`` as ``x001/x234/067``."""
    digits = f"{number:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
