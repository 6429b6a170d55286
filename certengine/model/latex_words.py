r"""A formula on one line of Unicode, for terminals and spreadsheets: ``\frac{U^2}{2R}`` is ``U²/(2R)``."""

from __future__ import annotations

import re

from certengine.model.latex import (
    Accent,
    Fenced,
    Fraction,
    Grid,
    Group,
    LatexFault,
    Letter,
    Node,
    Number,
    Operator,
    Root,
    Scripted,
    Space,
    Words,
    parse_latex,
)
from certengine.model.latex_signs import ACCENTS, ENVIRONMENTS

_UPPER = dict(zip("0123456789+-−=()niT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵀ", strict=True)) | {"′": "′", "∘": "°", "°": "°"}
_LOWER = dict(zip("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True))
_ROOTS = {None: "√", "3": "∛", "4": "∜"}
_SPACED = frozenset("=≠≈≡∼≃∝<>≤≥≪≫→←↔⇒⇔∈∉⊂∪∩∧∨+−-±∓×÷")
_WORD = re.compile(r"\w+(?:\.\d+)?")


def formula_in_words(latex: str) -> str:
    """A formula as signs of Unicode; one that cannot be read stays as it is written."""
    try:
        tree = parse_latex(latex)
    except LatexFault:
        return latex
    return " ".join(_all(tree).split())


def _all(group: Group) -> str:
    """Nodes in a row; relations have room around them, signs before a quantity have none."""
    found = ""
    for number, node in enumerate(group.nodes):
        told = _node(node)
        before = group.nodes[number - 1] if number else None
        if isinstance(node, Operator) and node.text in _SPACED:
            is_prefix = before is None or (isinstance(before, Operator) and before.text not in ")]}|′!%")
            told = told if is_prefix else f" {told} "
        elif (_is_name(before) and not told.startswith(("(", "[", " "))) or (_is_name(node) and found[-1:].isalnum()):
            told = f" {told}"
        found += told
    return found


def _node(node: Node) -> str:
    match node:
        case Letter(text) | Number(text) | Words(text) | Operator(text):
            return text
        case Space(width):
            return " " if width > 0 else ""
        case Group():
            return _all(node)
        case Fraction(above, below, _):
            over = _all(above).strip()
            return f"{f'({over})' if ' ' in over else over}/{_one(below)}"
        case Root(body, index):
            return f"{_ROOTS.get(index) or index or ''}{'' if index in _ROOTS else '√'}{_one(body)}"
        case Accent(name, body):
            told = _all(body)
            return told + ACCENTS[name] if len(told) == 1 else told
        case Scripted(base, above, below):
            return _node(base) + _script("_", below, _LOWER) + _script("^", above, _UPPER)
        case Fenced(left, right, body):
            return f"{left}{_all(body)}{right}"
    assert isinstance(node, Grid)
    left, right = ENVIRONMENTS[node.name]
    rows = node.rows
    if node.name == "aligned":  # its cells go on from each other
        rows = tuple((Group(tuple(one for cell in row for one in cell.nodes)),) for row in rows)
    return left + "; ".join(", ".join(map(_all, row)) for row in rows) + right


def _script(sign: str, group: Group | None, small: dict[str, str]) -> str:
    if group is None:
        return ""
    told = _all(group).replace(" ", "")
    if all(char in small for char in told):
        return "".join(small[char] for char in told)
    return sign + (told if _WORD.fullmatch(told) else f"({told})")


def _one(group: Group) -> str:
    """In brackets, unless it is one thing."""
    told = _all(group).strip()
    return told if len(group.nodes) == 1 else f"({told})"


def _is_name(node: Node | None) -> bool:
    """A function's name, which needs room beside letters."""
    base = node.base if isinstance(node, Scripted) else node
    return isinstance(base, Letter) and len(base.text) > 1
