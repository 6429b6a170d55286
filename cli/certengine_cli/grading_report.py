"""How a grading run is told: what was set aside with its reason, then one summary line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from certengine.errors import plural, ranges
from certengine_cli import exits, terminal

if TYPE_CHECKING:
    from certengine.errors import Finding
    from certengine.services.grading import GradingRun


_NAMED = 10
_SPOKEN = frozenset({"response/untold", "rating/unsigned", "rating/doubtful"})
"""Notes that nobody would see to for a count of notes: columns that are not there, sheets not signed, doubtful entries."""


def report(sitting: str, run: GradingRun, what: str, *, dry_run: bool) -> None:
    """Set-aside rows with their reasons, then one summary line; exit code 1 when rows were set aside."""
    terminal.show_findings(_once(run.set_aside))
    if not terminal.settings.verbose:
        spoken = [one for one in run.notes if one.code in _SPOKEN]
        terminal.show_findings(spoken[:_NAMED])
        if spoken[_NAMED:]:
            terminal.say(f"and {len(spoken) - _NAMED} more like these; `-v` names them all")
    else:
        terminal.show_findings(run.notes)
        if run.more_notes:
            terminal.say(f"and {run.more_notes} more; `certengine grade resolve {sitting}` lists them all")
    did = "would grade" if dry_run else "graded before" if run.repeated else "graded"
    absent = f" ({run.absent} absent)" if run.absent else ""
    summary = (
        f"{did} {plural(run.graded, what)}{absent}, set aside {plural(len(run.set_aside), 'row')}, "
        f"noted {run.noted}, waiting for {run.waiting}"
    )
    document = {
        "sitting": sitting,
        "run": run.run,
        "repeated": run.repeated,
        "graded": run.graded,
        "absent": run.absent,
        "waiting": run.waiting,
        "lacking": run.lacking,
        "set_aside": [terminal.finding_document(finding) for finding in run.set_aside],
        "noted": run.noted,
        "notes": [terminal.finding_document(finding) for finding in run.notes],
        "dry_run": dry_run,
    }
    terminal.answer("grade", document, [summary])
    if run.lacking:
        more = f" and {len(run.lacking) - _NAMED} more" if len(run.lacking) > _NAMED else ""
        terminal.say(
            f"no row of {', '.join(run.lacking[:_NAMED])}{more}: who did not come has `1` in the column `absent`"
        )
    if run.repeated:
        terminal.say(f"these files were graded by run {run.repeated}; nothing was changed")
    open_still = run.noted - sum(one.code == "response/untold" for one in run.notes)
    if open_still and not dry_run:
        terminal.say(
            f"{plural(open_still, 'response')} cannot be read or marked more than once: nothing is earned until somebody "
            f"has looked; `certengine grade resolve {sitting}` lists them with their reasons"
        )
    if run.set_aside:
        terminal.hint(_way_out(run, dry_run=dry_run))
        raise typer.Exit(exits.FAILED)


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """Each reason once for the rows of a file that it holds for, with their lines: a sheet has a hundred and more."""
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for one in findings:
        alike.setdefault((one.code, one.message, one.place.source if one.place else ""), []).append(one)
    return [
        replace(
            first,
            message=f"{first.message}; {plural(len(more), 'more row')} likewise: {_lines(more)}"
            if more
            else first.message,
        )
        for first, *more in alike.values()
    ]


def _lines(findings: Sequence[Finding]) -> str:
    return ranges(one.place.line for one in findings if one.place and one.place.line)


def _way_out(run: GradingRun, *, dry_run: bool) -> str:
    """What to do about what was set aside: a file of its own would leave out what is not graded yet."""
    if dry_run:
        return "mend what is named before you grade; nothing was written"
    if not run.graded:
        return "mend what is named, and hand the file in again; nothing was graded"
    return "mend the rows named in a file of their own, and grade that file too; the rest is graded"
