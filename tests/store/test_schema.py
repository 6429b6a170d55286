"""The schema: one way up, nothing between two versions, and no word to a database of another version."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select

from certengine.errors import CannotTell, Refused
from certengine.store import schema
from certengine.store.append_only import keys_of
from certengine.store.columns import metadata
from certengine.store.engine import Database
from certengine.store.migrations.versions import __path__ as versions
from certengine.store.tables import HISTORY, number_series


def new(folder: Path) -> Database:
    """A new database of the newest schema."""
    database = Database(f"sqlite:///{folder / 'new.db'}")
    schema.upgrade(database)
    return database


def say_version(database: Database, version: str) -> None:
    """What another certengine would have left in the file."""
    assert database.file is not None
    with sqlite3.connect(database.file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()


def test_the_migrations_make_the_tables_the_program_works_with(tmp_path: Path) -> None:
    """Alembic finds no difference between a migrated database and ``tables.py``."""
    database = new(tmp_path)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_protect_every_table_of_history() -> None:
    """The lists in the migrations are together that of ``tables.py``, key for key."""
    listed: list[object] = []
    for path in sorted(Path(versions[0]).glob("[0-9]*.py")):
        namespace: dict[str, Any] = {}
        exec(path.read_text("utf-8"), namespace)
        listed.extend(namespace.get("HISTORY", ()))
    assert len(listed) == len(set(listed))
    assert set(listed) == {(table.name, keys_of(table)) for table in HISTORY}


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    """A second upgrade finds everything there."""
    database = new(tmp_path)
    with database.writing() as connection:
        connection.execute(number_series.insert().values(series="S", next=7))
    schema.upgrade(database)
    with database.reading() as connection:
        assert connection.execute(select(number_series)).all() == [("S", 7)]


def test_a_current_database_is_worked_with(tmp_path: Path) -> None:
    """Nothing is said of a database of this schema."""
    assert schema.demand_current(new(tmp_path)) is None


@pytest.mark.parametrize("act", [schema.demand_current, schema.upgrade])
def test_a_newer_database_is_left_alone(tmp_path: Path, act: object) -> None:
    """What this program does not know it neither reads nor upgrades."""
    database = new(tmp_path)
    say_version(database, "9999")
    with pytest.raises(Refused, match="schema 9999, which this program does not know") as error:
        act(database)
    assert error.value.hint == "use the newer certengine that wrote it"


def test_a_database_without_schema_says_how_to_upgrade(tmp_path: Path) -> None:
    """An empty file is older than the first schema; the hint backs up first."""
    file = tmp_path / "empty.db"
    file.touch()
    with pytest.raises(Refused, match=f"has schema none, this program works with {schema.newest_version()}") as error:
        schema.demand_current(Database(f"sqlite:///{file}"))
    assert error.value.hint == "`certengine db backup FILE`, then `certengine db upgrade`"


def test_a_missing_database_is_not_made_by_asking(tmp_path: Path) -> None:
    """Reading makes no file; the hint says what does."""
    file = tmp_path / "none.db"
    with pytest.raises(CannotTell, match="does not exist"):
        schema.demand_current(Database(f"sqlite:///{file}"))
    assert not file.exists()


@pytest.mark.parametrize("act", [schema.demand_current, schema.upgrade])
def test_what_is_no_database_is_told_from_an_empty_one(tmp_path: Path, act: object) -> None:
    """A file of something else is neither read nor overwritten."""
    file = tmp_path / "letter.db"
    file.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(CannotTell):
        act(Database(f"sqlite:///{file}"))
    assert file.read_text() == "Dear Sir or Madam, " * 100


def test_an_upgrade_that_fails_leaves_the_old_schema(tmp_path: Path) -> None:
    """The migration is one transaction: a table in its way leaves nothing of it."""
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE rating (mine TEXT)")
    connection.close()
    database = Database(f"sqlite:///{file}")
    with pytest.raises(CannotTell):
        schema.upgrade(database)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["rating"]


def test_versions_are_those_of_the_migrations() -> None:
    """The versions the program names are the migration files, in their order."""
    folder = Path(schema.__file__).parent / "migrations" / "versions"

    assert tuple(sorted(path.name[:4] for path in folder.glob("[0-9]*.py"))) == schema.VERSIONS
