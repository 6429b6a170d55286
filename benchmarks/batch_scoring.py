"""How long a million candidates on one form take, beside polars on the same file in the same run.

    python benchmarks/batch_scoring.py [CANDIDATES] [--polars PYTHON]

``PYTHON`` is an interpreter that has polars, which this project does not depend on; without it only we run. A form of 100
single-choice items, wide CSV; two files: every row of one length, and ids of any width with blank answers among them.
Each measurement is a process of its own that says what it took after its imports, on the wall and of the processor; on a
machine with other work the ratio of processor seconds is what says something.

- ``scores``: from the file to every candidate's exact sum of marks, in memory.
- ``and item statistics``: the same with the tally and the statistics of all items and the form.
- ``polars``: ``read_csv`` and the streaming engine, adding up what equals the key.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from certengine.interchange.bulk_responses import read_bulk
from certengine.items.options import Option
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.bank import Bank, BankDraft, Item
from certengine.model.scheme import Cell, Section, WrittenComponent
from certengine.model.sitting import DrawnItem, Paper
from certengine.model.text import Text
from certengine.scoring.bulk import Tally, sums_of
from certengine.scoring.form_key import FormKey
from certengine.scoring.form_statistics import form_statistics

ITEMS = 100
OPTIONS = "abcd"
POLARS = """
import json, sys, time
import polars as pl
path, key, streaming = sys.argv[1], sys.argv[2], sys.argv[3] == "streaming"
wall, own = time.perf_counter(), time.process_time()
right = [(pl.col(f"q{n + 1}") == letter).fill_null(False).cast(pl.UInt8) for n, letter in enumerate(key)]
total = pl.sum_horizontal([one.cast(pl.UInt32) for one in right])
if streaming:
    found = pl.scan_csv(path).select("candidate_id", score=total).collect(engine="streaming")
else:
    found = pl.read_csv(path).select("candidate_id", score=total)
print(json.dumps({"rows": found.height, "sum": int(found["score"].sum()),
                  "wall": time.perf_counter() - wall, "processor": time.process_time() - own}))
"""


def make_file(path: Path, candidates: int, key: str, *, even: bool) -> None:
    """Answers of candidates whose ability varies; a blank in every five hundredth answer of the uneven file."""
    chance = np.random.default_rng(1)
    right = np.array([ord(letter) for letter in key], dtype=np.uint8)
    with path.open("wb") as file:
        file.write(b"candidate_id," + b",".join(b"q%d" % n for n in range(1, ITEMS + 1)) + b"\n")
        for start in range(0, candidates, 50_000):
            n = min(50_000, candidates - start)
            able = chance.random((n, 1)) + chance.normal(0, 0.15, (1, ITEMS)) > chance.random((n, ITEMS))
            other = (right - 65 + chance.integers(1, 4, (n, ITEMS))) % 4 + 65
            rows = np.full((n, 2 * ITEMS), ord(","), dtype=np.uint8)
            rows[:, 1::2] = np.where(able, right, other)
            blank = None if even else chance.random((n, ITEMS)) < 0.002
            for row in range(n):
                cells = rows[row].tobytes()
                if blank is not None and blank[row].any():
                    kept = np.ones(2 * ITEMS, dtype=np.bool_)
                    kept[1::2] = ~blank[row]
                    cells = rows[row][kept].tobytes()
                file.write(b"%d%s\n" % ((10_000_000 if even else 1) + start + row, cells))


def make_key(key: str) -> FormKey:
    """A form of so many items with these right answers."""
    words = Text.of(zh="题", en="item")
    options = tuple(Option(id=one, text=words) for one in OPTIONS)
    items = tuple(
        Item(
            id=f"I{n:03}",
            kind="single_choice",
            area="a",
            level="l",
            content=SingleChoiceContent(stem=words, options=options, key=letter.lower()),
            author="a",
        )
        for n, letter in enumerate(key)
    )
    bank = Bank(
        contents=BankDraft(id="b", title=words, languages=("en", "zh"), areas=(), levels=(), items=items),
        version=1,
        digest="sha256:00",
        item_digests=tuple((item.id, "sha256:00") for item in items),
        published_at=datetime(2026, 11, 28, tzinfo=UTC),
        published_by="b",
        reason="c",
    )
    section = Section(
        id="s", title=words, kind="single_choice", marks=Decimal(1), cells=(Cell(area="a", level="l", count=len(key)),)
    )
    component = WrittenComponent(
        id="theory", title=words, bank="b", minutes=120, total=Decimal(len(key)), sections=(section,), forms="one"
    )
    drawn = tuple(
        DrawnItem(
            position=n + 1,
            section="s",
            item=item.id,
            item_digest="sha256:00",
            marks=Decimal(1),
            variant={"options": list(OPTIONS)},
        )
        for n, item in enumerate(items)
    )
    paper = Paper(
        id="p",
        sitting="s",
        candidate="c",
        component="theory",
        algorithm="certengine-draw/2",
        bank="b",
        bank_version=1,
        bank_digest="sha256:00",
        scheme_digest="sha256:00",
        items=drawn,
        form="A",
    )
    return FormKey(paper, component, bank)


def measure(path: Path, key: str, *, statistics: bool) -> dict[str, float]:
    """What scoring a file takes, in this process."""
    wall, own = perf_counter(), process_time()
    form = make_key(key)
    tally, rows, total = Tally(form), 0, 0
    for part in read_bulk(path, form, ITEMS):
        assert not part.findings
        for chunk in part.chunks:
            sums = sums_of(form, chunk.codes)
            rows, total = rows + len(sums), total + int(sums.sum())
            if statistics:
                tally.add(chunk.codes, sums)
    if statistics:
        assert len(tally.items()) == ITEMS
        assert form_statistics(tally.form_scores(), cut=Decimal(60), form="A").alpha
    return {"rows": rows, "sum": total, "wall": perf_counter() - wall, "processor": process_time() - own}


def in_process(*words: str) -> dict[str, float]:
    """What another process measured."""
    done = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603  # our own words
    return dict(json.loads(done.stdout))


def best(name: str, times: int, *words: str) -> dict[str, float]:
    """The quickest of some runs by processor time, and the line that says so."""
    found = min((in_process(*words) for _ in range(times)), key=lambda one: one["processor"])
    sys.stdout.write(f"  {name:<32} {found['wall']:6.2f} s wall {found['processor']:6.2f} s processor\n")
    sys.stdout.flush()
    return found


def main() -> None:
    """Both files, ours and polars in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("candidates", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--polars", metavar="PYTHON")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--measure", nargs=3, metavar=("FILE", "KEY", "WHAT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        path, key, what = asked.measure
        sys.stdout.write(json.dumps(measure(Path(path), key, statistics=what == "statistics")))
        return
    key = "".join("ABCD"[n * 7 % 4] for n in range(ITEMS))
    with tempfile.TemporaryDirectory() as folder:
        for even, name in ((True, "every row of one length"), (False, "ids of any width, blanks")):
            path = Path(folder) / "wide.csv"
            make_file(path, asked.candidates, key, even=even)
            sys.stdout.write(f"{asked.candidates:,} x {ITEMS}, {name}, {path.stat().st_size / 1e6:.0f} MB\n")
            ours = [sys.executable, __file__, "--measure", str(path), key]
            scores = best("scores", asked.times, *ours, "scores")
            both = best("and item statistics", asked.times, *ours, "statistics")
            assert (scores["rows"], scores["sum"]) == (both["rows"], both["sum"])
            if asked.polars:
                for engine in ("whole", "streaming"):
                    theirs = best(f"polars, {engine}", asked.times, asked.polars, "-c", POLARS, str(path), key, engine)
                    assert (scores["rows"], scores["sum"]) == (theirs["rows"], theirs["sum"])
                    wall, own = theirs["wall"] / scores["wall"], theirs["processor"] / scores["processor"]
                    sys.stdout.write(f"    ours is {wall:.1f} times as fast on the wall, {own:.1f} by processor time\n")


if __name__ == "__main__":
    main()
