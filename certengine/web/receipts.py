"""Receipts of answers, to keep: signed by the issuer's receipt key, as JSON or as a page to print.

Invariants:

1. A receipt tells what the page told (:mod:`certengine.credentials.receipt`); nothing is stored here, so one that is
   printed later is read back from its own signed bytes, and one that was altered, or is not ours, is not printed.
2. For a code that is unknown, or is none, there is no receipt: the answer is that of the look-up itself.
3. A page is laid out by a process of its own, one at a time, bounded in time, processor time and memory.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from certengine.canonical import digest_of_bytes
from certengine.credentials.keyring import keyring_json
from certengine.credentials.receipt import ReadReceipt, Warrant, read_receipt
from certengine.credentials.strict_json import Unreadable
from certengine.model.credential import Keyring, State, Verdict
from certengine.web.asking import HandedIn, fields_of_form
from certengine.web.backend import Backend
from certengine.web.endpoint import Endpoint
from certengine.web.guard import log_failure
from certengine.web.limits import Limits
from certengine.web.readers import bound

_START = "from certengine.web.receipt_process import main; main()"
_MEDIA = {"json": "application/json", "pdf": "application/pdf"}
_NO_RECEIPT = frozenset({State.UNKNOWN, State.UNREADABLE})

Print = Callable[[bytes, Keyring], bytes]


class Receipts:
    """The routes of receipts, over an endpoint."""

    def __init__(self, endpoint: Endpoint, backend: Backend, limits: Limits, lay_out: Print | None = None) -> None:
        """Give receipts of the answers of ``endpoint``; ``lay_out`` makes the page of one."""
        self._endpoint = endpoint
        self._backend = backend
        self._limits = limits
        self._lay_out = lay_out or PageProcess(limits).lay_out

    async def by_code(self, request: Request) -> Response:
        """The receipt of a look-up made now."""
        form, code = request.path_params["form"], request.path_params["code"]
        if form not in _MEDIA:
            raise HTTPException(404)
        self._endpoint.count(request, self._limits.pdf_cost if form == "pdf" else 1)
        verdict = self._endpoint.by_code(code)
        if verdict.state in _NO_RECEIPT:
            return self._endpoint.answer(request, verdict)
        return await self._given(self._made(verdict, HandedIn(text=code)), form)

    async def posted(self, request: Request) -> Response:
        """A receipt that a page gave, as JSON or as a page to print."""
        given = await fields_of_form(request)
        form = given.get("as", "pdf")
        if form not in _MEDIA:
            raise HTTPException(400)
        self._endpoint.count(request, self._limits.pdf_cost if form == "pdf" else 1)
        data = given.get("receipt", "").encode()
        if _read(data, self._backend.keyring()).warrant is not Warrant.SIGNED:
            raise HTTPException(400)
        return await self._given(data, form)

    def _made(self, verdict: Verdict, given: HandedIn) -> bytes:
        data = receipt_for(self._backend, verdict, given)
        if data is None:
            raise HTTPException(404)
        return data

    async def _given(self, data: bytes, form: str) -> Response:
        keyring = self._backend.keyring()
        name = _read(data, keyring).receipt.id[:8]
        body = await asyncio.to_thread(self._lay_out, data, keyring) if form == "pdf" else data
        # A page is shown, to be printed or kept; data is kept.
        kept = "inline" if form == "pdf" else "attachment"
        headers = {"Content-Disposition": f'{kept}; filename="receipt-{name}.{form}"'}
        return Response(body, headers=headers, media_type=_MEDIA[form])


def receipt_for(backend: Backend, verdict: Verdict, given: HandedIn) -> bytes | None:
    """The signed receipt of an answer; ``None`` where the issuer has no receipt key, or it is out of reach."""
    digest = digest_of_bytes(given.file) if given.file is not None else None
    try:
        return backend.receipt(verdict, target=given.text, file_digest=digest)
    except Exception as error:  # noqa: BLE001  # the answer stands without it
        log_failure(error)
        return None


class PageProcess:
    """Lays out receipts, each in a process of its own."""

    def __init__(self, limits: Limits) -> None:
        """Within ``limits``."""
        self._limits = limits
        self._place = threading.BoundedSemaphore(1)

    def lay_out(self, data: bytes, keyring: Keyring) -> bytes:
        """The page of a receipt.

        Raises:
            HTTPException: 503 when another is being laid out, or this one could not be in time.
        """
        question = json.dumps({"keyring": keyring_json(keyring), "receipt": data.decode()}).encode()
        if not self._place.acquire(timeout=self._limits.receipt_seconds):
            raise HTTPException(503)
        try:
            return self._run(question)
        finally:
            self._place.release()

    def _run(self, question: bytes) -> bytes:
        seconds = self._limits.receipt_seconds
        environment = {name: value for name, value in os.environ.items() if name in _KEPT_ENVIRONMENT}
        with subprocess.Popen(  # noqa: S603  # our own interpreter with our own module
            [sys.executable, "-P", "-B", "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as process:
            bound(process.pid, resource.RLIMIT_AS, self._limits.reader_memory)
            bound(process.pid, resource.RLIMIT_CPU, int(seconds) + 1)
            try:
                page, _ = process.communicate(question, timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise HTTPException(503) from None
        if process.returncode or not page.startswith(b"%PDF-"):
            raise HTTPException(503)
        return page


# Where the prepared fonts are kept, and what Python and the C library need to find themselves.
_KEPT_ENVIRONMENT = frozenset(
    {"CERTENGINE_CACHE", "HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "XDG_CACHE_HOME"}
)


def _read(data: bytes, keyring: Keyring) -> ReadReceipt:
    try:
        return read_receipt(data, keyring)
    except Unreadable:
        raise HTTPException(400) from None
