"""A table given back as it came, with columns added: xlsx stays xlsx, separated text becomes CSV in UTF-8.

Invariants:

1. Every row and column of the source is there, in its order; added columns stand to the right of anything written.
2. Nothing in the result is computed by a spreadsheet: a formula becomes the value it last showed, an added cell is
   text, and CSV cells are made harmless (:func:`~certengine.interchange.delimited.harmless`).
3. What a workbook could make a reader unfold (merged areas, linked areas) is bounded before it is opened for writing.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from defusedxml.ElementTree import ParseError, iterparse

from certengine.errors import CertengineError
from certengine.interchange.delimited import harmless, write_csv
from certengine.interchange.grids import Row, refused
from certengine.interchange.tables import Table, read_bounded, read_grid, table_of, without_trailing_blanks

MAX_AREA: Final = 100_000
"""Most cells that all merged or linked areas of a workbook may cover."""

MAX_CELLS: Final = 500_000
"""Most cells of a workbook that is given back: it is opened whole, at some 20 microseconds and a kilobyte a cell."""

_AREA: Final = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")
IsHeader = Callable[[tuple[str, ...]], bool]

_XLSX: Final = "xlsx"
_WIDTHS: Final = (18, 60, 22, 36)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table with the file it was read from.

    Attributes:
        table: header and rows as text.
        suffix: of the file that is given back: ``.xlsx`` or ``.csv``.
        rows: every row as it stands, blank ones and those above the header too.
        data: the file's bytes.
    """

    table: Table
    suffix: str
    rows: tuple[Row, ...]
    data: bytes
    is_header: IsHeader


def open_sheet(path: Path, is_header: IsHeader, *, max_bytes: int, max_rows: int) -> Sheet:
    """The table of an xlsx or a file of separated text.

    Raises:
        NotFound: when there is no such file.
        InputError: when it is no such table, or larger than the bounds.
    """
    data = read_bounded(path, max_bytes)
    grid = read_grid(path, data, max_rows, is_header, MAX_CELLS)
    table = table_of(path, grid, is_header)
    if table.encoding in {"JSON Lines", "Parquet"}:
        raise refused(path, "table/format", "a sheet to give back is `.xlsx`, `.csv`, `.tsv` or `.txt`")
    suffix = ".xlsx" if table.encoding == _XLSX else ".csv"
    return Sheet(table=table, suffix=suffix, rows=(*grid.rows, *grid.lost), data=data, is_header=is_header)


def with_columns(sheet: Sheet, headings: Sequence[str], cells: Mapping[int, Sequence[str]]) -> bytes:
    """The file with columns added: their headings on the header's line, their cells by line.

    Raises:
        InputError: when the workbook cannot be written again.
    """
    width = max((len(without_trailing_blanks(row.cells)) for row in sheet.rows), default=0)
    added = {sheet.table.header_line: headings, **cells}
    if sheet.suffix == ".csv":
        return _csv(sheet, width, len(headings), added)
    return _xlsx(sheet, width, added)


def _csv(sheet: Sheet, width: int, count: int, added: Mapping[int, Sequence[str]]) -> bytes:
    blank = ("",) * count
    rows = [(*row.cells[:width], *("",) * (width - len(row.cells)), *added.get(row.line, blank)) for row in sheet.rows]
    return write_csv(rows[0], rows[1:])


def _xlsx(sheet: Sheet, width: int, added: Mapping[int, Sequence[str]]) -> bytes:
    # Imported here, as in the reader: a CSV needs no openpyxl.
    import openpyxl
    from openpyxl.utils import get_column_letter

    path = sheet.table.source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of what it leaves out: pictures, macros
            _demand_small_areas(path, sheet.data)
            shown = openpyxl.load_workbook(io.BytesIO(sheet.data), data_only=True, keep_links=False)
            written = openpyxl.load_workbook(io.BytesIO(sheet.data), keep_links=False)
            for mine, theirs in zip(shown.worksheets, written.worksheets, strict=True):
                _settle_formulas(mine, theirs)
            worksheet = _the_one(shown, sheet)
            for line, texts in added.items():
                _add(worksheet, line, width, texts, headed=line == sheet.table.header_line)
            for offset, columns in enumerate(_WIDTHS[: len(added[sheet.table.header_line])], start=1):
                worksheet.column_dimensions[get_column_letter(width + offset)].width = columns
            target = io.BytesIO()
            shown.save(target)
    except CertengineError:
        raise
    except Exception as error:  # a stranger's workbook in a library's hands: whatever comes
        hint = "save it anew as `.xlsx`, or hand in `.csv`"
        raise refused(path, "table/damaged", "the workbook cannot be written again", hint=hint) from error
    return target.getvalue()


def _settle_formulas(shown: Any, written: Any) -> None:
    """Put the value it last showed in place of each formula; one that was never computed stays as inert text."""
    # Only the cells that are there: going by rows makes all those between, up to one that strayed to the last corner.
    for cell in list(written._cells.values()):  # noqa: SLF001
        if cell.data_type != "f":
            continue
        target = shown.cell(cell.row, cell.column)
        if target.value is None:
            text = getattr(cell.value, "text", cell.value)
            _write_text(target, str(text or ""))


def _add(worksheet: Any, line: int, width: int, texts: Sequence[str], *, headed: bool) -> None:
    for offset, text in enumerate(texts, start=1):
        cell = worksheet.cell(line, width + offset)
        _write_text(cell, harmless(text))
        if headed and width:
            for trait in ("font", "fill", "border", "alignment"):
                setattr(cell, trait, copy(getattr(worksheet.cell(line, width), trait)))


def _write_text(cell: Any, text: str) -> None:
    cell.value = text
    cell.data_type = "s"  # openpyxl takes a leading "=" for a formula


def _the_one(workbook: Any, sheet: Sheet) -> Any:
    """The worksheet the table was read from: the first visible one with its header on its line."""
    for worksheet in workbook.worksheets:
        cells = worksheet[sheet.table.header_line]
        texts = tuple("" if cell.value is None else str(cell.value) for cell in cells)
        if worksheet.sheet_state == "visible" and sheet.is_header(texts):
            return worksheet
    raise KeyError(sheet.table.header)


def _demand_small_areas(path: Path, data: bytes) -> None:
    """Refuse areas that openpyxl would unfold cell by cell. Every part is looked at: a name promises nothing."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        total = sum(_areas(archive, name) for name in archive.namelist())
    if total > MAX_AREA:
        message = f"its merged cells cover more than {MAX_AREA} cells"
        raise refused(path, "table/too-large", message, hint="copy the table alone to a new workbook")


def _areas(archive: zipfile.ZipFile, name: str) -> int:
    total = 0
    with archive.open(name) as part, suppress(ParseError):  # a picture is no XML
        for _event, element in iterparse(part, forbid_dtd=True):
            if element.tag.rpartition("}")[2] in {"mergeCell", "hyperlink"}:
                total += _area(element.get("ref", ""))
            element.clear()
    return total


def _area(reference: str) -> int:
    found = _AREA.fullmatch(reference)
    if found is None:
        return 1
    left, top, right, bottom = found.groups()
    return (abs(_column(right) - _column(left)) + 1) * (abs(int(bottom) - int(top)) + 1)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
