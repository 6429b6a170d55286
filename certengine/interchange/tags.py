"""What of an item's metadata other programs can keep as tags: ``level:apply``, ``difficulty:0.65``, ``importance:X``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from certengine.canonical import decimal_text
from certengine.model.bank import Importance, Item

_SAFE: Final = re.compile(r"[\w.\-]{1,40}")


def tags_of(item: Item) -> tuple[str, ...]:
    """The tags of an item; a level that a tag cannot hold is left to the record."""
    found = [f"importance:{item.importance.value}"]
    if _SAFE.fullmatch(item.level):
        found.insert(0, f"level:{item.level}")
    if item.difficulty is not None:
        found.append(f"difficulty:{decimal_text(item.difficulty)}")
    return tuple(found)


def fields_of(tags: Iterable[str]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The fields of an item that tags say, and the tags that say none of ours."""
    found: dict[str, Any] = {}
    foreign = []
    for tag in tags:
        name, _, value = tag.partition(":")
        field = _field(name.strip(), value.strip())
        if field is None:
            foreign.append(tag)
        else:
            found.setdefault(name.strip(), field)
    return found, tuple(foreign)


def _field(name: str, value: str) -> Any:
    match name:
        case "level" if _SAFE.fullmatch(value):
            return value
        case "importance" if value in {one.value for one in Importance}:
            return Importance(value)
        case "difficulty":
            return share(value)
    return None


def share(text: str) -> Decimal | None:
    """A share between 0 and 1 as written, or ``None``."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 < value < 1 else None
