"""Deterministic CBOR: the same bytes as the library's, and no second encoding of anything."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.credentials.cbor import Cbor, Tagged, decode, encode
from certengine.credentials.strict_json import Unreadable

SCALARS = st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=40)
INNER = SCALARS | st.lists(SCALARS, max_size=4)
VALUES = SCALARS | st.lists(INNER, max_size=4) | st.dictionaries(st.integers(-70_001, 300), INNER, max_size=4)


def as_library(value: Cbor) -> object:
    """The value as the library's own types."""
    match value:
        case Tagged(inner):
            return cbor2.CBORTag(18, as_library(inner))
        case list():
            return [as_library(item) for item in value]
        case dict():
            return {key: as_library(item) for key, item in value.items()}
    return value


@settings(max_examples=100, deadline=None)
@given(SCALARS)
def test_scalars_encode_as_the_library_does(value: Cbor) -> None:
    """An independent implementation gives the same bytes."""
    assert cbor2.dumps(value, canonical=True) == encode(value)


def test_structure_encodes_as_the_library_does() -> None:
    """A tagged list of a map, with keys out of order, encodes alike."""
    value = Tagged([b"\xa1", {-70001: "证书", 4: [1, -1], 1: b""}, 2**40])

    assert cbor2.dumps(as_library(value), canonical=True) == encode(value)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_round_trip(value: Cbor) -> None:
    """What was encoded decodes to the same value."""
    assert value == decode(encode(value))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=24))
def test_whatever_decodes_was_its_one_encoding(data: bytes) -> None:
    """Any bytes either raise the one error, or are exactly what encoding gives back."""
    try:
        value = decode(data)
    except Unreadable:
        return

    assert data == encode(value)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "cut off"),
        ("0000", "follow"),
        ("1817", "longer than"),
        ("190018", "longer than"),
        ("1a0000ffff", "longer than"),
        ("1b00000000ffffffff", "longer than"),
        ("1901", "cut off"),
        ("a1", "cut off"),
        ("a101", "cut off"),
        ("bb7fffffffffffffff", "cut off"),
        ("a220002000", "in order and different"),
        ("a220000000", "in order and different"),
        ("a21818001700", "in order and different"),
        ("9fff", "definite"),
        ("4201", "string is cut off"),
        ("61ff", "UTF-8"),
        ("a200000000", "in order and different"),
        ("a201000000", "in order and different"),
        ("a14100", "must be integers"),
        ("f5", "do not use"),
        ("c100", "do not use"),
        ("8181818181818100", "too deeply"),
    ],
)
def test_refused(data: str, problem: str) -> None:
    """Each second spelling, and each type that tokens do not use, is refused by name."""
    with pytest.raises(Unreadable, match=problem):
        decode(bytes.fromhex(data))


def test_integers_beyond_64_bits() -> None:
    """There is no head for them."""
    with pytest.raises(ValueError, match="64 bits"):
        encode(2**64)
