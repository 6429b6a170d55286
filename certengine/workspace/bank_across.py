"""What only shows across the items of a bank: an id that stands twice, an enemy nobody knows, stems that say the same.

It needs no more of an item than its noun and places, so a file that is remembered is checked like one just read.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from certengine.errors import Finding, Severity
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.bank import ItemStatus
from certengine.workspace.binding import closest
from certengine.workspace.located import Located


def findings_across(located: Sequence[Located]) -> Iterator[Finding]:
    """Everything wrong that no item shows by itself."""
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
            if enemy == found.item.id:
                yield found.source.finding(
                    "item/own-enemy",
                    f"`{enemy}` names itself as an enemy",
                    (*found.path, "enemies", index),
                    hint="name the items that must not meet it",
                )
            elif enemy not in first:
                yield found.source.finding(
                    "item/unknown-enemy",
                    f"`{enemy}` is not an item of this bank{closest(enemy, tuple(first))}",
                    (*found.path, "enemies", index),
                    hint="name an item of this bank",
                )
    yield from _equal_stems(located)
    yield from _key_positions(located)


def _equal_stems(located: Sequence[Located]) -> Iterator[Finding]:
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


def _key_positions(located: Sequence[Located]) -> Iterator[Finding]:
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
