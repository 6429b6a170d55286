"""What is counted of requests, as Prometheus text (exposition format 0.0.4).

Invariant: labels are route templates, methods, statuses and states, all from closed sets: no code, name or address
gets in, and the number of series is bounded.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: Seconds; the look-ups' own bound (p99 under 0.025) and the files' (20) are among them.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0)

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


class Metrics:
    """The counters of one process; a scraper adds those of several."""

    def __init__(self) -> None:
        """All at zero."""
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[tuple[str, float]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        with self._lock:
            self._requests[route, method if method in _METHODS else "other", status] += 1
            self._seconds[route] += seconds
            for bound in (bound for bound in BUCKETS if seconds <= bound):
                self._buckets[route, bound] += 1

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
        """All counters."""
        with self._lock:
            return "\n".join((*self._request_lines(), *self._duration_lines(), *self._count_lines())) + "\n"

    def _count(self, name: str, label: str, value: str) -> None:
        with self._lock:
            self._counts[name, label, value] += 1

    def _request_lines(self) -> Iterator[str]:
        yield "# HELP certengine_requests_total Requests answered."
        yield "# TYPE certengine_requests_total counter"
        for (route, method, status), count in sorted(self._requests.items()):
            yield f'certengine_requests_total{{route="{route}",method="{method}",status="{status}"}} {count}'

    def _duration_lines(self) -> Iterator[str]:
        yield "# HELP certengine_request_seconds Time from a request's head to the end of its answer."
        yield "# TYPE certengine_request_seconds histogram"
        total: Counter[str] = Counter()
        for (route, _, _), count in self._requests.items():
            total[route] += count
        for route in sorted(total):
            for bound in BUCKETS:
                count = self._buckets[route, bound]
                yield f'certengine_request_seconds_bucket{{route="{route}",le="{bound:g}"}} {count}'
            yield f'certengine_request_seconds_bucket{{route="{route}",le="+Inf"}} {total[route]}'
            yield f'certengine_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'certengine_request_seconds_count{{route="{route}"}} {total[route]}'

    def _count_lines(self) -> Iterator[str]:
        for name, help_text in _HELP.items():
            yield f"# HELP {name} {help_text}"
            yield f"# TYPE {name} counter"
            for (counted, label, value), count in sorted(self._counts.items()):
                if counted == name:
                    yield f'{name}{{{label}="{value}"}} {count}'


_HELP = {
    "certengine_verdicts_total": "Answers about certificates, by state.",
    "certengine_rate_limited_total": "Requests refused as too many, by whose bound it was.",
    "certengine_files_total": "Files handed in, by what became of reading them.",
}
