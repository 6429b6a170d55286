"""Canonical bytes and digests: the same value gives the same bytes, today and in twenty years.

JSON by RFC 8785 (JSON Canonicalization Scheme). Invariants:

1. No floats enter: a mark, a measured value or a parameter is a decimal *string*, so that nothing depends on how a
   machine rounds binary fractions.
2. Strings are Unicode NFC, and lone surrogates are refused, so that two spellings of one name digest alike.
3. A digest names its algorithm (``sha256:<64 hex digits>``), so that a later one can stand beside it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from json.encoder import encode_basestring

import rfc8785

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

DIGEST_PREFIX = "sha256:"
_EXACT = 2**53 - 1
_NOUNS: dict[type, tuple[str, ...] | None] = {}
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


def to_json(value: object) -> Json:
    """A value of nouns as plain JSON data.

    Dataclasses become objects without their empty (``None``) fields, decimals and fractions become strings, instants
    become RFC 3339 in UTC with a ``Z``.

    Raises:
        TypeError: for a float, a naive datetime, or a type that has no canonical form.
        ValueError: for a string with a lone surrogate, a decimal that is not finite, or two keys that read the same.
    """
    match value:
        case None | bool():
            return value
        case Enum():
            return to_json(value.value)
        case int():
            return value
        case str():
            return _normal(value)
        case Decimal():
            return decimal_text(value)
        case Fraction():
            return f"{value.numerator}/{value.denominator}" if value.denominator != 1 else str(value.numerator)
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case Mapping():
            return _object(value)
        case Sequence() if not isinstance(value, bytes):
            return [to_json(item) for item in value]
    as_json = getattr(value, "to_json", None)
    if as_json is not None:
        return to_json(as_json())
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: to_json(item) for name, item in pairs if item is not None}
    raise TypeError(f"no canonical form for {type(value).__name__}")


def canonical_bytes(value: object) -> bytes:
    """The RFC 8785 bytes of a value.

    Raises:
        TypeError, ValueError: as :func:`to_json`, or an integer beyond 2^53 - 1.
    """
    return Canonical().bytes(value)


def digest(value: object) -> str:
    """The digest of a value's canonical bytes, ``sha256:<hex>``."""
    return digest_of_bytes(canonical_bytes(value))


class Canonical:
    """Writes many values that share parts: a part that is met again as the same object is not written anew.

    Only nouns are remembered, which never change, for as long as this lives.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, str]] = {}

    def bytes(self, value: object) -> bytes:
        """The RFC 8785 bytes of a value.

        Raises:
            TypeError, ValueError: as :func:`canonical_bytes`.
        """
        return self._text(value).encode()

    def digest(self, value: object) -> str:
        """The digest of a value's canonical bytes."""
        return digest_of_bytes(self.bytes(value))

    def _text(self, value: object) -> str:
        kind = type(value)
        if kind is str:
            return _quoted(value)
        if kind is list or kind is tuple:
            write = self._text
            return f"[{','.join([_quoted(one) if type(one) is str else write(one) for one in value])}]"  # type: ignore[attr-defined]  # by its type
        names = _NOUNS[kind] if kind in _NOUNS else _fields_of(kind)
        if names is None:
            return _json_text(to_json(value))
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        parts = [f'"{name}":{self._text(part)}' for name in names if (part := getattr(value, name)) is not None]
        text = f"{{{','.join(parts)}}}"
        self._known[id(value)] = (value, text)  # held, so that its id is no other's
        return text


def _fields_of(kind: type) -> tuple[str, ...] | None:
    """The fields of a class whose instances never change and do not say how they are written; else ``None``."""
    params = getattr(kind, "__dataclass_params__", None)
    plain = params is not None and params.frozen and not hasattr(kind, "to_json")
    _NOUNS[kind] = names = tuple(sorted(field.name for field in fields(kind))) if plain else None
    return names


def _json_text(value: Json) -> str:
    """Plain data as RFC 8785 has it: what is common at once, the rest by the library that knows it all."""
    match value:
        case None:
            return "null"
        case True | False:
            return "true" if value else "false"
        case str():
            return encode_basestring(value)
        case int() if -_EXACT <= value <= _EXACT:
            return str(value)
        case list():
            return f"[{','.join([_json_text(one) for one in value])}]"
        case dict() if all(map(str.isascii, value)):
            return f"{{{','.join([f'{encode_basestring(name)}:{_json_text(value[name])}' for name in sorted(value)])}}}"
    return rfc8785.dumps(value).decode()


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return encode_basestring(_normal(text))


def digest_of_bytes(data: bytes) -> str:
    """The digest of raw bytes, ``sha256:<hex>``."""
    return DIGEST_PREFIX + hashlib.sha256(data).hexdigest()


def decimal_text(value: Decimal) -> str:
    """A decimal in plain notation without trailing zeros: ``Decimal("1.50") -> "1.5"``, ``Decimal("1E+2") -> "100"``."""
    if not value.is_finite():
        raise ValueError("a decimal must be finite")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def instant_text(value: datetime) -> str:
    """An aware instant as RFC 3339 in UTC: whole seconds without a fraction, else microseconds."""
    if value.tzinfo is None:
        raise TypeError("an instant must carry its time zone")
    text = value.astimezone(UTC).isoformat(timespec="microseconds" if value.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """The instant that :func:`instant_text` wrote.

    Raises:
        ValueError: when it is not RFC 3339 or carries no offset.
    """
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(f"an instant is written as RFC 3339 with its offset, given: {text}")
    return datetime.fromisoformat(text).astimezone(UTC)


def _object(value: Mapping[object, object]) -> dict[str, Json]:
    found = {_normal(str(key)): to_json(item) for key, item in value.items()}
    if len(found) != len(value):
        raise ValueError("two keys of an object read the same; one of them would be lost")
    return found


def _normal(text: str) -> str:
    text.encode("utf-8")  # a lone surrogate raises UnicodeEncodeError, a ValueError
    return unicodedata.normalize("NFC", text)
