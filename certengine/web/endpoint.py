"""The routes of the endpoint: from a request to a verdict, and from a verdict to an answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from certengine.canonical import digest_of_bytes
from certengine.credentials.codes import read_code
from certengine.credentials.keyring import did_document, jwks
from certengine.credentials.pictures import the_one_text
from certengine.credentials.report import verdict_text
from certengine.credentials.verdict import unknown_verdict
from certengine.model.credential import Check, Outcome, State, Verdict
from certengine.model.text import Text
from certengine.web.asking import HandedIn, asked, handed_in, wants_json
from certengine.web.backend import Backend
from certengine.web.foreign import Finding, is_foreign
from certengine.web.guard import log_failure
from certengine.web.limits import Limits, RateLimit
from certengine.web.metrics import MEDIA_TYPE, Metrics
from certengine.web.openapi import OPENAPI
from certengine.web.pages import Pages
from certengine.web.published import FOR_EVER, HOUR, MINUTES, published
from certengine.web.readers import Busy, Failed, Readers, TooSlow
from certengine.web.words import FILE_BUSY, FILE_FAILED, FILE_TOO_SLOW, NO_ANSWER, say

STATUS_OF_STATE = {State.UNREADABLE: 400, State.UNKNOWN: 404, State.UNCHECKED: 503}
_HIDDEN = frozenset({State.UNKNOWN, State.UNREADABLE})

_MESSAGES = {
    400: "bad",
    404: "missing",
    405: "method",
    408: "slow",
    413: "large",
    429: "busy",
    500: "broken",
    503: "broken",
}
_FILE_TROUBLE: dict[type[Exception], tuple[str, Text]] = {
    Busy: ("busy", FILE_BUSY),
    TooSlow: ("too_slow", FILE_TOO_SLOW),
    Failed: ("failed", FILE_FAILED),
}


class Endpoint:
    """The routes, over one backend."""

    def __init__(
        self,
        backend: Backend,
        pages: Pages,
        *,
        limits: Limits,
        rate: RateLimit,
        readers: Readers,
        metrics: Metrics,
        receipt: Callable[[Verdict, HandedIn], bytes | None],
    ) -> None:
        """Answer from ``backend``, with ``readers`` for foreign files and ``receipt`` for what has no address."""
        self._backend = backend
        self._pages = pages
        self._limits = limits
        self._rate = rate
        self._readers = readers
        self._metrics = metrics
        self._receipt = receipt

    async def home(self, request: Request) -> Response:
        """The look-up form."""
        return self._html(request, self._pages.home(self._backend.keyring().issuer, asked(request)))

    async def code(self, request: Request) -> Response:
        """A look-up, as a page or as JSON."""
        self.count(request, 1)
        return self.answer(request, self.by_code(request.path_params["code"]))

    async def code_json(self, request: Request) -> Response:
        """A look-up, as JSON."""
        self.count(request, 1)
        return self._json(self.by_code(request.path_params["code"]))

    async def verify(self, request: Request) -> Response:
        """A file, a QR text or a code that was handed in."""
        given = await handed_in(request)
        self.count(request, 1 if given.file is None else self._limits.pdf_cost)
        if given.file is not None:
            return self.answer(request, await self._by_file(given.file), given)
        text = given.text or ""
        code = read_code(text)
        if code is not None and not wants_json(request):
            lang = asked(request).lang
            return RedirectResponse(f"/c/{code.text}?lang={lang}", 303)
        if code is not None:
            return self._json(self.by_code(code.text))
        return self.answer(request, self._guarded(lambda: self._backend.verdict_by_token(text)), given)

    async def jwks(self, request: Request) -> Response:
        """The keys as a JWK set."""
        data = json.dumps(jwks(self._backend.keyring())).encode()
        return published(request, data, media_type="application/jwk-set+json", keep=MINUTES)

    async def did(self, request: Request) -> Response:
        """The keys as a DID document."""
        data = json.dumps(did_document(self._backend.keyring())).encode()
        return published(request, data, media_type="application/did+json", keep=MINUTES)

    async def status_list(self, request: Request) -> Response:
        """A signed status list."""
        data = self._backend.status_list(request.path_params["name"])
        if data is None:
            raise HTTPException(404)
        return published(request, data, media_type="application/vc", keep=MINUTES)

    async def checkpoint(self, request: Request) -> Response:
        """The checkpoint of the log."""
        text = self._backend.checkpoint()
        if text is None:
            raise HTTPException(404)
        return published(request, text.encode(), media_type="text/plain", keep=MINUTES)

    async def log_tile(self, request: Request) -> Response:
        """A tile of the log; what has a name never changes."""
        data = self._backend.log_tile(f"tile/{request.path_params['path']}")
        if data is None:
            raise HTTPException(404)
        return published(request, data, media_type="application/octet-stream", keep=FOR_EVER)

    async def static(self, request: Request) -> Response:
        """A file of the pages, by the name that carries its digest."""
        file = self._pages.static.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return published(request, file.data, media_type=file.media_type, keep=FOR_EVER, anywhere=False)

    async def openapi(self, request: Request) -> Response:
        """The description for programs."""
        return published(request, json.dumps(OPENAPI).encode(), media_type="application/json", keep=HOUR)

    async def healthz(self, _request: Request) -> Response:
        """The process is alive."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _request: Request) -> Response:
        """The process can do its work."""
        try:
            ready = self._backend.ready()
        except Exception as error:  # noqa: BLE001  # not ready, for whatever reason
            log_failure(error)
            ready = False
        return PlainTextResponse("ready\n" if ready else "not ready\n", 200 if ready else 503)

    async def metrics(self, _request: Request) -> Response:
        """The counters of this process."""
        return Response(self._metrics.text(), media_type=MEDIA_TYPE)

    async def refused(self, request: Request, error: Exception) -> Response:
        """A request that gets no verdict: why, as a page or as JSON."""
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

    def count(self, request: Request, cost: int) -> None:
        """Counts look-ups of a visitor.

        Raises:
            HTTPException: 429 when they are too many.
        """
        client = request.client
        refusal = self._rate.refuse(client.host if client else "", cost)
        if refusal is not None:
            self._metrics.limited(refusal.whose)
            raise HTTPException(429, str(refusal.seconds))

    def may_ask(self, address: str) -> bool:
        """Counts one look-up of a visitor, if it is not one too many."""
        return self._rate.refuse(address, 1) is None

    def told(self, verdict: Verdict) -> None:
        """Counts an answer."""
        self._metrics.verdict(verdict.state.value)

    def by_code(self, text: str) -> Verdict:
        """The verdict on a code; one that is unknown and one that is none have the same."""
        verdict = self._guarded(lambda: self._backend.verdict_by_code(text))
        hidden = verdict.state in _HIDDEN and not verdict.specimen
        return unknown_verdict(verdict.checked_at) if hidden else verdict

    async def _by_file(self, data: bytes) -> Verdict:
        if not is_foreign(data):
            self._metrics.file("text")
            return await asyncio.to_thread(self._guarded, lambda: self._backend.verdict_by_document(data))
        backend = self._backend
        try:
            keyring, at = backend.keyring(), backend.now()
            finding = await asyncio.to_thread(self._readers.read, data, keyring.roots, at, keyring.stamp_roots)
        except (Busy, TooSlow, Failed) as trouble:
            outcome, why = _FILE_TROUBLE[type(trouble)]
            self._metrics.file(outcome)
            return self._unchecked(why)
        self._metrics.file("read")
        return self._guarded(lambda: self._by_finding(data, finding))

    def _by_finding(self, data: bytes, finding: Finding) -> Verdict:
        if finding.pdf is not None:
            from certengine.documents.archive_revision import split_archive

            # Computed here, whatever the process said: the digest on record decides what is the original, and this
            # process finds for itself that nothing follows it but an archive.
            issued, _ = split_archive(data)
            return self._backend.verdict_by_pdf(replace(finding.pdf, digest=digest_of_bytes(issued)))
        text = the_one_text(finding.texts, self._backend.now())
        return text if isinstance(text, Verdict) else self._backend.verdict_by_token(text)

    def _guarded(self, ask: Callable[[], Verdict]) -> Verdict:
        try:
            return ask()
        except Exception as error:  # noqa: BLE001  # invariant 2 of the application: a failure is not "valid"
            log_failure(error)
            return self._unchecked(NO_ANSWER)

    def _unchecked(self, why: Text) -> Verdict:
        check = Check(id="register", outcome=Outcome.NOT_DONE, detail=why)
        return Verdict(state=State.UNCHECKED, checked_at=self._backend.now(), checks=(check,))

    def answer(self, request: Request, verdict: Verdict, given: HandedIn | None = None) -> Response:
        """A verdict, as a page or as JSON."""
        if wants_json(request):
            return self._json(verdict)
        self._metrics.verdict(verdict.state.value)
        page = asked(request, given.text if given is not None else None)
        told = given is not None and verdict.state is not State.UNREADABLE
        receipt = self._receipt(verdict, given) if given is not None and told else None
        html = self._pages.verdict(self._backend.keyring(), page, verdict, receipt)
        return self._html(request, html, STATUS_OF_STATE.get(verdict.state, 200))

    def _json(self, verdict: Verdict) -> Response:
        self._metrics.verdict(verdict.state.value)
        return Response(verdict_text(verdict), STATUS_OF_STATE.get(verdict.state, 200), media_type="application/json")

    @staticmethod
    def _html(request: Request, html: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        vary = {"Vary": "Accept, Accept-Language", "Content-Language": asked(request).lang}
        return Response(html, status, headers={**vary, **(headers or {})}, media_type="text/html")
