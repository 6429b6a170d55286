"""The three sample practical tasks: a hundred marks each, shared out as the subject experts agreed, whole in both languages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from certengine.model.scheme import Task
from certengine.model.text import Text
from certengine.workspace.scheme_files import read_scheme

ROOT = Path(__file__).resolve().parents[2]

# Marks by kind of aspect, and vetoes: measured, deducted for faults, judged.
AGREED = {
    "A-P1": ({"measurement": 54, "deduction": 28, "judgement": 18}, 3),
    "B-P1": ({"measurement": 60, "deduction": 28, "judgement": 12}, 4),
    "C-P1": ({"measurement": 64, "deduction": 18, "judgement": 18}, 2),
}


def _tasks() -> Iterator[Task]:
    for folder in sorted((ROOT / "rubrics").iterdir()):
        scheme, _ = read_scheme(folder, ROOT)
        assert scheme is not None
        for component in scheme.practical:
            yield from component.tasks


TASKS = {task.id: task for task in _tasks()}


@pytest.mark.parametrize("task_id", AGREED)
def test_hundred_marks_shared_out_as_agreed(task_id: str) -> None:
    """A task has a hundred marks, so many of them measured, deducted and judged, and its vetoes carry none."""
    shares: defaultdict[str, Decimal] = defaultdict(Decimal)
    for aspect in TASKS[task_id].aspects:
        shares[aspect.kind] += aspect.marks
    marks, vetoes = AGREED[task_id]

    assert shares.pop("veto") == 0
    assert dict(shares) == {kind: Decimal(share) for kind, share in marks.items()}
    assert [aspect.kind for aspect in TASKS[task_id].aspects].count("veto") == vetoes
    assert sum(marks.values()) == TASKS[task_id].total == 100


@pytest.mark.parametrize("task_id", AGREED)
def test_site_list_task_sheet_and_scoring_sheet_are_whole(task_id: str) -> None:
    """What the site prepares, what the candidate is told and what assessors look for stand in both languages."""
    task = TASKS[task_id]
    texts: list[Text | None] = [task.title, task.brief, *(task.requirements or ())]
    for position in task.site or ():
        texts += [position.title, position.specification]
    for group in task.groups:
        texts += [group.title, *(aspect.title for aspect in group.aspects)]

    assert len(task.site or ()) >= 10
    assert len(task.requirements or ()) >= 5
    assert [text for text in texts if text is None or set(text.languages) != {"zh", "en"}] == []


@pytest.mark.parametrize("task_id", AGREED)
def test_requirements_say_when_work_stops(task_id: str) -> None:
    """The candidate is told how long the task takes, and that work stops when time is up."""
    task = TASKS[task_id]
    told = " ".join(text.best("en") for text in task.requirements or ())

    assert f"Time allowed: {task.minutes} minutes; work stops when time is up." in told
