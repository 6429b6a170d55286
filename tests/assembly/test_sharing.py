"""Forms and papers that cannot be kept from sharing too much: told before a draw, with what to write."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations

import pytest

from certengine.assembly.draw import draw_papers
from certengine.assembly.feasibility import check
from certengine.assembly.program import Answer, Outcome, Program
from certengine.assembly.sharing import check_sharing
from certengine.errors import AnswerIsNo, Finding, Severity
from certengine.model.bank import BankDraft, Item, ItemStatus
from certengine.model.scheme import DifficultyBand, WrittenComponent
from tests.assembly.test_forms import bank, draw, sitting
from tests.simulator import SEED, item, published, section, written

THREE = written(section("s", "single_choice", "1", ("A", "know", 3), ("B", "know", 2)))


def found(component: WrittenComponent, of: BankDraft, **more: int) -> tuple[Finding, ...]:
    """What is found of a bank that has enough for one paper."""
    counted = check(component, of)
    assert counted.findings == ()
    return check_sharing(component, of, counted.cells, **more)


def items(a: int, b: int, **fields: object) -> list[Item]:
    """So many items in each of two cells."""
    made = [("A", a), ("B", b)]
    return [item(f"{area}{n}", area=area, **fields) for area, count in made for n in range(count)]  # type: ignore[arg-type]


def test_forms_that_share_nothing_need_as_many_items_as_all_take() -> None:
    """Each cell that lacks items is named with what it needs, has, why others are out, and what to write."""
    out = [item("old", area="A", status=ItemStatus.RETIRED), item("new", area="A", status=ItemStatus.DRAFT)]

    (one,) = found(replace(THREE, forms=4, overlap=0), published([*items(10, 8), *out]).contents)

    assert one.code == "scheme/cell-shared"
    assert one.message == (
        "theory: single_choice x A x know needs 12 for 4 forms that share at most 0 items, has 10 active (1 draft, 1 retired)"
    )
    assert one.hint == "write 2 more, have fewer forms, or allow a larger `overlap`"


def test_what_is_written_is_enough() -> None:
    """With the items that were asked for nothing is found any more, and the forms are drawn."""
    component = replace(THREE, forms=4, overlap=0)
    assert found(component, published(items(12, 8)).contents) == ()
    papers = draw_papers(component, published(items(12, 8)), sitting(8), seed=SEED)
    drawn = {frozenset(one.item for one in paper.items) for paper in papers}
    assert all(not one & other for one, other in combinations(drawn, 2))


@pytest.mark.parametrize(("overlap", "short"), [(1, True), (2, False), (3, False)])
def test_counting_finds_what_no_draw_can_do(overlap: int, short: bool) -> None:
    """Five forms of five items from ten: spread evenly, five items are used twice or more; a draw agrees with the count."""
    component = replace(THREE, forms=4, overlap=overlap)
    of = published(items(6, 4))

    findings = found(component, of.contents)

    assert [one.code for one in findings] == (["scheme/cell-shared"] if short else [])
    if short:
        with pytest.raises(AnswerIsNo) as error:
            draw(component, of)
        assert [one.code for one in error.value.findings] == ["scheme/cell-shared"]
    else:
        assert draw(component, of)


def test_enemies_may_stand_on_different_forms() -> None:
    """A cell whose items all exclude one another gives one to each of as many forms."""
    names = [f"A{n}" for n in range(4)]
    made = [item(name, area="A", enemies=tuple(sorted(set(names) - {name}))) for name in names]
    component = replace(written(section("s", "single_choice", "1", ("A", "know", 1))), forms=4, overlap=0)

    assert found(component, published(made).contents) == ()


@pytest.mark.parametrize("component", [THREE, replace(THREE, forms="one", overlap=0), replace(THREE, overlap=5)])
def test_what_may_share_everything_is_not_counted(component: WrittenComponent) -> None:
    """Papers without `overlap`, one form for all, and papers that may be the same."""
    assert found(component, published(items(3, 2)).contents, papers=100) == ()


def test_papers_of_ones_own_are_counted_by_the_roster() -> None:
    """What two papers can keep, ten cannot; what is to be written follows the number."""
    component = replace(THREE, overlap=1)
    of = published(items(6, 4)).contents

    assert found(component, of) == ()
    assert next(one.message for one in found(component, of, papers=60)).startswith(
        "theory: single_choice x A x know needs 14 for 60 papers that share at most 1 items, has 6 active"
    )
    with pytest.raises(AnswerIsNo) as error:
        draw(component, published(items(6, 4)), 60)
    assert {one.code for one in error.value.findings} == {"scheme/cell-shared", "draw/overlap"}


def test_a_range_is_counted_at_its_least() -> None:
    """A cell that need not be used makes no papers alike; the counts that a sitting draws may, and a trial tells."""
    ranged = replace(section("s", "single_choice", "1", ("A", "know", 3)), items=3)
    cells = (
        replace(ranged.cells[0], count=None, min=0, max=3),
        replace(ranged.cells[0], area="B", count=None, min=0, max=3),
    )
    component = replace(written(replace(ranged, cells=cells)), forms=2, overlap=0)

    assert [one.code for one in found(component, published(items(3, 3)).contents)] == ["scheme/not-proven"]


def chained(*difficulties: str) -> BankDraft:
    """Items of one cell with these difficulties."""
    made = [item(f"A{n}", area="A", difficulty=Decimal(one)) for n, one in enumerate(difficulties)]
    return published(made).contents


PAIRS = replace(written(section("s", "single_choice", "1", ("A", "know", 2))), forms=2, overlap=0)


def test_a_rule_that_only_one_form_can_keep_is_named() -> None:
    """Four items make two forms of two, but only one of them is hard enough."""
    component = replace(PAIRS, difficulty=DifficultyBand(mean=Decimal("0.3"), tolerance=Decimal("0.02")))

    (one,) = found(component, chained("0.3", "0.3", "0.9", "0.9"))

    assert (one.code, one.severity) == ("scheme/forms-clash", Severity.ERROR)
    assert "not 2 that share at most 0 items" in one.message
    assert "`difficulty` kept on each" in one.message


def test_enemies_that_only_one_form_can_keep_apart_are_named() -> None:
    """One item is the enemy of all but one: whatever stands with it, the others have three for two places."""
    names = ["A0", "A1", "A2", "A3"]
    enemies = {"A0": ("A1", "A2", "A3"), "A1": ("A0",), "A2": ("A0",), "A3": ("A0",)}
    made = [item(name, area="A", enemies=enemies[name]) for name in names]

    (one,) = found(PAIRS, published(made).contents)

    assert one.code == "scheme/forms-clash"
    assert one.message.endswith("with enemies and points kept apart")


def test_forms_that_are_not_alike_are_a_warning() -> None:
    """Rules and sharing can be kept, but one form would be far easier: whether a draw finds others is not proven."""
    (one,) = found(PAIRS, chained("0.1", "0.11", "0.12", "0.95"))

    assert (one.code, one.severity) == ("scheme/not-proven", Severity.WARNING)


def test_a_solver_out_of_time_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an answer nothing is called impossible."""
    monkeypatch.setattr(Program, "solve", lambda program: Answer(outcome=Outcome.OUT_OF_TIME))
    component = replace(PAIRS, difficulty=DifficultyBand(mean=Decimal("0.3"), tolerance=Decimal("0.02")))

    (one,) = check_sharing(
        component, chained("0.3", "0.3", "0.9", "0.9"), check(component, chained("0.3", "0.3")).cells
    )

    assert (one.code, one.severity) == ("scheme/not-proven", Severity.WARNING)


def test_forms_that_can_be_drawn_give_no_finding() -> None:
    """Four forms of twelve from a bank of eighty, alike and without a shared item."""
    component = written(
        section("s", "single_choice", "1", *((area, level, 3) for area in "AB" for level in ("know", "apply")))
    )

    assert found(replace(component, forms=4), bank(20).contents) == ()
