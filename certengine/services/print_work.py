"""What printing processes do: each job makes some documents, from values alone, so that it can cross to a process.

A process keeps a bench: its fonts, its typesetter, and the blocks it has at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from certengine.aspects import kind_of as aspect_kind_of
from certengine.documents.blocks import Fragment
from certengine.documents.fonts import FontSet
from certengine.documents.forms import page_count
from certengine.documents.hand_out_lists import ListHead, ListRow
from certengine.documents.layout import Typesetter
from certengine.documents.marking_guide import render_marking_guide
from certengine.documents.pack_files import pack_lines
from certengine.documents.paper_printer import PaperPrinter
from certengine.documents.papers import render_paper
from certengine.documents.scoring_sheets import (
    SheetHead,
    SheetHolder,
    render_scoring_sheets,
    render_site_list,
    render_task,
)
from certengine.documents.scoring_workbook import write_scoring_workbook
from certengine.documents.template_folder import TemplateFolder
from certengine.model.scheme import PracticalComponent, Task
from certengine.model.sitting import Candidate
from certengine.model.text import Text
from certengine.model.view import KeyView, PaperView
from certengine.services.block_cache import BlockCache
from certengine.services.core_files import leave_no_core_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One document: its name in the output, its bytes, and how many pages it has."""

    name: str
    data: bytes
    pages: int


@dataclass(slots=True)
class Bench:
    """What one process works with.

    Attributes:
        loaded: remembered packs that are at hand.
    """

    templates: TemplateFolder
    typesetter: Typesetter
    figures: Mapping[str, bytes]
    printer: PaperPrinter
    loaded: set[str] = field(default_factory=set)

    def load(self, cache: BlockCache, names: Sequence[str]) -> None:
        """Have the blocks of remembered packs at hand."""
        for name in names:
            if name not in self.loaded:
                self.printer.press.load(cache.read(name))
                self.loaded.add(name)


def open_bench(folders: tuple[Path, Path | None], fonts: FontSet, figures: Mapping[str, bytes]) -> Bench:
    """A bench for the templates of one design, and for what it lacks of another."""
    templates, typesetter = TemplateFolder(*folders), Typesetter(fonts)
    return Bench(templates, typesetter, figures, PaperPrinter(templates, typesetter, fonts, figures))


class Job(Protocol):
    """Some documents to be made."""

    @property
    def names(self) -> tuple[str, ...]:
        """The files it makes."""
        ...

    def documents(self, bench: Bench) -> Iterator[bytes]:
        """Their bytes, in the same order."""
        ...


def printed_by(job: Job, bench: Bench) -> list[Printed]:
    """A job's documents."""
    made = zip(job.names, job.documents(bench), strict=True)
    return [
        Printed(name=name, data=data, pages=page_count(data) if name.endswith(".pdf") else 0) for name, data in made
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanJob:
    """Papers to be planned: which blocks they need, and which of these are not remembered."""

    views: tuple[PaperView, ...]
    cache: BlockCache


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Keys of the blocks that some papers need, and those that are to be typeset."""

    keys: frozenset[str]
    lacking: tuple[Fragment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypesetJob:
    """Blocks to be typeset, that many papers share."""

    fragments: tuple[Fragment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeset:
    """Typeset blocks as lines, with their keys."""

    lines: list[str]
    keys: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersJob:
    """Question papers and answer sheets of some candidates, from remembered blocks."""

    views: tuple[PaperView, ...]
    cache: BlockCache
    packs: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Two for each candidate."""
        return tuple(name for view in self.views for name in (paper_name(view), sheet_name(view)))

    def documents(self, bench: Bench) -> Iterator[bytes]:
        """Paper and sheet in turn."""
        bench.load(self.cache, self.packs)
        bench.printer.prepare(self.views)
        for view in self.views:
            yield bench.printer.paper(view)
            yield bench.printer.answer_sheet(view)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleJob:
    """Everything for a printer in one file: for each candidate a separator, the paper, the answer sheet."""

    views: tuple[PaperView, ...]
    cache: BlockCache
    packs: tuple[str, ...]
    name: str

    @property
    def names(self) -> tuple[str, ...]:
        """The one file."""
        return (self.name,)

    def documents(self, bench: Bench) -> Iterator[bytes]:
        """Its bytes."""
        bench.load(self.cache, self.packs)
        yield bench.printer.bundle(self.views)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccommodatedJob:
    """A question paper laid out whole, as one candidate needs it, with its ordinary answer sheet."""

    view: PaperView
    looks: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The paper and the sheet."""
        return (paper_name(self.view, self.looks), sheet_name(self.view))

    def documents(self, bench: Bench) -> Iterator[bytes]:
        """Paper, then sheet."""
        yield render_paper(self.view, bench.templates, bench.typesetter, figures=bench.figures, looks=self.looks)
        yield bench.printer.answer_sheet(self.view)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysJob:
    """Answer keys of some papers."""

    name: str
    keys: tuple[KeyView, ...]
    languages: tuple[str, ...]
    sample: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The one file."""
        return (self.name,)

    def documents(self, bench: Bench) -> Iterator[bytes]:
        """Its bytes."""
        yield bench.printer.answer_keys(self.keys, languages=self.languages, sample=self.sample)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideJob:
    """The marking guide: rubrics, model answers and explanations, each item once."""

    keys: tuple[KeyView, ...]
    languages: tuple[str, ...]
    sample: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The one file."""
        return ("keys/marking-guide.pdf",)

    def documents(self, bench: Bench) -> Iterator[bytes]:
        """Its bytes."""
        yield render_marking_guide(
            self.keys, bench.templates, bench.typesetter, languages=self.languages, sample=self.sample
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsJob:
    """Seat list, sign-in sheet, hand-out and collection record."""

    head: ListHead
    rows: tuple[ListRow, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The three files."""
        return tuple(f"lists/{self.head.component}-{kind}.pdf" for kind in ("seat-list", "sign-in", "hand-out"))

    def documents(self, bench: Bench) -> Iterator[bytes]:
        """Their bytes."""
        return bench.printer.lists(self.head, self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practical:
    """One practical task with whom it is for."""

    component: PracticalComponent
    task: Task
    candidates: tuple[Candidate, ...]
    head: SheetHead
    assessors: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskJob:
    """A task's sheet, its site list, and a workbook for each assessor."""

    practical: Practical

    @property
    def names(self) -> tuple[str, ...]:
        """Task, site list, workbooks."""
        task = self.practical.task.id
        workbooks = (f"scoring-sheets/{task}-{assessor}.xlsx" for assessor in self.practical.assessors)
        return (f"scoring-sheets/{task}-task.pdf", f"scoring-sheets/{task}-site-list.pdf", *workbooks)

    def documents(self, bench: Bench) -> Iterator[bytes]:
        """Their bytes."""
        one = self.practical
        yield render_task(one.head, one.task, bench.templates, bench.typesetter)
        yield render_site_list(one.head, one.task, bench.templates, bench.typesetter, benches=len(one.candidates))
        for assessor in one.assessors:
            yield write_scoring_workbook(one.task, one.candidates, assessor, criteria=_criteria(one.task), at=one.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringJob:
    """Scoring sheets of one task."""

    practical: Practical
    holders: tuple[SheetHolder, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """One for each candidate and assessor."""
        task = self.practical.task.id
        return tuple(f"scoring-sheets/{_holder_id(holder)}-{task}.pdf" for holder in self.holders)

    def documents(self, bench: Bench) -> Iterator[bytes]:
        """Their bytes."""
        one = self.practical
        yield from render_scoring_sheets(
            one.head, one.task, self.holders, bench.templates, bench.printer.press, criteria=_criteria(one.task)
        )


_BENCH: list[Bench] = []


def set_bench(folders: tuple[Path, Path | None], fonts: FontSet, figures: Mapping[str, bytes]) -> None:
    """Open the bench of this process, for the work below: answer keys will pass over it."""
    leave_no_core_file()
    _BENCH[:] = [open_bench(folders, fonts, figures)]


def plan_job(job: PlanJob) -> Planned:
    """Runs in a worker process."""
    fragments = {one.key: one for view in job.views for one in _BENCH[0].printer.fragments.of(view)}
    return Planned(keys=frozenset(fragments), lacking=tuple(job.cache.lacking(fragments).values()))


def typeset_job(job: TypesetJob) -> Typeset:
    """Runs in a worker process."""
    pack = _BENCH[0].printer.press.typeset(job.fragments)
    return Typeset(lines=pack_lines(pack), keys=list(pack.blocks))


def print_job(job: Job) -> list[Printed]:
    """Runs in a worker process."""
    return printed_by(job, _BENCH[0])


def paper_name(view: PaperView, looks: frozenset[str] = frozenset()) -> str:
    """The file of a question paper."""
    return f"papers/{'-'.join((view.candidate.id, view.paper_id, 'paper', *sorted(looks)))}.pdf"


def sheet_name(view: PaperView) -> str:
    """The file of an answer sheet."""
    return f"papers/{view.candidate.id}-{view.paper_id}-answer-sheet.pdf"


def _criteria(task: Task) -> dict[str, Text]:
    return {aspect.id: aspect_kind_of(aspect.kind).describe(aspect) for aspect in task.aspects}


def _holder_id(holder: SheetHolder) -> str:
    candidate = holder.candidate.id if holder.candidate else "blank"
    return f"{candidate}-{holder.assessor}"
