"""``certengine result statements`` and ``result sheet``: what is handed out of approved results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import UsageError, plural
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

SittingId = Annotated[str, typer.Argument(metavar="SITTING", help="Id of an approved sitting.")]


def statements(
    sitting: SittingId,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the files are written.")],
    candidates: Annotated[
        list[str] | None, typer.Option("--candidate", metavar="ID", help="Only this candidate; may be given again.")
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
    """A signed result statement with scores for each approved result; run again, it goes on.

    certengine result statements spring-2027 -o statements

    Exit code: 0 done; 1 some could not be made.
    """
    from certengine.services.statements import write_statements

    with opened(workspace, db, actor) as context, terminal.progress("statements") as progress:
        run = write_statements(
            context,
            sitting,
            passphrase(context, passphrase_file),
            output,
            candidates=candidates or (),
            dry_run=dry_run,
            progress=progress,
        )
    terminal.show_findings((*run.held_back, *run.failed))
    did = "would be written" if dry_run else "written"
    summary = (
        f"{plural(len(run.written), 'statement')} {did}, {run.already} there before, "
        f"{len(run.held_back)} held back, {len(run.failed)} failed"
    )
    terminal.answer(
        "statements",
        {
            "sitting": sitting,
            "written": [str(path) for path in run.written],
            "already": run.already,
            "held_back": [terminal.finding_document(finding) for finding in run.held_back],
            "failed": [terminal.finding_document(finding) for finding in run.failed],
            "dry_run": dry_run,
        },
        [summary],
    )
    if run.failed:
        raise typer.Exit(exits.FAILED)


def sheet(
    sitting: SittingId,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write: .xlsx or .csv.")],
    given: Annotated[
        Path | None,
        typer.Option("--with", metavar="FILE", help="A table with candidate ids and what the scheme takes as `given`."),
    ] = None,
    encoding: Annotated[
        str, typer.Option("--encoding", metavar="NAME", help="Of a .csv: utf-8, or gbk for programs that need it.")
    ] = "utf-8",
    partial: Annotated[bool, typer.Option("--partial", help="Leave out the rows that lack something.")] = False,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The official sheet that the scheme declares, for the authority: complete, or refused row by row.

    certengine result sheet spring-2027 -o official.xlsx --with documents.csv

    Exit code: 0 complete; 1 with --partial, and rows were left out; 3 rows lack something, nothing was written.
    """
    from certengine.services.official_sheets import write_official_sheet

    if encoding not in {"utf-8", "gbk"}:
        raise UsageError(f"`{encoding}` is not an encoding here", hint="give `utf-8` or `gbk`")
    with opened(workspace, db, actor) as context:
        run = write_official_sheet(
            context,
            sitting,
            output,
            given=given,
            encoding="gbk" if encoding == "gbk" else "utf-8",
            partial=partial,
            dry_run=dry_run,
        )
    terminal.show_findings(run.refused)
    document = {
        "sitting": sitting,
        "file": str(run.path),
        "rows": run.rows,
        "columns": run.columns,
        "refused": [terminal.finding_document(finding) for finding in run.refused],
        "dry_run": dry_run,
    }
    terminal.answer("sheet", document, [f"{run.path}: {plural(run.rows, 'row')}, {run.columns} columns"])
    if run.refused:
        raise typer.Exit(exits.FAILED)
