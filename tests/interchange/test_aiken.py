"""Aiken: single choice in and out, everything else by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from certengine.errors import InputError
from certengine.interchange.aiken import read_aiken, write_aiken
from certengine.interchange.loss import Fate
from certengine.interchange.questions import Question
from certengine.items.options import Option
from certengine.items.single_choice import SingleChoiceContent
from tests.interchange.exchanged import PARAMETRISED, TEXTS, asked, choices, fates, plain, read_text, und

SOUND = "Which unit has frequency?\nA. V\nB) Hz\nC. A\nANSWER: B\n\n电流的单位是？\nA．伏\nB．安\nANSWER：B\n"


def test_both_separators_and_full_width_letters_are_read(tmp_path: Path) -> None:
    """Options after a full stop, a bracket or a full-width stop are read, and the answer named by its letter."""
    questions = read_text(read_aiken, tmp_path, SOUND).questions
    assert [(plain(one.content), len(one.content.options), one.content.key) for one in questions] == [
        ("Which unit has frequency?", 3, "b"),
        ("电流的单位是？", 2, "b"),
    ]


@given(question=choices(texts=TEXTS))
def test_written_questions_are_read_again(tmp_path_factory: pytest.TempPathFactory, question: Question) -> None:
    """A single choice on one line each is read as it was written, but for runs of spaces."""
    outgoing = write_aiken([question], "bank")
    seen = read_text(read_aiken, tmp_path_factory.getbasetemp(), outgoing.data).questions
    texts = [plain(question.content), *(option.text.best("und") for option in question.content.options)]
    again = [[plain(one.content), *(option.text.best("und") for option in one.content.options)] for one in seen]
    assert again == [[" ".join(text.split()) for text in texts]]
    assert seen[0].content.key == question.content.key


def test_other_kinds_and_line_ends_are_named() -> None:
    """A numeric question is left out, line ends within a text are lost, and the report names both."""
    content = SingleChoiceContent(
        stem=und("first\nsecond"), options=(Option(id="a", text=und("x")), Option(id="b", text=und("y"))), key="a"
    )
    outgoing = write_aiken([asked("numeric", PARAMETRISED), asked("single_choice", content, "q-2")], "bank")
    assert fates(outgoing.losses) == [("q-1", "item", Fate.LEFT_OUT), ("q-2", "line ends", Fate.LOST)]


def test_a_text_that_looks_like_an_option_is_left_out() -> None:
    """A stem that a reader would take for an option is named rather than written wrongly."""
    options = (Option(id="a", text=und("x")), Option(id="b", text=und("y")))
    content = SingleChoiceContent(stem=und("A. is it?"), options=options, key="a")
    assert fates(write_aiken([asked("single_choice", content)], "bank").losses) == [("q-1", "item", Fate.LEFT_OUT)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Q?\nA. x\nB. y\nANSWER: C\n", "the answer `C` is none of the options"),
        ("Q?\nA. x\nB. y\n", "it does not end with a line `ANSWER: A`"),
        ("A. x\nB. y\nANSWER: A\n", "the question has no text"),
        ("Q?\nA. x\nstray\nB. y\nANSWER: A\n", "the line `stray` is neither the next option nor the answer"),
        ("Q?\nA. x\nANSWER: A\n", "a choice has 2 to 10 options, this one 1"),
    ],
)
def test_what_cannot_be_read_is_left_out_by_line(tmp_path: Path, text: str, why: str) -> None:
    """A question that does not hold together is named with its line; the next one is read."""
    incoming = read_text(read_aiken, tmp_path, text + "\nNext?\nA. x\nB. y\nANSWER: A\n")
    assert [loss.why for loss in incoming.losses] == [why]
    assert [plain(one.content) for one in incoming.questions] == ["Next?"]


def test_a_file_without_questions_is_refused(tmp_path: Path) -> None:
    """An empty file is no Aiken file."""
    with pytest.raises(InputError, match="holds no question"):
        read_text(read_aiken, tmp_path, "\n")
