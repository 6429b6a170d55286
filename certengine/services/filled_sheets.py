"""Sheets that people filled in about a sitting - marking sheets, resolutions -: every row judged, taken or set aside.

A row is taken whole or set aside whole, under its file and line and with its reason; the other rows go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from certengine.errors import Finding, Place, first_errors
from certengine.services.context import Context
from certengine.services.grading import files_named
from certengine.services.sittings import LoadedSitting, demand_sealed, load


class Line(Protocol):
    """A row that knows its line."""

    @property
    def line(self) -> int:
        """Its number, from 1."""
        ...


RowT = TypeVar("RowT", bound=Line)
TakenT = TypeVar("TakenT")


class NotTaken(Exception):
    """Why a row is not taken: code, message, hint."""


@dataclass(frozen=True, slots=True)
class FilledSheets(Generic[RowT]):
    """The rows of some files, each with its place.

    Attributes:
        named: name and digest of each file. aside: rows set aside so far.
    """

    loaded: LoadedSitting
    named: tuple[tuple[str, str], ...]
    rows: tuple[tuple[RowT, Place], ...]
    aside: list[Finding]

    def take(self, judge: Callable[[RowT], TakenT]) -> Iterator[TakenT]:
        """What ``judge`` makes of each row, in turn; a row for which it raises :class:`NotTaken` is set aside."""
        for raw, place in self.rows:
            try:
                made = judge(raw)
            except NotTaken as why:
                code, message, hint = why.args
                self.aside.append(Finding(code=code, message=message, place=place, hint=hint))
            else:
                yield made


def open_filled(
    context: Context,
    sitting_id: str,
    files: Sequence[Path],
    read: Callable[[Path], tuple[tuple[RowT, ...], tuple[Finding, ...]]],
) -> FilledSheets[RowT]:
    """The rows of sheets that an administrator hands in for a sitting.

    Raises:
        NotFound: when the sitting or a file does not exist.
        Refused: when the sitting is not sealed, or the role is missing.
        InputError: when a file is no such sheet at all.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    named = files_named(files)
    aside: list[Finding] = []
    rows: list[tuple[RowT, Place]] = []
    for path in files:
        found, findings = read(path)
        aside.extend(first_errors(findings))
        rows.extend((raw, Place(source=str(path), line=raw.line)) for raw in found)
    return FilledSheets(loaded, named, tuple(rows), aside)
