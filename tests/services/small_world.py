"""A small academy carried as far as a test needs it: each stage is made once a session and copied for each test.

Six candidates: C1, C2 and C3 pass; C4 leaves the paper blank; a veto is upheld against C5; nobody rates C6, whom
``trainer`` trained. Clock and entropy are fixed, so every run makes the same papers, numbers and codes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from certengine.items import kind_of
from certengine.model.sitting import Paper
from certengine.services.banks import publish_bank
from certengine.services.context import Context, open_context
from certengine.services.grading import grade_written
from certengine.services.issuing import issue_sitting
from certengine.services.keys import new_keys
from certengine.services.rating import grade_practical
from certengine.services.results import approve_sitting, decide_sitting
from certengine.services.sittings import load, open_sitting, seal_sitting
from certengine.store.sittings import load_papers
from tests.databases import ON_POSTGRESQL, copied_workspace, database_of, new_workspace, set_database

ACADEMY = Path(__file__).parent / "academy"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SITTING = "autumn"
BANK = "small"
SCHEME = "small-l3"
PASSPHRASE = b"not a secret of anybody"
CANDIDATES = ("C1", "C2", "C3", "C4", "C5", "C6")
PASSING = ("C1", "C2", "C3")
ROSTER = "candidate_id,name,trainers\n" + "".join(
    f"{one},{name},{'trainer' if one == 'C6' else ''}\n"
    for one, name in zip(CANDIDATES, ("陈晓", "李娜", "王磊", "赵敏", "孙悦", "周涛"), strict=True)
)
PANEL = ("a1", "a2", "a3")
RIGHT_ENTRIES = {"M1": "100.02", "D1": "0", "J1": "3", "V1": "no"}


class Entropy:
    """Bytes that never repeat within a run and are the same in every run."""

    def __init__(self, name: str = "world") -> None:
        self.name, self.taken = name, 0

    def __call__(self, size: int) -> bytes:
        """So many bytes."""
        self.taken += 1
        return hashlib.shake_256(f"{self.name} {self.taken}".encode()).digest(size)


@contextmanager
def acting(root: Path, actor: str = "admin", *, at: datetime = NOW, entropy: str = "world") -> Iterator[Context]:
    """The workspace as one person works in it, with a fixed clock."""
    context = replace(open_context(root, actor=actor), clock=lambda: at, entropy=Entropy(entropy))
    try:
        yield context
    finally:
        context.database.close()


def passphrase() -> bytes:
    """The passphrase of the tests' keys."""
    return PASSPHRASE


def right_answers(context: Context, sitting_id: str = SITTING) -> dict[str, dict[str, str]]:
    """For each paper's id, the right answer at each position, as a candidate writes it."""
    banks = load(context, sitting_id).banks
    return {
        paper.id: {
            f"q{drawn.position}": kind_of(item.kind).answer(item.content, drawn.variant).rstrip(" √×")
            for drawn in paper.items
            for item in [banks[paper.bank].contents.item(drawn.item)]
        }
        for paper in papers(context, sitting_id)
    }


def papers(context: Context, sitting_id: str = SITTING) -> tuple[Paper, ...]:
    """The papers of a sitting, by candidate."""
    with context.reading() as connection:
        return load_papers(connection, sitting_id)


def write_responses(path: Path, rows: list[tuple[str, str, dict[str, str]]]) -> Path:
    """A wide response file: candidate, paper, answers by column."""
    columns = ("q1", "q2", "q3", "q4", "q5")
    lines = [",".join(("candidate_id", "paper_id", *columns))]
    lines += [",".join((who, paper, *(f'"{answers.get(q, "")}"' for q in columns))) for who, paper, answers in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_ratings(path: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    """A rating file: candidate, aspect, assessor, entry; all of task T-1."""
    lines = ["candidate_id,task,aspect,assessor,value"]
    lines += [f"{who},T-1,{aspect},{assessor},{value}" for who, aspect, assessor, value in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def sound_responses(context: Context, path: Path) -> Path:
    """Every paper answered right, but C4's, which is blank."""
    right = right_answers(context)
    rows = [(one.candidate, one.id, {} if one.candidate == "C4" else right[one.id]) for one in papers(context)]
    return write_responses(path, rows)


def sound_ratings(path: Path) -> Path:
    """Full marks by the whole panel for C1 to C5, an upheld veto against C5, nothing for C6."""
    rows = [
        (who, aspect, assessor, "yes" if (who, aspect) == ("C5", "V1") else entry)
        for who in CANDIDATES[:5]
        for assessor in PANEL
        for aspect, entry in RIGHT_ENTRIES.items()
    ]
    return write_ratings(path, rows)


def _workspace(root: Path) -> None:
    new_workspace(root, sample=False)
    for name in ("question_banks", "rubrics"):
        shutil.copytree(ACADEMY / name, root / name, dirs_exist_ok=True)
    url = database_of(root)
    shutil.copy(ACADEMY / "certengine.toml", root)
    if ON_POSTGRESQL:
        set_database(root, url)
    (root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (root / "passphrase").write_bytes(PASSPHRASE + b"\n")
    (root / "passphrase").chmod(0o600)


def _published(root: Path) -> None:
    with acting(root) as context:
        publish_bank(context, BANK, reason="first")


def _opened(root: Path) -> None:
    with acting(root) as context:
        open_sitting(context, SCHEME, root / "roster.csv", sitting_id=SITTING)


def _sealed(root: Path) -> None:
    with acting(root) as context:
        seal_sitting(context, SITTING)


def _answered(root: Path) -> None:
    with acting(root) as context:
        sound_responses(context, root / "responses.csv")
    sound_ratings(root / "ratings.csv")


def _graded(root: Path) -> None:
    with acting(root) as context:
        grade_written(context, SITTING, [sound_responses(context, root / "responses.csv")])
        grade_practical(context, SITTING, [sound_ratings(root / "ratings.csv")])


def _decided(root: Path) -> None:
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)


def _approved(root: Path) -> None:
    with acting(root, "approver") as context:
        approve_sitting(context, SITTING)


def _keyed(root: Path) -> None:
    with acting(root) as context:
        new_keys(context, passphrase)


def _issued(root: Path) -> None:
    with acting(root, entropy="issue") as context:
        run = issue_sitting(context, SITTING, passphrase)
    assert len(run.issued) == len(PASSING), run.failed


def _live(root: Path) -> None:
    """Keys by the real clock, for commands that run in processes of their own."""
    context = open_context(root, actor="admin")
    new_keys(context, passphrase)
    context.database.close()


def _in_force(root: Path) -> None:
    context = open_context(root, actor="admin")
    issue_sitting(context, SITTING, passphrase)
    context.database.close()


def issue_command(root: Path) -> list[str]:
    """``certengine cert issue`` as a person runs it."""
    arguments = ["cert", "issue", SITTING, "-q", "--as", "admin", "--workspace", str(root)]
    return [sys.executable, "-m", "certengine_cli", *arguments, "--passphrase-file", str(root / "passphrase")]


def issue_killed_at(root: Path, point: str) -> None:
    """The command, in a process that kills itself at a point of its work."""
    environment = {**os.environ, "CERTENGINE_STOP_AT": point}
    done = subprocess.run(issue_command(root), env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


#: Each stage with the one it goes on from.
STAGES: dict[str, tuple[str | None, Callable[[Path], None]]] = {
    "workspace": (None, _workspace),
    "published": ("workspace", _published),
    "opened": ("published", _opened),
    "sealed": ("opened", _sealed),
    "answered": ("sealed", _answered),
    "graded": ("sealed", _graded),
    "decided": ("graded", _decided),
    "approved": ("decided", _approved),
    "keyed": ("approved", _keyed),
    "issued": ("keyed", _issued),
    # By the real clock: ready to issue, and killed after numbers were reserved or after a file was written.
    "live": ("approved", _live),
    "reserved": ("live", lambda root: issue_killed_at(root, "act-committed:1")),
    "written": ("live", lambda root: issue_killed_at(root, "file-named:1")),
    "in force": ("live", _in_force),
}


class World:
    """The stages made so far this session, each in a folder of its own that nobody opens again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stage(self, name: str) -> Path:
        """The folder of a stage, made when it is asked for first."""
        root = self.folder / name
        if not root.exists():
            laid = self.folder / f"{name}.laid"
            before, make = STAGES[name]
            if before is not None:
                copied_workspace(self.stage(before), laid)
            make(laid)
            laid.rename(root)
        return root

    def copy(self, name: str, target: Path) -> Path:
        """A copy of a stage for one test."""
        return copied_workspace(self.stage(name), target)


def rows_of(context: Context) -> dict[str, int]:
    """How many rows each table has: what a refused act must leave as it was."""
    from sqlalchemy import func, select

    from certengine.store.columns import metadata

    with context.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }
