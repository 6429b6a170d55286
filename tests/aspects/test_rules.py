"""The rules of each kind of aspect: bands, counts, faults, levels and vetoes; what can be wrong in one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.aspects import kind_of
from certengine.aspects.deduction import MAX_FAULTS, DeductionRule
from certengine.aspects.judgement import JudgementRule
from certengine.aspects.kind import EntryRefused, combine_marks, marks_text
from certengine.aspects.measurement import Band, MeasurementRule
from certengine.model.scheme import Aspect, PanelRule
from certengine.model.score import AspectScore
from tests.simulator import task, text

MEASUREMENT, DEDUCTION, JUDGEMENT, VETO = map(kind_of, ("measurement", "deduction", "judgement", "veto"))
M1, D1, J1, V1 = task().aspects
PANEL = PanelRule()


def band(marks: str, *, at_most: str | None = None, at_least: str | None = None) -> Band:
    """A band with the bounds given."""
    return Band(
        marks=Decimal(marks),
        at_most=None if at_most is None else Decimal(at_most),
        at_least=None if at_least is None else Decimal(at_least),
    )


def measured(marks: str = "40", **rule: Any) -> Aspect:
    """A measurement with another rule."""
    return replace(M1, marks=Decimal(marks), rule=MeasurementRule(**rule))


def earned(aspect: Aspect, raw: str) -> Fraction:
    """The marks of one entry."""
    kind = kind_of(aspect.kind)
    return kind.mark(aspect, kind.parse(aspect, raw)).share * Fraction(aspect.marks)


def codes(aspect: Aspect) -> list[tuple[str, tuple[str | int, ...]]]:
    """Code and place of everything a check finds."""
    return [(problem.code, problem.path) for problem in kind_of(aspect.kind).check(aspect, ("zh", "en"))]


SPEED = measured(unit="r/min", bands=(band("40", at_least="1450"), band("20", at_least="1400")))
COUNT = measured("8", marks_each=Decimal("0.3"))
BINARY = measured("3", bands=(band("3", at_least="1"),))


@pytest.mark.parametrize(
    ("aspect", "raw", "marks"),
    [
        (M1, "100", 40),
        (M1, "100.05", 40),
        (M1, "99.95", 40),
        (M1, "100.0500001", 20),
        (M1, "99.9", 20),
        (M1, "99.8999", 0),
        (SPEED, "1450", 40),
        (SPEED, "1449.9", 20),
        (SPEED, "1400 r/min", 20),
        (SPEED, "1399", 0),
        (SPEED, "-1500", 0),
        (COUNT, "26", Fraction(78, 10)),
        (COUNT, "0", 0),
        (BINARY, "1", 3),
        (BINARY, "否", 0),
        (D1, "0", 30),
        (D1, "2", 10),
        (D1, "3", 0),
        (D1, "999", 0),
        (J1, "0", 0),
        (J1, "1", 10),
        (J1, "3", 30),
    ],
)
def test_marks(aspect: Aspect, raw: str, marks: Fraction | int) -> None:
    """The first band that fits wins, bounds included; a count earns each; faults stop at zero; judgements are thirds."""
    assert marks == earned(aspect, raw)


@pytest.mark.parametrize(
    ("aspect", "raw"),
    [
        (M1, ""),
        (M1, "10 cm"),
        (M1, "1,234"),
        (COUNT, "27"),
        (COUNT, "-1"),
        (COUNT, "1.5"),
        (COUNT, "3 mm"),
        (BINARY, "0.5"),
        (BINARY, "maybe"),
        (D1, "1.5"),
        (D1, "-1"),
        (D1, str(MAX_FAULTS + 1)),
        (D1, "2 faults"),
        (D1, "none"),
        (J1, "4"),
        (J1, "-1"),
        (J1, "2.5"),
        (J1, "2 mm"),
        (J1, ""),
        (V1, ""),
        (V1, "2"),
        (V1, "perhaps"),
    ],
)
def test_refused_entry(aspect: Aspect, raw: str) -> None:
    """An entry that the rule cannot take is refused, never bent into one that it can."""
    with pytest.raises(EntryRefused):
        kind_of(aspect.kind).parse(aspect, raw)


@pytest.mark.parametrize("raw", ["1", "√", "是", "有", "yes", "Y", "ｙ", "true"])
def test_veto_that_happened(raw: str) -> None:
    """A veto is reported with a tick or a word in either language."""
    assert True is VETO.parse(V1, raw)


@pytest.mark.parametrize("raw", ["0", "×", "否", "无", "no", "n", "false", "X"])
def test_veto_that_did_not_happen(raw: str) -> None:
    """That nothing happened is said on purpose, too."""
    assert False is VETO.parse(V1, raw)


@pytest.mark.parametrize(
    ("aspect", "zh", "en"),
    [
        (
            M1,
            "|测量值 − 100 mm| ≤ 0.05 mm 得 40 分；≤ 0.1 mm 得 20 分；否则不得分",
            "|reading − 100 mm| ≤ 0.05 mm: 40; ≤ 0.1 mm: 20; else 0",
        ),
        (
            measured(nominal=Decimal(-5), bands=(band("40", at_most="1"),)),
            "|测量值 + 5| ≤ 1 得 40 分；否则不得分",
            "|reading + 5| ≤ 1: 40; else 0",
        ),
        (
            measured(nominal=Decimal(0), bands=(band("40", at_most="1"),)),
            "|测量值| ≤ 1 得 40 分；否则不得分",
            "|reading| ≤ 1: 40; else 0",
        ),
        (
            SPEED,
            "值 ≥ 1450 r/min 得 40 分；≥ 1400 r/min 得 20 分；否则不得分",
            "value ≥ 1450 r/min: 40; ≥ 1400 r/min: 20; else 0",
        ),
        (COUNT, "每个 0.3 分", "0.3 for each"),
        (BINARY, "达到（1）得 3 分，未达到（0）不得分", "met (1): 3; not met (0): 0"),
        (D1, "faults，每处扣 10 分，扣完为止", "faults: −10 each, down to 0"),
        (J1, "0：level 0；1：level 1；2：level 2；3：level 3", "0: level 0; 1: level 1; 2: level 2; 3: level 3"),
        (V1, "出现即判不合格（是 / 否）", "fails the candidate (yes / no)"),
    ],
)
def test_rule_in_words(aspect: Aspect, zh: str, en: str) -> None:
    """The scoring sheet says the rule as it is applied."""
    words = kind_of(aspect.kind).describe(aspect)

    assert (zh, en) == (words.best("zh"), words.best("en"))


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [
        (measured(), [("aspect/measurement-rule", ())]),
        (measured(marks_each=Decimal(1), bands=(band("1", at_most="1"),)), [("aspect/measurement-rule", ())]),
        (measured(marks_each=Decimal(0)), [("aspect/marks-each", ("marks_each",))]),
        (measured(marks_each=Decimal(-1)), [("aspect/marks-each", ("marks_each",))]),
        (measured(marks_each=Decimal(41)), [("aspect/marks-each", ("marks_each",))]),
        (measured(bands=(band("1"),)), [("aspect/band-bound", ("bands", 0))]),
        (measured(bands=(band("4", at_most="1"), band("1", at_most="1", at_least="0"))), [("aspect/band-bound", ("bands", 1))]),
        (measured(bands=(band("41", at_most="1"),)), [("aspect/band-marks", ("bands", 0, "marks"))]),
        (measured(bands=(band("-1", at_most="1"),)), [("aspect/band-marks", ("bands", 0, "marks"))]),
        (replace(D1, rule=DeductionRule(per_fault=Decimal(0), faults=text("f"))), [("aspect/per-fault", ("per_fault",))]),
        (replace(D1, rule=DeductionRule(per_fault=Decimal(31), faults=text("f"))), [("aspect/per-fault", ("per_fault",))]),
        (replace(J1, rule=JudgementRule(levels=(text("a"),) * 3)), [("aspect/judgement-levels", ("levels",))]),
        (replace(V1, marks=Decimal(1)), [("aspect/veto-marks", ("marks",))]),
        (M1, []), (SPEED, []), (COUNT, []), (D1, []), (J1, []), (V1, []),
    ],
)  # fmt: skip
def test_check(aspect: Aspect, expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    """Each thing that can be wrong in a rule is found, under its code and at its place."""
    assert expected == codes(aspect)


def test_band_without_a_bound_holds_nothing() -> None:
    """A band without a bound, which the check finds, never earns its marks."""
    assert 0 == earned(measured(bands=(band("40"),)), "5")


def panel(aspect: Aspect, *values: Any, **rule: Any) -> AspectScore:
    """What a panel's entries become."""
    entries = {f"a{number}": value for number, value in enumerate(values, start=1)}
    return kind_of(aspect.kind).combine(aspect, entries, replace(PANEL, **rule))


@pytest.mark.parametrize(
    ("combine", "values", "marks"),
    [
        ("mean", (0, 1, 2), Fraction(20)),
        ("mean", (0, 0, 1), Fraction(80, 3)),
        ("median", (0, 0, 2), Fraction(30)),
        ("median", (0, 1, 3), Fraction(20)),
        ("median", (0, 3), Fraction(15)),
        ("mean", (0, 0, None), Fraction(20)),
        ("median", (None, None, 0), Fraction(0)),
        ("trimmed_mean", (0, 1, 3), Fraction(20)),
        ("trimmed_mean", (0, 1, 2, 3, 3), Fraction(10)),
        ("trimmed_mean", (0, 3), Fraction(15)),
    ],
)
def test_panel_becomes_one_mark(combine: str, values: tuple[int | None, ...], marks: Fraction) -> None:
    """Mean or median of the assessors' marks, exact to the fraction; not attempted counts as nothing earned."""
    assert marks == panel(D1, *values, combine=combine).earned


def test_panel_names_everyone() -> None:
    """The trace names each assessor's entry and marks, and how they became one."""
    score = panel(D1, 0, 0, None)

    assert "a1: 0 -> 30; a2: 0 -> 30; a3: NA -> 0; mean 20" == score.reason.best("en")
    assert "a1：0 → 30；a2：0 → 30；a3：NA → 0；平均 20" == score.reason.best("zh")
    assert (("a1", Fraction(30)), ("a2", Fraction(30)), ("a3", Fraction(0))) == score.by_assessor


def test_assessors_come_in_order() -> None:
    """Whoever entered first, assessors are named by id."""
    score = combine_marks(DEDUCTION, D1, {"b": 1, "a": 0}, PANEL)

    assert ["a", "b"] == [assessor for assessor, _ in score.by_assessor]


@pytest.mark.parametrize(
    ("values", "spread", "is_open"),
    [((1, 2, 2), 1, False), ((1, 2, 3), 1, True), ((0, 3, 3), 2, True), ((1, 2, 3), 2, False), ((1, 1, 2), 0, True),
     ((3, None, 3), 1, True), ((1, None, 1), 1, False), ((None, None, None), 1, False)],
)  # fmt: skip
def test_judgements_too_far_apart(values: tuple[int | None, ...], spread: int, is_open: bool) -> None:
    """Judgements further apart than the spread stay open until they are given anew; not attempted is as far off as nothing."""
    score = panel(J1, *values, judgement_spread=spread)

    assert is_open is (score.open is not None)


def test_open_judgement_says_why() -> None:
    """An open judgement names what was given and the spread."""
    found = panel(J1, 1, None, 3).open

    assert found is not None
    assert "J1: judgements 1/NA/3 differ by more than 1, discuss and judge anew" == found.best("en")


def test_judgement_is_always_a_mean() -> None:
    """The scale's own rule is the mean, though the scheme takes the median of measured marks."""
    assert Fraction(50, 3) == panel(J1, 1, 2, 2, combine="median").earned


@pytest.mark.parametrize(
    ("values", "votes", "vetoed", "is_open"),
    [
        ((False, False, False), 2, False, False),
        ((True, False, False), 2, False, True),
        ((True, True, False), 2, True, False),
        ((True, True, True), 2, True, False),
        ((True, False, False), 1, True, False),
        ((True, True, False), 3, False, True),
        ((None, None, False), 2, False, False),
    ],
)
def test_votes_of_a_veto(values: tuple[bool | None, ...], votes: int, vetoed: bool, is_open: bool) -> None:
    """Enough reports uphold a veto, fewer but some leave it open, none is none."""
    score = panel(V1, *values, veto_votes=votes)

    assert (vetoed, is_open) == (score.vetoed, score.open is not None)
    assert (Fraction(0), Decimal(0)) == (score.earned, score.full)


def test_lone_veto_says_who() -> None:
    """An open veto names who reported it and how many are needed."""
    found = panel(V1, False, True, False)

    assert found.open is not None
    assert "V1: veto reported by a2 only, 2 are needed to uphold or withdraw it" == found.open.best("en")
    assert "reported by 1 of 3 assessors" == found.reason.best("en")


@pytest.mark.parametrize(
    ("marks", "shown"),
    [
        (Fraction(20), "20"),
        (Fraction(15, 2), "7.5"),
        (Decimal("0.125"), "0.125"),
        (Fraction(80, 3), "≈26.667"),
        (Fraction(1, 16), "≈0.062"),
    ],
)
def test_marks_in_print(marks: Fraction | Decimal, shown: str) -> None:
    """Marks are printed exactly where three places do, else rounded and marked as such."""
    assert shown == marks_text(marks)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.data())
def test_one_fault_less_never_lowers(faults: list[int], data: st.DataObject) -> None:
    """An assessor who counts one fault fewer never lowers the panel's mark."""
    place = data.draw(st.integers(0, len(faults) - 1))
    fewer = [max(0, count - (number == place)) for number, count in enumerate(faults)]
    for combine in ("mean", "median", "trimmed_mean"):
        assert panel(D1, *faults, combine=combine).earned <= panel(D1, *fewer, combine=combine).earned
