"""Gap texts as QTI: one interaction within the sentence for each gap, each with a response of its own.

==========  ==================================================
choice      ``inlineChoiceInteraction``
number      ``textEntryInteraction`` of a float, its unit after it
text        ``textEntryInteraction`` of a string
==========  ==================================================

Full marks when every gap is right, as all our items are exported; how much a part earns is said by the scheme.
"""

from __future__ import annotations

from typing import Final

from certengine.interchange.qti_body import Slots, add_slotted, names_of, set_correct
from certengine.interchange.qti_expressions import add_number
from certengine.interchange.qti_numbers import add_entry, add_equal, add_templates, printed, renamed, values_of
from certengine.interchange.questions import LeftOut, forms_of, worded
from certengine.interchange.strict_xml import Element, SubElement
from certengine.items.gaps import Gap, GapTextContent

PREFIX: Final = "GAP_"
"""Begins the identifier of each response; the id of the gap follows."""


def write_gaps(content: GapTextContent, name: str, item: Element, declaration: Element, body: Element) -> Element:
    """Fills the declarations and the body, and gives the response processing."""
    identifiers = {gap.id: f"{PREFIX}{gap.id}" for gap in content.gaps}
    rename = renamed([*content.parameters, *content.derived], frozenset(identifiers.values()))
    place = list(item).index(declaration)
    item.remove(declaration)
    for number, gap in enumerate(content.gaps):
        own = Element("responseDeclaration", identifier=identifiers[gap.id])
        _declare(own, gap, computed=bool(content.parameters))
        item.insert(place + number, own)
    if content.parameters:
        keys = {identifiers[gap.id]: gap.number.key for gap in content.gaps if gap.number is not None}
        add_templates(item, content, rename, keys)
    add_slotted(body, content.stem, _slots(content, identifiers, rename), values_of(content, rename))
    return _every_one(content, identifiers)


def _declare(declaration: Element, gap: Gap, *, computed: bool) -> None:
    if gap.choice is not None:
        names = names_of(gap.choice.options)
        set_correct(declaration, "single", "identifier", [names[gap.choice.key]])
    elif gap.text is not None:
        forms = forms_of(gap.text.accepted)
        if not forms:
            raise LeftOut("no form is accepted in a gap")
        set_correct(declaration, "single", "string", forms[:1])
        mapping = SubElement(declaration, "mapping", defaultValue="0")
        for form in forms:
            SubElement(mapping, "mapEntry", mapKey=form, mappedValue="1", caseSensitive="false")
    elif gap.number is not None:
        declaration.set("cardinality", "single")
        declaration.set("baseType", "float")
        if not computed:
            SubElement(SubElement(declaration, "correctResponse"), "value").text = gap.number.key


def _slots(content: GapTextContent, identifiers: dict[str, str], rename: dict[str, str]) -> Slots:
    by_id = {gap.id: gap for gap in content.gaps}
    variable = printed(content, rename)

    def put(paragraph: Element, slot: str) -> Element | None:
        gap = by_id.get(slot.strip("<>")) if slot.startswith("<<") else None
        return _interaction(paragraph, gap, identifiers[gap.id]) if gap is not None else variable(paragraph, slot)

    return put


def _interaction(paragraph: Element, gap: Gap, identifier: str) -> Element:
    if gap.choice is None:
        unit = gap.number.unit if gap.number is not None else None
        return add_entry(paragraph, identifier, "12" if gap.number is not None else "30", unit)
    names = names_of(gap.choice.options)
    shuffled = not all(option.pin == "first" for option in gap.choice.options)
    interaction = SubElement(
        paragraph, "inlineChoiceInteraction", responseIdentifier=identifier, shuffle=str(shuffled).lower()
    )
    for option in gap.choice.options:
        attributes = {"identifier": names[option.id], **({"fixed": "true"} if option.pin and shuffled else {})}
        SubElement(interaction, "inlineChoice", attributes).text = worded(option.text)
    return interaction


def _every_one(content: GapTextContent, identifiers: dict[str, str]) -> Element:
    processing = Element("responseProcessing")
    condition = SubElement(SubElement(processing, "responseCondition"), "responseIf")
    whole = SubElement(condition, "and")
    for gap in content.gaps:
        identifier = identifiers[gap.id]
        if gap.number is not None:
            add_equal(whole, identifier, gap.number.tolerance)
        elif gap.text is not None:
            more = SubElement(whole, "gt")
            SubElement(more, "mapResponse", identifier=identifier)
            add_number(more, "0")
        else:
            match = SubElement(whole, "match")
            SubElement(match, "variable", identifier=identifier)
            SubElement(match, "correct", identifier=identifier)
    add_number(SubElement(condition, "setOutcomeValue", identifier="SCORE"), "1")
    return processing
