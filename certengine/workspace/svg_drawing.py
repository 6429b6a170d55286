"""SVG drawings of a bank: plain shapes and words, held to a list of elements and attributes.

Invariants:

1. What is let through holds no script, style sheet, event handler, link, embedded picture, foreign object, animation, or
   reuse of its own parts, and refers to nothing but gradients, markers and clipping paths of its own by ``url(#id)``.
2. It has no document type and no entities, and stays within bounds of size, depth and number of elements.
3. It says its own proportions: a ``viewBox``, or a width and a height.
"""

from __future__ import annotations

import re
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

MAX_ELEMENTS: Final = 5_000
MAX_DEPTH: Final = 40
_SVG: Final = "{http://www.w3.org/2000/svg}"
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_ELEMENTS: Final = frozenset(
    {"svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text"}
    | {"tspan", "linearGradient", "radialGradient", "stop", "marker", "clipPath"}
)
_ATTRIBUTES: Final = frozenset(
    {"id", "class", "version", "viewBox", "preserveAspectRatio", "width", "height", "x", "y", "x1", "y1", "x2", "y2"}
    | {"cx", "cy", "r", "rx", "ry", "fx", "fy", "dx", "dy", "d", "points", "transform", "rotate", "textLength"}
    | {"lengthAdjust", "pathLength", "role", "aria-label", "aria-labelledby", "aria-hidden", "style"}
    | {"fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap"}
    | {"stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "opacity", "color"}
    | {"display", "visibility", "overflow", "clip-path", "clip-rule", "clipPathUnits", "vector-effect", "paint-order"}
    | {"font", "font-family", "font-size", "font-style", "font-weight", "font-variant", "font-stretch"}
    | {"text-anchor", "dominant-baseline", "alignment-baseline", "baseline-shift", "letter-spacing", "word-spacing"}
    | {"writing-mode", "direction", "text-decoration", "marker-start", "marker-mid", "marker-end", "markerWidth"}
    | {"markerHeight", "markerUnits", "refX", "refY", "orient", "offset", "stop-color", "stop-opacity"}
    | {"gradientUnits", "gradientTransform", "spreadMethod", "shape-rendering", "text-rendering", "color-interpolation"}
    | {f"{_XML}space", f"{_XML}lang", "lang"}
)
_OWN_PART = re.compile(r"url\(\s*['\"]?#[A-Za-z_][\w.-]*['\"]?\s*\)")
_REFERS = re.compile(r"url|image|src|import|expression|javascript|@|\\|/\*", re.IGNORECASE)
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px|pt|mm|cm|in)?\s*")
_FOUR_NUMBERS = re.compile(r"\s*(-?\d*\.?\d+(?:[\s,]+|$)){4}\s*")


class DrawingFault(Exception):
    """Why a drawing is not taken, in a few words."""


class _Bounded(TreeBuilder):
    """Builds the tree and stops at the bounds."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = self.count = 0

    def start(self, tag: Any, attrs: Any, /) -> Any:
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise DrawingFault(f"it has more than {MAX_ELEMENTS} elements or {MAX_DEPTH} levels")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Any:
        self.depth -= 1
        return super().end(tag)


def demand_plain_drawing(data: bytes) -> None:
    """Let a drawing through.

    Raises:
        DrawingFault: when it holds anything that is not on the list.
    """
    root = _parsed(data)
    if root.tag != f"{_SVG}svg":
        raise DrawingFault("it is no SVG drawing: its root is not `svg` of the SVG namespace")
    for element in root.iter():
        _demand_known(element)
    if not _has_proportions(root):
        raise DrawingFault("it does not say its proportions: `viewBox` is missing")


def _parsed(data: bytes) -> Element:
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException:
        raise DrawingFault("it has a document type or entities") from None
    except (ParseError, ValueError, LookupError) as error:
        raise DrawingFault(f"it is not XML: {' '.join(str(error).split())[:80]}") from None
    return root


def _demand_known(element: Element) -> None:
    name = str(element.tag).removeprefix(_SVG)
    if name not in _ELEMENTS:
        raise DrawingFault(f"the element `{name[-60:]}` is not allowed in it")
    for key, value in element.attrib.items():
        if key not in _ATTRIBUTES:
            raise DrawingFault(f"the attribute `{key[-60:]}` is not allowed in it")
        if _REFERS.search(_OWN_PART.sub("", value)):
            raise DrawingFault(f"the attribute `{key}` refers to something outside it")


def _has_proportions(root: Element) -> bool:
    if _FOUR_NUMBERS.fullmatch(root.get("viewBox", "")):
        return True
    return all(_NUMBER.fullmatch(root.get(side, "")) for side in ("width", "height"))
