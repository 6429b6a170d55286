"""The transparency log in the store: entries in their order, the complete nodes of the tree, checkpoints that were signed.

Entries and nodes only ever come to them; a node, once complete, is the same in every later tree. So a root or a proof
reads a few dozen rows, however long the log is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select

from certengine.credentials.merkle import completed_by, edge, leaf_hash
from certengine.store.log_tables import log_checkpoint, log_entry, log_node

_AT_ONCE = 2000
_HEIGHT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry to append: the act that wrote it, the kind and subject of what it commits to, its bytes."""

    act: int
    kind: str
    subject: str
    content: bytes


class StoredNodes:
    """The complete nodes of the tree, read as they are asked for and remembered meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, place: int) -> bytes:
        """One node.

        Raises:
            LookupError: when the tree has none there: it was cut.
        """
        known = self._known.get((level, place))
        if known is None:
            self._read_around(level, place)
            known = self._known.get((level, place))
        if known is None:
            raise LookupError(f"the log has no node {place} on level {level}")
        return known

    def _read_around(self, level: int, place: int) -> None:
        """Read the eight levels of 256 neighbours at once: their proofs share most of them."""
        lowest = level - level % _HEIGHT
        tile = place >> (_HEIGHT - level % _HEIGHT)
        within = [
            and_(log_node.c.level == one, log_node.c.place.between(tile << width, ((tile + 1) << width) - 1))
            for one, width in ((lowest + step, _HEIGHT - step) for step in range(_HEIGHT))
        ]
        for one, at, value in self._connection.execute(select(log_node).where(or_(*within))):
            self._known[one, at] = bytes(value)

    def keep(self, level: int, place: int, value: bytes) -> None:
        """Remember a node that is about to be written."""
        self._known[level, place] = value


def log_size(connection: Connection) -> int:
    """How many entries the log has."""
    newest = connection.execute(select(func.max(log_entry.c.place))).scalar_one()
    return 0 if newest is None else int(newest) + 1


def append_entries(connection: Connection, new: Sequence[NewEntry]) -> int:
    """Append entries, with the nodes that become complete; returns the size of the log afterwards."""
    size = log_size(connection)
    nodes = StoredNodes(connection)
    rows, made = [], []
    for place, one in enumerate(new, start=size):
        rows.append(
            {"place": place, "act": one.act, "kind": one.kind, "subject": one.subject, "content": one.content.decode()}
        )
        for level, at, value in completed_by(place, leaf_hash(one.content), nodes):
            nodes.keep(level, at, value)
            made.append({"level": level, "place": at, "hash": value})
    for table, written in ((log_entry, rows), (log_node, made)):
        for start in range(0, len(written), _AT_ONCE):
            connection.execute(table.insert(), written[start : start + _AT_ONCE])
    return size + len(new)


def entries(connection: Connection, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes of entries from one place to before another, in order."""
    query = select(log_entry.c.content).where(log_entry.c.place >= start).order_by(log_entry.c.place)
    if end is not None:
        query = query.where(log_entry.c.place < end)
    for (content,) in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        yield str(content).encode()


def nodes_between(connection: Connection, level: int, start: int, end: int) -> bytes:
    """The hashes of complete nodes of one level, end to end."""
    query = select(log_node.c.hash).where(log_node.c.level == level, log_node.c.place >= start, log_node.c.place < end)
    return b"".join(bytes(value) for value in connection.execute(query.order_by(log_node.c.place)).scalars())


def edge_is_whole(connection: Connection, size: int) -> bool:
    """Whether every node that the root of a size needs is there."""
    nodes = StoredNodes(connection)
    try:
        for level, place in edge(size):
            nodes(level, place)
    except LookupError:
        return False
    return True


def append_checkpoint(connection: Connection, size: int, text: str, at: str) -> None:
    """Keep a checkpoint that was signed."""
    connection.execute(log_checkpoint.insert().values(size=size, text=text, at=at))


def checkpoints(connection: Connection) -> list[tuple[int, str, str]]:
    """Every checkpoint ever signed, oldest first: size, signed note, instant."""
    rows = connection.execute(select(log_checkpoint).order_by(log_checkpoint.c.seq))
    return [(int(row.size), str(row.text), str(row.at)) for row in rows]


def latest_checkpoint(connection: Connection) -> tuple[int, str] | None:
    """Size and signed note of the newest checkpoint."""
    found = connection.execute(select(log_checkpoint).order_by(log_checkpoint.c.seq.desc()).limit(1)).first()
    return (int(found.size), str(found.text)) if found is not None else None


def places_of(connection: Connection, kind: str, subject: str) -> list[tuple[int, bytes]]:
    """Where the entries of a kind on a subject stand, with their bytes, oldest first."""
    query = select(log_entry.c.place, log_entry.c.content).where(
        log_entry.c.kind == kind, log_entry.c.subject == subject
    )
    return [
        (int(row.place), str(row.content).encode()) for row in connection.execute(query.order_by(log_entry.c.place))
    ]
