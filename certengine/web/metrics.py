"""What is counted of requests, as Prometheus text (exposition format 0.0.4).

Invariant: labels are route templates, methods, statuses and states, all from closed sets: no code, name or address
gets in, and the number of series is bounded. Whichever worker is asked adds what the others told last.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from certengine.canonical import Json
from certengine.web.shared import Shared

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: Seconds; the look-ups' own bound (p99 under 0.025) and the files' (20) are among them.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0)

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


@dataclass(slots=True)
class _Counters:
    """The counters of one worker, or of all."""

    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    buckets: Counter[tuple[str, int]] = field(default_factory=Counter)  # by place in BUCKETS, without those below
    seconds: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, told: Json) -> None:
        """Add what a worker told."""
        if isinstance(told, dict):
            for name in _TOLD:
                counter: Counter[Any] = getattr(self, name)
                rows: Any = told[name]
                counter.update({tuple(key) if isinstance(key, list) else key: value for key, value in rows})

    def told(self) -> Json:
        """What :meth:`add` adds."""
        return {name: [[key, value] for key, value in getattr(self, name).items()] for name in _TOLD}


_TOLD = ("requests", "buckets", "seconds", "counts")


class Metrics:
    """The counters of an endpoint, as one of its workers sees them."""

    def __init__(self, shared: Shared, worker: int = 0) -> None:
        """Go on where the worker before this one stopped; at zero when there was none."""
        self._lock = threading.Lock()
        self._shared = shared
        self._worker = worker
        self._own = _Counters()
        self._own.add(shared.told(worker))

    def tell(self) -> None:
        """Let the other workers know."""
        with self._lock:
            self._shared.tell(self._worker, self._own.told())

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        with self._lock:
            self._own.requests[route, method if method in _METHODS else "other", status] += 1
            self._own.seconds[route] += seconds  # type: ignore[assignment]  # a counter counts parts, too
            self._own.buckets[route, bisect_left(BUCKETS, seconds)] += 1

    def verdict(self, state: str) -> None:
        """Count an answer about a certificate, by its state."""
        self._count("certengine_verdicts_total", "state", state)

    def limited(self, whose: str) -> None:
        """Count a request that was one too many, by whose bound it was."""
        self._count("certengine_rate_limited_total", "bound", whose)

    def file(self, outcome: str) -> None:
        """Count a file that was handed in, by what became of reading it."""
        self._count("certengine_files_total", "outcome", outcome)

    def text(self) -> str:
        """All counters, of all workers."""
        with self._lock:
            everything = _Counters()
            everything.add(self._own.told())
        for other in range(self._shared.workers):
            if other != self._worker:
                everything.add(self._shared.told(other))
        lines = (*_request_lines(everything), *_duration_lines(everything), *_count_lines(everything))
        return "\n".join(lines) + "\n"

    def _count(self, name: str, label: str, value: str) -> None:
        with self._lock:
            self._own.counts[name, label, value] += 1


def _request_lines(counters: _Counters) -> Iterator[str]:
    yield "# HELP certengine_requests_total Requests answered."
    yield "# TYPE certengine_requests_total counter"
    for (route, method, status), count in sorted(counters.requests.items()):
        yield f'certengine_requests_total{{route="{route}",method="{method}",status="{status}"}} {count}'


def _duration_lines(counters: _Counters) -> Iterator[str]:
    yield "# HELP certengine_request_seconds Time from a request's head to the end of its answer."
    yield "# TYPE certengine_request_seconds histogram"
    total: Counter[str] = Counter()
    for (route, _, _), count in counters.requests.items():
        total[route] += count
    for route in sorted(total):
        count = 0
        for place, bound in enumerate(BUCKETS):
            count += counters.buckets[route, place]
            yield f'certengine_request_seconds_bucket{{route="{route}",le="{bound:g}"}} {count}'
        yield f'certengine_request_seconds_bucket{{route="{route}",le="+Inf"}} {total[route]}'
        yield f'certengine_request_seconds_sum{{route="{route}"}} {counters.seconds[route]:.6f}'
        yield f'certengine_request_seconds_count{{route="{route}"}} {total[route]}'


def _count_lines(counters: _Counters) -> Iterator[str]:
    for name, help_text in _HELP.items():
        yield f"# HELP {name} {help_text}"
        yield f"# TYPE {name} counter"
        for (counted, label, value), count in sorted(counters.counts.items()):
            if counted == name:
                yield f'{name}{{{label}="{value}"}} {count}'


_HELP = {
    "certengine_verdicts_total": "Answers about certificates, by state.",
    "certengine_rate_limited_total": "Requests refused as too many, by whose bound it was.",
    "certengine_files_total": "Files handed in, by what became of reading them.",
}
