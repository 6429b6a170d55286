"""Links that were left out of a bundle on purpose: their commitments stand in their place.

What is withheld cannot be compared; but it cannot be exchanged either: the acts committed to it, and whoever is given
it later can hold it against the commitment shown here.
"""

from __future__ import annotations

from certengine.model.text import Text
from certengine.services.replay_case import Case
from certengine.services.replay_links import Chain, LinkOutcome
from certengine.services.replay_trail import Trail
from certengine.store import tables

TITLES = {
    "token": Text.of(zh="签名令牌", en="signed token"),
    "standing": Text.of(zh="证书状态记录", en="what happened to it"),
    "certificate": Text.of(zh="证书内容", en="certificate as reserved"),
    "candidate": Text.of(zh="考生名册", en="roster entry"),
    "approval": Text.of(zh="批准", en="approval"),
    "decision": Text.of(zh="决定", en="decision"),
    "score": Text.of(zh="成绩", en="score"),
    "marks": Text.of(zh="阅卷给分", en="markers' points"),
    "ratings": Text.of(zh="考评员评分", en="assessors' entries"),
    "responses": Text.of(zh="作答", en="responses"),
}


def withhold_personal(case: Case, chain: Chain, trail: Trail) -> None:
    """The certificate, its token and its holder."""
    number = case.rows[tables.certificate.name][0]["number"]
    _put(chain, "certificate", _committed(trail, "reservation", number))
    _put(chain, "standing", _committed(trail, "issue", number))
    _put(chain, "token", None)
    _put(chain, "candidate", None)


def withhold_scores(case: Case, chain: Chain, trail: Trail) -> None:
    """The decision and everything it rests on, down to the answers."""
    row = case.rows[tables.certificate.name][0]
    candidate = row["candidate"]
    _put(chain, "approval", _committed(trail, "approval", candidate))
    _put(chain, "decision", _committed(trail, "decision", candidate))
    for paper in case.of(tables.paper, sitting=row["sitting"], candidate=candidate):
        for kind in ("score", "responses"):
            _put(chain, kind, _committed(trail, kind, paper["id"]), paper["component"])
        marks = _committed(trail, "marks", f"{paper['id']} ", begins=True)
        if marks is not None:
            _put(chain, "marks", marks, paper["component"])
    for task in case.of(tables.task_assignment, candidate=candidate):
        start = f"{candidate} {task['task']} "
        _put(chain, "ratings", _committed(trail, "ratings", start, begins=True), task["component"])
        # A practical score is written down with the decision alone.
        _put(chain, "score", _committed(trail, "basis", candidate), task["component"])


def _committed(trail: Trail, kind: str, subject: str, *, begins: bool = False) -> str | None:
    """The latest commitment of a kind to a subject, or to one that begins so."""
    found = [
        value
        for act in trail.witnesses
        for (one, name), value in act.committed.items()
        if one == kind and (name.startswith(subject) if begins else name == subject)
    ]
    return found[-1] if found else None


def _put(chain: Chain, kind: str, commitment: str | None, component: str | None = None) -> None:
    if commitment is None:
        detail = Text.of(zh="未提供", en="left out of the bundle")
    else:
        detail = Text.of(zh="未提供；承诺值见所示", en="left out of the bundle; committed to as shown")
    link = kind if component is None else f"{kind}:{component}"
    chain.put(link, TITLES[kind], LinkOutcome.WITHHELD, detail, stored=commitment)
