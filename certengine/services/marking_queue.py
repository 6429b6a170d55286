"""The queue of answers that wait for people, and sheets of them: one item, one marker, no candidate's name.

Invariants:

1. A marker has the role, and is not handed answers of candidates they trained, nor answers they marked before; no sheet
   says what another marker gave.
2. No sheet names a candidate; its rows stand in the order of their codes, which is the same every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from certengine.documents.marking_workbook import MarkingSheet, write_marking_workbook
from certengine.errors import NotFound, Refused, UsageError
from certengine.interchange.marking_sheets import heading_of, write_marking_csv
from certengine.items import kind_of
from certengine.items.essay import ON_SCRIPT
from certengine.items.marking_guide import guide_of, model_answer_of
from certengine.scoring.marking import Stage
from certengine.services.context import Context
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.scripts import Answer, Desk, answers_of, load_desk, marking_key, why_not_mark
from certengine.services.sittings import LoadedSitting, demand_sealed, load

_SHEETS = (".xlsx", ".csv")
_MOST_SHARES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQueue:
    """What waits for people on one item."""

    item: str
    answers: int
    first: int
    second: int
    third: int
    settled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSheet:
    """A marking sheet that was written."""

    item: str
    marker: str
    answers: int
    left_out: int
    path: Path


def queue(context: Context, sitting_id: str) -> tuple[ItemQueue, ...]:
    """What waits, item by item.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when it is not sealed.
    """
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    with context.reading() as connection:
        return tuple(waiting_by_item(connection, loaded))


def waiting_by_item(connection: Connection, loaded: LoadedSitting) -> Iterator[ItemQueue]:
    """What waits, item by item, within a transaction."""
    desk = load_desk(connection, loaded)
    stages: dict[str, list[Stage]] = {}
    for answer in answers_of(connection, desk):
        stages.setdefault(answer.script.item, []).append(answer.standing.stage)
    for item, found in sorted(stages.items()):
        yield ItemQueue(
            item=item,
            answers=len(found),
            first=found.count(Stage.FIRST),
            second=found.count(Stage.SECOND),
            third=found.count(Stage.THIRD),
            settled=found.count(Stage.SETTLED),
        )


def write_sheet(
    context: Context,
    sitting_id: str,
    output: Path,
    *,
    item: str | None = None,
    marker: str | None = None,
    share: tuple[int, int] = (1, 1),
) -> WrittenSheet:
    """Write the answers of one item that wait for a marker: ``.xlsx`` with the rubric, or ``.csv``.

    Args:
        item: may be left out while answers to one item only wait for this marker.
        marker: who will mark; the acting person when left out.
        share: ``(2, 4)`` is the second of four shares of the answers that nobody has marked yet, so that several markers
            can work at once and no answer is marked by two; what waits for a second or third marker is in every share.

    Raises:
        NotFound: when nothing waits for this marker.
        UsageError: when several items wait, or the file is neither xlsx nor CSV.
        Refused: when the marker may not mark.
    """
    marker = marker or context.actor
    if marker != context.actor:
        context.demand_role("administrator")
    if not 1 <= share[0] <= share[1] <= _MOST_SHARES:
        raise UsageError(
            f"`{share[0]}/{share[1]}` is no share", hint=f"write `2/4` for the second of four; {_MOST_SHARES} at most"
        )
    if output.suffix.lower() not in _SHEETS:
        raise UsageError(f"`{output.name}` is neither .xlsx nor .csv", hint="name the file `marking.xlsx`")
    loaded = load(context, sitting_id)
    why = why_not_mark(context, marker, loaded.scheme.id)
    if why is not None:
        code, message, hint = why
        raise Refused(message, hint=f"{hint}, or name another with `--marker`", code=code)
    demand_sealed(loaded.sitting)
    at = context.clock()
    with context.writing() as connection:
        marking_key(context, connection, sitting_id)
        desk = load_desk(connection, loaded)
        waiting = [
            one for one in answers_of(connection, desk) if _waits_for(one, marker) and _in_share(desk, one, share)
        ]
        mine = [one for one in waiting if marker not in one.barred]
        chosen = _chosen_item(mine, item, sitting_id, marker)
        answers = [one for one in mine if one.script.item == chosen]
        context.write_act(connection, at, "grade.queue", sitting_id, item=chosen, marker=marker, answers=len(answers))
    sheet = _sheet(desk, marker, answers)
    if output.suffix.lower() == ".xlsx":
        data = write_marking_workbook(sheet, at=at)
    else:
        tops = [(row.id, row.top) for row in sheet.guide.rows]
        data = write_marking_csv(chosen, marker, tops, sheet.answers)
    write_whole(output, data, mode=PRIVATE_FILE)
    left_out = sum(one.script.item == chosen for one in waiting) - len(answers)
    return WrittenSheet(item=chosen, marker=marker, answers=len(answers), left_out=left_out, path=output)


def _waits_for(answer: Answer, marker: str) -> bool:
    return answer.standing.stage is not Stage.SETTLED and marker not in answer.standing.markers


def _in_share(desk: Desk, answer: Answer, share: tuple[int, int]) -> bool:
    number, of = share
    return answer.standing.stage is not Stage.FIRST or desk.share(answer.paper.id, answer.position, of) == number


def _chosen_item(answers: Sequence[Answer], item: str | None, sitting_id: str, marker: str) -> str:
    """The item asked for, or the only one that waits.

    Raises:
        NotFound: when nothing waits.
        UsageError: when several items wait and none is named.
    """
    waiting = sorted({answer.script.item for answer in answers})
    if item is None and len(waiting) > 1:
        raise UsageError(
            f"answers to {len(waiting)} items wait for `{marker}`: {', '.join(waiting)}",
            hint="name one with `--item`: a sheet has one rubric",
        )
    if not waiting or (item is not None and item not in waiting):
        what = f"item `{item}`" if item is not None else "any item"
        raise NotFound(
            f"no answer to {what} waits for `{marker}`",
            hint=f"`certengine grade queue {sitting_id}` shows what waits",
            code="marking/nothing-waits",
        )
    return item or waiting[0]


def _sheet(desk: Desk, marker: str, answers: Sequence[Answer]) -> MarkingSheet:
    """What the marker is handed; answers in the order of their codes."""
    one = answers[0]
    bank = desk.loaded.banks[one.paper.bank].contents
    item = bank.item(one.script.item)
    guide = guide_of(one.script.rubric, model_answer_of(item))
    return MarkingSheet(
        item=item.id,
        marker=marker,
        stem=kind_of(item.kind).present(item.content, {}).stem,
        guide=guide,
        headings=tuple(heading_of(row.id, row.top) for row in guide.rows),
        answers=tuple(sorted((desk.code(one.paper.id, one.position), _shown(one)) for one in answers)),
    )


def _shown(answer: Answer) -> str:
    """The candidate's words, or where on paper they stand: a page says its paper, never its candidate."""
    value = answer.response.value
    if value == ON_SCRIPT:
        paper, position = answer.paper.id, answer.position
        return f"见答题页：试卷 {paper}，第 {position} 题 / on the page of paper {paper}, item {position}"
    return str(value)
