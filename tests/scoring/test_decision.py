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

from certengine.model.pass_standard import (
    AllOf,
    AnyOf,
    AtLeast,
    EveryAspect,
    NoVeto,
    PassRule,
    SomeOf,
    Supplement,
    WeightedAtLeast,
    WithSupplement,
)
from certengine.model.scheme import Scheme
from certengine.model.score import AspectScore, Decision, Failed, ItemScore, Passed, Pending, ScoreReport, Step
from certengine.model.sitting import ResponseState
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


def mean(at_least: str, **weights: str) -> WeightedAtLeast:
    """A weighted mean's threshold in percent."""
    return WeightedAtLeast(
        weighted={part: Decimal(weight) for part, weight in weights.items()}, at_least=Decimal(at_least)
    )


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


@pytest.mark.parametrize("values", TABLE)
@pytest.mark.parametrize("some", [1, 2, 3])
def test_some_of(values: tuple[bool | None, ...], some: int) -> None:
    """Some of: holds as soon as enough rules hold, fails as soon as too few still can, and is untold between."""
    kept, lost = values.count(True), values.count(False)
    expected = True if kept >= some else False if lost > len(values) - some else None

    assert expected is truth(SomeOf(some=some, of=RULES), values)


@pytest.mark.parametrize(
    "rule",
    [
        AllOf(all=()),
        AnyOf(any=()),
        AllOf(all=(AnyOf(any=()),)),
        AnyOf(any=(RULES[0], AllOf(all=()))),
        SomeOf(some=0, of=RULES),
        SomeOf(some=4, of=RULES),
        WeightedAtLeast(weighted={}, at_least=Decimal(50)),
    ],
    ids=str,
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


KOREA = AllOf(all=(mean("60", theory="1", skill="1", review="1"), *(at_least(part, "40") for part in PARTS)))
WORK_PERMIT = AllOf(all=(at_least("theory", "80"), at_least("skill", "80")))
JAPAN = AllOf(all=(at_least("theory", "65"), at_least("skill", "60")))


@pytest.mark.parametrize(
    ("rule", "scores", "outcome"),
    [
        (KOREA, everyone(theory="40", skill="60", review="80"), "passed"),
        (KOREA, everyone(theory="39.9", skill="100", review="100"), "failed"),
        (KOREA, everyone(theory="59", skill="60", review="60.9"), "failed"),
        (WORK_PERMIT, everyone(theory="80", skill="80"), "passed"),
        (WORK_PERMIT, everyone(theory="79.9", skill="100"), "failed"),
        (JAPAN, everyone(theory="65", skill="60"), "passed"),
        (JAPAN, everyone(theory="64.9", skill="60"), "failed"),
    ],
)
def test_declared_standard_of_other_schemes(rule: PassRule, scores: dict[str, str], outcome: str) -> None:
    """Mean 60 and no subject under 40 (Korea); 80 (Chinese work permits); 65 and 60 (Japan)."""
    assert outcome == decided(rule, scores).outcome


# Mechatroniker (Germany): weights 40/30/12/12/6; total and work order at least 50, two of three written papers at least
# 50, no part of the second half under 30; one written paper may be supplemented by an oral, 2 : 1.
MECHATRONICS = ("system", "order", "planning", "function", "economics")
WRITTEN = MECHATRONICS[2:]
_MECHATRONICS_RULE = AllOf(
    all=(
        mean("50", system="40", order="30", planning="12", function="12", economics="6"),
        at_least("order", "50"),
        SomeOf(some=2, of=tuple(at_least(part, "50") for part in WRITTEN)),
        *(at_least(part, "30") for part in MECHATRONICS[1:]),
    )
)
MECHATRONICS_RULE = WithSupplement(
    supplements=tuple(
        Supplement(component=part, by=f"{part}-oral", weights=(Decimal(2), Decimal(1))) for part in WRITTEN
    ),
    rule=_MECHATRONICS_RULE,
)


def mechatronics(
    *scores: str | None, oral: Mapping[str, str | None] | None = None, below: Decimal | None = None
) -> Decision:
    """The decision on five scores in the order of the weights, and orals by the paper they supplement."""
    supplements = tuple(replace(one, below=below) for one in MECHATRONICS_RULE.supplements)
    parts = (*MECHATRONICS, *(f"{part}-oral" for part in WRITTEN))
    components = tuple(written(section("s", "true_false", "1", ("A", "know", 100)), id=part) for part in parts)
    of_mechatronics = replace(
        WORLD.scheme,
        components=tuple(replace(one, title=text(one.id)) for one in components),
        pass_standard=replace(MECHATRONICS_RULE, supplements=supplements),
    )
    given = dict(zip(MECHATRONICS, scores, strict=True))
    given.update({f"{part}-oral": score for part, score in (oral or {}).items()})
    return decide("C1", of_mechatronics, {part: report(part, score) for part, score in given.items()})


def test_weighted_mean_of_the_published_vector() -> None:
    """55, 58, 45, 52 and 60 give 54.64, which passes though one written paper stays under 50."""
    decision = mechatronics("55", "58", "45", "52", "60")

    assert isinstance(decision, Passed)
    step = decision.derivation.steps[0].steps[0]
    assert ("54.64 %", "54.64%", True) == (step.found.best("en"), step.found.best("zh"), step.holds)
    assert "none taken" == decision.derivation.found.best("en")


def test_a_supplement_of_two_to_one_decides() -> None:
    """45 with an oral of 60 becomes 50.0 and makes the second written paper that was missing."""
    failed = mechatronics("55", "58", "45", "40", "60")
    passed = mechatronics("55", "58", "45", "40", "60", oral={"planning": "60"})

    assert ("failed", "passed") == (failed.outcome, passed.outcome)
    assert "planning becomes 50" == passed.derivation.found.best("en")
    assert "planning合并后 50 分" == passed.derivation.found.best("zh")


@pytest.mark.parametrize(
    ("scores", "oral", "outcome", "found"),
    [
        (("55", "58", "45", "40", "60"), {"planning": "59.7"}, "failed", "planning becomes 49.9"),
        (("55", "58", "45", "40", "60"), {"planning": None}, "pending", "no score yet"),
        (("55", "58", None, "40", "60"), {"planning": "60"}, "pending", "no score yet"),
        (
            ("55", "58", "45", "40", "60"),
            {"planning": "60", "function": "90"},
            "pending",
            "more than one taken, one is allowed",
        ),
        (("55", "58", "45", "52", "60"), {"planning": "10"}, "passed", "not needed"),
        (("55", "49.9", "90", "90", "90"), {}, "failed", "none taken"),
        (("55", "58", "90", "90", "29.9"), {}, "failed", "none taken"),
        (("30", "50", "50", "50", "50"), {}, "failed", "none taken"),
    ],
)
def test_supplement(scores: tuple[str, ...], oral: Mapping[str, str | None], outcome: str, found: str) -> None:
    """A supplement counts once, in one paper, only where it decides; what is open stays open."""
    decision = mechatronics(*scores, oral=oral)

    assert (outcome, found) == (decision.outcome, decision.derivation.found.best("en"))


@pytest.mark.parametrize(
    ("planning", "outcome", "found"),
    [
        ("60", "failed", "planning has 60, only under 50 is supplemented: it does not count"),
        ("50", "failed", "planning has 50, only under 50 is supplemented: it does not count"),
        ("49.9", "passed", "planning becomes 66.6"),
        (None, "pending", "no score yet"),
    ],
)
def test_only_a_failed_paper_is_supplemented(planning: str | None, outcome: str, found: str) -> None:
    """An oral of 100 lifts the total only where the paper itself was failed; what is open stays open."""
    decision = mechatronics("45", "52", planning, "50", "50", oral={"planning": "100"}, below=Decimal(50))

    assert (outcome, found) == (decision.outcome, decision.derivation.found.best("en"))


def test_a_supplement_that_does_not_count_is_told_in_both_languages() -> None:
    """The candidate reads why in Chinese too."""
    decision = mechatronics("45", "50", "60", "50", "50", oral={"planning": "100"}, below=Decimal(50))

    assert "planning 60 分，只有低于 50 分才可补充，补充考试不计" == decision.derivation.found.best("zh")


def aspects(*earned: tuple[str, str | None]) -> ScoreReport:
    """A report on the practical of the small world: marks by aspect, ``None`` where one is open; a veto is among them."""
    scores = tuple(
        AspectScore(
            aspect=one,
            full=Decimal(0) if one.startswith("V") else Decimal(10),
            earned=Fraction(marks or 0),
            reason=text(one),
            open=None if marks is not None else text(f"{one} is open"),
        )
        for one, marks in earned
    )
    opens = tuple(score.open for score in scores if score.open is not None)
    exact = sum((score.earned for score in scores), Fraction(0))
    return ScoreReport(
        candidate="C1",
        component="skill",
        full=Decimal(100),
        exact=exact,
        score=None if opens else Decimal(str(exact.numerator)),
        aspects=scores,
        open=opens,
    )


@pytest.mark.parametrize(
    ("earned", "share", "holds", "found"),
    [
        ((("M1", "10"), ("D1", "10"), ("V1", "0")), "1", True, "all reached"),
        ((("M1", "10"), ("D1", "9"), ("V1", "0")), "1", False, "not reached: D1"),
        ((("M1", "5"), ("D1", "6")), "0.5", True, "all reached"),
        ((("M1", "10"), ("D1", None)), "1", None, "not all settled"),
        ((("M1", "4"), ("D1", None)), "0.5", False, "not reached: M1"),
        ((("V1", "0"),), "1", None, "not all settled"),
        ((), "1", None, "no score yet"),
    ],
)
def test_every_aspect(earned: tuple[tuple[str, str | None], ...], share: str, holds: bool | None, found: str) -> None:
    """Competent means every aspect reached its share; one that did not decides, one that is open leaves it open."""
    rule = EveryAspect(every_aspect="skill", share=Decimal(share))
    step = decide("C1", scheme(rule), {"skill": aspects(*earned)}).derivation

    assert (holds, found) == (step.holds, step.found.best("en"))


def test_every_aspect_without_a_report() -> None:
    """A practical that was not marked has shown no competence and no lack of it."""
    step = decided(EveryAspect(every_aspect="skill"), {"theory": "100"}).derivation

    assert (None, "尚无成绩") == (step.holds, step.found.best("zh"))


def test_a_section_has_a_floor_of_its_own() -> None:
    """The exact marks of one section are compared, not the whole paper's."""
    of_sections = replace(
        report("theory", "80"),
        items=tuple(
            ItemScore(
                position=number,
                item=f"I{number}",
                section=part,
                state=ResponseState.GIVEN,
                full=Decimal(10),
                earned=Fraction(earned),
                reason=text("r"),
            )
            for number, (part, earned) in enumerate((("single", "29/3"), ("single", "1/3"), ("other", "50")), 1)
        ),
    )

    def step(threshold: str) -> Step:
        rule = AtLeast(component="theory", part="single", at_least=Decimal(threshold))
        return decide("C1", scheme(rule), {"theory": of_sections}).derivation

    assert (True, "10") == (step("10").holds, step("10").found.best("en"))
    assert (False, "theory single at least 10.1") == (step("10.1").holds, step("10.1").rule.best("en"))


def test_a_group_of_a_task_has_a_floor_of_its_own() -> None:
    """The marks of one group of the task that was marked are compared."""
    task = WORLD.skill.tasks[0]
    group = task.groups[0]
    scores = tuple(
        AspectScore(aspect=aspect.id, full=aspect.marks, earned=Fraction(3), reason=text("r"))
        for aspect in task.aspects
    )
    of_groups = replace(report("skill", "60"), aspects=scores)
    earned = 3 * len(group.aspects)

    def holds(threshold: int) -> bool | None:
        rule = AtLeast(component="skill", part=group.id, at_least=Decimal(threshold))
        return decide("C1", scheme(rule), {"skill": of_groups}).derivation.holds

    assert (True, False) == (holds(earned), holds(earned + 1))


def test_a_task_that_was_not_marked_gives_no_marks() -> None:
    """A report whose aspects are those of no task of the component earns nothing in any of its groups."""
    rule = AtLeast(component="skill", part=WORLD.skill.tasks[0].groups[0].id, at_least=Decimal(1))

    assert False is decide("C1", scheme(rule), {"skill": aspects(("X9", "10"))}).derivation.holds


def test_what_is_shown_never_reaches_a_threshold_that_is_missed() -> None:
    """A mean a hair under its threshold is cut, not rounded, so that 49.99999 % never reads 50 %."""
    step = decided(mean("50", theory="1", skill="1"), {"theory": "49.99999", "skill": "50"}).derivation

    assert (False, "49.9999 %") == (step.holds, step.found.best("en"))


def test_a_mean_waits_for_every_score() -> None:
    """A mean with a score still open is untold."""
    assert None is decided(mean("50", theory="1", skill="1"), {"theory": "100", "skill": None}).derivation.holds


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


LEAVES = (
    st.builds(at_least, st.sampled_from(PARTS), st.sampled_from(("1", "50", "60", "100")))
    | st.builds(NoVeto, no_veto=st.just("skill"))
    | st.builds(lambda a, b: mean("55", theory=a, review=b), st.sampled_from(("1", "2")), st.sampled_from(("1", "3")))
)
STANDARDS: st.SearchStrategy[PassRule] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(all=tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(any=tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: SomeOf(some=2, of=tuple(parts)))
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
