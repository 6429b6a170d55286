"""The verification endpoint: one Starlette application over a :class:`~certengine.web.backend.Backend`.

Invariants:

1. Read-only: no route changes anything, and no request reaches the network.
2. A failure anywhere is answered ``unchecked``: 503, never a "valid", never a traceback.
3. An unknown and a malformed code get the same answer.
4. No code, name or token is logged; what is logged of a failure is its class.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from certengine.credentials.codes import read_code
from certengine.credentials.keyring import did_document, jwks
from certengine.credentials.report import verdict_json
from certengine.credentials.verdict import unknown_verdict
from certengine.model.credential import Check, Outcome, State, Verdict
from certengine.model.text import Text
from certengine.web.asking import HandedIn, asked, handed_in, wants_json
from certengine.web.backend import Backend
from certengine.web.guard import Guard, Limits, RateLimit, log_failure
from certengine.web.openapi import OPENAPI
from certengine.web.pages import Pages
from certengine.web.words import NO_ANSWER, PDF_BUSY, PDF_TOO_SLOW, say
from certengine.workspace.folders import bundled_root

STATUS_OF_STATE = {State.UNREADABLE: 400, State.UNKNOWN: 404, State.UNCHECKED: 503}

_MESSAGES = {400: "bad", 404: "missing", 405: "method", 413: "large", 429: "busy", 500: "broken"}
_PUBLIC = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}


def create_app(
    backend: Backend,
    *,
    templates: Path | None = None,
    hosts: tuple[str, ...] = (),
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """The application.

    ``templates`` is the folder with ``page.html`` and ``page.css`` (the shipped one by default); ``hosts`` are names
    the endpoint answers under besides the issuer's domain, ``localhost`` and IP addresses; ``clock`` counts seconds
    for the rate limit.

    Raises:
        NotFound: when the templates are missing.
    """
    limits = limits or Limits()
    own = backend.keyring().issuer.domain.partition(":")[0]
    names = frozenset(name.lower() for name in (own, *hosts))
    endpoint = _Endpoint(backend, Pages(templates or bundled_root() / "templates" / "formal"), limits, clock)
    return Starlette(
        routes=[
            Route("/", endpoint.home),
            Route("/c/{code}.json", endpoint.code_json),
            Route("/c/{code}", endpoint.code),
            Route("/C/{code}", endpoint.code),
            Route("/verify", endpoint.verify, methods=["POST"]),
            Route("/.well-known/jwks.json", endpoint.jwks),
            Route("/.well-known/did.json", endpoint.did),
            Route("/status/{name}", endpoint.status_list),
            Route("/log/checkpoint", endpoint.checkpoint),
            Route("/static/page.css", endpoint.css),
            Route("/openapi.json", endpoint.openapi),
            Route("/healthz", endpoint.healthz),
            Route("/readyz", endpoint.readyz),
        ],
        middleware=[Middleware(Guard, hosts=names, body_limit=limits.body)],
        exception_handlers={HTTPException: endpoint.refused},
    )


class _Endpoint:
    """The routes, over one backend."""

    def __init__(self, backend: Backend, pages: Pages, limits: Limits, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._pages = pages
        self._limits = limits
        self._rate = RateLimit(limits, clock)
        # Held until a file is done, not until its answer is given up: slow files cannot pile up behind one another.
        self._workers = threading.BoundedSemaphore(limits.pdf_workers)

    async def home(self, request: Request) -> Response:
        return self._html(request, self._pages.home(self._backend.keyring().issuer, asked(request)))

    async def code(self, request: Request) -> Response:
        self._count(request, 1)
        return self._answer(request, self._by_code(request.path_params["code"]))

    async def code_json(self, request: Request) -> Response:
        self._count(request, 1)
        return _json(self._by_code(request.path_params["code"]))

    async def verify(self, request: Request) -> Response:
        given = await handed_in(request)
        self._count(request, 1 if given.pdf is None else self._limits.pdf_cost)
        if given.pdf is not None:
            return self._answer(request, await self._by_pdf(given.pdf))
        text = given.text or ""
        code = read_code(text)
        if code is not None and not wants_json(request):
            lang = asked(request).lang
            return RedirectResponse(f"/c/{code.text}?lang={lang}", 303)
        if code is not None:
            return _json(self._by_code(code.text))
        return self._answer(request, self._guarded(lambda: self._backend.verdict_by_token(text)), given)

    async def jwks(self, _request: Request) -> Response:
        return JSONResponse(jwks(self._backend.keyring()), headers=_PUBLIC, media_type="application/jwk-set+json")

    async def did(self, _request: Request) -> Response:
        return JSONResponse(did_document(self._backend.keyring()), headers=_PUBLIC, media_type="application/did+json")

    async def status_list(self, request: Request) -> Response:
        data = self._backend.status_list(request.path_params["name"])
        if data is None:
            raise HTTPException(404)
        return Response(data, headers=_PUBLIC, media_type="application/vc")

    async def checkpoint(self, _request: Request) -> Response:
        text = self._backend.checkpoint()
        if text is None:
            raise HTTPException(404)
        return PlainTextResponse(text, headers=_PUBLIC)

    async def css(self, _request: Request) -> Response:
        headers = {"Cache-Control": "public, max-age=86400"}
        return Response(self._pages.css, headers=headers, media_type="text/css")

    async def openapi(self, _request: Request) -> Response:
        return JSONResponse(OPENAPI, headers=_PUBLIC)

    async def healthz(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, _request: Request) -> Response:
        try:
            ready = self._backend.ready()
        except Exception as error:  # noqa: BLE001  # not ready, for whatever reason
            log_failure(error)
            ready = False
        return PlainTextResponse("ready\n" if ready else "not ready\n", 200 if ready else 503)

    async def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # the only class this handler is registered for
        status, headers = error.status_code, dict(error.headers or {})
        name = _MESSAGES.get(status, "broken")
        wait = error.detail if status == 429 else ""
        if wait:
            headers["Retry-After"] = wait
        page = asked(request)
        if wants_json(request) or request.url.path.endswith(".json"):
            problem = {"schema": "certengine.problem/1", "status": status, "title": say(f"{name}_heading", "en")}
            return JSONResponse(problem, status, headers=headers)
        issuer = self._backend.keyring().issuer
        return self._html(request, self._pages.message(issuer, page, name, *([wait] if wait else [])), status, headers)

    def _count(self, request: Request, cost: int) -> None:
        wait = self._rate.wait(request.client.host if request.client else "", cost)
        if wait:
            raise HTTPException(429, str(wait))

    def _by_code(self, text: str) -> Verdict:
        verdict = self._guarded(lambda: self._backend.verdict_by_code(text))
        hidden = verdict.state in {State.UNKNOWN, State.UNREADABLE} and not verdict.specimen
        return unknown_verdict(verdict.checked_at) if hidden else verdict

    async def _by_pdf(self, data: bytes) -> Verdict:
        if not self._workers.acquire(blocking=False):
            return self._unchecked(PDF_BUSY)

        def work() -> Verdict:
            try:
                return self._guarded(lambda: self._backend.verdict_by_pdf(data))
            finally:
                self._workers.release()

        try:
            return await asyncio.wait_for(asyncio.to_thread(work), self._limits.pdf_seconds)
        except TimeoutError:
            return self._unchecked(PDF_TOO_SLOW)

    def _guarded(self, ask: Callable[[], Verdict]) -> Verdict:
        try:
            return ask()
        except Exception as error:  # noqa: BLE001  # invariant 2: a failure is an answer, and it is not "valid"
            log_failure(error)
            return self._unchecked(NO_ANSWER)

    def _unchecked(self, why: Text) -> Verdict:
        check = Check(id="register", outcome=Outcome.NOT_DONE, detail=why)
        return Verdict(state=State.UNCHECKED, checked_at=self._backend.now(), checks=(check,))

    def _answer(self, request: Request, verdict: Verdict, given: HandedIn | None = None) -> Response:
        if wants_json(request):
            return _json(verdict)
        page = asked(request, given.text if given is not None else None)
        html = self._pages.verdict(self._backend.keyring().issuer, page, verdict)
        return self._html(request, html, STATUS_OF_STATE.get(verdict.state, 200))

    @staticmethod
    def _html(request: Request, html: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        vary = {"Vary": "Accept, Accept-Language", "Content-Language": asked(request).lang}
        return Response(html, status, headers={**vary, **(headers or {})}, media_type="text/html")


def _json(verdict: Verdict) -> Response:
    return JSONResponse(verdict_json(verdict), STATUS_OF_STATE.get(verdict.state, 200))
