"""A quick reader for the plain part of YAML that banks are written in; whatever it is not certain of, it leaves.

The full reader (:mod:`certengine.workspace.yaml_source`) is exact and slow. This one reads block mappings and lists,
flow mappings and lists on one line, and scalars on one line, with keys that are plain words.

Invariants:

1. It answers wholly or not at all: :class:`Unsure` sends the whole file to the full reader, which alone makes findings.
2. What it answers equals the full reader's answer: the data and the place of every value and key. A test holds both
   against each other on the sample banks and on thousands of damaged copies of them.
3. Plain scalars get their type from the full reader's own resolver.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DataPath = tuple[str | int, ...]
Places = dict[DataPath, tuple[int, int]]
_MOST_DEPTH = 30
# Characters that YAML forbids, breaks lines at, or gives a meaning of their own at the start of a line or a scalar.
_NOT_PLAIN = re.compile(
    "[^\\n\\x20-\\x7e\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]|[\\u2028\\u2029\\ufeff]|^(?:---|\\.\\.\\.|%)",
    re.MULTILINE,
)
_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_-]{0,99}):(?= |$)")
_SCALAR = re.compile(
    r'"(?P<double>(?:[^"\\]|\\["\\/nt])*)"'
    r"|'(?P<single>(?:[^']|'')*)'"
    r"|(?P<plain>(?:-(?=[\w.]))?[\w.+(][\w.+*/()^=<>-]*(?: +[\w.+*/()^=<>-]+)*)"
)
_ESCAPE = re.compile(r'\\(["\\/nt])')
_ESCAPED = {"n": "\n", "t": "\t"}
_REST = re.compile(r" *(?: #.*)?$")
_FLOW_REST = re.compile(r" *([,}\]])")
_SPACES = re.compile(r" *")


class Unsure(Exception):
    """This reader does not answer for the file."""


@dataclass(slots=True)
class PlainReader:
    """Reads one text.

    Attributes:
        typed: the value of a plain scalar; raises :class:`Unsure` when it has none.
        most: so many values at most.
    """

    text: str
    typed: Callable[[str], Any]
    most: int
    values: Places = field(default_factory=dict)
    keys: Places = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    indents: list[int] = field(default_factory=list)
    at: int = 0

    def read(self) -> Any:
        """The data of the text; ``values`` and ``keys`` say where everything stands.

        Raises:
            Unsure: when the full reader must read it.
        """
        if _NOT_PLAIN.search(self.text):
            raise Unsure
        self.lines = self.text.split("\n")
        for line in self.lines:
            bare = line.lstrip(" ")
            self.indents.append(-1 if not bare or bare[0] == "#" else len(line) - len(bare))
        self.at = -1
        column = self._next()
        data = self._block(column, (), 0)
        if self.at < len(self.lines):
            raise Unsure
        return data

    def _next(self) -> int:
        """Go to the next line that is not blank or a comment; its indent, or -1 at the end."""
        self.at += 1
        while self.at < len(self.lines):
            if self.indents[self.at] >= 0:
                return self.indents[self.at]
            self.at += 1
        return -1

    def _block(self, column: int, path: DataPath, depth: int) -> Any:
        """The block that starts on the present line in this column; afterwards the line after it is present."""
        if depth > _MOST_DEPTH or column < 0:
            raise Unsure
        line = self.lines[self.at]
        if line.startswith("- ", column):
            return self._list(column, path, depth)
        if _KEY.match(line, column):
            return self._mapping(column, path, depth)
        raise Unsure

    def _list(self, column: int, path: DataPath, depth: int) -> list[Any]:
        self._note(path, column)
        found: list[Any] = []
        while True:
            line = self.lines[self.at]
            start = _skip(line, column + 2)
            inner = (*path, len(found))
            if line.startswith("- ", start) or _KEY.match(line, start):
                found.append(self._block(start, inner, depth + 1))
                indent = self._indent()
            else:
                found.append(self._inline(start, inner, depth + 1))
                indent = self._next()
            if indent > column:
                raise Unsure
            if indent < column or not self.lines[self.at].startswith("- ", column):
                return found

    def _mapping(self, column: int, path: DataPath, depth: int) -> dict[str, Any]:
        self._note(path, column)
        found: dict[str, Any] = {}
        while True:
            line = self.lines[self.at]
            match = _KEY.match(line, column)
            if match is None or match[1] in found:
                raise Unsure
            inner = (*path, match[1])
            self.keys[inner] = (self.at + 1, column + 1)
            start = _skip(line, match.end())
            if start == len(line) or line[start] == "#":
                found[match[1]] = self._below(column, inner, depth + 1)
                indent = self._indent()
            else:
                found[match[1]] = self._inline(start, inner, depth + 1)
                indent = self._next()
            if indent > column:
                raise Unsure
            if indent < column:
                return found

    def _below(self, column: int, path: DataPath, depth: int) -> Any:
        """The block under a key; a list may stand in the key's own column."""
        indent = self._next()
        if indent < column or (indent == column and not self.lines[self.at].startswith("- ", indent)):
            raise Unsure
        return self._block(indent, path, depth)

    def _indent(self) -> int:
        return self.indents[self.at] if self.at < len(self.lines) else -1

    def _inline(self, start: int, path: DataPath, depth: int) -> Any:
        line = self.lines[self.at]
        value, end = self._flow(line, start, path, depth)
        if not _REST.match(line, end):
            raise Unsure
        return value

    def _flow(self, line: str, start: int, path: DataPath, depth: int) -> tuple[Any, int]:
        """The value that starts here, and where it ends."""
        if depth > _MOST_DEPTH:
            raise Unsure
        if line.startswith("{", start):
            return self._flow_mapping(line, start, path, depth)
        if line.startswith("[", start):
            return self._flow_list(line, start, path, depth)
        match = _SCALAR.match(line, start)
        if match is None:
            raise Unsure
        self._note(path, start)
        if match.lastgroup == "plain":
            return self.typed(match["plain"]), match.end()
        if match.lastgroup == "single":
            return match["single"].replace("''", "'"), match.end()
        inside = match["double"]
        if "\\" in inside:
            inside = _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), inside)
        return inside, match.end()

    def _flow_mapping(self, line: str, start: int, path: DataPath, depth: int) -> tuple[dict[str, Any], int]:
        self._note(path, start)
        found: dict[str, Any] = {}
        end = start
        while True:
            begin = _skip(line, end + 1)
            match = _KEY.match(line, begin)
            if match is None or match[1] in found:
                raise Unsure
            inner = (*path, match[1])
            self.keys[inner] = (self.at + 1, begin + 1)
            found[match[1]], end = self._flow(line, _skip(line, match.end()), inner, depth + 1)
            end = self._after(line, end, "}")
            if line[end] == "}":
                return found, end + 1

    def _flow_list(self, line: str, start: int, path: DataPath, depth: int) -> tuple[list[Any], int]:
        self._note(path, start)
        found: list[Any] = []
        end = start
        while True:
            value, end = self._flow(line, _skip(line, end + 1), (*path, len(found)), depth + 1)
            found.append(value)
            end = self._after(line, end, "]")
            if line[end] == "]":
                return found, end + 1

    def _after(self, line: str, end: int, closing: str) -> int:
        """Where the comma or the closing bracket after a value stands."""
        match = _FLOW_REST.match(line, end)
        if match is None or match[1] not in {",", closing}:
            raise Unsure
        return match.end() - 1

    def _note(self, path: DataPath, column: int) -> None:
        self.values[path] = (self.at + 1, column + 1)
        if len(self.values) > self.most:
            raise Unsure


def _skip(line: str, start: int) -> int:
    match = _SPACES.match(line, start)
    assert match is not None
    return match.end()
