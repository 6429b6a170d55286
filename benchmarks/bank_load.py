"""How long a bank of 5,000 items takes to read and check, beside the obvious alternative in the same run.

    python benchmarks/bank_load.py [ITEMS]

Measured, each as the best of a few runs:

- ``read and check``: everything ``certengine bank check`` does to a bank's files, cold.
- ``YAML only``: reading the same files as data with places, without binding or checking.
- ``round trip``: the obvious alternative, loading them with ruamel.yaml's round-trip loader, which keeps places too but
  binds and checks nothing. Ratios are to it.

The bank is generated from a fixed seed, in the proportions of the sample banks: 50 files, two languages, four kinds.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

from ruamel.yaml import YAML

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
        return f'{text}    parameters: {space}\n    key: "U/R"\n    unit: "A"\n    tolerance: {{relative: 0.01}}\n'

    (folder / "items").mkdir(parents=True)
    (folder / "bank.yaml").write_text(HEAD, encoding="utf-8")
    for file in range(FILES):
        numbers = range(file, items, FILES)
        text = "format: 1\nitems:\n" + "\n".join(item(number) for number in numbers)
        (folder / "items" / f"part{file:02}.yaml").write_text(text, encoding="utf-8")


def best(run: Callable[[], object], times: int) -> float:
    """The shortest of a few runs, in seconds of the processor: nothing here waits, and others may use the machine."""
    found = []
    for _ in range(times):
        start = process_time()
        run()
        found.append(process_time() - start)
    return min(found)


def main() -> None:
    """Generate, measure, print."""
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "large"
        write_bank(folder, items)
        files = sorted((folder / "items").glob("*.yaml"))
        size = sum(file.stat().st_size for file in files)
        draft, findings = read_bank(folder, folder.parent)
        assert draft is not None
        assert len(draft.items) == items
        sys.stdout.write(f"{items} items, {FILES} files, {size / 1e6:.1f} MB, {len(findings)} findings\n")
        for finding in findings[:5]:
            sys.stdout.write(f"  {finding}\n")
        slow = best(lambda: [YAML(typ="rt").load(file) for file in files], 1)
        rows = (
            ("read and check", best(lambda: read_bank(folder, folder.parent), 2)),
            ("YAML only", best(lambda: [read_yaml(file, file.name) for file in files], 2)),
            ("round trip", slow),
        )
        for name, seconds in rows:
            sys.stdout.write(f"{name:16} {seconds:7.2f} s   {slow / seconds:5.2f} times as fast as the round trip\n")


if __name__ == "__main__":
    main()
