"""The one gate in history: rows of a person whose erasure is on record may go, or be emptied; nothing else ever may.

Each gate says whose a row is, so that the trigger that protects a table can look whether that person was erased. Rows
that others refer to are not deleted but emptied: the trigger lets through only what names itself erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_OF_PAPER = "(SELECT {column} FROM paper WHERE id = OLD.paper)"
_OF_RUN = "(SELECT sitting FROM grading_run WHERE id = OLD.run)"
_OF_CERTIFICATE = "(SELECT {column} FROM certificate WHERE id = OLD.certificate)"
_OF_APPEAL = "(SELECT {column} FROM appeal WHERE id = OLD.appeal)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """When the rows of a table may go, or be emptied.

    Attributes:
        sitting, candidate: whose a row is, told by ``OLD``.
        tells: in a table without candidates, the text in which a row names one, or a paper.
        empties: the columns that say ``erased`` afterwards; without any the rows are deleted.
        register: only where the certificate's entry in the register is erased too.
    """

    sitting: str = "OLD.sitting"
    candidate: str | None = "OLD.candidate"
    tells: str = ""
    empties: tuple[str, ...] = ()
    register: bool = False

    @property
    def verb(self) -> str:
        """What the gate lets through."""
        return "UPDATE" if self.empties else "DELETE"

    @property
    def condition(self) -> str:
        """What must hold for a row to pass, in the SQL of both databases."""
        whose = f"sitting = {self.sitting}"
        if self.candidate is not None:
            whose += f" AND candidate = {self.candidate}"
        if self.tells:
            papers = f"SELECT 1 FROM paper WHERE {self.tells} LIKE '%' || id || '%'"  # noqa: S608  # as below
            own = f"EXISTS ({papers} AND paper.sitting = erasure.sitting AND paper.candidate = erasure.candidate)"
            whose += f" AND ({self.tells} LIKE '%' || candidate || '%' OR {own})"
        if self.register:
            whose += " AND register = 'erased'"
        emptied = "".join(f" AND NEW.{column} LIKE '%erased%'" for column in self.empties)
        return f"EXISTS (SELECT 1 FROM erasure WHERE {whose}){emptied}"  # noqa: S608  # names of our own tables


def _through(query: str) -> tuple[str, str]:
    return query.format(column="sitting"), query.format(column="candidate")


_PAPER, _CERTIFICATE, _APPEAL = (_through(one) for one in (_OF_PAPER, _OF_CERTIFICATE, _OF_APPEAL))

#: By table. Papers and tasks stay: they hold what was drawn under a candidate's id, and the draw is proved by them.
GATES: Mapping[str, Gate] = {
    "candidate": Gate(candidate="OLD.id", empties=("contents",)),
    "written_score": Gate(sitting=_PAPER[0]),
    "key_in": Gate(sitting=_PAPER[0], candidate=_PAPER[1]),
    "resolution": Gate(sitting=_PAPER[0], candidate=_PAPER[1]),
    "script_mark": Gate(sitting=_PAPER[0], candidate=_PAPER[1]),
    "rating": Gate(),
    "bench_entry": Gate(),
    "signature": Gate(sitting=_OF_RUN),
    "declaration": Gate(),
    "set_aside": Gate(sitting=_OF_RUN, candidate=None, tells="(OLD.message || OLD.place)"),
    "decision": Gate(empties=("contents", "reports")),
    "appeal_settlement": Gate(sitting=_APPEAL[0], candidate=_APPEAL[1]),
    "appeal": Gate(),
    "certificate": Gate(empties=("credential", "code_digest", "typed_digest"), register=True),
    "certificate_event": Gate(sitting=_CERTIFICATE[0], candidate=_CERTIFICATE[1], empties=("details",), register=True),
}
