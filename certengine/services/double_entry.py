"""Independent key-ins of the same answer sheets, compared response by response.

Invariants:

1. What is compared is what was read, not how it was typed: ``Ａ`` and ``a`` agree. Two readings that are no answer agree
   when they are so in the same way: both blank, both marked more than once.
2. Of two key-ins both must agree; of three or more, more than half.
3. A paper counts when every response of it is agreed on. What does not agree is set aside with every place; it is kept,
   so that a person who looks at the paper says only what is open (:mod:`certengine.services.resolving`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from certengine.canonical import canonical_bytes
from certengine.errors import Finding, UsageError
from certengine.model.sitting import Response, ResponseSheet, ResponseState
from certengine.services.context import Context
from certengine.services.grading import GradingRun, files_named, raw_sheets, write_run
from certengine.services.reading_sheets import ReadSheet, Untold, notes_on, read_sheets
from certengine.services.scripts import load_desk, scored_now
from certengine.services.sittings import demand_sealed, load
from certengine.store import gradings
from certengine.store import sittings as store
from certengine.store.key_ins import Difference, KeyIn, append_key_ins


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One paper in every key-in: the sheet as agreed on, and what is not."""

    first: ReadSheet
    sheet: ResponseSheet
    differences: tuple[Difference, ...]


def grade_key_ins(context: Context, sitting_id: str, files: Sequence[Path], *, dry_run: bool = False) -> GradingRun:
    """Compare key-ins of the same sheets, one file each; grade the papers they agree on.

    Raises:
        NotFound: when the sitting or a file does not exist.
        Refused: when the sitting is not sealed.
        InputError: when a file is no table of responses at all.
        UsageError: when there are not two files, or two of them are one file.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    named = files_named(files)
    _demand_independent(named)
    with context.reading() as connection:
        papers = {paper.id: paper for paper in store.load_papers(connection, sitting_id)}
        desk = load_desk(connection, loaded)
        done = {sheet.paper for sheet, _ in gradings.latest_written(connection, sitting_id)}
    aside: list[Finding] = []
    notes: list[Finding] = []
    untold = Untold()
    key_ins = [
        {
            one.paper.id: one
            for one in read_sheets(loaded.banks, papers, raw_sheets([path], aside, notes), aside, untold)
        }
        for path in files
    ]
    notes.extend(untold.notes())
    compared = _compared(key_ins, [str(path) for path in files], aside)
    agreed = [one for one in compared if not one.differences]
    open_still = [one for one in compared if one.differences]
    aside.extend(finding for one in open_still for finding in _findings(one))
    graded = [(one.sheet, desk.score(one.first.paper, one.sheet)) for one in agreed]
    notes.extend(note for one in agreed for note in notes_on(one.sheet, one.first))

    def append(connection: Connection, run: int) -> None:
        gradings.append_written(connection, run, scored_now(connection, desk, papers, graded))
        append_key_ins(connection, [KeyIn(run=run, sheet=one.sheet, differences=one.differences) for one in open_still])

    run, repeated = write_run(
        context,
        sitting_id,
        "written",
        # The same files graded one after the other are another run.
        (*named, ("double entry", str(len(files)))),
        len(graded),
        aside,
        append,
        dry_run=dry_run,
    )
    waiting = papers.keys() - done - {sheet.paper for sheet, _ in graded}
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


def _demand_independent(named: Sequence[tuple[str, str]]) -> None:
    """One file twice would agree with itself.

    Raises:
        UsageError: when there is nothing to compare.
    """
    if len(named) < 2 or len({digest for _, digest in named}) < len(named):
        raise UsageError(
            "two key-ins are two files with different content",
            hint="let a second person key the sheets in; a copy of the first file proves nothing",
            code="keying/same-file",
        )


def _compared(key_ins: Sequence[dict[str, ReadSheet]], sources: Sequence[str], aside: list[Finding]) -> list[Compared]:
    found = []
    for paper in sorted({paper for key_in in key_ins for paper in key_in}):
        have = [key_in[paper] for key_in in key_ins if paper in key_in]
        if len(have) < len(key_ins):
            lack = ", ".join(source for source, one in zip(sources, key_ins, strict=True) if paper not in one)
            aside.append(
                Finding(
                    code="keying/lacking",
                    message=f"paper {paper} of candidate {have[0].paper.candidate} is not, or not readable, in {lack}",
                    place=have[0].place(),
                    hint="key it in there too; until then it counts nowhere",
                )
            )
            continue
        found.append(_compare(have))
    return found


def _compare(have: Sequence[ReadSheet]) -> Compared:
    """One paper of every key-in; the agreed response is that of the first key-in that has it."""
    responses: list[Response] = []
    differences: list[Difference] = []
    for given in zip(*(one.sheet.responses for one in have), strict=True):
        readings = [_reading(response) for response in given]
        reading, times = Counter(readings).most_common(1)[0]
        if times * 2 > len(given):
            responses.append(given[readings.index(reading)])
            continue
        responses.append(given[0])
        places = [(str(one.place(response.position)), response.raw) for one, response in zip(have, given, strict=True)]
        differences.append(Difference(position=given[0].position, given=tuple(places)))
    sheet = replace(have[0].sheet, responses=tuple(responses))
    return Compared(first=have[0], sheet=sheet, differences=tuple(differences))


def _reading(response: Response) -> bytes:
    """What a response was read as, for comparison."""
    said: object = None
    if response.state is ResponseState.GIVEN:
        said = response.value
    elif response.state is ResponseState.UNREADABLE:
        said = response.raw.casefold()
    return canonical_bytes([response.state, said])


def _findings(one: Compared) -> list[Finding]:
    paper = one.first.paper
    return [
        Finding(
            code="keying/differs",
            message=f"candidate {paper.candidate}, paper {paper.id}, question {difference.position}: "
            f"`{difference.given[0][1][:30]}` here, "
            + ", ".join(f"`{raw[:30]}` at {place}" for place, raw in difference.given[1:]),
            place=one.first.place(difference.position),
            hint=f"look at the answer sheet, then `certengine grade resolve {paper.sitting}`",
        )
        for difference in one.differences
    ]
