"""Grading: reading response and rating files, scoring what is sound, setting the rest aside by row with its reason.

Invariants:

1. A bad row never stops the run and never disappears: it is set aside under its file, line and reason.
2. An earlier run is never touched; the latest run of a paper counts. Reading the same files again gives the same marks
   and changes nothing.
3. Nothing is written before every file was read; a run is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from certengine.aspects import kind_of
from certengine.aspects.kind import EntryRefused
from certengine.canonical import Json, digest_of_bytes
from certengine.errors import Finding, NotFound, Place, Refused, Severity, UsageError, first_errors
from certengine.interchange.ratings import RawRating, read_ratings
from certengine.interchange.response_sheets import RawSheet
from certengine.interchange.responses import read_responses
from certengine.model.scheme import PracticalComponent, Task
from certengine.model.sitting import Rating
from certengine.services.context import Context
from certengine.services.reading_sheets import notes_on, read_sheets
from certengine.services.scripts import load_desk, scored_now
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.store import gradings
from certengine.store import sittings as store

_COUNTED = {"written": "graded", "practical": "ratings", "marking": "marks", "resolve": "resolutions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingRun:
    """What a run did.

    Attributes:
        run: its id, or ``None`` for a dry run or one that repeats an earlier run.
        repeated: the earlier run that read the same files.
        graded: papers or candidates graded; ``waiting`` those of the sitting still without.
        set_aside: rows that were not graded, with their reasons.
        notes: what was graded but deserves a look: unreadable and doubly marked responses.
    """

    run: int | None
    repeated: int | None
    graded: int
    waiting: int
    set_aside: tuple[Finding, ...]
    notes: tuple[Finding, ...]


def grade_written(context: Context, sitting_id: str, files: Sequence[Path], *, dry_run: bool = False) -> GradingRun:
    """Grade the written responses of a sitting.

    Raises:
        NotFound: when the sitting or a file does not exist.
        Refused: when the sitting is not sealed.
        InputError: when a file is no table of responses at all.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    named = files_named(files)
    with context.reading() as connection:
        papers = {paper.id: paper for paper in store.load_papers(connection, sitting_id)}
        desk = load_desk(connection, loaded)
    aside: list[Finding] = []
    notes: list[Finding] = []
    read = list(read_sheets(loaded.banks, papers, raw_sheets(files, aside, notes), aside))
    graded = [(one.sheet, desk.score(one.paper, one.sheet)) for one in read]
    notes.extend(note for one in read for note in notes_on(one.sheet, one.place()))
    with context.reading() as connection:
        done = {sheet.paper for sheet, _ in gradings.latest_written(connection, sitting_id)}
    waiting = len(papers.keys() - done - {sheet.paper for sheet, _ in graded})
    run, repeated = write_run(
        context,
        sitting_id,
        "written",
        named,
        len(graded),
        aside,
        lambda connection, run: gradings.append_written(connection, run, scored_now(connection, desk, papers, graded)),
        dry_run=dry_run,
    )
    return GradingRun(
        run=run,
        repeated=repeated,
        graded=len(graded),
        waiting=waiting,
        set_aside=tuple(sorted(aside, key=Finding.sort_key)),
        notes=tuple(notes),
    )


def raw_sheets(files: Sequence[Path], aside: list[Finding], notes: list[Finding]) -> list[tuple[RawSheet, str]]:
    """The sheets of response files, each with its file; what is set aside or in doubt on the way.

    Raises:
        NotFound: when a file does not exist.
        InputError: when a file is no table of responses at all.
    """
    sheets: list[tuple[RawSheet, str]] = []
    for path in files:
        found, findings = read_responses(path)
        sheets.extend((sheet, str(path)) for sheet in found)
        aside.extend(first_errors(findings))
        notes.extend(finding for finding in findings if finding.severity is Severity.WARNING)
    return sheets


def grade_practical(
    context: Context, sitting_id: str, files: Sequence[Path], *, assessor: str | None = None, dry_run: bool = False
) -> GradingRun:
    """Take the assessors' ratings of a sitting.

    Args:
        assessor: whose sheets these are, for files without an assessor column.

    Raises:
        NotFound: when the sitting or a file does not exist.
        Refused: when the sitting is not sealed.
        InputError: when a file is no table of ratings at all.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    named = files_named(files)
    with context.reading() as connection:
        given = {(one.candidate, one.task): one.component for one in store.load_tasks(connection, sitting_id)}
        known = gradings.load_ratings(connection, sitting_id)
    ratings: list[Rating] = []
    aside: list[Finding] = []
    doubts: list[Finding] = []
    for path in files:
        raws, findings = read_ratings(path, assessor=assessor)
        aside.extend(first_errors(findings))
        doubts.extend(finding for finding in findings if finding.severity is Severity.WARNING)
        for raw in raws:
            rating = _rating(loaded, context, given, raw, str(path), aside)
            if rating is not None:
                ratings.append(rating)
    ratings = _without_contradictions(ratings, aside)
    run, repeated = write_run(
        context,
        sitting_id,
        "practical",
        # One file read as two assessors' is two files.
        named if assessor is None else (*named, ("assessor", assessor)),
        len(ratings),
        aside,
        lambda connection, run: gradings.append_ratings(connection, run, sitting_id, ratings),
        dry_run=dry_run,
    )
    rated = {rating.candidate for rating in (*known, *ratings)}
    return GradingRun(
        run=run,
        repeated=repeated,
        graded=len({rating.candidate for rating in ratings}),
        waiting=len({candidate for candidate, _ in given} - rated),
        set_aside=tuple(sorted(aside, key=Finding.sort_key)),
        notes=tuple(doubts),
    )


def write_run(
    context: Context,
    sitting_id: str,
    kind: str,
    named: Sequence[tuple[str, str]],
    accepted: int,
    aside: Sequence[Finding],
    append: Callable[[Connection, int], None],
    *,
    dry_run: bool,
) -> tuple[int | None, int | None]:
    """The id of the new run, or of the earlier run that read the same with the same outcome: then nothing is written."""
    at = context.clock()
    with context.reading() if dry_run else context.writing() as connection:
        repeated = gradings.run_like(connection, sitting_id, kind, named, accepted, len(aside))
        if dry_run or repeated is not None:
            return None, repeated
        run = gradings.append_run(
            connection,
            sitting_id,
            kind,
            at=at,
            by=context.actor,
            files=named,
            accepted=accepted,
            findings=aside,
        )
        append(connection, run)
        counts: dict[str, Json] = {_COUNTED[kind]: accepted, "set_aside": len(aside)}
        context.write_act(connection, at, f"grade.{kind}", sitting_id, run=run, **counts)
    return run, None


def _rating(
    loaded: LoadedSitting,
    context: Context,
    given: Mapping[tuple[str, str], str],
    raw: RawRating,
    source: str,
    aside: list[Finding],
) -> Rating | None:
    """One row as a rating, or ``None`` with the reason it is set aside."""

    def refuse(code: str, message: str, hint: str) -> None:
        aside.append(Finding(code=code, message=message, place=Place(source=source, line=raw.line), hint=hint))

    own = [task for candidate, task in given if candidate == raw.candidate_id]
    if not raw.task and len(own) == 1:
        raw = replace(raw, task=own[0])
    component_id = given.get((raw.candidate_id, raw.task))
    if component_id is None:
        refuse(
            "rating/unknown-task",
            f"candidate {raw.candidate_id} was not given task {raw.task} in this sitting",
            "compare the head of the scoring sheet with the task list",
        )
        return None
    component = loaded.scheme.component(component_id)
    assert isinstance(component, PracticalComponent)
    task: Task = next(task for task in component.tasks if task.id == raw.task)
    aspect = next((aspect for aspect in task.aspects if aspect.id == raw.aspect), None)
    if aspect is None:
        refuse("rating/unknown-aspect", f"task {raw.task} has no aspect {raw.aspect}", "copy the id from the sheet")
        return None
    conflict = _conflict(loaded, context, raw)
    if conflict is not None:
        refuse(*conflict)
        return None
    try:
        value = None if raw.raw is None else kind_of(aspect.kind).parse(aspect, raw.raw)
    except EntryRefused as error:
        refuse("rating/out-of-range", f"{raw.candidate_id} {raw.task}/{raw.aspect}: {error}", "correct the entry")
        return None
    return Rating(
        candidate=raw.candidate_id,
        component=component_id,
        task=raw.task,
        aspect=raw.aspect,
        assessor=raw.assessor,
        value=value,
        remark=raw.remark,
    )


def _conflict(loaded: LoadedSitting, context: Context, raw: RawRating) -> tuple[str, str, str] | None:
    """Why this assessor may not mark this candidate."""
    people = context.workspace.config.people
    if people and not any(person.id == raw.assessor and "assessor" in person.roles for person in people):
        return (
            "rating/not-an-assessor",
            f"`{raw.assessor}` is not an assessor of this workspace",
            "add the person with the role `assessor` in certengine.toml",
        )
    if raw.assessor in loaded.sitting.candidate(raw.candidate_id).trainers:
        return (
            "rating/own-trainee",
            f"`{raw.assessor}` trained candidate {raw.candidate_id} and may not mark them",
            "have another assessor mark",
        )
    return None


def _without_contradictions(ratings: Sequence[Rating], aside: list[Finding]) -> list[Rating]:
    """Two different entries of one assessor on one aspect in one run: neither is taken."""
    by_entry: dict[tuple[str, str, str, str], list[Rating]] = {}
    for rating in ratings:
        key = (rating.candidate, rating.task, rating.aspect, rating.assessor)
        by_entry.setdefault(key, []).append(rating)
    kept = []
    for (candidate, task, aspect, assessor), entries in by_entry.items():
        if any(entry.value != entries[0].value for entry in entries):
            aside.append(
                Finding(
                    code="rating/contradiction",
                    message=f"{assessor} gives {candidate} {task}/{aspect} different values in these files",
                    hint="keep the right one; neither was taken",
                )
            )
        else:
            kept.append(entries[0])
    return kept


def files_named(files: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """Name and digest of each file."""
    if not files:
        raise UsageError("no file is named", hint="name the files to read")
    found = []
    for path in files:
        try:
            found.append((path.name, digest_of_bytes(path.read_bytes())))
        except FileNotFoundError:
            raise NotFound(f"`{path}` does not exist", hint="check the path", code="file/not-found") from None
        except OSError as error:
            raise Refused(f"`{path}` cannot be read: {error.strerror}") from None
    return tuple(found)
