"""``certengine grade conflict`` and ``corrections``: who may not rate whom, and what was struck through."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from certengine_cli import terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened

SittingId = Annotated[str, typer.Argument(metavar="SITTING", help="Id of a sitting.")]


class Kind(StrEnum):
    """Why somebody does not rate a candidate."""

    RELATIVE = "relative"
    TRAINEE = "trainee"
    OTHER = "other"


def conflict(
    sitting: SittingId,
    candidates: Annotated[list[str], typer.Argument(metavar="CANDIDATE", help="Whom the person does not rate.")],
    kind: Annotated[Kind, typer.Option("--kind", help="What the conflict is.")],
    person: Annotated[
        str | None, typer.Option("--person", metavar="ID", help="Whose conflict it is; else the person who acts.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Declare a conflict of interest: the person rates these candidates no more, and what was rated does not count.

    certengine grade conflict spring-2027 2027-004 --kind relative --as chen-li
    """
    from certengine.model.bench import ConflictKind
    from certengine.services.bench import declare_conflicts

    with opened(workspace, db, actor) as context:
        who = person or context.actor
        declare_conflicts(context, sitting, who, candidates, ConflictKind(kind.value))
    line = f"{who} does not rate {', '.join(candidates)} ({kind.value})"
    terminal.answer(
        "conflict", {"sitting": sitting, "person": who, "candidates": candidates, "kind": kind.value}, [line]
    )


def corrections(
    sitting: SittingId,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Practical entries that were struck through: what stood, what stands, and why. An assessor sees the own ones.

    certengine grade corrections spring-2027
    """
    from certengine.services.rating import corrections as struck

    with opened(workspace, db, actor) as context:
        found = struck(context, sitting)
    rows = [
        (one.candidate, f"{one.task}/{one.aspect}", one.assessor, shown(one.old), shown(one.new), one.reason or "")
        for one in found
    ]
    header = ("candidate", "aspect", "assessor", "struck", "now", "reason")
    lines = terminal.table(header, rows) if rows else ["no entry was struck through"]
    terminal.answer("corrections", {"sitting": sitting, "corrections": found}, lines)


def shown(value: object) -> str:
    """An entry as people read it."""
    if value is None:
        return "NA"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "none"
