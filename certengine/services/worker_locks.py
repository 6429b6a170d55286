"""Which workers are alive: each holds the lock on a file of its name, and the lock ends with its process.

So what a killed worker had claimed is free at once on its own machine, while a lease from another machine, whose locks
cannot be seen here, runs until its time is over.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from certengine.services.files import PRIVATE_FILE

FOLDER = ".certengine/workers"


def run_name(token: str) -> str:
    """The name of a run: this machine, this process, and what tells it from an earlier process of the same number."""
    return f"{_host()}:{os.getpid()}:{token}"


class WorkerLocks:
    """The locks of the workers of a workspace."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    @contextmanager
    def held(self, worker: str) -> Iterator[None]:
        """Be alive under this name while the block runs."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(worker)
        descriptor = _locked(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def clear_left_over(self) -> None:
        """Take away the locks of workers that were killed."""
        for path in self._folder.glob("*.lock"):
            _is_free(path)

    def is_gone(self, worker: str) -> bool:
        """Whether a worker of this machine lives no more; of another machine it cannot be told, and is not said."""
        if not worker.startswith(f"{_host()}:"):
            return False
        return _is_free(self._path(worker))

    def _path(self, worker: str) -> Path:
        return self._folder / f"{worker.replace(':', '-')}.lock"


def _is_free(path: Path) -> bool:
    """Whether nobody holds a lock; then its file is taken away."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _locked(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # taken away between opening and locking: once more


def _host() -> str:
    return "".join(char if char.isalnum() else "-" for char in socket.gethostname())
