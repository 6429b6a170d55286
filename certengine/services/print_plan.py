"""Which documents a sitting needs, as jobs for the printing processes.

Candidates' files are made from :class:`~certengine.model.view.PaperView`, which holds no answer; keys are jobs of their
own, in a folder of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

from certengine.assembly.views import key_view, paper_view, working_minutes
from certengine.canonical import canonical_bytes, digest
from certengine.documents.answer_sheets import geometry
from certengine.documents.hand_out_lists import ListHead, ListRow
from certengine.documents.paper_looks import LOOKS
from certengine.documents.scoring_sheets import SheetHead, SheetHolder
from certengine.documents.template_folder import TemplateFolder
from certengine.model.scheme import WrittenComponent
from certengine.model.sitting import Candidate, Paper, TaskAssignment
from certengine.model.view import KeyView, PaperView
from certengine.services.block_cache import BlockCache
from certengine.services.context import Context
from certengine.services.print_work import (
    AccommodatedJob,
    BundleJob,
    GuideJob,
    Job,
    KeysJob,
    ListsJob,
    PapersJob,
    PlanJob,
    Practical,
    ScoringJob,
    TaskJob,
    paper_name,
    sheet_name,
)
from certengine.services.sittings import LoadedSitting, demand_candidates
from certengine.store import sittings as store

BUNDLE = "papers/all-papers.pdf"
GEOMETRY = "papers/answer-sheets.json"
FOLDERS = ("papers", "keys", "lists", "scoring-sheets")
_PAPERS_AT_ONCE = 20
_KEYS_PER_FILE = 100
_HOLDERS_AT_ONCE = 30

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOrder:
    """What is to be printed.

    Attributes:
        candidates: ids of those it is for; empty for everybody.
        looks: how their papers are laid out, beside what the roster says of each; see :data:`LOOKS`.
        one_file: everything for the printer in one file instead of two files a candidate.
        folders: those of :data:`FOLDERS` that are to be printed; empty for all.
    """

    candidates: tuple[str, ...] = ()
    looks: frozenset[str] = frozenset()
    one_file: bool = False
    folders: frozenset[str] = frozenset()

    def wants(self, name: str) -> bool:
        """Whether a file is to be printed."""
        return not self.folders or name.partition("/")[0] in self.folders


@dataclass(slots=True)
class PrintPlan:
    """The documents of a sitting: views of the papers, and jobs that need nothing but themselves."""

    order: PrintOrder
    views: list[PaperView] = field(default_factory=list)
    accommodated: list[AccommodatedJob] = field(default_factory=list)
    others: list[Job] = field(default_factory=list)

    def papers(self, cache: BlockCache, packs: Sequence[str], kept: frozenset[str]) -> Iterator[Job]:
        """Jobs for the papers that are composed of blocks, but for those whose files are there."""
        if self.order.one_file:
            if self.views:
                yield BundleJob(views=tuple(self.views), cache=cache, packs=tuple(packs), name=BUNDLE)
            return
        waiting = [view for view in self.views if not kept.issuperset(_names_of(view))]
        for bundle in in_parts(waiting, _PAPERS_AT_ONCE):
            yield PapersJob(views=tuple(bundle), cache=cache, packs=tuple(packs))

    @property
    def size(self) -> int:
        """About how many jobs it is."""
        return len(self.others) + len(self.accommodated) + len(self.views) // 5

    def names(self, cache: BlockCache) -> tuple[str, ...]:
        """Every file the jobs make."""
        jobs = [*self.papers(cache, (), frozenset()), *self.accommodated, *self.others]
        names = [name for job in jobs for name in job.names]
        return tuple(sorted([*names, GEOMETRY] if self.views or self.accommodated else names))

    def geometry(self) -> bytes:
        """Where everything stands on the answer sheets, for whoever reads their scans."""
        return canonical_bytes(geometry(self.all_views()))

    def all_views(self) -> list[PaperView]:
        """The views of every paper, however it is laid out."""
        return [*self.views, *(job.view for job in self.accommodated)]

    def plans(self, kept: frozenset[str], cache: BlockCache) -> Iterator[PlanJob]:
        """Jobs that tell which blocks the composed papers need, but for papers whose files are there."""
        waiting = [view for view in self.views if self.order.one_file or not kept.issuperset(_names_of(view))]
        for bundle in in_parts(waiting, _PAPERS_AT_ONCE):
            yield PlanJob(views=tuple(bundle), cache=cache)


def plan_sitting(context: Context, loaded: LoadedSitting, order: PrintOrder) -> PrintPlan:
    """The documents of a sealed sitting.

    Raises:
        NotFound: when the order names a candidate who does not sit.
    """
    demand_candidates(loaded.sitting, order.candidates)
    with context.reading() as connection:
        papers = store.load_papers(connection, loaded.sitting.id)
        tasks = store.load_tasks(connection, loaded.sitting.id)
    plan = PrintPlan(order=order)
    chosen = [paper for paper in papers if not order.candidates or paper.candidate in order.candidates]
    if order.wants(GEOMETRY):
        _add_papers(plan, context, loaded, chosen)
    if order.candidates:  # a paper printed once more brings no keys and lists with it
        return plan
    others = chain(
        _scoring(_practicals(context, loaded, tasks), _people(context)),
        _keys(loaded, papers),
        _lists(context, loaded, papers),
    )
    plan.others += [job for job in others if order.wants(job.names[0])]
    return plan


def _people(context: Context) -> dict[str, str]:
    """The names of assessors by their ids."""
    return {person.id: person.name for person in context.workspace.config.people if "assessor" in person.roles}


def _scoring(practicals: Iterable[Practical], people: Mapping[str, str]) -> Iterator[Job]:
    for practical in practicals:
        yield TaskJob(practical=practical)
        holders = [
            SheetHolder(candidate=one, assessor=who, assessor_name=people.get(who))
            for one in practical.candidates
            for who in practical.assessors
        ]
        for part in in_parts(holders, _HOLDERS_AT_ONCE):
            yield ScoringJob(practical=practical, holders=tuple(part))


def made_from(
    context: Context, loaded: LoadedSitting, order: PrintOrder, templates: TemplateFolder, edition: str
) -> str:
    """The digest of all that decides what is printed: a sealed sitting does not change, so its id stands for it."""
    return digest(
        {
            "sitting": loaded.sitting.id,
            "commitment": loaded.sitting.commitment,
            "edition": edition,
            "templates": {name: templates.css(name) for name in templates.names},
            "issuer": context.workspace.config.issuer_noun().name.to_json(),
            "people": [list(one) for one in _people(context).items()],
            "actor": context.actor,
            "order": [list(order.candidates), sorted(order.looks), order.one_file, sorted(order.folders)],
        }
    )


def in_parts(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Things in bundles of so many."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _names_of(view: PaperView) -> tuple[str, ...]:
    return (paper_name(view), sheet_name(view))


def _add_papers(plan: PrintPlan, context: Context, loaded: LoadedSitting, papers: Sequence[Paper]) -> None:
    issuer = context.workspace.config.issuer_noun().name
    components = {component.id: component for component in loaded.scheme.written}
    for paper in papers:
        candidate = loaded.sitting.candidate(paper.candidate)
        component = components[paper.component]
        view = paper_view(paper, loaded.banks[paper.bank], loaded.scheme, component, candidate, issuer)
        looks = plan.order.looks | frozenset(candidate.accommodations or ())
        if looks:
            plan.accommodated.append(AccommodatedJob(view=view, looks=looks))
        else:
            plan.views.append(view)


def _keys(loaded: LoadedSitting, papers: Sequence[Paper]) -> Iterator[Job]:
    components = {component.id: component for component in loaded.scheme.written}
    keys = [key_view(paper, loaded.banks[paper.bank], components[paper.component]) for paper in papers]
    languages = tuple(str(language) for language in loaded.scheme.languages)
    sample = loaded.scheme.certificate.sample
    for number, part in enumerate(in_parts(keys, _KEYS_PER_FILE), 1):
        name = f"keys/answer-keys-{number:02}.pdf"
        yield KeysJob(name=name, keys=tuple(part), languages=languages, sample=sample)
    told = _once_each(keys)
    if told:
        yield GuideJob(keys=told, languages=languages, sample=sample)


def _once_each(keys: Sequence[KeyView]) -> tuple[KeyView, ...]:
    """One view with every entry that says more than its answer, each item once: what a marking guide is made of."""
    found = {
        entry.item: (title, entry)
        for view in keys
        for title, entries in view.sections
        for entry in entries
        if entry.explanation is not None or entry.guide is not None
    }
    if not found:
        return ()
    sections = tuple((title, (entry,)) for title, entry in (found[item] for item in sorted(found)))
    return (KeyView(paper_id="", candidate_id="", sections=sections),)


def _lists(context: Context, loaded: LoadedSitting, papers: Sequence[Paper]) -> Iterator[Job]:
    for component in loaded.scheme.written:
        rows = tuple(
            _list_row(component, paper, loaded.sitting.candidate(paper.candidate))
            for paper in papers
            if paper.component == component.id
        )
        head = ListHead(
            issuer_name=context.workspace.config.issuer_noun().name,
            scheme_title=loaded.scheme.title,
            component_title=component.title,
            component=component.id,
            sitting=loaded.sitting.id,
            minutes=component.minutes,
            languages=tuple(str(language) for language in loaded.scheme.languages),
            sample=loaded.scheme.certificate.sample,
        )
        if rows:
            yield ListsJob(head=head, rows=rows)


def _list_row(component: WrittenComponent, paper: Paper, candidate: Candidate) -> ListRow:
    minutes, extra = working_minutes(component, candidate)
    looks = tuple(LOOKS[look] for look in candidate.accommodations or ())
    return ListRow(candidate=candidate, paper_id=paper.id, minutes=minutes, extra_minutes=extra, accommodations=looks)


def _practicals(context: Context, loaded: LoadedSitting, tasks: Sequence[TaskAssignment]) -> Iterator[Practical]:
    people = [person.id for person in context.workspace.config.people if "assessor" in person.roles]
    for component in loaded.scheme.practical:
        declared = [one for one in people if one != context.actor][: component.panel.assessors]
        named = tuple(declared) if len(declared) == component.panel.assessors else ()
        for task in component.tasks:
            given = {one.candidate for one in tasks if one.component == component.id and one.task == task.id}
            candidates = tuple(one for one in loaded.sitting.candidates if one.id in given)
            if candidates:
                yield Practical(
                    component=component,
                    task=task,
                    candidates=candidates,
                    head=SheetHead(
                        scheme_title=loaded.scheme.title,
                        level_title=loaded.scheme.level.title,
                        component_title=component.title,
                        issuer_name=context.workspace.config.issuer_noun().name,
                        sitting=loaded.sitting.id,
                        languages=loaded.scheme.languages,
                        sample=loaded.scheme.certificate.sample,
                    ),
                    assessors=named or tuple(f"assessor-{n}" for n in range(1, component.panel.assessors + 1)),
                    at=loaded.sitting.sealed_at or loaded.sitting.opened_at,
                )
