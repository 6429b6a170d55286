"""Grading: reading response files, scoring what is sound, setting the rest aside by row with its reason.

Invariants:

1. A bad row never stops the run and never disappears: it is set aside under its file, line and reason.
2. An earlier run is never touched; the latest run of a paper counts. Reading the same files again gives the same marks
   and changes nothing.
3. Nothing is written before every file was read; a run is one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from certengine.canonical import DIGEST_PREFIX, Json
from certengine.errors import Finding, InputError, NotFound, Refused, Severity, UsageError, first_errors
from certengine.interchange.response_sheets import RawSheet
from certengine.interchange.response_stream import spool_responses
from certengine.interchange.responses import read_responses
from certengine.interchange.sheet_spool import SheetSpool
from certengine.revival import collection_paused
from certengine.services.bulk_grading import Bulk
from certengine.services.context import Context
from certengine.services.reading_sheets import Untold, notes_on, read_sheets
from certengine.services.scripts import Desk, load_desk, scored_now
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
    loaded = load(context, sitting_id, roster=False)
    demand_sealed(loaded.sitting)
    named = files_named(files)
    # What is made lives, or is no cycle: looking for garbage among it would only take time.
    with collection_paused(), SheetSpool() as spool:
        return _graded(context, loaded, spool, files, named, dry_run=dry_run, progress=progress)


def _graded(
    context: Context,
    loaded: LoadedSitting,
    spool: SheetSpool,
    files: Sequence[Path],
    named: Sequence[tuple[str, str]],
    *,
    dry_run: bool,
    progress: Callable[[int, int], None],
) -> GradingRun:
    aside: list[Finding] = []
    notes: list[Finding] = []
    for path in files:
        before = len(spool)
        findings = spool_responses(path, spool)
        demand_rows(path, len(spool) - before, findings)
        _take(findings, aside, notes)
    if files_named(files) != named:
        raise Refused("a file was changed while it was read", hint="grade again when nobody writes to it any more")
    with context.reading() as connection:
        desk = load_desk(connection, loaded)
        one_by_one = bool(desk.people) or spool.names_items
        bulk = None if one_by_one else Bulk(connection, loaded, spool, aside, progress)
    if bulk is not None:
        return _in_bulk(context, bulk, named, aside, notes, dry_run=dry_run)
    sheets = [(raw, source) for _, raw, source in spool.sheets()]
    return _one_by_one(context, desk, sheets, named, aside, notes, dry_run=dry_run)


def _one_by_one(
    context: Context,
    desk: Desk,
    sheets: Sequence[tuple[RawSheet, str]],
    named: Sequence[tuple[str, str]],
    aside: list[Finding],
    notes: list[Finding],
    *,
    dry_run: bool,
) -> GradingRun:
    loaded = desk.loaded
    sitting_id = loaded.sitting.id
    with context.reading() as connection:
        papers = {paper.id: paper for paper in store.load_papers(connection, sitting_id)}
        done = set(gradings.latest_runs(connection, sitting_id))
    untold = Untold()
    read = list(read_sheets(loaded.banks, papers, sheets, aside, untold))
    notes.extend(untold.notes())
    graded = [(one.sheet, desk.score(one.paper, one.sheet)) for one in read]
    notes.extend(note for one in read for note in notes_on(one.sheet, one))
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
        lacking=tuple(sorted({papers[paper].candidate for paper in waiting})),
    )


def _in_bulk(
    context: Context,
    bulk: Bulk,
    named: Sequence[tuple[str, str]],
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
    return GradingRun(
        run=run,
        repeated=repeated,
        graded=bulk.count,
        waiting=len(bulk.waiting),
        set_aside=tuple(sorted(aside, key=Finding.sort_key)),
        notes=(*notes, *bulk.untold.notes(), *bulk.notes),
        more_notes=bulk.more_notes,
        absent=bulk.absent,
        lacking=tuple(sorted({*bulk.waiting})),
    )


def raw_sheets(files: Sequence[Path], aside: list[Finding], notes: list[Finding]) -> list[tuple[RawSheet, str]]:
    """The sheets of response files, each with its file; what is set aside or in doubt on the way.

    Raises:
        NotFound: when a file does not exist.
        InputError: when a file is no table of responses at all, or its header is wrong.
    """
    sheets: list[tuple[RawSheet, str]] = []
    for path in files:
        found, findings = read_responses(path)
        demand_rows(path, len(found), findings)
        sheets.extend((sheet, str(path)) for sheet in found)
        _take(findings, aside, notes)
    return sheets


def _take(findings: tuple[Finding, ...], aside: list[Finding], notes: list[Finding]) -> None:
    aside.extend(first_errors(findings))
    notes.extend(finding for finding in findings if finding.severity is Severity.WARNING)


def demand_rows(path: Path, read: int, findings: Sequence[Finding]) -> None:
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
            if path.is_dir():
                raise UsageError(f"`{path}` is a folder", hint="name the files in it")
            if not path.is_file() and path.exists():
                raise Refused(
                    f"`{path}` is a pipe or a device, and a run is to name what it read",
                    hint="write what it gives to a file and name that",
                    code="file/unreadable",
                )
            with path.open("rb") as file:
                found.append((path.name, DIGEST_PREFIX + hashlib.file_digest(file, "sha256").hexdigest()))
        except FileNotFoundError:
            raise NotFound(f"`{path}` does not exist", hint="check the path", code="file/not-found") from None
        except OSError as error:
            raise Refused(
                f"`{path}` cannot be read: {error.strerror}",
                hint="name a file that you may read",
                code="file/unreadable",
            ) from None
    return tuple(found)
