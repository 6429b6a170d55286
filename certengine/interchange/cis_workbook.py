"""The marking scheme workbook of WorldSkills competitions (CIS Marking Scheme Import) as a task.

One sheet: a table of the sections of the standard with their marks, a table of the criteria with theirs, then for each
criterion a header row and below it sub-criteria, aspects, and under a judgement its four levels. Columns go by their
headings, which differ a little from year to year: ``Sub Criterion ID``, ``Aspect Type``, ``Aspect - Description``,
``Judg Score``, ``Extra Aspect Description ...``, ``Requirement ...``, ``WSSS Section``, ``Max Mark``.

======================  ==================================================================================
``M`` or ``O``          measurement, yes or no; ``10 ± 0.1 mm`` as requirement: full marks within the limits
``J``                   judgement with its four levels
``M`` with marked rows  a checklist, where 2 to 12 rows below it have marks that add up
======================  ==================================================================================

What does not add up is refused with the difference: aspects against criteria, aspects against sections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from certengine.aspects.checklist import LETTERS, ChecklistRule, Point
from certengine.aspects.judgement import TOP, JudgementRule
from certengine.aspects.measurement import Band, MeasurementRule
from certengine.aspects.tolerances import Limits
from certengine.canonical import decimal_text
from certengine.errors import Finding, place_in
from certengine.interchange.grids import Row, refused
from certengine.interchange.loss import Fate, Loss, LossReport
from certengine.interchange.printable_text import printable
from certengine.interchange.spreadsheets import read_spreadsheet
from certengine.interchange.tables import read_bounded
from certengine.model.scheme import Aspect, AspectGroup, SpecificationSection
from certengine.model.text import Text
from certengine.model.written_numbers import read_written_number

MAX_ROWS: Final = 5_000
_SIZE: Final = re.compile(
    r"(?P<size>[\d.,]+)\s*(?P<unit1>[^\d±+\-\s]*)\s*(?:±|\+/-)\s*(?P<off>[\d.,]+)\s*(?P<unit2>\S*)"
)
_MEASURED: Final = frozenset({"M", "O", "B", "D"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CisScheme:
    """What a workbook says.

    Attributes:
        title: the first line of the sheet.
        findings: what is wrong in it; with errors it is no rubric.
    """

    title: str
    sections: tuple[SpecificationSection, ...]
    groups: tuple[AspectGroup, ...]
    report: LossReport
    findings: tuple[Finding, ...]

    @property
    def total(self) -> Decimal:
        """The marks of all aspects."""
        return sum((aspect.marks for group in self.groups for aspect in group.aspects), Decimal(0))


@dataclass(slots=True)
class _Aspect:
    """An aspect as its rows are read."""

    line: int
    id: str
    criterion: str
    kind: str
    text: str
    extra: list[str]
    requirement: str
    section: str
    marks: Decimal | None
    levels: dict[int, str] = field(default_factory=dict)
    points: list[tuple[str, Decimal]] = field(default_factory=list)


def read_cis_workbook(path: Path, language: str) -> CisScheme:
    """A marking scheme workbook.

    Args:
        language: what its texts are written in.

    Raises:
        NotFound: when there is no such file.
        InputError: when it is no workbook, hostile, or holds no marking scheme.
    """
    data = read_bounded(path)
    if not data.startswith(b"PK\x03\x04"):
        raise refused(path, "cis/format", "it is no xlsx workbook", hint="save the marking scheme as `.xlsx`")
    grid = read_spreadsheet(path, data, MAX_ROWS, _is_header)
    reader = _Reader(path, language)
    reader.read([row for row in grid.rows if any(cell.strip() for cell in row.cells)])
    if not reader.aspects:
        raise refused(
            path, "cis/format", "no row says `Sub Criterion ID` and `Aspect Type`", hint="hand in the sheet CIS imports"
        )
    return reader.scheme(grid.findings)


def _is_header(cells: Sequence[str]) -> bool:
    return {"sub", "type", "text", "marks"} <= _columns(cells).keys()


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """The columns of a header row, by what their headings begin with."""
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        words = " ".join(re.sub(r"[^a-z]+", " ", cell.casefold()).split())
        name = next((name for begins, name in _HEADINGS if words.startswith(begins)), None)
        if name == "sub" and "name" in words:
            name = "sub_name"
        if name is None and words.endswith("section") and len(words) < 16:
            name = "section"
        if name is not None:
            found.setdefault(name, index)
    return found


_HEADINGS: Final = (
    ("sub criteri", "sub"),
    ("subcriteri", "sub"),
    ("day", "day"),
    ("aspect type", "type"),
    ("aspect description", "text"),
    ("judg score", "level"),
    ("judge score", "level"),
    ("judgement score", "level"),
    ("extra", "extra"),
    ("requirement", "requirement"),
    ("max mark", "marks"),
    ("calculation", "calculation"),
)


class _Reader:
    """Reads the rows from top to bottom."""

    def __init__(self, path: Path, language: str) -> None:
        self.path, self.language = path, language
        self.title = ""
        self.sections: list[SpecificationSection] = []
        self.criteria: dict[str, tuple[int, Decimal]] = {}
        self.subs: dict[str, str] = {}
        self.aspects: list[_Aspect] = []
        self.losses: list[Loss] = []
        self.findings: list[Finding] = []

    def read(self, rows: Sequence[Row]) -> None:
        """Every row, by the table it stands in."""
        table, columns, sub = "", dict[str, int](), ""
        for row in rows:
            cells = [printable(" ".join(cell.split())) for cell in row.cells]
            first = next((cell for cell in cells if cell), "")
            if _is_header(row.cells):
                table, columns = "aspects", _columns(row.cells)
            elif _says(cells, "section", "marks"):
                table, columns = "sections", {"id": 0, "marks": _at(cells, "marks")}
            elif cells[:1] and cells[0].casefold() == "id" and _says(cells, "mark"):
                table, columns = "criteria", {"id": 0, "marks": _at(cells, "mark")}
            elif table == "sections":
                self._section(row.line, cells, columns["marks"])
            elif table == "criteria":
                self._criterion(row.line, cells, columns["marks"])
            elif table == "aspects":
                sub = self._aspect_row(row.line, cells, columns, sub)
            elif not self.title:
                self.title = first

    def scheme(self, findings: Sequence[Finding]) -> CisScheme:
        """What was read, and whether it adds up."""
        made = [(one, self._aspect(one)) for one in self.aspects]
        groups = []
        for sub, name in self.subs.items():
            own = tuple(aspect for one, aspect in made if one.id.rpartition(".")[0] == sub)
            if own:
                groups.append(AspectGroup(id=sub, title=self._text(name or sub), aspects=own))
        self._add_up([aspect for _, aspect in made])
        return CisScheme(
            title=self.title or self.path.stem,
            sections=tuple(self.sections),
            groups=tuple(groups),
            report=LossReport(losses=tuple(self.losses)),
            findings=(*findings, *self.findings),
        )

    def _section(self, line: int, cells: Sequence[str], marks_at: int) -> None:
        number, name = cells[0], next((cell for cell in cells[1:] if cell), "")
        marks = _number(cells, marks_at)
        if number and name and marks is not None:
            self.sections.append(SpecificationSection(id=number, title=self._text(name), marks=marks))
        elif number.isdecimal():
            self._wrong(line, "cis/marks", f"section {number} has no marks", "write them under `WSSS Marks`")

    def _criterion(self, line: int, cells: Sequence[str], marks_at: int) -> None:
        marks = _number(cells, marks_at)
        if re.fullmatch("[A-Z]", cells[0]) and marks is not None:
            self.criteria[cells[0]] = (line, marks)

    def _aspect_row(self, line: int, cells: Sequence[str], columns: Mapping[str, int], sub: str) -> str:
        row = {name: cells[index] if index < len(cells) else "" for name, index in columns.items()}
        if row["sub"]:
            sub = row["sub"]
            self.subs.setdefault(sub, row.get("sub_name", ""))
            if row.get("day"):
                self._lose(sub, "day of marking", "a sitting has its own days")
        if row["type"]:
            self._new_aspect(line, row, columns, cells, sub)
        elif self.aspects and row.get("level", "").isdecimal():
            self.aspects[-1].levels[int(row["level"])] = row.get("extra", "")
        elif self.aspects and row.get("extra"):
            marks = _number(cells, columns["marks"])
            if marks is None:
                self.aspects[-1].extra.append(row["extra"])
            else:
                self.aspects[-1].points.append((row["extra"], marks))
        return sub

    def _new_aspect(
        self, line: int, row: Mapping[str, str], columns: Mapping[str, int], cells: Sequence[str], sub: str
    ) -> None:
        if not sub:
            self._wrong(line, "cis/no-sub-criterion", "the aspect stands under no sub-criterion", "give it one")
            return
        number = 1 + sum(one.id.rpartition(".")[0] == sub for one in self.aspects)
        self.aspects.append(
            _Aspect(
                line=line,
                id=f"{sub}.{number}",
                criterion=sub[:1],
                kind=row["type"][:1].upper(),
                text=row["text"],
                extra=[row["extra"]] if row.get("extra") else [],
                requirement=row.get("requirement", ""),
                section=row.get("section", ""),
                marks=_number(cells, columns["marks"]),
            )
        )

    def _aspect(self, one: _Aspect) -> Aspect:
        kind, rule = self._rule(one)
        if one.marks is None or one.marks <= 0:
            self._wrong(one.line, "cis/marks", f"aspect {one.id} has no marks", "write them under `Max Mark`")
        if not one.text:
            self._wrong(one.line, "cis/no-text", f"aspect {one.id} says nothing", "write what is marked")
        told = "；".join if self.language.startswith("zh") else "; ".join
        asked = told([part for part in (*one.extra, one.requirement) if part])
        return Aspect(
            id=one.id,
            kind=kind,
            title=self._text(one.text or one.id),
            marks=one.marks or Decimal(0),
            rule=rule,
            requirement=self._text(asked) if asked else None,
            specification=one.section or None,
        )

    def _rule(self, one: _Aspect) -> tuple[str, Any]:
        if one.kind == "J":
            if sorted(one.levels) != list(range(TOP + 1)) or not all(one.levels.values()):
                why = f"judgement {one.id} describes the levels {', '.join(map(str, sorted(one.levels))) or 'none'}"
                self._wrong(one.line, "cis/levels", why, "describe what 0, 1, 2 and 3 look like")
            return "judgement", JudgementRule(
                levels=tuple(self._text(one.levels.get(level) or str(level)) for level in range(TOP + 1))
            )
        if one.kind not in _MEASURED:
            why = f"aspect {one.id} is of type `{one.kind}`, which is no measurement and no judgement"
            self._wrong(one.line, "cis/aspect-type", why, "make it `M` or `J`")
        marks = one.marks or Decimal(0)
        if 2 <= len(one.points) <= len(LETTERS) and sum(worth for _, worth in one.points) == marks:
            points = tuple(Point(text=self._text(text), marks=worth) for text, worth in one.points)
            return "checklist", ChecklistRule(points=points)
        if one.points:
            self._lose(one.id, "marks of its lines", "they are no parts of the aspect's marks")
            one.extra.extend(f"{text}: {decimal_text(worth)}" for text, worth in one.points)
        limits = _limits(one.requirement)
        if limits is not None:
            return "measurement", limits
        return "measurement", MeasurementRule(bands=(Band(at_least=Decimal(1), marks=marks),))

    def _add_up(self, aspects: Sequence[Aspect]) -> None:
        for criterion, (line, due) in self.criteria.items():
            marks = sum((one.marks for one in aspects if one.id.startswith(criterion)), Decimal(0))
            self._differ(line, "cis/criterion-marks", f"criterion {criterion}", marks, due)
        for section in self.sections:
            marks = sum((one.marks for one in aspects if one.specification == section.id), Decimal(0))
            self._differ(None, "cis/section-marks", f"section {section.id} of the standard", marks, section.marks)
        known = {section.id for section in self.sections}
        for one, aspect in zip(self.aspects, aspects, strict=True):
            if known and aspect.specification not in known:
                why = f"aspect {one.id} names section `{aspect.specification or ''}`, which the standard does not have"
                self._wrong(one.line, "cis/section", why, f"the sections are: {', '.join(sorted(known))}")

    def _differ(self, line: int | None, code: str, what: str, marks: Decimal, due: Decimal) -> None:
        if marks != due:
            more = "too many" if marks > due else "missing"
            why = (
                f"the aspects of {what} have {decimal_text(marks)} marks together, it should be {decimal_text(due)}: "
                f"{decimal_text(abs(marks - due))} {more}"
            )
            self._wrong(line, code, why, "correct the marks of an aspect, or what they should be")

    def _text(self, text: str) -> Text:
        return Text.of({self.language: text})

    def _lose(self, item: str, feature: str, why: str) -> None:
        self.losses.append(Loss(item=item, feature=feature, fate=Fate.LOST, why=why))

    def _wrong(self, line: int | None, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding(code=code, message=message, place=place_in(self.path, line), hint=hint))


def _says(cells: Sequence[str], *words: str) -> bool:
    return all(any(word in cell.casefold() for cell in cells) for word in words)


def _at(cells: Sequence[str], word: str) -> int:
    return next(index for index, cell in enumerate(cells) if word in cell.casefold())


def _number(cells: Sequence[str], index: int) -> Decimal | None:
    return read_written_number(cells[index]).value if index < len(cells) else None


def _limits(requirement: str) -> MeasurementRule | None:
    """``10 mm ± 0.1`` as limits, or ``None`` when the requirement is said in words."""
    match = _SIZE.fullmatch(requirement)
    if match is None:
        return None
    size, off = (read_written_number(match[name]).value for name in ("size", "off"))
    if size is None or off is None:
        return None
    return MeasurementRule(
        unit=match["unit2"] or match["unit1"], limits=Limits(at_least=size - off, at_most=size + off)
    )


def lines_of(scheme: CisScheme) -> Iterator[str]:
    """What was found, for the terminal: sub-criteria with their aspects and marks."""
    for group in scheme.groups:
        marks = sum((aspect.marks for aspect in group.aspects), Decimal(0))
        yield f"{group.id}  {len(group.aspects)} aspects, {decimal_text(marks)} marks"
