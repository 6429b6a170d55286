"""A load of HTTP requests on an endpoint of this machine: so many, over so many kept connections, each answer checked.

Closed loop: each connection sends its next request when the answer to the last is there, so what is found is what the
server can do, and a latency is what one of so many visitors waits. The load shares the processors with the server: it
looks for answers five hundred times a second and takes all that are there, because waking up at each of them would cost
it, and the server, more than answering does. So a wait that is told is up to two milliseconds too long, the same for
whatever is asked; what the load used itself is told too. Bounds, not options: the loopback address only, and
a count of requests that is given beforehand.
"""

from __future__ import annotations

import selectors
import socket
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter, process_time, sleep

_LOOPBACK = "127.0.0.1"
_MOST = 2_000_000
_PATIENCE = 30.0
_TICK = 0.002
_HEAD = "Host: localhost\r\nAccept: */*\r\nAccept-Language: en\r\nX-Forwarded-For: {}\r\n"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, and what its answer must have: a status (0: any), and bytes of the body."""

    data: bytes
    status: int = 200
    holds: bytes = b""


@dataclass(slots=True)
class Load:
    """What came of a load: seconds of each answer, statuses, and how many were not as they must be.

    Attributes:
        spent: seconds of the processor that asking took.
    """

    seconds: float = 0.0
    spent: float = 0.0
    waits: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds if self.seconds else 0.0

    def milliseconds(self, percent: float) -> float:
        """The wait that so many percent of the requests stayed within."""
        if len(self.waits) < 2:
            return 0.0
        return statistics.quantiles(self.waits, n=1000)[round(percent * 10) - 1] * 1000


def get(path: str, *, status: int = 200, holds: bytes = b"", visitor: str = "10.0.0.1") -> Ask:
    """A GET request of a visitor, as a proxy hands it on."""
    return Ask(f"GET {path} HTTP/1.1\r\n{_HEAD.format(visitor)}\r\n".encode(), status, holds)


def post(
    path: str,
    body: bytes,
    *,
    kind: str = "application/x-www-form-urlencoded",
    status: int = 200,
    visitor: str = "10.0.0.1",
) -> Ask:
    """A POST request of a visitor."""
    about = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return Ask(f"POST {path} HTTP/1.1\r\n{_HEAD.format(visitor)}{about}\r\n".encode() + body, status)


def run_load(port: int, asks: Iterator[Ask], *, count: int, connections: int, until: float | None = None) -> Load:
    """Send ``count`` of ``asks`` and wait for every answer; with ``until``, no more after that instant.

    Raises:
        TimeoutError: when the server keeps silent.
    """
    if count > _MOST:
        raise ValueError(f"at most {_MOST} requests, got: {count}")
    load, selector, left = Load(), selectors.DefaultSelector(), count
    visitors = [_Visitor(port) for _ in range(min(connections, count))]
    begun, used = perf_counter(), process_time()
    for visitor in visitors:
        selector.register(visitor.socket, selectors.EVENT_READ, visitor)
        visitor.ask(next(asks))
        left -= 1
    waiting = len(visitors)
    while waiting:
        sleep(_TICK)
        ready = selector.select(_PATIENCE)
        if not ready:
            raise TimeoutError(f"{waiting} requests got no answer within {_PATIENCE:.0f} seconds")
        for key, _ in ready:
            visitor = key.data
            if not visitor.answered(load):
                continue
            if left and (until is None or perf_counter() < until):
                left -= 1
                visitor.ask(next(asks))
            else:
                waiting -= 1
                selector.unregister(visitor.socket)
                visitor.socket.close()
    load.seconds, load.spent = perf_counter() - begun, process_time() - used
    selector.close()
    return load


class _Visitor:
    """One connection with the request it waits for."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.socket = _connected(port)
        self._got = b""

    def ask(self, ask: Ask) -> None:
        self._ask = ask
        self._got = b""
        self._at = perf_counter()
        self.socket.sendall(ask.data)

    def answered(self, load: Load) -> bool:
        """Read on; whether the answer is whole now, and counted."""
        got = self.socket.recv(1 << 18)
        self._got += got
        end = self._got.find(b"\r\n\r\n")
        if end < 0 and got:
            return False
        head = self._got[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if got and len(self._got) < end + 4 + length:
            return False
        load.waits.append(perf_counter() - self._at)
        status = int(head[9:12]) if head[9:12].isdigit() else 0
        load.statuses[status] += 1
        load.wrong += self._ask.status not in {0, status} or self._ask.holds not in self._got
        return True


def _connected(port: int) -> socket.socket:
    made = socket.create_connection((_LOOPBACK, port), timeout=_PATIENCE)
    # Without a time limit: with one, each call asks the system first whether it would wait.
    made.setblocking(False)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def in_turn(asks: list[Ask], choose: Callable[[int], int]) -> Iterator[Ask]:
    """The requests in the order that ``choose`` gives, for ever."""
    number = 0
    while True:
        yield asks[choose(number) % len(asks)]
        number += 1
