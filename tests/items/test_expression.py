"""Formulas: the grammar, exact values, functions as good as the library's, and every bound."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.items.arithmetic import MAX_BITS, MAX_EXPONENT
from certengine.items.expression import MAX_DEPTH, MAX_LENGTH, FormulaError, is_name, parse_formula, round_half_up
from tests.strategies import FORMULA_NAMES, FORMULAS


def value(text: str, **parameters: str) -> Fraction:
    """A formula's value for parameters written as fractions."""
    return parse_formula(text).value({name: Fraction(given) for name, given in parameters.items()})


def holds(text: str, **parameters: str) -> bool:
    """Whether a condition holds for parameters written as fractions."""
    return parse_formula(text).holds({name: Fraction(given) for name, given in parameters.items()})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", "7"),
        ("0.25", "1/4"),
        ("1.5e3", "1500"),
        ("25E-2", "1/4"),
        (" 1 + 2 ", "3"),
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"),
        ("12 / 2 / 3", "2"),
        ("2 ^ 3 ^ 2", "512"),
        ("-2 ^ 2", "-4"),
        ("(-2) ^ 2", "4"),
        ("2 ^ -2", "1/4"),
        ("--3", "3"),
        ("2 * -3", "-6"),
        ("2 - -3", "5"),
        ("abs(-3)", "3"),
        ("ceil(1.2)", "2"),
        ("ceil(-1.2)", "-1"),
        ("floor(-1.2)", "-2"),
        ("max(1, 3, 2)", "3"),
        ("min(1 + 1, 3)", "2"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(1.005, 2)", "101/100"),
        ("round(1.0049999, 2)", "1"),
        ("sqrt(16)", "4"),
        ("sqrt(0)", "0"),
        ("log10(1000)", "3"),
        ("8 ^ (1/3)", "2"),
        ("0 ^ 0", "1"),
        ("sin(0)", "0"),
        ("exp(0)", "1"),
        ("sin(1e-200)", "0"),
    ],
)
def test_value(text: str, expected: str) -> None:
    """Precedence, association, signs, functions: each formula has exactly this value."""
    assert Fraction(expected) == value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/3*3 == 1", True),
        ("0.1 + 0.2 == 0.3", True),
        ("2 < 3", True),
        ("3 <= 3", True),
        ("3 > 3", False),
        ("3 >= 3", True),
        ("3 != 3", False),
        ("1 < 2 and 2 < 1", False),
        ("1 < 2 or 2 < 1", True),
        ("1 < 2 or 2 < 1 and 2 < 1", True),
        ("(1 < 2 or 2 < 1) and 2 < 1", False),
        ("not 2 < 1", True),
        ("not not 2 < 1", False),
        ("not 2 < 1 and 1 < 2", True),
    ],
)
def test_condition(text: str, expected: bool) -> None:
    """Comparisons are exact; `not` binds tighter than `and`, `and` tighter than `or`."""
    assert expected is holds(text)


def test_parameters_are_named() -> None:
    """A formula knows the names it uses, each once and sorted; `pi` is not one of them."""
    assert ("R_1", "U") == parse_formula("U / R_1 + U * pi").names


def test_parameters_are_exact() -> None:
    """Parameters enter as fractions and stay exact."""
    assert Fraction(1, 7) == value("a / b", a="1/3", b="7/3")


@given(FORMULAS)
def test_arithmetic_is_that_of_fractions(formula: tuple[str, Fraction]) -> None:
    """Whatever the formula, its value is what exact fractions give."""
    text, expected = formula
    if len(text) <= MAX_LENGTH:
        assert expected == parse_formula(text).value(FORMULA_NAMES)


@pytest.mark.parametrize(
    ("name", "reference", "least", "most"),
    [
        ("sin", math.sin, -1000, 1000),
        ("cos", math.cos, -1000, 1000),
        ("tan", math.tan, -1.5, 1.5),
        ("exp", math.exp, -300, 300),
        ("ln", math.log, 1e-9, 1e9),
        ("log10", math.log10, 1e-9, 1e9),
        ("sqrt", math.sqrt, 0, 1e9),
    ],
)
def test_function_agrees_with_the_library(name: str, reference, least: float, most: float) -> None:
    """Inexact functions agree with floating point to twelve digits over their whole range."""
    formula = parse_formula(f"{name}(x)")
    for step in range(101):
        x = least + (most - least) * step / 100
        expected = reference(x)
        # Near a zero of a sine the float's own argument is off by its last digit; one there is as good as any.
        assert math.isclose(expected, float(formula.value({"x": Fraction(x)})), rel_tol=1e-12, abs_tol=1e-12), x


@pytest.mark.parametrize(("base", "exponent"), [(2, 0.5), (10, -1.25), (0.3, 7.7), (123.4, 20.5)])
def test_fractional_power_agrees_with_the_library(base: float, exponent: float) -> None:
    """A power without exact value agrees with floating point to twelve digits."""
    found = parse_formula("a ^ b").value({"a": Fraction(base), "b": Fraction(exponent)})

    assert math.isclose(base**exponent, float(found), rel_tol=1e-12)


def test_known_digits() -> None:
    """Inexact values are kept to thirty digits, the same on every machine."""
    assert Fraction("1.41421356237309504880168872421") == value("sqrt(2)")
    assert Fraction("0.500000000000000000000000000000") == value("sin(pi / 6)")
    assert Fraction("2.71828182845904523536028747135") == value("exp(1)")


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 +", "1 2", "a b", "(1", "1)", "()", "* 2", "1 ** 2", "2 % 3", "a.b", "a[0]", "'x'", "x = 1",
        "1 < 2 < 3", "and", "1 or", "not", "1 + not 2", "f(1)", "sin", "sin()", "sin(1, 2)", "max(1)", "min(1,2,3,4,5,6,7,8,9)",
        "round(1, 2, 3)", "sin(1", "max(1,)", "__import__(1)", "1.", ".5", "1e", "1,000", "٣", "²", "1\u00a0\u20032",
        "(sin)(1)", "pi(1)",
    ],
)  # fmt: skip
def test_not_a_formula(text: str) -> None:
    """What is not in the grammar, or names what does not exist, is refused."""
    with pytest.raises(FormulaError):
        value(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 / 0", "division by zero"),
        ("0 ^ -1", "division by zero"),
        ("tan(pi / 2)", "division by zero"),
        ("sqrt(-1)", "not negative"),
        ("ln(0)", "positive"),
        ("log10(-1)", "positive"),
        ("(-8) ^ (1/3)", "positive base"),
        ("a + 1", "not a parameter"),
        ("1 < 2", "a number is due"),
        ("1 + (1 < 2)", "a number is due"),
        ("max(1, 1 < 2)", "a number is due"),
        ("round(1, 0.5)", "places"),
        ("round(1, -1)", "places"),
    ],
)
def test_value_that_does_not_exist(text: str, why: str) -> None:
    """A value that does not exist is refused, and the message says which."""
    with pytest.raises(FormulaError, match=why):
        value(text)


@pytest.mark.parametrize("text", ["1", "1 and 2", "not 1", "1 < 2 or 3"])
def test_number_is_no_condition(text: str) -> None:
    """A number is never read as true or false."""
    with pytest.raises(FormulaError, match="a condition is due"):
        holds(text)


NINES = "9" * 300
BOUNDS = {
    "length": ("1" * MAX_LENGTH, "1" * (MAX_LENGTH + 1)),
    "brackets": ("(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1), "(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH),
    "calls": ("abs(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1), "abs(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH),
    "signs": ("-" * (MAX_DEPTH - 1) + "1", "-" * MAX_DEPTH + "1"),
    "powers": ("1^" * (MAX_DEPTH - 1) + "1", "1^" * MAX_DEPTH + "1"),
    "exponent": (f"1^{MAX_EXPONENT}", f"1^{MAX_EXPONENT + 1}"),
    "negative-exponent": (f"1^-{MAX_EXPONENT}", f"1^-{MAX_EXPONENT + 1}"),
    "power-size": ("2^256", "1000000000^256"),
    "product-size": (f"{NINES} * 9", f"{NINES} * 1e330"),
    "quotient-size": (f"1 / {NINES}", f"1 / {NINES[:240]} / {NINES[:240]} / 1e300"),
    "number-size": ("1e600", "1e617"),
    "small-number-size": ("1e-600", "1e-617"),
    "exp": ("exp(700)", "exp(701)"),
    "negative-exp": ("exp(-700)", "exp(-701)"),
    "inexact-size": ("(1e200)^2.5", "(1e200)^50.5"),
    "inexact-smallness": ("(1e-200)^2.5", "(1e-200)^50.5"),
    "angle": ("sin(1000000)", "sin(1000001)"),
    "places": ("round(1, 12)", "round(1, 13)"),
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_bound(bound: str) -> None:
    """Up to the bound there is a value, beyond it a refusal."""
    within, beyond = BOUNDS[bound]

    assert isinstance(value(within), Fraction)
    with pytest.raises(FormulaError):
        value(beyond)


def test_negation_is_bounded() -> None:
    """`not` counts as nesting too."""
    assert holds("not " * (MAX_DEPTH - 2) + "1 < 2")
    with pytest.raises(FormulaError, match="nested"):
        holds("not " * (MAX_DEPTH + 1) + "1 < 2")


def test_bound_is_the_stated_one() -> None:
    """A value of so many bits is kept, one more is refused."""
    assert 2 ** (MAX_BITS - 1) == value("a * 2", a=str(2 ** (MAX_BITS - 2)))
    with pytest.raises(FormulaError, match="too large"):
        value("a * 2", a=str(2 ** (MAX_BITS - 1)))


PIECES = st.sampled_from(
    ["1", "0", "2.5", "1e9", "1e-9", "x", "y", "pi", "+", "-", "*", "/", "^", "(", ")", ",", "<", "==", " ", "and", "or",
     "not ", "sin(", "exp(", "ln(", "sqrt(", "round(", "max(", "abs(", "^99", "1e99", "9" * 40]
)  # fmt: skip


@given(st.text(max_size=40) | st.lists(PIECES, max_size=30).map("".join))
def test_nothing_but_formula_error(text: str) -> None:
    """Whatever the text, it has a value, it is a condition, or it is refused."""
    try:
        formula = parse_formula(text)
    except FormulaError:
        return
    for answer in (formula.value, formula.holds):
        try:
            assert isinstance(answer({"x": Fraction(-7, 3), "y": Fraction(0)}), Fraction | bool)
        except FormulaError:
            continue


@given(st.fractions(max_denominator=10**6), st.integers(0, 12))
def test_rounding_is_to_the_nearest(number: Fraction, places: int) -> None:
    """What is rounded lies within half a unit of the last place, and a tie goes away from zero."""
    rounded = Fraction(round_half_up(number, places))
    half = Fraction(1, 2 * 10**places)

    assert abs(rounded - number) <= half
    assert abs(rounded - number) < half or abs(rounded) > abs(number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("U", True),
        ("R_1", True),
        ("_", True),
        ("max", True),
        ("pi", False),
        ("not", False),
        ("1a", False),
        ("a b", False),
        ("", False),
        ("é", False),
    ],
)
def test_name(text: str, expected: bool) -> None:
    """A parameter's name is a word that formulas do not use otherwise."""
    assert expected is is_name(text)
