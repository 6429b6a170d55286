"""What changed between two states of a bank, in words a subject expert reads.

Invariants:

1. Items are compared by id; nothing is guessed from likeness: an item under another id is one removed and one added.
2. What a change does to an item's statistics is said for each change. Whatever the candidate sees or the marking uses
   (stem, options, key, parameters, tolerance, unit) ends them; what only describes the item (explanation, area,
   difficulty, status, people) leaves them as they are. What is not known to be harmless ends them.
3. The order in which options and prompts are listed is no change: every paper draws it anew.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from enum import Enum
from typing import Any

from certengine.canonical import decimal_text
from certengine.model.bank import BankDraft, Item, ItemStatus
from certengine.model.text import Text

_WORD = re.compile(r"[㐀-鿿]|[^\W㐀-鿿]+|\s+|[^\w\s]")
_NEARLY_REWRITTEN = 0.3
_LONGEST_SHOWN = 200
_MOST_COMPARED = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing of an item (or of the bank's head) that is no longer as it was.

    Attributes:
        what: in words: ``stem``, ``option c``, ``parameter f, max``, ``difficulty``.
        language: of a text, its language.
        old: ``None`` when it was not there.
        new: ``None`` when it is there no more.
        carries_over: whether the item's statistics still hold, as far as this change goes.
    """

    what: str
    language: str | None = None
    old: str | None
    new: str | None
    carries_over: bool

    def line(self) -> str:
        """In one line; a text changed in places shows ``[-what went-]`` and ``{+what came+}``."""
        name = f"{self.what} ({self.language})" if self.language else self.what
        if self.old is None:
            return f"{name} added: {_shortened(self.new or '')}"
        if self.new is None:
            return f"{name} taken out: {_shortened(self.old)}"
        marked = marked_words(self.old, self.new) if self.language else None
        return f"{name}: {marked or f'{_shortened(self.old)} -> {_shortened(self.new)}'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """An item that is new, retired or gone; ``stem`` in one language, to know it again."""

    item: str
    kind: str
    area: str
    level: str
    status: str
    stem: str

    def line(self) -> str:
        """In one line."""
        return f"{self.item}  {self.kind}, {self.area} x {self.level}, {self.status}: {_shortened(self.stem)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """What changed in one item, and whether its statistics still hold."""

    item: str
    carries_over: bool
    changes: tuple[Change, ...]

    def lines(self) -> Iterator[str]:
        """The item, then each change."""
        if self.carries_over:
            yield f"{self.item}  its statistics carry over"
        else:
            because = dict.fromkeys(change.what for change in self.changes if not change.carries_over)
            yield f"{self.item}  its statistics no longer carry over ({', '.join(because)})"
        yield from (f"  {change.line()}" for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDiff:
    """What changed between two versions of a bank, or a version and the draft.

    Attributes:
        retired: items that were drawn or could become so and now are not; also in ``changed`` if more changed.
        head: changes of title, languages, areas and levels.
        starts_over: ids of all items whose statistics no longer carry over, sorted.
    """

    bank: str
    old: str
    new: str
    added: tuple[ItemLine, ...]
    retired: tuple[ItemLine, ...]
    removed: tuple[ItemLine, ...]
    changed: tuple[ItemChange, ...]
    head: tuple[Change, ...]
    starts_over: tuple[str, ...]
    unchanged: int

    @property
    def empty(self) -> bool:
        """Whether nothing changed at all."""
        return not (self.added or self.retired or self.removed or self.changed or self.head)

    def lines(self) -> Iterator[str]:
        """For the terminal."""
        if self.empty:
            yield f"{self.old} and {self.new} hold the same"
            return
        groups: tuple[tuple[str, tuple[ItemLine, ...]], ...] = (
            ("added", self.added),
            ("retired", self.retired),
            ("removed", self.removed),
        )
        if self.head:
            yield "the bank itself"
            yield from (f"  {change.line()}" for change in self.head)
            yield ""
        for name, items in groups:
            if items:
                yield f"{name}: {len(items)}"
                yield from (f"  {one.line()}" for one in items)
                yield ""
        if self.changed:
            yield f"changed: {len(self.changed)}"
            yield from (f"  {line}" for one in self.changed for line in one.lines())
            yield ""
        yield (
            f"{self.old} -> {self.new}: {len(self.added)} added, {len(self.retired)} retired, "
            f"{len(self.removed)} removed, {len(self.changed)} changed, {self.unchanged} as before; "
            f"statistics start over for {len(self.starts_over)}"
        )


def diff_banks(before: BankDraft, after: BankDraft, *, old: str, new: str) -> BankDiff:
    """What changed between two states of a bank.

    Args:
        old: how to name the earlier state.
        new: how to name the later.
    """
    was, now = ({item.id: item for item in bank.items} for bank in (before, after))
    both = [id_ for id_ in sorted(was) if id_ in now]
    changed = [one for id_ in both if was[id_] != now[id_] for one in [_item_change(was[id_], now[id_])] if one.changes]
    retired = [
        id_ for id_ in both if now[id_].status is ItemStatus.RETIRED and was[id_].status is not ItemStatus.RETIRED
    ]
    only_retired = {one.item for one in changed if one.item in retired and len(one.changes) == 1}
    return BankDiff(
        bank=after.id,
        old=old,
        new=new,
        added=tuple(_item_line(now[id_]) for id_ in sorted(now) if id_ not in was),
        retired=tuple(_item_line(now[id_]) for id_ in retired),
        removed=tuple(_item_line(was[id_]) for id_ in sorted(was) if id_ not in now),
        changed=tuple(one for one in changed if one.item not in only_retired),
        head=tuple(_head_changes(before, after)),
        starts_over=tuple(one.item for one in changed if not one.carries_over),
        unchanged=len(both) - len(changed),
    )


def marked_words(old: str, new: str) -> str | None:
    """The new text with the words that went and came marked; ``None`` when little is left of the old.

    A Chinese character is a word of its own here.
    """
    was, now = _WORD.findall(old), _WORD.findall(new)
    if len(was) * len(now) > _MOST_COMPARED:
        return None
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    if matcher.ratio() < _NEARLY_REWRITTEN:
        return None
    parts = []
    for way, i, j, k, m in matcher.get_opcodes():
        if way == "equal":
            parts.append("".join(was[i:j]))
            continue
        parts.append(f"[-{''.join(was[i:j])}-]" if j > i else "")
        parts.append(f"{{+{''.join(now[k:m])}+}}" if m > k else "")
    return "".join(parts)


# Fields of an item that only describe it. Whatever is not named here ends its statistics.
_DESCRIBING = frozenset(
    {
        "area",
        "level",
        "importance",
        "difficulty",
        "minutes",
        "status",
        "author",
        "reviewer",
        "point",
        "enemies",
        "explanation",
        "provenance",
    }
)
_NAMED_GROUPS = {
    "options": "option",
    "parameters": "parameter",
    "derived": "derived value",
    "prompts": "prompt",
    "gaps": "gap",
}
Leaf = tuple[str | None, str]


def _item_change(was: Item, now: Item) -> ItemChange:
    before, after = _flat_item(was), _flat_item(now)
    if getattr(was.content, "key", None) == getattr(now.content, "key", None):
        # A reworded right option is no other key.
        before, after = ({path: leaf for path, leaf in flat.items() if path[0] != "key"} for flat in (before, after))
    changes = tuple(_changes(before, after))
    return ItemChange(item=now.id, carries_over=all(one.carries_over for one in changes), changes=changes)


def _changes(was: Mapping[tuple[str, ...], Leaf], now: Mapping[tuple[str, ...], Leaf]) -> Iterator[Change]:
    """Each leaf that differs, in the order of the fields, those that went last."""
    for path in dict.fromkeys((*now, *was)):
        old, new = was.get(path), now.get(path)
        if old != new:
            given = new or old
            assert given is not None
            yield Change(
                what=_in_words(path[:-1] if given[0] else path),
                language=given[0],
                old=old[1] if old else None,
                new=new[1] if new else None,
                carries_over=path[0] in _DESCRIBING or (path[0] == "options" and path[2:3] == ("mistake",)),
            )


def _in_words(path: tuple[str, ...]) -> str:
    """``("options", "c", "text")`` is ``option c``; ``("parameters", "f", "max")`` is ``parameter f, max``."""
    group = _NAMED_GROUPS.get(path[0])
    if group is None or len(path) < 2:
        return ", ".join(path)
    rest = [step for step in path[2:] if step != "text"]
    return ", ".join((f"{group} {path[1]}", *rest))


def _flat_item(item: Item) -> dict[tuple[str, ...], Leaf]:
    """Every value of an item by its path: the content's fields first, beside the common ones as in the file."""
    content = {path: leaf for path, leaf in _flat(item.content, ()) if path[0] != "key"}
    if hasattr(item.content, "key"):
        content |= _key_leaves(item)
    common = ((part.name, getattr(item, part.name)) for part in fields(item) if part.name not in {"content", "id"})
    return content | {path: leaf for name, value in common for path, leaf in _flat(value, (name,))}


def _key_leaves(item: Item) -> dict[tuple[str, ...], Leaf]:
    """The key with the texts of the options it names; by prompt where it says one of each."""
    texts = {option.id: option.text for option in getattr(item.content, "options", ())}

    def shown(one: Any) -> str:
        name = _plain(one)
        return f"{name} “{texts[name].best('zh')}”" if name in texts else name

    key = item.content.key
    if isinstance(key, Mapping):
        return {("key", str(prompt)): (None, shown(one)) for prompt, one in key.items()}
    return {("key",): (None, "; ".join(map(shown, key if isinstance(key, tuple) else (key,))))}


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    """Paths and leaves of a value; parts with an id go by it, so that their order is no change."""
    if value is None or value == ():
        return
    if isinstance(value, Text):
        yield from (((*path, tag), (tag, _normal(written))) for tag, written in value.by_language)
    elif is_dataclass(value):
        for part in fields(value):
            yield from _flat(getattr(value, part.name), (*path, part.name))
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(one, (*path, str(name)))
    elif isinstance(value, tuple) and all(hasattr(one, "id") for one in value):
        for one in value:
            yield from (
                (inner, leaf) for inner, leaf in _flat(one, (*path, one.id)) if inner[len(path) + 1 :] != ("id",)
            )
    elif isinstance(value, tuple) and any(is_dataclass(one) or isinstance(one, tuple | Mapping) for one in value):
        for number, one in enumerate(value, 1):
            yield from _flat(one, (*path, str(number)))
    else:
        yield path, (None, ", ".join(map(_plain, value)) if isinstance(value, tuple) else _plain(value))


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case Decimal():
            return decimal_text(value)
        case date():
            return value.isoformat()
    return _normal(str(value))


def _normal(text: str) -> str:
    """As published versions keep it, so that a draft typed in another Unicode form is no change."""
    return unicodedata.normalize("NFC", text)


def _head_changes(before: BankDraft, after: BankDraft) -> Iterator[Change]:
    """Title, languages, areas, levels: no statistics rest on them."""
    was, now = (
        {
            path: leaf
            for name in ("title", "languages", "areas", "levels")
            for path, leaf in _flat(getattr(bank, name), (name,))
        }
        for bank in (before, after)
    )
    for change in _changes(was, now):
        yield Change(what=change.what, language=change.language, old=change.old, new=change.new, carries_over=True)


def _item_line(item: Item) -> ItemLine:
    return ItemLine(
        item=item.id,
        kind=item.kind,
        area=item.area,
        level=item.level,
        status=item.status.value,
        stem=item.content.stem.best("zh", "en"),
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"
