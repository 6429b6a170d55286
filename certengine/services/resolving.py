"""Responses that are open, and what people who looked at the answer sheet say of them.

Open is a response that was read as unreadable or as marked more than once, and one that two key-ins have differently.

Invariants:

1. What is resolved is read by the kind of its item as if it had been read so at first: the marks are the same.
2. A resolution names who looked and why; it is a row of its own, and nothing that was read before is changed.
3. Only what is open is resolved. To say that a response is doubly marked indeed is a resolution too: it is open no more.
4. A paper whose key-ins differ counts once every difference of it is resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Connection

from certengine.errors import Finding
from certengine.interchange.resolutions import RawResolution, read_resolutions, write_resolution_csv
from certengine.model.sitting import DrawnItem, Paper, Response, ResponseSheet, ResponseState
from certengine.scoring.item_marks import read_response, why_unreadable
from certengine.services.context import Context
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.filled_sheets import NotTaken, open_filled
from certengine.services.grading import GradingRun, write_run
from certengine.services.scripts import Desk, load_desk, scored_now
from certengine.services.sittings import demand_sealed, load
from certengine.store import gradings, key_ins
from certengine.store import sittings as store
from certengine.store.key_ins import Resolution

_WHY = {ResponseState.UNREADABLE: "unreadable", ResponseState.MULTIPLE_MARKED: "multiple-marked"}
_DIFFERS = "key-ins-differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenResponse:
    """One response somebody has to look at.

    Attributes:
        read: what was read; of several key-ins all of it, each with its place.
        why: ``unreadable`` (with its reason, where one can be told), ``multiple-marked`` or ``key-ins-differ``.
    """

    candidate: str
    paper: str
    question: int
    item: str
    read: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenList:
    """What is open in a sitting, and the papers that were not graded at all."""

    responses: tuple[OpenResponse, ...]
    not_graded: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Table:
    """What lies on the table: every sheet as it reads now, what is open on it, what was resolved before."""

    papers: Mapping[str, Paper]
    sheets: dict[str, ResponseSheet]
    open: dict[tuple[str, int], OpenResponse]
    graded: frozenset[str]
    resolved: dict[tuple[str, int], str] = field(default_factory=dict)


def open_responses(context: Context, sitting_id: str) -> OpenList:
    """What is open, by candidate, paper and question.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when it is not sealed.
    """
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    with context.reading() as connection:
        table = _laid_out(connection, load_desk(connection, loaded))
    ungraded = sorted((paper.candidate, paper.id) for paper in table.papers.values() if paper.id not in table.graded)
    return OpenList(responses=tuple(_sorted(table.open.values())), not_graded=tuple(ungraded))


def write_open_sheet(context: Context, sitting_id: str, output: Path) -> int:
    """Write what is open as a CSV sheet to fill in; returns the number of its rows.

    Raises:
        NotFound, Refused: as :func:`open_responses`.
    """
    found = open_responses(context, sitting_id).responses
    rows = [(one.candidate, one.paper, str(one.question), one.item, one.read, one.why) for one in found]
    write_whole(output, write_resolution_csv(rows), mode=PRIVATE_FILE)
    return len(found)


def take_resolutions(context: Context, sitting_id: str, files: Sequence[Path], *, dry_run: bool = False) -> GradingRun:
    """Take resolution sheets, and score the papers concerned as if they had been read so at first.

    Raises:
        NotFound: when the sitting or a file does not exist.
        Refused: when the sitting is not sealed.
        InputError: when a file is no resolution sheet at all.
    """
    sheets = open_filled(context, sitting_id, files, read_resolutions)
    with context.reading() as connection:
        desk = load_desk(connection, sheets.loaded)
        table = _laid_out(connection, desk)
    taken: dict[tuple[str, int], Resolution] = {}
    kept = 0
    for new in sheets.take(lambda raw: _resolution(context, table, taken, raw)):
        kept += 1
        if new is not None:
            taken[new.paper, new.position] = new
    whole = _resolved_sheets(desk, table, taken.values())
    graded = [(sheet, desk.score(table.papers[sheet.paper], sheet)) for sheet in whole]

    def append(connection: Connection, run: int) -> None:
        key_ins.append_resolutions(connection, run, list(taken.values()))
        gradings.append_written(connection, run, scored_now(connection, desk, table.papers, graded))

    run, repeated = write_run(context, sitting_id, "resolve", sheets.named, kept, sheets.aside, append, dry_run=dry_run)
    return GradingRun(
        run=run,
        repeated=repeated,
        graded=kept,
        waiting=len(table.open.keys() - taken.keys()),
        set_aside=tuple(sorted(sheets.aside, key=Finding.sort_key)),
        notes=(),
    )


def _laid_out(connection: Connection, desk: Desk) -> _Table:
    """Sheets of the latest runs; a later key-in that differs takes the place of what was graded before."""
    sitting = desk.loaded.sitting.id
    papers = {paper.id: paper for paper in store.load_papers(connection, sitting)}
    runs = gradings.latest_runs(connection, sitting)
    table = _Table(papers=papers, sheets={}, open={}, graded=frozenset(runs))
    resolutions = key_ins.load_resolutions(connection, sitting)
    table.resolved = {(one.paper, one.position): one.response for _, one in resolutions}
    for sheet, _ in gradings.latest_written(connection, sitting):
        table.sheets[sheet.paper] = sheet
        for response in sheet.responses:
            confirmed = table.resolved.get((sheet.paper, response.position)) == response.raw
            if response.state in _WHY and not confirmed:
                _put(table, sheet.paper, response.position, response.raw, _why(desk, papers[sheet.paper], response))
    for paper, key_in in key_ins.load_key_ins(connection, sitting).items():
        if key_in.run < runs.get(paper, 0):
            continue
        since = {one.position: one.response for run, one in resolutions if one.paper == paper and run > key_in.run}
        table.open = {key: one for key, one in table.open.items() if key[0] != paper}
        table.sheets[paper] = _with(desk, papers[paper], key_in.sheet, since)
        for one in key_in.differences:
            if one.position not in since:
                _put(table, paper, one.position, " | ".join(f"{raw} ({place})" for place, raw in one.given), _DIFFERS)
    return table


def _why(desk: Desk, paper: Paper, response: Response) -> str:
    """Why somebody is to look at a response."""
    drawn = _drawn(paper, response.position)
    said = why_unreadable(drawn, desk.loaded.banks[paper.bank].contents.item(drawn.item), response.raw)
    return f"{_WHY[response.state]}: {said}" if said else _WHY[response.state]


def _put(table: _Table, paper: str, position: int, read: str, why: str) -> None:
    drawn = _drawn(table.papers[paper], position)
    table.open[paper, position] = OpenResponse(
        candidate=table.papers[paper].candidate, paper=paper, question=position, item=drawn.item, read=read, why=why
    )


def _resolution(
    context: Context, table: _Table, taken: Mapping[tuple[str, int], Resolution], raw: RawResolution
) -> Resolution | None:
    """One row as a resolution; ``None`` when the same was resolved before.

    Raises:
        NotTaken: with the reason.
    """
    papers = [
        paper
        for paper in table.papers.values()
        if paper.candidate == raw.candidate_id and raw.paper_id in {"", paper.id}
    ]
    if len(papers) != 1:
        message = f"candidate {raw.candidate_id} has {len(papers) or 'no'} such papers in this sitting"
        raise NotTaken("resolve/unknown-paper", message, "copy `candidate_id` and `paper_id` from the sheet")
    key = (papers[0].id, raw.position)
    people = context.workspace.config.people
    if people and not any(person.id == raw.by for person in people):
        message = f"`{raw.by}` is nobody of this workspace"
        raise NotTaken("resolve/unknown-person", message, "name who looked, as certengine.toml does")
    if key in taken:
        if taken[key].response == raw.response:
            return None
        message = f"question {raw.position} of paper {key[0]} is resolved in two ways in these files"
        raise NotTaken("resolve/twice", message, "keep the right one; the first was taken")
    if key not in table.open:
        if table.resolved.get(key) == raw.response:
            return None
        message = f"question {raw.position} of paper {key[0]} is not open"
        hint = (
            f"`certengine grade resolve {papers[0].sitting}` lists what is; a sheet misread otherwise is graded again"
        )
        raise NotTaken("resolve/not-open", message, hint)
    return Resolution(
        paper=key[0],
        position=raw.position,
        read=table.open[key].read,
        response=raw.response,
        by=raw.by,
        reason=raw.reason,
    )


def _resolved_sheets(desk: Desk, table: _Table, taken: Iterable[Resolution]) -> list[ResponseSheet]:
    """The sheets concerned on which key-ins differ no more, in the order of their papers."""
    by_paper: dict[str, dict[int, str]] = {}
    for one in taken:
        by_paper.setdefault(one.paper, {})[one.position] = one.response
    differing = {
        key[0] for key, one in table.open.items() if one.why == _DIFFERS and key[1] not in by_paper.get(key[0], {})
    }
    return [
        _with(desk, table.papers[paper], table.sheets[paper], responses)
        for paper, responses in sorted(by_paper.items())
        if paper not in differing
    ]


def _with(desk: Desk, paper: Paper, sheet: ResponseSheet, responses: Mapping[int, str]) -> ResponseSheet:
    """A sheet with these raw responses in their places, read by their items."""
    items = {item.id: item for item in desk.loaded.banks[paper.bank].contents.items}

    def read(response: Response) -> Response:
        if response.position not in responses:
            return response
        drawn = _drawn(paper, response.position)
        return read_response(drawn, items[drawn.item], responses[response.position])

    return replace(sheet, responses=tuple(read(response) for response in sheet.responses))


def _drawn(paper: Paper, position: int) -> DrawnItem:
    return next(one for one in paper.items if one.position == position)


def _sorted(found: Iterable[OpenResponse]) -> list[OpenResponse]:
    return sorted(found, key=lambda one: (one.candidate, one.paper, one.question))
