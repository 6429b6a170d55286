"""The workbook of Chinese question banks: one row for each item, columns 试题GUID … 出处, as xlsx or CSV.

Columns after 出处 are ours: 认知层次, 重要程度, and ``certengine``, the record. Other programs pass over columns they do
not know; a row whose record would not fit into a cell of Excel goes without.

=========================  =======================================================
单选题, 多选题             options A to J, the answer as letters
判断题                     正确 or 错误; a blank answer is never read as 错误
计算题                     ``1500±15 r/min``; a parametrised item as one drawn variant
填空题 (one blank)         forms parted by `` / ``
论述题, 简答题             the model answer
=========================  =======================================================
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from certengine.canonical import decimal_text
from certengine.errors import Severity, first_errors
from certengine.interchange.bank_columns import COLUMNS, ENGLISH, HEADINGS, OPTIONS, POINTS
from certengine.interchange.choices import choice_question
from certengine.interchange.columns import Record, records
from certengine.interchange.delimited import write_csv
from certengine.interchange.essays import essay_question
from certengine.interchange.loss import Fate, Loss
from certengine.interchange.questions import (
    LANGUAGE,
    MAX_QUESTIONS,
    Incoming,
    LeftOut,
    Losses,
    Outgoing,
    Question,
    as_decimal,
    collect,
    drawn,
    fixed_number,
    refused,
    shown,
    worded,
)
from certengine.interchange.records import MARK, read_record, record_text
from certengine.interchange.tables import Table, read_table
from certengine.interchange.tags import fields_of, share
from certengine.interchange.wording import single, words
from certengine.items import kind_of
from certengine.items.essay import EssayContent
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent
from certengine.items.options import LETTERS
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.markup import escape
from certengine.model.sitting import ResponseState
from certengine.model.written_numbers import read_written_number

MAX_CELL: Final = 32_767
"""Most characters a cell of Excel holds."""

_KINDS: Final = {
    "single_choice": "单选题",
    "multiple_response": "多选题",
    "true_false": "判断题",
    "numeric": "计算题",
    "short_answer": "填空题",
    "essay": "论述题",
}
_TRUTHS: Final = {"正确": "true", "错误": "false"}
_CHUNK: Final = 1 << 20
_FORMULA: Final = re.compile(rb"<(?:\w{1,20}:)?f[\s>/]")
_SHEET: Final = "试题"
_BLANKS: Final = re.compile(r"_{2,}|（\s*）|\(\s*\)")
_SEVERAL: Final = re.compile(r"[;；|｜]")
_BETWEEN_FORMS: Final = " / "


def write_workbook(questions: Sequence[Question], title: str) -> Outgoing:
    """An xlsx."""
    rows, losses = _rows(questions)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_SHEET)
    sheet.freeze_panes = "A2"
    for number, heading in enumerate(HEADINGS):
        letter = get_column_letter(number + 1)
        sheet.column_dimensions[letter].width = {"题干": 60, "解析": 40}.get(heading, 14)
    sheet.append([_cell(sheet, heading, bold=True) for heading in HEADINGS])
    for row in rows:
        sheet.append([_cell(sheet, text) for text in row])
    target = io.BytesIO()
    book.save(target)
    return Outgoing(data=target.getvalue(), losses=losses)


def write_bank_csv(questions: Sequence[Question], title: str) -> Outgoing:
    """The same rows as CSV, with English headings, kinds by their ids, ``true`` and ``false``."""
    rows, losses = _rows(questions)
    kinds = {id_: name for name, id_ in _KINDS.items()}
    for row in rows:
        row[1] = kinds[row[1]]
        row[3] = _TRUTHS.get(row[3], row[3]) if row[1] == "true_false" else row[3]
    return Outgoing(data=write_csv([ENGLISH[heading] for heading in HEADINGS], rows), losses=losses)


def read_workbook(path: Path) -> Incoming:
    """The questions of a workbook or a CSV with its columns.

    Raises:
        NotFound, InputError: when there is no such file, it is hostile, damaged, too large, or lacks a column.
    """
    table = read_table(path, max_rows=MAX_QUESTIONS, is_header=COLUMNS.is_header)
    places, findings = COLUMNS.places(table)
    errors = first_errors(findings)
    if errors:
        raise refused(path, "columns", errors[0].message, errors[0].hint or "name the columns", line=table.header_line)
    losses = [
        Loss(item=path.name, feature="column", fate=Fate.LOST, why=one.message)
        for one in findings
        if one.severity is Severity.WARNING
    ]
    losses.extend(_set_aside(table))
    losses.extend(_acting_parts(path))
    return collect(((f"row {row.line}", _reader(row)) for row in records(table, places)), path, losses)


def _acting_parts(path: Path) -> Iterator[Loss]:
    """What of a workbook would compute or run; the table was read before, so its size is within bounds."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        if any(name.endswith("vbaProject.bin") for name in names):
            why = "its macros were not read"
            yield Loss(item=path.name, feature="macros", fate=Fate.CLEANED, why=why)
        if any(_has_formula(package, name) for name in names if name.startswith("xl/worksheets/")):
            why = "a formula counts as the value it last showed"
            yield Loss(item=path.name, feature="formulas in cells", fate=Fate.CLEANED, why=why)


def _has_formula(package: zipfile.ZipFile, name: str) -> bool:
    with package.open(name) as part:
        end = b""
        while chunk := part.read(_CHUNK):
            if _FORMULA.search(end + chunk):
                return True
            end = chunk[-64:]
    return False


def _set_aside(table: Table) -> Iterator[Loss]:
    """Rows that could not be read as rows; warnings about the whole file besides."""
    for finding in table.findings:
        line = finding.place.line if finding.place else None
        fate = Fate.LOST if finding.severity is Severity.WARNING else Fate.LEFT_OUT
        yield Loss(item=f"row {line}" if line else table.source.name, feature="row", fate=fate, why=finding.message)


def _rows(questions: Sequence[Question]) -> tuple[list[list[str]], tuple[Loss, ...]]:
    rows = []
    losses: list[Loss] = []
    for question in questions:
        try:
            cells = _row(question)
        except LeftOut as why:
            losses.append(Loss(item=question.name, feature="item", fate=Fate.LEFT_OUT, why=str(why)))
            continue
        rows.append([cells.get(heading, "") for heading in HEADINGS])
    return rows, tuple(losses)


def _row(question: Question) -> dict[str, str]:
    writer = WRITERS.get(question.kind)
    if writer is None:
        raise LeftOut(f"the workbook has no form for the kind `{question.kind}`")
    said, _ = fields_of(question.tags)
    record = record_text(question.record) if question.record is not None else ""
    cells = {
        "试题GUID": question.id or "",
        **writer(question.content, question.name),
        **dict(zip(POINTS, question.category, strict=False)),
        "难度": decimal_text(said["difficulty"]) if "difficulty" in said else "",
        "解析": words(question.explanation or ""),
        "出处": words(question.source or ""),
        "认知层次": said.get("level", ""),
        "重要程度": said["importance"].value if "importance" in said else "",
        MARK: record if len(record) <= MAX_CELL else "",
    }
    if any(len(text) > MAX_CELL for text in cells.values()):
        raise LeftOut(f"a text is longer than the {MAX_CELL} characters of a cell")
    if any(ILLEGAL_CHARACTERS_RE.search(text) for text in cells.values()):
        raise LeftOut("a text holds control characters")
    return cells


def _single_cells(content: SingleChoiceContent, name: str) -> dict[str, str]:
    return _choice_cells("单选题", content, [content.key])


def _several_cells(content: MultipleResponseContent, name: str) -> dict[str, str]:
    return _choice_cells("多选题", content, content.key)


def _truth_cells(content: TrueFalseContent, name: str) -> dict[str, str]:
    return {"题型": "判断题", "题干": worded(content.stem), "答案": "正确" if content.key else "错误"}


def _choice_cells(
    kind: str, content: SingleChoiceContent | MultipleResponseContent, key: Sequence[str]
) -> dict[str, str]:
    letters = [letter for letter, option in zip(LETTERS, content.options, strict=False) if option.id in key]
    texts = dict(zip(OPTIONS, (worded(option.text) for option in content.options), strict=False))
    return {"题型": kind, "题干": worded(content.stem), "答案": "".join(letters), **texts}


def _number_cells(content: NumericContent, name: str) -> dict[str, str]:
    one = drawn(content, name)
    margin = f"±{decimal_text(one.tolerance.absolute)}" if one.tolerance.absolute else ""
    answer = f"{one.key}{margin}{f' {one.unit}' if one.unit else ''}"
    return {"题型": "计算题", "题干": words(single(shown(one.stem))), "答案": answer}


def _short_cells(content: ShortAnswerContent, name: str) -> dict[str, str]:
    forms = [form for one in content.accepted for form in one.values()]
    return {"题型": "填空题", "题干": worded(content.stem), "答案": _BETWEEN_FORMS.join(forms)}


def _essay_cells(content: EssayContent, name: str) -> dict[str, str]:
    return {"题型": "论述题", "题干": worded(content.stem), "答案": worded(content.model_answer)}


WRITERS: Final[Mapping[str, Callable[[Any, str], dict[str, str]]]] = {
    "single_choice": _single_cells,
    "multiple_response": _several_cells,
    "true_false": _truth_cells,
    "numeric": _number_cells,
    "short_answer": _short_cells,
    "essay": _essay_cells,
}
"""By kind: content and name to the cells of a row."""


def _reader(row: Record) -> Callable[[Losses], Question]:
    def read(losses: Losses) -> Question:
        id_ = losses.plain(row["试题GUID"])
        losses.item = name = id_ or losses.item
        named = unicodedata.normalize("NFKC", row["题型"]).strip()
        kind_name = _KINDS.get(re.sub(r"[ /-]", "_", named.lower()), named).removesuffix("题")
        reader = READERS.get(kind_name)
        if reader is None:
            raise LeftOut(f"questions of the type `{row['题型'][:20]}` are not carried")
        stem = escape(losses.plain(row["题干"]))
        if not stem:
            raise LeftOut("the question has no text")
        if not row["答案"]:
            raise LeftOut("its answer is blank, which says nothing")
        kind, content = reader(row, stem, losses)
        path = [losses.plain(row[heading]) for heading in POINTS]
        return Question(
            id=id_ or None,
            name=name,
            kind=kind,
            content=content,
            category=tuple(title for title in path if title),
            tags=tuple(_tags(row, losses)),
            explanation=escape(losses.plain(row["解析"])) or None,
            source=escape(losses.plain(row["出处"])) or None,
            record=read_record(row[MARK]),
        )

    return read


def _tags(row: Record, losses: Losses) -> Iterator[str]:
    if row["认知层次"]:
        yield f"level:{losses.plain(row['认知层次'])}"
    if row["重要程度"]:
        yield f"importance:{losses.plain(row['重要程度']).upper()}"
    if share(row["难度"]) is not None:
        yield f"difficulty:{row['难度']}"
    elif row["难度"]:
        losses.add("难度", f"`{row['难度'][:20]}` is no share of right answers between 0 and 1")
    for heading, why in (("一致性", "our items have no such field"), ("分数", "the scheme says what an item is worth")):
        if row[heading]:
            losses.add(heading, why)
    if row["出处"]:
        losses.add("出处", f"who checked the key against it is not said: `{row['出处'][:60]}`")


def _choice(row: Record, stem: str, losses: Losses, *, several: bool) -> tuple[str, Any]:
    texts = [escape(losses.plain(row[heading])) for heading in OPTIONS]
    while texts and not texts[-1]:
        texts.pop()
    plain = re.sub(r"[\s,，、;；/]", "", unicodedata.normalize("NFKC", row["答案"])).upper()
    if any(letter not in LETTERS[: len(texts)] for letter in plain) or len(set(plain)) != len(plain):
        raise LeftOut(f"the answer `{row['答案'][:20]}` names no options, or one twice")
    worth = Fraction(1, len(plain)) if several else Fraction(1)
    options = [(text, worth if letter in plain else Fraction(0)) for letter, text in zip(LETTERS, texts, strict=False)]
    return choice_question(stem, options, losses, several=several)


def _truth(row: Record, stem: str, losses: Losses) -> tuple[str, Any]:
    kind = kind_of("true_false")
    answer = unicodedata.normalize("NFKC", row["答案"]).upper()
    # Where the two options are written out, a letter stands for what its option says.
    said = row[f"选项{answer}"] if answer in {"A", "B"} else ""
    reading = kind.parse(TrueFalseContent(stem=losses.text(stem), key=True), {}, said or answer)
    if reading.state is not ResponseState.GIVEN:
        raise LeftOut(f"the answer `{row['答案'][:20]}` says neither true nor false")
    return "true_false", TrueFalseContent(stem=losses.text(stem), key=reading.value is True)


def _number(row: Record, stem: str, losses: Losses) -> tuple[str, Any]:
    value_text, _, margin_text = unicodedata.normalize("NFKC", row["答案"]).partition("±")
    last = read_written_number(margin_text or value_text)
    value = read_written_number(value_text)
    if value.value is None or last.value is None:
        raise LeftOut(f"the answer `{row['答案'][:40]}` is not one number")
    margin = Fraction(last.value) if margin_text else Fraction(0)
    return "numeric", fixed_number(losses, stem, as_decimal(Fraction(value.value)), margin, last.unit or value.unit)


def _short(row: Record, stem: str, losses: Losses) -> tuple[str, Any]:
    forms = [losses.plain(form) for form in row["答案"].split(_BETWEEN_FORMS)]
    if len(_BLANKS.findall(stem)) > 1 or _SEVERAL.search(row["答案"]):
        raise LeftOut("a text of several blanks is not carried")
    accepted = tuple({LANGUAGE: form} for form in dict.fromkeys(forms) if form)
    return "short_answer", ShortAnswerContent(stem=losses.text(stem), accepted=accepted)


def _one(row: Record, stem: str, losses: Losses) -> tuple[str, Any]:
    return _choice(row, stem, losses, several=False)


def _more(row: Record, stem: str, losses: Losses) -> tuple[str, Any]:
    return _choice(row, stem, losses, several=True)


def _essay(row: Record, stem: str, losses: Losses) -> tuple[str, Any]:
    return essay_question(stem, escape(losses.plain(row["答案"])), losses)


READERS: Final[Mapping[str, Callable[[Record, str, Losses], tuple[str, Any]]]] = {
    **dict.fromkeys(("单选", "单项选择", "单选选择", "选择"), _one),
    **dict.fromkeys(("多选", "多项选择", "不定项选择"), _more),
    **dict.fromkeys(("判断", "是非", "判断正误"), _truth),
    **dict.fromkeys(("计算", "数值"), _number),
    **dict.fromkeys(("填空",), _short),
    **dict.fromkeys(("论述", "简答", "问答"), _essay),
}
"""By 题型 without 题: the kind and content of a row."""


def _cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """A cell that shows its text and computes nothing."""
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.alignment = Alignment(vertical="top", wrap_text=len(text) < 500)
    cell.font = Font(bold=bold)
    return cell
