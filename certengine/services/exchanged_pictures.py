"""Pictures of items on their way out of a bank and into one.

Invariants:

1. A picture is let into a bank only as our own reader of figures lets it: plain drawings, sound PNG, within bounds.
2. No file that a bank has is written over: a picture of the same name and other bytes gets another name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from certengine.interchange.loss import Fate
from certengine.interchange.questions import Picture
from certengine.model.bank import Figure, Item
from certengine.workspace.figure_files import FigureFault, FigureFile, read_figure

NOT_THERE: Final = "the file does not hold the picture"

Told = Iterator[tuple[str, Fate]]


def pictures_of(item: Item, language: str, folder: Path) -> tuple[Picture, ...]:
    """The pictures of an item with their bytes; one that may not be shown is left to the report."""
    return tuple(_read(item, language, folder))


def _read(item: Item, language: str, folder: Path) -> Iterator[Picture]:
    for figure in item.figures or ():
        try:
            data = read_figure(folder, figure.file).content
        except FigureFault:
            continue
        caption = figure.caption.best(language) if figure.caption else None
        yield Picture(name=figure.file, alt=figure.alt.best(language), data=data, caption=caption)


class Gallery:
    """The pictures that an import brings into a bank.

    Args:
        folder: of the bank, which need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.new: dict[str, bytes] = {}

    def hung(self, item: Item, pictures: Mapping[str, Picture]) -> tuple[Item, tuple[tuple[str, Fate], ...]]:
        """The item with those of its figures that may be shown, and what became of the others.

        Args:
            pictures: by the last part of their name.
        """
        kept: list[Figure] = []
        told: list[tuple[str, Fate]] = []
        for figure in item.figures or ():
            picture = pictures.get(PurePosixPath(figure.file).name)
            if picture is None:
                told.append((NOT_THERE, Fate.LOST))
                continue
            try:
                sound = _judged(picture)
            except FigureFault as fault:
                told.append((fault.message, Fate.CLEANED))
                continue
            kept.append(replace(figure, file=self._name(figure.file, sound.content), digest=sound.digest))
        return replace(item, figures=tuple(kept) or None), tuple(told)

    def _name(self, wanted: str, data: bytes) -> str:
        """The name under which a picture stands; the same bytes under the same name are one file."""
        path = PurePosixPath(wanted)
        number = 1
        while True:
            name = str(path if number == 1 else path.with_stem(f"{path.stem}-{number}"))
            here = self.new.get(name)
            there = self.folder / name
            if here == data or (here is None and there.is_file() and there.read_bytes() == data):
                return name
            if here is None and not there.exists():
                self.new[name] = data
                return name
            number += 1


def _judged(picture: Picture) -> FigureFile:
    """The picture as our own reader of figures lets it in.

    Raises:
        FigureFault: when it may not be shown.
    """
    name = PurePosixPath(picture.name).name
    with tempfile.TemporaryDirectory(prefix="certengine-") as folder:
        (Path(folder) / name).write_bytes(picture.data)
        return read_figure(Path(folder), name)
