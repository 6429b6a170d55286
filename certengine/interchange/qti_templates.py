"""Template processing of foreign QTI items as parameters of ours: draws, derived values, constraints, the key."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from certengine.interchange.qti_expressions import formula_of
from certengine.interchange.qti_formulas import VALUE_SUFFIX
from certengine.interchange.questions import LeftOut, Losses, read_number
from certengine.interchange.strict_xml import Element, local
from certengine.items.arithmetic import MAX_PLACES
from certengine.items.expression import is_name
from certengine.items.parameters import Derived, Parameter

_UNROUNDED: Final = 6


@dataclass(slots=True)
class Templates:
    """What template processing says.

    Attributes:
        keys: by response, the formula of what is right, where it is computed.
    """

    parameters: dict[str, Parameter] = field(default_factory=dict)
    derived: dict[str, Derived] = field(default_factory=dict)
    where: str | None = None
    keys: dict[str, str] = field(default_factory=dict)


def templates_of(item: Element, losses: Losses) -> Templates:
    """What an item's template processing says.

    Raises:
        LeftOut: when it does something that parameters of ours cannot say.
    """
    found = Templates()
    for element in item.iter("templateProcessing"):
        for rule in element:
            _apply(rule, found, losses)
    return found


def _apply(rule: Element, found: Templates, losses: Losses) -> None:
    name = local(rule)
    body = rule[0] if len(rule) else None
    if body is None:
        raise LeftOut(f"`{name}` in its template processing says nothing")
    if name == "templateConstraint":
        condition = formula_of(body)
        if set(found.derived) & _words(condition):
            raise LeftOut("a constraint on a computed value is not carried")
        found.where = f"{found.where} and {condition}" if found.where else condition
    elif name == "setCorrectResponse":
        found.keys[rule.get("identifier", "")] = formula_of(body)
    elif name == "setTemplateValue":
        identifier = rule.get("identifier", "")
        if not is_name(identifier) or identifier in {*found.parameters, *found.derived}:
            raise LeftOut(f"`{identifier[:40]}` is no name for a parameter, or is set twice")
        if local(body) == "variable" and identifier == f"{body.get('identifier', '')}{VALUE_SUFFIX}":
            return  # the same value once more, for formulas
        parameter = _drawn(body)
        if parameter is not None:
            found.parameters[identifier] = parameter
        else:
            found.derived[identifier] = _derived(body, losses)
    else:
        raise LeftOut(f"`{name}` in its template processing is not carried")


def _drawn(element: Element) -> Parameter | None:
    """The parameter of a draw, or ``None`` when the expression draws nothing."""
    name = local(element)
    if name == "random" and len(element) and local(element[0]) in {"multiple", "ordered"}:
        values = [read_number((value.text or "").strip()) for value in element[0] if local(value) == "baseValue"]
        if not values or len(values) < len(element[0]):
            raise LeftOut("a draw among something else than numbers is not carried")
        return Parameter(values=tuple(values))
    if name == "randomInteger":
        low, high, step = (
            _bound(element, part, default) for part, default in (("min", ""), ("max", ""), ("step", "1"))
        )
        return Parameter(min=low, max=high, step=step)
    if name == "sum" and len(element) == 2 and local(element[1]) == "product" and len(element[1]) == 2:
        start, (width, draw) = element[0], element[1]
        if (local(start), local(width), local(draw)) == ("baseValue", "baseValue", "randomInteger"):
            step, low = read_number((width.text or "").strip()), read_number((start.text or "").strip())
            first, last = _bound(draw, "min", ""), _bound(draw, "max", "")
            return Parameter(min=low + step * first, max=low + step * last, step=step)
    if any(local(part).startswith("random") for part in element.iter()):
        raise LeftOut("a draw of this form is not carried")
    return None


def _derived(element: Element, losses: Losses) -> Derived:
    if local(element) == "roundTo" and element.get("roundingMode") == "decimalPlaces" and len(element):
        places = int(read_number(element.get("figures", "0")))
        if 0 <= places <= MAX_PLACES:
            return Derived(formula=formula_of(element[0]), places=places)
    losses.add("computed values", f"they are rounded to {_UNROUNDED} decimal places")
    return Derived(formula=formula_of(element), places=_UNROUNDED)


def _bound(element: Element, name: str, default: str) -> Decimal:
    """An end of a draw; one that is itself a variable is not a number, and leaves the item out."""
    return read_number(element.get(name, default))


def _words(formula: str) -> set[str]:
    return set("".join(character if character.isalnum() or character == "_" else " " for character in formula).split())
