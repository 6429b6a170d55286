"""Numbers as people write them are read exactly or refused with a reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.model.written_numbers import MAX_LENGTH, NumberProblem, normal_unit, plain_width, read_written_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.8", "0.8"),
        (" 12 ", "12"),
        (".5", "0.5"),
        ("+5", "5"),
        ("0.80", "0.80"),
        ("０．８", "0.8"),
        ("\u22125", "-5"),
        ("\u20135", "-5"),
        ("-0", "0"),
    ],
)
def test_plain_number(text: str, value: str) -> None:
    """Plain, full-width and signed numbers are read to the digit, trailing zeros kept."""
    assert str(read_written_number(text).value) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0,05", "0.05"),
        (",5", "0.5"),
        ("12,34", "12.34"),
        ("0,123", "0.123"),
        ("1234,567", "1234.567"),
        ("1.234,5", "1234.5"),
    ],
)
def test_decimal_comma(text: str, value: str) -> None:
    """A comma that cannot part thousands is a decimal comma."""
    assert read_written_number(text).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1\u202f234", "1234"),
        ("1\u00a0234\u00a0567,8", "1234567.8"),
    ],
)
def test_grouped_digits(text: str, value: str) -> None:
    """Digits grouped by three are read where only one reading exists."""
    assert read_written_number(text).value == Decimal(value)


@pytest.mark.parametrize(
    "text",
    ["8e-1", "8E-1", "8×10^-1", "8 × 10^-1", "8x10^(-1)", "8*10**-1", "8·10^{-1}", "8×10⁻¹", "８×１０⁻¹", "80×10⁻²"],
)
def test_power_of_ten(text: str) -> None:
    """Every writing of a power of ten comes to the same number."""
    assert read_written_number(text).value == Decimal("0.8")


@pytest.mark.parametrize("text", ["10^3", "10³", "1e3", "1e+3"])
def test_bare_power(text: str) -> None:
    """A power of ten may stand without a factor."""
    assert read_written_number(text).value == 1000


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("0.8MPa", "0.8", "MPa"),
        ("0,80 ＭＰａ", "0.80", "MPa"),
        ("10 mm", "10", "mm"),
        ("8×10⁻¹ MPa", "0.8", "MPa"),
        ("30℃", "30", "°C"),
        ("9.8 m/s²", "9.8", "m/s2"),
        ("1500 r/min", "1500", "r/min"),
        ("1500 转/分", "1500", "转/分"),
        ("5 min⁻¹", "5", "min-1"),
        ("25 ％", "25", "%"),
        ("5 eV", "5", "eV"),
        ("5e3V", "5000", "V"),
        ("10\u00a0kΩ", "10", "kΩ"),
    ],
)
def test_unit(text: str, value: str, unit: str) -> None:
    """What follows the number is its unit, in one normal form."""
    read = read_written_number(text)

    assert (Decimal(value), unit) == (read.value, read.unit)


@pytest.mark.parametrize(
    "text", ["1,234", "-1,234 mm", "123,456", "1 234", "12\u00a034", "8×10-1", "8x105", "8×10", "1.234 567,8"]
)
def test_ambiguous(text: str) -> None:
    """A text with two readings is refused as ambiguous, with words."""
    read = read_written_number(text)

    assert (None, NumberProblem.AMBIGUOUS) == (read.value, read.problem)
    assert read.why


@pytest.mark.parametrize(
    "text",
    ["NaN", "inf", "min", "1/2", "3~5", "3±0.1", "5²", "5.", "5,", "1h30min", "0,0.5", "1,23,456", "1_000",
     "2.10^3", "3×4", "0x1F2", "\u0663", "1e5.3", "--5", "5\x00", "<5"],
)  # fmt: skip
def test_not_a_number(text: str) -> None:
    """Ranges, fractions, cut-off numbers and other scripts' digits are no number."""
    read = read_written_number(text)

    assert (None, NumberProblem.NOT_A_NUMBER) == (read.value, read.problem)


@pytest.mark.parametrize("text", ["", " ", "\u3000", "\t\n"])
def test_empty(text: str) -> None:
    """White space is nothing written."""
    assert read_written_number(text).problem is NumberProblem.EMPTY


@pytest.mark.parametrize("text", ["1e9999", "1" * 31, "1e-31", "0." + "1" * 30, "1" * (MAX_LENGTH + 1)])
def test_out_of_bounds(text: str) -> None:
    """A number too long to be meant is refused."""
    assert read_written_number(text).problem is NumberProblem.OUT_OF_BOUNDS


def test_normal_unit() -> None:
    """The sign of micro is one sign, whichever of the two was typed."""
    assert normal_unit("\u00b5m") == normal_unit(" \u03bcm ")


def test_plain_width_keeps_superscripts() -> None:
    """Superscripts are not folded to digits, or 10² would become 102."""
    assert plain_width("１０²") == "10²"


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_every_plain_decimal_is_read(value: Decimal) -> None:
    """Property: a number in plain notation is read as itself, with a point and with a full-width point."""
    text = format(value, "f")

    assert read_written_number(text).value == value
    assert read_written_number(text.replace(".", "．")).value == value


@given(st.text(max_size=30) | st.text(alphabet="0123456789.,eE×10^⁻¹- +mM/", max_size=12))
def test_any_text_is_answered(text: str) -> None:
    """Property: any text has a value or a problem in words, never both."""
    read = read_written_number(text)

    assert (read.value is None) == (read.problem is not None) == bool(read.why)
