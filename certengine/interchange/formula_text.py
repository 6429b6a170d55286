"""Formulas of parametrised items in the writing of other programs, and back: Moodle's calculated questions.

Moodle writes a parameter ``{a}``, a power ``pow(x, y)``, the natural logarithm ``log(x)`` and ``pi()``; the other
functions go by the names of ours. Nothing is evaluated here: what comes back is text for our own parser.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Final

from certengine.canonical import decimal_text
from certengine.interchange.questions import LeftOut, as_decimal
from certengine.items.arithmetic import PI
from certengine.items.expression import MAX_LENGTH, FormulaError, parse_formula

_RENAMED: Final = {"ln": "log"}
_NAMED: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_FOREIGN: Final = re.compile(r"[{}]|\*\*|[?!&|<>=]")


def moodle_formula(text: str) -> str:
    """A formula of ours as Moodle writes it.

    Raises:
        LeftOut: when Moodle has no writing for it.
    """
    return _written(parse_formula(text).root)


def from_moodle(text: str) -> str:
    """A formula of Moodle as ours.

    Raises:
        LeftOut: when our grammar has none of its functions or operators.
    """
    if len(text) > MAX_LENGTH:
        raise LeftOut(f"a formula is longer than {MAX_LENGTH} characters")
    plain = _NAMED.sub(r" \1 ", text).replace("pi()", " pi ")
    if _FOREIGN.search(plain):
        raise LeftOut(f"the formula `{text[:60]}` is not in our grammar")
    plain = _powers(re.sub(r"\blog\s*\(", "ln(", plain))
    try:
        parse_formula(plain.strip())
    except FormulaError as error:
        raise LeftOut(f"the formula `{text[:60]}` is not in our grammar: {error}") from error
    return " ".join(plain.split())


def _written(node: Any) -> str:
    if node.number is not None:
        return "pi()" if node.number == PI else number_text(node.number)
    parts = [_written(part) for part in node.parts]
    match node.operator:
        case "+" | "-" | "*" | "/":
            return f"({parts[0]}{node.operator}{parts[1]})"
        case "^":
            return f"pow({parts[0]},{parts[1]})"
        case "negative":
            return f"(-{parts[0]})"
        case operator if operator.startswith("name:"):
            return f"{{{operator[5:]}}}"
        case operator if operator.startswith("call:"):
            return f"{_RENAMED.get(operator[5:], operator[5:])}({','.join(parts)})"
    raise LeftOut("a condition within a formula has no writing there")


def number_text(value: Fraction) -> str:
    """A number of a formula: exact when it ends within 15 digits."""
    return decimal_text(as_decimal(value))


def _powers(text: str) -> str:
    """``pow(x,y)`` as ``((x)^(y))``, the innermost first."""
    while (start := text.rfind("pow(")) >= 0:
        depth, comma, end = 0, -1, -1
        for index in range(start + 3, len(text)):
            depth += (text[index] == "(") - (text[index] == ")")
            if depth == 1 and text[index] == ",":
                comma = index
            if depth == 0:
                end = index
                break
        if comma < 0 or end < 0:
            raise LeftOut("a power in the formula does not close")
        text = f"{text[:start]}(({text[start + 4 : comma]})^({text[comma + 1 : end]})){text[end + 1 :]}"
    return text
