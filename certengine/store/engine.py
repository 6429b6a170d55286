"""The database engine, with the hook without which SQLite through SQLAlchemy loses updates silently.

By default the driver opens transactions late and shared, so two processes that read a counter and then write it both
"commit". Invariants set here, for every SQLite connection:

1. The driver begins nothing by itself; a writing transaction begins with ``BEGIN IMMEDIATE`` and so waits its turn.
2. WAL with ``synchronous=FULL``: a committed reservation of a number survives a loss of power.
3. Foreign keys are enforced, and triggers fire for rows that a ``REPLACE`` removes (``recursive_triggers``).
4. Reading uses a second engine that cannot write.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, create_engine, event, make_url, pool
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from certengine.errors import UsageError

_PRIVATE_FILE = 0o600
_WRITER_PRAGMAS = ("synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON", "recursive_triggers=ON")
_READER_PRAGMAS = ("busy_timeout=30000", "query_only=ON")


class Database:
    """A database with one way to write and one to read."""

    def __init__(self, url: str) -> None:
        """Connect lazily to a database address.

        Raises:
            UsageError: when it is not an address that can be opened.
        """
        try:
            parsed = make_url(url)
            self._writer = create_engine(
                parsed, poolclass=pool.NullPool if parsed.get_backend_name() == "sqlite" else None
            )
            self._reader = create_engine(
                parsed, poolclass=pool.NullPool if parsed.get_backend_name() == "sqlite" else None
            )
        except (ArgumentError, NoSuchModuleError, ImportError):
            raise UsageError(
                f"`{url}` is not a database address", hint="for example `sqlite:///certengine.db`"
            ) from None
        self.file = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
        if parsed.get_backend_name() == "sqlite":
            _hook(self._writer, "BEGIN IMMEDIATE", ("journal_mode=WAL", *_WRITER_PRAGMAS))
            _hook(self._reader, "BEGIN", _READER_PRAGMAS)

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    def writing(self) -> AbstractContextManager[Connection]:
        """A writing transaction: committed at the end, rolled back on an exception."""
        if self.file is not None:
            _make_private(self.file)
        return self._writer.begin()

    def reading(self) -> AbstractContextManager[Connection]:
        """A reading transaction: one consistent view, which cannot write."""
        return self._reader.begin()

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


def _make_private(file: Path) -> None:
    """Seeds and personal data lie in the file: only its owner reads it, from its first byte on."""
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, _PRIVATE_FILE))


def _hook(engine: Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            # Fetched, or a later PRAGMA may meet "database table is locked".
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
