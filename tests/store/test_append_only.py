"""History only grows: no program that opens the file can change a row, and missing protection is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table, text

from certengine.errors import Refused
from certengine.store import schema
from certengine.store.append_only import keys_of, missing_triggers
from certengine.store.columns import metadata
from certengine.store.engine import Database
from certengine.store.tables import HISTORY

EVERY = pytest.mark.parametrize("table", HISTORY, ids=lambda table: table.name)


def filled(table: Table) -> dict[str, object]:
    """One row of a table: a value of the right type in every column."""
    values = {int: 1, bytes: b"1"}
    return {column.name: values.get(column.type.python_type, "1") for column in table.columns}


def first_act(row: dict[str, object]) -> dict[str, object]:
    """The audit chain begins somewhere, and whoever was erased is nobody of whom there are rows."""
    if "approved_by" in row and "register" in row:
        return {**row, "candidate": "2"}
    return {**row, "previous": "genesis"} if "previous" in row else row


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one row in every table."""
    file = tmp_path_factory.mktemp("full") / "full.db"
    database = Database(f"sqlite:///{file}")
    schema.upgrade(database)
    with database.writing() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        for table in metadata.sorted_tables:
            connection.execute(table.insert().values(first_act(filled(table))))
    return file


@pytest.fixture
def stranger(full: Path) -> Iterator[sqlite3.Connection]:
    """The file as any other program opens it: no hook, triggers not recursive, foreign keys off."""
    connection = sqlite3.connect(full)
    assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
    yield connection
    connection.rollback()
    connection.close()


@EVERY
def test_update_is_refused(stranger: sqlite3.Connection, table: Table) -> None:
    """No column of a row is ever changed."""
    column = next(iter(table.columns)).name
    with pytest.raises(sqlite3.IntegrityError, match=f"{table.name} is append-only"):
        stranger.execute(f"UPDATE {table.name} SET {column} = {column}")


@EVERY
def test_delete_is_refused(stranger: sqlite3.Connection, table: Table) -> None:
    """No row is ever taken away."""
    with pytest.raises(sqlite3.IntegrityError, match=f"{table.name} is append-only"):
        stranger.execute(f"DELETE FROM {table.name}")


@EVERY
def test_replace_is_refused(stranger: sqlite3.Connection, table: Table) -> None:
    """``INSERT OR REPLACE`` deletes without firing a delete trigger; it is refused all the same."""
    row = filled(table)
    places = ", ".join("?" for _ in row)
    # The row of the audit trail fits no chain either; which trigger speaks first is SQLite's affair.
    with pytest.raises(sqlite3.IntegrityError, match=r"is append-only|chain does not fit"):
        stranger.execute(f"INSERT OR REPLACE INTO {table.name} VALUES ({places})", list(row.values()))


@EVERY
def test_upsert_is_refused(stranger: sqlite3.Connection, table: Table) -> None:
    """``ON CONFLICT DO UPDATE`` changes no row either."""
    row = filled(table)
    key = ", ".join(column.name for column in table.primary_key)
    column = list(table.columns)[-1].name
    with pytest.raises(sqlite3.IntegrityError, match=r"is append-only|chain does not fit"):
        stranger.execute(
            f"INSERT INTO {table.name} VALUES ({', '.join('?' for _ in row)}) "
            f"ON CONFLICT ({key}) DO UPDATE SET {column} = '2'",
            list(row.values()),
        )


@pytest.mark.parametrize(
    ("table", "key"),
    [(table, key) for table in HISTORY for key in keys_of(table)[1:]],
    ids=lambda part: part.name if isinstance(part, Table) else "+".join(part),
)
def test_replace_by_another_unique_key_is_refused(
    stranger: sqlite3.Connection, table: Table, key: tuple[str, ...]
) -> None:
    """A row whose number, code or hash is taken does not push the earlier row out."""
    same = filled(table)
    other = {name: 2 if value == 1 else "2" for name, value in same.items()}
    row = {**other, **{name: same[name] for name in key}}
    if table.name == "audit":
        row["previous"] = same["hash"]  # it continues the chain, and would be the hash's second bearer
    with pytest.raises(sqlite3.IntegrityError, match=f"{table.name} is append-only"):
        stranger.execute(
            f"INSERT OR REPLACE INTO {table.name} VALUES ({', '.join('?' for _ in row)})", list(row.values())
        )


def test_only_counters_and_jobs_change_and_only_salts_go() -> None:
    """Every table is history but the next serials, the work under way, and what a person's erasure deletes."""
    others = {table.name for table in metadata.sorted_tables} - {table.name for table in HISTORY}

    assert others == {"number_series", "commitment_salt", "job"}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A new database."""
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    schema.upgrade(database)
    return database


def alter(database: Database, *statements: str) -> None:
    """What another program does to the file."""
    assert database.file is not None
    with sqlite3.connect(database.file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_dropped_trigger_is_missed(database: Database) -> None:
    """A protection that is gone is named."""
    alter(database, "DROP TRIGGER rating_no_update")
    with database.reading() as connection:
        assert missing_triggers(connection, HISTORY) == ("rating_no_update",)


def test_a_trigger_that_says_something_else_is_missed(database: Database) -> None:
    """A trigger of the right name that protects nothing is as good as none."""
    alter(
        database,
        "DROP TRIGGER paper_no_delete",
        "CREATE TRIGGER paper_no_delete BEFORE DELETE ON paper BEGIN SELECT 1; END",
    )
    with database.reading() as connection:
        assert missing_triggers(connection, HISTORY) == ("paper_no_delete",)


def test_an_upgrade_that_ends_without_triggers_is_refused(database: Database) -> None:
    """A migration that rebuilt a table without its triggers does not pass; all that are missing are named."""
    alter(database, "DROP TRIGGER paper_no_delete", "DROP TRIGGER audit_chain")
    with pytest.raises(Refused, match="audit_chain, paper_no_delete"):
        schema.upgrade(database)
