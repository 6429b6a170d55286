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

ENOUGH = 8
"""So many choices tell a habit."""


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
    """Files in which the right option nearly always stands at one place as written: a habit that candidates learn.

    Small files count together. Of a multiple response it is told by the right options all standing before the others.
    """
    by_file: dict[str, list[tuple[Located, int | None]]] = defaultdict(list)
    for found in located:
        if isinstance(found.item.content, SingleChoiceContent | MultipleResponseContent):
            by_file[found.source.name].append((found, _place_of_key(found.item.content)))
    small = [entry for entries in by_file.values() if len(entries) < ENOUGH for entry in entries]
    groups = [("of this file", entries) for entries in by_file.values() if len(entries) >= ENOUGH]
    for where, entries in (*groups, ("of the smaller files", small)):
        places = Counter(place for _, place in entries if place is not None)
        position, times = places.most_common(1)[0] if places else (0, 0)
        if len(entries) >= ENOUGH and times * 10 >= len(entries) * 9:
            first = entries[0][0]
            yield Finding(
                code="bank/key-position",
                message=f"the right option stands at place {position + 1} in {times} of {len(entries)} items {where}",
                place=first.source.place(first.path),
                severity=Severity.WARNING,
                hint="options are shuffled on paper, but vary the place where they may not be",
            )


def _place_of_key(content: SingleChoiceContent | MultipleResponseContent) -> int | None:
    ids = [option.id for option in content.options]
    if isinstance(content, SingleChoiceContent):
        return ids.index(content.key) if content.key in ids else None
    return 0 if set(ids[: len(content.key)]) == set(content.key) else None
