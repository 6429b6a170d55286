"""One reader of tabular files: CSV, xlsx, JSON Lines and Parquet become a header and rows of text with their line numbers.

Invariants:

1. Every cell is text exactly as written; nothing is read as a number, a date or a truth here.
2. What cannot be read at all raises; what is wrong in a row is a finding with its line, and the other rows stay.
3. Bounds are checked before work is done: bytes of the file, what a zip claims to hold, rows, columns.
4. Only rows without any text are left out silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final

from certengine.errors import Finding, NotFound, Refused, UsageError, place_in
from certengine.interchange.delimited import read_delimited, stream_delimited
from certengine.interchange.grids import HEADER_WITHIN, Grid, Row, refused
from certengine.interchange.json_lines import read_flat_objects

MAX_BYTES: Final = 64 * 1024 * 1024
"""Largest file read unless the caller says otherwise, in bytes."""

MAX_ROWS: Final = 200_000
"""Most rows read unless the caller says otherwise."""

_DELIMITED: Final = {".csv", ".tsv", ".txt"}
_ZIP, _PARQUET, _OLD_EXCEL = b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A header and rows of as many cells each.

    Attributes:
        source: the file.
        header: column headings as written, trimmed.
        header_line: the line they stand on.
        rows: rows without those that are blank or ragged.
        preamble: the rows above the header.
        set_aside: ragged rows and rows with a cell that cannot be read, for whoever must know what is missing.
        lost_cells: by line, which columns of a row with cells that cannot be read those are, where the file's form tells.
        encoding: ``UTF-8``, ``UTF-16``, ``GB18030``, ``xlsx``, ``JSON Lines`` or ``Parquet``.
        findings: ragged rows and doubts, in the order found.
    """

    source: Path
    header: tuple[str, ...]
    header_line: int
    rows: tuple[Row, ...]
    preamble: tuple[Row, ...] = ()
    set_aside: tuple[Row, ...] = ()
    lost_cells: Mapping[int, frozenset[int]] = field(default_factory=dict)
    encoding: str
    findings: tuple[Finding, ...] = ()


def read_table(
    path: Path,
    *,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
    is_header: Callable[[tuple[str, ...]], bool] | None = None,
) -> Table:
    """The table in a ``.csv``, ``.tsv``, ``.txt``, ``.xlsx``, ``.jsonl``, ``.ndjson`` or ``.parquet`` file.

    Args:
        is_header: tells the header from the rows above it; without it, or when none of the first rows is one, the
            first row that is not blank is the header.

    Raises:
        NotFound: when there is no such file.
        InputError: when it is no such table, or larger than the bounds.
        UsageError: when it is Parquet, and that extra is not installed.
    """
    return table_of(path, read_grid(path, read_bounded(path, max_bytes), max_rows, is_header), is_header)


def table_of(path: Path, grid: Grid, is_header: Callable[[tuple[str, ...]], bool] | None) -> Table:
    """The table in the rows of a file.

    Raises:
        InputError: when there is none.
    """
    top, below = _parted(path, grid.rows, grid.encoding, grid.findings, is_header)
    rows, ragged = squared(len(top.header), below, named=grid.named)
    return replace(
        top,
        rows=rows,
        set_aside=grid.lost + ragged,
        lost_cells=grid.lost_cells,
        findings=grid.findings + tuple(ragged_finding(path, row, len(top.header)) for row in ragged),
    )


@contextmanager
def streamed_table(
    path: Path,
    *,
    is_header: Callable[[tuple[str, ...]], bool],
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> Iterator[tuple[Table, Iterator[Row]] | None]:
    """A table of separated text down to its header, and the rows below that are not blank, one after the other.

    ``None`` for any other file: :func:`read_table` reads it, or says why it cannot be read.

    Raises:
        InputError: as :func:`read_table`; also while the rows are taken.
    """
    if path.suffix.lower() not in _DELIMITED or not path.is_file() or path.stat().st_size > max_bytes:
        yield None
        return
    with path.open("rb") as file:
        if file.peek(8).startswith((_ZIP, _PARQUET, _OLD_EXCEL)):
            yield None
            return
        rows, encoding, doubts = stream_delimited(path, file, max_rows, is_header)
        yield _parted(path, rows, encoding, doubts, is_header)


def _parted(
    path: Path,
    rows: Iterable[Row],
    encoding: str,
    findings: tuple[Finding, ...],
    is_header: Callable[[tuple[str, ...]], bool] | None,
) -> tuple[Table, Iterator[Row]]:
    """The table down to its header, and the rows below that are not blank."""
    filled = (row for row in rows if not row.is_blank)
    first = list(islice(filled, HEADER_WITHIN))
    if not first:
        raise refused(path, "table/empty", "the file holds no rows", hint="give a header row and the rows below it")
    start = next((i for i, row in enumerate(first) if is_header and is_header(row.cells)), 0)
    top = Table(
        source=path,
        header=tuple(cell.strip() for cell in without_trailing_blanks(first[start].cells)),
        header_line=first[start].line,
        rows=(),
        preamble=tuple(first[:start]),
        encoding=encoding,
        findings=findings,
    )
    return top, chain(first[start + 1 :], filled)


def read_bounded(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a file that is not too large.

    Raises:
        NotFound: when there is no such file.
        UsageError: when it is a folder.
        Refused: when it may not be read.
        InputError: when it is too large or cannot be opened.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file `{path}`", hint="check the path", code="file/not-found") from error
    except IsADirectoryError as error:
        raise UsageError(f"`{path}` is a folder", hint="name the files in it") from error
    except PermissionError as error:
        raise Refused(
            f"`{path}` cannot be read: {error.strerror}", hint="name a file that you may read", code="file/unreadable"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise refused(path, "table/unreadable", "the file cannot be opened") from error
    if len(data) > max_bytes:
        raise refused(
            path,
            "table/too-large",
            f"the file is larger than {max_bytes} bytes",
            hint="split it into several files",
        )
    return data


def is_json_lines(path: Path) -> bool:
    """Whether the file's name says JSON Lines."""
    return path.suffix.lower() in {".jsonl", ".ndjson"}


def without_trailing_blanks(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The cells up to the last one that is not blank."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def read_grid(
    path: Path,
    data: bytes,
    max_rows: int,
    is_header: Callable[[tuple[str, ...]], bool] | None,
    max_cells: int | None = None,
) -> Grid:
    """The rows of a file as they stand.

    Args:
        max_cells: most cells of a workbook, where fewer are expected than are read otherwise.

    Raises:
        InputError: when it is no such table, or larger than the bounds.
        UsageError: when it is Parquet, and that extra is not installed.
    """
    # Imported here: a CSV needs no openpyxl.
    if data.startswith(_ZIP):
        from certengine.interchange.spreadsheets import read_spreadsheet
        from certengine.interchange.workbook_parts import MAX_CELLS

        return read_spreadsheet(path, data, max_rows, is_header, max_cells or MAX_CELLS)
    if data.startswith(_PARQUET):
        from certengine.interchange.parquet_tables import read_parquet

        return read_parquet(path, data, max_rows)
    if data.startswith(_OLD_EXCEL):
        hint = "open it, and save it as `.xlsx` without a password"
        raise refused(path, "table/old-format", "it is an old `.xls` or has a password", hint=hint)
    if is_json_lines(path):
        return read_flat_objects(path, data, max_rows)
    if path.suffix.lower() == ".xlsx":
        raise refused(path, "table/damaged", "the workbook cannot be read", hint="save it anew as `.xlsx`")
    if path.suffix.lower() == ".parquet":
        raise refused(path, "table/damaged", "it is no Parquet file", hint="save it as `.csv`")
    if path.suffix.lower() not in _DELIMITED:
        hint = "hand in `.csv`, `.tsv`, `.txt`, `.xlsx`, `.jsonl`, `.ndjson` or `.parquet`"
        raise refused(path, "table/format", f"`{path.suffix}` is not a form of table that is read", hint=hint)
    return read_delimited(path, data, max_rows, is_header)


def squared(width: int, rows: Iterable[Row], *, named: bool = False) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The rows with as many cells as the header, and those with more or fewer."""
    kept: list[Row] = []
    ragged: list[Row] = []
    for row in rows:
        cells = row.cells
        if len(cells) > width:
            cells = cells[:width] + without_trailing_blanks(cells[width:])
        if named and len(cells) < width:
            cells += ("",) * (width - len(cells))
        unchanged = len(cells) == len(row.cells)
        (kept if len(cells) == width else ragged).append(row if unchanged else Row(line=row.line, cells=cells))
    return tuple(kept), tuple(ragged)


def ragged_finding(path: Path, row: Row, width: int) -> Finding:
    """What is wrong with a row that has another number of cells than the header."""
    return Finding(
        code="table/ragged-row",
        message=f"the row has {len(row.cells)} cells, the header has {width}",
        place=place_in(path, row.line),
        hint="put the missing separator in, or quote the cell that holds one",
    )
