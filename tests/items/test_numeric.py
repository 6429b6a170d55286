"""Numeric items: drawn parameters, the tolerance to its bounds, units, and everything a check finds."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.keyed import KeyedDraw
from certengine.items import kind_of
from certengine.items.expression import FormulaError, parse_formula
from certengine.items.numeric import MAX_FIGURES, NumericContent, Tolerance
from certengine.items.parameters import (
    MAX_VALUES,
    SEARCHED_COMBINATIONS,
    Derived,
    Parameter,
    combinations,
    draw_values,
    evaluate,
    fill_in,
    placeholders,
    with_derived,
)
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from tests.simulator import numeric

NUMERIC = kind_of("numeric")
PAPER = {"parameters": {"U": "24", "I": "2.5"}}


def values(*given_: str) -> Parameter:
    """A parameter that takes one of these values."""
    return Parameter(values=tuple(map(Decimal, given_)))


def span(low: str, high: str, step: str) -> Parameter:
    """A parameter from a least to a greatest value."""
    return Parameter(min=Decimal(low), max=Decimal(high), step=Decimal(step))


def source(*scope: str) -> KeyedDraw:
    """Choices of one scope."""
    return KeyedDraw(bytes(32), scope)


def codes(content: NumericContent) -> list[tuple[str, tuple[str | int, ...]]]:
    """Code and place of everything a check finds."""
    return [(problem.code, problem.path) for problem in NUMERIC.check(content, ("en", "zh"))]


def share(content: NumericContent, raw: str) -> Fraction:
    """What a response earns on the paper of 24 V and 2.5 A."""
    reading = NUMERIC.parse(content, PAPER, raw)
    assert reading.state is ResponseState.GIVEN
    return NUMERIC.mark(content, PAPER, reading.value, "all_or_nothing").share


def test_stem_with_its_values() -> None:
    """The candidate reads the values of this paper, and the unit asked for."""
    shown = NUMERIC.present(numeric(), PAPER)

    assert ("24 V and 2.5 A: what power?", "W") == (shown.stem.best("en"), shown.unit)


@pytest.mark.parametrize(("unit", "places", "expected"), [("W", 1, "60 W"), (None, 0, "60")])
def test_answer_of_a_paper(unit: str | None, places: int, expected: str) -> None:
    """The key is the formula's value on this paper, with the unit if there is one."""
    assert expected == NUMERIC.answer(numeric(unit=unit, places=places), PAPER)


@pytest.mark.parametrize(
    ("tolerance", "right", "wrong"),
    [
        (Tolerance(relative=Decimal("0.01")), ("59.4", "60.6", "60"), ("59.3999", "60.60001", "-60")),
        (Tolerance(absolute=Decimal("0.05")), ("59.95", "60.05"), ("59.949999", "60.0500001")),
        (Tolerance(exact=True), ("60", "60.000", "6e1"), ("60.0000001", "59.9999999")),
        (Tolerance(significant=1), ("55", "65", "60"), ("54.9999", "65.0001")),
        (Tolerance(significant=3), ("59.95", "60.05"), ("59.9499999", "60.0500001")),
    ],
)
def test_tolerance_includes_its_bounds(tolerance: Tolerance, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    """A response at the bound of the tolerance is right, one just beyond it is wrong."""
    assert {Fraction(1)} == {share(numeric(tolerance=tolerance), raw) for raw in right}
    assert {Fraction(0)} == {share(numeric(tolerance=tolerance), raw) for raw in wrong}


def test_tolerance_of_a_negative_key() -> None:
    """A relative tolerance is a share of the key's size, whatever its sign."""
    assert 1 == share(numeric(key="-U*I"), "-60.6")


@given(
    key=st.fractions(Fraction(-(10**6)), Fraction(10**6), max_denominator=10**6).filter(bool),
    figures=st.integers(1, MAX_FIGURES),
    mode=st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN]),
)
def test_any_usual_rounding_has_the_significant_figures(key: Fraction, figures: int, mode: str) -> None:
    """The key rounded to so many figures is right however ties are broken; a unit off in the last figure is not."""
    exact = Context(prec=60).divide(Decimal(key.numerator), Decimal(key.denominator))
    rounded = Context(prec=figures, rounding=mode).plus(exact)
    margin = Tolerance(significant=figures).margin(key)
    unit = Fraction(10) ** (exact.adjusted() - figures + 1)

    assert abs(Fraction(rounded) - key) <= margin
    assert abs(Fraction(rounded) + unit - key) > margin or abs(Fraction(rounded) - unit - key) > margin


def test_nothing_but_zero_is_zero_to_so_many_figures() -> None:
    """Zero has no significant figure that could be off."""
    assert (1, 0) == tuple(
        share(numeric(key="U-24", tolerance=Tolerance(significant=2)), raw) for raw in ("0", "0.0000001")
    )


def test_thirds_are_exact() -> None:
    """A key without a finite decimal is compared as the fraction it is."""
    content = numeric(key="U/I*10/288", tolerance=Tolerance(absolute=Decimal("0.003333333333333333333")))

    assert (0, 1) == (share(content, "0.33"), share(content, "0.330000000000000000001"))


def test_reason() -> None:
    """The trace names response, key and margin."""
    mark = NUMERIC.mark(numeric(), PAPER, "61", "all_or_nothing")

    assert "61 given, 60 W is right within ±0.6: outside" == mark.reason.best("en")
    assert "答 61，答案 60 W，允许误差 ±0.6：超差" == mark.reason.best("zh")


@pytest.mark.parametrize(("unit", "raw"), [("W", "60"), ("W", "60 W"), ("W", "６０Ｗ"), ("°C", "60 ℃"), (None, "60")])
def test_unit_may_be_repeated(unit: str | None, raw: str) -> None:
    """A response may repeat the unit asked for in any spelling, or leave it out."""
    assert 1 == share(numeric(unit=unit), raw)


@pytest.mark.parametrize(("unit", "raw"), [("W", "60 kW"), (None, "60 W"), ("W", "1,234"), ("W", "about 60")])
def test_another_unit_is_unreadable(unit: str | None, raw: str) -> None:
    """Another unit or an ambiguous number is unreadable, never converted or guessed."""
    assert ResponseState.UNREADABLE is NUMERIC.parse(numeric(unit=unit), PAPER, raw).state


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        (span("0", "1", "0.25"), ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (span("1", "2", "0.4"), ["1.0", "1.4", "1.8"]),
        (span("5", "5", "1"), ["5"]),
        (values("3", "1"), ["3", "1"]),
    ],
)
def test_values_of_a_parameter(parameter: Parameter, expected: list[str]) -> None:
    """A range has both its ends where the step meets them; a list is taken as written."""
    assert [Decimal(value) for value in expected] == [parameter.value(n) for n in range(parameter.count)]


@pytest.mark.parametrize(
    "parameter",
    [
        Parameter(),
        Parameter(min=Decimal(1), max=Decimal(2)),
        Parameter(max=Decimal(2), step=Decimal(1)),
        Parameter(min=Decimal(1), step=Decimal(1)),
        Parameter(values=(Decimal(1),), min=Decimal(1)),
        Parameter(values=(Decimal(1),), max=Decimal(1)),
        Parameter(values=(Decimal(1),), step=Decimal(1)),
        span("1", "2", "0"),
        span("1", "2", "-1"),
        span("2", "1", "1"),
        span("0", str(MAX_VALUES), "1"),
    ],
)
def test_parameter_without_a_finite_space(parameter: Parameter) -> None:
    """Neither a list nor a whole range, both, an empty range or too many values: refused, and found by the check."""
    with pytest.raises(FormulaError):
        _ = parameter.count
    content = numeric(parameters={"U": parameter, "I": values("1")})
    assert [("item/parameter", ("parameters", "U"))] == codes(content)


def test_greatest_space() -> None:
    """A parameter may have ten thousand values."""
    assert MAX_VALUES == span("1", str(MAX_VALUES), "1").count


@given(st.integers(0, 10**6))
def test_drawn_values_fulfil_the_condition(number: int) -> None:
    """Whatever the draw, the condition holds and every value is one of its parameter's."""
    parameters = {"a": span("1", "20", "1"), "b": span("1", "20", "1")}
    found = draw_values(parameters, "a > b", source(str(number)))

    assert found["a"] > found["b"]
    assert set(found.values()) <= set(map(Decimal, range(1, 21)))


def test_order_of_parameters_does_not_matter() -> None:
    """Each parameter has a choice of its own, so the order they are written in changes none."""
    one, two = span("1", "9", "1"), span("10", "99", "1")

    assert draw_values({"a": one, "b": two}, None, source("x")) == draw_values({"b": two, "a": one}, None, source("x"))


def test_condition_that_never_holds() -> None:
    """A draw that finds no values in a thousand attempts is refused, not endless."""
    with pytest.raises(FormulaError, match="too seldom"):
        draw_values({"a": values("1", "2")}, "a > 2", source("x"))


def test_derived_values_build_on_each_other() -> None:
    """A derived value may use those before it, and is the rounded number that the candidate reads."""
    derived = {"h": Derived(formula="a / 3", places=2), "d": Derived(formula="h * 2", places=2)}

    assert {"a": Decimal(1), "h": Decimal("0.33"), "d": Decimal("0.66")} == with_derived({"a": Decimal(1)}, derived)


@given(st.permutations(["h", "d", "e"]))
def test_derived_values_may_stand_in_any_order(order: list[str]) -> None:
    """A published bank sorts names, so each value is computed after those it needs, wherever they stand."""
    rules = {"h": Derived(formula="a / 3", places=2), "d": Derived(formula="h * 2"), "e": Derived(formula="d + h")}

    assert with_derived({"a": Decimal(3)}, {name: rules[name] for name in order})["e"] == 3


def test_a_condition_may_name_derived_values() -> None:
    """Parameters are drawn until the condition holds of what is derived from them, too."""
    derived = {"h": Derived(formula="a / 4", places=0)}
    found = draw_values({"a": span("1", "40", "1")}, "h > 9", source("x"), derived)

    assert found["a"] >= 38


def test_formula_of_values() -> None:
    """A formula over decimals is exact."""
    assert Fraction(1, 3) == evaluate("a / b", {"a": Decimal("0.1"), "b": Decimal("0.3")})


@pytest.mark.parametrize(
    ("text", "names", "lone"),
    [
        ("{a} and {b_1}", {"a", "b_1"}, False),
        ("{{a}} {c}", {"c"}, False),
        ("{{{a}}}", {"a"}, False),
        ("{a", set(), True),
        ("a}", set(), True),
        ("{a.b} {0} {a!r} {}", set(), True),
    ],
)
def test_placeholders(text: str, names: set[str], lone: bool) -> None:
    """Only a name in braces is a placeholder; doubled braces print one, any other brace is a slip."""
    assert (names, lone) == placeholders(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a} {b}", "1.5 \N{MINUS SIGN}2"),
        ("{{a}}", "{a}"),
        ("{unknown} {a.__class__} {0} {", "{unknown} {a.__class__} {0} {"),
        ("{a}{a}", "1.51.5"),
    ],
)
def test_text_is_data(text: str, expected: str) -> None:
    """Values are put in for names; format codes and attributes stay the letters they are."""
    assert expected == fill_in(text, {"a": Decimal("1.50"), "b": Decimal(-2)})


def test_small_space_is_searched_whole() -> None:
    """Every combination of a small space comes once."""
    found, searched, whole = combinations({"b": values("1", "2"), "a": values("3", "4", "5")})

    assert [(a, b) for a in (3, 4, 5) for b in (1, 2)] == [(int(one["a"]), int(one["b"])) for one in found]
    assert (6, True) == (searched, whole)


@pytest.mark.parametrize("counts", [(201, 100), (3, 7000), (3, 5, 2000), (2, 2, 2, 5000), (7, 10_000)])
def test_large_space_is_searched_evenly(counts: tuple[int, ...]) -> None:
    """Of a large space 20,000 different combinations are tried, and every parameter is tried over all its range."""
    parameters = {f"p{n}": span("1", str(count), "1") for n, count in enumerate(counts)}
    found, searched, whole = combinations(parameters)
    tried = [tuple(int(value) for value in one.values()) for one in found]

    assert not whole
    assert SEARCHED_COMBINATIONS == searched == len(tried) == len(set(tried))
    for place, count in enumerate(counts):
        seen = {one[place] for one in tried}
        assert len(seen) == count or (count > 1000 and min(seen) <= 2 and max(seen) >= count - 2)


SOUND = numeric()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"tolerance": Tolerance()}, [("item/tolerance", ("tolerance",))]),
        ({"tolerance": Tolerance(exact=True, relative=Decimal(1))}, [("item/tolerance", ("tolerance",))]),
        ({"tolerance": Tolerance(relative=Decimal("-0.1"))}, [("item/tolerance", ("tolerance", "relative"))]),
        ({"tolerance": Tolerance(absolute=Decimal(-1))}, [("item/tolerance", ("tolerance", "absolute"))]),
        ({"places": -1}, [("item/places", ("places",))]),
        ({"places": 13}, [("item/places", ("places",))]),
        ({"derived": {"d": Derived(formula="U", places=99)}}, [("item/places", ("derived", "d", "places"))]),
        ({"key": "U *"}, [("item/formula", ("key",))]),
        ({"key": "U * X"}, [("item/unknown-parameter", ("key",))]),
        ({"where": "U >"}, [("item/formula", ("where",))]),
        ({"where": "X > 1"}, [("item/unknown-parameter", ("where",))]),
        ({"derived": {"d": Derived(formula="X")}}, [("item/unknown-parameter", ("derived", "d", "formula"))]),
        ({"derived": {"d": Derived(formula="e"), "e": Derived(formula="U")}}, []),
        ({"derived": {"d": Derived(formula="e"), "e": Derived(formula="d")}}, [("item/derived-circle", ("derived",))]),
        ({"derived": {"d": Derived(formula="d")}}, [("item/derived-circle", ("derived",))]),
        ({"derived": {"d": Derived(formula="U")}, "where": "d > 1"}, []),
        ({"derived": {"d": Derived(formula="1 / (U - 24)")}}, [("item/value-undefined", ("derived", "d", "formula"))]),
        ({"where": "1 / (U - 24) > 0"}, [("item/value-undefined", ("where",))]),
        ({"tolerance": Tolerance(significant=0)}, [("item/tolerance", ("tolerance", "significant"))]),
        ({"tolerance": Tolerance(significant=11)}, [("item/tolerance", ("tolerance", "significant"))]),
        ({"key": "U / 7", "places": 0}, [("item/key-refused", ("places",))]),
        ({"key": "U / 7", "places": 3}, []),
        ({"derived": {"d": Derived(formula="U"), "e": Derived(formula="d * I")}, "key": "e"}, []),
        ({"derived": {"U": Derived(formula="I")}}, [("item/parameter-name", ("derived", "U"))]),
        ({"parameters": {"U": values("1"), "I": values("1"), "pi": values("3")}},
         [("item/parameter-name", ("parameters", "pi"))]),
        ({"parameters": {"U": values("1"), "I": values("1"), "a b": values("3")}},
         [("item/parameter-name", ("parameters", "a b"))]),
        ({"key": "1000 / (U - 24)"}, [("item/key-undefined", ("key",))]),
        ({"key": "1 / (U - 24)"}, [("item/key-refused", ("places",)), ("item/key-undefined", ("key",))]),
        ({"key": "U < 1"}, [("item/key-undefined", ("key",))]),
        ({"key": "1000 / (U - 24)", "where": "U > 24"}, []),
        ({"key": "U * 1e12"}, [("item/key-absurd", ("key",))]),
        ({"key": "-U * 1e12"}, [("item/key-absurd", ("key",))]),
        ({"where": "U == 13"}, [("item/where-too-narrow", ("where",))]),
        ({"stem": Text.of(zh="{U} {", en="{U} {I}")}, [("item/lone-brace", ("stem", "zh"))]),
        ({"stem": Text.of(zh="{U}", en="{V}")}, [("item/unknown-parameter", ("stem", "en"))]),
        ({"stem": Text.of(zh="{U}")}, []),
    ],
)  # fmt: skip
def test_check(changes: dict[str, Any], expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    """Each thing that can be wrong in a numeric item is found, under its code and at its place."""
    assert expected == codes(replace(SOUND, **changes))


@pytest.mark.parametrize(
    ("key", "instead"),
    [
        ("U×I", "`*`"), ("U·I", "`*`"), ("U÷I", "`/`"), ("U−I", "`-`"), ("U**2", "`^`"), ("U²", "x^2"), ("√U", "sqrt"),
        ("U*π", "`pi`"), ("（U+I）", "round brackets"), ("max(U，I)", "`,`"), ("U*5%", "0.05"), ("P = U*I", "right side"),
        ("=U×I", "right side"),
        ("U $ I", "sqrt(x)"),
    ],
)  # fmt: skip
def test_signs_written_by_hand_are_told_what_to_write_instead(key: str, instead: str) -> None:
    """Whoever types a formula as on paper reads which sign is meant."""
    (problem,) = NUMERIC.check(replace(SOUND, key=key), ("en",))
    assert problem.code == "item/formula"
    assert instead in (problem.hint or "")


def test_too_narrow_in_a_large_space() -> None:
    """In a space too large to be searched whole, the share of those tried counts and is called so."""
    wide = {"U": span("1", "1000", "1"), "I": span("1", "1000", "1")}
    problems = list(NUMERIC.check(numeric(parameters=wide, where="U * I == 1"), ("en",)))

    assert ["item/where-too-narrow", "item/space-too-large"] == [problem.code for problem in problems]
    assert " combinations tried" in problems[0].message
    assert problems[1].warning


def test_item_without_parameters() -> None:
    """An item may have no parameters: one combination, the same on every paper."""
    content = replace(SOUND, stem=Text.of(zh="6 × 7", en="6 × 7"), parameters={}, key="6 * 7")

    assert [] == codes(content)
    assert {"parameters": {}} == NUMERIC.vary(content, source("x"))


@given(
    key=st.fractions(Fraction(-1000), Fraction(1000), max_denominator=1000),
    places=st.integers(0, 4),
    tolerance=st.one_of(
        st.builds(Tolerance, absolute=st.decimals(0, 2, places=4)),
        st.builds(Tolerance, relative=st.decimals(0, 1, places=4)),
        st.builds(Tolerance, significant=st.integers(1, 6)),
        st.just(Tolerance(exact=True)),
    ),
)
def test_a_key_must_be_right_as_it_is_printed(key: Fraction, places: int, tolerance: Tolerance) -> None:
    """The check refuses exactly those keys whose printed value would earn nothing as a response."""
    content = numeric(
        stem=Text.of(zh="?", en="?"),
        parameters={},
        key=f"{key.numerator} / {key.denominator}".replace("-", "0 - "),
        places=places,
        tolerance=tolerance,
        unit=None,
    )
    paper = {"parameters": {}}
    earned = NUMERIC.mark(content, paper, NUMERIC.answer(content, paper), "all_or_nothing").share
    assert codes(content) == ([] if earned else [("item/key-refused", ("places",))])


def test_ways_of_tolerance() -> None:
    """How many tolerances are given is counted."""
    assert (0, 1, 2) == (Tolerance().ways, Tolerance(exact=True).ways, Tolerance(exact=True, relative=Decimal(1)).ways)


def test_formulas_are_parsed_once() -> None:
    """The same text gives the same formula."""
    assert parse_formula("U*I") is parse_formula("U*I")
