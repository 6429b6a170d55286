"""What every use case works with: workspace, database, the person who acts, the one clock and the one source of entropy."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from certengine.canonical import Json
from certengine.errors import CannotTell, Refused
from certengine.services.clock import utc_now
from certengine.services.core_files import leave_no_core_file
from certengine.services.given_secrets import remember_password
from certengine.services.log_entries import ENTER, enter, not_entered
from certengine.services.records_of_acts import records_of, writes_public
from certengine.services.stopping import passing
from certengine.services.written_down import Record, commit
from certengine.store import schema
from certengine.store.audit import Act, write_act
from certengine.store.commitments import append_commitments
from certengine.store.engine import Database, out_of_reach
from certengine.workspace.config import Person
from certengine.workspace.folders import Workspace, find_workspace, open_workspace


def _nobody_to_ask() -> bytes:
    raise Refused(
        "the PIN of the token is needed, and nobody can be asked",
        hint="name a file with it (mode 600): `keys.pin_file` in certengine.toml",
        code="key/pin",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """An opened workspace with its database and the person who acts.

    Attributes:
        actor: id of the acting person; written into every act.
        clock: read once per operation.
        entropy: gives so many unpredictable bytes.
        pin: the PIN of a token with keys, from whoever can be asked; asked at most when something is signed.
    """

    workspace: Workspace
    database: Database
    actor: str
    clock: Callable[[], datetime] = utc_now
    entropy: Callable[[int], bytes] = field(default=secrets.token_bytes)
    pin: Callable[[], bytes] = field(default=_nobody_to_ask)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A writing transaction.

        Raises:
            CannotTell: when the database is out of reach or stays locked.
        """
        with _Reached(self.database.writing) as connection:
            yield connection
            passing("act-written")
        passing("act-committed")

    def reading(self) -> AbstractContextManager[Connection]:
        """A reading transaction.

        Raises:
            CannotTell: when the database is out of reach.
        """
        return _Reached(self.database.reading)

    def write_act(self, connection: Connection, at: datetime, action: str, subject: str, **details: Json) -> None:
        """Write down an act of the actor in the transaction that does it, after the rows it wrote.

        Each of those rows is committed to beside it, so that a later change of any of them is named.
        """
        records = records_of(connection, at, action, subject, details)
        if writes_public(action):
            records = tuple(records)
            for earlier in tuple(not_entered(connection, records)):
                self._write(connection, at, ENTER, earlier.subject, (earlier,), {"kind": earlier.kind})
        self._write(connection, at, action, subject, records, details)

    def _write(
        self,
        connection: Connection,
        at: datetime,
        action: str,
        subject: str,
        records: Iterable[Record],
        details: dict[str, Json],
    ) -> None:
        made = commit(connection, records, self.entropy)
        said = {**details, "records": made.digest} if made else details
        act = write_act(connection, Act(at=at, actor=self.actor, action=action, subject=subject, details=said))
        append_commitments(connection, made.of(act))
        if writes_public(action):
            enter(connection, act, made.of(act))

    def person(self) -> Person | None:
        """The acting person as the workspace declares them, if it does."""
        return next((person for person in self.workspace.config.people if person.id == self.actor), None)

    def demand_role(self, role: str, *others: str) -> None:
        """Refuse an act for which the acting person has none of some roles. A workspace that declares nobody asks nothing.

        Raises:
            Refused: when people are declared and the actor is none of them or lacks each of the roles.
        """
        people = self.workspace.config.people
        if not people:
            return
        person = self.person()
        allowed = {role, *others}
        named = " or ".join((role, *others))
        holders = ", ".join(one.id for one in people if allowed & {*one.roles}) or "nobody yet"
        if person is None or not allowed & {*person.roles}:
            raise Refused(
                f"`{self.actor}` is not a{'n' if role[0] in 'aeiou' else ''} {named} of this workspace",
                hint=f"act as somebody who is (`--as`; there is: {holders}), or add the role in certengine.toml",
                code="role/missing",
            )


def open_context(
    root: Path | None = None, *, db: str | None = None, actor: str | None = None, any_schema: bool = False
) -> Context:
    """Open the workspace of a folder (or the nearest upwards) with its database.

    Args:
        any_schema: whoever asks looks at no table, and takes a database of whatever version.

    Raises:
        NotFound: when there is no workspace.
        InputError: when its configuration does not hold together.
        CannotTell, Refused: when the database is missing, unreadable or of another schema version.
    """
    leave_no_core_file()
    workspace = open_workspace(root or find_workspace())
    url = workspace.database_url(db)
    remember_password(url)
    database = Database(url)
    if not any_schema:
        schema.demand_current(database)
    return Context(workspace=workspace, database=database, actor=actor or default_actor())


def default_actor() -> str:
    """``$CERTENGINE_ACTOR``, else the name of the system's user."""
    return os.environ.get("CERTENGINE_ACTOR") or getpass.getuser()


class _Reached:
    """A use of the database; tells one that is out of reach from one that refuses what it is asked.

    Written out, because generators would take three times as long and an endpoint comes by thousands of times a second.
    """

    __slots__ = ("_begin", "_use")

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin

    def __enter__(self) -> Connection:
        try:
            self._use = self._begin()
            return self._use.__enter__()
        except DBAPIError as error:
            _tell(error)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            done = self._use.__exit__(kind, failure, trace)
        except DBAPIError as error:
            _tell(error)
            raise
        if isinstance(failure, DBAPIError) and not done:
            _tell(failure)
        return done


def _tell(error: DBAPIError) -> None:
    reason = out_of_reach(error)
    if reason is not None:
        raise CannotTell(
            f"the database is out of reach: {reason}",
            hint="see whether its disk is full, another program holds it, or its server is down",
        ) from error
