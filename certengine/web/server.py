"""Running the endpoint: as many processes as are wanted on one socket, no access log (addresses hold codes), graceful stop."""

from __future__ import annotations

import gc
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from certengine.errors import Refused
from certengine.services.endpoint import open_backend
from certengine.web.app import create_app
from certengine.web.connection import bounded_connections
from certengine.web.observing import JsonLines
from certengine.web.settings import Settings, settings_from
from certengine.web.shared import Shared
from certengine.web.workers import split

#: Seconds that an idle connection is kept, and that running requests get when the server stops.
KEEP_ALIVE = 5
STOPPING = 25
#: Connections at a time; one more is told 503 at once. A proxy in front keeps slow ones away from these.
CONNECTIONS = 512
BACKLOG = 1024
#: After how many new objects memory is searched for rings of them: a request makes a few hundred, nearly all of them
#: gone with its answer.
RINGS = 20_000


def run_endpoint(
    root: Path | None,
    *,
    db: str | None,
    host: str,
    port: int,
    announce: Callable[[str], None],
    workers: int = 1,
    settings: Settings | None = None,
) -> None:
    """Serve a workspace's register until interrupted; running requests are finished first.

    Args:
        announce: told the address once the socket listens.
        workers: how many processes answer; they count visitors together.
        settings: how this installation runs it; by default what the environment says.

    Raises:
        NotFound, CannotTell: when the workspace cannot be served.
        Refused: when the address is taken.
        UsageError: when the environment holds a setting that is none.
    """
    settings = settings or settings_from(os.environ)
    # Once beforehand: what is wrong with the workspace is told here, and not by every worker.
    backend, context = open_backend(root, db=db)
    hosts = (context.workspace.config.issuer.domain.partition(":")[0], *settings.hosts)
    backend.keyring()
    context.database.close()
    shared = Shared(clients=settings.limits.clients, workers=workers)
    listener = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    announce(f"http://{shown}:{listener.getsockname()[1]}/")
    worker = 0 if workers == 1 else split(workers)
    if worker is None:
        listener.close()
        return
    backend, context = open_backend(root, db=db)
    try:
        app = create_app(
            backend,
            hosts=hosts,
            limits=settings.limits,
            write_line=write_line if settings.request_log else None,
            shared=shared,
            worker=worker,
        )
        _tidy_seldom()
        server_of(app, settings).run(sockets=[listener])
    finally:
        backend.close()
        context.database.close()


def _tidy_seldom() -> None:
    """Leave out what stays for ever when memory is searched for rings of objects, and search when it is worth it.

    It is not searched now: told to stop meanwhile, a worker would not hear it.
    """
    gc.freeze()
    gc.set_threshold(RINGS, 10, 10)


class Listener(socket.socket):
    """A listening socket that several processes share fairly.

    Whoever wakes first would take every connection that waits, and the others none; so one is taken at a time, and
    between two of them a process does what else it has to do.
    """

    _taken = False

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection, every second time; else as if none waited.

        Raises:
            BlockingIOError: when none waits, or one was just taken.
        """
        self._taken = not self._taken
        if not self._taken:
            raise BlockingIOError
        try:
            return super().accept()
        except BlockingIOError:
            self._taken = False
            raise


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address: who connects from now on is answered as soon as the server runs.

    Raises:
        Refused: when the address is taken, or is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named: asyncio turns Nagle's algorithm off only then, and every answer would wait 40 ms for it.
    listener = Listener(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Refused(
            f"{host}:{port} cannot be listened on: {error.strerror}",
            hint="choose another `--port`",
            code="serve/address",
        ) from None
    listener.listen(BACKLOG)
    return listener


def server_of(app: Starlette, settings: Settings) -> uvicorn.Server:
    """The server for an application, bounded and silent about addresses."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level=logging.WARNING,
        log_config=_JSON_LOGS if settings.request_log else uvicorn.config.LOGGING_CONFIG,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=STOPPING,
        limit_concurrency=CONNECTIONS,
        http=bounded_connections(settings.limits),
        ws="none",
        lifespan="on",
    )
    return uvicorn.Server(config)


def write_line(line: str) -> None:
    """A line to stderr, where journals and containers collect them."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


_HANDLER = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "lines"}
_JSON_LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": JsonLines}},
    "handlers": {"stderr": _HANDLER},
    "loggers": {
        name: {"handlers": ["stderr"], "level": "WARNING", "propagate": False} for name in ("uvicorn", "certengine")
    },
}
