"""Reading what a person types: lines, the end of the input, and Ctrl-C whenever it comes."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.slow

ASKING = """
import signal, sys
from certengine_cli.terminal import read_line
signal.signal(signal.SIGUSR1, lambda *_: print("heard", flush=True))
try:
    while True:
        print("asked", flush=True)
        line = read_line()
        print(repr(line), flush=True)
        if not line:
            break
except KeyboardInterrupt:
    sys.exit(130)
"""


def next_line(process: subprocess.Popen[str]) -> str:
    """The next line of what the program says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextmanager
def asking() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A program that has asked for a line, and the keyboard of its terminal."""
    keyboard, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ASKING], stdin=terminal, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        os.close(terminal)
        try:
            assert next_line(process) == "asked"
            yield process, keyboard
        finally:
            process.kill()
            os.close(keyboard)


def test_lines_are_read_until_the_input_ends() -> None:
    """Two lines typed at once are two lines, and Ctrl-D is the end."""
    with asking() as (process, keyboard):
        os.write(keyboard, "1\n二\n\x04".encode())
        said, _ = process.communicate(timeout=60)

    assert said.split() == [repr("1\n"), "asked", repr("二\n"), "asked", repr("")]


def test_a_signal_that_stops_nothing_does_not_end_the_wait() -> None:
    """A signal that a handler has seen to leaves the question where it was."""
    with asking() as (process, keyboard):
        process.send_signal(signal.SIGUSR1)
        assert next_line(process) == "heard"
        os.write(keyboard, b"7\n")

        assert next_line(process) == repr("7\n")


@pytest.mark.parametrize("times", [10, pytest.param(2000, marks=pytest.mark.long)])
def test_ctrl_c_is_never_lost(times: int) -> None:
    """Sent the moment a question is out it ends the program; of a plain ``readline`` two in a thousand were lost."""
    for _ in range(times):
        with asking() as (process, _):
            process.send_signal(signal.SIGINT)

            assert process.wait(60) == 130
