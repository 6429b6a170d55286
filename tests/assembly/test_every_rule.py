"""Random banks and blueprints with every rule at once: a drawn paper meets its blueprint, or the draw refuses and says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.assembly.conformance import Checker, breaches
from certengine.assembly.draw import draw_papers
from certengine.errors import AnswerIsNo
from certengine.model.bank import Bank, Importance, Item, ItemStatus, Stimulus
from certengine.model.scheme import (
    Cell,
    DifficultyBand,
    ImportanceShares,
    MinutesRange,
    Section,
    Share,
    WrittenComponent,
)
from certengine.model.sitting import Candidate, Paper, Sitting
from tests.simulator import SEED, WORLD, item, published, section, text, written


def stimulus(name: str, area: str = "A") -> Stimulus:
    """A case to apply."""
    return Stimulus(id=name, area=area, level="apply", text=text(name))


def with_sets(items: list[Item], *stimuli: Stimulus) -> Bank:
    """A published bank with stimuli."""
    bank = published(items)
    return replace(bank, contents=replace(bank.contents, stimuli=stimuli))


def sets(count: int, size: int, **fields: Any) -> Section:
    """A section of whole sets."""
    cells = (Cell(area="A", level="apply", count=count),)
    return Section(
        id="sets", title=text("sets"), kind="stimulus_set", marks=Decimal(1), cells=cells, set_size=size, **fields
    )


def ranged(units: int, *cells: Cell) -> Section:
    """A section whose cells give ranges."""
    return Section(id="ranged", title=text("r"), kind="single_choice", marks=Decimal(1), cells=cells, items=units)


ROSTER = tuple(Candidate(id=f"C{n}", name="x") for n in range(6))
SITTING: Sitting = replace(WORLD.sitting, candidates=ROSTER)

ITEMS = [
    item(
        f"{area}{n}",
        area=area,
        difficulty=Decimal(35 + n * 17 % 50) / 100,
        minutes=Decimal(1 + n % 3),
        importance=Importance("XXYZ"[n % 4]),
        enemies=(f"B{n}",) if area == "A" and n % 3 == 0 else (),
        point=f"p{n}" if n % 4 == 1 else None,
    )
    for area in "AB"
    for n in range(10)
] + [
    item(f"S{n}{part}", kind, difficulty=Decimal("0.6"), minutes=Decimal(2), stimulus=f"S{n}")
    for n in range(4)
    for part, kind in (("b", "true_false"), ("a", "single_choice"))
]
BANK = with_sets(ITEMS, *(stimulus(f"S{n}") for n in range(4)))
COMPONENT = replace(
    written(
        ranged(5, Cell(area="A", level="know", min=1, max=4), Cell(area="B", level="know", min=1)),
        sets(2, 2),
        id="theory",
    ),
    difficulty=DifficultyBand(mean=Decimal("0.6"), tolerance=Decimal("0.05")),
    expected_minutes=MinutesRange(min=Decimal(13), max=Decimal(19)),
    importance=ImportanceShares(X=Share(min=Decimal("0.5")), Z=Share(max=Decimal("0.3"))),
    overlap=8,
)
PAPERS = draw_papers(COMPONENT, BANK, SITTING, seed=SEED)


def test_papers_with_every_rule_conform() -> None:
    """Ranges, sets, difficulty, time, importance and overlap together: papers differ, and none breaks a rule."""
    assert [()] * 6 == [breaches(paper, COMPONENT, BANK) for paper in PAPERS]
    assert [] == Checker(COMPONENT, BANK).breaches_between(PAPERS, SITTING)
    assert 6 == len({str(paper.items) for paper in PAPERS})


def test_sets_stand_whole_and_together() -> None:
    """The items of a set follow each other in the bank's order, which is not that of their ids."""
    for paper in PAPERS:
        of_sets = [one.item for one in paper.items if one.section == "sets"]
        assert [f"{of_sets[0][:2]}b", f"{of_sets[0][:2]}a", f"{of_sets[2][:2]}b", f"{of_sets[2][:2]}a"] == of_sets


def test_all_candidates_get_the_same_counts() -> None:
    """Ranges are decided once for a sitting."""
    counts = {sum(one.item.startswith("A") for one in paper.items) for paper in PAPERS}
    others = draw_papers(replace(COMPONENT, overlap=None), BANK, replace(SITTING, id="other"), seed=SEED)

    assert 1 == len(counts)
    assert 1 == len({sum(one.item.startswith("A") for one in paper.items) for paper in others})


# Random worlds


@st.composite
def components(draw: st.DrawFn) -> tuple[WrittenComponent, Bank]:
    """A small bank, and a blueprint with some of the rules; some cannot be met."""
    items = []
    for area in "AB":
        for n in range(draw(st.integers(2, 7))):
            items.append(
                item(
                    f"{area}{n}",
                    area=area,
                    difficulty=Decimal(draw(st.integers(2, 9))) / 10,
                    minutes=Decimal(draw(st.integers(1, 4))),
                    importance=draw(st.sampled_from(Importance)),
                    point=draw(st.sampled_from((None, None, "p", "q"))),
                    enemies=tuple(draw(st.lists(st.sampled_from(["A0", "B0", "B1", "S0b"]), max_size=1))),
                    status=draw(st.sampled_from((ItemStatus.ACTIVE,) * 5 + (ItemStatus.RETIRED,))),
                )
            )
    number = draw(st.integers(0, 3))
    items += [
        item(f"S{n}{part}", difficulty=Decimal("0.5"), minutes=Decimal(1), stimulus=f"S{n}")
        for n in range(number)
        for part in "ab"
    ]
    parts = [
        ranged(draw(st.integers(1, 4)), Cell(area="A", level="know", min=0, max=3), Cell(area="B", level="know", min=0))
    ]
    if draw(st.booleans()):
        parts.append(replace(section("more", "single_choice", "2", ("A", "know", 1)), id="more"))
    if draw(st.booleans()):
        parts.append(sets(1, 2))
    component = written(*parts)
    middle = Decimal(draw(st.integers(3, 8))) / 10
    if draw(st.booleans()):
        component = replace(component, difficulty=DifficultyBand(mean=middle, tolerance=Decimal("0.1")))
    if draw(st.booleans()):
        component = replace(component, expected_minutes=MinutesRange(max=Decimal(draw(st.integers(3, 14)))))
    if draw(st.booleans()):
        component = replace(component, importance=ImportanceShares(X=Share(min=Decimal("0.3"), max=Decimal("0.8"))))
    forms: Any = draw(st.sampled_from((None, None, "one", 2)))
    return replace(component, forms=forms), with_sets(items, *(stimulus(f"S{n}") for n in range(number)))


@settings(deadline=None, max_examples=120)
@given(components(), st.binary(min_size=32, max_size=32), st.booleans())
def test_a_paper_meets_its_blueprint_or_the_draw_refuses(
    world: tuple[WrittenComponent, Bank], seed: bytes, retaking: bool
) -> None:
    """Whatever the bank and the rules, every paper conforms, or a refusal has at least one finding."""
    component, bank = world
    seen = {"C1": ((bank.id, "A0"), (bank.id, "S0a"))} if retaking else {}
    try:
        papers = draw_papers(component, bank, SITTING, seed=seed, seen=seen)
    except AnswerIsNo as no:
        assert no.findings
    else:
        checker = Checker(component, bank, seen)
        assert [] == [one for paper in papers for one in checker.breaches(paper)]
        assert [] == checker.breaches_between(papers, SITTING)


# Broken drawers: whatever a drawer might do wrong, the checker says so


def swapped(paper: Paper, index: int, other: str) -> Paper:
    """The paper with another item at one place."""
    items = list(paper.items)
    items[index] = replace(items[index], item=other, item_digest=dict(BANK.item_digests)[other])
    return replace(paper, items=tuple(items))


def moved(paper: Paper, order: list[int]) -> Paper:
    """The paper with its items in another order."""
    return replace(paper, items=tuple(replace(paper.items[at], position=n) for n, at in enumerate(order, 1)))


ONE = PAPERS[0]
SPARE_SET = next(name for name in ("S0", "S1", "S2", "S3") if not any(one.item.startswith(name) for one in ONE.items))
BROKEN: dict[str, tuple[Callable[[], Paper], WrittenComponent, str]] = {
    "set-torn": (lambda: swapped(ONE, 6, f"{SPARE_SET}a"), COMPONENT, "is not whole and together in its order"),
    "set-turned": (lambda: moved(ONE, [0, 1, 2, 3, 4, 6, 5, 7, 8]), COMPONENT, "is not whole and together in its order"),
    "set-parted": (lambda: moved(ONE, [0, 1, 2, 3, 4, 5, 7, 8, 6]), COMPONENT, "is not whole and together in its order"),
    "set-size": (lambda: ONE, replace(COMPONENT, sections=(COMPONENT.sections[0], replace(COMPONENT.sections[1], set_size=3))), "has 2 items, sets takes 3"),
    "member-alone": (lambda: swapped(ONE, 0, f"{SPARE_SET}a"), COMPONENT, "belongs to a stimulus, which ranged does not take"),
    "no-member": (lambda: swapped(ONE, 5, next(i.id for i in ITEMS if i.id not in {o.item for o in ONE.items} and i.stimulus is None)), COMPONENT, "has no stimulus, which sets does not take"),
    "sections-turned": (lambda: moved(ONE, [5, 6, 7, 8, 0, 1, 2, 3, 4]), COMPONENT, "the sections do not follow the blueprint"),
    "range": (lambda: ONE, replace(COMPONENT, sections=(ranged(5, Cell(area="A", level="know", min=0, max=0), Cell(area="B", level="know", min=1)), COMPONENT.sections[1])), "needs 0"),
    "items": (lambda: ONE, replace(COMPONENT, sections=(replace(COMPONENT.sections[0], items=6), COMPONENT.sections[1])), "ranged has 5 items or sets, needs 6"),
    "difficulty": (lambda: ONE, replace(COMPONENT, difficulty=DifficultyBand(mean=Decimal("0.9"), tolerance=Decimal("0.01"))), "the mean difficulty is 0."),
    "minutes-over": (lambda: ONE, replace(COMPONENT, expected_minutes=MinutesRange(max=Decimal(9))), "minutes, not 0 to 9"),
    "minutes-under": (lambda: ONE, replace(COMPONENT, expected_minutes=MinutesRange(min=Decimal(90))), "minutes, not 90 to any"),
    "importance-under": (lambda: ONE, replace(COMPONENT, importance=ImportanceShares(X=Share(min=Decimal(1)))), "of 9 items are X"),
    "importance-over": (lambda: ONE, replace(COMPONENT, importance=ImportanceShares(X=Share(max=Decimal("0.1")))), "of 9 items are X"),
}  # fmt: skip


@pytest.mark.parametrize("way", BROKEN)
def test_a_broken_drawer_is_caught(way: str) -> None:
    """Each rule that a paper breaks is named."""
    make, component, named = BROKEN[way]
    found = Checker(component, BANK).breaches(make())

    assert [one for one in found if named in one], found


def test_what_was_seen_is_caught() -> None:
    """An item of an earlier sitting is named, unless the component allows it or it is of another bank."""
    seen = {"C0": ((BANK.id, ONE.items[2].item), ("other", ONE.items[3].item))}

    assert [f"{ONE.items[2].item} was seen in an earlier sitting"] == Checker(COMPONENT, BANK, seen).breaches(ONE)
    assert [] == Checker(replace(COMPONENT, retakers="any"), BANK, seen).breaches(ONE)


def test_unknown_numbers_are_caught() -> None:
    """An item without difficulty or minutes cannot be counted."""
    bare = [replace(one, difficulty=None, minutes=None) if one.id == ONE.items[0].item else one for one in ITEMS]
    found = Checker(COMPONENT, with_sets(bare, *(BANK.contents.stimuli or ()))).breaches(ONE)

    assert {"an item has no difficulty", "an item has no minutes"} <= set(found)


def test_an_item_without_calibration_is_caught_where_the_cut_is_on_a_scale() -> None:
    """Where the component says where its cut lies, an item that stands on no scale may not be drawn."""
    assert ["an item has no calibration"] == Checker(replace(COMPONENT, cut_ability=Decimal(0)), BANK).breaches(ONE)


BETWEEN: dict[str, tuple[Callable[[], tuple[Paper, ...]], WrittenComponent, str]] = {
    "missing": (lambda: PAPERS[1:], COMPONENT, "there is not one paper for each candidate"),
    "too-alike": (lambda: (PAPERS[0], replace(PAPERS[0], id="X", candidate="C1"), *PAPERS[2:]), COMPONENT, "share 9 items"),
    "no-forms": (lambda: PAPERS, replace(COMPONENT, forms=2), "0 forms were made, 2 are due"),
    "too-many-forms": (lambda: tuple(replace(p, form=f) for p, f in zip(PAPERS, "ABCABC", strict=True)), replace(COMPONENT, forms=2), "3 forms were made, 2 are due"),
    "forms-unasked": (lambda: tuple(replace(PAPERS[0], candidate=p.candidate, form="A") for p in PAPERS), COMPONENT, "1 forms were made, 0 are due"),
    "form-not-one": (lambda: tuple(replace(p, form="A") for p in PAPERS), replace(COMPONENT, forms="one"), "form A is not the same for all"),
    "some-without": (lambda: (*PAPERS[:3], *(replace(p, form="A") for p in PAPERS[3:])), replace(COMPONENT, forms=2), "1 forms were made, 2 are due"),
}  # fmt: skip


def test_neighbours_with_one_form_are_caught() -> None:
    """Seats of one row with numbers next to each other; another row, or a seat without number, is no neighbour."""
    seats = ("A-1", "A-2", "B-3", "A-4", "window", None)
    candidates = tuple(Candidate(id=f"C{n}", name="x", seat=seat) for n, seat in enumerate(seats))
    sitting = replace(SITTING, candidates=candidates)
    papers = tuple(replace(PAPERS[0], id=f"P{n}", candidate=f"C{n}", form="A") for n in range(6))

    found = Checker(replace(COMPONENT, forms=2, overlap=None), BANK).breaches_between(papers, sitting)

    assert ["C0 and C1 sit side by side with one form"] == found


@pytest.mark.parametrize("way", BETWEEN)
def test_what_papers_break_together_is_caught(way: str) -> None:
    """Forms that differ, too many of them, or pairs too alike."""
    make, component, named = BETWEEN[way]
    found = Checker(component, BANK).breaches_between(make(), SITTING)

    assert [one for one in found if named in one], found


def test_a_drawer_that_breaks_a_rule_hands_nothing_out() -> None:
    """Papers that the checker finds fault with are not given to anybody."""
    with pytest.raises(AssertionError, match="marks add up to"):
        draw_papers(replace(COMPONENT, total=Decimal(1)), BANK, SITTING, seed=SEED)


def test_overlap_that_cannot_be_kept_is_refused() -> None:
    """The refusal says how many pairs share how much, and what would have to be written."""
    with pytest.raises(AnswerIsNo) as no:
        draw_papers(replace(COMPONENT, overlap=0), BANK, SITTING, seed=SEED)
    assert {"draw/overlap", "scheme/cell-shared"} == {finding.code for finding in no.value.findings}
