"""The scoring workbook: one assessor's entries for all candidates of a task, one row per candidate and aspect (xlsx).

Invariants:

1. Only the columns ``value`` and ``remark`` can be written in; what is printed for the assessor is locked.
2. No cell is ever a formula: text that begins with ``=``, ``+``, ``-`` or ``@`` is stored and marked as text.
3. What a cell accepts follows the aspect's kind, and every cell accepts ``NA`` (not attempted): an empty cell is never
   taken for an answer.
4. The same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from certengine.documents.sheet_cells import HEAD, OPEN, THIN, looks_like_formula, put, reproducible, sheet_title, write
from certengine.model.scheme import Aspect, Task
from certengine.model.sitting import Candidate
from certengine.model.text import Text

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_HEADER_ROW = 4
_VALUE, _REMARK = 9, 10
_NOT_ATTEMPTED = '{cell}="NA",{cell}="未做"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    name: str
    said: Text
    width: float


_COLUMNS = (
    _Column(name="candidate_id", said=Text.of(zh="准考证号", en="candidate no."), width=15),
    _Column(name="name", said=Text.of(zh="姓名", en="name"), width=13),
    _Column(name="task", said=Text.of(zh="试题代码", en="task code"), width=9),
    _Column(name="aspect", said=Text.of(zh="评分项", en="aspect"), width=9),
    _Column(name="title", said=Text.of(zh="考核内容", en="what is marked"), width=34),
    _Column(name="full_marks", said=Text.of(zh="配分", en="full marks"), width=11),
    _Column(name="rule", said=Text.of(zh="评分标准", en="how it is marked"), width=46),
    _Column(name="unit", said=Text.of(zh="单位", en="unit"), width=7),
    _Column(name="value", said=Text.of(zh="检测结果：在此填写", en="found: write here"), width=13),
    _Column(name="remark", said=Text.of(zh="备注：在此填写", en="remark: write here"), width=28),
)

_ASKED = {
    "measurement": Text.of(zh="填写测量值（数字，不写单位）", en="the measured value, a number without its unit"),
    "deduction": Text.of(zh="填写缺陷数（0、1、2……）", en="how many faults: 0, 1, 2 …"),
    "judgement": Text.of(zh="填写 0、1、2 或 3", en="0, 1, 2 or 3"),
    "veto": Text.of(zh="是否出现：填写“是”或“否”", en="did it happen: yes or no"),
}

_STYLE = "_style"
_Styles = dict[tuple[bool, bool, bool, bool], Any]
"""Styles of cells by what decides them: begins a candidate, is entered, is text, looks like a formula."""


def write_scoring_workbook(
    task: Task,
    candidates: Sequence[Candidate],
    assessor: str,
    *,
    criteria: Mapping[str, Text],
    units: Mapping[str, str],
    at: datetime,
    languages: tuple[str, ...] = ("zh", "en"),
) -> bytes:
    """The workbook as xlsx bytes.

    Args:
        task: the task; its aspects are the rows of each candidate.
        candidates: those who were given this task, in the order of the rows.
        assessor: as the sheet names the assessor, above the table.
        criteria: the marking rule of each aspect in words, by aspect id.
        units: the unit of a measured value by aspect id, for those that have one.
        at: the time the file states it was made; given, so that the same input gives the same bytes.
        languages: what titles and rules are written in, the first above.

    Raises:
        KeyError: when an aspect has no criterion.
        ValueError: when there is no candidate: an empty sheet is a mistake.
    """
    if not candidates:
        raise ValueError("a scoring workbook needs at least one candidate")
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = sheet_title(task.id)
    _write_head(sheet, task, assessor)
    rules = {aspect.id: _said(criteria[aspect.id], languages) for aspect in task.aspects}
    row = _HEADER_ROW
    places: dict[str, list[str]] = {}
    styles: _Styles = {}
    for candidate in candidates:
        for number, aspect in enumerate(task.aspects):
            row += 1
            line = (candidate.id, candidate.name, task.id, aspect.id, _said(aspect.title, languages))
            rest = (_marks(aspect), rules[aspect.id], units.get(aspect.id, ""), None, None)
            _write_row(sheet, row, (*line, *rest), styles, first=number == 0)
            places.setdefault(aspect.kind, []).append(f"I{row}")
    _validate(sheet, places, languages)
    _set_up(sheet, row)
    return reproducible(book, at)


def _write_head(sheet: Worksheet, task: Task, assessor: str) -> None:
    put(sheet.cell(1, 1), f"assessor: {assessor}").font = Font(bold=True)
    put(sheet.cell(2, 1), f"task: {task.id}").font = Font(bold=True)
    for number, column in enumerate(_COLUMNS, 1):
        cell = put(sheet.cell(_HEADER_ROW, number), column.name)
        cell.font = Font(bold=True)
        cell.fill = HEAD
        cell.border = Border(top=THIN, bottom=THIN, left=THIN, right=THIN)
        cell.comment = Comment("\n".join(text for _, text in column.said.by_language), "certengine")
        sheet.column_dimensions[cell.column_letter].width = column.width


def _write_row(
    sheet: Worksheet, row: int, values: Sequence[str | float | None], styles: _Styles, *, first: bool
) -> None:
    for number, value in enumerate(values, 1):
        entered = number in {_VALUE, _REMARK}
        cell = sheet.cell(row, number)
        kind = (first, entered, isinstance(value, str), looks_like_formula(value))
        if kind in styles:  # openpyxl compares each part of a new style with all it has
            setattr(write(cell, value), _STYLE, copy(styles[kind]))
            continue
        top = Side(style="medium") if first else THIN
        put(cell, value).alignment = Alignment(wrap_text=True, vertical="center")
        cell.border = Border(top=top, bottom=THIN, left=THIN, right=THIN)
        if entered:
            cell.fill = OPEN
            cell.protection = Protection(locked=False)
        styles[kind] = copy(getattr(cell, _STYLE))


def _validate(sheet: Worksheet, places: Mapping[str, Sequence[str]], languages: Sequence[str]) -> None:
    for kind, cells in places.items():
        check = _check(kind, cells[0], languages)
        asked = _ASKED.get(kind)
        if check is None or asked is None:
            continue
        what = "\n".join((*(line for _, line in _lines(asked, languages)), "NA = 未做 not attempted"))
        check.prompt = what
        check.error = what
        check.showInputMessage = True
        check.showErrorMessage = True
        for cell in cells:
            check.add(cell)
        sheet.add_data_validation(check)


def _check(kind: str, cell: str, languages: Sequence[str]) -> DataValidation | None:
    """What a value cell of a kind accepts; ``cell`` is the first of them, to which a formula is relative."""
    absent = _NOT_ATTEMPTED.format(cell=cell)
    match kind:
        case "measurement":
            return DataValidation(type="custom", formula1=f"OR(ISNUMBER({cell}),{absent})", allow_blank=True)
        case "deduction":
            whole = f"AND(ISNUMBER({cell}),{cell}>=0,{cell}=INT({cell}))"
            return DataValidation(type="custom", formula1=f"OR(IFERROR({whole},FALSE),{absent})", allow_blank=True)
        case "judgement":
            return DataValidation(type="list", formula1='"0,1,2,3,NA"', allow_blank=True)
        case "veto":
            return DataValidation(
                type="list", formula1='"是,否"' if "zh" in languages else '"yes,no"', allow_blank=True
            )
    return None


def _set_up(sheet: Worksheet, last_row: int) -> None:
    sheet.freeze_panes = f"C{_HEADER_ROW + 1}"
    sheet.auto_filter.ref = f"A{_HEADER_ROW}:J{last_row}"
    sheet.protection.sheet = True
    sheet.protection.autoFilter = False  # a flag of what is locked: filtering stays allowed
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"


def _said(text: Text, languages: Sequence[str]) -> str:
    return "\n".join(line for _, line in _lines(text, languages))


def _lines(text: Text, languages: Sequence[str]) -> Iterator[tuple[str, str]]:
    found = [(tag, line) for tag in languages if (line := text.get(tag)) is not None]
    yield from found or text.by_language[:1]


def _marks(aspect: Aspect) -> float:
    """Full marks as a spreadsheet number: for the assessor to read, never read back."""
    return int(aspect.marks) if aspect.marks == int(aspect.marks) else float(aspect.marks)
