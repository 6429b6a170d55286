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
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def is_gone(self, worker: str) -> bool:
        """Whether a worker of this machine lives no more; of another machine it cannot be told, and is not said."""
        if not worker.startswith(f"{_host()}:"):
            return False
        try:
            descriptor = os.open(self._path(worker), os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        self._path(worker).unlink(missing_ok=True)
        return True

    def _path(self, worker: str) -> Path:
        return self._folder / f"{worker.replace(':', '-')}.lock"


def _host() -> str:
    return "".join(char if char.isalnum() else "-" for char in socket.gethostname())
