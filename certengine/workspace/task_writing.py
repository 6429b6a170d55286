"""A task as our YAML: what is written is read back as the same task. Text is quoted, numbers are plain and exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from typing import Any

from certengine.canonical import decimal_text
from certengine.model.scheme import Aspect, Task
from certengine.model.text import Text
from certengine.workspace.bank_writing import quoted


def task_text(task: Task) -> str:
    """The file of a task."""
    return "\n".join(_lines(task)) + "\n"


def _lines(task: Task) -> Iterator[str]:
    yield "format: 1"
    for name in ("id", "title", "minutes", "total", "brief"):
        yield f"{name}: {_flow(getattr(task, name))}"
    for name in ("requirements", "site", "specification"):
        parts = getattr(task, name)
        if parts:
            yield f"{name}:"
            yield from (f"  - {_flow(part)}" for part in parts)
    yield "groups:"
    for group in task.groups:
        yield f"  - id: {_flow(group.id)}"
        yield f"    title: {_flow(group.title)}"
        yield "    aspects:"
        for aspect in group.aspects:
            for number, (name, value) in enumerate(_aspect(aspect)):
                yield f"{'      - ' if number == 0 else '        '}{name}: {_flow(value)}"


def _aspect(aspect: Aspect) -> Iterator[tuple[str, Any]]:
    for name in ("id", "kind", "title", "marks", "requirement", "specification"):
        value = getattr(aspect, name)
        if value is not None:
            yield name, value
    yield from _held(aspect.rule)


def _held(noun: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a noun that hold something else than their default."""
    for part in fields(noun):
        value = getattr(noun, part.name)
        if value is not None and (part.default is MISSING or value != part.default):
            yield part.name, value


def _flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Text):
        return "{" + ", ".join(f"{tag}: {quoted(line)}" for tag, line in value.by_language) + "}"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if is_dataclass(value) and not isinstance(value, type):
        return "{" + ", ".join(f"{name}: {_flow(part)}" for name, part in _held(value)) + "}"
    return str(value)
