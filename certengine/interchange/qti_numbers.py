"""Numeric items as QTI: parameters as template variables, the key as an expression, the tolerance as it is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from certengine.canonical import decimal_text
from certengine.interchange.qti_body import RESPONSE, Slots, add_slotted
from certengine.interchange.qti_expressions import add_expression, add_number
from certengine.interchange.qti_formulas import VALUE_SUFFIX, values_in
from certengine.interchange.questions import drawn, shown
from certengine.interchange.strict_xml import Element, SubElement
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.parameters import Derived, Parameter

_RESERVED: Final = frozenset(
    {"RESPONSE", "SCORE", "MAXSCORE", "FEEDBACK", "duration", "numAttempts", "completionStatus", "completion_status"}
)


def write_number(content: NumericContent, name: str, item: Element, declaration: Element, body: Element) -> Element:
    """Fills the declaration and the body, and gives the response processing."""
    seen = content if content.parameters else drawn(content, name)
    declaration.set("cardinality", "single")
    declaration.set("baseType", "float")
    rename = renamed([*content.parameters, *content.derived])
    if content.parameters:
        add_templates(item, content, rename, {RESPONSE: content.key})
    else:
        SubElement(SubElement(declaration, "correctResponse"), "value").text = seen.key
    add_slotted(body, seen.stem, printed(content, rename), values_of(content, rename))
    line = SubElement(body, "p")
    add_entry(line, RESPONSE, "12", content.unit)
    processing = Element("responseProcessing")
    condition = SubElement(SubElement(processing, "responseCondition"), "responseIf")
    add_equal(condition, RESPONSE, seen.tolerance)
    add_number(SubElement(condition, "setOutcomeValue", identifier="SCORE"), "1")
    return processing


def add_entry(line: Element, identifier: str, length: str, unit: str | None = None) -> Element:
    """A blank, and the unit after it; gives the last element added."""
    entry = SubElement(line, "textEntryInteraction", responseIdentifier=identifier, expectedLength=length)
    if not unit:
        return entry
    after = SubElement(line, "span", {"class": "unit"})
    after.text = unit
    return after


def printed(content: Any, rename: Mapping[str, str]) -> Slots:
    """Slots for the parameters of a content as printed variables."""
    known: dict[str, Parameter | Derived] = {**content.parameters, **content.derived}

    def put(paragraph: Element, slot: str) -> Element | None:
        name = slot.strip("{}")
        if not slot.startswith("{") or name not in known:
            return None
        shape = f"%.{_places(known[name])}f"
        return SubElement(paragraph, "printedVariable", identifier=rename[name], format=shape)

    return put


def values_of(content: Any, rename: Mapping[str, str]) -> dict[str, str]:
    """By name of each parameter whose value stands in a formula, the variable for it."""
    known = [name for name in values_in(shown(content.stem)) if name in rename]
    return {name: f"{rename[name]}{VALUE_SUFFIX}" for name in known}


def renamed(names: Sequence[str], also: frozenset[str] = frozenset()) -> dict[str, str]:
    """Names of template variables; those that mean something to QTI, or to this item, get another."""
    taken, reserved = set(names), _RESERVED | also
    found = {}
    for name in names:
        new = name
        while new in reserved or (new != name and new in taken):
            new += "_"
        found[name] = new
    return found


def add_templates(item: Element, content: Any, rename: dict[str, str], keys: Mapping[str, str]) -> None:
    """Declarations and processing of the parameters.

    Args:
        keys: by identifier of a response, the formula of what is right.
    """
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
    for name, variable in values_of(content, rename).items():
        SubElement(
            item,
            "templateDeclaration",
            identifier=variable,
            cardinality="single",
            baseType="float",
            mathVariable="true",
        )
        copy = SubElement(processing, "setTemplateValue", identifier=variable)
        SubElement(copy, "variable", identifier=rename[name])
    for identifier, key in keys.items():
        add_expression(SubElement(processing, "setCorrectResponse", identifier=identifier), key, rename)
    item.append(processing)


def add_equal(parent: Element, identifier: str, tolerance: Tolerance) -> None:
    """Right within the tolerance, bounds included; QTI writes a relative one in percent."""
    if tolerance.relative is not None:
        mode, width = "relative", decimal_text(tolerance.relative * 100)
    else:
        mode, width = "absolute", decimal_text(tolerance.absolute or Decimal(0))
    attributes = (
        {"toleranceMode": "exact"} if width == "0" else {"toleranceMode": mode, "tolerance": f"{width} {width}"}
    )
    equal = SubElement(parent, "equal", attributes)
    SubElement(equal, "variable", identifier=identifier)
    SubElement(equal, "correct", identifier=identifier)


def _places(source: Parameter | Derived) -> int:
    if isinstance(source, Derived):
        return source.places
    written = source.values or tuple(one for one in (source.min, source.step) if one is not None)
    return max((max(0, -int(value.normalize().as_tuple().exponent)) for value in written), default=0)


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
