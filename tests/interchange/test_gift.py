"""GIFT: every form is read or named, and what is written is read again."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given

from certengine.errors import InputError
from certengine.interchange.gift import read_gift, write_gift
from certengine.interchange.loss import Fate
from certengine.interchange.questions import Incoming, Question
from certengine.items.matching import MatchingContent, Prompt
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.short_answer import ShortAnswerContent
from tests.interchange.exchanged import (
    FIXTURES,
    PARAMETRISED,
    QUESTIONS,
    TEXTS,
    as_seen,
    asked,
    choices,
    fates,
    meaning,
    plain,
    read_text,
    structured,
    und,
)


@pytest.fixture(scope="module")
def every_form() -> Incoming:
    """The fixture with every form of question."""
    return read_gift(FIXTURES / "every_form.gift")


def by_name(incoming: Incoming, name: str) -> Question:
    """The question of that name."""
    return next(one for one in incoming.questions if one.name == name)


def test_every_form_is_read_or_named(every_form: Incoming) -> None:
    """Nine questions are read, four are left out, and none is passed over."""
    kinds = [(one.name, one.kind) for one in every_form.questions]
    assert kinds == [
        ("Colours", "single_choice"),
        ("metals", "multiple_response"),
        ("line 18", "true_false"),
        ("Pi", "numeric"),
        ("line 22", "numeric"),
        ("line 24", "numeric"),
        ("line 26", "short_answer"),
        ("line 28", "matching"),
        ("line 30", "essay"),
    ]
    left_out = [(loss.item, loss.why) for loss in every_form.losses if loss.fate is Fate.LEFT_OUT]
    assert left_out == [
        ("line 32", "a text without answers asks nothing"),
        ("line 34", "no option is fully right"),
        ("line 36", "several options are each fully right"),
        ("line 38", "`three` is not a number"),
    ]


def test_words_and_pairs(every_form: Incoming) -> None:
    """Accepted words and pairs are read with their texts."""
    words, pairs = (meaning(by_name(every_form, name).content) for name in ("line 26", "line 28"))
    assert words == ("The voltage is measured in", ["volts", "V"], ())
    assert pairs == ("Match the units", [("current", "ampere"), ("voltage", "volt")])


@pytest.mark.parametrize(
    ("answers", "accepted", "patterns", "features"),
    [
        ("=a* b =c", ["c"], ("a* b",), []),
        (r"=2\\*3 =6", ["2*3", "6"], (), []),
        ("=x =%50%y", ["x"], (), ["partial credit"]),
        ("=x =(a|b)*", ["x"], (), ["patterns"]),
    ],
)
def test_signs_that_stand_for_any_text(
    tmp_path: Path, answers: str, accepted: list[str], patterns: tuple[str, ...], features: list[str]
) -> None:
    """A star is a pattern, a star after a backslash is a star; what no pattern of ours says is named."""
    incoming = read_text(read_gift, tmp_path, f"Q {{{answers}}}\n")
    content = incoming.questions[0].content
    assert (meaning(content)[1:], [loss.feature for loss in incoming.losses]) == ((accepted, patterns), features)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ("=a -> b", "a matching has 2 to 10 prompts"),
        ("=a -> b =c", "a pair is written"),
        ("=a -> b =c ->", "a side of a pair has no text"),
        ("=%50%a", "no written-out answer is fully right"),
    ],
)
def test_words_and_pairs_that_do_not_hold_together_are_left_out(tmp_path: Path, answers: str, why: str) -> None:
    """A single pair, half a pair and an answer that is never fully right are named with the reason."""
    incoming = read_text(read_gift, tmp_path, f"Q {{{answers}}}\n")
    assert [why in loss.why for loss in incoming.losses if loss.fate is Fate.LEFT_OUT] == [True]


def test_an_arrow_within_a_text_is_left_out() -> None:
    """GIFT cannot escape the arrow of its pairs: such questions are named rather than written wrongly."""
    short = ShortAnswerContent(stem=und("Q"), accepted=({"und": "a -> b"},))
    matching = MatchingContent(
        stem=und("M"),
        prompts=(Prompt(id="p1", text=und("a->b")), Prompt(id="p2", text=und("c"))),
        options=(Option(id="a", text=und("x")), Option(id="b", text=und("y"))),
        key={"p1": "a", "p2": "b"},
    )
    outgoing = write_gift([asked("short_answer", short), asked("matching", matching, "q-2")], "bank")
    assert fates(outgoing.losses) == [("q-1", "item", Fate.LEFT_OUT), ("q-2", "item", Fate.LEFT_OUT)]


def test_html_becomes_text(every_form: Incoming) -> None:
    """Markup and scripts of an HTML question are gone, its text is whole."""
    question = by_name(every_form, "Colours")
    shown = [option.text.best("und") for option in question.content.options]
    assert (plain(question.content), shown) == (
        "The colour of **protective earth** is",
        ["green\N{NO-BREAK SPACE}and yellow", "blue", "green"],
    )


def test_what_is_dropped_is_named(every_form: Incoming) -> None:
    """Feedback, partial credit and a script of one question each stand in the report."""
    assert [entry for entry in fates(every_form.losses) if entry[0] == "Colours"] == [
        ("Colours", "feedback", Fate.LOST),
        ("Colours", "active or embedded content", Fate.CLEANED),
        ("Colours", "partial credit", Fate.LOST),
    ]


def test_category_explanation_id_and_tags(every_form: Incoming) -> None:
    """The category path, the general feedback, and what comments say come along."""
    first, second = by_name(every_form, "Colours"), by_name(every_form, "metals")
    assert first.explanation == "See the standard."
    assert first.category == ("Workshop", "Safety / first aid")
    assert (second.id, second.tags) == ("metals", ("level:know", "difficulty:0.8", "spring"))


def test_escaped_characters_mean_themselves(every_form: Incoming) -> None:
    """A brace after a backslash is a brace."""
    options = by_name(every_form, "metals").content.options
    assert options[2].text.best("und") == "mica {a mineral}"


@pytest.mark.parametrize(
    ("name", "key", "tolerance"),
    [
        ("Pi", "3.14", Tolerance(absolute=Decimal("0.005"))),
        ("line 22", "24", Tolerance(exact=True)),
        ("line 24", "3", Tolerance(absolute=Decimal(2))),
    ],
)
def test_numbers_with_tolerance_range_and_weights(
    every_form: Incoming, name: str, key: str, tolerance: Tolerance
) -> None:
    """A tolerance, a range and a weighted list each give one number and how far off is right."""
    content = by_name(every_form, name).content
    assert (content.key, content.tolerance) == (key, tolerance)


def test_text_after_the_answers_is_a_gap(every_form: Incoming) -> None:
    """The braces of a sentence that goes on become a gap in it."""
    assert plain(by_name(every_form, "line 22").content) == "A day has _____ hours"


@given(question=QUESTIONS)
def test_written_questions_are_read_again(tmp_path_factory: pytest.TempPathFactory, question: Question) -> None:
    """Whatever characters a question holds, it is read as it was written, and nothing is lost."""
    data = write_gift([question], "a / bank").data
    incoming = read_text(read_gift, tmp_path_factory.getbasetemp(), data)
    assert [(one.id, one.kind, one.content) for one in incoming.questions] == [
        (question.id, question.kind, as_seen(question))
    ]
    assert incoming.losses == ()


@given(question=choices())
def test_explanation_category_tags_and_record_ride_along(
    tmp_path_factory: pytest.TempPathFactory, question: Question
) -> None:
    """What stands beside a question is read again, whatever it holds."""
    record = {"certengine": 1, "text": "-- [id:x] [tag:y] -> \N{LINE SEPARATOR} } {"}
    sent = asked(
        question.kind,
        question.content,
        explanation=plain(question.content),
        category=("A1 Safety / health",),
        tags=("level:know",),
        record=record,
    )
    (seen,) = read_text(read_gift, tmp_path_factory.getbasetemp(), write_gift([sent], "bank").data).questions
    assert (seen.explanation, seen.category, seen.tags, seen.record) == (
        sent.explanation,
        ("bank", "A1 Safety / health"),
        sent.tags,
        record,
    )


@given(question=structured(kinds=("short_answer", "matching"), texts=TEXTS.filter(lambda text: "->" not in text)))
def test_words_and_pairs_are_read_again(tmp_path_factory: pytest.TempPathFactory, question: Question) -> None:
    """A short answer and a matching ask for the same words and pairs after they were written."""
    incoming = read_text(read_gift, tmp_path_factory.getbasetemp(), write_gift([question], "bank").data)
    used = len(set(question.content.key.values())) if question.kind == "matching" else 2
    expected = [meaning(question.content)] if used > 1 else []  # GIFT has no place for options that are never right
    assert [meaning(one.content) for one in incoming.questions] == expected


def test_parameters_become_one_drawn_variant(tmp_path: Path) -> None:
    """A parametrised question is written as one variant that fulfils its condition, the same each time."""
    question = asked("numeric", PARAMETRISED)
    first, second = (write_gift([question], "bank").data for _ in range(2))
    content = read_text(read_gift, tmp_path, first).questions[0].content
    assert isinstance(content, NumericContent)
    assert (first == second, content.parameters, re.search(r"n in \{\{r/min\}\}", plain(content)) is not None) == (
        True,
        {},
        True,
    )


def test_a_kind_without_a_form_is_left_out() -> None:
    """A question of a kind that GIFT has no form for is named, the others are written."""
    outgoing = write_gift([asked("ordering", None), asked("numeric", PARAMETRISED, "q-2")], "bank")
    assert fates(outgoing.losses) == [("q-1", "item", Fate.LEFT_OUT)]
    assert b"::q-2::" in outgoing.data


@pytest.mark.parametrize("text", ["", "// only a comment\n", "\n\n"])
def test_a_file_without_questions_is_refused(tmp_path: Path, text: str) -> None:
    """A file that asks nothing is no GIFT file."""
    with pytest.raises(InputError, match="holds no question"):
        read_text(read_gift, tmp_path, text)


def test_hidden_characters_are_taken_away_and_named(tmp_path: Path) -> None:
    """A direction override in a text is cleaned, and the report says so."""
    incoming = read_text(read_gift, tmp_path, "a\u202eb {=1 ~2}\n")
    assert (plain(incoming.questions[0].content), fates(incoming.losses)) == (
        "ab",
        [("line 1", "hidden characters", Fate.CLEANED)],
    )


def test_an_overlong_text_is_left_out(tmp_path: Path) -> None:
    """A text beyond the bound of our own files leaves its question out, not the file."""
    incoming = read_text(read_gift, tmp_path, f"{'x' * 20_001} {{T}}\n\nshort {{F}}\n")
    assert [plain(one.content) for one in incoming.questions] == ["short"]


def test_a_number_beyond_reason_is_left_out(tmp_path: Path) -> None:
    """A number with thousands of digits or a huge power is refused before anything is computed with it."""
    text = f"a {{#{'9' * 5000}}}\n\nb {{#1e999}}\n\nc {{#1}}\n"
    assert [plain(one.content) for one in read_text(read_gift, tmp_path, text).questions] == ["c"]
