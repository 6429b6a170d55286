"""Response files graded in batches: no more is held at once than which papers are graded, and one batch.

Invariants:

1. Which rows are graded is settled before anything is written; what each is worth is worked out in the transaction that
   writes it, by the keys in force then.
2. The rows that are written are those that grading each paper by itself writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from certengine.errors import Finding, Place
from certengine.interchange.response_sheets import RawSheet
from certengine.interchange.sheet_spool import SheetSpool
from certengine.scoring.written import positions_beyond
from certengine.services.bulk_scoring import BulkScorer
from certengine.services.reading_sheets import Untold, named_twice, note_on, put
from certengine.services.scripts import load_desk
from certengine.services.sittings import LoadedSitting
from certengine.store import gradings
from certengine.store import sittings as store
from certengine.store.sittings import PaperHead

_BATCH = 200
NOTES = 1_000
"""So many responses that deserve a look are told one by one, the others are counted; ``grade resolve`` lists them all."""


class Bulk:
    """The sheets of one run, put to their papers and not yet read.

    Attributes:
        count: how many papers are graded; of ``absent`` of them the candidate did not come.
        waiting: the candidate of each paper that stays without a grade.
    """

    def __init__(
        self,
        connection: Connection,
        loaded: LoadedSitting,
        spool: SheetSpool,
        aside: list[Finding],
        progress: Callable[[int, int], None],
    ) -> None:
        """Put sheets to papers; what cannot be graded goes to ``aside``."""
        self.loaded = loaded
        self.absent = 0
        self.notes: list[Finding] = []
        self.more_notes = 0
        self.untold = Untold()
        self._spool = spool
        self._progress = progress
        self._unnamed: dict[int, str] = {}
        graded = self._settled(connection, aside)
        ungraded = gradings.ungraded(connection, loaded.sitting.id)
        self.waiting = [candidate for paper, candidate in ungraded if paper not in graded]
        self.count = spool.kept

    def write(self, connection: Connection, run: int | None) -> None:
        """Score every paper, and write it down as one of a run; without a run nothing is written.

        Args:
            run: the run that was begun in this transaction.
        """
        scorer = BulkScorer(load_desk(connection, self.loaded))
        self.notes.clear()
        self.more_notes = 0
        done = 0
        for batch in self._spool.batches(_BATCH):
            papers = [raw.paper_id or self._unnamed[place] for place, raw, _ in batch]
            contents = store.paper_contents(connection, papers)
            scored = [
                scorer.score(contents[paper], dict(raw.answers), absent=raw.absent)
                for paper, (_, raw, _) in zip(papers, batch, strict=True)
            ]
            if run is not None:
                rows = [(one.paper, one.candidate, one.responses, one.report) for one in scored]
                gradings.append_scored(connection, run, rows)
            for (_, raw, source), one in zip(batch, scored, strict=True):
                told = one.doubtful[: max(0, NOTES - len(self.notes))]
                for position, state, text, why in told:
                    line, column = raw.place(position, "")
                    where = Place(source=source, line=line, column=column)
                    self.notes.append(note_on(one.paper, position, state, text, where, why))
                self.more_notes += len(one.doubtful) - len(told)
            done += len(batch)
            self._progress(done, self.count)

    def _settled(self, connection: Connection, aside: list[Finding]) -> set[str]:
        """The papers that are graded; the sheets of all others are dropped."""
        counts = {component.id: component.count for component in self.loaded.scheme.written}
        twice = named_twice(raw for _, raw, _ in self._spool.sheets())
        graded: set[str] = set()
        for batch in self._spool.batches(_BATCH):
            heads = self._heads(connection, [raw for _, raw, _ in batch])
            for (place, raw, source), head in zip(batch, heads, strict=True):
                paper = put(raw, source, head, twice, aside)
                if paper is None or not self._fits(raw, source, paper, counts[paper.component], aside):
                    self._spool.drop(place)
                    continue
                graded.add(paper.id)
                self.absent += raw.absent
                if not raw.paper_id:
                    self._unnamed[place] = paper.id
        return graded

    def _fits(self, raw: RawSheet, source: str, paper: PaperHead, items: int, aside: list[Finding]) -> bool:
        """Whether a sheet answers no more questions than its paper has; else it is set aside."""
        answers = dict(raw.answers)
        beyond = positions_beyond(paper.id, items, answers)
        where = Place(source=source, line=raw.line)
        aside.extend(replace(finding, place=where) for finding in beyond)
        if not beyond:
            self.untold.look(raw, source, answers, items)
        return not beyond

    def _heads(self, connection: Connection, sheets: Collection[RawSheet]) -> Sequence[PaperHead | None]:
        sitting = self.loaded.sitting.id
        named = store.paper_heads(connection, sitting, [raw.paper_id for raw in sheets if raw.paper_id])
        alone = store.only_papers(connection, sitting, [raw.candidate_id for raw in sheets if not raw.paper_id])
        return [named.get(raw.paper_id) if raw.paper_id else alone.get(raw.candidate_id) for raw in sheets]
