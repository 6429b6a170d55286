"""Watching requests go by: counters for all, and if wanted one line of JSON for each.

Invariants:

1. A line holds the instant, the route's template, the method, the status and the milliseconds: never a path, a query, a
   header or an address, because those hold codes and persons.
2. Failures are told by their class, because their messages may hold what a visitor sent.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from certengine.web.metrics import Metrics

#: The route of a request that no route was found for, or that the guard refused.
NO_ROUTE = "none"

WriteLine = Callable[[str], None]


class Observer:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, metrics: Metrics, write: WriteLine | None) -> None:
        """Count in ``metrics``; with ``write``, also give it a line for each request."""
        self._app = app
        self._metrics = metrics
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Watch one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        begun = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - begun
            route = route_of(scope)
            self._metrics.request(route, scope["method"], status, seconds)
            if self._write is not None:
                self._write(request_line(route, scope["method"], status, seconds))


def route_of(scope: Scope) -> str:
    """The template of the route that answered, such as ``/c/{code}``."""
    template = getattr(scope.get("route"), "path", NO_ROUTE)
    return "/c/{code}" if template == "/C/{code}" else str(template)


def request_line(route: str, method: str, status: int, seconds: float) -> str:
    """A request as a line of JSON."""
    told = {"at": _now(), "event": "request", "route": route, "method": method[:8], "status": status}
    return json.dumps({**told, "ms": round(seconds * 1000, 2)})


class JsonLines(logging.Formatter):
    """Other messages of the process as lines of JSON: a failure by its class, without its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        told = {"at": _now(), "event": "message", "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info and record.exc_info[0] is not None:
            told["failure"] = record.exc_info[0].__name__
        return json.dumps(told, ensure_ascii=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
