"""The cells of an official sheet from what is on record and what is handed in beside it: pure.

A cell is never guessed: an empty one that may not be empty, a score that a format would shorten, an identity number whose
check character is wrong, each is a slip that refuses its row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from certengine.canonical import decimal_text
from certengine.model.official_sheet import OfficialColumn, OfficialSheet
from certengine.model.text import Text

Fact = str | date | Decimal | bool | Text | None

ID18: Final = "id18"
_DAY_PARTS: Final = re.compile("yyyy|yy|MM|dd|M|d")
_DAY_FORMAT: Final = re.compile(r"(?:yyyy|yy|MM|dd|M|d|[^A-Za-z0-9])+")
_SCORE_FORMAT: Final = re.compile(r"0(?:\.(0{1,6}))?")
_ID18: Final = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """Why a row is refused: its column, a code and a sentence without what the cell holds."""

    heading: str
    code: str
    message: str


def is_format(column: OfficialColumn) -> bool:
    """Whether a column's format is one that its cells can have."""
    if column.format is None:
        return True
    if column.given is not None:
        return column.format == ID18
    if column.source is not None and column.source.startswith("score:"):
        return _SCORE_FORMAT.fullmatch(column.format) is not None
    return (column.source or "").endswith(("_on", "_until")) and _DAY_FORMAT.fullmatch(column.format) is not None


def cells_of(
    sheet: OfficialSheet, facts: Mapping[str, Fact], given: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[Slip, ...]]:
    """One row of the sheet, and what is wrong with it.

    Args:
        facts: by source.
        given: by heading of the file handed in with the export.
    """
    cells: list[str] = []
    slips: list[Slip] = []
    for column in sheet.columns:
        try:
            cell = _cell(column, facts, given, sheet.language)
        except _Refused as refusal:
            slips.append(Slip(heading=column.heading, code=refusal.code, message=refusal.message))
            cell = ""
        else:
            if not cell and not column.optional:
                slips.append(Slip(heading=column.heading, code="sheet/missing", message="is empty"))
        cells.append(cell)
    return tuple(cells), tuple(slips)


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def _cell(column: OfficialColumn, facts: Mapping[str, Fact], given: Mapping[str, str], language: str) -> str:
    if column.value is not None:
        return column.value
    if column.given is not None:
        return _given(given.get(column.given, "").strip(), column, facts)
    fact = facts.get(column.source or "")
    match fact:
        case None:
            return ""
        case bool():
            return (column.words or {}).get("yes" if fact else "no", "yes" if fact else "no")
        case Decimal():
            return _score(fact, column.format)
        case date():
            return _day(fact, column.format or "yyyy-MM-dd")
        case Text():
            return fact.best(language)
        case _:
            return (column.words or {}).get(fact, fact)


def _given(cell: str, column: OfficialColumn, facts: Mapping[str, Fact]) -> str:
    if column.format != ID18 or not cell:
        return cell
    number = cell.upper()
    if _ID18.fullmatch(number) is None:
        raise _Refused("sheet/id-number", "is not 17 digits and a digit or X")
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    # GB 11643: ISO 7064 MOD 11-2.
    if _CHECKS[total % 11] != number[-1]:
        raise _Refused("sheet/id-number", "has a wrong check character: a digit was mistyped")
    last4 = facts.get("id_document_last4")
    if last4 is not None and last4 != number[-4:]:
        raise _Refused("sheet/id-number", "does not end as the roster says: it may be somebody else's")
    return number


def _score(score: Decimal, form: str | None) -> str:
    if form is None:
        return decimal_text(score)
    found = _SCORE_FORMAT.fullmatch(form)
    assert found is not None, "a scheme with such a format is not loaded"
    places = len(found[1] or "")
    shown = f"{score:.{places}f}"
    if Decimal(shown) != score:
        raise _Refused("sheet/format", f"has more than {places} decimal places, and is not rounded again")
    return shown


def _day(day: date, form: str) -> str:
    words = {
        "yyyy": f"{day.year:04}",
        "yy": f"{day.year % 100:02}",
        "MM": f"{day.month:02}",
        "dd": f"{day.day:02}",
        "M": str(day.month),
        "d": str(day.day),
    }
    return _DAY_PARTS.sub(lambda part: words[part[0]], form)
