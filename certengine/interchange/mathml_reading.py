"""MathML of other programs as LaTeX: the annotation where one says it, else the elements schools use.

What is not understood whole is no formula: the caller then keeps its characters as text and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from certengine.model.latex import MAX_LATEX, latex_fault

Token = tuple[str, str, Mapping[str, str]]
"""``("open", name, attributes)``, ``("close", name, {})`` or ``("text", characters, {})``."""

MAX_DEPTH: Final = 40
"""Deepest nesting of elements of a formula."""

_ROWS: Final = frozenset({"math", "mrow", "mstyle", "mpadded"})
_LEAVES: Final = frozenset({"mi", "mn", "mo", "mtext"})
_UNSEEN: Final = re.compile("[\u2061-\u2064\u200b]")
_NAMED: Final = re.compile(r"\\val\{[A-Za-z_][A-Za-z0-9_]*\}")
_ACCENTS: Final = {
    "¯": "bar",
    "―": "overline",
    "ˆ": "hat",
    "^": "hat",
    "~": "tilde",
    "→": "vec",
    "˙": "dot",
    "¨": "ddot",
}
_SIGNS: Final = {"−": "-", "%": r"\%", "{": r"\{", "}": r"\}", "#": r"\#", "&": r"\&", "_": r"\_"}


class _Unknown(Exception):
    """An element with no writing of ours."""


@dataclass(slots=True)
class _Node:
    name: str
    attributes: Mapping[str, str]
    parts: list[_Node] = field(default_factory=list)
    text: str = ""


def latex_of(tokens: Sequence[Token]) -> tuple[str, bool] | None:
    """The LaTeX of a formula and whether it is set apart; ``None`` when it is not understood whole."""
    root = _tree(tokens)
    if root is None:
        return None
    apart = root.attributes.get("display") == "block"
    latex = _annotation(root)
    if latex is None:
        try:
            latex = _written(root)
        except _Unknown:
            return None
        if latex_fault(_NAMED.sub("x", latex)) is not None:
            return None
    latex = " ".join(latex.split())
    return (latex, apart) if latex and "$" not in latex and len(latex) <= MAX_LATEX else None


def _tree(tokens: Sequence[Token]) -> _Node | None:
    root: _Node | None = None
    stack: list[_Node] = []
    for kind, name, attributes in tokens:
        if kind == "open":
            node = _Node(name, attributes)
            if stack:
                stack[-1].parts.append(node)
            root = root or node
            stack.append(node)
            if len(stack) > MAX_DEPTH:
                return None
        elif kind == "close" and stack and stack[-1].name == name:
            stack.pop()
        elif kind == "text" and stack:
            stack[-1].text += name
    return root


def _annotation(node: _Node) -> str | None:
    """LaTeX that the formula itself brings along."""
    for part in node.parts:
        if part.name == "annotation" and "tex" in part.attributes.get("encoding", "").lower():
            return part.text
        found = _annotation(part)
        if found is not None:
            return found
    return None


def _written(node: _Node) -> str:
    if node.name in _LEAVES:
        return _leaf(node)
    if node.name == "mspace":
        return ""
    if node.name == "semantics":
        return _written(node.parts[0]) if node.parts else ""
    parts = [_written(part) for part in node.parts]
    if node.name in _ROWS:
        return " ".join(part for part in parts if part)
    match node.name, parts:
        case "msqrt", _:
            return rf"\sqrt{{{' '.join(parts)}}}"
        case "mfrac", [above, below]:
            return rf"\frac{{{above}}}{{{below}}}"
        case "mroot", [inner, index]:
            return rf"\sqrt[{index}]{{{inner}}}"
        case "msup", [base, above]:
            return f"{{{base}}}^{{{above}}}"
        case "msub", [base, below]:
            return f"{{{base}}}_{{{below}}}"
        case "msubsup", [base, below, above]:
            return f"{{{base}}}_{{{below}}}^{{{above}}}"
        case "mover", [base, accent] if accent in _ACCENTS:
            return rf"\{_ACCENTS[accent]}{{{base}}}"
    raise _Unknown(node.name)


def _leaf(node: _Node) -> str:
    text = _UNSEEN.sub("", " ".join(node.text.split()))
    if not text or node.name == "mn":
        return text
    if node.name == "mtext":
        return rf"\text{{{text}}}"
    if node.name == "mi" and len(text) > 1:
        return rf"\mathrm{{{text}}}" if text.isascii() and text.isalpha() else rf"\text{{{text}}}"
    return "".join(_SIGNS.get(character, character) for character in text)
