"""What a kind of written item is: one file with all its verbs and its own samples.

A kind's verbs are pure. What a paper keeps of a draw is the *variant* (parameter values, option order) as JSON data;
everything else is derived from the item's content and the variant, so a paper can be presented, keyed and marked for
ever from what is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from certengine.canonical import Json
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import Presented

Variant = dict[str, Json]


class Draw(Protocol):
    """A source of choices for one item of one paper; each choice is keyed by its label, none depends on another."""

    def below(self, label: str, bound: int) -> int:
        """An even choice among ``0 .. bound - 1``."""
        ...

    def order(self, label: str, ids: Sequence[str]) -> tuple[str, ...]:
        """An even choice among the orders of ``ids``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in an item's content, at a path of field names and indexes within it."""

    code: str
    message: str
    path: tuple[str | int, ...] = ()
    hint: str | None = None
    warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a kind reads from a raw response: its state and, when given, its value.

    Attributes:
        why: why it is unreadable, for whoever looks at the sheet; empty where the kind cannot say more.
    """

    state: ResponseState
    value: Json = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An example of the kind that tests itself: content, a variant, a raw response, and what must come of it.

    Attributes:
        share: expected share of the marks, as ``"1"``, ``"0"`` or ``"1/2"``; ``None`` when the response is not given.
        points: what a person gave the response by criterion; without them an answer for people is open.
    """

    name: str
    content: Any
    variant: Variant
    raw: str
    policy: str
    state: ResponseState
    share: str | None
    points: dict[str, int] | None = None


class ItemKind(Protocol):
    """The verbs of one kind of item."""

    id: ClassVar[str]
    title: ClassVar[Text]
    content_type: ClassVar[type]
    policies: ClassVar[tuple[str, ...]]

    def check(self, content: Any, languages: Sequence[str]) -> Iterator[Problem]:
        """Everything wrong in one item's content."""
        ...

    def vary(self, content: Any, draw: Draw) -> Variant:
        """The variant of one paper."""
        ...

    def present(self, content: Any, variant: Variant) -> Presented:
        """The item as the candidate sees it; nothing of the key."""
        ...

    def answer(self, content: Any, variant: Variant) -> str:
        """The right answer on this paper, as the answer key prints it."""
        ...

    def parse(self, content: Any, variant: Variant, raw: str) -> Reading:
        """What a raw response says; ambiguous is unreadable, never guessed."""
        ...

    def mark(self, content: Any, variant: Variant, value: Json, policy: str) -> Mark:
        """The mark of a response that was given."""
        ...

    def samples(self) -> tuple[Sample, ...]:
        """A right, a wrong and an unreadable answer at least."""
        ...
