"""Printing a sealed sitting: question papers and answer sheets, answer keys, tasks, site lists and scoring sheets.

Candidates' files and answer keys are separate files in separate folders; a candidate's file is laid out from a view
that holds no answer. Pages are laid out in worker processes; a run that is interrupted is simply run again: the same
papers give the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from certengine.aspects import kind_of as aspect_kind_of
from certengine.aspects.measurement import MeasurementRule
from certengine.assembly.views import key_view, paper_view
from certengine.canonical import Json, canonical_bytes, digest_of_bytes
from certengine.documents.fonts import FontSet, default_font_cache, prepare_fonts
from certengine.documents.layers import page_count
from certengine.documents.layout import Typesetter
from certengine.documents.papers import render_answer_keys, render_answer_sheets, render_paper
from certengine.documents.scoring_sheets import (
    SheetHead,
    SheetHolder,
    render_scoring_sheets,
    render_site_list,
    render_task,
)
from certengine.documents.scoring_workbook import write_scoring_workbook
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import CannotTell
from certengine.items import kind_of
from certengine.model.scheme import PracticalComponent, Task
from certengine.model.sitting import Candidate, TaskAssignment
from certengine.model.text import Text
from certengine.model.view import KeyView, PaperView
from certengine.services.context import Context
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.pictures import pictures_shown
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.store import sittings as store

WORKERS = max(1, min(4, os.cpu_count() or 1))
_KEYS_PER_FILE = 10
_PAPERS_AT_ONCE = 3
_SHEETS_AT_ONCE = 25

T = TypeVar("T")
Progress = Callable[[int, int], None]
Printed = tuple[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRun:
    """What was printed: files by folder, and pages in all."""

    counts: tuple[tuple[str, int], ...]
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Practical:
    """One practical task with whom it is for."""

    component: PracticalComponent
    task: Task
    candidates: tuple[Candidate, ...]
    head: SheetHead
    assessors: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One bundle of documents for a worker: nothing but values, so that it can cross to another process."""

    templates: Path
    papers: tuple[PaperView, ...] = ()
    figures: Mapping[str, bytes] = field(default_factory=dict)
    answer_sheets: tuple[PaperView, ...] = ()
    keys: tuple[KeyView, ...] = ()
    practical: _Practical | None = None
    holders: tuple[SheetHolder, ...] = ()
    name: str = ""
    sample: bool = False


def plan_print(context: Context, sitting_id: str) -> tuple[str, ...]:
    """The files :func:`print_sitting` would write, by name.

    Raises:
        NotFound: when there is no such sitting or template.
        Refused: when it is not sealed.
    """
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    names: list[str] = []
    for job in _jobs(context, loaded):
        names.extend(_names(job))
    return tuple(sorted(names))


def print_sitting(
    context: Context, sitting_id: str, output: Path, *, progress: Progress = lambda _done, _total: None
) -> PrintRun:
    """Print everything a sitting needs into folders ``papers``, ``keys`` and ``scoring-sheets``, with a manifest.

    Raises:
        NotFound: when there is no such sitting or template.
        Refused: when it is not sealed, a font is missing, or a folder cannot be written.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    jobs = list(_jobs(context, loaded))
    fonts = prepare_fonts(default_font_cache())
    manifest: dict[str, Json] = {}
    counts: dict[str, int] = {}
    pages = 0
    for done, printed in enumerate(_in_workers(jobs, fonts)):
        progress(done, len(jobs))
        for name, data in printed:
            folder = name.split("/", 1)[0]
            write_whole(output / name, data, mode=PRIVATE_FILE)
            sheets = page_count(data) if name.endswith(".pdf") else 0
            manifest[name] = {"digest": digest_of_bytes(data), "pages": sheets}
            counts[folder] = counts.get(folder, 0) + 1
            pages += sheets
    document = {"schema": "certengine.print-manifest/1", "sitting": sitting_id, "files": manifest}
    write_whole(output / "manifest.json", canonical_bytes(document))
    at = context.clock()
    with context.writing() as connection:
        context.write_act(connection, at, "paper.print", sitting_id, files=len(manifest), pages=pages)
    return PrintRun(counts=tuple(sorted(counts.items())), pages=pages)


def describe_paper(
    context: Context, paper_id: str, *, with_key: bool
) -> tuple[dict[str, str], tuple[str, ...], list[tuple[str, ...]]]:
    """A stored paper as head, table header and rows.

    Raises:
        NotFound: when there is no such paper.
    """
    with context.reading() as connection:
        paper = store.load_paper(connection, paper_id)
    loaded = load(context, paper.sitting)
    bank = loaded.banks[paper.bank]
    items = {item.id: item for item in bank.contents.items}
    head = {
        "paper": paper.id,
        "sitting": paper.sitting,
        "candidate": paper.candidate,
        "component": paper.component,
        "bank": f"{paper.bank}@{paper.bank_version}",
        "algorithm": paper.algorithm,
    }
    rows = []
    for drawn in paper.items:
        item = items[drawn.item]
        variant = canonical_bytes(drawn.variant).decode()
        row = (str(drawn.position), drawn.section, drawn.item, item.area, item.level, variant)
        answer = (kind_of(item.kind).answer(item.content, drawn.variant),) if with_key else ()
        rows.append((*row, *answer))
    header = ("no", "section", "item", "area", "level", "variant", *(("answer",) if with_key else ()))
    return head, header, rows


def _jobs(context: Context, loaded: LoadedSitting) -> Iterator[_Job]:
    """Bundles for the workers, the costliest first, so that none ends long after the other."""
    folder = context.workspace.template_path(loaded.scheme.certificate.template)
    sample = loaded.scheme.certificate.sample
    issuer = context.workspace.config.issuer_noun().name
    components = {component.id: component for component in loaded.scheme.written}
    with context.reading() as connection:
        papers = store.load_papers(connection, loaded.sitting.id)
        tasks = store.load_tasks(connection, loaded.sitting.id)
    views = [
        paper_view(
            paper,
            loaded.banks[paper.bank],
            loaded.scheme,
            components[paper.component],
            loaded.sitting.candidate(paper.candidate),
            issuer,
        )
        for paper in papers
    ]
    for bundle in _in_parts(views, _PAPERS_AT_ONCE):
        with context.reading() as connection:
            figures = pictures_shown(connection, bundle)
        yield _Job(templates=folder, papers=tuple(bundle), figures=figures)
    # Sheets that are answered alike share one laid out form: the more at once, the less each costs.
    for bundle in _in_parts(views, _SHEETS_AT_ONCE):
        yield _Job(templates=folder, answer_sheets=tuple(bundle))
    keys = [key_view(paper, loaded.banks[paper.bank], components[paper.component]) for paper in papers]
    for number, bundle_of_keys in enumerate(_in_parts(keys, _KEYS_PER_FILE), 1):
        yield _Job(
            templates=folder, keys=tuple(bundle_of_keys), name=f"keys/answer-keys-{number:02}.pdf", sample=sample
        )
    for practical in _practicals(context, loaded, tasks, issuer):
        yield _Job(templates=folder, practical=practical)
        for part in _in_parts(practical.candidates, 10):
            holders = tuple(SheetHolder(candidate=one, assessor=who) for one in part for who in practical.assessors)
            yield _Job(templates=folder, practical=practical, holders=holders)


def _practicals(
    context: Context, loaded: LoadedSitting, tasks: Sequence[TaskAssignment], issuer: Text
) -> Iterator[_Practical]:
    people = [person.id for person in context.workspace.config.people if "assessor" in person.roles]
    for component in loaded.scheme.practical:
        declared = [one for one in people if one != context.actor][: component.panel.assessors]
        named = tuple(declared) if len(declared) == component.panel.assessors else ()
        for task in component.tasks:
            given = {one.candidate for one in tasks if one.component == component.id and one.task == task.id}
            candidates = tuple(one for one in loaded.sitting.candidates if one.id in given)
            if candidates:
                yield _Practical(
                    component=component,
                    task=task,
                    candidates=candidates,
                    head=SheetHead(
                        scheme_title=loaded.scheme.title,
                        level_title=loaded.scheme.level.title,
                        component_title=component.title,
                        issuer_name=issuer,
                        sitting=loaded.sitting.id,
                        languages=loaded.scheme.languages,
                        sample=loaded.scheme.certificate.sample,
                    ),
                    assessors=named or tuple(f"assessor-{n}" for n in range(1, component.panel.assessors + 1)),
                    at=loaded.sitting.sealed_at or loaded.sitting.opened_at,
                )


def _names(job: _Job) -> Iterator[str]:
    for view in job.papers:
        yield f"papers/{view.candidate.id}-{view.paper_id}-paper.pdf"
    for view in job.answer_sheets:
        yield f"papers/{view.candidate.id}-{view.paper_id}-answer-sheet.pdf"
    if job.keys:
        yield job.name
    if job.practical is not None:
        task = job.practical.task.id
        if job.holders:
            yield from (f"scoring-sheets/{_holder_id(holder)}-{task}.pdf" for holder in job.holders)
        else:
            yield f"scoring-sheets/{task}-task.pdf"
            yield f"scoring-sheets/{task}-site-list.pdf"
            yield from (f"scoring-sheets/{task}-{assessor}.xlsx" for assessor in job.practical.assessors)


def _holder_id(holder: SheetHolder) -> str:
    candidate = holder.candidate.id if holder.candidate else "blank"
    return f"{candidate}-{holder.assessor}"


def _in_parts(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _in_workers(jobs: Sequence[_Job], fonts: FontSet) -> Iterator[list[Printed]]:
    """The jobs' documents in order, made by worker processes; a few jobs are not worth starting them."""
    if len(jobs) < 4 or WORKERS == 1:
        _start_worker(fonts)
        yield from map(_print_job, jobs)
        return
    try:
        with ProcessPoolExecutor(
            WORKERS, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(fonts,)
        ) as pool:
            yield from pool.map(_print_job, jobs)
    except BrokenProcessPool:
        raise CannotTell(
            "a printing process was ended from outside", hint="see whether memory ran out, then print again"
        ) from None


_TYPESETTER: list[Typesetter] = []


def _start_worker(fonts: FontSet) -> None:
    _TYPESETTER[:] = [Typesetter(fonts)]


def _print_job(job: _Job) -> list[Printed]:
    """Runs in a worker process."""
    templates = TemplateFolder(job.templates)
    return list(zip(_names(job), _documents(job, templates, _TYPESETTER[0]), strict=True))


def _documents(job: _Job, templates: TemplateFolder, typesetter: Typesetter) -> Iterable[bytes]:
    for view in job.papers:
        yield render_paper(view, templates, typesetter, figures=job.figures)
    if job.answer_sheets:
        yield from render_answer_sheets(job.answer_sheets, templates, typesetter)
    if job.keys:
        yield render_answer_keys(job.keys, templates, typesetter, sample=job.sample)
    practical = job.practical
    if practical is None:
        return
    criteria = {aspect.id: aspect_kind_of(aspect.kind).describe(aspect) for aspect in practical.task.aspects}
    if job.holders:
        yield from render_scoring_sheets(
            practical.head, practical.task, job.holders, templates, typesetter, criteria=criteria
        )
        return
    yield render_task(practical.head, practical.task, templates, typesetter)
    yield render_site_list(practical.head, practical.task, templates, typesetter, benches=len(practical.candidates))
    units = {
        aspect.id: aspect.rule.unit
        for aspect in practical.task.aspects
        if isinstance(aspect.rule, MeasurementRule) and aspect.rule.unit
    }
    for assessor in practical.assessors:
        yield write_scoring_workbook(
            practical.task, practical.candidates, assessor, criteria=criteria, units=units, at=practical.at
        )
