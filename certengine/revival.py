"""Nouns from their canonical JSON: the way back from :func:`certengine.canonical.to_json`.

Driven by the nouns' own type hints. What is ambiguous there (a component, a rule of the pass standard, a decision) is
told by its fields and literal values; the content of an item and the rule of an aspect by their kinds.

Every hint is turned into a function once, so that a bank of thousands of items comes back in a tenth of a second.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from certengine import aspects, items
from certengine.canonical import Json, parse_instant
from certengine.model.bank import Item
from certengine.model.scheme import Aspect
from certengine.model.text import Text

T = TypeVar("T")
Maker = Callable[[Any], Any]
_FROM_TEXT: dict[type, Maker] = {
    Decimal: Decimal,
    Fraction: Fraction,
    datetime: parse_instant,
    date: date.fromisoformat,
}


def revive(noun: type[T], text: str) -> T:
    """A noun from the canonical JSON text the store keeps."""
    with collection_paused():
        revived: T = from_json(noun, json.loads(text))
    return revived


def from_json(hint: Any, data: Any) -> Any:
    """A value of a type hint from plain JSON data.

    Raises:
        TypeError: when the data does not fit the hint; what the store wrote always does.
    """
    return _maker(hint)(data)


@contextmanager
def collection_paused() -> Iterator[None]:
    """No garbage collection meanwhile: whatever is revived lives, and looking for garbage in it doubles the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@cache
def _maker(hint: Any) -> Maker:
    """What makes a value of a type hint."""
    if hint is Any or _is_json(hint) or get_origin(hint) is Literal:
        return _as_it_is
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _union(hint, [part for part in parts if part is not NoneType])
    if origin is tuple:
        return _tuple(parts)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        make = _maker(parts[1])
        return lambda data: {key: make(value) for key, value in data.items()}
    if isinstance(hint, type):
        return _plain(hint)
    raise TypeError(f"no way back from JSON to {hint}")


def _as_it_is(data: Any) -> Any:
    return data


def _is_json(hint: Any) -> bool:
    """Whether a hint is plain JSON data. Resolved hints unroll the recursive alias, so it equals ``Json`` no longer."""
    return hint == Json or {NoneType, bool, int, str} <= set(get_args(hint))


def _plain(hint: type) -> Maker:
    if hint is Text:
        return _text
    if is_dataclass(hint):
        return _dataclass(hint)
    if issubclass(hint, Enum):
        members = {member.value: member for member in hint}
        return members.__getitem__
    if hint in _FROM_TEXT:
        return _FROM_TEXT[hint]

    def checked(data: Any) -> Any:
        if isinstance(data, hint):
            return data
        raise TypeError(f"{hint.__name__} is due, found {type(data).__name__}")

    return checked


def _text(data: Mapping[str, str]) -> Text:
    return Text.in_order(tuple(data.items()))


@cache
def _hints(noun: type) -> dict[str, Any]:
    return get_type_hints(noun)


def _dataclass(noun: type) -> Maker:
    makers: dict[str, Maker] = {}
    needed = [part.name for part in fields(noun) if part.default is MISSING and part.default_factory is MISSING]

    def make(data: Any) -> Any:
        if not isinstance(data, dict):
            raise TypeError(f"{noun.__name__} is due, found {type(data).__name__}")
        if not makers:  # not before it is needed: a noun may hold itself
            makers.update((name, _maker(hint)) for name, hint in _hints(noun).items())
        values = {name: makers[name](value) for name, value in data.items() if name in makers}
        for name in needed:
            if name not in values:
                values[name] = None  # empty fields are left out of canonical JSON
        return noun(**values)

    if noun is Item:
        return _by_kind(make, "content", {kind.id: kind.content_type for kind in items.KINDS})
    if noun is Aspect:
        return _by_kind(make, "rule", {kind.id: kind.rule_type for kind in aspects.KINDS})
    return make


def _by_kind(make: Maker, field: str, types: Mapping[str, type]) -> Maker:
    """Like ``make``, with the one field whose type the kind tells made first."""
    makers = {kind: _maker(type_) for kind, type_ in types.items()}

    def make_of_kind(data: Any) -> Any:
        return make({**data, field: makers[data["kind"]](data[field])})

    return make_of_kind


def _tuple(parts: tuple[Any, ...]) -> Maker:
    if len(parts) == 2 and parts[1] is Ellipsis:
        make = _maker(parts[0])
        return lambda data: tuple([make(item) for item in data])
    makers = [_maker(part) for part in parts]
    return lambda data: tuple([make(item) for make, item in zip(makers, data, strict=True)])


def _union(hint: Any, members: list[Any]) -> Maker:
    if len(members) == 1:
        make = _maker(members[0])
        return lambda data: None if data is None else make(data)
    nouns = [member for member in members if is_dataclass(member) and isinstance(member, type)]
    words = {word for member in members for word in get_args(member)}
    types = tuple(member for member in members if isinstance(member, type) and member not in nouns)

    def make_fitting(data: Any) -> Any:
        if data is None or isinstance(data, types) or (not isinstance(data, dict) and data in words):
            return data
        for noun in nouns:
            if _fits(noun, data):
                return _maker(noun)(data)
        raise TypeError(f"the data fits no member of {hint}")

    return make_fitting


def _fits(noun: type, data: Mapping[str, Any]) -> bool:
    hints = _hints(noun)
    if not data.keys() <= hints.keys():
        return False
    for part in fields(noun):
        if get_origin(hints[part.name]) is Literal and data.get(part.name) not in get_args(hints[part.name]):
            return False
        required = part.default is MISSING and part.default_factory is MISSING
        if required and part.name not in data and NoneType not in get_args(hints[part.name]):
            return False
    return True
