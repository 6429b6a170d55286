"""``certengine paper``: printing papers, showing one, replaying a draw."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import UsageError, plural
from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened

app = typer.Typer(help="Papers: print, show, replay.", no_args_is_help=True)

SittingId = Annotated[str, typer.Argument(metavar="SITTING", help="Id of a sealed sitting.")]


@app.command("print")
def print_(
    sitting: SittingId,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the files are written.")],
    candidate: Annotated[
        list[str] | None, typer.Option("--candidate", metavar="ID", help="Only this candidate's paper; repeatable.")
    ] = None,
    large_print: Annotated[bool, typer.Option("--large-print", help="In 18 pt, one thing below the other.")] = False,
    high_contrast: Annotated[bool, typer.Option("--high-contrast", help="Heavier, without grey.")] = False,
    tagged: Annotated[bool, typer.Option("--tagged", help="For assistive technology: PDF/UA-1.")] = False,
    one_file: Annotated[
        bool, typer.Option("--one-file", help="One file for the printer, with a separator before each candidate.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="FOLDER", help="papers, keys, lists or scoring-sheets, instead of all."),
    ] = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Print question papers, answer sheets, keys, marking guide, lists, tasks and scoring sheets as PDF.

    certengine paper print spring-2027 -o print

    Run again after an interruption, it goes on where it was. For one candidate who needs it otherwise:

    certengine paper print spring-2027 -o print-large --candidate 2027-014 --large-print
    """
    from certengine.services.print_plan import FOLDERS, PrintOrder
    from certengine.services.printing import plan_print, print_sitting

    chosen = {"large-print": large_print, "high-contrast": high_contrast, "tagged": tagged}
    looks = frozenset(look for look, wanted in chosen.items() if wanted)
    if one_file and looks:
        raise UsageError(
            "`--one-file` is made of ordinary papers",
            hint="print the others into a folder of their own: `--candidate ID --large-print -o DIR`",
        )
    unknown = sorted(set(only or ()) - set(FOLDERS))
    if unknown:
        raise UsageError(f"`--only {unknown[0]}` is nothing that is printed", hint=f"it can be {', '.join(FOLDERS)}")
    order = PrintOrder(candidates=tuple(candidate or ()), looks=looks, one_file=one_file, folders=frozenset(only or ()))
    with opened(workspace, db, actor) as context:
        if dry_run:
            plan = plan_print(context, sitting, order)
            terminal.answer("print-plan", {"files": list(plan)}, plan)
            return
        with terminal.progress("printing") as progress:
            printed = print_sitting(context, sitting, output, order, progress=progress)
    lines = [f"{name:<16} {plural(count, 'file')}" for name, count in printed.counts]
    document = {"sitting": sitting, "output": str(output), "pages": printed.pages, "files": dict(printed.counts)}
    document["kept"] = printed.kept
    terminal.answer("print", document, lines)
    if printed.kept:
        terminal.say(f"{plural(printed.kept, 'file')} kept from an earlier run")
    terminal.say(f"{printed.pages} pages; digests in {output / 'manifest.json'}")


@app.command()
def show(
    paper: Annotated[str, typer.Argument(metavar="PAPER", help="Id at the head of a paper.")],
    key: Annotated[bool, typer.Option("--key", help="Also the answers.")] = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """What is on one paper: item by item, as drawn.

    certengine paper show 7F3K-9QWE
    """
    from certengine.services.printing import describe_paper

    with opened(workspace, db, actor) as context:
        head, header, rows = describe_paper(context, paper, with_key=key)
    document = {**head, "items": [dict(zip(header, row, strict=True)) for row in rows]}
    lines = [f"{name:<10} {value}" for name, value in head.items()]
    terminal.answer("paper", document, [*lines, "", *terminal.table(tuple(name.upper() for name in header), rows)])


@app.command()
def replay(
    target: Annotated[str, typer.Argument(metavar="SITTING|PAPER", help="Id of a sitting, or of one paper.")],
    slot: Annotated[int | None, typer.Option("--slot", metavar="N", help="Only this item of the paper.")] = None,
    proof: Annotated[
        Path | None, typer.Option("--proof", metavar="FILE", help="The published proof, instead of the register.")
    ] = None,
    bank: Annotated[
        list[Path] | None, typer.Option("--bank", metavar="FILE", help="A bank that the proof names; once for each.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw papers again from the seed, and compare with what was stored or published.

    certengine paper replay spring-2027
    certengine paper replay 7F3K-9QWE --slot 12
    certengine paper replay spring-2027 --proof proof.json --bank electrician@3.json
    """
    from certengine.services.draw_proof import read_proof
    from certengine.services.draw_replay import replay_draw, replay_published

    if slot is not None and slot < 1:
        raise UsageError("slots are numbered from 1", hint="the number stands before the item")
    if proof is not None:
        found = replay_published(read_proof(proof, bank or ()), target, slot=slot)
    else:
        with opened(workspace, db, actor) as context:
            found = replay_draw(context, target, slot=slot)
    holds = "holds" if found.commitment_holds else "DIFFERS"
    lines = [f"{found.same} of {plural(found.papers, 'paper')} as drawn; the commitment {holds}"]
    lines.extend(
        f"{one.paper}{f' slot {one.slot}' if one.slot else ''}: has {one.stored}, drawn {one.drawn}"
        for one in found.differences
    )
    terminal.answer("paper-replay", found, lines)
    if found.solver and found.different:
        terminal.hint(f"parallel forms were found with {found.solver}: repeat it with that version")
    if found.different or not found.commitment_holds:
        raise typer.Exit(exits.NO)
