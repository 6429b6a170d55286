"""Responses as they come in: who, on which paper, and the raw text at each position.

Invariants:

1. Raw texts stay as given, only outer white space goes: what an answer says is for the kind of its item to read.
2. A row is read whole or set aside whole, with its line and the reason; nothing is guessed, nothing dropped.
3. A paper that comes in twice is set aside both times: which one counts is for a person to say.

The form is told by the header: ``q1, q2 ...`` is wide, ``item`` or ``position`` is long, ``answers`` alone is an answer
string. The first object of a ``.jsonl`` file tells its form in the same way, by its names; or ``answers`` is an object there,
``{"candidate_id", "paper_id", "answers": {"1": "A"}}``. In every form ``absent`` may say that the candidate did not come.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from certengine.errors import Finding, Severity, place_in
from certengine.interchange.answer_strings import AnswerStringRefused, split_answer_string
from certengine.interchange.columns import CANDIDATE_ID, Column, Columns, Record, even, finder, records
from certengine.interchange.json_lines import JsonLine, cell_of, each_object, read_objects
from certengine.interchange.printable_text import is_id
from certengine.interchange.response_sheets import CellAnswers, Form, RawSheet, SheetGatherer
from certengine.interchange.tables import MAX_BYTES, MAX_ROWS, Table, is_json_lines, read_bounded, read_table
from certengine.model.written_numbers import plain_width

__all__ = ["Form", "RawSheet", "read_responses"]

COLUMNS: Final = Columns(
    columns=(
        CANDIDATE_ID,
        Column(name="paper_id", aliases=("试卷编号", "试卷号", "卷号", "paper", "paper_no")),
        Column(
            name="answers", aliases=("response", "答案", "作答", "考生答案", "answer", "responses", "answer_string")
        ),
        Column(name="item", aliases=("试题", "试题编号", "题目", "item_id")),
        Column(name="position", aliases=("题号", "question", "question_no")),
        Column(name="name", aliases=("姓名", "考生姓名")),
        Column(name="absent", aliases=("缺考", "缺考标记", "是否缺考")),
        Column(name="seat", aliases=("座位号", "座位")),
    )
)

_HEADING: Final = re.compile(r"(?:q|题|第|item|question)?_?0*([1-9][0-9]{0,3})题?")
_POSITION: Final = re.compile(r"[qQ]?0*([1-9][0-9]{0,3})")


def read_responses(
    path: Path, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> tuple[tuple[RawSheet, ...], tuple[Finding, ...]]:
    """The sheets of a response file in its order, and every row set aside with its reason.

    Raises:
        NotFound, InputError: as :func:`certengine.interchange.tables.read_table`.
    """
    if is_json_lines(path) and not _is_flat(path, read_bounded(path, max_bytes)):
        return _read_json_lines(path, max_bytes, max_rows)
    table = read_table(path, max_bytes=max_bytes, max_rows=max_rows, is_header=COLUMNS.is_header)
    places, questions, wrong = _header(table)
    if any(finding.severity is Severity.ERROR for finding in wrong):
        return (), (*table.findings, *wrong)
    if not table.rows and not table.set_aside:
        empty = Finding(
            code="table/empty",
            message="no row stands below the header",
            place=place_in(path, table.header_line),
            hint="hand in the rows too",
        )
        return (), (*table.findings, *wrong, empty)
    form = _form(places, questions)
    gatherer = SheetGatherer(table, form, needs_paper="paper_id" in places, places=places)
    if form is Form.WIDE:
        _read_wide(gatherer, table, places, questions)
    elif form is Form.LONG:
        _read_long(gatherer, records(table, places))
    else:
        _read_strings(gatherer, records(table, places))
    sheets = gatherer.sheets()
    return sheets, (*table.findings, *wrong, *gatherer.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReader:
    """Reads a file in which each row is a sheet, some rows at a time.

    Attributes:
        gatherer: takes the sheets.
        findings: doubts about the header.
        places: columns by name; ``questions`` by position.
    """

    gatherer: SheetGatherer
    findings: tuple[Finding, ...]
    places: dict[str, int]
    questions: dict[int, list[int]]

    @classmethod
    def of(cls, top: Table) -> RowReader | None:
        """For a table with this header; ``None`` when the header is wrong, or the rows are single answers."""
        places, questions, findings = _header(top)
        form = _form(places, questions)
        if form is Form.LONG or any(finding.severity is Severity.ERROR for finding in findings):
            return None
        gatherer = SheetGatherer(top, form, needs_paper="paper_id" in places, places=places)
        return cls(gatherer=gatherer, findings=findings, places=places, questions=questions)

    def read(self, table: Table) -> None:
        """Read the rows of one part of the table."""
        if self.gatherer.form is Form.WIDE:
            _read_wide(self.gatherer, table, self.places, self.questions)
        else:
            _read_strings(self.gatherer, records(table, self.places))

    def finish(self) -> None:
        """Every row was read."""


class Scattered(Exception):
    """The answers of one candidate to one paper do not stand together."""


class LongReader:
    """Reads a file of single answers, those of a paper together, some rows at a time.

    Attributes:
        gatherer: takes the sheets.
        findings: doubts about the header.
    """

    def __init__(self, top: Table, places: dict[str, int], findings: tuple[Finding, ...]) -> None:
        """Read the rows under a header."""
        self.gatherer = SheetGatherer(top, Form.LONG, needs_paper="paper_id" in places, places=places)
        self.findings = findings
        self._places = places
        self._ids: tuple[str, str] | None = None
        self._said: tuple[str, str] | None = None
        self._group: list[Record] = []
        self._met: set[tuple[str, str]] = set()
        self._late: tuple[list[Finding], dict[str, int]] = [], {}

    @classmethod
    def of(cls, top: Table) -> LongReader | None:
        """For a table with this header; ``None`` when the header is wrong, or a row is a sheet."""
        places, questions, findings = _header(top)
        if _form(places, questions) is not Form.LONG or any(one.severity is Severity.ERROR for one in findings):
            return None
        return cls(top, places, findings)

    def read(self, table: Table) -> None:
        """Read the rows of one part of the table.

        Raises:
            Scattered: when a paper comes up again after another.
        """
        for record in records(table, self._places):
            said = record["candidate_id"], record["paper_id"]
            if said == self._said:  # as on most lines, and only sound ones are kept in mind
                self._group.append(record)
                continue
            ids = self.gatherer.ids(record.line, *said)
            if ids is None:
                continue
            self._said = said
            if ids != self._ids:
                self._close()
                if ids in self._met:
                    raise Scattered
                self._met.add(ids)
                self._ids = ids
            self._group.append(record)

    def finish(self) -> None:
        """Every row was read."""
        self._close()
        self.gatherer.take_late(*self._late)

    def _close(self) -> None:
        if self._ids is not None:
            with self.gatherer.afterwards(*self._late):
                _gather(self.gatherer, self._ids, self._group)
        self._ids, self._group = None, []


def _header(table: Table) -> tuple[dict[str, int], dict[int, list[int]], tuple[Finding, ...]]:
    """Columns by name, those of the questions by position, and what is wrong or doubtful."""
    questions = _question_columns(table)
    places, findings = COLUMNS.places(table, also={index for indexes in questions.values() for index in indexes})
    return places, questions, (*findings, *_form_findings(table, places, questions))


def _form(places: dict[str, int], questions: dict[int, list[int]]) -> Form:
    keyed = "item" in places or "position" in places
    return Form.WIDE if questions else Form.LONG if keyed else Form.ANSWER_STRING


def _question_columns(table: Table) -> dict[int, list[int]]:
    """Column indexes by position, in position order."""
    found: dict[int, list[int]] = defaultdict(list)
    for index, heading in enumerate(table.header):
        if match := _HEADING.fullmatch(even(heading)):
            found[int(match[1])].append(index)
    return dict(sorted(found.items()))


def _form_findings(table: Table, places: dict[str, int], questions: dict[int, list[int]]) -> list[Finding]:
    """Why the header does not tell one form: two forms, none, or one without its paper ids."""
    find = finder(table, "responses")
    line = table.header_line
    findings = [
        find("duplicate-question", line, f"question {position} has {len(indexes)} columns", "delete the wrong ones")
        for position, indexes in questions.items()
        if len(indexes) > 1
    ]
    both_keys = "item" in places and "position" in places
    in_rows = "answers" in places
    keyed = "item" in places or "position" in places
    if both_keys or bool(questions) == in_rows or (keyed and not in_rows):
        hint = "give `q1`, `q2` and so on, or `answers`, or one of `item` and `position` with `response`"
        findings.append(find("form", line, "the header does not tell one form of responses", hint))
    elif not keyed and "paper_id" not in places:
        hint = "add the column `paper_id`; each answer sheet prints it"
        findings.append(find("no-paper", line, "column `paper_id` is missing", hint))
    return findings


def wide_columns(table: Table) -> tuple[dict[str, int], dict[int, int], tuple[Finding, ...]]:
    """The columns by name, those of the questions by position, and what is wrong with the header.

    For a wide file in which each candidate has one row and papers have no ids.
    """
    places, questions, findings = _header(table)
    wrong = tuple(one for one in findings if one.code != "responses/no-paper")
    return places, {position: indexes[0] for position, indexes in questions.items()}, wrong


def read_wide_rows(
    table: Table, places: dict[str, int], questions: dict[int, int]
) -> tuple[tuple[RawSheet, ...], tuple[Finding, ...], dict[str, int]]:
    """The sheets among some rows of such a file, what was set aside, and by id the line of a row that is not read."""
    gatherer = SheetGatherer(table, Form.WIDE, needs_paper=False, places=places)
    _read_wide(gatherer, table, places, {position: [index] for position, index in questions.items()})
    return gatherer.sheets(), tuple(gatherer.findings), gatherer.damaged


def _read_wide(gatherer: SheetGatherer, table: Table, places: dict[str, int], questions: dict[int, list[int]]) -> None:
    columns = [(position, indexes[0]) for position, indexes in questions.items()]
    places_of = {position: index + 1 for position, index in columns}
    if "paper_id" in places:
        places_of[0] = places["paper_id"] + 1
    for row, record in zip(table.rows, records(table, places), strict=True):
        if ids := gatherer.ids(record.line, record["candidate_id"], record["paper_id"]):
            absent = gatherer.is_absent(record.line, record["absent"], ids)
            if absent is not None:
                gatherer.add(row.line, ids, CellAnswers(row, columns), absent=absent, columns=places_of)


def _read_strings(gatherer: SheetGatherer, rows: Iterable[Record]) -> None:
    for record in rows:
        ids = gatherer.ids(record.line, record["candidate_id"], record["paper_id"])
        absent = None if ids is None else gatherer.is_absent(record.line, record["absent"], ids)
        if ids is None or absent is None:
            continue
        try:
            # The one cell whose outer spaces count: they are blanks.
            answers = split_answer_string(record.cells["answers"])
        except AnswerStringRefused as refusal:
            hint = "write one character for each item, and several letters for one item as `[AC]`"
            gatherer.set_aside("answer-string", record.line, str(refusal), hint, ids[1:], at="answers")
            continue
        gatherer.add(record.line, ids, tuple(enumerate(answers, start=1)), absent=absent)


def _read_long(gatherer: SheetGatherer, rows: Iterable[Record]) -> None:
    """The rows of a long file, gathered by candidate and paper."""
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in rows:
        if ids := gatherer.ids(record.line, record["candidate_id"], record["paper_id"]):
            groups[ids].append(record)
    for ids, group in groups.items():
        _gather(gatherer, ids, group)


def _gather(gatherer: SheetGatherer, ids: tuple[str, str], group: list[Record]) -> None:
    """One sheet of a long file; a row without item, or an item twice, sets the whole sheet aside."""
    found: dict[int | str, Record] = {}
    whole = True
    said = [gatherer.is_absent(record.line, record["absent"], ids) for record in group]
    if None in said:
        return
    if len(group) == 1 and said[0] and not (group[0]["item"] or group[0]["position"] or group[0]["answers"]):
        gatherer.add(group[0].line, ids, (), absent=True)
        return
    hint = f"mend the row; all {len(group)} rows of this candidate and paper are set aside with it"
    for record in group:
        key, named = _key(record), "position" if record["position"] else "item"
        if key is None:
            gatherer.set_aside("item", record.line, "the row does not name an item", hint, at=named)
        elif key in found:
            why = f"item `{key}` is answered on line {found[key].line} too"
            gatherer.set_aside("duplicate-answer", record.line, why, hint, at=named)
        else:
            found[key] = record
            continue
        whole = False
    if whole:
        positions = sorted((key, record["answers"]) for key, record in found.items() if isinstance(key, int))
        items = [(key, record["answers"]) for key, record in found.items() if isinstance(key, str)]
        absent = any(said)
        gatherer.add(
            group[0].line,
            ids,
            tuple(positions),
            items,
            absent=absent,
            lines={key: record.line for key, record in found.items()},
        )


def _key(record: Record) -> int | str | None:
    """The position or item id that a row of a long file names; a bare number or ``q7`` is a position."""
    return _named(record["position"], record["item"])


@lru_cache(maxsize=4096)
def _named(position: str, item: str) -> int | str | None:
    if match := _POSITION.fullmatch(plain_width(position or item)):
        return int(match[1])
    item = plain_width(item)
    return item if is_id(item) else None


def _is_flat(path: Path, data: bytes) -> bool:
    """Whether the first object that says more than who and which paper names the columns of a table."""
    for value in each_object(path, data):
        if value.keys() - {"candidate_id", "paper_id", "absent"}:
            return isinstance(value.get("answers", ""), str)
    return False


def _read_json_lines(path: Path, max_bytes: int, max_rows: int) -> tuple[tuple[RawSheet, ...], tuple[Finding, ...]]:
    objects, findings = read_objects(path, read_bounded(path, max_bytes), max_rows)
    table = Table(source=path, header=(), header_line=1, rows=(), encoding="JSON Lines")
    gatherer = SheetGatherer(table, Form.JSON_LINES, needs_paper=True)
    for item in objects:
        _read_object(gatherer, item)
    sheets = gatherer.sheets()
    return sheets, (*findings, *gatherer.findings)


def _read_object(gatherer: SheetGatherer, item: JsonLine) -> None:
    candidate, paper = (item.value.get(name, "") for name in ("candidate_id", "paper_id"))
    if not isinstance(candidate, str) or not isinstance(paper, str):
        gatherer.set_aside("candidate-id", item.line, "`candidate_id` and `paper_id` are texts", "quote them")
        return
    ids = gatherer.ids(item.line, candidate, paper)
    if ids is None:
        return
    strange = sorted(item.value.keys() - {"candidate_id", "paper_id", "answers", "absent"})
    if strange:
        gatherer.set_aside("unknown-field", item.line, f"`{strange[0]}` is not a field here", "delete it", ids[1:])
        return
    absent = gatherer.is_absent(item.line, _said(item.value.get("absent")), ids)
    if absent is None:
        return
    answers = _answers_of(item.value.get("answers", {} if absent else None))
    if answers is None:
        why = "`answers` is not an object that gives each position one text"
        gatherer.set_aside("answers", item.line, why, 'write {"1": "A", "2": ""}', ids[1:])
        return
    gatherer.add(item.line, ids, tuple(sorted(answers.items())), absent=absent)


def _said(value: Any) -> str:
    text = cell_of(value)
    return "?" if text is None else text


def _answers_of(value: Any) -> dict[int, str] | None:
    """Raw texts by position; ``None`` when a key is no position, stands twice, or its value is not one text."""
    if not isinstance(value, dict):
        return None
    found: dict[int, str] = {}
    for key, answer in value.items():
        match = _POSITION.fullmatch(plain_width(key))
        text = None if isinstance(answer, list) else cell_of(answer)
        if match is None or text is None or int(match[1]) in found:
            return None
        found[int(match[1])] = text.strip()
    return found
