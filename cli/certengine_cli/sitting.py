"""``certengine sitting``: one occasion, from roster to revealed seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine.errors import plural
from certengine_cli import sitting_archive, sitting_erase, terminal
from certengine_cli.options import Actor, AsJson, Db, DryRun, Quiet, Verbose, Workspace, Yes, confirm, opened

app = typer.Typer(help="Sittings: open, seal, show, close, reveal, archive, erase.", no_args_is_help=True)

SittingId = Annotated[str, typer.Argument(metavar="SITTING", help="Id of a sitting.")]


app.command("archive")(sitting_archive.archive)
app.command("erase")(sitting_erase.erase)


@app.command("open")
def open_(
    scheme: Annotated[str, typer.Argument(metavar="SCHEME", help="Id of the scheme.")],
    candidates: Annotated[Path, typer.Option("--candidates", metavar="FILE", help="The roster: CSV or xlsx.")],
    sitting_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="The sitting's id; else scheme and date.")
    ] = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Open a sitting for a roster of candidates, with the newest published banks.

    certengine sitting open electrician-l3 --candidates roster.csv --id spring-2027
    """
    from certengine.services.sittings import open_sitting

    with opened(workspace, db, actor) as context:
        sitting, warnings = open_sitting(context, scheme, candidates, sitting_id=sitting_id, dry_run=dry_run)
    terminal.show_findings(warnings)
    carried = sum(len(one.carried or ()) for one in sitting.candidates)
    document = {
        "sitting": sitting.id,
        "scheme": f"{sitting.scheme_id}@{sitting.scheme_version}",
        "banks": [f"{bank}@{version}" for bank, version, _ in sitting.banks],
        "candidates": len(sitting.candidates),
        "carried_over": carried,
        "dry_run": dry_run,
        "warnings": [terminal.finding_document(finding) for finding in warnings],
    }
    would = "would be opened" if dry_run else "opened"
    told = f", {plural(carried, 'part')} carried over" if carried else ""
    terminal.answer(
        "sitting", document, [f"{sitting.id} {would}: {plural(len(sitting.candidates), 'candidate')}{told}"]
    )
    if not dry_run:
        terminal.hint(f"certengine sitting seal {sitting.id}")


@app.command("list")
def list_(
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """All sittings, oldest first.

    certengine sitting list
    """
    from certengine.services.sittings import list_sittings

    with opened(workspace, db, actor) as context:
        lines = list_sittings(context)
    rows = [(line.id, line.scheme, str(line.candidates), line.opened_at, line.state) for line in lines]
    terminal.answer(
        "sittings", list(lines), terminal.table(("SITTING", "SCHEME", "CANDIDATES", "OPENED", "STATE"), rows)
    )


@app.command()
def show(
    sitting: SittingId,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE.html", help="Write how fair and alike its papers are; JSON beside it."),
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """A sitting with what it pins, its commitment, and who sits.

    certengine sitting show spring-2027
    certengine sitting show spring-2027 --report fairness.html
    """
    from certengine.services.fairness import report_fairness
    from certengine.services.sittings import describe_sitting

    with opened(workspace, db, actor) as context:
        found = describe_sitting(context, sitting)
        files = report_fairness(context, sitting, report) if report is not None else ()
    lines = [
        f"sitting     {found.sitting.id}",
        f"scheme      {found.sitting.scheme_id}@{found.sitting.scheme_version} {found.sitting.scheme_digest}",
        *(f"bank        {bank}@{version} {digest}" for bank, version, digest in found.sitting.banks),
        f"commitment  {found.sitting.commitment or 'not sealed yet'}",
        f"seed        {found.seed or 'secret'}",
        *(f"exception   {words}" for words in found.exceptions),
        "",
        *terminal.table(("CANDIDATE", "NAME", "SEAT", "PAPER", "TASK"), found.rows),
        *(str(path) for path in files),
    ]
    document = {
        "sitting": found.sitting.id,
        "scheme": {
            "id": found.sitting.scheme_id,
            "version": found.sitting.scheme_version,
            "digest": found.sitting.scheme_digest,
        },
        "banks": [{"id": bank, "version": version, "digest": digest} for bank, version, digest in found.sitting.banks],
        "sealed_at": found.sitting.sealed_at,
        "commitment": found.sitting.commitment,
        "seed": found.seed,
        "exceptions": list(found.exceptions),
        "candidates": [dict(zip(("id", "name", "seat", "paper", "task"), row, strict=True)) for row in found.rows],
        "files": [str(path) for path in files],
    }
    terminal.answer("sitting", document, lines)


@app.command()
def seal(
    sitting: SittingId,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw every paper and publish the commitment to seed, banks, scheme and roster.

    certengine sitting seal spring-2027
    """
    from certengine.services.sittings import seal_sitting

    with opened(workspace, db, actor) as context:
        sealed, now = seal_sitting(context, sitting, dry_run=dry_run)
    done = ("would be sealed" if dry_run else "sealed") if now else "was sealed before"
    terminal.answer(
        "seal",
        {
            "sitting": sealed.id,
            "commitment": sealed.commitment,
            "sealed_at": sealed.sealed_at,
            "new": now,
            "dry_run": dry_run,
        },
        [f"{sealed.id} {done}: commitment {sealed.commitment}"],
    )
    if not dry_run:
        terminal.hint(f"publish the commitment, then: certengine paper print {sealed.id} -o print")


@app.command()
def close(
    sitting: SittingId,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write down that the examination is over; only then can the seed be revealed.

    certengine sitting close spring-2027
    """
    from certengine.services.sittings import close_sitting

    with opened(workspace, db, actor) as context:
        closed, now = close_sitting(context, sitting, dry_run=dry_run)
    done = ("would be closed" if dry_run else "closed") if now else "was closed before"
    terminal.answer("close", {"sitting": closed.id, "new": now, "dry_run": dry_run}, [f"{closed.id} {done}"])
    if not dry_run:
        terminal.hint(f"certengine sitting reveal {closed.id} -o {closed.id}-proof.json")


@app.command()
def reveal(
    sitting: SittingId,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the public proof of the draw here.")
    ] = None,
    banks: Annotated[
        Path | None,
        typer.Option("--banks", metavar="DIR", help="Write the banks here, for an auditor: they hold the keys."),
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
    """Publish the seed of a closed sitting, so that anyone who has the bank can check its draw.

    certengine sitting reveal spring-2027 -o proof.json --yes
    """
    from certengine.services.draw_proof import reveal_sitting, write_banks

    if not dry_run:
        confirm(f"Reveal the seed of {sitting}? Everybody who has the bank can compute its papers then.", yes=yes)
    with opened(workspace, db, actor) as context:
        found, seed = reveal_sitting(context, sitting, output, dry_run=dry_run)
        files = write_banks(context, sitting, banks, dry_run=dry_run) if banks is not None else ()
    written = [str(path) for path in ((output,) if output else ()) + files]
    terminal.answer(
        "reveal",
        {
            "sitting": found.id,
            "seed": seed,
            "commitment": found.commitment,
            "files": written,
            "dry_run": dry_run,
        },
        [f"seed {seed or 'would be revealed'}", f"commitment {found.commitment}", *written],
    )


@app.command()
def simulate(
    sitting: SittingId,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the files are written.")],
    seed: Annotated[int, typer.Option("--seed", help="Another number, other invented answers.")] = 1,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write answers, ratings and markers' sheets of invented candidates, for trials and training.

    certengine sitting simulate spring-2027 -o answers
    """
    from certengine.services.simulation import simulate_sitting

    with opened(workspace, db, actor) as context:
        files = simulate_sitting(context, sitting, output, seed=seed)
    names = [str(path) for path in files.paths]
    terminal.answer("simulation", {"sitting": sitting, "files": names}, names)
