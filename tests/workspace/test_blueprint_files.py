"""Blueprints and pools of tasks as people write them: what is read, and what each slip is told."""

from __future__ import annotations

import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from certengine.canonical import canonical_bytes
from certengine.model.scheme import Scheme
from certengine.revival import revive
from certengine.workspace.scheme_files import read_scheme

GOOD = Path(__file__).parents[1] / "services" / "academy" / "rubrics" / "small-l3"
FIRST = "        cells: [{area: S, level: know, count: 2}]"
TIME = "    minutes: 30\n"
TASKS = "    tasks: [T-1]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a sound scheme with three more tasks of half the marks."""
    folder = Path(shutil.copytree(GOOD, tmp_path / "small-l3"))
    half = re.sub(
        r"marks: (\d+)", lambda match: f"marks: {int(match[1]) // 2}", (folder / "tasks/T-1.yaml").read_text()
    )
    for name in ("P1", "E1", "E2"):
        text = (
            half.replace("id: T-1", f"id: {name}")
            .replace("total: 100", "total: 50")
            .replace("minutes: 60", "minutes: 25")
        )
        (folder / "tasks" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def read(folder: Path, old: str, new: str) -> tuple[Scheme | None, list[str]]:
    """The scheme and what is found in it after one text was changed."""
    path = folder / "scheme.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    scheme, findings = read_scheme(folder, folder)
    return scheme, [str(one) for one in findings]


def test_everything_a_blueprint_can_say(folder: Path) -> None:
    """Ranges, rules over the whole paper, forms and overlap are read, and come back from the store the same."""
    new = f"""{TIME}    difficulty: {{mean: 0.65, tolerance: 0.02}}
    expected_minutes: {{max: 28.5}}
    importance: {{X: {{min: 0.6}}, Z: {{max: 0.1}}}}
    forms: 4
    cut_ability: 0.4
    overlap: 2
    retakers: any
"""
    scheme, found = read(folder, TIME, new)

    assert scheme is not None
    component = scheme.written[0]
    assert [] == found
    assert component.difficulty is not None
    assert component.importance is not None
    assert (Decimal("0.65"), 4, 4, 2, 5) == (
        component.difficulty.mean,
        component.forms,
        component.form_count,
        component.overlap,
        component.count,
    )
    assert scheme == revive(Scheme, canonical_bytes(scheme).decode())


@pytest.mark.parametrize(("forms", "count"), [("one", 1), ("unique", None), ("2", 2)])
def test_forms(folder: Path, forms: str, count: int | None) -> None:
    """One form, so many forms, or a paper for each candidate; and back from the store."""
    scheme, found = read(folder, TIME, f"{TIME}    forms: {forms}\n")

    assert ([], count) == (found, scheme.written[0].form_count if scheme else "nothing")
    assert scheme == revive(Scheme, canonical_bytes(scheme).decode())


def test_cells_with_ranges(folder: Path) -> None:
    """A section with ranges says how many items it has."""
    cells = "{area: S, level: know, min: 1, max: 2}, {area: M, level: know, max: 1}, {area: M, level: know2, min: 0}"
    scheme, found = read(folder, FIRST, f"        items: 2\n        cells: [{cells}]")

    assert scheme is not None
    section = scheme.written[0].sections[0]
    assert ([], 2, Decimal(40)) == (found, section.count, section.total)
    assert [(1, 2), (0, 1), (0, None)] == [(cell.least, cell.most) for cell in section.cells]


def test_a_section_of_sets(folder: Path) -> None:
    """Two sets of three items of any kind have six items."""
    new = (
        "kind: stimulus_set\n        set_size: 3\n        marks: 10\n        cells: [{area: S, level: know, count: 1}]"
    )
    old = "kind: numeric\n        marks: 30\n        cells: [{area: M, level: know, count: 1}]"
    scheme, found = read(folder, old, new)

    assert ([], 3) == (found, scheme.written[0].sections[3].count if scheme else 0)


CELL = "{area: S, level: know, count: 2}"
SLIPS = {
    "range-and-count": (CELL, "{area: S, level: know, count: 2, max: 3}", "19:17: cell S x know has both a count and a range [scheme/cell-count]"),
    "neither": (FIRST, "        items: 2\n        cells: [{area: S, level: know}]", "20:17: cell S x know has neither a count nor a range [scheme/cell-count]"),
    "turned-range": (FIRST, "        items: 2\n        cells: [{area: S, level: know, min: 3, max: 2}]", "20:17: cell S x know takes 3 to 2 [scheme/cell-count]"),
    "negative": (FIRST, "        items: 2\n        cells: [{area: S, level: know, min: -1}]", "20:17: cell S x know takes -1 to any number [scheme/cell-count]"),
    "no-items": (CELL, "{area: S, level: know, min: 2, max: 3}", "15:9: section `single` has cells with ranges, and does not say how many items it has [scheme/section-items]"),
    "too-many-items": (FIRST, "        items: 2\n        cells: [{area: S, level: know, min: 0, max: 1}]", "19:16: section `single` has 2 items, its cells take 0 to 1 [scheme/section-items]"),
    "too-few-items": (FIRST, "        items: 2\n        cells: [{area: S, level: know, min: 3}]", "19:16: section `single` has 2 items, its cells take 3 to any number [scheme/section-items]"),
    "items-beside-counts": (FIRST, f"        items: 2\n        cells: [{CELL}, {{area: M, level: know, count: 1}}]", "19:16: section `single` has 2 items, its cells take 3 [scheme/section-items]"),
    "set-without-size": ("kind: numeric", "kind: stimulus_set", "30:9: section `reckon` takes sets and does not say of how many items [scheme/set-size]"),
    "size-without-set": ("kind: numeric", "kind: numeric\n        set_size: 1", "33:19: section `reckon` takes no sets [scheme/set-size]"),
    "policy-of-no-kind": ("kind: numeric", "kind: stimulus_set\n        set_size: 1\n        policy: perhaps", "34:17: `perhaps` is not a policy of stimulus_set; did you mean `per_gap`? [scheme/unknown-policy]"),
    "difficulty": (TIME, f"{TIME}    difficulty: {{mean: 65, tolerance: 0.1}}\n", "13:17: mean and tolerance lie between 0 and 1, given: 65 and 0.1 [scheme/difficulty]"),
    "cut-ability": (TIME, f"{TIME}    cut_ability: 60\n", "13:18: no cut lies at 60 logits [scheme/cut-ability]"),
    "minutes": (TIME, f"{TIME}    expected_minutes: {{min: 30, max: 20}}\n", "13:23: no paper takes 30 to 20 minutes [scheme/expected-minutes]"),
    "no-minutes": (TIME, f"{TIME}    expected_minutes: {{max: -1}}\n", "13:23: no paper takes any number to -1 minutes [scheme/expected-minutes]"),
    "share": (TIME, f"{TIME}    importance: {{X: {{min: 60}}}}\n", "13:21: a share lies between 0 and 1, its `min` not above its `max`, given for X: 60 to 1 [scheme/importance]"),
    "no-share": (TIME, f"{TIME}    importance: {{Y: {{}}}}\n", "13:21: a share lies between 0 and 1, its `min` not above its `max`, given for Y: 0 to 1 [scheme/importance]"),
    "shares-too-large": (TIME, f"{TIME}    importance: {{X: {{min: 0.6}}, Y: {{min: 0.6}}}}\n", "13:17: the shares of X, Y and Z add up to 1.2 at least and 3 at most, which no paper meets [scheme/importance]"),
    "shares-too-small": (TIME, f"{TIME}    importance: {{X: {{max: 0.1}}, Y: {{max: 0.2}}, Z: {{max: 0}}}}\n", "13:17: the shares of X, Y and Z add up to 0 at least and 0.3 at most, which no paper meets [scheme/importance]"),
    "forms": (TIME, f"{TIME}    forms: 21\n", "13:12: there are `one`, 2 to 20 or `unique` forms, given: 21 [scheme/forms]"),
    "one-form-as-number": (TIME, f"{TIME}    forms: 1\n", "13:12: there are `one`, 2 to 20 or `unique` forms, given: 1 [scheme/forms]"),
    "overlap": (TIME, f"{TIME}    overlap: 5\n", "13:14: papers of 5 items share 0 to 4 of them, given: 5 [scheme/overlap]"),
    "exposure": (TIME, f"{TIME}    forms: one\n    exposure: even\n", "14:15: `exposure` is for unique papers; forms are each seen by many [scheme/exposure]"),
    "no-pool": (TASKS, "", "35:5: `bench` has neither `tasks` nor parts [scheme/task-pool]"),
    "two-pools": (TASKS, f"{TASKS}    compulsory: [P1]\n", "35:5: `bench` has both `tasks` and parts [scheme/task-pool]"),
    "unknown-part": (TASKS, "    compulsory: [P1]\n    elective: {choose: 1, of: [E1, X9]}\n", "40:36: task `X9` is not in `tasks/` [scheme/unknown-task]"),
    "part-twice": (TASKS, "    compulsory: [P1]\n    elective: {choose: 1, of: [E1, P1]}\n", "35:5: `bench` names a part twice [scheme/task-twice]"),
    "none-chosen": (TASKS, "    compulsory: [P1]\n    elective: {choose: 3, of: [E1, E2]}\n", "40:24: of 2 elective parts 3 cannot be chosen [scheme/elective]"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_one_slip_is_found(folder: Path, slip: str) -> None:
    """What is wrong is said once, with its place; a sum that follows from it may differ too."""
    old, new, finding = SLIPS[slip]
    _, found = read(folder, old, new)

    assert [f"scheme.yaml:{finding}"] == [
        one for one in found if not one.endswith(("[scheme/total]", "[scheme/no-tasks]", "[scheme/empty-section]"))
    ]


def test_too_many_combinations(folder: Path) -> None:
    """The combinations that are drawn from can be counted before any draw."""
    for n in range(12):
        text = (folder / "tasks/E1.yaml").read_text("utf-8").replace("id: E1", f"id: M{n}")
        (folder / "tasks" / f"M{n}.yaml").write_text(text, encoding="utf-8")
    parts = ", ".join(f"M{n}" for n in range(12))
    _, found = read(folder, TASKS, f"    elective: {{choose: 6, of: [{parts}]}}\n")

    assert (
        "scheme.yaml:39:15: 6 of 12 parts make 924 combinations, more than the 200 that are drawn from [scheme/elective]"
        in found
    )


def test_compulsory_and_elective_parts_are_tasks_of_their_own(folder: Path) -> None:
    """Each combination has the marks and minutes of its parts, and every aspect an id of its own."""
    scheme, found = read(folder, TASKS, "    compulsory: [P1]\n    elective: {choose: 1, of: [E1, E2]}\n")

    assert scheme is not None
    tasks = scheme.practical[0].tasks
    assert [] == found
    assert [("P1_E1", 50, 100), ("P1_E2", 50, 100)] == [(task.id, task.minutes, task.total) for task in tasks]
    assert ["P1.M1", "P1.D1", "P1.J1", "P1.V1", "E1.M1", "E1.D1", "E1.J1", "E1.V1"] == [
        aspect.id for aspect in tasks[0].aspects
    ]
    assert "定位；定位" == tasks[0].title.best("zh")
    assert scheme == revive(Scheme, canonical_bytes(scheme).decode())


def test_names_in_a_rule_follow_into_the_combination(folder: Path) -> None:
    """A veto that names an aspect of its part names it by the longer id in the combined task."""
    part = folder / "tasks" / "P1.yaml"
    text = part.read_text("utf-8")
    part.write_text(text.replace("kind: veto\n", "kind: veto\n        scope: aspect\n        of: [M1]\n"), "utf-8")
    scheme, _ = read(folder, TASKS, "    compulsory: [P1]\n    elective: {choose: 1, of: [E1, E2]}\n")

    assert scheme is not None
    assert ("P1.M1",) == scheme.practical[0].tasks[0].aspect("P1.V1").rule.of


@pytest.mark.parametrize(
    ("pool", "tasks"),
    [
        ("    compulsory: [T-1]\n", ["T-1"]),
        ("    elective: {choose: 2, of: [P1, E1, E2]}\n", ["P1_E1", "P1_E2", "E1_E2"]),
    ],
)
def test_pools_of_one_sort(folder: Path, pool: str, tasks: list[str]) -> None:
    """Only compulsory parts are one task for all; only elective ones are all ways to choose."""
    scheme, found = read(folder, TASKS, pool)

    assert ([], tasks) == (found, [task.id for task in scheme.practical[0].tasks] if scheme else [])
