"""Pictures met while a text is read: taken with their bytes, where the file itself holds them; never fetched."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from certengine.interchange.questions import Picture

MAX_PICTURES: Final = 20
"""Most pictures of one question."""

_SUFFIXES: Final = (".svg", ".png")


class Pictures:
    """Gathers the pictures of one question.

    Args:
        load: the bytes behind an address, or ``None`` when the file holds none.
    """

    def __init__(self, load: Callable[[str], bytes | None]) -> None:
        self.load = load
        self.found: dict[str, Picture] = {}

    def take(self, address: str, described: str) -> bool:
        """Take a picture; says whether it did. The same address twice is one picture."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", PurePosixPath(address.partition("?")[0]).name).strip("-.")
        if address in self.found:
            return True
        if not name.lower().endswith(_SUFFIXES) or len(self.found) >= MAX_PICTURES:
            return False
        data = self.load(address)
        if data is None:
            return False
        self.found[address] = Picture(name=f"figures/{name}", alt=described, data=data)
        return True

    def taken(self) -> tuple[Picture, ...]:
        """The pictures, in the order in which they were met."""
        return tuple(self.found.values())
