"""Our markup as XHTML for other programs.

Whoever writes a format says how characters and formulas stand in it: parameters and gaps are within the characters.
Elements come from here alone: ``p``, ``br``, ``code``, ``pre``, ``strong``, ``table`` with its rows and cells.
"""

from __future__ import annotations

from collections.abc import Callable

from certengine.interchange.strict_xml import Element, SubElement, markup_string
from certengine.model.markup import (
    Block,
    CodeBlock,
    DisplayFormula,
    Paragraph,
    Run,
    RunKind,
    Table,
    parse,
)

Leaf = Callable[[Element, str], None]
"""Adds characters to the end of what an element holds."""

Formula = Callable[[Element, str, bool], None]
"""Adds a formula in LaTeX to the end of what an element holds; whether it is set apart."""


def add_blocks(parent: Element, text: str, leaf: Leaf, formula: Formula) -> None:
    """A text as paragraphs and other blocks."""
    for block in parse(text):
        _add_block(parent, block, leaf, formula)


def add_inline(element: Element, text: str, leaf: Leaf, formula: Formula) -> None:
    """A text as what an element holds: without a paragraph of its own when it is one."""
    blocks = parse(text)
    if len(blocks) == 1 and isinstance(blocks[0], Paragraph):
        _add_runs(element, blocks[0].runs, leaf, formula)
    else:
        add_blocks(element, text, leaf, formula)


def html_of(text: str, formula: Formula) -> str:
    """A text as a string of XHTML."""
    holder = Element("div")
    add_blocks(holder, text, tell, formula)
    return "".join(markup_string(part) for part in holder)


def tell(element: Element, text: str) -> None:
    """Characters at the end of what an element holds."""
    last = element[-1] if len(element) else None
    if last is None:
        element.text = (element.text or "") + text
    else:
        last.tail = (last.tail or "") + text


def _add_block(parent: Element, block: Block, leaf: Leaf, formula: Formula) -> None:
    match block:
        case Paragraph(runs):
            _add_runs(SubElement(parent, "p"), runs, leaf, formula)
        case DisplayFormula(latex):
            formula(SubElement(parent, "p"), latex, True)
        case CodeBlock(text):
            leaf(SubElement(parent, "pre"), text)
        case Table(rows):
            table = SubElement(parent, "table")
            for number, row in enumerate(rows):
                part = SubElement(table, "thead" if number == 0 else "tbody") if number < 2 else table[-1]
                line = SubElement(part, "tr")
                for cell in row:
                    _add_runs(SubElement(line, "th" if number == 0 else "td"), cell, leaf, formula)


def _add_runs(element: Element, runs: tuple[Run, ...], leaf: Leaf, formula: Formula) -> None:
    for run in runs:
        holder = SubElement(element, "strong") if run.stressed else element
        if run.kind is RunKind.FORMULA:
            formula(holder, run.text, False)
        elif run.kind is RunKind.CODE:
            leaf(SubElement(holder, "code"), run.text)
        else:
            first, *rest = run.text.split("\n")
            leaf(holder, first)
            for line in rest:
                SubElement(holder, "br")
                leaf(holder, line)
