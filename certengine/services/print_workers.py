"""Printing processes, and the order in which they are given work.

Laying out needs libraries that take a second to load. A process that has loaded them is started while the print job is
still being planned (:func:`warm_up`), and the printing processes are forked from it.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import forkserver, get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from certengine.documents.fonts import FontSet
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import CannotTell
from certengine.services.print_work import set_bench

WORKERS = max(1, min(4, os.cpu_count() or 1))
_FEW = 4  # jobs that are not worth starting processes for
_LOADED = ["certengine.services.print_work"]
_LONG = 70  # bytes of a folder in which a socket's path would be longer than the 107 that the system takes

Task = tuple[Callable[[Any], Any], Any]
"""A function of :mod:`certengine.services.print_work` and what it is given."""


@dataclass(slots=True)
class Tasks:
    """What is to be done: first what others wait for, then what nothing waits for."""

    urgent: deque[Task] = field(default_factory=deque)
    others: deque[Task] = field(default_factory=deque)

    def add(self, work: Callable[[Any], Any], jobs: Iterable[Any]) -> int:
        """Urgent work of one kind; how much it is."""
        before = len(self.urgent)
        self.urgent.extend((work, job) for job in jobs)
        return len(self.urgent) - before

    def next(self) -> Task | None:
        """The next task, if there is one now."""
        waiting = self.urgent or self.others
        return waiting.popleft() if waiting else None


class Workers:
    """Runs tasks in processes, a few ahead of what is taken; or here, where there are few."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def run(self, tasks: Tasks) -> Iterator[Any]:
        """What the tasks give, as it is done; whoever takes it may add tasks."""
        if self._pool is None:
            while (task := tasks.next()) is not None:
                yield task[0](task[1])
            return
        running: set[Future[Any]] = set()
        while True:
            while len(running) < 2 * WORKERS and (task := tasks.next()) is not None:
                running.add(self._pool.submit(task[0], task[1]))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            while done:
                yield done.pop().result()


def _begin(folders: tuple[Path, Path | None], fonts: FontSet, figures: Mapping[str, bytes]) -> None:
    """Runs in a worker process first: open its bench, and end when the print job is gone; it would wait for ever."""
    Thread(target=_end_with_parent, daemon=True).start()
    set_bench(folders, fonts, figures)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _start_method() -> str:
    """Forked from a process that has loaded what they need; it is reached by a socket beside the temporary files."""
    return "forkserver" if len(os.fsencode(tempfile.gettempdir())) <= _LONG else "spawn"


def warm_up() -> None:
    """Start the process that printing processes are forked from; it loads what they need meanwhile."""
    if WORKERS > 1 and _start_method() == "forkserver":
        forkserver.set_forkserver_preload(_LOADED)
        forkserver.ensure_running()


@contextmanager
def printing_workers(
    templates: TemplateFolder, fonts: FontSet, figures: Mapping[str, bytes], *, jobs: int
) -> Iterator[Workers]:
    """Printing processes; a few jobs are not worth starting them.

    Raises:
        CannotTell: when a printing process was ended from outside.
    """
    folders = (templates.path, templates.otherwise)
    if jobs < _FEW or WORKERS == 1:
        set_bench(folders, fonts, figures)
        yield Workers(None)
        return
    try:
        with ProcessPoolExecutor(
            WORKERS,
            mp_context=get_context(_start_method()),
            initializer=_begin,
            initargs=(folders, fonts, figures),
        ) as pool:
            try:
                yield Workers(pool)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
    except BrokenProcessPool:
        raise CannotTell(
            "a printing process was ended from outside",
            hint="see whether memory ran out, then print again: what was printed is kept",
        ) from None
