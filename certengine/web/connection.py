"""One connection: heads of requests bounded in size and in time, before anything of them reaches the application.

Invariants:

1. A head larger than ``head`` bytes is refused as soon as it is, whatever it is made of; nothing of it is kept.
2. A head that is not whole ``head_seconds`` after its connection opened, or after its first byte, ends the connection:
   a visitor who sends a letter a second holds none for long.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from certengine.web.limits import Limits

_TOO_LARGE = b"the head of the request is too large\n"
_REFUSAL = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: "
    + str(len(_TOO_LARGE)).encode()
    + b"\r\n\r\n"
    + _TOO_LARGE
)


def bounded_connections(limits: Limits) -> type[HttpToolsProtocol]:
    """The protocol of connections within these limits."""

    class Connection(HttpToolsProtocol):
        """A connection, with how much of a head has come that is not whole yet."""

        _reading_head = False
        _head = 0
        _waiting: TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the server's own
            """Wait for the first head."""
            super().connection_made(transport)
            self._wait_for_head()

        def connection_lost(self, exc: Exception | None) -> None:
            """Wait no more."""
            self._stop_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            """Let the parser have it, and see whether a head is begun and not whole."""
            begun_before = self._reading_head
            super().data_received(data)
            if self.transport.is_closing():
                return
            if begun_before and self._reading_head:
                self._head += len(data)
                if self._head > limits.head:
                    self.transport.write(_REFUSAL)
                    self.transport.close()
                    return
            # Line ends before a head are skipped by the parser; they hold a connection no longer than a head does.
            if self._reading_head or self._idle():
                self._wait_for_head()

        def on_message_begin(self) -> None:
            """A head begins."""
            self._reading_head = True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            """A head is whole."""
            self._reading_head = False
            self._head = 0
            self._stop_waiting()
            super().on_headers_complete()

        def _idle(self) -> bool:
            cycle: object = self.cycle  # none before the first head
            return cycle is None or self.cycle.response_complete

        def _wait_for_head(self) -> None:
            if self._waiting is None:
                self._waiting = self.loop.call_later(limits.head_seconds, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

    return Connection
