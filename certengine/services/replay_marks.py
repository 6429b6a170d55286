"""The links of marking: what was answered, what markers and assessors gave, and the scores recomputed from them.

What counted for a decision is what had been graded before it: runs are put in order by their acts, not by their times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from certengine.canonical import digest, digest_of_bytes
from certengine.model.marking import ScriptMark
from certengine.model.scheme import PracticalComponent
from certengine.model.score import ScoreReport
from certengine.model.sitting import Paper, Rating, ResponseSheet
from certengine.model.text import Text
from certengine.revival import from_json, revive
from certengine.scoring.practical import score_practical
from certengine.services.corrected_keys import corrections_of
from certengine.services.records_of_acts import correction_records, mark_records, rating_records, written_records
from certengine.services.replay_links import NOT_AS_WRITTEN, UNREADABLE, Chain
from certengine.services.replay_material import Material
from certengine.services.replay_trail import Trail, Witness
from certengine.services.scripts import Desk, desk_of
from certengine.services.written_down import Record
from certengine.store import tables
from certengine.store.key_corrections import correction_row

Reports = dict[str, ScoreReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """What had been graded before the decision.

    Attributes:
        runs: the acts by run; ``basis_kept`` whether the reports of the decision are those it was made from.
    """

    material: Material
    trail: Trail
    runs: Mapping[int, Witness]
    basis_kept: bool | None

    def kept(self, run: int, record: Record) -> bool | None:
        """Whether a run took just this; ``False`` too when its act commits to what it took, and not to this at all."""
        act = self.runs[run]
        if act.committed and (record.kind, record.subject) not in act.committed:
            return False
        return self.trail.keeps(act, record)


def read_scores(grading: Grading, basis: str, chain: Chain) -> Reports:
    """The links of every component that a decision rests on; returns its reports as they are stored."""
    reports = {one.component: one for one in _reports_in(basis)}
    _corrections(grading, chain)
    for component, report in reports.items():
        scheme = grading.material.scheme
        if scheme is None:
            continue
        if report.carried is not None:
            _carried(grading, component, report, chain)
        elif isinstance(_component(scheme, component), PracticalComponent):
            _practical(grading, component, report, chain)
        else:
            _written(grading, component, report, chain)
    return reports


def _corrections(grading: Grading, chain: Chain) -> None:
    """What was corrected in the keys before the decision; no link where nothing was."""
    case = grading.material.case
    sitting = case.rows[tables.certificate.name][0]["sitting"]
    rows = [row for row in case.rows[tables.key_correction.name] if row["run"] in grading.runs]
    records = [(row["run"], record) for row in rows for record in correction_records(sitting, [row])]
    committed = [
        (run, subject)
        for run, act in grading.runs.items()
        for kind, subject in act.committed
        if kind == "key-correction"
    ]
    if records or committed:
        title = Text.of(zh="答案更正", en="corrections of keys")
        _given(grading, "correction", title, records, committed, chain, readable=True)


def _component(scheme: Any, component: str) -> Any:
    return next((one for one in scheme.components if one.id == component), None)


def _carried(grading: Grading, component: str, report: ScoreReport, chain: Chain) -> None:
    """A score of an earlier sitting: as a decision of that sitting holds it."""
    part = report.carried
    assert part is not None
    earlier = grading.material.case.of(tables.decision, sitting=part.sitting, candidate=part.candidate)
    held = [one for row in earlier for one in _reports_in(row["reports"]) if one.component == component]
    same = any(replace(one, candidate=report.candidate, carried=part) == report for one in held)
    title = Text.of(
        zh=f"沿用成绩（{component}，{part.sitting}）", en=f"score carried over ({component}, {part.sitting})"
    )
    own = NOT_AS_WRITTEN if grading.basis_kept is False and not same else None
    value = digest(report)
    kept = grading.basis_kept is True
    chain.judge(f"score:{component}", title, own=own, kept=kept, follows=same, stored=value, again=value)


def _reports_in(text: str) -> tuple[ScoreReport, ...]:
    try:
        found: tuple[ScoreReport, ...] = from_json(tuple[ScoreReport, ...], json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        return ()
    return found


def _written(grading: Grading, component: str, report: ScoreReport, chain: Chain) -> None:
    paper = grading.material.papers.get(component)
    case = grading.material.case
    rows = [row for row in case.rows[tables.written_score.name] if paper is not None and row["paper"] == paper.id]
    graded = [row for row in rows if row["run"] in grading.runs]
    if not graded or paper is None:
        title = Text.of(zh=f"作答（{component}）", en=f"responses ({component})")
        missing = Text.of(zh="没有相应的评分记录", en="no run that graded them is on record")
        own = None if paper is None or chain.shaken("trail") else missing
        upon = (f"paper:{component}", "trail")
        chain.judge(f"responses:{component}", title, own=own, kept=False, follows=False, upon=upon)
        return
    row = max(graded, key=lambda one: int(one["run"]))
    sheet = _responses(grading, component, row, chain)
    marks = _marks(grading, component, paper, chain)
    again = None
    if sheet is not None and marks is not None:
        again = _scored(grading, paper, sheet, marks)
    _score(grading, component, report, row, again, chain)


def _responses(grading: Grading, component: str, row: Mapping[str, Any], chain: Chain) -> ResponseSheet | None:
    sitting = grading.material.case.rows[tables.certificate.name][0]["sitting"]
    record, _ = written_records(sitting, [row])
    kept = grading.kept(row["run"], record)
    try:
        sheet = revive(ResponseSheet, row["responses"])
    except (ValueError, TypeError, KeyError, AttributeError):
        sheet = None
    own = UNREADABLE if sheet is None else NOT_AS_WRITTEN if kept is False else None
    title = Text.of(zh=f"作答（{component}）", en=f"responses ({component})")
    value = digest_of_bytes(row["responses"].encode())
    chain.judge(f"responses:{component}", title, own=own, kept=kept is True, follows=None, stored=value, again=value)
    return sheet


def _marks(grading: Grading, component: str, paper: Paper, chain: Chain) -> list[ScriptMark] | None:
    """What markers gave, run by run; no link where nobody marked."""
    case = grading.material.case
    rows = [row for row in case.of(tables.script_mark, paper=paper.id) if row["run"] in grading.runs]
    sitting = case.rows[tables.certificate.name][0]["sitting"]
    records = [
        (run, record)
        for run in sorted({row["run"] for row in rows})
        for record in mark_records(sitting, {paper.id: paper.candidate}, [row for row in rows if row["run"] == run])
    ]
    committed = _committed_subjects(grading, "marks", f"{paper.id} ")
    try:
        marks = [
            ScriptMark(
                **{name: row[name] for name in ("paper", "position", "item", "marker", "answer", "remark")},
                points=json.loads(row["points"]),
            )
            for row in rows
        ]
    except ValueError:
        marks = None
    if records or committed:
        title = Text.of(zh=f"阅卷给分（{component}）", en=f"markers' points ({component})")
        _given(grading, f"marks:{component}", title, records, committed, chain, readable=marks is not None)
    return marks


def _practical(grading: Grading, component: str, report: ScoreReport, chain: Chain) -> None:
    case = grading.material.case
    rows = [row for row in case.of(tables.rating, component=component) if row["run"] in grading.runs]
    records = [
        (run, record)
        for run in sorted({row["run"] for row in rows})
        for record in rating_records([row for row in rows if row["run"] == run])
    ]
    candidate = case.rows[tables.certificate.name][0]["candidate"]
    tasks = {row["task"] for row in rows} | {grading.material.tasks.get(component, "")}
    committed = [one for task in tasks for one in _committed_subjects(grading, "ratings", f"{candidate} {task} ")]
    try:
        ratings = [_rating(row) for row in rows]
    except ValueError:
        ratings = None
    title = Text.of(zh=f"考评员评分（{component}）", en=f"assessors' entries ({component})")
    _given(grading, f"ratings:{component}", title, records, committed, chain, readable=ratings is not None)
    decided_at = case.rows[tables.decision.name][0]["decided_at"] if case.rows[tables.decision.name] else ""
    conflicted = {row["person"] for row in case.of(tables.declaration) if row["at"] <= decided_at}
    counted = [one for one in ratings or () if one.assessor not in conflicted]
    again = _rated(grading, component, counted) if counted else None
    _score(grading, component, report, None, again, chain)


def _rating(row: Mapping[str, Any]) -> Rating:
    names = ("candidate", "component", "task", "aspect", "assessor", "remark")
    return Rating(**{name: row[name] for name in names}, value=json.loads(row["value"]))


def _given(
    grading: Grading,
    id: str,
    title: Text,
    records: list[tuple[int, Record]],
    committed: Iterable[tuple[int, str]],
    chain: Chain,
    *,
    readable: bool,
) -> None:
    """Entries of people: each group as committed to by the run that took it, and none of them gone."""
    kept = [grading.kept(run, record) for run, record in records]
    gone = set(committed) - {(run, record.subject) for run, record in records}
    wrong = [record.subject for (_, record), one in zip(records, kept, strict=True) if one is False]
    wrong.extend(subject for _, subject in sorted(gone))
    own = None if readable else UNREADABLE
    if wrong:
        names = "; ".join(sorted(set(wrong)))
        own = Text.of(zh=f"与写入时留下的承诺值不符：{names}", en=f"not what was committed to: {names}")
    value = digest([[run, record.subject, record.content] for run, record in records])
    everything = bool(kept) and all(one is True for one in kept)
    chain.judge(id, title, own=own, kept=everything, follows=None, stored=value, again=value)


def _committed_subjects(grading: Grading, kind: str, start: str) -> list[tuple[int, str]]:
    return [
        (run, subject)
        for run, act in grading.runs.items()
        for one, subject in act.committed
        if one == kind and subject.startswith(start)
    ]


def _scored(grading: Grading, paper: Paper, sheet: ResponseSheet, marks: list[ScriptMark]) -> ScoreReport | None:
    loaded = grading.material.loaded
    if loaded is None:
        return None
    keys = grading.material.case.rows[tables.marking_key.name]
    try:
        rows = [row for row in grading.material.case.rows[tables.key_correction.name] if row["run"] in grading.runs]
        held = {**{one.reference: one for one in loaded.banks.values()}, **grading.material.keys}
        corrections = corrections_of(map(correction_row, rows), lambda bank, version: held[f"{bank}@{version}"])
        desk: Desk = desk_of(loaded, bytes.fromhex(keys[0]["key"]) if keys else None, marks, corrections)
        return desk.score(paper, sheet)
    except Exception:  # noqa: BLE001  # whatever was altered, it cannot be scored: the links say what
        return None


def _rated(grading: Grading, component_id: str, ratings: list[Rating]) -> ScoreReport | None:
    scheme = grading.material.scheme
    task_id = grading.material.tasks.get(component_id)
    component = _component(scheme, component_id)
    task = next((one for one in component.tasks if one.id == task_id), None)
    if scheme is None or task is None:
        return None
    given = [one for one in ratings if one.task == task.id]
    try:
        return score_practical(ratings[0].candidate, component, task, given, scheme.rounding)
    except Exception:  # noqa: BLE001  # as above
        return None


def _score(
    grading: Grading,
    component: str,
    report: ScoreReport,
    row: Mapping[str, Any] | None,
    again: ScoreReport | None,
    chain: Chain,
) -> None:
    """The score of a component: as stored with the decision, as stored with its run, and recomputed."""
    based_on = digest(report)
    own = None
    kept = grading.basis_kept
    if row is not None:
        sitting = grading.material.case.rows[tables.certificate.name][0]["sitting"]
        _, record = written_records(sitting, [row])
        stored_kept = grading.trail.keeps(grading.runs[row["run"]], record)
        if stored_kept is False:
            own = NOT_AS_WRITTEN
        elif digest_of_bytes(row["report"].encode()) != based_on:
            own = Text.of(
                zh="作出决定所依据的成绩与评分记录不同",
                en="the decision's score is another than that of its grading run",
            )
        kept = stored_kept
    title = Text.of(zh=f"成绩（{component}）", en=f"score ({component})")
    value = digest(again) if again is not None else None
    upon = (
        *grading.material.below(component),
        f"key:{component}",
        f"responses:{component}",
        f"marks:{component}",
        f"ratings:{component}",
        "correction",
        *(f"bank:{reference}" for reference in grading.material.keys),
        "trail",
    )
    chain.judge(
        f"score:{component}",
        title,
        own=own,
        kept=kept is True,
        follows=value == based_on,
        upon=upon,
        stored=based_on,
        again=value,
    )
