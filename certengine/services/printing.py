"""Printing a sealed sitting: papers and answer sheets, keys and marking guide, lists, tasks, site lists, scoring sheets.

1. Plan every document.
2. Keep what an interrupted run has made, when it was made from the same things.
3. Typeset the blocks that papers share and that are not remembered, in worker processes.
4. Compose the papers from them, and lay out the other documents.
5. Write each file whole, then the manifest with digests and page counts.

The same sitting gives the same bytes, in any number of processes, begun anew or resumed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from certengine.canonical import canonical_bytes
from certengine.documents.blocks import Fragment
from certengine.documents.fonts import FontSet, default_font_cache, prepare_fonts
from certengine.documents.pack_files import pack_lines
from certengine.documents.paper_printer import Fragments
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import CannotTell
from certengine.items import kind_of
from certengine.services.block_cache import BlockCache, edition
from certengine.services.context import Context
from certengine.services.pictures import pictures_shown
from certengine.services.print_plan import GEOMETRY, PrintOrder, PrintPlan, in_parts, made_from, plan_sitting
from certengine.services.print_record import PrintRecord
from certengine.services.print_work import Bench, Job, Printed, TypesetJob, open_bench, printed_by
from certengine.services.sittings import demand_sealed, load
from certengine.store import sittings as store

WORKERS = max(1, min(4, os.cpu_count() or 1))
_BLOCKS_AT_ONCE = 120
_FEW = 4  # jobs that are not worth starting processes for
EVERYTHING = PrintOrder()

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRun:
    """What was printed: files by folder, pages in all, and how many files were there already."""

    counts: tuple[tuple[str, int], ...]
    pages: int
    kept: int


def plan_print(context: Context, sitting_id: str, order: PrintOrder = EVERYTHING) -> tuple[str, ...]:
    """The files :func:`print_sitting` would write, by name.

    Raises:
        NotFound: when there is no such sitting, candidate or template.
        Refused: when it is not sealed.
    """
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    return plan_sitting(context, loaded, order).names(BlockCache(context.workspace.root, ""))


def print_sitting(
    context: Context,
    sitting_id: str,
    output: Path,
    order: PrintOrder = EVERYTHING,
    *,
    progress: Progress = lambda _done, _total: None,
) -> PrintRun:
    """Print everything a sitting needs into folders, with a manifest; or what an order asks for.

    Raises:
        NotFound: when there is no such sitting, candidate or template.
        Refused: when it is not sealed, a font is missing, or a folder cannot be written.
        CannotTell: when a printing process was ended from outside.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    templates = TemplateFolder(context.workspace.template_path(loaded.scheme.certificate.template))
    plan = plan_sitting(context, loaded, order)  # 1
    fonts = prepare_fonts(default_font_cache())
    cache = BlockCache(context.workspace.root, edition(templates, fonts))
    names = plan.names(cache)
    record = PrintRecord(output, sitting_id, made_from(context, loaded, order, templates, cache.key))
    kept = record.recall(names)  # 2
    if GEOMETRY in names and GEOMETRY not in kept:
        record.write(GEOMETRY, plan.geometry(), 0)
    with context.reading() as connection:
        figures = pictures_shown(connection, plan.all_views())
    with _workers(templates.path, fonts, figures, plan.size) as workers:
        for printed in _make(plan, kept, cache, templates, workers):
            record.write(printed.name, printed.data, printed.pages)
            progress(len(record.files), len(names))
    record.finish()  # 5
    pages = sum(count for _, count in record.files.values())
    at = context.clock()
    with context.writing() as connection:
        context.write_act(connection, at, "paper.print", sitting_id, files=len(record.files), pages=pages)
    return PrintRun(counts=_by_folder(record), pages=pages, kept=len(kept))


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


def _by_folder(record: PrintRecord) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for name in record.files:
        folder = name.split("/", 1)[0]
        counts[folder] = counts.get(folder, 0) + 1
    return tuple(sorted(counts.items()))


def _make(
    plan: PrintPlan, kept: frozenset[str], cache: BlockCache, templates: TemplateFolder, workers: _Workers
) -> Iterator[Printed]:
    """The documents that are not there yet, in the order in which they are done."""
    fragments = plan.fragments(kept, Fragments(templates))
    lacking = cache.lacking(fragments)
    tasks: list[_Task] = [(_typeset, TypesetJob(fragments=part)) for part in _alike(list(lacking.values()))]  # 3
    tasks += [(_print, job) for job in (*plan.accommodated, *plan.others) if not kept.issuperset(job.names)]
    for result in workers.run(tasks):
        if isinstance(result, _Typeset):
            cache.keep(result.lines, result.keys)
        else:
            yield from result
    packs = cache.names(fragments)
    cache.settle()
    jobs = plan.papers(cache, packs, kept)  # 4
    for result in workers.run((_print, job) for job in jobs if not kept.issuperset(job.names)):
        yield from result


def _alike(fragments: Sequence[Fragment]) -> Iterator[tuple[Fragment, ...]]:
    """Fragments in bundles of one style and language, the tallest work first."""
    ordered = sorted(fragments, key=lambda one: (one.style != "sheet", one.language))
    for _, group in groupby(ordered, key=lambda one: (one.style, one.language)):
        found = tuple(group)
        for part in in_parts(found, _BLOCKS_AT_ONCE):
            yield tuple(part)


@dataclass(frozen=True, slots=True)
class _Typeset:
    """Typeset blocks as lines, with their keys."""

    lines: list[str]
    keys: list[str]


_Task = tuple[Callable[[Any], Any], Any]


class _Workers:
    """Runs tasks in processes, a few ahead of what is taken; or here, where there are few."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def run(self, tasks: Iterable[_Task]) -> Iterator[Any]:
        """What the tasks give, as it is done."""
        if self._pool is None:
            yield from (work(job) for work, job in tasks)
            return
        waiting = iter(tasks)
        running: set[Future[Any]] = set()
        while True:
            for work, job in islice(waiting, 2 * WORKERS - len(running)):
                running.add(self._pool.submit(work, job))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            while done:
                yield done.pop().result()


@contextmanager
def _workers(templates: Path, fonts: FontSet, figures: Mapping[str, bytes], jobs: int) -> Iterator[_Workers]:
    """Printing processes; a few jobs are not worth starting them."""
    if jobs < _FEW or WORKERS == 1:
        _set_bench(templates, fonts, figures)
        yield _Workers(None)
        return
    try:
        with ProcessPoolExecutor(
            WORKERS,
            mp_context=get_context("spawn"),
            initializer=_set_bench,
            initargs=(templates, fonts, figures),
        ) as pool:
            try:
                yield _Workers(pool)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
    except BrokenProcessPool:
        raise CannotTell(
            "a printing process was ended from outside",
            hint="see whether memory ran out, then print again: what was printed is kept",
        ) from None


_BENCH: list[Bench] = []


def _set_bench(templates: Path, fonts: FontSet, figures: Mapping[str, bytes]) -> None:
    _BENCH[:] = [open_bench(templates, fonts, figures)]


def _typeset(job: TypesetJob) -> _Typeset:
    """Runs in a worker process."""
    pack = job.pack(_BENCH[0])
    return _Typeset(pack_lines(pack), list(pack.blocks))


def _print(job: Job) -> list[Printed]:
    """Runs in a worker process."""
    return printed_by(job, _BENCH[0])
