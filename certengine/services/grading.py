"""Grading: reading response files, scoring what is sound, setting the rest aside by row with its reason.

Invariants:

1. A bad row never stops the run and never disappears: it is set aside under its file, line and reason.
2. An earlier run is never touched; the latest run of a paper counts. Reading the same files again gives the same marks
   and changes nothing.
3. Nothing is written before every file was read; a run is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from certengine.canonical import Json, digest_of_bytes
from certengine.errors import Finding, InputError, NotFound, Refused, Severity, UsageError, first_errors
from certengine.interchange.response_sheets import RawSheet
from certengine.interchange.responses import read_responses
from certengine.revival import collection_paused
from certengine.services.bulk_grading import Bulk
from certengine.services.context import Context
from certengine.services.reading_sheets import Head, Untold, notes_on, read_sheets
from certengine.services.scripts import load_desk, scored_now
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.store import gradings
from certengine.store import sittings as store

_WHOLE_FILE = {
    "table/missing-column",
    "table/duplicate-column",
    "table/empty",
    "responses/form",
    "responses/no-paper",
    "responses/duplicate-question",
    "ratings/no-assessor",
}
"""What is wrong with a file as a whole: none of its rows was read."""
_COUNTED = {"written": "graded", "practical": "ratings", "marking": "marks", "resolve": "resolutions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingRun:
    """What a run did.

    Attributes:
        run: its id, or ``None`` for a dry run or one that repeats an earlier run.
        repeated: the earlier run that read the same files.
        graded: papers or candidates graded; ``waiting`` those of the sitting still without. ``absent`` of those graded did
            not come.
        lacking: the candidates of papers that no row was ever graded for, in order.
        set_aside: rows that were not graded, with their reasons.
        notes: what was graded but deserves a look: unreadable and doubly marked responses; ``more_notes`` of a large run
            are counted and not listed.
    """

    run: int | None
    repeated: int | None
    graded: int
    waiting: int
    set_aside: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    more_notes: int = 0
    absent: int = 0
    lacking: tuple[str, ...] = ()

    @property
    def noted(self) -> int:
        """How much deserves a look."""
        return len(self.notes) + self.more_notes


def grade_written(
    context: Context,
    sitting_id: str,
    files: Sequence[Path],
    *,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> GradingRun:
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
    # A file of ten thousand sheets makes millions of small objects that all live: looking for garbage among them doubles
    # the time.
    with collection_paused():
        return _graded(context, loaded, files, named, dry_run=dry_run, progress=progress)


def _graded(
    context: Context,
    loaded: LoadedSitting,
    files: Sequence[Path],
    named: Sequence[tuple[str, str]],
    *,
    dry_run: bool,
    progress: Callable[[int, int], None],
) -> GradingRun:
    sitting_id = loaded.sitting.id
    aside: list[Finding] = []
    notes: list[Finding] = []
    sheets = raw_sheets(files, aside, notes)
    with context.reading() as connection:
        desk = load_desk(connection, loaded)
        if not desk.people and not any(raw.by_item for raw, _ in sheets):
            heads = store.paper_heads(connection, sitting_id)
            bulk = Bulk(loaded, heads, sheets, aside, progress)
        else:
            bulk = None
            papers = {paper.id: paper for paper in store.load_papers(connection, sitting_id)}
        done = set(gradings.latest_runs(connection, sitting_id))
    if bulk is not None:
        return _in_bulk(context, bulk, named, done, aside, notes, dry_run=dry_run)
    untold = Untold()
    read = list(read_sheets(loaded.banks, papers, sheets, aside, untold))
    notes.extend(untold.notes())
    graded = [(one.sheet, desk.score(one.paper, one.sheet)) for one in read]
    notes.extend(note for one in read for note in notes_on(one.sheet, one.place()))
    waiting = papers.keys() - done - {sheet.paper for sheet, _ in graded}
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
        waiting=len(waiting),
        set_aside=tuple(sorted(aside, key=Finding.sort_key)),
        notes=tuple(notes),
        absent=sum(report.absent for _, report in graded),
        lacking=_candidates(papers, waiting),
    )


def _in_bulk(
    context: Context,
    bulk: Bulk,
    named: Sequence[tuple[str, str]],
    done: Collection[str],
    aside: list[Finding],
    notes: list[Finding],
    *,
    dry_run: bool,
) -> GradingRun:
    sitting_id = bulk.loaded.sitting.id
    run, repeated = write_run(context, sitting_id, "written", named, bulk.count, aside, bulk.write, dry_run=dry_run)
    if run is None:
        with context.reading() as connection:
            bulk.write(connection, None)
    waiting = bulk.heads.keys() - done - bulk.papers()
    return GradingRun(
        run=run,
        repeated=repeated,
        graded=bulk.count,
        waiting=len(waiting),
        set_aside=tuple(sorted(aside, key=Finding.sort_key)),
        notes=(*notes, *bulk.untold.notes(), *bulk.notes),
        more_notes=bulk.more_notes,
        absent=bulk.absent,
        lacking=_candidates(bulk.heads, waiting),
    )


def _candidates(papers: Mapping[str, Head], which: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({papers[paper].candidate for paper in which}))


def raw_sheets(files: Sequence[Path], aside: list[Finding], notes: list[Finding]) -> list[tuple[RawSheet, str]]:
    """The sheets of response files, each with its file; what is set aside or in doubt on the way.

    Raises:
        NotFound: when a file does not exist.
        InputError: when a file is no table of responses at all, or its header is wrong.
    """
    sheets: list[tuple[RawSheet, str]] = []
    for path in files:
        found, findings = read_responses(path)
        demand_rows(path, found, findings)
        sheets.extend((sheet, str(path)) for sheet in found)
        aside.extend(first_errors(findings))
        notes.extend(finding for finding in findings if finding.severity is Severity.WARNING)
    return sheets


def demand_rows(path: Path, read: Sequence[object], findings: Sequence[Finding]) -> None:
    """Refuse a file whose header keeps all of it from being read: that is no row set aside, and no run.

    Raises:
        InputError: with what is wrong.
    """
    wrong = tuple(one for one in findings if one.code in _WHOLE_FILE)
    if wrong and not read:
        raise InputError(
            f"`{path}` cannot be read: see its header",
            findings=wrong,
            hint="mend the header, and hand the file in again; nothing was graded",
            code=wrong[0].code,
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
            raise Refused(
                f"`{path}` cannot be read: {error.strerror}",
                hint="name a file that you may read; for a folder name the files in it",
                code="file/unreadable",
            ) from None
    return tuple(found)
