"""Moodle XML, written: every kind by the types of question of Moodle. Reading is in ``moodle_reading``.

A parametrised item becomes a calculated question with a data set of its own: every combination, or 50 draws of a large
space, each fulfilling ``where``, with the derived values as further columns. The record of an item stands in a comment
before it (Moodle drops comments), the id in ``idnumber``, level, importance and difficulty in tags (Moodle keeps both).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from html import escape as quoted
from typing import Any, Final
from urllib.parse import quote

from certengine.assembly.keyed import SEED_BYTES, KeyedDraw
from certengine.canonical import decimal_text
from certengine.interchange.choices import percent_of_right
from certengine.interchange.essays import guide_text
from certengine.interchange.formula_text import moodle_formula
from certengine.interchange.gift_syntax import path_text
from certengine.interchange.html_text import CAPTION
from certengine.interchange.loss import Fate, Loss
from certengine.interchange.moodle_cloze import cloze_text
from certengine.interchange.moodle_formulas import tex, with_values
from certengine.interchange.questions import LeftOut, Outgoing, Picture, Question, drawn, shown
from certengine.interchange.records import MARK, record_text
from certengine.interchange.rich import html_of
from certengine.interchange.strict_xml import Comment, Element, SubElement, bytes_of
from certengine.interchange.wording import is_simple, single, words
from certengine.interchange.words_and_pairs import answers_of, pairs_of
from certengine.items.essay import EssayContent
from certengine.items.expression import FormulaError, parse_formula
from certengine.items.gaps import GapTextContent
from certengine.items.matching import MatchingContent
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent
from certengine.items.options import Option
from certengine.items.ordering import OrderingContent
from certengine.items.parameters import combinations, draw_values, with_derived
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.markup import escape

DATASET_ROWS: Final = 50
"""Rows of a calculated question's data set; Moodle takes 100 at most."""

RELATIVE, ABSOLUTE = "1", "2"
"""Moodle's numbers for the kinds of tolerance."""


def write_moodle(questions: Sequence[Question], title: str) -> Outgoing:
    """A Moodle XML file.

    Args:
        title: of the bank; the outermost category.
    """
    quiz = Element("quiz")
    losses: list[Loss] = []
    category: tuple[str, ...] | None = None
    for question in questions:
        try:
            written = _question(question)
        except LeftOut as why:
            losses.append(Loss(item=question.name, feature="item", fate=Fate.LEFT_OUT, why=str(why)))
            continue
        if question.category != category:
            category = question.category
            heading = SubElement(quiz, "question", type="category")
            _text(heading, "category", path_text((title, *category)))
        if question.record is not None:
            quiz.append(Comment(f" {MARK} {record_text(question.record)} "))
        quiz.append(written)
    return Outgoing(data=bytes_of(quiz), losses=tuple(losses))


def _question(question: Question) -> Element:
    writer = WRITERS.get(question.kind)
    if writer is None:
        raise LeftOut(f"Moodle XML is not written for the kind `{question.kind}` yet")
    type_, stem, finish = writer(question.content, question.name)
    element = Element("question", type=type_)
    _text(element, "name", question.name)
    if type_ == "cloze":
        _text(element, "questiontext", stem, format="html")
    else:
        _rich(element, "questiontext", stem)
    if question.pictures:
        _add_pictures(element, question.pictures)
    _rich(element, "generalfeedback", question.explanation or "")
    SubElement(element, "defaultgrade").text = str(getattr(question.content, "points", 1))
    SubElement(element, "penalty").text = "0"
    SubElement(element, "hidden").text = "0"
    SubElement(element, "idnumber").text = question.id or ""
    finish(element)
    if question.tags:
        tags = SubElement(element, "tags")
        for tag in question.tags:
            _text(tags, "tag", tag)
    return element


_Writer = Callable[[Any, str], tuple[str, str, Callable[[Element], None]]]


def _single(content: SingleChoiceContent, name: str) -> tuple[str, str, Callable[[Element], None]]:
    worths = {option.id: "100" if option.id == content.key else "0" for option in content.options}
    return "multichoice", shown(content.stem), lambda element: _options(element, content.options, worths, several=False)


def _several(content: MultipleResponseContent, name: str) -> tuple[str, str, Callable[[Element], None]]:
    percent = percent_of_right(len(content.key))
    worths = {one.id: percent if one.id in content.key else f"-{percent}" for one in content.options}
    return "multichoice", shown(content.stem), lambda element: _options(element, content.options, worths, several=True)


def _options(element: Element, options: Sequence[Option], worths: Mapping[str, str], *, several: bool) -> None:
    SubElement(element, "single").text = "false" if several else "true"
    # Moodle shuffles all options or none; one that is pinned keeps them all in place.
    SubElement(element, "shuffleanswers").text = "false" if any(option.pin for option in options) else "true"
    SubElement(element, "answernumbering").text = "ABCD"
    for option in options:
        _fill(_answer(element, worths[option.id], "", format=""), shown(option.text))


def _truth(content: TrueFalseContent, name: str) -> tuple[str, str, Callable[[Element], None]]:
    def finish(element: Element) -> None:
        for value in (True, False):
            _answer(element, "100" if value is content.key else "0", str(value).lower(), format="moodle_auto_format")

    return "truefalse", shown(content.stem), finish


def _number(content: NumericContent, name: str) -> tuple[str, str, Callable[[Element], None]]:
    if content.parameters:
        stem = with_values(single(shown(content.stem)), {*content.parameters, *content.derived})
        return "calculated", stem, lambda element: _calculated(element, content, name)
    one = drawn(content, name)

    def finish(element: Element) -> None:
        answer = _answer(element, "100", one.key, format="moodle_auto_format")
        SubElement(answer, "tolerance").text = decimal_text(one.tolerance.absolute or Decimal(0))
        _units(element, content.unit)

    return "numerical", single(shown(one.stem)), finish


def _short(content: ShortAnswerContent, name: str) -> tuple[str, str, Callable[[Element], None]]:
    def finish(element: Element) -> None:
        SubElement(element, "usecase").text = "0"
        for answer in answers_of(content):
            _answer(element, "100", answer, format="plain_text")

    return "shortanswer", shown(content.stem), finish


def _matching(content: MatchingContent, name: str) -> tuple[str, str, Callable[[Element], None]]:
    def finish(element: Element) -> None:
        SubElement(element, "shuffleanswers").text = "true"
        for prompt, option in pairs_of(content, shown):
            pair = SubElement(element, "subquestion")
            SubElement(pair, "text")
            _fill(pair, prompt)
            _text(pair, "answer", words(option))

    return "matching", shown(content.stem), finish


def _ordering(content: OrderingContent, name: str) -> tuple[str, str, Callable[[Element], None]]:
    """The steps in their right order: Moodle keeps the place of each as its fraction."""
    texts = {option.id: shown(option.text) for option in content.options}

    def finish(element: Element) -> None:
        settings = {"layouttype": "VERTICAL", "selecttype": "ALL", "selectcount": "0", "gradingtype": "ALL_OR_NOTHING"}
        for tag, value in (*settings.items(), ("showgrading", "SHOW"), ("numberingstyle", "ABCD")):
            SubElement(element, tag).text = value
        for place, step in enumerate(content.key, start=1):
            _fill(_answer(element, str(place), "", format=""), texts[step])

    return "ordering", shown(content.stem), finish


def _gaps(content: GapTextContent, name: str) -> tuple[str, str, Callable[[Element], None]]:
    return "cloze", cloze_text(content, name), lambda _: None


def _essay(content: EssayContent, name: str) -> tuple[str, str, Callable[[Element], None]]:
    def finish(element: Element) -> None:
        lines = str(content.lines)
        settings = {"responseformat": "plain", "responserequired": "1", "responsefieldlines": lines, "attachments": "0"}
        for tag, value in (*settings.items(), ("attachmentsrequired", "0")):
            SubElement(element, tag).text = value
        _text(element, "graderinfo", guide_text(content), format="plain_text")
        _text(element, "responsetemplate", "", format="plain_text")

    return "essay", shown(content.stem), finish


WRITERS: Final[Mapping[str, _Writer]] = {
    "single_choice": _single,
    "multiple_response": _several,
    "true_false": _truth,
    "numeric": _number,
    "short_answer": _short,
    "matching": _matching,
    "ordering": _ordering,
    "gap_text": _gaps,
    "essay": _essay,
}
"""By kind: content and name to the type, the text and what fills the rest."""


def _calculated(element: Element, content: NumericContent, name: str) -> None:
    SubElement(element, "synchronize").text = "0"
    answer = _answer(element, "100", moodle_formula(content.key), format="moodle_auto_format")
    tolerance = content.tolerance
    SubElement(answer, "tolerance").text = decimal_text(tolerance.relative or tolerance.absolute or Decimal(0))
    SubElement(answer, "tolerancetype").text = RELATIVE if tolerance.relative is not None else ABSOLUTE
    SubElement(answer, "correctanswerformat").text = "1"
    SubElement(answer, "correctanswerlength").text = str(content.places)
    _units(element, content.unit)
    rows = _rows(content, name)
    if not rows:
        raise LeftOut("no combination of the parameters fulfils `where`")
    definitions = SubElement(element, "dataset_definitions")
    for parameter in rows[0]:
        _column(SubElement(definitions, "dataset_definition"), parameter, [row[parameter] for row in rows])


def _rows(content: NumericContent, name: str) -> list[dict[str, Decimal]]:
    """Every combination of a small space, else so many draws of a large one; each fulfils ``where``."""
    found, searched, whole = combinations(content.parameters)
    if whole and searched <= DATASET_ROWS:
        condition = parse_formula(content.where) if content.where else None
        rows = [one for one in found if condition is None or condition.holds({key: Fraction(one[key]) for key in one})]
    else:
        rows = _draws(content, name)
    return [with_derived(row, content.derived) for row in rows]


def _draws(content: NumericContent, name: str) -> list[dict[str, Decimal]]:
    rows: list[dict[str, Decimal]] = []
    for attempt in range(4 * DATASET_ROWS):
        try:
            row = draw_values(
                content.parameters, content.where, KeyedDraw(bytes(SEED_BYTES), ("data set", name, str(attempt)))
            )
        except FormulaError:
            break
        if row not in rows:
            rows.append(row)
        if len(rows) == DATASET_ROWS:
            break
    return rows


def _column(definition: Element, name: str, values: Sequence[Decimal]) -> None:
    decimals = max(max(0, -int(value.normalize().as_tuple().exponent)) for value in values)
    _text(definition, "status", "private")
    _text(definition, "name", name)
    SubElement(definition, "type").text = "calculated"
    _text(definition, "distribution", "uniform")
    _text(definition, "minimum", decimal_text(min(values)))
    _text(definition, "maximum", decimal_text(max(values)))
    _text(definition, "decimals", str(decimals))
    SubElement(definition, "itemcount").text = str(len(values))
    items = SubElement(definition, "dataset_items")
    for number, value in enumerate(values, start=1):
        item = SubElement(items, "dataset_item")
        SubElement(item, "number").text = str(number)
        SubElement(item, "value").text = decimal_text(value)
    SubElement(definition, "number_of_items").text = str(len(values))


def _units(element: Element, unit: str | None) -> None:
    SubElement(element, "unitgradingtype").text = "0"
    SubElement(element, "unitpenalty").text = "0"
    SubElement(element, "showunits").text = "0" if unit else "3"  # a unit typed in is read, where there is one
    SubElement(element, "unitsleft").text = "0"
    if unit:
        one = SubElement(SubElement(element, "units"), "unit")
        SubElement(one, "multiplier").text = "1"
        SubElement(one, "unit_name").text = unit


def _answer(element: Element, worth: str, text: str, *, format: str) -> Element:
    answer = SubElement(element, "answer", fraction=worth, format=format)
    SubElement(answer, "text").text = text
    _text(answer, "feedback", "", format="plain_text")
    return answer


def _add_pictures(element: Element, pictures: Sequence[Picture]) -> None:
    """Below the stem, as files of the question's text."""
    text = next(part for part in element if part.tag == "questiontext")
    held = text[0]
    if text.get("format") == "plain_text":
        text.set("format", "html")
        held.text = html_of(escape(held.text or ""), tex)
    for picture in pictures:
        name = picture.name.rpartition("/")[2]
        shown = f'<p><img src="@@PLUGINFILE@@/{quote(name)}" alt="{quoted(picture.alt)}" /></p>'
        below = f'<p class="{CAPTION}">{quoted(words(picture.caption))}</p>' if picture.caption else ""
        held.text = f"{held.text or ''}{shown}{below}"
        file = SubElement(text, "file", name=name, path="/", encoding="base64")
        file.text = b64encode(picture.data).decode("ascii")


def _rich(parent: Element, tag: str, text: str) -> None:
    """A text of ours in an element of its own."""
    _fill(SubElement(parent, tag), text)


def _fill(element: Element, text: str) -> None:
    """A text of ours within an element: HTML where it has markup, else as it is."""
    held = next((part for part in element if part.tag == "text"), None)
    if held is None:
        held = SubElement(element, "text")
    element.set("format", "plain_text" if is_simple(text) else "html")
    held.text = words(text) if is_simple(text) else html_of(text, tex)


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(SubElement(parent, tag, attributes), "text").text = text
