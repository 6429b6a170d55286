"""The same value gives the same bytes, for ever and in any program."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from certengine.canonical import (
    Canonical,
    canonical_bytes,
    decimal_text,
    digest,
    digest_of_bytes,
    instant_text,
    parse_instant,
    to_json,
)
from certengine.model.text import Text
from tests.strategies import JSON

VECTORS = json.loads((Path(__file__).parent / "vectors" / "canonical.json").read_text(encoding="utf-8"))["vectors"]
BEIJING = timezone(timedelta(hours=8))
NAIVE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC).replace(tzinfo=None)


class Colour(Enum):
    """An enumeration whose values are what counts."""

    RED = "red"
    HALF = Decimal("0.50")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A noun with a field that may be empty."""

    name: str
    part: Noun | None = None


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any]) -> None:
    """A value has the bytes and the digest that were written down."""
    assert vector["text"] == canonical_bytes(vector["value"]).decode("utf-8")
    assert f"sha256:{vector['sha256']}" == digest(vector["value"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.50"), "1.5"),
        (Fraction(1, 3), "1/3"),
        (Fraction(4, 2), "2"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22, 17, 0, tzinfo=BEIJING), "2026-11-22T09:00:00Z"),
        (Colour.RED, "red"),
        (Colour.HALF, "0.5"),
        (Text.of(zh="电工", en="Electrician"), {"en": "Electrician", "zh": "电工"}),
        (Noun(name="a", part=Noun(name="b")), {"name": "a", "part": {"name": "b"}}),
        ((1, [True, None]), [1, [True, None]]),
        (OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
        ({7: "seven"}, {"7": "seven"}),
    ],
    ids=str,
)
def test_plain_form(value: object, expected: object) -> None:
    """Nouns, decimals, fractions, dates and instants have one plain form each."""
    assert expected == to_json(value)


@pytest.mark.parametrize(
    "value", [0.1, b"bytes", {1, 2}, object(), Noun, NAIVE, [1, {"a": 0.0}]], ids=lambda value: type(value).__name__
)
def test_no_canonical_form(value: object) -> None:
    """Floats, bytes, sets, classes and instants without a zone are refused wherever they stand."""
    with pytest.raises(TypeError):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "value", ["\ud800", {"\udfff": 1}, 2**53, -(2**53), Decimal("NaN"), Decimal("Infinity")], ids=ascii
)
def test_value_out_of_bounds(value: object) -> None:
    """Lone surrogates, integers beyond 2^53 - 1 and decimals that are not finite are refused."""
    with pytest.raises(ValueError):
        canonical_bytes(value)


@pytest.mark.parametrize("value", [{"\u00e9": 1, "e\u0301": 2}, {1: "a", "1": "b"}], ids=ascii)
def test_no_entry_is_lost(value: object) -> None:
    """Two keys that read the same are refused, since one would silently take the other's place."""
    with pytest.raises(ValueError, match="two keys"):
        to_json(value)


def _nfc_stable(value: object) -> bool:
    try:
        to_json(value)
    except ValueError:
        return False
    return True


@given(JSON.filter(_nfc_stable))
def test_another_program_reads_it_back(value: object) -> None:
    """The bytes are JSON of the same value, and canonical already: reading and writing them again changes nothing."""
    data = canonical_bytes(value)

    assert to_json(value) == json.loads(data)
    assert data == canonical_bytes(json.loads(data))


ASCII = st.text(alphabet=st.characters(max_codepoint=127), max_size=8)


@given(st.recursive(st.integers(-999, 999) | ASCII, lambda inner: st.lists(inner) | st.dictionaries(ASCII, inner)))
def test_standard_library_agrees(value: object) -> None:
    """For ASCII the bytes are those of Python's own JSON with sorted keys and no spaces."""
    assert json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == canonical_bytes(
        value
    )


@given(st.dictionaries(ASCII, st.integers(0, 9), min_size=2, max_size=5))
def test_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    """A mapping digests alike whatever the order it was filled in."""
    assert digest(value) == digest(dict(reversed(value.items())))


def test_digest_names_its_algorithm() -> None:
    """A digest is ``sha256:`` and the hexadecimal digest of the bytes."""
    assert "sha256:" + hashlib.sha256(b"[1]").hexdigest() == digest([1]) == digest_of_bytes(b"[1]")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.50", "1.5"),
        ("1E+2", "100"),
        ("100", "100"),
        ("-0", "0"),
        ("0.000", "0"),
        ("-0.00", "0"),
        ("-2.50", "-2.5"),
        ("1E-7", "0.0000001"),
    ],
)
def test_decimal_text(value: str, expected: str) -> None:
    """A decimal is written plainly: no exponent, no trailing zeros, no negative zero."""
    assert expected == decimal_text(Decimal(value))


@given(st.integers(-(10**12), 10**12), st.integers(0, 12), st.integers(0, 6))
def test_equal_decimals_have_one_text(number: int, places: int, zeros: int) -> None:
    """The text reads back as the same value, and trailing zeros change nothing."""
    value = Decimal(f"{number}E-{places}")

    assert value == Decimal(decimal_text(value))
    assert decimal_text(value) == decimal_text(Decimal(f"{number}{'0' * zeros}E-{places + zeros}"))


@given(st.timedeltas(timedelta(0), timedelta(days=365 * 8000)), st.integers(-14 * 60, 14 * 60))
def test_instant_survives(since: timedelta, minutes: int) -> None:
    """An instant reads back as the same instant, whatever zone it was given in."""
    instant = (datetime(1, 1, 2, tzinfo=UTC) + since).astimezone(timezone(timedelta(minutes=minutes)))

    assert instant == parse_instant(instant_text(instant))
    assert UTC == parse_instant(instant_text(instant)).tzinfo


def test_instant_with_a_fraction() -> None:
    """Microseconds are written when there are any."""
    assert "2026-11-22T09:00:00.000120Z" == instant_text(datetime(2026, 11, 22, 9, 0, 0, 120, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22",
        "2026-11-22T09:00:00",
        "20261122T090000Z",
        "2026-W47-7T09:00:00Z",
        "2026-11-31T09:00:00Z",
        "now",
        "",
    ],
)
def test_not_an_instant(text: str) -> None:
    """Only RFC 3339 with an offset is an instant, and only a day that exists."""
    with pytest.raises(ValueError):
        parse_instant(text)


@dataclass(frozen=True)
class Part:
    """A noun that others hold."""

    name: str
    worth: Decimal
    note: str | None = None


@dataclass(frozen=True)
class Whole:
    """A noun of parts."""

    parts: tuple[Part, ...]
    said: dict[str, object]


@given(JSON)
def test_library_of_the_standard_agrees(value: Any) -> None:
    """What is written here is what a whole implementation of RFC 8785 writes, whatever the data."""
    try:
        plain = to_json(value)
    except ValueError:
        return
    assert rfc8785.dumps(plain) == canonical_bytes(value)


@given(st.lists(st.tuples(st.text(), st.integers(-99, 99))), st.dictionaries(st.text(), st.integers(-9, 9), max_size=3))
def test_parts_met_again_read_the_same(named: list[tuple[str, int]], said: dict[str, object]) -> None:
    """A writer that remembers parts writes the same bytes as one that never met them."""
    try:
        parts = tuple(Part(name=name, worth=Decimal(worth)) for name, worth in named)
        wholes = [Whole(parts=parts * 2, said=said), Whole(parts=parts, said={})]
        plain = [rfc8785.dumps(to_json(one)) for one in wholes]
    except ValueError:
        return
    writer = Canonical()

    assert plain == [writer.bytes(one) for one in wholes] == [writer.bytes(one) for one in wholes]
    assert digest(wholes) == writer.digest(wholes)
