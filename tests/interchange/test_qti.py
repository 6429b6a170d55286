"""QTI: items and packages of three versions are written, read again and held to what the specifications ask."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.errors import InputError
from certengine.interchange import strict_zip
from certengine.interchange.loss import Fate
from certengine.interchange.qti_package import MANIFEST, read_qti, write_qti
from certengine.interchange.qti_versions import QTI_21, QTI_22, QTI_30, VERSIONS, QtiVersion
from certengine.interchange.questions import Incoming, Question
from certengine.interchange.strict_zip import is_inside, zipped
from certengine.items.expression import parse_formula
from certengine.items.matching import MatchingContent, Prompt
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import Tolerance
from certengine.items.option_credit import OptionMapping
from certengine.items.options import Option
from certengine.items.ordering import OrderingContent
from certengine.items.parameters import Derived, Parameter
from certengine.items.single_choice import SingleChoiceContent
from tests.interchange.exchanged import (
    PARAMETRISED,
    QUESTIONS,
    as_seen,
    asked,
    fates,
    plain,
    read_text,
    structured,
    und,
)


def package(files: dict[str, str | bytes]) -> bytes:
    """A zip of texts."""
    return zipped({name: text if isinstance(text, bytes) else text.encode("utf-8") for name, text in files.items()})


def item(body: str, *, declaration: str = "", rest: str = "", root: str = "assessmentItem") -> str:
    """A foreign item of 2.1."""
    return (
        f'<?xml version="1.0"?><{root} xmlns="{QTI_21.namespace}" identifier="foreign-1" title="A title"'
        f' adaptive="false" timeDependent="false">{declaration}<itemBody>{body}</itemBody>{rest}</{root}>'
    )


def declared(base: str, *values: str, cardinality: str = "single", more: str = "") -> str:
    """A response declaration."""
    listed = "".join(f"<value>{value}</value>" for value in values)
    correct = f"<correctResponse>{listed}</correctResponse>" if values else ""
    return (
        f'<responseDeclaration identifier="R" cardinality="{cardinality}" baseType="{base}">'
        f"{correct}{more}</responseDeclaration>"
    )


CHOICE = (
    '<p>Which <b>relay</b> H<sub>2</sub>O?</p><choiceInteraction responseIdentifier="R" shuffle="true" maxChoices="1">'
    '<prompt>Tick one.</prompt><simpleChoice identifier="A">one</simpleChoice>'
    '<simpleChoice identifier="B">two<script>x</script></simpleChoice>'
    '<simpleChoice identifier="C" fixed="true">none of them</simpleChoice></choiceInteraction>'
)


def read_one(folder: Path, text: str) -> Incoming:
    """What is found in one item."""
    return read_text(read_qti, folder, text, "item.xml")


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
@settings(max_examples=25)
@given(question=QUESTIONS | structured())
def test_written_items_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, version: QtiVersion, question: Question
) -> None:
    """Whatever characters an item holds, it is read as it was written, but for runs of spaces."""
    data = write_qti([question], "bank", version).data
    incoming = read_text(read_qti, tmp_path_factory.getbasetemp(), data, "p.zip")
    again = write_qti(incoming.questions, "bank", version).data
    assert [(one.id, one.kind) for one in incoming.questions] == [(question.id, question.kind)]
    assert " ".join(plain(incoming.questions[0].content).split()) == " ".join(plain(as_seen(question)).split())
    assert [
        replace(one, record=None) for one in read_text(read_qti, tmp_path_factory.getbasetemp(), again).questions
    ] == [*incoming.questions]
    assert incoming.losses == ()


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_keys_options_and_pins_come_back(tmp_path: Path, version: QtiVersion) -> None:
    """The key names the same texts, and a pinned option stays where it was."""
    options = (
        Option(id="1", text=und("x")),
        Option(id="甲", text=und("y")),
        Option(id="z", text=und("all of them"), pin="last"),
    )
    single = asked("single_choice", SingleChoiceContent(stem=und("S"), options=options, key="甲"), "s")
    chosen = read_text(read_qti, tmp_path, write_qti([single], "bank", version).data, "p.zip").questions[0].content
    assert [(one.text.best("und"), one.pin, one.id == chosen.key) for one in chosen.options] == [
        ("x", None, False),
        ("y", None, True),
        ("all of them", "last", False),
    ]
    question = asked("ordering", OrderingContent(stem=und("Sort"), options=options[:2], key=("甲", "1")))
    seen = read_text(read_qti, tmp_path, write_qti([question], "bank", version).data, "p.zip").questions[0].content
    shown = {option.id: option.text.best("und") for option in seen.options}
    assert [shown[one] for one in seen.key] == ["y", "x"]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_parameters_are_template_variables(tmp_path: Path, version: QtiVersion) -> None:
    """Values, steps, condition, derived value, key and tolerance come back from template processing."""
    content = replace(
        PARAMETRISED,
        derived={"duration": Derived(formula="f*pi/2", places=2)},
        key="sqrt(f)*round(duration,1)-p",
        stem=und("{f} {{Hz}} and {duration}, {p}?"),
    )
    data = write_qti([asked("numeric", content)], "bank", version).data
    (seen,) = read_text(read_qti, tmp_path, data, "p.zip").questions
    assert seen.content.parameters == {
        "f": content.parameters["f"],
        "p": Parameter(min=Decimal(2), max=Decimal(8), step=Decimal(2)),
    }
    assert seen.content.derived == {"duration_": Derived(formula="((f * pi) / 2)", places=2)}
    assert (seen.content.unit, seen.content.tolerance) == ("r/min", Tolerance(relative=Decimal("0.01")))
    assert parse_formula(seen.content.where).root == parse_formula("p < f/10").root
    assert parse_formula(seen.content.key).root == parse_formula("sqrt(f)*round(duration_,1)-p").root
    assert plain(seen.content) == "{f} {{Hz}} and {duration_}, {p}?"


@pytest.mark.parametrize("condition", ["p > 1 and not (p == 2)", "p != 3 or p >= 4", "-p <= 2", "max(p,2) < abs(f)"])
def test_conditions_come_back_the_same(tmp_path: Path, condition: str) -> None:
    """Every operator of a condition has an expression, and what is read from it holds for the same values."""
    data = write_qti([asked("numeric", replace(PARAMETRISED, where=condition))], "bank", QTI_21).data
    (seen,) = read_text(read_qti, tmp_path, data, "p.zip").questions
    values = [{"p": Fraction(p), "f": Fraction(f)} for p in range(-3, 6) for f in (-9, 0, 9)]
    before, after = parse_formula(condition), parse_formula(seen.content.where)
    assert [after.holds(one) for one in values] == [before.holds(one) for one in values]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_items_hold_together_as_the_specification_asks(version: QtiVersion) -> None:
    """Identifiers are unique, the right response names existing choices, and every part stands in its order."""
    questions = [
        asked("matching", structured_matching(), "m"),
        asked("numeric", PARAMETRISED, "1-starts-with-a-digit"),
        asked("ordering", OrderingContent(stem=und("S"), options=OPTIONS, key=("b", "a")), "o"),
    ]
    outgoing = write_qti(questions, "bank", version)
    files = zipfile.ZipFile(io.BytesIO(outgoing.data))
    manifest = fromstring(files.read(MANIFEST))
    space = f"{{{version.manifest_namespace}}}"
    resources = list(manifest.iter(f"{space}resource"))
    hrefs = [str(resource.get("href")) for resource in resources]
    assert len({resource.get("identifier") for resource in resources}) == len(questions)
    assert {resource.get("type") for resource in resources} == {version.resource}
    for href in hrefs:
        root = fromstring(files.read(href))
        tags = [child.tag.removeprefix(f"{{{version.namespace}}}").removeprefix("qti-") for child in root]
        order = [tag.replace("-", "").lower() for tag in tags]
        known = ["responsedeclaration", "outcomedeclaration", "templatedeclaration", "templateprocessing", "itembody"]
        assert [tag for tag in order if tag != "responseprocessing"] == sorted(
            (tag for tag in order if tag != "responseprocessing"), key=known.index
        )
        assert order[-1] == "responseprocessing"
        identifiers = {one.get("identifier") for one in root.iter() if one.get("identifier")}
        values = {str(one.text) for one in root.iter() if one.tag.endswith("}value") or one.tag.endswith("}qti-value")}
        assert {part for value in values for part in value.split()} - {"0"} <= identifiers


OPTIONS = (Option(id="a", text=und("first")), Option(id="b", text=und("second")))


def structured_matching() -> MatchingContent:
    """A matching with one option right for two prompts."""
    prompts = (Prompt(id="p1", text=und("x")), Prompt(id="p2", text=und("y")))
    return MatchingContent(stem=und("M"), prompts=prompts, options=OPTIONS, key={"p1": "a", "p2": "a"})


@pytest.mark.parametrize(("version", "tag"), [(QTI_22, "choiceInteraction"), (QTI_30, "qti-match-interaction")])
def test_names_are_spelled_as_the_version_spells_them(version: QtiVersion, tag: str) -> None:
    """2.x writes humps, 3.0 writes hyphens and a prefix; HTML keeps its names in both."""
    question = asked("matching", structured_matching(), "m") if version is QTI_30 else choice_question()
    files = zipfile.ZipFile(io.BytesIO(write_qti([question], "bank", version).data))
    text = files.read(next(name for name in files.namelist() if name.startswith("items/"))).decode("utf-8")
    assert f"<{tag} " in text
    assert "<p>" in text


def choice_question() -> Question:
    """A single choice."""
    return asked("single_choice", SingleChoiceContent(stem=und("S"), options=OPTIONS, key="a"))


def test_the_record_is_a_file_of_its_resource(tmp_path: Path) -> None:
    """What rides along stands beside the item and comes back."""
    record = {"certengine": 1, "text": "<&>\u2028"}
    question = replace(choice_question(), record=record, explanation="because\nof it")
    (seen,) = read_text(read_qti, tmp_path, write_qti([question], "bank", QTI_30).data, "p.zip").questions
    assert (seen.record, seen.explanation) == (record, "because\nof it")


def test_the_same_bank_gives_the_same_package() -> None:
    """No clock and no chance enters a package."""
    first, second = (write_qti([choice_question()], "bank", QTI_22).data for _ in range(2))
    assert first == second


def test_a_foreign_choice(tmp_path: Path) -> None:
    """Body and prompt are the text, the ids of the file stay, a fixed last choice is pinned, a script is gone."""
    incoming = read_one(tmp_path, item(CHOICE, declaration=declared("identifier", "B")))
    content = incoming.questions[0].content
    assert plain(content) == "Which **relay** H₂O?\nTick one."
    assert [(one.id, one.text.best("und"), one.pin) for one in content.options] == [
        ("A", "one", None),
        ("B", "two", None),
        ("C", "none of them", "last"),
    ]
    assert (content.key, fates(incoming.losses)) == (
        "B",
        [("foreign-1", "active or embedded content", Fate.CLEANED)],
    )


def test_a_foreign_choice_of_three_dot_nought(tmp_path: Path) -> None:
    """The same item in the spelling of 3.0 reads the same."""
    text = (
        f'<qti-assessment-item xmlns="{QTI_30.namespace}" identifier="x" title="t">'
        '<qti-response-declaration identifier="R" cardinality="multiple" base-type="identifier"><qti-correct-response>'
        "<qti-value>A</qti-value><qti-value>C</qti-value></qti-correct-response></qti-response-declaration>"
        '<qti-item-body><qti-choice-interaction response-identifier="R" max-choices="0"><qti-prompt>Which?</qti-prompt>'
        '<qti-simple-choice identifier="A">a</qti-simple-choice><qti-simple-choice identifier="B">b</qti-simple-choice>'
        '<qti-simple-choice identifier="C">c</qti-simple-choice></qti-choice-interaction></qti-item-body>'
        "</qti-assessment-item>"
    )
    question = read_one(tmp_path, text).questions[0]
    assert (question.kind, question.content.key, plain(question.content)) == (
        "multiple_response",
        ("A", "C"),
        "Which?",
    )
    assert {option.pin for option in question.content.options} == {"first"}


def test_a_foreign_number_within_a_sentence(tmp_path: Path) -> None:
    """The entry is a gap, and the comparison of the response processing is the tolerance."""
    body = '<p>It turns <textEntryInteraction responseIdentifier="R"/> times a minute.</p>'
    rest = (
        '<responseProcessing><responseCondition><responseIf><equal toleranceMode="absolute" tolerance="0.5 0.5">'
        '<variable identifier="R"/><correct identifier="R"/></equal></responseIf></responseCondition></responseProcessing>'
    )
    incoming = read_one(tmp_path, item(body, declaration=declared("integer", "1500"), rest=rest))
    content = incoming.questions[0].content
    assert (plain(content), content.key, content.tolerance) == (
        "It turns _____ times a minute.",
        "1500",
        Tolerance(absolute=Decimal("0.5")),
    )


def entry(base: str, *values: str, more: str = "", rest: str = "", text: str = "Value?") -> str:
    """A foreign item that asks for an entry."""
    body = f'<p>{text}</p><p><textEntryInteraction responseIdentifier="R"/></p>'
    return item(body, declaration=declared(base, *values, more=more), rest=rest)


def templates(inner: str, name: str = "a") -> str:
    """Template processing that sets one value."""
    return f'<templateProcessing><setTemplateValue identifier="{name}">{inner}</setTemplateValue></templateProcessing>'


@pytest.mark.parametrize(
    ("inner", "tolerance", "lost"),
    [
        ('<equal toleranceMode="relative" tolerance="4 4"/>', Tolerance(absolute=Decimal("0.5")), []),
        ('<equal toleranceMode="absolute" tolerance="1 2"/>', Tolerance(absolute=Decimal(1)), ["tolerance"]),
        ('<equal toleranceMode="exact"/>', Tolerance(exact=True), []),
        ('<equalRounded roundingMode="decimalPlaces" figures="1"/>', Tolerance(absolute=Decimal("0.05")), []),
        ('<equalRounded roundingMode="significantFigures" figures="3"/>', Tolerance(exact=True), ["tolerance"]),
        ("<match/>", Tolerance(exact=True), []),
    ],
)
def test_how_far_off_is_right(tmp_path: Path, inner: str, tolerance: Tolerance, lost: list[str]) -> None:
    """Each way of comparing numbers becomes a tolerance of ours, or is named where it cannot."""
    processing = f"<responseProcessing><responseCondition><responseIf>{inner}</responseIf></responseCondition></responseProcessing>"
    incoming = read_one(tmp_path, entry("float", "12.5", rest=processing))
    assert (incoming.questions[0].content.tolerance, [loss.feature for loss in incoming.losses]) == (tolerance, lost)


def test_a_foreign_short_answer(tmp_path: Path) -> None:
    """The right text and all that earn as much are accepted; what earns a part is named."""
    mapping = (
        '<mapping><mapEntry mapKey="interlock" mappedValue="1"/><mapEntry mapKey="lock" mappedValue="0.5"/>'
        '<mapEntry mapKey="inter-lock" mappedValue="1"/></mapping>'
    )
    incoming = read_one(tmp_path, entry("string", "interlock", more=mapping))
    assert [form["und"] for form in incoming.questions[0].content.accepted] == ["interlock", "inter-lock"]
    assert [loss.feature for loss in incoming.losses] == ["partial credit"]


def test_a_choice_whose_key_is_a_mapping(tmp_path: Path) -> None:
    """Without a right response, the choices that earn marks are right."""
    mapping = '<mapping><mapEntry mapKey="A" mappedValue="1"/><mapEntry mapKey="C" mappedValue="-1"/></mapping>'
    question = read_one(tmp_path, item(CHOICE, declaration=declared("identifier", more=mapping))).questions[0]
    assert question.content.key == "A"


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_a_mapping_with_its_bounds_comes_back(tmp_path: Path, version: QtiVersion) -> None:
    """Points of options and both bounds are written as QTI has them, and read again."""
    mapping = OptionMapping(
        values={"a": Decimal(1), "b": Decimal("0.5"), "c": Decimal(-1)}, lower=Decimal("-0.5"), upper=Decimal(1)
    )
    options = tuple(Option(id=letter, text=und(letter * 2)) for letter in "abc")
    contents = (
        SingleChoiceContent(stem=und("S"), options=options, key="a", mapping=mapping),
        MultipleResponseContent(stem=und("S"), options=options, key=("a", "b"), mapping=mapping),
    )
    kinds = ("single_choice", "multiple_response")
    asking = [asked(kind, content, kind) for kind, content in zip(kinds, contents, strict=True)]

    incoming = read_text(read_qti, tmp_path, write_qti(asking, "bank", version).data, "p.zip")

    assert [mapping, mapping] == [one.content.mapping for one in incoming.questions]
    assert () == incoming.losses


def test_a_foreign_mapping_without_a_lower_bound(tmp_path: Path) -> None:
    """Without a lower bound what is taken off is taken off; what is not named is worth the default."""
    mapping = '<mapping defaultValue="-0.5"><mapEntry mapKey="A" mappedValue="1"/></mapping>'
    found = read_one(tmp_path, item(CHOICE, declaration=declared("identifier", "A", more=mapping))).questions[0]

    worth = {"A": Decimal(1), "B": Decimal("-0.5"), "C": Decimal("-0.5")}
    assert OptionMapping(values=worth, lower=Decimal("-0.5")) == found.content.mapping


def test_a_foreign_mapping_that_gives_the_right_answer_less_is_named(tmp_path: Path) -> None:
    """A mapping by which the right answer does not come to full marks is lost, and said to be."""
    mapping = '<mapping upperBound="2"><mapEntry mapKey="A" mappedValue="1"/></mapping>'
    incoming = read_one(tmp_path, item(CHOICE, declaration=declared("identifier", "A", more=mapping)))

    assert incoming.questions[0].content.mapping is None
    assert "partial credit" in [loss.feature for loss in incoming.losses]


@pytest.mark.parametrize(
    ("draw", "parameter"),
    [
        ('<randomInteger min="1" max="9" step="2"/>', Parameter(min=Decimal(1), max=Decimal(9), step=Decimal(2))),
        (
            (
                '<sum><baseValue baseType="float">0.5</baseValue><product><baseValue baseType="float">0.1</baseValue>'
                '<randomInteger min="0" max="5"/></product></sum>'
            ),
            Parameter(min=Decimal("0.5"), max=Decimal("1.0"), step=Decimal("0.1")),
        ),
        (
            '<random><ordered><baseValue baseType="integer">3</baseValue></ordered></random>',
            Parameter(values=(Decimal(3),)),
        ),
    ],
)
def test_foreign_draws_are_parameters(tmp_path: Path, draw: str, parameter: Parameter) -> None:
    """Even draws of whole numbers, of steps and of listed numbers become parameters of the same values."""
    rest = (
        f'<templateProcessing><setTemplateValue identifier="a">{draw}</setTemplateValue>'
        '<setTemplateValue identifier="b"><product><variable identifier="a"/><baseValue>2</baseValue></product>'
        '</setTemplateValue><setCorrectResponse identifier="R"><variable identifier="b"/></setCorrectResponse>'
        "</templateProcessing>"
    )
    incoming = read_one(tmp_path, entry("float", rest=rest, text='Twice <printedVariable identifier="a"/> {kg}?'))
    content = incoming.questions[0].content
    assert (content.parameters, content.key, plain(content)) == ({"a": parameter}, "b", "Twice {a} {{kg}}?")
    assert content.derived["b"].places == 6
    assert [loss.feature for loss in incoming.losses] == ["computed values"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            entry(
                "float",
                "1",
                rest=templates('<randomInteger min="1" max="2"/>'),
                text='<printedVariable identifier="z"/>?',
            ),
            "neither drawn nor computed",
        ),
        (entry("float", "1", rest=templates('<randomFloat min="0" max="1"/>')), "a draw of this form"),
        (entry("float", "1", rest=templates("<baseValue>1</baseValue>", name="not")), "no name for a parameter"),
        (
            entry("float", "1", rest=templates('<mathOperator name="atan"><baseValue>1</baseValue></mathOperator>')),
            "`atan` is not in our grammar",
        ),
        (entry("float", "1", rest=templates("")), "says nothing"),
        (entry("float", "1", "2"), "no one right number"),
        (entry("point", "1 2"), "neither a number nor text"),
        (entry("string"), "no right answer"),
    ],
)
def test_entries_that_cannot_be_carried_are_left_out(tmp_path: Path, text: str, why: str) -> None:
    """Draws, names and functions that we have not, and entries without one answer, leave their item out."""
    incoming = read_one(tmp_path, text)
    assert [why in loss.why for loss in incoming.losses if loss.fate is Fate.LEFT_OUT] == [True]


def test_a_foreign_rubric_for_scorers_is_the_explanation(tmp_path: Path) -> None:
    """What candidates see stays in the text, what scorers see becomes the explanation."""
    body = (
        '<rubricBlock view="scorer"><p>Because.</p></rubricBlock><rubricBlock view="candidate"><p>Read well.</p>'
        "</rubricBlock>" + CHOICE
    )
    question = read_one(tmp_path, item(body, declaration=declared("identifier", "B"))).questions[0]
    assert question.explanation == "Because."
    assert plain(question.content).startswith("Read well.\nWhich")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (item("<p>x</p>"), "0 interactions"),
        (item(CHOICE + CHOICE), "2 interactions"),
        (item('<p>x</p><hotspotInteraction responseIdentifier="R"/>'), "`hotspotInteraction` is not carried"),
        (item('<p>x</p><uploadInteraction responseIdentifier="R"/>'), "`uploadInteraction` is not"),
        (item(CHOICE), "names no choice"),
        (item(CHOICE, declaration=declared("identifier", "Z")), "an unknown choice"),
        (
            item('<p>x<textEntryInteraction responseIdentifier="R"/></p>', declaration=declared("float", "abc")),
            "`abc` is not a number",
        ),
        (
            item(
                '<p>x<textEntryInteraction responseIdentifier="R"/></p>',
                declaration=declared("float", "1"),
                rest="<templateProcessing><setTemplateValue identifier='a'><random><repeated/></random>"
                "</setTemplateValue></templateProcessing>",
            ),
            "a draw of this form",
        ),
        (
            item(
                '<p>x<textEntryInteraction responseIdentifier="R"/></p>',
                declaration=declared("float", "1"),
                rest="<templateProcessing><templateCondition><templateIf/></templateCondition></templateProcessing>",
            ),
            "`templateCondition` in its template processing",
        ),
    ],
)
def test_what_cannot_be_carried_is_left_out_with_its_reason(tmp_path: Path, text: str, why: str) -> None:
    """Other interactions, other templates and keys that name nothing leave their item out."""
    incoming = read_one(tmp_path, text)
    assert incoming.questions == ()
    assert why in incoming.losses[0].why


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<questestinterop/>", "exchange/format"),
        ("<html/>", "exchange/format"),
        ('<!DOCTYPE x SYSTEM "http://example.org/x.dtd"><assessmentItem/>', "exchange/xml-entities"),
    ],
)
def test_files_that_are_no_items_are_refused(tmp_path: Path, text: str, code: str) -> None:
    """Older versions, other documents and document types are refused with a code of their own."""
    with pytest.raises(InputError) as caught:
        read_one(tmp_path, text)
    assert caught.value.code == code


def test_the_rest_of_a_package_is_named(tmp_path: Path) -> None:
    """Pictures and tests are named, items that are missing too; the items that are there are read."""
    manifest = (
        f'<manifest xmlns="{QTI_21.manifest_namespace}" identifier="m"><resources>'
        f'<resource identifier="a" type="{QTI_21.resource}" href="a%20b.xml"><file href="a%20b.xml"/></resource>'
        f'<resource identifier="b" type="{QTI_21.resource}" href="gone.xml"/>'
        f'<resource identifier="c" type="{QTI_21.resource}" href="../../etc/passwd"/>'
        '<resource identifier="t" type="imsqti_test_xmlv2p1" href="test.xml"/></resources></manifest>'
    )
    text = item(CHOICE, declaration=declared("identifier", "B"))
    data = package({MANIFEST: manifest, "a b.xml": text, "test.xml": "<x/>", "images/x.png": b"\x89PNG"})
    incoming = read_text(read_qti, tmp_path, data, "p.zip")
    assert [one.id for one in incoming.questions] == ["foreign-1"]
    assert [entry for entry in fates(incoming.losses) if entry[0] != "foreign-1"] == [
        ("test.xml", "file", Fate.LOST),
        ("images/x.png", "file", Fate.LOST),
        ("gone.xml", "item", Fate.LEFT_OUT),
        ("../../etc/passwd", "item", Fate.LEFT_OUT),
    ]


@pytest.mark.parametrize("name", ["../x.xml", "/etc/x.xml", "a/../../x.xml", "C:/x.xml", "a\\..\\x.xml"])
def test_a_name_that_leads_out_refuses_the_package(tmp_path: Path, name: str) -> None:
    """A package with such a name was made to deceive, and is refused whole."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        entry = zipfile.ZipInfo("x")
        entry.filename = name
        file.writestr(entry, "x")
    with pytest.raises(InputError, match="leads out of the package"):
        read_text(read_qti, tmp_path, raw.getvalue(), "p.zip")


def test_a_link_refuses_the_package(tmp_path: Path) -> None:
    """A symbolic link within a package points at files of the reader."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        file.writestr(entry, "/etc/passwd")
    with pytest.raises(InputError, match="is a link"):
        read_text(read_qti, tmp_path, raw.getvalue(), "p.zip")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """Thirty megabytes of nothing in thirty kilobytes are not unpacked."""
    with pytest.raises(InputError, match="it unpacks to"):
        read_text(read_qti, tmp_path, package({MANIFEST: b" " * (30 * 1024 * 1024)}), "p.zip")


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of more files than any bank has is refused."""
    monkeypatch.setattr(strict_zip, "MAX_ENTRIES", 2)
    with pytest.raises(InputError, match="unpacks to 3 files"):
        read_text(read_qti, tmp_path, package({"a": "", "b": "", "c": ""}), "p.zip")


def test_a_size_that_lies_is_refused(tmp_path: Path) -> None:
    """An entry that holds more than its header claims is damaged, and never read to its end."""
    data = bytearray(package({MANIFEST: "x" * 100}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    with pytest.raises(InputError, match=r"damaged|larger than it claims"):
        read_text(read_qti, tmp_path, bytes(data), "p.zip")


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(100), package({"x": "y"})])
def test_a_damaged_zip_or_one_without_a_manifest_is_refused(tmp_path: Path, data: bytes) -> None:
    """What is no package is an error of the file."""
    with pytest.raises(InputError):
        read_text(read_qti, tmp_path, data, "p.zip")


@given(name=st.text(max_size=12))
def test_names_inside_stay_inside(name: str) -> None:
    """Whatever a name is, when it counts as inside, joining it to a folder stays in that folder."""
    folder = Path("/package")
    if is_inside(name):
        joined = Path(*[part for part in (folder / name).parts if part != "."])
        assert ".." not in joined.parts
        assert joined.is_relative_to(folder)
