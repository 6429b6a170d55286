"""Banks to and from the formats of other programs, each time with a report of everything that is not carried.

Export:

1. Every item becomes a question in one language; where the format has a place aside, its record rides along.
2. What was written is read again as another program would read it: the report names what differs, by item and field.

Import:

1. Read the questions. A record of ours is believed as far as writing it again gives what the file says.
2. Each becomes a draft that somebody here must review: no status and no reviewer of a file counts.
3. Lay the files beside the workspace, read them back, and give them their names: a new bank, or new files of one that
   exists. Nothing that exists is written over, nothing is ever half there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from certengine.canonical import Json
from certengine.errors import AnswerIsNo, Finding, Refused, Severity, UsageError
from certengine.interchange.areas import Areas
from certengine.interchange.bank_formats import BankFormat, format_named, format_of
from certengine.interchange.loss import Fate, Loss, LossReport
from certengine.interchange.projection import differences, item_of, question_of
from certengine.interchange.questions import Question
from certengine.interchange.records import envelope
from certengine.model.bank import BankDraft, Item
from certengine.services.bank_intake import UNSET_LEVEL, Intake, read_again
from certengine.services.context import Context
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.workspace.bank_files import ID
from certengine.workspace.bank_placing import laid_beside, place
from certengine.workspace.bank_writing import bank_files, head_document, item_document, item_files, json_document

_WHY: Final = {Fate.ASIDE: "other programs do not see it", Fate.LOST: "the format has no place for it"}
_UNBOUND: Final = (
    "file/",
    "item/unknown-kind",
    "item/unknown-field",
    "item/missing-field",
    "item/wrong-value",
    "bank/",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """What an import did, or with ``dry_run`` would do.

    Attributes:
        files: the new files, relative to the workspace.
        renamed: what the file calls a question, and the id it got.
        findings: what ``bank check`` finds in the new files: the work that is left.
    """

    bank: str
    format: str
    new_bank: bool
    items: tuple[str, ...]
    files: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    report: LossReport
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRun:
    """What an export wrote."""

    bank: str
    format: str
    target: Path
    language: str
    items: int
    report: LossReport


def export_bank(context: Context, bank_id: str, target: Path, format: str, *, language: str | None = None) -> ExportRun:
    """Write a bank's draft in a format of other programs; the file holds the keys, so only its owner may read it.

    Args:
        target: the file, or a folder that gets ``<bank>.<suffix>``.
        format: one of :data:`certengine.interchange.bank_formats.FORMATS`.
        language: the one other programs see; the bank's first when not given.

    Raises:
        NotFound: when there is no such bank.
        UsageError: when the format or the language is none.
        AnswerIsNo: when its files do not bind, or the format can carry none of its items.
        Refused: when the file cannot be written.
    """
    chosen = format_named(format)
    draft = _bound_draft(context, bank_id)
    tag = language or draft.languages[0]
    if tag not in draft.languages:
        known = ", ".join(draft.languages)
        raise UsageError(f"bank `{bank_id}` is not written in `{tag}`", hint=f"its languages are: {known}")
    path = target / f"{bank_id}{chosen.suffix}" if target.is_dir() else target
    title = draft.title.best(tag)
    # Written once to see which items the format can carry: the first of them carries the head of the bank.
    tried = chosen.write([question_of(item, tag, draft.areas) for item in draft.items], title)
    left_out = {loss.item for loss in tried.losses if loss.fate is Fate.LEFT_OUT}
    carried = _questions([item for item in draft.items if item.id not in left_out], draft, tag, chosen)
    if not carried:
        raise AnswerIsNo(f"{chosen.title} can carry none of the items of `{bank_id}`", hint="choose another format")
    outgoing = chosen.write(carried, title)
    losses = [*tried.losses, *_unseen(draft, carried, read_again(chosen, outgoing.data), tag)]
    write_whole(path, outgoing.data, mode=PRIVATE_FILE)
    return ExportRun(
        bank=bank_id,
        format=chosen.id,
        target=path,
        language=tag,
        items=len(carried),
        report=LossReport(losses=tuple(losses)),
    )


def import_bank(
    context: Context,
    path: Path,
    bank_id: str,
    *,
    format: str | None = None,
    language: str | None = None,
    dry_run: bool = False,
) -> ImportRun:
    """Take the questions of a file into a new bank, or into new files of one that exists; all as drafts.

    Args:
        format: told by the file itself when not given.
        language: of the texts in the file, where no record of ours says it; when not given, Chinese where there is a Chinese
            character and English where there is none.

    Raises:
        NotFound: when there is no such file.
        InputError: when it is hostile, damaged, too large, or in no format that is read.
        UsageError: when the bank's id is none.
        AnswerIsNo: when not one question can be carried.
        Refused: when the bank's own files do not bind, or nothing can be written.
    """
    if not ID.fullmatch(bank_id):
        raise UsageError(f"`{bank_id}` is not an id", hint="use letters, digits, `-`, `_` and `.`")
    existing = _existing(context, bank_id)
    chosen = format_named(format) if format else format_of(path)
    incoming = chosen.read(path)
    intake = Intake(chosen, incoming.questions, existing, language=language, author=context.actor)
    items = intake.items()
    report = LossReport(losses=(*intake.kept(incoming.losses), *intake.losses))
    if not items:
        raise AnswerIsNo(
            f"not one question of `{path.name}` can be carried",
            hint=next(iter(report.lines()), "see which format it is in"),
            code="exchange/nothing-carried",
        )
    if existing is None:
        draft = intake.new_bank(bank_id, path.stem, items)
        files = bank_files(draft)
    else:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-.") or "file"
        folder = context.workspace.root / "question_banks" / bank_id
        taken = {f"items/{one.name}": one for one in (folder / "items").glob("*")}
        files = {f"items/{name}": text for name, text in item_files(items, f"import-{stem}", taken=taken).items()}
    with laid_beside(context.workspace.root, bank_id, files) as laid:
        placed = {item.id: item for item in laid.draft.items} if laid.draft else {}
        apart = [item.id for item in items if placed.get(item.id) != item]
        if apart:
            raise Refused(
                f"`{apart[0]}` would not be read back as it was imported; nothing is written",
                hint="report the file: this is a fault of certengine",
                findings=laid.findings,
            )
        if not dry_run:
            place(laid)
        return ImportRun(
            bank=bank_id,
            format=chosen.id,
            new_bank=existing is None,
            items=tuple(item.id for item in items),
            files=tuple(f"question_banks/{bank_id}/{name}" for name in files),
            renamed=tuple(intake.renamed),
            report=report,
            findings=laid.findings,
        )


def _bound_draft(context: Context, bank_id: str) -> BankDraft:
    draft, findings = context.workspace.read_bank(bank_id)
    unbound = tuple(one for one in findings if one.severity is Severity.ERROR and one.code.startswith(_UNBOUND))
    if draft is None or unbound or not draft.items:
        raise AnswerIsNo(
            f"bank `{bank_id}` cannot be read whole, and is not exported in part",
            findings=unbound,
            hint=f"mend it; `certengine bank check {bank_id}` shows where",
            code="bank/has-errors",
        )
    return draft


def _existing(context: Context, bank_id: str) -> BankDraft | None:
    if bank_id not in context.workspace.bank_ids():
        folder = context.workspace.root / "question_banks" / bank_id
        if folder.exists():
            raise Refused(f"`{folder}` exists and is no bank", hint="move it away, or name another bank")
        return None
    draft, _ = context.workspace.read_bank(bank_id)
    if draft is None:
        raise Refused(
            f"the head of bank `{bank_id}` cannot be read", hint=f"mend it: `certengine bank check {bank_id}`"
        )
    return draft


def _questions(items: Sequence[Item], draft: BankDraft, language: str, chosen: BankFormat) -> list[Question]:
    found = []
    head: Mapping[str, Json] | None = json_document(head_document(draft))  # type: ignore[assignment]  # a mapping, as its document is
    for item in items:
        question = question_of(item, language, draft.areas)
        if chosen.keeps_aside:
            document: Any = json_document(item_document(item))
            question = replace(question, record=envelope(document, language, head))
            head = None
        found.append(question)
    return found


def _unseen(draft: BankDraft, sent: Sequence[Question], seen: Sequence[Question], language: str) -> Iterator[Loss]:
    """What other programs do not see of the items that were written."""
    paired: Mapping[str, Question] = {one.name: one for one in seen}
    if len(seen) == len(sent):
        paired = {before.name: after for before, after in zip(sent, seen, strict=True)}
    areas = Areas(draft.areas, [question.category for question in seen], (language,))
    for question in sent:
        item = draft.item(question.name)
        after = paired.get(question.name)
        if after is None:
            yield Loss(item=item.id, feature="item", fate=Fate.LEFT_OUT, why="it cannot be read again")
            continue
        aside = question.record is not None and after.record == question.record
        other = item_of(after, language, id=item.id, area=areas.of(after.category), level=UNSET_LEVEL.id, author="")
        for feature, why in differences(item, other, language):
            fate = Fate.ASIDE if aside else Fate.LOST
            yield Loss(item=item.id, feature=feature, fate=fate, why=why or _WHY[fate])
