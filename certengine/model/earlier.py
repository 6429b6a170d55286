"""Nouns of what an earlier sitting means for a later one: parts that are carried over, limits and waits of retakes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOver:
    """A component that, once passed, need not be sat again for a time.

    It is passed when every rule of the pass standard that looks at it alone, and that no pass can do without, holds; and
    ``at_least`` too, where it is given.

    Attributes:
        months: how long after the earlier result was approved a candidate may still be enrolled without sitting it.
        times: in how many later sittings one result may count; without it in any number.
        at_least: marks that the component must have to be carried, where the pass standard has no rule for it alone.
    """

    component: str
    months: int
    times: int | None = None
    at_least: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetakeRule:
    """How often a scheme may be sat without success, and how soon again.

    Attributes:
        attempts: how many sittings without a pass are allowed; counted anew after a pass.
        within_months: the time in which they are counted; without it for ever.
        wait_days: days between a decision and the enrolment for the next sitting.
    """

    attempts: int | None = None
    within_months: int | None = None
    wait_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedPart:
    """A component whose result stands in for this sitting: the earlier sitting and candidate id it was earned under.

    Attributes:
        until: the last day on which a candidate could be enrolled with it.
    """

    component: str
    sitting: str
    candidate: str
    until: date
