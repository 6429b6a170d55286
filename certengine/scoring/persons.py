"""Who is who across sittings, from what rosters hold anyway: candidate id, name, last four of the identity document.

1. A roster may name the earlier id (``earlier_id``); ``-`` says that there was none. What it names must be a candidate of
   an earlier sitting, and neither name nor document may speak against it.
2. Without that, the same id with the same name is the same person, unless the documents' last four differ; and so is
   the same name with the same last four under another id.
3. The same id under another name is another person: ids that start anew in every sitting do no harm. A new name is
   believed where the last four are the same, or where ``earlier_id`` says so with the same last four.
4. What links a person to one earlier id links him or her to the ids before it.

Nothing is asked for that a roster does not already have, and nothing is kept but ids.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from certengine.model.sitting import NOBODY, Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Where a person sat before.

    Attributes:
        sat: ``(sitting, candidate id)`` of each earlier sitting, oldest first.
        unknown: ``earlier_id`` names nobody.
        contradicted: a sitting in which ``earlier_id`` is somebody with another name or document.
        taken: a sitting in which the candidate's id belonged to somebody else.
    """

    sat: tuple[tuple[str, str], ...] = ()
    unknown: bool = False
    contradicted: str | None = None
    taken: str | None = None


@dataclass(slots=True)
class Persons:
    """Everybody in earlier rosters, found by id or by name and document.

    Args:
        rosters: the candidates of each earlier sitting, oldest sitting first.
    """

    rosters: Mapping[str, Sequence[Candidate]]
    _by_id: dict[str, list[tuple[str, Candidate]]] = field(init=False)
    _by_name: dict[tuple[str, str], list[tuple[str, Candidate]]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_id, self._by_name = defaultdict(list), defaultdict(list)
        for sitting, candidates in self.rosters.items():
            for one in candidates:
                self._by_id[one.id.casefold()].append((sitting, one))
                if one.id_document_last4 is not None:
                    self._by_name[plain_name(one.name), one.id_document_last4].append((sitting, one))

    def before(self, now: Candidate) -> Earlier:
        """Where the person of a new roster's row sat before."""
        named = now.earlier_id.casefold() if now.earlier_id is not None and now.earlier_id != NOBODY else None
        if named is not None and named not in self._by_id:
            return Earlier(unknown=True)
        said = self._by_id.get(named, []) if named is not None else []
        own = self._by_id.get(now.id.casefold(), [])
        found = [pair for pair in said if _compatible(now, pair[1])]
        if said and not found:
            return Earlier(contradicted=said[-1][0])
        found.extend(pair for pair in own if _compatible(now, pair[1]))
        if now.earlier_id is None and now.id_document_last4 is not None:
            found.extend(self._by_name.get((plain_name(now.name), now.id_document_last4), ()))
        taken = next((sitting for sitting, one in reversed(own) if not _compatible(now, one)), None)
        return Earlier(sat=self._in_order(self._linked(found)), taken=taken)

    def _linked(self, found: Sequence[tuple[str, Candidate]]) -> set[tuple[str, str]]:
        """Those found and whoever their own rows led to."""
        reached: set[tuple[str, str]] = set()
        waiting = list(found)
        while waiting:
            sitting, one = waiting.pop()
            if (sitting, one.id) in reached:
                continue
            reached.add((sitting, one.id))
            for name in one.known_as or ():
                waiting.extend(pair for pair in self._by_id.get(name.casefold(), ()) if _compatible(one, pair[1]))
        return reached

    def _in_order(self, reached: set[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        place = {sitting: number for number, sitting in enumerate(self.rosters)}
        return tuple(sorted(reached, key=lambda pair: (place[pair[0]], pair[1])))


def plain_name(name: str) -> str:
    """A name for comparing: width, letter case and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _compatible(now: Candidate, before: Candidate) -> bool:
    """Whether neither document nor name speaks against two rows being one person; a document outweighs a name."""
    if now.id_document_last4 is not None and before.id_document_last4 is not None:
        return now.id_document_last4 == before.id_document_last4
    return plain_name(now.name) == plain_name(before.name)
