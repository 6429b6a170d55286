"""What opens the commitments of a case: each that is due must be at hand, or nothing is compared by it.

Without its salt a commitment keeps nothing any more, so whoever takes a salt away could alter what it was of. Only an
erasure does that, and an act tells of it; only a bundle leaves salts out, and says so.
"""

from __future__ import annotations

from collections.abc import Collection

from certengine.model.text import Text
from certengine.services.replay_case import Case
from certengine.services.replay_links import Chain, LinkOutcome
from certengine.services.replay_trail import TITLE, Trail
from certengine.services.written_down import owner_of
from certengine.store import tables

_OF_LEVEL = {
    "personal": frozenset({"reservation", "issue", "status"}),
    "scores": frozenset({"decision", "basis", "approval", "responses", "score", "marks", "ratings"}),
}
#: Their rows are in no case, so nothing is compared by them, and nobody is given what opens them.
_NEVER = frozenset({"resolution"})


def hidden_kinds(without: Collection[str]) -> frozenset[str]:
    """Kinds of records whose salts a bundle without these levels does not hold."""
    return _NEVER.union(*(_OF_LEVEL[level] for level in without))


def owner_in(case: Case, kind: str, subject: str) -> str:
    """Whose record a commitment is of; of other candidates' nobody's that is in the case."""
    own = case.rows[tables.certificate.name][0]
    if kind == "key-correction":
        return f"keys {own['sitting']}"
    if kind in {"bank", "seed", "key"}:
        return f"{kind} {subject}"
    papers = {row["id"] for row in case.of(tables.paper, sitting=own["sitting"], candidate=own["candidate"])}
    mine = {own["candidate"], own["number"]} | papers
    mine_too = subject.split(" ", maxsplit=1)[0] in mine
    return owner_of(own["sitting"], own["candidate"]) if mine_too else ""


def read_salts(case: Case, chain: Chain, trail: Trail, *, erased: bool) -> None:
    """Hold the salts against the commitments of the acts; what lacks is said at the link ``trail``.

    Args:
        erased: an act tells that the person was, whose salt is gone for that reason.
    """
    own = case.rows[tables.certificate.name][0]
    gone = {"", *([owner_of(own["sitting"], own["candidate"])] if erased else ())}
    hidden = hidden_kinds(case.withheld)
    due = {
        (owner_in(case, kind, subject), kind, subject)
        for act in trail.witnesses
        for kind, subject in act.committed
        if kind not in hidden
    }
    lost = sorted({one[0] for one in due if one[0] not in gone | trail.salts.keys() and one not in trail.record_salts})
    if lost and not chain.shaken("trail"):
        names = ", ".join(lost)
        detail = Text.of(
            zh=f"打开承诺值的盐已不在，且没有删除记录：{names}",
            en=f"what opens the commitments to {names} is gone, and no act tells of an erasure",
        )
        chain.put("trail", TITLE, LinkOutcome.DIFFERS, detail)
