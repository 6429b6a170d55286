"""``certengine log check``: the audit trail and the transparency log held against each other, row by row.

1. The chain over every act: the first that does not fit is named.
2. The commitments of each act have the digest that the act says, and what opens them is there, or an erasure tells why not;
   each grading run is as its act tells.
3. The tree is built anew from the entries: each must hash to its node, be of its act, and hold a commitment of that act.
4. Every checkpoint ever signed must be a beginning of the tree as it is, signed by a log key of the issuer.
5. A checkpoint that was kept elsewhere likewise: it finds what was rewritten together with everything here.
6. The triggers that protect history are there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, exists, func, select

from certengine.canonical import digest, digest_of_bytes, instant_text
from certengine.credentials.checkpoint import read_checkpoint, signed_by
from certengine.credentials.merkle import HASH_BYTES, completed_by, leaf_hash, root
from certengine.errors import NotFound
from certengine.model.credential import Keyring, KeyUse
from certengine.services.context import Context
from certengine.services.erasure import ACTION as ERASE
from certengine.services.keys import load_keyring
from certengine.services.transparency import origin_of
from certengine.services.written_down import owner_of
from certengine.store import audit, erasures, log
from certengine.store.append_only import missing_triggers
from certengine.store.log_tables import log_entry, log_node
from certengine.store.tables import HISTORY, commitment, commitment_salt, grading_run, set_aside
from certengine.store.tables import audit as audit_table

_AT_ONCE = 5000
_MOST = 20
# Made once: a million rows are encoded in seconds.
_ENCODED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCheck:
    """Whether trail and log are whole.

    Attributes:
        first_break: the first act that does not fit the chain.
        head: the hash of the latest act; ``entries`` of the log, ``signed`` how many of them a checkpoint covers.
        erased: erasures of persons on record: what was committed to of them stays in the log, and opens no more.
        problems: what does not hold, in words, each with its row; the first twenty.
    """

    acts: int
    first_break: int | None
    missing_triggers: tuple[str, ...]
    head: str | None
    entries: int = 0
    signed: int = 0
    problems: tuple[str, ...] = ()
    erased: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing at all was found."""
        return self.first_break is None and not self.missing_triggers and not self.problems


def check_log(context: Context, *, kept: str | None = None) -> LogCheck:
    """Recompute chain and tree, and compare them with each other and with what was signed.

    Args:
        kept: a checkpoint of the log that was kept elsewhere.
    """
    try:
        keyring = load_keyring(context)
    except NotFound:
        keyring = None
    with context.reading() as connection:
        newest = select(audit_table.c.hash).order_by(audit_table.c.seq.desc()).limit(1)
        problems = []
        for problem in _problems(connection, keyring, kept):
            problems.append(problem)
            if len(problems) == _MOST:
                break
        signed = log.latest_checkpoint(connection)
        return LogCheck(
            acts=audit.length(connection),
            first_break=audit.first_break(connection),
            missing_triggers=missing_triggers(connection, HISTORY),
            head=connection.execute(newest).scalar_one_or_none(),
            entries=log.log_size(connection),
            signed=signed[0] if signed is not None else 0,
            problems=tuple(problems),
            erased=len(erasures.load_erasures(connection)),
        )


def _problems(connection: Connection, keyring: Keyring | None, kept: str | None) -> Iterator[str]:
    yield from _commitments(connection)
    yield from _salts(connection)
    yield from _runs(connection)
    yield from _erasures(connection)
    yield from _entries(connection)
    for size, text, _ in log.checkpoints(connection):
        yield from _checkpoint(connection, text, keyring, f"the checkpoint of {size} entries")
    if kept is not None:
        yield from _checkpoint(connection, kept, keyring, "the checkpoint kept elsewhere")


def _commitments(connection: Connection) -> Iterator[str]:
    """Acts whose commitments are others than they say."""
    columns = (commitment.c.act, commitment.c.kind, commitment.c.subject, commitment.c.value)
    rows = connection.execute(
        select(*columns).order_by(commitment.c.act, commitment.c.seq).execution_options(yield_per=_AT_ONCE)
    )
    held = {act: [[*one[1:]] for one in group] for act, group in groupby(rows, key=lambda row: int(row[0]))}
    said = connection.execute(select(audit_table.c.seq, audit_table.c.details).execution_options(yield_per=_AT_ONCE))
    for seq, details in said:
        found = held.pop(seq, None)
        if found is None and '"records"' not in details:
            continue
        if found is not None and f'"records":"{_quickly(found)}"' in details:
            continue  # as nearly every act has it: nothing inside a text can look so, for its quotes are escaped
        if found is None or _records(details) != digest(found):
            yield f"the commitments of act {seq} are not those it made"
    yield from (f"commitments name act {act}, which there is not" for act in sorted(held))


def _salts(connection: Connection) -> Iterator[str]:
    """Candidates and banks whose commitments open no more, though nobody was erased: nothing could be held against them."""
    candidate = audit_table.c.subject + "/" + commitment.c.subject
    owners = {"decision": candidate, "bank": "bank " + commitment.c.subject, "seed": "seed " + commitment.c.subject}
    erased = {owner_of(one.sitting, one.candidate) for one in erasures.load_erasures(connection)}
    for kind, owner in owners.items():
        query = (
            select(owner)
            .join_from(commitment, audit_table, audit_table.c.seq == commitment.c.act)
            .where(commitment.c.kind == kind, ~exists().where(commitment_salt.c.owner == owner))
            .distinct()
        )
        for name in sorted(set(connection.execute(query).scalars()) - erased):
            yield f"what opens the commitments to {name} is gone, and no act tells of an erasure"


def _runs(connection: Connection) -> Iterator[str]:
    """Grading runs that are not as their acts tell: of which sitting, when, by whom, how many rows they set aside."""
    held = {row.id: row for row in connection.execute(select(grading_run))}
    counted = select(set_aside.c.run, func.count()).group_by(set_aside.c.run)
    aside = {int(run): int(count) for run, count in connection.execute(counted)}
    thinned = {one.sitting for one in erasures.load_erasures(connection)}  # rows that named a person went too
    columns = (audit_table.c.seq, audit_table.c.at, audit_table.c.actor, audit_table.c.subject, audit_table.c.details)
    for seq, at, actor, sitting, details in connection.execute(
        select(*columns).where(audit_table.c.action.like("grade.%")).execution_options(yield_per=_AT_ONCE)
    ):
        said = _said(details)
        if not isinstance(said.get("run"), int):
            continue
        row = held.get(said["run"])
        count = said.get("set_aside", row.set_aside if row is not None else 0)
        same = row is not None and (row.sitting, row.at, row.by, row.set_aside) == (sitting, at, actor, count)
        if not same or (sitting not in thinned and aside.get(said["run"], 0) != count):
            yield f"grading run {said['run']} is not as act {seq} tells"


def _erasures(connection: Connection) -> Iterator[str]:
    """Erasures that no act tells of, and acts whose erasure is missing: each opens, or opened, the gate of history."""
    columns = (audit_table.c.subject, audit_table.c.at, audit_table.c.actor)
    told = Counter(tuple(row) for row in connection.execute(select(*columns).where(audit_table.c.action == ERASE)))
    held = Counter(
        (f"{one.sitting}/{one.candidate}", instant_text(one.at), one.by) for one in erasures.load_erasures(connection)
    )
    yield from (f"no act tells that {who} was erased at {at} by {by}" for who, at, by in sorted(held - told))
    yield from (f"the erasure of {who} at {at} by {by} is not on record" for who, at, by in sorted(told - held))


def _quickly(rows: list[list[str]]) -> str:
    return digest_of_bytes(_ENCODED(rows).encode("utf-8", "surrogatepass"))


def _records(details: str) -> object:
    return _said(details).get("records")


def _said(details: str) -> dict[str, Any]:
    """The details of an act; none of what is no object, as only an altered act has it."""
    try:
        found = json.loads(details)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _entries(connection: Connection) -> Iterator[str]:
    """Entries that are not in their place, not of their act, or not what the tree was built of."""
    query = (
        select(log_entry.c.place, log_entry.c.act, log_entry.c.kind, log_entry.c.content, audit_table.c.hash)
        .join(audit_table, audit_table.c.seq == log_entry.c.act, isouter=True)
        .order_by(log_entry.c.place)
    )
    stored = _StoredTree(connection)
    made: dict[tuple[int, int], bytes] = {}
    values = _values(connection)
    expected = 0
    for place, act, kind, content, act_hash in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        if place != expected:
            yield f"entry {expected} of the log is missing"
            return
        expected += 1
        if not _of_its_act(content, kind, act_hash, values.get(act, frozenset())):
            yield f"entry {place} of the log is not what act {act} entered"
        new = list(completed_by(place, leaf_hash(content.encode()), lambda level, at: made[level, at]))
        for level, at, value in new:
            if not stored.holds(level, at, value):
                yield (
                    f"node {at} on level {level} of the log is not what its entries make"
                    if level
                    else (f"entry {place} of the log is not what was hashed when it was entered")
                )
            made.pop((level, at - 1), None)
        level, at, value = new[-1]
        made[level, at] = value
    if stored.count != sum(expected >> level for level in range(expected.bit_length())):
        yield "the log has nodes that no entries make, or lacks some"


class _StoredTree:
    """The stored nodes, level by level, end to end: of a million entries 64 MB."""

    def __init__(self, connection: Connection) -> None:
        self._levels: dict[int, bytearray] = {}
        self.count = 0
        rows = connection.execute(
            select(log_node).order_by(log_node.c.level, log_node.c.place).execution_options(yield_per=_AT_ONCE)
        )
        for level, place, value in rows:
            held = self._levels.setdefault(level, bytearray())
            gap = place - len(held) // HASH_BYTES
            if 0 <= gap <= _MOST and len(value) == HASH_BYTES:  # a larger one is found by the count
                held.extend(bytes(gap * HASH_BYTES) + value)
            self.count += 1

    def holds(self, level: int, place: int, value: bytes) -> bool:
        """Whether this node is stored."""
        start = place * HASH_BYTES
        return self._levels.get(level, b"")[start : start + HASH_BYTES] == value


def _values(connection: Connection) -> dict[int, frozenset[tuple[str, str]]]:
    """By act, the public commitments it made."""
    query = (
        select(commitment.c.act, commitment.c.kind, commitment.c.value)
        .where(commitment.c.act.in_(select(log_entry.c.act)))
        .order_by(commitment.c.act)
    )
    rows = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    return {
        int(act): frozenset((kind, value) for _, kind, value in group)
        for act, group in groupby(rows, key=lambda row: row[0])
    }


def _of_its_act(content: str, kind: str, act_hash: str | None, values: frozenset[tuple[str, str]]) -> bool:
    """Whether an entry is, byte for byte, what its act entered of one of its commitments."""
    return any(
        content == f'{{"act":"{act_hash}","commitment":"{value}","kind":"{kind}"}}'
        for one, value in values
        if one == kind
    )


def _checkpoint(connection: Connection, text: str, keyring: Keyring | None, name: str) -> Iterator[str]:
    try:
        told = read_checkpoint(text)
    except ValueError:
        yield f"{name} cannot be read"
        return
    try:
        held = root(told.size, log.StoredNodes(connection))
    except LookupError:
        held = b""
    if held != told.root:
        yield f"{name} is not a beginning of the log as it is: it was rewritten or cut"
    if keyring is None:
        yield f"{name} cannot be judged: there is no keyring"
    elif told.origin != origin_of(keyring) or not any(
        signed_by(text, told.origin, key) for key in keyring.keys if key.use is KeyUse.LOG
    ):
        yield f"{name} was not signed by a log key of this issuer"
