"""Appeals in the store: an appeal is a row, its settlement another; neither is ever changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from certengine.canonical import instant_text, parse_instant
from certengine.store.engine import only_key
from certengine.store.tables import appeal, appeal_settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an appeal ended.

    Attributes:
        decision: id of the superseding decision.
        outcome: ``changed`` or ``confirmed``.
    """

    decision: int
    outcome: str
    reason: str
    settled_at: datetime
    settled_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """An appeal against one decision.

    Attributes:
        decision: id of the decision appealed against.
        deadline: the last day on which it is to be settled.
    """

    id: int
    sitting: str
    candidate: str
    decision: int
    reason: str
    deadline: date
    opened_at: datetime
    opened_by: str
    settlement: Settlement | None = None


def append_appeal(
    connection: Connection,
    sitting_id: str,
    candidate: str,
    *,
    decision: int,
    reason: str,
    deadline: date,
    at: datetime,
    by: str,
) -> int:
    """Write an appeal; returns its id."""
    return only_key(
        connection,
        appeal.insert().values(
            sitting=sitting_id,
            candidate=candidate,
            decision=decision,
            reason=reason,
            deadline=deadline.isoformat(),
            opened_at=instant_text(at),
            opened_by=by,
        ),
    )


def append_settlement(connection: Connection, appeal_id: int, settled: Settlement) -> None:
    """Write how an appeal ended."""
    connection.execute(
        appeal_settlement.insert().values(
            appeal=appeal_id,
            decision=settled.decision,
            outcome=settled.outcome,
            reason=settled.reason,
            settled_at=instant_text(settled.settled_at),
            settled_by=settled.settled_by,
        )
    )


def open_appeals(connection: Connection, sitting_id: str) -> dict[str, date]:
    """The candidates of a sitting whose appeal is not settled yet, with its deadline."""
    return {one.candidate: one.deadline for one in load_appeals(connection, sitting_id) if one.settlement is None}


def load_appeals(connection: Connection, sitting_id: str) -> tuple[Appeal, ...]:
    """All appeals of a sitting, oldest first."""
    settled = {
        row.appeal: Settlement(
            decision=row.decision,
            outcome=row.outcome,
            reason=row.reason,
            settled_at=parse_instant(row.settled_at),
            settled_by=row.settled_by,
        )
        for row in connection.execute(select(appeal_settlement))
    }
    query = select(appeal).where(appeal.c.sitting == sitting_id).order_by(appeal.c.id)
    return tuple(
        Appeal(
            id=row.id,
            sitting=row.sitting,
            candidate=row.candidate,
            decision=row.decision,
            reason=row.reason,
            deadline=date.fromisoformat(row.deadline),
            opened_at=parse_instant(row.opened_at),
            opened_by=row.opened_by,
            settlement=settled.get(row.id),
        )
        for row in connection.execute(query)
    )
