"""The rules of tolerances, caps, checklists, vetoes within a part, gates and time: what each earns, and what can be wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.aspects import kind_of
from certengine.aspects.checklist import ChecklistRule, Point
from certengine.aspects.deduction import DeductionRule
from certengine.aspects.gate import GateRule
from certengine.aspects.kind import Reaching
from certengine.aspects.measurement import Band, MeasurementRule
from certengine.aspects.overtime import TimeRule
from certengine.aspects.tolerances import Limits, Line, Steps
from certengine.aspects.veto import VetoRule
from certengine.model.scheme import Aspect, AspectGroup, PanelRule, PracticalComponent, Rounding, Task
from certengine.model.score import ScoreReport
from certengine.model.sitting import Rating
from certengine.scoring.practical import score_practical
from tests.simulator import text

D = Decimal


def aspect(kind: str, rule: Any, marks: str = "10", name: str = "X1") -> Aspect:
    """An aspect of a kind."""
    return Aspect(id=name, kind=kind, title=text(name), marks=D(marks), rule=rule)


def measured(**rule: Any) -> Aspect:
    """A measurement of ten marks."""
    return aspect("measurement", MeasurementRule(**rule))


def earned(one: Aspect, raw: str) -> Fraction:
    """The marks of one entry."""
    kind = kind_of(one.kind)
    return kind.mark(one, kind.parse(one, raw)).share * Fraction(one.marks)


def codes(one: Aspect) -> list[tuple[str, tuple[str | int, ...]]]:
    """Code and place of everything a check finds."""
    return [(problem.code, problem.path) for problem in kind_of(one.kind).check(one, ("zh", "en"))]


OVER = measured(unit="mm", nominal=D(50), steps=Steps(limit=D("0.02"), per=D("0.01"), marks=D(1)))
WHOLE = measured(unit="mm", nominal=D(50), steps=Steps(limit=D("0.02"), per=D("0.01"), marks=D(1), count="whole"))
UNDER = measured(unit="MΩ", steps=Steps(limit=D(1), per=D("0.2"), marks=D(4), beyond="below"))
LINE = measured(line=Line(none_at=D("0.80"), full_at=D("1.00")))
FALLING = measured(unit="s", line=Line(none_at=D(20), full_at=D(12)))
LIMITS = measured(unit="mm", limits=Limits(at_least=D("24.98"), at_most=D("25.00")))
LEAST, MOST = measured(limits=Limits(at_least=D(2))), measured(limits=Limits(at_most=D(2)))


@pytest.mark.parametrize(
    ("one", "raw", "marks"),
    [
        (OVER, "50.02", 10), (OVER, "50.020001", 9), (OVER, "49.97", 9), (OVER, "50.031", 8), (OVER, "51", 0),
        (WHOLE, "50.0299", 10), (WHOLE, "50.03", 9), (WHOLE, "50.0399", 9),
        (UNDER, "1", 10), (UNDER, "5", 10), (UNDER, "0.95", 6), (UNDER, "0.8", 6), (UNDER, "0.7", 2), (UNDER, "0", 0),
        (LINE, "0.8", 0), (LINE, "0.9", 5), (LINE, "0.93", Fraction(13, 2)), (LINE, "1", 10), (LINE, "2", 10), (LINE, "0", 0),
        (FALLING, "12", 10), (FALLING, "16", 5), (FALLING, "20", 0), (FALLING, "3", 10), (FALLING, "25", 0),
        (LIMITS, "24.98", 10), (LIMITS, "25", 10), (LIMITS, "25.001", 0), (LIMITS, "24.979", 0),
        (LEAST, "2", 10), (LEAST, "1.9", 0), (MOST, "2", 10), (MOST, "2.1", 0),
    ],
)  # fmt: skip
def test_distance_from_a_limit(one: Aspect, raw: str, marks: Fraction | int) -> None:
    """Steps begun or whole take marks off, a line gives them in proportion, limits all or nothing: bounds included."""
    assert marks == earned(one, raw)


@given(st.decimals(-200, 200, places=4), st.decimals(0, 5, places=4))
def test_further_from_the_limit_is_never_better(value: Decimal, further: Decimal) -> None:
    """Whatever is measured, a greater deviation never earns more, and marks stay between nothing and full."""
    near, far = (earned(OVER, str(50 + abs(one))) for one in (value, abs(value) + further))

    assert 0 <= far <= near <= 10


@pytest.mark.parametrize(
    ("one", "en"),
    [
        (OVER, "|reading − 50 mm| ≤ 0.02 mm: 10; −1 for each 0.01 mm over, down to 0"),
        (WHOLE, "|reading − 50 mm| ≤ 0.02 mm: 10; −1 for each whole 0.01 mm over, down to 0"),
        (UNDER, "value ≥ 1 MΩ: 10; −4 for each 0.2 MΩ under, down to 0"),
        (LINE, "value 0.8: 0, 1: 10, in proportion between"),
        (LIMITS, "value ≥ 24.98 mm and ≤ 25 mm: 10, else 0"),
        (LEAST, "value ≥ 2: 10, else 0"),
        (aspect("deduction", DeductionRule(per_fault=D(2), faults=text("f"), cap=D(6))), "f: −2 each, down to 4"),
        (aspect("veto", VetoRule(scope="section"), "0"), "this part then earns nothing (yes / no)"),
        (aspect("veto", VetoRule(scope="aspect", of=("M1", "D1")), "0"), "M1, D1 then earn nothing (yes / no)"),
        (aspect("time", TimeRule(per_minute=D(1), stop=D(10)), "0"), "−1 off the total for each minute begun; work stops 10 min over"),
        (aspect("time", TimeRule(per_minute=D(1), stop=D(10), grace=D(2)), "5"),
         "up to 2 min over: nothing off; then −1 for each minute begun; work stops 10 min over"),
        (aspect("gate", GateRule(of=("G1",), at_least=D("0.6"), before=("G2",)), "0"), "G2 count only once G1 earn 60 % (no entry)"),
    ],
)  # fmt: skip
def test_rule_in_words(one: Aspect, en: str) -> None:
    """The scoring sheet says the rule as it is applied, in both languages."""
    words = kind_of(one.kind).describe(one)

    assert en == words.best("en")
    assert words.best("zh") != en


POINT = Point(text=text("p"))
MARKED = Point(text=text("p"), marks=D(5))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (measured(steps=Steps(limit=D(0), per=D(0), marks=D(1))), [("aspect/step-size", ("steps", "per"))]),
        (measured(steps=Steps(limit=D(0), per=D(1), marks=D(11))), [("aspect/step-marks", ("steps", "marks"))]),
        (measured(steps=Steps(limit=D(0), per=D(1), marks=D(0))), [("aspect/step-marks", ("steps", "marks"))]),
        (measured(line=Line(none_at=D(1), full_at=D(1))), [("aspect/line-ends", ("line",))]),
        (measured(limits=Limits()), [("aspect/limits", ("limits",))]),
        (measured(limits=Limits(at_least=D(2), at_most=D(1))), [("aspect/limits", ("limits",))]),
        (measured(limits=Limits(at_least=D(1)), line=Line(none_at=D(0), full_at=D(1))), [("aspect/measurement-rule", ())]),
        (aspect("deduction", DeductionRule(per_fault=D(2), faults=text("f"), cap=D(1))), [("aspect/cap", ("cap",))]),
        (aspect("deduction", DeductionRule(per_fault=D(2), faults=text("f"), cap=D(11))), [("aspect/cap", ("cap",))]),
        (aspect("deduction", DeductionRule(per_fault=D(2), faults=text("f"), floor=D(10))), [("aspect/floor", ("floor",))]),
        (aspect("deduction", DeductionRule(per_fault=D(2), faults=text("f"), floor=D(-1))), [("aspect/floor", ("floor",))]),
        (aspect("checklist", ChecklistRule(points=(POINT,))), [("aspect/points", ("points",))]),
        (aspect("checklist", ChecklistRule(points=(POINT,) * 13)), [("aspect/points", ("points",))]),
        (aspect("checklist", ChecklistRule(points=(MARKED, POINT))), [("aspect/point-marks", ("points",))]),
        (aspect("checklist", ChecklistRule(points=(MARKED,) * 3)), [("aspect/point-marks", ("points",))]),
        (aspect("checklist", ChecklistRule(points=(MARKED,) * 2)), []),
        (aspect("veto", VetoRule(of=("M1",)), "0"), [("aspect/veto-scope", ("of",))]),
        (aspect("veto", VetoRule(scope="aspect"), "0"), [("aspect/veto-scope", ("of",))]),
        (aspect("gate", GateRule(of=("a",), at_least=D("0.5"), before=("b",))), [("aspect/gate-marks", ("marks",))]),
        (aspect("gate", GateRule(of=("a",), at_least=D(60), before=("b",)), "0"), [("aspect/gate-share", ("at_least",))]),
        (aspect("gate", GateRule(of=("a",), at_least=D(1), before=("a",)), "0"), [("aspect/gate-reach", ("before",))]),
        (aspect("gate", GateRule(of=(), at_least=D(1), before=("a",)), "0"), [("aspect/gate-reach", ("before",))]),
        (aspect("time", TimeRule(per_minute=D(0), stop=D(1))), [("aspect/per-minute", ("per_minute",))]),
        (aspect("time", TimeRule(per_minute=D(1), stop=D(2), grace=D(2))), [("aspect/time-stop", ("stop",))]),
    ],
)  # fmt: skip
def test_check(one: Aspect, expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    """Each thing that can be wrong in a rule is found, under its code and at its place."""
    assert expected == codes(one)


PART = aspect("measurement", MeasurementRule(bands=(Band(at_most=D(1), marks=D(60)),)), "60", "P1")
SAFE = aspect("deduction", DeductionRule(per_fault=D(10), faults=text("f")), "40", "S1")


def report(
    *effects: Aspect, values: dict[str, Any], votes: int = 1, safety: tuple[Aspect, ...] = (SAFE,)
) -> ScoreReport:
    """The score of a workpiece of 60 marks and a safety part of 40, with what bears on them in the safety part."""
    groups = (
        AspectGroup(id="work", title=text("work"), aspects=(PART,)),
        AspectGroup(id="safety", title=text("safety"), aspects=(*safety, *effects)),
    )
    task = Task(id="T", title=text("T"), minutes=60, total=D(100), brief=text("b"), groups=groups)
    panel = PanelRule(assessors=1, veto_votes=votes)
    component = PracticalComponent(id="skill", title=text("skill"), total=D(100), tasks=(task,), panel=panel)
    ratings = [
        Rating(candidate="C1", component="skill", task="T", aspect=one, assessor="a1", value=value)
        for one, value in values.items()
    ]
    return score_practical("C1", component, task, ratings, Rounding())


GATE = aspect("gate", GateRule(of=("work",), at_least=D("0.6"), before=("safety",)), "0", "G")
SECTION = aspect("veto", VetoRule(scope="section"), "0", "V")
ONE = aspect("veto", VetoRule(scope="aspect", of=("P1",)), "0", "V")
LATE = aspect("time", TimeRule(per_minute=D(1), stop=D(30)), "0", "T")


@pytest.mark.parametrize(
    ("effects", "values", "score"),
    [
        ((GATE,), {"P1": "1", "S1": 1}, "90.0"),
        ((GATE,), {"P1": "2", "S1": 1}, "0.0"),
        ((SECTION,), {"P1": "1", "S1": 0, "V": True}, "60.0"),
        ((SECTION,), {"P1": "1", "S1": 0, "V": False}, "100.0"),
        ((ONE,), {"P1": "1", "S1": 0, "V": True}, "40.0"),
        ((ONE, GATE), {"P1": "1", "S1": 0, "V": True}, "0.0"),
        ((LATE,), {"P1": "1", "S1": 0, "T": "3:01"}, "96.0"),
        ((LATE,), {"P1": "1", "S1": 0, "T": None}, "100.0"),
        ((LATE,), {"P1": "2", "S1": 3, "T": "30"}, "0.0"),
    ],
)
def test_what_bears_on_others(effects: tuple[Aspect, ...], values: dict[str, Any], score: str) -> None:
    """A shut gate, a veto within a part and time over take marks from others; the veto comes first, the sum stops at 0."""
    found = report(*effects, values=values)

    assert (D(score), (), ()) == (found.score, found.open, found.vetoes)


def test_gate_waits_for_what_it_looks_at() -> None:
    """A gate whose work nobody has rated is open: nobody can tell yet."""
    found = report(GATE, values={"S1": 1})

    assert None is found.score
    assert ["P1: no entry by a1", "G: waits for what it looks at"] == [one.best("en") for one in found.open]


def test_gate_says_what_it_found() -> None:
    """What the gate found stands at the gate, and what it held back says so."""
    found = {one.aspect: one.reason.best("en") for one in report(GATE, values={"P1": "2", "S1": 1}).aspects}

    assert ("0/60: 60 % not reached", "held back by G: nothing counts") == (found["G"], found["S1"])
    assert "60/60: 60 % reached" == report(GATE, values={"P1": "1", "S1": 1}).aspects[-1].reason.best("en")


def test_veto_of_a_part_waits_for_its_votes() -> None:
    """One report where two are needed takes nothing away and leaves the score open."""
    found = report(SECTION, values={"P1": "1", "S1": 0, "V": True}, votes=2)

    assert (None, Fraction(100)) == (found.score, found.exact)


def test_nothing_missing_is_hidden_by_a_veto() -> None:
    """A blank row in a vetoed part stays open: nothing is zero by accident."""
    found = report(SECTION, values={"P1": "1", "V": True})

    assert ["S1: no entry by a1"] == [one.best("en") for one in found.open]


@pytest.mark.parametrize("one", [GATE, SECTION, ONE])
def test_names_follow_into_a_larger_task(one: Aspect) -> None:
    """Where a task becomes a part of another, what an aspect names goes by the new ids."""
    kind = kind_of(one.kind)
    assert isinstance(kind, Reaching)
    moved = replace(one, rule=kind.under(one.rule, "P"))

    assert [(field, tuple(f"P.{name}" for name in names)) for field, names in kind.reach(one)] == list(
        kind.reach(moved)
    )
