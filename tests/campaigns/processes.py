"""Commands as processes that a campaign starts, kills, pauses and waits for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.campaigns import power

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
"""Seconds after which a command hangs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command to be run.

    Attributes:
        told: what it says goes into ``<told>.out`` and ``<told>.err``.
        stop: the point at which it stops (``CERTENGINE_STOP_AT``), with ``at_stop``: how.
        fault: see :func:`tests.campaigns.faults.injected`.
        variant: a deliberate mistake in the program, of :data:`tests.campaigns.variants.VARIANTS`.
        impatient: does not wait half a minute for a database that is held.
    """

    arguments: Sequence[str]
    told: Path
    stop: str | None = None
    at_stop: str = power.DIE
    fault: dict[str, Any] | None = None
    variant: str | None = None
    impatient: bool = False
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended.

    Attributes:
        code: its exit code, or ``None`` when it was killed.
        stopped: it is paused, and goes on when it is told.
        told: what it said on standard error.
        cpu: seconds of processor time, those of the processes it waited for among them.
    """

    code: int | None
    stopped: bool
    told: str
    cpu: float

    @property
    def killed(self) -> bool:
        """Whether it was killed."""
        return self.code is None and not self.stopped


class Running:
    """A command that runs."""

    def __init__(self, warm: Warm, pid: int, command: Command) -> None:
        self.pid, self._warm, self._command = pid, warm, command

    def wait(self, seconds: float = PATIENCE) -> Ended:
        """How it ended, or that it paused.

        Raises:
            AssertionError: when it hangs; it is killed then.
        """
        found = self._warm.ask({"wait": self.pid, "seconds": seconds})
        if found is None:
            os.kill(self.pid, signal.SIGKILL)
            self._warm.ask({"wait": self.pid, "seconds": seconds})
            raise AssertionError(f"{' '.join(self._command.arguments)} hangs after {seconds} s")
        status = found["status"]
        said, lost = Path(f"{self._command.told}.err"), Path(f"{self._command.told}.lost")
        if os.WIFSIGNALED(status) and lost.exists():
            power.take_back(lost)
        return Ended(
            code=os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            stopped=os.WIFSTOPPED(status),
            told=said.read_text("utf-8", "replace") if said.exists() else "",  # killed before it could speak
            cpu=found["cpu"],
        )

    def wait_until_it_waits(self, seconds: float = PATIENCE) -> None:
        """Until it has slept for a fifth of a second, as who waits for a lock does; or has ended."""
        until, slept = time.monotonic() + seconds, 0
        while slept < 10 and time.monotonic() < until:
            state = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
            if state == "Z":
                return
            slept = slept + 1 if state == "S" else 0
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it; whoever is dead already stays dead."""
        os.kill(self.pid, signal.SIGKILL)

    def go_on(self) -> None:
        """Let a paused command go on."""
        os.kill(self.pid, signal.SIGCONT)


class Warm:
    """The process that commands are forked from (:mod:`tests.campaigns.warm`)."""

    def __init__(self, *, faults: bool) -> None:
        before = ["fiu-run", "-x"] if faults else []
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "cli")))}
        for name in ("CERTENGINE_STOP_AT", "CERTENGINE_ACTOR"):
            environment.pop(name, None)
        self._process = subprocess.Popen(
            [*before, sys.executable, "-m", "tests.campaigns.warm"],
            cwd=ROOT,
            # One thread: what is forked has no other.
            env=environment | {"OPENBLAS_NUM_THREADS": "1", "CERTENGINE_NO_PROGRESS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert "ready" in self._answer()

    def ask(self, order: dict[str, Any]) -> Any:
        """An order's answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def start(self, command: Command) -> Running:
        """Start a command."""
        fields = {one: value for one, value in asdict(command).items() if one != "stop"}
        fields["told"], fields["arguments"] = str(command.told), list(command.arguments)
        if command.stop is not None:
            fields["environment"] = {**command.environment, "CERTENGINE_STOP_AT": command.stop}
        return Running(self, self.ask({"run": fields})["pid"], command)

    def run(self, command: Command) -> Ended:
        """Run a command to its end, or to where it stops."""
        return self.start(command).wait()

    def close(self) -> None:
        """End it; what it forked has ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that commands are forked from is gone"
        return json.loads(line)


def marked_by(mark: str) -> list[int]:
    """Processes that were started by a command with ``CAMPAIGN=<mark>`` in its environment, or by one of those."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                marked = f"CAMPAIGN={mark}".encode() in (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if marked:
                found.append(int(entry.name))
    return found
