r"""The few signs of markup that a text of a bank may hold, and the same text in plain words.

``$…$`` is a formula in the mathematics of LaTeX, ``$$…$$`` on lines of its own one set apart; backquotes hold program
text, three of them on lines of their own a block of it; ``**…**`` is stressed; two or more lines that begin and end with
a bar are a table, the first of them its heading; a backslash before one of ``$ ` * | \`` makes it a plain sign.

Invariants:

1. Every text parses; a sign that pairs with none is itself. (:mod:`certengine.model.markup_slips` tells of it.)
2. A text without signs is one paragraph, unchanged, line breaks and all.
3. ``plain(escape(text)) == text`` for every text.
4. Values put into a text (digits, a point, a minus sign) never change how it parses.
5. Time grows with the length of the text and no faster: each character is looked at a fixed number of times.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from certengine.model.latex_words import formula_in_words

FENCE = "```"
_SIGNS = re.compile(r"[$`|\\]|\*\*")
_ESCAPED = re.compile(r"[\\$`*|]")
# Repeats are possessive: what they took they keep, so that a failing match costs no second look.
_FORMULA = r"\$(?![\s$])(?P<formula>(?:[^$\\\n]|\\[^\n])++)(?<!\s)\$(?![\d$])"
_INLINE = re.compile(
    rf"\\(?P<escaped>[$`*|\\])|`(?P<code>[^`\n]++)`|{_FORMULA}|(?P<stress>\*\*)|(?P<bar>\|)|(?P<lone>[$`])"
)
_DISPLAY = re.compile(r"\s*\$\$(?P<latex>(?:[^$\\]|\\.)++)\$\$\s*", re.DOTALL)


class RunKind(StrEnum):
    """What a run of characters within a line is."""

    TEXT = "text"
    CODE = "code"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one kind: text, program text, or the LaTeX of a formula."""

    kind: RunKind
    text: str
    stressed: bool = False


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; line breaks in it are line breaks."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class DisplayFormula:
    """A formula on lines of its own."""

    latex: str


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines of a program, every space of them as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, all as many as the longest row has; the first row is the heading."""

    rows: tuple[tuple[Runs, ...], ...]


Block = Paragraph | DisplayFormula | CodeBlock | Table


class SignKind(StrEnum):
    """What a sign met within a line turned out to be."""

    ESCAPED = "escaped"
    CODE = "code"
    FORMULA = "formula"
    STRESS = "stress"
    BAR = "bar"
    LONE = "lone"


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign, or a pair of them with what they hold, at its place in the whole text."""

    kind: SignKind
    start: int
    end: int
    held: str


@dataclass(frozen=True, slots=True)
class Part:
    """A block before its lines are read: the name of its type, and where it stands in the text."""

    type: type[Block]
    start: int
    end: int


def has_markup(text: str) -> bool:
    """Whether a text holds any sign at all; one that does not needs no parsing."""
    return _SIGNS.search(text) is not None


def parse(text: str) -> tuple[Block, ...]:
    """The blocks of a text, at least one."""
    if not has_markup(text):
        return (Paragraph((Run(RunKind.TEXT, text),)),)
    found = tuple(_block(text, part) for part in parts(text))
    return found or (Paragraph(()),)


def plain(text: str) -> str:
    """A text without its signs: formulas in words and signs of Unicode, columns of tables under each other."""
    return "\n".join(map(_plain_block, parse(text))) if has_markup(text) else text


def escape(text: str) -> str:
    """Markup that says just this text."""
    return _ESCAPED.sub(r"\\\g<0>", text)


def formulas(text: str) -> tuple[tuple[str, bool], ...]:
    """The LaTeX of every formula of a text in order, and whether it is set apart."""
    if "$" not in text:
        return ()
    found: list[tuple[str, bool]] = []
    for block in parse(text):
        match block:
            case DisplayFormula(latex):
                found.append((latex, True))
            case Paragraph(runs):
                found.extend((run.text, False) for run in runs if run.kind is RunKind.FORMULA)
            case Table(rows):
                cells = (run for row in rows for cell in row for run in cell)
                found.extend((run.text, False) for run in cells if run.kind is RunKind.FORMULA)
    return tuple(found)


def formula_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where the formulas of a text stand, signs included, in order."""
    if "$" not in text:
        return ()
    spans: list[tuple[int, int]] = []
    for part in parts(text):
        if part.type is DisplayFormula:
            spans.append((part.start, part.end))
        elif part.type is not CodeBlock:
            spans.extend((one.start, one.end) for one in signs(text, part) if one.kind is SignKind.FORMULA)
    return tuple(spans)


def parts(text: str) -> Iterator[Part]:
    """The text cut into blocks. Lines of running text that stand together are one; empty lines between blocks are none."""
    lines, starts = _lines(text)
    first: int | None = None  # first line of the running text being gathered
    line = 0
    several = False
    while line < len(lines):
        found = _special(text, lines, starts, line)
        if found is None:
            first = line if first is None else first
            line += 1
            continue
        if first is not None:
            yield from _running(text, starts[first], starts[line] - 1)
            first = None
        kind, end = found
        several = True
        yield Part(kind, starts[line], starts[end - 1] + len(lines[end - 1]))
        line = end
    if first is not None:
        yield from _running(text, starts[first], len(text)) if several else (Part(Paragraph, 0, len(text)),)


def signs(text: str, part: Part) -> Iterator[Sign]:
    """Every sign of a block of lines, in order."""
    for match in _INLINE.finditer(text, part.start, part.end):
        kind = match.lastgroup or ""
        yield Sign(SignKind(kind), match.start(), match.end(), match[kind])


def stress_pairs(text: str, found: Sequence[Sign]) -> frozenset[int]:
    """The starts of those ``**`` that open or close a stress: they touch what they enclose, which is not empty."""
    paired: set[int] = set()
    opening: Sign | None = None
    for one in found:
        if one.kind is not SignKind.STRESS:
            continue
        closes = (
            opening is not None
            and opening.end < one.start
            and not (text[opening.end].isspace() or text[one.start - 1].isspace())
        )
        if closes and opening is not None:
            paired |= {opening.start, one.start}
            opening = None
        else:
            opening = one
    return frozenset(paired)


def cell_spans(text: str, row: Part) -> tuple[tuple[int, int], ...]:
    """Where the cells of one line of a table stand, without the spaces around them."""
    bars = [one.start for one in signs(text, row) if one.kind is SignKind.BAR]
    return tuple(_stripped(text, left + 1, right) for left, right in pairwise(bars))


def row_parts(text: str, table: Part) -> Iterator[Part]:
    """The lines of a table."""
    start = table.start
    for line in text[table.start : table.end].split("\n"):
        yield Part(Paragraph, start, start + len(line))
        start += len(line) + 1


def _lines(text: str) -> tuple[list[str], list[int]]:
    lines = text.split("\n")
    starts = [0]
    for line in lines[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    return lines, starts


def _special(text: str, lines: list[str], starts: list[int], line: int) -> tuple[type[Block], int] | None:
    """What begins at a line, if it is no running text, and the line after its last."""
    bare = lines[line].strip()
    if bare == FENCE:
        # An open fence ends nowhere, and no line after it is looked at twice: the next fence is the first that closes.
        end = next((number for number in range(line + 1, len(lines)) if lines[number].strip() == FENCE), None)
        return (CodeBlock, end + 1) if end is not None else None
    if bare.startswith("$$"):
        end = _end_of_display(lines, line)
        matched = end is not None and _DISPLAY.fullmatch(text, starts[line], starts[end - 1] + len(lines[end - 1]))
        return (DisplayFormula, end) if matched and end is not None else None
    end = line
    while end < len(lines) and _is_row(lines[end]):
        end += 1
    return (Table, end) if end - line >= 2 else None


def _end_of_display(lines: list[str], line: int) -> int | None:
    """The line after that which closes a formula opened at ``line``; an empty line ends the search."""
    if len(lines[line].strip()) > 4 and lines[line].rstrip().endswith("$$"):
        return line + 1
    for number in range(line + 1, len(lines)):
        if "$$" in lines[number]:
            return number + 1 if lines[number].rstrip().endswith("$$") else None
        if not lines[number].strip():
            return None
    return None


def _is_row(line: str) -> bool:
    bare = line.strip()
    return len(bare) > 1 and bare[0] == "|" and bare[-1] == "|" and bare[-2] != "\\"


def _running(text: str, start: int, end: int) -> Iterator[Part]:
    """Running text beside blocks: the empty lines around it only part it from them."""
    start, end = _stripped(text, start, end)
    if start < end:
        yield Part(Paragraph, start, end)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _block(text: str, part: Part) -> Block:
    if part.type is DisplayFormula:
        return DisplayFormula(text[part.start : part.end].strip()[2:-2].strip())
    if part.type is CodeBlock:
        return CodeBlock("\n".join(text[part.start : part.end].split("\n")[1:-1]))
    if part.type is Table:
        rows = [tuple(_runs(text, *span) for span in cell_spans(text, row)) for row in row_parts(text, part)]
        widest = max(map(len, rows))
        return Table(tuple((*row, *[()] * (widest - len(row))) for row in rows))
    return Paragraph(_runs(text, part.start, part.end))


def _runs(text: str, start: int, end: int) -> Runs:
    found = [*signs(text, Part(Paragraph, start, end))]
    pairs = stress_pairs(text, found)
    runs: list[Run] = []
    stressed = False
    for one in found:
        _add(runs, RunKind.TEXT, text[start : one.start], stressed=stressed)
        start = one.end
        if one.start in pairs:
            stressed = not stressed
        elif one.kind in {SignKind.CODE, SignKind.FORMULA}:
            _add(runs, RunKind(one.kind.value), one.held, stressed=stressed)
        else:
            _add(runs, RunKind.TEXT, one.held, stressed=stressed)
    _add(runs, RunKind.TEXT, text[start:end], stressed=stressed)
    return tuple(runs)


def _add(runs: list[Run], kind: RunKind, text: str, *, stressed: bool) -> None:
    """A run more; text beside text of the same stress is one run with it."""
    last = runs[-1] if runs else None
    if last is not None and kind is RunKind.TEXT and (last.kind, last.stressed) == (kind, stressed):
        runs[-1] = Run(kind, last.text + text, stressed)
    elif text:
        runs.append(Run(kind, text, stressed))


def _plain_block(block: Block) -> str:
    match block:
        case Paragraph(runs):
            return _plain_runs(runs)
        case DisplayFormula(latex):
            return formula_in_words(latex)
        case CodeBlock(text):
            return text
    assert isinstance(block, Table)
    return _plain_table([[_plain_runs(cell) for cell in row] for row in block.rows])


def _plain_runs(runs: Runs) -> str:
    return "".join(formula_in_words(run.text) if run.kind is RunKind.FORMULA else run.text for run in runs)


def _plain_table(rows: list[list[str]]) -> str:
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)) for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
