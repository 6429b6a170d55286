"""At the bench: one assessor enters the own marks, one after the other, and signs each candidate's sheet.

Invariants:

1. Whoever acts enters as nobody else, and is shown nothing of anybody else.
2. Every entry is stored as soon as it is made; a kill loses nothing. Entries count as ratings once they are signed.
3. Nothing is signed while a row that takes an entry has none. "Not attempted" is an entry.
4. What was signed is changed only with a reason, and signed anew; the earlier entry stays.
5. Before the first entry of a sitting its candidates are looked through for relatives and own trainees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sqlalchemy import Connection

from certengine.aspects import kind_of
from certengine.aspects.kind import Asked
from certengine.assembly.views import working_minutes
from certengine.canonical import digest
from certengine.errors import Finding, NotFound, Refused, plural
from certengine.interchange.ratings import RawRating, plain_entry
from certengine.model.bench import BenchEntry, ConflictKind, Declaration
from certengine.model.scheme import Aspect, Task
from certengine.model.sitting import Candidate, Rating
from certengine.model.text import Text
from certengine.services.context import Context
from certengine.services.grading import GradingRun
from certengine.services.rating import panel_full, take
from certengine.services.rating_rules import (
    Assigned,
    RatingDesk,
    Sheet,
    Unfit,
    entry_of,
    load_rating_desk,
    same_value,
)
from certengine.services.sittings import LoadedSitting, demand_candidates, demand_sealed, load
from certengine.store import bench as store


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRow:
    """One row of a sheet.

    Attributes:
        entered: whether there is an entry; ``value`` is what it says, ``None`` for not attempted.
        signed: whether just this was signed.
        earned: the marks that the own entry earns, where the aspect has marks.
    """

    aspect: Aspect
    asked: Asked
    entered: bool
    value: object = None
    remark: str | None = None
    signed: bool = False
    earned: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSheet:
    """One candidate's sheet as its assessor sees it.

    Attributes:
        minutes: the candidate's own working time.
        extra: how much of it is extra.
        signed: every row is signed as it stands.
    """

    candidate: Candidate
    task: Task
    minutes: int
    extra: int
    rows: tuple[BenchRow, ...]
    signed: bool

    @property
    def blank(self) -> tuple[str, ...]:
        """The rows without an entry."""
        return tuple(row.aspect.id for row in self.rows if not row.entered)


@dataclass(slots=True, kw_only=True)
class Bench:
    """One assessor's work on a sitting.

    Attributes:
        drafts: own entries that are not signed yet, by candidate, task and aspect.
        declared: whether the person has looked through the candidates.
    """

    context: Context
    loaded: LoadedSitting
    desk: RatingDesk
    declared: bool = False
    drafts: dict[tuple[str, str, str], BenchEntry] = field(default_factory=dict)
    last: int = 0

    def sheets(self) -> tuple[BenchSheet, ...]:
        """The sheets this assessor may fill in, in the order of the roster."""
        found = []
        for candidate in self.loaded.sitting.candidates:
            for task_id in self.desk.tasks.get(candidate.id, ()):
                assigned = self.desk.given[candidate.id, task_id]
                if self._may(candidate.id, assigned):
                    found.append(self._sheet(candidate, assigned))
        return tuple(found)

    def sheet(self, candidate_id: str, task_id: str) -> BenchSheet:
        """One of them.

        Raises:
            NotFound: when there is no such candidate, or the candidate has no such task.
            Refused: when this assessor may not rate the candidate.
        """
        assigned = self.desk.given.get((candidate_id, task_id))
        if assigned is None:
            demand_candidates(self.loaded.sitting, (candidate_id,))
            raise NotFound(f"candidate `{candidate_id}` was not given task `{task_id}`", hint="`grade enter` lists all")
        self._demand(candidate_id, assigned)
        return self._sheet(self.loaded.sitting.candidate(candidate_id), assigned)

    def enter(
        self, candidate_id: str, task_id: str, aspect_id: str, raw: str | None, remark: str | None = None
    ) -> None:
        """Store an entry as it was typed; ``None`` is not attempted.

        Raises:
            NotFound: when the candidate has no such task.
            Refused: when the aspect cannot take it, the assessor may not rate, or a signed entry changes without reason.
        """
        self._store(_entry(self._read(candidate_id, task_id, aspect_id, raw, remark)))

    def doubt(
        self, candidate_id: str, task_id: str, aspect_id: str, raw: str | None, remark: str | None = None
    ) -> Text | None:
        """Why an entry as it was typed is hard to believe, before it is stored; ``None`` where nothing is.

        Raises:
            NotFound, Refused: as :meth:`enter` would.
        """
        return self.desk.doubt(self._read(candidate_id, task_id, aspect_id, raw, remark))

    def _read(self, candidate_id: str, task_id: str, aspect_id: str, raw: str | None, remark: str | None) -> Rating:
        self._demand_declared()
        self.sheet(candidate_id, task_id)
        given = RawRating(
            line=0,
            candidate_id=candidate_id,
            task=task_id,
            aspect=aspect_id,
            assessor=self.context.actor,
            raw=plain_entry(raw) if raw is not None else None,
            remark=remark,
        )
        try:
            return self.desk.read(given)
        except Unfit as unfit:
            raise _refused(unfit) from None

    def strike(self, candidate_id: str, task_id: str, aspect_id: str) -> bool:
        """Take back the latest unsigned entry of a row; whether there was one."""
        draft = self.drafts.get((candidate_id, task_id, aspect_id))
        if draft is None:
            return False
        self._store(replace(draft, struck=True))
        return True

    def sign(self, candidate_id: str, task_id: str) -> GradingRun:
        """Sign a candidate's sheet: its entries become ratings.

        Raises:
            NotFound: when the candidate has no such task.
            Refused: when rows are blank, when the panel is full, or an entry no longer fits.
        """
        self.reload()
        sheet = self.sheet(candidate_id, task_id)
        if sheet.blank:
            raise Refused(
                f"the sheet for {candidate_id} is not signed: {plural(len(sheet.blank), 'row')} without entry",
                hint="enter them, or say that they were not attempted",
                findings=tuple(_blank(candidate_id, task_id, aspect) for aspect in sheet.blank),
                code="rating/blank-rows",
            )
        ratings = [_rating(sheet, row, self.context.actor, self.desk) for row in sheet.rows]
        for rating in ratings:
            try:
                self.desk.demand_reason(rating)
            except Unfit as unfit:
                raise _refused(unfit) from None
        entries = digest([[*entry_of(one), one.value, one.remark] for one in ratings])
        run = take(self.context, self.desk, ratings, [("grade enter", entries)], (), (), through=self.last)
        self.reload()
        return run

    def declare(self, conflicts: Mapping[str, ConflictKind]) -> None:
        """Declare relatives, own trainees and others whom this person does not rate; none is a declaration too.

        Raises:
            NotFound: when a candidate is not in the sitting.
        """
        declare(self.context, self.loaded, self.context.actor, conflicts)
        self.reload()

    def reload(self) -> None:
        """See the sitting and the own entries as they are stored."""
        with self.context.reading() as connection:
            self.desk = load_rating_desk(self.context, connection, self.loaded)
            self._load(connection)

    def _load(self, connection: Connection) -> None:
        sitting, actor = self.loaded.sitting.id, self.context.actor
        through = store.signed_through(connection, sitting, actor)
        self.drafts = {}
        self.last = 0
        for seq, entry in store.load_bench_entries(connection, sitting, actor):
            self.last = seq
            if seq > through.get((entry.candidate, entry.task), 0):
                self._remember(entry)
        self.declared = any(one.person == actor for one in store.load_declarations(connection, sitting))

    def _store(self, entry: BenchEntry) -> None:
        at = self.context.clock()
        with self.context.writing() as connection:
            self.last = store.append_bench_entry(connection, self.loaded.sitting.id, entry, at=at)
        self._remember(entry)

    def _remember(self, entry: BenchEntry) -> None:
        key = (entry.candidate, entry.task, entry.aspect)
        self.drafts.pop(key, None)
        if not entry.struck:
            self.drafts[key] = entry

    def _may(self, candidate_id: str, assigned: Assigned) -> bool:
        try:
            self._demand(candidate_id, assigned)
        except Refused:
            return False
        return True

    def _demand(self, candidate_id: str, assigned: Assigned) -> None:
        why = self.desk.why_not(self.context.actor, candidate_id, assigned.component)
        if why is None:
            panel = self.desk.panels.get((candidate_id, assigned.task.id), frozenset())
            due = assigned.component.panel.assessors
            if self.context.actor not in panel and len(panel) >= due:
                why = panel_full(candidate_id, assigned.task.id, self.context.actor, due)
        if why is not None:
            raise _refused(why)

    def _demand_declared(self) -> None:
        if not self.declared:
            raise Refused(
                f"`{self.context.actor}` has not declared relatives and own trainees among the candidates",
                hint="declare them, or that there are none",
                code="rating/undeclared",
            )

    def _sheet(self, candidate: Candidate, assigned: Assigned) -> BenchSheet:
        rows = tuple(self._rows(candidate.id, assigned))
        minutes, extra = working_minutes(assigned.task, candidate)
        return BenchSheet(
            candidate=candidate,
            task=assigned.task,
            minutes=minutes,
            extra=extra,
            rows=rows,
            signed=all(row.signed for row in rows),
        )

    def _rows(self, candidate_id: str, assigned: Assigned) -> Iterator[BenchRow]:
        for aspect_id in assigned.due:
            aspect = assigned.aspects[aspect_id]
            asked = kind_of(aspect.kind).ask(aspect)
            assert asked is not None  # due are those that are asked for
            draft = self.drafts.get((candidate_id, assigned.task.id, aspect_id))
            stands = self.desk.latest.get((candidate_id, assigned.task.id, aspect_id, self.context.actor))
            shown = draft or stands
            yield BenchRow(
                aspect=aspect,
                asked=asked,
                entered=shown is not None,
                value=None if shown is None else shown.value,
                remark=None if shown is None else shown.remark,
                signed=stands is not None and (draft is None or same_value(stands, draft)),
                earned=_earned(aspect, shown),
            )


def open_bench(context: Context, sitting_id: str) -> Bench:
    """The acting assessor's bench in a sitting.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when it is not sealed, or the acting person is no assessor.
    """
    context.demand_role("assessor")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    with context.reading() as connection:
        bench = Bench(context=context, loaded=loaded, desk=load_rating_desk(context, connection, loaded))
        bench._load(connection)  # noqa: SLF001  # its own
    return bench


def declare_conflicts(
    context: Context, sitting_id: str, person: str, candidates: Collection[str], kind: ConflictKind
) -> None:
    """Declare a conflict of interest for oneself, or as administrator for somebody else.

    Raises:
        NotFound: when the sitting or a candidate does not exist.
        Refused: when the acting person is neither an assessor who declares an own one, nor an administrator.
    """
    context.demand_role("administrator", *(["assessor"] if person == context.actor else []))
    declare(context, load(context, sitting_id), person, dict.fromkeys(candidates, kind))


def declare(context: Context, loaded: LoadedSitting, person: str, conflicts: Mapping[str, ConflictKind]) -> None:
    """Write declarations down; none is a declaration too.

    Raises:
        NotFound: when a candidate is not in the sitting.
    """
    demand_candidates(loaded.sitting, conflicts)
    made = [Declaration(person=person, candidate=one, kind=kind) for one, kind in conflicts.items()]
    at = context.clock()
    with context.writing() as connection:
        store.append_declarations(
            connection, loaded.sitting.id, made or [Declaration(person=person)], at=at, by=context.actor
        )
        context.write_act(connection, at, "grade.declare", loaded.sitting.id, person=person, conflicts=len(made))


def _earned(aspect: Aspect, shown: Rating | BenchEntry | None) -> Fraction | None:
    if shown is None or not aspect.marks:
        return None
    if shown.value is None:
        return Fraction(0)
    return kind_of(aspect.kind).mark(aspect, shown.value).share * Fraction(aspect.marks)


def _entry(rating: Rating) -> BenchEntry:
    return BenchEntry(
        candidate=rating.candidate,
        task=rating.task,
        aspect=rating.aspect,
        assessor=rating.assessor,
        value=rating.value,
        remark=rating.remark,
    )


def _rating(sheet: BenchSheet, row: BenchRow, assessor: str, desk: RatingDesk) -> Rating:
    key: Sheet = (sheet.candidate.id, sheet.task.id, assessor)
    return Rating(
        candidate=key[0],
        component=desk.given[key[:2]].component.id,
        task=key[1],
        aspect=row.aspect.id,
        assessor=assessor,
        value=row.value,
        remark=row.remark,
    )


def _blank(candidate: str, task: str, aspect: str) -> Finding:
    return Finding(code="rating/blank-rows", message=f"{candidate} {task}/{aspect} has no entry")


def _refused(unfit: Unfit) -> Refused:
    return Refused(unfit.message, hint=unfit.hint, code=unfit.code)
