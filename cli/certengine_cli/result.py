"""``certengine result``: decisions, approvals, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine_cli import terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certengine.model.score import Step
    from certengine.model.text import Text
    from certengine.store.decisions import DecisionRecord

app = typer.Typer(help="Results: decide, approve, show, export.", no_args_is_help=True)

SittingId = Annotated[str, typer.Argument(metavar="SITTING", help="Id of a graded sitting.")]
_SIGNS = {True: "✓", False: "✗", None: "?"}


@app.command()
def decide(
    sitting: SittingId,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Decide on every candidate by the scheme's pass standard.

    certengine result decide spring-2027 --as zhao-ting
    """
    from certengine.services.results import decide_sitting

    with opened(workspace, db, actor) as context:
        run, _ = decide_sitting(context, sitting, dry_run=dry_run)
    did = "would be new" if dry_run else "new"
    terminal.answer(
        "decisions",
        {
            "sitting": sitting,
            "passed": run.passed,
            "failed": run.failed,
            "pending": run.pending,
            "new": run.new,
            "dry_run": dry_run,
        },
        [f"{run.passed} passed, {run.failed} failed, {run.pending} pending; {run.new} {did}"],
    )
    terminal.hint(f"another person approves: certengine result approve {sitting} --as ID")


@app.command()
def approve(
    sitting: SittingId,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Approve the decisions of a sitting, as another person than the decider.

    certengine result approve spring-2027 --as sun-hao
    """
    from certengine.services.results import approve_sitting

    with opened(workspace, db, actor) as context:
        run = approve_sitting(context, sitting, dry_run=dry_run)
    did = "would be approved" if dry_run else "approved"
    terminal.answer(
        "approvals",
        {
            "sitting": sitting,
            "approved": run.approved,
            "already": run.already,
            "pending": run.pending,
            "dry_run": dry_run,
        },
        [f"{run.approved} {did}, {run.already} before, {run.pending} pending"],
    )


@app.command()
def show(
    sitting: SittingId,
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="Explain the decision on one candidate.")] = "",
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The results of a sitting, or one decision line by line in both languages.

    certengine result show spring-2027 2027-001
    """
    from certengine.services.results import candidate_result, results_table

    with opened(workspace, db, actor) as context:
        if candidate:
            record = candidate_result(context, sitting, candidate)
            terminal.answer("result", _document(record), _explained(record))
            return
        header, rows = results_table(context, sitting)
    document = {"sitting": sitting, "results": [dict(zip(header, row, strict=True)) for row in rows]}
    terminal.answer("results", document, terminal.table(tuple(name.upper() for name in header), rows))


@app.command()
def export(
    sitting: SittingId,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The CSV file to write.")],
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The results of a sitting as CSV.

    certengine result export spring-2027 -o results.csv
    """
    from certengine.interchange.delimited import write_csv
    from certengine.services.files import write_whole
    from certengine.services.results import results_table

    with opened(workspace, db, actor) as context:
        header, rows = results_table(context, sitting)
    write_whole(output, write_csv(header, rows), mode=0o600)
    terminal.answer("export", {"file": str(output), "rows": len(rows)}, [str(output)])


def _document(record: DecisionRecord) -> dict[str, object]:
    return {
        "candidate": record.decision.candidate,
        "outcome": record.decision.outcome,
        "scores": dict(record.decision.scores),
        "derivation": record.decision.derivation,
        "missing": list(_missing(record)),
        "reports": list(record.reports),
        "digest": record.digest,
        "decided_at": record.decided_at,
        "decided_by": record.decided_by,
        "approved_at": record.approved_at,
        "approved_by": record.approved_by,
    }


def _missing(record: DecisionRecord) -> tuple[Text, ...]:
    """What a pending decision waits for."""
    return record.decision.missing if record.decision.outcome == "pending" else ()


def _explained(record: DecisionRecord) -> Iterator[str]:
    yield f"candidate  {record.decision.candidate}"
    yield f"outcome    {record.decision.outcome}"
    yield f"decided    {record.decided_at:%Y-%m-%d %H:%M} UTC by {record.decided_by}"
    approved = f"{record.approved_at:%Y-%m-%d %H:%M} UTC by {record.approved_by}" if record.approved_at else "not yet"
    yield f"approved   {approved}"
    yield from (f"missing    {one.best('zh')} | {one.best('en')}" for one in _missing(record))
    yield ""
    yield from _steps(record.decision.derivation, 0)
    for report in record.reports:
        yield ""
        yield f"{report.component}: {report.score if report.score is not None else 'open'} of {report.full}"
        for item in report.items:
            earned = f"{float(item.earned):g}" if item.open is None else "-"
            yield f"  {item.position:>3}  {earned}/{item.full}  {item.reason.best('zh')} | {item.reason.best('en')}"
        for aspect in report.aspects:
            yield f"  {aspect.aspect:<5} {float(aspect.earned):g}/{aspect.full}  {aspect.reason.best('en')}"


def _steps(step: Step, depth: int) -> Iterator[str]:
    rule = f"{step.rule.best('zh')} | {step.rule.best('en')}"
    yield f"{'  ' * depth}{_SIGNS[step.holds]} {rule}: {step.found.best('zh')} | {step.found.best('en')}"
    for part in step.steps:
        yield from _steps(part, depth + 1)
