"""``certengine grade rescore``: a key corrected after the fact, with everybody whom it touches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from certengine.errors import UsageError, plural
from certengine_cli import terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from fractions import Fraction

    from certengine.model.key_correction import KeyPolicy
    from certengine.services.rescoring import Rescoring

_POLICIES = ("full-credit", "current-or-previous", "current", "drop")


def rescore(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="Id of a sealed sitting.")],
    items: Annotated[
        list[str],
        typer.Option("--item", metavar="ITEM=POLICY", help="An item and its policy: " + ", ".join(_POLICIES) + "."),
    ],
    reason: Annotated[str, typer.Option("-m", "--reason", metavar="WHY", help="Why the key was wrong; kept.")],
    approver: Annotated[str, typer.Option("--approver", metavar="ID", help="The second person, who approves it.")],
    bank: Annotated[
        str | None,
        typer.Option("--bank", metavar="BANK[@VERSION]", help="Whose keys are right; else the newest published."),
    ] = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Correct keys after the fact: scores anew, and names everybody whom it touches.

    certengine grade rescore spring-2027 --item A1-SC-07=current -m "key said B" --approver sun-hao --dry-run
    """
    from certengine.services.rescoring import rescore as correct

    asked = [_asked(text) for text in items]
    with opened(workspace, db, actor) as context:
        done = correct(context, sitting, asked, approver=approver, reason=reason, bank=_bank(bank), dry_run=dry_run)
    terminal.answer("rescore", _document(sitting, done, dry_run=dry_run), _lines(done, dry_run=dry_run))
    if done.repeated is not None:
        terminal.say(f"these keys were corrected so by run {done.repeated}; nothing was changed")
    elif done.decide_anew and not dry_run:
        who = f" (may decide: {', '.join(done.deciders)})" if done.deciders else ""
        terminal.hint(f"decide anew{who}: `certengine result decide {sitting} --as ID`, then another person approves")


def _asked(text: str) -> tuple[str, KeyPolicy]:
    from certengine.model.key_correction import KeyPolicy

    item, sign, policy = text.rpartition("=")
    if not (item and sign and policy in _POLICIES):
        raise UsageError(
            f"`{text}` names no item with a policy", hint=f"write `ITEM=POLICY`; policies: {', '.join(_POLICIES)}"
        )
    return item, KeyPolicy(policy.replace("-", "_"))


def _bank(text: str | None) -> tuple[str, int | None] | None:
    if text is None:
        return None
    bank, sign, version = text.partition("@")
    if not bank or (sign and not version.isdecimal()):
        raise UsageError(f"`{text}` is no bank", hint="write `industrial-automation` or `industrial-automation@3`")
    return bank, int(version) if version else None


def _document(sitting: str, done: Rescoring, *, dry_run: bool) -> dict[str, object]:
    return {
        "sitting": sitting,
        "run": done.run,
        "repeated": done.repeated,
        "dry_run": dry_run,
        "items": [{"item": item, "policy": policy.replace("_", "-"), "key": key} for item, policy, key in done.items],
        "papers": done.papers,
        "marks": list(done.marks),
        "scores": list(done.scores),
        "decide_anew": [
            {"candidate": one.candidate, "before": one.before, "after": one.after, "flips": one.flips}
            for one in done.decide_anew
        ],
        "deciders": list(done.deciders),
        "certificates": list(done.certificates),
    }


def _lines(done: Rescoring, *, dry_run: bool) -> Iterator[str]:
    if done.marks:
        yield from terminal.table(
            ("CANDIDATE", "PAPER", "NO", "ITEM", "BEFORE", "AFTER"),
            [
                (one.candidate, one.paper, str(one.position), one.item, _marks(one.before), _marks(one.after))
                for one in done.marks
            ],
        )
        yield ""
    if done.scores:
        yield from terminal.table(
            ("CANDIDATE", "COMPONENT", "SCORE BEFORE", "AFTER"),
            [(one.candidate, one.component, one.before or "open", one.after or "open") for one in done.scores],
        )
        yield ""
    if done.decide_anew:
        yield from terminal.table(
            ("CANDIDATE", "DECIDED", "WOULD BE", ""),
            [(one.candidate, one.before, one.after, "flips" if one.flips else "") for one in done.decide_anew],
        )
        yield ""
    if done.certificates:
        yield from terminal.table(
            ("CERTIFICATE", "CANDIDATE", "STATE", "WHAT TO DO"),
            [(one.number, one.candidate, one.state, one.todo.replace("`", "")) for one in done.certificates],
        )
        yield ""
    flips = sum(one.flips for one in done.decide_anew)
    yield (
        f"{'would score' if dry_run else 'scored'} {plural(done.papers, 'paper')} anew: "
        f"{plural(len(done.marks), 'mark')} and {plural(len(done.scores), 'score')} change, "
        f"{plural(len(done.decide_anew), 'decision')} to make anew, of which {flips} "
        f"flip{'s' if flips == 1 else ''}, {plural(len(done.certificates), 'certificate')} touched"
    )


def _marks(exact: Fraction | None) -> str:
    return "-" if exact is None else f"{float(exact):g}"
