"""Faults of input and output, made by libfiu (Debian's ``fiu-utils``) where the program calls the system.

A fault is the so-manieth call of one function: it fails with one error, or that call and all after it do. Calls are counted
in a run without fault first, so every fault is known to happen. Only this process is touched, and only while the command
runs; what the command says is kept in memory meanwhile, or a fault could take the words away.
"""

from __future__ import annotations

import ctypes
import errno
import io
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Where faults are made, with the errors that a disk, its driver or the system's limits give there.
FUNCTIONS: dict[str, tuple[int, ...]] = {
    "posix/io/oc/open": (errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENOSPC),
    "posix/io/oc/close": (errno.EIO, errno.ENOSPC),
    "posix/io/rw/read": (errno.EIO,),
    "posix/io/rw/pread": (errno.EIO,),
    "posix/io/rw/write": (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG),
    "posix/io/rw/pwrite": (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG),
    "posix/io/rw/write/reduce": (0,),
    "posix/io/rw/pwrite/reduce": (0,),
    "posix/io/sync/fsync": (errno.EIO, errno.ENOSPC, errno.EDQUOT),
    "posix/io/sync/fdatasync": (errno.EIO, errno.ENOSPC, errno.EDQUOT),
    "posix/io/rw/ftruncate": (errno.EIO,),
    "posix/io/dir/rename": (errno.EIO, errno.ENOSPC, errno.EDQUOT),
    "posix/io/dir/unlink": (errno.EIO,),
    "posix/io/dir/opendir": (errno.EMFILE, errno.EIO),
}
#: What fills a disk.
FILLING = ("posix/io/rw/write", "posix/io/rw/pwrite")

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_uint)
)  # fmt: skip


@contextmanager
def injected(fault: dict[str, Any] | None) -> Iterator[None]:
    """A fault, or the counting of calls, while the block runs.

    Args:
        fault: ``{"count": FILE}`` writes down how often each function was called; ``{"functions": [...], "error": E,
            "number": N, "on": bool}`` fails the N-th call of them (of all together), and with ``on`` each after it.
    """
    if fault is None:
        yield
        return
    library = ctypes.CDLL("libfiu.so.0")
    calls: dict[str, int] = {}
    names = list(FUNCTIONS) if "count" in fault else list(fault["functions"])

    def decide(name: bytes, _failnum: Any, info: Any, _flags: Any) -> int:
        if "count" in fault:
            calls[name.decode()] = calls.get(name.decode(), 0) + 1
            return 0
        calls["all"] = calls.get("all", 0) + 1
        info[0] = fault["error"] or None
        return int(calls["all"] >= fault["number"] if fault["on"] else calls["all"] == fault["number"])

    callback = _CALLBACK(decide)
    said = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        for name in names:
            assert library.fiu_enable_external(name.encode(), 1, None, 0, callback) == 0
        yield
    finally:
        for name in names:
            library.fiu_disable(name.encode())
        told = sys.stdout.getvalue(), sys.stderr.getvalue()
        sys.stdout, sys.stderr = said
        for stream, text in zip(said, told, strict=True):
            stream.write(text)
        if "count" in fault:
            Path(fault["count"]).write_text(json.dumps(calls), encoding="utf-8")


def at_hand() -> bool:
    """Whether libfiu is installed."""
    return shutil.which("fiu-run") is not None
