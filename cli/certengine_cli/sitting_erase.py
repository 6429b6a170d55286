"""``certengine sitting erase``: a person is taken out of the records for good."""

from __future__ import annotations

from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, Yes, confirm, opened


def erase(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="Id of the sitting.")],
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="Id of the candidate.")],
    reason: Annotated[
        str, typer.Option("-m", "--reason", metavar="WHY", help="Which rule asks for it; kept for ever, so no name.")
    ],
    approver: Annotated[str, typer.Option("--approver", metavar="ID", help="The second person, who approves it.")],
    yes: Yes = False,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Erase a person from the records, once their time is over; trail, log and draw stay whole and lead nowhere.

    certengine sitting erase spring-2027 2027-0314 -m "privacy law, article 47" --approver sun-hao --yes

    Exit code: 0 done; 1 done, and traces are left until nobody else uses the database; 5 something must be kept.
    """
    from certengine.services.erasure import erase_candidate

    if not dry_run:
        confirm(f"Erase candidate {candidate} of {sitting} for good? Nothing brings the records back.", yes=yes)
    with opened(workspace, db, actor) as context:
        run = erase_candidate(context, sitting, candidate, reason=reason, approver=approver, dry_run=dry_run)
    did = "would be erased" if dry_run else "is erased"
    lines = [f"candidate {candidate} of {sitting} {did}: {plural(run.rows, 'row')}"]
    lines.extend(f"certificate {number}: its entry in the register stays" for number in run.kept)
    lines.extend(f"certificate {number}: its entry in the register goes" for number in run.emptied)
    lines.extend(f"file {path}" for path in run.files)
    terminal.answer(
        "erasure",
        {
            "sitting": sitting,
            "candidate": candidate,
            "rows": run.rows,
            "kept": list(run.kept),
            "emptied": list(run.emptied),
            "files": [str(path) for path in run.files],
            "elsewhere": list(run.elsewhere),
            "also": list(run.also),
            "scrubbed": run.scrubbed,
            "dry_run": dry_run,
        },
        lines,
    )
    for other in run.also:
        terminal.say(
            f"sitting {other} has a candidate {candidate} too: erase that one as well, if it is the same person"
        )
    if run.elsewhere:
        terminal.say(
            f"not held here, and for you to destroy: {', '.join(run.elsewhere)}; printed papers, exports, backups"
        )
    if run.emptied and not dry_run:
        terminal.hint("publish anew: `certengine key export -o trust`, `certengine export-site DIR`")
    if not run.scrubbed and not dry_run:
        terminal.hint("another program uses the database, so traces are left in it: stop it and run this again")
        raise typer.Exit(exits.FAILED)
