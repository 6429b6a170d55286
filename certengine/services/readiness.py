"""What keeps candidates of a sitting, or all of them, from their certificates: the list to work through, and by whom."""

from __future__ import annotations

from collections.abc import Sequence

from certengine.errors import CertengineError, Finding, Refused, Severity
from certengine.model.score import Pending
from certengine.services.context import Context
from certengine.services.keys import load_keyring, signing_keys
from certengine.services.results import sitting_results
from certengine.services.sittings import load
from certengine.store.decisions import DecisionRecord

_NAMED = 20
"""So many candidates are named in one line; of more, their number is told."""


def readiness(context: Context, sitting_id: str) -> tuple[Finding, ...]:
    """Everything that is not ready, gravest first; empty when nobody waits for anything. Who failed waits for nothing.

    Raises:
        NotFound: when there is no such sitting.
    """
    loaded = load(context, sitting_id)
    records = {record.decision.candidate: record for record in sitting_results(context, sitting_id)}
    undecided = [candidate.id for candidate in loaded.sitting.on_record if candidate.id not in records]
    pending = [record for record in records.values() if isinstance(record.decision, Pending)]
    unapproved = [
        record for record in records.values() if not isinstance(record.decision, Pending) and record.approved_at is None
    ]
    found = list(_keys(context))
    if undecided:
        found.append(
            _finding(
                "certificate/undecided",
                f"no decision on {_named(undecided)}",
                f"`certengine result decide {sitting_id} --as {_holders(context, 'decider')}`",
            )
        )
    found.extend(_pending(record, sitting_id) for record in pending)
    if unapproved:
        deciders = ", ".join(sorted({record.decided_by for record in unapproved}))
        found.append(
            _finding(
                "certificate/not-approved",
                f"decided by {deciders}, approved by nobody: {_named([one.decision.candidate for one in unapproved])}",
                f"another person than {deciders}: "
                f"`certengine result approve {sitting_id} --as {_holders(context, 'approver')}`",
            )
        )
    return tuple(found)


def demand_approved(context: Context, sitting_id: str, approved: Sequence[DecisionRecord]) -> None:
    """Refuse to issue when nobody may be certified, with everything that is missing.

    Raises:
        Refused: with one finding for each thing to be done first.
    """
    if approved:
        return
    raise Refused(
        f"sitting `{sitting_id}` has no approved pass",
        findings=readiness(context, sitting_id),
        hint=f"`certengine result decide {sitting_id}`, then another person: `certengine result approve {sitting_id}`",
        code="certificate/nothing-approved",
    )


def _keys(context: Context) -> tuple[Finding, ...]:
    try:
        signing_keys(load_keyring(context), context.clock())
    except CertengineError as error:
        return (_finding(error.code, error.message, error.hint),)
    return ()


def _pending(record: DecisionRecord, sitting_id: str) -> Finding:
    assert isinstance(record.decision, Pending)
    why = "; ".join(dict.fromkeys(text.best("en") for text in record.decision.missing))
    return _finding(
        "certificate/pending",
        f"{record.decision.candidate} cannot be decided yet: {why}",
        f"`certengine result show {sitting_id} {record.decision.candidate}` tells what is missing",
    )


def _finding(code: str, message: str, hint: str | None) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, message=message, hint=hint)


def _named(candidates: Sequence[str]) -> str:
    shown = ", ".join(candidates[:_NAMED])
    return shown if len(candidates) <= _NAMED else f"{shown} and {len(candidates) - _NAMED} more"


def _holders(context: Context, role: str) -> str:
    holders = [person.id for person in context.workspace.config.people if role in person.roles]
    return holders[0] if holders else "ID"
