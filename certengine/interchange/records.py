"""What we write aside in a foreign file, so that our own import loses nothing: one line of JSON for each item.

Other programs keep it as a comment, a metadata element or a column, or drop it. Whoever reads it again judges it: the
text that people see in the file decides, a record only adds to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import rfc8785

from certengine.canonical import Json

MARK: Final = "certengine"
"""First key of a record, and the word that introduces one."""

VERSION: Final = 1
MAX_RECORD: Final = 400_000
"""Longest record read, in characters."""


def record_text(record: Json) -> str:
    """One line of JSON, without ``--`` (XML comments end there) and without ``[id:``, ``[tag:`` (GIFT reads those)."""
    text = rfc8785.dumps(record).decode("utf-8")
    # Strings alone can hold these, so an escape within them changes nothing that is said.
    for special in ("--", "[id:", "[tag:"):
        text = text.replace(special, f"\\u{ord(special[0]):04x}{special[1:]}")
    return text.replace("->", "-\\u003e").replace("\x7f", "\\u007f")


def read_record(text: str) -> Json:
    """The record in a text, or ``None`` when it is none of ours or cannot be read."""
    if not 0 < len(text) <= MAX_RECORD:
        return None
    try:
        found = json.loads(text, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get(MARK) == VERSION else None


def envelope(item: Mapping[str, Json], language: str, bank: Mapping[str, Json] | None) -> Json:
    """The record of one item; the first of a file carries the bank's head too."""
    found: dict[str, Json] = {MARK: VERSION, "language": language, "item": dict(item)}
    if bank is not None:
        found["bank"] = dict(bank)
    return found
