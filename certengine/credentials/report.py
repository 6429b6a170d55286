"""A verdict as JSON, ``certengine.verify/1``, for the command line and the endpoint. Keys are only added."""

from __future__ import annotations

import json
from functools import lru_cache
from json.encoder import encode_basestring as _quoted

from certengine.canonical import Json, instant_text
from certengine.credentials.wording import advice, heading
from certengine.model.credential import Outcome, State, Status, Verdict

VERIFY_SCHEMA = "certengine.verify/1"

# Made once: making one takes a third of the time it needs for an answer.
_encoded = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_instant = lru_cache(maxsize=64)(instant_text)  # answers of one second say the same
_TRUTH = {True: "true", False: "false"}
_Pairs = tuple[tuple[str, str], ...]


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


def verdict_text(verdict: Verdict) -> str:
    """:func:`verdict_json` without spaces, its sentences encoded once: an endpoint says the same ones all day."""
    checks = ",".join([_check(check.id, check.outcome, check.detail.by_language) for check in verdict.checks])
    told = (
        f'{{"schema":"{VERIFY_SCHEMA}","state":"{verdict.state.value}",'
        f'"valid":{_TRUTH[verdict.state is State.VALID]},"specimen":{_TRUTH[verdict.specimen]},'
        f'"heading":{_words(heading(verdict).by_language)},"advice":{_words(advice(verdict).by_language)},'
        f'"checked_at":"{_instant(verdict.checked_at)}","checks":[{checks}]'
    )
    if verdict.claims is not None:
        told += f',"claims":{_object(verdict.claims)}'
    if verdict.status is not None:
        told += f',"status":{_object(_status(verdict.status))}'
    return told + "}"


def _object(value: dict[str, Json]) -> str:
    """A small object of texts and of such objects: for the encoder to begin costs more than to write it."""
    told = [
        f"{_quoted(name)}:{_quoted(one) if isinstance(one, str) else _object(one) if isinstance(one, dict) else _encoded(one)}"
        for name, one in value.items()
    ]
    return f"{{{','.join(told)}}}"


@lru_cache(maxsize=1024)
def _check(check_id: str, outcome: Outcome, detail: _Pairs) -> str:
    return _encoded({"id": check_id, "outcome": outcome.value, "detail": dict(detail)})


@lru_cache(maxsize=1024)
def _words(text: _Pairs) -> str:
    return _encoded(dict(text))


def _status(status: Status) -> dict[str, Json]:
    told: dict[str, Json] = {
        "standing": status.standing.value,
        "source": status.source,
        "known_at": _instant(status.known_at),
    }
    if status.since is not None:
        told["since"] = instant_text(status.since)
    if status.reason is not None:
        told["reason"] = status.reason
    if status.successor is not None:
        told["successor"] = status.successor
    return told
