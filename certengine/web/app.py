"""The verification endpoint: one Starlette application over a :class:`~certengine.web.backend.Backend`.

Invariants:

1. Read-only: no route changes anything, and no request reaches the network.
2. A failure anywhere is answered ``unchecked``: 503, never a "valid", never a traceback.
3. An unknown and a malformed code get the same answer.
4. No code, name or token is logged; what is logged of a failure is its class.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from certengine.web.backend import Backend
from certengine.web.endpoint import Endpoint
from certengine.web.guard import Guard
from certengine.web.limits import Limits, RateLimit
from certengine.web.metrics import Metrics
from certengine.web.observing import Observer, WriteLine
from certengine.web.pages import Pages
from certengine.web.readers import FOREIGN, Readers
from certengine.workspace.folders import bundled_root


def create_app(
    backend: Backend,
    *,
    templates: Path | None = None,
    hosts: tuple[str, ...] = (),
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
    write_line: WriteLine | None = None,
    reading: str = FOREIGN,
) -> Starlette:
    """The application.

    Args:
        templates: the folder with ``page.html`` and ``page.css``; the shipped one by default.
        hosts: names the endpoint answers under besides the issuer's domain, ``localhost`` and IP addresses.
        clock: counts seconds for the rate limit.
        write_line: is given a line of JSON for each request; by default there are none.
        reading: the module that reads foreign files, in processes of its own.

    Raises:
        NotFound: when the templates are missing.
    """
    limits = limits or Limits()
    own = backend.keyring().issuer.domain.partition(":")[0]
    names = frozenset(name.lower() for name in (own, *hosts))
    readers, metrics = Readers(limits, reading), Metrics()
    endpoint = Endpoint(
        backend,
        Pages(templates or bundled_root() / "templates" / "formal"),
        limits=limits,
        rate=RateLimit(limits, clock),
        readers=readers,
        metrics=metrics,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        readers.start()
        yield
        readers.close()

    return Starlette(
        routes=_routes(endpoint),
        middleware=[
            Middleware(Observer, metrics=metrics, write=write_line),
            Middleware(Guard, hosts=names, limits=limits),
        ],
        exception_handlers={HTTPException: endpoint.refused},
        lifespan=lifespan,
    )


def _routes(endpoint: Endpoint) -> list[Route]:
    return [
        Route("/", endpoint.home),
        Route("/c/{code}.json", endpoint.code_json),
        Route("/c/{code}", endpoint.code),
        Route("/C/{code}", endpoint.code),
        Route("/verify", endpoint.verify, methods=["POST"]),
        Route("/.well-known/jwks.json", endpoint.jwks),
        Route("/.well-known/did.json", endpoint.did),
        Route("/status/{name}", endpoint.status_list),
        Route("/log/checkpoint", endpoint.checkpoint),
        Route("/static/{name}", endpoint.static),
        Route("/openapi.json", endpoint.openapi),
        Route("/healthz", endpoint.healthz),
        Route("/readyz", endpoint.readyz),
        Route("/metrics", endpoint.metrics),
    ]
