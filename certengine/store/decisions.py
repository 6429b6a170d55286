"""Decisions and approvals in the store: a new decision supersedes the earlier one of a candidate, which stays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from certengine.canonical import Canonical, digest_of_bytes, instant_text, parse_instant
from certengine.errors import Refused
from certengine.model.score import Decision, Failed, Passed, Pending, ScoreReport
from certengine.revival import from_json
from certengine.store.erasures import ERASED
from certengine.store.tables import approval, decision


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """A decision as written down, with the score reports it rests on and its approval."""

    id: int
    sitting: str
    decision: Decision
    digest: str
    reports: tuple[ScoreReport, ...]
    decided_at: datetime
    decided_by: str
    approved_at: datetime | None = None
    approved_by: str | None = None


def append_decisions(
    connection: Connection,
    sitting_id: str,
    made: Sequence[Decision],
    reports: Mapping[str, Sequence[ScoreReport]],
    *,
    at: datetime,
    by: str,
    canonical: Canonical | None = None,
) -> None:
    """Write decisions, each with the reports it rests on, by candidate.

    Args:
        canonical: what has written parts of them already.
    """
    writer = canonical or Canonical()
    rows = []
    for one in made:
        contents = writer.bytes(one)
        rows.append(
            {
                "sitting": sitting_id,
                "candidate": one.candidate,
                "outcome": one.outcome,
                "digest": digest_of_bytes(contents),
                "contents": contents.decode(),
                "reports": writer.bytes(list(reports[one.candidate])).decode(),
                "decided_at": instant_text(at),
                "decided_by": by,
            }
        )
    if rows:
        connection.execute(decision.insert(), rows)


def append_approvals(connection: Connection, ids: Sequence[int], *, at: datetime, by: str) -> None:
    """Write the approval of decisions by another person than whoever made them.

    Raises:
        Refused: when the approver made one of them: no face and no service gets round this.
    """
    if ids:
        own = select(decision.c.id).where(decision.c.id.in_(ids), decision.c.decided_by == by).limit(1)
        if connection.execute(own).first() is not None:
            raise Refused(
                f"`{by}` made these decisions; another person approves them",
                hint="act as an approver: `certengine result approve SITTING --as ID`",
                code="result/same-person",
            )
        rows = [{"decision": one, "approved_at": instant_text(at), "approved_by": by} for one in ids]
        connection.execute(approval.insert(), rows)


def digest_of(connection: Connection, decision_id: int) -> str:
    """The digest of one decision."""
    return str(connection.execute(select(decision.c.digest).where(decision.c.id == decision_id)).scalar_one())


def latest_decision(connection: Connection, sitting_id: str, candidate_id: str) -> DecisionRecord | None:
    """The latest decision on one candidate of a sitting, or ``None``."""
    return next(iter(_latest(connection, sitting_id, candidate_id)), None)


def latest_decisions(connection: Connection, sitting_id: str) -> tuple[DecisionRecord, ...]:
    """The latest decision on each candidate of a sitting, by candidate."""
    return _latest(connection, sitting_id)


def _latest(connection: Connection, sitting_id: str, candidate_id: str | None = None) -> tuple[DecisionRecord, ...]:
    of_sitting = select(func.max(decision.c.id).label("id")).where(decision.c.sitting == sitting_id)
    if candidate_id is not None:
        of_sitting = of_sitting.where(decision.c.candidate == candidate_id)
    latest = of_sitting.group_by(decision.c.candidate).subquery()
    query = (
        select(decision, approval.c.approved_at, approval.c.approved_by)
        .join(latest, latest.c.id == decision.c.id)
        .join(approval, approval.c.decision == decision.c.id, isouter=True)
        .where(decision.c.outcome != ERASED)
        .order_by(decision.c.candidate)
    )
    return tuple(
        DecisionRecord(
            id=row.id,
            sitting=row.sitting,
            decision=from_json(Passed | Failed | Pending, json.loads(row.contents)),
            digest=row.digest,
            reports=from_json(tuple[ScoreReport, ...], json.loads(row.reports)),
            decided_at=parse_instant(row.decided_at),
            decided_by=row.decided_by,
            approved_at=parse_instant(row.approved_at) if row.approved_at else None,
            approved_by=row.approved_by,
        )
        for row in connection.execute(query)
    )
