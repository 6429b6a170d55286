"""``certengine grade batch``: very many candidates on one form, from wide files to files of scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened


def batch(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="Id of a sealed sitting drawn with one form.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Wide tables: `candidate_id,q1,q2...`.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Where scores and reports are written.")
    ],
    component: Annotated[
        str | None, typer.Option("--component", metavar="ID", help="Which written component, if several have one form.")
    ] = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Score up to millions of rows against the form that all candidates share; scores and item analysis become files.

    Candidates need not be on the roster, and nothing is stored but that it was done: decisions go by `grade written`.

    certengine grade batch mock-2027 province.csv -o mock
    """
    from certengine.services.batch_grading import SHOWN, grade_batch

    with opened(workspace, db, actor) as context, terminal.progress("grading") as progress:
        run = grade_batch(context, sitting, files, output, component=component, dry_run=dry_run, progress=progress)
    terminal.show_findings(run.set_aside[:SHOWN])
    if len(run.set_aside) > SHOWN:
        terminal.say(f"... and {len(run.set_aside) - SHOWN} more rows, all of them in set-aside.csv")
    did = "would grade" if dry_run else "graded"
    summary = f"{did} {plural(run.graded, 'row')}, set aside {plural(len(run.set_aside), 'row')}"
    paths = [str(path) for path in run.files]
    document = {
        "sitting": sitting,
        "component": run.component,
        "graded": run.graded,
        "set_aside": [terminal.finding_document(finding) for finding in run.set_aside],
        "files": paths,
        "dry_run": dry_run,
    }
    terminal.answer("batch", document, [summary, *paths])
    if run.set_aside:
        terminal.hint("mend the rows that were set aside, and grade the file again; the rest is graded")
        raise typer.Exit(exits.FAILED)
