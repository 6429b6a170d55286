"""The acts of a case as witnesses: which of them are whole, and what they committed to.

1. An act counts as a witness only when its hash is that of its content and it fits its neighbours in the chain.
2. Its commitments count only when the act itself says their digest.
3. A record is *kept* when a commitment of the right act opens to it, *altered* when there is one that does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from certengine.canonical import digest
from certengine.credentials.salted import commitment_to, salt_of_record
from certengine.model.text import Text
from certengine.services.replay_case import Case, Row
from certengine.services.replay_links import Chain, LinkOutcome
from certengine.services.written_down import Record, digest_of
from certengine.store import tables
from certengine.store.audit import GENESIS
from certengine.store.commitments import Committed

TITLE = Text.of(zh="审计链", en="audit trail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """An act that is whole, with its commitments by kind and subject."""

    seq: int
    hash: str
    at: str
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]
    committed: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The witnesses of a case, oldest first, and the salts that open their commitments: of owners, or of records."""

    witnesses: tuple[Witness, ...]
    salts: Mapping[str, bytes]
    record_salts: Mapping[tuple[str, str, str], bytes] = field(default_factory=dict)

    def found(self, action: str, subject: str, **where: str) -> tuple[Witness, ...]:
        """The acts of an action on a subject, with these values (``at``, ``actor``)."""
        return tuple(
            one
            for one in self.witnesses
            if one.action == action
            and one.subject == subject
            and all(getattr(one, name) == value for name, value in where.items())
        )

    def grading(self, sitting: str, before: int | None) -> dict[int, Witness]:
        """By run, the acts that graded a sitting before another act."""
        return {
            int(one.details["run"]): one
            for one in self.witnesses
            if one.action.startswith("grade.")
            and one.subject == sitting
            and isinstance(one.details.get("run"), int)
            and (before is None or one.seq < before)
        }

    def keeps(self, act: Witness | None, record: Record) -> bool | None:
        """Whether an act committed to just this record; ``None`` when it committed to none, or its salt is gone."""
        value = act.committed.get((record.kind, record.subject)) if act is not None else None
        owner = self.salts.get(record.owner)
        salt = self.record_salts.get((record.owner, record.kind, record.subject))
        if owner is not None:
            salt = salt_of_record(owner, record.kind, record.subject)
        if value is None or salt is None:
            return None
        return value == commitment_to(record.content, kind=record.kind, subject=record.subject, salt=salt)


def read_trail(case: Case, chain: Chain) -> Trail:
    """The witnesses of a case; writes the link ``trail`` down."""
    rows = {int(row["seq"]): row for row in case.rows[tables.audit.name]}
    problems: list[int] = []
    witnesses = []
    for seq, row in rows.items():
        if "action" not in row:  # a neighbour, of which only its place in the chain is known
            continue
        committed = [Committed(**_without(one, "seq")) for one in case.of(tables.commitment, act=seq)]
        witness = _witness(row, rows)
        if witness is None:
            problems.append(seq)
            continue
        if witness.details.get("records") == (digest_of(committed) if committed else None):
            witness = replace(witness, committed={(one.kind, one.subject): one.value for one in committed})
        else:
            problems.append(seq)
        witnesses.append(witness)
    _put(chain, len(witnesses), problems)
    salts = {row["owner"]: _bytes(row["salt"]) for row in case.rows[tables.commitment_salt.name]}
    of_records = {(row["owner"], row["kind"], row["subject"]): _bytes(row["salt"]) for row in case.record_salts}
    return Trail(witnesses=tuple(witnesses), salts=salts, record_salts=of_records)


def latest(found: tuple[Witness, ...], fits: Callable[[Witness], bool | None]) -> Witness | None:
    """The last act that fits, else the last at all."""
    fitting = [one for one in found if fits(one)] or list(found)
    return fitting[-1] if fitting else None


def published_otherwise(row: Row, act: Witness | None) -> Text | None:
    """What shows that who published a bank, when or why was altered beside what was published."""
    if act is None or (row["published_at"], row["published_by"], row["reason"]) == (
        act.at,
        act.actor,
        act.details.get("reason", row["reason"]),
    ):
        return None
    return Text.of(
        zh="发布人、发布时间或理由与操作记录不符", en="by whom, when or why it was published is not as the act tells"
    )


def _put(chain: Chain, whole: int, problems: list[int]) -> None:
    if problems:
        names = ", ".join(str(seq) for seq in problems)
        detail = Text.of(zh=f"被改动的操作记录：{names}", en=f"altered: act {names}")
        chain.put("trail", TITLE, LinkOutcome.DIFFERS, detail)
        return
    if not whole:
        chain.put("trail", TITLE, LinkOutcome.UNTOLD, Text.of(zh="没有操作记录", en="no act tells of it"))
        return
    detail = Text.of(zh=f"{whole} 条操作记录完整", en=f"{whole} acts, each whole and in its place")
    chain.put("trail", TITLE, LinkOutcome.EQUAL, detail)


def _witness(row: Row, rows: Mapping[int, Row]) -> Witness | None:
    """An act that is whole, with nothing yet that it committed to."""
    content = _without(row, "hash")
    before, after = rows.get(row["seq"] - 1), rows.get(row["seq"] + 1)
    try:
        whole = digest(content) == row["hash"]
        details = json.loads(row["details"])
    except (TypeError, ValueError):
        return None
    fits = row["previous"] == (before["hash"] if before else GENESIS) and (
        after is None or after["previous"] == row["hash"]
    )
    if not whole or not fits or not isinstance(details, dict):
        return None
    return Witness(
        seq=row["seq"],
        hash=row["hash"],
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        details=details,
        committed={},
    )


def _without(row: Row, name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except (TypeError, ValueError):
        return b""
