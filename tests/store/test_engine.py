"""The engine: nothing is lost between processes, readers cannot write, and the file is its owner's alone."""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, pool, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from certengine.errors import CannotTell, UsageError
from certengine.store import schema
from certengine.store.certificates import take_serial
from certengine.store.engine import Database, out_of_reach
from certengine.store.tables import number_series

pytestmark = pytest.mark.slow

PROCESSES, TURNS = 4, 100


def hooked(file: Path) -> Engine:
    """The engine as the program uses it."""
    return Database(f"sqlite:///{file}").engine


def broken(file: Path) -> Engine:
    """The same without the hook: the driver's own transactions, which begin at the first write only."""
    engine = create_engine(f"sqlite:///{file}", poolclass=pool.NullPool)

    @event.listens_for(engine, "connect")
    def wait_for_the_lock(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA synchronous=OFF")

    return engine


def take_turns(file: Path, make: object, turns: int, ready: object) -> None:
    """Runs in a process of its own: read the counter, then write it one higher."""
    engine = make(file)
    ready.wait()
    for _ in range(turns):
        with engine.begin() as connection:
            take_serial(connection, "S")


def counted(file: Path, make: object) -> int:
    """How far the counter got after every process took its turns."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(PROCESSES)
    processes = [context.Process(target=take_turns, args=(file, make, TURNS, ready)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    with Database(f"sqlite:///{file}").reading() as connection:
        return connection.execute(select(number_series.c.next)).scalar_one() - 1


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A new database of the newest schema."""
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    schema.upgrade(database)
    return database


@pytest.fixture
def series(database: Database) -> Path:
    """A database whose series has begun."""
    with database.writing() as connection:
        connection.execute(number_series.insert().values(series="S", next=1))
    assert database.file is not None
    return database.file


def test_processes_lose_no_increment(series: Path) -> None:
    """Four processes that read and then write one counter a hundred times each count to four hundred."""
    assert counted(series, hooked) == PROCESSES * TURNS


def test_without_the_hook_increments_are_lost(series: Path) -> None:
    """The same turns through an engine without the hook lose some: the test above has teeth."""
    assert counted(series, broken) < PROCESSES * TURNS


def test_a_reader_cannot_write(database: Database) -> None:
    """The reading side refuses an insert, whoever forgets himself."""
    with database.reading() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(number_series.insert().values(series="S", next=1))


def test_a_reading_transaction_sees_one_instant(database: Database) -> None:
    """What is committed during a reading transaction is not seen in it."""
    with database.reading() as reader:
        before = reader.execute(text("SELECT count(*) FROM number_series")).scalar_one()
        with database.writing() as writer:
            writer.execute(number_series.insert().values(series="S", next=1))
        after = reader.execute(text("SELECT count(*) FROM number_series")).scalar_one()
    assert (before, after) == (0, 0)


def test_an_exception_takes_the_transaction_back(database: Database) -> None:
    """Nothing of a writing transaction stays when it ends in an exception."""

    def begin_and_fail() -> None:
        with database.writing() as connection:
            connection.execute(number_series.insert().values(series="S", next=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        begin_and_fail()
    with database.reading() as connection:
        assert connection.execute(select(number_series)).all() == []


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("recursive_triggers", 1)]
)
def test_every_writer_is_set_up(database: Database, pragma: str, value: object) -> None:
    """A commit survives a loss of power, and foreign keys and triggers hold, on every writing connection."""
    with database.writing() as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar_one() == value


def test_the_file_is_private_from_its_first_byte(database: Database) -> None:
    """Seeds and names lie in it: nobody but its owner reads it, nor the log beside it."""
    assert database.file is not None
    with database.writing():
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in database.file.parent.iterdir()}
    assert set(modes) == {"new.db", "new.db-wal", "new.db-shm"}
    assert set(modes.values()) == {0o600}


def test_a_database_that_is_gone_is_not_made_anew(database: Database) -> None:
    """Neither who reads nor who writes puts an empty file where the records were."""
    assert database.file is not None
    database.file.unlink()
    for begun in (database.reading, database.writing):
        with pytest.raises(OperationalError, match="unable to open"), begun():
            pass
    assert not database.file.exists()


def test_a_path_with_signs_of_addresses_is_a_path(tmp_path: Path) -> None:
    """Hashes, question marks, percent signs, blanks and Chinese in a folder's name change nothing."""
    folder = tmp_path / "考试 #1 & b?c=d%41"
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'new.db'}")
    schema.upgrade(database)
    assert (folder / "new.db").stat().st_size > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name]


def test_an_act_in_a_file_that_was_replaced_is_not_said_to_be_done(database: Database) -> None:
    """Whoever writes while the file is moved and another put in its place is told so."""

    def written_beside(file: Path) -> None:
        with database.writing() as connection:
            connection.execute(number_series.insert().values(series="S", next=1))
            shutil.copy(file.rename(file.with_name("aside.db")), file)

    assert database.file is not None
    with pytest.raises(CannotTell, match="moved or replaced") as error:
        written_beside(database.file)
    assert error.value.code == "database/replaced"


def test_a_damaged_file_is_out_of_reach(database: Database) -> None:
    """What SQLite calls malformed is told as what it is, not as a mistake of the program."""
    assert database.file is not None
    database.file.write_bytes(database.file.read_bytes()[:4096] + b"\xff" * 100_000)
    with pytest.raises(DBAPIError) as error, database.reading() as connection:
        connection.execute(select(number_series)).all()
    assert out_of_reach(error.value)


@pytest.mark.parametrize("address", ["certengine.db", "", "oracle9://x", "sqlite"])
def test_what_is_no_address_is_refused_with_an_example(address: str) -> None:
    """A path is not an address: the hint shows what one looks like."""
    with pytest.raises(UsageError) as error:
        Database(address)
    assert str(error.value.hint).startswith("for example `sqlite:///certengine.db`")


def test_a_refused_address_is_told_without_its_password() -> None:
    """An address that does not open may hold a password all the same."""
    with pytest.raises(UsageError) as error:
        Database("oracle9://clerk:hidden@host/x")
    assert "hidden" not in str(error.value)
