"""An official sheet as a workbook: every cell is text as it stands, and the same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from certengine.documents.sheet_cells import HEAD, put, reproducible, sheet_title

_NARROWEST, _WIDEST = 8, 40


def write_official_workbook(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, at: datetime) -> bytes:
    """The workbook: one sheet, a header that stays in view, cells of text that no program computes or shortens."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = sheet_title(title)
    for column, heading in enumerate(header, 1):
        cell = put(sheet.cell(1, column), heading)
        cell.font, cell.fill = Font(bold=True), HEAD
    for line, row in enumerate(rows, 2):
        for column, text in enumerate(row, 1):
            put(sheet.cell(line, column), text)
    for column, heading in enumerate(header, 1):
        longest = max([_width(heading), *(_width(row[column - 1]) for row in rows)])
        sheet.column_dimensions[get_column_letter(column)].width = min(max(longest + 2, _NARROWEST), _WIDEST)
    sheet.freeze_panes = "A2"
    return reproducible(book, at)


def _width(text: str) -> int:
    """Places a text takes; Chinese characters take two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
