"""Response files of any length, put by sheet by sheet: what :func:`certengine.interchange.responses.read_responses` reads.

Separated text is read a batch of rows at a time: with a row for each sheet, or with a row for each answer where those of a
paper stand together. What must be seen whole first is read whole and put by all the same: workbooks, Parquet, JSON Lines,
long files in another order, and files whose header is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from certengine.errors import Finding, InputError
from certengine.interchange.grids import Row, refused
from certengine.interchange.response_sheets import RawSheet
from certengine.interchange.responses import COLUMNS, LongReader, RowReader, Scattered, read_responses
from certengine.interchange.sheet_spool import SheetSpool
from certengine.interchange.tables import MAX_BYTES, MAX_ROWS, Table, ragged_finding, squared, streamed_table

_AT_ONCE = 500
USUAL = MAX_BYTES, MAX_ROWS
LONG = 1024 * 1024 * 1024, 20_000_000
"""Bytes and rows that a file of single answers may have: a sitting of 100,000 candidates has ten million answers."""


def spool_responses(path: Path, spool: SheetSpool) -> tuple[Finding, ...]:
    """Put the sheets of a response file by, in its order; gives every row set aside, with its reason.

    Raises:
        NotFound, InputError: as :func:`certengine.interchange.responses.read_responses`.
        CannotTell: when there is no room for them.
    """
    bounds = LONG if _is_long(path) else USUAL
    mark = spool.mark()
    try:
        with streamed_table(path, is_header=COLUMNS.is_header, max_bytes=bounds[0], max_rows=bounds[1]) as streamed:
            if streamed is not None:
                top, rows = streamed
                first = list(islice(rows, _AT_ONCE))
                reader = (RowReader.of(top) or LongReader.of(top)) if first else None
                if reader is not None:
                    return _spooled(top, reader, _batches(first, rows), spool)
    except Scattered:
        for place in range(mark[0], len(spool)):
            spool.drop(place)
        return _whole(path, spool, "sort its rows by candidate and paper: then it may be as long as it likes")
    return _whole(path, spool)


def _is_long(path: Path) -> bool:
    """Whether the rows of a file of separated text are single answers."""
    with streamed_table(path, is_header=COLUMNS.is_header, max_bytes=LONG[0]) as streamed:
        return streamed is not None and LongReader.of(streamed[0]) is not None


def _whole(path: Path, spool: SheetSpool, hint: str | None = None) -> tuple[Finding, ...]:
    """Read a file whole, and put its sheets by; ``hint`` says what to do with one that is too large for that."""
    try:
        sheets, findings = read_responses(path)
    except InputError as error:
        if hint is None or error.code != "table/too-large":
            raise
        raise refused(path, error.code, "the rows of one paper do not stand together", hint=hint) from error
    for sheet in sheets:
        spool.append(sheet, str(path))
    return findings


def _spooled(
    top: Table, reader: RowReader | LongReader, batches: Iterator[list[Row]], spool: SheetSpool
) -> tuple[Finding, ...]:
    mark = spool.mark()
    gatherer, ragged_findings = reader.gatherer, list(top.findings)
    for batch in batches:
        rows, ragged = squared(len(top.header), batch)
        ragged_findings.extend(ragged_finding(top.source, row, len(top.header)) for row in ragged)
        gatherer.tear(ragged)
        reader.read(replace(top, rows=rows))
        for sheet in gatherer.taken():
            spool.append(sheet, str(top.source))
    reader.finish()
    for sheet in gatherer.taken():
        spool.append(sheet, str(top.source))
    if gatherer.has_doubts:
        kept = _After(spool, mark)
        unsound = [place for place, sound in zip(kept.places(), gatherer.sound(kept), strict=True) if not sound]
        for place in unsound:
            spool.drop(place)
    return (*ragged_findings, *reader.findings, *gatherer.findings)


def _batches(first: list[Row], rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch = first
    while batch:
        yield batch
        batch = list(islice(rows, _AT_ONCE))


class _After:
    """The sheets after a mark, as often as somebody goes through them."""

    def __init__(self, spool: SheetSpool, mark: tuple[int, int]) -> None:
        self._spool, self._mark = spool, mark

    def __iter__(self) -> Iterator[RawSheet]:
        return (sheet for _, sheet, _ in self._spool.sheets(self._mark))

    def places(self) -> range:
        """Where they are."""
        return range(self._mark[0], len(self._spool))
