"""Taking ratings: scoring sheets as files, or entries signed at the bench, by the same rules into the same rows.

Invariants:

1. A bad row never stops the run and never disappears: it is set aside under its file, line and reason.
2. An entry that says the same as the one that stands is no new entry; one that says another strikes it through.
3. Whoever hands in a sheet without blank rows has signed it; a sheet with blank rows is taken and stays unsigned.
4. No panel is larger than it should be, whoever signs at the same moment: it is counted again in the transaction that writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from certengine.errors import Finding, Place, Refused, Severity, first_errors
from certengine.interchange.ratings import RawRating, read_ratings
from certengine.model.sitting import Rating
from certengine.model.text import Text
from certengine.services.context import Context
from certengine.services.grading import GradingRun, demand_rows, files_named, write_run
from certengine.services.many_nouns import without_collections
from certengine.services.rating_rules import (
    Entry,
    RatingDesk,
    Sheet,
    Unfit,
    counted,
    entry_of,
    load_rating_desk,
    not_shown,
    panels_of,
    same_value,
    sheet_of,
)
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.store import bench, gradings


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An entry that was struck through, with what stands now."""

    candidate: str
    task: str
    aspect: str
    assessor: str
    old: object
    new: object
    reason: str | None


def grade_practical(
    context: Context, sitting_id: str, files: Sequence[Path], *, assessor: str | None = None, dry_run: bool = False
) -> GradingRun:
    """Take the assessors' ratings of a sitting.

    Args:
        assessor: whose sheets these are, for files without an assessor column.

    Raises:
        NotFound: when the sitting or a file does not exist.
        Refused: when the sitting is not sealed.
        InputError: when a file is no table of ratings at all.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    named = files_named(files)
    with without_collections():
        return _graded(context, loaded, files, named, assessor, dry_run=dry_run)


def _graded(
    context: Context,
    loaded: LoadedSitting,
    files: Sequence[Path],
    named: Sequence[tuple[str, str]],
    assessor: str | None,
    *,
    dry_run: bool,
) -> GradingRun:
    with context.reading() as connection:
        desk = load_rating_desk(context, connection, loaded)
    ratings: list[Rating] = []
    aside: list[Finding] = []
    doubts: list[Finding] = []
    for path in files:
        raws, findings = read_ratings(path, assessor=assessor)
        demand_rows(path, len(raws), findings)
        aside.extend(first_errors(findings))
        doubts.extend(finding for finding in findings if finding.severity is Severity.WARNING)
        ratings.extend(_read(desk, raws, str(path), aside, doubts))
    ratings = _within_panels(desk, _without_contradictions(ratings, aside), aside)
    # One file read as two assessors' is two files.
    named = named if assessor is None else (*named, ("assessor", assessor))
    return take(context, desk, ratings, named, aside, doubts, dry_run=dry_run)


def take(
    context: Context,
    desk: RatingDesk,
    ratings: Sequence[Rating],
    named: Sequence[tuple[str, str]],
    aside: Sequence[Finding],
    doubts: Sequence[Finding],
    *,
    through: int | None = None,
    dry_run: bool = False,
) -> GradingRun:
    """Write ratings that the desk has read, and the signatures of the sheets they complete.

    Args:
        through: the last entry at the bench that the signatures cover, where entries were made there.

    Raises:
        Refused: when others have meanwhile filled a panel.
    """
    sitting_id = desk.loaded.sitting.id
    new = {entry_of(one): one for one in ratings}
    fresh = [one for key, one in new.items() if not _stands(desk, key, one)]
    signed, unsigned = _sheets(desk, new)

    def append(connection: Connection, run: int) -> None:
        _demand_places(connection, desk, fresh, run)
        gradings.append_ratings(connection, run, sitting_id, fresh)
        bench.append_signatures(connection, run, signed, through=through)

    run, repeated = write_run(context, sitting_id, "practical", named, len(ratings), aside, append, dry_run=dry_run)
    rated = {key[0] for key in (*desk.latest, *new)}
    return GradingRun(
        run=run,
        repeated=repeated,
        graded=len({rating.candidate for rating in ratings}),
        waiting=len(desk.tasks.keys() - rated),
        set_aside=tuple(sorted(aside, key=Finding.sort_key)),
        notes=(*doubts, *unsigned),
    )


def corrections(context: Context, sitting_id: str) -> tuple[Correction, ...]:
    """Every entry of a sitting that was struck through, in the order of the corrections.

    Whoever is an assessor and no administrator sees the own ones alone; whoever is both sees others' once the own are given.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when the acting person is neither.
    """
    loaded = load(context, sitting_id)
    person = context.person()
    own_only = person is not None and "assessor" in person.roles and "administrator" not in person.roles
    if not own_only:
        context.demand_role("administrator")
    hidden = frozenset() if own_only else not_shown(context, loaded)
    stood: dict[Entry, Rating] = {}
    found = []
    with context.reading() as connection:
        ratings = gradings.load_ratings(connection, loaded.sitting.id)
    for rating in ratings:
        old = stood.get(entry_of(rating))
        others = rating.assessor != context.actor and (own_only or rating.candidate in hidden)
        if old is not None and not same_value(old, rating) and not others:
            candidate, task, aspect, assessor = entry_of(rating)
            found.append(
                Correction(
                    candidate=candidate,
                    task=task,
                    aspect=aspect,
                    assessor=assessor,
                    old=old.value,
                    new=rating.value,
                    reason=rating.remark,
                )
            )
        stood[entry_of(rating)] = rating
    return tuple(found)


def _read(
    desk: RatingDesk, raws: Iterable[RawRating], source: str, aside: list[Finding], doubts: list[Finding]
) -> Iterable[Rating]:
    for raw in raws:
        try:
            rating = desk.read(raw)
        except Unfit as unfit:
            aside.append(unfit.finding(Place(source=source, line=raw.line)))
            continue
        doubt = desk.doubt(rating)
        if doubt is not None:
            doubts.append(_doubtful(rating, doubt, Place(source=source, line=raw.line)))
        yield rating


def _doubtful(rating: Rating, doubt: Text, place: Place) -> Finding:
    return Finding(
        code="rating/doubtful",
        message=f"{rating.candidate} {rating.task}/{rating.aspect} by {rating.assessor}: `{rating.value}` is {doubt.best('en')}",
        place=place,
        hint="it was taken as it is; where it was a slip, hand in the right entry with a remark",
        severity=Severity.WARNING,
    )


def _without_contradictions(ratings: Sequence[Rating], aside: list[Finding]) -> list[Rating]:
    """Two different entries of one assessor on one aspect in one run: neither is taken."""
    if len({entry_of(rating) for rating in ratings}) == len(ratings):
        return list(ratings)
    by_entry: dict[Entry, list[Rating]] = {}
    for rating in ratings:
        by_entry.setdefault(entry_of(rating), []).append(rating)
    kept = []
    for (candidate, task, aspect, assessor), entries in by_entry.items():
        if any(entry.value != entries[0].value for entry in entries):
            aside.append(
                Finding(
                    code="rating/contradiction",
                    message=f"{assessor} gives {candidate} {task}/{aspect} different values in these files",
                    hint="keep the right one; neither was taken",
                )
            )
        else:
            kept.append(entries[0])
    return kept


def _within_panels(desk: RatingDesk, ratings: Sequence[Rating], aside: list[Finding]) -> list[Rating]:
    """Without the sheets of assessors for whom a panel has no place, as sheets come in."""
    panels = {key: set(who) for key, who in desk.panels.items()}
    refused: dict[Sheet, Unfit] = {}
    kept = []
    for rating in ratings:
        panel = panels.setdefault((rating.candidate, rating.task), set())
        due = desk.given[rating.candidate, rating.task].component.panel.assessors
        if rating.assessor not in panel and len(panel) >= due:
            unfit = panel_full(rating.candidate, rating.task, rating.assessor, due)
            refused.setdefault(sheet_of(rating), unfit)
            continue
        panel.add(rating.assessor)
        kept.append(rating)
    aside.extend(unfit.finding() for unfit in refused.values())
    return kept


def _demand_places(connection: Connection, desk: RatingDesk, fresh: Sequence[Rating], run: int) -> None:
    """Refuse a run, begun in this transaction, if another one since the desk was laid out took a place that it needs.

    Raises:
        Refused: naming the panel.
    """
    if gradings.last_run(connection, desk.loaded.sitting.id, before=run) == desk.run:
        return
    panels = panels_of(counted(connection, desk.loaded.sitting.id))
    for candidate, task, assessor in dict.fromkeys(map(sheet_of, fresh)):
        panel = panels.get((candidate, task), frozenset())
        due = desk.given[candidate, task].component.panel.assessors
        if assessor not in panel and len(panel) >= due:
            full = panel_full(candidate, task, assessor, due)
            raise Refused(f"{full.message}: the panel was filled a moment ago", hint=full.hint, code=full.code)
        panels[candidate, task] = panel | {assessor}


def panel_full(candidate: str, task: str, assessor: str, due: int) -> Unfit:
    """Why one assessor more does not rate a candidate."""
    return Unfit(
        "rating/panel-full",
        f"{due} assessors have rated candidate {candidate} in {task}, `{assessor}` would be one more",
        "compare the sheet with the panel's list; nothing of it was taken",
    )


def _stands(desk: RatingDesk, key: Entry, rating: Rating) -> bool:
    """Whether just this stands already; a repetition without a remark takes none away."""
    stands = desk.latest.get(key)
    return stands is not None and same_value(stands, rating) and rating.remark in {None, stands.remark}


def _sheets(desk: RatingDesk, new: Mapping[Entry, Rating]) -> tuple[list[tuple[str, str, str, str]], list[Finding]]:
    """Signatures of the whole sheets that new entries stand on, and a note for each that has blank rows."""
    signed, unsigned = [], []
    for sheet in dict.fromkeys(sheet_of(rating) for rating in new.values()):
        assigned = desk.given[sheet[:2]]
        blank = desk.left_blank(assigned, sheet, new)
        if not blank:
            signed.append((*sheet, desk.signed_digest(assigned, sheet, new)))
            continue
        candidate, task, assessor = sheet
        unsigned.append(
            Finding(
                code="rating/unsigned",
                message=f"the sheet of {assessor} for {candidate} in {task} is not signed: "
                f"without an entry are {', '.join(blank)}",
                severity=Severity.WARNING,
                hint="enter what is missing, or `NA` for what was not attempted",
            )
        )
    return signed, unsigned
