"""Cells of exported workbooks, and the workbook's bytes: text is never a formula, and the clock is not in the file."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import PatternFill, Side

THIN = Side(style="thin", color="BFBFBF")
OPEN = PatternFill("solid", start_color="FFF9E5")
HEAD = PatternFill("solid", start_color="E7E6E6")
_MOST_TEXT = 32_000  # what a cell of a spreadsheet holds


def put(cell: Cell | MergedCell, value: str | float | None) -> Cell:
    """Set a cell, text always as text: never a formula, whatever it begins with."""
    assert isinstance(cell, Cell)  # nothing is merged in our sheets
    if not isinstance(value, str):
        cell.value = value
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("", value)[:_MOST_TEXT]
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    if text[:1] in {"=", "+", "-", "@"}:
        cell.quotePrefix = True
    return cell


def sheet_title(name: str) -> str:
    """A sheet may not be named with some characters, nor longer than 31."""
    return re.sub(r"[\\/*?:\[\]]", "-", name)[:31]


def reproducible(book: Workbook, at: datetime) -> bytes:
    """The workbook's bytes without the clock: openpyxl writes the present time into the zip and the properties."""
    stamp = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.creator = "certengine"
    book.properties.created = stamp
    raw = BytesIO()
    book.save(raw)
    out = BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                modified = f">{stamp.isoformat()}Z</dcterms:modified>".encode()
                content = re.sub(rb">[^<]*</dcterms:modified>", modified, content)
            plain = zipfile.ZipInfo(entry.filename, date_time=(1980, 1, 1, 0, 0, 0))
            plain.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(plain, content)
    return out.getvalue()
