"""Nouns from their canonical JSON: the way back from :func:`certengine.canonical.to_json`.

Driven by the nouns' own type hints. What is ambiguous there (a component, a rule of the pass standard, a decision) is
told by its fields and literal values; the content of an item and the rule of an aspect by their kinds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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


def revive(noun: type[T], text: str) -> T:
    """A noun from the canonical JSON text the store keeps."""
    revived: T = from_json(noun, json.loads(text))
    return revived


def from_json(hint: Any, data: Any) -> Any:
    """A value of a type hint from plain JSON data.

    Raises:
        TypeError: when the data does not fit the hint; what the store wrote always does.
    """
    if hint is Any or _is_json(hint):
        return data
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _union(hint, data)
    if origin is tuple:
        return _tuple(get_args(hint), data)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: from_json(get_args(hint)[1], value) for key, value in data.items()}
    if origin is Literal:
        return data
    if isinstance(hint, type):
        return _plain(hint, data)
    raise TypeError(f"no way back from JSON to {hint}")


def _is_json(hint: Any) -> bool:
    """Whether a hint is plain JSON data. Resolved hints unroll the recursive alias, so it equals ``Json`` no longer."""
    return hint == Json or {NoneType, bool, int, str} <= set(get_args(hint))


def _plain(hint: type, data: Any) -> Any:
    if hint is Text:
        return Text.of(data)
    if is_dataclass(hint):
        return _dataclass(hint, data)
    if issubclass(hint, Enum):
        return hint(data)
    if hint is Decimal:
        return Decimal(data)
    if hint is Fraction:
        return Fraction(data)
    if hint is datetime:
        return parse_instant(data)
    if hint is date:
        return date.fromisoformat(data)
    if isinstance(data, hint):
        return data
    raise TypeError(f"{hint.__name__} is due, found {type(data).__name__}")


@cache
def _hints(noun: type) -> dict[str, Any]:
    return get_type_hints(noun)


def _dataclass(noun: type, data: Mapping[str, Any]) -> Any:
    hints = dict(_hints(noun))
    if noun is Item:
        hints["content"] = items.kind_of(data["kind"]).content_type
    elif noun is Aspect:
        hints["rule"] = aspects.kind_of(data["kind"]).rule_type
    values = {}
    for part in fields(noun):
        if part.name in data:
            values[part.name] = from_json(hints[part.name], data[part.name])
        elif part.default is MISSING and part.default_factory is MISSING:
            values[part.name] = None  # empty fields are left out of canonical JSON
    return noun(**values)


def _tuple(parts: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(from_json(parts[0], item) for item in data)
    return tuple(from_json(part, item) for part, item in zip(parts, data, strict=True))


def _union(hint: Any, data: Any) -> Any:
    members = [member for member in get_args(hint) if member is not NoneType]
    if data is None:
        return None
    if len(members) == 1:
        return from_json(members[0], data)
    for member in members:
        if is_dataclass(member) and isinstance(member, type) and _fits(member, data):
            return _dataclass(member, data)
    raise TypeError(f"the data fits no member of {hint}")


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
