"""Choosing units: each paper by its own numbers, repaired as described, many at once the same as one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from certengine.assembly import selection
from certengine.assembly.exposure import Papers, even_out
from certengine.assembly.keyed import KeyedDraw
from certengine.assembly.overlap import keep_under, pairs_over, shared_items
from certengine.assembly.plan import Plan, make_plan
from certengine.assembly.selection import in_keyed_order, select
from certengine.model.bank import Item
from certengine.model.scheme import DifficultyBand, WrittenComponent
from tests.simulator import SEED, item, published, section, written

CELLS = [(area, level) for area in "ABC" for level in ("know", "apply")]
COMPONENT = written(section("s", "single_choice", "1", *((*cell, 3) for cell in CELLS)))
BAND = replace(COMPONENT, difficulty=DifficultyBand(mean=Decimal("0.6"), tolerance=Decimal("0.01")))


def items(count: int = 12, **fields: object) -> list[Item]:
    """So many items in every cell, of difficulties from 0.3 to 0.9; every fifth has an enemy in the next cell."""
    return [
        item(
            f"{area}{level[0]}{n:02}",
            area=area,
            level=level,
            difficulty=Decimal(30 + (n * 37 + place * 11) % 60) / 100,
            enemies=(f"{CELLS[(place + 1) % 6][0]}{CELLS[(place + 1) % 6][1][0]}{n:02}",) if n % 5 == 0 else (),
            **fields,
        )
        for place, (area, level) in enumerate(CELLS)
        for n in range(count)
    ]


def plan(component: WrittenComponent = BAND, count: int = 12) -> Plan:
    """The component over the bank."""
    return make_plan(component, published(items(count)).contents, KeyedDraw(SEED, ("sitting", "theory")))


def sources(count: int) -> list[KeyedDraw]:
    """The sources of so many papers."""
    return [KeyedDraw(SEED, ("sitting", "theory", f"C{n:03}")) for n in range(count)]


def papers(component: WrittenComponent, count: int) -> Papers:
    """Chosen papers, each for itself."""
    made = plan(component)
    chosen = select(made, sources(count))
    assert chosen.whole.all()
    return Papers(made, chosen.chosen, chosen.numbers, None, [])


def test_many_papers_are_the_same_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are chosen at once, each paper is the one it is alone."""
    made = plan()
    alone = [select(made, [one]).chosen[0].tolist() for one in sources(20)]

    assert alone == select(made, sources(20)).chosen.tolist()
    monkeypatch.setattr(selection, "NUMBERS_AT_ONCE", 200)
    assert alone == select(made, sources(20)).chosen.tolist()


def test_repair_keeps_papers_within_the_band() -> None:
    """Most papers break the band at first; all keep it afterwards, and no enemies meet."""
    chosen = select(plan(), sources(60))
    free = select(plan(COMPONENT), sources(60))

    assert chosen.whole.all()
    assert np.count_nonzero(chosen.repaired) > 20
    assert not free.repaired.any()
    assert np.count_nonzero((chosen.chosen != free.chosen).any(axis=1)) == np.count_nonzero(chosen.repaired)


def test_a_band_that_no_paper_keeps_is_given_up() -> None:
    """Repair ends, and says that the paper is not whole."""
    far = replace(COMPONENT, difficulty=DifficultyBand(mean=Decimal("0.95"), tolerance=Decimal("0.01")))

    assert not select(plan(far), sources(5)).whole.any()


def test_barred_units_stay_away() -> None:
    """What a candidate has seen is neither chosen nor put in by repair, though it comes first in keyed order."""
    made = plan()
    first = select(made, sources(10))
    barred = np.zeros((10, len(made.pool.units)), dtype=np.bool_)
    np.put_along_axis(barred, first.chosen, values=True, axis=1)

    second = select(made, sources(10), barred)

    assert second.whole.all()
    assert not np.take_along_axis(barred, second.chosen, 1).any()


def test_a_cell_that_barring_empties_fails_the_paper() -> None:
    """Where nothing is left that may stand there, the paper is not whole; others are."""
    made = plan(COMPONENT)
    barred = np.zeros((2, len(made.pool.units)), dtype=np.bool_)
    barred[0, list(made.pool.in_cell(("single_choice", "A", "know")))] = True

    assert [False, True] == select(made, sources(2), barred).whole.tolist()


def test_a_cell_without_enough_units_fails_every_paper() -> None:
    """Fewer units than slots: nothing is chosen."""
    assert not select(plan(COMPONENT, count=2), sources(3)).whole.any()


def test_keyed_order_is_by_number_then_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells of any size are ordered by number; equal numbers stand in the order of ids."""
    made = plan(COMPONENT)
    numbers = np.array([[(n * 7919) % 5 for n in range(len(made.pool.units))]], dtype=np.uint64)
    expected = [
        sorted(range(start, end), key=lambda unit: (numbers[0, unit], unit)) for start, end in made.pool.cells.values()
    ]

    assert [unit for cell in expected for unit in cell] == in_keyed_order(made, numbers)[0].tolist()
    monkeypatch.setattr(selection, "_PACKED", 4)
    assert [unit for cell in expected for unit in cell] == in_keyed_order(made, numbers)[0].tolist()


class TestExposure:
    def test_single_cells_are_even_to_one(self) -> None:
        """Without rules over the whole paper no unit stands on more than one paper more than another of its cell."""
        all_papers = papers(COMPONENT, 50)
        keys = list(all_papers.plan.pool.cells)
        assert max(all_papers.spread(key) for key in keys) > 3

        even_out(all_papers)

        assert {0, 1} >= {all_papers.spread(key) for key in keys}

    def test_rules_stay_kept(self) -> None:
        """With a band exposure gets as even as single exchanges make it, and no paper leaves the band or meets enemies."""
        all_papers = papers(BAND, 80)
        before = max(all_papers.spread(key) for key in all_papers.plan.pool.cells)

        even_out(all_papers)

        assert max(all_papers.spread(key) for key in all_papers.plan.pool.cells) < before / 3
        assert not all_papers.plan.excess(all_papers.plan.weights[all_papers.chosen].sum(axis=1)).any()
        assert (all_papers.sums == all_papers.plan.weights[all_papers.chosen].sum(axis=1)).all()
        for row in all_papers.chosen.tolist():
            here = set(row)
            assert len(here) == len(row)
            assert not [members for _, members in all_papers.plan.pool.cliques if len(here & set(members)) > 1]

    def test_what_was_seen_stays_away(self) -> None:
        """No exchange gives a candidate what he or she has seen."""
        made = plan(COMPONENT)
        barred = np.zeros((1, len(made.pool.units)), dtype=np.bool_)
        barred[0, ::2] = True
        rows = np.zeros((40, len(made.pool.units)), dtype=np.bool_)
        rows[7] = barred[0]
        chosen = select(made, sources(40), rows)
        all_papers = Papers(made, chosen.chosen, chosen.numbers, barred, [7])

        even_out(all_papers)

        assert not (all_papers.chosen[7] % 2 == 0).any()

    def test_a_unit_that_can_stand_nowhere_else_is_left(self) -> None:
        """Where every exchange breaks a rule nothing moves, and the work ends."""
        made = plan(COMPONENT)
        chosen = select(made, sources(6))
        barred = np.ones((6, len(made.pool.units)), dtype=np.bool_)
        all_papers = Papers(made, chosen.chosen, chosen.numbers, barred, list(range(6)))
        before = chosen.chosen.copy()

        even_out(all_papers)

        assert (before == all_papers.chosen).all()


class TestOverlap:
    def naive(self, all_papers: Papers, cap: int) -> list[tuple[int, int, int]]:
        """Every pair above a cap, by sets."""
        sets = [set(row) for row in all_papers.chosen.tolist()]
        return [
            (one, other, len(sets[one] & sets[other]))
            for one in range(len(sets))
            for other in range(one + 1, len(sets))
            if len(sets[one] & sets[other]) > cap
        ]

    @pytest.mark.parametrize("cap", [0, 4, 7, 9, 17])
    def test_every_pair_is_found(self, cap: int) -> None:
        """Exactly the pairs that share more than the cap, with how many."""
        all_papers = papers(COMPONENT, 40)

        assert self.naive(all_papers, cap) == list(pairs_over(all_papers.chosen, all_papers.plan.sizes, cap))

    @pytest.mark.parametrize(("count", "cap"), [(12, 6), (20, 7), (40, 8)])
    def test_pairs_are_parted_and_exposure_stays(self, count: int, cap: int) -> None:
        """Afterwards no pair is above the cap, no unit is used more or less, and all rules stay kept."""
        all_papers = papers(BAND, count)
        used = Counter(all_papers.chosen.ravel().tolist())
        assert self.naive(all_papers, cap)

        assert () == keep_under(all_papers, cap)

        assert [] == self.naive(all_papers, cap)
        assert used == Counter(all_papers.chosen.ravel().tolist())
        assert not all_papers.plan.excess(all_papers.plan.weights[all_papers.chosen].sum(axis=1)).any()

    def test_what_cannot_be_parted_is_named(self) -> None:
        """Two papers have no third to exchange with: the pair is given back with what it shares, and nothing moved."""
        all_papers = papers(COMPONENT, 2)
        before = all_papers.chosen.copy()
        (pair,) = self.naive(all_papers, 0)

        assert (pair,) == keep_under(all_papers, 0)
        assert shared_items(all_papers.chosen, all_papers.plan.sizes, 0, 1) == pair[2]
        assert (before == all_papers.chosen).all()

    def test_a_cap_far_off_is_not_tried(self) -> None:
        """With more pairs above the cap than papers nothing is exchanged."""
        all_papers = papers(COMPONENT, 30)
        before = all_papers.chosen.copy()

        assert len(keep_under(all_papers, 1)) > 30
        assert (before == all_papers.chosen).all()
