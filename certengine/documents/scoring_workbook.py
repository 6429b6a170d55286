"""The scoring workbook: one assessor's entries for all candidates of a task, one row per candidate and aspect (xlsx).

Invariants:

1. Only the columns ``value`` and ``remark`` can be written in; what is printed for the assessor is locked.
2. No cell is ever a formula: text that begins with ``=``, ``+``, ``-`` or ``@`` is stored and marked as text.
3. What a cell accepts follows what the aspect's kind asks for, and every cell accepts ``NA`` (not attempted): an empty
   cell is never taken for an answer. An aspect on which nobody enters anything has no row.
4. The same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, Protection, Side
from openpyxl.worksheet.cell_range import CellRange, MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from certengine.aspects import kind_of
from certengine.aspects.kind import Asked
from certengine.canonical import decimal_text
from certengine.documents.sheet_cells import (
    HEAD,
    OPEN,
    THIN,
    lock_and_fit,
    looks_like_formula,
    put,
    reproducible,
    sheet_title,
    write,
)
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

_ANY = Text.of(en="any")
_STYLE = "_style"
_Styles = dict[tuple[bool, bool, bool, bool], Any]
"""Styles of cells by what decides them: begins a candidate, is entered, is text, looks like a formula."""


def write_scoring_workbook(
    task: Task,
    candidates: Sequence[Candidate],
    assessor: str,
    *,
    criteria: Mapping[str, Text],
    at: datetime,
    languages: tuple[str, ...] = ("zh", "en"),
) -> bytes:
    """The workbook as xlsx bytes.

    Args:
        task: the task; its aspects are the rows of each candidate.
        candidates: those who were given this task, in the order of the rows.
        assessor: as the sheet names the assessor, above the table.
        criteria: the marking rule of each aspect in words, by aspect id.
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
    asked = {aspect.id: kind_of(aspect.kind).ask(aspect) for aspect in task.aspects}
    row = _HEADER_ROW
    places: dict[Asked, list[str]] = {}
    styles: _Styles = {}
    for candidate in candidates:
        first = True
        for aspect in task.aspects:
            ask = asked[aspect.id]
            if ask is None:
                continue
            row += 1
            line = (candidate.id, candidate.name, task.id, aspect.id, _said(aspect.title, languages))
            rest = (_marks(aspect), rules[aspect.id], ask.unit, None, None)
            _write_row(sheet, row, (*line, *rest), styles, first=first)
            places.setdefault(_checked_alike(ask), []).append(f"I{row}")
            first = False
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


def _checked_alike(ask: Asked) -> Asked:
    """The question without what two cells may differ in and still be checked by one rule."""
    most = ask.most if ask.number == "any" else None
    levels = ask.choices if ask.yes_no else tuple(replace(one, said=_ANY) for one in ask.choices)
    points = (_ANY,) * bool(ask.points)
    return replace(ask, unit="", most=most, choices=() if ask.number else levels, points=points)


def _validate(sheet: Worksheet, places: Mapping[Asked, Sequence[str]], languages: Sequence[str]) -> None:
    for ask, cells in places.items():
        check = _check(ask, cells[0], languages)
        what = "\n".join((*(line for _, line in _lines(ask.what, languages)), "NA = 未做 not attempted"))
        check.prompt = what
        check.error = what
        check.showInputMessage = True
        check.showErrorMessage = True
        # All at once: added one by one, each is compared with all before it.
        check.sqref = MultiCellRange(CellRange(cell) for cell in dict.fromkeys(cells))
        sheet.add_data_validation(check)


def _check(ask: Asked, cell: str, languages: Sequence[str]) -> DataValidation:
    """What a value cell accepts; ``cell`` is the first of them, to which a formula is relative."""
    absent = _NOT_ATTEMPTED.format(cell=cell)
    if ask.number == "whole":
        whole = f"AND(ISNUMBER({cell}),{cell}>=0,{cell}=INT({cell}))"
        return DataValidation(type="custom", formula1=f"OR(IFERROR({whole},FALSE),{absent})", allow_blank=True)
    if ask.number == "any" and ask.most is not None:
        within = f"AND(ISNUMBER({cell}),{cell}>=0,{cell}<={decimal_text(ask.most)})"
        return DataValidation(type="custom", formula1=f"OR(IFERROR({within},FALSE),{absent})", allow_blank=True)
    if ask.number == "any":
        return DataValidation(type="custom", formula1=f"OR(ISNUMBER({cell}),{absent})", allow_blank=True)
    if ask.points:
        return DataValidation(type="custom", formula1=f"OR(ISTEXT({cell}),{cell}=0)", allow_blank=True)
    if ask.yes_no:
        return DataValidation(type="list", formula1='"是,否"' if "zh" in languages else '"yes,no"', allow_blank=True)
    entries = ",".join((*(choice.entry for choice in ask.choices), "NA"))
    return DataValidation(type="list", formula1=f'"{entries}"', allow_blank=True)


def _set_up(sheet: Worksheet, last_row: int) -> None:
    lock_and_fit(sheet, f"C{_HEADER_ROW + 1}", header=_HEADER_ROW)
    sheet.auto_filter.ref = f"A{_HEADER_ROW}:J{last_row}"
    sheet.protection.autoFilter = False


def _said(text: Text, languages: Sequence[str]) -> str:
    return "\n".join(line for _, line in _lines(text, languages))


def _lines(text: Text, languages: Sequence[str]) -> Iterator[tuple[str, str]]:
    found = [(tag, line) for tag in languages if (line := text.get(tag)) is not None]
    yield from found or text.by_language[:1]


def _marks(aspect: Aspect) -> float:
    """Full marks as a spreadsheet number: for the assessor to read, never read back."""
    return int(aspect.marks) if aspect.marks == int(aspect.marks) else float(aspect.marks)
