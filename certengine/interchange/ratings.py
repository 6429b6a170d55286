"""Practical ratings as they come in: one assessor's entry on one aspect for one candidate.

Invariants:

1. Three things are never mixed up: an entry, not attempted (said so, ``NA``, ``未做`` or ``-``), and an empty cell,
   which is an error: nobody signs a sheet with blank rows.
2. An entry that is a number comes out in one plain form with its unit, yes and no as ``yes`` and ``no``; a number with
   two readings sets its row aside. Any other text is kept for the kind of its aspect to read.
3. One sheet has one assessor's entries where the caller or the sheet names the assessor; a row by another is set aside.
4. Two entries of one assessor on one aspect of one candidate are both set aside.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from certengine.errors import Finding, InputError, Severity
from certengine.interchange.columns import CANDIDATE_ID, Column, Columns, Record, finder, records
from certengine.interchange.grids import Row
from certengine.interchange.printable_text import is_id, is_person_id, printable, trouble_in
from certengine.interchange.tables import MAX_BYTES, MAX_ROWS, Table, read_table
from certengine.model.written_numbers import NumberProblem, plain_width, read_written_number

REMARK_BOUND: Final = 1_000
ENTRY_BOUND: Final = 100

COLUMNS: Final = Columns(
    columns=(
        CANDIDATE_ID,
        Column(name="task", aliases=("任务", "任务编号", "试题编号", "task_id")),
        Column(name="aspect", aliases=("评分项", "评分点", "评分项编号", "考核点", "aspect_id"), required=True),
        Column(name="assessor", aliases=("考评员", "考评员编号", "评分员", "assessor_id")),
        Column(
            name="value",
            aliases=("检测结果", "得分值", "检测值", "实测值", "测量值", "评定", "entry", "result", "measured"),
            required=True,
        ),
        Column(name="remark", aliases=("备注", "说明", "remarks", "note", "comment")),
        # What an exported scoring sheet prints for the assessor; the scheme has the truth of it, so it is not read.
        Column(name="name", aliases=("姓名", "考生姓名")),
        Column(
            name="title", aliases=("考核内容", "评分内容", "任务名称", "题名", "名称", "aspect_title", "task_title")
        ),
        Column(name="group", aliases=("考核项目", "模块", "部分")),
        Column(name="requirement", aliases=("考核要求", "要求")),
        Column(name="kind", aliases=("类型", "评分类型")),
        Column(name="full_marks", aliases=("配分", "满分", "marks", "full")),
        Column(name="rule", aliases=("评分标准", "评分规则", "评分方法")),
        Column(name="unit", aliases=("单位", "计量单位")),
        Column(name="seat", aliases=("座位号", "工位", "工位号", "bench")),
        Column(name="number", aliases=("序号", "no")),
    )
)

_ABOVE: Final = ("assessor", "task")
_LABELLED: Final = re.compile(r"\s*(?P<label>[^:：]+)[:：]\s*(?P<value>.+?)\s*")

_NOT_ATTEMPTED: Final = frozenset({"NA", "N/A", "未做", "-", "—", "——", "NOT ATTEMPTED"})
_YES: Final = frozenset({"√", "✓", "✔", "是", "YES", "Y"})
_NO: Final = frozenset({"×", "✗", "✘", "否", "NO", "N"})
_UNSURE: Final = {NumberProblem.AMBIGUOUS, NumberProblem.OUT_OF_BOUNDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRating:
    """One entry, unread but for its writing.

    Attributes:
        task: empty when the file does not say; then the candidate has one task.
        raw: a number with its unit (``0.05 mm``), ``yes``, ``no``, or another text; ``None`` means not attempted, said
            so on purpose.
    """

    line: int
    candidate_id: str
    task: str
    aspect: str
    assessor: str
    raw: str | None
    remark: str | None = None


class _Aside(Exception):
    """Why a row is set aside: code, reason, hint."""


def read_ratings(
    path: Path,
    *,
    assessor: str | None = None,
    task: str | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> tuple[tuple[RawRating, ...], tuple[Finding, ...]]:
    """The entries of a scoring sheet in its order, and every row set aside with its reason.

    Args:
        assessor: who handed the sheet in; without it, a column or a cell above the table names the assessor.
        task: the task marked; without it, a column or a cell above the table may name it.

    Raises:
        NotFound, InputError: as :func:`certengine.interchange.tables.read_table`, or when ``assessor`` is no id.
    """
    table = read_table(path, max_bytes=max_bytes, max_rows=max_rows, is_header=COLUMNS.is_header)
    places, header_findings = COLUMNS.places(table)
    above = _above(table.preamble) | {k: v for k, v in (("assessor", assessor), ("task", task)) if v is not None}
    if assessor is not None and not is_person_id(assessor):
        raise InputError(f"`{assessor}` is not an assessor's id", code="ratings/assessor")
    find = finder(table, "ratings")
    findings = [*table.findings, *header_findings]
    if "assessor" not in places and "assessor" not in above:
        hint = "add the column `assessor`, write it above the table, or name the assessor when handing the sheet in"
        findings.append(find("no-assessor", table.header_line, "nothing says whose entries these are", hint))
    if any(finding.severity is Severity.ERROR for finding in findings[len(table.findings) :]):
        return (), tuple(findings)
    read: list[RawRating] = []
    for record in records(table, places):
        try:
            read.append(_rating(record, above))
        except _Aside as aside:
            code, why, hint = aside.args
            findings.append(find(code, record.line, why, hint))
    kept, doubles = _once_each(table, read)
    return kept, (*findings, *doubles)


def yes_or_no(raw: str) -> bool | None:
    """What a normalised entry says as yes or no, ``1`` and ``0`` included; ``None`` when it says neither."""
    return {"yes": True, "1": True, "no": False, "0": False}.get(raw)


def _above(preamble: tuple[Row, ...]) -> dict[str, str]:
    """The assessor and the task that the rows above the table name: ``考评员 | K07`` or ``考评员：K07``."""
    found: dict[str, str] = {}
    for row in preamble:
        cells = [cell.strip() for cell in row.cells]
        pairs = [pair for pair in itertools.pairwise(cells) if all(pair)]
        pairs += [(match["label"], match["value"]) for cell in cells if (match := _LABELLED.fullmatch(cell))]
        for label, value in pairs:
            name = COLUMNS.name_of(label)
            if name in _ABOVE and COLUMNS.name_of(value) is None:
                found.setdefault(name, plain_width(value))
    return found


def _rating(record: Record, above: Mapping[str, str]) -> RawRating:
    """The rating of one row.

    Raises:
        _Aside: when the row does not say who, what, by whom, or what was found.
    """
    return RawRating(
        line=record.line,
        candidate_id=_id(record["candidate_id"], "candidate_id"),
        task=_task(record["task"], above.get("task", "")),
        aspect=_id(record["aspect"], "aspect"),
        assessor=_assessor(record["assessor"], above.get("assessor", "")),
        raw=_entry(record["value"]),
        remark=_remark(record["remark"]),
    )


@lru_cache(maxsize=65_536)
def _id(cell: str, name: str) -> str:
    text = plain_width(cell)
    what = name.removesuffix("_id")
    if not text:
        raise _Aside(f"missing-{what}", f"set aside: `{name}` is empty", "write it in")
    if not is_id(text):
        raise _Aside(f"{what}-id", f"set aside: `{name}` is not an id", "copy it from the sheet as it was handed out")
    return text


@lru_cache(maxsize=65_536)
def _task(cell: str, above: str) -> str:
    text = plain_width(cell) or above
    if text and not is_id(text):
        raise _Aside("task-id", "set aside: `task` is not an id", "copy it from the sheet as it was handed out")
    return text


@lru_cache(maxsize=65_536)
def _assessor(cell: str, given: str) -> str:
    named = printable(plain_width(cell))
    if named and given and named != given:
        why = "set aside: the row names another assessor than the sheet"
        raise _Aside("other-assessor", why, "hand in each assessor's sheet by itself")
    if not (named or given):
        raise _Aside("missing-assessor", "set aside: `assessor` is empty", "write it in")
    if not is_person_id(named or given):
        raise _Aside("assessor-id", "set aside: `assessor` is not an id", "use letters, digits, `-`, `_` and `.`")
    return named or given


def plain_entry(text: str) -> str | None:
    """An entry in one form, as a sheet gives it: a number with its unit, ``yes``, ``no``, or another text.

    ``None`` is not attempted, said so on purpose. What cannot be told is left as it is for the kind of aspect to refuse.
    """
    try:
        return _entry(text)
    except _Aside:
        return text


@lru_cache(maxsize=65_536)
def _entry(text: str) -> str | None:
    """The entry in one form; ``None`` for not attempted. Remembered: of many sheets most entries are met again."""
    plain = plain_width(text).strip()
    if not plain:
        hint = "write the entry, or `NA` when it was not attempted"
        raise _Aside("blank", "the row is blank, so the sheet cannot be signed", hint)
    sign = unicodedata.normalize("NFC", plain).upper()
    if sign in _NOT_ATTEMPTED:
        return None
    if sign in _YES or sign in _NO:
        return "yes" if sign in _YES else "no"
    if trouble := trouble_in(plain, ENTRY_BOUND):
        raise _Aside("entry", f"set aside: the entry {trouble}", "write the entry anew")
    number = read_written_number(plain)
    if number.problem in _UNSURE:
        raise _Aside("number", f"set aside: {number.why}", "write the number with a decimal point and no grouping")
    if number.value is not None:
        return f"{number.value:f} {number.unit}".strip()
    return plain


@lru_cache(maxsize=65_536)
def _remark(text: str) -> str | None:
    shown = printable(" ".join(text.split()))
    if trouble := trouble_in(shown, REMARK_BOUND):
        raise _Aside("remark", f"set aside: `remark` {trouble}", "write the remark anew")
    return shown or None


def _once_each(table: Table, read: list[RawRating]) -> tuple[tuple[RawRating, ...], list[Finding]]:
    """The ratings that stand once, and a finding for each that does not."""
    if len({_identity(rating) for rating in read}) == len(read):
        return tuple(read), []
    find = finder(table, "ratings")
    lines: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for rating in read:
        lines[_identity(rating)].append(rating.line)
    kept: list[RawRating] = []
    doubles: list[Finding] = []
    for rating in read:
        others = [line for line in lines[_identity(rating)] if line != rating.line]
        if not others:
            kept.append(rating)
            continue
        why = f"set aside: the same assessor rates the same aspect on line {', '.join(map(str, others))}"
        doubles.append(find("duplicate-rating", rating.line, why, "delete the entry that is wrong"))
    return tuple(kept), doubles


def _identity(rating: RawRating) -> tuple[str, str, str, str]:
    return rating.candidate_id, rating.task, rating.aspect, rating.assessor
