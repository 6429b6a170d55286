"""The database's own version: bringing it up to date, and refusing what this program does not know.

Migrations go forward only, each in the one transaction that ``BEGIN IMMEDIATE`` opens, so a kill leaves the old schema
or the new one, nothing between. Triggers are created by the migrations and asserted after every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, exists, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from certengine.errors import CannotTell, Refused
from certengine.store.append_only import missing_triggers
from certengine.store.columns import metadata
from certengine.store.engine import Database, out_of_reach
from certengine.store.tables import HISTORY

#: Every schema version, oldest first, as the files in ``migrations/versions`` are; a test compares the two. Said here,
#: so that a command that only works with the database does not load what migrates it.
VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")

_FOLDER = Path(__file__).parent / "migrations"
_TABLE = "alembic_version"
# Words that every language's order would put otherwise than their code points do.
_IN_ORDER = ("-b", "B", "a", "a-c", "ab", "é", "中", "𬭸")


def newest_version() -> str:
    """The schema version this program works with."""
    return VERSIONS[-1]


def upgrade(database: Database) -> None:
    """Bring the schema to the newest version; nothing happens when it is there.

    Raises:
        CannotTell: when it is no database, or cannot be written.
        Refused: when the database is newer than this program, or append-only triggers are missing afterwards.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        database.make()
        with database.writing() as connection:
            _refuse_newer(_version(connection))
            _demand_order_of_code_points(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            missing = missing_triggers(connection, HISTORY)
            if missing:
                raise Refused(f"append-only triggers are missing after the migration: {', '.join(missing)}")
    except (DBAPIError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else out_of_reach(error) or error.orig
        raise CannotTell(
            f"`{database.name}` cannot be brought up to date: {why}",
            hint="see whether it is a database and its disk has room; else restore it from a backup",
        ) from None


def demand_current(database: Database) -> None:
    """Refuse to work on a database of another schema version.

    Raises:
        CannotTell: when the file is missing or is not a database.
        Refused: when it is older (``certengine db upgrade`` mends it) or newer than this program.
    """
    current = version_of(database)
    _refuse_newer(current)
    if current != newest_version():
        raise Refused(
            f"the database has schema {current or 'none'}, this program works with {newest_version()}",
            hint="`certengine db backup FILE`, then `certengine db upgrade`",
        )


def version_of(database: Database) -> str | None:
    """The schema a database has; ``None`` when it has none.

    Raises:
        CannotTell: when the file is missing or is not a database, or the server is out of reach.
    """
    if database.file is not None and not database.file.is_file():
        raise CannotTell(
            f"the database `{database.file}` does not exist",
            hint="`certengine init` makes one, `certengine db upgrade` makes it anew, `--db` names another",
        )
    try:
        with database.reading() as connection:
            return _version(connection)
    except DBAPIError as error:
        if database.file is not None:
            raise CannotTell(
                f"`{database.file}` cannot be read as a database", hint="restore it from a backup"
            ) from None
        raise CannotTell(
            f"`{database.name}` is out of reach: {out_of_reach(error) or error.orig}",
            hint="see whether the server runs and lets this user in; `--db` names another database",
        ) from None


def damage(connection: Connection) -> tuple[str, ...]:
    """What is damaged: pages of an SQLite file, constraints of PostgreSQL, and on either rows that refer to a missing one.

    A PostgreSQL server looks after its own pages (``data_checksums``). References it enforces, but not against a superuser
    who sets that aside.
    """
    if connection.dialect.name == "postgresql":
        asked = (
            "SELECT conname FROM pg_constraint "
            "WHERE connamespace = current_schema()::regnamespace AND NOT convalidated ORDER BY conname"
        )
        doubtful = [f"constraint {row[0]} was never validated" for row in connection.execute(text(asked))]
        return (*doubtful, *_dangling(connection))
    pages = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    dangling = [f"{row[0]} refers to a missing row" for row in connection.execute(text("PRAGMA foreign_key_check"))]
    return (*pages, *dangling)


def _dangling(connection: Connection) -> Iterator[str]:
    """One line for each row that refers to a missing one, as SQLite tells it."""
    for table in metadata.sorted_tables:
        for key in sorted(table.foreign_key_constraints, key=lambda one: str(one.column_keys)):
            there = key.referred_table.alias()
            pairs = [(one.parent, there.c[one.column.name]) for one in key.elements]
            missing = ~exists().where(*(mine == theirs for mine, theirs in pairs))
            given = (mine.is_not(None) for mine, _ in pairs)
            count = connection.execute(select(func.count()).select_from(table).where(*given, missing)).scalar_one()
            yield from [f"{table.name} refers to a missing row"] * int(count)


def _version(connection: Connection) -> str | None:
    """The version a database says it has, or ``None`` when it was never laid out."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar_one_or_none()  # noqa: S608  # a constant
    return None if found is None else str(found)


def _demand_order_of_code_points(connection: Connection) -> None:
    """Refuse a PostgreSQL database that sorts text by a language: digests would differ from those of other databases."""
    if connection.dialect.name != "postgresql":
        return
    encoding = str(connection.execute(text("SHOW server_encoding")).scalar_one())
    asked = text("SELECT word FROM unnest(string_to_array(:words, ' ')) AS word ORDER BY word")
    told = (
        connection.execute(asked, {"words": " ".join(reversed(_IN_ORDER))}).scalars().all()
        if encoding == "UTF8"
        else ()
    )
    if tuple(told) != _IN_ORDER:
        raise Refused(
            f"the database (encoding {encoding}) does not keep text in the order of code points in UTF8, as records need",
            hint="make it with `createdb --template=template0 --encoding=UTF8 --locale=C.UTF-8 NAME`",
        )


def _refuse_newer(current: str | None) -> None:
    if current is not None and current not in VERSIONS:
        raise Refused(
            f"the database has schema {current}, which this program does not know",
            hint="use the newer certengine that wrote it",
        )
