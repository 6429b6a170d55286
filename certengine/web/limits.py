"""How much of the endpoint one visitor, and all of them, may use at a time.

Invariants:

1. A visitor is counted by network, so that a range of addresses is one visitor. What is remembered is bounded and holds
   no address (:mod:`certengine.web.shared`), and is the same for every worker process.
2. A visitor's own bound comes first: a flood from one network is refused without using up what all share.
3. Nothing is kept of a request but how much was asked for, for as long as it takes to drain.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from certengine.web.shared import Bucket, Shared

_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the endpoint.

    Attributes:
        head: greatest size of a request's first line and headers, in bytes.
        head_seconds: how long a head may take to arrive, and a new connection to begin one.
        body: greatest size of a request, in bytes; a certificate file is about 0.1 MB, a photograph a few.
        body_seconds: how long a request may take to arrive.
        lookups: how many look-ups a client may make at once; they come back at ``per_minute``.
        overall: how many look-ups all clients may make at once; they come back at ``overall_per_minute``.
        pdf_cost: how many look-ups one file counts for.
        clients: for how many networks at a time there is room.
        pdf_seconds: how long a file may take; ``pdf_workers`` how many are read at once, each by a process of its own.
        receipt_seconds: how long the page of a receipt may take to be laid out.
        reader_memory: address space of such a process, in bytes.
        reader_files: after how many files such a process is replaced by a new one.
    """

    head: int = 16_384
    head_seconds: float = 10.0
    body: int = 10_000_000
    body_seconds: float = 30.0
    lookups: int = 60
    per_minute: int = 60
    overall: int = 20_000
    overall_per_minute: int = 300_000
    pdf_cost: int = 5
    clients: int = 65_536
    pdf_seconds: float = 20.0
    pdf_workers: int = 2
    receipt_seconds: float = 30.0
    reader_memory: int = 1_500_000_000
    reader_files: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Too much was asked: come back in ``seconds``; ``whose`` bound it was, ``client`` or ``overall``."""

    seconds: int
    whose: str


class RateLimit:
    """A leaking bucket for each client network, and one for all together."""

    def __init__(self, limits: Limits, clock: Callable[[], float], shared: Shared) -> None:
        """Count by ``clock``, in seconds that never run backwards and are the same for every process."""
        self._limits = limits
        self._clock = clock
        self._shared = shared

    def refuse(self, address: str, cost: int) -> Refusal | None:
        """Counts ``cost`` look-ups, or tells how long to wait and counts nothing."""
        limits, shared, now = self._limits, self._shared, self._clock()
        one, other = shared.places(network_of(address))
        first = _drained(shared.bucket(one), now, limits.per_minute)
        second = _drained(shared.bucket(other), now, limits.per_minute)
        mine = min(first, second) + cost
        if mine > limits.lookups:
            return Refusal(seconds=_wait(mine - limits.lookups, limits.per_minute), whose="client")
        everybody = _drained(shared.bucket(0), now, limits.overall_per_minute) + cost
        if everybody > limits.overall:
            return Refusal(seconds=_wait(everybody - limits.overall, limits.overall_per_minute), whose="overall")
        shared.pour(0, (everybody, now))
        shared.pour(one, (max(first, mine), now))
        shared.pour(other, (max(second, mine), now))
        return None


def network_of(address: str) -> str:
    """The network a client is counted by: an IPv4 /24, an IPv6 /64; anything else counts as one client."""
    if _IPV4.fullmatch(address):
        return f"{address.rpartition('.')[0]}.0/24"
    try:
        ip = ipaddress.IPv6Address(address)
    except ValueError:
        return "unknown"
    # A socket for both families shows IPv4 so; else all of IPv4 would be one network.
    return (
        network_of(str(ip.ipv4_mapped)) if ip.ipv4_mapped else str(ipaddress.IPv6Network((int(ip), 64), strict=False))
    )


def _drained(bucket: Bucket, now: float, per_minute: int) -> float:
    fill, seen = bucket
    return max(0.0, fill - (now - seen) * per_minute / 60)


def _wait(excess: float, per_minute: int) -> int:
    return ceil(excess * 60 / per_minute)
