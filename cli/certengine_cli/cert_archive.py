"""``certengine cert archive``: issued files kept provable beyond the life of their keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine.errors import Severity, plural
from certengine_cli import exits, terminal
from certengine_cli.options import (
    Actor,
    AsJson,
    Db,
    DryRun,
    PassphraseFile,
    Quiet,
    Verbose,
    Workspace,
    opened,
    passphrase,
)

if TYPE_CHECKING:
    from certengine.services.archiving import ArchiveRun


def archive(
    sitting: Annotated[str | None, typer.Argument(metavar="SITTING", help="Of one sitting; all by default.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", help="Where the files are; `certificates` by default.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Add validation material and an archive time stamp to issued files, and renew stamps before they lapse.

    certengine cert archive spring-2027
    """
    from certengine.services.archiving import archive_certificates

    with opened(workspace, db, actor) as context, terminal.progress("archiving") as progress:
        run = archive_certificates(
            context,
            sitting,
            passphrase(context, passphrase_file),
            folder=folder,
            dry_run=dry_run,
            progress=progress,
        )
    terminal.show_findings(run.failed)
    document = {
        "archived": list(run.archived),
        "renewed": list(run.renewed),
        "already": run.already,
        "until": run.until,
        "failed": [terminal.finding_document(finding) for finding in run.failed],
        "dry_run": dry_run,
    }
    terminal.answer("archive", document, _lines(run, dry_run=dry_run))
    if any(finding.severity is Severity.ERROR for finding in run.failed):
        raise typer.Exit(exits.FAILED)


def _lines(run: ArchiveRun, *, dry_run: bool) -> list[str]:
    would = "would be " if dry_run else ""
    said = (
        f"{plural(len(run.archived), 'certificate')} {would}archived, {len(run.renewed)} {would}renewed, "
        f"{run.already} need nothing yet"
    )
    return [said] if run.until is None else [said, f"kept until {run.until:%Y-%m-%d}; run again before that"]
