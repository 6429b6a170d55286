"""No core file of a process that has seen secrets: passphrases, private keys, seeds and answer keys lie in its memory.

Two switches, because neither is enough alone: a limit of 0 holds for files, and for what the process starts; where the
system pipes core dumps into a program, Linux heeds only that the process is not dumpable. Both stay for the life of the
process. A process that is not dumpable is also closed to debuggers of other users.
"""

from __future__ import annotations

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4


def leave_no_core_file() -> None:
    """From now on this process leaves no core file, whatever happens to it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
