"""Several worker processes of one endpoint: what they share, and how they are kept and stopped."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.web.limits import Limits, RateLimit
from certengine.web.metrics import Metrics
from certengine.web.server import listen
from certengine.web.shared import Shared
from tests.services.small_world import World

PATIENCE = 120
RUN = """
import sys
from pathlib import Path
from certengine.web.server import run_endpoint
run_endpoint(
    Path(sys.argv[1]), db=None, host="127.0.0.1", port=0, workers=2, announce=lambda url: print(url, flush=True)
)
"""


def test_a_visitor_is_counted_by_all_workers_together() -> None:
    """What one worker let through another counts, for the network and for everybody."""
    limits = Limits(lookups=3, per_minute=60, overall=5, overall_per_minute=60)
    shared = Shared(clients=limits.clients, workers=2)
    one, other = (RateLimit(limits, lambda: 100.0, shared) for _ in range(2))

    def whose(rate: RateLimit, address: str) -> str | None:
        refusal = rate.refuse(address, 1)
        return refusal.whose if refusal is not None else None

    assert [whose(rate, "192.0.2.1") for rate in (one, other, one, other)] == [None, None, None, "client"]
    assert [whose(rate, "198.51.100.1") for rate in (one, other, one)] == [None, None, "overall"]


@given(others=st.lists(st.integers(0, 2**24 - 1), max_size=60, unique=True))
def test_other_networks_do_not_use_up_ones_own(others: list[int]) -> None:
    """With room enough a network is let through however many others used up theirs."""
    rate = RateLimit(Limits(lookups=1, per_minute=1), lambda: 0.0, Shared(clients=65_536))
    for other in others:
        rate.refuse(f"10.{other >> 16}.{other >> 8 & 255}.{other & 255}", 1)

    assert rate.refuse("192.0.2.1", 1) is None


def test_connections_are_shared_out() -> None:
    """A process takes one connection of those that wait, then looks at what else there is to do, then the next."""
    with listen("127.0.0.1", 0) as listener:
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
        with ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(socket.create_connection(listener.getsockname()))
            for _ in range(3):
                stack.enter_context(listener.accept()[0])
                with pytest.raises(BlockingIOError):
                    listener.accept()


def test_what_is_remembered_is_bounded() -> None:
    """With room for one network all count as one; none is refused what all together have left."""
    rate = RateLimit(Limits(lookups=2, per_minute=60), lambda: 0.0, Shared(clients=1))

    assert [rate.refuse(f"10.0.{n}.1", 1) is None for n in range(4)] == [True, True, False, False]


def test_whichever_worker_is_asked_tells_the_counters_of_all() -> None:
    """Counters that were told are added up; those of a worker started anew go on where they were."""
    shared = Shared(clients=1, workers=2)
    one, other = Metrics(shared, 0), Metrics(shared, 1)
    for metrics, seconds in ((one, 0.002), (other, 0.5), (other, 100.0)):
        metrics.request("/", "GET", 200, seconds)
        metrics.verdict("valid")
    other.tell()
    anew = Metrics(shared, 1)
    anew.verdict("valid")

    text = one.text()
    assert 'certengine_requests_total{route="/",method="GET",status="200"} 3' in text
    assert 'certengine_request_seconds_bucket{route="/",le="0.5"} 2' in text
    assert 'certengine_request_seconds_sum{route="/"} 100.502000' in text
    assert 'certengine_verdicts_total{state="valid"} 3' in anew.text()


def test_counters_that_are_torn_are_not_believed() -> None:
    """A page that is half written adds nothing."""
    shared = Shared(clients=1, workers=2)
    other = Metrics(shared, 1)
    other.verdict("valid")
    other.tell()
    shared._counters[shared._counters.rfind(b"valid")] ^= 1

    assert "verdicts_total{" not in Metrics(shared, 0).text()


@contextmanager
def running(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``(first process, address)`` of an endpoint with two workers."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        try:
            yield process, address
        finally:
            process.kill()


def workers_of(process: subprocess.Popen[str]) -> set[int]:
    """The worker processes."""
    return {int(one) for one in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()}


def both_ready(process: subprocess.Popen[str], address: str) -> set[int]:
    """The two workers, once they serve."""
    until(lambda: len(workers_of(process)) == 2)
    assert httpx.get(f"{address}readyz", timeout=PATIENCE).text == "ready\n"
    return workers_of(process)


def until(condition: Callable[[], object]) -> None:
    """Wait for something to be so."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "it never was so"
        time.sleep(0.05)


def gone(process: int) -> bool:
    """Whether a process has ended."""
    try:
        return re.search(r"State:\s+Z", Path(f"/proc/{process}/status").read_text()) is not None
    except FileNotFoundError:
        return True


@pytest.fixture(scope="module")
def academy(tmp_path_factory: Any) -> Path:
    """A workspace with keys."""
    root: Path = World(tmp_path_factory.mktemp("world")).copy("live", tmp_path_factory.mktemp("served") / "academy")
    return root


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(academy: Path) -> None:
    """One of two is killed: the other answers meanwhile, a new one takes its place, and both stop when told to."""
    with running(academy) as (process, address):
        before = both_ready(process, address)
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        assert httpx.get(f"{address}readyz", timeout=PATIENCE).text == "ready\n"
        until(lambda: len(workers_of(process) - {killed}) == 2)
        now = workers_of(process)
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0
        _, errors = process.communicate()

    assert all(gone(one) for one in now)
    assert "ended (-9); another takes its place" in errors


@pytest.mark.slow
def test_workers_end_with_the_first_process(academy: Path) -> None:
    """When the first process is killed nobody goes on without it; an interrupt is told as one."""
    with running(academy) as (process, address):
        assert httpx.get(f"{address}healthz", timeout=PATIENCE).text == "ok\n"
        workers = workers_of(process)
        process.kill()
        process.wait()
        until(lambda: all(gone(one) for one in workers))
    with running(academy) as (process, address):
        assert httpx.get(f"{address}healthz", timeout=PATIENCE).text == "ok\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) != 0

    assert workers


@pytest.mark.slow
def test_told_to_stop_nobody_is_replaced(academy: Path) -> None:
    """Told to stop in the moment before a dead worker is replaced, the endpoint stops, and no worker is left."""
    with running(academy) as (process, address):
        before = both_ready(process, address)
        os.kill(min(before), signal.SIGKILL)
        until(lambda: gone(min(before)))
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0

    assert all(gone(one) for one in before)
