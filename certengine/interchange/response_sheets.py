"""Sheets of raw responses as they are gathered, and what is set aside on the way.

Invariants:

1. A sheet is kept whole or set aside whole, with the line and the reason.
2. A paper that comes in twice is set aside both times; a sheet that a damaged row may belong to is set aside with it,
   since what it lacks would otherwise count as not answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from certengine.errors import Finding
from certengine.interchange.columns import finder
from certengine.interchange.grids import Row
from certengine.interchange.printable_text import is_id
from certengine.interchange.tables import Table
from certengine.model.written_numbers import plain_width

_ABSENT: Final = frozenset(("1", "y", "yes", "true", "√", "✓", "✔", "是", "缺", "缺考", "absent"))
_PRESENT: Final = frozenset(("", "0", "n", "no", "false", "×", "✗", "✘", "否", "present", "到考"))
ANSWER_BOUND: Final = 10_000
"""Longest raw answer, in characters."""


class Form(StrEnum):
    """How a file lays responses out."""

    WIDE = "wide"
    ANSWER_STRING = "answer_string"
    LONG = "long"
    JSON_LINES = "json_lines"


class KeptAnswers(Sequence[tuple[int, str]]):
    """Answers that are left where they lie until somebody asks: a hundred pairs for each of many rows would weigh more."""

    __slots__ = ()

    def __getitem__(self, which: Any) -> Any:
        return tuple(self)[which]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


class CellAnswers(KeptAnswers):
    """The answers of one row of a wide file, left in it."""

    __slots__ = ("_columns", "_row")

    def __init__(self, row: Row, columns: Sequence[tuple[int, int]]) -> None:
        """A row, and the index of each position's cell in it, in position order."""
        self._row, self._columns = row, columns

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        cells = self._row.cells
        return ((position, cells[index].strip()) for position, index in self._columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSheet:
    """One candidate's answers to one paper, unread.

    Attributes:
        line: the first line they stand on.
        paper_id: empty when a long file has no such column; then the candidate has one paper.
        answers: ``(position, raw text)`` in position order; a blank is an empty text, ``*`` a multiple mark.
        by_item: ``(item id, raw text)`` for rows of a long file that name the item and not its position.
        absent: the candidate did not come; there are no answers then.
        columns: of a wide file, the number of each position's column, from 1, and under 0 that of the paper's id; all its
            sheets share one.
        lines: of a long file, the line of each position or item.
    """

    line: int
    candidate_id: str
    paper_id: str
    answers: Sequence[tuple[int, str]]
    by_item: tuple[tuple[str, str], ...] = ()
    form: Form
    absent: bool = False
    columns: Mapping[int, int] = field(default_factory=dict, repr=False, compare=False)
    lines: Mapping[int | str, int] = field(default_factory=dict, repr=False, compare=False)

    def place(self, position: int, item: str) -> tuple[int, int | None]:
        """Line and column of one answer, as far as they are known."""
        return self.lines.get(position, self.lines.get(item, self.line)), self.columns.get(position)


class SheetGatherer:
    """Takes the rows of one file in turn; at the end :meth:`sheets` gives what can be kept.

    Of a file too large to be held, :meth:`taken` is called in between, and :meth:`sound` at the end.

    Attributes:
        findings: what was set aside.
    """

    def __init__(
        self, table: Table, form: Form, *, needs_paper: bool, places: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        self.form = form
        self._places = places
        self.findings: list[Finding] = []
        self._needs_paper = needs_paper
        self._sheets: list[RawSheet] = []
        self._papers: set[str] = set()
        self._again: set[str] = set()
        self._find = finder(table, "responses")
        self._torn: dict[str, int] = {}
        self._doubted: dict[str, int] = {}
        self._late: tuple[list[Finding], dict[str, int]] | None = None
        self.tear(table.set_aside)

    @property
    def damaged(self) -> dict[str, int]:
        """By id, the line of a row that is not read and may belong to it."""
        return {**self._doubted, **self._torn}

    @property
    def has_doubts(self) -> bool:
        """Whether a sheet that was taken may not be sound."""
        return bool(self._again or self._torn or self._doubted)

    def tear(self, rows: Iterable[Row]) -> None:
        """Take note of rows that cannot be read: each of their cells may be an id."""
        for row in rows:
            _doubt(self._torn, row.line, row.cells)

    def set_aside(
        self, code: str, line: int, why: str, hint: str, ids: Iterable[str] = (), *, at: str | int | None = None
    ) -> None:
        """Report a row that is not read.

        Args:
            ids: those it may belong to.
            at: the column that is wrong, by its name or number.
        """
        findings, doubted = self._late or (self.findings, self._doubted)
        column = self._places[at] + 1 if isinstance(at, str) and at in self._places else at
        found = self._find(code, line, f"set aside: {why}", hint)
        if isinstance(column, int) and found.place is not None:
            found = replace(found, place=replace(found.place, column=column))
        findings.append(found)
        _doubt(doubted, line, ids)

    @contextmanager
    def afterwards(self, findings: list[Finding], doubted: dict[str, int]) -> Iterator[None]:
        """Put what is set aside meanwhile there: it comes after what is found in single rows, until :meth:`take_late`."""
        self._late = findings, doubted
        try:
            yield
        finally:
            self._late = None

    def take_late(self, findings: list[Finding], doubted: Mapping[str, int]) -> None:
        """Take what was put elsewhere."""
        self.findings.extend(findings)
        self._doubted = {**doubted, **self._doubted}

    def ids(self, line: int, candidate: str, paper: str) -> tuple[str, str] | None:
        """The candidate's and the paper's id of a row, or ``None`` when the row is set aside for them."""
        found = plain_width(candidate).strip(), plain_width(paper).strip()
        for what, text, due in (("candidate", found[0], True), ("paper", found[1], self._needs_paper)):
            if due and not text:
                self.set_aside(f"missing-{what}", line, f"`{what}_id` is empty", "write it in", found, at=f"{what}_id")
                return None
            if text and not is_id(text):
                hint = "use letters, digits, `-`, `_` and `.`"
                self.set_aside(f"{what}-id", line, f"`{what}_id` is not an id", hint, found, at=f"{what}_id")
                return None
        return found

    def is_absent(self, line: int, said: str, ids: tuple[str, str]) -> bool | None:
        """Whether a row says that its candidate did not come; ``None`` when it says neither, and is set aside."""
        if not said:
            return False
        word = plain_width(said).strip().casefold()
        if word in _ABSENT or word in _PRESENT:
            return word in _ABSENT
        hint = "write 1 or leave it empty"
        self.set_aside("absent", line, "`absent` says neither yes nor no", hint, ids[1:], at="absent")
        return None

    def add(
        self,
        line: int,
        ids: tuple[str, str],
        answers: Sequence[tuple[int, str]],
        by_item: Iterable[tuple[str, str]] = (),
        *,
        absent: bool = False,
        columns: Mapping[int, int] | None = None,
        lines: Mapping[int | str, int] | None = None,
    ) -> None:
        """Take a sheet, its answers in position order, unless one of them is beyond the bound."""
        sheet = RawSheet(
            line=line,
            candidate_id=ids[0],
            paper_id=ids[1],
            answers=answers,
            by_item=tuple(by_item),
            form=self.form,
            absent=absent,
            columns=columns or {},
            lines=lines or {},
        )
        if any(len(raw) > ANSWER_BOUND for part in (sheet.answers, sheet.by_item) for _, raw in part):
            why = f"an answer is longer than {ANSWER_BOUND} characters"
            hint = "shorten it, and keep the full text with the papers"
            place = next((place for place, raw in sheet.answers if len(raw) > ANSWER_BOUND), 0)
            self.set_aside("too-long", line, why, hint, ids[1:], at=sheet.columns.get(place) or "answers")
            return
        if absent and any(raw for part in (sheet.answers, sheet.by_item) for _, raw in part):
            why = "the candidate is marked absent, and there are answers"
            self.set_aside(
                "absent-with-answers", line, why, "see whether the candidate came, and mend the row", ids[1:]
            )
            return
        self._sheets.append(sheet)
        if sheet.paper_id:
            (self._again if sheet.paper_id in self._papers else self._papers).add(sheet.paper_id)

    def taken(self) -> list[RawSheet]:
        """The sheets since the last time."""
        taken, self._sheets = self._sheets, []
        return taken

    def sheets(self) -> tuple[RawSheet, ...]:
        """The sheets that came in once and whole; the others are set aside, each naming the other lines."""
        sheets = self.taken()
        return tuple(sheet for sheet, sound in zip(sheets, self.sound(sheets), strict=True) if sound)

    def sound(self, sheets: Iterable[RawSheet]) -> Iterator[bool]:
        """Of each sheet whether it came in once and whole; the others are set aside, each naming the other lines.

        Args:
            sheets: all that were taken, in their order; gone through twice.
        """
        lines: dict[str, list[int]] = defaultdict(list)
        for sheet in sheets if self._again else ():
            if sheet.paper_id in self._again:
                lines[sheet.paper_id].append(sheet.line)
        damaged_rows = self.damaged
        for sheet in sheets:
            paper = sheet.paper_id
            others = [line for line in lines[paper] if line != sheet.line] if paper in self._again else []
            damaged = self._damaged_row_of(sheet, damaged_rows)
            if others:
                why = f"paper `{paper}` is also on line {', '.join(map(str, others))}"
                self.set_aside("duplicate-paper", sheet.line, why, "delete the row that is wrong")
            elif damaged is not None:
                why = f"line {damaged}, which is not read, may belong to this sheet"
                self.set_aside("incomplete", sheet.line, why, f"mend line {damaged}")
            yield not others and damaged is None

    def _damaged_row_of(self, sheet: RawSheet, damaged: Mapping[str, int]) -> int | None:
        """The first damaged row that names the sheet's paper, or its candidate where rows are single answers."""
        # A candidate may sit two papers, so only in a long file does a row of theirs belong to this sheet too.
        names = [sheet.paper_id, sheet.candidate_id if self.form is Form.LONG else ""]
        return next((damaged[name] for name in names if name and name in damaged), None)


def _doubt(damaged: dict[str, int], line: int, ids: Iterable[str]) -> None:
    for text in ids:
        damaged.setdefault(plain_width(text).strip(), line)
