"""``init``, ``status`` and ``schema``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine_cli import terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    sample: Annotated[
        bool, typer.Option("--sample", help="With the whole sample academy: banks, schemes, people.")
    ] = False,
    db: Annotated[
        str | None,
        typer.Option(
            "--db", metavar="URL", help="An empty database to use instead of an SQLite file in the workspace."
        ),
    ] = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a starter workspace.

    certengine init academy --sample
    """
    from certengine.services.setting_up import init_workspace

    root = init_workspace(directory, sample=sample, database=db)
    terminal.answer("workspace", {"workspace": str(root), "sample": sample}, [str(root)])
    terminal.hint(f"cd {directory} && certengine status")


def status(
    every: Annotated[bool, typer.Option("--all", help="Look into every sitting, not the newest ten alone.")] = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """What exists, what waits for whom, and the next command.

    certengine status
    """
    from certengine.services.overview import overview

    with opened(workspace, db, actor) as context:
        found = overview(context, every=every)
    lines = [f"workspace  {found.workspace}", f"acting as  {found.actor}"]
    lines.extend(f"{line.what:<9}  {line.text}" for line in found.lines)
    if verbose:
        lines.extend(f"{name:<9}  {value}" for name, value in found.origins)
    terminal.answer("status", found, lines)
    if found.next_command:
        terminal.hint(f"next: `{found.next_command}`")


def schema(
    name: Annotated[
        str, typer.Argument(help="bank, items, scheme, task, config and others; without it, their names.")
    ] = "",
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The JSON Schema of a file format.

    certengine schema items > items.schema.json
    """
    import json as writer

    from certengine.errors import NotFound
    from certengine.workspace.schemas import SCHEMAS

    if not name:
        terminal.answer("schemas", {"names": list(SCHEMAS)}, SCHEMAS)
        return
    if name not in SCHEMAS:
        raise NotFound(f"no file format is called `{name}`", hint=f"there are: {', '.join(SCHEMAS)}")
    typer.echo(writer.dumps(SCHEMAS[name](), ensure_ascii=False, indent=2))
