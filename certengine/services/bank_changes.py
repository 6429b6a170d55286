"""What changed in a bank, as nouns: one thing changed, one item, one stimulus, the whole; and how a terminal shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"[㐀-鿿]|[^\W㐀-鿿]+|\s+|[^\w\s]")
_NEARLY_REWRITTEN = 0.3
_PICTURE = ", picture"
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
        if self.what.endswith(_PICTURE) and self.old and self.new:
            return f"{self.what.removesuffix(_PICTURE)}: the picture itself changed"
        if self.old is None:
            return f"{name} added: {shortened(self.new or '')}"
        if self.new is None:
            return f"{name} taken out: {shortened(self.old)}"
        marked = marked_words(self.old, self.new) if self.language else None
        return f"{name}: {marked or f'{shortened(self.old)} -> {shortened(self.new)}'}"


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
        return f"{self.item}  {self.kind}, {self.area} x {self.level}, {self.status}: {shortened(self.stem)}"


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
class StimulusChange:
    """What changed in one stimulus, and the items that refer to it before and after."""

    stimulus: str
    items: tuple[str, ...]
    changes: tuple[Change, ...]

    def lines(self) -> Iterator[str]:
        """The stimulus with its items, then each change."""
        yield f"{self.stimulus}  of {', '.join(self.items)}" if self.items else f"{self.stimulus}  of no item"
        yield from (f"  {change.line()}" for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDiff:
    """What changed between two versions of a bank, or a version and the draft.

    Attributes:
        retired: items that were drawn or could become so and now are not; also in ``changed`` if more changed.
        head: changes of title, languages, areas and levels.
        stimuli: stimuli that came, went or changed; ``None`` when none did.
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
    stimuli: tuple[StimulusChange, ...] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing changed at all."""
        return not (self.added or self.retired or self.removed or self.changed or self.head or self.stimuli)

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
        if self.stimuli:
            yield f"stimuli: {len(self.stimuli)}"
            yield from (f"  {line}" for one in self.stimuli for line in one.lines())
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


def shortened(text: str) -> str:
    """A text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"
