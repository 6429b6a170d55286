"""Trials and training: answers and ratings of a sitting, all of them invented.

Nobody gave these answers and nobody made these ratings: the roster's candidates only lend their ids, the people of the
workspace their names. The files look as a scanner and the assessors would hand them in, so that grading can be tried
from end to end.

Invariants:

1. Nothing is written into the database, and no file that holds something else is written over.
2. The same sitting and the same ``seed`` give the same bytes: every choice is keyed, none is ``random``.
3. No cell says which answer is right. Most answers are right all the same, so the file tells much of the keys: it is
   for an administrator, and not of a sitting that real people are still to sit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

from certengine.assembly.keyed import KeyedDraw
from certengine.errors import Refused, UsageError
from certengine.interchange.printable_text import is_person_id
from certengine.model.sitting import Candidate
from certengine.services.context import Context
from certengine.services.files import write_whole
from certengine.services.invented_marks import invent_marks
from certengine.services.invented_ratings import Performance, invent_ratings, vetoes_of
from certengine.services.invented_responses import invent_responses
from certengine.services.scripts import Desk, load_desk, marking_key
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.store import sittings as store

WEAK_IN_THEORY = Fraction(11, 100)
WEAK_IN_PRACTICE = Fraction(10, 100)
LEAST_FOR_FAILURES = 4
"""Among fewer candidates than this nobody is made weak or vetoed."""

# Lowest and highest, the middle likeliest: factor on the odds of a right answer, and share of marks in the practical.
_ABLE_ODDS, _WEAK_ODDS = ("0.95", "3.5"), ("0.25", "0.45")
_ABLE_SKILL, _WEAK_SKILL = ("0.74", "0.98"), ("0.40", "0.50")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedFiles:
    """What was written.

    Attributes:
        responses: ``None`` when the scheme has no written component.
        ratings: one file for each assessor; none when the scheme has no practical component.
        marking: marking sheets filled in, in the order in which they are read; none when no answer goes to people.
        candidates: how many came.
        absent: ids of those who did not, in roster order; they are in no file.
    """

    responses: Path | None
    ratings: tuple[Path, ...]
    candidates: int
    absent: tuple[str, ...]
    marking: tuple[Path, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files, responses first, marking sheets last."""
        return (*((self.responses,) if self.responses else ()), *self.ratings, *self.marking)


def simulate_sitting(
    context: Context, sitting_id: str, output: Path, *, seed: int = 1, share_absent: Fraction = Fraction(0)
) -> SimulatedFiles:
    """Write ``responses.csv`` and one ``ratings-<assessor>.csv`` for each assessor into a folder; all is invented.

    About three candidates in four pass everything; some fail in theory, some in practice, and one is vetoed. About 2 %
    of the answers are blank, a few are double marks, and the last row is of a paper that does not exist. Where answers go
    to people there are ``marking-<round>-<item>-<marker>.csv`` too; their script codes follow from the sitting's secret for
    marking, which is drawn if it was not: nothing else is written into the database.

    Args:
        context: whose workspace names the assessors; the acting person rates only when there are too few others.
        sitting_id: a sealed sitting.
        output: the folder.
        seed: another one gives other answers.
        share_absent: share of the roster that did not come.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when it is not sealed, the actor is no administrator, or the folder holds other files of these names.
        UsageError: when ``share_absent`` is not from 0 to under 1.
    """
    context.demand_role("administrator")
    if not 0 <= share_absent < 1:
        raise UsageError("the share of absent candidates is from 0 to under 1", hint="give for example 0.1")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    with context.reading() as connection:
        papers, tasks = store.load_papers(connection, sitting_id), store.load_tasks(connection, sitting_id)
    draw = KeyedDraw(sha256(f"certengine-simulation/{seed}".encode()).digest(), ("simulation", sitting_id))
    roster = loaded.sitting.candidates
    order = draw.order("absent", [candidate.id for candidate in roster])
    absent = set(order[: int(len(order) * share_absent + Fraction(1, 2))])
    present = tuple(candidate for candidate in roster if candidate.id not in absent)
    odds, performances = _people(draw, present, vetoes_of(loaded, tasks))
    sheets = invent_ratings(draw, loaded, tasks, performances, _assessors(context, loaded))
    ratings = {output / f"ratings-{assessor}.csv": data for assessor, data in sheets.items()}
    responses = output / "responses.csv" if loaded.scheme.written else None
    written = {responses: invent_responses(draw, loaded, papers, present, odds)} if responses else {}
    marking: dict[Path, bytes] = {}
    if responses is not None and (desk := _desk(context, loaded)) is not None:
        sheets = invent_marks(draw, desk, papers, written[responses], _assessors(context, loaded, least=3))
        marking = {output / name: data for name, data in sheets.items()}
    _write(written | ratings | marking)
    return SimulatedFiles(
        responses=responses,
        ratings=tuple(ratings),
        candidates=len(present),
        absent=tuple(candidate.id for candidate in roster if candidate.id in absent),
        marking=tuple(marking),
    )


def _desk(context: Context, loaded: LoadedSitting) -> Desk | None:
    """The sitting's desk without what real markers gave; ``None`` when no answer goes to people."""
    with context.reading() as connection:
        desk = load_desk(connection, loaded)
    if not desk.people:
        return None
    with context.writing() as connection:
        key = marking_key(context, connection, loaded.sitting.id)
    return replace(desk, key=key, marks={})


def _write(files: Mapping[Path, bytes]) -> None:
    """Write all or nothing: a folder of real scans is no place for invented ones."""
    for path, data in files.items():
        if path.exists() and path.read_bytes() != data:
            raise Refused(
                f"`{path}` exists and holds something else; invented answers never replace it",
                hint="name a new folder with `-o`",
                code="simulation/exists",
            )
    for path, data in files.items():
        write_whole(path, data)


def _count(candidates: int, share: Fraction) -> int:
    """So large a share, rounded half up: one at least, so that every trial shows each kind of failure."""
    return max(1, int(candidates * share + Fraction(1, 2))) if candidates >= LEAST_FOR_FAILURES else 0


def _people(
    draw: KeyedDraw, candidates: Sequence[Candidate], vetoes: Mapping[str, tuple[str, str]]
) -> tuple[dict[str, Fraction], dict[str, Performance]]:
    """Odds and performances by candidate: some weak in theory, others in practice, one vetoed, the rest able."""
    ids = [candidate.id for candidate in candidates]
    standing = draw.order("standing", ids)
    theory, practice = _count(len(ids), WEAK_IN_THEORY), _count(len(ids), WEAK_IN_PRACTICE)
    weak_in_theory, weak_in_practice = standing[:theory], standing[theory : theory + practice]
    able = standing[theory + practice :] if len(ids) >= LEAST_FOR_FAILURES else ()
    vetoed = next((one for one in able if one in vetoes), None)
    odds, performances = {}, {}
    for one in ids:
        own = draw.within(one)
        odds[one] = _between(own, "odds", _WEAK_ODDS if one in weak_in_theory else _ABLE_ODDS)
        skill = _between(own, "skill", _WEAK_SKILL if one in weak_in_practice else _ABLE_SKILL)
        performances[one] = Performance(skill=skill, veto=vetoes[one] if one == vetoed else None)
    return odds, performances


def _between(draw: KeyedDraw, label: str, bounds: tuple[str, str]) -> Fraction:
    """A value between two bounds, the middle likeliest."""
    low, high = (Fraction(bound) for bound in bounds)
    return low + (high - low) * (draw.below(label, 101) + draw.below(f"{label}|again", 101)) / 200


def _assessors(context: Context, loaded: LoadedSitting, *, least: int = 0) -> tuple[str, ...]:
    """People with the role, the acting person last, then made-up ids until the largest panel is complete.

    Trainers do not mark their own, so whoever is beyond a panel's number stands in for them.
    """
    due = max((component.panel.assessors for component in loaded.scheme.practical), default=least)
    trainers = {trainer for candidate in loaded.sitting.candidates for trainer in candidate.trainers}
    people = [one.id for one in context.workspace.config.people if "assessor" in one.roles and is_person_id(one.id)]
    people.sort(key=lambda one: one == context.actor)
    free = sum(one not in trainers for one in people)
    spare = [f"assessor-{n}" for n in range(1, due - min(due, free) + 1)]
    return (*people, *(one for one in spare if one not in people))
