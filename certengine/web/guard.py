"""What stands before every answer: known hosts, bounds on bodies and look-ups, the headers of a strict page.

Invariants:

1. Nothing here keeps or logs a code, a name or an address beyond the counters of the last minutes, and those are
   bounded in number.
2. A host that is neither the issuer's, nor this machine, nor a plain IP address is refused: a name that somebody
   points at this server (DNS rebinding) gets no page. Probes of health are answered under any name.
3. A failure nobody caught is a plain 500: no traceback leaves, and none is logged, because it may hold what was sent.
"""

from __future__ import annotations

import ipaddress
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_LOG = logging.getLogger("certengine.web")

_PROBES = frozenset({"/healthz", "/readyz"})
_LOCAL = frozenset({"localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the endpoint.

    Attributes:
        body: greatest size of a request, in bytes; a certificate file is about 0.1 MB.
        lookups: how many look-ups a client may make at once; they come back at ``per_minute``.
        pdf_cost: how many look-ups one file counts for.
        clients: how many clients are remembered at a time.
        pdf_seconds: how long a file may take; ``pdf_workers`` how many are read at once.
    """

    body: int = 10_000_000
    lookups: int = 60
    per_minute: int = 60
    pdf_cost: int = 5
    clients: int = 10_000
    pdf_seconds: float = 20.0
    pdf_workers: int = 2


class RateLimit:
    """A leaking bucket for each client network, oldest forgotten first."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        """Count by ``clock``, in seconds that never run backwards."""
        self._limits = limits
        self._clock = clock
        self._fill: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str, cost: int) -> int:
        """Counts ``cost`` look-ups and gives 0, or gives the seconds to wait and counts nothing."""
        network, now = network_of(address), self._clock()
        fill, seen = self._fill.pop(network, (0.0, now))
        rate = self._limits.per_minute / 60
        fill = max(0.0, fill - (now - seen) * rate)
        excess = fill + cost - self._limits.lookups
        self._fill[network] = (fill if excess > 0 else fill + cost, now)
        while len(self._fill) > self._limits.clients:
            self._fill.popitem(last=False)
        return ceil(excess / rate) if excess > 0 else 0


def network_of(address: str) -> str:
    """The network a client is counted by: an IPv4 /24, an IPv6 /64; anything else counts as one client."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    bits = 24 if ip.version == 4 else 64
    return str(ipaddress.ip_network(f"{ip}/{bits}", strict=False))


class Guard:
    """The outermost layer: hosts, bodies, headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], body_limit: int) -> None:
        """Let through requests for ``hosts`` (names without port), with bodies up to ``body_limit`` bytes."""
        self._app = app
        self._hosts = hosts | _LOCAL
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["path"] not in _PROBES and not self._known(headers.get("host", "")):
            await _plain(send, 421, b"this server does not answer under that name\n")
            return
        if _length(headers) > self._body_limit:
            await _plain(send, 413, b"the request is larger than a certificate can be\n")
            return
        try:
            await self._app(scope, self._bounded(receive), _with_headers(send))
        except Exception as error:  # noqa: BLE001  # invariant 3
            log_failure(error)
            await _plain(send, 500, b"something went wrong here; this says nothing about the certificate\n")

    def _known(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        name = name.strip("[]").lower()
        return name in self._hosts or _is_ip(name)

    def _bounded(self, receive: Receive) -> Receive:
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._body_limit:
                raise HTTPException(413)
            return message

        return bounded


def log_failure(error: Exception) -> None:
    """Logs the class of a failure: its message may hold what a visitor sent."""
    _LOG.error("a request could not be answered: %s", type(error).__name__)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending


async def _plain(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
