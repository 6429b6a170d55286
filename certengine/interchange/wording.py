"""Texts of ours between markup and plain characters: what programs without markup show, and braces of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from certengine.model.markup import Paragraph, RunKind, escape, formula_spans, parse, parts, plain

MARKUP_LOST: Final = "formulas, program text, tables and stress are plain text there"


def words(text: str) -> str:
    """A text as a program without markup shows it."""
    return plain(text)


def one_writing(text: str) -> str:
    """A text in the one writing of what it says: blocks on lines of their own; characters alone, whatever escapes they had."""
    if is_simple(text):
        return escape(plain(text))
    return "\n".join(text[part.start : part.end] for part in parts(text))


def is_simple(text: str) -> bool:
    """Whether a text says no more than its characters."""
    blocks = parse(text)
    if len(blocks) != 1 or not isinstance(blocks[0], Paragraph):
        return False
    return all(run.kind is RunKind.TEXT and not run.stressed for run in blocks[0].runs)


def doubled(text: str) -> str:
    """A text with the braces outside its formulas doubled: stems with parameters take single ones for these."""
    return _outside(text, lambda part: part.replace("{", "{{").replace("}", "}}"))


def single(text: str) -> str:
    """The text that :func:`doubled` doubled."""
    return _outside(text, single_braces)


def single_braces(characters: str) -> str:
    """Characters that are no markup any more, their doubled braces single."""
    return characters.replace("{{", "{").replace("}}", "}")


def _outside(text: str, change: Callable[[str], str]) -> str:
    pieces, end = [], 0
    for start, stop in formula_spans(text):
        pieces += [change(text[end:start]), text[start:stop]]
        end = stop
    return "".join((*pieces, change(text[end:])))
