"""Certificates whose ground moved: they rest on a decision that was superseded, or on scores that were.

A certificate stays valid until somebody revokes it; so everybody who looks at a sitting is told, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from certengine.model.score import ScoreReport
from certengine.model.sitting import Sitting
from certengine.services.context import Context
from certengine.services.rating_rules import counted
from certengine.services.results import decisions_now
from certengine.services.sittings import LoadedSitting
from certengine.store import certificates, decisions, sittings
from certengine.store.certificates import CertificateRecord, CertificateState
from certengine.store.decisions import DecisionRecord
from certengine.store.versions import load_scheme

_IN_FORCE = {CertificateState.RESERVED, CertificateState.ISSUED, CertificateState.SUSPENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A certificate that rests on what no longer counts.

    Attributes:
        now: the outcome that counts now: of the latest decision, or of one that is due.
        why: in words.
        todo: the command that mends it, or what to see to.
    """

    number: str
    candidate: str
    state: str
    now: str
    why: str
    todo: str

    @property
    def words(self) -> str:
        """In one line."""
        return f"certificate {self.number} of {self.candidate} ({self.state}): {self.why}; {self.todo}"


def touched_certificates(connection: Connection, sitting_id: str, outcomes: Mapping[str, str]) -> tuple[Touched, ...]:
    """The certificates in force of candidates on whom a decision is due, with the outcome it will have."""
    return tuple(
        _touched(record, outcomes[record.candidate], f"its decision has to be made anew: {outcomes[record.candidate]}")
        for record in certificates.certificates_of(connection, sitting_id)
        if record.state in _IN_FORCE and record.candidate in outcomes
    )


def resting_on_superseded(connection: Connection, sitting_id: str) -> tuple[Touched, ...]:
    """The certificates in force whose decision is not the latest any more, by what the latest says."""
    latest = {one.decision.candidate: one for one in decisions.latest_decisions(connection, sitting_id)}
    found = []
    for record in certificates.certificates_of(connection, sitting_id):
        decision = latest.get(record.candidate)
        if record.state not in _IN_FORCE or decision is None:
            continue
        # A decision that confirms the earlier one word for word has its digest, and leaves the certificate as it is.
        if decisions.digest_of(connection, record.decision) != decision.digest:
            now = decision.decision.outcome
            found.append(_touched(record, now, f"its decision was superseded: {now}"))
    return tuple(found)


def due_again(
    connection: Connection, sitting: Sitting, written: Sequence[ScoreReport], records: Sequence[DecisionRecord]
) -> tuple[str, ...]:
    """The candidates whose decision would come out otherwise by the written scores that count now.

    A report may name another key and give the same marks: so what is compared in the end is the decision.
    """
    now = {(report.candidate, report.component): report for report in written}
    differ = [
        record
        for record in records
        if any(now.get((one.candidate, one.component), one) != one for one in record.reports if one.items)
    ]
    if not differ:
        return ()
    scheme = load_scheme(connection, sitting.scheme_id, sitting.scheme_version)
    loaded = LoadedSitting(sitting=sitting, scheme=scheme, banks={})
    ratings = counted(connection, sitting.id)
    made, _ = decisions_now(connection, loaded, ratings, written=written)
    return tuple(one.decision.candidate for one in differ if made[one.decision.candidate] != one.decision)


def warnings(context: Context, sitting_id: str | None = None) -> tuple[Touched, ...]:
    """Every certificate in force of a sitting, or of all, that rests on a superseded decision."""
    with context.reading() as connection:
        ids = (sitting_id,) if sitting_id is not None else sittings.sitting_ids(connection)
        return tuple(one for each in ids for one in resting_on_superseded(connection, each))


def _touched(record: CertificateRecord, now: str, why: str) -> Touched:
    number = record.credential.number
    if record.state is CertificateState.RESERVED:
        todo = f"give its number up: `certengine cert void {number}`"
    elif now == "failed":
        todo = f"revoke it: `certengine cert revoke {number} --reason error`"
    elif now == "pending":
        todo = f"suspend it until it is decided: `certengine cert suspend {number} --reason error`"
    else:
        todo = "leave it: what it says still holds, since it prints no score"
    return Touched(
        number=number,
        candidate=record.candidate,
        state=record.state.value,
        now=now,
        why=why,
        todo=todo,
    )
