"""Taking what markers gave: sheets read back, every row judged, the papers concerned scored anew.

Invariants:

1. A row is taken whole or set aside whole, with its reason: an unknown script, a marker who may not mark it, points off
   the scale, an answer that waits for nobody.
2. Entries are never changed: a later one of the same marker supersedes the earlier, and says why.
3. The papers concerned are scored anew in the same run; earlier scores stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from certengine.errors import Finding
from certengine.interchange.marking_sheets import RawMarks, is_marking_sheet, read_marking_sheet, refused_mixture
from certengine.model.marking import ScriptMark
from certengine.scoring.marking import Stage
from certengine.services.context import Context
from certengine.services.filled_sheets import NotTaken, open_filled
from certengine.services.grading import GradingRun, write_run
from certengine.services.scripts import Answer, Desk, answer_digest, answers_of, load_desk, scored_now, why_not_mark
from certengine.store import gradings, script_marks


def are_marking_sheets(files: Sequence[Path]) -> bool:
    """Whether the files are marking sheets; one and the other in one run is refused.

    Raises:
        InputError: when only some of them are.
    """
    kinds = {path: is_marking_sheet(path) for path in files}
    if len(set(kinds.values())) > 1:
        raise refused_mixture(next(path for path, found in kinds.items() if found))
    return any(kinds.values())


def take_marks(context: Context, sitting_id: str, files: Sequence[Path], *, dry_run: bool = False) -> GradingRun:
    """Take marking sheets, and score the papers concerned anew.

    Raises:
        NotFound: when the sitting or a file does not exist.
        Refused: when the sitting is not sealed.
        InputError: when a file is no marking sheet at all.
    """
    sheets = open_filled(context, sitting_id, files, read_marking_sheet)
    with context.reading() as connection:
        desk = load_desk(connection, sheets.loaded)
        found_answers = answers_of(connection, desk) if desk.key is not None else ()
    answers = {desk.code(one.paper.id, one.position): one for one in found_answers}
    taken: list[ScriptMark] = []
    kept = 0
    for mark in sheets.take(lambda raw: _mark(context, desk, answers, raw)):
        kept += 1
        if mark is not None:
            taken.append(mark)
            desk.marks.setdefault((mark.paper, mark.position), []).append(mark)
    papers = {one.paper.id: one.paper for one in found_answers}

    def append(connection: Connection, run: int) -> None:
        script_marks.append_script_marks(connection, run, taken)
        concerned = {mark.paper for mark in taken}
        latest = [one for one in gradings.latest_written(connection, sitting_id) if one[0].paper in concerned]
        gradings.append_written(connection, run, scored_now(connection, desk, papers, latest))

    run, repeated = write_run(context, sitting_id, "marking", sheets.named, kept, sheets.aside, append, dry_run=dry_run)
    left = [desk.standings(one.paper, one.sheet)[one.position].stage for one in found_answers]
    return GradingRun(
        run=run,
        repeated=repeated,
        graded=kept,
        waiting=sum(stage is not Stage.SETTLED for stage in left),
        set_aside=tuple(sorted(sheets.aside, key=Finding.sort_key)),
        notes=(),
    )


def _mark(context: Context, desk: Desk, answers: Mapping[str, Answer], raw: RawMarks) -> ScriptMark | None:
    """One row as an entry; ``None`` when the marker gave the same before.

    Raises:
        NotTaken: with the reason.
    """
    answer = answers.get(raw.script)
    if answer is None:
        hint = "copy the code from the sheet as it was handed out; blank answers have none"
        raise NotTaken("marking/unknown-script", f"no answer of this sitting has the code {raw.script}", hint)
    if raw.item != answer.script.item:
        message = f"script {raw.script} answers another item than `{raw.item}`"
        raise NotTaken("marking/other-item", message, "copy code and item from one row of the sheet")
    why = why_not_mark(context, raw.marker, desk.loaded.scheme.id)
    if why is not None:
        raise NotTaken(*why)
    if raw.marker in answer.conflicted:
        message = f"`{raw.marker}` declared a conflict of interest with the candidate of script {raw.script}"
        raise NotTaken("marking/conflict", message, "have another marker mark it")
    if raw.marker in answer.trainers:
        message = f"`{raw.marker}` trained the candidate of script {raw.script} and may not mark it"
        raise NotTaken("marking/own-trainee", message, "have another marker mark it")
    refusal = answer.script.rubric.refusal(raw.points)
    if refusal is not None:
        raise NotTaken("marking/off-the-scale", f"script {raw.script}: {refusal}", "correct the points")
    _demand_asked(desk, answer, raw)
    earlier = [mark.points for mark in desk.given(answer.paper.id, answer.response) if mark.marker == raw.marker]
    if earlier and earlier[-1] == raw.points:
        return None
    if earlier and raw.remark is None:
        message = f"`{raw.marker}` gave script {raw.script} other points before"
        raise NotTaken(
            "marking/no-reason", message, "say in `remark` why they change; the earlier points stay on record"
        )
    return ScriptMark(
        paper=answer.paper.id,
        position=answer.position,
        item=raw.item,
        marker=raw.marker,
        answer=answer_digest(answer.response),
        points=dict(raw.points),
        remark=raw.remark,
    )


def _demand_asked(desk: Desk, answer: Answer, raw: RawMarks) -> None:
    """Two may always mark an answer; a third only where the two are too far apart.

    Raises:
        NotTaken: when nobody asked this marker.
    """
    now = desk.standings(answer.paper, answer.sheet)[answer.position]
    if raw.marker not in now.markers and len(now.markers) > 1 and now.stage is Stage.SETTLED:
        message = f"script {raw.script} is marked and waits for nobody"
        raise NotTaken("marking/not-asked", message, "leave it: what was given before counts")
