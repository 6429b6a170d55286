"""The item analysis and the results report of a sitting, from what is stored: for people, spreadsheets and programs.

Invariants:

1. Nothing is graded here: written scores are the latest ones stored, practical ones follow from the stored ratings.
2. Pages and tables come of the same statistics.
3. The files name keys (item analysis) and people (results), so only their owner may read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from certengine.documents.report import (
    AspectEntry,
    AssessorPart,
    CandidateResult,
    ItemReport,
    PracticalPart,
    ReportHeading,
    ResultsComponent,
    ResultsReport,
    render_assessor_report,
    render_item_report,
    render_results_report,
)
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import Refused
from certengine.model.scheme import PracticalComponent, Task
from certengine.model.score import ScoreReport
from certengine.model.sitting import Rating, ResponseSheet
from certengine.scoring.panel_analysis import assessor_profile, panel_agreement
from certengine.scoring.practical import score_practical
from certengine.scoring.rating_analysis import observe_aspects, summarise_aspects, summarise_assessors
from certengine.services.analysis_tables import analysis_tables
from certengine.services.context import Context
from certengine.services.corrected_keys import Corrections, corrections_in_force
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.rating_rules import demand_own_first
from certengine.services.readers import RESULT_READERS
from certengine.services.separations import exception_words, exceptions_used
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.services.written_analysis import part_of_sitting, score_summary
from certengine.store import gradings
from certengine.store import sittings as store
from certengine.store.decisions import DecisionRecord, latest_decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Graded:
    """What is stored of a sitting's grading."""

    written: tuple[tuple[ResponseSheet, ScoreReport], ...]
    ratings: tuple[Rating, ...]
    decisions: tuple[DecisionRecord, ...]
    forms: Mapping[str, str | None]
    corrections: Corrections
    exceptions: tuple[str, ...]


def analyse_sitting(context: Context, sitting_id: str, output: Path) -> tuple[Path, ...]:
    """Write a sitting's reports into a folder; returns the files written.

    These are ``item-analysis.html``, ``.csv`` and ``.json``; every other table of the page as ``tables/*.csv``;
    ``results.html`` once it was decided; and for each assessor alone ``assessors/<id>.html``.

    Raises:
        NotFound: when there is no such sitting, or the scheme's template folder is missing.
        Refused: when nothing was graded yet, the role is missing, the folder cannot be written, or whoever asks is an
            assessor who may still rate somebody of whom others' marks would show.
    """
    context.demand_role(*RESULT_READERS)
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    demand_own_first(context, loaded)
    graded = _graded(context, sitting_id)
    folder = TemplateFolder(context.workspace.template_path(loaded.scheme.certificate.template))
    heading = heading_of(context, loaded)
    written = {
        one.id: part_of_sitting(one, loaded, graded.written, graded.forms, graded.corrections)
        for one in loaded.scheme.written
    }
    practical = {one.id: _practical_part(one, loaded, graded) for one in loaded.scheme.practical}
    report = ItemReport(heading=heading, written=tuple(written.values()), practical=tuple(practical.values()))
    files = {"item-analysis.html": render_item_report(report, folder).encode()}
    if graded.decisions:
        files["results.html"] = render_results_report(_results(heading, loaded, graded), folder).encode()
    for assessor, parts in _assessor_parts(loaded, graded).items():
        files[f"assessors/{assessor}.html"] = render_assessor_report(heading, assessor, parts, folder).encode()
    files.update(analysis_tables(loaded, heading.at, written, practical))
    for name, data in files.items():
        write_whole(output / name, data, mode=PRIVATE_FILE)
    return tuple(output / name for name in files)


def heading_of(context: Context, loaded: LoadedSitting) -> ReportHeading:
    """What a report made now on a sitting is about."""
    return ReportHeading(
        scheme_title=loaded.scheme.title,
        level_title=loaded.scheme.level.title,
        sitting=loaded.sitting.id,
        at=context.clock(),
        sample=loaded.scheme.certificate.sample,
    )


def _graded(context: Context, sitting_id: str) -> _Graded:
    with context.reading() as connection:
        found = _Graded(
            written=gradings.latest_written(connection, sitting_id),
            ratings=gradings.load_ratings(connection, sitting_id),
            decisions=latest_decisions(connection, sitting_id),
            forms={paper.id: paper.form for paper in store.load_papers(connection, sitting_id)},
            corrections=corrections_in_force(connection, sitting_id),
            exceptions=tuple(map(exception_words, exceptions_used(connection, sitting_id))),
        )
    if not found.written and not found.ratings:
        raise Refused(
            f"nothing of sitting `{sitting_id}` was graded yet",
            hint=f"`certengine grade written {sitting_id} FILE...`, `certengine grade practical {sitting_id} FILE...`",
            code="analysis/nothing-graded",
        )
    return found


def _practical_part(component: PracticalComponent, loaded: LoadedSitting, graded: _Graded) -> PracticalPart:
    tasks = {task.id: task for task in component.tasks}
    scored = _scored(component, loaded, graded)
    seen = [one for task, report in scored for one in observe_aspects(report, task)]
    return PracticalPart(
        title=component.title,
        scores=score_summary(component, [report.score for _, report in scored], loaded),
        aspects=tuple(
            AspectEntry(summary=one, task_title=tasks[one.task].title, title=tasks[one.task].aspect(one.aspect).title)
            for one in summarise_aspects(seen, component.tasks)
        ),
        assessors=summarise_assessors(seen, _order(component, graded)),
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


def _order(component: PracticalComponent, graded: _Graded) -> dict[str, list[str]]:
    """The candidates of each assessor, in the order in which the own marks came in."""
    found: dict[str, dict[str, None]] = {}
    for rating in graded.ratings:
        if rating.component == component.id:
            found.setdefault(rating.assessor, {})[rating.candidate] = None
    return {assessor: list(candidates) for assessor, candidates in found.items()}


def _assessor_parts(loaded: LoadedSitting, graded: _Graded) -> dict[str, list[AssessorPart]]:
    """Each assessor's own part of every practical component, by assessor."""
    found: dict[str, list[AssessorPart]] = {}
    for component in loaded.scheme.practical:
        seen = [one for task, report in _scored(component, loaded, graded) for one in observe_aspects(report, task)]
        kappa = dict(panel_agreement(seen).kappa)
        tasks = {task.id: task for task in component.tasks}
        for summary in summarise_assessors(seen, _order(component, graded)):
            rows = assessor_profile(seen, summary.assessor)
            part = AssessorPart(
                title=component.title,
                summary=summary,
                kappa=kappa.get(summary.assessor),
                rows=tuple((row, tasks[row.task].aspect(row.aspect).title) for row in rows),
            )
            found.setdefault(summary.assessor, []).append(part)
    return found


def _results(heading: ReportHeading, loaded: LoadedSitting, graded: _Graded) -> ResultsReport:
    decisions = {record.decision.candidate: record.decision for record in graded.decisions}
    absent = {(one.candidate, one.component) for record in graded.decisions for one in record.reports if one.absent}
    return ResultsReport(
        heading=heading,
        components=tuple(
            ResultsComponent(
                id=one.id,
                title=one.title,
                scores=score_summary(
                    one,
                    [dict(made.scores).get(one.id) for who, made in decisions.items() if (who, one.id) not in absent],
                    loaded,
                    absent=sum((who, one.id) in absent for who in decisions),
                ),
            )
            for one in loaded.scheme.components
        ),
        results=tuple(
            CandidateResult(
                candidate=candidate,
                decision=decisions[candidate.id],
                absent=tuple(one.id for one in loaded.scheme.components if (candidate.id, one.id) in absent),
            )
            for candidate in loaded.sitting.candidates
            if candidate.id in decisions
        ),
        exceptions=graded.exceptions,
    )
