"""Nouns of a pass standard: declared rules over components' scores, combined as a scheme asks for.

Every rule is told in three values (see :mod:`certengine.scoring.decision`), and a rule without parts is an error,
never a pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """A component's rounded score is at least a threshold; or the exact marks of one part of it are.

    Attributes:
        part: id of a section of the paper or of a group of the task; without it the whole component counts.
    """

    component: str
    at_least: Decimal
    part: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedAtLeast:
    """The weighted mean of components, each in percent of its marks, is at least a threshold; not rounded again.

    Attributes:
        weighted: weight of each component by its id; they need not add up to 100.
        at_least: percent.
    """

    weighted: Mapping[str, Decimal]
    at_least: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryAspect:
    """Every aspect of a practical earned at least a share of its marks: competent in all, or not yet competent.

    Attributes:
        share: of an aspect's marks; 1 asks for all of them.
    """

    every_aspect: str
    share: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoVeto:
    """No veto was upheld in a component."""

    no_veto: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every rule holds. Empty is an error, never a pass."""

    all: tuple[PassRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one rule holds. Empty is an error, never a pass."""

    any: tuple[PassRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SomeOf:
    """At least so many of the rules hold, for example two of three written papers."""

    some: int
    of: tuple[PassRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """A further examination in one component, on request: the two scores become one by their weights.

    Attributes:
        component: the one whose score it supplements.
        by: the component in which the supplement is taken; it is missing for nobody.
        weights: of the old score and of the supplement, for example 2 and 1.
        below: only a score under this one is supplemented, as where the component itself was failed; any when left out.
    """

    component: str
    by: str
    weights: tuple[Decimal, Decimal]
    below: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithSupplement:
    """A rule that may hold by a supplement where it does not hold without; one supplement at most is taken."""

    supplements: tuple[Supplement, ...]
    rule: PassRule


PassRule = AtLeast | WeightedAtLeast | EveryAspect | NoVeto | AllOf | AnyOf | SomeOf | WithSupplement


def parts_of(rule: PassRule) -> tuple[PassRule, ...]:
    """The rules a rule is made of; none where it looks at scores itself."""
    match rule:
        case AllOf():
            return rule.all
        case AnyOf():
            return rule.any
        case SomeOf():
            return rule.of
        case WithSupplement():
            return (rule.rule,)
        case _:
            return ()


def supplements_of(rule: PassRule) -> tuple[Supplement, ...]:
    """Every supplement that a pass standard offers."""
    own = rule.supplements if isinstance(rule, WithSupplement) else ()
    return own + tuple(one for part in parts_of(rule) for one in supplements_of(part))
