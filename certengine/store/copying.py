"""A consistent copy of a database, at one instant, while others read and write it.

SQLite writes the copy itself (``VACUUM INTO``, which waits for nobody and leaves nothing of deleted rows in it);
PostgreSQL's own ``pg_dump`` does, in its custom form, which ``pg_restore`` reads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from certengine.errors import CannotTell, Refused
from certengine.store.engine import Database, out_of_reach

_SOCKET = ".s.PGSQL."


def copy_database(database: Database, file: Path) -> None:
    """Write a copy into a file that exists and is empty.

    Raises:
        CannotTell: when the database, or the disk of the copy, does not answer.
        Refused: when PostgreSQL's programs are not installed.
    """
    if database.file is None:
        _dump(database.engine.url, file)
        return
    plain = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        with plain.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")  # the engine's hook has begun a transaction; VACUUM needs none
            connection.execute(text("VACUUM INTO :file"), {"file": str(file)})
    except DBAPIError as error:
        raise _not_copied(out_of_reach(error) or str(error.orig)) from None


def _dump(url: URL, file: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise Refused(
            "`pg_dump`, which copies a PostgreSQL database, is not installed here",
            hint="install PostgreSQL's client programs of the server's version or newer (Debian: `postgresql-client`)",
            code="database/no-pg-dump",
        )
    done = subprocess.run(  # noqa: S603  # the program found; the file is named with its option
        [program, "--format=custom", "--no-password", f"--file={file}"],
        env={**os.environ, **_reached_by(url)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise _not_copied(said[-1] if said else f"`pg_dump` ended with {done.returncode}")


def _reached_by(url: URL) -> dict[str, str]:
    """An address in the environment of PostgreSQL's programs: a password is in no list of processes."""
    socket = url.query.get("unix_sock")
    folder, _, port = (socket if isinstance(socket, str) else "").rpartition(f"/{_SOCKET}")
    said = {
        "PGHOST": folder or url.host,
        "PGPORT": port or (str(url.port) if url.port else None),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    return {name: value for name, value in said.items() if value}


def _not_copied(why: str) -> CannotTell:
    return CannotTell(
        f"the database cannot be copied: {why}",
        hint="see whether its disk, or that of the copy, is full, or its server is down",
    )
