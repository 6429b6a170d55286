"""Scoring a practical: floors and caps, the panel, vetoes, and nothing missing ever read as zero."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.model.scheme import PanelRule, Rounding
from certengine.model.score import ScoreReport
from certengine.model.sitting import Rating
from certengine.scoring.practical import PracticalScorer, score_practical
from tests.simulator import GOOD, WORLD, ratings, task
from tests.strategies import ENTRIES, PANELS

TASK = task()


def rated(*by_assessor: dict[str, Any], **panel: Any) -> ScoreReport:
    """The score of a panel's entries."""
    return scored(ratings(*by_assessor), **panel)


def scored(entries: tuple[Rating, ...], **panel: Any) -> ScoreReport:
    """The score of single entries, oldest first."""
    component = replace(WORLD.skill, panel=replace(PanelRule(), **panel))
    return score_practical("C1", component, TASK, entries, Rounding())


def without(entries: dict[str, Any], aspect: str) -> dict[str, Any]:
    """The entries of one assessor less one."""
    return {name: value for name, value in entries.items() if name != aspect}


def test_full_marks() -> None:
    """A panel that finds nothing wrong gives every mark, and nothing is open."""
    report = rated(GOOD, GOOD, GOOD)

    assert (Decimal("100.0"), (), ()) == (report.score, report.open, report.vetoes)
    assert ("C1", "skill", Decimal(100), Fraction(100)) == (
        report.candidate,
        report.component,
        report.full,
        report.exact,
    )
    assert ["M1", "D1", "J1", "V1"] == [one.aspect for one in report.aspects]


def test_candidates_with_the_same_entries_have_the_same_score() -> None:
    """What is worked out once for all candidates is what is worked out for each."""
    scorer = PracticalScorer(WORLD.skill, TASK, Rounding())
    entries = ratings(GOOD, GOOD, GOOD)

    assert [scorer.score(who, entries) for who in ("C1", "C2")] == [
        score_practical(who, WORLD.skill, TASK, entries, Rounding()) for who in ("C1", "C2")
    ]


def test_floor_is_within_the_aspect() -> None:
    """However many faults are counted, an aspect goes down to nothing and takes no marks of another."""
    report = rated(*[{**GOOD, "D1": 999}] * 3)

    assert Decimal("70.0") == report.score


@pytest.mark.parametrize(("combine", "score"), [("mean", "86.7"), ("median", "100.0")])
def test_panel_rule(combine: str, score: str) -> None:
    """One assessor far from the others moves the mean (40 marks to 80/3), not the median."""
    assert Decimal(score) == rated({**GOOD, "M1": "101"}, GOOD, GOOD, combine=combine).score


def test_sum_is_rounded_once() -> None:
    """Thirds of marks add up exactly before the one rounding."""
    report = rated({**GOOD, "D1": 1, "J1": 2}, GOOD, GOOD)  # 40 + 80/3 + 80/3; 40 + 26.7 + 26.7 would be 93.4

    assert (Fraction(280, 3), Decimal("93.3")) == (report.exact, report.score)


@pytest.mark.parametrize("aspect", ["M1", "D1", "J1", "V1"])
def test_missing_entry_leaves_the_score_open(aspect: str) -> None:
    """One entry missing: no score, and who owes what is named; it is never a zero."""
    report = rated(GOOD, without(GOOD, aspect), GOOD)

    assert None is report.score
    assert [f"{aspect}: no entry by a2"] == [text.best("en") for text in report.open]


def test_aspect_that_nobody_rated() -> None:
    """An aspect without any entry names all who owe one."""
    report = rated(*[without(GOOD, "J1")] * 3)

    assert ["J1: no entry by a1, a2, a3"] == [text.best("en") for text in report.open]


def test_no_rating_at_all() -> None:
    """Without ratings everything is open: the panel and every aspect."""
    report = rated()

    assert None is report.score
    assert ["3 assessors are due, 0 have rated"] + [
        f"{one}: no entry by anyone" for one in ("M1", "D1", "J1", "V1")
    ] == [text.best("en") for text in report.open]
    assert "M1 缺评分：全部" == report.open[1].best("zh")


@pytest.mark.parametrize("count", [1, 2, 4])
def test_panel_of_another_size(count: int) -> None:
    """Fewer or more assessors than the scheme asks for leave the score open."""
    report = rated(*[GOOD] * count)

    assert (None, [f"3 assessors are due, {count} have rated"]) == (report.score, [t.best("en") for t in report.open])


def test_not_attempted_is_an_entry() -> None:
    """Not attempted, said on purpose, earns nothing and leaves nothing open."""
    report = rated(*[{**GOOD, "M1": None}] * 3)

    assert (Decimal("60.0"), ()) == (report.score, report.open)
    assert "a1: NA -> 0" in report.aspects[0].reason.best("en")


def test_latest_entry_counts() -> None:
    """An assessor's later entry strikes through the earlier one, on that aspect alone."""
    first = rated(GOOD, GOOD, GOOD)
    corrected = scored((*ratings(GOOD, GOOD, GOOD), *ratings({"D1": 3})))

    assert (Decimal("100.0"), Decimal("90.0")) == (first.score, corrected.score)


def test_spread_of_judgements_is_open() -> None:
    """Judgements too far apart keep the score open until they are given anew."""
    report = rated(GOOD, GOOD, {**GOOD, "J1": 1})
    anew = scored((*ratings(GOOD, GOOD, {**GOOD, "J1": 1}), *ratings({}, {}, {"J1": 2})))

    assert None is report.score
    assert ["J1: judgements 3/3/1 differ by more than 1, discuss and judge anew"] == [t.best("en") for t in report.open]
    assert Decimal("96.7") == anew.score


@pytest.mark.parametrize(
    ("reports", "vetoes", "is_open"), [(0, (), False), (1, (), True), (2, ("V1",), False), (3, ("V1",), False)]
)
def test_votes_of_a_veto(reports: int, vetoes: tuple[str, ...], is_open: bool) -> None:
    """Two of three uphold a veto, one alone leaves the score open; an upheld veto takes no marks itself."""
    report = rated(*({**GOOD, "V1": number < reports} for number in range(3)))

    assert (vetoes, is_open) == (report.vetoes, report.score is None)
    assert Fraction(100) == report.exact


def test_veto_may_be_withdrawn() -> None:
    """A lone report that its assessor takes back is none."""
    alone = ratings({**GOOD, "V1": True}, GOOD, GOOD)

    assert None is scored(alone).score
    assert Decimal("100.0") == scored((*alone, *ratings({"V1": False}))).score


@given(PANELS)
def test_score_stays_within_its_marks(panel: list[dict[str, Any]]) -> None:
    """Whatever a whole panel enters, each aspect and the sum earn from nothing to full marks."""
    report = rated(*panel)

    assert all(0 <= one.earned <= one.full for one in report.aspects)
    assert 0 <= report.exact <= report.full
    assert report.score is None or 0 <= report.score <= report.full


@given(PANELS, st.integers(0, 2), st.sampled_from(["M1", "D1"]), st.sampled_from(["mean", "median"]))
def test_a_better_entry_never_lowers(panel: list[dict[str, Any]], who: int, aspect: str, combine: str) -> None:
    """When one assessor finds an aspect faultless instead, the sum does not fall."""
    better = [{**entries, aspect: GOOD[aspect]} if number == who else entries for number, entries in enumerate(panel)]

    assert rated(*panel, combine=combine).exact <= rated(*better, combine=combine).exact


@given(st.permutations(range(3)), PANELS)
def test_order_of_assessors_does_not_matter(order: list[int], panel: list[dict[str, Any]]) -> None:
    """Whose sheet is taken in first changes nothing."""
    entries = ratings(*panel)
    turned = tuple(one for number in order for one in entries if one.assessor == f"a{number + 1}")

    assert scored(entries) == scored(turned)


@given(st.lists(ENTRIES, max_size=4), st.data())
def test_score_exists_exactly_when_nothing_is_open(panel: list[dict[str, Any]], data: st.DataObject) -> None:
    """With any entries left out, either something is named as open or there is a score, never both."""
    kept = [{a: v for a, v in entries.items() if data.draw(st.integers(0, 9))} for entries in panel]
    report = rated(*kept)

    assert (report.score is None) is bool(report.open)
