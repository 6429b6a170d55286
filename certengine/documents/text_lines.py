"""A text in the languages of a document, one line for each that says anything of its own."""

from __future__ import annotations

from collections.abc import Sequence

from certengine.model.text import Text


def text_lines(text: Text, languages: Sequence[str]) -> list[tuple[str, str]]:
    """``(tag, text)`` for each of these languages the text has, in their order; else its first language alone.

    A text that reads the same in two languages (a number, a formula, a model name) is given once.
    """
    found: dict[str, str] = {}
    for language in languages:
        line = text.get(language)
        if line is not None:
            found.setdefault(line, language)
    return [(tag, line) for line, tag in found.items()] or [text.by_language[0]]
