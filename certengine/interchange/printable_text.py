"""Text that will be printed: names, organisations, seats, remarks. What cannot be seen is refused by its code point.

A name with a hidden character looks right on paper and matches nothing; one with a direction override prints as
another name (Unicode UAX 9, UTR 36). Private-use characters print differently with every font.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ID_BOUND: Final = 64
"""Longest id, in characters."""

_ID: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{ID_BOUND - 1}}}")
_PERSON_ID: Final = re.compile(rf"[^\W_][\w.\-]{{0,{ID_BOUND - 1}}}")
_SPACES: Final = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_SPACED_HAN: Final = re.compile("[\u3400-\u9fff](?: [\u3400-\u9fff])+")
_REFUSED_CATEGORIES: Final = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "half a character",
    "Co": "a private-use character",
    "Cn": "an unassigned character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
_JOINERS: Final = "\u200c\u200d"
_DIRECTIONS: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def printable(text: str) -> str:
    """The text in NFC, spaces of any width and number made one plain space; line ends stay, to be refused."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")


def trouble_in(text: str, bound: int) -> str | None:
    """Why a text cannot be printed as it stands, or ``None``: too long, or a character that cannot be seen."""
    if len(text) > bound:
        return f"is longer than {bound} characters"
    for index, character in enumerate(text):
        what = _REFUSED_CATEGORIES.get(unicodedata.category(character))
        if what is None or (character in _JOINERS and "\u0600" <= text[index - 1 : index] <= "\u0dff"):
            continue  # joiners are letters' glue in the scripts from Arabic to Sinhala
        if character in _DIRECTIONS:
            what = "a direction override"
        name = unicodedata.name(character, "")
        return f"holds {what}: U+{ord(character):04X}{' ' + name if name else ''}"
    return None


def is_spaced_han(text: str) -> bool:
    """Whether Chinese characters stand apart as in ``张 伟``, which rosters do to line names up."""
    return _SPACED_HAN.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Whether the text is an id of the house: ASCII letters, digits, ``-``, ``_``, ``.``, led by a letter or digit."""
    return _ID.fullmatch(text) is not None


def is_person_id(text: str) -> bool:
    """Whether the text names a person within the workspace: as :func:`is_id`, in letters of any script."""
    return _PERSON_ID.fullmatch(text) is not None
