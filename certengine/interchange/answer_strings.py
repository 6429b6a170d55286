"""Answer strings, as optical readers write them: one character an item, ``A.C*[AC] B``."""

from __future__ import annotations

from typing import Final

from certengine.model.written_numbers import plain_width

BLANKS: Final = frozenset(" .")
MULTIPLE: Final = "*"
_SIGNS: Final = frozenset("√✓✔×✗✘对错")
_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


class AnswerStringRefused(ValueError):
    """An answer string that does not say one thing at every place. The message names the place."""


def split_answer_string(text: str) -> tuple[str, ...]:
    """One raw answer for each item.

    A letter or a sign is itself, ``.`` or a space is a blank (an empty text), ``*`` is a multiple mark, and letters in
    square brackets are one answer of several letters.

    Raises:
        AnswerStringRefused: for any other character, a bracket left open, or nothing but blanks in brackets.
    """
    answers: list[str] = []
    group: list[str] | None = None
    for place, character in enumerate(plain_width(text), start=1):
        if character == "[" and group is None:
            group = []
        elif character == "]" and group:
            answers.append("".join(group))
            group = None
        elif group is not None and character in _LETTERS:
            group.append(character)
        elif group is None and (character in _LETTERS or character in _SIGNS or character == MULTIPLE):
            answers.append(character)
        elif group is None and character in BLANKS:
            answers.append("")
        else:
            raise AnswerStringRefused(f"character {place} of the answer string is not an answer")
    if group is not None:
        raise AnswerStringRefused("a bracket in the answer string is left open")
    return tuple(answers)
