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
_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)
"""Letters and marks by their category, and yet nothing is drawn: fillers, and selectors of a variant. A Han ideograph's own
selectors (U+E0100 and above) choose how it is written and stay, behind one."""
_IDEOGRAPHIC_SELECTORS: Final = range(0xE0100, 0xE01F0)
_LOOK_ALIKE: Final = ("LATIN", "CYRILLIC", "GREEK")
_WORD: Final = re.compile(r"[^\W\d_]+")
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
        if character in _UNSEEN or _is_lone_selector(text, index):
            what = "an invisible character"
        if what is None or (character in _JOINERS and "\u0600" <= text[index - 1 : index] <= "\u0dff"):
            continue  # joiners are letters' glue in the scripts from Arabic to Sinhala
        if character in _DIRECTIONS:
            what = "a direction override"
        name = unicodedata.name(character, "")
        return f"holds {what}: U+{ord(character):04X}{' ' + name if name else ''}"
    return None


def _is_lone_selector(text: str, index: int) -> bool:
    """Whether a character selects the form of an ideograph that is not there."""
    return ord(text[index]) in _IDEOGRAPHIC_SELECTORS and not _is_ideograph(text[index - 1 : index])


def _is_ideograph(text: str) -> bool:
    return unicodedata.name(text, "").startswith("CJK ") if text else False


def mixed_word(text: str) -> str | None:
    """Why a word of the text reads as another, or ``None``: letters of scripts that look alike stand within it (UTS 39)."""
    for word in _WORD.findall(text):
        scripts: dict[str, str] = {}
        for letter in word:
            script = unicodedata.name(letter, "").split(" ")[0]
            if script in _LOOK_ALIKE:
                scripts.setdefault(script, letter)
        if len(scripts) > 1:
            (one, first), (other, second) = tuple(scripts.items())[:2]
            return (
                f"mixes {one.title()} and {other.title()} letters that look alike in a word: "
                f"U+{ord(first):04X} and U+{ord(second):04X}"
            )
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
