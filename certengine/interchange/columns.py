"""Which column is which: headings as people write them, Chinese or English or both, to the names of the house.

Invariants:

1. A heading is matched after NFKC, letter case, spaces and punctuation are evened out, and in no fuzzier way: a near
   miss is a warning with a suggestion, and the column is not read.
2. A column that is needed and missing, or there twice, is an error at the header's line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from certengine.errors import Finding, Severity, place_in
from certengine.interchange.delimited import restored
from certengine.interchange.tables import Table

_EVENED: Final = re.compile(r"[\s_\-./:*#'\ufeff]+")
_BRACKETED: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_PARTS: Final = re.compile(r"[\u3400-\u9fff]+|[^\u3400-\u9fff/|()\[\]\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a kind of file.

    Attributes:
        name: its name in the house.
        aliases: other headings it goes by.
        required: the file is not read without it.
    """

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False


CANDIDATE_ID: Final = Column(
    name="candidate_id",
    aliases=(
        "准考证号",
        "考号",
        "考生号",
        "考生编号",
        "准考证",
        "candidate",
        "candidate_no",
        "candidate_number",
    ),
    required=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row by column name; a column that the file has not is empty."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """The cell without outer white space and without the apostrophe that a safe export puts before a formula."""
        cell = self.cells.get(name)
        return _plain(cell) if cell else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns that a kind of file may have."""

    columns: tuple[Column, ...]
    _names: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = {even(name): column.name for column in self.columns for name in (column.name, *column.aliases)}
        object.__setattr__(self, "_names", names)

    def name_of(self, heading: str) -> str | None:
        """The column that a heading names: whole, without its bracketed part, or as one name in two languages."""
        for text in (heading, _BRACKETED.sub("", unicodedata.normalize("NFKC", heading))):
            if found := self._names.get(even(text)):
                return found
        parts = {self._names.get(even(part)) for part in _PARTS.findall(heading) if even(part)}
        return parts.pop() if len(parts) == 1 else None

    def is_header(self, cells: tuple[str, ...]) -> bool:
        """Whether a row names every required column."""
        return {column.name for column in self.columns if column.required} <= {self.name_of(cell) for cell in cells}

    def places(self, table: Table, also: Collection[int] = ()) -> tuple[dict[str, int], tuple[Finding, ...]]:
        """Index by column name, and what is wrong with the header.

        Args:
            also: indexes of columns that the caller knows in its own way.
        """
        places: dict[str, int] = {}
        findings: list[Finding] = []
        near: dict[str, str] = {}
        for index, heading in enumerate(table.header):
            if index in also:
                continue
            name = self.name_of(heading)
            if name is None:
                findings.append(self._unknown(table, heading))
                near.setdefault(self._nearest(heading) or "", heading)
            elif name in places:
                findings.append(_header_finding(table, "duplicate-column", f"column `{name}` is there twice"))
            else:
                places[name] = index
        for column in self.columns:
            if column.required and column.name not in places:
                names = " or ".join(f"`{name}`" for name in (column.name, *column.aliases[:1]))
                message = f"column `{column.name}` is missing"
                meant = f"; is it the one called `{near[column.name]}`?" if column.name in near else ""
                findings.append(_header_finding(table, "missing-column", message, hint=f"name a column {names}{meant}"))
        return places, tuple(findings)

    def _unknown(self, table: Table, heading: str) -> Finding:
        near = self._nearest(heading)
        return Finding(
            code="table/unknown-column",
            message=f"`{heading}` is not a column here, and is not read",
            place=place_in(table.source, table.header_line),
            severity=Severity.WARNING,
            hint=f"did you mean `{near}`?" if near else None,
        )

    def _nearest(self, heading: str) -> str | None:
        """The column whose name a heading is close to."""
        near = get_close_matches(even(heading), self._names, n=1, cutoff=0.75)
        return self._names[near[0]] if near else None


def _plain(cell: str) -> str:
    cell = cell.strip()
    return restored(cell).strip() if cell.startswith("'") else cell


def even(heading: str) -> str:
    """A heading without what people vary: width, case, spaces, punctuation."""
    return _EVENED.sub("_", unicodedata.normalize("NFKC", heading).casefold()).strip("_")


def records(table: Table, places: Mapping[str, int]) -> Iterator[Record]:
    """The rows of a table by column name."""
    named = tuple(places.items())
    for row in table.rows:
        cells = row.cells
        yield Record(line=row.line, cells={name: cells[index] for name, index in named})


def finder(table: Table, prefix: str) -> Callable[..., Finding]:
    """A maker of findings about rows of one table: ``(code, line, message, hint)``, the code under ``prefix``."""

    def find(code: str, line: int | None, message: str, hint: str, severity: Severity = Severity.ERROR) -> Finding:
        place = place_in(table.source, line)
        return Finding(code=f"{prefix}/{code}", message=message, place=place, severity=severity, hint=hint)

    return find


def _header_finding(table: Table, code: str, message: str, hint: str = "delete one of them") -> Finding:
    return Finding(code=f"table/{code}", message=message, place=place_in(table.source, table.header_line), hint=hint)
