"""Invented marking: what markers would give the invented answers, as their sheets come back, round by round.

A marker finds about as much in an answer as it holds of the model answer; each has an eye of his own, and now and then a
second one sees it quite otherwise, so that a third is asked.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from certengine.assembly.keyed import KeyedDraw
from certengine.interchange.marking_sheets import write_marking_csv
from certengine.items.marking_guide import model_answer_of
from certengine.items.rubric import Points, Rubric
from certengine.model.marking import ScriptMark
from certengine.model.sitting import Candidate, Paper, Response, ResponseSheet
from certengine.scoring.marked_papers import Script
from certengine.scoring.marking import Stage
from certengine.scoring.written import read_sheet
from certengine.services.scripts import Desk, answer_digest

_ROUNDS = 3
_FAR_OFF_ONE_IN = 12

Handed = dict[tuple[int, str, str], list[tuple[str, str, Points]]]
"""Rows of each sheet by round, item and marker: script code, what is shown of the answer, points."""


def invent_marks(
    draw: KeyedDraw, desk: Desk, papers: Sequence[Paper], responses: bytes, markers: Sequence[str]
) -> dict[str, bytes]:
    """Filled marking sheets by name; read in the order of their names they leave nothing waiting.

    Args:
        desk: with its key.
        responses: the wide table of invented answers.
    """
    sheets = _sheets(desk, papers, responses)
    handed: Handed = {}
    for number in range(1, _ROUNDS + 1):
        for paper, sheet in sheets:
            for script, marker in _asked(draw, desk, paper, sheet, markers):
                response = next(one for one in sheet.responses if one.position == script.position)
                points = _given(draw.within(paper.id, str(script.position)), desk, paper, script, response, marker)
                rows = handed.setdefault((number, script.item, marker), [])
                rows.append((desk.code(paper.id, script.position), str(response.value), points))
                entry = _entry(paper, script, response, marker, points)
                desk.marks.setdefault((paper.id, script.position), []).append(entry)
    rubrics = {script.item: script.rubric for paper, sheet in sheets for script in desk.scripts(paper, sheet)}
    return {
        f"marking-{number}-{item}-{marker}.csv": _sheet(item, marker, rubrics[item], rows)
        for (number, item, marker), rows in sorted(handed.items())
    }


def _sheets(desk: Desk, papers: Sequence[Paper], responses: bytes) -> list[tuple[Paper, ResponseSheet]]:
    """The papers that were answered, as they will be read."""
    by_id = {paper.id: paper for paper in papers}
    found = []
    for row in csv.DictReader(responses.decode("utf-8-sig").splitlines(keepends=True)):
        paper = by_id.get(row["paper_id"])
        if paper is not None:
            raw = {int(name[1:]): text for name, text in row.items() if name.startswith("q")}
            found.append((paper, read_sheet(paper, desk.loaded.banks[paper.bank], raw)[0]))
    return found


def _asked(
    draw: KeyedDraw, desk: Desk, paper: Paper, sheet: ResponseSheet, markers: Sequence[str]
) -> Iterator[tuple[Script, str]]:
    """Which answers of a paper wait for somebody now, and for whom: never a trainer, never the same one twice."""
    candidate: Candidate = desk.loaded.sitting.candidate(paper.candidate)
    standings = desk.standings(paper, sheet)
    for script in desk.scripts(paper, sheet):
        now = standings[script.position]
        free = [one for one in markers if one not in candidate.trainers and one not in now.markers]
        if now.stage is not Stage.SETTLED and free:
            yield script, draw.within(paper.id, str(script.position)).order("marker", free)[0]


def _given(
    draw: KeyedDraw, desk: Desk, paper: Paper, script: Script, response: Response, marker: str
) -> Mapping[str, int]:
    """A marker's points for one answer."""
    model = model_answer_of(desk.loaded.banks[paper.bank].contents.item(script.item))
    shown = str(response.value)
    found = next((words for _, words in model.by_language if shown[:12] in words), None)
    held = min(Fraction(len(shown), len(found)), Fraction(1)) if found else Fraction(0)
    eye = draw.within(marker)
    if eye.below("far-off", _FAR_OFF_ONE_IN) == 0:
        held = 1 - held
    points = {}
    for criterion in script.rubric.criteria:
        exact = held * criterion.top + Fraction(eye.below(criterion.id, 61) - 30, 100)
        points[criterion.id] = max(0, min(criterion.top, int(exact + Fraction(1, 2))))
    return points


def _entry(paper: Paper, script: Script, response: Response, marker: str, points: Points) -> ScriptMark:
    return ScriptMark(
        paper=paper.id,
        position=script.position,
        item=script.item,
        marker=marker,
        answer=answer_digest(response),
        points=points,
    )


def _sheet(item: str, marker: str, rubric: Rubric, rows: Sequence[tuple[str, str, Points]]) -> bytes:
    in_order = sorted(rows, key=lambda row: row[0])
    return write_marking_csv(
        item,
        marker,
        [(one.id, one.top) for one in rubric.criteria],
        [(code, shown) for code, shown, _ in in_order],
        [points for _, _, points in in_order],
    )
