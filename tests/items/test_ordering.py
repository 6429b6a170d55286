"""Ordering items: every writing of an order, marks by neighbouring pairs, what a check finds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.items import kind_of
from certengine.items.options import Option
from certengine.model.sitting import ResponseState
from tests.simulator import options, ordering, text
from tests.strategies import orderings

ORDERING = kind_of("ordering")
GIVEN, BLANK = ResponseState.GIVEN, ResponseState.BLANK
MULTIPLE, UNREADABLE = ResponseState.MULTIPLE_MARKED, ResponseState.UNREADABLE
PAPER = {"options": ["c", "a", "d", "b"]}
"""On this paper A is c, B is a, C is d, D is b. Right: BDAC."""


@pytest.mark.parametrize(
    "raw", ["BDAC", "bdac", "B D A C", "B-D-A-C", "B→D→A→C", "b>d>a>c", "Ｂ、Ｄ、Ａ、Ｃ", "B,D;A/C"]
)
def test_writings_of_the_same_order(raw: str) -> None:
    """Letters in order, parted or not, full width or small, say the same order."""
    reading = ORDERING.parse(ordering(), PAPER, raw)

    assert (GIVEN, ["a", "b", "c", "d"]) == (reading.state, reading.value)


@pytest.mark.parametrize(
    ("raw", "state"),
    [("", BLANK), ("\u3000", BLANK), ("....", BLANK), ("_", BLANK), ("*", MULTIPLE), ("BD*C", MULTIPLE),
     ("BDAB", MULTIPLE), ("BDA", UNREADABLE), ("BDACE", UNREADABLE), ("BDAE", UNREADABLE), ("1234", UNREADABLE),
     ("->", UNREADABLE), ("ΒDAC", UNREADABLE)],
)  # fmt: skip
def test_what_is_not_given(raw: str, state: ResponseState) -> None:
    """A step at two places is a multiple mark; a place without a letter is not guessed."""
    reading = ORDERING.parse(ordering(), PAPER, raw)

    assert (state, None) == (reading.state, reading.value)


def test_place_left_blank() -> None:
    """A blank place is named by a full stop and stays a place."""
    assert ["a", None, "c", "d"] == ORDERING.parse(ordering(), PAPER, "B.AC").value


def test_marks_of_every_order() -> None:
    """For every order: the share of the three neighbouring pairs that are kept, or all or nothing."""
    key = ("a", "b", "c", "d")
    for order in permutations(key):
        kept = sum(order.index(one) + 1 == order.index(after) for one, after in pairwise(key))

        assert Fraction(kept, 3) == ORDERING.mark(ordering(), PAPER, list(order), "adjacent_pairs").share
        assert Fraction(order == key) == ORDERING.mark(ordering(), PAPER, list(order), "all_or_nothing").share


def test_blank_places_are_no_neighbours() -> None:
    """Two steps with a blank between them are not next to each other."""
    mark = ORDERING.mark(ordering(), PAPER, ["a", None, "b", "c"], "adjacent_pairs")

    assert Fraction(1, 3) == mark.share
    assert "B.DA given, BDAC is right: 1 of 3 neighbouring pairs kept" == mark.reason.best("en")
    assert "答 B.DA，正确顺序 BDAC：3 处相邻关系中保持 1 处" == mark.reason.best("zh")


@given(orderings(), st.randoms(use_true_random=False))
def test_partial_marks_reach_one_only_when_all_is_right(content, random) -> None:
    """Whatever the order, the share of pairs is one exactly where all or nothing gives all."""
    order = list(content.key)
    random.shuffle(order)
    paper = {"options": [option.id for option in content.options]}
    pairs = ORDERING.mark(content, paper, order, "adjacent_pairs").share

    assert (pairs == 1) == (ORDERING.mark(content, paper, order, "all_or_nothing").share == 1)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (ordering(), []),
        (ordering("d", "c", "b", "a"), []),
        (ordering("a", "b", "c"), [("item/key-count", ("key",))]),
        (ordering("a", "b", "c", "d", "a"), [("item/key-count", ("key",))]),
        (ordering("a", "b", "c", "z"), [("item/key-unknown", ("key", 3)), ("item/key-count", ("key",))]),
        (replace(ordering(), options=(*options("a", "b", "c"), Option(id="d", text=text("d"), pin="last"))),
         [("item/pinned-step", ("options", 3, "pin"))]),
        (replace(ordering("a"), options=options("a")), [("item/option-count", ("options",))]),
    ],
)  # fmt: skip
def test_check(content, expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    """Each thing that can be wrong in an ordering is found, under its code and at its place."""
    assert expected == [(problem.code, problem.path) for problem in ORDERING.check(content, ("en", "zh"))]
