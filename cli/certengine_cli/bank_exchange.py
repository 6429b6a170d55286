"""``certengine bank import`` and ``bank export``: banks from and to other programs, with what is not carried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from certengine.errors import plural
from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from certengine.interchange.loss import LossReport
    from certengine.services.bank_export import ExportRun
    from certengine.services.bank_import import ImportedFile, ImportRun

_FORMATS = "gift, moodle, qti21, qti22, qti3, xlsx, csv, aiken"

Language = Annotated[
    str | None, typer.Option("--language", metavar="TAG", help="Language of the texts that other programs see.")
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Everything not carried, item by item, as CSV."),
]


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files to read: all of them, or none.")],
    bank: Annotated[str, typer.Option("--bank", metavar="ID", help="The bank they go to; made when it is new.")],
    format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help=f"Else told by each file: {_FORMATS}.")
    ] = None,
    language: Language = None,
    report: Report = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take questions of other programs into a bank, as drafts; what is not carried is said item by item.

    certengine bank import quiz.gift --bank safety
    certengine bank import moodle.xml package.zip --bank safety --language zh -n
    """
    from certengine.services.bank_import import import_bank

    with opened(workspace, db, actor) as context:
        run = import_bank(context, files, bank, format=format, language=language, dry_run=dry_run)
    if report is not None:
        _write_report(report, [(source.source.name, source.report) for source in run.sources])
    terminal.answer("bank-import", _import_document(run, dry_run=dry_run), _import_lines(run, dry_run=dry_run))
    if report is not None:
        terminal.say(f"report: {report}")
    check = f"certengine bank check {bank}"
    if dry_run:
        terminal.hint("nothing was written; leave `-n` away to import")
    elif run.findings:
        terminal.hint(f"`{check}` shows what is left to do ({plural(len(run.findings), 'finding')} in the new files)")
    else:
        terminal.hint(f"`{check}`, then have somebody review the drafts")
    if run.report.left_out:
        raise typer.Exit(exits.FAILED)


def export(
    bank: Annotated[str, typer.Argument(metavar="BANK", help="Id of a bank.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE|DIR", help="The file, or a folder for it.")],
    format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help=f"Else told by the file's name: {_FORMATS}.")
    ] = None,
    language: Language = None,
    report: Report = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write a bank for other programs; what they do not see is said item by item. The file holds the keys.

    certengine bank export industrial-automation -o bank.zip --format qti3
    certengine bank export industrial-automation -o exports --format moodle --language en
    """
    from certengine.services.bank_export import export_bank

    with opened(workspace, db, actor) as context:
        run = export_bank(context, bank, output, format, language=language, dry_run=dry_run)
    if report is not None:
        _write_report(report, [(run.target.name, run.report)])
    terminal.answer("bank-export", _export_document(run, dry_run=dry_run), _export_lines(run, dry_run=dry_run))
    if report is not None:
        terminal.say(f"report: {report}")
    if dry_run:
        terminal.hint("nothing was written; leave `-n` away to export")
    elif not run.report.complete:
        terminal.hint("what is lost cannot come back from this file: keep the bank's own files")
    else:
        terminal.hint(f"the file holds the keys; `certengine bank import {run.target} --bank ID` reads it again")
    if run.left_out:
        raise typer.Exit(exits.FAILED)


def _import_lines(run: ImportRun, *, dry_run: bool) -> Iterator[str]:
    verb = "would be imported" if dry_run else "imported"
    for source in run.sources:
        count = plural(len(source.items), "item")
        yield f"{source.source} ({source.title}): {count} {verb}"
        yield from _loss_lines(source.report)
        yield from _renamed_lines(source)
    new = "a new bank" if run.new_bank else "new files"
    yield f"bank {run.bank}: {new}, {plural(len(run.items), 'draft')}"
    yield from (f"  {file}" for file in run.files)


def _renamed_lines(source: ImportedFile) -> Iterator[str]:
    shown = source.renamed if terminal.settings.verbose else source.renamed[:5]
    pairs = ", ".join(f"{name} is `{id_}`" for name, id_ in shown)
    more = len(source.renamed) - len(shown)
    if pairs:
        yield f"  named here: {pairs}{f' and {more} more' if more else ''}"


def _export_lines(run: ExportRun, *, dry_run: bool) -> Iterator[str]:
    verb = "would be written" if dry_run else "written"
    count = plural(run.items, "item")
    yield f"{run.target} ({run.title}): {count} of {run.bank} {verb}, in `{run.language}`"
    yield from _loss_lines(run.report)


def _loss_lines(report: LossReport) -> Iterator[str]:
    """Like losses together; with ``-v`` every one."""
    if not report.losses:
        yield "  nothing is lost"
    elif terminal.settings.verbose:
        yield from (f"  {loss}" for loss in report.losses)
    else:
        yield from (f"  {line}" for line in report.lines())


def _write_report(path: Path, reports: Sequence[tuple[str, LossReport]]) -> None:
    from certengine.interchange.delimited import write_csv
    from certengine.services.files import write_whole

    rows = [
        (name, loss.item, loss.feature, loss.fate.value, loss.why) for name, report in reports for loss in report.losses
    ]
    write_whole(path, write_csv(("file", "item", "feature", "fate", "why"), rows))


def _import_document(run: ImportRun, *, dry_run: bool) -> dict[str, Any]:
    return {
        "bank": run.bank,
        "new_bank": run.new_bank,
        "dry_run": dry_run,
        "items": len(run.items),
        "files": list(run.files),
        "sources": [
            {
                "file": str(source.source),
                "format": source.format,
                "items": list(source.items),
                "renamed": [{"name": name, "id": id_} for name, id_ in source.renamed],
                **_report_document(source.report),
            }
            for source in run.sources
        ],
        "findings": [terminal.finding_document(finding) for finding in run.findings],
    }


def _export_document(run: ExportRun, *, dry_run: bool) -> dict[str, Any]:
    return {
        "bank": run.bank,
        "format": run.format,
        "language": run.language,
        "file": str(run.target),
        "items": run.items,
        "dry_run": dry_run,
        **_report_document(run.report),
    }


def _report_document(report: LossReport) -> dict[str, Any]:
    return {
        "complete": report.complete,
        "left_out": list(report.left_out),
        "losses": [
            {"item": loss.item, "feature": loss.feature, "fate": loss.fate.value, "why": loss.why}
            for loss in report.losses
        ],
    }
