"""Kinds of written item. A new kind is one file with all its verbs, and one entry in :data:`KINDS`."""

from __future__ import annotations

from certengine.items.essay import Essay
from certengine.items.gap_text import GapText
from certengine.items.kind import ItemKind
from certengine.items.matching import Matching
from certengine.items.multiple_response import MultipleResponse
from certengine.items.numeric import Numeric
from certengine.items.ordering import Ordering
from certengine.items.short_answer import ShortAnswer
from certengine.items.single_choice import SingleChoice
from certengine.items.true_false import TrueFalse

KINDS: tuple[ItemKind, ...] = (
    SingleChoice(),
    MultipleResponse(),
    TrueFalse(),
    Numeric(),
    Matching(),
    Ordering(),
    ShortAnswer(),
    GapText(),
    Essay(),
)


def kind_of(kind_id: str) -> ItemKind:
    """The kind of that id.

    Raises:
        KeyError: when there is none.
    """
    for kind in KINDS:
        if kind.id == kind_id:
            return kind
    raise KeyError(kind_id)
