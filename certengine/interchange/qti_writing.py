"""Items as QTI: one ``assessmentItem`` for each, in the spelling of 2.x.

====================  ====================================================================
single choice         ``choiceInteraction``, ``match_correct``
multiple response     ``choiceInteraction`` of cardinality multiple, ``match_correct``
true or false         ``choiceInteraction`` with the choices ``true`` and ``false``
numeric               ``textEntryInteraction``; parameters as template variables
short answer          ``textEntryInteraction`` of strings, ``map_response``
matching              ``matchInteraction``, ``match_correct``
ordering              ``orderInteraction``, ``match_correct``
====================  ====================================================================

The explanation stands in a ``rubricBlock`` that only scorers and tutors see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from certengine.canonical import decimal_text
from certengine.interchange.qti_expressions import add_expression, add_number
from certengine.interchange.questions import LANGUAGE, LeftOut, Question, drawn, shown, single
from certengine.interchange.strict_xml import Element, SubElement
from certengine.items.matching import MatchingContent
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent
from certengine.items.options import Option
from certengine.items.ordering import OrderingContent
from certengine.items.parameters import Derived, Parameter
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent

RESPONSE: Final = "RESPONSE"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_RESERVED: Final = frozenset(
    {"RESPONSE", "SCORE", "MAXSCORE", "FEEDBACK", "duration", "numAttempts", "completionStatus", "completion_status"}
)
_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")


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
    if question.explanation:
        rubric = SubElement(body, "rubricBlock", view="scorer tutor")
        _paragraph(SubElement(rubric, "contentBody") if wrapped else rubric, question.explanation)
    if isinstance(processing, str):
        SubElement(item, "responseProcessing", template=f"{templates}{processing}{suffix}")
    else:
        item.append(processing)
    return item


_Writer = Callable[[Any, str, Element, Element, Element], "str | Element"]


def _single(content: SingleChoiceContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    names = _names(content.options)
    _correct(declaration, "single", "identifier", [names[content.key]])
    _paragraph(body, shown(content.stem))
    _choices(body, content.options, names, most="1")
    return "match_correct"


def _several(content: MultipleResponseContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    names = _names(content.options)
    _correct(declaration, "multiple", "identifier", [names[one] for one in content.key])
    _paragraph(body, shown(content.stem))
    _choices(body, content.options, names, most="0")
    return "match_correct"


def _truth(content: TrueFalseContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    _correct(declaration, "single", "identifier", [str(content.key).lower()])
    _paragraph(body, shown(content.stem))
    interaction = SubElement(body, "choiceInteraction", responseIdentifier=RESPONSE, shuffle="false", maxChoices="1")
    for value, sign in (("true", "√"), ("false", "×")):
        SubElement(interaction, "simpleChoice", identifier=value).text = sign
    return "match_correct"


def _matching(content: MatchingContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    sides = _names([*content.prompts, *content.options], keyed=("p", len(content.prompts), "o"))
    prompts = {one.id: sides[number] for number, one in enumerate(content.prompts)}
    options = {one.id: sides[len(prompts) + number] for number, one in enumerate(content.options)}
    pairs = [f"{prompts[prompt.id]} {options[content.key[prompt.id]]}" for prompt in content.prompts]
    _correct(declaration, "multiple", "directedPair", pairs)
    _paragraph(body, shown(content.stem))
    interaction = SubElement(
        body, "matchInteraction", responseIdentifier=RESPONSE, shuffle="true", maxAssociations=str(len(prompts))
    )
    left, right = SubElement(interaction, "simpleMatchSet"), SubElement(interaction, "simpleMatchSet")
    for prompt in content.prompts:
        _broken(SubElement(left, "simpleAssociableChoice", identifier=prompts[prompt.id], matchMax="1"), prompt.text)
    for option in content.options:
        attributes = {"identifier": options[option.id], "matchMax": "0", **({"fixed": "true"} if option.pin else {})}
        _broken(SubElement(right, "simpleAssociableChoice", attributes), option.text)
    return "match_correct"


def _ordering(content: OrderingContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    names = _names(content.options)
    _correct(declaration, "ordered", "identifier", [names[one] for one in content.key])
    _paragraph(body, shown(content.stem))
    interaction = SubElement(body, "orderInteraction", responseIdentifier=RESPONSE, shuffle="true")
    for option in content.options:
        _broken(SubElement(interaction, "simpleChoice", identifier=names[option.id]), option.text)
    return "match_correct"


def _short(content: ShortAnswerContent, name: str, item: Element, declaration: Element, body: Element) -> str:
    forms = list(dict.fromkeys(form for one in content.accepted for form in one.values()))
    if not forms:
        raise LeftOut("no form is accepted")
    _correct(declaration, "single", "string", forms[:1])
    mapping = SubElement(declaration, "mapping", defaultValue="0")
    for form in forms:
        SubElement(mapping, "mapEntry", mapKey=form, mappedValue="1", caseSensitive="false")
    _paragraph(body, shown(content.stem))
    SubElement(SubElement(body, "p"), "textEntryInteraction", responseIdentifier=RESPONSE, expectedLength="30")
    return "map_response"


def _number(content: NumericContent, name: str, item: Element, declaration: Element, body: Element) -> Element:
    seen = content if content.parameters else drawn(content, name)
    declaration.set("cardinality", "single")
    declaration.set("baseType", "float")
    rename = _renamed([*content.parameters, *content.derived])
    if content.parameters:
        _templates(item, content, rename)
    else:
        SubElement(SubElement(declaration, "correctResponse"), "value").text = seen.key
    _printed(body, shown(seen.stem), content, rename)
    line = SubElement(body, "p")
    SubElement(line, "textEntryInteraction", responseIdentifier=RESPONSE, expectedLength="12")
    if content.unit:
        unit = SubElement(line, "span", {"class": "unit"})
        unit.text = content.unit
    return _within_tolerance(seen)


WRITERS: Final[Mapping[str, _Writer]] = {
    "single_choice": _single,
    "multiple_response": _several,
    "true_false": _truth,
    "numeric": _number,
    "short_answer": _short,
    "matching": _matching,
    "ordering": _ordering,
}
"""By kind: fills the declaration and the body, and gives the response processing or the name of a standard one."""


def xml_name(text: str) -> str:
    """A text as an identifier of XML: itself where it is one."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "-", text)
    return plain if _NAME.fullmatch(plain) else f"_{plain}"


def _names(parts: Sequence[Any], keyed: tuple[str, int, str] | None = None) -> dict[Any, str]:
    """Identifiers that are unique within the item: the ids themselves where they all can be identifiers."""
    if keyed is not None:
        first, count, second = keyed
        return {n: f"{first}{n + 1}" if n < count else f"{second}{n - count + 1}" for n in range(len(parts))}
    ids = [part.id for part in parts]
    if all(_NAME.fullmatch(id_) for id_ in ids):
        return {id_: id_ for id_ in ids}
    return {id_: f"choice_{number}" for number, id_ in enumerate(ids, start=1)}


def _correct(declaration: Element, cardinality: str, base_type: str, values: Sequence[str]) -> None:
    declaration.set("cardinality", cardinality)
    declaration.set("baseType", base_type)
    correct = SubElement(declaration, "correctResponse")
    for value in values:
        SubElement(correct, "value").text = value


def _choices(body: Element, options: Sequence[Option], names: Mapping[str, str], *, most: str) -> None:
    shuffle = "false" if all(option.pin == "first" for option in options) else "true"
    interaction = SubElement(body, "choiceInteraction", responseIdentifier=RESPONSE, shuffle=shuffle, maxChoices=most)
    first = [option for option in options if option.pin == "first"]
    last = [option for option in options if option.pin == "last"]
    for option in (*first, *(one for one in options if one.pin is None), *last):
        attributes = {"identifier": names[option.id]}
        if option.pin and shuffle == "true":
            attributes["fixed"] = "true"
        _broken(SubElement(interaction, "simpleChoice", attributes), option.text)


def _paragraph(parent: Element, text: str) -> None:
    _lines(SubElement(parent, "p"), text)


def _broken(element: Element, text: Any) -> None:
    _lines(element, text.best(LANGUAGE))


def _lines(element: Element, text: str) -> None:
    """Text with its line ends as ``br``."""
    first, *rest = text.split("\n")
    element.text = first
    for line in rest:
        SubElement(element, "br").tail = line


def _printed(body: Element, stem: str, content: NumericContent, rename: Mapping[str, str]) -> None:
    """A stem with its parameters as printed variables, in a paragraph for each line."""
    known: dict[str, Parameter | Derived] = {**content.parameters, **content.derived}
    for line in stem.split("\n"):
        paragraph = SubElement(body, "p")
        paragraph.text = ""
        last: Element | None = None
        position = 0
        for match in _PLACEHOLDER.finditer(line):
            name = match.group(1)
            if name not in known:
                continue
            last = _tell(paragraph, last, line[position : match.start()])
            position = match.end()
            shape = f"%.{_places(known[name])}f"
            last = SubElement(paragraph, "printedVariable", identifier=rename[name], format=shape)
        _tell(paragraph, last, line[position:])


def _tell(paragraph: Element, last: Element | None, text: str) -> Element | None:
    if last is None:
        paragraph.text = single(text)
    else:
        last.tail = single(text)
    return last


def _places(source: Parameter | Derived) -> int:
    if isinstance(source, Derived):
        return source.places
    written = source.values or tuple(one for one in (source.min, source.step) if one is not None)
    return max((max(0, -int(value.normalize().as_tuple().exponent)) for value in written), default=0)


def _renamed(names: Sequence[str]) -> dict[str, str]:
    """Names of template variables; those that mean something to QTI get another."""
    taken = set(names)
    found = {}
    for name in names:
        new = name
        while new in _RESERVED or (new != name and new in taken):
            new += "_"
        found[name] = new
    return found


def _templates(item: Element, content: NumericContent, rename: dict[str, str]) -> None:
    processing = Element("templateProcessing")
    for name in (*content.parameters, *content.derived):
        SubElement(item, "templateDeclaration", identifier=rename[name], cardinality="single", baseType="float")
    for name, parameter in content.parameters.items():
        _draw(SubElement(processing, "setTemplateValue", identifier=rename[name]), parameter)
    if content.where:
        add_expression(SubElement(processing, "templateConstraint"), content.where, rename)
    for name, rule in content.derived.items():
        rounding = SubElement(
            SubElement(processing, "setTemplateValue", identifier=rename[name]),
            "roundTo",
            roundingMode="decimalPlaces",
            figures=str(rule.places),
        )
        add_expression(rounding, rule.formula, rename)
    add_expression(SubElement(processing, "setCorrectResponse", identifier=RESPONSE), content.key, rename)
    item.append(processing)


def _draw(parent: Element, parameter: Parameter) -> None:
    """An even choice: of the values listed, or of the steps from ``min`` to ``max``."""
    if parameter.values:
        listed = SubElement(SubElement(parent, "random"), "multiple")
        for value in parameter.values:
            add_number(listed, decimal_text(value))
        return
    assert parameter.min is not None
    assert parameter.step is not None
    total = SubElement(parent, "sum")
    add_number(total, decimal_text(parameter.min))
    steps = SubElement(total, "product")
    add_number(steps, decimal_text(parameter.step))
    SubElement(steps, "randomInteger", min="0", max=str(parameter.count - 1))


def _within_tolerance(content: NumericContent) -> Element:
    """Full marks within the tolerance, bounds included; QTI writes a relative one in percent."""
    tolerance = content.tolerance
    if tolerance.relative is not None:
        mode, width = "relative", decimal_text(tolerance.relative * 100)
    else:
        mode, width = "absolute", decimal_text(tolerance.absolute or Decimal(0))
    attributes = (
        {"toleranceMode": "exact"} if width == "0" else {"toleranceMode": mode, "tolerance": f"{width} {width}"}
    )
    processing = Element("responseProcessing")
    condition = SubElement(SubElement(processing, "responseCondition"), "responseIf")
    equal = SubElement(condition, "equal", attributes)
    SubElement(equal, "variable", identifier=RESPONSE)
    SubElement(equal, "correct", identifier=RESPONSE)
    add_number(SubElement(condition, "setOutcomeValue", identifier="SCORE"), "1")
    return processing
