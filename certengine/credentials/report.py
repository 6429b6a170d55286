"""A verdict as JSON, ``certengine.verify/1``, for the command line and the endpoint. Keys are only added."""

from __future__ import annotations

from certengine.canonical import Json, instant_text
from certengine.credentials.wording import advice, heading
from certengine.model.credential import State, Status, Verdict

VERIFY_SCHEMA = "certengine.verify/1"


def verdict_json(verdict: Verdict) -> dict[str, Json]:
    """The verdict as a JSON object; absent members are left out, digests and indices are not told."""
    report: dict[str, Json] = {
        "schema": VERIFY_SCHEMA,
        "state": verdict.state.value,
        "valid": verdict.state is State.VALID,
        "specimen": verdict.specimen,
        "heading": dict(heading(verdict).by_language),
        "advice": dict(advice(verdict).by_language),
        "checked_at": instant_text(verdict.checked_at),
        "checks": [
            {"id": check.id, "outcome": check.outcome.value, "detail": dict(check.detail.by_language)}
            for check in verdict.checks
        ],
    }
    if verdict.claims is not None:
        report["claims"] = verdict.claims
    if verdict.status is not None:
        report["status"] = _status(verdict.status)
    return report


def _status(status: Status) -> dict[str, Json]:
    told: dict[str, Json] = {
        "standing": status.standing.value,
        "source": status.source,
        "known_at": instant_text(status.known_at),
    }
    if status.since is not None:
        told["since"] = instant_text(status.since)
    if status.reason is not None:
        told["reason"] = status.reason
    if status.successor is not None:
        told["successor"] = status.successor
    return told
