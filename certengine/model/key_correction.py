"""Nouns of correcting a key after the fact: which item, by which key version, under which policy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from certengine.model.bank import Item


class KeyPolicy(StrEnum):
    """What becomes of the marks of an item whose key was wrong.

    ``full_credit`` gives everybody its full marks; ``current_or_previous`` gives the better of the corrected key and of
    what counted before, so that nobody loses; ``current`` gives what the corrected key gives; ``drop`` takes the item
    away and scales the other marks of the paper up to its total.
    """

    FULL_CREDIT = "full_credit"
    CURRENT_OR_PREVIOUS = "current_or_previous"
    CURRENT = "current"
    DROP = "drop"

    @property
    def needs_key(self) -> bool:
        """Whether it marks by a corrected key."""
        return self in {KeyPolicy.CURRENT, KeyPolicy.CURRENT_OR_PREVIOUS}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCorrection:
    """One item of a sitting, marked otherwise from now on.

    Attributes:
        number: of the grading run that corrected it; results name it.
        key: the bank version whose key marks, ``<bank>@<version>``; ``None`` where the policy needs none.
        corrected: the item as that version has it; the candidate saw the same question.
    """

    number: int
    bank: str
    item: str
    policy: KeyPolicy
    key: str | None = None
    corrected: Item | None = None
