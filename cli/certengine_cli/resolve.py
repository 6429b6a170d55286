"""``certengine grade resolve``: what is open, and what people who looked at the answer sheets say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import terminal
from certengine_cli.grading_report import report
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened


def resolve(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="Id of a sealed sitting.")],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Resolution sheets; without any, lists what is open.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write what is open as a CSV sheet to fill in."),
    ] = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Responses that are open - unreadable, doubly marked, keyed in differently -, and what people make of them.

    certengine grade resolve spring-2027 -o open.csv
    """
    from certengine.services.resolving import open_responses, take_resolutions, write_open_sheet

    with opened(workspace, db, actor) as context:
        if files:
            run = take_resolutions(context, sitting, files, dry_run=dry_run)
            report(sitting, run, "response", dry_run=dry_run)
            return
        if output is not None:
            rows = write_open_sheet(context, sitting, output)
            terminal.answer("resolution-sheet", {"file": str(output), "rows": rows}, [str(output)])
            terminal.hint(
                f"when `response`, `by` and `reason` are filled in: `certengine grade resolve {sitting} {output}`"
            )
            return
        found = open_responses(context, sitting)
    header = ("candidate", "paper", "question", "item", "read", "why")
    rows_shown = [(one.candidate, one.paper, str(one.question), one.item, one.read, one.why) for one in found.responses]
    lines = [*terminal.table(tuple(name.upper() for name in header), rows_shown)] if rows_shown else []
    lines.append(
        f"{plural(len(found.responses), 'response')} open, {plural(len(found.not_graded), 'paper')} not graded"
    )
    not_graded = [{"candidate": candidate, "paper": paper} for candidate, paper in found.not_graded]
    terminal.answer("open", {"sitting": sitting, "responses": found.responses, "not_graded": not_graded}, lines)
    if terminal.settings.verbose:
        terminal.say("".join(f"not graded: paper {paper} of {candidate}\n" for candidate, paper in found.not_graded))
    if found.responses:
        terminal.hint(f"`certengine grade resolve {sitting} -o open.csv` writes them as a sheet to fill in")
