"""Nouns of a question bank: items and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from certengine.model.text import Text


class ItemStatus(StrEnum):
    """Where an item stands in its life; only ``active`` items are drawn."""

    DRAFT = "draft"
    REVIEW = "review"
    PILOT = "pilot"
    ACTIVE = "active"
    RETIRED = "retired"


class Importance(StrEnum):
    """Importance of an assessment point: X core, Y general, Z auxiliary (Chinese national bank practice)."""

    X = "X"
    Y = "Y"
    Z = "Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A content area, a node of the bank's tree of areas."""

    id: str
    title: Text
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitiveLevel:
    """A level of cognitive demand, for example know, understand, apply, analyse."""

    id: str
    title: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProvenance:
    """Why the answer key can be trusted: what it rests on, and who checked it against that."""

    against: Text
    checked_by: str
    checked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCalibration:
    """Where an item stands on a scale of ability: parameters of the logistic model, estimated elsewhere.

    Attributes:
        discrimination: slope ``a`` in 1/logit, in the logistic metric (no factor 1.7); 1 under the Rasch model.
        location: difficulty ``b`` in logits: where the slope is steepest.
        guessing: lower asymptote ``c``, 0 to below 1; none when left out.
    """

    discrimination: Decimal
    location: Decimal
    guessing: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture that belongs to an item or a stimulus.

    Attributes:
        file: path under the bank's folder, for example ``figures/hvil.svg`` (SVG or PNG).
        alt: what a reader who cannot see the picture is told; never the answer.
        caption: printed below the picture.
        width: printed width in millimetres; the picture's own proportions give the height.
        digest: of the picture's bytes, known once the file was read; the store keeps the bytes by it.
    """

    file: str
    alt: Text
    caption: Text | None = None
    width: Decimal
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stimulus:
    """A case, text or diagram that several items refer to; its items are drawn and printed together.

    Attributes:
        area: the content area and cognitive level a blueprint asks for when it takes whole sets.
    """

    id: str
    area: str
    level: str
    title: Text | None = None
    text: Text
    figures: tuple[Figure, ...] | None = None


# Fields added after the first version default to None, which canonical JSON leaves out: digests of older items stay.
@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a bank.

    Attributes:
        kind: the id of its kind in :data:`certengine.items.KINDS`.
        content: the kind's own frozen dataclass: stem, options, parameters, key.
        point: the assessment point it belongs to; a paper holds one item of a point at most.
        difficulty: expected share of candidates who answer correctly, 0 to 1 (so 0.9 is easy).
        minutes: expected working time.
        enemies: ids of items that must not meet it on one paper; symmetric whichever side names it.
        figures: pictures printed below the stem, in this order.
        stimulus: id of the stimulus it refers to; such an item is drawn only together with the others of its set.
        calibration: what forms of equal test information are chosen by.
    """

    id: str
    kind: str
    area: str
    level: str
    content: Any
    importance: Importance = Importance.X
    difficulty: Decimal | None = None
    minutes: Decimal | None = None
    status: ItemStatus = ItemStatus.DRAFT
    author: str
    reviewer: str | None = None
    point: str | None = None
    enemies: tuple[str, ...] = ()
    explanation: Text | None = None
    provenance: KeyProvenance | None = None
    figures: tuple[Figure, ...] | None = None
    stimulus: str | None = None
    calibration: ItemCalibration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDraft:
    """A bank as its authors have it now; may change at any time."""

    id: str
    title: Text
    languages: tuple[str, ...]
    areas: tuple[Area, ...]
    levels: tuple[CognitiveLevel, ...]
    items: tuple[Item, ...]
    stimuli: tuple[Stimulus, ...] | None = None

    def item(self, item_id: str) -> Item:
        """The item of that id.

        Raises:
            KeyError: when the bank has none.
        """
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """A published bank: immutable, numbered and digested. Papers pin its version and digest.

    Attributes:
        digest: of the canonical bytes of ``contents``.
        item_digests: ``(item id, digest)`` in the order of ``contents.items``.
    """

    contents: BankDraft
    version: int
    digest: str
    item_digests: tuple[tuple[str, str], ...]
    published_at: datetime
    published_by: str
    reason: str

    @property
    def id(self) -> str:
        """The bank's id."""
        return self.contents.id

    @property
    def reference(self) -> str:
        """How a paper names it: ``<id>@<version>``."""
        return f"{self.id}@{self.version}"
