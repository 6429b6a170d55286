"""Grading very many candidates on a form they share, from wide files: scores and item statistics, as files.

For examinations and trials whose candidates are kept elsewhere, by the million. What ``grade written`` would give each of
them is what they get here; but nothing enters the database except that it was done, so nothing here is decided or
certified.

Invariants:

1. A row is scored whole or set aside with its line and reason; the rest goes on.
2. A candidate who stands in the files twice, or of whom a row could not be read, is set aside with every row: which one
   counts is for a person to say.
3. Files of scores name candidates, so only their owner may read them; all are written whole, after everything was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from certengine.canonical import DIGEST_PREFIX, decimal_text
from certengine.documents.report import ItemReport, render_item_report
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import Finding, NotFound, Place, Refused
from certengine.interchange.bulk_responses import read_bulk
from certengine.interchange.bulk_scores import repeated, scores_csv
from certengine.interchange.delimited import write_csv
from certengine.model.scheme import WrittenComponent
from certengine.scoring.bulk import Tally, score_of, sums_of
from certengine.scoring.form_key import FormKey
from certengine.services.analysis import heading_of
from certengine.services.analysis_tables import analysis_tables
from certengine.services.context import Context
from certengine.services.corrected_keys import corrections_in_force
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.services.written_analysis import part_of_tally
from certengine.store import sittings as store

Progress = Callable[[int, int], None]
SHOWN = 20
"""So many rows set aside are named on the terminal; the file ``set-aside.csv`` names all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRun:
    """What a run did.

    Attributes:
        graded: rows scored. set_aside: those that were not, with their reasons.
        files: what was written; nothing for a dry run.
    """

    component: str
    graded: int
    set_aside: tuple[Finding, ...]
    files: tuple[Path, ...]


@dataclass(slots=True)
class Rows:
    """What was read of one file: a place for each row, in no order."""

    path: Path
    ids: list[NDArray[np.bytes_]] = field(default_factory=list)
    lines: list[NDArray[np.intp]] = field(default_factory=list)
    sums: list[NDArray[np.int64]] = field(default_factory=list)
    units: list[int] = field(default_factory=list)


def grade_batch(
    context: Context,
    sitting_id: str,
    files: Sequence[Path],
    output: Path,
    *,
    component: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> BatchRun:
    """Grade wide files against the one form of a sitting.

    Writes ``scores.csv``, ``item-analysis.html``, ``.csv`` and ``.json``, ``tables/*.csv``, and ``set-aside.csv`` where rows
    were set aside.

    Args:
        component: which written component, where the scheme has several with one form.

    Raises:
        NotFound: when the sitting, the component or a file does not exist.
        Refused: when the sitting is not sealed, its papers are not copies of one form, people mark some of its answers, or
            the folder cannot be written.
        InputError: when a file is no wide table of answers to this form.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    key = _key(context, loaded, _component(loaded, component))
    with ThreadPoolExecutor(1) as hasher:
        digests = [hasher.submit(_digest, path) for path in files]
        tally, everything, aside, damaged = _read(key, files, progress)
        aside += _take_out_doubtful(key, tally, everything, damaged)
        graded = sum(len(part) for rows in everything for part in rows.ids)
        aside.sort(key=Finding.sort_key)
        if dry_run:
            return BatchRun(component=key.component.id, graded=graded, set_aside=tuple(aside), files=())
        out = {"scores.csv": _scores(key, everything, loaded), **_reports(context, loaded, key, tally)}
        if aside:
            out["set-aside.csv"] = _aside_table(aside)
        else:
            with suppress(OSError):  # of an earlier run into the same folder
                (output / "set-aside.csv").unlink()
        for name, data in out.items():
            write_whole(output / name, data, mode=PRIVATE_FILE)
        _write_down(context, sitting_id, key, files, digests, graded, len(aside))
    return BatchRun(
        component=key.component.id,
        graded=graded,
        set_aside=tuple(aside),
        files=tuple(output / name for name in out),
    )


def _component(loaded: LoadedSitting, wanted: str | None) -> WrittenComponent:
    """The one written component with one form, or the one that is named."""
    written = [one for one in loaded.scheme.written if wanted in (None, one.id)]
    if not written:
        raise NotFound(
            f"the scheme has no written component `{wanted}`", hint="`certengine scheme show SCHEME` names them"
        )
    shared = [one for one in written if one.form_count == 1]
    if len(shared) == 1:
        return shared[0]
    if shared:
        raise Refused(
            f"the scheme has {len(shared)} written components with one form each",
            hint=f"name one: `--component {shared[0].id}`",
            code="batch/which-component",
        )
    raise Refused(
        "the papers of this sitting are not copies of one form",
        hint="grade them by `certengine grade written`, or draw with `forms: one`",
        code="batch/no-shared-form",
    )


def _key(context: Context, loaded: LoadedSitting, component: WrittenComponent) -> FormKey:
    with context.reading() as connection:
        papers = store.load_papers(connection, loaded.sitting.id)
        corrections = corrections_in_force(connection, loaded.sitting.id)
    paper = next(paper for paper in papers if paper.component == component.id)
    try:
        return FormKey(paper, component, loaded.banks[component.bank], corrections.get(component.bank))
    except ValueError as error:
        raise Refused(
            f"the form cannot be graded in bulk: {error}",
            hint="grade it by `certengine grade written`, which makes a queue for people",
            code="batch/needs-people",
        ) from error


def _read(
    key: FormKey, files: Sequence[Path], progress: Progress
) -> tuple[Tally, list[Rows], list[Finding], dict[str, Place]]:
    tally = Tally(key)
    everything: list[Rows] = []
    aside: list[Finding] = []
    damaged: dict[str, Place] = {}
    done = 0
    for path in files:
        rows = Rows(path)
        everything.append(rows)
        for part in read_bulk(path, key, len(key.drawn)):
            aside.extend(part.findings)
            damaged.update({one: Place(source=str(path), line=line) for one, line in part.damaged.items()})
            for chunk in part.chunks:
                sums = sums_of(key, chunk.codes)
                tally.add(chunk.codes, sums)
                rows.ids.append(chunk.ids)
                rows.lines.append(chunk.lines)
                rows.sums.append(sums)
                rows.units.append(key.unit)
                done += len(sums)
                progress(done, 0)
    return tally, everything, aside, damaged


def _take_out_doubtful(key: FormKey, tally: Tally, everything: list[Rows], damaged: dict[str, Place]) -> list[Finding]:
    """Take every row of a doubtful candidate out again, and say why; step 2 of the module."""
    counts = [sum(len(part) for part in rows.ids) for rows in everything]
    if not sum(counts):
        return []
    ids = np.concatenate([part for rows in everything for part in rows.ids])
    lines = np.concatenate([part for rows in everything for part in rows.lines])
    of_file = np.repeat(np.arange(len(everything)), counts)
    doubtful = np.zeros(len(ids), dtype=np.bool_)
    doubtful[repeated(ids)] = True
    if damaged:
        doubtful |= np.isin(ids, np.array([one.encode() for one in damaged], dtype=np.bytes_))
    if not doubtful.any():
        return []
    places: dict[bytes, list[Place]] = {}
    for at in np.flatnonzero(doubtful).tolist():
        place = Place(source=str(everything[of_file[at]].path), line=int(lines[at]))
        places.setdefault(bytes(ids[at]), []).append(place)
    for number, rows in enumerate(everything):
        _take_out(key, tally, rows, set(lines[doubtful & (of_file == number)].tolist()))
    return [
        _twice(own, place, [*(other for other in own if other != place), *unread])
        for one, own in places.items()
        for unread in [[damaged[one.decode()]] if one.decode() in damaged else []]
        for place in own
    ]


def _take_out(key: FormKey, tally: Tally, rows: Rows, lines: set[int]) -> None:
    """Read the file again for the answers of some of its rows, and take them out of tally and rows."""
    if not lines:
        return
    wanted = np.array(sorted(lines), dtype=np.intp)
    for part in read_bulk(rows.path, key, len(key.drawn)):
        for chunk in part.chunks:
            mask = np.isin(chunk.lines, wanted)
            codes = np.compress(mask, chunk.codes, axis=1)
            tally.add(codes, sums_of(key, codes), times=-1)
    for index, numbers in enumerate(rows.lines):
        keep = ~np.isin(numbers, wanted)
        rows.ids[index], rows.lines[index] = rows.ids[index][keep], numbers[keep]
        rows.sums[index] = rows.sums[index][keep]


def _twice(own: Sequence[Place], place: Place, others: Sequence[Place]) -> Finding:
    where = ", ".join(str(one) for one in others[:3])
    return Finding(
        code="batch/candidate-twice",
        message=f"set aside: the candidate of this row also stands at {where}{' and elsewhere' if len(others) > 3 else ''}",
        place=place,
        hint="keep the row that is right; none of them was graded",
    )


def _scores(key: FormKey, everything: Sequence[Rows], loaded: LoadedSitting) -> bytes:
    """Every candidate's score in the order of the files."""
    ids, texts = [np.zeros(0, dtype="S1")], [np.zeros(0, dtype="S1")]
    for rows in everything:
        if not rows.ids:
            continue
        order = np.argsort(np.concatenate(rows.lines), kind="stable")
        scale = [key.unit // unit for unit in rows.units]
        sums = np.concatenate([part * factor for part, factor in zip(rows.sums, scale, strict=True)])[order]
        distinct, inverse = np.unique(sums, return_inverse=True)
        known = [_score_text(key, int(value), loaded) for value in distinct]
        ids.append(np.concatenate(rows.ids)[order])
        texts.append(np.array(known, dtype=np.bytes_)[inverse] if known else np.zeros(0, dtype="S1"))
    return scores_csv(("candidate_id", "score"), np.concatenate(ids), np.concatenate(texts))


def _score_text(key: FormKey, units: int, loaded: LoadedSitting) -> bytes:
    return decimal_text(score_of(key, key.marks(units), loaded.scheme.rounding)).encode()


def _reports(context: Context, loaded: LoadedSitting, key: FormKey, tally: Tally) -> dict[str, bytes]:
    folder = TemplateFolder(context.workspace.template_path(loaded.scheme.certificate.template))
    heading = heading_of(context, loaded)
    written = {key.component.id: part_of_tally(key.component, loaded, key, tally)}
    page = render_item_report(ItemReport(heading=heading, written=tuple(written.values())), folder)
    return {"item-analysis.html": page.encode(), **analysis_tables(loaded, heading.at, written, {})}


def _aside_table(aside: Sequence[Finding]) -> bytes:
    return write_csv(
        ("file", "line", "code", "reason", "hint"),
        [
            (
                one.place.source if one.place else "",
                str(one.place.line) if one.place and one.place.line else "",
                one.code,
                one.message,
                one.hint or "",
            )
            for one in aside
        ],
    )


def _digest(path: Path) -> str:
    """Of a file, in a thread of its own beside the reading; an unreadable file is reported by who reads it."""
    try:
        with path.open("rb") as file:
            return DIGEST_PREFIX + hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _write_down(
    context: Context,
    sitting_id: str,
    key: FormKey,
    files: Sequence[Path],
    digests: Sequence[Future[str]],
    graded: int,
    aside: int,
) -> None:
    named = {path.name: one.result() for path, one in zip(files, digests, strict=True)}
    with context.writing() as connection:
        context.write_act(
            connection,
            context.clock(),
            "grade.batch",
            sitting_id,
            component=key.component.id,
            files=dict(named),
            graded=graded,
            set_aside=aside,
        )
