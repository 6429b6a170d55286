"""Working through a batch of reservations, by this process and by others beside it.

1. Every worker claims a few jobs at a time under a lease, finishes each, and claims again until none is left.
2. What a worker was killed over is free again as soon as it is gone (:mod:`certengine.services.worker_locks`), and
   whoever still works takes it; a lease whose time is over is free too.
3. A worker whose batch is taken by others waits until they are through: the answer is about the whole batch.

More workers are more processes with this module as their program. They are given the passphrase, and the PIN of a token
where it was asked for, through a pipe; they stand in no argument, no environment and no file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from certengine.errors import CertengineError, Refused
from certengine.services.context import Context, open_context
from certengine.services.finishing import JOB, Finisher
from certengine.services.keys import Passphrase, asks_pin, open_signers
from certengine.services.results import passed_and_approved
from certengine.services.worker_locks import WorkerLocks
from certengine.store import certificates as store
from certengine.store import jobs
from certengine.store.certificates import CertificateRecord, CertificateState
from certengine.store.jobs import Failure

LEASE = timedelta(minutes=2)
AT_A_TIME = 4
"""Jobs of one claim: few enough that nobody waits long for the last of them."""
_PAUSE_SECONDS = 0.1
MOST_WORKERS = 64

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What a worker works on: the batch, the folder of the files, the name of its run and its own."""

    sitting: str
    folder: Path
    run: str
    worker: str


def work(context: Context, finisher: Finisher, shift: Shift, told: Callable[[], None] = lambda: None) -> None:
    """Issue what the batch holds until nothing is left in it, telling each time before and after something was done."""
    locks = WorkerLocks(context.workspace.root)
    standing = {decision.id for decision in passed_and_approved(context, shift.sitting)}
    with locks.held(shift.worker):
        told()
        while True:
            claimed = _claim(context, shift, locks)
            for subject in claimed:
                _one(context, finisher, int(subject), standing)
                told()
            if claimed:
                continue
            with context.reading() as connection:
                if not jobs.left(connection, JOB, shift.sitting):
                    return
            time.sleep(_PAUSE_SECONDS)


@contextmanager
def helpers(context: Context, shift: Shift, passphrase: Passphrase, count: int) -> Iterator[None]:
    """So many more workers in processes of their own while the block runs; a helper that dies leaves its work to us."""
    secret = passphrase() if count else b""
    pin = context.pin() if count and asks_pin(context) else None
    running = [_start(context, shift, number, secret, pin) for number in range(1, count + 1)]
    try:
        yield
    finally:
        for process in running:
            process.wait()


def main(given: BinaryIO) -> None:
    """A helper: what to do on the first line, the passphrase after it."""
    order = json.loads(given.readline())
    secret = given.read()
    context = open_context(Path(order["root"]), db=order["db"], actor=order["actor"])
    if order["pin"] is not None:
        context = replace(context, pin=order["pin"].encode)
    try:
        finisher = Finisher(context, open_signers(context, lambda: secret), Path(order["folder"]))
        work(context, finisher, Shift(**{**order["shift"], "folder": Path(order["folder"])}))
    finally:
        context.database.close()


def _start(context: Context, shift: Shift, number: int, secret: bytes, pin: bytes | None) -> subprocess.Popen[bytes]:
    order = {
        "pin": None if pin is None else pin.decode(),
        "root": str(context.workspace.root),
        "db": str(context.database.engine.url.render_as_string(hide_password=False)),
        "actor": context.actor,
        "folder": str(shift.folder.resolve()),
        "shift": {"sitting": shift.sitting, "run": shift.run, "worker": f"{shift.run}:{number}"},
    }
    program = "import sys; from certengine.services.issue_work import main; main(sys.stdin.buffer)"
    process = subprocess.Popen(  # noqa: S603  # our own interpreter with our own module
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(order).encode() + b"\n" + secret)
        process.stdin.close()
    except BrokenPipeError:  # it is gone already: its share is ours
        pass
    return process


def _claim(context: Context, shift: Shift, locks: WorkerLocks) -> tuple[str, ...]:
    at = context.clock()
    with context.writing() as connection:
        return jobs.claim(
            connection,
            JOB,
            shift.sitting,
            owner=shift.worker,
            at=at,
            until=at + LEASE,
            limit=AT_A_TIME,
            is_gone=locks.is_gone,
        )


def _one(context: Context, finisher: Finisher, certificate_id: int, standing: set[int]) -> None:
    """Finish one reservation, or write down why it could not be."""
    with context.reading() as connection:
        record = store.certificate_by_id(connection, certificate_id)
    try:
        if record is None or record.state is not CertificateState.RESERVED:
            _settle(context, record, certificate_id)
            return
        _demand_standing(record, standing)
        finisher.issue(record)
    except CertengineError as error:
        name = record.credential.registered_as if record is not None else str(certificate_id)
        message = f"{name}: {error.message}"
        failure = Failure(subject=str(certificate_id), code=error.code, message=message, hint=error.hint)
        with context.writing() as connection:
            jobs.fail(connection, JOB, failure)


def _settle(context: Context, record: CertificateRecord | None, certificate_id: int) -> None:
    """A job whose certificate needs no more work: issued by somebody else, or given up."""
    if record is None or record.state is CertificateState.VOID:
        raise Refused("was given up before its file was made", code="certificate/void")
    with context.writing() as connection:
        jobs.finish(connection, JOB, str(certificate_id))


def _demand_standing(record: CertificateRecord, standing: set[int]) -> None:
    """A reservation is finished only while the decision it rests on is the latest, passed and approved."""
    if record.decision not in standing:
        raise Refused(
            "rests on a decision that was superseded since",
            hint=f"give its number up: `certengine cert void {record.credential.registered_as}`",
            code="certificate/decision-superseded",
        )
