"""What an exchange file does not carry: every item and feature by name, never silently.

Invariant: what is not in a report came through unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_SHOWN_ITEMS = 5


class Fate(StrEnum):
    """What became of an item or of one feature of it."""

    LEFT_OUT = "left out"
    """The whole item is not carried."""

    LOST = "lost"
    """The feature is not in the file (export) or not taken over (import)."""

    ASIDE = "kept aside"
    """The feature stands where only certengine reads it; other programs do not see it."""

    CLEANED = "cleaned"
    """Something that does not belong in a text was taken away: a script, a hidden character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing not carried as it stood.

    Attributes:
        item: the item's id, or where it stands in a foreign file (``line 12``, ``question 3``).
        feature: what is concerned, in the words of our files: ``parameters``, ``explanation``, ``script``.
        why: the reason, as a person wants to read it.
    """

    item: str
    feature: str
    fate: Fate
    why: str

    def __str__(self) -> str:
        return f"`{self.item}`: {self.feature} {self.fate}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """Every loss of one import or export, in the order of the items."""

    losses: tuple[Loss, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """The items that are not carried at all."""
        return tuple(loss.item for loss in self.losses if loss.fate is Fate.LEFT_OUT)

    @property
    def complete(self) -> bool:
        """Whether nothing is gone: all else stands where certengine reads it again."""
        return not any(loss.fate in {Fate.LEFT_OUT, Fate.LOST} for loss in self.losses)

    def of(self, item: str) -> tuple[Loss, ...]:
        """The losses of one item."""
        return tuple(loss for loss in self.losses if loss.item == item)

    def lines(self) -> Iterator[str]:
        """For the terminal: what is gone for one reason together, with its number and the first items."""
        groups: dict[tuple[Fate, str], dict[str, list[str]]] = {}
        for loss in self.losses:
            groups.setdefault((loss.fate, loss.why), {}).setdefault(loss.feature, []).append(loss.item)
        order = list(Fate)
        for (fate, why), features in sorted(groups.items(), key=lambda entry: order.index(entry[0][0])):
            if len(features) > 1:
                counted = ", ".join(f"{feature} ({len(items)})" for feature, items in features.items())
                yield f"{fate}: {counted}: {why}"
                continue
            ((feature, items),) = features.items()
            shown = ", ".join(items[:_SHOWN_ITEMS])
            more = f" and {len(items) - _SHOWN_ITEMS} more" if len(items) > _SHOWN_ITEMS else ""
            yield f"{fate}: {feature}: {why} ({shown}{more})"
