"""``certengine cert export``: what was issued, for wallets and holders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import UsageError
from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, PassphraseFile, Quiet, Verbose, Workspace, opened, passphrase


def export(
    what: Annotated[list[str], typer.Argument(metavar="WHAT", help="Numbers, codes or sittings.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the files are written.")],
    form: Annotated[str, typer.Option("--form", metavar="FORM", help="badge, jwt or zip.")] = "badge",
    issued_in: Annotated[
        Path | None, typer.Option("--issued-in", metavar="DIR", help="Where the issued files are; else `certificates`.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write what was issued for others: a badge, a JWT or a package of each certificate.

    The sheet for an authority is `certengine result sheet`.

    certengine cert export spring-2027 --form zip -o packages
    """
    from certengine.services.certificate_export import Form, export_certificates

    try:
        wanted = Form(form)
    except ValueError:
        raise UsageError(f"`{form}` is not a form of export", hint=f"one of: {', '.join(Form)}") from None
    with opened(workspace, db, actor) as context:
        secret = passphrase(context, passphrase_file)
        run = export_certificates(context, what, wanted, output, secret, issued_in=issued_in)
    terminal.show_findings(run.failed)
    names = [str(path) for path in run.files]
    failed = [terminal.finding_document(finding) for finding in run.failed]
    document = {"files": names, "failed": failed, "left_out": list(run.left_out)}
    terminal.answer("cert-export", document, names)
    if run.left_out:
        terminal.say(f"left out, revoked or replaced: {', '.join(run.left_out)}")
        terminal.hint("whoever wants one all the same names its number")
    if run.failed:
        raise typer.Exit(exits.FAILED)
