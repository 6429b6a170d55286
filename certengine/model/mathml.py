"""Formulas as MathML: what the typesetter draws, and what other programs read.

Everything in it comes from the tree of :mod:`certengine.model.latex`, so there is no element or attribute that a text
could bring along.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement  # builds only; nothing is parsed here

from certengine.model.latex import (
    Accent,
    Fenced,
    Fraction,
    Grid,
    Group,
    Letter,
    Node,
    Number,
    Operator,
    Root,
    Scripted,
    Space,
    Words,
)
from certengine.model.latex_signs import ENVIRONMENTS, LARGE, LIMITS

_ACCENTS = {
    "bar": "¯",
    "overline": "―",
    "hat": "ˆ",
    "tilde": "~",
    "vec": "→",
    "dot": "˙",
    "ddot": "¨",
    "underline": "―",
}
_STRETCHED = frozenset({"overline", "underline"})
_MOVED = frozenset({"∑", "∏"})
_STYLES = {"dfrac": "true", "tfrac": "false"}
_COLUMNS = {"cases": ("left", "1em"), "aligned": ("right left", "0em")}
_OPENING = frozenset("([{⟨⌊⌈")
_UNSTRETCHED = frozenset("()[]{}|‖⟨⟩⌊⌋⌈⌉/")  # brackets grow with what they hold only where `\\left` says so


def mathml(tree: Group, *, display: bool) -> Element:
    """A formula as a ``math`` element; ``display`` for one set apart."""
    root = Element("math", {"display": "block" if display else "inline"})
    _Writer(display=display).row(root, tree)
    return root


class _Writer:
    def __init__(self, *, display: bool) -> None:
        self.display = display

    def row(self, parent: Element, group: Group, font: str | None = None) -> None:
        """A row of nodes as one child, whatever their number."""
        row = SubElement(parent, "mrow")
        font = group.font or font
        previous: Node | None = None
        for node in group.nodes:
            if _is_function(previous) and not (isinstance(node, Operator) and node.text in _OPENING):
                self.space(row, 0.167)
            self.node(row, node, font)
            previous = node

    def node(self, parent: Element, node: Node, font: str | None) -> None:
        match node:
            case Letter(text):
                self.leaf(parent, "mi", text, font)
            case Number(text):
                self.leaf(parent, "mn", text, font if font in {"bold", "sans-serif"} else None)
            case Operator(text):
                sign = self.leaf(parent, "mo", text.replace("-", "−"), None)
                if text in _UNSTRETCHED or (text in LARGE.values() and not self.display):
                    sign.set("stretchy", "false")
            case Words(text):
                self.leaf(parent, "mtext", text.replace(" ", "\u00a0"), None)
            case Space(width):
                self.space(parent, width)
            case Group():
                self.row(parent, node, font)
            case Fraction():
                self.fraction(parent, node, font)
            case Root(body, index):
                root = SubElement(parent, "msqrt" if index is None else "mroot")
                self.row(root, body, font)
                if index is not None:
                    self.leaf(root, "mn" if index.isdigit() else "mi", index, None)
            case Accent(name, body):
                under = name == "underline"
                over = SubElement(
                    parent, "munder" if under else "mover", {"accentunder" if under else "accent": "true"}
                )
                self.row(over, body, font)
                self.leaf(over, "mo", _ACCENTS[name], None).set("stretchy", "true" if name in _STRETCHED else "false")
            case Scripted():
                self.scripted(parent, node, font)
            case Fenced(left, right, body):
                self.fenced(parent, left, right, lambda row: self.row(row, body, font))
            case _:
                assert isinstance(node, Grid)
                self.grid(parent, node, font)

    def leaf(self, parent: Element, tag: str, text: str, font: str | None) -> Element:
        leaf = SubElement(parent, tag)
        leaf.text = text
        if font is not None:
            leaf.set("mathvariant", font)
        elif tag == "mi" and len(text) == 1 and text in "ΓΔΘΛΞΠΣΥΦΨΩ∞":
            leaf.set("mathvariant", "normal")
        return leaf

    def space(self, parent: Element, width: float) -> None:
        if width:
            SubElement(parent, "mspace", {"width": f"{width:g}em"})

    def fraction(self, parent: Element, node: Fraction, font: str | None) -> None:
        holder = parent
        if node.style in _STYLES:
            holder = SubElement(parent, "mstyle", {"displaystyle": _STYLES[node.style], "scriptlevel": "0"})
        fraction = SubElement(holder, "mfrac")
        self.row(fraction, node.above, font)
        self.row(fraction, node.below, font)

    def scripted(self, parent: Element, node: Scripted, font: str | None) -> None:
        below, above = node.below, node.above
        limits = self.display and _takes_limits(node.base)
        names = ("munderover", "munder", "mover") if limits else ("msubsup", "msub", "msup")
        name = names[0] if below and above else names[1] if below else names[2]
        holder = SubElement(parent, name)
        self.node(holder, node.base, font)
        for script in (below, above):
            if script is not None:
                self.row(holder, script, font)

    def fenced(self, parent: Element, left: str, right: str, body: object) -> None:
        row = SubElement(parent, "mrow")
        if left:
            self.leaf(row, "mo", left, None).attrib.update(fence="true", stretchy="true", form="prefix")
        assert callable(body)
        body(row)
        if right:
            self.leaf(row, "mo", right, None).attrib.update(fence="true", stretchy="true", form="postfix")

    def grid(self, parent: Element, node: Grid, font: str | None) -> None:
        def table(row: Element) -> None:
            align, between = _COLUMNS.get(node.name, ("center", "0.8em"))
            grid = SubElement(row, "mtable", {"columnalign": align, "columnspacing": between})
            for cells in node.rows:
                line = SubElement(grid, "mtr")
                for cell in cells:
                    self.row(SubElement(line, "mtd"), cell, font)

        self.fenced(parent, *ENVIRONMENTS[node.name], table)


def _takes_limits(base: Node) -> bool:
    return (isinstance(base, Operator) and base.text in _MOVED) or (isinstance(base, Letter) and base.text in LIMITS)


def _is_function(node: Node | None) -> bool:
    base = node.base if isinstance(node, Scripted) else node
    return isinstance(base, Letter) and len(base.text) > 1
