"""Banks: checking the files, publishing a version, showing what there is."""

from __future__ import annotations

from dataclasses import dataclass

from certengine.errors import AnswerIsNo, Finding, InputError, NotFound, first_errors
from certengine.model.bank import Bank, BankDraft, ItemStatus
from certengine.services.context import Context
from certengine.services.pictures import pictures_in_files
from certengine.store.pictures import append_pictures
from certengine.store.versions import append_bank, bank_digest, bank_versions, frozen_bank, load_bank


@dataclass(frozen=True, slots=True, kw_only=True)
class BankCheck:
    """What a check of some banks found."""

    banks: tuple[str, ...]
    items: int
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep a bank from being published."""
        return first_errors(self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """One bank in a list: its draft's counts and its newest published version."""

    id: str
    title: str
    items: int
    active: int
    version: int | None
    changed: bool


def check_banks(context: Context, bank_ids: tuple[str, ...]) -> BankCheck:
    """Check the named banks, or all; every finding of every file at once.

    Raises:
        NotFound: when a bank does not exist, or there is none at all.
    """
    ids = bank_ids or context.workspace.bank_ids()
    if not ids:
        raise NotFound("this workspace has no bank", hint="write `question_banks/<id>/bank.yaml`")
    findings: list[Finding] = []
    items = 0
    for bank_id in ids:
        draft, found = context.workspace.read_bank(bank_id)
        findings.extend(found)
        items += len(draft.items) if draft else 0
    return BankCheck(banks=ids, items=items, findings=tuple(findings))


def publish_bank(context: Context, bank_id: str, *, reason: str, dry_run: bool = False) -> tuple[Bank, bool]:
    """Freeze a bank's draft as its next version.

    Returns the version, and whether it is new: publishing what is already published changes nothing. A dry run returns what
    would be published, and writes nothing.

    Raises:
        NotFound: when there is no such bank.
        AnswerIsNo: with every finding, when its files hold errors or no active item.
        Refused: when the actor may not publish.
    """
    context.demand_role("administrator")
    draft = _sound_draft(context, bank_id)
    pictures = pictures_in_files(context, draft)
    at = context.clock()
    with context.reading() if dry_run else context.writing() as connection:
        newest = bank_versions(connection).get(bank_id)
        if newest is not None and newest[1] == bank_digest(draft):
            return load_bank(connection, bank_id), False
        if dry_run:
            version = newest[0] + 1 if newest is not None else 1
            return frozen_bank(draft, version, at=at, by=context.actor, reason=reason), True
        append_pictures(connection, pictures)
        bank = append_bank(connection, draft, at=at, by=context.actor, reason=reason)
        context.write_act(
            connection, at, "bank.publish", bank.reference, digest=bank.digest, items=len(draft.items), reason=reason
        )
    return bank, True


def list_banks(context: Context) -> tuple[BankLine, ...]:
    """Every bank of the workspace with its counts and newest version."""
    with context.reading() as connection:
        versions = bank_versions(connection)
    lines = []
    for bank_id in context.workspace.bank_ids():
        recalled = context.workspace.recall_bank(bank_id)
        draft = recalled.draft
        newest = versions.get(bank_id)
        lines.append(
            BankLine(
                id=bank_id,
                title=draft.title.best("zh", "en") if draft else "",
                items=len(draft.items) if draft else 0,
                active=sum(item.status is ItemStatus.ACTIVE for item in draft.items) if draft else 0,
                version=newest[0] if newest else None,
                changed=bool(newest and draft and newest[1] != recalled.digest()),
            )
        )
    return tuple(lines)


def published_bank(context: Context, bank_id: str, version: int | None = None) -> Bank:
    """A published version, the newest when none is named.

    Raises:
        NotFound: when it was never published.
    """
    with context.reading() as connection:
        return load_bank(connection, bank_id, version)


def _sound_draft(context: Context, bank_id: str) -> BankDraft:
    draft, findings = context.workspace.read_bank_anew(bank_id)
    errors = first_errors(findings)
    if errors or draft is None:
        raise AnswerIsNo(
            f"bank `{bank_id}` holds errors and is not published",
            findings=errors,
            hint=f"mend them; `certengine bank check {bank_id}` shows them with their places",
            code="bank/has-errors",
        )
    if not any(item.status is ItemStatus.ACTIVE for item in draft.items):
        raise InputError(
            f"bank `{bank_id}` has no active item",
            hint="set `status: active` once another person has reviewed an item and its key",
        )
    return draft
