"""The sample banks, each read once a process and only when a test asks: reading one takes a second."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from certengine.model.bank import BankDraft, Item, ItemStatus
from certengine.workspace.bank_files import read_bank

ROOT = Path(__file__).resolve().parents[2]
BANKS = ("ai-machine-vision", "industrial-automation", "new-energy-vehicles")


@cache
def sample_bank(bank_id: str) -> BankDraft:
    """A sample bank as its files stand."""
    draft, _ = read_bank(ROOT / "question_banks" / bank_id, ROOT)
    assert draft is not None
    return draft


def active_items(bank_id: str) -> list[Item]:
    """The items of a sample bank that are drawn."""
    return [item for item in sample_bank(bank_id).items if item.status is ItemStatus.ACTIVE]
