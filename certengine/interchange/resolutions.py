"""Resolution sheets: what people who looked at the answer sheet say of responses that were open, one a row.

Invariants:

1. A row says who looked and why; a row in which nothing was written yet is left for later.
2. An empty ``response`` with a name and a reason is an answer left blank; ``*`` is one marked more than once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certengine.errors import Finding, Severity
from certengine.interchange.columns import Column, Columns, Record, finder, records
from certengine.interchange.delimited import write_csv
from certengine.interchange.printable_text import is_id, is_person_id
from certengine.interchange.response_sheets import ANSWER_BOUND
from certengine.interchange.tables import MAX_BYTES, MAX_ROWS, read_table
from certengine.model.written_numbers import plain_width

REASON_BOUND: Final = 1_000

COLUMNS: Final = Columns(
    columns=(
        Column(name="candidate_id", aliases=("准考证号", "考号", "candidate"), required=True),
        Column(name="paper_id", aliases=("试卷编号", "paper")),
        Column(name="question", aliases=("题号", "position"), required=True),
        Column(name="item", aliases=("试题", "item_id")),
        Column(name="read", aliases=("原读数", "读取结果")),
        Column(name="why_open", aliases=("待定原因",)),
        Column(name="response", aliases=("答案", "作答"), required=True),
        Column(name="by", aliases=("核对人", "resolved_by"), required=True),
        Column(name="reason", aliases=("理由", "依据"), required=True),
    )
)
_POSITION: Final = re.compile(r"[qQ]?0*([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResolution:
    """One row: what somebody says one response is."""

    line: int
    candidate_id: str
    paper_id: str
    position: int
    response: str
    by: str
    reason: str


class _Aside(Exception):
    """Why a row is set aside: code, reason, hint."""


def read_resolutions(
    path: Path, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> tuple[tuple[RawResolution, ...], tuple[Finding, ...]]:
    """The rows of a resolution sheet that say something, and every row set aside with its reason.

    Raises:
        NotFound, InputError: as :func:`certengine.interchange.tables.read_table`.
    """
    table = read_table(path, max_bytes=max_bytes, max_rows=max_rows, is_header=COLUMNS.is_header)
    places, header = COLUMNS.places(table)
    findings = [*table.findings, *header]
    if any(finding.severity is Severity.ERROR for finding in header):
        return (), tuple(findings)
    find = finder(table, "resolutions")
    found: list[RawResolution] = []
    for record in records(table, places):
        if not (record["response"] or record["by"] or record["reason"]):
            continue
        try:
            _demand_sound(record)
        except _Aside as why:
            code, message, hint = why.args
            findings.append(find(code, record.line, f"set aside: {message}", hint))
        else:
            found.append(_resolution(record))
    return tuple(found), tuple(findings)


def write_resolution_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """A sheet to fill in: candidate, paper, question, item, what was read, why it is open; three columns are empty."""
    names = [column.name for column in COLUMNS.columns]
    return write_csv(names, [(*row, "", "", "") for row in rows])


def _demand_sound(record: Record) -> None:
    """Refuse a row that does not say what, who and why.

    Raises:
        _Aside: with the first reason.
    """
    if not is_id(plain_width(record["candidate_id"])):
        raise _Aside("candidate", "`candidate_id` is not an id", "copy it from the answer sheet")
    if _POSITION.fullmatch(plain_width(record["question"])) is None:
        raise _Aside("question", "`question` is no number of a question", "write `7`")
    if not is_person_id(record["by"]):
        raise _Aside("nobody", "`by` names nobody", "write the id of who looked at the answer sheet")
    if not record["reason"] or len(record["reason"]) > REASON_BOUND:
        raise _Aside("no-reason", f"`reason` is empty or longer than {REASON_BOUND} characters", "say what was seen")
    if len(record["response"]) > ANSWER_BOUND:
        raise _Aside("long-response", f"the response is longer than {ANSWER_BOUND} characters", "shorten it")


def _resolution(record: Record) -> RawResolution:
    match = _POSITION.fullmatch(plain_width(record["question"]))
    assert match is not None, "checked before"
    return RawResolution(
        line=record.line,
        candidate_id=plain_width(record["candidate_id"]),
        paper_id=plain_width(record["paper_id"]),
        position=int(match[1]),
        response=record["response"],
        by=record["by"],
        reason=record["reason"],
    )
