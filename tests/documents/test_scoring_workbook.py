"""The scoring workbook: rows to fill in, nothing that computes, and read back without loss."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from certengine.aspects import kind_of
from certengine.documents.scoring_workbook import write_scoring_workbook
from certengine.interchange.ratings import read_ratings
from tests.documents.printed_samples import candidate, criteria, task

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
CANDIDATES = [candidate(1), candidate(2, "欧阳澈")]
FIRST_ROW = 5
ENTERED = [aspect for aspect in task().aspects if kind_of(aspect.kind).ask(aspect) is not None]


def written(**changed: object) -> bytes:
    """A workbook of two candidates."""
    given = {"criteria": criteria(task()), "at": AT, **changed}
    return write_scoring_workbook(task(), CANDIDATES, "赵明", **given)  # type: ignore[arg-type]


def opened(book: bytes) -> Worksheet:
    """Its only sheet, as a spreadsheet program sees it."""
    sheet = openpyxl.load_workbook(BytesIO(book)).active
    assert isinstance(sheet, Worksheet)
    return sheet


def test_one_row_per_candidate_and_aspect() -> None:
    """Below the header stands each candidate with each aspect, in sheet order."""
    sheet = opened(written())

    assert [cell.value for cell in sheet[FIRST_ROW - 1]] == [
        "candidate_id",
        "name",
        "task",
        "aspect",
        "title",
        "full_marks",
        "rule",
        "unit",
        "value",
        "remark",
    ]
    rows = [(sheet.cell(row, 1).value, sheet.cell(row, 4).value) for row in range(FIRST_ROW, sheet.max_row + 1)]
    assert rows == [(who.id, aspect.id) for who in CANDIDATES for aspect in ENTERED]


def test_row_says_what_is_marked_and_how() -> None:
    """A row has the title, full marks, rule and unit of its aspect."""
    sheet = opened(written())

    assert [sheet.cell(FIRST_ROW, column).value for column in range(1, 9)] == [
        "2026110001",
        "林知远",
        "A-P1",
        "M1a",
        "100 mm 处定位误差\nPosition error at 100 mm",
        4,
        criteria(task())["M1a"].best("zh") + "\n" + criteria(task())["M1a"].best("en"),
        "mm",
    ]


def test_only_entries_can_be_written() -> None:
    """Value and remark are open, everything else is locked."""
    sheet = opened(written())

    assert sheet.protection.sheet
    open_cells = {
        cell.column_letter for row in sheet.iter_rows(min_row=FIRST_ROW) for cell in row if not cell.protection.locked
    }
    assert open_cells == {"I", "J"}


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x.invalid")', "+1", "-1", "@SUM(1)"])
def test_no_cell_is_a_formula(name: str) -> None:
    """A name that begins like a formula is stored and marked as text, unchanged."""
    book = write_scoring_workbook(
        task(), [replace(candidate(), name=name)], f"={name}", criteria=criteria(task()), at=AT
    )

    sheet = opened(book)
    cell = sheet.cell(FIRST_ROW, 2)
    assert (cell.value, cell.data_type, cell.quotePrefix) == (name, "s", True)
    assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []


def test_each_kind_is_checked_its_own_way() -> None:
    """A cell takes only what its kind asks for, or NA; what nobody enters has no cell."""
    checks = {check.formula1: str(check.sqref).split() for check in opened(written()).data_validations.dataValidation}

    def of_both(first: int, last: int) -> list[str]:
        return [f"I{row + further}" for further in (0, len(ENTERED)) for row in range(first, last + 1)]

    assert checks == {
        'OR(ISNUMBER(I5),I5="NA",I5="未做")': of_both(5, 9),
        'OR(IFERROR(AND(ISNUMBER(I10),I10>=0,I10=INT(I10)),FALSE),I10="NA",I10="未做")': of_both(10, 11),
        '"0,1,2,3,NA"': of_both(12, 13),
        '"是,否"': of_both(14, 15),
        "OR(ISTEXT(I16),I16=0)": of_both(16, 16),
        'OR(IFERROR(AND(ISNUMBER(I17),I17>=0,I17<=10),FALSE),I17="NA",I17="未做")': of_both(17, 17),
    }


def test_filled_workbook_is_read_back(tmp_path: Path) -> None:
    """What an assessor writes in is read as ratings by that assessor, row by row, with nothing set aside."""
    book = openpyxl.load_workbook(BytesIO(written()))
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    entries = {"M": 100.02, "D": 2, "J": 3, "V": "否", "C": "ac", "T": 1.5}
    for row in range(FIRST_ROW, sheet.max_row + 1):
        sheet.cell(row, 9).value = entries[str(sheet.cell(row, 4).value)[0]]
    book.save(tmp_path / "filled.xlsx")

    ratings, findings = read_ratings(tmp_path / "filled.xlsx")

    assert findings == ()
    assert {rating.assessor for rating in ratings} == {"赵明"}
    assert [(rating.candidate_id, rating.aspect, rating.task) for rating in ratings] == [
        (who.id, aspect.id, "A-P1") for who in CANDIDATES for aspect in ENTERED
    ]
    expected = {"M": "100.02", "D": "2", "J": "3", "V": "no", "C": "ac", "T": "1.5"}
    assert {rating.aspect[0]: rating.raw for rating in ratings} == expected


def test_same_workbook_same_bytes() -> None:
    """A workbook written later, with the same stated time in another zone, is the same file."""
    first = written()
    time.sleep(2.1)  # a zip keeps time in steps of two seconds

    assert written(at=AT.astimezone(timezone(timedelta(hours=8)))) == first


def test_english_alone() -> None:
    """In English alone titles are English and a veto is answered yes or no."""
    sheet = opened(written(languages=("en",)))

    assert sheet.cell(FIRST_ROW, 5).value == "Position error at 100 mm"
    assert '"yes,no"' in [check.formula1 for check in sheet.data_validations.dataValidation]


def test_a_workbook_of_nobody_is_refused() -> None:
    """Without a candidate there is nothing to mark: an error, not an empty sheet."""
    with pytest.raises(ValueError, match="at least one candidate"):
        write_scoring_workbook(task(), [], "赵明", criteria=criteria(task()), at=AT)
