"""Counting cells before anything is drawn: exactly, with the reason why items are out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.feasibility import check
from certengine.assembly.keyed import KeyedDraw
from certengine.assembly.plan import make_plan
from certengine.assembly.pool import Pool
from certengine.assembly.program import Outcome, Program, demands_of
from certengine.model.bank import Item, ItemStatus, Stimulus
from certengine.model.scheme import Cell, DifficultyBand, Section
from tests.simulator import WORLD, item, published, section, text, written

ONE_CELL = written(section("s", "single_choice", "1", ("A", "know", 3)))


def available(items: list[Item]) -> int:
    """How many items of the one cell can stand together, as the check counts."""
    return check(ONE_CELL, published(items).contents).cells[0].available


def brute_force(items: list[Item], pairs: set[frozenset[str]]) -> int:
    """The size of the largest set without an enemy pair, by trying all."""
    ids = [one.id for one in items]
    return max(
        size
        for size in range(len(ids) + 1)
        for chosen in combinations(ids, size)
        if not any(frozenset(pair) in pairs for pair in combinations(chosen, 2))
    )


@given(st.integers(0, 9), st.data())
def test_count_is_exact(count: int, data: st.DataObject) -> None:
    """Whatever enemies and points a small cell has, the count is that of trying every set."""
    ids = [f"i{n}" for n in range(count)]
    some = st.lists(st.sampled_from(ids), max_size=3) if ids else st.just([])
    points = st.sampled_from((None, None, "p", "q"))
    items = [
        item(one, enemies=tuple(enemy for enemy in data.draw(some) if enemy != one), point=data.draw(points))
        for one in ids
    ]
    pairs = {frozenset((one.id, enemy)) for one in items for enemy in one.enemies}
    pairs |= {frozenset((a.id, b.id)) for a, b in combinations(items, 2) if a.point is not None and a.point == b.point}

    assert brute_force(items, pairs) == available(items)


def test_count_is_exact_where_taking_the_loosest_would_lose() -> None:
    """The item with the fewest enemies is not always in the largest set: here only without it three can stand."""
    enemies = {"i0": ("a", "b"), "a": ("x", "y"), "b": ("x", "y"), "x": ("y", "z"), "y": ("z",), "z": ()}

    assert 3 == available([item(one, enemies=others) for one, others in enemies.items()])


@pytest.mark.parametrize("count", [13, 20, 40])
def test_count_is_exact_for_chains(count: int) -> None:
    """In a chain of enemies every second item can stand, whatever their names; none is counted out by a poor choice."""
    names = [f"i{n * 7 % count:02}" for n in range(count)]
    items = [item(name, enemies=(after,)) for name, after in zip(names, [*names[1:], "nobody"], strict=True)]

    assert (count + 1) // 2 == available(items)


def test_count_of_a_very_large_group_is_never_too_high() -> None:
    """A group of more than forty is counted from below: no more than can stand, and at least one."""
    ring = [item(f"i{n:02}", enemies=(f"i{(n + 1) % 50:02}",)) for n in range(50)]
    one_point = [item(f"i{n:02}", point="p") for n in range(50)]

    assert 1 <= available(ring) <= 25
    assert 1 == available(one_point)


def test_shortfall_says_what_is_missing() -> None:
    """A short cell names need, stock, why others are out, and how many to write."""
    items = [
        item("active"),
        item("enemy", enemies=("active",)),
        item("draft", status=ItemStatus.DRAFT),
        item("old1", status=ItemStatus.RETIRED),
        item("old2", status=ItemStatus.RETIRED),
    ]
    feasibility = check(ONE_CELL, published(items).contents)
    finding = feasibility.shortfalls[0].finding()

    assert (
        "theory: single_choice x A x know needs 3, has 1 active (1 blocked by enemies or points, 1 draft, 2 retired)"
        == finding.message
    )
    assert "write 2 more, or lower the cell to 1" == finding.hint
    assert "scheme/cell-short" == finding.code


def test_empty_cell() -> None:
    """A cell without any item has none, and no reason beside it."""
    finding = check(ONE_CELL, published([]).contents).shortfalls[0].finding()

    assert "theory: single_choice x A x know needs 3, has 0 active" == finding.message


def test_enough_is_not_short() -> None:
    """A cell that has what it needs is no shortfall, however many it has beyond."""
    feasibility = check(WORLD.component, WORLD.bank.contents)

    assert () == feasibility.shortfalls
    assert {0} == {cell.short for cell in feasibility.cells}
    assert [5, 3, 3, 4, 3] == [cell.available for cell in feasibility.cells]


def test_sections_add_up_on_one_cell() -> None:
    """What several sections need of one cell is counted together."""
    component = written(*(section(name, "single_choice", "1", ("A", "know", 3)) for name in ("one", "two")))
    cells = check(component, WORLD.bank.contents).cells

    assert [(6, 5, 1)] == [(cell.need, cell.available, cell.short) for cell in cells]


def test_retired_items_do_not_block() -> None:
    """An enemy that is no longer drawn stands in nobody's way."""
    retired = item("x", status=ItemStatus.RETIRED, enemies=("a",))

    assert 1 == available([item("a"), retired])
    assert 1 == available([item("a"), replace(retired, status=ItemStatus.ACTIVE)])
    assert 2 == available([item("a"), replace(retired, status=ItemStatus.ACTIVE, enemies=())])


def test_items_that_a_rule_cannot_count_are_out() -> None:
    """An active item without difficulty is named as such where the component has a band."""
    component = replace(ONE_CELL, difficulty=DifficultyBand(mean=Decimal("0.5"), tolerance=Decimal("0.1")))
    items = [item("a", difficulty=Decimal("0.5")), item("b"), item("c", stimulus="s")]
    finding = check(component, published(items).contents).shortfalls[0].finding()

    assert finding.message.endswith("needs 3, has 1 active (1 in a stimulus set, 1 without difficulty)")


def test_sets_of_another_size_are_out() -> None:
    """A cell of sets says how many items its sets would need, and of what size there are."""
    part = Section(
        id="sets",
        title=text("sets"),
        kind="stimulus_set",
        marks=Decimal(1),
        cells=(Cell(area="A", level="apply", count=1),),
        set_size=2,
    )
    bank = published([item("a", stimulus="s")]).contents
    stimuli = (Stimulus(id="s", area="A", level="apply", text=text("s")),)
    finding = check(written(part), replace(bank, stimuli=stimuli)).shortfalls[0].finding()

    assert "theory: stimulus_set of 2 x A x apply needs 1, has 0 active (1 of 1 active items)" == finding.message


KNOWN = ("all_or_nothing", "mapped", "negative", *(f"negative_{part}" for part in ("full", "half", "quarter", "third")))


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("all_or_nothing", []),
        (
            "per_gap",
            [
                f"theory: section `sets` marks by `per_gap`, and its sets hold single_choice, which know {', '.join(KNOWN)}",
            ],
        ),
    ],
)
def test_a_policy_is_one_of_what_the_sets_hold(policy: str, told: list[str]) -> None:
    """A section of sets is marked by a policy that some item in the sets it draws from has."""
    part = Section(
        id="sets",
        title=text("sets"),
        kind="stimulus_set",
        marks=Decimal(1),
        cells=(Cell(area="A", level="apply", count=1),),
        set_size=1,
        policy=policy,
    )
    bank = replace(
        published([item("a", stimulus="s")]).contents,
        stimuli=(Stimulus(id="s", area="A", level="apply", text=text("s")),),
    )

    assert told == [finding.message for finding in check(written(part), bank).findings]


def test_section_whose_ranges_cannot_give_its_items() -> None:
    """Every cell has its least, but all at their most are too few for the section."""
    part = Section(
        id="s",
        title=text("s"),
        kind="single_choice",
        marks=Decimal(1),
        items=6,
        cells=(Cell(area="A", level="know", min=1), Cell(area="B", level="know", min=1, max=2)),
    )
    items = [item(f"{area}{n}", area=area) for area in "AB" for n in range(3)]
    found = check(written(part), published(items).contents)

    assert [("scheme/section-short", "theory: section `s` has 6 items, its cells give 5 together at most")] == [
        (finding.code, finding.message) for finding in found.findings
    ]
    assert 5 == make_plan(written(part), published(items).contents, KeyedDraw(bytes(32), ("s",))).slot_count


def test_nothing_to_choose_from_is_no_way() -> None:
    """A program without a single unit is impossible, unless nothing is asked for."""
    pool = Pool.of(ONE_CELL, published([]).contents)

    assert Outcome.IMPOSSIBLE is Program(pool, demands_of(ONE_CELL)).solve().outcome
    assert Outcome.FOUND is Program(pool, ()).solve().outcome
