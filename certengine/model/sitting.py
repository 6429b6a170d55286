"""Nouns of a sitting: who sits, what each was given, what each answered and was rated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from certengine.canonical import Json
from certengine.model.earlier import CarriedPart

NOBODY: Final = "-"
"""What ``earlier_id`` holds where the roster says that the candidate never sat before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One person who sits, as the roster names them.

    Attributes:
        id: the sitting-wide candidate id (准考证号), printed on papers; never derived from an identity number.
        name: as printed on the certificate.
        name_en: the name in Latin script, where the certificate prints one.
        id_document_last4: last four characters of the identity document, to tell namesakes apart; never published.
        extra_time: added working time as a share of the paper's time: 0.25 is a quarter more.
        seat: where the candidate sits.
        accommodations: how the paper is laid out for the candidate, where otherwise than for others: ``large-print``,
            ``high-contrast``, ``tagged``.
        trainers: ids of people who trained the candidate, and so may not be the only ones to mark or decide.
        earlier_id: the candidate id of an earlier sitting, where it was another; ``-`` says that there was none.
        carry_over: ids of components whose earlier result counts, and which the candidate does not sit.
        carried: for each of these the result it rests on, found when the sitting was opened.
        known_as: other candidate ids under which this person sat the scheme before, found likewise.
        erased: the day on which the person was taken out of the records; what is left is what the draw depends on.
    """

    id: str
    name: str
    name_en: str | None = None
    id_document_last4: str | None = None
    organisation: str | None = None
    extra_time: Decimal = Decimal(0)
    language: str | None = None
    seat: str | None = None
    trainers: tuple[str, ...] = ()
    accommodations: tuple[str, ...] | None = None
    earlier_id: str | None = None
    carry_over: tuple[str, ...] | None = None
    carried: tuple[CarriedPart, ...] | None = None
    known_as: tuple[str, ...] | None = None
    erased: date | None = None

    def sits(self, component_id: str) -> bool:
        """Whether the candidate sits a component in this sitting, and does not bring an earlier result of it."""
        return component_id not in (self.carry_over or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """One occasion of an examination: a scheme version, bank versions, a roster, a secret seed.

    Attributes:
        banks: ``(bank id, version, digest)`` of every bank the scheme draws from, pinned when it was opened.
        commitment: digest published before the sitting; see :func:`certengine.assembly.commitment.commitment`.
    """

    id: str
    scheme_id: str
    scheme_version: int
    scheme_digest: str
    banks: tuple[tuple[str, int, str], ...]
    candidates: tuple[Candidate, ...]
    opened_at: datetime
    opened_by: str
    sealed_at: datetime | None = None
    commitment: str | None = None

    def sitting_down(self, component_id: str) -> Sitting:
        """The same sitting with those candidates only who sit a component."""
        if all(one.sits(component_id) for one in self.candidates):
            return self
        return replace(self, candidates=tuple(one for one in self.candidates if one.sits(component_id)))

    @property
    def on_record(self) -> tuple[Candidate, ...]:
        """The candidates whose results are kept: all but those who were erased."""
        return tuple(one for one in self.candidates if one.erased is None)

    def candidate(self, candidate_id: str) -> Candidate:
        """The candidate of that id.

        Raises:
            KeyError: when the roster has none.
        """
        for candidate in self.candidates:
            if candidate.id == candidate_id:
                return candidate
        raise KeyError(candidate_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnItem:
    """One item of one paper, as drawn.

    Attributes:
        position: 1-based number on the paper.
        item_digest: digest of the item in its bank version.
        variant: what the kind varied for this paper (parameter values, option order) as JSON data; never the key.
    """

    position: int
    section: str
    item: str
    item_digest: str
    marks: Decimal
    variant: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One candidate's drawn paper. Stored as drawn: grading never draws again.

    Attributes:
        algorithm: name of the draw algorithm, ``certengine-draw/2``.
        form: letter of the form it is a copy of, where several candidates share one.
    """

    id: str
    sitting: str
    candidate: str
    component: str
    algorithm: str
    bank: str
    bank_version: int
    bank_digest: str
    scheme_digest: str
    items: tuple[DrawnItem, ...]
    form: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAssignment:
    """The practical task one candidate was given by lot."""

    sitting: str
    candidate: str
    component: str
    task: str


class ResponseState(StrEnum):
    """What a response is. Blank is never wrong by accident, and a double mark is never silently one of the two.

    ``absent`` is every response of a paper whose candidate did not come: it was not left blank, since nobody saw it.
    """

    GIVEN = "given"
    BLANK = "blank"
    MULTIPLE_MARKED = "multiple_marked"
    UNREADABLE = "unreadable"
    NOT_REACHED = "not_reached"
    NOT_PRESENTED = "not_presented"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What one candidate gave to one item: its state, the raw text, and what the kind read from it."""

    position: int
    state: ResponseState
    raw: str = ""
    value: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSheet:
    """All of one candidate's responses to one paper."""

    paper: str
    candidate: str
    responses: tuple[Response, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One assessor's entry on one aspect for one candidate.

    Attributes:
        value: what was measured, counted, judged or observed, as the kind of aspect reads it; ``None`` means
            not attempted, said so on purpose.
    """

    candidate: str
    component: str
    task: str
    aspect: str
    assessor: str
    value: Any
    remark: str | None = None
