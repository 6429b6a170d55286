"""``certengine verify``: is it genuine, and is it still valid? Needs no workspace when a bundle or keyring is given."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine.errors import CertengineError, UsageError, plural
from certengine_cli import exits, terminal
from certengine_cli.options import AsJson, At, Db, Quiet, Verbose, Workspace, instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from certengine.model.credential import State, Verdict
    from certengine.services.receipts import Trust

_WORDS: dict[str, tuple[str, str]] = {
    "valid": ("有效", "VALID"),
    "expired": ("已过期", "EXPIRED"),
    "not_yet_valid": ("尚未生效", "NOT YET VALID"),
    "suspended": ("已暂停", "SUSPENDED"),
    "superseded": ("已被替换", "REPLACED"),
    "revoked": ("已撤销", "REVOKED"),
    "unchecked": ("无法确认现状", "CANNOT TELL"),
    "unknown": ("查无此证", "UNKNOWN"),
    "tampered": ("不真实：内容被改动", "NOT GENUINE: it was altered"),
    "unreadable": ("无法读取", "NOT A CERTIFICATE"),
}
_STATEMENT = ("不是证书：真实的成绩通知单", "NOT A CERTIFICATE: a genuine result statement")
# Of several targets the gravest answer is the command's: a plain no first, then what is not there, then what cannot be told.
_GRAVEST = (exits.NO, exits.NOT_FOUND, exits.REFUSED, exits.CANNOT_TELL)
_SIGNS = {"passed": "✓", "failed": "✗", "not_done": "-"}
#: So much of a target is echoed; a path has no more.
_ECHOED = 4096
#: Told even of a valid certificate: which time counts, and as of when its standing is known, is part of the answer.
_ALWAYS = frozenset({"register", "time-stamp", "archive"})


def verify(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET",
            help="PDF, picture of a QR code, QR text, code, .xlsx or .csv of many; `-` reads one from standard input.",
        ),
    ],
    offline: Annotated[bool, typer.Option("--offline", help="Use only the bundle or keyring given.")] = False,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", metavar="FILE", help="The issuer's signed trust bundle.")
    ] = None,
    keyring: Annotated[
        Path | None, typer.Option("--keyring", metavar="FILE", help="The issuer's keyring (no status).")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option("--receipt", metavar="FILE", help="Write a receipt of the answer: .json or .pdf.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="For a sheet: where it is given back.")
    ] = None,
    max_age: Annotated[int | None, typer.Option("--max-age", metavar="DAYS", help="Oldest bundle to rely on.")] = None,
    at: At = None,
    workspace: Workspace = None,
    db: Db = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Say of each target whether it is genuine and still valid, with every check.

    certengine verify S000000000000263000001.pdf --bundle bundle.json --receipt receipt.json

    certengine verify applicants.xlsx

    Exit code: 0 valid; 3 not valid; 4 unknown; 6 cannot tell. Of several, the gravest.
    """
    from certengine.services.clock import utc_now
    from certengine.services.verification import is_sheet

    moment = instant(at) or utc_now()
    sheets = [target for target in targets if target != "-" and is_sheet(Path(target))]
    if (receipt is not None or sheets or output is not None) and len(targets) != 1:
        raise UsageError("a sheet, `--receipt` and `--output` go with one target", hint="name one target at a time")
    if output is not None and not sheets:
        raise UsageError("`--output` goes with a sheet of many", hint="`--receipt FILE` keeps the answer on one target")
    if receipt is not None and receipt.suffix.lower() not in {".json", ".pdf"}:
        raise UsageError(f"`{receipt}` is no name of a receipt", hint="call it `.json` or `.pdf`")
    trust, close = _trust(offline, bundle, keyring, max_age, moment, workspace, db)
    try:
        if sheets:
            raise typer.Exit(_verify_sheet(Path(sheets[0]), trust, moment, output))
        raise typer.Exit(_verify_targets(targets, trust, moment, receipt))
    finally:
        close()


def _verify_targets(targets: list[str], trust: Trust, moment: datetime, receipt: Path | None) -> int:
    """Judge each target and show it; returns the gravest exit code."""
    from certengine.services.verification import verify_bytes, verify_target, worst

    verdicts: list[tuple[str, Verdict]] = []
    errors: list[tuple[str, CertengineError]] = []
    for target in targets:
        try:
            piped = _piped(target)
            if piped is not None:
                verdict = verify_bytes(piped, trust.source, at=moment)
            else:
                verdict = verify_target(target, trust.source, at=moment)
        except CertengineError as error:
            if len(targets) == 1:
                raise
            errors.append((target, error))  # one file that is missing keeps no other from being checked
            if not terminal.settings.json:
                terminal.show_error(error)
            continue
        verdicts.append((target, verdict))
        if not terminal.settings.json:
            _show(_shown(target), verdict)
        if receipt is not None:
            _write_receipt(receipt, verdict, trust, target if piped is None else piped)
    if terminal.settings.json:
        documents = [verdict_document(_shown(target), verdict) for target, verdict in verdicts]
        failures = [{"target": _shown(target), "error": terminal.error_document(error)} for target, error in errors]
        terminal.answer("verify", {"trust": trust.source.name, "results": documents, "errors": failures})
    states: list[State] = [verdict.state for _, verdict in verdicts]
    if len(targets) > 1:
        valid = sum(state.value == "valid" for state in states)
        unread = f", {len(errors)} could not be read" if errors else ""
        terminal.say(f"{valid} of {len(targets)} valid{unread} (trust: {trust.source.name})")
    elif any(state.value == "unchecked" for state in states):
        terminal.say(f"trust: {trust.source.name}")  # of which day a bundle is says whether a newer one would help
    codes = {exits.OF_STATE[worst(states)] if states else exits.DONE, *(exits.of_error(error) for _, error in errors)}
    return next((code for code in _GRAVEST if code in codes), exits.DONE)


def _verify_sheet(sheet: Path, trust: Trust, moment: datetime, output: Path | None) -> int:
    """Judge every row of a sheet and give the sheet back; returns the exit code of the gravest row."""
    from certengine.services.batch_verification import verify_sheet
    from certengine.services.verification import worst

    with terminal.progress("verifying") as progress:
        found = verify_sheet(sheet, trust, at=moment, output=output, progress=progress)
    terminal.show_findings(found.findings)
    counts = ", ".join(f"{number} {word.replace('_', ' ')}" for word, number in found.counts)
    output_name, receipts_name = (
        os.fsencode(path).decode("utf-8", "backslashreplace") for path in (found.output, found.receipts)
    )
    document = {
        "trust": trust.source.name,
        "output": output_name,
        "receipts": receipts_name,
        "counts": dict(found.counts),
        "rows": len(found.rows),
    }
    terminal.answer("verify-sheet", document, [f"{plural(len(found.rows), 'row')}: {counts}", output_name])
    terminal.say(f"receipts in {receipts_name} (trust: {trust.source.name})")
    return exits.OF_STATE[worst(found.states)]


def _piped(target: str) -> bytes | None:
    """All that standard input (``-``), a named pipe or a device gives, be it a file or a text; none for another target.

    Raises:
        InputError: when there is more than any certificate has.
        CannotTell: when it cannot be read.
    """
    from certengine.errors import CannotTell, InputError
    from certengine.services.verification import MAX_FILE, is_stream

    if target == "-":
        name = "standard input"
        data = sys.stdin.buffer.read(MAX_FILE + 1) if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()
    elif is_stream(Path(target)):
        name = f"`{_shown(target)}`"
        try:
            with Path(target).open("rb") as stream:
                data = stream.read(MAX_FILE + 1)
        except OSError as error:
            raise CannotTell(f"{name} cannot be read: {error.strerror}") from None
    else:
        return None
    if len(data) > MAX_FILE:
        raise InputError(f"{name} has more than {MAX_FILE} bytes", hint="a certificate has under 1 MB")
    return data


def _write_receipt(path: Path, verdict: Verdict, trust: Trust, target: str | bytes) -> None:
    """A receipt as JSON, or as a page for ``.pdf``; ``target`` as named, or what came by standard input."""
    from certengine.services.files import write_whole
    from certengine.services.receipts import receipt_of, receipt_page
    from certengine.services.verification import is_text

    if isinstance(target, bytes) and is_text(target):
        target = target.decode("utf-8", "replace").strip()
    if isinstance(target, bytes):
        data = receipt_of(verdict, trust, file=target)
    elif len(target) < 1024 and Path(target).is_file():
        data = receipt_of(verdict, trust, file=Path(target).read_bytes())
    else:
        data = receipt_of(verdict, trust, target=target)
    write_whole(path, receipt_page(data, trust.source.keyring) if path.suffix.lower() == ".pdf" else data)
    terminal.say(f"receipt: {path}")


def verdict_document(target: str, verdict: Verdict) -> dict[str, object]:
    """A verdict as JSON."""
    return {
        "target": target,
        "state": verdict.state,
        "specimen": verdict.specimen,
        "statement": verdict.statement,
        "checked_at": verdict.checked_at,
        "claims": verdict.claims,
        "status": verdict.status,
        "checks": list(verdict.checks),
    }


def _trust(
    offline: bool,
    bundle: Path | None,
    keyring: Path | None,
    max_age: int | None,
    moment: datetime,
    workspace: Path | None,
    db: str | None,
) -> tuple[Trust, Callable[[], None]]:
    from datetime import timedelta

    from certengine.services.receipts import trust_in_bundle, trust_in_keyring, trust_in_nothing

    age: timedelta | None = timedelta(days=max_age) if max_age is not None else None
    if bundle is not None:
        return trust_in_bundle(bundle, max_age=age, at=moment), _nothing
    if keyring is not None:
        return trust_in_keyring(keyring), _nothing
    if not offline:
        found = _register(workspace, db)
        if found is not None:
            return found
    terminal.say("nothing to trust is at hand, so nothing can be called genuine")
    terminal.hint("give the issuer's `--bundle FILE`, or `--workspace DIR` of an issuer with keys")
    return trust_in_nothing(), _nothing


def _register(workspace: Path | None, db: str | None) -> tuple[Trust, Callable[[], None]] | None:
    """The register of the workspace named or found upwards; none at all when there is no workspace."""
    from certengine.errors import NotFound
    from certengine.workspace.folders import find_workspace

    try:
        root = workspace or find_workspace()
    except NotFound:
        return None
    from certengine.services.context import open_context
    from certengine.services.receipts import trust_in_register

    context = open_context(root, db=db)
    try:
        return trust_in_register(context), context.database.close
    except NotFound:  # no keys were made yet: nothing can be called genuine by them
        context.database.close()
        return None


def _nothing() -> None:
    return None


def _shown(target: str) -> str:
    """A target as echoed: a QR text without its signed part, and cut; bytes of a name that are no UTF-8 by number."""
    whole = os.fsencode(target).decode("utf-8", "backslashreplace")
    echoed = whole.split("#", 1)[0] if len(whole) > 80 else whole
    return echoed if len(echoed) <= _ECHOED else echoed[:_ECHOED] + "…"


def _show(target: str, verdict: Verdict) -> None:
    zh, en = _STATEMENT if verdict.statement else _WORDS[verdict.state.value]
    from certengine.credentials.wording import advice
    from certengine.model.text import visible

    lines = [f"{visible(target)}: {en} {zh}"]  # a file is called what its sender wanted
    if not terminal.settings.quiet:
        lines.append(f"  {advice(verdict).best('en')} {advice(verdict).best('zh')}")
    claims = verdict.claims or {}
    if claims and not terminal.settings.quiet:
        for name, value in claims.items():
            text = " / ".join(str(part) for part in value.values()) if isinstance(value, dict) else str(value)
            lines.append(f"  {name:<14} {text}")
    if verdict.status is not None and verdict.status.since is not None:
        lines.append(
            f"  since          {verdict.status.since:%Y-%m-%d}{f' ({verdict.status.reason})' if verdict.status.reason else ''}"
        )
    if verdict.status is not None and verdict.status.successor is not None:
        lines.append(f"  replaced by    {verdict.status.successor}")
    if verdict.specimen:
        lines.append("  SPECIMEN 样张: a preview, never a certificate")
    show_all = terminal.settings.verbose or verdict.state.value != "valid"
    for check in verdict.checks:
        if (show_all or check.id in _ALWAYS) and not terminal.settings.quiet:
            lines.append(
                f"  {_SIGNS[check.outcome.value]} {check.id:<18} {check.detail.best('en')} {check.detail.best('zh')}"
            )
    sys.stdout.write("\n".join(lines) + "\n")
