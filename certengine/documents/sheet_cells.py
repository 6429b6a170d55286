"""Cells of exported workbooks, and the workbook's bytes: text is never a formula, and the clock is not in the file."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

THIN = Side(style="thin", color="BFBFBF")
OPEN = PatternFill("solid", start_color="FFF9E5")
HEAD = PatternFill("solid", start_color="E7E6E6")
_MOST_TEXT = 32_000  # what a cell of a spreadsheet holds


def put(cell: Cell | MergedCell, value: str | float | None) -> Cell:
    """Set a cell and mark it as text if it is one, whatever it begins with."""
    written = write(cell, value)
    if isinstance(value, str):
        written.number_format = "@"
        if looks_like_formula(value):
            written.quotePrefix = True
    return written


def write(cell: Cell | MergedCell, value: str | float | None) -> Cell:
    """Set a cell's value, text always as text; its style is left alone."""
    assert isinstance(cell, Cell)  # nothing is merged in our sheets
    cell.value = _storable(value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"
    return cell


def looks_like_formula(value: object) -> bool:
    """Whether a spreadsheet would take a text for a formula if it were typed in."""
    return isinstance(value, str) and _storable(value)[:1] in {"=", "+", "-", "@"}


def _storable(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", text)[:_MOST_TEXT]


def sheet_title(name: str) -> str:
    """A sheet may not be named with some characters, nor longer than 31."""
    return re.sub(r"[\\/*?:\[\]]", "-", name)[:31]


def lock_and_fit(sheet: Worksheet, body: str, *, header: int = 1) -> None:
    """Lock what is not to be filled in, keep the heading in sight, and print on landscape A4 as wide as the page.

    Args:
        sheet: the sheet.
        body: its first cell that moves when one scrolls.
        header: the row of the heading, printed on each page.
    """
    sheet.freeze_panes = body
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False  # a flag of what is locked: widening stays allowed
    sheet.protection.formatRows = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{header}:{header}"


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
