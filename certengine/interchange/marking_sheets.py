"""Marking sheets: one item across candidates, an answer a row, a column of points for each criterion.

Invariants:

1. A row says its script by an opaque code; there is no column for a candidate.
2. A row without any points is an answer left for later, no entry; one with some points and some cells empty is set
   aside, for nobody signs half a row.
3. Points are whole numbers; yes and no count for 1 and 0; whether they are on the scale is for the rubric to say.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certengine.errors import CertengineError, Finding, InputError, Severity
from certengine.interchange.columns import Column, Columns, Record, finder, records
from certengine.interchange.decoded_text import decode
from certengine.interchange.delimited import SEPARATORS, write_csv
from certengine.interchange.grids import HEADER_WITHIN
from certengine.interchange.printable_text import is_id, is_person_id, printable, trouble_in
from certengine.interchange.tables import MAX_BYTES, MAX_ROWS, Table, is_json_lines, read_table
from certengine.model.written_numbers import plain_width

REMARK_BOUND: Final = 1_000

COLUMNS: Final = Columns(
    columns=(
        Column(name="script", aliases=("答卷代码", "答卷码", "script_code"), required=True),
        Column(name="item", aliases=("试题", "试题编号", "item_id"), required=True),
        Column(name="marker", aliases=("阅卷人", "阅卷员", "marker_id"), required=True),
        Column(name="answer", aliases=("作答", "考生作答", "response")),
        Column(name="remark", aliases=("备注", "说明", "remarks", "note", "comment")),
    )
)

_POINTS: Final = re.compile(
    r"(?:points|得分|采分点)[ :：_]+(?P<id>[A-Za-z0-9][A-Za-z0-9_-]*)\s*(?:[(（\[].*)?", re.IGNORECASE
)
_HEAD: Final = 64 * 1024
_ZIP: Final = b"PK\x03\x04"
_WHOLE: Final = re.compile(r"([0-9]{1,4})(?:\.0+)?")
_SIGNS: Final = {"√": 1, "✓": 1, "✔": 1, "是": 1, "YES": 1, "Y": 1, "×": 0, "✗": 0, "✘": 0, "否": 0, "NO": 0, "N": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMarks:
    """One row: what a marker gave one answer."""

    line: int
    script: str
    item: str
    marker: str
    points: Mapping[str, int]
    remark: str | None = None


class _Aside(Exception):
    """Why a row is set aside: code, reason, hint."""


def heading_of(criterion: str, top: int) -> str:
    """The heading of a criterion's column: ``points dead (0-1)``."""
    return f"points {criterion} (0-{top})"


def is_marking_sheet(path: Path) -> bool:
    """Whether a file is a marking sheet, told by its header: ``script``, ``item``, ``marker`` and points.

    Of a text file only the beginning is read, since files of responses may be large. A file that is missing or cannot be
    read is none: whoever reads it says why.
    """
    if is_json_lines(path):
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if head.startswith(_ZIP):
            return _is_header(read_table(path, is_header=COLUMNS.is_header).header)
        # A character cut in two would not decode; UTF-16 has no such cut at an even length.
        whole = len(head) < _HEAD or head.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
        text, _, _ = decode(head if whole else head[: head.rfind(b"\n") + 1], path)
    except (OSError, CertengineError):
        return False
    lines = text.splitlines()[:HEADER_WITHIN]
    return any(_is_header(tuple(line.replace('"', "").split(mark))) for line in lines for mark in SEPARATORS)


def read_marking_sheet(
    path: Path, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> tuple[tuple[RawMarks, ...], tuple[Finding, ...]]:
    """The entries of a marking sheet in its order, and every row set aside with its reason.

    Raises:
        NotFound, InputError: as :func:`certengine.interchange.tables.read_table`.
    """
    table = read_table(path, max_bytes=max_bytes, max_rows=max_rows, is_header=COLUMNS.is_header)
    criteria = _criteria(table)
    places, header = COLUMNS.places(table, also={index for indexes in criteria.values() for index in indexes})
    find = finder(table, "marking")
    findings = [*table.findings, *header]
    findings.extend(
        find("duplicate-criterion", table.header_line, f"criterion `{one}` has {len(indexes)} columns", "delete one")
        for one, indexes in criteria.items()
        if len(indexes) > 1
    )
    if any(finding.severity is Severity.ERROR for finding in findings[len(table.findings) :]):
        return (), tuple(findings)
    columns = {one: indexes[0] for one, indexes in criteria.items()}
    read: list[RawMarks] = []
    for row, record in zip(table.rows, records(table, places), strict=True):
        try:
            found = _row(record, {one: row.cells[index] for one, index in columns.items()})
        except _Aside as aside:
            code, why, hint = aside.args
            findings.append(find(code, row.line, f"set aside: {why}", hint))
            continue
        if found is not None:
            read.append(found)
    kept, doubles = _once_each(table, read)
    return kept, (*findings, *doubles)


def write_marking_csv(
    item: str,
    marker: str,
    criteria: Sequence[tuple[str, int]],
    answers: Sequence[tuple[str, str]],
    given: Sequence[Mapping[str, int]] = (),
) -> bytes:
    """A marking sheet as CSV.

    Args:
        criteria: as ``(id, top)``.
        answers: as ``(script code, what is shown of the answer)``.
        given: points by criterion for each answer, of a sheet that is filled in; without them it is empty.
    """
    header = ("script", "item", "marker", "answer", *(heading_of(one, top) for one, top in criteria), "remark")
    rows = [
        (code, item, marker, shown, *(str(points.get(one, "")) for one, _ in criteria), "")
        for (code, shown), points in zip(answers, given or [{}] * len(answers), strict=True)
    ]
    return write_csv(header, rows)


def _is_header(cells: tuple[str, ...]) -> bool:
    return COLUMNS.is_header(cells) and any(_POINTS.fullmatch(cell.strip()) for cell in cells)


def _criteria(table: Table) -> dict[str, list[int]]:
    """Column indexes by criterion."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, heading in enumerate(table.header):
        if match := _POINTS.fullmatch(heading.strip()):
            found[match["id"]].append(index)
    return dict(found)


def _row(record: Record, cells: Mapping[str, str]) -> RawMarks | None:
    """The entry of a row, or ``None`` where nothing was given yet.

    Raises:
        _Aside: when the row is half empty, or does not say whose entry it is on what.
    """
    texts = {one: plain_width(cell).strip() for one, cell in cells.items()}
    if not any(texts.values()):
        return None
    script, item, marker = (plain_width(record[name]) for name in ("script", "item", "marker"))
    if not (is_id(script) and is_id(item) and is_person_id(marker)):
        raise _Aside("row-id", "`script`, `item` or `marker` is no id", "copy them from the sheet as it was handed out")
    blank = [one for one, text in texts.items() if not text]
    if blank:
        raise _Aside("blank", f"`{blank[0]}` of {script} is blank, so the row cannot be signed", "give points, or 0")
    remark = printable(" ".join(record["remark"].split()))
    if trouble := trouble_in(remark, REMARK_BOUND):
        raise _Aside("remark", f"`remark` {trouble}", "write the remark anew")
    points = {one: _points(script, one, text) for one, text in texts.items()}
    return RawMarks(
        line=record.line, script=script.upper(), item=item, marker=marker, points=points, remark=remark or None
    )


def _points(script: str, criterion: str, text: str) -> int:
    if (sign := _SIGNS.get(text.upper())) is not None:
        return sign
    match = _WHOLE.fullmatch(text)
    if match is None:
        raise _Aside("points", f"`{criterion}` of {script} is not a whole number of points", "write 0, 1, 2 and so on")
    return int(match[1])


def _once_each(table: Table, read: Sequence[RawMarks]) -> tuple[tuple[RawMarks, ...], list[Finding]]:
    """The entries that stand once, and a finding for each that does not."""
    find = finder(table, "marking")
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in read:
        lines[one.script, one.marker].append(one.line)
    kept = tuple(one for one in read if len(lines[one.script, one.marker]) == 1)
    doubles = [
        find(
            "duplicate-script",
            one.line,
            f"set aside: {one.script} stands on more than one line",
            "delete the wrong one",
        )
        for one in read
        if len(lines[one.script, one.marker]) > 1
    ]
    return kept, doubles


def refused_mixture(path: Path) -> InputError:
    """The error of reading marking sheets and responses in one run."""
    return InputError(
        f"`{path.name}` is a marking sheet, other files of this run are not",
        hint="read marking sheets in a run of their own",
        code="marking/mixed-files",
    )
