"""Strict JSON: one meaning, a bound, and one error class."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from certengine.credentials.strict_json import (
    Unreadable,
    date_of,
    fields_of,
    flag_of,
    instant_of,
    integer_of,
    jcs,
    languages_of,
    list_of,
    read_object,
    text_of,
)
from certengine.model.text import Text


def test_object_is_read() -> None:
    """Plain JSON comes through unchanged."""
    assert read_object('{"a":[1,true,null,"张"]}'.encode(), limit=100) == {"a": [1, True, None, "张"]}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":1.5}', "`1.5` is not a number"),
        (b'{"a":NaN}', "`NaN` is not a number"),
        (b'{"a":9007199254740992}', "too large"),
        (b'{"a":' + b"9" * 5000 + b"}", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{} {}", "not JSON"),
        (b"\xff{}", "not JSON"),
        (b"[" * 50_000, "not JSON"),
        (b" " * 100_001, "longer than 100000 bytes"),
    ],
)
def test_refused(data: bytes, problem: str) -> None:
    """Whatever has two meanings, or none, is refused by name."""
    with pytest.raises(Unreadable, match=problem):
        read_object(data, limit=100_000)


def test_lone_surrogate_has_no_canonical_form() -> None:
    """A text that is no Unicode cannot be signed."""
    with pytest.raises(Unreadable, match="canonical"):
        jcs(read_object(b'{"a":"\\ud800"}', limit=100))


def test_canonical_form_normalises_nothing() -> None:
    """Two spellings of one letter stay two, because they were signed as they stand."""
    assert jcs({"a": "e\u0301"}) != jcs({"a": "\u00e9"})


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (text_of, "x", "x"),
        (integer_of, 0, 0),
        (flag_of, False, False),
        (instant_of, "2026-11-22T08:00:00+08:00", datetime(2026, 11, 22, tzinfo=UTC)),
        (date_of, "2026-11-22", date(2026, 11, 22)),
        (languages_of, {"zh": "电工"}, Text.of(zh="电工")),
    ],
)
def test_values_are_read(read: Any, value: Any, expected: object) -> None:
    """Each kind of value is read as itself."""
    assert expected == read(value)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (text_of, ""),
        (text_of, 1),
        (integer_of, True),
        (integer_of, -1),
        (integer_of, "1"),
        (flag_of, 1),
        (instant_of, "2026-11-22T08:00:00"),
        (instant_of, "0001-01-01T00:00:00+10:00"),
        (instant_of, None),
        (date_of, "22.11.2026"),
        (languages_of, {}),
        (languages_of, "电工"),
        (languages_of, {"zh": ""}),
    ],
)
def test_other_values_are_refused(read: Any, value: Any) -> None:
    """Nothing is converted on the way in."""
    with pytest.raises(Unreadable):
        read(value)


def test_list_reads_each() -> None:
    """Every element is read, and a list must be one."""
    assert list_of(["a", "b"], text_of) == ("a", "b")
    with pytest.raises(Unreadable, match="a list was expected"):
        list_of("ab", text_of)


@pytest.mark.parametrize(
    ("value", "problem"), [([], "object"), ({}, "`a` is missing"), ({"a": 1, "c": 2}, "`c` is not a field")]
)
def test_fields_are_exact(value: Any, problem: str) -> None:
    """An object has the fields that were asked for, no fewer and no more."""
    with pytest.raises(Unreadable, match=problem):
        fields_of(value, required=("a",), optional=("b",))


def test_optional_field_may_stand() -> None:
    """A field that may stand does."""
    assert fields_of({"a": 1, "b": 2}, required=("a",), optional=("b",)) == {"a": 1, "b": 2}
