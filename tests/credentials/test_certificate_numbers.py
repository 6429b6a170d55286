"""Printed numbers: their pattern, their series, and the serial that never outgrows its width."""

from __future__ import annotations

from datetime import date

import pytest

from certengine.credentials.numbers import check_pattern, format_number, serial_width, series_of
from certengine.errors import Refused

DAY = date(2026, 11, 22)
PATTERN = "S000{yy}1103{level}{serial:06}"


def test_number_is_filled_in() -> None:
    """Year, level and serial take their places."""
    assert format_number(PATTERN, issued_on=DAY, level="3", serial=42) == "S0002611033000042"


def test_number_with_four_digit_year() -> None:
    """The year can stand in full."""
    assert format_number("{yyyy}-{serial:02}", issued_on=DAY, level="3", serial=7) == "2026-07"


def test_series_is_all_but_the_serial() -> None:
    """Certificates of one year and level share a series; another year is another series."""
    assert series_of(PATTERN, DAY, "3") == "S0002611033{serial:06}"
    assert series_of(PATTERN, DAY, "3") != series_of(PATTERN, date(2027, 1, 1), "3")


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("S{yy}", "exactly one `{serial:0N}`, got: 0"),
        ("{serial:02}{serial:03}", "exactly one `{serial:0N}`, got: 2"),
        ("A{month}{serial:02}", "`{month}` is not a field of a number: `{yy}`"),
        ("A{serial:6}", "write the serial as `{serial:0N}` with N from 1 to 12"),
        ("A{serial:013}", "with N from 1 to 12"),
        ("A/{serial:02}", "only letters, digits"),
        ("A{{serial:02}", "only letters, digits"),
        (".{serial:02}", "begins with a letter or a digit"),
        ("A" * 60 + "{serial:02}", "at most 64 characters"),
    ],
)
def test_pattern_problems(pattern: str, problem: str) -> None:
    """Each thing wrong with a pattern is named."""
    with pytest.raises(ValueError) as raised:
        check_pattern(pattern)

    assert problem in str(raised.value)


def test_all_problems_at_once() -> None:
    """A pattern wrong in three ways is told so in one go."""
    with pytest.raises(ValueError) as raised:
        check_pattern("-{month}/")

    assert len(str(raised.value).split("; ")) == 4


def test_serial_that_outgrows_its_width_is_refused() -> None:
    """The series is full rather than the number wider."""
    with pytest.raises(Refused, match="is full: serial 100 needs more than 2 digits"):
        format_number("A{serial:02}", issued_on=DAY, level="3", serial=100)


def test_last_serial_fits() -> None:
    """The greatest serial of the width is still a number."""
    assert format_number("A{serial:02}", issued_on=DAY, level="3", serial=99) == "A99"


def test_serials_count_from_one() -> None:
    """Serial 0 is a slip of the caller."""
    with pytest.raises(ValueError, match="count from 1"):
        format_number("A{serial:02}", issued_on=DAY, level="3", serial=0)


@pytest.mark.parametrize("level", ["", "3/4", "{yy}"])
def test_level_must_be_plain(level: str) -> None:
    """A level that could break the number, or a file name, is refused."""
    with pytest.raises(ValueError, match="cannot stand in a number"):
        series_of(PATTERN, DAY, level)


def test_serial_width() -> None:
    """The width is told for those who plan a series."""
    assert serial_width(PATTERN) == 6
