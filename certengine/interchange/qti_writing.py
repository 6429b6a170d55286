"""Items as QTI: one ``assessmentItem`` for each, in the spelling of 2.x.

====================  ====================================================================
single choice         ``choiceInteraction``, ``match_correct``; with a mapping ``map_response``
multiple response     the same of cardinality multiple
true or false         ``choiceInteraction`` with the choices ``true`` and ``false``
numeric               ``textEntryInteraction``; parameters as template variables
short answer          ``textEntryInteraction`` of strings, ``map_response``
matching              ``matchInteraction``, ``match_correct``
ordering              ``orderInteraction``, ``match_correct``
gap text              ``inlineChoiceInteraction`` and ``textEntryInteraction`` in the sentence
essay                 ``extendedTextInteraction``, no response processing: people mark it
====================  ====================================================================

The explanation stands in a ``rubricBlock`` that only scorers and tutors see, an essay's guide in one for scorers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from certengine.canonical import decimal_text
from certengine.interchange.essays import guide_text
from certengine.interchange.html_text import CAPTION
from certengine.interchange.qti_body import (
    RESPONSE,
    add_choices,
    add_running,
    add_text,
    names_of,
    set_correct,
    xml_name,
)
from certengine.interchange.qti_gaps import write_gaps
from certengine.interchange.qti_numbers import add_entry, write_number
from certengine.interchange.questions import LANGUAGE, LeftOut, Picture, Question, forms_of
from certengine.interchange.strict_xml import Element, SubElement, local
from certengine.items.essay import EssayContent
from certengine.items.matching import MatchingContent
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.option_credit import OptionMapping
from certengine.items.options import Option
from certengine.items.ordering import OrderingContent
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.markup import escape
from certengine.model.text import Text


def qti_item(question: Question, templates: str, *, suffix: str = "", wrapped: bool = False) -> Element:
    """One item.

    Args:
        templates: address of the standard response processing.
        suffix: of its names, ``.xml`` in 3.0.
        wrapped: the rubric's text stands in a ``contentBody``, as in 3.0.

    Raises:
        LeftOut: when there is no form for its kind, or QTI cannot say one of its formulas.
    """
    writer = WRITERS.get(question.kind)
    if writer is None:
        raise LeftOut(f"QTI is not written for the kind `{question.kind}` yet")
    identifier = xml_name(question.name)
    item = Element(
        "assessmentItem", identifier=identifier, title=question.name, adaptive="false", timeDependent="false"
    )
    declaration = SubElement(item, "responseDeclaration", identifier=RESPONSE)
    outcome = SubElement(item, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    SubElement(SubElement(outcome, "defaultValue"), "value").text = "0"
    body = Element("itemBody")
    processing = writer(question.content, question.name, item, declaration, body)
    item.append(body)
    _place_pictures(body, question.pictures)
    if question.explanation:
        _rubric(body, "scorer tutor", question.explanation, wrapped=wrapped)
    if isinstance(question.content, EssayContent):
        _rubric(body, "scorer", escape(guide_text(question.content)), wrapped=wrapped)
    if isinstance(processing, str):
        SubElement(item, "responseProcessing", template=f"{templates}{processing}{suffix}")
    elif processing is not None:
        item.append(processing)
    return item


def _place_pictures(body: Element, pictures: Sequence[Picture]) -> None:
    """Below the stem: before what is answered, where that stands apart."""
    place = next((number for number, part in enumerate(body) if _is_answered(part)), len(body))
    for picture in reversed(pictures):
        figure = Element("div", {"class": "figure"})
        SubElement(figure, "img", src=f"../{quote(picture.name)}", alt=picture.alt)
        if picture.caption:
            add_text(figure, Text.of({LANGUAGE: picture.caption}))
            figure[-1].set("class", CAPTION)
        body.insert(place, figure)


def _is_answered(part: Element) -> bool:
    bare = local(part) == "p" and not (part.text or "").strip() and len(part) > 0
    return local(part).endswith("Interaction") or (bare and local(part[0]) == "textEntryInteraction")


def _rubric(body: Element, view: str, text: str, *, wrapped: bool) -> None:
    rubric = SubElement(body, "rubricBlock", view=view)
    if wrapped:
        rubric.set("use", "scoring" if view == "scorer" else "instructions")
    add_text(SubElement(rubric, "contentBody") if wrapped else rubric, Text.of({LANGUAGE: text}))


_Writer = Callable[[Any, str, Element, Element, Element], "str | Element | None"]


def _single(content: SingleChoiceContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    names = names_of(content.options)
    set_correct(declaration, "single", "identifier", [names[content.key]])
    add_text(body, content.stem)
    _choices(body, content.options, names, most="1")
    return _mapped(declaration, content.mapping, names, (content.key,))


def _several(content: MultipleResponseContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    names = names_of(content.options)
    set_correct(declaration, "multiple", "identifier", [names[one] for one in content.key])
    add_text(body, content.stem)
    _choices(body, content.options, names, most="0")
    return _mapped(declaration, content.mapping, names, content.key)


def _mapped(declaration: Element, mapping: OptionMapping | None, names: Mapping[str, str], key: Sequence[str]) -> str:
    """The response processing of a choice: by its mapping, where it has one."""
    if mapping is None:
        return "match_correct"
    bounds = {"lowerBound": decimal_text(mapping.lower), "upperBound": decimal_text(mapping.full(key))}
    entries = SubElement(declaration, "mapping", {**bounds, "defaultValue": "0"})
    for option, points in mapping.values.items():
        SubElement(entries, "mapEntry", mapKey=names[option], mappedValue=decimal_text(points))
    return "map_response"


def _truth(content: TrueFalseContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    set_correct(declaration, "single", "identifier", [str(content.key).lower()])
    add_text(body, content.stem)
    interaction = SubElement(body, "choiceInteraction", responseIdentifier=RESPONSE, shuffle="false", maxChoices="1")
    for value, sign in (("true", "√"), ("false", "×")):
        SubElement(interaction, "simpleChoice", identifier=value).text = sign
    return "match_correct"


def _matching(content: MatchingContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    prompts = {one.id: f"p{number}" for number, one in enumerate(content.prompts, start=1)}
    options = {one.id: f"o{number}" for number, one in enumerate(content.options, start=1)}
    pairs = [f"{prompts[prompt.id]} {options[content.key[prompt.id]]}" for prompt in content.prompts]
    set_correct(declaration, "multiple", "directedPair", pairs)
    add_text(body, content.stem)
    interaction = SubElement(
        body, "matchInteraction", responseIdentifier=RESPONSE, shuffle="true", maxAssociations=str(len(prompts))
    )
    left, right = SubElement(interaction, "simpleMatchSet"), SubElement(interaction, "simpleMatchSet")
    for prompt in content.prompts:
        add_running(
            SubElement(left, "simpleAssociableChoice", identifier=prompts[prompt.id], matchMax="1"), prompt.text
        )
    for option in content.options:
        attributes = {"identifier": options[option.id], "matchMax": "0", **({"fixed": "true"} if option.pin else {})}
        add_running(SubElement(right, "simpleAssociableChoice", attributes), option.text)
    return "match_correct"


def _ordering(content: OrderingContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    names = names_of(content.options)
    set_correct(declaration, "ordered", "identifier", [names[one] for one in content.key])
    add_text(body, content.stem)
    interaction = SubElement(body, "orderInteraction", responseIdentifier=RESPONSE, shuffle="true")
    for option in content.options:
        add_running(SubElement(interaction, "simpleChoice", identifier=names[option.id]), option.text)
    return "match_correct"


def _short(content: ShortAnswerContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    forms = forms_of(content.accepted)
    if not forms:
        raise LeftOut("no form is accepted")
    set_correct(declaration, "single", "string", forms[:1])
    mapping = SubElement(declaration, "mapping", defaultValue="0")
    for form in forms:
        SubElement(mapping, "mapEntry", mapKey=form, mappedValue="1", caseSensitive="false")
    add_text(body, content.stem)
    add_entry(SubElement(body, "p"), RESPONSE, "30")
    return "map_response"


def _essay(content: EssayContent, name: str, item: Element, declaration: Element, body: Element) -> None:
    declaration.set("cardinality", "single")
    declaration.set("baseType", "string")
    add_text(body, content.stem)
    SubElement(body, "extendedTextInteraction", responseIdentifier=RESPONSE, expectedLines=str(content.lines))


def _choices(body: Element, options: Sequence[Option], names: Mapping[str, str], *, most: str) -> None:
    shuffled = not all(option.pin == "first" for option in options)
    interaction = SubElement(
        body, "choiceInteraction", responseIdentifier=RESPONSE, shuffle=str(shuffled).lower(), maxChoices=most
    )
    add_choices(interaction, options, names, shuffled=shuffled)


WRITERS: Final[Mapping[str, _Writer]] = {
    "single_choice": _single,
    "multiple_response": _several,
    "true_false": _truth,
    "numeric": write_number,
    "short_answer": _short,
    "matching": _matching,
    "ordering": _ordering,
    "gap_text": write_gaps,
    "essay": _essay,
}
"""By kind: fills the declaration and the body, and gives the response processing or the name of a standard one."""
