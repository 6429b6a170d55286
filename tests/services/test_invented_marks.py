"""Invented marking: sheets of a trial that are taken whole, in the order of their names, and leave nothing waiting."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.services.analysis import analyse_sitting
from certengine.services.grading import grade_written
from certengine.services.marking import take_marks
from certengine.services.marking_queue import queue
from certengine.services.results import decide_sitting
from certengine.services.simulation import SimulatedFiles, simulate_sitting
from certengine.store.gradings import latest_written
from tests.services.essay_world import ESSAY, SITTING, make_essays
from tests.services.small_world import acting, rows_of

At = Callable[[str], Path]


@pytest.fixture
def root(at: At) -> Path:
    """The sitting with essays, every one marked twice."""
    return make_essays(at("workspace"), "marking: {second_one_in: 1, spread: 1},")


def simulated(root: Path, folder: str = "trial", **options: int) -> SimulatedFiles:
    """What is invented for it."""
    with acting(root, entropy="marking") as context:
        return simulate_sitting(context, SITTING, root / folder, **options)


def test_everything_is_settled(root: Path) -> None:
    """Every row of every sheet is taken, nothing waits, and everybody can be decided on."""
    files = simulated(root)
    assert files.responses is not None
    with acting(root) as context:
        grade_written(context, SITTING, [files.responses])
        run = take_marks(context, SITTING, files.marking)
        items = queue(context, SITTING)
    with acting(root, "decider") as context:
        decided, _ = decide_sitting(context, SITTING)

    assert ((), 0) == (run.set_aside, run.waiting)
    assert {0} == {one.first + one.second + one.third for one in items}
    assert (6, 0) == (decided.passed + decided.failed, decided.pending)


def test_two_rounds_at_least_and_never_the_same_marker(root: Path) -> None:
    """Each answer is on the sheets of two or three markers, the trainer's own candidate on none of the trainer's."""
    files = simulated(root)
    marked: dict[str, list[str]] = {}
    for path in files.marking:
        for line in path.read_text("utf-8-sig").splitlines()[1:]:
            script, item, marker = line.split(",")[:3]
            if item == ESSAY:
                marked.setdefault(script, []).append(marker)

    assert {len(markers) for markers in marked.values()} <= {2, 3}
    assert all(len(markers) == len(set(markers)) for markers in marked.values())
    assert sorted(path.name for path in files.marking) == [path.name for path in files.marking]


def test_the_same_seed_gives_the_same_bytes(root: Path) -> None:
    """A second run writes the same sheets, into the database nothing any more; another seed gives other points."""
    first = simulated(root)
    with acting(root) as context:
        before = rows_of(context)
    again, other = simulated(root, "again"), simulated(root, "other", seed=2)
    with acting(root) as context:
        after = rows_of(context)

    assert [path.read_bytes() for path in first.marking] == [path.read_bytes() for path in again.marking]
    assert [path.read_bytes() for path in first.marking] != [path.read_bytes() for path in other.marking]
    assert before == after


def test_analysis_copes_with_partial_marks(root: Path) -> None:
    """Before the markers only blank essays say anything, afterwards the difficulty is the mean of what was earned."""
    files = simulated(root)
    assert files.responses is not None
    found = {}
    for name in ("before", "after"):
        with acting(root) as context:
            if name == "before":
                grade_written(context, SITTING, [files.responses])
            else:
                take_marks(context, SITTING, files.marking)
            analyse_sitting(context, SITTING, root / name)
            with context.reading() as connection:
                reports = [report for _, report in latest_written(connection, SITTING)]
        with (root / name / "item-analysis.csv").open(encoding="utf-8-sig") as table:
            found[name] = [row for row in csv.DictReader(table) if row["item"] == ESSAY]
    shares = [score.earned / 32 for report in reports for score in report.items if score.item == ESSAY]

    assert all(row["n"] == row["blank"] for row in found["before"])
    assert [("6", f"{float(sum(shares) / 6):.4f}")] == [(row["n"], row["p"]) for row in found["after"]]
    assert 0 < sum(shares) < 6
