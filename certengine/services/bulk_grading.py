"""Response files graded in batches: no more of a sitting is held at once than its raw answers and one batch.

Invariants:

1. Which rows are graded is settled before anything is written; what each is worth is worked out in the transaction that
   writes it, by the keys in force then.
2. The rows that are written are those that grading each paper by itself writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from certengine.errors import Finding, Place
from certengine.interchange.response_sheets import RawSheet
from certengine.scoring.written import positions_beyond
from certengine.services.bulk_scoring import BulkScorer
from certengine.services.reading_sheets import Untold, note_on, put_to_papers
from certengine.services.scripts import load_desk
from certengine.services.sittings import LoadedSitting
from certengine.store import gradings
from certengine.store import sittings as store
from certengine.store.sittings import PaperHead

_BATCH = 200
NOTES = 1_000
"""So many responses that deserve a look are told one by one, the others are counted; ``grade resolve`` lists them all."""


class Bulk:
    """The sheets of one run, put to their papers and not yet read."""

    def __init__(
        self,
        loaded: LoadedSitting,
        heads: Mapping[str, PaperHead],
        sheets: Sequence[tuple[RawSheet, str]],
        aside: list[Finding],
        progress: Callable[[int, int], None],
    ) -> None:
        """Put sheets to papers; what cannot be graded goes to ``aside``."""
        self.loaded, self.heads = loaded, heads
        self.notes: list[Finding] = []
        self.more_notes = 0
        self.untold = Untold()
        self._progress = progress
        counts = {component.id: component.count for component in loaded.scheme.written}
        self._rows: list[tuple[RawSheet, str, str]] = []
        for raw, source, head in put_to_papers(heads, sheets, aside):
            answers = dict(raw.answers)
            beyond = positions_beyond(head.id, counts[head.component], answers)
            if beyond:
                place = Place(source=source, line=raw.line)
                aside.extend(replace(finding, place=place) for finding in beyond)
            else:
                self.untold.look(raw, source, answers, counts[head.component])
                self._rows.append((raw, source, head.id))

    @property
    def count(self) -> int:
        """How many papers are graded."""
        return len(self._rows)

    @property
    def absent(self) -> int:
        """Of how many the candidate did not come."""
        return sum(raw.absent for raw, _, _ in self._rows)

    def papers(self) -> set[str]:
        """Their ids."""
        return {paper for _, _, paper in self._rows}

    def write(self, connection: Connection, run: int | None) -> None:
        """Score every paper, and write it down as one of a run; without a run nothing is written.

        Args:
            run: the run that was begun in this transaction.
        """
        scorer = BulkScorer(load_desk(connection, self.loaded))
        self.notes.clear()
        self.more_notes = 0
        for start in range(0, len(self._rows), _BATCH):
            batch = self._rows[start : start + _BATCH]
            contents = store.paper_contents(connection, [paper for _, _, paper in batch])
            scored = [scorer.score(contents[paper], dict(raw.answers), absent=raw.absent) for raw, _, paper in batch]
            if run is not None:
                rows = [(one.paper, one.candidate, one.responses, one.report) for one in scored]
                gradings.append_scored(connection, run, rows)
            for (raw, source, _), one in zip(batch, scored, strict=True):
                place = Place(source=source, line=raw.line)
                told = one.doubtful[: max(0, NOTES - len(self.notes))]
                self.notes.extend(note_on(one.paper, position, state, text, place) for position, state, text in told)
                self.more_notes += len(one.doubtful) - len(told)
            self._progress(start + len(batch), len(self._rows))
