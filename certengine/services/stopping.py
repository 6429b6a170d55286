"""The seam of crash tests: the points every act passes where it crosses to the disk or to the database.

``CERTENGINE_STOP_AT=file-named:3`` has a process end itself, as a loss of power would, when it passes a point
(:data:`POINTS`) for the third time. It does nothing else, and nothing when it is not set.
"""

from __future__ import annotations

import os
import signal
from itertools import count

POINTS = ("file-laid", "file-named", "act-written", "act-committed")
"""A file is whole on the disk under a temporary name; under its own. An act is written, yet undone by a kill; is done."""

_passed = {point: count(1) for point in POINTS}


def passing(point: str) -> None:
    """Tell that a point is passed."""
    wanted = os.environ.get("CERTENGINE_STOP_AT")
    if wanted is None:
        return
    name, _, time = wanted.partition(":")
    if name == point and next(_passed[point]) == int(time or 1):
        os.kill(os.getpid(), signal.SIGKILL)
