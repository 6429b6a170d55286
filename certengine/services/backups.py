"""Backups of the database, taken while it is in use: for its owner alone, whole or not there, never over another."""

from __future__ import annotations

from pathlib import Path

from certengine.errors import Refused
from certengine.services.context import open_context
from certengine.services.files import PRIVATE_FILE, filled_beside
from certengine.store import schema
from certengine.store.copying import copy_database


def back_up_database(root: Path | None, target: Path, *, db: str | None = None, actor: str | None = None) -> None:
    """A consistent copy of the database, of whatever schema: what is upgraded is backed up first.

    It holds everything that is on record, seeds, keys of items and people, so an administrator takes it.

    Raises:
        Refused: when the actor is none, the target exists or cannot be written, or PostgreSQL's programs are missing.
        CannotTell: when the database is out of reach.
    """
    context = open_context(root, db=db, actor=actor, any_schema=True)
    try:
        context.demand_role("administrator")
        schema.version_of(context.database)
        if target.exists():
            raise Refused(f"`{target}` exists", hint="name a new file")
        with filled_beside(target, mode=PRIVATE_FILE) as part:
            copy_database(context.database, part)
    finally:
        context.database.close()
