"""How much of the endpoint one visitor, and all of them, may use at a time.

Invariants:

1. A visitor is counted by network, so that a range of addresses is one visitor; the number of remembered networks is
   bounded, the oldest forgotten first.
2. A visitor's own bound comes first: a flood from one network is refused without using up what all share.
3. Nothing is kept of a request but how much was asked for, for as long as it takes to drain.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the endpoint.

    Attributes:
        head: greatest size of a request's first line and headers, in bytes.
        body: greatest size of a request, in bytes; a certificate file is about 0.1 MB, a photograph a few.
        body_seconds: how long a request may take to arrive.
        lookups: how many look-ups a client may make at once; they come back at ``per_minute``.
        overall: how many look-ups all clients may make at once; they come back at ``overall_per_minute``.
        pdf_cost: how many look-ups one file counts for.
        clients: how many clients are remembered at a time.
        pdf_seconds: how long a file may take; ``pdf_workers`` how many are read at once, each by a process of its own.
        reader_memory: address space of such a process, in bytes.
        reader_files: after how many files such a process is replaced by a new one.
    """

    head: int = 16_384
    body: int = 10_000_000
    body_seconds: float = 30.0
    lookups: int = 60
    per_minute: int = 60
    overall: int = 20_000
    overall_per_minute: int = 300_000
    pdf_cost: int = 5
    clients: int = 10_000
    pdf_seconds: float = 20.0
    pdf_workers: int = 2
    reader_memory: int = 1_500_000_000
    reader_files: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Too much was asked: come back in ``seconds``; ``whose`` bound it was, ``client`` or ``overall``."""

    seconds: int
    whose: str


@dataclass(frozen=True, slots=True)
class _Bucket:
    fill: float
    seen: float


class RateLimit:
    """A leaking bucket for each client network, and one for all together."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        """Count by ``clock``, in seconds that never run backwards."""
        self._limits = limits
        self._clock = clock
        self._clients: OrderedDict[str, _Bucket] = OrderedDict()
        self._all = _Bucket(0.0, clock())

    def refuse(self, address: str, cost: int) -> Refusal | None:
        """Counts ``cost`` look-ups, or tells how long to wait and counts nothing."""
        limits, network, now = self._limits, network_of(address), self._clock()
        old = self._clients.pop(network, _Bucket(0.0, now))
        mine, wait = _poured(old, cost, now, limits.lookups, limits.per_minute)
        refusal = Refusal(seconds=wait, whose="client") if wait else None
        if refusal is None:
            self._all, wait = _poured(self._all, cost, now, limits.overall, limits.overall_per_minute)
            if wait:
                refusal, mine = Refusal(seconds=wait, whose="overall"), old
        self._clients[network] = mine
        while len(self._clients) > limits.clients:
            self._clients.popitem(last=False)
        return refusal


def network_of(address: str) -> str:
    """The network a client is counted by: an IPv4 /24, an IPv6 /64; anything else counts as one client."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    bits = 24 if ip.version == 4 else 64
    return str(ipaddress.ip_network(f"{ip}/{bits}", strict=False))


def _poured(bucket: _Bucket, cost: int, now: float, size: int, per_minute: int) -> tuple[_Bucket, int]:
    """The bucket after ``cost`` went in, or as it is with the seconds to wait until it would."""
    rate = per_minute / 60
    fill = max(0.0, bucket.fill - (now - bucket.seen) * rate)
    excess = fill + cost - size
    return (_Bucket(fill, now), ceil(excess / rate)) if excess > 0 else (_Bucket(fill + cost, now), 0)
