"""The JSON Schemas of the files people write, derived from the nouns and the registries of kinds; and of those they get.

They describe what stands in the file, which is not always what the noun holds: an aspect's rule stands among its fields, and a
practical component names its tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from certengine import aspects, items
from certengine.model.bank import Item, Stimulus
from certengine.model.scheme import Aspect, Scheme, Task
from certengine.workspace.bank_files import BankHead
from certengine.workspace.binding import adapter
from certengine.workspace.config import Config
from certengine.workspace.published_schemas import receipt_schema, site_schema
from certengine.workspace.scheme_files import SchemeHead
from certengine.workspace.task_pool import PracticalHead

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_FORMAT: Schema = {"title": "Format", "const": 1}
_OF_TASKS = frozenset({"Task", "AspectGroup", "Aspect", "SiteItem", "SpecificationSection"})


def item_schema() -> Schema:
    """One item: the common fields, and beside them those of its kind."""
    return _by_kind(Item, "content", [(kind.id, kind.content_type) for kind in items.KINDS])


def items_schema() -> Schema:
    """A file of items, and of the stimuli they share."""
    stimulus, definitions = _taken_apart(adapter(Stimulus).json_schema())
    item, more = _taken_apart(item_schema())
    return {
        "$schema": _DRAFT,
        "title": "Items",
        "type": "object",
        "properties": {
            "format": _FORMAT,
            "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
            "stimuli": {"type": "array", "items": {"$ref": "#/$defs/Stimulus"}},
        },
        "anyOf": [{"required": ["items"]}, {"required": ["stimuli"]}],
        "additionalProperties": False,
        "$defs": {**definitions, **more, "Item": item, "Stimulus": stimulus},
    }


def aspect_schema() -> Schema:
    """One aspect: the common fields, and beside them those of its kind."""
    return _by_kind(Aspect, "rule", [(kind.id, kind.rule_type) for kind in aspects.KINDS])


def task_schema() -> Schema:
    """A task's file, its aspects by their kinds."""
    task, definitions = _taken_apart(adapter(Task).json_schema())
    aspect, more = _taken_apart(aspect_schema())
    return {
        "$schema": _DRAFT,
        **task,
        "properties": {"format": _FORMAT, **task["properties"]},
        "required": ["format", *task["required"]],
        "$defs": {**definitions, **more, "Aspect": aspect},
    }


def scheme_schema() -> Schema:
    """A scheme's file: its practical components name their tasks, and of the rules only the file's own head is new."""
    head, definitions = _taken_apart(adapter(SchemeHead).json_schema())
    noun, more = _taken_apart(adapter(Scheme).json_schema())
    practical, parts = _taken_apart(adapter(PracticalHead).json_schema())
    kept = {name: part for name, part in more.items() if name not in _OF_TASKS}
    written = kept["WrittenComponent"]
    practical["properties"]["kind"] = {"const": "practical"}
    practical["properties"]["total"] = written["properties"]["total"]
    return {
        "$schema": _DRAFT,
        **head,
        "title": "Scheme",
        "properties": {
            **head["properties"],
            "format": _FORMAT,
            "components": {**noun["properties"]["components"], "minItems": 1},
            "pass_standard": noun["properties"]["pass_standard"],
        },
        "$defs": {
            **definitions,
            **kept,
            **parts,
            "WrittenComponent": {**written, "required": ["kind", *written["required"]]},
            "PracticalComponent": practical,
        },
    }


def _taken_apart(schema: Schema) -> tuple[Schema, Schema]:
    """A schema without its definitions and dialect, and the definitions."""
    return {name: part for name, part in schema.items() if name not in {"$defs", "$schema"}}, schema.get("$defs", {})


def _plain(noun: type[Any]) -> Callable[[], Schema]:
    return lambda: {"$schema": _DRAFT, **adapter(noun).json_schema()}


def _by_kind(noun: type[Any], held: str, kinds: list[tuple[str, type[Any]]]) -> Schema:
    common = adapter(noun).json_schema()
    properties = {name: value for name, value in common["properties"].items() if name not in {held, "kind"}}
    required = [name for name in common["required"] if name not in {held, "kind"}]
    definitions: Schema = dict(common.get("$defs", {}))
    members = []
    for kind_id, content in kinds:
        own = adapter(content).json_schema()
        definitions.update(own.get("$defs", {}))
        members.append(
            {
                "title": kind_id,
                "type": "object",
                "properties": {"kind": {"const": kind_id}, **properties, **own.get("properties", {})},
                "required": sorted({"kind", *required, *own.get("required", [])}),
                "additionalProperties": False,
            }
        )
    return {"$schema": _DRAFT, "title": noun.__name__, "oneOf": members, "$defs": definitions}


#: By the name ``certengine schema`` knows them.
SCHEMAS: dict[str, Callable[[], Schema]] = {
    "bank": _plain(BankHead),
    "item": item_schema,
    "items": items_schema,
    "scheme": scheme_schema,
    "task": task_schema,
    "aspect": aspect_schema,
    "config": _plain(Config),
    "receipt": receipt_schema,
    "site": site_schema,
}
