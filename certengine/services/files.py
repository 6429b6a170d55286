"""Writing files so that nothing half-written is ever seen under its name.

1. Write to a temporary name in the same folder, in a loop until every byte is down (one write may be short).
2. Flush to the disk and compare the size.
3. Rename over the final name; flush the folder, and the folder of each folder that was made for it.

The writer holds a lock on its temporary file, which ends with its process: so what a kill left behind can be told from
what another process is writing (:func:`clear_left_over`).
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from certengine.errors import Refused
from certengine.services.stopping import passing

PRIVATE_FILE = 0o600
PUBLIC_FILE = 0o644
PUBLIC_FOLDER = 0o777
_NO_FOLDER = frozenset({errno.EEXIST, errno.ENOTDIR})
_BARRED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def write_whole(path: Path, data: bytes, *, mode: int = PUBLIC_FILE) -> None:
    """Write a file whole or not at all, replacing an earlier one.

    Raises:
        Refused: when the disk is full or the folder cannot be written; nothing is left under the name or beside it.
    """
    with _named_at_the_end(path) as temporary:
        _lay(temporary, data, mode)


@contextmanager
def laid_beside(path: Path, data: bytes, *, mode: int = PUBLIC_FILE) -> Iterator[None]:
    """Have a file whole on the disk, beside its name, while the block runs; it takes its name when that ends well.

    So what rests on the file can be put on record before the file is seen, and after all that a disk may refuse it. Two
    who lay the same file keep one another out.

    Raises:
        Refused: when the disk is full or the folder cannot be written; nothing is left under the name or beside it.
    """
    with _named_at_the_end(path) as temporary:
        _clear(path.parent, f".{glob.escape(path.name)}.*.part")
        _lay(temporary, data, mode)
        yield


@contextmanager
def filled_beside(path: Path, *, mode: int = PUBLIC_FILE) -> Iterator[Path]:
    """A temporary file for something else to fill; then it is flushed and takes its name. As :func:`write_whole` else.

    Raises:
        Refused: when the disk is full or the folder cannot be written; nothing is left under the name or beside it.
    """
    with _named_at_the_end(path) as temporary:
        _clear(path.parent, f".{glob.escape(path.name)}.*.part")
        with _locked(temporary, mode) as descriptor:
            yield temporary
            os.fsync(descriptor)
        passing("file-laid")


def make_folder(folder: Path, *, mode: int = PUBLIC_FOLDER) -> None:
    """Make a folder that outlasts a loss of power: its name stands in the folder above it, which is flushed."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode, exist_ok=True)
    _flush_folder(folder.parent)


def clear_left_over(*folders: Path) -> None:
    """Take away temporary files that killed writers left in folders; those of living ones stay."""
    for folder in folders:
        _clear(folder)


@contextmanager
def _named_at_the_end(path: Path) -> Iterator[Path]:
    """A temporary name; what lies under it when the block ends well takes its own, else it goes."""
    temporary = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        make_folder(path.parent)
        yield temporary
        os.replace(temporary, path)
        _flush_folder(path.parent)
        passing("file-named")
    except BaseException as error:
        with suppress(OSError):  # the folder itself may be what is missing
            temporary.unlink()
        if isinstance(error, OSError):
            raise _not_written(path, error) from error
        raise


def _lay(temporary: Path, data: bytes, mode: int) -> None:
    with _locked(temporary, mode) as descriptor:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
        if os.fstat(descriptor).st_size != len(data):
            raise OSError(f"{len(data)} bytes written, the file has another size")
    passing("file-laid")


def _not_written(path: Path, error: OSError) -> Refused:
    """Why a file cannot be written: what stands in its way, or what the system says."""
    if error.errno in _NO_FOLDER:
        at = next((one for one in path.parents if one.exists()), path.parent)
        return Refused(f"`{at}` is a file where a folder is wanted", hint="name another folder, or move the file away")
    if error.errno == errno.EISDIR:
        return Refused(f"`{path}` is a folder where a file is wanted", hint="name a file in it, or another one")
    barred = error.errno in _BARRED
    return Refused(
        f"`{path}` cannot be written: {error.strerror or error}",
        hint="choose a folder that you may write to" if barred else "free space or choose another folder",
    )


def _clear(folder: Path, pattern: str = ".*.part") -> None:
    for temporary in folder.glob(pattern):
        try:
            descriptor = os.open(temporary, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            temporary.unlink(missing_ok=True)
        except OSError:
            pass
        finally:
            os.close(descriptor)


@contextmanager
def _locked(temporary: Path, mode: int) -> Iterator[int]:
    descriptor = _open_locked(temporary, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_locked(temporary: Path, mode: int) -> int:
    while True:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # cleared away between opening and locking: once more


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
