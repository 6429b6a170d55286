"""``certengine log``: the audit trail."""

from __future__ import annotations

from typing import Annotated

import typer

from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened

app = typer.Typer(help="The audit trail: check, show.", no_args_is_help=True)


@app.command()
def check(
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Recompute the hash chain over every act, and see that history is protected.

    certengine log check
    """
    from certengine.services.overview import check_log

    with opened(workspace, db, actor) as context:
        found = check_log(context)
    sound = found.first_break is None and not found.missing_triggers
    chain = "whole" if found.first_break is None else f"broken at act {found.first_break}"
    lines = [f"{terminal.plural(found.acts, 'act')}, chain {chain}"]
    lines.extend(f"trigger {name} is missing" for name in found.missing_triggers)
    terminal.answer(
        "log-check",
        {
            "acts": found.acts,
            "first_break": found.first_break,
            "missing_triggers": list(found.missing_triggers),
            "head": found.head,
        },
        lines,
    )
    if not sound:
        raise typer.Exit(exits.NO)


@app.command()
def show(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, newest first.")] = 20,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The latest acts: who did what, when, on which record.

    certengine log show --limit 50
    """
    from certengine.services.overview import latest_acts

    with opened(workspace, db, actor) as context:
        acts = latest_acts(context, limit)
    rows = [(f"{act.at:%Y-%m-%d %H:%M:%S}", act.actor, act.action, act.subject) for act in acts]
    terminal.answer("log", {"acts": list(acts)}, terminal.table(("WHEN (UTC)", "WHO", "WHAT", "ON"), rows))
