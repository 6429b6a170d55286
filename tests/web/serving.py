"""The sample register behind the real server, in a thread of this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from certengine.web.app import create_app
from certengine.web.server import listen, server_of
from certengine.web.settings import Settings
from tests.web.register import READER, ROOMY, Register


@contextmanager
def served(
    register: Register | None = None,
    *,
    settings: Settings | None = None,
    reading: str = READER,
    write_line: Callable[[str], None] | None = None,
) -> Iterator[tuple[str, Callable[[], None]]]:
    """``(address, stop)`` of a running endpoint; ``stop`` asks it to finish and waits until it has."""
    settings = settings or Settings(limits=ROOMY)
    app = create_app(register or Register(), limits=settings.limits, reading=reading, write_line=write_line)
    listener = listen("127.0.0.1", 0)
    server = server_of(app, settings)
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join()

    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", stop
    finally:
        stop()
        listener.close()
