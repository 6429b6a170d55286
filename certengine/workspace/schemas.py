"""The JSON Schemas of the files people write, derived from the nouns and the registries of kinds; and of those they get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from certengine import aspects, items
from certengine.model.bank import Item
from certengine.model.scheme import Aspect, Scheme, Task
from certengine.workspace.bank_files import BankHead
from certengine.workspace.binding import adapter
from certengine.workspace.config import Config
from certengine.workspace.published_schemas import receipt_schema, site_schema

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def item_schema() -> Schema:
    """One item: the common fields, and beside them those of its kind."""
    return _by_kind(Item, "content", [(kind.id, kind.content_type) for kind in items.KINDS])


def aspect_schema() -> Schema:
    """One aspect: the common fields, and beside them those of its kind."""
    return _by_kind(Aspect, "rule", [(kind.id, kind.rule_type) for kind in aspects.KINDS])


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
    "scheme": _plain(Scheme),
    "task": _plain(Task),
    "aspect": aspect_schema,
    "config": _plain(Config),
    "receipt": receipt_schema,
    "site": site_schema,
}
