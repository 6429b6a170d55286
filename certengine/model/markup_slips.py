r"""What a writer of markup probably did not mean: signs that pair with none, ragged tables, formulas that cannot be read.

Nothing here keeps a text from being shown: :func:`certengine.model.markup.parse` shows such a sign as itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from certengine.model.latex import latex_fault
from certengine.model.markup import (
    CodeBlock,
    DisplayFormula,
    Part,
    Sign,
    SignKind,
    Table,
    cell_spans,
    formulas,
    has_markup,
    parts,
    row_parts,
    signs,
    stress_pairs,
)

SAMPLE_VALUE: Final = "{12.5}"
"""What stands for a parameter's value when a formula is checked before any is drawn."""

_VALUE = re.compile(r"\\val\{\w*\}")
_GAP = re.compile(r"<<\s*[A-Za-z0-9_-]+\s*>>")
_VALUE_HEAD = re.compile(r"\\val\s*\{")


@dataclass(frozen=True, slots=True)
class Slip:
    """One thing that was probably not meant: a code, what, and a way out."""

    code: str
    message: str
    hint: str
    warning: bool = False


def slips(text: str) -> Iterator[Slip]:
    """Everything in a text that was probably not meant."""
    if not has_markup(text):
        return
    for part in parts(text):
        if part.type is Table:
            yield from _table_slips(text, part)
        elif part.type not in {CodeBlock, DisplayFormula}:
            yield from _sign_slips(text, part)
    yield from _formula_slips(text)


def checkable(latex: str) -> str:
    """A formula as written by an author, with a value for each parameter."""
    return _VALUE.sub(lambda _: SAMPLE_VALUE, latex)


def _table_slips(text: str, table: Part) -> Iterator[Slip]:
    rows = [*row_parts(text, table)]
    counts = [len(cell_spans(text, row)) for row in rows]
    for number, (row, count) in enumerate(zip(rows, counts, strict=True), 1):
        yield from _sign_slips(text, row)
        if count != counts[0]:
            yield Slip(
                "text/ragged-table",
                f"row {number} of a table has {count} cells, its heading {counts[0]}",
                "give every row as many cells; `\\|` prints a bar within one",
            )


def _sign_slips(text: str, part: Part) -> Iterator[Slip]:
    found = [*signs(text, part)]
    pairs = stress_pairs(text, found)
    lone = dict.fromkeys(_shown(one) for one in found if _is_lone(one, pairs))
    for sign in lone:
        yield Slip(
            "text/lone-sign",
            f"`{sign}` stands alone and is printed as it is" if sign != "`" else "a backquote stands alone",
            f"close it, or write `\\{sign[0]}` where the sign itself is meant",
            warning=True,
        )
    outside = [text[start:stop] for start, stop in _between(part, found)]
    if any(_VALUE_HEAD.search(piece) for piece in outside):
        yield Slip(
            "text/value-outside-formula",
            "`\\val{...}` stands outside a formula",
            "write `{name}` there; `\\val{name}` is for formulas",
        )


def _is_lone(sign: Sign, pairs: frozenset[int]) -> bool:
    return sign.kind is SignKind.LONE or (sign.kind is SignKind.STRESS and sign.start not in pairs)


def _shown(sign: Sign) -> str:
    return "**" if sign.kind is SignKind.STRESS else sign.held


def _between(part: Part, found: list[Sign]) -> Iterator[tuple[int, int]]:
    start = part.start
    for one in found:
        yield start, one.start
        start = one.end
    yield start, part.end


def _formula_slips(text: str) -> Iterator[Slip]:
    for latex in dict.fromkeys(latex for latex, _ in formulas(text)):
        gap = _GAP.search(latex)
        if gap is not None:
            yield Slip(
                "text/gap-in-formula",
                f"the gap `{gap[0]}` stands in a formula",
                "end the formula before the gap",
            )
            continue
        fault = latex_fault(checkable(latex))
        if fault is not None:
            yield Slip(
                "text/formula",
                f"the formula `{latex[:60]}{'…' if len(latex) > 60 else ''}` cannot be set: {fault}",
                "`docs/formats.md` says what a formula may hold; `\\$` prints a dollar sign",
            )
