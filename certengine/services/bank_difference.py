"""What changed between two states of a bank, in words a subject expert reads.

Invariants:

1. Items are compared by id; nothing is guessed from likeness: an item under another id is one removed and one added.
2. What a change does to an item's statistics is said for each change. Whatever the candidate sees or the marking uses
   (stem, options, key, parameters, tolerance, unit) ends them; what only describes the item (explanation, area,
   difficulty, status, people) leaves them as they are. What is not known to be harmless ends them.
3. The order in which options and prompts are listed is no change: every paper draws it anew.
4. What changes in a stimulus changes every item that refers to it, and ends the statistics of each.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from certengine.canonical import decimal_text
from certengine.model.bank import BankDraft, Item, ItemStatus, Stimulus
from certengine.model.text import Text
from certengine.services.bank_changes import BankDiff, Change, ItemChange, ItemLine, StimulusChange


def diff_banks(before: BankDraft, after: BankDraft, *, old: str, new: str) -> BankDiff:
    """What changed between two states of a bank.

    Args:
        old: how to name the earlier state.
        new: how to name the later.
    """
    was, now = ({item.id: item for item in bank.items} for bank in (before, after))
    both = [id_ for id_ in sorted(was) if id_ in now]
    changed = [one for id_ in both if was[id_] != now[id_] for one in [_item_change(was[id_], now[id_])] if one.changes]
    stimuli = tuple(_stimulus_changes(before, after))
    seen_otherwise = {item for one in stimuli for item in one.items if item in was and item in now}
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
        starts_over=tuple(sorted({one.item for one in changed if not one.carries_over} | seen_otherwise)),
        unchanged=len(both) - len({one.item for one in changed} | seen_otherwise),
        stimuli=stimuli or None,
    )


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
        "calibration",
    }
)
_NAMED_GROUPS = {
    "options": "option",
    "parameters": "parameter",
    "derived": "derived value",
    "prompts": "prompt",
    "gaps": "gap",
    "criteria": "criterion",
    "figures": "figure",
}
Leaf = tuple[str | None, str]


def _item_change(was: Item, now: Item) -> ItemChange:
    before, after = _flat_item(was), _flat_item(now)
    if getattr(was.content, "key", None) == getattr(now.content, "key", None):
        # A reworded right option is no other key.
        before, after = ({path: leaf for path, leaf in flat.items() if path[0] != "key"} for flat in (before, after))
    changes = tuple(_changes(before, after))
    return ItemChange(item=now.id, carries_over=all(one.carries_over for one in changes), changes=changes)


def _stimulus_changes(before: BankDraft, after: BankDraft) -> Iterator[StimulusChange]:
    was, now = ({one.id: one for one in bank.stimuli or ()} for bank in (before, after))
    for id_ in sorted({*was, *now}):
        changes = tuple(_changes(_leaves_of(was.get(id_)), _leaves_of(now.get(id_))))
        if changes:
            both = (*before.items, *after.items)
            items = tuple(sorted({item.id for item in both if item.stimulus == id_}))
            yield StimulusChange(stimulus=id_, items=items, changes=changes)


def _leaves_of(stimulus: Stimulus | None) -> dict[tuple[str, ...], Leaf]:
    if stimulus is None:
        return {}
    names = [part.name for part in fields(stimulus) if part.name != "id"]
    return {path: leaf for name in names for path, leaf in _flat(getattr(stimulus, name), (name,))}


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
    rest = ["picture" if path[0] == "figures" and step == "digest" else step for step in path[2:] if step != "text"]
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
