"""Moodle XML: every type is read or named, what is written is read again, hostile documents are refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given

from certengine.errors import InputError
from certengine.interchange.formula_text import from_moodle, moodle_formula
from certengine.interchange.loss import Fate
from certengine.interchange.moodle_reading import read_moodle
from certengine.interchange.moodle_xml import DATASET_ROWS, write_moodle
from certengine.interchange.questions import Incoming, LeftOut, Question
from certengine.interchange.strict_xml import MAX_DEPTH
from certengine.items.expression import parse_formula
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.parameters import Derived, Parameter
from tests.interchange.exchanged import (
    FIXTURES,
    PARAMETRISED,
    QUESTIONS,
    as_seen,
    asked,
    choices,
    fates,
    meaning,
    plain,
    read_text,
    structured,
)

HEAD = '<?xml version="1.0"?>\n'


@pytest.fixture(scope="module")
def every_type() -> Incoming:
    """The fixture with the types that Moodle exports."""
    return read_moodle(FIXTURES / "every_type.xml")


def by_name(incoming: Incoming, name: str) -> Question:
    """The question of that name."""
    return next(one for one in incoming.questions if one.name == name)


def test_every_type_is_read_or_named(every_type: Incoming) -> None:
    """Nine questions are read; the types without a kind are named with their type."""
    assert [(one.name, one.kind) for one in every_type.questions] == [
        ("drives-01", "single_choice"),
        ("several", "multiple_response"),
        ("tf", "true_false"),
        ("num", "numeric"),
        ("calc", "numeric"),
        ("sa", "short_answer"),
        ("ma", "matching"),
        ("or", "ordering"),
        ("es", "essay"),
    ]
    left_out = [(loss.item, loss.why) for loss in every_type.losses if loss.fate is Fate.LEFT_OUT]
    assert left_out.pop() == ("cl", "a text has 1 to 60 gaps, this one 0")
    assert left_out == [
        (name, f"questions of the type `{kind}` are not carried yet") for name, kind in (("de", "description"),)
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sa", ("Which quantity?", ["current"], ("curr*",))),
        ("ma", ("Match", [("current", "A"), ("voltage", "V"), ("phase current", "A")])),
        ("or", ("Sort", ["first", "second", "third"])),
    ],
)
def test_words_pairs_and_orders(every_type: Incoming, name: str, expected: object) -> None:
    """Accepted words, pairs that share an option, and the places of steps are read."""
    assert meaning(by_name(every_type, name).content) == expected


def test_an_option_for_no_prompt_stays_an_option(every_type: Incoming) -> None:
    """An answer without a question is one more option to choose from."""
    options = by_name(every_type, "ma").content.options
    assert [option.text.best("und") for option in options] == ["A", "V", "W"]


def test_html_keeps_what_is_lowered_and_drops_what_acts(every_type: Incoming) -> None:
    """Lowered letters stay apart, a line break stays, the picture gives way to its description."""
    question = by_name(every_type, "drives-01")
    assert plain(question.content) == "Slip is named s; n_(s) is\nwhich speed?\n[a motor]"
    assert question.explanation == "n_(s) = 120·f/p"


def test_what_moodle_says_besides_is_named(every_type: Incoming) -> None:
    """Feedback, marks, a picture and its handler of one question each stand in the report."""
    assert [entry for entry in fates(every_type.losses) if entry[0] == "drives-01"] == [
        ("drives-01", "active or embedded content", Fate.CLEANED),
        ("drives-01", "picture", Fate.LOST),
        ("drives-01", "feedback", Fate.LOST),
        ("drives-01", "marks", Fate.LOST),
    ]


def test_options_that_stay_in_order_are_pinned(every_type: Incoming) -> None:
    """Where Moodle does not shuffle, neither do we."""
    assert {option.pin for option in by_name(every_type, "drives-01").content.options} == {"first"}


def test_category_and_tags(every_type: Incoming) -> None:
    """The category path and the tags come along."""
    question = by_name(every_type, "drives-01")
    assert (question.category, question.tags) == (("Default", "Drives"), ("difficulty:0.4", "week 3"))


def test_plain_text_keeps_its_angle_brackets(every_type: Incoming) -> None:
    """A text that says it is plain is not read as markup."""
    assert plain(by_name(every_type, "several").content) == "Which are <AC> drives?"


def test_numerical_with_units(every_type: Incoming) -> None:
    """The unit of the key is kept, the other named; braces that are no parameter are doubled."""
    content = by_name(every_type, "num").content
    assert (content.key, content.tolerance, content.unit, plain(content)) == (
        "1500",
        Tolerance(absolute=Decimal(15)),
        "r/min",
        "Speed in {{r/min}}?",
    )
    assert ("num", "units", Fate.LOST) in fates(every_type.losses)


def test_calculated_question_is_parametrised(every_type: Incoming) -> None:
    """The data set of one column becomes the values of a parameter, the formula one of ours."""
    content = by_name(every_type, "calc").content
    assert (content.parameters, content.places, content.tolerance, plain(content)) == (
        {"r": Parameter(values=(Decimal("1.5"), Decimal(2)))},
        2,
        Tolerance(relative=Decimal("0.01")),
        "Area of a circle of {r} m within {{x}}?",
    )
    assert parse_formula(content.key).root == parse_formula("pi*((r)^(2))+ln(1)").root


@given(question=QUESTIONS)
def test_written_questions_are_read_again(tmp_path_factory: pytest.TempPathFactory, question: Question) -> None:
    """Whatever characters a question holds, it is read as it was written, and nothing is lost."""
    data = write_moodle([question], "a / bank").data
    incoming = read_text(read_moodle, tmp_path_factory.getbasetemp(), data)
    assert [(one.id, one.kind, one.content) for one in incoming.questions] == [
        (question.id, question.kind, as_seen(question))
    ]
    assert incoming.losses == ()


@given(question=structured())
def test_words_pairs_and_orders_are_read_again(tmp_path_factory: pytest.TempPathFactory, question: Question) -> None:
    """A short answer, a matching and an order take the same for right after they were written."""
    incoming = read_text(read_moodle, tmp_path_factory.getbasetemp(), write_moodle([question], "bank").data)
    assert [meaning(one.content) for one in incoming.questions] == [meaning(question.content)]
    assert incoming.losses == ()


@given(question=choices())
def test_explanation_category_tags_and_record_ride_along(
    tmp_path_factory: pytest.TempPathFactory, question: Question
) -> None:
    """What stands beside a question is read again; a record may hold what would end a comment."""
    record = {"certengine": 1, "text": "a -- b --> <!-- c -"}
    sent = replace(
        question, explanation=plain(question.content), category=("A1 x/y",), tags=("level:know",), record=record
    )
    (seen,) = read_text(read_moodle, tmp_path_factory.getbasetemp(), write_moodle([sent], "bank").data).questions
    assert (seen.explanation, seen.category, seen.tags, seen.record) == (
        sent.explanation,
        ("bank", "A1 x/y"),
        sent.tags,
        record,
    )


def test_parameters_become_a_data_set(tmp_path: Path) -> None:
    """Every row of the data set fulfils the condition, and derived values are columns of their own."""
    content = replace(PARAMETRISED, derived={"d": Derived(formula="f-p", places=1)}, key="120*f/p+0*d")
    outgoing = write_moodle([asked("numeric", content)], "bank")
    columns = {
        definition.findtext("name/text"): [Decimal(str(value.text)) for value in definition.iter("value")]
        for definition in fromstring(outgoing.data).iter("dataset_definition")
    }
    rows = list(zip(columns["f"], columns["p"], columns["d"], strict=True))
    assert len(rows) == 5
    assert all(p < f / 10 and d == f - p for f, p, d in rows)
    (seen,) = read_text(read_moodle, tmp_path, outgoing.data).questions
    assert (seen.content.tolerance, seen.content.unit, plain(seen.content)) == (
        content.tolerance,
        content.unit,
        plain(content),
    )


def test_a_large_space_gives_as_many_rows_as_moodle_bears() -> None:
    """Of a hundred thousand combinations fifty are written, from one end to the other."""
    wide = Parameter(min=Decimal(1), max=Decimal(1000), step=Decimal(1))
    content = replace(PARAMETRISED, parameters={"f": wide, "p": wide}, where=None)
    root = fromstring(write_moodle([asked("numeric", content)], "bank").data)
    values = [int(str(value.text)) for value in next(root.iter("dataset_definition")).iter("value")]
    assert len(values) == DATASET_ROWS
    assert max(values) - min(values) > 900


@pytest.mark.parametrize(
    "formula",
    [
        "120*f/p",
        "-f^2",
        "(f+p)^(1/2)",
        "sqrt(f)*ln(p)",
        "round(f/p,2)",
        "pi*f",
        "max(f,p,3)",
        "2^3^2",
        "f-(p-1)",
        "0.0000001*f",
    ],
)
def test_formulas_come_back_the_same(formula: str) -> None:
    """A formula in Moodle's writing is read back as the same formula."""
    assert parse_formula(from_moodle(moodle_formula(formula))).root == parse_formula(formula).root


@pytest.mark.parametrize("formula", ["{a}**2", "{a b}+1", "system({a})", "pow({a},2", "{a}>1?1:2", "__import__({a})"])
def test_a_formula_beyond_our_grammar_is_left_out(formula: str) -> None:
    """What our grammar has not is never guessed."""
    with pytest.raises(LeftOut):
        from_moodle(formula)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>', "exchange/xml-entities"),
        ('<!DOCTYPE q SYSTEM "http://example.org/q.dtd"><quiz/>', "exchange/xml-entities"),
        (
            '<!DOCTYPE q [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><quiz>&c;</quiz>',
            "exchange/xml-entities",
        ),
        ("<quiz>" + "<p>" * MAX_DEPTH + "</p>" * MAX_DEPTH + "</quiz>", "exchange/too-large"),
        ("<quiz><question></quiz>", "exchange/xml"),
        ("<html/>", "exchange/format"),
        ("<quiz/>", "exchange/empty"),
    ],
)
def test_hostile_and_broken_documents_are_refused(tmp_path: Path, document: str, code: str) -> None:
    """Entities, document types, bottomless nesting and broken markup are refused with a code of their own."""
    with pytest.raises(InputError) as caught:
        read_text(read_moodle, tmp_path, HEAD + document, "x.xml")
    assert caught.value.code == code


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    """An encoding that nobody knows is an error of the file, not of the program."""
    with pytest.raises(InputError):
        read_text(read_moodle, tmp_path, '<?xml version="1.0" encoding="x-nobody"?><quiz/>')


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('<question type="multichoice"><questiontext><text>Q</text></questiontext></question>', "2 to 10 options"),
        ('<question type="truefalse"><questiontext><text>Q</text></questiontext></question>', "whether true or false"),
        ('<question type="numerical"><questiontext><text>Q</text></questiontext></question>', "several numbers"),
        ('<question type="truefalse"><questiontext><text> </text></questiontext></question>', "has no text"),
        (
            '<question type="calculated"><questiontext><text>{=1+1}</text></questiontext></question>',
            "formulas within the text",
        ),
    ],
)
def test_questions_that_do_not_hold_together_are_left_out(tmp_path: Path, body: str, why: str) -> None:
    """A question without options, without an answer or without text is named with the reason."""
    incoming = read_text(read_moodle, tmp_path, f"<quiz>{body}</quiz>")
    assert [why in loss.why for loss in incoming.losses] == [True]


def test_a_space_without_any_combination_is_left_out() -> None:
    """A condition that nothing fulfils gives no data set, and the question is named."""
    content: NumericContent = replace(PARAMETRISED, where="p > 100")
    assert fates(write_moodle([asked("numeric", content)], "bank").losses) == [("q-1", "item", Fate.LEFT_OUT)]
