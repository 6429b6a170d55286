"""Where keys stand in a TOML file, which the reader of the standard library does not say.

Only lines that begin a table or set a key are looked at. What a value holds over several lines has the place of its key, so a
finding there leads a few lines too high and never to another key.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import Any

from certengine.errors import Finding, Place
from certengine.workspace.yaml_source import DataPath, YamlSource

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_TABLE = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=\s*")
_AT = re.compile(r"(.*) \(at line (\d+), column (\d+)\)")


def read_toml(raw: bytes, name: str) -> YamlSource:
    """A TOML file as data with places; no data and a finding when it is none."""
    source = YamlSource(name)
    try:
        text = raw.decode("utf-8")
        source.data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        source.findings.append(_not_toml(name, "is not UTF-8", line, 1, "save the file as UTF-8"))
    except tomllib.TOMLDecodeError as error:
        at = _AT.fullmatch(str(error))
        why, line, column = (at[1], int(at[2]), int(at[3])) if at else (str(error), text.count("\n") + 1, 1)
        source.findings.append(_not_toml(name, why[:1].lower() + why[1:], line, column, "mend the line named"))
    else:
        _place(source, text)
    return source


def _not_toml(name: str, why: str, line: int, column: int, hint: str) -> Finding:
    return Finding(code="config/toml", message=why, place=Place(source=name, line=line, column=column), hint=hint)


def _place(source: YamlSource, text: str) -> None:
    table: DataPath = ()
    entries: Counter[DataPath] = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        if begun := _TABLE.match(line):
            table = _names(begun[2])
            if begun[1] == "[[":
                entries[table] += 1
                table = (*table, entries[table] - 1)
            at = (number, begun.start(2) + 1)
            source.keys.setdefault(table, at)
            source.values.setdefault(table, at)
        elif found := _KEY.match(line):
            path = (*table, *_names(found[1]))
            source.keys.setdefault(path, (number, found.start(1) + 1))
            source.values.setdefault(path, (number, found.end() + 1))


def _names(dotted: str) -> tuple[Any, ...]:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, dotted))
