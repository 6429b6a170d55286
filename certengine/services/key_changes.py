"""Changing the keyring: by one person at a time, and never without an act on record.

Killed before its last step, a change leaves an act that names keys which never came into use, or a window that is not
closed yet; doing it again mends that. The other way round a key would be in use that no act names.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from certengine.credentials.keyring import keyring_bytes
from certengine.errors import Refused
from certengine.model.credential import Keyring
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


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(
            "somebody else is changing the keys just now",
            hint="run the command again when that has ended; `certengine key list` shows what came of it",
            code="key/busy",
        ) from None
