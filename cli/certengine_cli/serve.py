"""``certengine serve``: the verification endpoint."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from certengine_cli import terminal
from certengine_cli.options import AsJson, Db, Quiet, Verbose, Workspace


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    workspace: Workspace = None,
    db: Db = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Serve the look-up page for employers; put a reverse proxy with TLS in front of it.

    certengine serve --port 8000
    """
    from certengine.web.server import run_endpoint

    run_endpoint(workspace, db=db, host=host, port=port, announce=_announce)


def _announce(url: str) -> None:
    terminal.answer("serving", {"address": url})
    terminal.say(f"serving on {url}")
    sys.stdout.flush()
