"""Several processes that serve one listening socket: started, kept, and stopped together.

Invariants:

1. The first process only waits: it opens no database, holds no connection and answers nobody.
2. A worker that ends without being told is replaced, after a moment, so that one which cannot start is no busy loop.
3. Told to stop, all workers finish what they have begun; the first process ends last. When it is killed, they stop too.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType

_STOPPING = (signal.SIGTERM, signal.SIGINT)
_MOMENT = 1.0
_MANY = 4096

_LOG = logging.getLogger("certengine.web")


def split(count: int) -> int | None:
    """Become so many workers: each gets its number; the first process gets ``None`` when all of them have ended.

    Raises:
        KeyboardInterrupt: in the first process, when that is how it was told to stop.
    """
    return _Pool(count).run()


class _Pool:
    """The first process with its workers."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._workers: dict[int, int] = {}  # number by process
        self._told: int | None = None
        # Only the first process has the end that is written to: that it closes tells the others of its end.
        self._watched, self._held = os.pipe()

    def run(self) -> int | None:
        # A signal that comes just before a wait does not end it: its number in a pipe does.
        heard, rung = os.pipe()
        os.set_blocking(rung, False)
        before = {one: signal.signal(one, self._hear) for one in (*_STOPPING, signal.SIGCHLD)}
        bell = signal.set_wakeup_fd(rung, warn_on_full_buffer=False)
        for number in range(self._count):
            if self._fork(number, heard, rung):
                return number
        while self._workers:
            os.read(heard, _MANY)
            for number, status in self._ended():
                if self._stopping():
                    continue
                _LOG.error("worker %d ended (%d); another takes its place", number, os.waitstatus_to_exitcode(status))
                time.sleep(_MOMENT)
                if self._fork(number, heard, rung):
                    return number
        signal.set_wakeup_fd(bell)
        for one, handler in before.items():
            signal.signal(one, handler)
        for end in (heard, rung, self._held, self._watched):
            os.close(end)
        if self._told == signal.SIGINT:
            raise KeyboardInterrupt
        return None

    def _ended(self) -> Iterator[tuple[int, int]]:
        """``(number, status)`` of workers that have ended."""
        while self._workers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            yield self._workers.pop(process), status

    def _fork(self, number: int, heard: int, rung: int) -> bool:
        """Start a worker unless told to stop; whether this process is it."""
        # Held back until the worker has handlers of its own, or it would tell the others to stop.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        try:
            if self._stopping():
                return False
            process = os.fork()
            if process:
                self._workers[process] = number
                return False
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (heard, rung, self._held):
                os.close(end)
            for one in _STOPPING:
                signal.signal(one, _end)
            threading.Thread(target=_end_with, args=(self._watched,), daemon=True).start()
            return True
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)

    def _stopping(self) -> bool:
        return self._told is not None

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if number not in _STOPPING:
            return
        self._told = number
        for process in self._workers:
            with suppress(ProcessLookupError):  # it has ended, and is about to be counted out
                os.kill(process, signal.SIGTERM)


def _end(_number: int, _frame: FrameType | None) -> None:
    # Before the server has its own handler, and after: what it was told is told again when it has finished.
    sys.exit(0)


def _end_with(watched: int) -> None:
    os.read(watched, 1)
    os.kill(os.getpid(), signal.SIGTERM)
