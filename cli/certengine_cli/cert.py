"""``certengine cert``: issuing certificates and everything that happens to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine_cli import exits, terminal
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
)

if TYPE_CHECKING:
    from certengine.services.standing import ReasonClass
    from certengine.store.certificates import CertificateRecord

app = typer.Typer(help="Certificates: issue, list, show, render, revoke, suspend, reinstate.", no_args_is_help=True)

Certificate = Annotated[str, typer.Argument(metavar="NUMBER", help="Printed number or code.")]
Reason = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="CLASS",
        help="error, misconduct, appeal, key-compromise, holder-request or other; made public.",
    ),
]
Remark = Annotated[str | None, typer.Option("--remark", help="For the register only; never made public.")]


@app.command()
def issue(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="Id of an approved sitting.")],
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
    """Issue a signed certificate to everyone who passed and is approved; run again, it resumes.

    certengine cert issue spring-2027 -o certificates
    """
    from certengine.services.issuing import issue_sitting, plan_issue

    with opened(workspace, db, actor) as context:
        if dry_run:
            plan = plan_issue(context, sitting)
            lines = [
                f"{terminal.plural(len(plan.ready), 'certificate')} would be issued with template `{plan.template}`",
                f"{len(plan.reserved)} reserved before would be finished, {plan.already} are issued already",
            ]
            terminal.answer("issue-plan", plan, lines)
            return
        with terminal.progress("issuing") as progress:
            run = issue_sitting(
                context, sitting, passphrase(context, passphrase_file), output=output, progress=progress
            )
    terminal.show_findings(run.failed)
    document = {
        "sitting": sitting,
        "issued": [record.credential.number for record in run.issued],
        "resumed": run.resumed,
        "already": run.already,
        "failed": [terminal.finding_document(finding) for finding in run.failed],
    }
    summary = (
        f"issued {terminal.plural(len(run.issued), 'certificate')} ({run.resumed} resumed), "
        f"{run.already} before, {len(run.failed)} failed"
    )
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
            record.credential.number,
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
    terminal.answer("certificate", {**_document(record), "warnings": touched}, _lines(record))
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
        record = change_standing(context, certificate, kind, reason=_reason(reason), remark=remark, dry_run=dry_run)
    number = record.credential.number
    done = f"{number} would be {kind}" if dry_run else f"{number} is {record.state.value}"
    terminal.answer("certificate", {**_document(record), "dry_run": dry_run}, [done])
    if not dry_run:
        terminal.hint("`certengine key export -o trust` writes the signed lists and the bundle anew")


def _reason(text: str) -> ReasonClass:
    from certengine.errors import UsageError
    from certengine.services.standing import ReasonClass

    try:
        return ReasonClass(text)
    except ValueError:
        raise UsageError(f"`{text}` is not a reason", hint=f"one of: {', '.join(ReasonClass)}") from None


def _document(record: CertificateRecord) -> dict[str, object]:
    return {
        "number": record.credential.number,
        "candidate": record.candidate,
        "sitting": record.sitting,
        "state": record.state.value,
        "holder": record.credential.holder,
        "title": record.credential.title,
        "level": record.credential.level,
        "issued_on": record.credential.issued_on,
        "valid_until": record.credential.valid_until,
        "code": record.credential.code,
        "pdf_digest": record.pdf_digest,
        "evidence": dict(record.credential.evidence),
        "events": list(record.events),
    }


def _lines(record: CertificateRecord) -> list[str]:
    from certengine.credentials.codes import printed

    credential = record.credential
    lines = [
        f"number      {credential.number}",
        f"state       {record.state.value}",
        f"holder      {credential.holder.name}{f' / {credential.holder.name_en}' if credential.holder.name_en else ''}",
        f"title       {credential.title.best('zh')} / {credential.title.best('en')}",
        f"issued      {credential.issued_on}, valid until {credential.valid_until or 'no end'}",
        f"code        {printed(credential.code)}",
        f"file        {record.pdf_digest or 'not issued'}",
        f"sitting     {record.sitting}, candidate {record.candidate}",
    ]
    lines.extend(f"{name:<11} {digest}" for name, digest in credential.evidence)
    lines.append(f"reserved    {record.reserved_at:%Y-%m-%d %H:%M:%S} UTC by {record.reserved_by}")
    lines.extend(
        f"{event.kind:<11} {event.at:%Y-%m-%d %H:%M:%S} UTC by {event.by}{f' ({event.reason})' if event.reason else ''}"
        for event in record.events
    )
    return lines
