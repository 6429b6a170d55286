"""Short texts as people write them, compared with accepted forms and patterns in time linear in the text.

Two texts read the same when their *plain forms* are equal: Unicode NFKC (full width is half width), letter case folded,
spaces and ornamental punctuation left out. What may change a meaning stays: a mark between two digits (``4-20`` is not
``420``), a minus before a number, ``%``, ``#``, ``+`` and other signs.

A pattern is plain text with ``*`` (any run, also none) and ``(this|that|)`` (one of these; an empty one makes it
optional), compared whole. Why a grammar of our own and not regular expressions: bank text is data, and a backtracking
engine lets one careless pattern take hours; an engine that is linear would be a compiled dependency on every platform
for a need that these two signs meet, and a subject expert can read them.

Invariants: no text raises; :func:`matches` visits each position of the text at most once for each part of the pattern.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MAX_ANSWER = 200
"""Longest answer compared, in characters; a longer one is no short answer and matches nothing."""

MAX_PATTERN = 300
_ORNAMENTS = frozenset(".,:;!?'\"/\\·、。¿¡*`´")
_ORNAMENTAL_CATEGORIES = frozenset({"Pd", "Ps", "Pe", "Pi", "Pf", "Pc", "Zs", "Zl", "Zp", "Cc", "Cf"})
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\u301c~"), "-")
_SPACED_MARK = re.compile(r"(?<=[0-9]) ?([^\w\s]) ?(?=[0-9])")
_PARTS = re.compile(r"\*|\(([^()]*)\)|[^*()]+|[()]")


class PatternRefused(ValueError):
    """The text is not a pattern. The message says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern as parts in order: ``None`` is any run, else one of these plain texts."""

    parts: tuple[tuple[str, ...] | None, ...]

    @property
    def least(self) -> int:
        """How many characters every matching text has at least."""
        return sum(min(map(len, part)) for part in self.parts if part is not None)


def plain_form(text: str) -> str:
    """What is compared of a text; empty when it holds nothing but spaces and ornaments."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    folded = " ".join(folded.translate(_DASHES).split())
    folded = _SPACED_MARK.sub(r"\1", folded)  # `4 - 20` as `4-20`
    kept = []
    for place, character in enumerate(folded):
        if not _is_ornament(character):
            kept.append(character)
            continue
        before, after = folded[place - 1 : place], folded[place + 1 : place + 2]
        between_digits = before.isdigit() and after.isdigit()
        minus = character == "-" and after.isdigit() and not before.isalnum()
        if between_digits or minus:
            kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=4096)
def parse_pattern(text: str) -> Pattern:
    """A pattern from its text; its plain parts are compared in plain form.

    Raises:
        PatternRefused: for a bracket that stands alone or within another, one that offers nothing to choose, an
            overlong pattern, or one that would match almost any answer.
    """
    if len(text) > MAX_PATTERN:
        raise PatternRefused(f"a pattern has {MAX_PATTERN} characters at most")
    parts: list[tuple[str, ...] | None] = []
    for found in _PARTS.finditer(unicodedata.normalize("NFKC", text)):
        if found[0] == "*":
            parts.append(None)
        elif found[1] is not None:
            choices = tuple(dict.fromkeys(plain_form(choice) for choice in found[1].split("|")))
            if len(choices) < 2:
                raise PatternRefused(f"`{found[0]}` offers nothing to choose")
            parts.append(choices)
        elif found[0] in {"(", ")"} or "|" in found[0]:
            raise PatternRefused(f"`{found[0].strip()}` stands alone: choices are written `(this|that)`")
        else:
            parts.append((plain_form(found[0]),))
    pattern = Pattern(tuple(parts))
    if pattern.least == 0:
        raise PatternRefused("the pattern would match almost any answer")
    return pattern


def matches(pattern: Pattern, text: str) -> bool:
    """Whether a whole text, in plain form, matches."""
    reached = {0}
    for part in pattern.parts:
        if part is None:
            reached = set(range(min(reached), len(text) + 1))
        else:
            reached = {at + len(one) for at in reached for one in part if text.startswith(one, at)}
        if not reached:
            return False
    return len(text) in reached


def _is_ornament(character: str) -> bool:
    return character in _ORNAMENTS or unicodedata.category(character) in _ORNAMENTAL_CATEGORIES
