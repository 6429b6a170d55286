"""Binding plain data from files to nouns, with pydantic: every wrong field is a finding with its place and a way out.

The nouns stay plain dataclasses that know nothing of files; what pydantic needs to know about them is said here: fields
that no noun has are refused, and a :class:`Text` is written as a mapping from language to text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import ConfigDict, GetCoreSchemaHandler, TypeAdapter, ValidationError, with_config
from pydantic_core import ErrorDetails, core_schema

from certengine.canonical import decimal_text
from certengine.errors import Finding
from certengine.model.text import Text
from certengine.workspace.yaml_source import DataPath, YamlSource

T = TypeVar("T")
_MAX_TEXT = 20_000
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}
_TEXT_FIELDS: dict[Any, tuple[str, ...]] = {}
_PERCENT = re.compile(r"\d{1,3}(?:\.\d{1,6})?\s*[%％]")
_NEVER_TEXTS = frozenset({"str", "int", "bool", "date", "Decimal"})


def bind(
    noun: type[T],
    data: Any,
    source: YamlSource,
    path: DataPath,
    findings: list[Finding],
    *,
    area: str,
    beside: tuple[str, ...] = (),
) -> T | None:
    """Data at a path of a file as a noun; ``None`` with findings when it does not fit.

    Args:
        area: first part of the codes of findings, for example ``item``.
        beside: fields that stand beside those of the noun in the file, for whoever misspells one.
    """
    try:
        bound: T = adapter(noun).validate_python(data)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            findings.append(_finding(details, data, noun, source, path, area, beside))
        return None
    return bound


def adapter(noun: Any) -> TypeAdapter[Any]:
    """The pydantic view of a noun; also gives its JSON Schema."""
    known = _ADAPTERS.get(noun)
    if known is None:
        for part in _dataclasses_within(noun, set()):
            with_config(ConfigDict(extra="forbid"))(part)
        known = _ADAPTERS[noun] = TypeAdapter(noun)
    return known


def texts_in(value: Any, path: DataPath = ()) -> Iterator[tuple[DataPath, Text]]:
    """Every :class:`Text` within a noun, with its path."""
    if isinstance(value, Text):
        yield path, value
    elif names := _names_of_fields(type(value)):
        for name in names:
            yield from texts_in(getattr(value, name), (*path, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from texts_in(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_in(item, (*path, key))


def _names_of_fields(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass that may hold texts; none of any other type."""
    known = _TEXT_FIELDS.get(kind)
    if known is None:
        held = fields(kind) if is_dataclass(kind) else ()
        names = [part.name for part in held if str(part.type).removesuffix(" | None") not in _NEVER_TEXTS]
        known = _TEXT_FIELDS[kind] = tuple(names)
    return known


def closest(word: str, known: tuple[str, ...]) -> str:
    """``; did you mean `x`?`` when one of the known words is near, else nothing."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _text_schema(cls: type[Text], source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    text = core_schema.str_schema(min_length=1, max_length=_MAX_TEXT)
    tag = core_schema.str_schema(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    mapping = core_schema.dict_schema(keys_schema=tag, values_schema=text, min_length=1)
    from_mapping = core_schema.no_info_after_validator_function(Text.of, mapping)

    def keep_texts(value: Any, validate: core_schema.ValidatorFunctionWrapHandler) -> Any:
        return value if isinstance(value, cls) else validate(value)

    return core_schema.no_info_wrap_validator_function(keep_texts, from_mapping)


Text.__get_pydantic_core_schema__ = classmethod(_text_schema)  # type: ignore[attr-defined]  # the noun itself must not know pydantic


def _dataclasses_within(kind: Any, met: set[Any]) -> Iterator[Any]:
    """A dataclass and all dataclasses its fields mention."""
    if isinstance(kind, type) and is_dataclass(kind):
        if kind in met or kind is Text:
            return
        met.add(kind)
        yield kind
        for hint in get_type_hints(kind).values():
            yield from _dataclasses_within(hint, met)
    else:
        for part in get_args(kind):
            yield from _dataclasses_within(part, met)


def _finding(
    details: ErrorDetails,
    data: Any,
    noun: type[Any],
    source: YamlSource,
    path: DataPath,
    area: str,
    beside: tuple[str, ...],
) -> Finding:
    where = path + _within(data, details["loc"])
    name = _name(details["loc"]) if details["loc"] else noun.__name__
    match details["type"]:
        case "missing":
            return source.finding(f"{area}/missing-field", f"`{name}` is missing", where, hint=f"add `{name}: ...`")
        case "extra_forbidden" | "unexpected_keyword_argument":
            known = _fields_at(noun, details["loc"][:-1])
            if len(details["loc"]) == 1:
                known = (*beside, *known)
            return source.finding(
                f"{area}/unknown-field",
                f"`{name}` is not a field here{closest(name, known)}",
                where,
                hint=f"the fields are: {', '.join(known)}" if known else "take it away",
                key=True,
            )
    given = details["input"]
    shown = f", given: `{given}`" if isinstance(given, str | int) and len(str(given)) < 60 else ""
    hint = _way_out(details, _fields_at(noun, details["loc"]))
    return source.finding(f"{area}/wrong-value", f"`{name}`: {_words(details)}{shown}", where, hint=hint)


def _name(location: tuple[int | str, ...]) -> str:
    """What a finding calls a field: ``key``, or ``accepted 2`` for the second member of a list."""
    last = location[-1]
    if isinstance(last, str):
        return last
    return f"{next((step for step in reversed(location) if isinstance(step, str)), 'entry')} {last + 1}"


def _words(details: ErrorDetails) -> str:
    message = details["msg"]
    plain = {
        "dict_type": "a mapping is due, such as `{zh: ..., en: ...}`",
        "dataclass_type": "a mapping is due",
        "tuple_type": "a list is due",
        "string_type": "text is due",
        "string_too_short": "must not be empty",
        "bool_type": "true or false is due",
        "bool_parsing": "true or false is due",
        "int_type": "a whole number is due",
        "int_parsing": "a whole number is due",
        "int_from_float": "a whole number is due",
        "missing": "is missing",
        "decimal_type": "a number is due",
        "decimal_parsing": "a number is due",
        "date_type": "a date is due",
        "date_parsing": "a date is due",
        "date_from_datetime_parsing": "a date is due",
        "date_from_datetime_inexact": "a date without a time is due",
    }
    return plain.get(details["type"], message[:1].lower() + message[1:].replace("should be", "must be", 1))


def _way_out(details: ErrorDetails, known: tuple[str, ...]) -> str | None:
    given = details["input"]
    if isinstance(given, str) and _PERCENT.fullmatch(given) and details["type"].startswith("decimal"):
        return f"write it as a share: {decimal_text(Decimal(given[:-1].strip()) / 100)}"
    match details["type"]:
        case "dataclass_type" if known:
            return f"write a mapping of: {', '.join(known)}"
        case kind if kind.startswith("date_"):
            return "write year, month and day: 2026-10-09"
        case "string_type":
            return "quote it if it is text"
        case "dict_type":
            return 'write a text in each language: `{zh: "...", en: "..."}`'
        case "bool_type" | "bool_parsing":
            return "write `true` or `false`"
        case "tuple_type":
            return "write a list: `[..., ...]`"
        case "int_type" | "int_parsing" | "int_from_float" | "decimal_type" | "decimal_parsing":
            return "write a number without quotes and without a unit"
        case _:
            return None


def _within(data: Any, location: tuple[int | str, ...]) -> DataPath:
    """The part of pydantic's location that is a path in the data (it also names union members and types)."""
    found: list[int | str] = []
    here = data
    for index, step in enumerate(location):
        last = index == len(location) - 1
        if isinstance(here, dict) and isinstance(step, str) and (step in here or last):
            found.append(step)
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            found.append(step)
            here = here[step]
    return tuple(found)


def _fields_at(noun: type[Any], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The field names of the dataclass at a location within a noun."""
    here: Any = noun
    for step in location:
        if isinstance(step, str) and isinstance(here, type) and is_dataclass(here):
            here = get_type_hints(here).get(step, here)
        here = next(iter(_dataclasses_within(here, set())), here)
    return tuple(part.name for part in fields(here)) if is_dataclass(here) else ()
