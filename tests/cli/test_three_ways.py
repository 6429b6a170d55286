"""The same marks at the bench, in the spreadsheet and on paper keyed in: the same ratings and scores, byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from certengine import aspects
from certengine.aspects import kind_of
from certengine.canonical import canonical_bytes
from certengine.documents.scoring_workbook import write_scoring_workbook
from certengine.services.results import candidate_result
from certengine.services.sittings import load
from certengine.store import bench, gradings
from tests.cli.running import done
from tests.services.small_world import NOW, PANEL, SCHEME, SITTING, STAGES, World, acting

pytestmark = pytest.mark.slow

TASK = """\
format: 1
id: T-1
title: {zh: "定位", en: "Positioning"}
minutes: 60
total: 100
brief: {zh: "把滑台移到 100 mm。", en: "Move the slide to 100 mm."}
groups:
  - id: G1
    title: {zh: "结果", en: "Result"}
    aspects:
      - {id: M1, kind: measurement, title: {zh: "位置", en: "Position"}, marks: 20, unit: mm, nominal: 100, steps: {limit: 0.05, per: 0.01, marks: 5}}
      - {id: M2, kind: measurement, title: {zh: "准确率", en: "Accuracy"}, marks: 10, line: {none_at: 0.8, full_at: 1}}
      - {id: M3, kind: measurement, title: {zh: "孔径", en: "Bore"}, marks: 10, unit: mm, limits: {at_least: 24.98, at_most: 25}}
      - {id: M4, kind: measurement, title: {zh: "急停", en: "Emergency stop"}, marks: 5, bands: [{at_least: 1, marks: 5}]}
      - {id: M5, kind: measurement, title: {zh: "点数", en: "Points"}, marks: 5, marks_each: 0.5}
  - id: G2
    title: {zh: "工艺", en: "Work"}
    aspects:
      - {id: D1, kind: deduction, title: {zh: "接线", en: "Wiring"}, marks: 20, per_fault: 5, cap: 15, faults: {zh: "缺陷", en: "faults"}}
      - {id: C1, kind: checklist, title: {zh: "断电", en: "Isolation"}, marks: 15, points: [{text: {zh: "断", en: "off"}}, {text: {zh: "锁", en: "lock"}}, {text: {zh: "验", en: "prove"}}]}
      - {id: J1, kind: judgement, title: {zh: "整洁", en: "Tidiness"}, marks: 15, levels: [{zh: "差", en: "poor"}, {zh: "合格", en: "meets"}, {zh: "好", en: "good"}, {zh: "优", en: "best"}]}
      - {id: V1, kind: veto, title: {zh: "带电", en: "Live work"}, marks: 0}
      - {id: V2, kind: veto, title: {zh: "越界", en: "Out of bounds"}, marks: 0, scope: section}
      - {id: T1, kind: time, title: {zh: "时间", en: "Time"}, marks: 0, per_minute: 1, stop: 10}
      - {id: T2, kind: gate, title: {zh: "门槛", en: "Gate"}, marks: 0, of: [G1], at_least: 0.6, before: [G2]}
"""
#: For each assessor, each row as it is written on paper, and as it is keyed at the bench.
ENTRIES = {
    "a1": {"M1": "100.07", "M2": "0.95", "M3": "25", "M4": "√", "M5": "8", "D1": "2", "C1": "ac", "J1": "2", "V1": "否", "V2": "否", "T1": "0"},
    "a2": {"M1": "100.07", "M2": "0.95", "M3": "NA", "M4": "×", "M5": "8", "D1": "5", "C1": "all", "J1": "3", "V1": "否", "V2": "否", "T1": "2.5"},
    "a3": {"M1": "99.93", "M2": "0.9", "M3": "24.98", "M4": "是", "M5": "10", "D1": "0", "C1": "none", "J1": "2", "V1": "否", "V2": "否", "T1": "3"},
}  # fmt: skip
KEYS = {
    "NA": ["-"],
    "√": ["1"],
    "是": ["1"],
    "×": ["0"],
    "否": ["0"],
    "ac": ["1", "0", "1"],
    "all": ["1"] * 3,
    "none": ["0"] * 3,
}
LABELS = ("sheet", "paper", "bench")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A sealed sitting whose task has every kind of aspect."""
    world = World(tmp_path_factory.mktemp("world"))
    root = world.stage("published")
    (root / "rubrics" / SCHEME / "tasks" / "T-1.yaml").write_text(TASK, "utf-8")
    STAGES["opened"][1](root)
    STAGES["sealed"][1](root)
    return world


def by_sheet(root: Path) -> None:
    """The exported workbooks, filled in and read back."""
    for assessor in PANEL:
        with acting(root) as context:
            loaded = load(context, SITTING)
        task = loaded.scheme.practical[0].tasks[0]
        criteria = {aspect.id: kind_of(aspect.kind).describe(aspect) for aspect in task.aspects}
        candidates = [loaded.sitting.candidate("C1")]
        path = root / f"{assessor}.xlsx"
        path.write_bytes(write_scoring_workbook(task, candidates, assessor, criteria=criteria, at=NOW))
        book = openpyxl.load_workbook(path)
        page = book["T-1"]
        for row in range(5, page.max_row + 1):
            entry = ENTRIES[assessor][str(page.cell(row, 4).value)]
            page.cell(row, 9).value = float(entry) if entry.replace(".", "").isdecimal() else entry
        book.save(path)
    done("grade", "practical", SITTING, *(f"{one}.xlsx" for one in PANEL), "--as", "admin", cwd=root)


def by_paper(root: Path) -> None:
    """The printed sheets keyed in, one file for each assessor."""
    for assessor in PANEL:
        rows = [f"C1,{aspect},{entry}" for aspect, entry in ENTRIES[assessor].items()]
        (root / f"{assessor}.csv").write_text("\n".join(["准考证号,评分项,检测结果", *rows]), "utf-8")
        done("grade", "practical", SITTING, f"{assessor}.csv", "--assessor", assessor, "--as", "admin", cwd=root)


def by_bench(root: Path) -> None:
    """Each assessor at the terminal, digits and Enter."""
    for assessor in PANEL:
        keys = [key for entry in ENTRIES[assessor].values() for key in KEYS.get(entry, [entry])]
        given = "".join(f"{key}\n" for key in ("0", "1", *keys, "+", "1", "0"))
        words = [sys.executable, "-m", "certengine_cli", "grade", "enter", SITTING, "--as", assessor]
        ran = subprocess.run(words, input=given, capture_output=True, text=True, cwd=root, check=False)
        assert ran.stdout.startswith("signed 1 of "), ran.stderr


def test_three_ways_give_the_same_bytes(sealed: World, tmp_path: Path) -> None:
    """Ratings, signatures under them and the score report are equal but for when and how they came."""
    ratings, signed, reports = [], [], []
    for label, way in zip(LABELS, (by_sheet, by_paper, by_bench), strict=True):
        root = sealed.copy("published", tmp_path / label)
        way(root)
        done("result", "decide", SITTING, "--as", "decider", cwd=root)
        with acting(root, "decider") as context:
            reports.append(canonical_bytes(candidate_result(context, SITTING, "C1").reports))
            with context.reading() as connection:
                found = sorted(gradings.load_ratings(connection, SITTING), key=lambda one: (one.assessor, one.aspect))
                ratings.append(canonical_bytes(found))
                signed.append([(one.assessor, one.entries) for one in bench.load_signatures(connection, SITTING)])

    assert {kind.id for kind in aspects.KINDS} == {
        line.split("kind: ")[1].split(",")[0] for line in TASK.split("\n") if "kind: " in line
    }
    assert len(set(ratings)) == len(set(reports)) == 1
    assert signed[0] == signed[1] == signed[2]
    assert len(found) == 33
    # G1: 10 + 20/3 + 20/3 + 10/3 + 13/3 = 31, which opens the gate; G2: 35/3 + 25/3 + 35/3; less 2 for the time.
    assert b'"exact":"182/3"' in reports[0]
    assert b'"score":"60.7"' in reports[0]
