r"""Formulas in the mathematics of LaTeX, read as a tree; what is not understood whole is refused, never left out.

::

    formula  = { scripted }
    scripted = atom [ "^" argument ] [ "_" argument ]        in either order, each once
    argument = "{" formula "}" | atom                        a digit alone is not followed by another
    atom     = letter | number | sign | command
    command  = \frac{}{} | \sqrt[n]{} | \bar{} and other accents | \mathrm{} and other fonts | \text{words}
             | \left( formula \right) | \begin{pmatrix} cells \end{pmatrix} | a sign's name

Invariants:

1. A tree has at most ``MAX_LATEX`` characters and is ``MAX_DEPTH`` levels deep at most.
2. Every character but spaces is in the tree, or the formula is refused with a reason. Commands that set colours, links,
   sizes or macros do not exist here.
3. Arguments stand in braces: ``\frac12`` and ``x^12`` are refused, for they are not what they look like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from certengine.model.latex_signs import (
    ACCENTS,
    BRACKETS,
    COMMANDS,
    ENVIRONMENTS,
    FENCES,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    LARGE,
    LETTERS,
    LIMITS,
    OPERATORS,
    SIGNS,
    SPACES,
    WORDS,
)

MAX_LATEX: Final = 400
MAX_DEPTH: Final = 12
_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|\s+|[0-9]+(?:\.[0-9]+)?|.", re.DOTALL)
_INDEX = re.compile(r"\d{1,2}|[a-z]")
_LETTERS = re.compile("[A-Za-zÀ-ÖØ-öø-ÿµΑ-ΡΣ-Ωα-ω]")
_WORDS = re.compile("[A-Za-zÀ-ÖØ-öø-ÿµΑ-ΡΣ-Ωα-ω0-9 .,:;/()'+-]+")
_LITERAL = frozenset("+-*/=<>()[]|,.;:!?'−·×÷±≤≥≠≈→∞√°′∠⊥∥…‰")


class LatexFault(Exception):
    """Why a formula is not read, in a few words."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, or the upright name of a function or operator."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """Digits."""

    text: str


@dataclass(frozen=True, slots=True)
class Operator:
    """A sign between quantities, a bracket, a large operator."""

    text: str


@dataclass(frozen=True, slots=True)
class Space:
    """Room of so many em."""

    width: float


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a language within a formula."""

    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes that belong together; with a font, set in it."""

    nodes: tuple[Node, ...]
    font: str | None = None


@dataclass(frozen=True, slots=True)
class Fraction:
    """Numerator over denominator."""

    above: Group
    below: Group
    style: str


@dataclass(frozen=True, slots=True)
class Root:
    """A root; the square root has no index."""

    body: Group
    index: str | None


@dataclass(frozen=True, slots=True)
class Accent:
    """A mark on something, by the name of its command."""

    name: str
    body: Group


@dataclass(frozen=True, slots=True)
class Scripted:
    """Something with a superscript, a subscript or both."""

    base: Node
    above: Group | None
    below: Group | None


@dataclass(frozen=True, slots=True)
class Fenced:
    r"""What stands between ``\left`` and ``\right``; an empty bracket is none."""

    left: str
    right: str
    body: Group


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells: a matrix, cases, aligned lines; the name is the environment's."""

    name: str
    rows: tuple[tuple[Group, ...], ...]


Node = Letter | Number | Operator | Space | Words | Group | Fraction | Root | Accent | Scripted | Fenced | Grid


def parse_latex(latex: str) -> Group:
    """The tree of a formula.

    Raises:
        LatexFault: when any of it is not understood.
    """
    if len(latex) > MAX_LATEX:
        raise LatexFault(f"it has {len(latex)} characters, {MAX_LATEX} are the most")
    return _Reader(latex).whole()


def latex_fault(latex: str) -> str | None:
    """Why a formula is not read, or ``None``."""
    try:
        parse_latex(latex)
    except LatexFault as fault:
        return str(fault)
    return None


class _Reader:
    """Recursive descent over the tokens; spaces part tokens and are nothing else."""

    def __init__(self, latex: str) -> None:
        self.tokens = [match[0] for match in _TOKEN.finditer(latex)]
        self.at = 0
        self.depth = 0

    def whole(self) -> Group:
        found = self.until()
        if self.peek():
            raise LatexFault(f"`{self.peek()}` closes nothing")
        if _is_blank(found):
            raise LatexFault("it is empty")
        return found

    def peek(self) -> str:
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        sign = self.peek()
        self.at += 1
        return sign

    def until(self) -> Group:
        r"""Everything up to what closes it, which is left standing: ``}``, ``\right``, ``\end``, ``&``, ``\\``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise LatexFault(f"it is nested deeper than {MAX_DEPTH} levels")
        nodes: list[Node] = []
        while self.peek() not in {"", "}", "\\right", "\\end", "&", "\\\\"}:
            nodes.append(self.scripted())
        self.depth -= 1
        return Group(tuple(nodes))

    def scripted(self) -> Node:
        base = Group(()) if self.peek() in {"^", "_"} else self.atom()
        scripts: dict[str, Group] = {}
        while self.peek() in {"^", "_", "'"}:
            sign = self.take()
            if sign == "'":
                if "^" in scripts:
                    raise LatexFault("`'` follows a superscript; put braces")
                scripts["^"] = Group((Operator("′"),))
                continue
            if sign in scripts:
                raise LatexFault(f"two `{sign}` on one thing; put braces")
            scripts[sign] = self.argument(sign)
        return Scripted(base, scripts.get("^"), scripts.get("_")) if scripts else base

    def argument(self, script: str) -> Group:
        if self.peek() == "{":
            return self.braced(script)
        sign = self.peek()
        if sign in {"", "}", "^", "_", "&", "\\right", "\\end", "\\\\"}:
            raise LatexFault(f"`{script}` has nothing after it")
        if sign[0].isdigit() and len(sign) > 1:
            raise LatexFault(f"`{script}{sign}` needs braces: `{script}{{{sign}}}`")
        if sign[0] == "\\" and sign[1:] in {*FRACTIONS, *FONTS, *WORDS, *ACCENTS, "sqrt", "left", "begin"}:
            raise LatexFault(f"`{script}{sign}` needs braces")
        return Group((self.atom(),))

    def braced(self, command: str) -> Group:
        """An argument in braces that holds something."""
        if self.peek() != "{":
            raise LatexFault(f"`{command}` needs its argument in braces")
        self.take()
        found = self.until()
        if self.take() != "}":
            raise LatexFault("`{` is not closed")
        if _is_blank(found):
            raise LatexFault(f"`{command}` has nothing in its braces")
        return found

    def atom(self) -> Node:
        sign = self.peek()
        if sign == "{":
            self.take()
            found = self.until()
            if self.take() != "}":
                raise LatexFault("`{` is not closed")
            return found
        self.take()
        if sign[0] == "\\":
            return self.command(sign)
        if sign[0] in "0123456789":
            return Number(sign)
        if _LETTERS.fullmatch(sign):
            return Letter(sign)
        if sign in _LITERAL:
            return Operator(sign)
        if sign == "%":
            raise LatexFault("`%` begins a comment; write `\\%`")
        raise LatexFault(f"`{sign}` is no sign of a formula{_way_out(sign)}")

    def command(self, sign: str) -> Node:
        name = sign[1:]
        if name not in COMMANDS:
            raise LatexFault(f"`{sign}` is not known here")
        if name in LETTERS:
            return Letter(LETTERS[name])
        if name in FUNCTIONS or name in LIMITS:
            return Letter(name)
        for signs in (OPERATORS, LARGE, BRACKETS, SIGNS):
            if name in signs:
                return Operator(signs[name])
        if name in SPACES:
            return Space(SPACES[name])
        if name in FRACTIONS:
            return Fraction(self.braced(sign), self.braced(sign), name)
        if name in ACCENTS:
            return Accent(name, self.braced(sign))
        if name in FONTS:
            return Group(self.braced(sign).nodes, FONTS[name])
        if name in WORDS:
            return self.words(sign)
        if name == "sqrt":
            return self.root(sign)
        if name == "left":
            return self.fenced()
        assert name == "begin"
        return self.grid()

    def words(self, sign: str) -> Node:
        """The words in braces as written; what would be mathematics is not allowed in them."""
        start = self.at
        closing = self.tokens.index("}", start) if "}" in self.tokens[start:] else None
        if self.peek() != "{" or closing is None:
            raise LatexFault(f"`{sign}` needs its words in braces")
        text = "".join(self.tokens[self.at + 1 : closing])
        if not text.strip() or not _WORDS.fullmatch(text):
            raise LatexFault(f"`{sign}` holds words in Latin letters, and no signs of a formula")
        self.at = closing + 1
        return Letter(text.strip()) if sign == "\\operatorname" else Words(text)

    def root(self, sign: str) -> Node:
        index = None
        if self.peek() == "[":
            self.take()
            index = self.take()
            if not _INDEX.fullmatch(index) or self.take() != "]":
                raise LatexFault("`\\sqrt[n]` takes a number or a letter as its index")
        return Root(self.braced(sign), index)

    def fenced(self) -> Node:
        left = self.delimiter("\\left")
        body = self.until()
        if self.take() != "\\right":
            raise LatexFault("`\\left` has no `\\right`")
        return Fenced(left, self.delimiter("\\right"), body)

    def delimiter(self, command: str) -> str:
        sign = self.take()
        if sign == ".":
            return ""
        if sign and sign in FENCES:
            return sign
        found = {**BRACKETS, "{": "{", "}": "}", "|": "‖"}.get(sign[1:]) if sign[:1] == "\\" else None
        if found is None:
            raise LatexFault(f"`{command}` needs a bracket after it")
        return found

    def grid(self) -> Node:
        name = self.environment("\\begin")
        rows: list[tuple[Group, ...]] = []
        cells: list[Group] = []
        while True:
            cells.append(self.until())
            closing = self.take()
            if closing == "&":
                continue
            rows.append(tuple(cells))
            cells = []
            if closing != "\\\\":
                break
        if closing != "\\end" or self.environment("\\end") != name:
            raise LatexFault(f"`\\begin{{{name}}}` has no `\\end{{{name}}}`")
        if len({len(row) for row in rows}) > 1:
            raise LatexFault(f"the rows of `{name}` have different numbers of cells")
        return Grid(name, tuple(rows))

    def environment(self, sign: str) -> str:
        words = [self.take()]
        while words[-1] not in {"}", ""}:
            words.append(self.take())
        name = "".join(words[1:-1])
        if words[0] != "{" or name not in ENVIRONMENTS:
            raise LatexFault(f"`{sign}` needs one of {', '.join(ENVIRONMENTS)} in braces")
        return name


def _is_blank(node: Node) -> bool:
    return isinstance(node, Space) or (isinstance(node, Group) and all(map(_is_blank, node.nodes)))


def _is_wide(sign: str) -> bool:
    return ord(sign[0]) >= 0x2E80


def _way_out(sign: str) -> str:
    return ": words of a language stand outside the formula" if _is_wide(sign) else ""
