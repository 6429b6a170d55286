"""``certengine result appeal``: a decision contested, settled by another decider."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from certengine.errors import UsageError
from certengine_cli import terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from certengine.store.appeals import Appeal

app = typer.Typer(help="Appeals: open, list, settle.", no_args_is_help=True)

SittingId = Annotated[str, typer.Argument(metavar="SITTING", help="Id of a decided sitting.")]
CandidateId = Annotated[str, typer.Argument(metavar="CANDIDATE", help="Who appeals.")]
Why = Annotated[str, typer.Option("-m", "--reason", metavar="WHY", help="In words; kept.")]


@app.command("open")
def open_(
    sitting: SittingId,
    candidate: CandidateId,
    reason: Why,
    deadline: Annotated[
        str | None, typer.Option("--deadline", metavar="DATE", help="Last day to settle it; else 30 days from now.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write down that a candidate appeals against the decision.

    certengine result appeal open spring-2027 2027-001 -m "question 12 has two right answers" --deadline 2027-06-30
    """
    from certengine.services.appeals import open_appeal

    with opened(workspace, db, actor) as context:
        found = open_appeal(context, sitting, candidate, reason=reason, deadline=_date(deadline))
    terminal.answer(
        "appeal", _document(found), [f"appeal {found.id} of {candidate}, to be settled by {found.deadline}"]
    )
    terminal.hint(f"another decider settles it: `certengine result appeal settle {sitting} {candidate} -m WHY --as ID`")


@app.command("list")
def list_(
    sitting: SittingId,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The appeals of a sitting, with deadlines and how they ended.

    certengine result appeal list spring-2027
    """
    from certengine.services.appeals import list_appeals

    with opened(workspace, db, actor) as context:
        found = list_appeals(context, sitting)
        today = context.clock().date()
    rows = [(str(one.id), one.candidate, str(one.deadline), _stands(one, today), one.reason) for one in found]
    header = ("NO", "CANDIDATE", "DEADLINE", "STANDS", "REASON")
    lines = terminal.table(header, rows) if rows else ["no appeals"]
    terminal.answer("appeals", {"sitting": sitting, "appeals": [_document(one) for one in found]}, lines)


@app.command()
def settle(
    sitting: SittingId,
    candidate: CandidateId,
    reason: Why,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Decide anew on an appeal, as another decider than the first, on the scores that count now.

    certengine result appeal settle spring-2027 2027-001 -m "marked again: one mark more" --as wu-fang
    """
    from certengine.services.appeals import settle_appeal

    with opened(workspace, db, actor) as context:
        settled, outcome = settle_appeal(context, sitting, candidate, reason=reason, dry_run=dry_run)
    document = {
        "sitting": sitting,
        "candidate": candidate,
        "decision": settled.outcome,
        "outcome": outcome,
        "settled_by": settled.settled_by,
        "dry_run": dry_run,
    }
    would = "would be " if dry_run else ""
    terminal.answer("settlement", document, [f"the decision on {candidate} {would}{settled.outcome}: {outcome}"])
    if not dry_run:
        terminal.hint(f"another person approves: `certengine result approve {sitting} --as ID`")


def _document(one: Appeal) -> dict[str, object]:
    return {
        "appeal": one.id,
        "sitting": one.sitting,
        "candidate": one.candidate,
        "reason": one.reason,
        "deadline": one.deadline,
        "opened_at": one.opened_at,
        "opened_by": one.opened_by,
        "settlement": one.settlement,
    }


def _stands(one: Appeal, today: date) -> str:
    if one.settlement is not None:
        return f"{one.settlement.outcome} by {one.settlement.settled_by}"
    return "overdue" if one.deadline < today else "open"


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise UsageError(f"`{text}` is not a date", hint="write for example 2027-06-30") from None
