"""A workbook looked through once before a library makes objects of it: how much there is, and where formulas are.

Invariants:

1. Every part that is XML is counted, whatever its name; the first count beyond its bound ends the look, and the file is
   refused. Nothing is kept but the counts and the places of formulas.
2. What a library would hold at once (a row, a list of validations, the styles) is bounded by itself, so that what it
   takes to read a workbook grows with the cells of the table and with nothing else.
3. No part may declare a document type: entities are never expanded here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from certengine.interchange.grids import MAX_COLUMNS, refused

MAX_CELLS: Final = 5_000_000
"""Most cells of all sheets together, blank ones with a format among them; read at some 200,000 a second."""

MAX_IN_ROW: Final = 20 * MAX_COLUMNS
"""Most elements in one row: each cell has its value, a few have letters of several kinds."""

MAX_ELEMENTS: Final = 100_000
"""Most elements of any part beside cells and their texts: widths, links, validations, styles, comments."""

_CHUNK: Final = 1 << 16
_DIGITS: Final = 10  # a spreadsheet ends at line 1,048,576
_HINT: Final = "copy the table alone to a new workbook"
_OF_TEXT: Final = 8
"""A text that cells share has so many elements at most, on average: itself, and a few for letters of several kinds."""
_BESIDE: Final = {"worksheet": "things beside the cells of a sheet", "sst": "pieces of text"}
_COLUMN: Final = re.compile("([A-Z]{1,3})[0-9]+")


class _TooMuch(Exception):
    """A count went beyond its bound; ``args[0]`` says which in words."""


class _NotRead(Exception):
    """The part declares a document type, or is no XML at all."""


@dataclass(slots=True)
class _Counts:
    """What all sheets of a workbook have together."""

    most_cells: int
    cells: int = 0


@dataclass(slots=True)
class _Part:
    """One part as it is looked through.

    Attributes:
        formulas: the places (:func:`place`) of cells with a formula and no value.
    """

    counts: _Counts
    formulas: set[int] = field(default_factory=set)
    _depth: int = 0
    _root: str = ""
    _elements: int = 0
    _row: int = 0  # depth of the row that is open, and what it holds
    _line: int = 0
    _column: int = 0
    _cells: int = 0
    _in_row: int = 0
    _formula: bool = False
    _value: bool = False
    _in_value: bool = False

    def read(self, stream: IO[bytes]) -> None:
        """Look through it; what is no XML, or breaks off, ends quietly: the library refuses it where it matters."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk)
        except (expat.ExpatError, LookupError, _NotRead):
            return

    @staticmethod
    def _refuse(*_declared: object) -> None:
        raise _NotRead

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._row:
            self._start_in_row(name, attributes)
            return
        tag = name.rpartition("}")[2]
        if self._depth == 1:
            self._root = tag
        elif tag == "row" and self._root == "worksheet":
            self._row, self._cells, self._in_row, self._column = self._depth, 0, 0, 0
            told = attributes.get("r", "")
            self._line = int(told) if told.isdecimal() and len(told) < _DIGITS else self._line + 1
        else:
            self._count_element()

    def _start_in_row(self, name: str, attributes: Mapping[str, str]) -> None:
        self._in_row += 1
        if self._in_row > MAX_IN_ROW:
            raise _TooMuch(f"a row of it has more than {MAX_IN_ROW} parts")
        if self._depth == self._row + 1:
            self._cells += 1
            self.counts.cells += 1
            if self._cells > MAX_COLUMNS:
                raise _TooMuch(f"the table has more than {MAX_COLUMNS} columns")
            if self.counts.cells > self.counts.most_cells:
                raise _TooMuch(f"the workbook has more than {self.counts.most_cells} cells, with those that are blank")
            self._column = _column(attributes.get("r", "")) or self._column + 1
            self._formula = self._value = False
        elif name.endswith("}f"):
            self._formula = True
        elif name.endswith("}v"):
            self._in_value = True

    def _count_element(self) -> None:
        self._elements += 1
        most = _OF_TEXT * self.counts.most_cells if self._root == "sst" else MAX_ELEMENTS
        if self._elements > most:
            raise _TooMuch(f"the workbook holds more than {most} {_BESIDE.get(self._root, 'things beside its sheets')}")

    def _end(self, _name: str) -> None:
        self._in_value = False
        if self._row and self._depth == self._row + 1 and self._formula and not self._value:
            self.formulas.add(place(self._line, self._column))
        if self._depth == self._row:
            self._row = 0
        self._depth -= 1

    def _text(self, text: str) -> None:
        if self._in_value and text:
            self._value = True


def place(line: int, column: int) -> int:
    """A cell's 1-based line and column as one number: of some formulas there are millions."""
    return line << 15 | column


def _column(reference: str) -> int:
    """The column of ``B2``, which is 2; 0 for what is no reference."""
    found = _COLUMN.fullmatch(reference)
    number = 0
    for letter in found[1] if found else "":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def look_through(path: Path, data: bytes, max_cells: int = MAX_CELLS) -> Mapping[str, AbstractSet[int]]:
    """By name of a part, the places of formulas without a value in it; parts without any are left out.

    Raises:
        InputError: when there is more of something than is read.
    """
    counts = _Counts(most_cells=max_cells)
    found: dict[str, AbstractSet[int]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            part = _Part(counts=counts)
            with archive.open(entry) as stream:
                try:
                    part.read(stream)
                except _TooMuch as why:
                    raise refused(path, "table/too-large", str(why.args[0]), hint=_HINT) from None
            if part.formulas:
                found[entry.filename] = part.formulas
    return found
