"""Sittings in the store: roster, seed, papers, tasks, and what happened to them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from certengine.canonical import Json, canonical_bytes, digest_of_bytes, instant_text, parse_instant
from certengine.errors import NotFound
from certengine.model.sitting import Candidate, Paper, Sitting, TaskAssignment
from certengine.revival import revive
from certengine.store.tables import candidate, paper, sitting, sitting_event, sitting_secret, task_assignment


def append_sitting(connection: Connection, new: Sitting, seed: bytes) -> None:
    """Write a new sitting with its roster and its secret seed."""
    connection.execute(
        sitting.insert().values(
            id=new.id,
            scheme=new.scheme_id,
            scheme_version=new.scheme_version,
            scheme_digest=new.scheme_digest,
            banks=canonical_bytes(new.banks).decode(),
            opened_at=instant_text(new.opened_at),
            opened_by=new.opened_by,
        )
    )
    connection.execute(
        candidate.insert(),
        [
            {"sitting": new.id, "id": one.id, "place": place, "contents": canonical_bytes(one).decode()}
            for place, one in enumerate(new.candidates)
        ],
    )
    connection.execute(sitting_secret.insert().values(sitting=new.id, seed=seed.hex()))


def load_sitting(connection: Connection, sitting_id: str, *, roster: bool = True) -> Sitting:
    """A sitting with its roster, or without for who does not ask for it.

    Raises:
        NotFound: when there is none of that id.
    """
    row = connection.execute(select(sitting).where(sitting.c.id == sitting_id)).first()
    if row is None:
        raise NotFound(
            f"sitting `{sitting_id}` does not exist",
            hint="`certengine sitting list` shows what exists",
            code="sitting/not-found",
        )
    listed = select(candidate.c.contents).where(candidate.c.sitting == sitting_id).order_by(candidate.c.place)
    contents = connection.execute(listed).scalars() if roster else ()
    sealed = events(connection, sitting_id).get("sealed")
    return Sitting(
        id=row.id,
        scheme_id=row.scheme,
        scheme_version=row.scheme_version,
        scheme_digest=row.scheme_digest,
        banks=tuple((bank, version, value) for bank, version, value in json.loads(row.banks)),
        candidates=tuple(revive(Candidate, one) for one in contents),
        opened_at=parse_instant(row.opened_at),
        opened_by=row.opened_by,
        sealed_at=sealed[0] if sealed else None,
        commitment=str(sealed[1]["commitment"]) if sealed else None,
    )


def sitting_ids(connection: Connection) -> tuple[str, ...]:
    """Ids of all sittings, oldest first."""
    return tuple(connection.execute(select(sitting.c.id).order_by(sitting.c.opened_at, sitting.c.id)).scalars())


def scheme_of(connection: Connection, sitting_id: str) -> str:
    """The id of a sitting's scheme."""
    return str(connection.execute(select(sitting.c.scheme).where(sitting.c.id == sitting_id)).scalar_one())


def load_seed(connection: Connection, sitting_id: str) -> bytes:
    """The secret seed of a sitting."""
    query = select(sitting_secret.c.seed).where(sitting_secret.c.sitting == sitting_id)
    return bytes.fromhex(connection.execute(query).scalar_one())


def append_event(
    connection: Connection, sitting_id: str, kind: str, *, at: datetime, by: str, details: dict[str, Json]
) -> None:
    """Write what happened to a sitting: sealed, revealed, closed - each once."""
    connection.execute(
        sitting_event.insert().values(
            sitting=sitting_id, kind=kind, at=instant_text(at), by=by, details=canonical_bytes(details).decode()
        )
    )


def events(connection: Connection, sitting_id: str) -> dict[str, tuple[datetime, dict[str, Json]]]:
    """When each kind of event happened, with its details."""
    rows = connection.execute(select(sitting_event).where(sitting_event.c.sitting == sitting_id))
    return {row.kind: (parse_instant(row.at), json.loads(row.details)) for row in rows}


def append_papers(connection: Connection, papers: tuple[Paper, ...], tasks: tuple[TaskAssignment, ...]) -> None:
    """Write drawn papers and tasks; they are never drawn again."""
    rows = []
    for one in papers:
        contents = canonical_bytes(one)
        rows.append(
            {
                "id": one.id,
                "sitting": one.sitting,
                "candidate": one.candidate,
                "component": one.component,
                "digest": digest_of_bytes(contents),
                "contents": contents.decode(),
            }
        )
    if rows:
        connection.execute(paper.insert(), rows)
    if tasks:
        connection.execute(
            task_assignment.insert(),
            [{"sitting": t.sitting, "candidate": t.candidate, "component": t.component, "task": t.task} for t in tasks],
        )


def load_papers(connection: Connection, sitting_id: str) -> tuple[Paper, ...]:
    """All papers of a sitting, by candidate and component."""
    query = select(paper.c.contents).where(paper.c.sitting == sitting_id).order_by(paper.c.candidate, paper.c.component)
    return tuple(revive(Paper, contents) for contents in connection.execute(query).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperHead:
    """What tells a paper without reading it."""

    id: str
    candidate: str
    component: str


def paper_heads(connection: Connection, sitting_id: str, ids: Collection[str]) -> dict[str, PaperHead]:
    """Some papers of a sitting by id."""
    return {one.id: one for one in _heads(connection, sitting_id, paper.c.id.in_(ids))}


def only_papers(connection: Connection, sitting_id: str, candidates: Collection[str]) -> dict[str, PaperHead]:
    """The paper of each of some candidates who has just one in a sitting."""
    found = list(_heads(connection, sitting_id, paper.c.candidate.in_(candidates)))
    times = Counter(one.candidate for one in found)
    return {one.candidate: one for one in found if times[one.candidate] == 1}


def _heads(connection: Connection, sitting_id: str, which: ColumnElement[bool]) -> Iterator[PaperHead]:
    query = select(paper.c.id, paper.c.candidate, paper.c.component).where(paper.c.sitting == sitting_id, which)
    return (PaperHead(**row._asdict()) for row in connection.execute(query))


def paper_contents(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Some papers by id, as their stored JSON."""
    query = select(paper.c.id, paper.c.contents).where(paper.c.id.in_(ids))
    return {row.id: row.contents for row in connection.execute(query)}


def load_paper(connection: Connection, paper_id: str) -> Paper:
    """The paper of an id.

    Raises:
        NotFound: when there is none.
    """
    contents = connection.execute(select(paper.c.contents).where(paper.c.id == paper_id)).scalar_one_or_none()
    if contents is None:
        raise NotFound(f"paper `{paper_id}` does not exist", hint="the id stands at the head of every page")
    return revive(Paper, contents)


def seen_before(connection: Connection, sitting_id: str) -> dict[str, tuple[str, ...]]:
    """For each candidate of a sitting the papers of the same person in other sittings, as they stand now.

    The same person is the same candidate id, and every other id under which he or she is known to have sat.
    """
    mine = select(candidate.c.id).where(candidate.c.sitting == sitting_id)
    query = select(paper.c.candidate, paper.c.id).where(paper.c.sitting != sitting_id, paper.c.candidate.in_(mine))
    found: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(query.order_by(paper.c.candidate, paper.c.id)):
        found[row.candidate] = (*found.get(row.candidate, ()), row.id)
    for one in load_sitting(connection, sitting_id).candidates:
        if one.known_as:
            under = select(paper.c.id).where(paper.c.sitting != sitting_id, paper.c.candidate.in_(one.known_as))
            papers = {*found.get(one.id, ()), *connection.execute(under).scalars()}
            found[one.id] = tuple(sorted(papers))
    return found


def items_seen(connection: Connection, papers: Mapping[str, Iterable[str]]) -> dict[str, tuple[tuple[str, str], ...]]:
    """By candidate, the ``(bank, item)`` of his or her papers."""
    items: dict[str, tuple[tuple[str, str], ...]] = {}
    for one, ids in papers.items():
        held = [load_paper(connection, paper_id) for paper_id in ids]
        items[one] = tuple(sorted({(paper.bank, drawn.item) for paper in held for drawn in paper.items}))
    return items


def load_tasks(connection: Connection, sitting_id: str) -> tuple[TaskAssignment, ...]:
    """The practical tasks of a sitting, by candidate."""
    query = select(task_assignment).where(task_assignment.c.sitting == sitting_id)
    rows = connection.execute(query.order_by(task_assignment.c.candidate, task_assignment.c.component))
    return tuple(TaskAssignment(**row._asdict()) for row in rows)
