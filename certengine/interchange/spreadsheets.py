"""xlsx as rows of text: what a person sees in a cell, exactly, from a file that may be hostile.

Invariants:

1. What the zip claims to hold is bounded before anything is unpacked; Python's reader never unpacks more than is
   claimed. What its parts hold is counted before objects are made of it (:mod:`certengine.interchange.workbook_parts`).
   XML entities are refused (defusedxml, which openpyxl uses when it is installed; a test holds it to that).
2. A number is its shortest decimal at the 15 significant digits that spreadsheets hold (``0.1+0.2`` is ``0.3``), a
   percentage keeps its sign, leading zeros shown by the format are kept, a date is ISO 8601.
3. A cell that lost information (a long number, an error value) sets its row aside; it is never guessed.
4. Formulas are not computed: the value stored by the program that last saved the file is read. One without a value is
   lost, not blank.
"""

from __future__ import annotations

import io
import math
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import openpyxl

from certengine.errors import CertengineError, Finding, place_in
from certengine.interchange.grids import HEADER_WITHIN, Grid, Row, bounded, refused
from certengine.interchange.workbook_parts import MAX_CELLS, look_through, place

MAX_ENTRIES: Final = 2_000
"""Most files in the zip; a workbook has some dozen."""

MAX_UNPACKED: Final = 512 * 1024 * 1024
"""Most bytes the zip may claim to hold."""

MAX_RATIO: Final = 200
"""Greatest ratio of unpacked to packed size, asked of zips that claim more than 16 MiB."""

_RATIO_FROM: Final = 16 * 1024 * 1024
_EXACT_DIGITS: Final = 15
_ZEROS: Final = re.compile("0{2,}")

IsHeader = Callable[[tuple[str, ...]], bool]


@dataclass(slots=True)
class _Sheet:
    """One visible sheet as it is read."""

    title: str
    rows: tuple[Row, ...] = ()
    lost: list[Row] = field(default_factory=list)
    lost_cells: dict[int, frozenset[int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class _CellLost(Exception):
    """A cell does not say any more what was typed into it."""


def read_spreadsheet(
    path: Path, data: bytes, max_rows: int, is_header: IsHeader | None, max_cells: int = MAX_CELLS
) -> Grid:
    """The rows of the first visible sheet that has the header; without one, of the first visible sheet with text.

    Raises:
        InputError: when it is no xlsx, unpacks to too much, or the table is too large.
    """
    _check_zip(path, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and validations it leaves out
            sheets = _sheets(path, data, max_rows, max_cells)
    except CertengineError:
        raise
    except Exception as error:  # a parser of strangers' bytes: KeyError, ParseError, BadZipFile, and whatever comes
        raise refused(path, "table/damaged", "the workbook cannot be read", hint="save it anew as `.xlsx`") from error
    if not sheets:
        raise refused(path, "table/empty", "the workbook has no visible sheet with text", hint="show the sheet meant")
    with_header = [sheet for sheet in sheets if _has_header(sheet, is_header)]
    chosen = (with_header or sheets)[0]
    return Grid(
        rows=chosen.rows,
        encoding="xlsx",
        named=True,
        lost=tuple(chosen.lost),
        lost_cells=chosen.lost_cells,
        findings=(*chosen.findings, *_unread(path, chosen, with_header[1:])),
    )


def _check_zip(path: Path, data: bytes) -> None:
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except Exception as error:  # zipfile raises BadZipFile, NotImplementedError, struct.error, UnicodeDecodeError ...
        raise refused(path, "table/damaged", "the workbook cannot be read", hint="save it anew as `.xlsx`") from error
    unpacked = sum(entry.file_size for entry in entries)
    too_dense = unpacked > _RATIO_FROM and unpacked > MAX_RATIO * len(data)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or too_dense:
        message = f"the workbook unpacks to {len(entries)} parts of {unpacked} bytes together"
        raise refused(path, "table/too-large", message, hint="copy the table alone to a new workbook")


def _sheets(path: Path, data: bytes, max_rows: int, max_cells: int) -> list[_Sheet]:
    """The visible sheets with text."""
    formulas = look_through(path, data, max_cells)
    workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    found = []
    for worksheet in workbook.worksheets:
        if worksheet.sheet_state != "visible":
            continue
        worksheet.reset_dimensions()  # the claimed size is not to be believed
        sheet = _Sheet(title=str(worksheet.title))
        part: str = worksheet._worksheet_path  # type: ignore[attr-defined]  # noqa: SLF001  # told nowhere else
        sheet.rows = bounded(path, _rows(path, worksheet, sheet, formulas.get(part, frozenset())), max_rows)
        if any(any(cell.strip() for cell in row.cells) for row in sheet.rows):
            found.append(sheet)
    workbook.close()
    return found


def _rows(path: Path, worksheet: Any, sheet: _Sheet, uncomputed: AbstractSet[int]) -> Iterator[Row]:
    for line, cells in enumerate(worksheet.iter_rows(), start=1):
        texts: list[str] = []
        lost: dict[int, str] = {}
        for column, cell in enumerate(cells):
            try:
                text = _text(cell)
                # A formula whose result is an empty text has the type of texts; a cell left out has no coordinate.
                if not text and cell.data_type == "n" and place(line, column + 1) in uncomputed:
                    raise _CellLost(f"`{cell.coordinate}` holds a formula that was never computed")
            except _CellLost as why:
                lost[column] = str(why)
                text = ""
            texts.append(text)
        row = Row(line=line, cells=tuple(texts))
        if not lost:
            yield row
            continue
        sheet.lost.append(row)
        sheet.lost_cells[line] = frozenset(lost)
        sheet.findings.append(
            Finding(
                code="table/cell-lost",
                message=f"{next(iter(lost.values()))}, sheet `{sheet.title}`",
                place=place_in(path, line),
                hint="format the column as text and enter the cell anew",
            )
        )
        yield Row(line=line, cells=())  # counts towards the bound


def _text(cell: Any) -> str:
    """The cell's text as a person sees it."""
    match cell.value:
        case None:
            return ""
        case str(text):
            if cell.data_type == "e":
                raise _CellLost(f"`{cell.coordinate}` holds the error `{text}`")
            return text
        case bool(truth):
            return "TRUE" if truth else "FALSE"
        case int() | float():
            return _number_text(cell)
        case datetime() as instant if instant.time() == time():
            return instant.date().isoformat()
        case datetime() as instant:
            return instant.isoformat(" ")
        case date() | time():
            return str(cell.value.isoformat())
        case duration:
            return str(duration)


def _number_text(cell: Any) -> str:
    value: int | float = cell.value
    if not math.isfinite(value) or abs(value) >= 10**_EXACT_DIGITS:
        raise _CellLost(f"`{cell.coordinate}` holds a number of more than {_EXACT_DIGITS} digits, which lost its end")
    exact = Decimal(f"{value:.{_EXACT_DIGITS}g}")
    shape = str(cell.number_format)
    if "%" in shape:
        return _plain(exact * 100) + "%"
    if _ZEROS.fullmatch(shape) and exact >= 0 and exact == int(exact):
        return _plain(exact).zfill(len(shape))
    return _plain(exact)


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _has_header(sheet: _Sheet, is_header: IsHeader | None) -> bool:
    return is_header is not None and any(is_header(row.cells) for row in sheet.rows[:HEADER_WITHIN])


def _unread(path: Path, chosen: _Sheet, others: list[_Sheet]) -> Iterator[Finding]:
    """An error for each further sheet that has the same header: rows are not dropped silently."""
    for other in others:
        yield Finding(
            code="table/second-sheet",
            message=f"sheet `{other.title}` has such a table too, and only `{chosen.title}` was read",
            place=place_in(path),
            hint="hand in each sheet as a file of its own",
        )
