"""The databases of tests: SQLite files, or a PostgreSQL server of the tests' own.

The server is started once a session in a folder, reached through a socket in it, and gone afterwards. ``CERTENGINE_TEST_DATABASE=postgresql`` lets the whole suite run on it: every workspace that a test makes gets a database
of its own, and a copied workspace a copy of its database (``CREATE DATABASE ... TEMPLATE``).
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from certengine.services.setting_up import init_workspace
from certengine.store.copying import copy_database
from certengine.store.engine import Database

#: Whether workspaces of tests lie on PostgreSQL.
ON_POSTGRESQL = os.environ.get("CERTENGINE_TEST_DATABASE") == "postgresql"

_names = count(1)


def programs() -> Path | None:
    """The folder of the newest server's programs, or ``None`` when none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    anywhere = shutil.which("initdb")
    return Path(anywhere).resolve().parent if anywhere else None


class Server:
    """A running server that nothing but this session talks to."""

    def __init__(self, folder: Path) -> None:
        bin_folder = programs()
        assert bin_folder is not None, "install postgresql: script/setup --with-tests does"
        self._bin, self._folder = bin_folder, folder
        self._as = self._somebody(folder)
        self._run("initdb", "-D", folder / "data", "-U", "tests", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        # Durability is the server's own promise; what the tests ask is what certengine does with it.
        settings = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200 -c log_min_messages=fatal"
        self._run("pg_ctl", "-D", folder / "data", "-w", "-o", settings, "-l", folder / "log", "start")

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://tests@/{database}?unix_sock={self._folder}/.s.PGSQL.5432"

    def new(self, template: str = "template0") -> str:
        """The address of a new database: empty, or a copy of another."""
        name = f"t{os.getpid()}_{next(_names)}"
        self.do(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        return self.url(name)

    def do(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        engine = create_engine(
            self.url(database).replace("postgresql:", "postgresql+pg8000:"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def copy(self, url: str) -> str:
        """The address of a copy: at once of a database that nobody uses, else by a dump."""
        try:
            return self.new(template=re.sub(r".*@/(\w+)\?.*", r"\1", url))
        except ProgrammingError as error:
            if "is being accessed by other users" not in str(error):
                raise
        with tempfile.NamedTemporaryFile() as dump:
            used = Database(url)
            copy_database(used, Path(dump.name))
            used.close()
            return self.restore(Path(dump.name))

    def restore(self, dump: Path) -> str:
        """The address of a new database with what a dump holds, by the program the manual names."""
        url = self.new()
        name = url.partition("@/")[2].partition("?")[0]
        place = ("-h", self._folder, "-U", "tests", "-d", name)
        # Handed in: the file is its owner's alone, and the programs may run as somebody else.
        self._run("pg_restore", "--exit-on-error", *place, given=dump)
        return url

    def files(self, root: Path) -> Iterator[tuple[Path, bytes]]:
        """What the server keeps of a workspace's database: tables, indexes, statistics."""
        self.do("CHECKPOINT")
        place = str(asked(root, "SELECT oid FROM pg_database WHERE datname = current_database()")[0][0])
        for path in (self._folder / "data" / "base" / place).iterdir():
            yield path, path.read_bytes()

    def stop(self) -> None:
        """Take the server away at once, as a failing machine does."""
        self._run("pg_ctl", "-D", self._folder / "data", "-m", "immediate", "stop")

    def start(self) -> None:
        """Bring a stopped server back."""
        settings = (
            f"-k {self._folder} -c listen_addresses='' -c fsync=off -c max_connections=200 -c log_min_messages=fatal"
        )
        self._run("pg_ctl", "-D", self._folder / "data", "-w", "-o", settings, "-l", self._folder / "log", "start")

    @staticmethod
    def _somebody(folder: Path) -> str | None:
        """A server refuses to run as root: then it is ``nobody`` who runs it, in a folder of his own."""
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0:
            return None
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        return nobody.pw_name

    def _run(self, program: str, *words: str | Path, given: Path = Path(os.devnull)) -> None:
        # The log goes to a file: a server that inherited a pipe would keep its reader waiting for ever.
        with tempfile.TemporaryFile() as said, given.open("rb") as read:
            done = subprocess.run(
                [self._bin / program, *map(str, words)],
                stdin=read,
                stdout=said,
                stderr=said,
                user=self._as,
                cwd="/",
                check=False,
            )
            said.seek(0)
            assert done.returncode == 0, said.read().decode(errors="replace")


@cache
def server() -> Server:
    """The session's server, started when it is first asked for and stopped at the end of the process."""
    import atexit

    # Not under pytest's folder: its path may be longer than the 107 bytes a socket's may have, and is closed to nobody.
    folder = Path(tempfile.mkdtemp(prefix="certengine-pg-"))
    found = Server(folder)

    def leave() -> None:
        found.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(leave)
    return found


def database_of(root: Path) -> str:
    """The address in a workspace's configuration."""
    return str(tomllib.loads((root / "certengine.toml").read_text("utf-8"))["database"]["url"])


def set_database(root: Path, url: str) -> None:
    """Write another address into a workspace's configuration."""
    file = root / "certengine.toml"
    said = file.read_text("utf-8")
    if "[database]" not in said:
        # Before the other tables: tests take those at the end away.
        said = re.sub(r"(?m)^\[", '[database]\nurl = ""\n\n[', said, count=1)
    file.write_text(re.sub(r'(?m)^url = ".*"', f'url = "{url}"', said), encoding="utf-8")


def new_workspace(root: Path, *, sample: bool) -> Path:
    """A new workspace, with the kind of database that this run is about."""
    return init_workspace(root, sample=sample, database=server().new() if ON_POSTGRESQL else None)


def copied_workspace(root: Path, target: Path) -> Path:
    """A copy of a workspace nobody has open, with a database of its own."""
    shutil.copytree(root, target)
    if ON_POSTGRESQL:
        set_database(target, server().copy(database_of(root)))
    return target


def put_back(root: Path, backup: Path) -> None:
    """A backup in the place of a workspace's database, as the manual says."""
    if ON_POSTGRESQL:
        set_database(root, server().restore(backup))
        return
    for path in root.glob("certengine.db*"):
        path.unlink()
    shutil.copy(backup, root / "certengine.db")


def held_rows(root: Path, table: str) -> list[tuple[object, ...]]:
    """What a table of a workspace's database holds, as anybody who may read it finds it."""
    return asked(root, f"SELECT * FROM {table}")


def asked(root: Path, query: str) -> list[tuple[object, ...]]:
    """What another program reads in a workspace's database."""
    with _another_program(root) as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def do(root: Path, *statements: str) -> None:
    """What another program does to a workspace's database, as it is protected."""
    with _another_program(root) as connection:
        for statement in statements:
            connection.execute(text(statement))


def refusals(root: Path, *statements: str) -> list[str]:
    """What the database says to another program that tries to change it, each change by itself."""
    said = []
    for statement in statements:
        with pytest.raises(DBAPIError) as refused, _another_program(root) as connection:
            connection.execute(text(statement))
        said.append(str(refused.value.orig))
    return said


@contextmanager
def _another_program(root: Path) -> Iterator[Connection]:
    """What anybody can open who has the file or the rights; what was changed stays."""
    url = database_of(root).replace("postgresql:", "postgresql+pg8000:") if ON_POSTGRESQL else None
    engine = create_engine(url or f"sqlite:///{root}/certengine.db")
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def take_away(root: Path) -> None:
    """Have a workspace's database be gone, whoever uses it."""
    if ON_POSTGRESQL:
        name = re.sub(r".*@/(\w+)\?.*", r"\1", database_of(root))
        server().do(f"DROP DATABASE {name} WITH (FORCE)")
        return
    for path in root.glob("certengine.db*"):
        path.unlink()


@contextmanager
def put_aside(root: Path, *, replaced: bool = False) -> Iterator[None]:
    """A workspace's database is not where it should be, for a while, whoever uses it.

    Args:
        replaced: on a server, an empty one stands in its place.
    """
    if ON_POSTGRESQL:
        name = re.sub(r".*@/(\w+)\?.*", r"\1", database_of(root))
        server().do(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        server().do(f"ALTER DATABASE {name} RENAME TO {name}_aside")
        if replaced:
            server().do(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        yield
        if replaced:
            server().do(f"DROP DATABASE {name} WITH (FORCE)")
        server().do(f"ALTER DATABASE {name}_aside RENAME TO {name}")
        return
    aside = (root / "certengine.db").rename(root.parent / "aside.db")
    yield
    aside.rename(root / "certengine.db")


def meddle(root: Path, *changes: str | tuple[object, ...]) -> None:
    """What the owner of a database can do with another program: set all protection aside, change rows, put it back.

    A change is a statement, or a statement and the value of each ``?`` in it.
    """
    with _another_program(root) as connection:
        triggers = _set_aside(connection)
        for statement, *values in ((one,) if isinstance(one, str) else one for one in changes):
            names = (f":value_{number}" for number in range(len(values)))
            made = re.sub(r"\?", lambda _, names=names: next(names), str(statement).replace(":", r"\:"))  # type: ignore[misc]
            if ON_POSTGRESQL:
                made = made.replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')")
            given = {f"value_{number}": value for number, value in enumerate(values)}
            assert connection.execute(text(made), given).rowcount >= 1, statement
        for sql in triggers:
            connection.exec_driver_sql(sql)


def _set_aside(connection: Connection) -> list[str]:
    """Set the triggers aside; what puts them back, where it is not the end of the transaction."""
    if ON_POSTGRESQL:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return []
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    return [sql for _, sql in triggers]
