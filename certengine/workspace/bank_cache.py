"""A bank from its files, each of which is read only when it changed since it was last read.

Steps of :func:`recall_bank`:

1. The bytes of every file, and their digests.
2. ``bank.yaml``, always read.
3. Each file of items: remembered, when its bytes and those of ``bank.yaml`` are the same, and, if it has figures, every
   other file of the bank's folder; else read and remembered.
4. What only shows across files: remembered, when nothing changed at all; else checked anew, from the nouns and places of
   every file.

Invariants:

1. The answer equals that of :func:`certengine.workspace.bank_files.read_bank`: nouns, findings and places.
2. An entry is remembered only if what it gives back equals what was read: a text in another Unicode form, for example,
   is read anew each time.
3. The bytes that are digested are the bytes that are read: a file changed meanwhile is read anew next time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from certengine.canonical import digest, to_json
from certengine.errors import Finding, Place
from certengine.model.bank import BankDraft, Item, Stimulus
from certengine.revival import collection_paused, from_json
from certengine.workspace.bank_files import (
    HeadFile,
    ItemFile,
    across,
    draft_of,
    item_paths,
    read_bank,
    read_head,
    read_items,
    shown,
)
from certengine.workspace.located import Located, LocatedStimulus
from certengine.workspace.memory import Memory, key_of
from certengine.workspace.yaml_source import DataPath, YamlSource, read_yaml_bytes

T = TypeVar("T")
_ACROSS: Final = "across"
_DIGEST: Final = "digest"
_PLACES: Final = " places"
_DEEPEST_PLACE: Final = 3
_LISTS_LOOKED_INTO: Final = frozenset({"enemies", "figures"})


@dataclass(frozen=True, slots=True)
class Recalled:
    """A bank as its files say it: its draft, everything found in them, and the draft's digest when it is asked for."""

    draft: BankDraft | None
    findings: tuple[Finding, ...]
    memory: Memory
    key: str | None

    def digest(self) -> str | None:
        """The digest of the draft's canonical bytes, remembered."""
        if self.draft is None:
            return None
        known = self.memory.recall(_DIGEST, self.key) if self.key else None
        if known is not None:
            return known[0]
        found = digest(self.draft)
        if self.key:
            self.memory.keep(_DIGEST, self.key, [found])
        return found


class _RememberedSource(YamlSource):
    """A file whose places are remembered, or read again, when one is asked for."""

    __slots__ = ("key", "memory", "raw")

    def __init__(self, name: str, raw: bytes, memory: Memory, key: str) -> None:
        super().__init__(name)
        self.raw, self.memory, self.key = raw, memory, key

    def place(self, path: DataPath = (), *, key: bool = False) -> Place:
        if not self.values:
            texts = self.memory.recall(self.name + _PLACES, self.key)
            remembered = _or_none(_places_from, texts)
            self.values = remembered or read_yaml_bytes(self.raw, self.name).values
        return super().place(path, key=key)


@dataclass(slots=True)
class _Surroundings:
    """The other files of a bank's folder: pictures, which a file of items may depend on.

    Attributes:
        known: their digest, once it was asked for.
    """

    folder: Path
    known: str | None = field(default=None)

    def digest(self) -> str:
        if self.known is None:
            self.known = key_of(*self._files())
        return self.known

    def _files(self) -> Iterator[tuple[str, str]]:
        for here, folders, names in os.walk(self.folder):
            folders.sort()
            for name in sorted(names):
                path = Path(here, name)
                if path.suffix != ".yaml":
                    yield str(path.relative_to(self.folder)), _digest_of_file(path)


def recall_bank(folder: Path, root: Path) -> Recalled:
    """What :func:`certengine.workspace.bank_files.read_bank` finds, reading only what changed.

    Raises:
        NotFound: when the folder has no ``bank.yaml``.
    """
    memory = Memory(root, ("banks", folder.name))
    try:
        raw_head = (folder / "bank.yaml").read_bytes()
        raw = {shown(path, root): path.read_bytes() for path in item_paths(folder)}
    except OSError:  # said with its place
        return Recalled(*read_bank(folder, root), memory, None)
    head = read_head(read_yaml_bytes(raw_head, shown(folder / "bank.yaml", root)), folder)
    if head.head is None:
        return Recalled(*read_bank(folder, root), memory, None)
    return _Recollection(memory, folder, root, head, _digest_of(raw_head), raw).bank()


@dataclass(slots=True)
class _Recollection:
    """One bank being put together from what is remembered and what must be read."""

    memory: Memory
    folder: Path
    root: Path
    head: HeadFile
    head_digest: str
    raw: dict[str, bytes]
    around: _Surroundings = field(init=False)
    changed: bool = False

    def __post_init__(self) -> None:
        self.around = _Surroundings(self.folder)

    def bank(self) -> Recalled:
        with collection_paused():
            known = [self._remembered(name, raw) for name, raw in self.raw.items()]
        files = [file or self._read(name, raw) for file, (name, raw) in zip(known, self.raw.items(), strict=True)]
        assert self.head.head is not None
        key = self._key_of_all()
        between = self._across(files, key)
        if self.changed:
            self.memory.forget_all_but([*self.raw, *(name + _PLACES for name in self.raw), _ACROSS, _DIGEST])
            self.memory.forget_subjects_but(path.name for path in self.folder.parent.iterdir())
        groups = (self.head.findings, *(file.findings for file in files), between)
        findings = sorted((one for group in groups for one in group), key=Finding.sort_key)
        return Recalled(draft_of(self.head.head, files), tuple(findings), self.memory, key)

    def _remembered(self, name: str, raw: bytes) -> ItemFile | None:
        key = self._key_of(name, raw)
        texts = self.memory.recall(name, key)
        if texts is None or (texts[0] and texts[0] != self.around.digest()):
            return None
        return _or_none(lambda known: self._unpacked(name, raw, key, known), texts)

    def _read(self, name: str, raw: bytes) -> ItemFile:
        key = self._key_of(name, raw)
        self.changed = True
        source = read_yaml_bytes(raw, name)
        file = read_items(source, self.head.head, self.folder)
        with_figures = b"figures" in raw or any(found.item.figures for found in file.items)
        texts = _packed(file, self.around.digest() if with_figures else "")
        if _same(self._unpacked(name, raw, key, texts), file):
            self.memory.keep(name, key, texts)
            self.memory.keep(name + _PLACES, key, [_places(source)])
        return file

    def _unpacked(self, name: str, raw: bytes, key: str, texts: list[str]) -> ItemFile:
        source = _RememberedSource(name, raw, self.memory, key)
        items = [Located(from_json(Item, data), source, ("items", index)) for index, data in json.loads(texts[1])]
        stimuli = [
            LocatedStimulus(from_json(Stimulus, data), source, ("stimuli", index))
            for index, data in json.loads(texts[3])
        ]
        return ItemFile(source, tuple(items), tuple(stimuli), _findings(texts[2]))

    def _across(self, files: list[ItemFile], key: str) -> tuple[Finding, ...]:
        known = _or_none(lambda texts: _findings(texts[0]), self.memory.recall(_ACROSS, key))
        if known is not None:
            return known
        self.changed = True
        found = across(self.head, files, self.folder, self.root)
        self.memory.keep(_ACROSS, key, [_text(found)])
        return found

    def _key_of(self, name: str, raw: bytes) -> str:
        return key_of(name, self.head_digest, _digest_of(raw))

    def _key_of_all(self) -> str:
        digests = {name: _digest_of(raw) for name, raw in self.raw.items()}
        return key_of(self.head_digest, digests, self.around.digest())


def _packed(file: ItemFile, around: str) -> list[str]:
    return [
        around,
        _text([[found.path[1], found.item] for found in file.items]),
        _text(file.findings),
        _text([[found.path[1], found.stimulus] for found in file.stimuli]),
    ]


def _places(source: YamlSource) -> str:
    """The places that checks across files ask for: of items, their fields, and the members of some lists."""
    asked = [
        (path, *where)
        for path, where in source.values.items()
        if len(path) <= _DEEPEST_PLACE or (len(path) == _DEEPEST_PLACE + 1 and path[2] in _LISTS_LOOKED_INTO)
    ]
    return json.dumps(asked, ensure_ascii=False, separators=(",", ":"))


def _places_from(texts: list[str]) -> dict[DataPath, tuple[int, int]]:
    return {tuple(steps): (line, column) for steps, line, column in json.loads(texts[0])}


def _or_none(made: Callable[[list[str]], T], texts: list[str] | None) -> T | None:
    """What remembered texts give; nothing when there are none, or somebody else wrote them."""
    if texts is None:
        return None
    try:
        return made(texts)
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError, ArithmeticError):
        return None


def _findings(text: str) -> tuple[Finding, ...]:
    found: tuple[Finding, ...] = from_json(tuple[Finding, ...], json.loads(text))
    return found


def _same(one: ItemFile, other: ItemFile) -> bool:
    mine, others = (
        (
            [(found.path, found.item) for found in file.items],
            [(found.path, found.stimulus) for found in file.stimuli],
            file.findings,
        )
        for file in (one, other)
    )
    return mine == others


def _text(value: object) -> str:
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"))


def _digest_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _digest_of_file(path: Path) -> str:
    """The digest of a file's bytes; what cannot be read is told apart by its reason."""
    try:
        return _digest_of(path.read_bytes()) if path.is_file() else "no file"
    except OSError as error:
        return f"unreadable {error.errno}"
