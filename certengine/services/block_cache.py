"""Typeset blocks remembered in the workspace from one print run to the next.

Invariants:

1. A block is found by the digest of its HTML, under the key of all that could change its drawing: style sheets, fonts,
   the program itself. Whatever changes, the old block is not found any more.
2. Nothing with a person's name or an answer is remembered.
3. The folder is bounded: what was used longest ago is forgotten first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from certengine.documents.blocks import Fragment, Pack
from certengine.documents.fonts import FontSet
from certengine.documents.pack_files import read_pack
from certengine.documents.press import STYLES
from certengine.documents.template_folder import TemplateFolder
from certengine.workspace.memory import Memory, key_of

BOUND = 96 * 1024 * 1024
"""Most bytes that are remembered: some thirty thousand blocks."""

_INDEX = "index"


def edition(templates: TemplateFolder, fonts: FontSet) -> str:
    """The key of all that could change a block's drawing, beside its own HTML."""
    sheets = {style: [templates.css(name) for name in names] for style, names in STYLES.items()}
    return key_of("blocks", sheets, version("weasyprint"), [face.file.name for face in fonts.faces])


@dataclass(slots=True)
class _Shelf:
    """One remembered pack: its name, its size, the keys of its blocks."""

    name: str
    size: int
    keys: list[str]


@dataclass(slots=True)
class BlockCache:
    """The remembered blocks of one edition. Packs used last come last."""

    root: Path
    key: str
    _shelves: list[_Shelf] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read what is there."""
        for line in self._memory.recall(_INDEX, self.key) or ():
            self._shelves.append(_Shelf(**json.loads(line)))

    @property
    def _memory(self) -> Memory:
        return Memory(self.root, ("blocks",))

    def lacking(self, fragments: Mapping[str, Fragment]) -> dict[str, Fragment]:
        """Those of some fragments, by key, that are not remembered."""
        here = {key for shelf in self._shelves for key in shelf.keys}
        return {key: fragment for key, fragment in fragments.items() if key not in here}

    def keep(self, lines: Sequence[str], keys: Sequence[str]) -> None:
        """Remember a pack as lines, with the keys of its blocks."""
        name = key_of(*keys)
        self._memory.keep(name, self.key, lines)
        self._shelves.append(_Shelf(name, sum(map(len, lines)), list(keys)))

    def names(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """The packs that hold some of these blocks; they count as used now."""
        keys = frozenset(wanted)
        used = [shelf for shelf in self._shelves if not keys.isdisjoint(shelf.keys)]
        self._shelves = [shelf for shelf in self._shelves if shelf not in used] + used
        return tuple(shelf.name for shelf in used)

    def read(self, name: str) -> Pack:
        """A pack; an empty one when it was forgotten meanwhile, and whoever needs its blocks makes them anew."""
        lines = self._memory.recall(name, self.key)
        return read_pack(lines) if lines else Pack()

    def settle(self, bound: int = BOUND) -> None:
        """Forget what is too much, and remember what there is."""
        size = sum(shelf.size for shelf in self._shelves)
        while self._shelves and size > bound:
            size -= self._shelves.pop(0).size
        index = [
            json.dumps({"name": shelf.name, "size": shelf.size, "keys": shelf.keys}, separators=(",", ":"))
            for shelf in self._shelves
        ]
        self._memory.keep(_INDEX, self.key, index)
        self._memory.forget_all_but([_INDEX, *(shelf.name for shelf in self._shelves)])
