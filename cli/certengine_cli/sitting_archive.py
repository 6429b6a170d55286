"""``certengine sitting archive``: everything on record of a sitting, for whoever inspects it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened


def archive(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="Id of the sitting.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The zip to write.")],
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write everything on record of a sitting as one zip, with an index by clause of ISO/IEC 17024. An auditor's act.

    certengine sitting archive spring-2027 -o spring-2027.zip
    """
    from certengine.services.inspection import archive_sitting

    with opened(workspace, db, actor) as context:
        found = archive_sitting(context, sitting, output)
    document = {"archive": str(found.path), "files": list(found.files), "missing": dict(found.missing)}
    lines = [f"{found.path}: {plural(len(found.files), 'file')}"]
    lines.extend(f"not in it: {name} ({reason})" for name, reason in found.missing)
    terminal.answer("sitting-archive", document, lines)
    terminal.hint("unpack it and open index.html; it holds names and scores, so keep it accordingly")
