"""What is written holds to what QTI's information model and Moodle's importer ask, as rules of our own say it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from certengine.interchange.moodle_xml import WRITERS, write_moodle
from certengine.interchange.projection import question_of
from certengine.interchange.qti_package import MANIFEST, write_qti
from certengine.interchange.qti_versions import VERSIONS, QtiVersion
from certengine.interchange.questions import Question
from certengine.interchange.strict_zip import StrictZip
from certengine.items import KINDS
from certengine.items.numeric import NumericContent, Tolerance
from certengine.model.bank import Item
from certengine.model.text import Text
from tests.interchange.exchanged import asked, und
from tests.interchange.qti_rules import MATHML, faults
from tests.interchange.test_gap_texts import PARAMETRISED as GAPS
from tests.interchange.test_markup import FULL, VALUED, choice


def questions() -> Iterator[Question]:
    """Every kind's samples, and texts with every sign of markup."""
    for kind in KINDS:
        for number, sample in enumerate(kind.samples()):
            item = Item(
                id=f"{kind.id}-{number}",
                kind=kind.id,
                area="A",
                level="l",
                author="x",
                content=sample.content,
                explanation=Text.of(zh="$x$ 说明", en="why $x$"),
            )
            yield question_of(item, "zh", ())
    yield asked("numeric", VALUED, name="valued")
    fixed = NumericContent(stem=und("How many?"), key="3", unit="V", tolerance=Tolerance(absolute=Decimal("0.5")))
    yield asked("numeric", fixed, name="fixed")
    yield asked("gap_text", GAPS, name="gaps")
    yield choice(FULL, "`MOVE`", "$$x$$")


QUESTIONS = {question.name: question for question in questions()}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
@pytest.mark.parametrize("name", QUESTIONS)
def test_items_hold_to_the_information_model(version: QtiVersion, name: str, tmp_path: Path) -> None:
    """Elements, attributes, order and required parts of every item are those that QTI asks for."""
    package = StrictZip(write_qti([QUESTIONS[name]], "bank", version).data, tmp_path)
    (item,) = [fromstring(package.read(one) or b"") for one in package.names if one.startswith("items/")]
    assert item.tag.startswith(f"{{{version.namespace}}}")
    assert list(faults(item, third=version.hyphens)) == []
    declared = {part.get("identifier") for part in item.iter() if part.tag.endswith(("Declaration", "-declaration"))}
    named = {
        value
        for part in item.iter()
        for key, value in part.attrib.items()
        if key in {"responseIdentifier", "response-identifier"}
    }
    assert named <= declared


def test_a_rule_can_be_broken() -> None:
    """The rules see an unknown element, a missing and a strange attribute, a wrong order, text where none belongs."""
    broken = (
        '<assessmentItem identifier="a" title="a" adaptive="false" odd="x"><itemBody>text<blink/><rubricBlock/></itemBody>'
        "<responseDeclaration/></assessmentItem>"
    )
    found = " ".join(faults(fromstring(broken), third=False))
    for part in (
        "lacks timeDependent",
        "has odd",
        "holds itemBody responseDeclaration",
        "holds text",
        "blink is not known",
    ):
        assert part in found
    third = fromstring('<qti-rubric-block view="scorer"><p>x</p></qti-rubric-block>')
    assert len(list(faults(third, third=True))) == 2


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_manifests_name_what_is_in_the_package(version: QtiVersion, tmp_path: Path) -> None:
    """Schema and version stand first, then organizations, then a resource for each item with every file it has."""
    package = StrictZip(write_qti(list(QUESTIONS.values()), "bank", version).data, tmp_path)
    manifest = fromstring(package.read(MANIFEST) or b"")
    assert [part.tag.rpartition("}")[2] for part in manifest] == ["metadata", "organizations", "resources"]
    assert manifest.get("identifier")
    files = [part.get("href") for part in manifest.iter() if part.tag.endswith("}file")]
    assert sorted(files) == sorted(name for name in package.names if name != MANIFEST)
    identifiers = [part.get("identifier") for part in manifest.iter() if part.tag.endswith("}resource")]
    assert len(set(identifiers)) == len(identifiers) == len(QUESTIONS)


COMMON = {"name", "questiontext", "generalfeedback", "defaultgrade", "penalty", "hidden", "idnumber", "tags"}
UNITS = {"unitgradingtype", "unitpenalty", "showunits", "unitsleft", "units"}
#: By type of question: what Moodle's importer reads without a default of its own, and what else we write.
MOODLE: dict[str, tuple[set[str], set[str]]] = {
    "multichoice": ({"answer", "single", "shuffleanswers", "answernumbering"}, set()),
    "truefalse": ({"answer"}, set()),
    "shortanswer": ({"answer", "usecase"}, set()),
    "numerical": ({"answer"}, UNITS),
    "calculated": ({"answer", "dataset_definitions"}, UNITS | {"synchronize"}),
    "matching": ({"subquestion", "shuffleanswers"}, set()),
    "ordering": (
        {"answer", "layouttype", "selecttype", "selectcount", "gradingtype"},
        {"showgrading", "numberingstyle"},
    ),
    "cloze": (set(), set()),
    "essay": (
        {"responseformat", "responsefieldlines", "graderinfo"},
        {"responserequired", "attachments", "attachmentsrequired", "responsetemplate"},
    ),
}
CALCULATED = {"tolerance", "tolerancetype", "correctanswerformat", "correctanswerlength"}
COLUMN = {"status", "name", "type", "distribution", "minimum", "maximum", "decimals", "itemcount", "dataset_items"}


@pytest.mark.parametrize("name", QUESTIONS)
def test_moodle_gets_what_its_importer_asks(name: str) -> None:
    """Each type of question has the elements that Moodle reads, texts with a known format, and one full answer."""
    quiz = fromstring(write_moodle([QUESTIONS[name]], "bank").data)
    (question,) = [one for one in quiz if one.get("type") not in {None, "category"}]
    needed, more = MOODLE[str(question.get("type"))]
    parts = {part.tag for part in question}
    assert (COMMON | needed) - {"tags"} <= parts <= COMMON | needed | more
    assert {part.get("format") for part in question.iter() if part.get("format") is not None} <= {
        *("html", "plain_text", "moodle_auto_format"),
    }
    for part in question.iter():
        if part.tag in {"questiontext", "generalfeedback", "feedback", "graderinfo", "subquestion"}:
            assert next(one.tag for one in part) == "text"
    _answers_are_whole(question)


def _answers_are_whole(question: Any) -> None:
    type_, answers = question.get("type"), question.findall("answer")
    worths = [Decimal(answer.get("fraction")) for answer in answers]
    if type_ in {"multichoice", "truefalse", "shortanswer", "numerical", "calculated"}:
        right = [worth for worth in worths if worth > 0]
        assert sum(right) >= Decimal("99.99")
        assert question.findtext("single") == "false" or max(worths) == 100
    if type_ == "ordering":
        assert worths == list(range(1, len(worths) + 1))
    if type_ == "calculated":
        assert all(CALCULATED <= {part.tag for part in answer} for answer in answers)
        columns = question.findall("dataset_definitions/dataset_definition")
        assert columns
        for column in columns:
            assert COLUMN <= {part.tag for part in column}
            items = column.findall("dataset_items/dataset_item")
            assert len(items) == int(column.findtext("itemcount")) == int(column.findtext("number_of_items")) <= 100
        units = question.findall("units/unit")
        assert question.findtext("showunits") == ("0" if units else "3")


def test_every_type_we_write_has_rules() -> None:
    """A kind that is written to Moodle in a new type needs rules here."""
    written = {
        one.get("type")
        for question in QUESTIONS.values()
        for one in fromstring(write_moodle([question], "b").data)
        if one.get("type") not in {None, "category"}
    }
    assert written == set(MOODLE)
    assert set(WRITERS) == {question.kind for question in QUESTIONS.values()}


def test_mathml_is_in_its_namespace(tmp_path: Path) -> None:
    """Every element of a formula is of MathML, in every version."""
    for version in VERSIONS:
        package = StrictZip(write_qti([choice(FULL)], "bank", version).data, tmp_path)
        item = fromstring(package.read("items/q-1.xml") or b"")
        maths = list(item.iter(f"{MATHML}math"))
        assert maths
        assert all(part.tag.startswith(MATHML) for math in maths for part in math.iter())
