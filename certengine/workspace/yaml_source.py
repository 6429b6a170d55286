"""Reading YAML as data with places: YAML 1.2, no aliases, no duplicate keys, bounded, numbers exact.

Invariants:

1. Every value and key keeps its line and column, so that whatever is found wrong later can be shown where it stands.
2. ``0.50`` becomes an exact decimal; ``no`` and ``12:30`` stay text, as YAML 1.2 says.
3. Nothing is constructed but plain data: mappings, lists, text, numbers, booleans, dates, nothing.
4. Files in plain YAML are read by :mod:`certengine.workspace.plain_yaml`, fifteen times as fast and with the same answer;
   every other file, and all that is wrong, by the whole of YAML.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from certengine.errors import Finding, Place
from certengine.workspace.plain_yaml import PlainReader, Unsure

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 50
MAX_NODES = 500_000

DataPath = tuple[str | int, ...]
_TAG = "tag:yaml.org,2002:"
_RESOLVER = YAML(typ="safe", pure=True).resolver
_START = StringMark("", 0, 0, 0, "", 0)


@dataclass(slots=True)
class YamlSource:
    """One YAML file as data, with where everything stands.

    Attributes:
        name: the file's path as shown to people.
        data: the plain data; ``None`` when the file could not be read at all.
        findings: what was wrong with the YAML itself.
    """

    name: str
    data: Any = None
    findings: list[Finding] = field(default_factory=list)
    values: dict[DataPath, tuple[int, int]] = field(default_factory=dict)
    keys: dict[DataPath, tuple[int, int]] = field(default_factory=dict)

    def place(self, path: DataPath = (), *, key: bool = False) -> Place:
        """Where a value (or its key) stands; the nearest enclosing place when it is missing."""
        first, second = (self.keys, self.values) if key else (self.values, self.keys)
        for length in range(len(path), -1, -1):
            found = first.get(path[:length]) or second.get(path[:length])
            if found is not None:
                return Place(source=self.name, line=found[0], column=found[1])
        return Place(source=self.name, line=1, column=1)

    def finding(
        self, code: str, message: str, path: DataPath = (), *, hint: str | None = None, key: bool = False
    ) -> Finding:
        """A finding at a path of this file."""
        return Finding(code=code, message=message, place=self.place(path, key=key), hint=hint)


def read_yaml(path: Path, name: str) -> YamlSource:
    """Read one YAML file.

    Args:
        name: the path to show in findings.

    Returns:
        A source; its ``findings`` say what is wrong, and its ``data`` is ``None`` when nothing could be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        source = YamlSource(name)
        source.findings.append(
            Finding(code="file/unreadable", message=f"cannot be read: {error.strerror}", place=Place(source=name))
        )
        return source
    return read_yaml_bytes(raw, name)


def read_yaml_bytes(raw: bytes, name: str) -> YamlSource:
    """Read the bytes of one YAML file, as :func:`read_yaml`."""
    source = YamlSource(name)
    if len(raw) > MAX_BYTES:
        source.findings.append(
            source.finding("file/too-large", f"a YAML file may have {MAX_BYTES} bytes at most", hint="split it")
        )
        return source
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        source.findings.append(
            Finding(
                code="file/encoding",
                message="is not UTF-8",
                place=Place(source=name, line=line, column=1),
                hint="save the file as UTF-8",
            )
        )
        return source
    _read_text(source, text)
    return source


def _read_text(source: YamlSource, text: str) -> None:
    plain = PlainReader(text, _typed, MAX_NODES)
    try:
        source.data = plain.read()
    except Unsure:
        _read_fully(source, text)
    else:
        source.values, source.keys = plain.values, plain.keys


@lru_cache(maxsize=4096)
def _typed(text: str) -> Any:
    """The value of a plain scalar on one line.

    Raises:
        Unsure: when it is not read here; the full reader then says why.
    """
    tag = _RESOLVER.resolve(ScalarNode, text, (True, False))
    apart = YamlSource("")
    value = _Builder(apart).build(ScalarNode(tag, text, _START, _START), (), 0)
    if apart.findings:
        raise Unsure
    return value


def _read_fully(source: YamlSource, text: str) -> None:
    """By the whole of YAML 1.2; what is wrong becomes findings."""
    reader = YAML(typ="safe", pure=True)
    reader.max_depth = MAX_DEPTH
    try:
        node = reader.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        source.findings.append(
            Finding(
                code="file/yaml",
                message=(error.problem or error.context or "is not YAML").strip(),
                place=Place(
                    source=source.name,
                    line=mark.line + 1 if mark else None,
                    column=mark.column + 1 if mark else None,
                ),
                hint="check indentation, quotes and brackets around this place; quote a text that holds a colon",
            )
        )
        return
    except (YAMLError, RecursionError, ValueError) as error:
        message = "is nested too deeply" if isinstance(error, RecursionError) else str(error).split("\n", 1)[0]
        source.findings.append(source.finding("file/yaml", message))
        return
    if node is None:
        source.findings.append(source.finding("file/empty", "is empty"))
        return
    source.data = _Builder(source).build(node, (), 0)


class _Builder:
    """Turns nodes into data, noting places; a node met twice is an alias."""

    def __init__(self, source: YamlSource) -> None:
        self.source = source
        self.met: set[int] = set()

    def build(self, node: Node, path: DataPath, depth: int) -> Any:
        if id(node) in self.met:
            # The node bears the place of its anchor; the alias is found at its key or at the list it stands in.
            self._add("file/alias", "aliases (`*name`) are not read", path, "write the value out")
            return None
        self.source.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.met.add(id(node))
        if depth > MAX_DEPTH or len(self.met) > MAX_NODES:
            self._add("file/too-deep", f"more than {MAX_DEPTH} levels or {MAX_NODES} values", path, "split the file")
            return None
        if not isinstance(node, ScalarNode) and str(node.tag).removeprefix(_TAG) not in {"map", "seq"}:
            self._add("file/tag", f"tags such as `{node.tag}` are not read", path, "write plain data")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: DataPath, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            if not isinstance(key, str):
                self._add("file/key", "a key must be a word", path, "write a plain name before the colon")
                continue
            if key in found:
                first = self.source.keys[(*path, key)]
                self.source.findings.append(
                    Finding(
                        code="file/duplicate-key",
                        message=f"`{key}` stands twice in one mapping, first on line {first[0]}",
                        place=Place(source=self.source.name, line=line, column=column),
                        hint="keep one of them",
                    )
                )
                continue
            self.source.keys[(*path, key)] = (line, column)
            found[key] = self.build(value_node, (*path, key), depth + 1)
        return found

    def _scalar(self, node: ScalarNode, path: DataPath) -> Any:
        tag = str(node.tag).removeprefix(_TAG)
        text: str = node.value
        try:
            match tag:
                case "str":
                    return text
                case "null":
                    return None
                case "bool":
                    return text.lower() == "true"
                case "int":
                    return int(text.replace("_", ""), 0) if text.lower().startswith(("0x", "0o")) else int(text)
                case "float":
                    number = Decimal(text)
                    if not number.is_finite() or abs(number.adjusted()) > 30:
                        raise ValueError(text)
                    return number
                case "timestamp":
                    return date.fromisoformat(text)
        except (ValueError, InvalidOperation):
            self._add("file/value", f"`{text[:40]}` is not a value that is read here", path, "quote it if it is text")
            return None
        self._add("file/tag", f"tags such as `{node.tag}` are not read", path, "write plain data")
        return None

    def _add(self, code: str, message: str, path: DataPath, hint: str) -> None:
        self.source.findings.append(self.source.finding(code, message, path, hint=hint))
