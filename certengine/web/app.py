"""The verification endpoint: one Starlette application over a :class:`~certengine.web.backend.Backend`.

Invariants:

1. Read-only: no route changes anything, and no request reaches the network.
2. A failure anywhere is answered ``unchecked``: 503, never a "valid", never a traceback.
3. An unknown and a malformed code get the same answer.
4. No code, name or token is logged; what is logged of a failure is its class.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from certengine.web.backend import Backend
from certengine.web.endpoint import Endpoint
from certengine.web.guard import Guard
from certengine.web.limits import Limits, RateLimit
from certengine.web.lookups import LookUps
from certengine.web.metrics import Metrics
from certengine.web.observing import Observer, WriteLine
from certengine.web.pages import Pages
from certengine.web.readers import FOREIGN, Readers
from certengine.web.receipts import Receipts, receipt_for
from certengine.web.shared import Shared
from certengine.workspace.folders import bundled_root

#: Seconds between two times that a worker tells the others its counters.
_TELL_EVERY = 1.0


def create_app(
    backend: Backend,
    *,
    templates: Path | None = None,
    hosts: tuple[str, ...] = (),
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
    write_line: WriteLine | None = None,
    reading: str = FOREIGN,
    shared: Shared | None = None,
    worker: int = 0,
) -> Starlette:
    """The application.

    Args:
        templates: the folder with ``page.html`` and ``page.css``; the shipped one by default.
        hosts: names the endpoint answers under besides the issuer's domain, ``localhost`` and IP addresses.
        clock: counts seconds for the rate limit.
        write_line: is given a line of JSON for each request; by default there are none.
        reading: the module that reads foreign files, in processes of its own.
        shared: what the workers of one endpoint have in common; ``worker`` which of them this is.

    Raises:
        NotFound: when the templates are missing.
    """
    limits = limits or Limits()
    own = backend.keyring().issuer.domain.partition(":")[0]
    names = frozenset(name.lower() for name in (own, *hosts))
    shared = shared or Shared(clients=limits.clients)
    readers, metrics = Readers(limits, reading), Metrics(shared, worker)
    endpoint = Endpoint(
        backend,
        Pages(templates or bundled_root() / "templates" / "formal"),
        limits=limits,
        rate=RateLimit(limits, clock, shared),
        readers=readers,
        metrics=metrics,
        receipt=partial(receipt_for, backend),
    )
    routes = _routes(endpoint, Receipts(endpoint, backend, limits))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        readers.start()
        telling = asyncio.create_task(_tell(metrics))
        yield
        telling.cancel()
        metrics.tell()
        readers.close()

    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Observer, metrics=metrics, write=write_line),
            Middleware(Guard, hosts=names, limits=limits),
            Middleware(LookUps, endpoint=endpoint, route=routes[0]),
        ],
        exception_handlers={HTTPException: endpoint.refused},
        lifespan=lifespan,
    )


async def _tell(metrics: Metrics) -> None:
    while True:
        metrics.tell()
        await asyncio.sleep(_TELL_EVERY)


def _routes(endpoint: Endpoint, receipts: Receipts) -> list[Route]:
    return [
        Route("/c/{code}.json", endpoint.code_json),
        Route("/", endpoint.home),
        Route("/c/{code}", endpoint.code),
        Route("/C/{code}", endpoint.code),
        Route("/c/{code}/receipt.{form}", receipts.by_code),
        Route("/receipt", receipts.posted, methods=["POST"]),
        Route("/verify", endpoint.verify, methods=["POST"]),
        Route("/.well-known/jwks.json", endpoint.jwks),
        Route("/.well-known/did.json", endpoint.did),
        Route("/status/{name}", endpoint.status_list),
        Route("/log/checkpoint", endpoint.checkpoint),
        Route("/log/tile/{path:path}", endpoint.log_tile),
        Route("/static/{name}", endpoint.static),
        Route("/openapi.json", endpoint.openapi),
        Route("/healthz", endpoint.healthz),
        Route("/readyz", endpoint.readyz),
        Route("/metrics", endpoint.metrics),
    ]
