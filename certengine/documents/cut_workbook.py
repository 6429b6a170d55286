"""A judge's sheet for a cut score as a workbook (xlsx): the items of a form, and one open cell for each estimate.

Invariants:

1. Nothing tells who the judge is, what is right, how candidates did, or what another judge thinks: of an earlier round
   only the mean and range of all.
2. Only estimates and remarks can be written in; an estimate takes 0 to 100 and nothing else.
3. No cell is ever a formula, and the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from certengine.documents.sheet_cells import HEAD, OPEN, THIN, lock_and_fit, put, reproducible

_EDGES = Border(top=THIN, bottom=THIN, left=THIN, right=THIN)
_WIDTHS = {"question": 60, "options": 44, "remark": 26, "item": 14, "estimate": 12}
_HELP = (
    ("怎样估计", "How to estimate"),
    (
        "设想 100 名刚好够格的考生：再差一点就不该发证。他们中有多少人会答对这道题？填 0 到 100 的整数。",
        "Of 100 candidates who are just good enough to be certified, how many would do this item right? 0 to 100.",
    ),
    (
        "可得部分分的题：估计他们平均会得到该题分值的百分之几。",
        "Where an item can earn a part of its marks: what percent of its marks would they earn on average?",
    ),
    (
        "独立估计，不与他人商量；先自己作答再估计。每题都要填。",
        "Estimate alone; do the item yourself first. Every item needs an estimate.",
    ),
    (
        "第二轮：看过上一轮的平均和范围并讨论之后再填，可以改，也可以不改。",
        "Second round: after mean and range of the round before were discussed; change your estimate, or keep it.",
    ),
)


def write_cut_workbook(headings: Sequence[str], rows: Sequence[Sequence[str]], *, at: datetime) -> bytes:
    """The workbook as xlsx bytes.

    Args:
        headings: of the columns, ``estimate`` and ``remark`` the last two.
        at: the time the file states it was made.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "估计 estimates"
    for number, heading in enumerate(headings, 1):
        cell = put(sheet.cell(1, number), heading)
        cell.font, cell.fill, cell.border = Font(bold=True), HEAD, _EDGES
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(heading, 10)
    for row, values in enumerate(rows, 2):
        for number, value in enumerate(values, 1):
            cell = put(sheet.cell(row, number), value or None)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.border = _EDGES
            if number > len(headings) - 2:
                cell.fill, cell.protection = OPEN, Protection(locked=False)
    check = DataValidation(type="decimal", operator="between", formula1="0", formula2="100")
    check.prompt = check.error = "0–100 %"
    check.showInputMessage = check.showErrorMessage = True
    letter = get_column_letter(len(headings) - 1)
    check.add(f"{letter}2:{letter}{len(rows) + 1}")
    sheet.add_data_validation(check)
    lock_and_fit(sheet, "E2")
    page = book.create_sheet("说明 how to")
    for row, (zh, en) in enumerate(_HELP, 1):
        for column, words in enumerate((zh, en), 1):
            cell = put(page.cell(row, column), words)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=row == 1)
            page.column_dimensions[get_column_letter(column)].width = 60
    return reproducible(book, at)
