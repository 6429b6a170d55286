"""``certengine cert``: issuing certificates and everything that happens to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import cert_archive, cert_export, cert_preview, cert_succession, exits, terminal
from certengine_cli.cert_documents import certificate_document, certificate_lines
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

app = typer.Typer(
    help="Certificates: issue, list, show, render, export, archive, preview, replace, reissue, renew, revoke, suspend.",
    no_args_is_help=True,
)
app.command("export")(cert_export.export)
app.command("archive")(cert_archive.archive)
app.command("preview")(cert_preview.preview)
app.command("replace")(cert_succession.replace)
app.command("reissue")(cert_succession.reissue)
app.command("renew")(cert_succession.renew)

Certificate = Annotated[str, typer.Argument(metavar="NUMBER", help="Printed number or code.")]
Reason = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="CLASS",
        help="error, misconduct, appeal, key-compromise, holder-request, lost or other; made public.",
    ),
]
Remark = Annotated[str | None, typer.Option("--remark", help="For the register only; never made public.")]


@app.command()
def issue(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="Id of an approved sitting.")],
    output: Output = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, metavar="N", help="How many processes work on it.")
    ] = 1,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Issue a signed certificate to everyone who passed and is approved; run again, it resumes.

    certengine cert issue spring-2027 -o certificates
    """
    from certengine.services.issuing import issue_sitting, plan_issue

    with opened(workspace, db, actor) as context:
        if dry_run:
            plan = plan_issue(context, sitting)
            lines = [
                f"{plural(len(plan.ready), 'certificate')} would be issued with template `{plan.template}`",
                f"{len(plan.reserved)} reserved before would be finished, {plan.already} are issued already",
            ]
            terminal.show_findings(plan.blocked)
            terminal.answer("issue-plan", plan, lines)
            return
        with terminal.progress("issuing") as progress:
            run = issue_sitting(
                context,
                sitting,
                passphrase(context, passphrase_file),
                output=output,
                workers=workers,
                progress=progress,
            )
    terminal.show_findings(run.failed)
    document = {
        "sitting": sitting,
        "issued": [record.credential.registered_as for record in run.issued],
        "resumed": run.resumed,
        "already": run.already,
        "elsewhere": run.elsewhere,
        "failed": [terminal.finding_document(finding) for finding in run.failed],
    }
    summary = (
        f"issued {plural(len(run.issued), 'certificate')} ({run.resumed} resumed), "
        f"{run.already} before, {len(run.failed)} failed"
    )
    if run.elsewhere:
        summary += f"; another run issued {run.elsewhere} meanwhile"
    terminal.answer("issue", document, [summary])
    if run.failed:
        terminal.hint("the numbers of failed certificates stay reserved; mend the cause and issue again")
        raise typer.Exit(exits.FAILED)


@app.command("list")
def list_(
    sitting: Annotated[str | None, typer.Argument(metavar="SITTING", help="Of one sitting; all by default.")] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The certificates of the register.

    certengine cert list spring-2027
    """
    from certengine.services.standing import list_certificates
    from certengine.services.touched import warnings

    with opened(workspace, db, actor) as context:
        records = list_certificates(context, sitting)
        touched = warnings(context, sitting)
    rows = [
        (
            record.credential.registered_as,
            record.candidate,
            record.credential.holder.name,
            str(record.credential.issued_on),
            record.state.value,
        )
        for record in records
    ]
    header = ("number", "candidate", "holder", "issued_on", "state")
    document = {"certificates": [dict(zip(header, row, strict=True)) for row in rows], "warnings": list(touched)}
    terminal.answer("certificates", document, terminal.table(tuple(name.upper() for name in header), rows))
    terminal.warn(one.words for one in touched)


@app.command()
def show(
    certificate: Certificate,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """One certificate with everything that happened to it.

    certengine cert show S000000000000263000001
    """
    from certengine.services.standing import find_certificate
    from certengine.services.touched import warnings

    with opened(workspace, db, actor) as context:
        record = find_certificate(context, certificate)
        touched = [one for one in warnings(context, record.sitting) if one.number == record.credential.number]
    terminal.answer("certificate", {**certificate_document(record), "warnings": touched}, certificate_lines(record))
    terminal.warn(one.words for one in touched)


@app.command()
def render(
    certificate: Certificate,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The PDF to write.")],
    passphrase_file: PassphraseFile = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make the file of an issued certificate again: the same bytes.

    certengine cert render S000000000000263000001 -o copy.pdf
    """
    from certengine.services.issuing import render_again

    with opened(workspace, db, actor) as context:
        digest = render_again(context, certificate, passphrase(context, passphrase_file), output)
    terminal.answer("render", {"file": str(output), "digest": digest}, [f"{output}  {digest}"])


@app.command()
def revoke(
    certificate: Certificate,
    reason: Reason,
    remark: Remark = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Withdraw a certificate for ever.

    certengine cert revoke S000000000000263000001 --reason misconduct --yes
    """
    if not dry_run:
        confirm(f"Revoke {certificate}? This cannot be taken back.", yes=yes)
    _change(certificate, "revoked", reason, remark, dry_run, workspace, db, actor)


@app.command()
def suspend(
    certificate: Certificate,
    reason: Reason,
    remark: Remark = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take a certificate out of force until it is reinstated.

    certengine cert suspend S000000000000263000001 --reason appeal
    """
    _change(certificate, "suspended", reason, remark, dry_run, workspace, db, actor)


@app.command()
def reinstate(
    certificate: Certificate,
    reason: Reason = "other",
    remark: Remark = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Put a suspended certificate back in force.

    certengine cert reinstate S000000000000263000001
    """
    _change(certificate, "reinstated", reason, remark, dry_run, workspace, db, actor)


@app.command()
def void(
    certificate: Certificate,
    reason: Reason = "error",
    remark: Remark = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Give up a number that was reserved and never issued; it stays used.

    certengine cert void S000000000000263000001 --yes
    """
    if not dry_run:
        confirm(f"Give up {certificate}? The number is never used again.", yes=yes)
    _change(certificate, "void", reason, remark, dry_run, workspace, db, actor)


def _change(
    certificate: str,
    kind: str,
    reason: str,
    remark: str | None,
    dry_run: bool,
    workspace: Path | None,
    db: str | None,
    actor: str | None,
) -> None:
    from certengine.services.standing import change_standing

    with opened(workspace, db, actor) as context:
        record = change_standing(
            context, certificate, kind, reason=reason_class(reason), remark=remark, dry_run=dry_run
        )
    number = record.credential.registered_as
    done = f"{number} would be {kind}" if dry_run else f"{number} is {record.state.value}"
    terminal.answer("certificate", {**certificate_document(record), "dry_run": dry_run}, [done])
    if not dry_run:
        terminal.hint("`certengine key export -o trust` writes the signed lists and the bundle anew")
