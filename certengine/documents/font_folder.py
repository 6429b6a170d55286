"""Where the layout engine keeps its copies of fonts while it works: 13 MB for each process that lays out pages.

The engine removes its folder when its objects are collected, and a process that is killed collects nothing. So each
folder is locked by the processes that use it, and whoever makes one first removes those that nobody holds any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

_PREFIX = "certengine-fonts-"


def new_font_folder() -> tuple[Path, int]:
    """A new folder, and the descriptor that holds it: forked processes hold it too.

    Raises:
        OSError: when none can be made, for example on a full disk.
    """
    _remove_left_behind(Path(tempfile.gettempdir()))
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with suppress(FileNotFoundError):  # another process took it for one left behind, before it was held
            held = _opened(folder)
            with suppress(OSError):  # a file system without locks: then nobody can take it for free either
                fcntl.flock(held, fcntl.LOCK_SH)
            if folder.exists():
                return folder, held
            os.close(held)


def remove_font_folder(folder: Path, held: int) -> None:
    """Give up what :func:`new_font_folder` gave."""
    shutil.rmtree(folder, ignore_errors=True)
    os.close(held)


def _remove_left_behind(among: Path) -> None:
    for folder in among.glob(f"{_PREFIX}*"):
        try:
            held = _opened(folder)
        except OSError:  # gone, or no folder, or another person's
            continue
        try:
            if os.fstat(held).st_uid == os.geteuid():
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # held
            pass
        finally:
            os.close(held)


def _opened(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
