"""Nouns of a bank as our YAML: what is written is read back as the same nouns.

Invariants:

1. ``read_bank`` of what :func:`bank_files` gives finds the same head, items and stimuli; the pictures of figures are
   files of their own, and their digests are found when they are read.
2. Text is always quoted, with every character that cannot be seen written as an escape; numbers are plain and exact.
3. A field that holds its default is left out, but for status and importance, which a reader wants to see.
4. No file grows beyond what our own reader takes: many items become several files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from certengine.canonical import Json, decimal_text
from certengine.errors import Finding
from certengine.items import KINDS, kind_of
from certengine.model.bank import BankDraft, Figure, Item, Stimulus
from certengine.model.text import Text
from certengine.workspace.bank_files import ITEM_FIELDS, BankHead
from certengine.workspace.binding import bind
from certengine.workspace.yaml_source import MAX_BYTES, YamlSource

MAX_ITEMS: Final = 500
"""Most items of one file; more are hard to work in."""

_SHOWN_DEFAULTS: Final = ("status", "importance")
_AFTER_CONTENT: Final = ("explanation", "provenance")
_WORDS: Final = ("kind", "area", "level", *_SHOWN_DEFAULTS)
_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PLAIN_WORD: Final = re.compile(r"(?!(?:true|false|null)$)[A-Za-z][A-Za-z0-9_-]*", re.IGNORECASE)
_SAFE_BYTES: Final = MAX_BYTES // 2
_WIDTH: Final = 100
# What JSON leaves as it is and YAML cannot hold, or no eye can see.
_UNSEEN: Final = re.compile("[\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff\ufffe\uffff]")


def bank_files(draft: BankDraft) -> dict[str, str]:
    """The files of a bank by their path within its folder: ``bank.yaml``, ``items/<area>.yaml``, ``items/stimuli.yaml``."""
    files = {"bank.yaml": bank_text(draft)}
    stimuli = _files("stimuli", map(stimulus_text, draft.stimuli or ()), "stimuli", taken=())
    files |= {f"items/{path}": text for path, text in stimuli.items()}
    for area in dict.fromkeys(item.area for item in draft.items):
        members = [item for item in draft.items if item.area == area]
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", area).strip("-.") or "items"
        files |= {f"items/{path}": text for path, text in item_files(members, name, taken=files).items()}
    return files


def bank_text(draft: BankDraft) -> str:
    """``bank.yaml``."""
    lines = ["format: 1"]
    for name, value in head_document(draft).items():
        if isinstance(value, list) and name != "languages":
            lines.append(f"{name}:")
            lines.extend(f"  - {_flow(part)}" for part in value)
        else:
            lines.append(f"{name}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def item_files(items: Sequence[Item], name: str, *, taken: Mapping[str, object] = {}) -> dict[str, str]:
    """Files of items by their name within ``items/``: ``<name>.yaml``, ``<name>-2.yaml`` ...

    Args:
        taken: paths within the bank that must not be used.
    """
    return _files("items", map(item_text, items), name, taken=taken)


def _files(kind: str, members: Iterable[str], name: str, *, taken: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in _chunks(members):
        number = 1
        while (path := f"{name}{f'-{number}' if number > 1 else ''}.yaml") in found or f"items/{path}" in taken:
            number += 1
        found[path] = f"format: 1\n{kind}:\n" + "\n".join(chunk)
    return found


def item_text(item: Item) -> str:
    """One item as a member of ``items:``, indented by two."""
    return _member(item_document(item))


def stimulus_text(stimulus: Stimulus) -> str:
    """One stimulus as a member of ``stimuli:``, indented by two."""
    return _member(_document(stimulus))


def _member(document: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for name, value in document.items():
        lines.extend(_entry(name, value, "    "))
    return "  - " + "\n".join(lines)[4:] + "\n"


def item_document(item: Item) -> dict[str, Any]:
    """An item as plain data, the fields of its kind beside the common ones, in the order of our files."""
    common = _document(item, shown=_SHOWN_DEFAULTS)
    content = common.pop("content")
    after = {name: common.pop(name) for name in _AFTER_CONTENT if name in common}
    return {**common, **content, **after}


def head_document(draft: BankDraft) -> dict[str, Any]:
    """The head of a bank as plain data, without its format number."""
    whole = _document(draft)
    return {name: whole[name] for name in ("id", "title", "languages", "areas", "levels") if name in whole}


def json_document(document: Any) -> Json:
    """Plain data as JSON: numbers that are not whole become strings, which are read back as exactly the same numbers."""
    if isinstance(document, dict):
        return {name: json_document(value) for name, value in document.items()}
    if isinstance(document, list):
        return [json_document(value) for value in document]
    if isinstance(document, Decimal):
        return decimal_text(document)
    if isinstance(document, date):
        return document.isoformat()
    found: Json = document
    return found


def item_from(document: object, name: str) -> tuple[Item | None, tuple[Finding, ...]]:
    """The item that a document says, or what does not fit.

    Args:
        name: what findings call it.
    """
    source, findings = YamlSource(name, data=document), list[Finding]()
    kind_id = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(document, dict) or kind_id not in {kind.id for kind in KINDS}:
        return None, (source.finding("item/unknown-kind", f"`{kind_id}` is not a kind of item"),)
    own = {key: value for key, value in document.items() if key not in ITEM_FIELDS}
    content: Any = bind(kind_of(str(kind_id)).content_type, own, source, (), findings, area="item")
    common = {key: value for key, value in document.items() if key in ITEM_FIELDS}
    item = bind(Item, {**common, "content": content}, source, (), findings, area="item")
    return (item if content is not None else None), tuple(findings)


def head_from(document: object, name: str) -> BankHead | None:
    """The head of a bank that a document says, or ``None`` when it does not fit."""
    findings: list[Finding] = []
    if not isinstance(document, dict):
        return None
    head = bind(BankHead, {"format": 1, **document}, YamlSource(name, data=document), (), findings, area="bank")
    sound = head is not None and head.languages and all(_TAG.fullmatch(tag) for tag in head.languages)
    return head if sound else None


def _chunks(members: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for text in members:
        length = len(text.encode("utf-8"))
        if chunk and (len(chunk) == MAX_ITEMS or size + length > _SAFE_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(text)
        size += length
    if chunk:
        yield chunk


def _document(value: Any, *, shown: tuple[str, ...] = ()) -> Any:
    """A noun as plain data: mappings, lists, text, numbers, booleans, dates."""
    if isinstance(value, Text):
        return dict(sorted(value.by_language, key=lambda pair: pair[0] != "zh"))
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        found = {}
        for part in fields(value):
            held = getattr(value, part.name)
            default = part.default_factory() if part.default_factory is not MISSING else part.default
            if isinstance(value, Figure) and part.name == "digest":
                continue  # of the picture's bytes, which stand in their own file
            if part.name in shown or not (held is None or (default is not MISSING and held == default)):
                found[part.name] = _document(held)
        return found
    if isinstance(value, tuple):
        return [_document(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _document(part) for key, part in value.items()}
    return value


def _entry(name: str, value: Any, indent: str) -> Iterator[str]:
    """One field: on one line when it is short, else its parts on lines of their own."""
    plain = name in _WORDS and isinstance(value, str) and _PLAIN_WORD.fullmatch(value)
    flow = f"{indent}{_key(name)}: {value if plain else _flow(value)}"
    if isinstance(value, dict) and value and (len(flow) > _WIDTH or name in {"stem", "explanation", "provenance"}):
        yield f"{indent}{_key(name)}:"
        for key, part in value.items():
            yield from _entry(key, part, indent + "  ")
    elif isinstance(value, list) and value and any(isinstance(part, dict) for part in value):
        yield f"{indent}{_key(name)}:"
        yield from (f"{indent}  - {_flow(part)}" for part in value)
    else:
        yield flow


def _flow(value: Any) -> str:
    """A value on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return decimal_text(value)
        case date():
            return value.isoformat()
        case str():
            return quoted(value)
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{_key(key)}: {_flow(part)}" for key, part in value.items()) + "}"
    raise TypeError(f"no YAML form for {type(value).__name__}")


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """Text in double quotes; JSON's escapes are YAML's."""
    text.encode("utf-8")  # a lone surrogate has no place in a file: UnicodeEncodeError, a ValueError
    return _UNSEEN.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(text, ensure_ascii=False))
