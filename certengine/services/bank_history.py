"""The published versions of a bank, and what changed between two of them or since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from certengine.errors import AnswerIsNo, first_errors
from certengine.model.bank import Bank, BankDraft, ItemStatus
from certengine.services.bank_changes import BankDiff
from certengine.services.bank_difference import diff_banks
from certengine.services.context import Context
from certengine.services.readers import BANK_READERS
from certengine.store.versions import load_bank

VERSION_COLUMNS = ("VERSION", "PUBLISHED", "BY", "ITEMS", "ACTIVE", "CHANGES", "DIGEST", "WHY")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One published version in the changelog of a bank.

    Attributes:
        reason: why it was published.
        changes: what changed since the version before, counted in words; ``None`` of the first.
    """

    version: int
    digest: str
    published_at: datetime
    published_by: str
    reason: str
    items: int
    active: int
    changes: str | None = None

    def row(self) -> tuple[str, ...]:
        """For a table in the terminal."""
        at = self.published_at.strftime("%Y-%m-%d %H:%M UTC")
        counts = (str(self.items), str(self.active))
        return (str(self.version), at, self.published_by, *counts, self.changes or "-", self.digest[:19], self.reason)


def list_versions(context: Context, bank_id: str) -> tuple[VersionLine, ...]:
    """Every published version of a bank, newest first.

    Raises:
        NotFound: when it was never published.
        Refused: when the role is missing, or a version's stored bytes do not match its digest.
    """
    context.demand_role(*BANK_READERS)
    with context.reading() as connection:
        newest = load_bank(connection, bank_id)
        banks = [newest, *(load_bank(connection, bank_id, version) for version in range(newest.version - 1, 0, -1))]
    before: list[Bank | None] = [*banks[1:], None]
    return tuple(
        VersionLine(
            version=bank.version,
            digest=bank.digest,
            published_at=bank.published_at,
            published_by=bank.published_by,
            reason=bank.reason,
            items=len(bank.contents.items),
            active=sum(item.status is ItemStatus.ACTIVE for item in bank.contents.items),
            changes=_counted(earlier, bank) if earlier else None,
        )
        for bank, earlier in zip(banks, before, strict=True)
    )


def _counted(earlier: Bank, later: Bank) -> str:
    found = diff_banks(earlier.contents, later.contents, old=earlier.reference, new=later.reference)
    counts = {
        "added": len(found.added),
        "retired": len(found.retired),
        "removed": len(found.removed),
        "changed": len(found.changed),
        "stimuli changed": len(found.stimuli or ()),
        "statistics start over": len(found.starts_over),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "the bank itself"


def diff_versions(context: Context, bank_id: str, old: int | None = None, new: int | None = None) -> BankDiff:
    """What changed from one version of a bank to another.

    A draft with errors is not compared: an item that does not bind would pass for one removed.

    Args:
        old: a published version; the newest when none is named.
        new: a published version; the draft when none is named.

    Raises:
        NotFound: when there is no such bank or version.
        AnswerIsNo: when the draft holds errors.
        Refused: when the role is missing.
    """
    context.demand_role(*BANK_READERS)
    draft = _draft(context, bank_id) if new is None else None
    with context.reading() as connection:
        before = load_bank(connection, bank_id, old)
        after = load_bank(connection, bank_id, new) if new is not None else None
    if after is not None:
        return diff_banks(before.contents, after.contents, old=before.reference, new=after.reference)
    assert draft is not None
    return diff_banks(before.contents, draft, old=before.reference, new=f"{bank_id} (draft)")


def _draft(context: Context, bank_id: str) -> BankDraft:
    draft, findings = context.workspace.read_bank(bank_id)
    errors = first_errors(findings)
    if errors or draft is None:
        raise AnswerIsNo(
            f"the draft of bank `{bank_id}` holds errors ({len(errors)}) and is not compared",
            findings=errors,
            hint=f"mend them; `certengine bank check {bank_id}` shows them with their places",
            code="bank/has-errors",
        )
    return draft
