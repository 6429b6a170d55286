"""Who of a roster's trainers is whom, and whether every panel can be filled: told when a sitting is opened, not at the bench.

Separations go by ids. A trainer whom the roster calls by name, or by an id in other letters, would keep nobody from marking
the own trainees and say nothing; so such a row is refused, and a trainer whom nobody knows is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from certengine.errors import Finding, Severity, place_in, plural
from certengine.model.scheme import PracticalComponent, Scheme
from certengine.model.sitting import Candidate
from certengine.scoring.persons import plain_name
from certengine.workspace.binding import closest
from certengine.workspace.config import Person

Rows = Sequence[tuple[int, Candidate]]


def examiner_findings(
    scheme: Scheme, people: Sequence[Person], roster: Path, rows: Rows, today: date
) -> Iterator[Finding]:
    """Trainers who are not named by their ids, by row; then panels that have too few assessors for a candidate.

    Nothing where the workspace declares no people: then nobody is told from anybody else.
    """
    if people:
        yield from _trainers(people, roster, rows)
        for component in scheme.practical:
            yield from _short_panels(scheme, component, people, rows, today)


def _trainers(people: Sequence[Person], roster: Path, rows: Rows) -> Iterator[Finding]:
    ids = tuple(one.id for one in people)
    told: set[str] = set()
    for line, candidate in rows:
        for trainer in candidate.trainers:
            if trainer in ids:
                continue
            meant = [one.id for one in people if _is_meant(trainer, one)]
            if meant:
                yield Finding(
                    code="roster/trainer-by-name",
                    message=f"`trainers` names `{'` or `'.join(meant)}` otherwise than by the id, so nothing would keep "
                    "them from marking the own trainee",
                    hint="write the id of certengine.toml; for somebody else of that name write an id that is nobody's",
                    place=place_in(roster, line),
                )
            elif trainer not in told:
                told.add(trainer)
                yield Finding(
                    code="roster/unknown-trainer",
                    message=f"trainer `{trainer}` is nobody in certengine.toml{closest(trainer, ids)}",
                    hint="all is well if that person neither marks nor decides; else write the id that stands there",
                    place=place_in(roster, line),
                    severity=Severity.WARNING,
                )


def _is_meant(trainer: str, person: Person) -> bool:
    return trainer.casefold() == person.id.casefold() or plain_name(trainer) == plain_name(person.name)


def _short_panels(
    scheme: Scheme, component: PracticalComponent, people: Sequence[Person], rows: Rows, today: date
) -> Iterator[Finding]:
    """A finding for each number of assessors that is too small, with the first candidate for whom it is so."""
    able = [one.id for one in people if "assessor" in one.roles and _may(one, scheme, component, today)]
    short: dict[int, list[str]] = {}
    for _, candidate in rows:
        free = sum(one not in candidate.trainers for one in able)
        if candidate.sits(component.id) and free < component.panel.assessors:
            short.setdefault(free, []).append(candidate.id)
    for free, candidates in sorted(short.items()):
        yield Finding(
            code="roster/panel-short",
            message=f"{component.panel.assessors} assessors are due in {component.id} and {free} may mark candidate "
            f"`{candidates[0]}`" + (f" and {plural(len(candidates) - 1, 'other')}" if candidates[1:] else ""),
            hint="name more assessors in certengine.toml, with the qualification where the scheme asks for one",
            severity=Severity.WARNING,
        )


def _may(person: Person, scheme: Scheme, component: PracticalComponent, today: date) -> bool:
    qualified = person.may_assess(scheme.id, today)
    return not component.panel.qualified if qualified is None else qualified
