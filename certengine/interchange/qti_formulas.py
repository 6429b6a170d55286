"""Formulas in QTI: presentation MathML, our LaTeX as its annotation.

QTI puts the value of a template variable in wherever the formula has an ``mi`` of its name and the variable says so. A
letter of the formula may have the name of a parameter, so that the value goes by a variable of its own, ``<name>_value``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from certengine.interchange.rich import tell
from certengine.interchange.strict_xml import Element, SubElement
from certengine.interchange.wording import words
from certengine.model.latex import LatexFault, parse_latex
from certengine.model.markup import formulas
from certengine.model.mathml import mathml

MATHML: Final = "http://www.w3.org/1998/Math/MathML"
VALUE_SUFFIX: Final = "_value"

_VALUE: Final = re.compile(r"\\val\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SIGN: Final = "valueof"


def values_in(text: str) -> tuple[str, ...]:
    """The parameters whose values stand in formulas of a text."""
    return tuple(dict.fromkeys(name for latex, _ in formulas(text) for name in _VALUE.findall(latex)))


def add_formula(parent: Element, latex: str, apart: bool, values: Mapping[str, str] = {}) -> None:
    """Adds a formula; one that cannot be read, as words.

    Args:
        values: by name of a parameter, the variable that stands for it.
    """
    names = list(dict.fromkeys(_VALUE.findall(latex)))
    marked = _VALUE.sub(lambda match: rf"\text{{{_SIGN}{names.index(match.group(1))}}}", latex)
    try:
        root = mathml(parse_latex(marked), display=apart)
    except LatexFault:
        tell(parent, words(f"${latex}$"))
        return
    for leaf in root.iter("mtext"):
        number = (leaf.text or "").removeprefix(_SIGN)
        if (leaf.text or "").startswith(_SIGN) and number.isdigit():
            leaf.tag, leaf.text = "mi", values.get(names[int(number)], names[int(number)])
    math = SubElement(parent, "math", {"xmlns": MATHML, **root.attrib})
    semantics = SubElement(math, "semantics")
    semantics.extend(root)
    SubElement(semantics, "annotation", encoding="application/x-tex").text = latex
