"""A sitting whose paper has an essay and a short answer that people review; six candidates, C6 trained by ``a1``."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook

from certengine.interchange.delimited import write_csv
from certengine.services.banks import publish_bank
from certengine.services.context import Context
from certengine.services.grading import GradingRun, grade_written
from certengine.services.marking import take_marks
from certengine.services.marking_queue import write_sheet
from certengine.services.sittings import open_sitting, seal_sitting
from tests.services.small_world import CANDIDATES, acting, papers

SITTING = "essays"
ESSAY, WORD = "E1", "W1"
_HEAD = """
    area: S
    level: know
    status: active
    author: chen
    reviewer: wang
    provenance: {against: {zh: "教材", en: "textbook"}, checked_by: wang, checked_on: 2026-10-09}"""
_BANK = """
format: 1
id: essays
title: {zh: "论述", en: "Essays"}
languages: [zh, en]
areas: [{id: S, title: {zh: "安全", en: "Safety"}}]
levels: [{id: know, title: {zh: "识记", en: "Know"}}]
"""
_ITEMS = f"""
format: 1
items:
  - id: E1
    kind: essay{_HEAD}
    stem: {{zh: "写出两项检查。", en: "Write two checks."}}
    lines: 10
    points: 8
    criteria:
      - {{id: dead, title: {{zh: "先验电", en: "proves dead first"}}, marks: 0}}
      - {{id: winding, title: {{zh: "绕组", en: "winding"}}, marks: 4}}
      - {{id: rotor, title: {{zh: "转子", en: "rotor"}}, marks: 4}}
    caps: [{{at_most: 4, unless: dead}}]
    model_answer: {{zh: "先验电，再测绕组和转子。", en: "Prove dead, then winding and rotor."}}
  - id: W1
    kind: short_answer{_HEAD}
    stem: {{zh: "叫什么？", en: "What is it called?"}}
    accepted: [{{zh: "互锁", en: "interlock"}}]
  - id: T1
    kind: true_false{_HEAD}
    stem: {{zh: "上锁后再检修。", en: "Lock out before servicing."}}
    key: true
"""
_SCHEME = """
format: 1
id: essay-l3
edition: "2026"
title: {zh: "论述三级", en: "Essay level 3"}
level: {scale: cn-skill, code: "3", title: {zh: "三级", en: "Level 3"}}
languages: [zh, en]
components:
  - id: theory
    kind: written
    title: {zh: "理论", en: "Theory"}
    bank: essays
    minutes: 30
    total: 40
    sections:
      - {id: judge, title: {zh: "判断", en: "True or false"}, kind: true_false, marks: 4, cells: [{area: S, level: know, count: 1}]}
      - {id: word, title: {zh: "简答", en: "Word"}, kind: short_answer, marks: 4, policy: reviewed, cells: [{area: S, level: know, count: 1}]}
      - {id: essay, title: {zh: "论述", en: "Essay"}, kind: essay, marks: 32, policy: rubric, MARKING cells: [{area: S, level: know, count: 1}]}
pass_standard: {component: theory, at_least: 24}
rounding: {places: 1, mode: half_up}
certificate:
  title: {zh: "证书", en: "Certificate"}
  occupation: {zh: "小样工", en: "Sampler"}
  template: formal
  number: "E{yy}{level}{serial:04}"
"""
_ROSTER = "candidate_id,name,trainers\n" + "".join(
    f"{one},欧阳{one},{'a1' if one == 'C6' else ''}\n" for one in CANDIDATES
)
WORDS = {one: f"{one} 先验电，再测绕组。" for one in CANDIDATES}


def make_essays(root: Path, marking: str = "marking: {spread: 1},") -> Path:
    """The sitting, sealed, in a workspace of the small academy; ``marking`` is the rule of the essay's section."""
    bank, scheme = root / "question_banks" / "essays", root / "rubrics" / "essay-l3"
    (bank / "items").mkdir(parents=True)
    scheme.mkdir(parents=True)
    (bank / "bank.yaml").write_text(_BANK, encoding="utf-8")
    (bank / "items" / "all.yaml").write_text(_ITEMS, encoding="utf-8")
    (scheme / "scheme.yaml").write_text(_SCHEME.replace("MARKING", marking), encoding="utf-8")
    (root / "essays.csv").write_text(_ROSTER, encoding="utf-8")
    with acting(root) as context:
        publish_bank(context, "essays", reason="first")
        open_sitting(context, "essay-l3", root / "essays.csv", sitting_id=SITTING)
        seal_sitting(context, SITTING)
    return root


def answers(context: Context, path: Path, **changed: dict[str, str]) -> Path:
    """A response file: the statement right, ``interlock``, and an essay of each candidate's own words; or as changed."""
    rows = []
    for paper in papers(context, SITTING):
        given = {"q1": "A", "q2": "interlock", "q3": WORDS[paper.candidate]} | changed.get(paper.candidate, {})
        rows.append((paper.candidate, paper.id, given["q1"], given["q2"], given["q3"]))
    path.write_bytes(write_csv(("candidate_id", "paper_id", "q1", "q2", "q3"), rows))
    return path


def graded(root: Path, **changed: dict[str, str]) -> GradingRun:
    """The answers, graded as far as no person is needed."""
    with acting(root) as context:
        return grade_written(context, SITTING, [answers(context, root / "answers.csv", **changed)])


def read_sheet(path: Path) -> list[dict[str, str]]:
    """The rows of a marking sheet by heading."""
    if path.suffix == ".csv":
        return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    header, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [
        dict(zip(map(str, header), ("" if cell is None else str(cell) for cell in row), strict=True)) for row in rows
    ]


def fill(path: Path, give: Callable[[dict[str, str]], dict[str, str]]) -> Path:
    """A marking sheet with what a marker writes into each row: headings begin with the id after ``points``."""
    rows = read_sheet(path)
    header = list(rows[0])
    filled = []
    for row in rows:
        written = give(row)
        named = {
            next(h for h in header if h in {name, f"points {name} (0-1)", f"points {name} (0-4)"}): text
            for name, text in written.items()
        }
        filled.append(tuple((row | named)[heading] for heading in header))
    done = path.with_name(f"{path.stem}-done.csv")
    done.write_bytes(write_csv(header, filled))
    return done


def points(dead: int, winding: int, rotor: int) -> dict[str, str]:
    """The points of a row."""
    return {"dead": str(dead), "winding": str(winding), "rotor": str(rotor)}


def handed(root: Path, marker: str, item: str = ESSAY, name: str | None = None) -> Path:
    """The marking sheet that a marker is handed."""
    path = root / (name or f"{marker}-{item}.csv")
    with acting(root, entropy="marking") as context:
        write_sheet(context, SITTING, path, item=item, marker=marker)
    return path


def mark(root: Path, marker: str, give: Callable[[dict[str, str]], dict[str, str]], item: str = ESSAY) -> GradingRun:
    """A marker takes what waits for them and gives points; the sheet is read back."""
    sheet = fill(handed(root, marker, item), give)
    with acting(root) as context:
        return take_marks(context, SITTING, [sheet])
