"""Nouns of a result statement: what one candidate is told of one approved decision. It is no certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from certengine.model.credential import Holder, Issuer
from certengine.model.text import Text

STATEMENT_SCHEMA: Final = "certengine.statement/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSection:
    """A section of a paper or a group of a task: marks as shown, cut to two places, and its full marks."""

    title: Text
    earned: str
    full: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPart:
    """One component.

    Attributes:
        cut: the threshold of the component alone, where there is one.
        rounding: what rounding did to the sum.
        origin: the earlier sitting it was carried over from.
        vetoes: titles of the vetoes that were upheld.
        absent: the candidate did not come to it.
    """

    component: str
    title: Text
    score: Decimal
    full: Decimal
    cut: Decimal | None = None
    rounding: Text
    origin: Text | None = None
    sections: tuple[StatementSection, ...] = ()
    vetoes: tuple[Text, ...] = ()
    absent: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRule:
    """One rule of the pass standard: how deep it stands, what it asks for, what was found, whether it holds."""

    depth: int
    needed: Text
    found: Text
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedPart:
    """A component that was passed though the whole was not, and the last day on which it can be carried over."""

    title: Text
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Everything a result statement says: a function of the decision and of how it came about.

    Attributes:
        reference: names the statement: sitting, candidate and the beginning of the decision's digest.
        decided_on, approved_on: days by the issuer's civil time.
        carry: what can be carried over to a later sitting, and until when.
        again_from: the first day on which a candidate who failed can be enrolled again, where the scheme asks to wait.
        appeal_until: the last day on which an appeal may be made, where the scheme says.
        appeal_how: where and in what form.
        decision: digest of the decision.
        exceptions: from a separation of duties, where who decided or approved needed one for this candidate; no names.
    """

    schema: Literal["certengine.statement/1"] = STATEMENT_SCHEMA
    reference: str
    issuer: Issuer
    holder: Holder
    candidate: str
    sitting: str
    scheme: str
    title: Text
    level: Text
    outcome: Literal["passed", "failed"]
    parts: tuple[StatementPart, ...]
    rules: tuple[StatementRule, ...]
    carry: tuple[PassedPart, ...] = ()
    again_from: date | None = None
    decided_on: date
    approved_on: date
    appeal_until: date | None = None
    appeal_how: Text | None = None
    decision: str
    exceptions: tuple[Text, ...] | None = None
