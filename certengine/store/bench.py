"""The bench in the store: entries before they are signed, signatures, and declared conflicts. Rows are only ever added."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from certengine.canonical import canonical_bytes, instant_text, parse_instant
from certengine.model.bench import BenchEntry, ConflictKind, Declaration, Signature
from certengine.store.engine import only_key
from certengine.store.tables import bench_entry, declaration, grading_run, signature


def append_bench_entry(connection: Connection, sitting_id: str, entry: BenchEntry, *, at: datetime) -> int:
    """Write down an entry, or that one is struck; its number."""
    return only_key(
        connection,
        bench_entry.insert().values(
            sitting=sitting_id,
            candidate=entry.candidate,
            task=entry.task,
            aspect=entry.aspect,
            assessor=entry.assessor,
            value=canonical_bytes(entry.value).decode(),
            remark=entry.remark,
            struck=int(entry.struck),
            at=instant_text(at),
        ),
    )


def load_bench_entries(connection: Connection, sitting_id: str, assessor: str) -> tuple[tuple[int, BenchEntry], ...]:
    """One assessor's own entries with their numbers, oldest first; several assessors' are never read at once."""
    query = select(bench_entry).where(bench_entry.c.sitting == sitting_id, bench_entry.c.assessor == assessor)
    return tuple(
        (
            row.seq,
            BenchEntry(
                candidate=row.candidate,
                task=row.task,
                aspect=row.aspect,
                assessor=row.assessor,
                value=json.loads(row.value),
                remark=row.remark,
                struck=bool(row.struck),
            ),
        )
        for row in connection.execute(query.order_by(bench_entry.c.seq))
    )


def append_signatures(
    connection: Connection, run: int, sheets: Sequence[tuple[str, str, str, str]], *, through: int | None = None
) -> None:
    """Write down signatures of a run: candidate, task, assessor, digest of the entries.

    Args:
        through: the last entry at the bench that they cover; ``None`` for sheets that came as files.
    """
    if sheets:
        names = ("candidate", "task", "assessor", "entries")
        rows = [{"run": run, "through": through, **dict(zip(names, one, strict=True))} for one in sheets]
        connection.execute(signature.insert(), rows)


def signed_through(connection: Connection, sitting_id: str, assessor: str) -> dict[tuple[str, str], int]:
    """The last entry at the bench that one assessor's signatures cover, by candidate and task."""
    query = (
        select(signature.c.candidate, signature.c.task, func.max(signature.c.through).label("through"))
        .join(grading_run, grading_run.c.id == signature.c.run)
        .where(grading_run.c.sitting == sitting_id, signature.c.assessor == assessor)
        .group_by(signature.c.candidate, signature.c.task)
    )
    return {(row.candidate, row.task): row.through or 0 for row in connection.execute(query)}


def load_signatures(connection: Connection, sitting_id: str) -> tuple[Signature, ...]:
    """All signatures of a sitting, oldest first."""
    query = (
        select(signature, grading_run.c.at)
        .join(grading_run, grading_run.c.id == signature.c.run)
        .where(grading_run.c.sitting == sitting_id)
        .order_by(signature.c.run, signature.c.candidate, signature.c.task, signature.c.assessor)
    )
    return tuple(
        Signature(
            candidate=row.candidate,
            task=row.task,
            assessor=row.assessor,
            entries=row.entries,
            at=parse_instant(row.at),
        )
        for row in connection.execute(query)
    )


def append_declarations(
    connection: Connection, sitting_id: str, declared: Sequence[Declaration], *, at: datetime, by: str
) -> None:
    """Write down declarations."""
    rows = [
        {
            "sitting": sitting_id,
            "person": one.person,
            "candidate": one.candidate,
            "kind": None if one.kind is None else one.kind.value,
            "at": instant_text(at),
            "by": by,
        }
        for one in declared
    ]
    connection.execute(declaration.insert(), rows)


def load_declarations(connection: Connection, sitting_id: str) -> tuple[Declaration, ...]:
    """All declarations of a sitting, oldest first. What was declared once is never taken back."""
    query = select(declaration).where(declaration.c.sitting == sitting_id).order_by(declaration.c.seq)
    return tuple(
        Declaration(
            person=row.person, candidate=row.candidate, kind=None if row.kind is None else ConflictKind(row.kind)
        )
        for row in connection.execute(query)
    )
