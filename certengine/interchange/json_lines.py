"""JSON Lines: one object a line, read strictly.

Invariants:

1. One meaning: duplicate names, ``NaN``, lone surrogates and anything but one object a line are refused.
2. Numbers stay the digits that were written; they never pass through a binary fraction.
3. A bad line is a finding with its number; the other lines stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from certengine.errors import Finding, place_in
from certengine.interchange.decoded_text import decode
from certengine.interchange.grids import Grid, Row, bounded, refused

_HINT: Final = 'write one JSON object on each line, such as {"candidate_id": "A1"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLine:
    """One line's object; its numbers are strings of digits."""

    line: int
    value: dict[str, Any]


class _NotOneObject(ValueError):
    """The line is JSON of some kind, and not one unambiguous object."""


def read_objects(path: Path, data: bytes, max_rows: int) -> tuple[tuple[JsonLine, ...], tuple[Finding, ...]]:
    """The object of every line that has one, and a finding for every line that should.

    Raises:
        InputError: when the bytes are no text, or there are too many lines.
    """
    text, _, doubts = decode(data, path)
    objects: list[JsonLine] = []
    findings = list(doubts)
    for line, source in enumerate(text.split("\n"), start=1):
        if not source.strip():
            continue
        if len(objects) >= max_rows:
            message = f"the file has more than {max_rows} objects"
            raise refused(path, "table/too-large", message, line=line, hint="split it into several files")
        try:
            objects.append(JsonLine(line=line, value=_object(source)))
        except (ValueError, RecursionError) as error:
            why = str(error) if isinstance(error, _NotOneObject) else "the line is not JSON"
            findings.append(Finding(code="table/json", message=why, place=place_in(path, line), hint=_HINT))
    return tuple(objects), tuple(findings)


def each_object(path: Path, data: bytes) -> Iterator[dict[str, Any]]:
    """The objects that can be read, one by one, to tell the form of a file by the first.

    Raises:
        InputError: when the bytes are no text.
    """
    text, _, _ = decode(data, path)
    for source in text.split("\n"):
        with suppress(ValueError, RecursionError):
            yield _object(source)


def read_flat_objects(path: Path, data: bytes, max_rows: int) -> Grid:
    """Flat objects as rows under the names they use; a list of texts is one cell, parted by semicolons.

    Raises:
        InputError: when the bytes are no text, or the table is too large.
    """
    objects, problems = read_objects(path, data, max_rows)
    findings = list(problems)
    names = tuple(dict.fromkeys(name for item in objects for name in item.value))
    header = (Row(line=1, cells=names),) if names else ()
    rows: list[Row] = []
    lost: list[Row] = []
    for item in objects:
        cells = {name: cell_of(value) for name, value in item.value.items()}
        row = Row(line=item.line, cells=tuple(cells.get(name) or "" for name in names))
        nested = sorted(name for name, cell in cells.items() if cell is None)
        (lost if nested else rows).append(row)
        if nested:
            message = f"`{nested[0]}` is not a text, a number or a list of texts"
            findings.append(Finding(code="table/json", message=message, place=place_in(path, item.line), hint=_HINT))
    kept = bounded(path, [*header, *rows], max_rows)
    return Grid(rows=kept, encoding="JSON Lines", named=True, lost=tuple(lost), findings=tuple(findings))


def cell_of(value: object) -> str | None:
    """The text of a flat value; ``None`` when it is nested."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case list() if all(isinstance(item, str) for item in value):
            return ";".join(value)
    return None


def _object(source: str) -> dict[str, Any]:
    value = json.loads(
        source, object_pairs_hook=_unambiguous, parse_float=str, parse_int=str, parse_constant=_refuse_constant
    )
    if not isinstance(value, dict):
        raise _NotOneObject("the line is not an object")
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise _NotOneObject("the line holds half a character (a lone surrogate)") from error
    return value


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotOneObject("a name stands twice in one object")
    return found


def _refuse_constant(text: str) -> NoReturn:
    raise _NotOneObject(f"`{text}` is no number")
