"""The marking workbook: one item across candidates, an answer a row, and the rubric on a second sheet (xlsx).

Invariants:

1. Nothing names a candidate: a row has an opaque code, and the order of the rows says nothing.
2. Only points and remarks can be written in; a cell of points takes the whole numbers of its criterion and nothing else.
3. No cell is ever a formula, and the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from certengine.documents.sheet_cells import HEAD, OPEN, THIN, lock_and_fit, put, reproducible, sheet_title
from certengine.model.text import Text
from certengine.model.view import GuideRow, MarkingGuide

_EDGES = Border(top=THIN, bottom=THIN, left=THIN, right=THIN)
_FIRST_POINTS = 5
_WIDTHS = (15, 13, 13, 70)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingSheet:
    """What one marker is handed: an item, its guide, and answers as ``(script code, what is shown of the answer)``.

    Attributes:
        headings: of the columns of points, in the order of the guide's rows.
    """

    item: str
    marker: str
    stem: Text
    guide: MarkingGuide
    headings: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]


def write_marking_workbook(sheet: MarkingSheet, *, at: datetime) -> bytes:
    """The workbook as xlsx bytes.

    Args:
        at: the time the file states it was made; given, so that the same input gives the same bytes.
    """
    book = Workbook()
    marks = book.active
    assert isinstance(marks, Worksheet)
    marks.title = sheet_title(sheet.item)
    header = ("script", "item", "marker", "answer", *sheet.headings, "remark")
    for number, heading in enumerate(header, 1):
        cell = put(marks.cell(1, number), heading)
        cell.font, cell.fill, cell.border = Font(bold=True), HEAD, _EDGES
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        width = _WIDTHS[number - 1] if number < _FIRST_POINTS else 30 if number == len(header) else 13
        marks.column_dimensions[get_column_letter(number)].width = width
    for row, (code, shown) in enumerate(sheet.answers, 2):
        _write_row(marks, row, (code, sheet.item, sheet.marker, shown), len(header))
    _validate(marks, sheet.guide.rows, len(sheet.answers) + 1)
    lock_and_fit(marks, "B2")
    _write_guide(book.create_sheet("评分标准 rubric"), sheet)
    return reproducible(book, at)


def _write_row(sheet: Worksheet, row: int, shown: Sequence[str], width: int) -> None:
    for number in range(1, width + 1):
        cell = put(sheet.cell(row, number), shown[number - 1] if number <= len(shown) else None)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.border = _EDGES
        if number >= _FIRST_POINTS:
            cell.fill = OPEN
            cell.protection = Protection(locked=False)


def _validate(sheet: Worksheet, rows: Sequence[GuideRow], last_row: int) -> None:
    for number, criterion in enumerate(rows, _FIRST_POINTS):
        check = DataValidation(type="whole", operator="between", formula1="0", formula2=str(criterion.top))
        check.allow_blank = True
        said = "\n".join(text for _, text in reversed(criterion.title.by_language))
        check.prompt = f"0–{criterion.top}\n{said}"[:250]
        check.error = f"0–{criterion.top}"
        check.showInputMessage = check.showErrorMessage = True
        letter = get_column_letter(number)
        check.add(f"{letter}2:{letter}{max(2, last_row)}")
        sheet.add_data_validation(check)


def _write_guide(page: Worksheet, sheet: MarkingSheet) -> None:
    lines: list[tuple[str, str, str]] = [(sheet.item, _both(sheet.stem), f"0–{sheet.guide.points}")]
    for row in sheet.guide.rows:
        levels = [f"{points} = {_both(level, ' / ')}" for points, level in enumerate(row.levels)]
        note = [_both(row.note)] if row.note else []
        scale = "0 / 1（否 / 是 no / yes）" if row.condition else f"0–{row.top}"
        lines.append((row.id, "\n".join((_both(row.title), *levels, *note)), scale))
    lines.extend(("", _both(rule), "") for rule in sheet.guide.rules)
    lines.append(("参考答案\nmodel answer", _both(sheet.guide.model_answer), ""))
    for number, line in enumerate(lines, 1):
        for column, text in enumerate(line, 1):
            cell = put(page.cell(number, column), text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=number == 1)
    for letter, width in (("A", 16), ("B", 90), ("C", 22)):
        page.column_dimensions[letter].width = width
    page.protection.sheet = True


def _both(text: Text, between: str = "\n") -> str:
    """A text in every language it has, Chinese first, said once where they read alike."""
    return between.join(dict.fromkeys(words for _, words in reversed(text.by_language)))
