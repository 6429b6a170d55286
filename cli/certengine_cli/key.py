"""``certengine key``: the issuer's keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import UsageError, plural
from certengine_cli import terminal
from certengine_cli.options import (
    Actor,
    AsJson,
    Db,
    DryRun,
    PassphraseFile,
    Quiet,
    Verbose,
    Workspace,
    Yes,
    confirm,
    instant,
    opened,
    passphrase,
    secret_asked,
)

app = typer.Typer(help="Keys: new, list, rotate, retire, export.", no_args_is_help=True)


Pkcs12 = Annotated[
    Path | None,
    typer.Option("--pkcs12", metavar="FILE", help="A document key that an authority issued, with its whole chain."),
]
Pkcs12Passphrase = Annotated[
    Path | None,
    typer.Option("--pkcs12-passphrase-file", metavar="FILE", help="What opens that file (mode 600); else asked."),
]


OnToken = Annotated[
    str | None,
    typer.Option(
        "--pkcs11",
        metavar="LABEL",
        help="A document key on the token named in certengine.toml; made there if it has none of that label.",
    ),
]


@app.command()
def new(
    pkcs12: Pkcs12 = None,
    pkcs12_passphrase_file: Pkcs12Passphrase = None,
    pkcs11: OnToken = None,
    log: Annotated[
        bool, typer.Option("--log", help="Only a key for the transparency log, in a keyring that has none.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make the issuer: a small CA of its own, a document key, keys for tokens, receipts and the log.

    certengine key new --passphrase-file passphrase
    """
    if log and dry_run:
        raise UsageError(
            "`--log` only adds a key and has no plan", hint="leave `--dry-run` out: nothing is closed by it"
        )
    if log:
        from certengine.services.keys import new_log_key

        with opened(workspace, db, actor) as context:
            record = new_log_key(context, passphrase(context, passphrase_file))
        terminal.answer("key", record, [f"{record.kid}  log     {record.algorithm}, until {record.not_after:%Y-%m-%d}"])
        return
    theirs = (pkcs12, pkcs12_passphrase_file)
    _make(passphrase_file, workspace, db, actor, theirs, pkcs11, rotate=False, dry_run=dry_run)


@app.command()
def rotate(
    pkcs12: Pkcs12 = None,
    pkcs12_passphrase_file: Pkcs12Passphrase = None,
    pkcs11: OnToken = None,
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
    """Make new signing keys and close the windows of the old; certificates they signed stay verifiable.

    certengine key rotate --yes
    """
    confirm("Make new signing keys and retire the present ones?", yes=yes or dry_run)
    theirs = (pkcs12, pkcs12_passphrase_file)
    _make(passphrase_file, workspace, db, actor, theirs, pkcs11, rotate=True, dry_run=dry_run)


@app.command("list")
def list_(
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Every key the issuer ever used, with its window; and key files that are none of theirs.

    certengine key list
    """
    from certengine.services.key_leftovers import key_leftovers
    from certengine.services.keys import load_keyring

    with opened(workspace, db, actor) as context:
        with context.reading() as connection:
            left_over = key_leftovers(context, connection)
        terminal.show_findings(left_over)
        keyring = load_keyring(context)
        now = context.clock()
    rows = []
    for record in keyring.keys:
        state = "revoked" if record.revoked_at else "retired" if record.not_after <= now else "in use"
        window = f"{record.not_before:%Y-%m-%d} to {record.not_after:%Y-%m-%d}"
        rows.append((record.kid, record.use.value, record.algorithm, window, state))
    document = {"keys": list(keyring.keys), "left_over": [terminal.finding_document(one) for one in left_over]}
    terminal.answer("keys", document, terminal.table(("KEY", "USE", "ALGORITHM", "WINDOW", "STATE"), rows))


@app.command()
def retire(
    kid: Annotated[str, typer.Argument(metavar="KEY", help="Id of the key.")],
    compromised_from: Annotated[
        str | None,
        typer.Option("--compromised-from", metavar="DATE", help="Revoke it: signatures from then on do not count."),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Close a key's window now, or revoke it from the day it was compromised.

    certengine key retire 3f9a... --yes
    """
    from certengine.services.keys import retire_key

    if dry_run:
        from certengine.services.key_plans import plan_retirement

        with opened(workspace, db, actor) as context:
            plan = plan_retirement(context, kid, compromised_from=instant(compromised_from))
        done = "revoked" if compromised_from else "retired"
        lines = [f"{kid} ({plan.key.use.value}) would be {done}"]
        if compromised_from:
            lines.append(f"{plural(len(plan.undone), 'issued certificate')} would no longer count: {_few(plan.undone)}")
        terminal.answer("key-plan", plan, [*lines, *_stranded(plan.stranded)])
        return
    confirm(f"Retire key {kid}? It signs nothing any more.", yes=yes)
    with opened(workspace, db, actor) as context:
        record = retire_key(context, kid, compromised_from=instant(compromised_from))
    told = (
        "retired"
        if record.revoked_at is None
        else f"revoked: what it signed from {record.revoked_at:%Y-%m-%d} on does not count"
    )
    terminal.answer("key", record, [f"{kid} is {told}"])
    terminal.hint("`certengine key export -o trust` writes the keyring and the bundle anew")


@app.command()
def export(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the files are written.")],
    passphrase_file: PassphraseFile = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write what strangers verify with: issuer.pem, keyring.json, bundle.json and the signed status lists.

    certengine key export -o trust
    """
    from certengine.services.trust import export_trust

    with opened(workspace, db, actor) as context:
        files = export_trust(context, passphrase(context, passphrase_file), output)
    names = [str(files.issuer), str(files.keyring), str(files.bundle)]
    terminal.answer("trust", {"files": names}, names)


def _make(
    file: Path | None,
    workspace: Path | None,
    db: str | None,
    actor: str | None,
    pkcs12: tuple[Path | None, Path | None],
    on_token: str | None,
    *,
    rotate: bool,
    dry_run: bool,
) -> None:
    from certengine.services.external_key import read_external_key
    from certengine.services.keys import new_keys
    from certengine.services.passphrases import passphrase_from_file

    if on_token is not None and pkcs12[0] is not None:
        raise UsageError("a document key comes from a file or from a token", hint="give `--pkcs12` or `--pkcs11`")
    with opened(workspace, db, actor) as context:
        external = None
        if pkcs12[0] is not None:
            theirs = passphrase_from_file(pkcs12[1]) if pkcs12[1] else secret_asked("Passphrase of the PKCS#12 file")
            external = read_external_key(context, pkcs12[0], theirs)
        if dry_run:
            from certengine.services.key_plans import plan_new_keys

            plan = plan_new_keys(context, rotate=rotate, external=external)
            lines = [f"new keys would sign until {plan.until:%Y-%m-%d}"]
            lines += [f"{key.kid} ({key.use.value}) would be retired" for key in plan.closes]
            terminal.answer("key-plan", plan, [*lines, *_stranded(plan.stranded)])
            return
        secret = passphrase(context, file, confirm=True)
        keyring = new_keys(context, secret, rotate=rotate, external=external, on_token=on_token)
    made = keyring.keys[-4:]
    lines = [
        f"{record.kid}  {record.use.value:<7} {record.algorithm}, until {record.not_after:%Y-%m-%d}" for record in made
    ]
    terminal.answer("keys", {"keys": list(made)}, lines)
    terminal.hint("back up the key folder, and keep the passphrase apart from it")


def _few(numbers: tuple[str, ...]) -> str:
    """The first of some numbers."""
    return ", ".join(numbers[:5]) + (", ..." if len(numbers) > 5 else "") if numbers else "none"


def _stranded(numbers: tuple[str, ...]) -> list[str]:
    """Reservations that would have to be given up, and what spares that."""
    if not numbers:
        return []
    terminal.hint("issue what is reserved first: `certengine cert issue SITTING`; else its numbers have to be given up")
    return [f"{plural(len(numbers), 'reserved certificate')} could not be issued any more: {_few(numbers)}"]
