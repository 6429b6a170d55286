"""Wide response files of any length, by blocks of bytes: one code for each answer, without a text for each.

A row is taken in the cheapest of three ways in which it can be read; what each reads is what the row reader of
:mod:`certengine.interchange.responses` would have read:

1. *by its end*: the last answers of a row are single bytes, so they lie at fixed distances from its line end;
2. *by its separators*: answers of at most eight bytes, blanks among them, wherever their columns stand;
3. *by itself*: anything else goes to the row reader, which says what is wrong with it.

A file with quotes, with other line ends or in UTF-16 goes to the row reader as a whole; so do workbooks, Parquet and JSON Lines.

Invariants:

1. No row is read in part, and none is lost: each is in one chunk or in one finding.
2. Memory is bounded by the block; a file may be larger than memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]

ID_WIDTH: Final = 64
LINE_END: Final = 10
NOT_PLAIN: Final = 255
_WORD: Final = 8
_ID_FIRST: Final = np.zeros(256, dtype=np.bool_)
_ID_LATER: Final = np.zeros(256, dtype=np.bool_)
for _byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789":
    _ID_FIRST[_byte] = _ID_LATER[_byte] = True
for _byte in b"._-":
    _ID_LATER[_byte] = True


class AnswerCodes(Protocol):
    """What a form makes of answers: a code for each."""

    def code(self, index: int, text: str) -> int:
        """The code of an answer at a position from 0."""
        ...

    def plain_codes(self, letters: str) -> NDArray[np.uint8]:
        """By position and byte, the code of each of some letters as an answer; 255 of others; byte 0 is a blank."""
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a wide file are laid out.

    Attributes:
        columns: how many there are. answers: the column of each position.
        plain: by position and byte, the code of an answer that is this byte alone; 255 where another way must read it.
        pairs: by position, the code of a separator and such an answer, taken as one number of two bytes.
    """

    separator: int
    columns: int
    candidate: int
    answers: tuple[int, ...]
    plain: NDArray[np.uint8]
    pairs: NDArray[np.uint8]
    encoding: str

    @classmethod
    def of(
        cls, separator: str, columns: int, candidate: int, answers: tuple[int, ...], head: bytes, codes: AnswerCodes
    ) -> Layout:
        """The layout of a file that begins with ``head``, whose letters are those it is likely to go on with."""
        letters = "".join(
            chr(byte) for byte in sorted(set(head)) if 32 <= byte < 127 and chr(byte) not in f'{separator}"'
        )
        plain = codes.plain_codes(letters)
        pairs = np.full((len(answers), 1 << 16), NOT_PLAIN, dtype=np.uint8)
        pairs[:, ord(separator) :: 256] = plain
        pairs[:, ord(separator)] = NOT_PLAIN  # no byte at all is no single byte
        return cls(ord(separator), columns, candidate, answers, plain, pairs, "utf-8")

    @property
    def ends_in_answers(self) -> bool:
        """Whether the answers are the last columns, in order, and the candidate is the first."""
        first = self.columns - len(self.answers)
        return self.candidate == 0 and first > 0 and self.answers == tuple(range(first, self.columns))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows that were read: ids as ASCII bytes, line numbers, and codes with a row for each position."""

    ids: NDArray[np.bytes_]
    lines: Places
    codes: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file, without quotes: where each starts and stops (its line end left out)."""

    data: Bytes
    starts: Places
    stops: Places
    first_line: int

    @classmethod
    def of(cls, data: Bytes, first_line: int, *, carriage_return: bool) -> Block:
        """Lines that end in a line feed each, or in a carriage return and a line feed."""
        ends = np.flatnonzero(data == LINE_END)
        starts = np.empty_like(ends)
        starts[:1] = 0
        starts[1:] = ends[:-1] + 1
        return cls(data, starts, ends - int(carriage_return), first_line)

    @classmethod
    def even(cls, data: Bytes, first_line: int, *, carriage_return: bool) -> Block | None:
        """The same if every line seems as long as the first; whether line ends stand elsewhere is not looked at."""
        step = data[: 1 << 16].tobytes().find(b"\n") + 1
        if not step or len(data) % step or not (data[step - 1 :: step] == LINE_END).all():
            return None
        starts = np.arange(0, len(data), step)
        return cls(data, starts, starts + (step - 1 - int(carriage_return)), first_line)

    def line(self, row: int) -> bytes:
        """The bytes of a row."""
        return self.data[self.starts[row] : self.stops[row]].tobytes()


def read_block(
    data: Bytes, first_line: int, layout: Layout, codes: AnswerCodes, *, carriage_return: bool
) -> tuple[list[Chunk], list[tuple[int, bytes]], int]:
    """What can be read in the first two ways, the lines that are left with their numbers, and how many lines there are."""
    if layout.ends_in_answers:
        even = Block.even(data, first_line, carriage_return=carriage_return)
        if even is not None:
            chunk, taken = _by_end(even, layout)
            if taken.all():  # so no line end stands anywhere else
                return [chunk], [], len(even.starts)
    block = Block.of(data, first_line, carriage_return=carriage_return)
    rows = np.arange(len(block.starts))
    chunks: list[Chunk] = []
    if layout.ends_in_answers:
        chunk, taken = _by_end(block, layout)
        chunks.append(chunk)
        rows = rows[~taken]
    if len(rows):
        chunk, rows = _by_separators(block, rows, layout, codes)
        chunks.append(chunk)
    left = [(first_line + row, block.line(row)) for row in rows.tolist()]
    return [chunk for chunk in chunks if len(chunk.ids)], left, len(block.starts)


def _by_end(block: Block, layout: Layout) -> tuple[Chunk, NDArray[np.bool_]]:
    """The first way; which rows it took."""
    width = 2 * len(layout.answers)  # each answer with the separator before it
    heads = block.stops - block.starts - width
    fits = (heads > 0) & (heads <= ID_WIDTH)
    tails = _windows(block, np.where(fits, block.stops - width, 0), width)
    pairs = np.ascontiguousarray(tails.view("<u2").T)
    codes = np.empty(pairs.shape, dtype=np.uint8)
    for index in range(len(pairs)):
        np.take(layout.pairs[index], pairs[index], out=codes[index], mode="clip")
    fits &= codes.max(axis=0) < NOT_PLAIN
    head_width = int(heads[fits].max(initial=1))
    head = _windows(block, np.where(fits, block.starts, 0), head_width)
    ends = heads
    if layout.columns > len(layout.answers) + 1:
        inside = np.arange(head_width) < heads[:, None]
        at_separator = (head == layout.separator) & inside
        fits &= at_separator.sum(axis=1) == layout.columns - len(layout.answers) - 1
        fits &= ~((head == LINE_END) & inside).any(axis=1)
        ends = np.where(at_separator.any(axis=1), at_separator.argmax(axis=1), heads)
    ids, sound = _ids(head, ends)
    fits &= sound
    if fits.all():
        return Chunk(ids, block.first_line + np.arange(len(ids)), codes), fits
    return Chunk(ids[fits], block.first_line + np.flatnonzero(fits), np.compress(fits, codes, axis=1)), fits


def _by_separators(block: Block, rows: Places, layout: Layout, codes: AnswerCodes) -> tuple[Chunk, Places]:
    """The second way; which of the rows it left."""
    data, lengths = _joined(block, rows)
    line_ends = np.cumsum(lengths + 1) - 1
    at = np.flatnonzero((data == layout.separator) | (data == LINE_END))
    counts = np.diff(np.searchsorted(at, line_ends), prepend=-1)
    regular = counts == layout.columns
    ends = np.ascontiguousarray(at[np.repeat(regular, counts)].reshape(-1, layout.columns).T)
    first = np.empty_like(ends)
    first[0] = (line_ends - lengths)[regular]
    np.add(ends[:-1], 1, out=first[1:])
    padded = np.concatenate([data, np.zeros(ID_WIDTH, dtype=np.uint8)])
    own, size = first[layout.candidate], ends[layout.candidate] - first[layout.candidate]
    fits = (size > 0) & (size <= ID_WIDTH)
    ids, sound = _ids(np.lib.stride_tricks.sliding_window_view(padded, ID_WIDTH)[own], np.minimum(size, ID_WIDTH))
    fits &= sound
    begin = first[list(layout.answers)]
    sizes = ends[list(layout.answers)] - begin
    letters = padded[begin]
    letters[sizes == 0] = 0
    table = np.empty(begin.shape, dtype=np.uint16)
    for index in range(len(begin)):
        table[index] = layout.plain[index][letters[index]]
    longer = (sizes > 1) | (table == NOT_PLAIN)
    for index in np.flatnonzero(longer.any(axis=1)).tolist():
        fits &= ~longer[index] | (sizes[index] <= _WORD)
        places = np.flatnonzero(longer[index] & fits)
        found = _long_codes(padded, begin[index, places], sizes[index, places], index, layout, codes)
        fits[places[found < 0]] = False
        table[index, places] = np.maximum(found, 0)
    numbers = rows[regular]
    chunk = Chunk(
        ids[fits], block.first_line + numbers[fits], table if fits.all() else np.compress(fits, table, axis=1)
    )
    return chunk, np.sort(np.concatenate([rows[~regular], numbers[~fits]]))


def _long_codes(
    padded: Bytes, begin: Places, length: Places, index: int, layout: Layout, codes: AnswerCodes
) -> NDArray[np.int64]:
    """Codes of answers of up to eight bytes, each distinct one read once; -1 where the bytes are no text."""
    cells = np.lib.stride_tricks.sliding_window_view(padded, _WORD)[begin]
    cells = np.where(np.arange(_WORD) < length[:, None], cells, 0)
    distinct, inverse = np.unique(np.ascontiguousarray(cells).view(f"S{_WORD}")[:, 0], return_inverse=True)
    known = [_code_of(bytes(cell), index, layout.encoding, codes) for cell in distinct]
    return np.asarray(known, dtype=np.int64)[inverse]


def _code_of(cell: bytes, index: int, encoding: str, codes: AnswerCodes) -> int:
    try:
        return codes.code(index, cell.decode(encoding).strip())
    except UnicodeDecodeError:
        return -1


def _windows(block: Block, starts: Places, width: int) -> Bytes:
    """So many bytes of each row, from ``starts``; a view where all rows are equally long, which is quickest."""
    step = int(block.starts[1] - block.starts[0]) if len(starts) > 1 else len(block.data)
    if len(block.data) == step * len(starts) and (np.diff(starts) == step).all() and starts[0] + width <= step:
        return block.data.reshape(len(starts), step)[:, starts[0] : starts[0] + width]
    if len(block.data) < starts.max() + width:
        short = np.concatenate([block.data, np.zeros(width, dtype=np.uint8)])
        return np.lib.stride_tricks.sliding_window_view(short, width)[starts]
    return np.lib.stride_tricks.sliding_window_view(block.data, width)[starts]


def _joined(block: Block, rows: Places) -> tuple[Bytes, Places]:
    """The bytes of some rows one after the other, each with its line end, and their lengths without it."""
    lengths = block.stops[rows] - block.starts[rows]
    offsets = np.cumsum(lengths + 1) - (lengths + 1)
    steps = np.arange(int((lengths + 1).sum())) - np.repeat(offsets, lengths + 1)
    data = block.data[np.repeat(block.starts[rows], lengths + 1) + steps]
    data[offsets + lengths] = LINE_END  # where a carriage return stood
    return data, lengths


def _ids(cells: Bytes, lengths: Places) -> tuple[NDArray[np.bytes_], NDArray[np.bool_]]:
    """Ids from the beginning of each row of bytes, and which of them are ids of the house."""
    width = max(1, min(int(lengths.max(initial=1)), cells.shape[1]))
    cells = cells[:, :width]
    inside = np.arange(width) < lengths[:, None]
    sound = (_ID_LATER[cells] | ~inside).all(axis=1) & _ID_FIRST[cells[:, 0]] & (lengths > 0)
    kept = np.where(inside, cells, 0).astype(np.uint8)
    return np.ascontiguousarray(kept).view(f"S{width}")[:, 0], sound
