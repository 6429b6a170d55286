"""``certengine bank``: question banks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import UsageError, plural
from certengine_cli import bank_exchange, exits, terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened

app = typer.Typer(help="Question banks: check, publish, show, import, export.", no_args_is_help=True)
app.command("import")(bank_exchange.import_)
app.command("export")(bank_exchange.export)

BankId = Annotated[str, typer.Argument(metavar="BANK", help="Id of a bank.")]


@app.command("list")
def list_(
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The banks of the workspace.

    certengine bank list
    """
    from certengine.services.banks import list_banks

    with opened(workspace, db, actor) as context:
        lines = list_banks(context)
    rows = [
        (
            line.id,
            line.title,
            str(line.items),
            str(line.active),
            "-" if line.version is None else f"{line.version}{' (files changed since)' if line.changed else ''}",
        )
        for line in lines
    ]
    terminal.answer("banks", list(lines), terminal.table(("BANK", "TITLE", "ITEMS", "ACTIVE", "PUBLISHED"), rows))


@app.command()
def check(
    banks: Annotated[list[str] | None, typer.Argument(metavar="BANK", help="Banks to check; all by default.")] = None,
    warnings_fail: Annotated[bool, typer.Option("-W", help="Warnings count as errors.")] = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find everything wrong in banks, all at once, each with its place and a way out.

    certengine bank check
    certengine bank check industrial-automation -W
    """
    from certengine.services.banks import check_banks

    with opened(workspace, db, actor) as context:
        found = check_banks(context, tuple(banks or ()))
    terminal.show_findings(found.findings)
    errors, warnings = len(found.errors), len(found.findings) - len(found.errors)
    summary = (
        f"{plural(found.items, 'item')} in {plural(len(found.banks), 'bank')}: "
        f"{plural(errors, 'error')}, {plural(warnings, 'warning')}"
    )
    document = {
        "banks": list(found.banks),
        "items": found.items,
        "errors": errors,
        "warnings": warnings,
        "findings": [terminal.finding_document(finding) for finding in found.findings],
    }
    terminal.answer("bank-check", document, [summary])
    if errors or (warnings and warnings_fail):
        terminal.hint("mend the places named, then check again")
        raise typer.Exit(exits.NO)


@app.command()
def show(
    bank: BankId,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Id of an item; without it, the table of items.")] = "",
    key: Annotated[bool, typer.Option("--key", help="Also the answer key and its explanation.")] = False,
    versions: Annotated[bool, typer.Option("--versions", help="The changelog: every published version.")] = False,
    variant: Annotated[
        int, typer.Option("--variant", min=1, metavar="N", help="Another draw of its values and options.")
    ] = 1,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Also typeset it: .pdf, .png or .html.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """An item as the candidate sees it, or the table of a bank's items.

    certengine bank show industrial-automation A3-NU-01 --key
    certengine bank show industrial-automation A3-NU-01 --variant 2 -o item.png
    certengine bank show industrial-automation --versions
    """
    from certengine.services.bank_history import VERSION_COLUMNS, list_versions
    from certengine.services.item_preview import preview_item, table_of_items, write_preview

    if item and versions:
        raise UsageError("versions are of the bank, not of an item", hint="leave the item out, or `--versions`")
    if output is not None and not item:
        raise UsageError("one item is typeset, not a whole bank", hint="name an item")
    with opened(workspace, db, actor) as context:
        if versions:
            lines = list_versions(context, bank)
            document = {"bank": bank, "versions": list(lines)}
            terminal.answer("bank-versions", document, terminal.table(VERSION_COLUMNS, [one.row() for one in lines]))
        elif item:
            preview = preview_item(context, bank, item, with_key=key, variant_number=variant)
            if output is not None:
                write_preview(context, bank, preview, output)
            terminal.answer("item", preview, preview.lines())
            if output is not None:
                terminal.say(f"page: {output}")
        else:
            header, rows = table_of_items(context, bank)
            document = {"bank": bank, "items": [dict(zip(header, row, strict=True)) for row in rows]}
            terminal.answer("bank", document, terminal.table(tuple(name.upper() for name in header), rows))


@app.command()
def publish(
    bank: BankId,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why this version, for the changelog.")] = "",
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Freeze a bank as its next version; papers pin version and digest.

    certengine bank publish industrial-automation -m "first version"
    """
    from certengine.services.banks import publish_bank

    with opened(workspace, db, actor) as context:
        published, new = publish_bank(context, bank, reason=reason or "published", dry_run=dry_run)
    what = ("would be published as" if dry_run else "published") if new else "is already published as"
    terminal.answer(
        "bank-version",
        {
            "bank": published.id,
            "version": published.version,
            "digest": published.digest,
            "new": new,
            "dry_run": dry_run,
        },
        [f"{bank} {what} version {published.version}, {published.digest}"],
    )


@app.command()
def diff(
    bank: BankId,
    old: Annotated[
        int | None, typer.Argument(metavar="OLD", help="Version to start from; the newest by default.")
    ] = None,
    new: Annotated[int | None, typer.Argument(metavar="NEW", help="Version to compare; the files by default.")] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """What changed between two versions, in words, and which statistics no longer carry over.

    certengine bank diff industrial-automation
    certengine bank diff industrial-automation 1 2
    """
    from certengine.services.bank_history import diff_versions

    with opened(workspace, db, actor) as context:
        found = diff_versions(context, bank, old, new)
    terminal.answer("bank-diff", found, found.lines())


@app.command()
def stats(
    bank: BankId,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Also write an HTML page with a heat map.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """How many items stand in each area and level, by status and kind.

    certengine bank stats industrial-automation -o bank.html
    """
    from certengine.services.bank_statistics import bank_statistics, statistics_page
    from certengine.services.files import write_whole

    with opened(workspace, db, actor) as context:
        found = bank_statistics(context, bank)
        page = statistics_page(context, found) if output is not None else ""
    if output is not None:
        write_whole(output, page.encode())
    header, rows = found.table()
    terminal.answer("bank-stats", found, [*found.lines(), "", *terminal.table(header, rows)])
    if output is not None:
        terminal.say(f"page: {output}")
