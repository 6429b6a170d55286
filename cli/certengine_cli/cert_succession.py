"""``certengine cert replace``, ``reissue`` and ``renew``: certificates that stand in for earlier ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine_cli import exits, terminal
from certengine_cli.cert_documents import certificate_document
from certengine_cli.options import (
    Actor,
    AsJson,
    Db,
    DryRun,
    Output,
    PassphraseFile,
    Quiet,
    Verbose,
    Workspace,
    Yes,
    confirm,
    opened,
    passphrase,
    reason_class,
)

if TYPE_CHECKING:
    from certengine.services.succession import SuccessionRun, Wish

Certificate = Annotated[str, typer.Argument(metavar="NUMBER", help="Printed number or code of the earlier one.")]
Reason = Annotated[str, typer.Option("--reason", metavar="CLASS", help="Why; made public.")]


def replace(
    certificate: Certificate,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The holder's name as it is right.")
    ] = None,
    name_en: Annotated[
        str | None, typer.Option("--name-en", metavar="NAME", help="Likewise, in Latin letters.")
    ] = None,
    reason: Reason = "error",
    output: Output = None,
    yes: Yes = False,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Put a right certificate in the place of a faulty one, under a new number; the faulty one counts no more.

    certengine cert replace S000000000000263000001 --name 欧阳晓红 --yes
    """
    from certengine.services.succession import Wish

    wish = Wish(kind="replacement", reason=reason_class(reason), name=name, name_en=name_en)
    asked = None if dry_run else f"Replace {certificate}? It counts no more once the new one is issued."
    _succeed(certificate, wish, asked, yes, output, passphrase_file, dry_run, workspace, db, actor)


def reissue(
    certificate: Certificate,
    reason: Reason = "lost",
    output: Output = None,
    yes: Yes = False,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Print a lost certificate once more: the same number with the next print serial; the lost print counts no more.

    certengine cert reissue S000000000000263000001 --yes
    """
    from certengine.services.succession import Wish

    wish = Wish(kind="reprint", reason=reason_class(reason))
    asked = None if dry_run else f"Reissue {certificate}? The print that was lost counts no more."
    _succeed(certificate, wish, asked, yes, output, passphrase_file, dry_run, workspace, db, actor)


def renew(
    certificate: Certificate,
    reason: Reason = "other",
    output: Output = None,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Issue the certificate that follows one that ends: a new number, new dates; the old one holds to its own end.

    certengine cert renew S000000000000263000001
    """
    from certengine.services.succession import Wish

    wish = Wish(kind="renewal", reason=reason_class(reason))
    _succeed(certificate, wish, None, True, output, passphrase_file, dry_run, workspace, db, actor)


def _succeed(
    certificate: str,
    wish: Wish,
    question: str | None,
    yes: bool,
    output: Path | None,
    passphrase_file: Path | None,
    dry_run: bool,
    workspace: Path | None,
    db: str | None,
    actor: str | None,
) -> None:
    from certengine.services.succession import succeed

    if question is not None:
        confirm(question, yes=yes)
    with opened(workspace, db, actor) as context:
        secret = passphrase(context, passphrase_file)
        run = succeed(context, certificate, wish, secret, output=output, dry_run=dry_run)
    terminal.show_findings(run.failed)
    terminal.answer("succession", _document(run, wish.kind, dry_run), _lines(run, wish.kind))
    if run.failed:
        raise typer.Exit(exits.FAILED)
    if run.waits:
        terminal.hint(f"a keyholder issues it: `certengine cert issue {run.earlier.sitting}`")
    elif not dry_run:
        terminal.hint("`certengine key export -o trust` writes the signed lists and the bundle anew")


def _document(run: SuccessionRun, kind: str, dry_run: bool) -> dict[str, object]:
    return {
        "kind": kind,
        "earlier": certificate_document(run.earlier),
        "later": certificate_document(run.later) if run.later is not None else None,
        "holder": run.holder,
        "valid_until": run.valid_until,
        "waits": run.waits,
        "failed": [terminal.finding_document(finding) for finding in run.failed],
        "dry_run": dry_run,
    }


def _lines(run: SuccessionRun, kind: str) -> list[str]:
    earlier = run.earlier.credential.registered_as
    names = " / ".join(name for name in (run.holder.name, run.holder.name_en) if name)
    until = f"valid until {run.valid_until or 'no end'}"
    if run.later is None:
        return [f"{earlier} would get a {kind}: {names}, {until}"]
    later = run.later.credential.registered_as
    state = "is reserved" if run.waits or run.failed else "is issued"
    return [f"{later} {state}: {names}, {until}", f"{earlier} is {run.earlier.state.value}"]
