"""Options that mean the same everywhere, and opening a workspace by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine.errors import Refused, UsageError
from certengine_cli import terminal

if TYPE_CHECKING:
    from certengine.services.context import Context
    from certengine.services.standing import ReasonClass

_COMMON = "Common options"


def _json(value: bool) -> bool:
    terminal.settings.json = value
    return value


def _quiet(value: bool) -> bool:
    terminal.settings.quiet = value
    return value


def _verbose(value: bool) -> bool:
    terminal.settings.verbose = value
    return value


Workspace = Annotated[
    Path | None,
    typer.Option(
        "--workspace", metavar="DIR", help="The workspace; else the nearest upwards.", rich_help_panel=_COMMON
    ),
]
Db = Annotated[
    str | None, typer.Option("--db", metavar="URL", help="Another database than configured.", rich_help_panel=_COMMON)
]
Actor = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="ID", help="Who acts; else $CERTENGINE_ACTOR or the system user.", rich_help_panel=_COMMON
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", callback=_json, is_eager=True, help="One JSON document on standard output.", rich_help_panel=_COMMON
    ),
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", callback=_quiet, is_eager=True, help="Only errors.", rich_help_panel=_COMMON)
]
Verbose = Annotated[
    bool,
    typer.Option("-v", "--verbose", callback=_verbose, is_eager=True, help="More detail.", rich_help_panel=_COMMON),
]
DryRun = Annotated[bool, typer.Option("-n", "--dry-run", help="Print the exact plan, write nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before acting.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="DIR", help="Where files are written.")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE", help="File with the keys' passphrase (mode 600); else configured or asked."
    ),
]
At = Annotated[str | None, typer.Option("--at", metavar="DATE", help="Answer for this date (UTC), not for now.")]


@contextmanager
def opened(workspace: Path | None, db: str | None, actor: str | None) -> Iterator[Context]:
    """The workspace with its database, closed afterwards."""
    from certengine.services.context import open_context

    context = open_context(workspace, db=db, actor=actor)
    context = replace(context, pin=cache(lambda: secret_asked("PIN of the token")))
    try:
        yield context
    finally:
        context.database.close()


def passphrase(context: Context, file: Path | None, *, confirm: bool = False) -> Callable[[], bytes]:
    """Where the passphrase comes from: the file named, the file configured, or a prompt. Never a flag."""
    configured = context.workspace.config.keys.passphrase_file
    path = file or (context.workspace.root / configured if configured else None)

    def ask() -> bytes:
        from certengine.services.passphrases import passphrase_from_file

        if path is not None:
            return passphrase_from_file(path)
        return secret_asked("Passphrase of the keys", confirm=confirm)

    return ask


def secret_asked(question: str, *, confirm: bool = False) -> bytes:
    """A secret typed at the terminal, unseen.

    Raises:
        UsageError: when nobody can be asked.
    """
    if not terminal.may_ask():
        raise UsageError(
            "the keys' passphrase is needed and nobody can be asked",
            hint="give `--passphrase-file FILE`, or `keys.passphrase_file` in certengine.toml",
            code="key/no-passphrase",
        )
    from certengine.services.given_secrets import remember

    secret: str = typer.prompt(question, hide_input=True, confirmation_prompt=confirm, err=True)
    return remember(secret.encode())


def instant(text: str | None) -> datetime | None:
    """A date or an instant: ``2027-03-01`` is the end of that day in UTC.

    Raises:
        UsageError: when it is neither.
    """
    if text is None:
        return None
    try:
        if len(text) == len("2027-03-01"):
            return datetime.fromisoformat(text).replace(hour=23, minute=59, second=59, tzinfo=UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"`{text}` is not a date", hint="write for example 2027-03-01") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before an act that cannot be taken back; without a terminal ``--yes`` is needed.

    Raises:
        UsageError: when nobody can be asked.
        Refused: when the answer is no.
    """
    if yes:
        return
    if not terminal.may_ask():
        raise UsageError(
            f"nobody is at the terminal to be asked: {question.rstrip('.')}",
            hint="add `--yes` to answer beforehand",
            code="usage/confirm",
        )
    if not typer.confirm(question, err=True):
        raise Refused("nothing was done: the answer was no", code="usage/declined")


def reason_class(text: str) -> ReasonClass:
    """The class of a reason.

    Raises:
        UsageError: when it is none.
    """
    from certengine.services.standing import ReasonClass

    try:
        return ReasonClass(text)
    except ValueError:
        raise UsageError(f"`{text}` is not a reason", hint=f"one of: {', '.join(ReasonClass)}") from None
