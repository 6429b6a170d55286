"""Deterministic CBOR, the small part of it that a token uses (RFC 8949 section 4.2.1).

A general library decodes far more than a token may hold (dates, big numbers, shared references); here everything
that is not foreseen has no code to reach. Invariants:

1. Values are integers of 64 bits, byte strings, texts in NFC or not, lists, maps with integer keys, and tag 18.
2. Every value has one encoding: shortest heads, definite lengths, keys in the order of their bytes.
3. ``encode(decode(data)) == data`` for all data that decodes; all other data raises :class:`Unreadable`.
"""

from __future__ import annotations

from dataclasses import dataclass

from certengine.credentials.strict_json import Unreadable

COSE_SIGN1 = 18

_DEPTH = 6
_NEGATIVE = 2**64


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value under tag 18, COSE_Sign1."""

    value: Cbor


Cbor = int | bytes | str | list["Cbor"] | dict[int, "Cbor"] | Tagged


def encode(value: Cbor) -> bytes:
    """The one encoding of a value.

    Raises:
        ValueError: for an integer beyond 64 bits.
    """
    match value:
        case Tagged(inner):
            return _head(6, COSE_SIGN1) + encode(inner)
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return string_head(value) + value
        case str():
            data = value.encode()
            return _head(3, len(data)) + data
        case list():
            return _head(4, len(value)) + b"".join(encode(item) for item in value)
    pairs = sorted((encode(key), encode(item)) for key, item in value.items())
    return _head(5, len(pairs)) + b"".join(key + item for key, item in pairs)


def decode(data: bytes) -> Cbor:
    """The value that ``data`` encodes, to its last byte.

    Raises:
        Unreadable: when it is not the one encoding of a value.
    """
    try:
        value, end = _value(data, 0, _DEPTH)
    except IndexError:
        raise Unreadable("the value is cut off") from None
    if end != len(data):
        raise Unreadable("bytes follow the value")
    return value


def string_head(data: bytes) -> bytes:
    """What stands before a byte string in its encoding."""
    return _head(2, len(data))


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    for width, info in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if argument < 1 << 8 * width:
            return bytes([major << 5 | info]) + argument.to_bytes(width, "big")
    raise ValueError("an integer has at most 64 bits")


def _long_head(data: bytes, at: int, info: int) -> tuple[int, int]:
    """The argument of a head that does not fit its first byte, and where the head ends."""
    if info > 27:
        raise Unreadable("lengths must be definite")
    width = 1 << info - 24
    argument = int.from_bytes(data[at : at + width], "big")
    if at + width > len(data) or argument < (24 if width == 1 else 1 << 4 * width):
        raise Unreadable("a head is cut off or longer than it need be")
    return argument, at + width


# Written for few calls: it is most of what a look-up computes beside the signature. Whoever reads beyond the end of the
# data gets an `IndexError`, which `decode` tells as what it is.


def _value(data: bytes, at: int, depth: int) -> tuple[Cbor, int]:
    if depth == 0:
        raise Unreadable("values are nested too deeply")
    first = data[at]
    at += 1
    major, argument = first >> 5, first & 31
    if argument > 23:
        argument, at = _long_head(data, at, argument)
    if 2 <= major <= 3:
        end = at + argument
        if end > len(data):
            raise Unreadable("a string is cut off")
        return (data[at:end], end) if major == 2 else (_text(data[at:end]), end)
    if major == 0:
        return argument, at
    if major == 5:
        return _map(data, at, argument, depth - 1)
    if major == 1:
        return -1 - argument, at
    if major == 4:
        return _list(data, at, argument, depth - 1)
    if major == 6 and argument == COSE_SIGN1:
        value, at = _value(data, at, depth - 1)
        return Tagged(value), at
    raise Unreadable("a value is of a type that tokens do not use")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("a text is not UTF-8") from error


def _list(data: bytes, at: int, length: int, depth: int) -> tuple[Cbor, int]:
    items: list[Cbor] = []
    for _ in range(length):
        item, at = _value(data, at, depth)
        items.append(item)
    return items, at


def _map(data: bytes, at: int, length: int, depth: int) -> tuple[Cbor, int]:
    items: dict[int, Cbor] = {}
    last = -1
    for _ in range(length):
        key: Cbor
        if data[at] < 24:  # a small integer is its own head
            key, at = data[at], at + 1
        else:
            key, at = _value(data, at, depth)
        # Heads are the shortest, so bytes are in order when negative integers follow the others, each by their size.
        if not isinstance(key, int) or (place := key if key >= 0 else _NEGATIVE - key) <= last:
            raise Unreadable("the keys of a map must be integers, in order and different")
        last = place
        items[key], at = _value(data, at, depth)
    return items, at
