"""The corrections of keys that are in force in a sitting, with the items whose keys mark now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from certengine.model.bank import Bank, Item
from certengine.model.key_correction import KeyCorrection
from certengine.store.key_corrections import CorrectionRow, load_key_corrections
from certengine.store.versions import load_bank

Corrections = Mapping[str, Mapping[str, tuple[KeyCorrection, ...]]]
"""Corrections by bank and item, oldest first."""


def corrections_in_force(connection: Connection, sitting_id: str) -> Corrections:
    """Every correction of a sitting's keys.

    Raises:
        Refused: when the bank version of a corrected key was altered in the database.
    """
    return corrections_of(load_key_corrections(connection, sitting_id), published(connection))


def published(connection: Connection) -> Callable[[str, int], Bank]:
    """Bank versions from the store."""
    return lambda bank, version: load_bank(connection, bank, version)


def corrections_of(rows: Iterable[CorrectionRow], bank_of: Callable[[str, int], Bank]) -> Corrections:
    """Corrections as they were written down, with their items; each bank version is asked for once."""
    found: dict[str, dict[str, tuple[KeyCorrection, ...]]] = {}
    read: dict[tuple[str, int], dict[str, Item]] = {}
    for row in rows:
        if row.version is not None and (row.bank, row.version) not in read:
            items = bank_of(row.bank, row.version).contents.items
            read[row.bank, row.version] = {item.id: item for item in items}
        of_bank = found.setdefault(row.bank, {})
        correction = KeyCorrection(
            number=row.run,
            bank=row.bank,
            item=row.item,
            policy=row.policy,
            key=row.key,
            corrected=read[row.bank, row.version][row.item] if row.version is not None else None,
        )
        of_bank[row.item] = (*of_bank.get(row.item, ()), correction)
    return found
