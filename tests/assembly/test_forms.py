"""Forms: one for all or parallel ones, alike, disjoint where possible, and neighbours never the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from certengine.assembly.draw import draw_papers
from certengine.assembly.forms import assign_forms
from certengine.assembly.information import information_of
from certengine.assembly.keyed import KeyedDraw
from certengine.errors import AnswerIsNo
from certengine.model.bank import Bank, Item, ItemCalibration
from certengine.model.scheme import DifficultyBand, WrittenComponent
from certengine.model.sitting import Candidate, Paper, Sitting
from tests.simulator import SEED, WORLD, item, published, section, written

SOURCE = KeyedDraw(SEED, ("sitting", "theory", "forms"))
CELLS = [(area, level) for area in "AB" for level in ("know", "apply")]
COMPONENT = written(section("s", "single_choice", "1", *((*cell, 3) for cell in CELLS)))


def bank(per_cell: int, *, known: bool = True) -> Bank:
    """So many items in every cell, with difficulties and minutes or without."""
    items: list[Item] = [
        item(
            f"{area}{level[0]}{n:02}",
            area=area,
            level=level,
            difficulty=Decimal(30 + n * 37 % 60) / 100 if known else None,
            minutes=Decimal(5 + n * 7 % 10) / 10 if known else None,
        )
        for area, level in CELLS
        for n in range(per_cell)
    ]
    return published(items)


def sitting(count: int, seats: bool = False) -> Sitting:
    """A roster of so many."""
    candidates = tuple(Candidate(id=f"C{n:02}", name="x", seat=f"{n}" if seats else None) for n in range(count))
    return replace(WORLD.sitting, candidates=candidates)


def draw(component: WrittenComponent, of: Bank, count: int = 12) -> tuple[Paper, ...]:
    """The papers of a roster."""
    return draw_papers(component, of, sitting(count), seed=SEED)


def contents(papers: tuple[Paper, ...]) -> dict[str | None, set[frozenset[str]]]:
    """By form, the different sets of items its papers hold."""
    found: dict[str | None, set[frozenset[str]]] = {}
    for paper in papers:
        found.setdefault(paper.form, set()).add(frozenset(one.item for one in paper.items))
    return found


def test_one_form_for_all() -> None:
    """Everybody has the same items in the same order with the same options, on papers of their own."""
    papers = draw(replace(COMPONENT, forms="one"), bank(6))

    assert 1 == len({str(paper.items) for paper in papers})
    assert (12, {"A"}) == (len({paper.id for paper in papers}), {paper.form for paper in papers})


@pytest.mark.parametrize("known", [True, False])
def test_parallel_forms_share_nothing_where_there_is_enough(known: bool) -> None:
    """Three forms of twelve items from forty-eight: no item on two of them, each form one text, all used alike."""
    papers = draw(replace(COMPONENT, forms=3), bank(12, known=known))
    forms = contents(papers)

    assert [1, 1, 1] == [len(kinds) for kinds in forms.values()]
    assert 36 == len(frozenset().union(*(one for kinds in forms.values() for one in kinds)))
    assert {4} == set(Counter(paper.form for paper in papers).values())
    assert 3 == len({str(paper.items) for paper in papers})


def test_forms_are_alike() -> None:
    """Expected difficulty and time of disjoint forms lie close together."""
    of = bank(12)
    items = {one.id: one for one in of.contents.items}
    papers = {paper.form: paper for paper in draw(replace(COMPONENT, forms=3), of)}
    means = [sum(items[one.item].difficulty or 0 for one in paper.items) / 12 for paper in papers.values()]
    times = [sum(items[one.item].minutes or 0 for one in paper.items) for paper in papers.values()]

    assert max(means) - min(means) <= Decimal("0.02")
    assert max(times) - min(times) <= max(times) / 10


def calibrated(of: Bank) -> Bank:
    """The bank with parameters that vary from item to item."""
    return published(
        [
            replace(
                one,
                calibration=ItemCalibration(
                    discrimination=Decimal(50 + n * 41 % 170) / 100, location=Decimal(n * 29 % 200 - 100) / 50
                ),
            )
            for n, one in enumerate(of.contents.items)
        ]
    )


def spread_of_information(component: WrittenComponent, of: Bank, cut: str) -> Decimal:
    """By what share of their mean the forms' information at the cut differs."""
    items = {one.id: one.calibration for one in of.contents.items}
    told = [
        sum((information_of(c, Decimal(cut)) for one in paper.items if (c := items[one.item])), start=Decimal(0))
        for paper in {paper.form: paper for paper in draw(component, of)}.values()
    ]
    return (max(told) - min(told)) * len(told) / sum(told, start=Decimal(0))


def test_forms_measure_equally_well_at_the_cut() -> None:
    """With the cut on the scale of the calibration, forms tell the same there within two per cent; without, they do not."""
    of = calibrated(bank(12, known=False))
    forms = replace(COMPONENT, forms=3)

    assert spread_of_information(forms, of, "0.4") > Decimal("0.1")
    assert spread_of_information(replace(forms, cut_ability=Decimal("0.4")), of, "0.4") <= Decimal("0.02")


def test_forms_match_information_and_difficulty_together() -> None:
    """Neither is given up for the other where the bank has enough of both."""
    of = calibrated(bank(24))
    forms = replace(COMPONENT, forms=3, cut_ability=Decimal(0))
    items = {one.id: one for one in of.contents.items}
    papers = {paper.form: paper for paper in draw(forms, of)}
    means = [sum(items[one.item].difficulty or 0 for one in paper.items) / 12 for paper in papers.values()]

    assert max(means) - min(means) <= Decimal("0.02")
    assert spread_of_information(forms, of, "0") <= Decimal("0.02")


def test_forms_keep_the_component_s_own_band() -> None:
    """Where the component asks for easy papers all forms are easy."""
    of = bank(12)
    items = {one.id: one for one in of.contents.items}
    band = DifficultyBand(mean=Decimal("0.7"), tolerance=Decimal("0.01"))

    for paper in draw(replace(COMPONENT, forms=2, difficulty=band), of):
        mean = sum((items[one.item].difficulty or Decimal(0) for one in paper.items), start=Decimal(0)) / 12
        assert abs(mean - band.mean) <= band.tolerance


def test_forms_overlap_where_they_must() -> None:
    """Too few items for disjoint forms: they share as few as the steps allow, and no more than the component says."""
    papers = {paper.form: paper for paper in draw(replace(COMPONENT, forms=2, overlap=8), bank(4))}
    shared = frozenset.intersection(*(frozenset(one.item for one in paper.items) for paper in papers.values()))

    assert 8 == len(shared)
    assert draw(replace(COMPONENT, forms=2), bank(5))


@pytest.mark.parametrize(("overlap", "named"), [(0, 4), (7, 1)])
def test_forms_that_cannot_differ_enough_are_refused(overlap: int, named: int) -> None:
    """Two forms from four items for three places share two in every cell; as many cells are named as would have to grow."""
    with pytest.raises(AnswerIsNo, match="no 2 parallel forms") as no:
        draw(replace(COMPONENT, forms=2, overlap=overlap), bank(4))
    assert ["scheme/cell-shared"] * named == [finding.code for finding in no.value.findings]


def test_nobody_can_tell_the_forms_without_the_seed() -> None:
    """Another seed gives other forms from the same bank."""
    other = draw_papers(replace(COMPONENT, forms=2), bank(24), sitting(4), seed=SEED[::-1])

    assert contents(other) != contents(draw_papers(replace(COMPONENT, forms=2), bank(24), sitting(4), seed=SEED))


def test_what_one_has_seen_stands_on_no_form() -> None:
    """Items that any candidate of the sitting has seen are left out of all forms; too few is said by cell."""
    of = bank(6)
    first = draw(replace(COMPONENT, forms="one"), of)
    seen = {"C03": tuple((of.id, one.item) for one in first[3].items)}
    again = draw_papers(replace(COMPONENT, forms="one"), of, sitting(12), seed=SEED, seen=seen)

    assert not {one.item for one in again[0].items} & {item for _, item in seen["C03"]}
    with pytest.raises(AnswerIsNo) as no:
        draw_papers(replace(COMPONENT, forms=2), of, sitting(12), seed=SEED, seen=seen)
    assert {"draw/rules-clash"} == {finding.code for finding in no.value.findings}


class TestSeats:
    def given(self, seats: list[str | None], forms: int) -> dict[str, int]:
        """Which form each seat gets."""
        candidates = [Candidate(id=f"C{n:03}", name="x", seat=seat) for n, seat in enumerate(seats)]
        found = assign_forms(candidates, forms, SOURCE)
        return {one.seat or one.id: found[one.id] for one in candidates}

    @pytest.mark.parametrize("forms", [2, 3, 4, 7, 20])
    def test_neighbours_get_different_forms(self, forms: int) -> None:
        """Left and right, before and behind; each form about as often as any other."""
        rows = "ABCDEF"
        given = self.given([f"{row}-{n:02}" for row in rows for n in range(1, 21)], forms)

        for row, behind in zip(rows, [*rows[1:], None], strict=True):
            for n in range(1, 21):
                assert n == 20 or given[f"{row}-{n:02}"] != given[f"{row}-{n + 1:02}"]
                assert behind is None or given[f"{row}-{n:02}"] != given[f"{behind}-{n:02}"]
        counts = Counter(given.values())
        assert len(counts) == forms
        assert max(counts.values()) - min(counts.values()) <= len(rows)

    def test_rows_are_numbered_as_people_count(self) -> None:
        """Row 10 comes after row 9, not after row 1; words after the number do not matter."""
        given = self.given([f"第{row}排{n}号" for row in range(1, 12) for n in range(1, 6)], 2)

        assert all(given[f"第{row}排3号"] != given[f"第{row + 1}排3号"] for row in range(1, 11))

    def test_whoever_has_no_seat_evens_the_numbers_out(self) -> None:
        """Without seats forms are dealt so that each is used as often, in an order that is keyed."""
        given = self.given([None] * 30, 4)

        assert [7, 7, 8, 8] == sorted(Counter(given.values()).values())
        assert list(given.values()) != sorted(given.values())

    def test_seats_that_are_no_places(self) -> None:
        """A seat without a number is no place."""
        assert [1, 1] == sorted(Counter(self.given(["window", "door"], 2).values()).values())
