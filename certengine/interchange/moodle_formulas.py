r"""Formulas within texts of Moodle: LaTeX between ``\\(`` and ``\\)``, set apart between ``\\[`` and ``\\]``.

Moodle puts the values of a calculated question in wherever it finds ``{name}``, within a formula too. So ``\val{name}``
becomes ``{name}`` there, and a group of LaTeX that happens to say a name gets spaces, which LaTeX passes over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from certengine.interchange.rich import tell
from certengine.interchange.strict_xml import Element
from certengine.model.markup import formula_spans

_VALUE: Final = re.compile(r"\\val\{([A-Za-z_][A-Za-z0-9_]*)\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SPACED: Final = re.compile(r"\{ ([A-Za-z_][A-Za-z0-9_]*) \}|\{([A-Za-z_][A-Za-z0-9_]*)\}")


def tex(element: Element, latex: str, apart: bool) -> None:
    """Adds a formula as Moodle's filters read it."""
    tell(element, rf"\[{latex}\]" if apart else rf"\({latex}\)")


def with_values(text: str, names: Collection[str]) -> str:
    """A text whose formulas take the values of a calculated question."""

    def foreign(match: re.Match[str]) -> str:
        value, group = match.groups()
        if value is not None:
            return f"{{{value}}}"
        return f"{{ {group} }}" if group in names else match.group()

    return _in_formulas(text, _VALUE, foreign)


def from_values(text: str, names: Collection[str]) -> str:
    """The text of ours that :func:`with_values` gave to Moodle."""

    def ours(match: re.Match[str]) -> str:
        group, value = match.groups()
        if value is not None:
            return rf"\val{{{value}}}" if value in names else match.group()
        return f"{{{group}}}" if group in names else match.group()

    return _in_formulas(text, _SPACED, ours)


def _in_formulas(text: str, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str]) -> str:
    pieces, end = [], 0
    for start, stop in formula_spans(text):
        pieces += [text[end:start], pattern.sub(change, text[start:stop])]
        end = stop
    return "".join((*pieces, text[end:]))
