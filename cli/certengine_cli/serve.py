"""``certengine serve``: the verification endpoint; ``export-site``: its static mirror."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import exits, terminal
from certengine_cli.options import (
    Actor,
    AsJson,
    Db,
    PassphraseFile,
    Quiet,
    Verbose,
    Workspace,
    opened,
    passphrase,
)


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that answer; one for each processor core.")
    ] = 1,
    workspace: Workspace = None,
    db: Db = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Serve the look-up page for employers; put a reverse proxy with TLS in front of it.

    certengine serve --port 8000 --workers 2
    """
    from certengine.web.server import run_endpoint

    run_endpoint(workspace, db=db, host=host, port=port, announce=_announce, workers=workers)


def _announce(url: str) -> None:
    terminal.answer("serving", {"address": url})
    terminal.say(f"serving on {url}")
    sys.stdout.flush()


def export_site(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder a web server serves as its root.")],
    check: Annotated[bool, typer.Option("--check", help="Check the mirror that is there; write nothing.")] = False,
    passphrase_file: PassphraseFile = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write a static, signed mirror of the endpoint, for any web server; run it again before its lists end.

    certengine export-site site --passphrase-file passphrase
    """
    from certengine.services.keys import load_keyring
    from certengine.services.site import export_site as export
    from certengine.services.site_manifest import check_site

    with opened(workspace, db, actor) as context:
        if check:
            found = check_site(directory, load_keyring(context), at=context.clock())
            lines = found.problems or ["whole, and signed by this issuer"]
            terminal.answer("site-check", {"folder": str(directory), "problems": list(found.problems)}, lines)
            if found.problems:
                raise typer.Exit(exits.NO)
            return
        with terminal.progress("exporting") as progress:
            made = export(context, directory, passphrase(context, passphrase_file), progress=progress)
    summary = (
        f"{plural(made.certificates, 'certificate')}: {made.written} written, {made.kept} kept, "
        f"{made.removed} removed, {len(made.failed)} failed"
    )
    document = {
        "folder": str(made.folder),
        "certificates": made.certificates,
        "written": made.written,
        "kept": made.kept,
        "removed": made.removed,
        "failed": list(made.failed),
        "valid_until": made.valid_until,
    }
    terminal.answer("site", document, [summary])
    terminal.hint(f"export again before {made.valid_until:%Y-%m-%d}, when its signed lists end")
    if made.failed:
        raise typer.Exit(exits.FAILED)
