"""An item as the candidate sees it, from the draft: what ``bank show`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from certengine.assembly.keyed import KeyedDraw
from certengine.canonical import decimal_text
from certengine.errors import AnswerIsNo, NotFound, first_errors
from certengine.items import kind_of
from certengine.items.essay import EssayContent
from certengine.items.kind import Variant
from certengine.items.marking_guide import marking_guide
from certengine.items.options import ordered
from certengine.model.bank import Item
from certengine.model.text import Text
from certengine.model.view import MarkingGuide
from certengine.services.context import Context
from certengine.workspace.binding import closest

# A preview varies an item by a fixed key: it must show the same twice, and it is no draw of any sitting.
_PREVIEW = KeyedDraw(bytes(32), ("preview",))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPreview:
    """One variant of an item, with what an author wants to know of it.

    Attributes:
        mistakes: what a candidate did who chooses a wrong option, by its letter; shown with the key.
    """

    id: str
    kind: str
    area: str
    level: str
    status: str
    stem: Text
    options: tuple[tuple[str, Text], ...]
    unit: str | None
    prompts: tuple[tuple[str, Text], ...]
    gaps: tuple[tuple[str, tuple[tuple[str, Text], ...]], ...]
    answer: str | None
    explanation: Text | None
    mistakes: tuple[tuple[str, Text], ...] = ()
    guide: MarkingGuide | None = None

    def lines(self) -> Iterator[str]:
        """For the terminal: each language in turn."""
        yield f"{self.id}  {self.kind}, {self.area} x {self.level}, {self.status}"
        for language in self.stem.languages:
            yield ""
            yield self.stem.best(language) + (f"  ({self.unit})" if self.unit else "")
            yield from (f"  ({label}) {text.best(language)}" for label, text in self.prompts)
            yield from (f"  {label}. {text.best(language)}" for label, text in self.options)
            for gap, options in self.gaps:
                yield f"  ({gap}) " + "  ".join(f"{label}. {text.best(language)}" for label, text in options)
        if self.answer is not None:
            yield ""
            yield f"key: {self.answer}"
            if self.explanation is not None:
                yield from (text for _, text in self.explanation.by_language)
            for label, text in self.mistakes:
                yield f"  {label}: " + " / ".join(written for _, written in reversed(text.by_language))
        if self.guide is not None:
            yield ""
            yield f"rubric: {self.guide.points} points"
            for row in self.guide.rows:
                scale = "yes / no" if row.condition else f"0-{row.top}"
                yield f"  {row.id} ({scale}): " + " / ".join(text for _, text in reversed(row.title.by_language))
            yield from ("  " + " / ".join(text for _, text in reversed(one.by_language)) for one in self.guide.rules)


def preview_item(context: Context, bank_id: str, item_id: str, *, with_key: bool) -> ItemPreview:
    """One variant of a draft's item.

    Raises:
        NotFound: when there is no such bank or item.
        AnswerIsNo: when the bank's files do not bind.
    """
    items = {item.id: item for item in _items(context, bank_id)}
    item = items.get(item_id)
    if item is None:
        raise NotFound(
            f"bank `{bank_id}` has no item `{item_id}`{closest(item_id, tuple(items))}",
            hint=f"`certengine bank show {bank_id}` lists its items",
        )
    kind = kind_of(item.kind)
    variant = kind.vary(item.content, _PREVIEW.within(item.id))
    presented = kind.present(item.content, variant)
    return ItemPreview(
        id=item.id,
        kind=item.kind,
        area=item.area,
        level=item.level,
        status=item.status.value,
        stem=presented.stem,
        options=tuple((option.label, option.text) for option in presented.options),
        unit=presented.unit,
        prompts=tuple((prompt.label, prompt.text) for prompt in presented.prompts),
        gaps=tuple(
            (gap.label, tuple((option.label, option.text) for option in gap.options))
            for gap in presented.gaps
            if gap.options
        ),
        answer=kind.answer(item.content, variant) if with_key else None,
        explanation=item.explanation if with_key else None,
        mistakes=_mistakes(item, variant) if with_key else (),
        guide=marking_guide(item.content) if with_key and isinstance(item.content, EssayContent) else None,
    )


def _mistakes(item: Item, variant: Variant) -> tuple[tuple[str, Text], ...]:
    if "options" not in variant:
        return ()
    shown = ordered(item.content.options, variant)
    return tuple((label, option.mistake) for label, option in shown if option.mistake is not None)


def table_of_items(context: Context, bank_id: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of a draft's items.

    Raises:
        NotFound: when there is no such bank.
        AnswerIsNo: when the bank's files do not bind.
    """
    rows: list[tuple[str, ...]] = [
        (
            item.id,
            item.kind,
            item.area,
            item.level,
            item.importance.value,
            decimal_text(item.difficulty) if item.difficulty is not None else "",
            item.status.value,
        )
        for item in _items(context, bank_id)
    ]
    return ("item", "kind", "area", "level", "importance", "difficulty", "status"), rows


def _items(context: Context, bank_id: str) -> tuple[Item, ...]:
    draft, findings = context.workspace.read_bank(bank_id)
    if draft is None:
        raise AnswerIsNo(
            f"bank `{bank_id}` cannot be read",
            findings=first_errors(findings),
            hint=f"`certengine bank check {bank_id}`",
        )
    return draft.items
