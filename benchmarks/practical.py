"""How long it takes to decide a large practical, beside a plain script that only does the sums, in the same run.

    python benchmarks/practical.py [CANDIDATES] [--profile]

One sitting of 5,000 candidates, a task of 20 aspects, three assessors: 300,000 entries in three CSV files, as
``sitting simulate`` would write them. Seconds on the wall and processor seconds, each of one run.

- ``grade``: ``grade practical`` on the three files: read, held to every rule, stored with runs, signatures and commitments.
- ``decide``: ``result decide``: every entry read back, every aspect marked and traced, the pass standard applied, stored.
- ``plain``: the obvious alternative: ``csv.DictReader``, a dictionary of marks, the same exact arithmetic, one table in
  SQLite. No rule, no reason, no trace, no history.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

from certengine.services.context import Context, open_context
from certengine.services.rating import grade_practical
from certengine.services.results import decide_sitting
from certengine.services.setting_up import init_workspace
from certengine.services.sittings import open_sitting, seal_sitting

T = TypeVar("T")
ASPECTS, PANEL = 20, ("a1", "a2", "a3")

SCHEME = """\
format: 1
id: bench
edition: "2026"
title: {zh: "台架", en: "Bench"}
level: {scale: "cn-skill", code: "3", title: {zh: "三级", en: "Level 3"}}
languages: [zh, en]
components:
  - {id: skill, kind: practical, title: {zh: "实操", en: "Practical"}, total: 100, tasks: ["T-1"],
     panel: {assessors: 3, combine: mean, judgement_spread: 3, veto_votes: 2}}
pass_standard: {all: [{component: skill, at_least: 60}]}
rounding: {places: 1, mode: half_up}
certificate: {title: {zh: "证书", en: "Certificate"},
occupation: {zh: "工", en: "worker"}, template: "formal", number: "B{yy}{serial:06}"}
"""
CONFIG = """\
format = 1
[issuer]
id = "bench"
domain = "verify.example.org"
name = { zh = "台架", en = "Bench" }
"""
PEOPLE = {"admin": "administrator", "decider": "decider", **dict.fromkeys(PANEL, "assessor")}
TASK = """\
format: 1
id: "T-1"
title: {zh: "任务", en: "Task"}
minutes: 60
total: 100
brief: {zh: "做", en: "Do"}
groups:
  - id: "G1"
    title: {zh: "组", en: "Group"}
    aspects:
"""


def chance(*name: object, below: int) -> int:
    """The same number in every run."""
    return int.from_bytes(sha256(repr(name).encode()).digest()[:6]) % below


def aspect(number: int) -> str:
    """Ten measurements, five deductions, five judgements, of five marks each."""
    head = f'      - {{id: "X{number:02}", title: {{zh: "项", en: "Aspect"}}, marks: 5, '
    if number < 10:
        bands = "[{at_most: 0.05, marks: 5}, {at_most: 0.1, marks: 3}]"
        return f"{head}kind: measurement, unit: mm, nominal: 100, bands: {bands}}}\n"
    if number < 15:
        return f'{head}kind: deduction, per_fault: 1, faults: {{zh: "缺陷", en: "faults"}}}}\n'
    levels = ", ".join(f'{{zh: "第{n}级", en: "level {n}"}}' for n in range(4))
    return f"{head}kind: judgement, levels: [{levels}]}}\n"


def entry(candidate: int, number: int, who: str) -> str:
    """What one assessor enters."""
    if number < 10:
        return str(Decimal(9_990 + chance(candidate, number, below=22)) / 100)
    return str(chance(candidate, number, who, below=4))


def prepared(root: Path, count: int) -> tuple[Context, list[Path]]:
    """A sealed sitting, and the assessors' files."""
    init_workspace(root, sample=False)
    people = "".join(f'[[people]]\nid = "{who}"\nname = "{who}"\nroles = ["{role}"]\n' for who, role in PEOPLE.items())
    (root / "certengine.toml").write_text(CONFIG + people, "utf-8")
    folder = root / "rubrics" / "bench" / "tasks"
    folder.mkdir(parents=True)
    (folder.parent / "scheme.yaml").write_text(SCHEME, "utf-8")
    (folder / "T-1.yaml").write_text(TASK + "".join(aspect(number) for number in range(ASPECTS)), "utf-8")
    rows = "".join(f"C{number:05},考生{number}\n" for number in range(count))
    (root / "roster.csv").write_text(f"candidate_id,name\n{rows}", "utf-8")
    context = open_context(root, actor="admin")
    open_sitting(context, "bench", root / "roster.csv", sitting_id="large")
    seal_sitting(context, "large")
    files = []
    for who in PANEL:
        files.append(root / f"{who}.csv")
        with files[-1].open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("candidate_id", "task", "aspect", "assessor", "value", "remark"))
            for candidate in range(count):
                for number in range(ASPECTS):
                    value = entry(candidate, number, who)
                    writer.writerow((f"C{candidate:05}", "T-1", f"X{number:02}", who, value, ""))
    return context, files


def plain(files: list[Path], database: Path) -> dict[str, Fraction]:
    """The sums alone, as a script would do them."""
    marks: dict[str, dict[str, list[Fraction]]] = {}
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE rating (candidate, aspect, assessor, value)")
    for path in files:
        with path.open(encoding="utf-8", newline="") as source:
            rows = list(csv.DictReader(source))
        connection.executemany(
            "INSERT INTO rating VALUES (?, ?, ?, ?)",
            ((row["candidate_id"], row["aspect"], row["assessor"], row["value"]) for row in rows),
        )
        for row in rows:
            number, value = int(row["aspect"][1:]), Decimal(row["value"])
            if number < 10:
                error = abs(value - 100)
                mark = Fraction(5 if error <= Decimal("0.05") else 3 if error <= Decimal("0.1") else 0)
            else:
                mark = Fraction(max(Decimal(0), 5 - value)) if number < 15 else Fraction(5 * int(value), 3)
            marks.setdefault(row["candidate_id"], {}).setdefault(row["aspect"], []).append(mark)
    connection.commit()
    connection.close()
    return {
        candidate: sum((sum(given, Fraction(0)) / len(given) for given in aspects.values()), Fraction(0))
        for candidate, aspects in marks.items()
    }


def say(text: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def timed(name: str, work: Callable[[], T]) -> tuple[T, float]:
    """What some work gives, and its seconds on the wall."""
    wall, processor = perf_counter(), process_time()
    done = work()
    seconds = perf_counter() - wall
    say(f"{name:<8} {seconds:7.2f} s   {process_time() - processor:7.2f} s of processor time")
    return done, seconds


def main() -> None:
    """Measure, compare, and hold both ways to the same scores."""
    count = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 5_000)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "academy"
        context, files = prepared(root, count)
        say(f"{count:,} candidates, {count * ASPECTS * len(PANEL):,} entries")
        run, grade = timed("grade", lambda: grade_practical(context, "large", files))
        (decided, made), decide = timed("decide", lambda: decide_sitting(replace(context, actor="decider"), "large"))
        context.database.close()
        sums, script = timed("plain", lambda: plain(files, root / "plain.db"))
        assert (run.set_aside, decided.pending, len(made)) == ((), 0, count)
        for one in made:
            assert abs(Fraction(dict(one.scores)["skill"]) - sums[one.candidate]) <= Fraction(1, 20)
        say(f"ours     {grade + decide:7.2f} s   {(grade + decide) / script:.1f} times the plain script")


if __name__ == "__main__":
    if "--profile" in sys.argv:
        import cProfile
        import pstats

        with cProfile.Profile() as profile:
            main()
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)
    else:
        main()
