"""Gaps of a text: what each is, and the small case of another kind that reads, marks and checks it.

Invariant: a gap has exactly one rule; the check lets no other pass, and the verbs rely on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from certengine.items.kind import ItemKind, Variant
from certengine.items.numeric import Numeric, NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.parameters import Derived, Parameter
from certengine.items.short_answer import ShortAnswer, ShortAnswerContent
from certengine.items.single_choice import SingleChoice, SingleChoiceContent
from certengine.model.text import Text

GAP_ID: Final = re.compile(r"[A-Za-z0-9_]{1,16}")
GAP_MARKER: Final = re.compile(rf"<<({GAP_ID.pattern})>>")
BAR: Final = re.compile("[|｜]")
SEMICOLON: Final = re.compile("[;；]")
NUMERIC: Final = Numeric()
_CHOICE: Final = SingleChoice()
_SHORT: Final = ShortAnswer()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceGap:
    """One of a few options, listed below the text."""

    options: tuple[Option, ...]
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberGap:
    """A number: a formula over the parameters, with its unit and tolerance as in a numeric item."""

    key: str
    unit: str | None = None
    places: int = 0
    tolerance: Tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class TextGap:
    """A word or two, as in a short answer."""

    accepted: tuple[Mapping[str, str], ...]
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A gap: the id its markers name, and exactly one of three rules."""

    id: str
    choice: ChoiceGap | None = None
    number: NumberGap | None = None
    text: TextGap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapTextContent:
    """A stem with a marker ``<<id>>`` for every gap, and ``{name}`` for parameters as in a numeric item."""

    stem: Text
    gaps: tuple[Gap, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    where: str | None = None
    derived: Mapping[str, Derived] = field(default_factory=dict)


def rule_of(content: GapTextContent, gap: Gap) -> tuple[ItemKind, Any]:
    """The kind whose small case a gap is, and the gap as content of that kind."""
    if gap.choice is not None:
        return _CHOICE, SingleChoiceContent(stem=content.stem, options=gap.choice.options, key=gap.choice.key)
    if gap.number is not None:
        return NUMERIC, numeric_of(content, gap.number)
    assert gap.text is not None, "the check lets no gap pass without a rule"
    return _SHORT, ShortAnswerContent(stem=content.stem, accepted=gap.text.accepted, patterns=gap.text.patterns)


def numeric_of(content: GapTextContent, gap: NumberGap | None = None) -> NumericContent:
    """A number gap as a numeric item over the text's parameters; without one, a stand-in with nothing to compute."""
    rule = gap or NumberGap(key="0", tolerance=Tolerance(exact=True))
    return NumericContent(
        stem=content.stem,
        parameters=content.parameters,
        where=content.where,
        derived=content.derived,
        key=rule.key,
        unit=rule.unit,
        places=rule.places,
        tolerance=rule.tolerance,
    )


def variant_of(variant: Variant, gap: Gap) -> Variant:
    """The variant of one gap, as its kind keeps it."""
    if gap.choice is None:
        return {"parameters": variant["parameters"]}
    orders = variant["gaps"]
    assert isinstance(orders, dict)
    order = orders[gap.id]
    assert isinstance(order, dict)
    return order
