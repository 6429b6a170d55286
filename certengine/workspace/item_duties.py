"""What an item owes before candidates see it: another person's review, and a key that another person checked."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from certengine.errors import Finding
from certengine.model.bank import ItemStatus
from certengine.workspace.located import Located

_IN_USE = frozenset({ItemStatus.ACTIVE, ItemStatus.PILOT})


def duties(found: Located) -> Iterator[Finding]:
    """Names that name nobody, one person where two are due, and what an item in use lacks."""
    yield from _nobody(found)
    yield from _one_person(found)
    item, source, path = found.item, found.source, found.path
    if item.status not in _IN_USE:
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


def _nobody(found: Located) -> Iterator[Finding]:
    item = found.item
    names: dict[tuple[str, ...], str | None] = {("author",): item.author, ("reviewer",): item.reviewer}
    if item.provenance is not None:
        names["provenance", "checked_by"] = item.provenance.checked_by
    for where, name in names.items():
        if name is not None and not _person(name):
            yield found.source.finding(
                "item/nobody", f"`{where[-1]}` names nobody", (*found.path, *where), hint="write who it is"
            )


def _one_person(found: Located) -> Iterator[Finding]:
    item, author = found.item, _person(found.item.author)
    if not author:
        return
    if item.reviewer is not None and _person(item.reviewer) == author:
        yield found.source.finding(
            "item/self-review",
            f"`{item.author}` both wrote and reviewed `{item.id}`",
            (*found.path, "reviewer"),
            hint="have another person review it",
        )
    checked_by = item.provenance.checked_by if item.provenance is not None and item.status in _IN_USE else ""
    if _person(checked_by) == author:
        yield found.source.finding(
            "item/self-checked",
            f"`{item.id}` is {item.status}, and `{item.author}` both wrote it and checked its key",
            (*found.path, "provenance", "checked_by"),
            hint="have another person check the key against its source",
        )


def _person(name: str) -> str:
    """A name without what does not tell people apart: case, width, spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
