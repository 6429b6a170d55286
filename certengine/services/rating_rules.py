"""Who may rate whom, and what a rating must be: the rules every way of entering ratings goes through.

Invariants:

1. A rating is by an assessor of this workspace, qualified for the scheme where that is declared or asked for, who did not
   train the candidate and declared no conflict with the candidate.
2. Nobody sees what others gave a candidate before giving the own marks, while the panel is not complete. Ratings by
   somebody with a conflict, declared before or after, do not count.
3. No more assessors rate a candidate's task than the scheme's panel has.
4. An entry that was made stands until the same assessor gives another with a reason; both are kept.
5. A sheet is signed when every row that takes an entry has one, "not attempted" included; not before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection

from certengine.aspects import kind_of
from certengine.aspects.kind import Doubting, EntryRefused
from certengine.canonical import Json, digest
from certengine.errors import Finding, Place, Refused
from certengine.interchange.ratings import RawRating
from certengine.model.bench import BenchEntry, Declaration
from certengine.model.scheme import Aspect, PracticalComponent, Task
from certengine.model.sitting import Rating
from certengine.model.text import Text
from certengine.services.context import Context
from certengine.services.sittings import LoadedSitting
from certengine.store import bench, gradings
from certengine.store import sittings as store
from certengine.workspace.config import Person

Entry = tuple[str, str, str, str]
Sheet = tuple[str, str, str]


class Unfit(Exception):
    """Why an entry is not taken: code, message, hint."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint

    def finding(self, place: Place | None = None) -> Finding:
        """As a finding at a place."""
        return Finding(code=self.code, message=self.message, place=place, hint=self.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A task that a candidate was given, with its aspects by id.

    Attributes:
        due: ids of the aspects that take an entry, in sheet order.
    """

    component: PracticalComponent
    task: Task
    aspects: Mapping[str, Aspect]
    due: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingDesk:
    """A sitting as ratings are taken for it.

    Attributes:
        run: the latest grading run of the sitting that it knows of.
        today: the issuer's civil day.
        given: by candidate and task; ``tasks`` the ids by candidate.
        latest: the ratings that stand, by candidate, task, aspect and assessor.
        panels: who has rated, by candidate and task.
        conflicts: declared ``(person, candidate)``; ``trained`` those of the roster.
        may, read_before, doubted: what was worked out already.
    """

    loaded: LoadedSitting
    run: int
    people: Mapping[str, Person]
    today: date
    given: Mapping[tuple[str, str], Assigned]
    tasks: Mapping[str, tuple[str, ...]]
    latest: Mapping[Entry, Rating]
    panels: Mapping[tuple[str, str], frozenset[str]]
    conflicts: frozenset[tuple[str, str]]
    trained: frozenset[tuple[str, str]]
    may: dict[tuple[str, str], Unfit | None] = field(default_factory=dict)
    read_before: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    doubted: dict[tuple[str, str, str], Text | None] = field(default_factory=dict)

    def read(self, raw: RawRating) -> Rating:
        """An entry as a rating.

        Raises:
            Unfit: when it is for no task or aspect there is, by somebody who may not, or nothing the aspect takes.
        """
        own = self.tasks.get(raw.candidate_id, ())
        task_id = raw.task or (own[0] if len(own) == 1 else "")
        assigned = self.given.get((raw.candidate_id, task_id))
        if assigned is None:
            raise Unfit(
                "rating/unknown-task",
                f"candidate {raw.candidate_id} was not given task {task_id} in this sitting",
                "compare the head of the scoring sheet with the task list",
            )
        aspect = assigned.aspects.get(raw.aspect)
        if aspect is None:
            raise Unfit(
                "rating/unknown-aspect", f"task {task_id} has no aspect {raw.aspect}", "copy the id from the sheet"
            )
        pair = (raw.assessor, raw.candidate_id)
        if pair not in self.may:
            self.may[pair] = self.why_not(*pair, assigned.component)
        why = self.may[pair]
        if why is not None:
            raise why
        try:
            value = None if raw.raw is None else self._value(aspect, task_id, raw.raw)
        except EntryRefused as error:
            message = f"{raw.candidate_id} {task_id}/{raw.aspect}: {error}"
            raise Unfit("rating/out-of-range", message, "correct the entry") from None
        rating = Rating(
            candidate=raw.candidate_id,
            component=assigned.component.id,
            task=task_id,
            aspect=raw.aspect,
            assessor=raw.assessor,
            value=value,
            remark=raw.remark,
        )
        self.demand_reason(rating)
        return rating

    def doubt(self, rating: Rating) -> Text | None:
        """Why an entry is hard to believe; ``None`` where nothing is, or where just this stands already."""
        stands = self.latest.get(entry_of(rating))
        if rating.value is None or (stands is not None and same_value(stands, rating)):
            return None
        key = (rating.task, rating.aspect, str(rating.value))
        if key not in self.doubted:
            aspect = self.given[rating.candidate, rating.task].aspects[rating.aspect]
            kind = kind_of(aspect.kind)
            self.doubted[key] = kind.doubt(aspect, rating.value) if isinstance(kind, Doubting) else None
        return self.doubted[key]

    def _value(self, aspect: Aspect, task_id: str, raw: str) -> Json:
        """What an entry says; of many sheets most entries on an aspect are met again."""
        key = (task_id, aspect.id, raw)
        if key not in self.read_before:
            self.read_before[key] = kind_of(aspect.kind).parse(aspect, raw)
        return self.read_before[key]

    def demand_reason(self, rating: Rating) -> None:
        """Refuse to strike through an entry without saying why.

        Raises:
            Unfit: when another value stands and there is no remark.
        """
        stands = self.latest.get(entry_of(rating))
        if stands is not None and not same_value(stands, rating) and not rating.remark:
            raise Unfit(
                "rating/no-reason",
                f"{rating.assessor} gave {rating.candidate} {rating.task}/{rating.aspect} another entry before, "
                "and gives no reason for this one",
                "write the reason as the remark; the old entry is struck through and kept",
            )

    def why_not(self, assessor: str, candidate: str, component: PracticalComponent) -> Unfit | None:
        """Why this assessor may not rate this candidate, or ``None``."""
        person = self.people.get(assessor)
        if self.people and (person is None or "assessor" not in person.roles):
            return Unfit(
                "rating/not-an-assessor",
                f"`{assessor}` is not an assessor of this workspace",
                "add the person with the role `assessor` in certengine.toml",
            )
        scheme = self.loaded.scheme.id
        qualified = person.may_assess(scheme, self.today) if person is not None else None
        if qualified is False or (qualified is None and component.panel.qualified):
            return Unfit(
                "rating/not-qualified",
                f"`{assessor}` is not qualified to assess `{scheme}` on {self.today}",
                "have another assessor rate, or declare the qualification in certengine.toml",
            )
        if (assessor, candidate) in self.trained:
            return Unfit(
                "rating/own-trainee",
                f"`{assessor}` trained candidate {candidate} and may not mark them",
                "have another assessor mark",
            )
        if (assessor, candidate) in self.conflicts:
            return Unfit(
                "rating/conflict",
                f"`{assessor}` declared a conflict of interest with candidate {candidate} and may not mark them",
                "have another assessor mark",
            )
        return None

    def left_blank(self, assigned: Assigned, sheet: Sheet, new: Mapping[Entry, Rating]) -> tuple[str, ...]:
        """The rows of a sheet without an entry, in sheet order."""
        candidate, task, assessor = sheet
        keys = ((candidate, task, aspect, assessor) for aspect in assigned.due)
        return tuple(key[2] for key in keys if key not in new and key not in self.latest)

    def signed_digest(self, assigned: Assigned, sheet: Sheet, new: Mapping[Entry, Rating]) -> str:
        """What a signature under a whole sheet signs: every entry with its remark, in sheet order."""
        candidate, task, assessor = sheet
        keys = [(candidate, task, aspect, assessor) for aspect in assigned.due]
        stand = [new.get(key) or self.latest[key] for key in keys]
        return digest([*sheet, *([one.aspect, one.value, one.remark] for one in stand)])


def entry_of(rating: Rating) -> Entry:
    """What a rating is an entry of."""
    return rating.candidate, rating.task, rating.aspect, rating.assessor


def sheet_of(rating: Rating) -> Sheet:
    """The sheet a rating stands on."""
    return rating.candidate, rating.task, rating.assessor


def same_value(one: Rating | BenchEntry, other: Rating | BenchEntry) -> bool:
    """Whether two entries say the same; yes is not 1, though Python holds them equal."""
    return type(one.value) is type(other.value) and bool(one.value == other.value)


def counted(connection: Connection, sitting_id: str) -> tuple[Rating, ...]:
    """The ratings of a sitting that count, oldest first: none by somebody with a declared conflict."""
    conflicts = _conflicts(bench.load_declarations(connection, sitting_id))
    ratings = gradings.load_ratings(connection, sitting_id)
    return tuple(one for one in ratings if (one.assessor, one.candidate) not in conflicts) if conflicts else ratings


def demand_own_first(context: Context, loaded: LoadedSitting, candidate_id: str | None = None) -> None:
    """Refuse an assessor the others' marks of a candidate whom he or she may still rate.

    Args:
        candidate_id: whose marks would be seen; left out, those of everybody whom somebody has rated.

    Raises:
        Refused: when the panel is not complete and the acting assessor has not given the own marks.
    """
    for candidate, task_id in _kept_from(context, loaded):
        if candidate_id in {candidate, None}:
            raise Refused(
                f"`{context.actor}` has not rated candidate {candidate} in {task_id} and sees no others' marks before",
                hint=f"`certengine grade enter {loaded.sitting.id}` first, or look once the panel is complete",
                code="rating/own-first",
            )


def not_shown(context: Context, loaded: LoadedSitting) -> frozenset[str]:
    """The candidates of whom the acting assessor sees no others' marks yet, for whatever tells of many at once."""
    return frozenset(candidate for candidate, _ in _kept_from(context, loaded))


def open_words(candidate: str, why: Iterable[Text], hidden: Collection[str]) -> str:
    """Why a score is open; of a hidden candidate not why, since that tells what others gave."""
    if candidate in hidden:
        return "the panel has not finished, and you have yet to give your own marks"
    return "; ".join(one.best("en") for one in why)


def _kept_from(context: Context, loaded: LoadedSitting) -> Iterator[tuple[str, str]]:
    """Candidates and tasks that somebody has begun to rate, and the acting assessor may rate and has not."""
    person = context.person()
    if person is None or "assessor" not in person.roles:
        return
    with context.reading() as connection:
        desk = load_rating_desk(context, connection, loaded)
    for (candidate, task_id), panel in desk.panels.items():
        assigned = desk.given[candidate, task_id]
        whole = [who for who in panel if not desk.left_blank(assigned, (candidate, task_id, who), {})]
        complete = len(whole) >= assigned.component.panel.assessors or context.actor in whole
        if not complete and desk.why_not(context.actor, candidate, assigned.component) is None:
            yield candidate, task_id


def load_rating_desk(context: Context, connection: Connection, loaded: LoadedSitting) -> RatingDesk:
    """The desk of a sitting as it stands."""
    tasks = {task.id: _assigned(component, task) for component in loaded.scheme.practical for task in component.tasks}
    held = store.load_tasks(connection, loaded.sitting.id)
    by_candidate: dict[str, tuple[str, ...]] = {}
    for one in held:
        by_candidate[one.candidate] = (*by_candidate.get(one.candidate, ()), one.task)
    ratings = counted(connection, loaded.sitting.id)
    declared = bench.load_declarations(connection, loaded.sitting.id)
    offset = timedelta(hours=float(context.workspace.config.issuer.utc_offset_hours))
    return RatingDesk(
        loaded=loaded,
        run=gradings.last_run(connection, loaded.sitting.id),
        people={person.id: person for person in context.workspace.config.people},
        today=(context.clock() + offset).date(),
        given={(one.candidate, one.task): tasks[one.task] for one in held},
        tasks=by_candidate,
        latest={entry_of(rating): rating for rating in ratings},
        panels=panels_of(ratings),
        conflicts=_conflicts(declared),
        trained=frozenset((who, one.id) for one in loaded.sitting.candidates for who in one.trainers),
    )


def _conflicts(declared: Iterable[Declaration]) -> frozenset[tuple[str, str]]:
    return frozenset((one.person, one.candidate) for one in declared if one.candidate is not None)


def _assigned(component: PracticalComponent, task: Task) -> Assigned:
    aspects = {aspect.id: aspect for aspect in task.aspects}
    due = tuple(aspect.id for aspect in task.aspects if kind_of(aspect.kind).ask(aspect) is not None)
    return Assigned(component=component, task=task, aspects=aspects, due=due)


def panels_of(ratings: Iterable[Rating]) -> dict[tuple[str, str], frozenset[str]]:
    """Who has rated, by candidate and task."""
    found: dict[tuple[str, str], set[str]] = {}
    for rating in ratings:
        found.setdefault((rating.candidate, rating.task), set()).add(rating.assessor)
    return {key: frozenset(who) for key, who in found.items()}
