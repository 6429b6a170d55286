"""Grading runs in the store: each run is new rows; an earlier run is never touched, the latest one counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, func, select

from certengine.canonical import canonical_bytes, instant_text
from certengine.errors import Finding
from certengine.model.score import ScoreReport
from certengine.model.sitting import Rating, ResponseSheet
from certengine.revival import revive
from certengine.store.engine import only_key
from certengine.store.tables import grading_run, paper, rating, set_aside, written_score

_AT_ONCE = 2_000


def append_run(
    connection: Connection,
    sitting_id: str,
    kind: str,
    *,
    at: datetime,
    by: str,
    files: Sequence[tuple[str, str]],
    accepted: int,
    findings: Sequence[Finding],
) -> int:
    """Write a grading run and what it set aside; returns its id.

    Args:
        files: ``(name, digest)`` of each file read.
    """
    run = only_key(
        connection,
        grading_run.insert().values(
            sitting=sitting_id,
            kind=kind,
            at=instant_text(at),
            by=by,
            files=canonical_bytes([list(pair) for pair in files]).decode(),
            accepted=accepted,
            set_aside=len(findings),
        ),
    )
    if findings:
        connection.execute(
            set_aside.insert(),
            [{"run": run, "place": str(f.place or ""), "code": f.code, "message": f.message} for f in findings],
        )
    return run


def run_like(
    connection: Connection, sitting_id: str, kind: str, files: Sequence[tuple[str, str]], accepted: int, set_aside: int
) -> int | None:
    """The earlier run that read the same files with the same outcome, or ``None``.

    The same files may come out otherwise once an assessor was declared or a roster mended: that is a run of its own.
    """
    wanted = sorted(digest for _, digest in files)
    query = select(grading_run).where(
        grading_run.c.sitting == sitting_id,
        grading_run.c.kind == kind,
        grading_run.c.accepted == accepted,
        grading_run.c.set_aside == set_aside,
    )
    for row in connection.execute(query.order_by(grading_run.c.id)):
        if sorted(digest for _, digest in json.loads(row.files)) == wanted:
            return int(row.id)
    return None


def last_run(connection: Connection, sitting_id: str, *, before: int | None = None) -> int:
    """The id of a sitting's latest grading run, or of the latest before another; 0 when there is none."""
    query = select(func.max(grading_run.c.id)).where(grading_run.c.sitting == sitting_id)
    if before is not None:
        query = query.where(grading_run.c.id < before)
    return int(connection.execute(query).scalar() or 0)


def append_written(connection: Connection, run: int, graded: Sequence[tuple[ResponseSheet, ScoreReport]]) -> None:
    """Write responses and score reports of a run."""
    if graded:
        connection.execute(
            written_score.insert(),
            [
                {
                    "run": run,
                    "paper": sheet.paper,
                    "candidate": sheet.candidate,
                    "responses": canonical_bytes(sheet).decode(),
                    "report": canonical_bytes(report).decode(),
                }
                for sheet, report in graded
            ],
        )


def append_scored(connection: Connection, run: int, rows: Iterable[tuple[str, str, str, str]]) -> None:
    """Write papers of a run that are canonical JSON already: paper, candidate, responses, report."""
    names = ("paper", "candidate", "responses", "report")
    values = [{"run": run, **dict(zip(names, row, strict=True))} for row in rows]
    if values:
        connection.execute(written_score.insert(), values)


def latest_written(connection: Connection, sitting_id: str) -> tuple[tuple[ResponseSheet, ScoreReport], ...]:
    """For each paper of a sitting, responses and score of the latest run that graded it, by candidate."""
    latest = (
        select(func.max(written_score.c.run).label("run"), written_score.c.paper)
        .join(grading_run, grading_run.c.id == written_score.c.run)
        .where(grading_run.c.sitting == sitting_id)
        .group_by(written_score.c.paper)
        .subquery()
    )
    query = (
        select(written_score)
        .join(latest, (latest.c.run == written_score.c.run) & (latest.c.paper == written_score.c.paper))
        .order_by(written_score.c.candidate, written_score.c.paper)
    )
    return tuple(
        (revive(ResponseSheet, row.responses), revive(ScoreReport, row.report)) for row in connection.execute(query)
    )


def latest_runs(connection: Connection, sitting_id: str) -> dict[str, int]:
    """The latest run that graded each paper of a sitting, by paper."""
    query = (
        select(written_score.c.paper, func.max(written_score.c.run).label("run"))
        .join(grading_run, grading_run.c.id == written_score.c.run)
        .where(grading_run.c.sitting == sitting_id)
        .group_by(written_score.c.paper)
    )
    return {row.paper: row.run for row in connection.execute(query)}


def ungraded(connection: Connection, sitting_id: str) -> Iterator[tuple[str, str]]:
    """Paper and candidate of each paper of a sitting that no run ever graded."""
    graded = (
        select(written_score.c.paper)
        .join(grading_run, grading_run.c.id == written_score.c.run)
        .where(grading_run.c.sitting == sitting_id)
    )
    query = select(paper.c.id, paper.c.candidate).where(paper.c.sitting == sitting_id, paper.c.id.not_in(graded))
    for row in connection.execute(query, execution_options={"yield_per": _AT_ONCE}):
        yield row.id, row.candidate


def append_ratings(connection: Connection, run: int, sitting_id: str, ratings: Sequence[Rating]) -> None:
    """Write ratings; a later entry of the same assessor on the same aspect strikes the earlier one through."""
    if ratings:
        connection.execute(
            rating.insert(),
            [
                {
                    "run": run,
                    "sitting": sitting_id,
                    "candidate": one.candidate,
                    "component": one.component,
                    "task": one.task,
                    "aspect": one.aspect,
                    "assessor": one.assessor,
                    "value": value_text(one.value),
                    "remark": one.remark,
                }
                for one in ratings
            ],
        )


def value_text(value: Any) -> str:
    """An entry as it is stored: its canonical JSON."""
    if isinstance(value, str):
        return _text_of(value)
    return canonical_bytes(value).decode()


@lru_cache(maxsize=65_536)
def _text_of(value: str) -> str:
    return canonical_bytes(value).decode()


def load_ratings(connection: Connection, sitting_id: str) -> tuple[Rating, ...]:
    """All ratings of a sitting, oldest first."""
    names = ("candidate", "component", "task", "aspect", "assessor", "value", "remark")
    query = select(*(rating.c[name] for name in names)).where(rating.c.sitting == sitting_id).order_by(rating.c.seq)
    # Entries repeat: a few thousand texts stand for a few hundred thousand.
    read = lru_cache(maxsize=65_536)(json.loads)
    return tuple(
        Rating(
            candidate=candidate,
            component=component,
            task=task,
            aspect=aspect,
            assessor=assessor,
            value=read(value),
            remark=remark,
        )
        for candidate, component, task, aspect, assessor, value, remark in connection.execute(query)
    )
