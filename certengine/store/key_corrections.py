"""Corrections of keys in the store: each is a new row; the latest on an item counts, built on those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from certengine.model.key_correction import KeyPolicy
from certengine.store.tables import key_correction


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow:
    """One correction as written down.

    Attributes:
        run: the grading run that made it.
        version: of the bank, whose key marks; ``None`` where the policy needs no key.
    """

    run: int
    bank: str
    item: str
    policy: KeyPolicy
    version: int | None
    reason: str
    requested_by: str
    approved_by: str

    @property
    def key(self) -> str | None:
        """The bank version whose key marks, as results name it."""
        return None if self.version is None else f"{self.bank}@{self.version}"


def append_key_corrections(connection: Connection, sitting_id: str, rows: Sequence[CorrectionRow]) -> None:
    """Write the corrections of a run."""
    connection.execute(
        key_correction.insert(),
        [
            {
                "run": one.run,
                "sitting": sitting_id,
                "bank": one.bank,
                "item": one.item,
                "policy": one.policy.value,
                "version": one.version,
                "reason": one.reason,
                "requested_by": one.requested_by,
                "approved_by": one.approved_by,
            }
            for one in rows
        ],
    )


def load_key_corrections(connection: Connection, sitting_id: str) -> tuple[CorrectionRow, ...]:
    """All corrections of a sitting, oldest first."""
    query = select(key_correction).where(key_correction.c.sitting == sitting_id).order_by(key_correction.c.seq)
    return tuple(correction_row(row._asdict()) for row in connection.execute(query))


def correction_row(row: Mapping[str, Any]) -> CorrectionRow:
    """A correction from its row.

    Raises:
        ValueError: when its policy is none; what the store wrote always is one.
    """
    names = ("run", "bank", "item", "version", "reason", "requested_by", "approved_by")
    return CorrectionRow(**{name: row[name] for name in names}, policy=KeyPolicy(row["policy"]))
