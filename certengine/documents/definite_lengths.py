"""The outer shape of DER (X.690 clause 10), checked in one pass before anything is decoded.

Decoders of ASN.1 put a value of indefinite length together again, part by part and over and over: a file could be made
that takes them seconds. What has this shape they take as it is.
"""

from __future__ import annotations

_LONG_TAG = 0x1F
_CONSTRUCTED = 0x20
_LONG_LENGTH = 0x80
MAX_DEPTH = 40
"""Deeper than any certificate, signature or time stamp nests."""


def first_value(data: bytes) -> bytes:
    """The first value of some bytes, when every length in it is definite and as short as can be (X.690 10.1).

    Raises:
        ValueError: it does not have that shape, or nests too deep.
    """
    start, whole = _frame(data, 0, len(data))
    open_until = [whole] if data[0] & _CONSTRUCTED else []
    at = start if open_until else whole
    while open_until:
        if at == open_until[-1]:
            open_until.pop()
            continue
        inner, end = _frame(data, at, open_until[-1])
        if data[at] & _CONSTRUCTED:
            if len(open_until) == MAX_DEPTH:
                raise ValueError("it nests too deep")
            open_until.append(end)
            at = inner
        else:
            at = end
    return data[:whole]


def only_value(data: bytes) -> bytes:
    """The one value that some bytes are, of the shape that :func:`first_value` wants.

    Raises:
        ValueError: it does not have that shape, or something follows.
    """
    if first_value(data) != data:
        raise ValueError("something follows the value")
    return data


def _frame(data: bytes, at: int, limit: int) -> tuple[int, int]:
    """Where the contents of the value at a place begin, and where they end."""
    if limit - at < 2 or data[at] & _LONG_TAG == _LONG_TAG:
        raise ValueError("no value with a short tag begins here")
    size, start = data[at + 1], at + 2
    if size >= _LONG_LENGTH:
        count = size - _LONG_LENGTH
        written = data[start : start + count]
        size, start = int.from_bytes(written), start + count
        if not 1 <= count <= 4 or size < _LONG_LENGTH or written[0] == 0:
            raise ValueError("a length is not definite, or not as short as can be")
    if start + size > limit:
        raise ValueError("a value is longer than what holds it")
    return start, start + size
