"""Cut scores by judges: hand arithmetic, the standard error, who stands apart."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.scoring.angoff import cut_score

ONE = {"a": Fraction(1), "b": Fraction(1)}


def shares(*values: int) -> dict[str, Fraction]:
    """Percentages of items ``a``, ``b``, ... as shares."""
    return {"abcdefgh"[place]: Fraction(value, 100) for place, value in enumerate(values)}


def test_by_hand() -> None:
    """Cuts 1.1, 1.3 and 1.5 of two marks: mean 1.3, s 0.2, standard error 0.2 / sqrt(3); items 0.6 and 0.7."""
    found = cut_score({"J1": shares(50, 60), "J2": shares(60, 70), "J3": shares(70, 80)}, ONE)

    assert Fraction(13, 10) == found.cut
    assert (found.sd, found.standard_error) == (pytest.approx(0.2), pytest.approx(0.2 / sqrt(3)))
    assert [Fraction(11, 10), Fraction(13, 10), Fraction(15, 10)] == [one.cut for one in found.judges]
    assert [(Fraction(3, 5), Fraction(1, 2), Fraction(7, 10)), (Fraction(7, 10), Fraction(3, 5), Fraction(4, 5))] == [
        (one.mean, one.low, one.high) for one in found.items
    ]
    assert [one.sd for one in found.items] == [pytest.approx(0.1), pytest.approx(0.1)]


def test_marks_weigh() -> None:
    """An item of four marks counts four times: 4 x 0.5 + 1 x 0.8 for the first judge, 4 x 0.7 + 0.6 for the second."""
    found = cut_score({"J1": shares(50, 80), "J2": shares(70, 60)}, {"a": Fraction(4), "b": Fraction(1)})

    assert [Fraction(28, 10), Fraction(34, 10)] == [one.cut for one in found.judges]


def test_who_stands_apart_is_named_and_still_counts() -> None:
    """Cuts 50, 51, 52, 53 and 90: median 52, MAD 1; only 0.6745 x 38 is beyond 3.5. The cut keeps all five."""
    cuts = {f"J{n}": {"a": Fraction(value, 100)} for n, value in enumerate((50, 51, 52, 53, 90), start=1)}
    found = cut_score(cuts, {"a": Fraction(100)})

    assert ["J5"] == [one.judge for one in found.judges if one.outlier]
    assert found.judges[4].apart == pytest.approx(0.6745 * 38)
    assert (Fraction(296, 5), Fraction(103, 2)) == (found.cut, found.without_outliers)


def test_nobody_stands_apart_from_equals() -> None:
    """Where more than half agree there is no measure of apartness, and nobody is named."""
    found = cut_score({"J1": shares(50), "J2": shares(50), "J3": shares(80)}, {"a": Fraction(1)})

    assert [None] * 3 == [one.apart for one in found.judges]
    assert found.without_outliers is None


def test_agreement_is_with_the_other_judges() -> None:
    """A judge who orders the items as the others do agrees fully, one who turns them round not at all."""
    found = cut_score(
        {"J1": shares(10, 20, 30), "J2": shares(30, 40, 50), "J3": shares(90, 60, 30)},
        dict.fromkeys("abc", Fraction(1)),
    )

    assert found.judges[2].agreement == pytest.approx(-1.0)
    assert found.judges[0].agreement == pytest.approx(-1.0)  # the mean of the others falls as J3 does


@pytest.mark.parametrize(
    ("estimates", "marks"),
    [
        ({"J1": shares(50, 60)}, ONE),
        ({"J1": shares(50, 60), "J2": shares(50)}, ONE),
        ({"J1": shares(50, 60), "J2": shares(50, 60, 70)}, ONE),
        ({"J1": {}, "J2": {}}, {}),
    ],
    ids=["one judge", "an item left out", "an item of another form", "no items"],
)
def test_an_incomplete_round_is_refused(estimates: dict[str, dict[str, Fraction]], marks: dict[str, Fraction]) -> None:
    """Nothing is filled in."""
    with pytest.raises(ValueError, match=r"judge"):
        cut_score(estimates, marks)


@given(
    table=st.lists(st.lists(st.integers(0, 100), min_size=3, max_size=3), min_size=2, max_size=8),
)
def test_the_cut_is_within_the_judges(table: list[list[int]]) -> None:
    """It lies between the lowest and the highest judge and within the marks, and is the sum of the items' means."""
    found = cut_score({f"J{n}": shares(*row) for n, row in enumerate(table)}, dict.fromkeys("abc", Fraction(1)))

    cuts = [one.cut for one in found.judges]
    assert 0 <= min(cuts) <= found.cut <= max(cuts) <= 3
    assert found.cut == sum(one.mean for one in found.items)
