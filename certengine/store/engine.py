"""The database engine: SQLite with the hook without which it loses updates silently, or a PostgreSQL server.

By default the SQLite driver opens transactions late and shared, so two processes that read a counter and then write it
both "commit". Invariants set here, for every connection:

1. A writing transaction waits its turn before it reads anything: with ``BEGIN IMMEDIATE`` in SQLite (the driver begins
   nothing by itself), under one advisory lock in PostgreSQL. Both databases so give the same history for the same acts,
   and no two writers can deadlock.
2. SQLite: WAL with ``synchronous=FULL``: a committed reservation of a number survives a loss of power. Foreign keys are
   enforced, and triggers fire for rows that a ``REPLACE`` removes (``recursive_triggers``).
3. Reading uses a second engine that cannot write and sees one instant.
4. A database that is not there is not made by whoever wanted to work with it: an empty one in its place would hide that.
   Nor is an act said to be done whose SQLite file was moved or replaced under it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, create_engine, event, make_url, pool
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError

from certengine.errors import CannotTell, UsageError

_PRIVATE_FILE = 0o600
_SQLITE = "sqlite:///"
_WRITER_PRAGMAS = ("synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON", "recursive_triggers=ON")
_READER_PRAGMAS = ("busy_timeout=30000", "query_only=ON")
_SCRUB_WAITS = 2000  # ms: whoever reads for longer is asked to stop, and it is done again
#: The advisory lock of writers: a number of our own, the same in every version of this program.
WRITERS_LOCK = 4_848_283_921_507_116
_POSTGRESQL_WRITER = ("SET LOCAL lock_timeout = '30s'", f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
_POSTGRESQL_READER = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",)
# Classes of SQLSTATE that mean the server cannot serve: connection, resources, operator intervention, system; locks; and a
# database that is gone, or has none of the tables that were there when it was opened: another one in its place.
_OUT_OF_REACH = ("08", "53", "57", "58", "55P03", "3D000", "28", "42P01")

# A connection whose server is gone is told of once, as an error of ours; the pool would print its own traceback beside it.
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())


class Database:
    """A database with one way to write and one to read."""

    def __init__(self, url: str) -> None:
        """Connect lazily to a database address.

        Raises:
            UsageError: when it is not an address that can be opened.
        """
        try:
            address = _address(url)
            kept: dict[str, Any] = {"poolclass": pool.NullPool}
            if address.get_backend_name() != "sqlite":
                # A connection kept over the server's restart is replaced before it is used.
                kept = {"pool_size": 1, "pool_pre_ping": True}
            self._writer, self._reader = create_engine(address, **kept), create_engine(address, **kept)
        except (ArgumentError, NoSuchModuleError, ImportError):
            raise UsageError(
                f"`{_shown(url)}` is not a database address",
                hint="for example `sqlite:///certengine.db`, or `postgresql://user@host/certengine` with the extra "
                "`certengine[postgresql]`",
            ) from None
        self.file: Path | None = None
        if address.get_backend_name() == "sqlite":
            self.file = Path(address.database) if address.database else None
            _hook(self._writer, ("BEGIN IMMEDIATE",), ("journal_mode=WAL", *_WRITER_PRAGMAS))
            _hook(self._reader, ("BEGIN",), _READER_PRAGMAS)
            if self.file is not None:
                _only_what_is_there(self._writer, self.file)
                _only_what_is_there(self._reader, self.file)
        else:
            _hook(self._writer, _POSTGRESQL_WRITER, ())
            _hook(self._reader, _POSTGRESQL_READER, ())

    @property
    def name(self) -> str:
        """What a message calls it: the file, or the server's address without a password."""
        return str(self.file) if self.file is not None else self._writer.url.render_as_string(hide_password=True)

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    def writing(self) -> AbstractContextManager[Connection]:
        """A writing transaction: committed at the end, rolled back on an exception."""
        return self._writer.begin() if self.file is None else self._writing_in(self.file)

    @contextmanager
    def _writing_in(self, file: Path) -> Iterator[Connection]:
        before = _identity(file)
        with self._writer.begin() as connection:
            yield connection
        if _identity(file) != before:
            raise CannotTell(
                f"`{file}` was moved or replaced while it was written: what was done just now is not in it",
                hint="put the right file in its place while nobody works, then run the command again",
                code="database/replaced",
            )

    def make(self) -> None:
        """Make a missing SQLite file; seeds and personal data will lie in it, so only its owner reads it."""
        if self.file is not None and not self.file.exists():
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, _PRIVATE_FILE))

    def reading(self) -> AbstractContextManager[Connection]:
        """A reading transaction: one consistent view, which cannot write."""
        return self._reader.begin()

    def scrub(self) -> bool:
        """Write the database anew, so that nothing of deleted rows is left in free pages or in the journal.

        Returns whether it was done: not while another program reads or writes it.
        """
        plain = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        try:
            with plain.connect() as connection:
                if self.file is None:
                    # Ends the transaction that the engine's hook has begun, with its lock: VACUUM needs none.
                    connection.exec_driver_sql("COMMIT")
                    # What the server notes of values to plan by goes first, then the dead rows of that too.
                    connection.exec_driver_sql("ANALYZE")
                    connection.exec_driver_sql("VACUUM FULL")
                    return True
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql(f"PRAGMA busy_timeout={_SCRUB_WAITS}")
                connection.exec_driver_sql("VACUUM")
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
                return int(busy) == 0
        except DBAPIError as error:
            if out_of_reach(error) is None:
                raise
            return False

    def close(self) -> None:
        """Give back every connection."""
        self._writer.dispose()
        self._reader.dispose()


def only_key(connection: Connection, statement: Insert) -> int:
    """Insert one row and return the number the database gave it."""
    key = connection.execute(statement).inserted_primary_key
    if key is None:
        raise AssertionError("an insert of one row has a primary key")
    return int(key[0])


def out_of_reach(error: DBAPIError) -> str | None:
    """Why the database did not answer, or ``None`` when it did and refused what was asked of it."""
    told = error.orig.args[0] if error.orig is not None and error.orig.args else None
    if isinstance(
        told, dict
    ):  # as PostgreSQL's driver tells an error: its fields by letter, C the SQLSTATE, M the words
        return str(told.get("M")) if str(told.get("C", "")).startswith(_OUT_OF_REACH) else None
    if isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError:  # the last: a damaged file
        return str(error.orig or error).split("\n", 1)[0]
    return None


def _address(url: str) -> URL:
    """An address with the one driver for PostgreSQL that this program is tested with.

    What follows ``sqlite:///`` is a path as the file system has it: nothing in it is encoded, asks or is cut off.
    """
    path = url.removeprefix(_SQLITE)
    if path != url:
        return URL.create("sqlite", database=path)
    address = make_url(url)
    return address.set(drivername="postgresql+pg8000") if address.drivername == "postgresql" else address


def _shown(url: str) -> str:
    """An address as a message may repeat it: without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino


def _only_what_is_there(engine: Engine, file: Path) -> None:
    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, words: list[Any], options: dict[str, Any]) -> None:
        words[0] = f"{file.absolute().as_uri()}?mode=rw"
        options["uri"] = True


def _hook(engine: Engine, begin: tuple[str, ...], pragmas: tuple[str, ...]) -> None:
    if pragmas:

        @event.listens_for(engine, "connect")
        def connect(connection: Any, _record: object) -> None:
            connection.isolation_level = None
            for pragma in pragmas:
                # Fetched, or a later PRAGMA may meet "database table is locked".
                connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        for statement in begin:
            connection.exec_driver_sql(statement)
