"""The register as the verification endpoint sees it: reading only, by the digests of codes.

Signed status lists are the files that ``key export`` wrote: the endpoint holds no private key. A keyring that changes
(a key was rotated, retired, revoked) counts from the next request on.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, QueuePool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from certengine.credentials.codes import read_code
from certengine.credentials.keyring import read_keyring
from certengine.credentials.keys import usable_at
from certengine.credentials.tiles import is_tile
from certengine.credentials.verdict import judge, unknown_verdict
from certengine.errors import CannotTell, CertengineError
from certengine.model.credential import Keyring, KeyUse, PdfEvidence, Presented, State, Verdict
from certengine.services.context import Context, open_context
from certengine.services.key_changes import KEYRING
from certengine.services.keys import load_keyring
from certengine.services.receipts import receipt_of, trust_in_register
from certengine.services.register import register_source
from certengine.services.transparency import CHECKPOINT, PUBLISHED
from certengine.services.trust import STATUS_FOLDER
from certengine.services.verification import Source, verify_bytes, verify_code, verify_text
from certengine.store.engine import Database

_LIST_NAME = re.compile(r"(?:revocation|suspension)-[1-9][0-9]{0,3}")
# A code that is none is looked up too, under a digest that nothing has: neither answer nor time tells them apart.
_NOBODY = "0" * 26
# In KiB, for each connection: what look-ups read of 100,000 certificates. Not mapped: a mapped file that somebody
# shortens ends the process, pages that were read do not.
_PAGES_KEPT = 65_536


class KeptConnections(Database):
    """A database that is only read, with one connection kept for each thread: opening costs more than a look-up.

    A file that another one took the place of (a backup was restored) is opened anew, and one that is gone is not read
    on from memory.
    """

    def __init__(self, database: Database) -> None:
        self.file = database.file
        self._name = str(self.file)
        self._stamp: tuple[int, int] | None = None
        self._kept: dict[int, Connection] = {}
        if self.file is None:
            self._engine = create_engine(database.engine.url, pool_pre_ping=True, isolation_level="AUTOCOMMIT")
            if self._engine.dialect.name == "postgresql":
                event.listen(self._engine, "connect", _read_only)
            return
        address = f"{self.file.resolve().as_uri()}?mode=ro"
        self._engine = create_engine(
            "sqlite://", creator=lambda: _opened(address), poolclass=QueuePool, isolation_level="AUTOCOMMIT"
        )

    def reading(self) -> _Reading:
        """A connection that can only read; rows never change, so each statement may see the register as it is then.

        Raises:
            CannotTell: when the file is gone.
        """
        if self.file is not None:
            try:
                found = os.stat(self._name)  # noqa: PTH116  # before each look-up; a Path takes twice as long
            except OSError as error:
                raise CannotTell(f"the database is out of reach: {error.strerror}") from None
            if self._stamp != (found.st_dev, found.st_ino):
                self.close()
                self._stamp = (found.st_dev, found.st_ino)
        thread = threading.get_ident()
        connection = self._kept.get(thread)
        if connection is None:
            connection = self._kept[thread] = self._engine.connect()
        return _Reading(connection, self._kept)

    def close(self) -> None:
        """Give back every connection."""
        while self._kept:
            self._kept.popitem()[1].close()
        self._engine.dispose()


class _Reading:
    """The use of a kept connection; written out, because a generator would take three times as long."""

    __slots__ = ("_connection", "_kept")

    def __init__(self, connection: Connection, kept: dict[int, Connection]) -> None:
        self._connection = connection
        self._kept = kept

    def __enter__(self) -> Connection:
        return self._connection

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure is not None and issubclass(failure, Exception):
            # Whatever it was: the next look-up begins with a new one.
            self._kept.pop(threading.get_ident(), None)
            self._connection.close()


def _read_only(connection: DBAPIConnection, _record: object) -> None:
    """Have a server refuse whatever this connection would write."""
    connection.cursor().execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    connection.commit()


def _opened(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
    connection.execute(f"PRAGMA cache_size=-{_PAGES_KEPT}")
    return connection


class RegisterBackend:
    """A workspace's register, for :mod:`certengine.web`."""

    def __init__(self, context: Context) -> None:
        self._context = context = replace(context, database=KeptConnections(context.database))
        self._path = context.workspace.keys_folder() / KEYRING
        self._keyring_name = str(self._path)
        self._register = register_source(context)
        self._loaded: tuple[tuple[int, int, int], Source] | None = None

    def close(self) -> None:
        """Give back every connection."""
        self._context.database.close()

    def now(self) -> datetime:
        """The clock."""
        return self._context.clock()

    def ready(self) -> bool:
        """Whether the register can be read, and the keyring has a key that certificates are judged by."""
        try:
            with self._context.reading() as connection:
                connection.exec_driver_sql("SELECT 1 FROM certificate LIMIT 1")
            keyring = read_keyring(self._path.read_bytes())
        except (CertengineError, OSError, ValueError):
            return False
        at = self.now()
        return any(key.use is KeyUse.CRED and not key.specimen and usable_at(key, at) for key in keyring.keys)

    def keyring(self) -> Keyring:
        """The issuer's public keys, as they are now."""
        keyring = self._source().keyring
        assert keyring is not None  # a register has one
        return keyring

    def verdict_by_code(self, text: str) -> Verdict:
        """The verdict on a look-up code, judged with the signed token on record."""
        at = self.now()
        code = read_code(text)
        verdict = verify_code(_NOBODY if code is None else code.text, self._source(), at=at)
        return unknown_verdict(at) if verdict.state is State.UNKNOWN and not verdict.specimen else verdict

    def verdict_by_token(self, text: str) -> Verdict:
        """The verdict on the text of a QR code."""
        return verify_text(text, self._source(), at=self.now())

    def verdict_by_pdf(self, evidence: PdfEvidence) -> Verdict:
        """The verdict on a certificate file."""
        source = self._source()
        return judge(Presented(pdf=evidence), keyring=source.keyring, lookup=source.lookup, at=self.now())

    def verdict_by_document(self, data: bytes) -> Verdict:
        """The verdict on an exported credential or a text."""
        return verify_bytes(data, self._source(), at=self.now())

    def receipt(self, verdict: Verdict, *, target: str | None, file_digest: str | None) -> bytes | None:
        """The signed receipt of an answer given now, or ``None`` when there is no receipt key."""
        trust = replace(trust_in_register(self._context), source=self._source())
        return receipt_of(verdict, trust, target=target, file_digest=file_digest) if trust.signer() else None

    def status_list(self, name: str) -> bytes | None:
        """A signed status list as last exported."""
        if not _LIST_NAME.fullmatch(name):
            return None
        try:
            return (self._context.workspace.root / STATUS_FOLDER / f"{name}.json").read_bytes()
        except OSError:
            return None

    def checkpoint(self) -> str | None:
        """The checkpoint of the log as last published."""
        try:
            return (self._context.workspace.root / PUBLISHED / CHECKPOINT).read_text("utf-8")
        except (OSError, ValueError):
            return None

    def log_tile(self, path: str) -> bytes | None:
        """A tile of the log as published."""
        if not is_tile(path):
            return None
        try:
            return (self._context.workspace.root / PUBLISHED / path).read_bytes()
        except OSError:
            return None

    def _source(self) -> Source:
        found = os.stat(self._keyring_name)  # noqa: PTH116  # as above
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self._loaded is None or self._loaded[0] != stamp:
            self._loaded = (stamp, replace(self._register, keyring=load_keyring(self._context)))
        return self._loaded[1]


def open_backend(root: Path | None, *, db: str | None = None) -> tuple[RegisterBackend, Context]:
    """The backend of a workspace.

    Raises:
        NotFound: when there is no workspace, or it has no keys.
        CannotTell, Refused: when its database cannot be used.
    """
    context = open_context(root, db=db)
    return RegisterBackend(context), context
