"""How wide a line of text will be, about, before it is laid out: what decides in how many columns options stand."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from certengine.documents.rich_text import measured
from certengine.documents.text_lines import text_lines
from certengine.model.text import Text
from certengine.model.view import PresentedOption

# Widths of an option's line, in em of its text, up to which four or two options stand side by side.
_FOUR_COLUMNS_EM = 8.6
_TWO_COLUMNS_EM = 20.0
_SECOND_LANGUAGE_SCALE = 9 / 10.5  # English below Chinese is set in 9 pt, the first language in 10.5 pt


def option_columns(options: Sequence[PresentedOption], languages: Sequence[str]) -> int:
    """In how many columns (1, 2 or 4) options stand, judged by the widest line among them."""
    return _columns(frozenset(option.text for option in options), len(options), tuple(languages))


@lru_cache(maxsize=20_000)
def _columns(texts: frozenset[Text], count: int, languages: tuple[str, ...]) -> int:
    """As every paper asks it that has these options, in whatever order."""
    lines = (pair for text in texts for pair in text_lines(text, languages))
    widest = max((_width(line, smaller=tag != languages[0]) for tag, line in lines), default=0.0)
    if widest <= _FOUR_COLUMNS_EM and count % 4 == 0:
        return 4
    return 2 if widest <= _TWO_COLUMNS_EM else 1


def is_wider(texts: Sequence[Text], languages: Sequence[str], em: float) -> bool:
    """Whether texts in one line, in every language, are wider than so many em."""
    return sum(1 + width_in_em(line) for text in texts for _, line in text_lines(text, languages)) > em


def width_in_em(line: str) -> float:
    """The width of a line without markup, in em of its text."""
    return sum(map(_advance, line))


def _width(line: str, *, smaller: bool) -> float:
    found = measured(line)
    if found is None:  # blocks stand alone
        return math.inf
    told, beside = found
    return (width_in_em(told) + beside) * (_SECOND_LANGUAGE_SCALE if smaller else 1.0)


def _advance(char: str) -> float:
    """About how wide a character is, in em; a little generous, for a line that wraps needlessly is ugly."""
    if unicodedata.east_asian_width(char) in "WFA":
        return 1.0
    return 0.3 if char.isspace() else 0.7 if char.isupper() else 0.57
