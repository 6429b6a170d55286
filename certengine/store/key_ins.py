"""Key-ins that differ, and what people resolved, in the store: new rows, and none is ever changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from certengine.canonical import canonical_bytes
from certengine.model.sitting import ResponseSheet
from certengine.revival import revive
from certengine.store.tables import grading_run, key_in, resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One response that was keyed in differently.

    Attributes:
        given: ``(place, raw text)`` of each key-in.
    """

    position: int
    given: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyIn:
    """One paper's key-ins that do not agree.

    Attributes:
        run: the grading run that read them.
        sheet: the responses in which they agree; those that differ stand in it as the first key-in has them.
    """

    run: int
    sheet: ResponseSheet
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a person who looked at the paper says one response is.

    Attributes:
        read: what was read before; of several key-ins all of it.
        response: the raw text that counts.
    """

    paper: str
    position: int
    read: str
    response: str
    by: str
    reason: str


def append_key_ins(connection: Connection, new: Sequence[KeyIn]) -> None:
    """Keep what key-ins agree in, and where they differ."""
    if new:
        connection.execute(
            key_in.insert(),
            [
                {
                    "run": one.run,
                    "paper": one.sheet.paper,
                    "responses": canonical_bytes(one.sheet).decode(),
                    "differences": canonical_bytes(one.differences).decode(),
                }
                for one in new
            ],
        )


def load_key_ins(connection: Connection, sitting_id: str) -> dict[str, KeyIn]:
    """For each paper of a sitting whose key-ins ever differed, the latest of them."""
    query = (
        select(key_in)
        .join(grading_run, grading_run.c.id == key_in.c.run)
        .where(grading_run.c.sitting == sitting_id)
        .order_by(key_in.c.run)
    )
    return {
        row.paper: KeyIn(
            run=row.run,
            sheet=revive(ResponseSheet, row.responses),
            differences=tuple(
                Difference(position=one["position"], given=tuple((place, raw) for place, raw in one["given"]))
                for one in json.loads(row.differences)
            ),
        )
        for row in connection.execute(query)
    }


def append_resolutions(connection: Connection, run: int, new: Sequence[Resolution]) -> None:
    """Write what people resolved in a run."""
    if new:
        connection.execute(
            resolution.insert(),
            [
                {
                    "run": run,
                    "paper": one.paper,
                    "position": one.position,
                    "read": one.read,
                    "response": one.response,
                    "by": one.by,
                    "reason": one.reason,
                }
                for one in new
            ],
        )


def load_resolutions(connection: Connection, sitting_id: str) -> tuple[tuple[int, Resolution], ...]:
    """Everything people resolved in a sitting with the run it was taken in, oldest first."""
    query = (
        select(resolution)
        .join(grading_run, grading_run.c.id == resolution.c.run)
        .where(grading_run.c.sitting == sitting_id)
        .order_by(resolution.c.seq)
    )
    return tuple(
        (
            row.run,
            Resolution(
                paper=row.paper,
                position=row.position,
                read=row.read,
                response=row.response,
                by=row.by,
                reason=row.reason,
            ),
        )
        for row in connection.execute(query)
    )
