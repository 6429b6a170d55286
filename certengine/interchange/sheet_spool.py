"""Sheets put by until they are graded: on disk, for a file may hold more of them than memory should.

Invariants:

1. What is put by has no name in the file system and is read by this process only; it is gone with the process, however
   that ends.
2. Sheets come back in the order they went in, as they were; what was dropped does not.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import Any, Self

from certengine.errors import CannotTell
from certengine.interchange.response_sheets import Form, KeptAnswers, RawSheet

_KEPT, _DROPPED = 0, 1


class _SpooledAnswers(KeptAnswers):
    """Answers as they lie on disk, unfolded when somebody asks."""

    __slots__ = ("_line", "_positions")

    def __init__(self, positions: Sequence[int], line: bytes) -> None:
        self._positions, self._line = positions, line

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return zip(self._positions, json.loads(self._line), strict=True)


class SheetSpool:
    """Sheets of one run; a context, at whose end they are gone.

    Attributes:
        names_items: whether some sheet names items and not positions.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self.names_items = False
        self._file = tempfile.TemporaryFile(prefix="certengine-")  # noqa: SIM115  # it is closed by __exit__
        self._states = bytearray()
        self._sources: list[tuple[str, Mapping[int, int], tuple[int, ...]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        """How many were put by, with those that were dropped."""
        return len(self._states)

    @property
    def kept(self) -> int:
        """How many were not dropped."""
        return self._states.count(_KEPT)

    def append(self, sheet: RawSheet, source: str) -> None:
        """Put a sheet by.

        Raises:
            CannotTell: when there is no room for it.
        """
        positions, texts = zip(*sheet.answers, strict=True) if sheet.answers else ((), ())
        if not self._sources or self._sources[-1][:2] != (source, sheet.columns):
            self._sources.append((source, sheet.columns, positions))  # those of the file's next sheets mostly
        alike = positions == self._sources[-1][2]
        more = (
            []
            if alike and not sheet.by_item and not sheet.lines
            else [positions, sheet.by_item, [*sheet.lines.items()]]
        )
        told = [len(self._sources) - 1, sheet.line, sheet.candidate_id, sheet.paper_id, sheet.form.value, sheet.absent]
        try:
            self._file.write(b"%s\n%s\n" % (json.dumps(told + more).encode(), json.dumps(texts).encode()))
        except OSError as error:
            raise _no_room(error) from error
        self._states.append(_KEPT)
        self.names_items = self.names_items or bool(sheet.by_item)

    def drop(self, place: int) -> None:
        """Leave a sheet out from now on."""
        self._states[place] = _DROPPED

    def mark(self) -> tuple[int, int]:
        """The end, to go through what comes after."""
        return len(self._states), self._file.tell()

    def sheets(self, after: tuple[int, int] = (0, 0)) -> Iterator[tuple[int, RawSheet, str]]:
        """Place, sheet and source of those not dropped, all or after a mark. One may go through them at a time.

        Raises:
            CannotTell: when the last of them had no room.
        """
        start, offset = after
        try:
            self._file.seek(offset)
        except OSError as error:
            raise _no_room(error) from error
        try:
            for place, (head, answers) in enumerate(zip(self._file, self._file, strict=True), start):
                if self._states[place] == _KEPT:
                    yield place, *self._sheet(json.loads(head), answers)
        finally:
            self._file.seek(0, os.SEEK_END)

    def batches(self, size: int) -> Iterator[Sequence[tuple[int, RawSheet, str]]]:
        """The same in batches."""
        sheets = self.sheets()
        while batch := list(islice(sheets, size)):
            yield batch

    def _sheet(self, told: Sequence[Any], answers: bytes) -> tuple[RawSheet, str]:
        of, line, candidate, paper, form, absent, *more = told
        source, columns, usual = self._sources[of]
        positions, by_item, lines = more or (usual, (), ())
        return RawSheet(
            line=line,
            candidate_id=candidate,
            paper_id=paper,
            answers=_SpooledAnswers(positions, answers),
            by_item=tuple((item, text) for item, text in by_item),
            form=Form(form),
            absent=absent,
            columns=columns,
            lines=dict(lines),
        ), source


def _no_room(error: OSError) -> CannotTell:
    return CannotTell(
        f"the rows cannot be put by in `{tempfile.gettempdir()}`: {error.strerror}",
        hint="make room there, or name another folder in the environment variable TMPDIR; nothing was graded",
        code="file/no-room",
    )
