"""The database's own version: bringing it up to date, and refusing what this program does not know.

Migrations go forward only, each in the one transaction that ``BEGIN IMMEDIATE`` opens, so a kill leaves the old schema
or the new one, nothing between. Triggers are created by the migrations and asserted after every run.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError

from certengine.errors import CannotTell, Refused
from certengine.store.append_only import missing_triggers
from certengine.store.engine import Database
from certengine.store.tables import HISTORY

_FOLDER = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def newest_version() -> str:
    """The schema version this program works with."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def upgrade(database: Database) -> None:
    """Bring the schema to the newest version; nothing happens when it is there.

    Raises:
        CannotTell: when it is no database, or cannot be written.
        Refused: when the database is newer than this program, or append-only triggers are missing afterwards.
    """
    config = _config()
    try:
        with database.writing() as connection:
            _refuse_newer(MigrationContext.configure(connection).get_current_revision())
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            missing = missing_triggers(connection, HISTORY)
            if missing:
                raise Refused(f"append-only triggers are missing after the migration: {', '.join(missing)}")
    except DatabaseError as error:
        raise CannotTell(
            f"`{database.file}` cannot be brought up to date: {error.orig}",
            hint="see whether it is a database and its disk has room; else restore it from a backup",
        ) from None


def demand_current(database: Database) -> None:
    """Refuse to work on a database of another schema version.

    Raises:
        CannotTell: when the file is missing or is not a database.
        Refused: when it is older (``certengine db upgrade`` mends it) or newer than this program.
    """
    if database.file is not None and not database.file.is_file():
        raise CannotTell(
            f"the database `{database.file}` does not exist",
            hint="`certengine init` makes one, `certengine db upgrade` makes it anew, `--db` names another",
        )
    try:
        with database.reading() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except DatabaseError:
        raise CannotTell(f"`{database.file}` cannot be read as a database", hint="restore it from a backup") from None
    _refuse_newer(current)
    if current != newest_version():
        raise Refused(
            f"the database has schema {current or 'none'}, this program works with {newest_version()}",
            hint="`certengine db backup FILE`, then `certengine db upgrade`",
        )


def _refuse_newer(current: str | None) -> None:
    if current is not None and current not in {
        r.revision for r in ScriptDirectory.from_config(_config()).walk_revisions()
    }:
        raise Refused(
            f"the database has schema {current}, which this program does not know",
            hint="use the newer certengine that wrote it",
        )
