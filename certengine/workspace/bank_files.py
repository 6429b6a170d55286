"""Reading and checking a bank's files: ``bank.yaml`` and ``items/*.yaml``. Everything wrong comes at once, with its place.

Steps of :func:`read_bank`:

1. Read every file as data.
2. Bind the bank's identity and each item to nouns; an item that does not bind keeps no other from being checked.
3. Check each item by its kind, and what every item owes: translations, area, level, reviewer, provenance.
4. Check what only shows across items: duplicate ids, unknown enemies, stems that say the same, a key that always
   stands first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from certengine.errors import Finding, NotFound, Severity
from certengine.items import KINDS, kind_of
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.bank import Area, BankDraft, CognitiveLevel, Item, ItemStatus
from certengine.model.text import Text
from certengine.workspace.bank_lints import lint_bank
from certengine.workspace.binding import bind, closest, texts_in
from certengine.workspace.yaml_source import DataPath, YamlSource, read_yaml

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ITEM_FIELDS = tuple(part.name for part in fields(Item) if part.name != "content")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class BankHead:
    """``bank.yaml``: identity, languages, areas, levels."""

    format: int
    id: str
    title: Text
    languages: tuple[str, ...]
    areas: tuple[Area, ...]
    levels: tuple[CognitiveLevel, ...]


@dataclass(frozen=True, slots=True)
class Located:
    """An item with the file and path it stands at."""

    item: Item
    source: YamlSource
    path: DataPath


def read_bank(folder: Path, root: Path) -> tuple[BankDraft | None, tuple[Finding, ...]]:
    """A bank's draft and everything found in its files; no draft when ``bank.yaml`` itself does not bind.

    Args:
        root: findings name files relative to it.

    Raises:
        NotFound: when the folder has no ``bank.yaml``.
    """
    if not (folder / "bank.yaml").is_file():
        raise NotFound(
            f"`{_shown(folder, root)}` is not a bank: it has no bank.yaml",
            hint="`certengine bank list` shows the banks of this workspace",
        )
    findings: list[Finding] = []
    head_source = read_yaml(folder / "bank.yaml", _shown(folder / "bank.yaml", root))
    findings.extend(head_source.findings)
    head = (
        bind(BankHead, head_source.data, head_source, (), findings, area="bank")
        if head_source.data is not None
        else None
    )
    located = [found for path in sorted((folder / "items").glob("*.yaml")) for found in _items(path, root, findings)]
    if head is None:
        return None, tuple(findings)
    findings.extend(_head_findings(head, head_source))
    if head.id != folder.name:
        findings.append(wrong_folder(head_source, "bank", head.id, folder))
    for found in located:
        findings.extend(_item_findings(found, head))
    findings.extend(_across(located))
    findings.extend(lint_bank(head.areas, head_source, located))
    draft = BankDraft(
        id=head.id,
        title=head.title,
        languages=head.languages,
        areas=head.areas,
        levels=head.levels,
        items=tuple(sorted((found.item for found in located), key=lambda item: item.id)),
    )
    return draft, tuple(sorted(findings, key=Finding.sort_key))


def wrong_folder(source: YamlSource, noun: str, id_: str, folder: Path) -> Finding:
    """Commands name the folder, records the id: where they differ, one bank would pass for another."""
    return source.finding(
        f"{noun}/wrong-folder",
        f"{noun} `{id_}` stands in the folder `{folder.name}`",
        ("id",),
        hint=f"rename the folder to `{id_}`, or write `id: {folder.name}`",
    )


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _items(path: Path, root: Path, findings: list[Finding]) -> Iterator[Located]:
    source = read_yaml(path, _shown(path, root))
    findings.extend(source.findings)
    if source.data is None:
        return
    items = source.data.get("items") if isinstance(source.data, dict) else None
    if not isinstance(items, list):
        findings.append(
            source.finding("bank/no-items", "a file of items has a list `items:`", hint="write `items:` and a list")
        )
        return
    for unknown in set(source.data) - {"format", "items"}:
        findings.append(source.finding("bank/unknown-field", f"`{unknown}` is not a field here", (unknown,), key=True))
    for index, raw in enumerate(items):
        item = _item(raw, source, ("items", index), findings)
        if item is not None:
            yield Located(item, source, ("items", index))


def _item(raw: Any, source: YamlSource, path: DataPath, findings: list[Finding]) -> Item | None:
    if not isinstance(raw, dict):
        findings.append(
            source.finding("item/wrong-value", "an item is a mapping", path, hint="start it with `- id: ...`")
        )
        return None
    kinds = tuple(kind.id for kind in KINDS)
    kind_id = raw.get("kind")
    if kind_id not in kinds:
        given = f"`{kind_id}` is not a kind of item" if kind_id is not None else "`kind` is missing"
        findings.append(
            source.finding(
                "item/unknown-kind",
                f"{given}{closest(str(kind_id), kinds)}",
                (*path, "kind"),
                hint=f"the kinds are: {', '.join(kinds)}",
            )
        )
        return None
    own = {key: value for key, value in raw.items() if key not in ITEM_FIELDS}
    content: Any = bind(kind_of(str(kind_id)).content_type, own, source, path, findings, area="item")
    common = {key: value for key, value in raw.items() if key in ITEM_FIELDS}
    item = bind(Item, {**common, "content": content}, source, path, findings, area="item")
    return item if content is not None else None


def _head_findings(head: BankHead, source: YamlSource) -> Iterator[Finding]:
    if head.format != 1:
        yield source.finding(
            "bank/format", f"format 1 is read here, given: {head.format}", ("format",), hint="write `format: 1`"
        )
    if not ID.fullmatch(head.id):
        yield source.finding(
            "bank/id", f"`{head.id}` is not an id", ("id",), hint="use letters, digits, `-`, `_` and `.`"
        )
    for name, group in (("areas", head.areas), ("levels", head.levels)):
        for one, times in Counter(part.id for part in group).items():
            if times > 1:
                yield source.finding(
                    "bank/duplicate-id", f"`{one}` stands {times} times in {name}", (name,), hint="keep one"
                )
        if not group:
            yield source.finding("bank/empty", f"a bank has at least one of `{name}`", (name,), hint=f"list its {name}")
    if not head.languages:
        yield source.finding(
            "bank/no-languages", "a bank has at least one language", ("languages",), hint="write `languages: [zh, en]`"
        )
    areas = {area.id for area in head.areas}
    for index, area in enumerate(head.areas):
        if area.parent is not None and area.parent not in areas:
            yield source.finding(
                "bank/unknown-area",
                f"`{area.parent}` is not an area of this bank{closest(area.parent, tuple(areas))}",
                ("areas", index, "parent"),
                hint="name an area of this bank, or leave `parent` out",
            )
    yield from _translations(head, source, (), head.languages)


def _item_findings(found: Located, head: BankHead) -> Iterator[Finding]:
    item, source, path = found.item, found.source, found.path
    areas, levels = tuple(a.id for a in head.areas), tuple(one.id for one in head.levels)
    if not ID.fullmatch(item.id):
        yield source.finding(
            "item/id", f"`{item.id}` is not an id", (*path, "id"), hint="use letters, digits, `-`, `_`, `.`"
        )
    if item.area not in areas:
        yield source.finding(
            "item/unknown-area",
            f"`{item.area}` is not an area of this bank{closest(item.area, areas)}",
            (*path, "area"),
            hint=f"the areas are: {', '.join(areas)}",
        )
    if item.level not in levels:
        yield source.finding(
            "item/unknown-level",
            f"`{item.level}` is not a cognitive level of this bank{closest(item.level, levels)}",
            (*path, "level"),
            hint=f"the levels are: {', '.join(levels)}",
        )
    if item.difficulty is not None and not 0 < item.difficulty < 1:
        yield source.finding(
            "item/difficulty",
            f"expected difficulty is a share between 0 and 1, given: {item.difficulty}",
            (*path, "difficulty"),
            hint="write the share of candidates expected to answer right, for example 0.65",
        )
    yield from _duties(found)
    yield from _translations(item, source, path, head.languages)
    for problem in kind_of(item.kind).check(item.content, head.languages):
        yield Finding(
            code=problem.code,
            message=problem.message,
            place=source.place((*path, *problem.path)),
            severity=Severity.WARNING if problem.warning else Severity.ERROR,
            hint=problem.hint,
        )


def _duties(found: Located) -> Iterator[Finding]:
    """What an item owes before candidates see it: another person's review, and a key that rests on something."""
    item, source, path = found.item, found.source, found.path
    if item.reviewer is not None and item.reviewer == item.author:
        yield source.finding(
            "item/self-review",
            f"`{item.author}` both wrote and reviewed `{item.id}`",
            (*path, "reviewer"),
            hint="have another person review it",
        )
    if item.status not in {ItemStatus.ACTIVE, ItemStatus.PILOT}:
        return
    if item.reviewer is None:
        yield source.finding(
            "item/no-review",
            f"`{item.id}` is {item.status} without a reviewer",
            path,
            hint="have another person review it",
        )
    if item.provenance is None:
        yield source.finding(
            "item/no-provenance",
            f"`{item.id}` is {item.status} without the provenance of its key",
            path,
            hint="say what the key rests on and who checked it: `provenance: {against: ..., checked_by: ..., checked_on: ...}`",
        )


def _translations(noun: Any, source: YamlSource, path: DataPath, languages: tuple[str, ...]) -> Iterator[Finding]:
    for where, text in texts_in(noun):
        # An item's kind-specific fields stand beside its common ones in the file.
        shown = (*path, *(step for step in where if step != "content"))
        for language in languages:
            written = text.get(language)
            if written is None or not written.strip():
                yield source.finding(
                    "text/missing-language", f"no text in `{language}`", shown, hint=f"add `{language}: ...`"
                )
        for language, written in text.by_language:
            if _CONTROL.search(written):
                yield source.finding(
                    "text/control-character",
                    "the text holds control or direction-changing characters",
                    (*shown, language),
                    hint="type it again without them",
                )


def _across(located: list[Located]) -> Iterator[Finding]:
    first: dict[str, Located] = {}
    for found in located:
        earlier = first.setdefault(found.item.id, found)
        if earlier is not found:
            yield found.source.finding(
                "item/duplicate-id",
                f"`{found.item.id}` stands twice, first at {earlier.source.place((*earlier.path, 'id'))}",
                (*found.path, "id"),
                hint="give one of them another id",
            )
    for found in located:
        for index, enemy in enumerate(found.item.enemies):
            if enemy not in first:
                yield found.source.finding(
                    "item/unknown-enemy",
                    f"`{enemy}` is not an item of this bank{closest(enemy, tuple(first))}",
                    (*found.path, "enemies", index),
                    hint="name an item of this bank",
                )
    yield from _equal_stems(located)
    yield from _key_positions(located)


def _equal_stems(located: list[Located]) -> Iterator[Finding]:
    """Items that ask the same in the same words; parameters are not told apart."""
    seen: dict[tuple[str, str], Located] = {}
    for found in located:
        if found.item.status is ItemStatus.RETIRED:
            continue
        for language, text in found.item.content.stem.by_language:
            key = (language, re.sub(r"[\W_]+", "", text.casefold()))
            earlier = seen.setdefault(key, found)
            if earlier is not found:
                yield Finding(
                    code="item/equal-stem",
                    message=f"`{found.item.id}` asks the same as `{earlier.item.id}`",
                    place=found.source.place((*found.path, "stem")),
                    severity=Severity.WARNING,
                    hint="make them enemies, or retire one",
                )
                break


def _key_positions(located: list[Located]) -> Iterator[Finding]:
    """A file in which the right option nearly always stands at one place as written: a habit that candidates learn."""
    by_file: dict[str, list[tuple[Located, int]]] = defaultdict(list)
    for found in located:
        content = found.item.content
        if isinstance(content, SingleChoiceContent | MultipleResponseContent):
            ids = [option.id for option in content.options]
            key = content.key if isinstance(content.key, str) else content.key[0]
            if key in ids:
                by_file[found.source.name].append((found, ids.index(key)))
    for entries in by_file.values():
        position, times = Counter(position for _, position in entries).most_common(1)[0]
        if len(entries) >= 8 and times * 10 >= len(entries) * 9:
            located_first = entries[0][0]
            yield Finding(
                code="bank/key-position",
                message=f"the right option stands at place {position + 1} in {times} of {len(entries)} items of this file",
                place=located_first.source.place(located_first.path),
                severity=Severity.WARNING,
                hint="options are shuffled on paper, but vary the place where they may not be",
            )
