"""Moodle XML, read: every type of question by name; those we have no kind for are left out and named.

A calculated question's data set is a list of rows; our parameters vary each on its own. With one parameter nothing
changes; with several the report says that their values are combined freely.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from certengine.canonical import decimal_text
from certengine.interchange.choices import choice_question
from certengine.interchange.essays import essay_question
from certengine.interchange.formula_text import from_moodle
from certengine.interchange.gift_syntax import category_path
from certengine.interchange.html_text import TakePicture, html_to_text, looks_like_html
from certengine.interchange.moodle_cloze import read_cloze
from certengine.interchange.moodle_formulas import from_values
from certengine.interchange.moodle_xml import ABSOLUTE, RELATIVE
from certengine.interchange.pictures import Pictures
from certengine.interchange.questions import (
    Incoming,
    LeftOut,
    Losses,
    Question,
    collect,
    fixed_number,
    read_number,
    refused,
)
from certengine.interchange.records import MARK, read_record
from certengine.interchange.strict_xml import Element, child_text, is_comment, local, parse_xml
from certengine.interchange.tables import read_bounded
from certengine.interchange.wording import doubled
from certengine.interchange.words_and_pairs import matching_question, short_question
from certengine.items.expression import is_name
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import LETTERS, Option
from certengine.items.ordering import OrderingContent
from certengine.items.parameters import Parameter
from certengine.items.true_false import TrueFalseContent
from certengine.model.markup import escape

_MAX_PLACES: Final = 12
_PLUGIN_FILE: Final = "@@PLUGINFILE@@/"
_FEEDBACK: Final = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback", "hint")


def read_moodle(path: Path) -> Incoming:
    """The questions of a Moodle XML file.

    Raises:
        NotFound, InputError: when there is no such file, it is too large, hostile, or no Moodle XML.
    """
    root = parse_xml(read_bounded(path), path)
    if local(root) != "quiz":
        raise refused(path, "format", f"its outermost element is `{local(root)}`, not `quiz`", "hand in Moodle XML")
    return collect(_questions(root), path)


def _questions(root: Element) -> Iterator[tuple[str, Callable[[Losses], Question]]]:
    category: tuple[str, ...] = ()
    record: str | None = None
    number = 0
    for element in root:
        if is_comment(element):
            text = (element.text or "").strip()
            record = text.removeprefix(MARK).strip() if text.startswith(f"{MARK} {{") else record
        elif local(element) == "question" and element.get("type") == "category":
            category = category_path(child_text(element, "category", "text"))
        elif local(element) == "question":
            number += 1
            yield f"question {number}", _reader(element, category, record)
            record = None


def _reader(element: Element, category: tuple[str, ...], record: str | None) -> Callable[[Losses], Question]:
    def read(losses: Losses) -> Question:
        id_, title = losses.plain(child_text(element, "idnumber")), losses.plain(child_text(element, "name", "text"))
        losses.item = name = id_ or title or losses.item
        type_ = element.get("type", "")
        reader = READERS.get(type_)
        if reader is None:
            raise LeftOut(f"questions of the type `{type_[:40]}` are not carried yet")
        pictures = Pictures(_files(_child(element, "questiontext")))
        stem = _text(_child(element, "questiontext"), losses, pictures.take)
        if not stem:
            raise LeftOut("the question has no text")
        _named_losses(element, losses)
        kind, content = reader(element, stem, losses)
        return Question(
            id=id_ or None,
            name=name,
            kind=kind,
            content=content,
            category=tuple(losses.plain(part) for part in category),
            tags=tuple(
                losses.plain(child_text(tag, "text")) for tags in _all(element, "tags") for tag in _all(tags, "tag")
            ),
            explanation=_text(_child(element, "generalfeedback"), losses) or None,
            pictures=pictures.taken(),
            record=read_record(record) if record else None,
        )

    return read


def _multichoice(element: Element, stem: str, losses: Losses) -> tuple[str, Any]:
    options = [(_text(answer, losses), _worth(answer)) for answer in _all(element, "answer")]
    return choice_question(
        stem,
        options,
        losses,
        several=child_text(element, "single").lower() in {"false", "0"},
        fixed=child_text(element, "shuffleanswers").lower() in {"false", "0"},
    )


def _truefalse(element: Element, stem: str, losses: Losses) -> tuple[str, Any]:
    right = [child_text(answer, "text").lower() for answer in _all(element, "answer") if _worth(answer) == 1]
    if right not in (["true"], ["false"]):
        raise LeftOut("it is not said whether true or false is right")
    return "true_false", TrueFalseContent(stem=losses.text(stem), key=right == ["true"])


def _numerical(element: Element, stem: str, losses: Losses) -> tuple[str, Any]:
    answer = _one_right(element, losses)
    value = read_number(child_text(answer, "text"))
    return "numeric", fixed_number(
        losses, stem, value, read_number(child_text(answer, "tolerance") or "0"), _unit(element, losses)
    )


def _calculated(element: Element, stem: str, losses: Losses) -> tuple[str, Any]:
    if "{=" in stem:
        raise LeftOut("formulas within the text are not carried")
    answer = _one_right(element, losses)
    parameters = {
        child_text(one, "name", "text"): _values(one)
        for group in _all(element, "dataset_definitions")
        for one in _all(group, "dataset_definition")
    }
    if not parameters or not all(map(is_name, parameters)):
        raise LeftOut("its data set has no columns, or a name that no formula of ours can have")
    if len(parameters) > 1:
        losses.add(
            "rows of the data set", "the values of its columns are combined freely: see whether each makes sense"
        )
    kind, width = child_text(answer, "tolerancetype") or RELATIVE, read_number(child_text(answer, "tolerance") or "0")
    if kind not in {RELATIVE, ABSOLUTE}:
        raise LeftOut("a geometric tolerance is not carried")
    if child_text(answer, "correctanswerformat") == "2":
        losses.add("significant figures", "the key is printed with decimal places")
    if not width:
        tolerance = Tolerance(exact=True)
    else:
        tolerance = Tolerance(relative=width) if kind == RELATIVE else Tolerance(absolute=width)
    text = doubled(from_values(stem, parameters))
    for name in parameters:
        text = text.replace(f"{{{{{name}}}}}", f"{{{name}}}")
    places = read_number(child_text(answer, "correctanswerlength") or "0")
    return "numeric", NumericContent(
        stem=losses.text(text),
        parameters=parameters,
        key=from_moodle(child_text(answer, "text")),
        unit=_unit(element, losses),
        places=min(max(int(places), 0), _MAX_PLACES) if abs(places) < 100 else 0,
        tolerance=tolerance,
    )


def _shortanswer(element: Element, stem: str, losses: Losses) -> tuple[str, Any]:
    if child_text(element, "usecase") == "1":
        losses.add("upper and lower case", "they are read alike")
    answers = [(losses.plain(child_text(answer, "text")), _worth(answer)) for answer in _all(element, "answer")]
    return short_question(stem, answers, losses)


def _matching(element: Element, stem: str, losses: Losses) -> tuple[str, Any]:
    pairs = [
        (_text(pair, losses), escape(losses.plain(child_text(pair, "answer", "text"))))
        for pair in _all(element, "subquestion")
    ]
    return matching_question(stem, pairs, losses)


def _ordering(element: Element, stem: str, losses: Losses) -> tuple[str, Any]:
    """The fraction of a step is its place."""
    steps = sorted((read_number(answer.get("fraction", "0")), n) for n, answer in enumerate(_all(element, "answer")))
    answers = list(_all(element, "answer"))
    texts = [_text(answers[number], losses) for _, number in steps]
    if not 2 <= len(texts) <= len(LETTERS) or not all(texts):
        raise LeftOut(f"an order has 2 to {len(LETTERS)} steps, each with a text")
    options = tuple(Option(id=one, text=losses.text(text)) for one, text in zip(LETTERS.lower(), texts, strict=False))
    return "ordering", OrderingContent(
        stem=losses.text(stem), options=options, key=tuple(option.id for option in options)
    )


def _essay(element: Element, stem: str, losses: Losses) -> tuple[str, Any]:
    if read_number(child_text(element, "attachments") or "0"):
        losses.add("attachments", "files handed in with an answer are not carried")
    points, lines = child_text(element, "defaultgrade"), child_text(element, "responsefieldlines")
    return essay_question(
        stem,
        _text(_child(element, "graderinfo"), losses),
        losses,
        points=read_number(points) if points else None,
        lines=read_number(lines) if lines else None,
    )


def _cloze(element: Element, stem: str, losses: Losses) -> tuple[str, Any]:
    pictures = Pictures(_files(_child(element, "questiontext")))  # taken before, with the text
    return read_cloze(child_text(element, "questiontext", "text"), losses, pictures.take)


READERS: Final[Mapping[str, Callable[[Element, str, Losses], tuple[str, Any]]]] = {
    "multichoice": _multichoice,
    "truefalse": _truefalse,
    "numerical": _numerical,
    "calculated": _calculated,
    "calculatedsimple": _calculated,
    "shortanswer": _shortanswer,
    "matching": _matching,
    "ordering": _ordering,
    "essay": _essay,
    "cloze": _cloze,
    "multianswer": _cloze,
}
"""By type of question: element and text to kind and content."""


def _named_losses(element: Element, losses: Losses) -> None:
    given = [part for name in _FEEDBACK for part in _all(element, name)]
    given += [part for answer in _all(element, "answer") for part in _all(answer, "feedback")]
    if any(child_text(part, "text") for part in given):
        losses.add("feedback", "what is said after an answer, and hints, are not carried")
    grade = child_text(element, "defaultgrade")
    if grade and element.get("type") != "essay" and read_number(grade) != 1:
        losses.add("marks", "the scheme says what an item is worth")
    if child_text(element, "hidden") == "1":
        losses.add("hidden", "the question was hidden there; here it is a draft")
    texts = [part for part in element.iter() if local(part) != "questiontext"]
    if any(local(part) == "file" for text in texts for part in text):
        losses.add("attached file", "files within the questions are not carried")


def _one_right(element: Element, losses: Losses) -> Element:
    answers = list(_all(element, "answer"))
    right = [answer for answer in answers if _worth(answer) == 1]
    if len(right) != 1:
        raise LeftOut("several numbers are right, or none")
    if len(answers) > 1:
        losses.add("partial credit", "numbers that are worth a part of the marks are not carried")
    return right[0]


def _values(definition: Element) -> Parameter:
    rows = [item for group in _all(definition, "dataset_items") for item in _all(group, "dataset_item")]
    values = sorted({read_number(child_text(row, "value")) for row in rows})
    if not values:
        raise LeftOut("a column of its data set is empty")
    return Parameter(values=tuple(Decimal(decimal_text(value)) for value in values))


def _unit(element: Element, losses: Losses) -> str | None:
    units = [one for group in _all(element, "units") for one in _all(group, "unit")]
    asked = [child_text(one, "unit_name") for one in units if read_number(child_text(one, "multiplier") or "1") == 1]
    if len(units) > 1:
        losses.add("units", "one unit is kept, the one the key is in")
    return losses.plain(asked[0]) or None if asked else None


def _worth(answer: Element) -> Fraction:
    return Fraction(read_number(answer.get("fraction", "0"))) / 100


def _files(text: Element | None) -> Callable[[str], bytes | None]:
    """The files that a text brings along, by the address it calls them by."""
    held = {file.get("name", ""): file for file in (_all(text, "file") if text is not None else ())}

    def load(address: str) -> bytes | None:
        file = held.get(unquote(address.removeprefix(_PLUGIN_FILE))) if address.startswith(_PLUGIN_FILE) else None
        if file is None or file.get("encoding") != "base64":
            return None
        try:
            return b64decode("".join((file.text or "").split()), validate=True)
        except ValueError:
            return None

    return load


def _text(element: Element | None, losses: Losses, picture: TakePicture | None = None) -> str:
    """A text in the format its element names, as plain text."""
    text = child_text(element, "text")
    form = element.get("format", "html") if element is not None else "html"
    if form == "markdown" and text:
        losses.add("markup", "Markdown is kept as it is typed")
    if form == "html" or (form == "moodle_auto_format" and looks_like_html(text)):
        return losses.plain(html_to_text(text, losses, tex=True, picture=picture))
    return escape(losses.plain(text))


def _child(element: Element, name: str) -> Element | None:
    return next(_all(element, name), None)


def _all(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if local(child) == name)
