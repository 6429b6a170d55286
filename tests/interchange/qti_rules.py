"""What QTI asks of the elements that we write, as rules of our own: names, attributes, order, required parts.

Written from the published information model, in the spelling of 2.x; where 3.0 asks for something else, it says so. The
rules say less than the schemas do and nothing that contradicts them; they hold what we write, not what others may write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MATHML = "{http://www.w3.org/1998/Math/MathML}"
INLINE = "br code strong span math img textEntryInteraction inlineChoiceInteraction printedVariable"
BLOCKS = "p pre table div img math"
EXPRESSIONS = (
    "baseValue variable correct mapResponse sum subtract product divide power and or not equal match lt lte gt gte random "
    "multiple randomInteger roundTo mathOperator mathConstant max min"
)


@dataclass(frozen=True)
class Rule:
    """One element: attributes it must have and may have, and its children as a pattern of names."""

    required: str = ""
    optional: str = ""
    children: str = ""
    text: bool = False


def any_of(names: str) -> str:
    """A pattern of any number of these, in any order."""
    return f"({'|'.join(f'{name} ' for name in names.split())})*"


def one_of(names: str) -> str:
    """A pattern of exactly one of these."""
    return f"({'|'.join(f'{name} ' for name in names.split())})"


INTERACTIONS = "choiceInteraction orderInteraction matchInteraction extendedTextInteraction"
RULES: dict[str, Rule] = {
    "assessmentItem": Rule(
        "identifier title adaptive timeDependent",
        "",
        "(responseDeclaration )*(outcomeDeclaration )*(templateDeclaration )*(templateProcessing )?(assessmentStimulusRef )*"
        "itemBody (responseProcessing )?",
    ),
    "responseDeclaration": Rule("identifier cardinality", "baseType", "(correctResponse )?(mapping )?"),
    "correctResponse": Rule("", "", "(value )+"),
    "defaultValue": Rule("", "", "(value )+"),
    "value": Rule(text=True),
    "mapping": Rule("defaultValue", "lowerBound upperBound", "(mapEntry )+"),
    "mapEntry": Rule("mapKey mappedValue", "caseSensitive"),
    "outcomeDeclaration": Rule("identifier cardinality", "baseType", "(defaultValue )?"),
    "templateDeclaration": Rule("identifier cardinality", "baseType mathVariable"),
    "templateProcessing": Rule("", "", "((setTemplateValue |templateConstraint |setCorrectResponse ))+"),
    "setTemplateValue": Rule("identifier", "", one_of(EXPRESSIONS)),
    "setCorrectResponse": Rule("identifier", "", one_of(EXPRESSIONS)),
    "templateConstraint": Rule("", "", one_of(EXPRESSIONS)),
    "itemBody": Rule("", "", any_of(f"{BLOCKS} {INTERACTIONS} rubricBlock")),
    "choiceInteraction": Rule("responseIdentifier shuffle maxChoices", "", "(simpleChoice )+"),
    "orderInteraction": Rule("responseIdentifier shuffle", "", "(simpleChoice )+"),
    "simpleChoice": Rule("identifier", "fixed", any_of(f"{INLINE} {BLOCKS}"), text=True),
    "matchInteraction": Rule("responseIdentifier shuffle maxAssociations", "", "simpleMatchSet simpleMatchSet "),
    "simpleMatchSet": Rule("", "", "(simpleAssociableChoice )+"),
    "simpleAssociableChoice": Rule("identifier matchMax", "fixed", any_of(f"{INLINE} {BLOCKS}"), text=True),
    "textEntryInteraction": Rule("responseIdentifier", "expectedLength"),
    "inlineChoiceInteraction": Rule("responseIdentifier shuffle", "", "(inlineChoice )+"),
    "inlineChoice": Rule("identifier", "fixed", "", text=True),
    "extendedTextInteraction": Rule("responseIdentifier", "expectedLines"),
    "printedVariable": Rule("identifier", "format"),
    "rubricBlock": Rule("view", "use", any_of(f"{BLOCKS} contentBody")),
    "contentBody": Rule("", "", any_of(BLOCKS)),
    "responseProcessing": Rule("", "template", "(responseCondition )*"),
    "responseCondition": Rule("", "", "responseIf "),
    "responseIf": Rule("", "", f"{one_of(EXPRESSIONS)}(setOutcomeValue )+"),
    "setOutcomeValue": Rule("identifier", "", one_of(EXPRESSIONS)),
    "baseValue": Rule("baseType", "", "", text=True),
    "variable": Rule("identifier"),
    "correct": Rule("identifier"),
    "mapResponse": Rule("identifier"),
    "randomInteger": Rule("min max", "step"),
    "random": Rule("", "", "multiple "),
    "equal": Rule("toleranceMode", "tolerance", f"{one_of(EXPRESSIONS)}{one_of(EXPRESSIONS)}"),
    "roundTo": Rule("roundingMode figures", "", one_of(EXPRESSIONS)),
    "mathOperator": Rule("name", "", f"{one_of(EXPRESSIONS)}+"),
    "mathConstant": Rule("name"),
    **{
        name: Rule("", "", f"{one_of(EXPRESSIONS)}+")
        for name in "multiple sum subtract product divide power and or not match lt lte gt gte max min".split()
    },
    "p": Rule("", "class", any_of(INLINE), text=True),
    "span": Rule("", "class", any_of(INLINE), text=True),
    "strong": Rule("", "", any_of(INLINE), text=True),
    "code": Rule("", "", any_of(INLINE), text=True),
    "pre": Rule("", "", any_of(INLINE), text=True),
    "div": Rule("", "class", any_of(f"{BLOCKS} {INLINE}"), text=True),
    "br": Rule(),
    "img": Rule("src alt", "width height"),
    "table": Rule("", "", "(thead )?(tbody )+"),
    "thead": Rule("", "", "(tr )+"),
    "tbody": Rule("", "", "(tr )+"),
    "tr": Rule("", "", "((th |td ))+"),
    "th": Rule("", "", any_of(INLINE), text=True),
    "td": Rule("", "", any_of(INLINE), text=True),
}


def faults(element: Any, *, third: bool, within: str = "") -> Iterator[str]:
    """What of an item breaks the rules.

    Args:
        third: it is of 3.0.
    """
    name = _name(element.tag, third=third)
    if name == "math":
        return
    rule = RULES.get(name)
    where = f"{within}/{name}"
    if rule is None:
        yield f"{where} is not known"
        return
    given = {_attribute(one, third=third) for one in element.attrib if not one.startswith("{")}
    required, optional = set(rule.required.split()), set(rule.optional.split())
    if third and name == "rubricBlock":
        required |= {"use"}
    yield from (f"{where} lacks {one}" for one in sorted(required - given))
    yield from (f"{where} has {one}" for one in sorted(given - required - optional))
    children = "".join(f"{_name(part.tag, third=third)} " for part in element)
    if not re.fullmatch(rule.children, children):
        yield f"{where} holds {children}"
    if not rule.text and ((element.text or "").strip() or any((part.tail or "").strip() for part in element)):
        yield f"{where} holds text"
    if third and name == "rubricBlock" and children != "contentBody ":
        yield f"{where} holds no content body"
    for part in element:
        yield from faults(part, third=third, within=where)


def _name(tag: str, *, third: bool) -> str:
    name = tag.rpartition("}")[2]
    if not third:
        return name
    return re.sub("-([a-z0-9])", lambda match: match.group(1).upper(), name.removeprefix("qti-"))


def _attribute(name: str, *, third: bool) -> str:
    return re.sub("-([a-z])", lambda match: match.group(1).upper(), name) if third else name
