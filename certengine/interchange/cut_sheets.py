"""Judges' sheets for a cut score: an item a row, the judge's estimate in percent in one column.

Invariants:

1. A sheet names its judge by a code of the study, ``J1``, never a person.
2. An estimate is from 0 to 100 percent. What lies between 0 and 1 may be a share or a percentage below one, so it is
   set aside, not guessed; so is what is blank or no number.
3. Questions, options and what an earlier round found are there to be read by people, and are not read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

from certengine.errors import Finding, Severity, place_in
from certengine.interchange.columns import Column, Columns, Record, finder, records
from certengine.interchange.printable_text import is_id
from certengine.interchange.tables import read_table
from certengine.model.written_numbers import plain_width, read_written_number

COLUMNS: Final = Columns(
    columns=(
        Column(name="judge", aliases=("评委", "评委代码", "judge_id"), required=True),
        Column(name="round", aliases=("轮次", "轮"), required=True),
        Column(name="item", aliases=("试题", "试题编号", "item_id"), required=True),
        Column(name="estimate", aliases=("估计", "估计正确率", "percent", "estimate_percent"), required=True),
        Column(name="position", aliases=("题号",)),
        Column(name="marks", aliases=("分值",)),
        Column(name="question", aliases=("题目", "stem")),
        Column(name="options", aliases=("选项",)),
        Column(name="before", aliases=("上轮本人", "own_before")),
        Column(name="mean_before", aliases=("上轮平均",)),
        Column(name="range_before", aliases=("上轮范围",)),
        Column(name="remark", aliases=("备注",)),
    )
)
HEADINGS: Final = ("judge", "round", "position", "item", "marks", "question", "options")
BEFORE: Final = ("before", "mean_before", "range_before")
LAST: Final = ("estimate", "remark")
_MOST_ROUNDS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One judge's estimate of one item, as a share."""

    source: Path
    line: int
    judge: str
    round: int
    item: str
    share: Fraction


def read_cut_sheet(path: Path) -> tuple[tuple[Estimate, ...], tuple[Finding, ...]]:
    """The estimates of a sheet in its order, and every row that is none with its reason.

    Raises:
        NotFound, InputError: as :func:`certengine.interchange.tables.read_table`.
    """
    table = read_table(path, is_header=COLUMNS.is_header)
    places, header = COLUMNS.places(table)
    findings = [*table.findings, *header]
    if any(one.severity is Severity.ERROR for one in header):
        return (), tuple(findings)
    find = finder(table, "cut")
    found: list[Estimate] = []
    blank: list[int] = []
    for record in records(table, places):
        if not record["estimate"]:
            blank.append(record.line)
            continue
        trouble = _trouble(record)
        if trouble is not None:
            code, why, hint = trouble
            findings.append(Finding(code=code, message=why, place=place_in(path, record.line), hint=hint))
            continue
        found.append(
            Estimate(
                source=path,
                line=record.line,
                judge=plain_width(record["judge"]),
                round=int(plain_width(record["round"])),
                item=plain_width(record["item"]),
                share=Fraction(_percent(record["estimate"])[0] or 0) / 100,
            )
        )
    if blank:
        lines = ", ".join(map(str, blank[:5])) + (" and others" if len(blank) > 5 else "")
        why = f"{len(blank)} of {len(table.rows)} rows have no estimate: lines {lines}"
        findings.append(find("blank", blank[0], why, "every item needs the judge's estimate"))
    return tuple(found), tuple(findings)


def _trouble(record: Record) -> tuple[str, str, str] | None:
    """Code, reason and way out of a row that is no estimate."""
    if not is_id(plain_width(record["judge"])) or not is_id(plain_width(record["item"])):
        return "cut/row-id", "judge or item is not an id", "use the sheet as it was handed out"
    number = plain_width(record["round"])
    if not (number.isascii() and number.isdecimal() and 1 <= int(number) <= _MOST_ROUNDS):
        return "cut/round", f"`{record['round']}` is no round", "write 1 for the first round, 2 for the second"
    why = _percent(record["estimate"])[1]
    return None if why is None else ("cut/estimate", why, "write a whole number of percent from 0 to 100")


def _percent(text: str) -> tuple[Decimal | None, str | None]:
    """The percentage that a cell says, or why it says none."""
    written = read_written_number(text)
    if written.value is None:
        return None, f"the estimate: {written.why}"
    if written.unit not in ("", "%"):
        return None, f"the estimate has the unit `{written.unit}`"
    if not 0 <= written.value <= 100:
        return None, f"the estimate {text.strip()} is not within 0 and 100 percent"
    if 0 < written.value < 1 and not written.unit:
        return None, f"the estimate {text.strip()} may be a share or a percentage below one"
    return written.value, None


def headings(*, later: bool) -> tuple[str, ...]:
    """The columns of a sheet; of a later round with what the round before found."""
    return (*HEADINGS, *(BEFORE if later else ()), *LAST)


def once_each(estimates: Sequence[Estimate]) -> tuple[tuple[Estimate, ...], tuple[Finding, ...]]:
    """The estimates that stand once; those of one judge, round and item that stand twice are all set aside."""
    seen: dict[tuple[str, int, str], list[Estimate]] = {}
    for one in estimates:
        seen.setdefault((one.judge, one.round, one.item), []).append(one)
    kept = tuple(rows[0] for rows in seen.values() if len(rows) == 1)
    findings = tuple(
        Finding(
            code="cut/twice",
            message=f"judge {one.judge} estimates item {one.item} more than once in round {one.round}",
            place=place_in(one.source, one.line),
            hint="keep the one that counts",
        )
        for rows in seen.values()
        if len(rows) > 1
        for one in rows
    )
    return kept, findings
