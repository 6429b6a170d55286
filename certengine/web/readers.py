"""The processes that read files of strangers: a few, kept, bounded in time, processor time and memory.

Invariants:

1. A file goes to a process over a socket and is never on a disk: a process may not write a byte to one.
2. A process that dies, fails, or is late is killed and replaced; the file it had gets no verdict but "could not be
   read", and no other file is affected.
3. No more than ``pdf_workers`` files are read at a time; one too many is told so at once.
4. A process gets no configuration of ours and no more descriptors than its socket.

One file costs its process at most ``pdf_seconds`` of time and of processor time, ``reader_memory`` bytes of address
space, and after ``reader_files`` files the process is replaced whatever happened.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from certengine.canonical import instant_text
from certengine.credentials.strict_json import Unreadable
from certengine.errors import CannotTell
from certengine.web.foreign import FINDING_LIMIT, Finding, read_finding
from certengine.web.limits import Limits
from certengine.web.reading_process import receive, send

FOREIGN = "certengine.web.foreign"

_START = "import sys; from certengine.web.reading_process import main; main(sys.argv[1:])"
_OPEN_FILES = 64


class Busy(CannotTell):
    """Every reading process has a file."""


class TooSlow(CannotTell):
    """The file was not read in time."""


class Failed(CannotTell):
    """The process did not survive the file, or could not read it within its limits."""


@dataclass(slots=True)
class _Reader:
    """One process and our end of its socket."""

    process: subprocess.Popen[bytes]
    socket: socket.socket
    files: int = 0


class Readers:
    """The reading processes of an endpoint. Its methods may be called from any thread."""

    def __init__(self, limits: Limits, module: str = FOREIGN) -> None:
        """Processes that read with ``module`` (see :mod:`certengine.web.reading_process`), none of them started yet."""
        self._limits = limits
        self._module = module
        self._places = threading.BoundedSemaphore(limits.pdf_workers)
        self._idle: queue.LifoQueue[_Reader] = queue.LifoQueue()

    def start(self) -> None:
        """Start all processes, so that the first file need not wait for one."""
        for _ in range(self._limits.pdf_workers):
            self._idle.put(self._started())

    def close(self) -> None:
        """End the processes that have no file; one that has ends with its file, or with the endpoint."""
        with contextlib.suppress(queue.Empty):
            while True:
                _end(self._idle.get_nowait())

    def read(self, data: bytes, roots: Sequence[str], at: datetime, stamp_roots: Sequence[str] = ()) -> Finding:
        """What is found in a file; takes at most ``pdf_seconds`` and a little.

        Raises:
            Busy, TooSlow, Failed: when nothing could be found out.
        """
        told = {"at": instant_text(at), "roots": list(roots), "stamp_roots": list(stamp_roots)}
        question = json.dumps(told).encode()
        if not self._places.acquire(blocking=False):
            raise Busy("other files are being read")
        try:
            reader = self._taken()
            keep = False
            try:
                finding = self._asked(reader, data, question)
                keep = reader.files < self._limits.reader_files
            finally:
                if keep:
                    self._idle.put(reader)
                else:
                    _end(reader)
            return finding
        finally:
            self._places.release()

    def _taken(self) -> _Reader:
        """A process that is alive."""
        with contextlib.suppress(queue.Empty):
            while True:
                reader = self._idle.get_nowait()
                if reader.process.poll() is None:
                    return reader
                _end(reader)
        return self._started()

    def _asked(self, reader: _Reader, data: bytes, question: bytes) -> Finding:
        limits = self._limits
        reader.files += 1
        ends = time.monotonic() + limits.pdf_seconds
        bound(reader.process.pid, resource.RLIMIT_CPU, _spent(reader.process.pid) + int(limits.pdf_seconds) + 1)
        try:
            reader.socket.settimeout(limits.pdf_seconds)
            send(reader.socket, question)
            send(reader.socket, data)
            return read_finding(receive(reader.socket, FINDING_LIMIT, ends))
        except TimeoutError:
            raise TooSlow("the file was not read in time") from None
        except (OSError, EOFError, Unreadable):
            raise Failed("the file was not read within its limits") from None

    def _started(self) -> _Reader:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603  # our own interpreter with our own module
                [sys.executable, "-P", "-B", "-c", _START, str(theirs.fileno()), self._module],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={name: value for name, value in os.environ.items() if not name.startswith("CERTENGINE_")},
            )
        # Nothing foreign has reached it yet.
        bound(process.pid, resource.RLIMIT_AS, self._limits.reader_memory)
        bound(process.pid, resource.RLIMIT_FSIZE, 0)
        bound(process.pid, resource.RLIMIT_CORE, 0)
        bound(process.pid, resource.RLIMIT_NOFILE, _OPEN_FILES)
        return _Reader(process=process, socket=ours)


def _end(reader: _Reader) -> None:
    reader.socket.close()
    reader.process.kill()
    reader.process.wait()


def bound(pid: int, what: int, most: int) -> None:
    """Bound a process in what it may use, before anything foreign reaches it."""
    # From outside, so that the process has no part in it. Only Linux can do that; elsewhere the clock alone bounds.
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is not None:
        with contextlib.suppress(ProcessLookupError):
            hard = resource.RLIM_INFINITY if what == resource.RLIMIT_CPU else most
            prlimit(pid, what, (most, hard))


def _spent(pid: int) -> int:
    """Seconds of processor time that a process has used, rounded up."""
    try:
        return (
            int(time.clock_gettime(~pid << 3 | 2)) + 1
        )  # the clock id of a process, as clock_getcpuclockid(3) makes it
    except OSError:
        return 0
