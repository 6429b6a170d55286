"""Formulas as pictures: the tree of a formula to an SVG of glyph outlines, with its size and depth in em.

Invariants:

1. What is drawn comes from the tree of :mod:`certengine.model.latex` alone, as MathML; the typesetting library never
   sees what an author wrote.
2. A picture holds outlines and nothing else: no text, style, script, link or other address. One that holds anything
   else is refused.
3. The same formula gives the same bytes, and is drawn once in a process.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, tostring  # builds only; nothing is parsed here

from certengine.errors import InputError
from certengine.model.latex import LatexFault, parse_latex
from certengine.model.mathml import mathml

if TYPE_CHECKING:
    from ziamath.zmath import Math

_EM: Final = 20.0
_SCALE: Final = 1.04  # the face of formulas is a little smaller at the same size than the text around it
_KEPT: Final = 4096
_DRAWN: Final = {
    "svg": {"xmlns", "width", "height", "viewBox"},
    "g": {"fill"},
    "path": {"d", "fill"},
    "rect": {"x", "y", "width", "height", "fill"},
}
"""Every element of a picture, with its attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaPicture:
    """A formula drawn: its SVG, and its measures in em of the text it stands in.

    Attributes:
        depth: how far it reaches below the line.
    """

    svg: bytes
    width: float
    height: float
    depth: float


@lru_cache(maxsize=_KEPT)
def draw_formula(latex: str, *, display: bool = False) -> FormulaPicture:
    """The picture of a formula.

    Raises:
        InputError: when it cannot be set, with the reason.
    """
    try:
        tree = parse_latex(latex)
    except LatexFault as fault:
        raise InputError(f"the formula `{latex[:60]}` cannot be set: {fault}", code="text/formula") from None
    try:
        return _picture(_set(mathml(tree, display=display)))
    except Exception as error:  # the library names no class for what it cannot draw
        raise InputError(
            f"the formula `{latex[:60]}` cannot be set: the typesetter fails on it", code="text/formula"
        ) from error


def formula_fault(latex: str, *, display: bool = False) -> str | None:
    """Why a formula cannot be set, or ``None``."""
    try:
        draw_formula(latex, display=display)
    except InputError as error:
        return error.message
    return None


def _set(element: Element) -> Math:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the library's own making, when it loads its face
        from ziafont.config import config
        from ziamath.zmath import Math

        config.svg2 = False  # outlines in place, not symbols that are referred to
        config.precision = 2
        return Math(element, size=_EM, margin=0)


def _picture(drawn: Math) -> FormulaPicture:
    svg = drawn.svgxml()
    svg.attrib.pop("xmlns:xlink", None)  # declared, never used
    for element in svg.iter():
        if element.text or element.attrib.keys() - _DRAWN.get(element.tag, set()) or element.tag not in _DRAWN:
            raise ValueError(f"the typesetter drew an unexpected element: {element.tag}")
    width, height = drawn.getsize()
    scale = _SCALE / _EM
    return FormulaPicture(
        svg=tostring(svg, encoding="utf-8"),
        width=round(width * scale, 3),
        height=round(height * scale, 3),
        depth=round(-drawn.getyofst() * scale, 3),
    )
