"""The item analysis and the results report of a sitting, from what is stored: for people, spreadsheets and programs.

Invariants:

1. Nothing is graded here: written scores are the latest ones stored, practical ones follow from the stored ratings.
2. Pages and tables come of the same statistics.
3. The files name keys (item analysis) and people (results), so only their owner may read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from certengine.documents.report import (
    AspectEntry,
    AssessorPart,
    CandidateResult,
    ItemEntry,
    ItemReport,
    PracticalPart,
    ReportHeading,
    ResultsComponent,
    ResultsReport,
    WrittenPart,
    render_assessor_report,
    render_item_report,
    render_results_report,
)
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import Refused
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Item
from certengine.model.pass_standard import AllOf, AtLeast, PassRule
from certengine.model.scheme import PracticalComponent, Task, WrittenComponent
from certengine.model.score import ScoreReport
from certengine.model.sitting import Rating, ResponseSheet, ResponseState
from certengine.model.text import Text
from certengine.scoring.analysis import analyse_items
from certengine.scoring.component_analysis import ScoreSummary, sampling_error, summarise_scores, summarise_sections
from certengine.scoring.estimates import GREY_UNDER
from certengine.scoring.observations import ItemFacts, observe
from certengine.scoring.panel_analysis import assessor_profile, panel_agreement
from certengine.scoring.practical import score_practical
from certengine.scoring.rating_analysis import observe_aspects, summarise_aspects, summarise_assessors
from certengine.services.analysis_tables import item_table, statistics_document
from certengine.services.context import Context
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.store import gradings
from certengine.store.decisions import DecisionRecord, latest_decisions

_FEW_BARS, _BARS = 10, 20
_TRUTHS = {
    "true": Text.of(zh="√ 正确", en="√ true"),
    "false": Text.of(zh="× 错误", en="× false"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Graded:
    """What is stored of a sitting's grading."""

    written: tuple[tuple[ResponseSheet, ScoreReport], ...]
    ratings: tuple[Rating, ...]
    decisions: tuple[DecisionRecord, ...]


def analyse_sitting(context: Context, sitting_id: str, output: Path) -> tuple[Path, ...]:
    """Write a sitting's reports into a folder; returns the files written.

    These are ``item-analysis.html``, ``.csv`` and ``.json``; ``results.html`` once it was decided; and for each assessor
    alone ``assessors/<id>.html``.

    Raises:
        NotFound: when there is no such sitting, or the scheme's template folder is missing.
        Refused: when nothing was graded yet, or the folder cannot be written.
    """
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    graded = _graded(context, sitting_id)
    folder = TemplateFolder(context.workspace.template_path(loaded.scheme.certificate.template))
    heading = ReportHeading(
        scheme_title=loaded.scheme.title,
        level_title=loaded.scheme.level.title,
        sitting=sitting_id,
        at=context.clock(),
        sample=loaded.scheme.certificate.sample,
    )
    written = {one.id: _written_part(one, loaded, graded) for one in loaded.scheme.written}
    practical = {one.id: _practical_part(one, loaded, graded) for one in loaded.scheme.practical}
    report = ItemReport(heading=heading, written=tuple(written.values()), practical=tuple(practical.values()))
    files = {"item-analysis.html": render_item_report(report, folder).encode()}
    if graded.decisions:
        files["results.html"] = render_results_report(_results(heading, loaded, graded), folder).encode()
    for assessor, parts in _assessor_parts(loaded, graded).items():
        files[f"assessors/{assessor}.html"] = render_assessor_report(heading, assessor, parts, folder).encode()
    files["item-analysis.csv"] = item_table(loaded, written)
    files["item-analysis.json"] = statistics_document(loaded, heading.at, written, practical)
    for name, data in files.items():
        write_whole(output / name, data, mode=PRIVATE_FILE)
    return tuple(output / name for name in files)


def _graded(context: Context, sitting_id: str) -> _Graded:
    with context.reading() as connection:
        found = _Graded(
            written=gradings.latest_written(connection, sitting_id),
            ratings=gradings.load_ratings(connection, sitting_id),
            decisions=latest_decisions(connection, sitting_id),
        )
    if not found.written and not found.ratings:
        raise Refused(
            f"nothing of sitting `{sitting_id}` was graded yet",
            hint=f"`certengine grade written {sitting_id} FILE...`, `certengine grade practical {sitting_id} FILE...`",
            code="analysis/nothing-graded",
        )
    return found


def _written_part(component: WrittenComponent, loaded: LoadedSitting, graded: _Graded) -> WrittenPart:
    pairs = [(sheet, report) for sheet, report in graded.written if report.component == component.id]
    seen = [one for sheet, report in pairs for one in observe(report, _chosen(sheet))]
    met = {one.item for one in seen}
    items = [item for item in loaded.banks[component.bank].contents.items if item.id in met]
    statistics = analyse_items(seen, [item_facts(item) for item in items])
    sections = summarise_sections(seen, [section.id for section in component.sections])
    return WrittenPart(
        title=component.title,
        scores=_summary(component, [report.score for _, report in pairs], loaded, sem=sampling_error(seen)),
        sections=tuple((part.title, one) for part, one in zip(component.sections, sections, strict=True)),
        items=tuple(
            ItemEntry(statistics=one, stem=item.content.stem, options=_option_texts(item))
            for item, one in zip(items, statistics, strict=True)
        ),
    )


def _practical_part(component: PracticalComponent, loaded: LoadedSitting, graded: _Graded) -> PracticalPart:
    tasks = {task.id: task for task in component.tasks}
    scored = _scored(component, loaded, graded)
    seen = [one for task, report in scored for one in observe_aspects(report, task)]
    return PracticalPart(
        title=component.title,
        scores=_summary(component, [report.score for _, report in scored], loaded),
        aspects=tuple(
            AspectEntry(summary=one, task_title=tasks[one.task].title, title=tasks[one.task].aspect(one.aspect).title)
            for one in summarise_aspects(seen, component.tasks)
        ),
        assessors=summarise_assessors(seen),
        agreement=panel_agreement(seen),
    )


def _scored(component: PracticalComponent, loaded: LoadedSitting, graded: _Graded) -> list[tuple[Task, ScoreReport]]:
    tasks = {task.id: task for task in component.tasks}
    entries: dict[tuple[str, str], list[Rating]] = {}
    for rating in graded.ratings:
        if rating.component == component.id:
            entries.setdefault((rating.candidate, rating.task), []).append(rating)
    return [
        (tasks[task], score_practical(candidate, component, tasks[task], ratings, loaded.scheme.rounding))
        for (candidate, task), ratings in entries.items()
    ]


def _assessor_parts(loaded: LoadedSitting, graded: _Graded) -> dict[str, list[AssessorPart]]:
    """Each assessor's own part of every practical component, by assessor."""
    found: dict[str, list[AssessorPart]] = {}
    for component in loaded.scheme.practical:
        seen = [one for task, report in _scored(component, loaded, graded) for one in observe_aspects(report, task)]
        kappa = dict(panel_agreement(seen).kappa)
        tasks = {task.id: task for task in component.tasks}
        for summary in summarise_assessors(seen):
            rows = assessor_profile(seen, summary.assessor)
            part = AssessorPart(
                title=component.title,
                summary=summary,
                kappa=kappa.get(summary.assessor),
                rows=tuple((row, tasks[row.task].aspect(row.aspect).title) for row in rows),
            )
            found.setdefault(summary.assessor, []).append(part)
    return found


def _summary(
    component: WrittenComponent | PracticalComponent,
    scores: Sequence[Decimal | None],
    loaded: LoadedSitting,
    sem: float | None = None,
) -> ScoreSummary:
    """The distribution of a component's scores; half as many bars for a small group."""
    bins = _FEW_BARS if len(scores) < GREY_UNDER else _BARS
    cut = max(cuts_of(loaded.scheme.pass_standard, component.id), default=None)
    return summarise_scores(scores, full=component.total, cut=cut, bins=bins, sem=sem)


def cuts_of(rule: PassRule, component: str) -> Iterator[Decimal]:
    """The thresholds that every pass needs; one of several alternatives is no cut."""
    match rule:
        case AtLeast() if rule.component == component and rule.part is None:
            yield rule.at_least
        case AllOf():
            for part in rule.all:
                yield from cuts_of(part, component)


def _results(heading: ReportHeading, loaded: LoadedSitting, graded: _Graded) -> ResultsReport:
    decisions = {record.decision.candidate: record.decision for record in graded.decisions}
    scores = [dict(decision.scores) for decision in decisions.values()]
    return ResultsReport(
        heading=heading,
        components=tuple(
            ResultsComponent(
                id=one.id, title=one.title, scores=_summary(one, [given.get(one.id) for given in scores], loaded)
            )
            for one in loaded.scheme.components
        ),
        results=tuple(
            CandidateResult(candidate=candidate, decision=decisions[candidate.id])
            for candidate in loaded.sitting.candidates
            if candidate.id in decisions
        ),
    )


# Options by id: the one place that knows how each kind's values name them


def _chosen(sheet: ResponseSheet) -> dict[int, tuple[str, ...]]:
    """Option ids ticked at each position; a true/false item has the options ``true`` and ``false``.

    An answer in parts (pairs, gaps) ticks nothing; what an order or a number gives is no option of :func:`item_facts`.
    """
    found: dict[int, tuple[str, ...]] = {}
    for response in sheet.responses:
        value = response.value
        if response.state is ResponseState.GIVEN and not isinstance(value, dict):
            ticked = value if isinstance(value, list) else [str(value).lower() if isinstance(value, bool) else value]
            found[response.position] = tuple(str(one) for one in ticked)
    return found


def item_facts(item: Item) -> ItemFacts:
    """An item's option ids in bank order and which are right.

    None where no option alone is right or wrong: a number, words, an order, pairs, gaps.
    """
    match item.content:
        case SingleChoiceContent() as content:
            return ItemFacts(item=item.id, options=tuple(o.id for o in content.options), keys=(content.key,))
        case MultipleResponseContent() as content:
            return ItemFacts(item=item.id, options=tuple(o.id for o in content.options), keys=content.key)
        case TrueFalseContent() as content:
            return ItemFacts(item=item.id, options=tuple(_TRUTHS), keys=(str(content.key).lower(),))
        case _:
            return ItemFacts(item=item.id)


def _option_texts(item: Item) -> Mapping[str, Text]:
    match item.content:
        case SingleChoiceContent() | MultipleResponseContent() as content:
            return {option.id: option.text for option in content.options}
        case TrueFalseContent():
            return _TRUTHS
        case _:
            return {}
