"""Deciding: three values throughout, every pass standard as it was declared, and the derivation that led there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.model.scheme import AllOf, AnyOf, AtLeast, NoVeto, PassRule, Scheme
from certengine.model.score import AspectScore, Decision, Failed, Passed, Pending, ScoreReport, Step
from certengine.scoring.decision import decide
from tests.simulator import WORLD, section, text, written

PARTS = ("theory", "skill", "review")


def scheme(rule: PassRule) -> Scheme:
    """A scheme of three parts with that pass standard."""
    review = written(section("s", "true_false", "1", ("A", "know", 100)), id="review", title=text("review"))
    return replace(WORLD.scheme, components=(WORLD.component, WORLD.skill, review), pass_standard=rule)


def report(part: str, score: str | None, *, vetoes: tuple[str, ...] = (), veto_open: bool = False) -> ScoreReport:
    """The report of one part; without a score it is open."""
    veto = AspectScore(
        aspect="V1",
        full=Decimal(0),
        earned=Fraction(0),
        reason=text("veto"),
        open=text("V1 not settled") if veto_open else None,
        vetoed=bool(vetoes),
    )
    measured = AspectScore(aspect="M1", full=Decimal(100), earned=Fraction(0), reason=text("M1"))
    still = () if score is not None else (text(f"{part}: an entry is missing"),)
    return ScoreReport(
        candidate="C1",
        component=part,
        full=Decimal(100),
        exact=Fraction(score or 0),
        score=None if score is None else Decimal(score),
        aspects=(measured, veto),
        open=still + ((text("V1 not settled"),) if veto_open else ()),
        vetoes=vetoes,
    )


def decided(rule: PassRule, scores: Mapping[str, str | None]) -> Decision:
    """The decision for scores by part; ``None`` is a report that is still open, a part left out has none."""
    return decide("C1", scheme(rule), {part: report(part, score) for part, score in scores.items()})


def at_least(part: str, threshold: str) -> AtLeast:
    """A part's threshold."""
    return AtLeast(component=part, at_least=Decimal(threshold))


def everyone(*, theory: str = "100", skill: str = "100", review: str = "100") -> dict[str, str]:
    """Scores of all three parts."""
    return {"theory": theory, "skill": skill, "review": review}


# Three rules whose truth a test sets at will: a score of 1 holds, of 0 does not, none cannot be told.
TRUTH = {True: "1", False: "0", None: None}
RULES = tuple(at_least(part, "1") for part in PARTS)


TABLE = list(product((True, False, None), repeat=3))


def truth(rule: PassRule, values: tuple[bool | None, ...]) -> bool | None:
    """What a rule over the three parts comes to."""
    return decided(rule, {part: TRUTH[value] for part, value in zip(PARTS, values, strict=True)}).derivation.holds


@pytest.mark.parametrize("values", TABLE)
def test_all_of(values: tuple[bool | None, ...]) -> None:
    """All of: one failed rule decides, else one untold rule keeps it untold, else it holds."""
    expected = False if False in values else None if None in values else True

    assert expected is truth(AllOf(all=RULES), values)


@pytest.mark.parametrize("values", TABLE)
def test_any_of(values: tuple[bool | None, ...]) -> None:
    """Any of: one rule that holds decides, else one untold rule keeps it untold, else it does not hold."""
    expected = True if True in values else None if None in values else False

    assert expected is truth(AnyOf(any=RULES), values)


@pytest.mark.parametrize("values", TABLE)
def test_nested(values: tuple[bool | None, ...]) -> None:
    """Rules within rules come to what three-valued logic gives, both ways round."""
    a, b, c = values
    either = True if True in (b, c) else None if None in (b, c) else False
    both = False if False in (b, c) else None if None in (b, c) else True
    all_expected = False if False in (a, either) else None if None in (a, either) else True
    any_expected = True if True in (a, both) else None if None in (a, both) else False

    assert all_expected is truth(AllOf(all=(RULES[0], AnyOf(any=RULES[1:]))), values)
    assert any_expected is truth(AnyOf(any=(RULES[0], AllOf(all=RULES[1:]))), values)


@pytest.mark.parametrize(
    "rule", [AllOf(all=()), AnyOf(any=()), AllOf(all=(AnyOf(any=()),)), AnyOf(any=(RULES[0], AllOf(all=())))], ids=str
)
def test_empty_rule_is_refused(rule: PassRule) -> None:
    """A standard without rules is an error wherever it stands, never a pass."""
    with pytest.raises(ValueError, match="passes nobody"):
        decided(rule, everyone())


@pytest.mark.parametrize(
    ("score", "outcome"), [("60.0", "passed"), ("60", "passed"), ("59.9", "failed"), ("100", "passed"), ("0", "failed")]
)
def test_threshold_is_included(score: str, outcome: str) -> None:
    """A rounded score at the threshold passes, one just under it fails."""
    assert outcome == decided(at_least("theory", "60"), everyone(theory=score)).outcome


CHINA = AllOf(
    all=(at_least("theory", "60"), at_least("skill", "60"), at_least("review", "60"), NoVeto(no_veto="skill"))
)
WORLDSKILLS = AllOf(all=(at_least("skill", "70"), NoVeto(no_veto="skill")))
COMPENSATED = AllOf(all=(at_least("theory", "40"), AnyOf(any=(at_least("theory", "60"), at_least("review", "80")))))


@pytest.mark.parametrize(
    ("rule", "scores", "outcome"),
    [
        (CHINA, everyone(theory="60", skill="60", review="60"), Passed),
        (CHINA, everyone(theory="59.9"), Failed),
        (CHINA, everyone(review="59.9"), Failed),
        (WORLDSKILLS, everyone(theory="0", skill="70", review="0"), Passed),
        (WORLDSKILLS, everyone(skill="69.9"), Failed),
        (COMPENSATED, everyone(theory="45", review="80"), Passed),
        (COMPENSATED, everyone(theory="45", review="79.9"), Failed),
        (COMPENSATED, everyone(theory="39.9"), Failed),
        (COMPENSATED, everyone(theory="60", review="0"), Passed),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_declared_standard(rule: PassRule, scores: dict[str, str], outcome: type) -> None:
    """Each part at least 60 (China), one threshold on the practical (WorldSkills), a weak part made good by another."""
    assert isinstance(decided(rule, scores), outcome)


@pytest.mark.parametrize("rule", [CHINA, WORLDSKILLS])
def test_veto_fails_whatever_the_marks(rule: PassRule) -> None:
    """An upheld veto fails a candidate who has every mark, and the derivation names it."""
    reports = {part: report(part, "100", vetoes=("V1",) if part == "skill" else ()) for part in PARTS}
    decision = decide("C1", scheme(rule), reports)

    assert isinstance(decision, Failed)
    assert "veto: V1" == decision.derivation.steps[-1].found.best("en")
    assert "否决：V1" == decision.derivation.steps[-1].found.best("zh")


def test_veto_fails_though_marks_are_open() -> None:
    """An upheld veto decides before the marks are complete."""
    reports = {"skill": report("skill", None, vetoes=("V1",))}

    assert isinstance(decide("C1", scheme(CHINA), reports), Failed)


def test_unsettled_veto_is_pending() -> None:
    """A veto reported by too few keeps the decision open, whatever the marks."""
    reports = {part: report(part, "100", veto_open=part == "skill") for part in PARTS}
    decision = decide("C1", scheme(NoVeto(no_veto="skill")), reports)

    assert isinstance(decision, Pending)
    assert (None, "a veto is not settled") == (decision.derivation.holds, decision.derivation.found.best("en"))
    assert ["V1 not settled"] == [missing.best("en") for missing in decision.missing]


def test_no_veto_without_a_report_is_untold() -> None:
    """A component without a report has not been shown to be free of vetoes."""
    decision = decided(NoVeto(no_veto="skill"), {"theory": "100", "review": "100"})

    assert (None, "no score yet") == (decision.derivation.holds, decision.derivation.found.best("en"))


def test_no_veto_holds() -> None:
    """A component in which no veto was reported has none."""
    step = decided(NoVeto(no_veto="skill"), everyone()).derivation

    assert ("none", True) == (step.found.best("en"), step.holds)


@pytest.mark.parametrize(
    "scores", [{"theory": "59"}, {"theory": "59", "skill": None}, {"theory": "59", "review": "100"}]
)
def test_failed_part_fails_though_another_is_pending(scores: dict[str, str | None]) -> None:
    """With no compensation one failed part fails the whole, whatever is still missing."""
    assert isinstance(decided(CHINA, scores), Failed)


@pytest.mark.parametrize(
    ("scores", "missing"),
    [
        ({"theory": "100", "skill": "100"}, ["review: no score"]),
        ({"theory": "100", "skill": None, "review": "100"}, ["skill: an entry is missing"]),
        ({}, ["theory: no score", "skill: no score", "review: no score"]),
    ],
)
def test_missing_part_is_pending(scores: dict[str, str | None], missing: list[str]) -> None:
    """A part without a score keeps the decision open and is named; it is never a zero."""
    decision = decided(CHINA, scores)

    assert isinstance(decision, Pending)
    assert missing == [text.best("en") for text in decision.missing]


def test_pass_needs_every_part() -> None:
    """Though one rule alone would pass, nobody passes while a part that the scheme asks for is missing."""
    decision = decided(AnyOf(any=RULES), {"theory": "100"})

    assert isinstance(decision, Pending)
    assert True is decision.derivation.holds


def test_scores_of_a_decision() -> None:
    """A decision holds the scores there are, by part, and says whom it is about."""
    decision = decided(CHINA, {"theory": "61.5", "skill": None})

    assert ("C1", (("theory", Decimal("61.5")),)) == (decision.candidate, decision.scores)


def test_derivation() -> None:
    """Each rule is a step that says what was due, what was found and whether it holds."""
    steps = decided(
        AllOf(all=(at_least("theory", "60.0"), NoVeto(no_veto="skill"))), everyone(theory="59.5")
    ).derivation

    assert ("all of these", "1 of 2 hold", False) == (steps.rule.best("en"), steps.found.best("en"), steps.holds)
    assert [
        ("theory at least 60", "59.5", False),
        ("no veto in skill", "none", True),
    ] == [(step.rule.best("en"), step.found.best("en"), step.holds) for step in steps.steps]
    assert ("theory不低于 60 分", "59.5 分") == (steps.steps[0].rule.best("zh"), steps.steps[0].found.best("zh"))


def test_derivation_of_alternatives() -> None:
    """Alternatives are called so, and count what holds."""
    step = decided(AnyOf(any=RULES), everyone(theory="0")).derivation

    assert ("any of these", "以下至少满足一条", "2 of 3 hold") == (
        step.rule.best("en"),
        step.rule.best("zh"),
        step.found.best("en"),
    )


LEAVES = st.builds(at_least, st.sampled_from(PARTS), st.sampled_from(("1", "50", "60", "100"))) | st.builds(
    NoVeto, no_veto=st.just("skill")
)
STANDARDS: st.SearchStrategy[PassRule] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(all=tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(any=tuple(parts)))
    ),
    max_leaves=6,
)
SCORES = st.sampled_from(("0", "49.9", "50", "60", "100"))


def steps_of(step: Step) -> list[Step]:
    """A step and all within it."""
    return [step, *(inner for part in step.steps for inner in steps_of(part))]


@given(STANDARDS, st.fixed_dictionaries({}, optional=dict.fromkeys(PARTS, SCORES)), SCORES, st.sampled_from(PARTS))
def test_decided_stays_decided(rule: PassRule, scores: dict[str, str], later: str, part: str) -> None:
    """A score that comes in later settles what was open and never turns what was decided."""
    before = decided(rule, scores)
    after = decided(rule, {part: later, **scores})

    assert before.outcome in {"pending", after.outcome}
    for earlier, now in zip(steps_of(before.derivation), steps_of(after.derivation), strict=True):
        assert earlier.holds in {None, now.holds}


@given(STANDARDS, st.fixed_dictionaries(dict.fromkeys(PARTS, SCORES)), st.sampled_from(PARTS))
def test_more_marks_never_fail(rule: PassRule, scores: dict[str, str], part: str) -> None:
    """Who passes still passes with full marks on a part."""
    if decided(rule, scores).outcome == "passed":
        assert "passed" == decided(rule, {**scores, part: "100"}).outcome


@given(STANDARDS, st.fixed_dictionaries({}, optional={part: SCORES | st.none() for part in PARTS}))
def test_pass_needs_every_score(rule: PassRule, scores: dict[str, str | None]) -> None:
    """Nobody passes without a score on every part of the scheme."""
    if decided(rule, scores).outcome == "passed":
        assert set(PARTS) == {part for part, score in scores.items() if score is not None}
