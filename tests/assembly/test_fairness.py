"""How alike and fair papers are, counted from the papers alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from certengine.assembly import fairness
from certengine.assembly.draw import draw_papers
from certengine.assembly.fairness import ComponentFairness, summarise_fairness
from certengine.model.bank import ItemCalibration, ItemStatus
from certengine.model.scheme import WrittenComponent
from tests.assembly.test_every_rule import BANK, COMPONENT, ITEMS, PAPERS, SITTING
from tests.simulator import SEED, WORLD


def of(component: WrittenComponent = COMPONENT) -> ComponentFairness:
    """The fairness of the papers with every rule."""
    papers = PAPERS if component is COMPONENT else draw_papers(component, BANK, SITTING, seed=SEED)
    return summarise_fairness(component, BANK, papers, SITTING, {})


def test_exposure_adds_up() -> None:
    """Each item's uses, and the uses of the cells, are those of all papers; a set counts once in its cell."""
    found = of()

    assert 6 * 9 == sum(found.exposure.values())
    assert [6 * 5, 6 * 2] == [
        sum(cell.uses for cell in found.cells if cell.section == section) for section in ("ranged", "sets")
    ]
    (cell,) = (cell for cell in found.cells if cell.section == "sets")
    assert (4, 3, 3) == (cell.available, cell.fewest, cell.most)


def test_overlap_is_of_every_pair() -> None:
    """Fifteen pairs of six papers, none above the cap; the mean is theirs."""
    found = of()
    sets = [frozenset(one.item for one in paper.items) for paper in PAPERS]

    assert 15 == found.pairs
    assert max(found.overlap) <= 8
    expected = sum(len(a & b) for n, a in enumerate(sets) for b in sets[n + 1 :])
    assert Fraction(expected, 15) == found.mean_overlap


def test_difficulty_and_minutes_are_those_of_the_papers() -> None:
    """Each paper's mean lies within the band, its minutes within the range, its shares are counted."""
    found = of()

    assert all(abs(one - Fraction(3, 5)) <= Fraction(1, 20) for one in found.difficulties)
    assert all(13 <= one <= 19 for one in found.minutes)
    assert {9} == {sum(one.importance) for one in found.summaries}
    assert () == found.breaches


def test_information_at_the_cut_is_told_with_its_standard_error() -> None:
    """Nine Rasch items at the cut tell 9/4, and ability is known to two thirds of a logit there."""
    rasch = ItemCalibration(discrimination=Decimal(1), location=Decimal("0.5"))
    bank = replace(BANK, contents=replace(BANK.contents, items=tuple(replace(one, calibration=rasch) for one in ITEMS)))
    found = summarise_fairness(replace(COMPONENT, cut_ability=Decimal("0.5")), bank, PAPERS, SITTING, {})

    assert {Decimal("2.25")} == set(found.informations)
    assert {Decimal("0.6667")} == {
        (one.standard_error or Decimal(0)).quantize(Decimal("0.0001")) for one in found.summaries
    }


def test_copies_of_a_form_count_once() -> None:
    """Six copies of one form are one paper with six candidates, and no pair."""
    found = of(replace(COMPONENT, forms="one", overlap=None))

    assert (6, 1, 0, None) == (found.papers, found.different, found.pairs, found.mean_overlap)
    assert [("A", 6)] == [(one.form, one.candidates) for one in found.summaries]


def test_what_is_unknown_is_no_number() -> None:
    """Without expected difficulty and time there is nothing to compare."""
    found = summarise_fairness(WORLD.component, WORLD.bank, WORLD.draw(), WORLD.sitting, {})

    assert ((), (), ()) == (found.difficulties, found.minutes, found.informations)
    assert {None} == {one.standard_error for one in found.summaries}


def test_breaches_are_told() -> None:
    """A paper that does not conform is named with what it breaks."""
    papers = (replace(PAPERS[0], bank_version=9), *PAPERS[1:])
    found = summarise_fairness(COMPONENT, BANK, papers, SITTING, {})

    assert (f"{PAPERS[0].id}: pinned to tiny@9, checked against {BANK.reference}",) == found.breaches


def test_retired_items_are_not_available() -> None:
    """What is no longer active counts in no cell."""
    items = tuple(replace(one, status=ItemStatus.RETIRED) if one.id == "A0" else one for one in BANK.contents.items)
    bank = replace(BANK, contents=replace(BANK.contents, items=items))
    found = summarise_fairness(COMPONENT, bank, (), SITTING, {})

    assert [9, 10, 4] == [cell.available for cell in found.cells]
    assert 0 == sum(cell.uses for cell in found.cells)


def test_of_very_many_papers_a_part_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs grow with the square; the report says how many papers were compared."""
    monkeypatch.setattr(fairness, "COMPARED", 4)

    assert (6, 4, 6) == (of().different, of().compared, of().pairs)
