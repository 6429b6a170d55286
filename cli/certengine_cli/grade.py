"""``certengine grade``: from answer files, scoring sheets and marking sheets to marks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import bench, enter, grade_batch, rescore, resolve, terminal
from certengine_cli.grading_report import report
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened

app = typer.Typer(help="Grading: written responses, practical ratings, analysis.", no_args_is_help=True)

app.command("enter")(enter.enter)
app.command("resolve")(resolve.resolve)
app.command("batch")(grade_batch.batch)
app.command("rescore")(rescore.rescore)
app.command("conflict")(bench.conflict)
app.command("corrections")(bench.corrections)

SittingId = Annotated[str, typer.Argument(metavar="SITTING", help="Id of a sealed sitting.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="Files to read.")]


@app.command()
def written(
    sitting: SittingId,
    files: Files,
    double_entry: Annotated[
        list[Path] | None,
        typer.Option(
            "--double-entry", metavar="FILE", help="The same sheets keyed in by another person; may be given again."
        ),
    ] = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Grade written responses: wide, answer-string or long CSV, xlsx, Parquet, JSON Lines; or take marking sheets.

    A file with the columns `script`, `item`, `marker` and points is a marking sheet from `grade queue`.

    certengine grade written spring-2027 scanner.csv
    certengine grade written spring-2027 first.csv --double-entry second.csv
    """
    from certengine.errors import UsageError
    from certengine.services.double_entry import grade_key_ins
    from certengine.services.grading import grade_written
    from certengine.services.marking import are_marking_sheets, take_marks

    if double_entry and len(files) > 1:
        raise UsageError("two key-ins are one file each", hint="put the files of each key-in together first")
    with opened(workspace, db, actor) as context:
        if double_entry:
            run, what = grade_key_ins(context, sitting, [*files, *double_entry], dry_run=dry_run), "paper"
        elif are_marking_sheets(files):
            run, what = take_marks(context, sitting, files, dry_run=dry_run), "answer"
        else:
            with terminal.progress("grading") as progress:
                run, what = grade_written(context, sitting, files, dry_run=dry_run, progress=progress), "paper"
    report(sitting, run, what, dry_run=dry_run)


@app.command()
def practical(
    sitting: SittingId,
    files: Files,
    assessor: Annotated[
        str | None, typer.Option("--assessor", metavar="ID", help="Whose sheets these are, if they do not say.")
    ] = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take the assessors' scoring sheets: one row for each aspect, CSV or xlsx.

    certengine grade practical spring-2027 ratings-*.csv
    """
    from certengine.services.rating import grade_practical

    with opened(workspace, db, actor) as context:
        run = grade_practical(context, sitting, files, assessor=assessor, dry_run=dry_run)
    report(sitting, run, "candidate", dry_run=dry_run)


@app.command()
def queue(
    sitting: SittingId,
    item: Annotated[str | None, typer.Option("--item", metavar="ITEM", help="Id of the item to mark.")] = None,
    marker: Annotated[
        str | None, typer.Option("--marker", metavar="ID", help="Who will mark; else the person who acts.")
    ] = None,
    share: Annotated[
        str, typer.Option("--share", metavar="K/N", help="The K-th of N shares of what nobody has marked yet.")
    ] = "1/1",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write a marking sheet: .xlsx or .csv.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Answers that wait for people; with -o a sheet of one item for one marker, without names.

    certengine grade queue spring-2027 --item A5-ES-01 --marker chen-li -o marking.xlsx
    """
    from certengine.services.marking_queue import queue as waiting
    from certengine.services.marking_queue import write_sheet

    with opened(workspace, db, actor) as context:
        if output is not None:
            sheet = write_sheet(context, sitting, output, item=item, marker=marker, share=_share(share))
            summary = f"wrote {plural(sheet.answers, 'answer')} to item {sheet.item} for {sheet.marker}"
            left_out = f", left out {sheet.left_out} of own candidates" if sheet.left_out else ""
            terminal.answer("marking-sheet", sheet, [f"{summary}{left_out}: {sheet.path}"])
            terminal.hint(f"when it is filled in: `certengine grade written {sitting} {sheet.path}`")
            return
        items = [one for one in waiting(context, sitting) if item in (None, one.item)]
    rows = [
        (one.item, *(str(count) for count in (one.answers, one.first, one.second, one.third, one.settled)))
        for one in items
    ]
    header = ("item", "answers", "to mark", "second marker", "spread to resolve", "settled")
    lines = terminal.table(header, rows) if rows else ["no answer goes to people"]
    terminal.answer("queue", {"sitting": sitting, "items": items}, lines)
    todo = next((one for one in items if one.first + one.second + one.third), None)
    if todo is not None:
        terminal.hint(f"`certengine grade queue {sitting} --item {todo.item} --marker ID -o marking.xlsx`")


def _share(text: str) -> tuple[int, int]:
    """``2/4`` as two numbers."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal()):
        raise typer.BadParameter(f"`{text}` is no share; write `2/4` for the second of four", param_hint="--share")
    return int(number), int(of)


@app.command()
def analyse(
    sitting: SittingId,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the reports are written.")],
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Item analysis and results as HTML with plots, CSV and JSON.

    certengine grade analyse spring-2027 -o reports
    """
    from certengine.services.analysis import analyse_sitting

    with opened(workspace, db, actor) as context:
        files = [str(path) for path in analyse_sitting(context, sitting, output)]
    terminal.answer("analysis", {"sitting": sitting, "files": files}, files)
