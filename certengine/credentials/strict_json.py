"""Reading JSON that strangers hand in: bounded, unambiguous, and with one error class.

Invariants:

1. Nothing but :class:`Unreadable` leaves these functions, whatever the bytes.
2. A document has one meaning: duplicate names, floats, ``NaN``, lone surrogates and trailing matter are refused.
3. An object read with :func:`fields_of` has exactly the fields that were asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import NoReturn, TypeVar

import rfc8785

from certengine.canonical import Json, parse_instant
from certengine.errors import InputError
from certengine.model.text import Text

T = TypeVar("T")

_GREATEST_INTEGER = 2**53 - 1


class Unreadable(InputError, ValueError):
    """Bytes that are not what they were handed in as: a token, a credential, a keyring, a list or a bundle."""

    default_code = "credential/unreadable"


def read_object(data: bytes, *, limit: int) -> dict[str, Json]:
    """The JSON object in ``data``.

    Raises:
        Unreadable: when it is longer than ``limit`` bytes, or not one unambiguous JSON object.
    """
    if len(data) > limit:
        raise Unreadable(f"the document is longer than {limit} bytes")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_refuse_number,
            parse_int=_integer,
            parse_constant=_refuse_number,
        )
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable("the document is not JSON") from error
    if not isinstance(value, dict):
        raise Unreadable("the document is not a JSON object")
    return value


def jcs(value: Json) -> bytes:
    """The RFC 8785 bytes of JSON exactly as it was read: unlike the canonical form of nouns, nothing is normalised.

    Raises:
        Unreadable: for a value without a canonical form, such as a lone surrogate.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise Unreadable("the document has no canonical form") from error


def fields_of(value: Json, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Json]:
    """An object with exactly these fields.

    Raises:
        Unreadable: when it is no object, lacks a field or has another one.
    """
    if not isinstance(value, dict):
        raise Unreadable("an object was expected")
    missing = sorted(set(required) - set(value))
    if missing:
        raise Unreadable(f"`{missing[0]}` is missing")
    strange = sorted(set(value) - set(required) - set(optional))
    if strange:
        raise Unreadable(f"`{strange[0]}` is not a field here")
    return value


def text_of(value: Json) -> str:
    """A non-empty string.

    Raises:
        Unreadable: for anything else.
    """
    if not isinstance(value, str) or not value:
        raise Unreadable("a text was expected")
    return value


def integer_of(value: Json) -> int:
    """An integer from 0 on.

    Raises:
        Unreadable: for anything else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Unreadable("a whole number was expected")
    return value


def flag_of(value: Json) -> bool:
    """A true or false.

    Raises:
        Unreadable: for anything else.
    """
    if not isinstance(value, bool):
        raise Unreadable("true or false was expected")
    return value


def list_of(value: Json, read: Callable[[Json], T]) -> tuple[T, ...]:
    """A list, each element read by ``read``.

    Raises:
        Unreadable: for anything else, or as ``read`` does.
    """
    if not isinstance(value, list):
        raise Unreadable("a list was expected")
    return tuple(read(item) for item in value)


def instant_of(value: Json) -> datetime:
    """An instant in RFC 3339.

    Raises:
        Unreadable: for anything else.
    """
    try:
        return parse_instant(text_of(value))
    except (ValueError, OverflowError) as error:
        raise Unreadable("an instant was expected") from error


def date_of(value: Json) -> date:
    """A date, ``YYYY-MM-DD``.

    Raises:
        Unreadable: for anything else.
    """
    try:
        return date.fromisoformat(text_of(value))
    except ValueError as error:
        raise Unreadable("a date was expected") from error


def languages_of(value: Json) -> Text:
    """A text in one or more languages, ``{tag: text}``.

    Raises:
        Unreadable: for anything else.
    """
    if not isinstance(value, dict) or not value:
        raise Unreadable("a text by language was expected")
    return Text.of({tag: text_of(text) for tag, text in value.items()})


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Unreadable("a name stands twice in one object")
    return dict(pairs)


def _integer(text: str) -> int:
    # RFC 8785 has no form for integers a double cannot hold; int() of very long digits is refused by Python itself.
    value = int(text)
    if abs(value) > _GREATEST_INTEGER:
        raise Unreadable("a number is too large")
    return value


def _refuse_number(text: str) -> NoReturn:
    raise Unreadable(f"`{text}` is not a number that is used here")
