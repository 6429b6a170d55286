"""Enrolling again: what is carried over, for how long and how often, and who has to wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.model.earlier import CarriedPart, CarryOver, RetakeRule
from certengine.model.pass_standard import AllOf, AnyOf, AtLeast, EveryAspect, NoVeto, WeightedAtLeast, WithSupplement
from certengine.model.scheme import Scheme
from certengine.model.score import Passed, Pending, ScoreReport
from certengine.model.sitting import Candidate
from certengine.scoring.decision import decide
from certengine.scoring.enrolment import Attempt, enrol, own_rules, part_passed
from certengine.scoring.periods import last_day, months_later
from tests.simulator import WORLD, text

THEORY = AtLeast(component="theory", at_least=Decimal(60))
SKILL = AtLeast(component="skill", at_least=Decimal(60))
STANDARD = AllOf(all=(THEORY, SKILL, NoVeto(no_veto="skill")))
YEAR = CarryOver(component="theory", months=12)
APPROVED = date(2026, 3, 1)
WHO = Candidate(id="C1", name="张伟", carry_over=("theory",))


def scheme(*carry_over: CarryOver, retakes: RetakeRule | None = None) -> Scheme:
    """Theory and skill at 60 each, with what may be carried and how often it may be sat."""
    return replace(
        WORLD.scheme,
        components=(replace(WORLD.component, total=Decimal(100)), WORLD.skill),
        pass_standard=STANDARD,
        carry_over=carry_over or None,
        retakes=retakes,
    )


def report(component: str, score: str | None, **changes: object) -> ScoreReport:
    """A score out of a hundred."""
    made = ScoreReport(
        candidate="C1",
        component=component,
        full=Decimal(100),
        exact=Fraction(score or 0),
        score=None if score is None else Decimal(score),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def attempt(sitting: str = "spring", theory: str | None = "72", **changes: object) -> Attempt:
    """A sitting that failed in the skill; by default its theory was passed."""
    made = Attempt(
        sitting=sitting,
        candidate=replace(WHO, carry_over=None),
        begun=APPROVED - timedelta(days=9),
        decided=APPROVED - timedelta(days=1),
        approved=APPROVED,
        passed=False,
        reports=(report("theory", theory), report("skill", "20")),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def codes(candidate: Candidate, of: Scheme, *attempts: Attempt, at: date = APPROVED) -> list[str]:
    """The codes of what is found, without their area."""
    return [one.code.removeprefix("roster/") for one in enrol(candidate, of, attempts, at)[1]]


def test_a_passed_part_is_carried_over_with_where_it_comes_from() -> None:
    """The candidate is enrolled with the earlier sitting, id and last day, and does not sit the component."""
    enrolled, found = enrol(WHO, scheme(YEAR), (attempt(candidate=replace(WHO, id="B9")),), APPROVED)

    expected = CarriedPart(component="theory", sitting="spring", candidate="B9", until=date(2027, 2, 28))
    assert (found, enrolled.carried, enrolled.known_as) == ((), (expected,), ("B9",))
    assert (enrolled.sits("theory"), enrolled.sits("skill")) == (False, True)


@pytest.mark.parametrize(
    ("day", "found"), [(date(2027, 2, 28), []), (date(2027, 3, 1), ["carry-expired"])], ids=["last-day", "day-after"]
)
def test_a_part_is_carried_for_its_time(day: date, found: list[str]) -> None:
    """A year from the approval ends on the day before its anniversary."""
    assert codes(WHO, scheme(YEAR), attempt(), at=day) == found


@pytest.mark.parametrize(
    "earlier",
    [
        attempt(theory="59.9"),
        attempt(theory=None),
        attempt(approved=None),
        attempt(passed=None),
        attempt(passed=True),
        attempt(reports=(report("skill", "20"),)),
        attempt(reports=(report("theory", "72", full=Decimal(120)),)),
        attempt(
            reports=(
                report(
                    "theory",
                    "72",
                    carried=CarriedPart(component="theory", sitting="old", candidate="C1", until=APPROVED),
                ),
            )
        ),
    ],
    ids=["failed", "open", "not-approved", "pending", "passed-as-a-whole", "not-sat", "other-marks", "itself-carried"],
)
def test_what_was_not_passed_there_is_not_carried(earlier: Attempt) -> None:
    """Only a part that was sat, passed and approved in a sitting that failed as a whole counts."""
    assert codes(WHO, scheme(YEAR), earlier) == ["nothing-to-carry"]


def test_a_part_is_carried_so_often_and_no_more() -> None:
    """The second use of a result that may count once is refused; another result of the same part is not touched."""
    used = attempt(
        "summer",
        candidate=replace(
            WHO, carried=(CarriedPart(component="theory", sitting="spring", candidate="C1", until=APPROVED),)
        ),
        reports=(),
    )
    once = scheme(replace(YEAR, times=1))

    assert codes(WHO, once, attempt()) == []
    assert codes(WHO, once, attempt(), used) == ["carry-used-up"]
    assert codes(WHO, once, attempt(), used, attempt("autumn")) == []


def test_the_newest_result_that_serves_is_taken() -> None:
    """Of two passed theories the later one."""
    enrolled, _ = enrol(WHO, scheme(YEAR), (attempt(), attempt("autumn"), attempt("winter", "10")), APPROVED)

    assert [part.sitting for part in enrolled.carried or ()] == ["autumn"]


@pytest.mark.parametrize("word", ["skill", "theorie"])
def test_what_the_scheme_does_not_let_be_carried_is_refused(word: str) -> None:
    """A component without a rule, and a word that is none."""
    assert codes(replace(WHO, carry_over=(word,)), scheme(YEAR), attempt())[0] == "carry-over"


def test_a_component_may_be_named_by_its_title() -> None:
    """Rosters are written by people: the title in either language serves."""
    title = scheme(YEAR).component("theory").title.best("zh")

    assert codes(replace(WHO, carry_over=(title,)), scheme(YEAR), attempt()) == []


def test_something_is_left_to_sit() -> None:
    """Carrying everything over is no sitting."""
    both = scheme(YEAR, CarryOver(component="skill", months=12))
    passed = (attempt(reports=(report("theory", "72"), report("skill", "72"))),)

    assert codes(replace(WHO, carry_over=("theory", "skill")), both, *passed) == ["nothing-to-sit"]


def test_a_forgotten_part_is_mentioned() -> None:
    """Who could carry a part and does not ask is enrolled for it, with a word to the administrator."""
    enrolled, (found,) = enrol(replace(WHO, carry_over=None), scheme(YEAR), (attempt(),), APPROVED)

    assert (found.code, found.warning, enrolled.sits("theory")) == ("roster/could-carry", True, True)


LIMITS = RetakeRule(attempts=2, within_months=12, wait_days=30)
NEW = replace(WHO, carry_over=None)


@pytest.mark.parametrize(
    ("rule", "attempts", "day", "found"),
    [
        (LIMITS, (), APPROVED, []),
        (LIMITS, (attempt(),), APPROVED + timedelta(days=28), ["too-early"]),
        (LIMITS, (attempt(),), APPROVED + timedelta(days=29), []),
        (LIMITS, (attempt(), attempt()), APPROVED + timedelta(days=60), ["attempts-used"]),
        (LIMITS, (attempt(), attempt()), date(2027, 2, 27), ["attempts-used"]),
        (LIMITS, (attempt(), attempt()), date(2027, 2, 28), []),
        (LIMITS, (attempt(), attempt(passed=True)), APPROVED + timedelta(days=1), []),
        (LIMITS, (attempt(), attempt(passed=None, decided=None)), APPROVED + timedelta(days=60), ["attempts-used"]),
        (RetakeRule(attempts=1), (attempt(),), date(2050, 1, 1), ["attempts-used"]),
        (RetakeRule(wait_days=7), (attempt(decided=None),), APPROVED - timedelta(days=3), ["too-early"]),
        (RetakeRule(wait_days=7), (attempt(decided=None),), APPROVED - timedelta(days=2), []),
    ],
)
def test_limits_and_waits(rule: RetakeRule, attempts: tuple[Attempt, ...], day: date, found: list[str]) -> None:
    """So many sittings within so long and so many days between them; a pass begins anew, an open sitting counts."""
    assert codes(NEW, scheme(retakes=rule), *attempts, at=day) == found


def test_a_refusal_says_when_it_ends() -> None:
    """Whoever is refused for the number of attempts reads the day from which they are fewer."""
    _, (refusal,) = enrol(NEW, scheme(retakes=replace(LIMITS, wait_days=None)), (attempt(), attempt()), APPROVED)

    assert refusal.message.endswith("and the scheme allows 2; again from 2027-02-28")


def test_own_rules_are_those_no_pass_can_do_without() -> None:
    """Within all-of and supplements, not within alternatives, means or rules of other components."""
    every = EveryAspect(every_aspect="skill")
    standard = AllOf(
        all=(
            WithSupplement(supplements=(), rule=AllOf(all=(THEORY, every))),
            AnyOf(any=(SKILL,)),
            WeightedAtLeast(weighted={"theory": Decimal(1)}, at_least=Decimal(50)),
            NoVeto(no_veto="skill"),
        )
    )

    assert own_rules(standard, YEAR) == (THEORY,)
    assert own_rules(standard, CarryOver(component="skill", months=1)) == (every, NoVeto(no_veto="skill"))
    assert own_rules(standard, replace(YEAR, at_least=Decimal(80)))[0].at_least == 80


def test_without_a_rule_of_its_own_nothing_is_passed() -> None:
    """A mean alone says of no component that it was passed."""
    of_means = replace(
        scheme(YEAR), pass_standard=WeightedAtLeast(weighted={"theory": Decimal(1)}, at_least=Decimal(50))
    )

    assert not part_passed(YEAR, of_means, report("theory", "100"))


CARRIED = CarriedPart(component="theory", sitting="spring", candidate="B9", until=APPROVED)


def test_a_decision_names_the_sitting_a_score_was_carried_from() -> None:
    """The step of the carried component tells in both languages where its score was earned."""
    reports = {"theory": report("theory", "72", carried=CARRIED), "skill": report("skill", "80")}
    decision = decide("C1", scheme(YEAR), reports)

    assert isinstance(decision, Passed)
    found = decision.derivation.steps[0].found
    title = WORLD.component.title.best("en")
    assert found.best("en") == f"72 ({title} carried over from sitting spring, candidate B9)"
    assert "沿用 spring 场次成绩，考号 B9" in found.best("zh")


def test_a_decision_waits_for_a_carried_score_that_fell() -> None:
    """An earlier result that no longer stands is open, and says why."""
    fell = report("theory", None, carried=CARRIED, open=(text("superseded"),))
    decision = decide("C1", scheme(YEAR), {"theory": fell, "skill": report("skill", "80")})

    assert isinstance(decision, Pending)
    assert [one.best("en") for one in decision.missing] == ["superseded"]


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)), st.integers(1, 240))
def test_periods_never_skip_a_month(start: date, months: int) -> None:
    """So many months later lies in the month counted to, on the same day or the month's last."""
    later = months_later(start, months)

    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == months
    assert later.day == start.day or (later + timedelta(days=1)).day == 1
    assert last_day(start, months) == later - timedelta(days=1)
    assert months_later(later, -months) <= start
