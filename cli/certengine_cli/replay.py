"""``certengine replay``: recompute a certificate back to its bank."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine.errors import UsageError
from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from certengine.services.replay_links import Link, Replay

_SIGNS = {"equal": "=", "differs": "✗", "untold": "?", "withheld": "-", "erased": "-", "not_kept": "-", "absent": "-"}
_WORDS = {
    "equal": ("EQUAL", "全部一致"),
    "differs": ("DIFFERS", "有环节不一致"),
    "untold": ("CANNOT TELL", "无法判断"),
}
_CODES = {"equal": exits.DONE, "differs": exits.NO, "untold": exits.CANNOT_TELL}


def replay(
    target: Annotated[
        str, typer.Argument(metavar="CODE", help="The certificate: its number, its code, its PDF, or a bundle.")
    ],
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FILE", help="Write all it rests on as a zip, for an auditor elsewhere."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="WHAT", help="Leave out of the bundle: `personal`, `scores`."),
    ] = None,
    keyring: Annotated[
        Path | None,
        typer.Option("--keyring", metavar="FILE", help="Judge a bundle by these keys of the issuer, not by its own."),
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Recompute a certificate back to its bank, link by link, and say which link differs.

    certengine replay S000000000000263000001

    certengine replay bundle.zip --keyring keyring.json

    Exit code: 0 every link is equal; 3 one differs; 4 no such certificate; 6 it cannot be told.
    """
    from certengine.services.replay import case_of, replay_case
    from certengine.services.replay_bundle import is_bundle, read_bundle, write_bundle

    if without and bundle is None:
        raise UsageError("`--without` goes with `--bundle FILE`", hint="name the file to write")
    if is_bundle(Path(target)):
        if bundle is not None:
            raise UsageError("a bundle is replayed, not bundled again", hint="name a certificate of a workspace")
        case, pdf = read_bundle(Path(target))
        if keyring is not None:
            case = replace(case, keyring=_keys_in(keyring))
        show(replay_case(case, pdf=pdf))
        return
    with opened(workspace, db, actor) as context:
        case, pdf = case_of(context, target)
        if bundle is not None:
            write_bundle(context, case, pdf, bundle, without=without or ())
            terminal.say(f"bundle: {bundle}")
        found = replay_case(case, pdf=pdf)
    show(found)


def _keys_in(path: Path) -> bytes:
    from certengine.credentials.keyring import keyring_bytes
    from certengine.services.verification import source_from_keyring

    keyring = source_from_keyring(path).keyring
    assert keyring is not None
    return keyring_bytes(keyring)


def show(found: Replay) -> None:
    """The chain, and the exit code that tells how it ended."""
    outcome = found.outcome.value
    en, zh = _WORDS[outcome]
    lines = [f"{found.number}: {en} {zh}"]
    for link in found.links:
        if not terminal.settings.quiet or link.outcome.value in {"differs", "untold"}:
            lines.extend(_lines(link))
    document = {
        "number": found.number,
        "outcome": outcome,
        "differs": list(found.differing),
        "links": list(found.links),
    }
    terminal.answer("replay", document, lines)
    if _CODES[outcome] != exits.DONE:
        raise typer.Exit(_CODES[outcome])


def _lines(link: Link) -> list[str]:
    sign = _SIGNS[link.outcome.value]
    title = f"{link.title.best('en')} {link.title.best('zh')}"
    lines = [f"  {sign} {link.id:<20} {_short(link.again or link.stored):<20} {title}"]
    if link.outcome.value != "equal":
        lines.append(f"      {link.detail.best('en')} {link.detail.best('zh')}")
        if link.stored and link.again and link.stored != link.again:
            lines.append(f"      due   {link.stored}")
            lines.append(f"      found {link.again}")
    elif terminal.settings.verbose:
        lines.append(f"      {link.detail.best('en')} {link.detail.best('zh')}")
    return lines


def _short(digest: str | None) -> str:
    return f"{digest.removeprefix('sha256:')[:16]}" if digest else ""
