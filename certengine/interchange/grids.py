"""Rows of a file as they stand: what every reader of one format gives, and how it refuses what it cannot read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from certengine.errors import Finding, InputError, place_in

MAX_COLUMNS: Final = 2_000
"""Most columns of any table; a paper has hundreds of items at most."""

HEADER_WITHIN: Final = 30
"""A header is looked for in so many rows: an exported sheet has a title and its assessor above the table."""


_BETWEEN: Final = "\0"  # every reader refuses a text with a NUL in it


class Row:
    """One row: its 1-based line in the file and its cells, outer white space included.

    The cells are kept as one text: a hundred short ones are 0.3 KB instead of 1.3 KB, and a file has many rows.
    """

    __slots__ = ("_packed", "line")

    def __init__(self, *, line: int, cells: tuple[str, ...]) -> None:
        """Keep the cells of a line."""
        self.line = line
        packed = _BETWEEN.join(cells)
        whole = packed.count(_BETWEEN) + 1 == len(cells)
        self._packed: str | tuple[str, ...] = packed if whole else cells

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells, unpacked at each call."""
        return tuple(self._packed.split(_BETWEEN)) if isinstance(self._packed, str) else self._packed

    @property
    def width(self) -> int:
        """How many cells there are."""
        return self._packed.count(_BETWEEN) + 1 if isinstance(self._packed, str) else len(self._packed)

    @property
    def is_blank(self) -> bool:
        """Whether no cell has any text."""
        return not "".join(self.cells).strip()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and (self.line, self.cells) == (other.line, other.cells)

    def __hash__(self) -> int:
        return hash((self.line, self.cells))

    def __repr__(self) -> str:
        return f"Row(line={self.line}, cells={self.cells})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Rows as they stand, before any of them is taken for the header.

    Attributes:
        named: the cells of a row are all there by construction (xlsx, JSON Lines, Parquet), so a short row is not ragged.
        lost: rows left out with a finding, as far as they could be read.
        lost_cells: by line, the 0-based columns of such a row that could not be read, where a form tells.
    """

    rows: tuple[Row, ...]
    encoding: str
    named: bool = False
    lost: tuple[Row, ...] = ()
    lost_cells: Mapping[int, frozenset[int]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def refused(path: Path, code: str, message: str, *, line: int | None = None, hint: str | None = None) -> InputError:
    """The error of a file that cannot be read at all."""
    finding = Finding(code=code, message=message, place=place_in(path, line), hint=hint)
    return InputError(f"`{path.name or path}` is not read: {message}", hint=hint, findings=(finding,), code=code)


def bounded(path: Path, rows: Iterable[Row], max_rows: int) -> tuple[Row, ...]:
    """The rows, when they are not too many nor too wide.

    Raises:
        InputError: at the first row beyond the bounds; the rest is not read.
    """
    return tuple(within_bounds(path, rows, max_rows))


def within_bounds(path: Path, rows: Iterable[Row], max_rows: int) -> Iterator[Row]:
    """The same one after the other."""
    for number, row in enumerate(rows):
        if number > max_rows:  # one more than the bound: the header
            message = f"the table has more than {max_rows} rows"
            raise refused(path, "table/too-large", message, line=row.line, hint="split it into several files")
        if row.width > MAX_COLUMNS:
            message = f"the table has more than {MAX_COLUMNS} columns"
            raise refused(path, "table/too-large", message, line=row.line, hint="delete the columns not needed")
        yield row
