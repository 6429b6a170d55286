"""``certengine scheme``: what a certificate certifies, and whether the banks can examine it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import cut, exits, terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened

app = typer.Typer(help="Certification schemes: check, show, cut scores by judges.", no_args_is_help=True)
app.command("worksheet")(cut.worksheet)
app.command("cut")(cut.cut)

SchemeId = Annotated[str, typer.Argument(metavar="SCHEME", help="Id of a scheme.")]


@app.command("list")
def list_(
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The schemes of the workspace.

    certengine scheme list
    """
    with opened(workspace, db, actor) as context:
        rows = []
        for scheme_id in context.workspace.scheme_ids():
            scheme, findings = context.workspace.read_scheme(scheme_id)
            title = scheme.title.best("zh", "en") if scheme else f"{len(findings)} problems"
            rows.append((scheme_id, title, scheme.edition if scheme else "-"))
    document = [{"id": row[0], "title": row[1], "edition": row[2]} for row in rows]
    terminal.answer("schemes", document, terminal.table(("SCHEME", "TITLE", "EDITION"), rows))


@app.command()
def check(
    scheme: SchemeId,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check a scheme's files, and name each cell its banks cannot fill.

    certengine scheme check electrician-l3
    """
    from certengine.services.schemes import check_scheme

    with opened(workspace, db, actor) as context:
        found = check_scheme(context, scheme)
    terminal.show_findings(found.findings)
    rows = [
        (
            cell.component,
            cell.kind,
            cell.area,
            cell.level,
            str(cell.need),
            str(cell.available),
            "SHORT" if cell.short else "",
        )
        for cell in found.cells
    ]
    header = ("COMPONENT", "KIND", "AREA", "LEVEL", "NEED", "HAVE", "")
    document = {
        "scheme": scheme,
        "errors": len(found.errors),
        "cells": list(found.cells),
        "banks": dict(found.bank_sources),
        "findings": [terminal.finding_document(finding) for finding in found.findings],
    }
    terminal.answer("scheme-check", document, terminal.table(header, rows) if rows else ())
    sources = ", ".join(f"{bank} ({source})" for bank, source in found.bank_sources)
    terminal.say(
        f"{plural(len(found.cells), 'cell')} of {sources or 'no bank'}: {plural(len(found.errors), 'problem')}"
    )
    if found.errors:
        raise typer.Exit(exits.NO)


@app.command("import")
def import_(
    scheme: SchemeId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A marking scheme workbook (.xlsx) as CIS imports it.")],
    task: Annotated[str, typer.Option("--task", metavar="ID", help="Id of the new task.")],
    minutes: Annotated[
        int, typer.Option("--minutes", metavar="N", help="Working time, which the workbook does not say.")
    ],
    language: Annotated[
        str | None, typer.Option("--language", metavar="LANG", help="What its texts are written in; else told by them.")
    ] = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take a WorldSkills marking workbook as a task; refuse it, with every difference, when its marks do not add up.

    certengine scheme import electrician-l3 marking_scheme.xlsx --task WS-1 --minutes 240
    """
    from certengine.services.rubric_import import import_rubric

    with opened(workspace, db, actor) as context:
        run = import_rubric(context, scheme, file, task_id=task, minutes=minutes, language=language, dry_run=dry_run)
    aspects = len(run.task.aspects)
    did = "would write" if dry_run else "wrote"
    lines = [f"{did} {run.file}: {plural(aspects, 'aspect')}, {run.task.total} marks", *run.report.lines()]
    document = {
        "scheme": scheme,
        "task": run.task.id,
        "file": run.file,
        "aspects": aspects,
        "total": run.task.total,
        "losses": run.report.losses,
        "dry_run": dry_run,
    }
    terminal.answer("scheme-import", document, lines)
    terminal.hint(f"name `{run.task.id}` in `tasks` of a practical component, then `certengine scheme check {scheme}`")


@app.command()
def show(
    scheme: SchemeId,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """A scheme in words: components, blueprint, tasks, pass standard.

    certengine scheme show electrician-l3
    """
    from certengine.services.schemes import sound_scheme

    with opened(workspace, db, actor) as context:
        found = sound_scheme(context, scheme)
    lines = [
        f"{found.title.best('zh')} / {found.title.best('en')}",
        f"edition {found.edition}, level {found.level.code}",
    ]
    for component in found.written:
        lines.append(
            f"{component.id}: {component.title.best('zh', 'en')}, {component.minutes} min, {component.total} marks"
        )
        lines.append(f"  forms: {component.forms or 'unique'}, {component.count} items each")
        lines.extend(
            f"  {section.id}: {section.count} x {section.kind}, {section.marks} each, {section.policy}"
            for section in component.sections
        )
    for practical in found.practical:
        lines.append(f"{practical.id}: {practical.title.best('zh', 'en')}, panel of {practical.panel.assessors}")
        lines.extend(f"  {task.id}: {task.title.best('zh', 'en')}, {task.minutes} min" for task in practical.tasks)
    terminal.answer("scheme", found, lines)
