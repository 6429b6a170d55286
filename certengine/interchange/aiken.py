"""Aiken: a question on one line, options ``A.`` or ``A)`` below it, ``ANSWER: B``. Single choice and nothing else.

There is no place aside in this format: what it does not carry is lost, and the report names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

from certengine.interchange.choices import choice_question
from certengine.interchange.decoded_text import decode
from certengine.interchange.loss import Fate, Loss
from certengine.interchange.questions import Incoming, LeftOut, Losses, Outgoing, Question, collect, worded
from certengine.interchange.tables import read_bounded
from certengine.items.options import LETTERS
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.markup import escape

_OPTION: Final = re.compile(r"\s*([A-Z])\s*[.)．）、]\s*(.*)")
_ANSWER: Final = re.compile(r"\s*ANSWER\s*[:：]\s*(.*?)\s*")
ANSWER_LINE: Final = re.compile(r"^\s*ANSWER\s*[:：]", re.MULTILINE)
"""What tells an Aiken file from other text."""


def write_aiken(questions: Sequence[Question], title: str) -> Outgoing:
    """An Aiken file in UTF-8."""
    pieces = []
    losses: list[Loss] = []
    for question in questions:
        content = question.content
        if not isinstance(content, SingleChoiceContent):
            why = f"Aiken has single choice only, not `{question.kind}`"
            losses.append(Loss(item=question.name, feature="item", fate=Fate.LEFT_OUT, why=why))
            continue
        texts = [worded(content.stem), *(worded(option.text) for option in content.options)]
        if any(re.search(r"\s*\n", text) for text in texts):
            why = "a text stands on one line"
            losses.append(Loss(item=question.name, feature="line ends", fate=Fate.LOST, why=why))
        stem, *options = (" ".join(text.split()) for text in texts)
        if _OPTION.fullmatch(stem) or _ANSWER.fullmatch(stem):
            why = "its text would be read as an option or an answer"
            losses.append(Loss(item=question.name, feature="item", fate=Fate.LEFT_OUT, why=why))
            continue
        lines = [stem, *(f"{letter}. {text}" for letter, text in zip(LETTERS, options, strict=False))]
        right = LETTERS[[option.id for option in content.options].index(content.key)]
        pieces.append("\n".join((*lines, f"ANSWER: {right}\n")))
    return Outgoing(data="\n".join(pieces).encode("utf-8"), losses=tuple(losses))


def read_aiken(path: Path) -> Incoming:
    """The questions of an Aiken file.

    Raises:
        NotFound, InputError: when there is no such file, it is too large, or it is no text.
    """
    text, _, _ = decode(read_bounded(path), path)
    return collect(((f"line {line}", _reader(line, lines)) for line, lines in _blocks(text)), path)


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of each question: up to its answer, or to a blank line after options when the answer is missing."""
    lines: list[str] = []
    first = 0
    parted = False
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            parted = bool(lines)
            continue
        is_text = not _OPTION.fullmatch(line) and not _ANSWER.fullmatch(line)
        if parted and is_text and any(map(_OPTION.fullmatch, lines)):
            yield first, lines
            lines = []
        parted = False
        first = first if lines else number
        lines.append(line)
        if _ANSWER.fullmatch(line):
            yield first, lines
            lines = []
    if lines:
        yield first, lines


def _reader(line: int, lines: list[str]) -> Callable[[Losses], Question]:
    def read(losses: Losses) -> Question:
        answer = _ANSWER.fullmatch(lines[-1])
        if answer is None:
            raise LeftOut("it does not end with a line `ANSWER: A`")
        stem: list[str] = []
        options: dict[str, str] = {}
        for text in lines[:-1]:
            match = _OPTION.fullmatch(text)
            if match and match.group(1) == LETTERS[min(len(options), len(LETTERS) - 1)]:
                options[match.group(1)] = escape(losses.plain(match.group(2)))
            elif options:
                raise LeftOut(f"the line `{text.strip()[:40]}` is neither the next option nor the answer")
            else:
                stem.append(text)
        if not stem:
            raise LeftOut("the question has no text")
        if answer.group(1) not in options:
            raise LeftOut(f"the answer `{answer.group(1)[:20]}` is none of the options")
        listed = [(text, Fraction(letter == answer.group(1))) for letter, text in options.items()]
        kind, content = choice_question(escape(losses.plain("\n".join(stem))), listed, losses)
        return Question(id=None, name=f"line {line}", kind=kind, content=content)

    return read
