"""``certengine result``: decisions, approvals, and why."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine.canonical import decimal_text
from certengine.errors import UsageError, plural
from certengine.scoring.explanation import exact_shown
from certengine_cli import appeal, exits, result_files, terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certengine.model.text import Text
    from certengine.services.context import Context
    from certengine.services.explaining import Explained

app = typer.Typer(help="Results: decide, approve, show, gaps, statements, sheet, export.", no_args_is_help=True)

app.command("statements")(result_files.statements)
app.command("sheet")(result_files.sheet)
app.add_typer(appeal.app, name="appeal")

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
    from certengine.services.gaps import gaps
    from certengine.services.results import decide_sitting

    with opened(workspace, db, actor) as context:
        run, _ = decide_sitting(context, sitting, dry_run=dry_run)
        missing = gaps(context, sitting)
    terminal.show_findings(missing)
    did = "would be new" if dry_run else "new"
    terminal.answer(
        "decisions",
        {
            "sitting": sitting,
            "passed": run.passed,
            "failed": run.failed,
            "pending": run.pending,
            "new": run.new,
            "appealed": run.appealed,
            "dry_run": dry_run,
            "gaps": [terminal.finding_document(finding) for finding in missing],
        },
        [
            f"{run.passed} passed, {run.failed} failed, {run.pending} pending; {run.new} {did}"
            + (f", {plural(run.appealed, 'appeal')} to settle" if run.appealed else "")
        ],
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
            "unfinished": [terminal.finding_document(one) for one in run.unfinished],
            "dry_run": dry_run,
        },
        [
            f"{run.approved} {did}, {run.already} before, {run.pending} pending"
            + (f", {len(run.unfinished)} failed and unfinished" if run.unfinished else "")
        ],
    )
    terminal.show_findings(run.unfinished)


@app.command()
def show(
    sitting: SittingId,
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="Explain the decision on one candidate.")] = "",
    borderline: Annotated[
        bool, typer.Option("--borderline", help="Only scores within one standard error of a threshold.")
    ] = False,
    within: Annotated[
        str | None, typer.Option("--within", metavar="MARKS", help="With --borderline: within so many marks instead.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The results of a sitting, or one decision line by line in both languages.

    certengine result show spring-2027 2027-001
    certengine result show spring-2027 --borderline --within 2.5
    """
    from certengine.services.results import results_table
    from certengine.services.touched import warnings

    if within is not None and not borderline:
        raise UsageError("`--within` goes with `--borderline`", hint="add `--borderline`")
    with opened(workspace, db, actor) as context:
        if borderline:
            _show_borderline(context, sitting, within)
            return
        if candidate:
            _show_one(context, sitting, candidate)
            return
        touched = warnings(context, sitting)
        header, rows = results_table(context, sitting)
    document = {
        "sitting": sitting,
        "results": [dict(zip(header, row, strict=True)) for row in rows],
        "warnings": touched,
    }
    terminal.answer("results", document, terminal.table(tuple(name.upper() for name in header), rows))
    terminal.warn(one.words for one in touched)


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


@app.command()
def gaps(
    sitting: SittingId,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Compare names in these files with the roster.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """What is missing before results go out: theory without practical, practical without theory, other names.

    certengine result gaps spring-2027 responses.csv ratings.xlsx

    Exit code: 0 nothing is missing; 3 something is.
    """
    from certengine.services.gaps import gaps as gaps_of

    with opened(workspace, db, actor) as context:
        found = gaps_of(context, sitting, files or [])
    terminal.show_findings(found)
    document = {"sitting": sitting, "gaps": [terminal.finding_document(finding) for finding in found]}
    terminal.answer("gaps", document, [plural(len(found), "gap") if found else "nothing is missing"])
    if found:
        raise typer.Exit(exits.NO)


def _show_borderline(context: Context, sitting: str, within: str | None) -> None:
    from certengine.services.explaining import borderline

    found = borderline(context, sitting, _marks(within) if within is not None else None)
    rows = [
        (one.candidate, one.component, str(one.score), str(one.cut), f"{one.distance:+}", str(one.margin))
        for one in found.near
    ]
    header = ("CANDIDATE", "COMPONENT", "SCORE", "CUT", "DISTANCE", "WITHIN")
    document = {"sitting": sitting, "margins": found.margins, "unmeasured": found.unmeasured, "near": found.near}
    lines = terminal.table(header, rows) if rows else ["nobody stands so near the line"]
    terminal.answer("borderline", document, lines)
    if found.unmeasured:
        terminal.say(f"no standard error is defined for: {', '.join(found.unmeasured)}")
        terminal.hint("say how near is near: `--within MARKS`")


def _marks(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise UsageError(f"`{text}` is not a number of marks", hint="write for example 2.5") from None


def _show_one(context: Context, sitting: str, candidate: str) -> None:
    from certengine.services.explaining import explain_result
    from certengine.services.touched import warnings

    found = explain_result(context, sitting, candidate)
    touched = [one for one in warnings(context, sitting) if one.candidate == candidate]
    terminal.answer("result", {**_document(found), "warnings": touched}, _explained(found))
    terminal.warn(one.words for one in touched)


def _document(found: Explained) -> dict[str, object]:
    record = found.record
    return {
        "candidate": record.decision.candidate,
        "outcome": record.decision.outcome,
        "scores": dict(record.decision.scores),
        "rounding": found.scheme.rounding,
        "components": found.explanation.components,
        "rules": found.explanation.rules,
        "derivation": record.decision.derivation,
        "missing": found.explanation.missing,
        "reports": list(record.reports),
        "digest": record.digest,
        "decided_at": record.decided_at,
        "decided_by": record.decided_by,
        "approved_at": record.approved_at,
        "approved_by": record.approved_by,
    }


_OUTCOMES = {"passed": "合格", "failed": "不合格", "pending": "待定"}


def _explained(found: Explained) -> Iterator[str]:
    record, told = found.record, found.explanation
    decided = f"{record.decided_at:%Y-%m-%d %H:%M} UTC"
    approved = f"{record.approved_at:%Y-%m-%d %H:%M} UTC {record.approved_by}" if record.approved_at else "尚未 not yet"
    yield f"考生 candidate  {record.decision.candidate}"
    yield f"结论 outcome    {_OUTCOMES[record.decision.outcome]} {record.decision.outcome}"
    yield f"评定 decided    {decided} {record.decided_by}"
    yield f"批准 approved   {approved}"
    yield from (f"缺少 missing    {_two(one)}" for one in told.missing)
    yield ""
    for line in told.components:
        score = decimal_text(line.score) if line.score is not None else "-"
        yield f"{_two(line.title)}  {score}/{decimal_text(line.full)}"
        yield f"    {_two(line.rounding)}"
        if line.origin is not None:
            yield f"    {_two(line.origin)}"
    yield ""
    for rule in told.rules:
        yield f"{'  ' * rule.depth}{_SIGNS[rule.holds]} {_two(rule.needed)}: {_two(rule.found)}"
    for report in record.reports:
        yield ""
        yield f"{report.component}:"
        for item in report.items:
            earned = exact_shown(item.earned) if item.open is None else "-"
            yield f"  {item.position:>3}  {earned}/{decimal_text(item.full)}  {_two(item.reason)}"
        for aspect in report.aspects:
            earned = exact_shown(aspect.earned) if aspect.open is None else "-"
            yield f"  {aspect.aspect:<5} {earned}/{decimal_text(aspect.full)}  {_two(aspect.reason)}"


def _two(text: Text) -> str:
    zh, en = text.best("zh"), text.best("en")
    return zh if zh == en else f"{zh} | {en}"
