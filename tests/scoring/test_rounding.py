"""Marks are rounded once, by the scheme's rule, exactly at ties and next to them."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.model.scheme import Rounding, RoundingMode
from certengine.scoring.rounding import round_marks

UP, EVEN, DOWN = RoundingMode.HALF_UP, RoundingMode.HALF_EVEN, RoundingMode.DOWN
JUST = Fraction(1, 10**60)


@pytest.mark.parametrize(
    ("exact", "half_up", "half_even", "down"),
    [
        ("59.95", "60.0", "60.0", "59.9"),
        ("59.85", "59.9", "59.8", "59.8"),
        ("59.949999999999999999999999999999999999", "59.9", "59.9", "59.9"),
        ("59.950000000000000000000000000000000001", "60.0", "60.0", "59.9"),
        ("59.85000000000000000000000000000000001", "59.9", "59.9", "59.8"),
        ("59.99", "60.0", "60.0", "59.9"),
        ("60", "60.0", "60.0", "60.0"),
        ("0", "0.0", "0.0", "0.0"),
        ("0.05", "0.1", "0.0", "0.0"),
        ("0.15", "0.2", "0.2", "0.1"),
        ("100", "100.0", "100.0", "100.0"),
        ("-0.05", "-0.1", "0.0", "0.0"),
        ("-0.15", "-0.2", "-0.2", "-0.1"),
        ("-59.95", "-60.0", "-60.0", "-59.9"),
        ("170/3", "56.7", "56.7", "56.6"),
        ("1/3", "0.3", "0.3", "0.3"),
    ],
)
def test_one_place(exact: str, half_up: str, half_even: str, down: str) -> None:
    """At, under and over a tie each rule gives its own mark; a sign mirrors it."""
    found = [round_marks(Fraction(exact), Rounding(places=1, mode=mode)) for mode in (UP, EVEN, DOWN)]

    assert [Decimal(half_up), Decimal(half_even), Decimal(down)] == found


@pytest.mark.parametrize("mode", RoundingMode)
@pytest.mark.parametrize("places", [0, 1, 2, 3])
def test_score_carries_its_places(mode: RoundingMode, places: int) -> None:
    """A score has exactly the scheme's places, zeros kept."""
    assert -places == round_marks(Fraction(60), Rounding(places=places, mode=mode)).as_tuple().exponent


@pytest.mark.parametrize(
    ("tie", "mode", "expected"),
    [(Fraction(5, 2), UP, ("2", "3", "3")), (Fraction(5, 2), EVEN, ("2", "2", "3")), (Fraction(7, 2), EVEN, ("3", "4", "4")),
     (Fraction(5, 2), DOWN, ("2", "2", "2"))],
)  # fmt: skip
def test_nearest_neighbours_of_a_tie(tie: Fraction, mode: RoundingMode, expected: tuple[str, ...]) -> None:
    """However near a sum lies to a tie, it is not taken for one."""
    found = [round_marks(exact, Rounding(places=0, mode=mode)) for exact in (tie - JUST, tie, tie + JUST)]

    assert [Decimal(text) for text in expected] == found


SUMS = st.fractions(-1000, 1000, max_denominator=10**6)


@given(SUMS, st.integers(0, 4), st.sampled_from(RoundingMode))
def test_rounding_agrees_with_whole_numbers(exact: Fraction, places: int, mode: RoundingMode) -> None:
    """The rule in whole numbers: split off the remainder, compare it with one half, add one or not."""
    whole, rest = divmod(abs(exact) * 10**places, 1)
    more = {
        UP: rest >= Fraction(1, 2),
        EVEN: rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1),
        DOWN: False,
    }
    units = int(whole) + more[mode]
    expected = Fraction(units if exact >= 0 else -units, 10**places)

    assert expected == Fraction(round_marks(exact, Rounding(places=places, mode=mode)))


@given(SUMS, SUMS, st.integers(0, 3), st.sampled_from(RoundingMode))
def test_rounding_keeps_order(one: Fraction, other: Fraction, places: int, mode: RoundingMode) -> None:
    """Who has no fewer exact marks has no lower score."""
    rule = Rounding(places=places, mode=mode)
    lower, higher = sorted((one, other))

    assert round_marks(lower, rule) <= round_marks(higher, rule)


@given(SUMS, st.integers(0, 4), st.sampled_from(RoundingMode))
def test_rounding_twice_changes_nothing(exact: Fraction, places: int, mode: RoundingMode) -> None:
    """What is rounded stays when rounded by the same rule again."""
    once = round_marks(exact, Rounding(places=places, mode=mode))

    assert once == round_marks(Fraction(once), Rounding(places=places, mode=mode))


def test_caller_does_not_matter() -> None:
    """The precision that the caller's decimals are set to changes no score."""
    with localcontext() as context:
        context.prec = 2

        assert str(round_marks(Fraction("1234.56"), Rounding(places=1))) == "1234.6"
