"""Formulas as expressions of QTI and back: arithmetic, comparisons, the functions both know.

QTI computes in binary floating point, we in exact fractions; a formula means the same, its last digits may differ.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from certengine.interchange.formula_text import number_text
from certengine.interchange.questions import LeftOut, read_number
from certengine.interchange.strict_xml import Element, SubElement, local
from certengine.items.arithmetic import PI
from certengine.items.expression import FormulaError, is_name, parse_formula

_OPERATORS: Final = {
    "+": "sum",
    "-": "subtract",
    "*": "product",
    "/": "divide",
    "^": "power",
    "<": "lt",
    "<=": "lte",
    ">": "gt",
    ">=": "gte",
    "and": "and",
    "or": "or",
    "not": "not",
}
_SIGNS: Final = {name: sign for sign, name in _OPERATORS.items()}
_MATHS: Final = {"abs": "abs", "ceil": "ceil", "cos": "cos", "exp": "exp", "floor": "floor", "ln": "ln", "log10": "log"}
_FUNCTIONS: Final = {**_MATHS, "sin": "sin", "tan": "tan"}
_NAMES: Final = {name: own for own, name in _FUNCTIONS.items()}
_HALF: Final = Decimal("0.5")


def add_expression(parent: Element, formula: str, rename: dict[str, str]) -> None:
    """A formula as an expression within ``parent``.

    Args:
        rename: parameters that go by another name there.

    Raises:
        LeftOut: when QTI has no expression for it.
    """
    _add(parent, parse_formula(formula).root, rename)


def add_number(parent: Element, text: str) -> None:
    """A constant."""
    SubElement(parent, "baseValue", baseType="float").text = text


def formula_of(element: Element) -> str:
    """The formula that an expression says.

    Raises:
        LeftOut: when our grammar has none for it.
    """
    text = _read(element)
    try:
        parse_formula(text)
    except FormulaError as error:
        raise LeftOut(f"an expression is not in our grammar: {error}") from error
    return text


def _add(parent: Element, node: Any, rename: dict[str, str]) -> None:
    operator = node.operator
    if node.number is not None:
        if node.number == PI:
            SubElement(parent, "mathConstant", name="pi")
        else:
            add_number(parent, number_text(node.number))
    elif operator.startswith("name:"):
        SubElement(parent, "variable", identifier=rename.get(operator[5:], operator[5:]))
    elif operator in _OPERATORS:
        _add_parts(SubElement(parent, _OPERATORS[operator]), node.parts, rename)
    elif operator == "negative":
        product = SubElement(parent, "product")
        add_number(product, "-1")
        _add_parts(product, node.parts, rename)
    elif operator in {"==", "!="}:
        holder = SubElement(parent, "not") if operator == "!=" else parent
        _add_parts(SubElement(holder, "equal", toleranceMode="exact"), node.parts, rename)
    else:
        _add_call(parent, operator[5:], node.parts, rename)


def _add_call(parent: Element, name: str, parts: Any, rename: dict[str, str]) -> None:
    if name == "sqrt":
        power = SubElement(parent, "power")
        _add_parts(power, parts, rename)
        add_number(power, "0.5")
    elif name in {"max", "min"}:
        _add_parts(SubElement(parent, name), parts, rename)
    elif name == "round":
        places = parts[1].number if len(parts) > 1 else 0
        if places is None:
            raise LeftOut("rounding to a computed number of places has no expression in QTI")
        rounding = SubElement(parent, "roundTo", roundingMode="decimalPlaces", figures=str(int(places)))
        _add_parts(rounding, parts[:1], rename)
    else:
        _add_parts(SubElement(parent, "mathOperator", name=_FUNCTIONS[name]), parts, rename)


def _add_parts(parent: Element, parts: Any, rename: dict[str, str]) -> None:
    for part in parts:
        _add(parent, part, rename)


def _read(element: Element) -> str:
    name = local(element)
    if name == "baseValue":
        return _constant(element)
    if name == "variable":
        identifier = element.get("identifier", "")
        if not is_name(identifier):
            raise LeftOut(f"`{identifier[:40]}` is no name for a parameter")
        return identifier
    if name == "mathConstant" and element.get("name") == "pi":
        return "pi"
    parts = [_read(part) for part in element]
    if not parts:
        raise LeftOut(f"an expression `{name[:40]}` has nothing to work on")
    if name == "not":
        return f"(not {parts[0]})"
    if name == "product" and len(parts) == 2 and parts[0] == "(-1)":
        return f"(-{parts[1]})"
    if name == "power" and len(parts) == 2 and parts[1] == "0.5":
        return f"sqrt({parts[0]})"
    if name in _SIGNS:
        return "(" + f" {_SIGNS[name]} ".join(parts) + ")"
    if name in {"max", "min"}:
        return f"{name}({','.join(parts)})" if len(parts) > 1 else parts[0]
    return _read_named(element, name, parts)


def _read_named(element: Element, name: str, parts: list[str]) -> str:
    if name == "equal" and element.get("toleranceMode", "exact") == "exact":
        return f"({parts[0]} == {parts[-1]})"
    if name == "roundTo" and element.get("roundingMode") == "decimalPlaces":
        return f"round({parts[0]},{read_number(element.get('figures', '0'))})"
    if name == "round":
        return f"round({parts[0]})"
    if name == "mathOperator" and element.get("name") in _NAMES:
        return f"{_NAMES[str(element.get('name'))]}({parts[0]})"
    raise LeftOut(f"the expression `{element.get('name') or name}` is not in our grammar")


def _constant(element: Element) -> str:
    value = read_number((element.text or "").strip())
    if value == _HALF:
        return "0.5"
    text = format(value, "f")
    return f"({text})" if text.startswith("-") else text
