"""How long grading 10,000 candidates takes who have 10,000 different papers, through the command line into SQLite.

    python benchmarks/grading.py [CANDIDATES]

One bank of 400 items (single choice, true or false, numeric with parameters), papers of 100 items, each candidate with a
paper of their own; answers as a wide CSV, three in four right, some blank, doubly marked or unreadable. Drawing and sealing
stand outside what is timed.

- ``grade written``: the command as typed, from starting Python to the last row: every response, mark and reason kept.
  Seconds on the wall, and of the processors, for other programs may share the machine.
- ``memory``: the greatest sum of what the command's processes hold at once (``/proc``), sampled; and that of the first fifth
  of the papers in a copy of the academy, for what a further paper holds.
- ``row by row``: the obvious alternative in the same run, on a twentieth of the papers: each paper loaded by itself, read and
  scored by the same functions, made canonical JSON, not written. The ratio is of processor seconds for each paper.

The database has a mark and a reason for each item afterwards; what is kept for each paper is told in bytes.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter, process_time, sleep

from certengine.canonical import canonical_bytes
from certengine.items import kind_of
from certengine.scoring.written import read_sheet, score_written
from certengine.services.context import open_context
from certengine.services.sittings import load
from certengine.store.sittings import load_paper, load_papers

ITEMS, CHOICES, STATEMENTS, NUMBERS = 400, 60, 20, 20
HEAD = """\
format: 1
id: large
title: {zh: "大题库", en: "Large bank"}
languages: [zh, en]
areas: [{id: A, title: {zh: "甲", en: "A"}}]
levels: [{id: know, title: {zh: "识记", en: "Know"}}]
"""
COMMON = """\
  - id: "{id}"
    kind: {kind}
    area: A
    level: know
    status: active
    author: chen
    reviewer: wang
    provenance: {{against: {{zh: "教材", en: "textbook"}}, checked_by: wang, checked_on: 2026-10-09}}
"""


def section(name: str, kind: str, count: int) -> str:
    """A section of so many items, a mark each."""
    cell = f"{{area: A, level: know, count: {count}}}"
    return f'      - {{id: {name}, title: {{zh: "{name}", en: "{name}"}}, kind: {kind}, marks: 1, cells: [{cell}]}}'


SCHEME = f"""\
format: 1
id: large-l3
edition: "2026"
title: {{zh: "大样三级", en: "Large level 3"}}
level: {{scale: cn-skill, code: "3", title: {{zh: "三级", en: "Level 3"}}}}
languages: [zh, en]
components:
  - id: theory
    kind: written
    title: {{zh: "理论", en: "Theory"}}
    bank: large
    minutes: 90
    total: {CHOICES + STATEMENTS + NUMBERS}
    exposure: independent
    sections:
{section("single", "single_choice", CHOICES)}
{section("judge", "true_false", STATEMENTS)}
{section("reckon", "numeric", NUMBERS)}
pass_standard: {{component: theory, at_least: 60}}
rounding: {{places: 1, mode: half_up}}
certificate:
  title: {{zh: "证书", en: "Certificate"}}
  occupation: {{zh: "工", en: "Worker"}}
  template: formal
  number: "L{{yy}}{{level}}{{serial:06}}"
"""


def items() -> Iterator[str]:
    """The bank's items as YAML, always the same."""
    for number in range(ITEMS):
        kind = ("single_choice", "single_choice", "single_choice", "true_false", "numeric")[number % 5]
        yield COMMON.format(id=f"I{number:03}", kind=kind)
        if kind == "numeric":
            yield (
                f'    stem: {{zh: "第 {number} 题：{{U}} V、{{I}} A？", en: "Item {number}: {{U}} V, {{I}} A?"}}\n'
                "    parameters: {U: {values: [12, 24, 230]}, I: {min: 1, max: 9, step: 1}}\n"
                '    key: "U*I"\n    unit: "W"\n    places: 0\n    tolerance: {absolute: 0}\n'
            )
        elif kind == "true_false":
            key = str(number % 2 == 0).lower()
            yield f'    stem: {{zh: "第 {number} 题对吗？", en: "Is {number} so?"}}\n    key: {key}\n'
        else:
            yield f'    stem: {{zh: "第 {number} 题？", en: "Item {number}?"}}\n    options:\n'
            for letter in "abcd":
                yield f'      - {{id: {letter}, text: {{zh: "选项 {number}{letter}", en: "option {number}{letter}"}}}}\n'
            yield "    key: a\n"


def certengine(root: Path, *words: str) -> None:
    """One command that must end well."""
    words = (sys.executable, "-m", "certengine_cli", *words)
    subprocess.run(words, cwd=root, check=True, capture_output=True)  # noqa: S603  # our own words


def make_sitting(folder: Path, candidates: int) -> Path:
    """A sealed sitting of so many, and their answers in ``responses.csv``."""
    root = folder / "academy"
    certengine(folder, "init", str(root))
    bank, scheme = root / "question_banks" / "large", root / "rubrics" / "large-l3"
    (bank / "items").mkdir(parents=True)
    scheme.mkdir(parents=True)
    (bank / "bank.yaml").write_text(HEAD, encoding="utf-8")
    (bank / "items" / "all.yaml").write_text("format: 1\nitems:\n" + "".join(items()), encoding="utf-8")
    (scheme / "scheme.yaml").write_text(SCHEME, encoding="utf-8")
    roster = "".join(f"C{number:05},考生{number}\n" for number in range(candidates))
    (root / "roster.csv").write_text(f"candidate_id,name\n{roster}", encoding="utf-8")
    certengine(root, "bank", "publish", "large")
    certengine(root, "sitting", "open", "large-l3", "--candidates", "roster.csv", "--id", "bench")
    certengine(root, "sitting", "seal", "bench")
    write_responses(root)
    return root


def write_responses(root: Path) -> None:
    """Answers to every paper: three in four right."""
    dice = random.Random(7)  # noqa: S311  # invented answers
    context = open_context(root)
    loaded = load(context, "bench")
    by_id = {item.id: item for item in loaded.banks["large"].contents.items}
    with context.reading() as connection, (root / "responses.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["candidate_id", "paper_id", *(f"q{n + 1}" for n in range(CHOICES + STATEMENTS + NUMBERS))])
        for paper in load_papers(connection, "bench"):
            answers = []
            for drawn in paper.items:
                item = by_id[drawn.item]
                right = kind_of(item.kind).answer(item.content, drawn.variant).removesuffix(" √").removesuffix(" ×")
                wrong = ["", "AB", "?", "A", "B", "C", "D", "100", "36 W"]
                answers.append(right if dice.random() < 0.75 else dice.choice(wrong))
            writer.writerow([paper.candidate, paper.id, *answers])
    context.database.close()


def held(process: int) -> int:
    """Bytes that a process and its children hold now; what several share counts once for each."""
    total = 0
    todo = [process]
    while todo:
        one = todo.pop()
        try:
            status = Path(f"/proc/{one}/smaps_rollup").read_text("ascii")
            total += 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("Pss:")))
            todo.extend(int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text("ascii").split())
        except (OSError, StopIteration):  # it ended meanwhile
            continue
    return total


def graded(root: Path) -> tuple[float, float, int]:
    """Seconds on the wall and of the processors, and greatest memory, of the command."""
    words = [sys.executable, "-m", "certengine_cli", "grade", "written", "bench", "responses.csv"]
    peak = [0]
    before = getrusage(RUSAGE_CHILDREN)
    started = perf_counter()
    with subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own words
        done = threading.Event()

        def watch() -> None:
            while not done.is_set():
                peak[0] = max(peak[0], held(process.pid))
                sleep(0.1)

        watcher = threading.Thread(target=watch)
        watcher.start()
        said, _ = process.communicate()
        seconds = perf_counter() - started
        done.set()
        watcher.join()
    say(said.strip())
    if process.returncode:
        sys.exit(process.returncode)
    after = getrusage(RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, busy, peak[0]


def held_by_a_fifth(root: Path, papers: int) -> int:
    """Greatest memory of the command with so many of the answers, in a copy."""
    copy = root.with_name("fifth")
    shutil.copytree(root, copy)
    lines = (root / "responses.csv").read_text("utf-8").splitlines(keepends=True)
    (copy / "responses.csv").write_text("".join(lines[: papers + 1]), encoding="utf-8")
    _, _, memory = graded(copy)
    shutil.rmtree(copy)
    return memory


def row_by_row(root: Path, papers: int) -> float:
    """Processor seconds of the obvious loop over so many papers."""
    context = open_context(root)
    loaded = load(context, "bench")
    component = loaded.scheme.written[0]
    bank = loaded.banks["large"]
    with (root / "responses.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for _, row in zip(range(papers), csv.DictReader(file), strict=False)]
    started = process_time()
    with context.reading() as connection:
        for row in rows:
            paper = load_paper(connection, row["paper_id"])
            raw = {drawn.position: row[f"q{drawn.position}"] for drawn in paper.items}
            sheet, _ = read_sheet(paper, bank, raw)
            report = score_written(paper, sheet, component, bank, loaded.scheme.rounding)
            canonical_bytes(sheet)
            canonical_bytes(report)
    seconds = process_time() - started
    context.database.close()
    return seconds


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    candidates = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    os.environ.setdefault("CERTENGINE_ACTOR", "bench")
    with tempfile.TemporaryDirectory() as folder:
        root = make_sitting(Path(folder), candidates)
        say(f"drew and sealed {candidates} papers of 100 items, and invented answers (not timed)")
        fewer, few = candidates // 5, held_by_a_fifth(root, candidates // 5)
        before = (root / "certengine.db").stat().st_size
        seconds, busy, memory = graded(root)
        sample = max(1, candidates // 20)
        alike = row_by_row(root, sample) * candidates / sample
        kept = ((root / "certengine.db").stat().st_size - before) / candidates
    say(f"grade written  {seconds:6.1f} s on the wall  {busy:6.1f} s of processors  {memory / 1e6:5.0f} MB")
    further = (memory - few) / (candidates - fewer)
    say(f"a fifth        {few / 1e6:.0f} MB for {fewer} papers: {further:.0f} bytes for a further one")
    say(f"row by row                          {alike:6.1f} s of processors  {alike / busy:.1f} times as long")
    say(f"kept           {kept:.0f} bytes for each paper: 100 responses, marks and reasons in two languages")


if __name__ == "__main__":
    main()
