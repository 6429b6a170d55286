"""Items and stimuli with where they stand: what checks across a bank work with, their files read now or remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from certengine.errors import Finding, Place
from certengine.model.bank import Item, Stimulus
from certengine.workspace.yaml_source import DataPath


class Places(Protocol):
    """One file, and where everything in it stands."""

    @property
    def name(self) -> str:
        """The file's path as shown to people."""
        ...

    def place(self, path: DataPath = (), *, key: bool = False) -> Place:
        """Where a value (or its key) stands; the nearest enclosing place when it is missing."""
        ...

    def finding(
        self, code: str, message: str, path: DataPath = (), *, hint: str | None = None, key: bool = False
    ) -> Finding:
        """A finding at a path of this file."""
        ...


@dataclass(frozen=True, slots=True)
class Located:
    """An item with the file and path it stands at."""

    item: Item
    source: Places
    path: DataPath


@dataclass(frozen=True, slots=True)
class LocatedStimulus:
    """A stimulus with the file and path it stands at."""

    stimulus: Stimulus
    source: Places
    path: DataPath
