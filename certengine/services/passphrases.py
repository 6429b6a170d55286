"""Passphrases from files, and files that only their owner may read."""

from __future__ import annotations

from pathlib import Path

from certengine.errors import CannotTell, NotFound, Refused
from certengine.services.core_files import leave_no_core_file
from certengine.services.given_secrets import remember


def passphrase_from_file(path: Path) -> bytes:
    """A passphrase from the first line of a file that only its owner may read.

    Raises:
        NotFound: when it does not exist.
        Refused: when others may read it, or it is empty.
    """
    leave_no_core_file()
    try:
        demand_private(path)
        secret = path.read_bytes().split(b"\n", 1)[0].rstrip(b"\r")
    except FileNotFoundError:
        raise NotFound(f"the passphrase file `{path}` does not exist", hint="check the path") from None
    except OSError as error:
        raise CannotTell(f"the passphrase file `{path}` cannot be read: {error.strerror}") from None
    if not secret:
        raise Refused(f"the passphrase file `{path}` is empty", hint="write the passphrase on its first line")
    return remember(secret)


def demand_private(path: Path) -> None:
    """Refuse a file that others than its owner may read.

    Raises:
        Refused: with its mode.
    """
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise Refused(
            f"`{path}` may be read by others (mode {mode:03o})", hint=f"chmod 600 {path}", code="key/file-mode"
        )
