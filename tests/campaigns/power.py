"""What happens at a point where a command is told to stop: it dies, it pauses, or power is lost.

A killed process leaves to the system what it wrote, and the system keeps it. When power is lost, only that is kept which
was flushed: so this module notes what the program writes, flushes, renames and makes; once it is dead, taken back are

* the bytes of files that were written and not flushed: the file is there, empty;
* the renaming of a file in a folder that was not flushed since;
* a folder whose own folder was not flushed since it was made.

Each is what a file system may do by its rules, and nothing a sound program may rely on. SQLite's own files are not
touched: what it flushes, ``tests/store/test_engine.py`` looks at.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from certengine.services import stopping

DIE, PAUSE, LOSE_POWER = "die", "pause", "lose power"


def at_stop(what: str, notes: Path) -> None:
    """Decide what happens at the point; into ``notes`` goes what a loss of power takes."""
    if what == PAUSE:
        stopping.signal = _Signals(SIGKILL=signal.SIGSTOP)  # type: ignore[assignment]
    elif what == LOSE_POWER:
        _watch(notes)


def take_back(notes: Path) -> None:
    """Take what a loss of power takes: called when the process is dead, so that none of its threads goes on meanwhile."""
    dirty, renamed, made = pickle.loads(notes.read_bytes())
    for path in dirty:
        if path.is_file():
            path.write_bytes(b"")
    for target, source, before in reversed(renamed):
        if target.is_file():
            source.write_bytes(target.read_bytes())
            target.unlink() if before is None else target.write_bytes(before)
    for folder in reversed(made):
        shutil.rmtree(folder, ignore_errors=True)


class _Signals:
    """Stands for the module ``signal``, with another signal under a name."""

    def __init__(self, **named: signal.Signals) -> None:
        self.__dict__.update(named)


def _watch(notes: Path) -> None:
    disk = _Disk()
    for name in ("open", "write", "fsync", "replace", "mkdir"):
        setattr(os, name, disk.noting(name, getattr(os, name)))
    really_kill = os.kill

    def lose(pid: int, signal_: int) -> None:
        notes.write_bytes(disk.notes())
        really_kill(pid, signal_)

    os.kill = lose  # type: ignore[assignment]


class _Disk:
    """What was written and not flushed yet."""

    def __init__(self) -> None:
        self._opened: dict[int, Path] = {}
        self._dirty: set[Path] = set()
        #: New name, old name, and what stood under the new one before.
        self._renamed: list[tuple[Path, Path, bytes | None]] = []
        self._made: list[Path] = []

    def noting(self, name: str, really: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the system that is noted before or after it is done."""
        before, after = getattr(self, f"_before_{name}", None), getattr(self, f"_after_{name}", None)

        def done(*words: Any, **more: Any) -> Any:
            if before is not None:
                before(*words)
            result = really(*words, **more)
            if after is not None:
                after(result, *words)
            return result

        return done

    def _after_open(self, descriptor: int, path: Any, *_rest: Any) -> None:
        self._opened[descriptor] = Path(os.fspath(path)).absolute()

    def _after_write(self, _count: int, descriptor: int, _data: Any) -> None:
        if descriptor in self._opened:
            self._dirty.add(self._opened[descriptor])

    def _after_fsync(self, _none: None, descriptor: int) -> None:
        path = self._opened.get(descriptor)
        if path is None:
            return
        self._dirty.discard(path)
        self._renamed = [one for one in self._renamed if one[0].parent != path]
        self._made = [one for one in self._made if one.parent != path]

    def _before_replace(self, old: Any, new: Any) -> None:
        target, source = Path(new).absolute(), Path(old).absolute()
        self._renamed.append((target, source, target.read_bytes() if target.is_file() else None))
        if source in self._dirty:
            self._dirty.discard(source)
            self._dirty.add(target)

    def _after_mkdir(self, _none: None, path: Any, *_rest: Any) -> None:
        self._made.append(Path(path).absolute())

    def notes(self) -> bytes:
        """What would be taken back now."""
        return pickle.dumps((sorted(self._dirty), self._renamed, self._made))
