"""Marks by option: the rules of R/exams, negative marking, mappings with bounds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations

import pytest

from certengine.items import kind_of
from certengine.items.option_credit import OptionMapping
from tests.simulator import multiple_response, single_choice, true_false

SINGLE, MULTIPLE, TRUE_FALSE = map(kind_of, ("single_choice", "multiple_response", "true_false"))
FIVE = {"options": ["e", "d", "c", "b", "a"]}
FOUR = {"options": ["a", "b", "c", "d"]}
TICKS = [set(some) for some in chain.from_iterable(combinations("abcde", size) for size in range(1, 6))]
RULES = {
    "partial_false2": lambda right, wrong: Fraction(1, max(wrong, 2)),
    "partial_false": lambda right, wrong: Fraction(1, wrong) if wrong else 0,
    "partial_true": lambda right, wrong: Fraction(1, right),
    "partial_all": lambda right, wrong: 1,
    "partial_none": lambda right, wrong: 0,
}
"""What a wrong tick takes off, as the documentation of ``exams_eval`` has it."""


def mapping(lower: str = "0", upper: str | None = None, **values: str) -> OptionMapping:
    """A mapping of points by option."""
    points = {name: Decimal(value) for name, value in values.items()}
    return OptionMapping(values=points, lower=Decimal(lower), upper=None if upper is None else Decimal(upper))


@pytest.mark.parametrize("policy", sorted(RULES))
@pytest.mark.parametrize("key", [("a", "b"), ("a", "b", "c"), ("a", "b", "c", "d"), ("a", "b", "c", "d", "e")])
def test_partial_credit_as_in_r_exams(policy: str, key: tuple[str, ...]) -> None:
    """Each right tick earns its part, each wrong one takes off what the rule says, and no item is under 0."""
    for ticks in TICKS:
        right, wrong = len(ticks & set(key)), len(ticks - set(key))
        expected = max(0, Fraction(right, len(key)) - wrong * RULES[policy](len(key), 5 - len(key)))

        assert expected == MULTIPLE.mark(multiple_response(*key), FIVE, sorted(ticks), policy).share, ticks


def test_partial_trace_says_the_rule() -> None:
    """The trace of a partly right answer says what a right tick earned and what a wrong one took off."""
    mark = MULTIPLE.mark(multiple_response("a", "b", "c"), FIVE, ["a", "b", "e"], "partial_false2")

    assert "each right one earns 1/3, each wrong one takes off 1/2, never under 0" in mark.reason.best("en")
    assert "每选对一项得 1/3，每选错一项扣 1/2，不低于 0" in mark.reason.best("zh")


def test_blind_guessing_earns_nothing_under_negative_marking() -> None:
    """Over all four options the marks of a single choice add up to nothing, and those of a statement over both."""
    shares = [SINGLE.mark(single_choice("b"), FOUR, option, "negative").share for option in "abcd"]

    assert [Fraction(-1, 3), 1, Fraction(-1, 3), Fraction(-1, 3)] == shares
    assert [1, -1] == [TRUE_FALSE.mark(true_false(), {}, value, "negative").share for value in (True, False)]


@pytest.mark.parametrize(
    ("policy", "off"),
    [("negative_quarter", "1/4"), ("negative_third", "1/3"), ("negative_half", "1/2"), ("negative_full", "1")],
)
def test_stated_part_is_taken_off(policy: str, off: str) -> None:
    """A wrong answer takes off the part that the policy names, and its trace says so in both languages."""
    marks = [
        SINGLE.mark(single_choice("b"), FOUR, "a", policy),
        TRUE_FALSE.mark(true_false(), {}, False, policy),
    ]

    assert [-Fraction(off)] * 2 == [mark.share for mark in marks]
    assert all(f"takes off {off} of its marks" in mark.reason.best("en") for mark in marks)
    assert all(f"答错倒扣本题分值的 {off}" in mark.reason.best("zh") for mark in marks)


@pytest.mark.parametrize(
    ("ticks", "share"),
    [
        ("a", "1/2"),
        ("ab", "1"),
        ("abc", "1"),
        ("c", "1/4"),
        ("d", "-1/4"),
        ("ad", "-1/4"),
        ("abd", "1/4"),
        ("de", "-1/4"),
    ],
)
def test_mapping_adds_up_within_its_bounds(ticks: str, share: str) -> None:
    """Points of the ticked options add up, never above the upper bound nor under the lower one."""
    content = replace(
        multiple_response("a", "b"), mapping=mapping("-0.5", "2", a="1", b="1", c="0.5", d="-1.5", e="-3")
    )

    assert Fraction(share) == MULTIPLE.mark(content, FIVE, list(ticks), "mapped").share


def test_second_best_option_earns_its_part() -> None:
    """In a single choice another option may be worth a part; one that is not named is worth nothing."""
    content = replace(single_choice("b"), mapping=mapping(b="4", c="1"))

    shares = [SINGLE.mark(content, FOUR, option, "mapped").share for option in "abcd"]
    assert [0, 1, Fraction(1, 4), 0] == shares


def test_mapping_trace_names_each_option() -> None:
    """The trace names the letters of the paper with their points, the bounds and the sum."""
    content = replace(multiple_response("a", "b"), mapping=mapping(a="1", b="1", e="-0.5"))
    mark = MULTIPLE.mark(content, FIVE, ["a", "e"], "mapped")

    assert "by option: A -0.5, E 1; together within 0 to 2: 0.5 of 2" == mark.reason.best("en")
    assert "按选项计分：A -0.5，E 1；合计限于 0 至 2，得 0.5，满分 2" == mark.reason.best("zh")


def test_item_without_mapping_is_all_or_nothing() -> None:
    """Under ``mapped`` an item that has no mapping earns all of its marks or none."""
    shares = [MULTIPLE.mark(multiple_response("a", "b"), FIVE, list(ticks), "mapped").share for ticks in ("ab", "a")]

    assert [1, 0] == shares
    assert 0 == SINGLE.mark(single_choice("b"), FOUR, "a", "mapped").share


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (mapping(a="1", b="1", x="1"), "item/mapping-option"),
        (mapping(a="1", b="-1"), "item/mapping-key"),
        (mapping(upper="3", a="1", b="1"), "item/mapping-key"),
        (mapping("1", a="1", b="1"), "item/mapping-bounds"),
        (mapping("-3", a="1", b="1"), "item/mapping-bounds"),
    ],
)
def test_mapping_that_cannot_be(given: OptionMapping, code: str) -> None:
    """Unknown options, a right answer short of full marks and bounds that cross are found."""
    content = replace(multiple_response("a", "b"), mapping=given)

    assert [code] == [problem.code for problem in MULTIPLE.check(content, ("en", "zh"))]


def test_mapping_of_a_single_choice_is_checked() -> None:
    """The right option of a single choice earns full marks by its mapping."""
    content = replace(single_choice("b"), mapping=mapping(a="1"))

    assert ["item/mapping-key"] == [problem.code for problem in SINGLE.check(content, ("en", "zh"))]
