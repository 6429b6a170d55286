"""Links whose person was erased: said to be so where an act of the trail tells it, and nowhere else.

Rows that are missing without such an act were taken away by somebody, and the replay says that instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from certengine.model.text import Text
from certengine.services.erasure import ACTION
from certengine.services.replay_case import Case
from certengine.services.replay_links import Chain, LinkOutcome
from certengine.services.replay_trail import Trail
from certengine.services.replay_withheld import TITLES
from certengine.services.written_down import owner_of
from certengine.store import tables
from certengine.store.erasure_tables import erasure


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """When a certificate's holder was erased, and whether the register's entry went too."""

    at: str
    register: bool


def erasure_of(case: Case, trail: Trail) -> Erased | None:
    """The latest erasure of a case's person that an act tells of."""
    own = case.rows[tables.certificate.name][0]
    told = trail.found(ACTION, owner_of(own["sitting"], own["candidate"]))
    acts = {(one.at, one.actor, one.details.get("register")) for one in told}
    rows = [row for row in case.rows.get(erasure.name, []) if (row["at"], row["by"], row["register"]) in acts]
    if not rows:
        return None
    return Erased(at=str(rows[-1]["at"]), register=any(row["register"] == "erased" for row in rows))


def tell_erased(case: Case, erased: Erased, chain: Chain) -> None:
    """Write down every link that went with the person."""
    own = case.rows[tables.certificate.name][0]
    day = erased.at[:10]
    detail = Text.of(
        zh=f"个人记录已于 {day} 依规删除，有操作记录为证", en=f"the person was erased on {day}, as an act tells"
    )
    links = ["candidate", "approval", "decision"]
    for paper in case.of(tables.paper, sitting=own["sitting"], candidate=own["candidate"]):
        links += [f"{kind}:{paper['component']}" for kind in ("score", "responses")]
    for task in case.of(tables.task_assignment, candidate=own["candidate"]):
        links += [f"{kind}:{task['component']}" for kind in ("score", "ratings")]
    if erased.register:
        links += ["certificate", "standing", "token"]
    for link in links:
        chain.put(link, TITLES[link.partition(":")[0]], LinkOutcome.ERASED, detail)
