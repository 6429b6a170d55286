"""Nouns of the bench: entries before they are signed, signatures, and declared conflicts of interest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class ConflictKind(StrEnum):
    """Why somebody does not mark a candidate."""

    RELATIVE = "relative"
    TRAINEE = "trainee"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a person declared about a sitting's candidates.

    Attributes:
        candidate: whom it is about; ``None`` where the person declares that there is nobody else.
        kind: ``None`` for nobody.
    """

    person: str
    candidate: str | None = None
    kind: ConflictKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchEntry:
    """One entry as it was made at the bench, before it is signed.

    Attributes:
        value: as a rating has it; ``None`` is not attempted.
        struck: the entry takes back the one before it.
    """

    candidate: str
    task: str
    aspect: str
    assessor: str
    value: Any
    remark: str | None = None
    struck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An assessor's signature under one candidate's sheet.

    Attributes:
        entries: digest of all entries on the sheet as they stood.
    """

    candidate: str
    task: str
    assessor: str
    entries: str
    at: datetime
