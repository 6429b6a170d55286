"""What PostgreSQL must do as SQLite does: history only grows, writers take turns, readers see one instant."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Table, create_engine, select, text
from sqlalchemy.exc import DBAPIError

from certengine.errors import CannotTell, Refused
from certengine.store import schema
from certengine.store.append_only import missing_triggers
from certengine.store.audit import Act, write_act
from certengine.store.certificates import take_serial
from certengine.store.columns import metadata
from certengine.store.copying import copy_database
from certengine.store.engine import Database, out_of_reach
from certengine.store.tables import HISTORY, number_series
from tests.databases import Server, programs, server
from tests.store.test_append_only import filled, first_act

pytestmark = [pytest.mark.slow, pytest.mark.skipif(programs() is None, reason="no PostgreSQL server is installed")]

EVERY = pytest.mark.parametrize("table", HISTORY, ids=lambda table: table.name)
PROCESSES, TURNS = 4, 50
NOW = datetime(2027, 3, 1, tzinfo=UTC)


def laid_out(url: str) -> Database:
    """A database of the newest schema."""
    database = Database(url)
    schema.upgrade(database)
    return database


@pytest.fixture(scope="module")
def full() -> Iterator[Database]:
    """A database with one row in every table."""
    database = laid_out(server().new())
    with database.writing() as connection:
        # References are looked after by triggers of the server's own: one row in each table fits none of them.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in metadata.sorted_tables:
            connection.execute(table.insert().values(first_act(filled(table))))
    yield database
    database.close()


@pytest.fixture
def database() -> Iterator[Database]:
    """A new database of the newest schema."""
    database = laid_out(server().new())
    yield database
    database.close()


def refusal(database: Database, statement: str) -> str:
    """What the server says when a statement is tried."""
    with pytest.raises(DBAPIError) as error, database.writing() as connection:
        connection.execute(text(statement))
    return str(error.value.orig)


@EVERY
def test_update_is_refused(full: Database, table: Table) -> None:
    """No column of a row is ever changed."""
    column = next(iter(table.columns)).name
    assert f"{table.name} is append-only" in refusal(full, f"UPDATE {table.name} SET {column} = {column}")


@EVERY
def test_delete_is_refused(full: Database, table: Table) -> None:
    """No row is ever taken away."""
    assert f"{table.name} is append-only" in refusal(full, f"DELETE FROM {table.name}")


@EVERY
def test_truncate_is_refused(full: Database, table: Table) -> None:
    """Nor are all of them at once, which fires no trigger of rows."""
    assert "is append-only" in refusal(full, f"TRUNCATE {table.name} CASCADE")


def test_an_act_that_does_not_continue_the_chain_is_refused(full: Database) -> None:
    """The audit trail grows at its end only, and from its last hash."""
    said = refusal(full, "INSERT INTO audit VALUES (2, '1', '1', '1', '1', '1', 'genesis', '2')")
    assert "the chain does not fit" in said


def test_the_migrations_make_the_tables_the_program_works_with(database: Database) -> None:
    """Alembic finds no difference between a migrated database and ``tables.py``."""
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


@pytest.mark.parametrize(
    ("altered", "missed"),
    [
        ("DROP TRIGGER rating_no_update ON rating", ("rating_no_update",)),
        ("ALTER TABLE paper DISABLE TRIGGER paper_no_delete", ("paper_no_delete",)),
        (
            "CREATE OR REPLACE FUNCTION certengine_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
            ("audit_chain",),
        ),
    ],
)
def test_protection_that_is_gone_is_named(database: Database, altered: str, missed: tuple[str, ...]) -> None:
    """Dropped, turned off or made to say nothing: each is missed, and an upgrade refuses to end so."""
    with database.writing() as connection:
        connection.execute(text(altered))
    with database.reading() as connection:
        assert missing_triggers(connection, HISTORY) == missed
    with pytest.raises(Refused, match="append-only triggers are missing"):
        schema.upgrade(database)


def test_a_reader_cannot_write(database: Database) -> None:
    """The reading side refuses an insert, whoever forgets himself."""
    with pytest.raises(DBAPIError, match="read-only"), database.reading() as connection:
        connection.execute(number_series.insert().values(series="S", next=1))


def test_a_reading_transaction_sees_one_instant(database: Database) -> None:
    """What is committed during a reading transaction is not seen in it."""
    with database.reading() as reader:
        before = reader.execute(select(number_series)).all()
        with database.writing() as writer:
            writer.execute(number_series.insert().values(series="S", next=1))
        after = reader.execute(select(number_series)).all()
    assert (before, after) == ([], [])


def hooked(url: str) -> Engine:
    """The engine as the program uses it."""
    return Database(url).engine


def unhooked(url: str) -> Engine:
    """The same without the lock: every writer reads what was committed before it began to wait."""
    return create_engine(url.replace("postgresql:", "postgresql+pg8000:"))


def take_turns(url: str, make: Any, ready: Any) -> None:
    """Runs in a process of its own: read the counter, then write it one higher."""
    engine = make(url)
    ready.wait()
    for _ in range(TURNS):
        with engine.begin() as connection:
            take_serial(connection, "S")


def counted(database: Database, url: str, make: Any) -> int:
    """How far the counter got after every process took its turns."""
    with database.writing() as connection:
        connection.execute(number_series.insert().values(series="S", next=1))
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(PROCESSES)
    processes = [context.Process(target=take_turns, args=(url, make, ready)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    with database.reading() as connection:
        return int(connection.execute(select(number_series.c.next)).scalar_one()) - 1


@pytest.mark.parametrize(("make", "all_counted"), [(hooked, True), (unhooked, False)])
def test_processes_lose_no_increment(make: Any, all_counted: bool) -> None:
    """Four processes on one counter count every turn; without the lock of writers they lose some."""
    url = server().new()
    database = laid_out(url)
    assert (counted(database, url, make) == PROCESSES * TURNS) is all_counted
    database.close()


def test_two_writers_never_deadlock(database: Database) -> None:
    """Two transactions that touch the same rows in opposite order both commit: the second waits before its first."""
    with database.writing() as connection:
        connection.execute(number_series.insert(), [{"series": "A", "next": 1}, {"series": "B", "next": 1}])
    failures: list[BaseException] = []

    def take(*order: str) -> None:
        try:
            for _ in range(20):
                with database.writing() as connection:
                    for series in order:
                        take_serial(connection, series)
        except Exception as error:  # noqa: BLE001  # whatever it is, the main thread tells it
            failures.append(error)

    threads = [threading.Thread(target=take, args=order) for order in (("A", "B"), ("B", "A"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert (failures, sorted(connection.execute(select(number_series.c.next)).scalars())) == ([], [41, 41])


def test_a_database_in_another_order_is_refused() -> None:
    """One that sorts by a language would list and digest records otherwise than SQLite does."""
    server().do(
        "CREATE DATABASE ordered TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'und' LOCALE 'C'"
    )
    server().do("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    for name in ("ordered", "latin"):
        database = Database(server().url(name))
        with pytest.raises(Refused, match="the order of code points in UTF8") as error:
            schema.upgrade(database)
        assert "createdb" in str(error.value.hint)
        database.close()


def test_a_database_that_is_not_there_cannot_be_told_about() -> None:
    """The message names the server, and no password."""
    with pytest.raises(CannotTell, match="is out of reach") as error:
        schema.demand_current(Database(server().url("nowhere").replace("tests@", "tests:hidden@")))
    assert "hidden" not in str(error.value)


def test_a_database_without_schema_says_how_to_upgrade() -> None:
    """An empty database is older than the first schema."""
    database = Database(server().new())
    with pytest.raises(Refused, match="has schema none"):
        schema.demand_current(database)
    database.close()


def test_a_backup_that_cannot_be_made_is_told_in_one_line(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server's program says, without a password; or that it is not installed."""
    gone = Database(server().url("nowhere").replace("tests@", "tests:hidden@"))
    with pytest.raises(CannotTell, match='"nowhere" does not exist') as error:
        copy_database(gone, tmp_path / "copy.db")
    assert "hidden" not in str(error.value)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="is not installed here") as missing:
        copy_database(database, tmp_path / "copy.db")
    assert missing.value.code == "database/no-pg-dump"


def test_a_server_taken_away_is_told_from_one_that_refuses(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whoever asks a server that is gone learns that; once it is back, the same object works on."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="certengine-pg-"))
    own = Server(folder)
    try:
        database = laid_out(own.new())
        own.stop()
        with pytest.raises(DBAPIError) as error, database.reading() as connection:
            connection.execute(select(number_series))
        assert out_of_reach(error.value)
        own.start()
        with database.writing() as connection:
            assert connection.execute(select(number_series)).all() == []
        database.close()
    finally:
        own.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_user_who_owns_nothing_works_and_changes_no_history(database: Database, tmp_path: Path) -> None:
    """The grants of the manual let everyday work and backups through, and no trigger be dropped or turned off."""
    name = database.engine.url.database
    server().do("DROP ROLE IF EXISTS clerk")
    server().do("CREATE ROLE clerk LOGIN")
    for grant in (
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO clerk",
        "GRANT UPDATE ON number_series TO clerk",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO clerk",
    ):
        server().do(grant, str(name))
    clerk = Database(server().url(str(name)).replace("tests@", "clerk@"))
    schema.demand_current(clerk)
    with clerk.writing() as connection:
        assert [take_serial(connection, "S") for _ in range(2)] == [1, 2]
        write_act(connection, Act(at=NOW, actor="clerk", action="test", subject="x", details={}))
    dump = tmp_path / "copy.db"
    copy_database(clerk, dump)
    assert dump.read_bytes().startswith(b"PGDMP")
    for forbidden in (
        "DROP TRIGGER audit_no_update ON audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION certengine_append_only() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
        "UPDATE audit SET actor = 'nobody'",
    ):
        assert refusal(clerk, forbidden)
    clerk.close()
    server().do("DROP OWNED BY clerk", str(name))
    server().do("DROP ROLE clerk")
