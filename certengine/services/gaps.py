"""What is still missing before results go out: parts nobody handed in, scores that are open, names that differ between files.

Invariants:

1. A gap is told by candidate, never by name: no finding repeats a name.
2. Nothing is written. A file is only compared with the roster, whatever else it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from certengine.errors import Finding, Severity, place_in
from certengine.interchange.columns import CANDIDATE_ID, Column, Columns, records
from certengine.interchange.tables import read_table
from certengine.model.pass_standard import supplements_of
from certengine.model.sitting import Candidate
from certengine.model.written_numbers import plain_width
from certengine.scoring.persons import plain_name
from certengine.services.context import Context
from certengine.services.rating_rules import counted, not_shown, open_words
from certengine.services.readers import RESULT_READERS
from certengine.services.results import decisions_now
from certengine.services.sittings import LoadedSitting, load

_WHO: Final = Columns(
    columns=(
        CANDIDATE_ID,
        Column(name="name", aliases=("姓名", "考生姓名", "full_name", "candidate_name")),
    )
)


def gaps(context: Context, sitting_id: str, files: Sequence[Path] = ()) -> tuple[Finding, ...]:
    """Every gap of a sitting, in roster order, then those of the files.

    Args:
        files: responses, sheets, lists: whatever has a column of candidate ids; names are compared where there are any.

    Raises:
        NotFound: when there is no such sitting or file.
        InputError: when a file cannot be read as a table.
        Refused: when the role is missing.
    """
    context.demand_role(*RESULT_READERS)
    loaded = load(context, sitting_id)
    found = list(missing_parts(context, loaded))
    for file in files:
        found.extend(_names_in(file, loaded))
    return tuple(found)


def missing_parts(context: Context, loaded: LoadedSitting) -> Iterator[Finding]:
    """Candidates of whom a part that they sit has no score: none at all, or one that is still open.

    Theory without practical and the other way round; a panel of two where three are due; a row without an entry.
    """
    with context.reading() as connection:
        _, reports = decisions_now(connection, loaded, counted(connection, loaded.sitting.id))
    hidden, practical = not_shown(context, loaded), {one.id for one in loaded.scheme.practical}
    optional = {one.by for one in supplements_of(loaded.scheme.pass_standard)}
    for candidate in loaded.sitting.on_record:
        there = reports[candidate.id]
        due = [one.id for one in loaded.scheme.components if candidate.sits(one.id) and one.id not in optional]
        lacking = [one for one in due if one not in there]
        if lacking:
            yield _gap(candidate, lacking, [one for one in due if one not in lacking])
        for component, report in sorted(there.items()):
            if report.open:
                unseen = hidden if component in practical else ()
                yield _open(candidate, component, open_words(candidate.id, report.open, unseen))


def _open(candidate: Candidate, component: str, said: str) -> Finding:
    return Finding(
        code="result/open",
        message=f"the score of candidate `{candidate.id}` in {component} is open: {said}",
        hint="hand in what is missing; judgements too far apart and a lone veto are given anew by those who gave them",
        severity=Severity.WARNING,
    )


def _gap(candidate: Candidate, lacking: Sequence[str], there: Sequence[str]) -> Finding:
    if not there:
        return Finding(
            code="result/nothing-handed-in",
            message=f"candidate `{candidate.id}` has no marks in any part: {', '.join(lacking)}",
            hint="hand in the files that are missing; who did not come gets a row with `1` in the column `absent`, and a "
            "sheet of `not attempted`",
            severity=Severity.WARNING,
        )
    return Finding(
        code="result/orphan",
        message=f"candidate `{candidate.id}` has marks in {', '.join(there)} and none in {', '.join(lacking)}",
        hint="hand in the file that is missing, or correct the candidate id in one of the files",
        severity=Severity.WARNING,
    )


def _names_in(file: Path, loaded: LoadedSitting) -> Iterator[Finding]:
    """Rows whose candidate is not in the roster, or has another name there."""
    table = read_table(file, is_header=_WHO.is_header)
    places, _ = _WHO.places(table)  # other columns are no fault here
    if "candidate_id" not in places:
        yield Finding(
            code="result/no-ids",
            message="the file has no column of candidate ids",
            hint="compare a file that has one, such as a list or a scoring sheet",
            place=place_in(file, table.header_line),
        )
        return
    known = {one.id.casefold(): one for one in loaded.sitting.candidates}
    for record in records(table, places):
        candidate = known.get(plain_width(record["candidate_id"]).casefold())
        names = () if candidate is None else (candidate.name, candidate.name_en or candidate.name)
        given = plain_name(record["name"])
        if candidate is None:
            yield Finding(
                code="result/stranger",
                message="the candidate id of this row is not in the roster",
                hint="correct the id; nobody is added to a sealed sitting",
                place=place_in(file, record.line),
            )
        elif given and given not in {plain_name(one) for one in names}:
            yield Finding(
                code="result/name-differs",
                message=f"the name of this row is not that of candidate `{candidate.id}` in the roster",
                hint="see whose marks these are before they count for anybody",
                place=place_in(file, record.line),
            )
