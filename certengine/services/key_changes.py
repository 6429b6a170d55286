"""Changing the keyring: by one person at a time, and never without an act on record.

Killed before its last step, a change leaves an act that names keys which never came into use, or a window that is not
closed yet; doing it again mends that. The other way round a key would be in use that no act names.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from certengine.credentials.keyring import keyring_bytes
from certengine.credentials.keys import usable_at
from certengine.errors import NotFound, Refused
from certengine.model.credential import KeyRecord, Keyring, KeyUse
from certengine.services.context import Context
from certengine.services.files import clear_left_over, laid_beside

P = ParamSpec("P")
R = TypeVar("R")

KEYRING = "keyring.json"
"""Name of the keyring in the folder of keys."""


def one_at_a_time(change: Callable[Concatenate[Context, P], R]) -> Callable[Concatenate[Context, P], R]:
    """Have a change of the keys refused while another one runs: each writes the keyring that it read, changed."""

    @wraps(change)
    def alone(context: Context, /, *arguments: P.args, **options: P.kwargs) -> R:
        workspace = os.open(context.workspace.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _lock(workspace)
            return change(context, *arguments, **options)
        finally:
            os.close(workspace)

    return alone


def keep_keyring(context: Context, keyring: Keyring, write_act: Callable[[Connection], None]) -> None:
    """Write a changed keyring and the act of it: first laid on the disk, then on record, then under its name.

    Raises:
        Refused: when it cannot be written.
    """
    folder = context.workspace.keys_folder()
    clear_left_over(folder)
    with laid_beside(folder / KEYRING, keyring_bytes(keyring)), context.writing() as connection:
        write_act(connection)


def in_use(record: KeyRecord, at: datetime) -> bool:
    """Whether a key's window is open: what a rotation closes."""
    return record.not_after > at


def demand_none_in_use(keyring: Keyring, at: datetime) -> None:
    """Refuse to make keys where there are such as can sign certificates.

    Raises:
        Refused: when there are.
    """
    if {record.use for record in keyring.keys if usable_at(record, at)} >= {KeyUse.PDF, KeyUse.CRED}:
        raise Refused(
            "this workspace has keys already",
            hint="`certengine key list` shows them; `certengine key rotate` makes new ones and keeps the old verifiable",
            code="key/exists",
        )


def demand_retirable(keyring: Keyring, kid: str, at: datetime, compromised_from: datetime | None) -> KeyRecord:
    """The key that may be retired, or revoked from an instant.

    Raises:
        NotFound: when the keyring has no such key.
        Refused: when it is retired already, or the instant is to come.
    """
    record = keyring.key(kid)
    if record is None:
        raise NotFound(f"key `{kid}` does not exist", hint="`certengine key list` shows all", code="key/not-found")
    if compromised_from is not None and compromised_from > at:
        raise Refused(
            f"{compromised_from:%Y-%m-%d} is to come: a key was compromised on a day that has been",
            hint="without `--compromised-from` its window is closed now",
            code="key/day-to-come",
        )
    if not in_use(record, at) and compromised_from is None:
        raise Refused(f"key `{kid}` is retired already", code="key/retired")
    return record


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(
            "somebody else is changing the keys just now",
            hint="run the command again when that has ended; `certengine key list` shows what came of it",
            code="key/busy",
        ) from None
