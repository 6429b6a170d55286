"""What a large register costs: looking one certificate up, issuing a batch, and ``status``.

    python -m benchmarks.register [CERTIFICATES] [ACTS] [--batch N]

Two workspaces of the sample academy, each with a sitting ready to issue; one of them also has so many certificates and acts on
record. Printed: processor time to issue the batch in each, in one run, and their ratio; a look-up by code, the median of a
thousand spread over the register; ``certengine status`` from start to answer.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from sqlalchemy import func, select

from benchmarks.certificates import SITTING, acting, make_sitting, passphrase
from benchmarks.large_register import Made, fill_register
from benchmarks.log_check import acts, inserted
from certengine.services.issuing import issue_sitting
from certengine.services.register import register_source
from certengine.store.tables import audit

LOOK_UPS = 1000
AT_ONCE = 500_000


def say(what: str, value: str) -> None:
    """One line of the answer."""
    sys.stdout.write(f"{what:<28} {value}\n")
    sys.stdout.flush()


def fill(root: Path, certificates: int, trail: int) -> list[Made]:
    """Put so many certificates and acts on record."""
    with acting(root, "zhou-ying") as context:
        made = fill_register(context, certificates)
        file = context.database.file
        assert file is not None
        with context.reading() as connection:
            there = connection.execute(select(func.max(audit.c.seq))).scalar() or 0
        for first in range(0, trail, AT_ONCE):
            inserted(file, acts(min(AT_ONCE, trail - first), 0, there + first)[0], [])
    return made


def issued(root: Path, batch: int) -> float:
    """Seconds of processor time that issuing the batch takes."""
    with acting(root, "zhou-ying") as context:
        began = time.process_time()
        run = issue_sitting(context, SITTING, passphrase, workers=1)
        spent = time.process_time() - began
    if len(run.issued) != batch:
        raise SystemExit(f"{len(run.issued)} of {batch} issued: {run.failed[:1]}")
    return spent


def looked_up(root: Path, made: list[Made]) -> float:
    """Milliseconds of one look-up, the median."""
    chance, spent = random.Random(1), []  # noqa: S311  # the same certificates each time
    with acting(root, "zhou-ying") as context:
        source = register_source(context)
        for one in chance.choices(made, k=LOOK_UPS):
            began = time.perf_counter()
            entry = source.entry_of(one.code, context.clock())
            spent.append(time.perf_counter() - began)
            assert entry.token == one.token
    return median(spent) * 1000


def status(root: Path) -> float:
    """Seconds of ``certengine status`` from start to answer."""
    command = [
        sys.executable,
        "-m",
        "certengine_cli",
        "status",
        "--json",
        "--as",
        "zhou-ying",
        "--workspace",
        str(root),
    ]
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own command
    return time.monotonic() - began


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("certificates", nargs="?", type=int, default=1_000_000)
    parser.add_argument("acts", nargs="?", type=int, default=5_000_000)
    parser.add_argument("--batch", type=int, default=100)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="certengine-register-"))
    try:
        small, large = folder / "small", folder / "large"
        for root in (small, large):
            make_sitting(root, asked.batch)
        made = fill(large, asked.certificates, asked.acts)
        size = sum(path.stat().st_size for path in large.glob("certengine.db*"))
        say("register", f"{asked.certificates:,} certificates, {asked.acts:,} acts, {size / 1e9:.1f} GB")
        issued_small, issued_large = issued(small, asked.batch), issued(large, asked.batch)
        say(f"issue {asked.batch}, empty", f"{issued_small:.2f} s of processor time")
        say(
            f"issue {asked.batch}, large",
            f"{issued_large:.2f} s, {issued_large / issued_small:.3f} of the empty one's (asked: 1.1)",
        )
        say("look-up", f"{looked_up(large, made):.3f} ms (asked: 2)")
        status(large)  # reads the banks, which are remembered then
        say("status", f"{status(large):.2f} s from start to answer (asked: 1)")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
