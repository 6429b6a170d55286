"""Which area of a bank a category of a foreign file is; areas for categories that are none yet.

A category names an area when its innermost title is the area's id, one of its titles, or id and title as we write them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from certengine.interchange.projection import area_label
from certengine.model.bank import Area
from certengine.model.text import Text

UNSORTED: Final = Area(id="unsorted", title=Text.of(zh="未分类", en="Unsorted"))
"""The area of questions that stand in no category."""

_LABEL: Final = re.compile(r"([A-Za-z]{0,4}[0-9][A-Za-z0-9._-]{0,15})\s+(\S.*)")
_SLUG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class Areas:
    """The areas of a bank, growing while questions are taken in.

    Args:
        known: the areas the bank has.
        paths: the categories of all questions; a beginning that all share (the bank itself) is no area.
    """

    def __init__(self, known: Sequence[Area], paths: Sequence[tuple[str, ...]], languages: Sequence[str]) -> None:
        self.areas = list(known)
        self.languages = tuple(languages)
        self.shared = _shared(paths)
        self.made: dict[tuple[str, ...], str] = {}

    def of(self, path: tuple[str, ...]) -> str:
        """The id of a category's area, made when there is none."""
        own = path[self.shared :]
        if not own:
            return self._unsorted()
        known = self._known(own[-1])
        if known is not None:
            return known
        if own not in self.made:
            parent = self.of(path[:-1]) if len(own) > 1 else None
            self.made[own] = self._make(own[-1], parent)
        return self.made[own]

    def _known(self, title: str) -> str | None:
        for area in self.areas:
            if area.id in self.made.values():
                continue
            labels = {area_label(area, language) for language in area.title.languages}
            if title in labels | {area.id, *(text for _, text in area.title.by_language)}:
                return area.id
        return None

    def _make(self, title: str, parent: str | None) -> str:
        labelled = _LABEL.fullmatch(title)
        wanted, text = labelled.groups() if labelled else ("-".join(title.split()), title)
        taken = {area.id for area in self.areas}
        if not _SLUG.fullmatch(wanted) or wanted in taken:
            wanted = next(name for n in range(1, len(taken) + 2) if (name := f"area-{n}") not in taken)
        self.areas.append(Area(id=wanted, title=self._title(text), parent=parent))
        return wanted

    def _unsorted(self) -> str:
        if all(area.id != UNSORTED.id for area in self.areas):
            text = {tag: UNSORTED.title.best(tag, "en") for tag in self.languages}
            self.areas.append(Area(id=UNSORTED.id, title=Text.of(text)))
        return UNSORTED.id

    def _title(self, text: str) -> Text:
        # One language is known; in the others the title stands as it is, until somebody translates it.
        return Text.of(dict.fromkeys(self.languages, text))


def _shared(paths: Sequence[tuple[str, ...]]) -> int:
    """How many titles all paths begin with, each keeping one of its own."""
    if not paths or not all(paths):
        return 0
    shortest = min(map(len, paths))
    shared = 0
    while shared < shortest - 1 and len({path[shared] for path in paths}) == 1:
        shared += 1
    return shared
