"""Running the endpoint: one process, no access log (addresses hold codes), graceful stop."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from certengine.errors import Refused
from certengine.services.endpoint import open_backend
from certengine.web.app import create_app


def run_endpoint(root: Path | None, *, db: str | None, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve a workspace's register until interrupted.

    Args:
        announce: told the address once the socket listens.

    Raises:
        NotFound, CannotTell: when the workspace cannot be served.
        Refused: when the address is taken.
    """
    backend, context = open_backend(root, db=db)
    issuer = context.workspace.config.issuer
    app = create_app(backend, hosts=(issuer.domain,))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
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
    shown = f"[{host}]" if ":" in host else host
    announce(f"http://{shown}:{listener.getsockname()[1]}/")
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, timeout_graceful_shutdown=5
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        context.database.close()
