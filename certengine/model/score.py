"""Nouns of scoring and deciding: marks with their reasons, scores, decisions with their derivation."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from certengine.model.earlier import CarriedPart
from certengine.model.sitting import ResponseState
from certengine.model.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one response or rating earned.

    Attributes:
        share: of the full marks, exact; negative only under a policy that allows it.
        reason: a trace a person can read, in every language of the engine.
        open: why it is not settled yet (a person has to look), or ``None``; an open mark counts nothing.
    """

    share: Fraction
    reason: Text
    open: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemScore:
    """The mark of one position of a paper.

    Attributes:
        open: why it cannot be scored yet (an answer waits for a marker, a spread to resolve), or ``None``.
        correction: number of the run that corrected its key, where one did.
        key: the bank version whose key marked it then; ``None`` where the policy needs no key.
        dropped: the item counts for nobody.
    """

    position: int
    item: str
    section: str
    state: ResponseState
    full: Decimal
    earned: Fraction
    reason: Text
    open: Text | None = None
    correction: int | None = None
    key: str | None = None
    dropped: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectScore:
    """The mark of one aspect after the panel's marks became one.

    Attributes:
        by_assessor: ``(assessor, marks)`` of each assessor whose entry counted.
        open: why it cannot be scored yet (a spread to resolve, an entry missing), or ``None``.
        vetoed: a veto that was upheld.
    """

    aspect: str
    full: Decimal
    earned: Fraction
    reason: Text
    by_assessor: tuple[tuple[str, Fraction], ...] = ()
    open: Text | None = None
    vetoed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """One candidate's score on one component.

    Attributes:
        exact: the sum before rounding.
        score: ``exact`` rounded once by the scheme's rule; ``None`` while anything is open.
        open: what keeps it from being final.
        vetoes: ids of aspects whose veto was upheld.
        carried: the earlier result this is, where the candidate did not sit the component this time.
    """

    candidate: str
    component: str
    full: Decimal
    exact: Fraction
    score: Decimal | None
    items: tuple[ItemScore, ...] = ()
    aspects: tuple[AspectScore, ...] = ()
    open: tuple[Text, ...] = ()
    vetoes: tuple[str, ...] = ()
    carried: CarriedPart | None = None

    @property
    def absent(self) -> bool:
        """Whether the candidate did not come to the paper: it earned nothing, and no response was left blank."""
        return bool(self.items) and all(one.state is ResponseState.ABSENT for one in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a decision's derivation: a rule, what was found, whether it holds (``None``: cannot tell yet)."""

    rule: Text
    found: Text
    holds: bool | None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The pass standard holds. Only this can be certified."""

    candidate: str
    scores: tuple[tuple[str, Decimal], ...]
    derivation: Step
    outcome: Literal["passed"] = "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The pass standard does not hold."""

    candidate: str
    scores: tuple[tuple[str, Decimal], ...]
    derivation: Step
    outcome: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """It cannot be decided yet; ``missing`` says why."""

    candidate: str
    scores: tuple[tuple[str, Decimal], ...]
    derivation: Step
    missing: tuple[Text, ...]
    outcome: Literal["pending"] = "pending"


Decision = Passed | Failed | Pending
