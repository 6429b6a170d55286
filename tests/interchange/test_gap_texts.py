"""Gap texts out and in again: within the sentence in QTI, as embedded answers in Moodle."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from certengine.interchange.loss import Fate
from certengine.interchange.moodle_reading import read_moodle
from certengine.interchange.moodle_xml import write_moodle
from certengine.interchange.qti_package import read_qti, write_qti
from certengine.interchange.qti_versions import VERSIONS, QtiVersion
from certengine.interchange.questions import LANGUAGE, Question, doubled, drawn_gaps
from certengine.items.gaps import ChoiceGap, Gap, GapTextContent, NumberGap, TextGap
from certengine.items.numeric import Tolerance
from certengine.items.options import Option
from certengine.items.parameters import Derived, Parameter
from certengine.model.markup import escape
from tests.interchange.exchanged import TEXTS, asked, marked, read_text, und

LOOSE = Tolerance(absolute=Decimal("0.5"))
PARAMETRISED = GapTextContent(
    stem=und("{U} V on {{6}} Ω draws <<i>>, {P} W; connected <<how>>, call it <<name>>."),
    parameters={"U": Parameter(values=(Decimal(12), Decimal(24)))},
    derived={"P": Derived(formula="U*U/6", places=1)},
    gaps=(
        Gap(id="i", number=NumberGap(key="U/6", unit="A", places=2, tolerance=Tolerance(exact=True))),
        Gap(
            id="how", choice=ChoiceGap(options=(Option(id="a", text=und("x")), Option(id="b", text=und("y"))), key="b")
        ),
        Gap(id="name", text=TextGap(accepted=({LANGUAGE: "current"}, {LANGUAGE: "I"}))),
    ),
)


@st.composite
def gap_texts(draw: st.DrawFn) -> Question:
    """A text of one to three gaps, each of any rule, full of characters that mean something somewhere."""
    gaps, pieces = [], [doubled(escape(draw(TEXTS)))]
    for id_ in ("g1", "g2", "g3")[: draw(st.integers(1, 3))]:
        match draw(st.sampled_from(("choice", "number", "text"))):
            case "choice":
                texts = draw(st.lists(TEXTS, min_size=2, max_size=4))
                options = tuple(Option(id=one, text=und(text)) for one, text in zip("abcd", texts, strict=False))
                key = draw(st.sampled_from([option.id for option in options]))
                gaps.append(Gap(id=id_, choice=ChoiceGap(options=options, key=key)))
            case "number":
                value = draw(st.decimals(min_value=-99, max_value=99, places=2)).normalize() + 0
                places = max(0, -int(value.as_tuple().exponent))
                tolerance = draw(st.sampled_from((LOOSE, Tolerance(exact=True))))
                gaps.append(Gap(id=id_, number=NumberGap(key=format(value, "f"), places=places, tolerance=tolerance)))
            case _:
                accepted = tuple(
                    {LANGUAGE: text} for text in draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))
                )
                gaps.append(Gap(id=id_, text=TextGap(accepted=accepted)))
        pieces += [f" <<{id_}>> ", doubled(escape(draw(TEXTS)))]
    return asked("gap_text", GapTextContent(stem=marked("".join(pieces)), gaps=tuple(gaps)))


def said(content: GapTextContent) -> Any:
    """What a gap text asks and takes for right, whatever its gaps and options are called."""
    text = content.stem.best(LANGUAGE)
    for number, gap in enumerate(content.gaps):
        text = text.replace(f"<<{gap.id}>>", f"({number})")
    rules: list[Any] = []
    for gap in content.gaps:
        if gap.choice is not None:
            texts = [" ".join(option.text.best(LANGUAGE).split()) for option in gap.choice.options]
            rules.append((texts, texts[[option.id for option in gap.choice.options].index(gap.choice.key)]))
        elif gap.number is not None:
            rules.append((Decimal(gap.number.key), gap.number.tolerance))
        elif gap.text is not None:
            rules.append([form[LANGUAGE] for form in gap.text.accepted])
    return " ".join(text.split()), rules


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
@settings(max_examples=25)
@given(question=gap_texts())
def test_qti_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, version: QtiVersion, question: Question
) -> None:
    """Whatever characters stand in text, options and answers, the same gaps come back."""
    data = write_qti([question], "bank", version).data
    incoming = read_text(read_qti, tmp_path_factory.getbasetemp(), data, "g.zip")
    assert said(incoming.questions[0].content) == said(question.content)
    assert incoming.losses == ()


@settings(max_examples=40)
@given(question=gap_texts())
def test_moodle_gives_back_what_was_written(tmp_path_factory: pytest.TempPathFactory, question: Question) -> None:
    """The same in Moodle's embedded answers, where half of the characters would end a gap."""
    forms = [form[LANGUAGE] for gap in question.content.gaps if gap.text is not None for form in gap.text.accepted]
    assume(not any(held in form for form in forms for held in ("\\}", "\\#")))  # Moodle has no writing for these
    data = write_moodle([question], "bank").data
    incoming = read_text(read_moodle, tmp_path_factory.getbasetemp(), data, "g.xml")
    assert said(incoming.questions[0].content) == said(question.content)
    assert incoming.losses == ()


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_parameters_of_a_gap_text_come_back_from_qti(tmp_path: Path, version: QtiVersion) -> None:
    """Draws, computed values, formulas of keys and the unit after a blank stand in QTI as such."""
    data = write_qti([asked("gap_text", PARAMETRISED)], "bank", version).data
    found = read_text(read_qti, tmp_path, data, "g.zip").questions[0].content
    assert (found.parameters, found.derived["P"].places) == (PARAMETRISED.parameters, 1)
    assert found.stem.best(LANGUAGE) == PARAMETRISED.stem.best(LANGUAGE)
    assert (found.gaps[0].number.key, found.gaps[0].number.unit) == ("(U / 6)", "A")
    assert [gap.id for gap in found.gaps] == ["i", "how", "name"]


def test_moodle_gets_one_drawn_variant(tmp_path: Path) -> None:
    """Embedded answers have no parameters: values are put in, the key is computed, the unit is text after the gap."""
    one = drawn_gaps(PARAMETRISED, "q-1")
    data = write_moodle([asked("gap_text", PARAMETRISED)], "bank").data
    found = read_text(read_moodle, tmp_path, data, "g.xml").questions[0].content
    assert found.parameters == {}
    assert found.gaps[0].number.key == one.gaps[0].number.key in {"2", "4"}
    assert "draws <<1>> A, " in found.stem.best(LANGUAGE)
    assert "{{6}}" in found.stem.best(LANGUAGE)


def cloze(text: str) -> str:
    """A foreign question with embedded answers."""
    return (
        '<quiz><question type="cloze"><name><text>C</text></name>'
        f'<questiontext format="html"><text><![CDATA[{text}]]></text></questiontext></question></quiz>'
    )


FOREIGN = (
    "<p>Red is {1:MC:stop#no~=go \\} on &amp; on~%50%half}, {2:SHORTANSWER_C:=amber~%100%am*~%50%yellow}"
    " for {:NM:=3:0.5~%50%4} s.</p>"
)


def test_foreign_embedded_answers_are_read(tmp_path: Path) -> None:
    """Short names of types, marks, escapes, entities, feedback and partial credit are understood or named."""
    incoming = read_text(read_moodle, tmp_path, cloze(FOREIGN), "c.xml")
    found = incoming.questions[0].content
    assert found.stem.best(LANGUAGE) == "Red is <<1>>, <<2>> for <<3>> s."
    choice, words, number = found.gaps
    assert [option.text.best(LANGUAGE) for option in choice.choice.options] == ["stop", "go } on & on", "half"]
    assert (choice.choice.key, {option.pin for option in choice.choice.options}) == ("b", {"first"})
    assert (words.text.accepted, words.text.patterns) == (({LANGUAGE: "amber"},), ("am*",))
    assert (number.number.key, number.number.tolerance) == ("3", LOOSE)
    assert {loss.feature for loss in incoming.losses} == {"feedback", "partial credit", "upper and lower case"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no gap at all", "a text has 1 to 60 gaps, this one 0"),
        ("{1:MC:=a~b", "a text has 1 to 60 gaps, this one 0"),
        ("{1:MC:=a~b} " * 61, "a text has 1 to 60 gaps, this one 61"),
        ("{1:MULTIRESPONSE:=a~=b~c}", "gaps of the type `MULTIRESPONSE` are not carried"),
        ("{1:MC:a~b}", "a gap to choose in has 2 to 10 options"),
        ("{1:MC:=a}", "a gap to choose in has 2 to 10 options"),
        ("{1:NM:=a}", "`a` is not a number"),
        ("{1:NM:=1:-1}", "the tolerance of a gap is under 0"),
        ("{1:NM:1}", "several numbers are right in a gap, or none"),
        ("{1:SA:a}", "no written-out answer is fully right"),
        ("a &lt;&lt;b&gt;&gt; {1:NM:=1}", "its gaps do not stand in one text"),
    ],
)
def test_embedded_answers_that_are_not_carried_say_why(tmp_path: Path, text: str, why: str) -> None:
    """A text without gaps, too many, and gaps without one rule of ours are left out with the reason."""
    incoming = read_text(read_moodle, tmp_path, cloze(text), "c.xml")
    assert [loss.fate for loss in incoming.losses][:1] == [Fate.LEFT_OUT]
    assert why in incoming.losses[0].why


def blank(name: str, base: str, *values: str, mapped: str = "") -> str:
    """The declaration of one gap's response."""
    listed = "".join(f"<value>{value}</value>" for value in values)
    return (
        f'<responseDeclaration identifier="{name}" cardinality="single" baseType="{base}">'
        f"{f'<correctResponse>{listed}</correctResponse>' if values else ''}{mapped}</responseDeclaration>"
    )


def foreign(declarations: str, body: str) -> str:
    """A foreign item of 2.1 with gaps."""
    return (
        '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="f" title="f" adaptive="false"'
        f' timeDependent="false">{declarations}<itemBody>{body}</itemBody></assessmentItem>'
    )


def entry(name: str) -> str:
    """A blank."""
    return f'<textEntryInteraction responseIdentifier="{name}"/>'


def choice(name: str, *identifiers: str) -> str:
    """A choice within the sentence."""
    listed = "".join(f'<inlineChoice identifier="{one}">{one.lower()}</inlineChoice>' for one in identifiers)
    return f'<inlineChoiceInteraction responseIdentifier="{name}" shuffle="false">{listed}</inlineChoiceInteraction>'


def test_foreign_gaps_are_read(tmp_path: Path) -> None:
    """Two blanks and a choice of a foreign item become one text; identifiers that are no ids are numbered."""
    declarations = blank("R.1", "integer", "42") + blank("R.2", "identifier", "Long_2") + blank("R.3", "string", "x")
    body = f"<p>{entry('R.1')}, then {choice('R.2', 'Long_1', 'Long_2')}</p><p>and {entry('R.3')}.</p>"
    found = read_text(read_qti, tmp_path, foreign(declarations, body), "f.xml").questions[0].content
    assert found.stem.best(LANGUAGE) == "<<1>>, then <<2>>\nand <<3>>."
    assert (found.gaps[0].number.key, found.gaps[1].choice.key, found.gaps[2].text.accepted[0]) == (
        "42",
        "b",
        {LANGUAGE: "x"},
    )


@pytest.mark.parametrize(
    ("declarations", "body", "why"),
    [
        (blank("A", "integer"), entry("A") + entry("A"), "two of its gaps have one response"),
        (blank("A", "integer") + blank("B", "float", "1"), entry("A") + entry("B"), "a gap has no one right number"),
        (blank("A", "point", "1 1") + blank("B", "float", "1"), entry("A") + entry("B"), "neither a number nor text"),
        (blank("A", "identifier", "C"), choice("A", "X", "Y"), "a gap has no one right choice"),
        (blank("A", "identifier", "X"), choice("A", "X"), "a choice has 2 to 10 options"),
        (blank("A", "string", "x"), entry("A") * 61, "a text has 60 gaps at most"),
        (
            blank("A", "string", "x") + blank("B", "string", "y"),
            entry("A") + f"<p>&lt;&lt;q&gt;&gt;</p>{entry('B')}",
            "its gaps do not stand in one text",
        ),
    ],
)
def test_gaps_that_are_not_carried_say_why(tmp_path: Path, declarations: str, body: str, why: str) -> None:
    """A gap without one rule of ours leaves the item out, with the reason."""
    incoming = read_text(read_qti, tmp_path, foreign(declarations, f"<p>{body}</p>"), "f.xml")
    assert [loss.fate for loss in incoming.losses] == [Fate.LEFT_OUT]
    assert why in incoming.losses[0].why
