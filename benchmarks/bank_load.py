"""How long a bank of 5,000 items takes to read and check, cold and remembered, beside the obvious alternative in the same run.

    python benchmarks/bank_load.py [ITEMS]

Measured, each as the best of a few runs, in seconds of the processor and on the clock:

- ``read and check``: everything ``certengine bank check`` does to a bank's files, cold.
- ``remembering it``: the same, and writing the cache; ``remembered``: from the cache, no file changed since;
  ``but one file``: one of the fifty changed.
- ``published``: the newest version from the database, with the digest of every item.
- Commands ``as typed``, starting the program included.
- ``YAML only``: reading the same files as data with places, without binding or checking.
- ``round trip``: the obvious alternative, loading them with ruamel.yaml's round-trip loader, which keeps places too but
  binds and checks nothing. Ratios are to it.

The bank is generated from a fixed seed, in the proportions of the sample banks: 50 files, two languages, four kinds.
"""

from __future__ import annotations

import gc
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

from ruamel.yaml import YAML

from certengine.store.engine import Database
from certengine.store.versions import load_bank
from certengine.workspace.bank_cache import recall_bank
from certengine.workspace.bank_files import read_bank
from certengine.workspace.yaml_source import read_yaml

FILES = 50
HEAD = """\
format: 1
id: large
title: {zh: "大题库", en: "Large bank"}
languages: [zh, en]
areas:
  - {id: A, title: {zh: "甲", en: "A"}}
  - {id: B, title: {zh: "乙", en: "B"}}
levels:
  - {id: know, title: {zh: "识记", en: "Know"}}
  - {id: apply, title: {zh: "应用", en: "Apply"}}
"""
COMMON = """\
  - id: "I{number:05}"
    kind: {kind}
    area: {area}
    level: {level}
    importance: X
    difficulty: 0.7
    minutes: 1.2
    status: active
    author: "chen"
    reviewer: "wang"
    point: "P{number}"
    stem:
      zh: "{zh}"
      en: "{en}"
    explanation: {{zh: "{zh2}", en: "{en2}"}}
    provenance:
      against: {{zh: "{zh3}", en: "{en3}"}}
      checked_by: "wang"
      checked_on: 2026-10-09
"""
KINDS = ["single_choice"] * 11 + ["true_false"] * 4 + ["numeric"] * 3 + ["multiple_response"] * 2


def write_bank(folder: Path, items: int) -> None:
    """A bank of so many items, always the same."""
    chance = random.Random(20261122)  # noqa: S311  # no secret: the same bank every time
    vowels, consonants = "aeiou", "bcdfghklmnprstvw"
    words = ["".join(chance.choice(consonants) + chance.choice(vowels) for _ in range(3)) for _ in range(3000)]
    characters = [
        chr(code) for code in range(0x4E00, 0x4E00 + 2500) if chr(code) not in "一二三四五六七八九十百千万亿不"
    ]

    def zh(length: int) -> str:
        return "".join(chance.choices(characters, k=length))

    def en(length: int) -> str:
        return " ".join(chance.choices(words, k=length))

    def item(number: int) -> str:
        kind = chance.choice(KINDS)
        asks = " {U} {R}" if kind == "numeric" else ""
        text = COMMON.format(
            number=number,
            kind=kind,
            area=chance.choice("AB"),
            level=chance.choice(("know", "apply")),
            zh=zh(28) + asks + "。",
            en=en(16) + asks + ".",
            zh2=zh(30),
            en2=en(18),
            zh3=zh(10),
            en3=en(5),
        )
        options = "".join(f'      - {{id: {one}, text: {{zh: "{zh(10)}", en: "{en(6)}"}}}}\n' for one in "abcd")
        match kind:
            case "single_choice":
                return f"{text}    options:\n{options}    key: {chance.choice('abcd')}\n"
            case "multiple_response":
                return f"{text}    options:\n{options}    key: [{', '.join(sorted(chance.sample('abcd', 2)))}]\n"
            case "true_false":
                return f"{text}    key: {chance.choice(('true', 'false'))}\n"
        space = "{U: {min: 10, max: 50, step: 1}, R: {values: [2, 4, 5, 8]}}"
        return f'{text}    parameters: {space}\n    key: "U/R"\n    unit: "A"\n    places: 2\n    tolerance: {{relative: 0.01}}\n'

    (folder / "items").mkdir(parents=True)
    (folder / "bank.yaml").write_text(HEAD, encoding="utf-8")
    for file in range(FILES):
        numbers = range(file, items, FILES)
        text = "format: 1\nitems:\n" + "\n".join(item(number) for number in numbers)
        (folder / "items" / f"part{file:02}.yaml").write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the processor, and on the clock; others may use the machine, so the first is what to compare."""

    processor: float
    clock: float


def best(run: Callable[[], object], times: int, *, before: Callable[[], object] = lambda: None) -> Spent:
    """The shortest of a few runs."""
    found = []
    for _ in range(times):
        before()
        gc.collect()
        processor, clock = process_time(), perf_counter()
        kept = run()
        found.append(Spent(process_time() - processor, perf_counter() - clock))
        del kept
    return min(found, key=lambda spent: spent.processor)


def command(root: Path, *words: str) -> Spent:
    """A command as a person types it, starting the program included."""
    environment = {**os.environ, "CERTENGINE_NO_PROGRESS": "1"}
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "certengine_cli", *words], cwd=root, env=environment, check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(spent, perf_counter() - clock)


def edit(file: Path) -> None:
    """Another difficulty for one item."""
    text = file.read_text(encoding="utf-8")
    now, then = ("0.7", "0.8") if "difficulty: 0.7" in text[:500] else ("0.8", "0.7")
    file.write_text(text.replace(f"difficulty: {now}", f"difficulty: {then}", 1), encoding="utf-8")


def measure(root: Path, files: list[Path]) -> Iterator[tuple[str, Spent]]:
    """Every row of the table; the alternative last."""
    folder, cache = root / "question_banks" / "large", root / ".certengine"

    def forget() -> None:
        shutil.rmtree(cache, ignore_errors=True)

    yield "read and check", best(lambda: read_bank(folder, root), 2)
    yield "the same, remembering it", best(lambda: recall_bank(folder, root), 2, before=forget)
    yield "remembered", best(lambda: recall_bank(folder, root), 5)
    yield "remembered but one file", best(lambda: recall_bank(folder, root), 3, before=lambda: edit(files[7]))
    done = command(root, "bank", "publish", "large", "-m", "measured")
    yield "`bank publish`, as typed", done
    database = Database(f"sqlite:///{root / 'certengine.db'}")
    with database.reading() as connection:
        yield "published, from the store", best(lambda: load_bank(connection, "large"), 5)
    database.close()
    forget()
    yield "`bank check`, as typed", command(root, "bank", "check", "large")
    yield "`bank check` again", command(root, "bank", "check", "large")
    yield "`bank list` again", min((command(root, "bank", "list") for _ in range(2)), key=lambda one: one.processor)
    yield "YAML only", best(lambda: [read_yaml(file, file.name) for file in files], 2)
    yield "round trip", best(lambda: [YAML(typ="rt").load(file) for file in files], 1)


def main() -> None:
    """Generate, measure, print."""
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as made:
        root = Path(made) / "workspace"
        command(Path(made), "init", "workspace")
        folder = root / "question_banks" / "large"
        write_bank(folder, items)
        files = sorted((folder / "items").glob("*.yaml"))
        size = sum(file.stat().st_size for file in files)
        draft, findings = read_bank(folder, root)
        assert draft is not None
        assert len(draft.items) == items
        sys.stdout.write(f"{items} items, {FILES} files, {size / 1e6:.1f} MB, {len(findings)} findings\n")
        for finding in findings[:5]:
            sys.stdout.write(f"  {finding}\n")
        rows = list(measure(root, files))
        slow = rows[-1][1].processor
        sys.stdout.write(f"{'':27}processor    clock   times as fast as the round trip\n")
        for name, spent in rows:
            sys.stdout.write(f"{name:26} {spent.processor:7.2f} s {spent.clock:7.2f} s {slow / spent.processor:7.1f}\n")


if __name__ == "__main__":
    main()
