"""The cells of an official sheet: from the record, from what is handed in, never guessed and never shortened."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from certengine.model.official_sheet import OfficialColumn, OfficialSheet
from certengine.model.text import Text
from certengine.scoring.official_sheet import Fact, Slip, cells_of, is_format

FACTS: dict[str, Fact] = {
    "name": "张伟",
    "level": Text.of(zh="三级", en="Level 3"),
    "outcome": "passed",
    "approved_on": date(2027, 3, 9),
    "score:theory": Decimal("71.50"),
    "carried:theory": True,
    "carried:skill": False,
    "id_document_last4": "002X",
    "organisation": None,
}
GOOD_ID = "11010519491231002X"


def one(column: OfficialColumn, given: str = "", language: str = "zh") -> tuple[str, list[str]]:
    """The cell of one column and the codes of its slips."""
    cells, slips = cells_of(OfficialSheet(columns=(column,), language=language), FACTS, {"证件号码": given})
    return cells[0], [slip.code for slip in slips]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        (OfficialColumn(heading="h", source="name"), "张伟"),
        (OfficialColumn(heading="h", value="--"), "--"),
        (OfficialColumn(heading="h", source="level"), "三级"),
        (OfficialColumn(heading="h", source="outcome"), "passed"),
        (OfficialColumn(heading="h", source="outcome", words={"passed": "合格"}), "合格"),
        (OfficialColumn(heading="h", source="approved_on"), "2027-03-09"),
        (OfficialColumn(heading="h", source="approved_on", format="yyyyMMdd"), "20270309"),
        (OfficialColumn(heading="h", source="approved_on", format="yyyy年M月d日"), "2027年3月9日"),
        (OfficialColumn(heading="h", source="approved_on", format="dd.MM.yy"), "09.03.27"),
        (OfficialColumn(heading="h", source="score:theory"), "71.5"),
        (OfficialColumn(heading="h", source="score:theory", format="0.00"), "71.50"),
        (OfficialColumn(heading="h", source="carried:theory"), "yes"),
        (OfficialColumn(heading="h", source="carried:skill", words={"yes": "是", "no": "否"}), "否"),
        (OfficialColumn(heading="h", source="organisation", optional=True), ""),
    ],
    ids=str,
)
def test_a_cell(column: OfficialColumn, cell: str) -> None:
    """Each source as the authority wants it."""
    assert one(column) == (cell, [])


def test_texts_in_the_language_of_the_sheet() -> None:
    """An English sheet has English texts."""
    assert one(OfficialColumn(heading="h", source="level"), language="en") == ("Level 3", [])


@pytest.mark.parametrize(
    ("column", "given", "code"),
    [
        (OfficialColumn(heading="h", source="organisation"), "", "sheet/missing"),
        (OfficialColumn(heading="h", source="score:skill"), "", "sheet/missing"),
        (OfficialColumn(heading="h", given="证件号码"), " ", "sheet/missing"),
        (OfficialColumn(heading="h", source="score:theory", format="0"), "", "sheet/format"),
        (OfficialColumn(heading="h", given="证件号码", format="id18"), "11010519491231", "sheet/id-number"),
        (OfficialColumn(heading="h", given="证件号码", format="id18"), "110105194912310021", "sheet/id-number"),
        (OfficialColumn(heading="h", given="证件号码", format="id18"), "440524188001010014", "sheet/id-number"),
    ],
    ids=str,
)
def test_a_slip_refuses_the_row(column: OfficialColumn, given: str, code: str) -> None:
    """Empty, shortened, mistyped, or another person's; the cell stays empty and its content is not repeated."""
    assert one(column, given) == ("", [code])


def test_an_identity_number_is_checked_by_its_last_character() -> None:
    """GB 11643: the published example holds, in capitals or not; an optional one may be left out."""
    column = OfficialColumn(heading="h", given="证件号码", format="id18", optional=True)

    assert one(column, GOOD_ID.lower()) == (GOOD_ID, [])
    assert one(column, "") == ("", [])
    assert one(OfficialColumn(heading="h", given="证件号码"), "E1234567") == ("E1234567", [])


def test_without_a_last_four_only_the_number_itself_is_checked() -> None:
    """A roster without documents contradicts nobody."""
    column = OfficialColumn(heading="h", given="证件号码", format="id18")

    assert cells_of(OfficialSheet(columns=(column,)), {}, {"证件号码": "440524188001010014"})[1] == ()


def test_every_slip_of_a_row_is_told() -> None:
    """All at once, each with its column."""
    sheet = OfficialSheet(
        columns=(OfficialColumn(heading="单位", source="organisation"), OfficialColumn(heading="号", given="证件号码"))
    )

    assert cells_of(sheet, FACTS, {})[1] == (
        Slip(heading="单位", code="sheet/missing", message="is empty"),
        Slip(heading="号", code="sheet/missing", message="is empty"),
    )


@pytest.mark.parametrize(
    ("column", "holds"),
    [
        (OfficialColumn(heading="h", source="name"), True),
        (OfficialColumn(heading="h", source="name", format="0.0"), False),
        (OfficialColumn(heading="h", source="approved_on", format="yyyy/MM/dd"), True),
        (OfficialColumn(heading="h", source="approved_on", format="hh:mm"), False),
        (OfficialColumn(heading="h", source="score:theory", format="0.0"), True),
        (OfficialColumn(heading="h", source="score:theory", format="yyyy"), False),
        (OfficialColumn(heading="h", given="证件号码", format="id18"), True),
        (OfficialColumn(heading="h", given="证件号码", format="0"), False),
        (OfficialColumn(heading="h", value="x", format="0"), False),
    ],
    ids=str,
)
def test_formats(column: OfficialColumn, holds: bool) -> None:
    """Days, scores and identity numbers have formats of their own, nothing else has any."""
    assert is_format(column) is holds
