"""A trial: the checks of one verdict as they are made, and the state that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field

from certengine.model.credential import Check, Outcome, State
from certengine.model.text import Text

LADDER = tuple(State)


@dataclass(slots=True)
class Trial:
    """The checks so far, and the states they force.

    Attributes:
        forced: states that a check brought about.
        held_back: something required is missing, so that ``valid`` is out of reach; nothing contradicts the rest.
    """

    checks: list[Check] = field(default_factory=list)
    forced: list[State] = field(default_factory=list)
    held_back: bool = False
    specimen: bool = False

    def passed(self, check_id: str, detail: Text) -> None:
        """A check that passed."""
        self.checks.append(Check(id=check_id, outcome=Outcome.PASSED, detail=detail))

    def failed(self, check_id: str, detail: Text, state: State) -> None:
        """A check that failed, and the state it forces."""
        self.checks.append(Check(id=check_id, outcome=Outcome.FAILED, detail=detail))
        self.forced.append(state)

    def not_done(self, check_id: str, detail: Text, *, hold_back: bool) -> None:
        """A check that could not be done; ``hold_back`` where it is required."""
        self.checks.append(Check(id=check_id, outcome=Outcome.NOT_DONE, detail=detail))
        self.held_back = self.held_back or hold_back

    def state(self) -> State:
        """The first of the ladder that was forced; else ``valid``, if nothing required is missing."""
        state = min(self.forced, key=LADDER.index, default=State.VALID)
        return State.UNCHECKED if state is State.VALID and self.held_back else state
