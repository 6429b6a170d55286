"""``certengine replay``: recompute a certificate back to its bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from certengine.services.replay_links import Link, Replay

_SIGNS = {"equal": "=", "differs": "✗", "untold": "?", "withheld": "-", "not_kept": "-", "absent": "-"}
_WORDS = {
    "equal": ("EQUAL", "全部一致"),
    "differs": ("DIFFERS", "有环节不一致"),
    "untold": ("CANNOT TELL", "无法判断"),
}
_CODES = {"equal": exits.DONE, "differs": exits.NO, "untold": exits.CANNOT_TELL}


def replay(
    target: Annotated[str, typer.Argument(metavar="CODE", help="The certificate: its number, its code, or its PDF.")],
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Recompute a certificate back to its bank, link by link, and say which link differs.

    certengine replay S000000000000263000001

    Exit code: 0 every link is equal; 3 one differs; 4 no such certificate; 6 it cannot be told.
    """
    from certengine.services.replay import replay as recompute

    with opened(workspace, db, actor) as context:
        found = recompute(context, target)
    show(found)


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
