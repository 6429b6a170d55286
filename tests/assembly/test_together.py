"""Rules that cannot be kept together, though every cell has enough: the simplest cause gets named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from certengine.assembly.program import Answer, Outcome, Program
from certengine.assembly.together import check_together
from certengine.errors import Severity
from certengine.model.bank import Importance, Item
from certengine.model.scheme import (
    Cell,
    DifficultyBand,
    ImportanceShares,
    MinutesRange,
    Section,
    Share,
    WrittenComponent,
)
from tests.simulator import item, published, section, text, written

A, B = ("A", "know"), ("B", "know")
TWO = written(section("s", "single_choice", "1", (*A, 2), (*B, 1)))


def known(name: str, area: str, difficulty: str, minutes: str, importance: str = "X", **fields: Any) -> Item:
    """An item with all that rules count."""
    return item(
        name,
        area=area,
        difficulty=Decimal(difficulty),
        minutes=Decimal(minutes),
        importance=Importance(importance),
        **fields,
    )


ITEMS = [
    known("a1", "A", "0.9", "1"),
    known("a2", "A", "0.8", "1", "Y"),
    known("a3", "A", "0.3", "4", "Y"),
    known("b1", "B", "0.7", "1"),
    known("b2", "B", "0.2", "3", "Y"),
]


def found(component: WrittenComponent, items: list[Item] = ITEMS) -> list[tuple[str, str]]:
    """Codes and messages."""
    return [(one.code, one.message) for one in check_together(component, published(items).contents)]


def band(mean: str, tolerance: str = "0.02") -> DifficultyBand:
    """A band of difficulty."""
    return DifficultyBand(mean=Decimal(mean), tolerance=Decimal(tolerance))


def test_nothing_stands_in_the_way() -> None:
    """What can be kept gives no finding, with rules and without."""
    assert [] == found(TWO)
    assert [] == found(replace(TWO, difficulty=band("0.8"), expected_minutes=MinutesRange(max=Decimal(3))))


def test_cells_that_block_each_other() -> None:
    """Enemies across cells leave one of them short, and both are named."""
    items = [*ITEMS[:3], known("b3", "B", "0.5", "1", enemies=("a1", "a2"))]

    ((code, message),) = found(TWO, items)

    assert "scheme/cell-blocked" == code
    assert "single_choice x A x know" in message
    assert "single_choice x B x know" in message


def test_a_point_within_one_cell_is_counted_before() -> None:
    """One point in three sections' items of one cell leaves it short of what they need together."""
    component = written(*(section(name, "single_choice", "1", (*A, 1)) for name in "xyz"))
    items = [replace(one, point="p") for one in ITEMS[:3]]

    assert {"scheme/cell-blocked"} == {code for code, _ in found(component, items)}
    assert all("shared with no other cell" in message for _, message in found(component, items))


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"difficulty": band("0.95")}, "mean difficulty at least 0.930 and at most 0.970, but these cells give 0.800 at most"),
        ({"difficulty": band("0.2")}, "mean difficulty at least 0.180 and at most 0.220, but these cells give 0.433 at least"),
        ({"expected_minutes": MinutesRange(max=Decimal("2.5"))}, "expected minutes at most 2.5, but these cells give 3 at least"),
        ({"expected_minutes": MinutesRange(min=Decimal(9))}, "expected minutes at least 9, but these cells give 8 at most"),
        ({"importance": ImportanceShares(X=Share(min=Decimal("0.9")))}, "X items at least 3, but these cells give 2 at most"),
    ],
)  # fmt: skip
def test_a_rule_out_of_reach(rules: dict[str, Any], message: str) -> None:
    """A rule that no choice of these cells keeps is named with how near a paper gets."""
    assert [("scheme/rule-out-of-reach", f"theory: {message}")] == found(replace(TWO, **rules))


def test_rules_that_can_be_kept_alone_but_not_together() -> None:
    """Hard items take long here: a hard paper and a short one can each be had, not both; a third rule is not blamed."""
    component = replace(
        TWO,
        difficulty=band("0.44"),
        expected_minutes=MinutesRange(max=Decimal(4)),
        importance=ImportanceShares(Z=Share(max=Decimal("0.5"))),
    )

    assert [
        (
            "scheme/rules-clash",
            (
                "theory: every cell has enough items and every rule can be kept alone, but not together: mean difficulty "
                "at least 0.420 and at most 0.460; expected minutes at most 4"
            ),
        )
    ] == found(component)


def test_enemies_are_blamed_where_they_are_part_of_the_cause() -> None:
    """Without enemies one choice keeps both rules; points, which bar nothing here, are not named."""
    items = [*ITEMS, known("b3", "B", "0.1", "1", enemies=("a1",))]
    items = [replace(one, point="p") if one.id in {"a3", "b2"} else one for one in items]
    component = replace(TWO, difficulty=band("0.6", "0.01"), expected_minutes=MinutesRange(max=Decimal(5)))

    ((code, message),) = found(component, items)

    assert ("scheme/rules-clash", True) == (code, message.endswith("; expected minutes at most 5; enemies"))


def test_ranges_leave_room() -> None:
    """Where one cell may give more than another, a rule is kept by moving between them."""
    part = Section(
        id="s",
        title=text("s"),
        kind="single_choice",
        marks=Decimal(1),
        items=2,
        cells=tuple(Cell(area=area, level="know", min=0, max=2) for area in "AB"),
    )
    component = replace(written(part), difficulty=band("0.25", "0.01"))

    assert [] == found(component)
    assert "scheme/rule-out-of-reach" == found(replace(component, difficulty=band("0.2", "0.01")))[0][0]


def test_out_of_time_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that did not finish is said to have not finished: a warning, no refusal."""
    monkeypatch.setattr(Program, "solve", lambda self: Answer(outcome=Outcome.OUT_OF_TIME))

    (finding,) = check_together(TWO, published(ITEMS).contents)

    assert ("scheme/not-proven", Severity.WARNING) == (finding.code, finding.severity)
