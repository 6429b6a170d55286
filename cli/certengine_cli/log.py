"""``certengine log``: the audit trail and the transparency log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened

app = typer.Typer(help="The audit trail and the log: check, prove, show.", no_args_is_help=True)


@app.command()
def check(
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", metavar="FILE", help="A checkpoint of the log that was kept elsewhere."),
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Recompute the hash chain over every act and the tree over every entry of the log, and name what was altered.

    certengine log check --checkpoint kept/checkpoint
    """
    from certengine.services.log_check import check_log

    kept = _text_of(checkpoint) if checkpoint is not None else None
    with opened(workspace, db, actor) as context:
        found = check_log(context, kept=kept)
    chain = "whole" if found.first_break is None else f"broken at act {found.first_break}"
    lines = [
        f"{plural(found.acts, 'act')}, chain {chain}",
        f"{found.entries} entries in the log, {found.signed} of them signed for",
    ]
    if found.erased:
        lines.append(f"{plural(found.erased, 'erasure')} on record: what the log says of them opens no more")
    lines.extend(f"trigger {name} is missing" for name in found.missing_triggers)
    lines.extend(found.problems)
    document = {
        "acts": found.acts,
        "first_break": found.first_break,
        "missing_triggers": list(found.missing_triggers),
        "head": found.head,
        "entries": found.entries,
        "signed": found.signed,
        "erased": found.erased,
        "problems": list(found.problems),
    }
    terminal.answer("log-check", document, lines)
    if not found.sound:
        raise typer.Exit(exits.NO)


def _text_of(path: Path) -> str:
    from certengine.errors import InputError, NotFound

    try:
        if path.stat().st_size > 65536:
            raise InputError(f"`{path}` is no checkpoint: it has more than 64 KB", code="log/no-checkpoint")
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise NotFound(f"`{path}` does not exist", hint="check the path", code="file/not-found") from None
    except (OSError, ValueError) as error:
        raise InputError(f"`{path}` is no checkpoint: {error}", code="log/no-checkpoint") from None


@app.command()
def prove(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The certificate, by number or code.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where it is written.")] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The proof that a certificate's issue stands in the signed log: about a kilobyte, checked by `verify` beside the PDF.

    certengine log prove S000000000000263000001 -o S000000000000263000001.tlog-proof
    """
    from certengine.services.files import write_whole
    from certengine.services.transparency import proof_of

    with opened(workspace, db, actor) as context:
        found, text = proof_of(context, number)
    if output is not None:
        write_whole(output, text.encode())
    terminal.answer("log-proof", {"number": found, "proof": text}, [str(output)] if output else [text.rstrip("\n")])


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
