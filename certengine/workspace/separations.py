"""Separations of duty, and the exceptions a workspace declares from them: who, which, why, agreed by whom, until when."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Separation(StrEnum):
    """Who may not decide on, or approve, a candidate's result (ISO/IEC 17024:2012 clauses 4.2, 5.2, 9.4).

    That two people decide and approve is no member: from that there is no exception.
    """

    ASSESSOR_DECIDES = "assessor-decides"
    TRAINER_DECIDES = "trainer-decides"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparationException:
    """One person may do what a separation forbids, up to and including a day.

    Attributes:
        reason: why nobody else can; it is written into the trail wherever the exception is used.
        agreed_by: another person of the workspace, who answers for it.
    """

    person: str
    separation: Separation
    reason: str
    agreed_by: str
    until: date

    def holds(self, person: str, separation: Separation, on: date) -> bool:
        """Whether it lets a person do this on a day."""
        return self.person == person and self.separation is separation and on <= self.until


def exception_faults(declared: Collection[SeparationException], people: Collection[str]) -> Iterator[str]:
    """Why an exception that is declared is none, in words."""
    for number, one in enumerate(declared, start=1):
        unknown = [person for person in (one.person, one.agreed_by) if person not in people]
        if unknown:
            yield f"exception {number}: `{unknown[0]}` is none of the people declared"
        if one.person == one.agreed_by:
            yield f"exception {number}: `{one.person}` cannot agree to an exception of one's own"
        if not one.reason.strip():
            yield f"exception {number}: it gives no reason"
