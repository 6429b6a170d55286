"""The sheet of issued certificates that an authority takes: one row a certificate, every cell text, no formula ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from certengine.documents.sheet_cells import HEAD, put, reproducible

HEADINGS = (
    ("序号", "No."),
    ("证书编号", "Certificate no."),
    ("姓名", "Name"),
    ("英文姓名", "Name in Latin letters"),
    ("证书名称", "Qualification"),
    ("职业", "Occupation"),
    ("等级", "Level"),
    ("发证日期", "Date of issue"),
    ("有效期至", "Valid until"),
    ("印制序号", "Print"),
    ("状态", "State"),
)
_WIDTHS = (7, 26, 16, 24, 40, 22, 16, 13, 13, 9, 12)


def write_upload_sheet(rows: Sequence[Sequence[str]], *, at: datetime) -> bytes:
    """The workbook of rows in the order of :data:`HEADINGS`; ``at`` is the time it states it was made."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "certificates"
    for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True), 1):
        cell = put(sheet.cell(1, column), " ".join(heading))
        cell.font, cell.fill = Font(bold=True), HEAD
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, row in enumerate(rows, 2):
        for column, text in enumerate(row, 1):
            put(sheet.cell(number, column), text)
    sheet.freeze_panes = "C2"
    return reproducible(book, at)
