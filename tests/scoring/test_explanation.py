"""A decision in words: every rule, where it was rounded, what was carried; and who stands near a threshold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from certengine.model.earlier import CarriedPart
from certengine.model.pass_standard import AllOf, AtLeast, NoVeto
from certengine.model.scheme import Rounding, RoundingMode, Scheme
from certengine.model.score import ItemScore, ScoreReport
from certengine.model.sitting import ResponseState
from certengine.scoring.borderline import NearCut, near_cuts
from certengine.scoring.decision import decide
from certengine.scoring.explanation import Explanation, exact_shown, explain
from certengine.scoring.rounding import round_marks
from tests.simulator import WORLD, text

SCHEME = replace(
    WORLD.scheme,
    components=(WORLD.component, WORLD.skill),
    pass_standard=AllOf(
        all=(
            AtLeast(component="theory", at_least=Decimal(60)),
            AtLeast(component="skill", at_least=Decimal(60)),
            AtLeast(component="skill", at_least=Decimal(80), part=WORLD.skill.tasks[0].groups[0].id),
            NoVeto(no_veto="skill"),
        )
    ),
)


def report(component: str, exact: str | None, scheme: Scheme = SCHEME, **changes: object) -> ScoreReport:
    """The report of an exact sum, rounded as the scheme rounds; without a sum it is open."""
    made = ScoreReport(
        candidate="C1",
        component=component,
        full=Decimal(100),
        exact=Fraction(exact or 0),
        score=None if exact is None else round_marks(Fraction(exact), scheme.rounding),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def explained(*reports: ScoreReport, scheme: Scheme = SCHEME) -> Explanation:
    """The explanation of the decision on these reports."""
    decision = decide("C1", scheme, {one.component: one for one in reports})
    return explain(decision, reports, scheme)


def test_floor_of_negative_marking_is_told() -> None:
    """Where wrong answers took off more than was earned, the explanation says that the sum counts as 0."""
    wrong = ItemScore(
        position=1,
        item="x",
        section="single",
        state=ResponseState.GIVEN,
        full=Decimal(2),
        earned=Fraction(-1, 2),
        reason=text("wrong"),
    )

    found = explained(report("theory", "0", items=(wrong,)), report("skill", "70")).components[0].rounding
    assert "more was taken off than earned: the sum counts as 0" == found.best("en")
    assert "扣分多于得分，合计按 0 分计" == found.best("zh")


@pytest.mark.parametrize(
    ("exact", "rounding", "en", "zh"),
    [
        ("72", Rounding(), "the sum itself, nothing was rounded", "合计即为成绩，未作舍入"),
        (
            "719/12",
            Rounding(),
            "the sum 59.916666…, rounded once to 1 decimal place (half up): 59.9",
            "合计 59.916666…，四舍五入到 1 位小数为 59.9，仅此一次",
        ),
        (
            "239/4",
            Rounding(places=0, mode=RoundingMode.DOWN),
            "the sum 59.75, rounded once to 0 decimal places (cut): 59",
            "合计 59.75，舍去尾数到 0 位小数为 59，仅此一次",
        ),
    ],
)
def test_rounding_is_told_where_it_happened(exact: str, rounding: Rounding, en: str, zh: str) -> None:
    """The exact sum, the rule, and what came of it; or that nothing was rounded."""
    scheme = replace(SCHEME, rounding=rounding)
    line = explained(report("theory", exact, scheme), scheme=scheme).components[0]

    assert (line.rounding.best("en"), line.rounding.best("zh")) == (en, zh)


def test_an_open_score_says_what_is_open() -> None:
    """What keeps it open, or that there is none."""
    opens = explained(report("theory", None, open=(text("q3"), text("q5"))), report("skill", None)).components

    assert [one.rounding.best("en") for one in opens] == ["q3; q5", "no score yet"]


def test_every_rule_stands_in_its_depth() -> None:
    """The whole standard first, its rules below it, each with what was needed and found."""
    rules = explained(report("theory", "60"), report("skill", "59.9")).rules

    assert [(one.depth, one.holds) for one in rules] == [(0, False), (1, True), (1, False), (1, False), (1, True)]
    assert rules[2].needed.best("en").endswith("at least 60")
    assert rules[2].found.best("en") == "59.9"


def test_a_carried_part_says_where_it_comes_from() -> None:
    """Sitting and candidate id of the earlier result, in both languages."""
    part = CarriedPart(component="theory", sitting="spring", candidate="B9", until=WORLD.sitting.opened_at.date())
    line, other = explained(report("theory", "72", carried=part), report("skill", "80")).components

    assert line.origin is not None
    assert line.origin.best("en") == "carried over from sitting spring, candidate B9"
    assert line.origin.best("zh") == "沿用 spring 场次成绩，考号 B9"
    assert other.origin is None


def test_a_pending_decision_tells_what_is_missing() -> None:
    """What it waits for stands beside the rules; a made decision waits for nothing."""
    assert len(explained(report("theory", "72")).missing) == 1
    assert explained(report("theory", "72"), report("skill", "10")).missing == ()


@pytest.mark.parametrize(
    ("value", "shown"),
    [("60", "60"), ("119/2", "59.5"), ("59.9999999", "59.999999…"), ("-1/3", "-0.333333…"), ("-2", "-2")],
)
def test_an_exact_sum_is_cut_and_says_so(value: str, shown: str) -> None:
    """Never rounded up to what it is not."""
    assert exact_shown(Fraction(value)) == shown


def test_near_a_threshold_on_both_sides() -> None:
    """Within the margin, the nearest first; thresholds of parts and components without a margin are left out."""
    scores = [
        ("C1", "theory", Decimal("59.5")),
        ("C2", "theory", Decimal("62.5")),
        ("C3", "theory", Decimal("57.4")),
        ("C4", "theory", Decimal(60)),
        ("C5", "skill", Decimal(80)),
    ]
    near = near_cuts(SCHEME, scores, {"theory": Decimal("2.5")})

    assert [(one.candidate, one.distance) for one in near] == [
        ("C4", 0),
        ("C1", Decimal("-0.5")),
        ("C2", Decimal("2.5")),
    ]
    assert near[1] == NearCut(
        candidate="C1",
        component="theory",
        score=Decimal("59.5"),
        cut=Decimal(60),
        distance=Decimal("-0.5"),
        margin=Decimal("2.5"),
    )
    assert near_cuts(SCHEME, scores, {"skill": Decimal(1)}) == ()
