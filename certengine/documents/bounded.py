"""Bounds for what somebody else wrote and this process runs: a template with a loop that does not end, or that fills memory."""

from __future__ import annotations

import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

SECONDS = 30.0
"""Processor time that one template may take; the report of the largest sitting takes a tenth of it."""
BYTES = 1 << 30
"""Memory that it may take besides what the process has."""


class Unbounded(Exception):  # named by what happened, as all others
    """It was stopped."""


@contextmanager
def bounded() -> Iterator[None]:
    """Stop the block when it takes too long or too much.

    Only in the main thread, where the commands run what people wrote for them: the bounds are those of the whole process, and
    signals arrive there. The endpoint's other threads use the templates that come with it.

    Raises:
        Unbounded: it was stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = _mapped() + BYTES
    limit = min(one for one in (wanted, soft, hard) if one != resource.RLIM_INFINITY)
    before = signal.signal(signal.SIGVTALRM, _too_long)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    except MemoryError:
        raise Unbounded(f"it takes more than {BYTES >> 20} MB") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGVTALRM, before)


def _too_long(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Unbounded("it runs on and on: is there a loop that does not end?")


def _mapped() -> int:
    """Bytes of address space this process has (proc(5), ``statm``)."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # read for every template
        return int(file.read().split()[0]) * resource.getpagesize()
