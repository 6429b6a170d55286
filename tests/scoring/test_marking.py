"""What markers' points come to: one marker, two, a third where two are too far apart, and what is asked for when."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.items.rubric import Criterion, Rubric
from certengine.model.marking import MarkingRule, ScriptMark
from certengine.model.pass_standard import AllOf, AnyOf, AtLeast, NoVeto
from certengine.model.scheme import Rounding
from certengine.model.score import ScoreReport
from certengine.model.sitting import Paper
from certengine.scoring.marked_papers import cuts_of, scripts_on, standings_on
from certengine.scoring.marking import Stage, Standing, standing
from certengine.scoring.written import score_written
from tests.simulator import WORLD, item, section, text, written

TEN = Rubric(points=10, criteria=(Criterion(id="all", title=text("all"), marks=10),))
RULE = MarkingRule(spread=2)


def given_by(*entries: tuple[str, int]) -> tuple[ScriptMark, ...]:
    """Entries of markers on one answer, oldest first: who, and how many points."""
    return tuple(
        ScriptMark(paper="P", position=1, item="e", marker=marker, answer="a", points={"all": points})
        for marker, points in entries
    )


def counted(found: Standing) -> list[int]:
    """The points that count."""
    return [points["all"] for points in found.counting]


@pytest.mark.parametrize(
    ("entries", "second", "stage", "counting"),
    [
        ((), False, Stage.FIRST, []),
        ((), True, Stage.FIRST, []),
        ((("m", 7),), False, Stage.SETTLED, [7]),
        ((("m", 7),), True, Stage.SECOND, []),
        ((("m", 7), ("n", 9)), True, Stage.SETTLED, [7, 9]),
        ((("m", 7), ("n", 9)), False, Stage.SETTLED, [7, 9]),
        ((("m", 7), ("n", 4)), True, Stage.THIRD, []),
        ((("m", 7), ("n", 4)), False, Stage.THIRD, []),
        ((("m", 7), ("n", 4), ("o", 5)), True, Stage.SETTLED, [5]),
        ((("m", 7), ("m", 3)), False, Stage.SETTLED, [3]),
        ((("m", 7), ("n", 4), ("m", 5)), True, Stage.SETTLED, [5, 4]),
        ((("m", 7), ("n", 4), ("o", 5), ("o", 6)), True, Stage.SETTLED, [6]),
    ],
)
def test_stages(entries: tuple[tuple[str, int], ...], second: bool, stage: Stage, counting: list[int]) -> None:
    """One marker, or the mean of two; beyond the spread the third alone; a marker's later entry replaces the earlier."""
    found = standing(TEN, given_by(*entries), RULE, second=second)

    assert (stage, counting) == (found.stage, counted(found))
    assert list(dict.fromkeys(marker for marker, _ in entries)) == list(found.markers)


@given(st.lists(st.tuples(st.sampled_from("mnop"), st.integers(0, 10)), max_size=8), st.booleans(), st.integers(0, 10))
def test_two_that_count_are_never_further_apart_than_allowed(
    entries: list[tuple[str, int]], second: bool, spread: int
) -> None:
    """Whatever was given in whatever order: nothing counts while somebody is asked for, and a mean is of two near marks."""
    found = standing(TEN, given_by(*entries), MarkingRule(spread=spread), second=second)
    points = counted(found)

    assert (found.stage is Stage.SETTLED) is bool(points)
    assert len(points) < 2 or abs(points[0] - points[1]) <= spread
    assert set(points) <= {one for _, one in entries}


ESSAYS = replace(
    WORLD.added(item("e1", "essay", "A", "know"), item("e2", "essay", "A", "know")),
    component=written(
        section("judge", "true_false", "1", ("A", "know", 1)),
        section("essay", "essay", "3", ("A", "know", 2), policy="rubric"),
    ),
)
PAPER, BANK = ESSAYS.paper(), ESSAYS.bank
SHEET = ESSAYS.read(PAPER, {1: "B", 2: "jammed", 3: "jammed"})


def marks_of(position: int, *entries: tuple[str, int]) -> dict[int, tuple[ScriptMark, ...]]:
    """Entries on a position: who, and how many of the three points."""
    return {
        position: tuple(
            ScriptMark(
                paper=PAPER.id,
                position=position,
                item="e",
                marker=marker,
                answer="a",
                points={one: int(place < points) for place, one in enumerate(("cause", "check", "order"))},
            )
            for marker, points in entries
        )
    }


def stages(
    marks: dict[int, tuple[ScriptMark, ...]],
    rule: MarkingRule,
    *,
    by_lot: tuple[int, ...] = (),
    cuts: tuple[int, ...] = (),
) -> tuple[list[str], ScoreReport]:
    """The stage of both essays under a rule, and the score that follows."""
    component = replace(
        ESSAYS.component, sections=(ESSAYS.component.sections[0], replace(ESSAYS.component.sections[1], marking=rule))
    )
    found = standings_on(PAPER, SHEET, component, BANK, marks=marks, by_lot=by_lot, cuts=[Decimal(cut) for cut in cuts])
    report = score_written(PAPER, SHEET, component, BANK, Rounding(), standings=found)
    return [found[position].stage.value for position in (2, 3)], report


def test_only_answers_of_words_go_to_people() -> None:
    """Both essays are scripts; a statement is not, nor is an essay left blank."""
    blank = ESSAYS.read(PAPER, {1: "A", 2: "  ", 3: "jammed"})

    assert [2, 3] == [script.position for script in scripts_on(PAPER, SHEET, ESSAYS.component, BANK)]
    assert [3] == [script.position for script in scripts_on(PAPER, blank, ESSAYS.component, BANK)]


def test_score_follows_the_markers() -> None:
    """One essay marked leaves the paper open; both give a score, two near marks count by their mean, exactly."""
    one = stages(marks_of(2, ("m", 3)), MarkingRule())
    both = stages(marks_of(2, ("m", 3)) | marks_of(3, ("m", 1), ("n", 2)), MarkingRule())

    assert (["settled", "first"], None, Fraction(3)) == (one[0], one[1].score, one[1].exact)
    assert "theory: 1 answer waiting for a marker" == one[1].open[0].best("en")
    assert (["settled", "settled"], Fraction(3) + Fraction(3, 2)) == (both[0], both[1].exact)
    assert both[1].items[2].reason.best("zh").startswith("两人评阅取平均：评阅 1/3 分")
    assert both[1].items[2].reason.best("en").startswith("mean of two markers: marked 1 of 3")


@pytest.mark.parametrize(
    ("rule", "by_lot", "cuts", "expected"),
    [
        (MarkingRule(), (2, 3), (3,), ["settled", "settled"]),
        (MarkingRule(second_one_in=4), (2,), (3,), ["second", "settled"]),
        (MarkingRule(near_cut=Decimal(1)), (), (3,), ["second", "second"]),
        (MarkingRule(near_cut=Decimal("0.5")), (), (3,), ["settled", "settled"]),
        (MarkingRule(near_cut=Decimal(1)), (), (), ["settled", "settled"]),
        (MarkingRule(near_cut=Decimal(0)), (), (9, 4), ["second", "second"]),
    ],
)
def test_who_is_marked_twice(
    rule: MarkingRule, by_lot: tuple[int, ...], cuts: tuple[int, ...], expected: list[str]
) -> None:
    """The lot sends an answer to a second marker, a score near a threshold sends all; without such a rule nothing does."""
    marks = marks_of(2, ("m", 3)) | marks_of(3, ("m", 1))

    assert expected == stages(marks, rule, by_lot=by_lot, cuts=cuts)[0]


def test_near_the_cut_is_told_by_first_markers() -> None:
    """The second marker's points never take back that the first ones lay near the threshold."""
    near, far = (marks_of(2, ("m", 3), ("n", other)) | marks_of(3, ("m", 1)) for other in (2, 0))

    assert ["settled", "second"] == stages(near, MarkingRule(near_cut=Decimal(0)), cuts=(4,))[0]
    assert ["third", "second"] == stages(far, MarkingRule(near_cut=Decimal(0)), cuts=(4,))[0]
    assert ["first", "first"] == stages({}, MarkingRule(near_cut=Decimal(9)), cuts=(4,))[0]


def test_thresholds_of_a_component() -> None:
    """Every threshold of the whole component counts, wherever it stands in the standard; of parts and of others none."""
    rules = AllOf(
        all=(
            AtLeast(component="theory", at_least=Decimal(60)),
            AnyOf(any=(AtLeast(component="theory", at_least=Decimal(80)), NoVeto(no_veto="skill"))),
            AtLeast(component="theory", part="essay", at_least=Decimal(5)),
            AtLeast(component="skill", at_least=Decimal(70)),
        )
    )

    assert {Decimal(60), Decimal(80)} == cuts_of(rules, "theory")


def test_only_unusual_words_go_to_people() -> None:
    """Under ``reviewed`` a word that a form accepts is settled by the form; another waits, and a person's yes is full marks."""
    world = replace(
        WORLD.added(item("w1", "short_answer", "A", "know")),
        component=written(section("word", "short_answer", "4", ("A", "know", 1), policy="reviewed")),
    )
    paper = world.paper()
    found = {}
    for word in ("interlock", "联动"):
        sheet = world.read(paper, {1: word})
        scripts = scripts_on(paper, sheet, world.component, world.bank)
        yes = standing(scripts[0].rubric, given_on(paper, "accepted"), RULE, second=False) if scripts else None
        found[word] = [
            score_written(paper, sheet, world.component, world.bank, Rounding(), standings=standings).score
            for standings in ({}, {1: yes} if yes else {})
        ]

    assert {"interlock": [Decimal("4.0")] * 2, "联动": [None, Decimal("4.0")]} == found


def given_on(paper: Paper, criterion: str) -> tuple[ScriptMark, ...]:
    """One marker's yes on the first answer of a paper."""
    return (ScriptMark(paper=paper.id, position=1, item="w1", marker="m", answer="a", points={criterion: 1}),)
