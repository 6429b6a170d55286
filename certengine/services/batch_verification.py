"""Checking a whole sheet: the same sheet back, with the answer, its reason, its time and its receipt on every row.

Invariants:

1. A row is looked up by its code or QR text; by its printed number only together with the holder's name, and only in
   the register. "No such number" and "another name" are one answer, so that a sheet finds out no names.
2. A row is never ``valid`` when its own name or number contradicts the certificate that its code leads to: a genuine
   certificate of somebody else is the commonest deceit.
3. What goes wrong in a row is that row's answer; the other rows are checked all the same.
4. The sheet handed in is never written to, under whatever name or link.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from certengine.canonical import instant_text
from certengine.credentials.receipt import number_target, read_receipt
from certengine.credentials.verdict import unknown_verdict
from certengine.credentials.wording import heading
from certengine.errors import CertengineError, Finding, InputError, Refused, Severity, place_in
from certengine.interchange.annotated_sheets import Sheet, open_sheet, with_columns
from certengine.interchange.columns import Column, Columns, Record, records
from certengine.interchange.grids import refused
from certengine.interchange.tables import Table, squared
from certengine.model.credential import Outcome, State, Verdict
from certengine.model.text import Text
from certengine.services.files import write_whole
from certengine.services.receipts import Trust, receipt_of, same_name
from certengine.services.verification import verify_text

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_ROWS: Final = 10_000

COLUMNS: Final = Columns(
    columns=(
        Column(
            name="code",
            aliases=(
                *("查询码", "核验码", "验证码", "防伪码", "证书查询码", "二维码", "二维码内容", "核验网址"),
                *("lookup_code", "verification_code", "qr", "qr_code", "qr_text"),
            ),
        ),
        Column(
            name="number",
            aliases=(
                *("证书编号", "证书号", "证书号码", "证书序号"),
                *("certificate_number", "certificate_no", "cert_no"),
            ),
        ),
        Column(name="name", aliases=("姓名", "持证人", "持证人姓名", "员工姓名", "holder", "holder_name", "full_name")),
    )
)
HEADINGS: Final = ("核验结果 state", "说明 reason", "核验时间 checked_at", "回执 receipt")

_WORDS: Final = {
    "valid": Text.of(zh="有效", en="valid"),
    "expired": Text.of(zh="已过期", en="expired"),
    "not_yet_valid": Text.of(zh="尚未生效", en="not yet valid"),
    "suspended": Text.of(zh="已暂停", en="suspended"),
    "superseded": Text.of(zh="已被替换", en="replaced"),
    "revoked": Text.of(zh="已撤销", en="withdrawn"),
    "unchecked": Text.of(zh="无法确认", en="cannot tell"),
    "unknown": Text.of(zh="查无此证", en="no such certificate"),
    "tampered": Text.of(zh="不是真件", en="not genuine"),
    "unreadable": Text.of(zh="无法识读", en="cannot be read"),
    "mismatch": Text.of(zh="与证书不符", en="does not match"),
}
_NAME_DIFFERS: Final = Text.of(
    zh="查询码对应的证书属于另一人，姓名不符", en="the code leads to another person's certificate: the name differs"
)
_NUMBER_DIFFERS: Final = Text.of(
    zh="查询码对应另一证书，证书编号不符", en="the code leads to another certificate: the number differs"
)
_NO_MATCH: Final = Text.of(zh="没有编号与姓名都相符的证书", en="no certificate has both this number and this name")
_NUMBER_ALONE: Final = Text.of(
    zh="仅凭证书编号不能查询，请填写查询码，或同时填写持证人姓名",
    en="a number alone is not looked up: give the code, or the holder's name as well",
)
_NO_REGISTER: Final = Text.of(
    zh="凭编号和姓名只能在签发机构的登记系统中查询，请填写查询码",
    en="number and name can be looked up in the issuer's register only: give the code",
)
_NOTHING_GIVEN: Final = Text.of(zh="此行没有查询码，也没有证书编号", en="the row has neither a code nor a number")
_ROW_LOST: Final = Text.of(
    zh="此行有单元格无法识读，或列数与表头不符", en="a cell cannot be read, or the row is ragged"
)
_UNFORESEEN: Final = Text.of(zh="核验此行时出现意外情况", en="something unforeseen stopped the check of this row")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """The answer on one row.

    Attributes:
        line: 1-based, in the sheet handed in.
        state: the verdict's; ``unknown`` when the row contradicts the certificate.
        word: the state, or ``mismatch``: what is counted and shown.
        receipt: id of its receipt; ``None`` where no certificate was judged.
    """

    line: int
    state: State
    word: str
    reason: Text
    receipt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetResult:
    """What came of a sheet.

    Attributes:
        output: the sheet given back; ``receipts`` the file beside it, one receipt a line.
        counts: how many rows of each word, in the order of the ladder.
        findings: doubts about the file, such as an encoding that was guessed.
    """

    output: Path
    receipts: Path
    rows: tuple[RowResult, ...]
    counts: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]

    @property
    def states(self) -> list[State]:
        """The states of all rows, for :func:`~certengine.services.verification.worst`."""
        return [row.state for row in self.rows]


def verify_sheet(
    path: Path,
    source: Trust,
    *,
    at: datetime,
    output: Path | None = None,
    progress: Progress = lambda _done, _total: None,
) -> SheetResult:
    """Check every row of a sheet for one instant, and write the sheet with the answers beside it.

    Args:
        path: an ``.xlsx``, ``.csv``, ``.tsv`` or ``.txt`` with a column of codes or QR texts, or of numbers and names.
        source: where trust and status come from.
        output: the file to write; else ``<name>-checked`` beside the sheet. Receipts go to ``<output>-receipts.jsonl``.
        progress: told how many rows of how many are done.

    Raises:
        NotFound: when there is no such file.
        InputError: when it is no such sheet, or has no column to look up by.
        Refused: when the output is the sheet itself or cannot be written, or the receipt key may be read by others.
    """
    sheet = open_sheet(path, _is_header, max_bytes=MAX_BYTES, max_rows=MAX_ROWS)
    target = output or path.with_name(f"{path.stem}-checked{sheet.suffix}")
    receipts = target.with_name(f"{target.stem}-receipts.jsonl")
    _demand_apart(path, target, receipts)
    if target.suffix.lower() != sheet.suffix:
        raise InputError(
            f"`{path.name}` is given back as `{sheet.suffix}`, and `{target.name}` is named otherwise",
            hint=f"name it `{target.stem}{sheet.suffix}`",
        )
    rows, papers = _check_rows(sheet, _places(sheet), source, at, progress)
    if not rows:  # nothing checked is no "valid"
        raise refused(path, "table/empty", "no row stands below the header", hint="give the codes in the rows below it")
    time = instant_text(at)
    cells = {row.line: (_shown(_WORDS[row.word]), _shown(row.reason), time, row.receipt or "") for row in rows}
    given_back = with_columns(sheet, HEADINGS, cells)
    write_whole(receipts, b"".join(paper + b"\n" for paper in papers))
    write_whole(target, given_back)
    counted = Counter(row.word for row in rows)
    return SheetResult(
        output=target,
        receipts=receipts,
        rows=rows,
        counts=tuple((word, counted[word]) for word in _WORDS if counted[word]),
        findings=tuple(finding for finding in sheet.table.findings if finding.severity is Severity.WARNING),
    )


def _is_header(cells: tuple[str, ...]) -> bool:
    return bool({"code", "number"} & {COLUMNS.name_of(cell) for cell in cells})


def _places(sheet: Sheet) -> Mapping[str, int]:
    """Where the columns are; other columns of the sheet are nobody's business."""
    table = sheet.table
    found = [(COLUMNS.name_of(heading), index) for index, heading in enumerate(table.header)]
    places = {name: index for name, index in found if name is not None}
    twice = [name for name, count in Counter(name for name, _ in found if name).items() if count > 1]
    if twice:
        message, hint = f"column `{twice[0]}` is there twice", "rename the one that is not to be looked up"
    elif not {"code", "number"} & set(places):
        message, hint = "there is no column of codes or numbers", "name a column `查询码`/`code` or `证书编号`/`number`"
    else:
        return places
    finding = Finding(code="sheet/columns", message=message, place=place_in(table.source, table.header_line), hint=hint)
    raise InputError(f"`{table.source.name}` cannot be checked", hint=hint, findings=(finding,), code=finding.code)


def _demand_apart(path: Path, *targets: Path) -> None:
    for target in targets:
        if target.exists() and target.samefile(path):
            raise Refused(f"`{target}` is the sheet itself", hint="name another file with `-o`", code="sheet/overwrite")


def _check_rows(
    sheet: Sheet, places: Mapping[str, int], trust: Trust, at: datetime, progress: Progress
) -> tuple[tuple[RowResult, ...], list[bytes]]:
    trust.signer()  # a key that others may read is told before the work, not on every row
    table = _sound_where_it_matters(sheet.table, set(places.values()))
    todo = list(records(table, places))
    results: list[RowResult] = []
    papers: list[bytes] = []
    for done, record in enumerate(todo, start=1):
        result, paper = _check_row(record, trust, at)
        results.append(result)
        if paper is not None:
            papers.append(paper)
        progress(done, len(todo))
    results.extend(
        RowResult(line=row.line, state=State.UNREADABLE, word="unreadable", reason=_ROW_LOST) for row in table.set_aside
    )
    return tuple(sorted(results, key=lambda row: row.line)), papers


def _sound_where_it_matters(table: Table, columns: AbstractSet[int]) -> Table:
    """The table with the rows whose cells were lost in columns that are nobody's business here, such as a failed formula."""
    sound = [row for row in table.set_aside if not table.lost_cells.get(row.line, columns) & columns]
    rows, _ = squared(len(table.header), sound, named=True)
    back = {row.line for row in rows}
    return replace(
        table,
        rows=tuple(sorted((*table.rows, *rows), key=lambda row: row.line)),
        set_aside=tuple(row for row in table.set_aside if row.line not in back),
    )


def _check_row(record: Record, trust: Trust, at: datetime) -> tuple[RowResult, bytes | None]:
    try:
        return _answer(record, trust, at)
    except CertengineError as error:
        reason = Text.of(zh=_UNFORESEEN.best("zh"), en=error.message)
    except Exception:  # noqa: BLE001  # invariant 3
        reason = _UNFORESEEN
    return RowResult(line=record.line, state=State.UNCHECKED, word="unchecked", reason=reason), None


def _answer(record: Record, trust: Trust, at: datetime) -> tuple[RowResult, bytes | None]:
    """The answer on a row, and its receipt where a certificate was judged."""

    def plain(state: State, reason: Text, word: str | None = None) -> tuple[RowResult, None]:
        return RowResult(line=record.line, state=state, word=word or state.value, reason=reason), None

    code, number, name = record["code"], _number(record["number"]), record["name"]
    if code:
        verdict, target = verify_text(code, trust.source, at=at), code
    elif not number:
        return plain(State.UNREADABLE, _NOTHING_GIVEN)
    elif trust.code_of is None:
        return plain(State.UNCHECKED, _NO_REGISTER)
    elif not name:
        return plain(State.UNCHECKED, _NUMBER_ALONE)
    else:
        verdict, target = _by_number(number, name, trust, at), number_target(number)
        if verdict.state is State.UNKNOWN:
            return plain(State.UNKNOWN, _NO_MATCH)
    contradiction = _contradiction(verdict, number, name)
    if contradiction is not None:
        return plain(State.UNKNOWN, contradiction, "mismatch")
    paper = receipt_of(verdict, trust, target=target)
    result = RowResult(
        line=record.line,
        state=verdict.state,
        word=verdict.state.value,
        reason=_reason(verdict, named=bool(name)),
        receipt=read_receipt(paper, None).receipt.id,
    )
    return result, paper


def _by_number(number: str, name: str, trust: Trust, at: datetime) -> Verdict:
    code = trust.code_of(number, name) if trust.code_of is not None else None
    return unknown_verdict(at) if code is None else verify_text(code, trust.source, at=at)


def _contradiction(verdict: Verdict, number: str, name: str) -> Text | None:
    """What the row says otherwise than the certificate (invariant 2)."""
    if verdict.claims is None:
        return None
    holder = verdict.claims["holder"]
    names = [str(value) for value in holder.values()] if isinstance(holder, dict) else []
    if name and not same_name(name, *names):
        return _NAME_DIFFERS
    if number and number.casefold() != _number(str(verdict.claims["number"])).casefold():
        return _NUMBER_DIFFERS
    return None


def _number(cell: str) -> str:
    """A printed number as typed, without what typing adds: width and spaces."""
    return "".join(unicodedata.normalize("NFKC", cell).split())


def _reason(verdict: Verdict, *, named: bool) -> Text:
    """Why, in the words of the checks; of a valid certificate until when, and whose where the row does not say."""
    telling = [check.detail for check in verdict.checks if check.outcome is not Outcome.PASSED]
    if verdict.state is State.VALID:
        telling = [check.detail for check in verdict.checks if check.id == "dates"]
    else:
        telling = [heading(verdict), *telling]
    holder = (verdict.claims or {}).get("holder")
    if not named and isinstance(holder, dict):
        whose = "、".join(str(value) for value in holder.values())
        telling.append(Text.of(zh=f"持证人：{whose}", en=f"holder: {whose}"))
    return Text.of(zh="；".join(text.best("zh") for text in telling), en="; ".join(text.best("en") for text in telling))


def _shown(text: Text) -> str:
    return f"{text.best('zh')} / {text.best('en')}"
