"""The whole terminal policy: data to standard output, all else to standard error; colour and progress only for people.

Errors read ``file:line:column: what and why [code]``, all at once, the count last, then ``hint:`` with the way out.
With ``--json`` standard output carries one document, and an error is one JSON object on standard error.

What is said of a stranger's file names what stands in it (a sheet, a heading, a cell): nothing in an error moves the cursor,
ends the line or turns the direction of writing.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from certengine.canonical import Json, to_json
from certengine.errors import CertengineError, Finding, Severity, first_errors
from certengine.model.text import visible

if TYPE_CHECKING:
    from certengine.services.issuing import Progress

_PROGRESS_AFTER_SECONDS = 1.0
# What JSON does not escape by itself: controls beyond ASCII, marks of direction, line ends, and halves of a pair, which
# stand for the bytes of a file's name that are no UTF-8.
_OBEYED = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


@dataclass(slots=True)
class Settings:
    """What the options of this run ask for."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False


settings = Settings()


def answer(schema: str, document: object, lines: Iterable[str] = ()) -> None:
    """The answer of a command: one JSON document with ``--json``, else lines."""
    if settings.json:
        body = to_json(document)
        named: dict[str, Json] = {"schema": f"certengine.{schema}/1"}
        named.update(body if isinstance(body, dict) else {"items": body})
        lines = [_json(named, indent=2)]
    try:
        for line in lines:
            sys.stdout.write(line + "\n")
    except BrokenPipeError:
        reader_went_away()


def _json(document: Json, indent: int | None = None) -> str:
    """JSON with Chinese as it is, and what a terminal would obey or could not write by number."""
    written = json.dumps(document, ensure_ascii=False, indent=indent)
    return _OBEYED.sub(lambda found: json.dumps(found[0])[1:-1], written)


def reader_went_away() -> None:
    """`| head` closed the pipe: nothing more can be said, and what was not read changes nothing in the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)


def say(text: str) -> None:
    """A line for people, on standard error; nothing with ``-q`` or ``--json``."""
    if not settings.quiet and not settings.json:
        sys.stderr.write(text + "\n")


def hint(text: str) -> None:
    """A way on, apart from what was said."""
    say(f"\nhint: {text}")


def show_findings(findings: Sequence[Finding]) -> None:
    """Every finding with its place, code and way out, on standard error."""
    if settings.json:
        return
    for finding in findings:
        weight = "" if finding.severity is Severity.ERROR else "warning: "
        where = f"{finding.place}: " if finding.place else ""
        sys.stderr.write(f"{visible(where + weight + finding.message)} [{finding.code}]\n")
        if finding.hint:
            sys.stderr.write(f"    hint: {visible(finding.hint)}\n")


def show_error(error: CertengineError) -> None:
    """An error with its findings; the count last, then the hint."""
    if settings.json:
        sys.stderr.write(_json(error_document(error)) + "\n")
        return
    findings = () if _says_it_all(error) else error.findings
    show_findings(findings)
    count = len(first_errors(findings))
    counted = f" ({count} problem{'s' if count > 1 else ''})" if count else ""
    sys.stderr.write(f"error: {visible(error.message)}{counted} [{error.code}]\n")
    if error.hint:
        sys.stderr.write(f"\nhint: {visible(error.hint)}\n")


def show_bug(message: str) -> None:
    """What nobody foresaw: one line, without the words of the exception, which may hold what was read."""
    if settings.json:
        document: Json = {
            "schema": "certengine.error/1",
            "code": "bug",
            "message": message,
            "hint": None,
            "findings": [],
        }
        sys.stderr.write(_json(document) + "\n")
        return
    sys.stderr.write(f"error: {message}\n")


def _says_it_all(error: CertengineError) -> bool:
    """Whether an error's one finding would only repeat its message: the same code and words, and no line to look at."""
    if len(error.findings) != 1:
        return False
    finding = error.findings[0]
    located = finding.place is not None and finding.place.line is not None
    return finding.code == error.code and finding.message in error.message and not located


def error_document(error: CertengineError) -> Json:
    """An error as JSON."""
    return {
        "schema": "certengine.error/1",
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "findings": [finding_document(finding) for finding in error.findings],
    }


def finding_document(finding: Finding) -> Json:
    """A finding as JSON."""
    place = finding.place
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
        "file": place.source if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows in aligned columns; Chinese characters take two places."""
    from rich.cells import cell_len

    listed = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(cell_len(row[column]) for row in listed) for column in range(len(header))]
    for row in listed:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def warn(texts: Iterable[str]) -> None:
    """What a person should see to, on standard error, also with ``-q``; nothing with ``--json``, whose document says it."""
    if not settings.json:
        sys.stderr.writelines(f"warning: {visible(text)}\n" for text in texts)


def may_ask() -> bool:
    """Whether a person sits at the terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def read_line() -> str:
    """One line of standard input with its end; empty when the input has ended.

    Raises:
        KeyboardInterrupt: on Ctrl-C at a terminal, whenever it comes. A plain ``readline`` loses the one that comes after the
            interpreter last looked and before the system waits, and then waits on for a line that nobody types.
    """
    if sys.stdin.isatty():
        _wait_for_typing()
    return sys.stdin.readline()


def _wait_for_typing() -> None:
    heard, rung = os.pipe()
    os.set_blocking(rung, False)
    before = signal.set_wakeup_fd(rung)
    try:
        while sys.stdin not in select.select([sys.stdin, heard], [], [])[0]:
            os.read(heard, 1)  # a signal that stops nothing
    finally:
        signal.set_wakeup_fd(before)
        os.close(rung)
        os.close(heard)


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """A progress bar on standard error: only on a terminal, and only for work over a second."""
    shown = sys.stderr.isatty() and not settings.quiet and not settings.json
    if not shown or os.environ.get("CERTENGINE_NO_PROGRESS") or os.environ.get("CI"):
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    started = monotonic()
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, visible=False)

        def advance(done: int, total: int) -> None:
            late = monotonic() - started > _PROGRESS_AFTER_SECONDS
            bar.update(task, completed=done, total=total, visible=late)

        yield advance
