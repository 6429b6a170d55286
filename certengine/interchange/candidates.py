"""The roster: who sits. A name is printed on a certificate for good, so a doubtful one is refused here.

Invariants:

1. All findings come at once; a row with an error gives no candidate.
2. Two rows with one id are both refused, each naming the other's line; ids that differ only in case are one id.
3. No finding repeats a name or the digits of an identity document.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from certengine.errors import Finding, Severity
from certengine.interchange.columns import CANDIDATE_ID, Column, Columns, Record, finder, records
from certengine.interchange.printable_text import (
    ID_BOUND,
    is_id,
    is_person_id,
    is_spaced_han,
    mixed_word,
    printable,
    trouble_in,
)
from certengine.interchange.tables import MAX_BYTES, MAX_ROWS, Table, read_table
from certengine.model.sitting import NOBODY, Candidate
from certengine.model.written_numbers import plain_width, read_written_number

NAME_BOUND: Final = 80
ORGANISATION_BOUND: Final = 200
SEAT_BOUND: Final = 20

LEAST_EXTRA_TIME: Final = Decimal("0.01")
"""Less than a hundredth of the time is a slip of the pen."""

COLUMNS: Final = Columns(
    columns=(
        CANDIDATE_ID,
        Column(name="name", aliases=("姓名", "考生姓名", "full_name", "candidate_name"), required=True),
        Column(name="name_en", aliases=("英文名", "英文姓名", "姓名拼音", "拼音", "english_name", "name_english")),
        Column(
            name="id_document_last4",
            aliases=(
                "证件号后四位",
                "证件号码后四位",
                "身份证后四位",
                "身份证号后四位",
                "证件后四位",
                "id_last4",
                "last4",
            ),
        ),
        Column(name="organisation", aliases=("单位", "工作单位", "所在单位", "organization", "employer", "company")),
        Column(name="extra_time", aliases=("加时", "加时比例", "延长时间")),
        Column(name="language", aliases=("语言", "语种", "考试语言", "lang")),
        Column(name="seat", aliases=("座位号", "座位", "座号", "seat_no", "seat_number")),
        Column(name="accommodations", aliases=("便利措施", "便利条件", "合理便利", "accommodation", "special_needs")),
        Column(name="trainers", aliases=("培训教师", "培训师", "指导教师", "培训老师", "trainer")),
        Column(
            name="earlier_id",
            aliases=("原准考证号", "上次准考证号", "前次准考证号", "原考号", "previous_id", "earlier_candidate_id"),
        ),
        Column(
            name="carry_over", aliases=("保留成绩", "保留科目", "保留成绩科目", "免考科目", "carried_over", "exempt")
        ),
    )
)

_LANGUAGES: Final = {"中文": "zh", "汉语": "zh", "chinese": "zh", "英文": "en", "英语": "en", "english": "en"}
_LOOKS: Final = {
    "large-print": "large-print",
    "大字版": "large-print",
    "大字": "large-print",
    "大字号": "large-print",
    "high-contrast": "high-contrast",
    "高对比度": "high-contrast",
    "高对比": "high-contrast",
    "高对比度版": "high-contrast",
    "tagged": "tagged",
    "无障碍电子版": "tagged",
    "读屏": "tagged",
}
_LANGUAGE_TAG: Final = re.compile(r"([A-Za-z]{2,3})((?:-[A-Za-z0-9]{2,8}){0,3})")
_LAST4: Final = re.compile(r"[A-Z0-9]{4}")
_TRAINER_SEPARATORS: Final = re.compile("[;；、]")
_PARTS: Final = re.compile("[;；、,，/+]")
_NEVER_BEFORE: Final = {"-", "--", "无", "none"}


class _Cell(Exception):
    """What is wrong in one cell: code, message, hint."""


@dataclass(slots=True)
class _Seen:
    """Lines of each id and each name, to find doubles."""

    ids: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


def read_candidates(
    path: Path, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> tuple[tuple[Candidate, ...], tuple[Finding, ...]]:
    """The candidates of a roster file in its order, and everything found wrong in it.

    Raises:
        NotFound, InputError: as :func:`certengine.interchange.tables.read_table`.
    """
    rows, findings = read_roster(path, max_bytes=max_bytes, max_rows=max_rows)
    return tuple(candidate for _, candidate in rows), findings


def read_roster(
    path: Path, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> tuple[tuple[tuple[int, Candidate], ...], tuple[Finding, ...]]:
    """As :func:`read_candidates`, each candidate with its line.

    Raises:
        NotFound, InputError: as :func:`certengine.interchange.tables.read_table`.
    """
    table = read_table(path, max_bytes=max_bytes, max_rows=max_rows, is_header=COLUMNS.is_header)
    places, header_findings = COLUMNS.places(table)
    findings = [*table.findings, *header_findings]
    if not {"candidate_id", "name"} <= places.keys():
        return (), tuple(findings)
    seen = _Seen()
    candidates: list[tuple[int, Candidate]] = []
    for record in records(table, places):
        wrong: list[Finding] = []
        candidate = _candidate(table, record, wrong)
        seen.ids[candidate.id.casefold()].append(record.line)
        seen.names["".join(unicodedata.normalize("NFKC", candidate.name).split())].append(record.line)
        findings.extend(wrong)
        if not wrong:
            candidates.append((record.line, candidate))
    doubled = {line for key, lines in seen.ids.items() if key and len(lines) > 1 for line in lines}
    findings.extend(_doubles(table, seen))
    findings.extend(_name_warnings(table, candidates))
    if not table.rows:
        hint = "write one row below the header for each candidate"
        findings.append(finder(table, "roster")("empty", table.header_line, "the roster names nobody", hint))
    return tuple((line, candidate) for line, candidate in candidates if line not in doubled), tuple(findings)


def certificate_name(text: str, *, latin: bool = False) -> str:
    """A holder's name as a certificate prints it, held to the rules of a roster; ``latin`` for ``name_en``.

    Raises:
        ValueError: with the reason in words, which repeat nothing of the name but a code point.
    """
    try:
        return _name_en(text) if latin else _name(text)
    except _Cell as cell:
        raise ValueError(cell.args[1]) from None


def _name_warnings(table: Table, candidates: list[tuple[int, Candidate]]) -> Iterator[Finding]:
    find = finder(table, "roster")
    for line, candidate in candidates:
        if is_spaced_han(candidate.name):
            hint = "delete it, unless the certificate shall print it"
            yield find("spaced-name", line, "`name` holds a space between Chinese characters", hint, Severity.WARNING)


def _doubles(table: Table, seen: _Seen) -> Iterator[Finding]:
    find = finder(table, "roster")
    for key, lines in seen.ids.items():
        for line in lines if key and len(lines) > 1 else ():
            others = ", ".join(str(other) for other in lines if other != line)
            message = f"the candidate id of this row is also on line {others}"
            yield find("duplicate-candidate", line, message, "give each candidate an id of their own")
    for key, lines in seen.names.items():
        for line in lines[1:] if key else ():
            message = f"the name of this row is also on line {lines[0]}"
            hint = "make sure that they are two people; `id_document_last4` tells namesakes apart"
            yield find("duplicate-name", line, message, hint, Severity.WARNING)


def _candidate(table: Table, record: Record, wrong: list[Finding]) -> Candidate:
    """The candidate of one row; cells that do not hold are added to ``wrong`` and left at their default."""
    find = finder(table, "roster")
    values: dict[str, Any] = {"id": "", "name": ""}
    for name, (attribute, read) in _READERS.items():
        text = record[name]
        if not text and name not in {"candidate_id", "name"}:
            continue
        try:
            values[attribute] = read(text)
        except _Cell as cell:
            code, message, hint = cell.args
            wrong.append(find(code, record.line, f"`{name}` {message}", hint))
    return Candidate(**values)


def _id(text: str) -> str:
    folded = plain_width(text)
    if not folded:
        raise _Cell("missing-candidate", "is empty", "give each candidate an id")
    if not is_id(folded):
        rule = f"use letters, digits, `-`, `_` and `.`, {ID_BOUND} at most, a letter or digit first"
        raise _Cell("candidate-id", "is not an id", rule)
    return folded


def _text(code: str, bound: int, text: str) -> str:
    shown = printable(text)
    if trouble := trouble_in(shown, bound):
        raise _Cell(code, trouble, "delete it and type the text anew")
    return shown


def _name(text: str) -> str:
    shown = _text("name", NAME_BOUND, text)
    if not shown:
        raise _Cell("missing-name", "is empty", "write the name as the certificate shall print it")
    if not any(character.isalpha() for character in shown):
        raise _Cell("name", "holds no letter", "write the name as the certificate shall print it")
    if mixed := mixed_word(shown):
        raise _Cell("name", mixed, "type the whole name anew in one script")
    return shown


def _name_en(text: str) -> str:
    shown = _text("name-en", NAME_BOUND, plain_width(text))
    letters = [character for character in shown if character.isalpha()]
    other = next((character for character in letters if "LATIN" not in unicodedata.name(character, "")), None)
    if other is not None:
        raise _Cell("name-en", f"holds a letter that is not Latin: U+{ord(other):04X}", "write it in Latin letters")
    if not letters:
        raise _Cell("name-en", "holds no letter", "write it in Latin letters, or leave it empty")
    return shown


def _last4(text: str) -> str:
    folded = plain_width(text).upper()
    if not _LAST4.fullmatch(folded):
        hint = "give the last four letters or digits and nothing more, with leading zeros, in a column of text"
        raise _Cell("id-document", f"has {len(folded)} characters or signs between them", hint)
    return folded


def _extra_time(text: str) -> Decimal:
    """A share below 1 or a percentage; ``25`` or ``30 min`` could be either of several things."""
    number = read_written_number(text)
    hint = "write a share such as 0.25, or a percentage such as 25%"
    if number.value is None:
        raise _Cell("extra-time", f"is not read: {number.why}", hint)
    if number.unit not in {"", "%"}:
        raise _Cell("extra-time", f"is in `{number.unit}`, not a share of the paper's time", hint)
    share = number.value / 100 if number.unit else number.value
    if not number.unit and share >= 1:
        raise _Cell("extra-time", "may be a share, a percentage or minutes", hint)
    if share and not LEAST_EXTRA_TIME <= share <= 1:
        raise _Cell("extra-time", "is not between 1% and 100% of the paper's time", hint)
    return share


def _language(text: str) -> str:
    folded = plain_width(text)
    if known := _LANGUAGES.get(folded.casefold()):
        return known
    match = _LANGUAGE_TAG.fullmatch(folded.replace("_", "-"))
    if match is None:
        raise _Cell("language", "is not a language tag", "write a tag such as `zh` or `en`")
    return match[1].lower() + match[2]


def _trainers(text: str) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(printable(plain_width(part)) for part in _TRAINER_SEPARATORS.split(text)))
    ids = tuple(trainer for trainer in ids if trainer)
    if not all(is_person_id(trainer) for trainer in ids):
        raise _Cell("trainers", "holds what is not an id", "part the trainers' ids by `;`")
    return ids


def _earlier_id(text: str) -> str:
    folded = plain_width(text)
    if folded in _NEVER_BEFORE:
        return NOBODY
    if not is_id(folded):
        raise _Cell("earlier-id", "is not an id", "write the candidate id of the earlier sitting, or `-` for nobody")
    return folded


def _carry_over(text: str) -> tuple[str, ...]:
    # Which components these are is for the scheme to say; what is printed back in a finding must be fit to print.
    parts = tuple(dict.fromkeys(printable(part) for part in _PARTS.split(text)))
    for part in parts:
        if trouble := trouble_in(part, ORGANISATION_BOUND):
            raise _Cell("carry-over", trouble, "write the components' ids, parted by `;`")
    return tuple(part for part in parts if part)


def _accommodations(text: str) -> tuple[str, ...]:
    found = []
    for part in _TRAINER_SEPARATORS.split(plain_width(text)):
        word = "-".join(part.casefold().replace("_", " ").split())
        if word and word not in _LOOKS:
            hint = "write `large-print`, `high-contrast`, `tagged`, parted by `;`"
            raise _Cell("accommodations", "names what is not known", hint)
        if word:
            found.append(_LOOKS[word])
    return tuple(dict.fromkeys(found))


_READERS: Final[dict[str, tuple[str, Any]]] = {
    "candidate_id": ("id", _id),
    "name": ("name", _name),
    "name_en": ("name_en", _name_en),
    "id_document_last4": ("id_document_last4", _last4),
    "organisation": ("organisation", lambda text: _text("organisation", ORGANISATION_BOUND, text)),
    "extra_time": ("extra_time", _extra_time),
    "language": ("language", _language),
    "seat": ("seat", lambda text: _text("seat", SEAT_BOUND, plain_width(text))),
    "accommodations": ("accommodations", _accommodations),
    "trainers": ("trainers", _trainers),
    "earlier_id": ("earlier_id", _earlier_id),
    "carry_over": ("carry_over", _carry_over),
}
