"""Aspects and assessors of a practical against hand arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from certengine.model.scheme import Aspect, AspectGroup, Task
from certengine.model.score import AspectScore, ScoreReport
from certengine.model.text import Text
from certengine.scoring.rating_analysis import (
    AspectObservation,
    observe_aspects,
    summarise_aspects,
    summarise_assessors,
)

WORDS = Text.of(zh="字", en="word")


def rated(candidate: str, aspect: str, kind: str, *marks: int, full: int = 3, open_: bool = False) -> AspectObservation:
    """One aspect marked by assessors A, B, C, ...; the panel's mark is their mean."""
    panel = Fraction(sum(marks), len(marks))
    return AspectObservation(
        candidate=candidate,
        task="T",
        aspect=aspect,
        kind=kind,
        full=Decimal(full),
        earned=None if open_ else panel,
        by_assessor=tuple((name, Fraction(mark)) for name, mark in zip("ABC", marks, strict=False)),
    )


def task_of(*aspects: tuple[str, str, int]) -> Task:
    built = tuple(Aspect(id=i, kind=kind, title=WORDS, marks=Decimal(marks), rule=None) for i, kind, marks in aspects)
    groups = (AspectGroup(id="g", title=WORDS, aspects=built),)
    return Task(id="T", title=WORDS, minutes=60, total=Decimal(3), brief=WORDS, groups=groups)


class TestRatings:
    def test_severity_is_the_mean_difference_to_the_panel(self) -> None:
        """Judgements 3, 2, 1 then 2, 2, 2 of 3: A is 1/3 above its first panel and level with the second, so 1/6."""
        found = summarise_assessors([rated("k", "J", "judgement", 3, 2, 1), rated("l", "J", "judgement", 2, 2, 2)])
        assert [one.difference for one in found] == [Fraction(1, 6), Fraction(0), Fraction(-1, 6)]

    def test_severity_error_has_candidates_as_units(self) -> None:
        """A's candidates differ by 1/3 and 0: SD 1/(3 sqrt 2), over sqrt 2 is 1/6; one candidate gives none."""
        pair = [rated("k", "J", "judgement", 3, 2, 1), rated("l", "J", "judgement", 2, 2, 2)]
        assert summarise_assessors(pair)[0].standard_error == pytest.approx(1 / 6, abs=1e-15)
        assert summarise_assessors(pair[:1])[0].standard_error is None

    def test_drift_is_the_later_half_less_the_earlier(self) -> None:
        """A is 0, then 1/6, 1/6 and 1/6 of the marks above the panel: 1/12 at first, 1/6 later. Who has no turn comes last."""
        seen = [
            rated("k", "J", "judgement", 2, 2),
            rated("l", "J", "judgement", 3, 2),
            rated("m", "J", "judgement", 3, 2),
            rated("n", "J", "judgement", 3, 2),
        ]
        a, b = summarise_assessors(seen)
        assert (a.drift, b.drift) == (Fraction(1, 12), Fraction(-1, 12))
        assert a.drift_error == pytest.approx(1 / 12, abs=1e-15)
        turned = summarise_assessors(seen, {"A": ("n", "m", "l", "k"), "B": ("m", "n")})
        assert (turned[0].drift, turned[1].drift) == (Fraction(-1, 12), Fraction(1, 12))

    def test_drift_of_few(self) -> None:
        """The middle one of three is in neither half, a half of one has no error, and one candidate no halves."""
        seen = [rated(one, "J", "judgement", mark, 0) for one, mark in (("k", 0), ("l", 3), ("m", 2))]
        three, one = summarise_assessors(seen)[0], summarise_assessors(seen[:1])[0]
        assert (three.drift, three.drift_error) == (Fraction(1, 3), None)
        assert (one.drift, one.drift_error) == (None, None)

    def test_agreement_compares_judgements_pair_by_pair(self) -> None:
        """3, 2, 1: A agrees with nobody and is one level from B only; B is one level from both."""
        a, b, _ = summarise_assessors([rated("k", "J", "judgement", 3, 2, 1)])
        assert (a.pairs, a.exact, a.adjacent) == (2, Fraction(0), Fraction(1, 2))
        assert (b.pairs, b.exact, b.adjacent) == (2, Fraction(0), Fraction(1))

    def test_measurements_enter_severity_but_not_agreement(self) -> None:
        """A measured aspect has no levels to agree on."""
        a, *_ = summarise_assessors([rated("k", "M", "measurement", 3, 0)])
        assert (a.difference, a.pairs, a.exact) == (Fraction(1, 2), 0, None)

    def test_entry_without_a_second_assessor_compares_nothing(self) -> None:
        """A lone assessor is listed, with nothing to compare."""
        (found,) = summarise_assessors([rated("k", "J", "judgement", 3)])
        assert (found.assessor, found.entries, found.difference) == ("A", 0, None)

    def test_aspects_have_mean_shares_in_sheet_order(self) -> None:
        """Marks 3 and 1 of 3: mean share 2/3; an open mark is counted apart; an aspect nobody was marked on has none."""
        observations = [rated("k", "J", "judgement", 3), rated("l", "J", "judgement", 1),
                        rated("m", "J", "judgement", 3, 0, open_=True)]  # fmt: skip
        unused, found = summarise_aspects(observations, [task_of(("M", "measurement", 2), ("J", "judgement", 3))])
        assert (unused.aspect, unused.n, unused.mean) == ("M", 0, None)
        assert (found.n, found.open, found.mean) == (2, 1, Fraction(2, 3))

    def test_practical_report_becomes_observations(self) -> None:
        """Kind comes from the task, an open aspect has no mark, and an upheld veto is counted without a share."""
        scores = (
            AspectScore(aspect="J", full=Decimal(3), earned=Fraction(2), reason=WORDS, open=WORDS),
            AspectScore(aspect="V", full=Decimal(0), earned=Fraction(0), reason=WORDS, vetoed=True),
        )
        report = ScoreReport(
            candidate="k", component="p", full=Decimal(3), exact=Fraction(2), score=None, aspects=scores
        )
        task = task_of(("J", "judgement", 3), ("V", "veto", 0))
        judged, veto = observe_aspects(report, task)
        assert (judged.kind, judged.earned, veto.kind, veto.vetoed) == ("judgement", None, "veto", True)
        summary = summarise_aspects([judged, veto], [task])[1]
        assert (summary.vetoed, summary.mean) == (1, None)
