"""Several processes at one batch: each certificate once, whoever is killed, whoever else is at it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certengine.services.worker_locks import WorkerLocks, run_name
from certengine.store import jobs, schema
from certengine.store.certificates import CertificateState
from certengine.store.engine import Database
from certengine.store.jobs import Failure
from tests.databases import meddle
from tests.services.small_world import SITTING, acting, issue_command, rows_of
from tests.services.test_issuing import demand_sound, records

At = Callable[[str], Path]
NOW = datetime(2027, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A new database."""
    made = Database(f"sqlite:///{tmp_path / 'jobs.db'}")
    schema.upgrade(made)
    return made


def claimed(database: Database, owner: str, *, at: datetime = NOW, gone: tuple[str, ...] = (), limit: int = 2) -> str:
    """What a worker gets, as one word."""
    with database.writing() as connection:
        got = jobs.claim(
            connection,
            "kind",
            "batch",
            owner=owner,
            at=at,
            until=at + timedelta(minutes=1),
            limit=limit,
            is_gone=gone.__contains__,
        )
    return "".join(got)


def queued(database: Database, subjects: str) -> None:
    """Have jobs waiting."""
    with database.writing() as connection:
        jobs.queue(connection, "kind", "batch", list(subjects))


class TestJobs:
    """Rows that are claimed under leases."""

    def test_no_two_hold_the_same_job(self, database: Database) -> None:
        """First come, first served, each job once; queueing it again queues nothing."""
        queued(database, "abc")
        queued(database, "abc")

        assert [claimed(database, "x"), claimed(database, "y"), claimed(database, "x")] == ["ab", "c", ""]

    def test_a_lease_ends(self, database: Database) -> None:
        """By its time, or at once when its owner is gone; not before."""
        queued(database, "ab")

        assert claimed(database, "x") == "ab"
        assert claimed(database, "y", at=NOW + timedelta(seconds=59)) == ""
        assert claimed(database, "y", gone=("x",), limit=1) == "a"
        assert claimed(database, "z", at=LATER) == "ab"

    def test_what_is_done_stays_done_and_what_failed_is_tried_again(self, database: Database) -> None:
        """A failure is told until the job is queued again; a late failure does not undo a finish."""
        queued(database, "ab")
        claimed(database, "run:0")
        with database.writing() as connection:
            jobs.finish(connection, "kind", "a")
            for subject in "ab":
                jobs.fail(connection, "kind", Failure(subject=subject, code="c", message="m", hint=None))
            told = [one.subject for one in jobs.failures(connection, "kind", "batch")]
            assert (told, jobs.left(connection, "kind", "batch")) == (["b"], 0)
            assert jobs.done_by(connection, "kind", "batch", "run") == {"a"}
            assert jobs.done_by(connection, "kind", "batch", "another") == frozenset()
        queued(database, "ab")
        assert claimed(database, "y") == "b"


def test_a_lock_tells_who_lives(tmp_path: Path) -> None:
    """A worker lives while it holds its lock; one of another machine is never said to be gone."""
    locks = WorkerLocks(tmp_path)
    name = run_name("1")
    with locks.held(name):
        assert not locks.is_gone(name)
    assert locks.is_gone(name)
    (tmp_path / ".certengine" / "workers" / f"{name.replace(':', '-')}.lock").touch()
    assert locks.is_gone(name)
    assert not locks.is_gone("elsewhere:1:1")


@pytest.mark.slow
class TestWorkers:
    """The command with several processes."""

    def test_two_workers_issue_each_once(self, at: At) -> None:
        """Numbers without gap, every file whole, all jobs done, nothing of the workers left."""
        root = at("live")
        ran = subprocess.run([*issue_command(root), "--workers", "2"], capture_output=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, b"")
        demand_sound(root)
        assert list((root / ".certengine" / "workers").iterdir()) == []
        with acting(root) as context:
            assert rows_of(context)["job"] == 3

    def test_a_killed_helper_leaves_its_work_to_the_others(self, at: At) -> None:
        """Whatever helper is killed as soon as it works, the command ends well and nothing is missing."""
        root = at("live")
        process = subprocess.Popen([*issue_command(root), "--workers", "3"], stderr=subprocess.PIPE)
        killed = 0
        while process.poll() is None and not killed:
            for child in _children(process.pid):
                os.kill(child, signal.SIGKILL)
                killed += 1
            time.sleep(0.02)
        told = process.communicate(timeout=300)[1].decode()
        assert (process.returncode, killed > 0) == (0, True), told
        demand_sound(root)

    def test_a_killed_command_leaves_its_work_to_the_next(self, at: At) -> None:
        """Killed with jobs leased; whoever runs it next need not wait for the lease."""
        root = at("written")
        assert {one.state for one in records(root)} == {CertificateState.RESERVED}
        meddle(root, "UPDATE job SET lease_until = '2999-01-01T00:00:00Z' WHERE state = 'leased'")
        subprocess.run(issue_command(root), check=True, timeout=600)
        demand_sound(root)


def _children(pid: int) -> list[int]:
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    except OSError:
        return []
    return [int(one) for one in told.split() if _is_helper(int(one))]


def _is_helper(pid: int) -> bool:
    try:
        return b"issue_work" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_the_batch_is_the_sitting(database: Database) -> None:
    """Jobs of one batch are not claimed for another."""
    queued(database, "a")
    with database.writing() as connection:
        got = jobs.claim(
            connection, "kind", SITTING, owner="x", at=NOW, until=LATER, limit=9, is_gone=lambda _one: True
        )
    assert got == ()
