"""The text of a page as Poppler reads it: a second opinion, by other people's code, where it is installed.

A font that one reader understands and another does not shows as text that one of them cannot give back.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

_SECONDS = 20


def text_by_poppler(pdf: bytes) -> str | None:
    """The text of a file's first page; ``None`` where Poppler's ``pdftotext`` is not installed.

    What it cannot read has no text.
    """
    program = _program()
    if program is None:
        return None
    try:
        ran = subprocess.run(  # noqa: S603  # the program found, no argument from outside
            [program, "-q", "-l", "1", "-enc", "UTF-8", "-", "-"],
            input=pdf,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout.decode("utf-8", "replace")


@cache
def _program() -> str | None:
    return shutil.which("pdftotext")
