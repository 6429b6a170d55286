"""The headers of a Parquet file's pages (Thrift compact protocol): what each page claims to unpack to.

The reader of Parquet sets aside the memory that a page's header claims, whatever the footer says of the column. So the
claims are added up first; nothing is unpacked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

MAX_DEPTH: Final = 8
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 0, 1, 2, 3, 7, 8, 12
_WHOLE: Final = (4, 5, 6)
_UNPACKED, _PACKED = 2, 3


def page_sizes(data: bytes, start: int, length: int) -> Iterator[int]:
    """The size each page of one column claims to unpack to, in file order.

    Args:
        start: where its first page's header begins. length: of all its pages with their headers.

    Raises:
        ValueError: when the bytes are no such headers, or lead out of the column.
    """
    end = start + length
    if not 0 < start <= end <= len(data):
        raise ValueError("a column lies outside the file")
    place = start
    while place < end:
        header = _Header(data, place, end)
        sizes = header.whole_numbers()
        unpacked, packed = sizes.get(_UNPACKED, -1), sizes.get(_PACKED, -1)
        if unpacked < 0 or packed < 0:
            raise ValueError("a page does not say how large it is")
        yield unpacked
        place = header.place + packed
    if place != end:
        raise ValueError("a page leads out of its column")


class _Header:
    """One struct, read from a place on."""

    def __init__(self, data: bytes, place: int, end: int) -> None:
        self._data, self.place, self._end = data, place, end

    def whole_numbers(self) -> dict[int, int]:
        """The struct's whole numbers by field; the place is behind it then."""
        found: dict[int, int] = {}
        for field, kind in self._fields():
            if kind in _WHOLE:
                found[field] = self._signed()
            else:
                self._skip(kind, 0)
        return found

    def _fields(self) -> Iterator[tuple[int, int]]:
        field = 0
        while (byte := self._byte()) != _STOP:
            field = field + (byte >> 4) if byte >> 4 else self._signed()
            yield field, byte & 15

    def _skip(self, kind: int, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError("a header is nested too deeply")
        if kind in (_TRUE, _FALSE):  # the kind is the value
            return
        if kind == _BYTE:
            self._forward(1)
        elif kind in _WHOLE:
            self._number()
        elif kind == _DOUBLE:
            self._forward(8)
        elif kind == _BINARY:
            self._forward(self._number())
        elif kind == _STRUCT:
            for _, inner in self._fields():
                self._skip(inner, depth + 1)
        else:
            raise ValueError("a header holds what no page's header does")

    def _byte(self) -> int:
        self._forward(1)
        return self._data[self.place - 1]

    def _number(self) -> int:
        value = shift = 0
        while shift < 64:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ValueError("a number in a header has no end")

    def _signed(self) -> int:
        value = self._number()
        return (value >> 1) ^ -(value & 1)

    def _forward(self, count: int) -> None:
        self.place += count
        if self.place > self._end:
            raise ValueError("a header leads out of its column")
