"""Banks to the formats of other programs, with a report of everything that is not carried.

1. Every item becomes a question in one language; where the format has a place aside, its record rides along.
2. What was written is read again as another program would read it: the report names what differs, by item and field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from certengine.canonical import Json
from certengine.errors import AnswerIsNo, Severity, UsageError
from certengine.interchange.areas import Areas
from certengine.interchange.bank_formats import BankFormat, format_for, format_named
from certengine.interchange.loss import Fate, Loss, LossReport
from certengine.interchange.projection import differences, item_of, question_of
from certengine.interchange.questions import Question
from certengine.interchange.records import envelope
from certengine.model.bank import BankDraft, Item
from certengine.services.bank_intake import UNSET_LEVEL, read_again
from certengine.services.context import Context
from certengine.services.exchanged_pictures import pictures_of
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.readers import BANK_READERS
from certengine.workspace.bank_writing import head_document, item_document, json_document

_WHY: Final = {Fate.ASIDE: "other programs do not see it", Fate.LOST: "the format has no place for it"}
_NO_STIMULI: Final = "stimuli are not carried: what the item refers to is not in the file"
_UNBOUND: Final = (
    "file/",
    "item/unknown-kind",
    "item/unknown-field",
    "item/missing-field",
    "item/wrong-value",
    "bank/",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRun:
    """What an export wrote, or with ``dry_run`` would write.

    Attributes:
        left_out: ids of the items that the format cannot carry.
    """

    bank: str
    format: str
    title: str
    target: Path
    language: str
    items: int
    report: LossReport

    @property
    def left_out(self) -> tuple[str, ...]:
        """Ids of the items that the format cannot carry."""
        return self.report.left_out


def export_bank(
    context: Context,
    bank_id: str,
    target: Path,
    format: str | None = None,
    *,
    language: str | None = None,
    dry_run: bool = False,
) -> ExportRun:
    """Write a bank's draft in a format of other programs; the file holds the keys, so only its owner may read it.

    Args:
        target: the file, or a folder that gets ``<bank>.<suffix>``: one that is there, or a name without a suffix.
        format: one of :data:`certengine.interchange.bank_formats.FORMATS`; told by the file's name when not given.
        language: the one other programs see; the bank's first when not given.

    Raises:
        NotFound: when there is no such bank.
        UsageError: when the format or the language is none.
        AnswerIsNo: when its files do not bind, or the format can carry none of its items.
        Refused: when the role is missing, or the file cannot be written.
    """
    context.demand_role(*BANK_READERS)
    chosen = format_named(format) if format else format_for(target)
    draft = _bound_draft(context, bank_id)
    tag = language or draft.languages[0]
    if tag not in draft.languages:
        known = ", ".join(draft.languages)
        raise UsageError(f"bank `{bank_id}` is not written in `{tag}`", hint=f"its languages are: {known}")
    path = target / f"{bank_id}{chosen.suffix}" if target.is_dir() or not target.suffix else target
    folder = context.workspace.root / "question_banks" / bank_id
    data, carried, report = _written(draft, chosen, tag, folder)
    if not dry_run:
        write_whole(path, data, mode=PRIVATE_FILE)
    return ExportRun(
        bank=bank_id, format=chosen.id, title=chosen.title, target=path, language=tag, items=carried, report=report
    )


def _written(draft: BankDraft, chosen: BankFormat, language: str, folder: Path) -> tuple[bytes, int, LossReport]:
    """The file, how many items are in it, and what it does not carry."""
    title = draft.title.best(language)
    # Written once to see which items the format can carry: the first of them carries the head of the bank.
    tried = chosen.write([question_of(item, language, draft.areas) for item in draft.items], title)
    left_out = {loss.item for loss in tried.losses if loss.fate is Fate.LEFT_OUT}
    kept = [item for item in draft.items if item.id not in left_out]
    carried = [
        replace(question, pictures=pictures_of(item, language, folder))
        for item, question in zip(kept, _questions(kept, draft, language, chosen), strict=True)
    ]
    if not carried:
        raise AnswerIsNo(
            f"{chosen.title} can carry none of the items of `{draft.id}`",
            hint="choose another format: QTI carries every kind",
            code="exchange/nothing-carried",
        )
    outgoing = chosen.write(carried, title)
    losses = [*tried.losses, *_unseen(draft, carried, read_again(chosen, outgoing.data), language)]
    return outgoing.data, len(carried), LossReport(losses=tuple(losses))


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
            if feature == "stimulus":
                yield Loss(item=item.id, feature=feature, fate=Fate.LOST, why=_NO_STIMULI)
                continue
            fate = Fate.ASIDE if aside else Fate.LOST
            yield Loss(item=item.id, feature=feature, fate=fate, why=why or _WHY[fate])
