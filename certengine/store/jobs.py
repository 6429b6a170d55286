"""Work that several independent processes share: rows that are claimed under a lease, each done once.

1. Queue: a job is known by its kind and subject, so queueing the same work twice queues it once. What failed is tried
   again when it is queued again.
2. Claim: whoever works takes the first jobs that wait, or that are leased to somebody who is gone or whose lease is
   over, in one transaction; so no two hold the same job.
3. Finish, or fail, in the transaction that writes the result: a kill between the two cannot part them.

A job row is a note of work under way and no history: it is updated, and what it leads to stands in append-only tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, literal, or_, select, update

from certengine.canonical import instant_text
from certengine.store.tables import job

WAITING, LEASED, DONE, FAILED = "waiting", "leased", "done", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job failed, as the run that tried it last was told."""

    subject: str
    code: str
    message: str
    hint: str | None


def queue(connection: Connection, kind: str, batch: str, subjects: Sequence[str]) -> None:
    """Have work waiting: what is not known yet, and what failed before."""
    known = {
        row.subject: row.state
        for row in connection.execute(
            select(job.c.subject, job.c.state).where(job.c.kind == kind, job.c.batch == batch)
        )
    }
    rows = [
        {"kind": kind, "batch": batch, "subject": one, "state": WAITING, "attempts": 0}
        for one in subjects
        if one not in known
    ]
    if rows:
        connection.execute(insert(job), rows)
    for one in subjects:
        if known.get(one) == FAILED:
            again = update(job).where(job.c.kind == kind, job.c.subject == one)
            connection.execute(again.values(state=WAITING, owner=None, code=None, message=None, hint=None))


def claim(
    connection: Connection,
    kind: str,
    batch: str,
    *,
    owner: str,
    at: datetime,
    until: datetime,
    limit: int,
    is_gone: Callable[[str], bool],
) -> tuple[str, ...]:
    """Take up to ``limit`` jobs under a lease; returns their subjects, oldest first."""
    ours = (job.c.kind == kind, job.c.batch == batch)
    waiting = select(job.c.id).where(*ours, job.c.state == WAITING).order_by(job.c.id).limit(limit)
    ids = list(connection.execute(waiting.with_for_update(skip_locked=True)).scalars())
    if not ids:
        leased = select(job.c.id, job.c.owner, job.c.lease_until).where(*ours, job.c.state == LEASED).order_by(job.c.id)
        now = instant_text(at)
        rows = connection.execute(leased.with_for_update(skip_locked=True))
        ids = [row.id for row in rows if row.lease_until <= now or is_gone(row.owner)][:limit]
    if ids:
        connection.execute(
            update(job)
            .where(job.c.id.in_(ids))
            .values(state=LEASED, owner=owner, lease_until=instant_text(until), attempts=job.c.attempts + literal(1))
        )
    return tuple(connection.execute(select(job.c.subject).where(job.c.id.in_(ids)).order_by(job.c.id)).scalars())


def finish(connection: Connection, kind: str, subject: str) -> None:
    """Write down that a job is done; the same transaction holds its result."""
    connection.execute(
        update(job).where(job.c.kind == kind, job.c.subject == subject).values(state=DONE, lease_until=None)
    )


def fail(connection: Connection, kind: str, failure: Failure) -> None:
    """Write down why a job failed; a job that somebody else finished meanwhile stays done."""
    connection.execute(
        update(job)
        .where(job.c.kind == kind, job.c.subject == failure.subject, job.c.state != DONE)
        .values(state=FAILED, lease_until=None, code=failure.code, message=failure.message, hint=failure.hint)
    )


def failures(connection: Connection, kind: str, batch: str) -> tuple[Failure, ...]:
    """The jobs of a batch that failed, oldest first."""
    query = select(job).where(job.c.kind == kind, job.c.batch == batch, job.c.state == FAILED).order_by(job.c.id)
    return tuple(
        Failure(subject=row.subject, code=row.code, message=row.message, hint=row.hint)
        for row in connection.execute(query)
    )


def left(connection: Connection, kind: str, batch: str) -> int:
    """How many jobs of a batch wait or are being worked on."""
    open_ = or_(job.c.state == WAITING, job.c.state == LEASED)
    query = select(func.count()).select_from(job).where(job.c.kind == kind, job.c.batch == batch, open_)
    return int(connection.execute(query).scalar_one())


def done_by(connection: Connection, kind: str, batch: str, run: str) -> frozenset[str]:
    """The subjects of jobs done by the workers of a run: their names begin with its own."""
    query = select(job.c.subject).where(
        job.c.kind == kind, job.c.batch == batch, job.c.state == DONE, job.c.owner.startswith(run, autoescape=True)
    )
    return frozenset(connection.execute(query).scalars())
