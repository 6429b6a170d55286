"""``certengine db``: the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certengine_cli import exits, terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened

app = typer.Typer(help="The database: upgrade, check, backup.", no_args_is_help=True)


@app.command()
def upgrade(
    workspace: Workspace = None, db: Db = None, json: AsJson = False, quiet: Quiet = False, verbose: Verbose = False
) -> None:
    """Bring the database to this program's schema; make it when it is missing.

    certengine db upgrade
    """
    from certengine.services.setting_up import upgrade_database

    version = upgrade_database(workspace, db=db)
    terminal.answer("db", {"schema_version": version}, [f"the database has schema {version}"])


@app.command()
def check(
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check the database: pages, references, protection of history, audit chain, stored digests.

    certengine db check
    """
    from certengine.services.overview import check_database

    with opened(workspace, db, actor) as context:
        problems = check_database(context)
    terminal.answer("db-check", {"problems": list(problems)}, problems or ["sound"])
    if problems:
        raise typer.Exit(exits.NO)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """A consistent copy of the database, also while it is in use; of PostgreSQL by its own `pg_dump`.

    certengine db backup backups/2027-03-01.db
    """
    from certengine.services.backups import back_up_database

    back_up_database(workspace, target, db=db, actor=actor)
    terminal.answer("backup", {"file": str(target)}, [str(target)])
