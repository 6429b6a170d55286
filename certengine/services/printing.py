"""Printing a sealed sitting: papers and answer sheets, keys and marking guide, lists, tasks, site lists, scoring sheets.

1. Plan every document, and see that all names can be shown; meanwhile a process is started that worker processes are
   forked from.
2. Keep what an interrupted run has made, when it was made from the same things.
3. In worker processes: plan the papers' blocks, typeset those that are not remembered, compose the papers from them. The
   other documents are laid out where a worker has nothing of this to do.
4. Write each file whole, then the manifest with digests and page counts.

The same sitting gives the same bytes, in any number of processes, begun anew or resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from certengine.canonical import canonical_bytes
from certengine.documents.blocks import Fragment
from certengine.documents.fonts import default_font_cache, prepare_fonts
from certengine.documents.template_folder import TemplateFolder
from certengine.items import kind_of
from certengine.services.block_cache import BlockCache, edition
from certengine.services.context import Context
from certengine.services.pictures import pictures_shown
from certengine.services.print_plan import GEOMETRY, PrintOrder, PrintPlan, in_parts, made_from, plan_sitting
from certengine.services.print_record import PrintRecord
from certengine.services.print_work import Planned, Printed, Typeset, TypesetJob, plan_job, print_job, typeset_job
from certengine.services.print_workers import Tasks, Workers, printing_workers, warm_up
from certengine.services.readers import RESULT_READERS
from certengine.services.shown_names import demand_shown
from certengine.services.sittings import demand_sealed, load
from certengine.store import sittings as store
from certengine.workspace.folders import bundled_root

_BLOCKS_AT_ONCE = 120
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
        InputError: when names cannot be shown; all of them are told, and nothing is printed.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    own = context.workspace.template_path(loaded.scheme.certificate.template)
    templates = TemplateFolder(own, bundled_root() / "templates" / "formal")
    fonts = prepare_fonts(default_font_cache())
    if not order.candidates:
        warm_up()
    plan = plan_sitting(context, loaded, order)  # 1
    chosen = [one for one in loaded.sitting.candidates if not order.candidates or one.id in order.candidates]
    demand_shown(chosen, fonts)
    cache = BlockCache(context.workspace.root, edition(templates, fonts))
    names = plan.names(cache)
    record = PrintRecord(output, sitting_id, made_from(context, loaded, order, templates, cache.key))
    kept = record.recall(names)  # 2
    if GEOMETRY in names and GEOMETRY not in kept:
        record.write(GEOMETRY, plan.geometry(), 0)
    with context.reading() as connection:
        figures = pictures_shown(connection, plan.all_views())
    with printing_workers(templates, fonts, figures, jobs=plan.size) as workers:
        for printed in _make(plan, kept, cache, workers):  # 3
            record.write_all((one.name, one.data, one.pages) for one in printed)
            progress(len(record.files), len(names))
    record.finish()  # 4
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
        Refused: when the role is missing.
    """
    context.demand_role(*RESULT_READERS)
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


@dataclass(slots=True)
class _Press:
    """A print run under way: which blocks are wanted, and how many tasks each stage still waits for."""

    plan: PrintPlan
    kept: frozenset[str]
    cache: BlockCache
    tasks: Tasks = field(default_factory=Tasks)
    wanted: set[str] = field(default_factory=set)
    lacking: dict[str, Fragment] = field(default_factory=dict)
    open: int = 0

    def begin(self) -> None:
        """Have the papers planned; whatever needs no block is done where a worker is free."""
        jobs = (*self.plan.accommodated, *self.plan.others)
        self.tasks.others.extend((print_job, job) for job in jobs if not self.kept.issuperset(job.names))
        self.open = self.tasks.add(plan_job, self.plan.plans(self.kept, self.cache))

    def planned(self, found: Planned) -> None:
        """Blocks that some papers need; when all are known, those that are not remembered are typeset."""
        self.wanted |= found.keys
        self.lacking |= {one.key: one for one in found.lacking}
        self.open -= 1
        if not self.open:
            parts = _alike(list(self.lacking.values()))
            self.open = self.tasks.add(typeset_job, (TypesetJob(fragments=part) for part in parts))
            self._compose()

    def typeset(self, found: Typeset) -> None:
        """Typeset blocks; when all are there, the papers are composed."""
        self.cache.keep(found.lines, found.keys)
        self.open -= 1
        self._compose()

    def _compose(self) -> None:
        if not self.open:
            packs = self.cache.names(self.wanted)
            self.cache.settle()
            jobs = self.plan.papers(self.cache, packs, self.kept)
            self.tasks.add(print_job, (job for job in jobs if not self.kept.issuperset(job.names)))


def _make(plan: PrintPlan, kept: frozenset[str], cache: BlockCache, workers: Workers) -> Iterator[list[Printed]]:
    """The documents that are not there yet, in the order in which they are done."""
    press = _Press(plan, kept, cache)
    press.begin()
    for result in workers.run(press.tasks):
        if isinstance(result, Planned):
            press.planned(result)
        elif isinstance(result, Typeset):
            press.typeset(result)
        else:
            yield result


def _alike(fragments: Sequence[Fragment]) -> Iterator[tuple[Fragment, ...]]:
    """Fragments in bundles of one style and language, the tallest work first."""
    ordered = sorted(fragments, key=lambda one: (one.style != "sheet", one.language))
    for _, group in groupby(ordered, key=lambda one: (one.style, one.language)):
        for part in in_parts(tuple(group), _BLOCKS_AT_ONCE):
            yield tuple(part)
