"""Essays: what a marker's points add up to, what waits for a person, and what is wrong in a rubric."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.items import kind_of
from certengine.items.essay import MAX_LINES, ON_SCRIPT
from certengine.items.marking_guide import marking_guide, model_answer_of
from certengine.items.rubric import MAX_POINTS, BestOf, Cap, Criterion, Rubric, check_rubric, rubric_of
from tests.simulator import essay, item, text
from tests.strategies import essays

ESSAY = kind_of("essay")


def rubric(*criteria: tuple[str, int] | tuple[str, int, str], points: int = 8, **parts) -> Rubric:
    """A rubric of criteria as ``(id, marks)`` or ``(id, marks, required id)``."""
    return Rubric(
        points=points,
        criteria=tuple(
            Criterion(id=one[0], title=text(one[0]), marks=one[1], requires=one[2] if len(one) == 3 else None)
            for one in criteria
        ),
        **parts,
    )


CAUSES = rubric(
    *((f"c{n}", 2) for n in range(5)), points=6, best_of=(BestOf(criteria=tuple(f"c{n}" for n in range(5)), count=3),)
)
"""Three causes with a check each, any of five: six points."""

PROVE_DEAD = rubric(
    ("dead", 0),
    *((f"c{n}", 2) for n in range(5)),
    best_of=(BestOf(criteria=tuple(f"c{n}" for n in range(5)), count=4),),
    caps=(Cap(at_most=4, unless="dead"),),
)
"""Four checks in a safe order, any of five: eight points, four at most without proving dead."""

STEPS = rubric(*((f"c{n}", 1) for n in range(6)), points=6)
"""Six steps, a point each."""


@pytest.mark.parametrize(
    ("of", "given_points", "expected"),
    [
        (CAUSES, (2, 2, 2, 0, 0), 6),
        (CAUSES, (2, 2, 2, 2, 2), 6),
        (CAUSES, (1, 1, 1, 1, 1), 3),
        (CAUSES, (2, 1, 0, 0, 1), 4),
        (PROVE_DEAD, (1, 2, 2, 2, 2, 0), 8),
        (PROVE_DEAD, (0, 2, 2, 2, 2, 0), 4),
        (PROVE_DEAD, (0, 1, 2, 0, 0, 0), 3),
        (PROVE_DEAD, (1, 0, 0, 0, 0, 0), 0),
        (STEPS, (1, 1, 0, 1, 0, 1), 4),
    ],
)
def test_points_are_counted(of: Rubric, given_points: tuple[int, ...], expected: int) -> None:
    """Any three of five count, a cap holds the sum down unless its criterion is met, a condition earns nothing."""
    ids = [criterion.id for criterion in of.criteria]

    assert [] == list(check_rubric(of))
    assert expected == of.earned(dict(zip(ids, given_points, strict=True)))


@pytest.mark.parametrize(("cause", "check", "expected"), [(1, 1, 2), (0, 1, 0), (1, 0, 1), (0, 0, 0)])
def test_a_criterion_may_require_another(cause: int, check: int, expected: int) -> None:
    """A check counts only beside the cause it belongs to."""
    of = rubric(("cause", 1), ("check", 1, "cause"), points=2)

    assert expected == of.earned({"cause": cause, "check": check})


def test_requirements_follow_each_other() -> None:
    """What requires a criterion that does not count itself does not count either."""
    of = rubric(("a", 1), ("b", 1, "a"), ("c", 1, "b"), points=3)

    assert 0 == of.earned({"a": 0, "b": 1, "c": 1})


@given(content=essays(), data=st.data())
def test_points_stay_in_bounds_and_never_fall(content, data: st.DataObject) -> None:
    """Every rubric earns from nothing to all of its points, and a point more on a criterion never earns less."""
    of = rubric_of(ESSAY, content, "rubric")
    points = {one.id: data.draw(st.integers(0, one.top)) for one in of.criteria}
    more = data.draw(st.sampled_from(of.criteria))
    raised = points | {more.id: min(more.top, points[more.id] + 1)}

    assert [] == list(ESSAY.check(content, ("en", "zh")))
    assert 0 <= of.earned(points) <= of.earned(raised) <= of.points
    assert of.points == of.earned(of.best)
    assert 0 == of.earned(dict.fromkeys(points, 0))


@given(content=essays(), data=st.data())
def test_caps_hold(content, data: st.DataObject) -> None:
    """Whatever else is given, a cap whose criterion has no point is never passed."""
    of = rubric_of(ESSAY, content, "rubric")
    points = {one.id: data.draw(st.integers(0, one.top)) for one in of.criteria}

    for cap in of.caps:
        assert of.earned(points | {cap.unless: 0}) <= cap.at_most


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ({"cause": 1, "check": 1}, "`order` has no points"),
        ({"cause": 2, "check": 1, "order": 0}, "`cause` takes 0 to 1, given: 2"),
        ({"cause": -1, "check": 1, "order": 0}, "`cause` takes 0 to 1, given: -1"),
        ({"cause": 1, "check": 1, "order": 0, "tidy": 1}, "the rubric has no criterion `tidy`"),
    ],
)
def test_entries_off_the_rubric_are_refused(points: dict[str, int], why: str) -> None:
    """A criterion left out, a point off the scale, a criterion that is not there: no mark is made of them."""
    of = rubric_of(ESSAY, essay(), "rubric")

    assert why == of.refusal(points)
    with pytest.raises(ValueError, match="`"):
        of.earned(points)


def test_words_wait_for_a_person() -> None:
    """What a candidate wrote is open, earns nothing yet and is not called wrong."""
    mark = ESSAY.mark(essay(), {}, "jammed", "rubric")

    assert (0, "待阅卷", "waiting for a marker") == (mark.share, mark.open.best("zh"), mark.reason.best("en"))


def test_the_trace_names_every_criterion() -> None:
    """A mark tells each criterion with its points, whether a condition was met, and what capped it."""
    of = rubric(("dead", 0), ("winding", 2), ("rotor", 2), points=4, caps=(Cap(at_most=1, unless="dead"),))
    reason = of.mark({"dead": 0, "winding": 2, "rotor": 1}).reason

    assert "marked 1 of 4: dead ×, winding 2/2, rotor 1/2; at most 1 without: dead" == reason.best("en")
    assert "评阅 1/4 分：dead ×，winding 2/2，rotor 1/2；未满足“dead”，至多 1 分" == reason.best("zh")


@pytest.mark.parametrize(
    ("raw", "state", "value"),
    [
        ("", "blank", None),
        (" \n\u3000\n", "blank", None),
        ("……", "unreadable", None),
        ("先断电。  \n再验电。\n", "given", "先断电。\n再验电。"),
        ("[script]", "given", ON_SCRIPT),
        (" [见答卷] ", "given", ON_SCRIPT),
    ],
)
def test_responses(raw: str, state: str, value: str | None) -> None:
    """Typed text keeps its lines, a sign says that the answer is on the script, and blank stays blank."""
    reading = ESSAY.parse(essay(), {}, raw)

    assert (state, value) == (reading.state, reading.value)


ONE = Criterion(id="a", title=text("a"), marks=2)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"lines": 0}, [("item/lines", ("lines",))]),
        ({"lines": MAX_LINES + 1}, [("item/lines", ("lines",))]),
        ({"criteria": ()}, [("item/no-criteria", ("criteria",))]),
        ({"points": 4}, [("item/rubric-total", ("points",))]),
        ({"criteria": (replace(ONE, marks=0),), "points": 0}, [("item/rubric-total", ("points",))]),
        (
            {"criteria": (ONE, replace(ONE, id="A"))},
            [("item/criterion-id", ("criteria", 0, "id")), ("item/criterion-id", ("criteria", 1, "id"))],
        ),
        ({"criteria": (replace(ONE, id="=1+1"),)}, [("item/criterion-id", ("criteria", 0, "id"))]),
        ({"criteria": (replace(ONE, marks=-1),)}, [("item/criterion-marks", ("criteria", 0, "marks"))]),
        ({"criteria": (replace(ONE, marks=MAX_POINTS + 1),)}, [("item/criterion-marks", ("criteria", 0, "marks"))]),
        ({"criteria": (replace(ONE, levels=(text("x"),) * 2),)}, [("item/criterion-levels", ("criteria", 0, "levels"))]),
        ({"criteria": (replace(ONE, levels=(text("x"),) * 3),), "points": 2}, []),
        ({"criteria": (replace(ONE, requires="b"),)}, [("item/unknown-criterion", ("criteria", 0, "requires"))]),
        ({"criteria": (replace(ONE, requires="a"),)}, [("item/criterion-circle", ("criteria", 0, "requires"))]),
        (
            {"criteria": (replace(ONE, requires="b"), replace(ONE, id="b", requires="a"), replace(ONE, id="c", requires="a"))},
            [("item/criterion-circle", ("criteria", 0, "requires")), ("item/criterion-circle", ("criteria", 1, "requires"))],
        ),
        ({"caps": (Cap(at_most=1, unless="b"),)}, [("item/unknown-criterion", ("caps", 0, "unless"))]),
        ({"caps": (Cap(at_most=3, unless="order"),)}, [("item/cap", ("caps", 0, "at_most"))]),
        ({"caps": (Cap(at_most=0, unless="order"),)}, []),
        (
            {"best_of": (BestOf(criteria=("cause", "b"), count=2),)},
            [("item/unknown-criterion", ("best_of", 0, "criteria", 1)), ("item/best-of", ("best_of", 0, "count"))],
        ),
        (
            {"best_of": (BestOf(criteria=("cause", "cause"), count=1),)},
            [("item/best-of", ("best_of", 0, "criteria", 1))],
        ),
        (
            {
                "criteria": (ONE, replace(ONE, id="b", marks=0)),
                "best_of": (BestOf(criteria=("a", "b"), count=1),),
            },
            [("item/best-of", ("best_of", 0, "criteria", 1))],
        ),
    ],
)  # fmt: skip
def test_check(changes, expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    """Each thing that can be wrong in an essay is found, under its code and at its place."""
    assert expected == [(p.code, p.path) for p in ESSAY.check(essay(**changes), ("en", "zh"))]


def test_guide_says_the_rubric_in_words() -> None:
    """A marker reads every criterion with its scale, what it requires, what is chosen among, and every cap."""
    guide = marking_guide(
        essay(
            best_of=(BestOf(criteria=("check", "order"), count=1),),
            caps=(Cap(at_most=1, unless="order"),),
        )
    )

    assert [("cause", 1, False), ("check", 1, False), ("order", 1, False)] == [
        (row.id, row.top, row.condition) for row in guide.rows
    ]
    assert "counts only with: a cause" == guide.rows[1].note.best("en")
    assert ["the best 1 of check, order count", "at most 1 points without: in a safe order"] == [
        rule.best("en") for rule in guide.rules
    ]
    assert ["check、order 中取得分最高的 1 项计分", "未满足“in a safe order”的，至多得 1 分"] == [
        rule.best("zh") for rule in guide.rules
    ]


def test_what_a_marker_compares_with() -> None:
    """Of an essay the model answer in every language; of a short answer the key as it is printed."""
    assert essay().model_answer == model_answer_of(item("e", "essay"))
    assert {"互锁 / interlock"} == {words for _, words in model_answer_of(item("w", "short_answer")).by_language}
