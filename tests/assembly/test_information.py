"""What an item tells about candidates at the cut, against closed forms and the definition of Fisher's information."""

from __future__ import annotations

from decimal import Decimal
from math import exp, isclose, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.information import information_of
from certengine.model.bank import ItemCalibration


def calibration(a: float, b: float, c: float | None = None) -> ItemCalibration:
    """Parameters as a bank states them: decimals of six places."""
    a_, b_, c_ = (None if one is None else Decimal(f"{one:.6f}") for one in (a, b, c))
    assert a_ is not None
    assert b_ is not None
    return ItemCalibration(discrimination=a_, location=b_, guessing=c_)


def test_rasch_item_tells_a_quarter_at_its_location() -> None:
    """``P (1 - P)`` is 1/4 where half the candidates are right."""
    assert information_of(calibration(1, 0.7), Decimal("0.7")) == Decimal("0.25")


@pytest.mark.parametrize("c", [0.05, 0.2, 0.25, 0.5])
@pytest.mark.parametrize("a", [0.4, 1.0, 2.3])
def test_largest_information_is_the_published_one(a: float, c: float) -> None:
    """Birnbaum's maximum: where it lies and how much it is (Lord 1980, section 10.2)."""
    root = sqrt(1 + 8 * c)
    at = Decimal(-0.5 + log((1 + root) / 2) / a)
    most = a * a * (1 - 20 * c - 8 * c * c + root**3) / (8 * (1 - c) ** 2)

    assert isclose(float(information_of(calibration(a, -0.5, c), at)), most, rel_tol=1e-12)


@given(
    st.floats(0.1, 4).map(lambda one: round(one, 6)),
    st.floats(-4, 4).map(lambda one: round(one, 6)),
    st.floats(0, 0.6).map(lambda one: round(one, 6)),
    st.floats(-4, 4),
)
def test_information_is_the_squared_slope_over_the_variance(a: float, b: float, c: float, at: float) -> None:
    """``P'(θ)² / (P (1 - P))``, with the slope computed from the curve's own derivative."""
    rise = 1 / (1 + exp(-a * (at - b)))
    right = c + (1 - c) * rise
    slope = (1 - c) * a * rise * (1 - rise)

    found = float(information_of(calibration(a, b, c), Decimal(at)))
    assert isclose(found, slope**2 / (right * (1 - c) * (1 - rise)), rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("at", ["-10", "10"])
def test_far_from_everything_there_is_next_to_nothing_and_no_failure(at: str) -> None:
    """The steepest item at the other end of the scale: a number, positive, and tiny."""
    told = information_of(calibration(10, -float(at)), Decimal(at))
    assert 0 < told < Decimal("1e-80")
