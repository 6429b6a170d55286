"""What markers gave answers, in the store: every entry is a new row; a later one of the same marker supersedes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, select

from certengine.canonical import canonical_bytes
from certengine.model.marking import ScriptMark
from certengine.store.tables import grading_run, marking_key, script_mark


def append_marking_key(connection: Connection, sitting_id: str, key: bytes) -> None:
    """Keep the secret from which a sitting's script codes and its lots for second markers follow."""
    connection.execute(marking_key.insert().values(sitting=sitting_id, key=key.hex()))


def load_marking_key(connection: Connection, sitting_id: str) -> bytes | None:
    """That secret, or ``None`` when no marking sheet was ever asked for."""
    query = select(marking_key.c.key).where(marking_key.c.sitting == sitting_id)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else bytes.fromhex(found)


def append_script_marks(connection: Connection, run: int, marks: Sequence[ScriptMark]) -> None:
    """Write entries of a run."""
    if marks:
        connection.execute(
            script_mark.insert(),
            [
                {
                    "run": run,
                    "paper": one.paper,
                    "position": one.position,
                    "item": one.item,
                    "marker": one.marker,
                    "answer": one.answer,
                    "points": canonical_bytes(one.points).decode(),
                    "remark": one.remark,
                }
                for one in marks
            ],
        )


def load_script_marks(connection: Connection, sitting_id: str) -> tuple[ScriptMark, ...]:
    """All entries of a sitting, oldest first."""
    query = (
        select(script_mark)
        .join(grading_run, grading_run.c.id == script_mark.c.run)
        .where(grading_run.c.sitting == sitting_id)
        .order_by(script_mark.c.seq)
    )
    return tuple(
        ScriptMark(
            paper=row.paper,
            position=row.position,
            item=row.item,
            marker=row.marker,
            answer=row.answer,
            points=json.loads(row.points),
            remark=row.remark,
        )
        for row in connection.execute(query)
    )
