"""What stands before every answer: known hosts, bounds on bodies, the headers of a strict page.

Invariants:

1. Nothing here keeps or logs a code, a name or an address.
2. A host that is neither the issuer's, nor this machine, nor a plain IP address is refused: a name that somebody
   points at this server (DNS rebinding) gets no page. Probes of health are answered under any name.
3. A failure nobody caught is a plain 500: no traceback leaves, and none is logged, because it may hold what was sent.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from certengine.web.limits import Limits

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_LOG = logging.getLogger("certengine.web")

_STRICT = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]

_NO_STORE = (b"cache-control", b"no-store")

_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_LOCAL = frozenset({"localhost"})


class Guard:
    """The outermost layer: hosts, bodies, headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], limits: Limits) -> None:
        """Let through requests for ``hosts`` (names without port), with bodies within the limits."""
        self._app = app
        self._hosts = hosts | _LOCAL
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size, host, length = _head(scope)
        if scope["path"] not in _PROBES and not self._known(host):
            await _plain(send, 421, b"this server does not answer under that name\n")
            return
        if size > self._limits.head:
            await _plain(send, 431, b"the head of the request is too large\n")
            return
        if length > self._limits.body:
            await _plain(send, 413, b"the request is larger than a certificate can be\n")
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, self._bounded(receive), _with_headers(sending))
        except Exception as error:  # noqa: BLE001  # invariant 3
            log_failure(error)
            if not begun:
                await _plain(send, 500, b"something went wrong here; this says nothing about the certificate\n")

    def _known(self, host: str) -> bool:
        before, _, port = host.rpartition(":")
        name = (before if port.isdigit() else host).strip("[]").lower()
        return name in self._hosts or _is_ip(name)

    def _bounded(self, receive: Receive) -> Receive:
        received = 0
        ends = time.monotonic() + self._limits.body_seconds

        async def bounded() -> Message:
            nonlocal received
            try:
                message = await asyncio.wait_for(receive(), ends - time.monotonic())
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            received += len(message.get("body", b""))
            if received > self._limits.body:
                raise HTTPException(413)
            return message

        return bounded


def log_failure(error: Exception) -> None:
    """Logs the class of a failure: its message may hold what a visitor sent."""
    _LOG.error("a request could not be answered: %s", type(error).__name__)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: list[tuple[bytes, bytes]] = message["headers"]
            for name, _ in headers:
                if name == b"cache-control":
                    break
            else:
                headers.append(_NO_STORE)
            headers.extend(_STRICT)
        await send(message)

    return sending


async def _plain(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        _NO_STORE,
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _head(scope: Scope) -> tuple[int, str, int]:
    """The size of a head, the host it names first, and the length of the body it announces first."""
    size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    host, length = None, None
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name == b"host" and host is None:
            host = value.decode("latin-1")
        elif name == b"content-length" and length is None:
            length = int(value) if value.isdigit() and len(value) < 16 else 0
    return size, host or "", length or 0


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
