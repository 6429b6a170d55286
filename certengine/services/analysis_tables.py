"""The statistics of a sitting's items for spreadsheets (CSV) and programs (JSON).

Shares and correlations are rounded, to four places in CSV and six in JSON; marks stay exact. What is not defined is an
empty cell or ``null``, never 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from certengine.canonical import decimal_text, instant_text
from certengine.documents.report import PracticalPart, WrittenPart
from certengine.interchange.delimited import write_csv
from certengine.model.bank import Item
from certengine.scoring.analysis import ItemStatistics
from certengine.scoring.estimates import Interval
from certengine.services.sittings import LoadedSitting

SCHEMA = "certengine.item-analysis/1"
CSV_COLUMNS = (
    "component",
    "item",
    "kind",
    "area",
    "level",
    "expected_difficulty",
    "presented",
    "n",
    "blank",
    "multiple_marked",
    "unreadable",
    "p",
    "p_low",
    "p_high",
    "item_rest",
    "item_rest_low",
    "item_rest_high",
    "discrimination",
    "evidence",
    "flags",
)


def analysis_tables(
    loaded: LoadedSitting,
    at: datetime,
    written: Mapping[str, WrittenPart],
    practical: Mapping[str, PracticalPart],
) -> dict[str, bytes]:
    """Every table of the item report by the name of its file, as CSV, and all of them in one JSON document.

    A table without rows is left out.
    """
    files = {
        "item-analysis.csv": item_table(loaded, written),
        "item-analysis.json": statistics_document(loaded, at, written, practical),
    }
    options = [
        (component, {"item": entry.statistics.item} | _plain(option))
        for component, part in written.items()
        for entry in part.items
        for option in entry.statistics.options
    ]
    forms = [(component, _plain(form)) for component, part in written.items() for form in part.forms]
    sections = [(component, _plain(one)) for component, part in written.items() for _, one in part.sections]
    aspects = [(component, _plain(one.summary)) for component, part in practical.items() for one in part.aspects]
    assessors = [(component, _plain(one)) for component, part in practical.items() for one in part.assessors]
    for name, rows in (
        ("options", options),
        ("forms", forms),
        ("sections", sections),
        ("aspects", aspects),
        ("assessors", assessors),
    ):
        if rows:
            files[f"tables/{name}.csv"] = _flat_table(rows)
    return files


def _flat_table(rows: list[tuple[str, dict[str, Any]]]) -> bytes:
    """Records as a table: a field within a field as ``outer_inner``, a value of a list as ``name_1``, ``name_2``."""
    flat = [{"component": component} | dict(_flattened(record)) for component, record in rows]
    header = tuple(dict.fromkeys(name for record in flat for name in record))
    return write_csv(header, [tuple(record.get(name, "") for name in header) for record in flat])


def _flattened(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for inner, one in value.items():
                yield from _flattened(one, f"{name}_{inner}" if name else inner)
        case list():
            for number, one in enumerate(value, start=1):
                yield from _flattened(one, f"{name}_{number}")
        case None:
            yield name, ""
        case bool():
            yield name, "yes" if value else "no"
        case float():
            yield name, f"{value:.4f}"
        case _:
            yield name, str(value)


def item_table(loaded: LoadedSitting, written: Mapping[str, WrittenPart]) -> bytes:
    """One row for each item that somebody was given, in bank order; ``written`` is by component."""
    rows = []
    for component in loaded.scheme.written:
        items = {item.id: item for item in loaded.banks[component.bank].contents.items}
        for entry in written[component.id].items if component.id in written else ():
            rows.append(_row(component.id, items[entry.statistics.item], entry.statistics))
    return write_csv(CSV_COLUMNS, rows)


def statistics_document(
    loaded: LoadedSitting, at: datetime, written: Mapping[str, WrittenPart], practical: Mapping[str, PracticalPart]
) -> bytes:
    """Everything the item report shows, as one JSON document; ``at`` is when the analysis was made."""
    document = {
        "schema": SCHEMA,
        "sitting": loaded.sitting.id,
        "scheme": f"{loaded.scheme.id}@{loaded.sitting.scheme_version}",
        "banks": [f"{bank}@{version}" for bank, version, _ in loaded.sitting.banks],
        "at": instant_text(at),
        "written": [
            {
                "component": component,
                "scores": _plain(part.scores),
                "sections": [_plain(summary) for _, summary in part.sections],
                "forms": [_plain(one) for one in part.forms],
                "items": [_plain(entry.statistics) for entry in part.items],
            }
            for component, part in written.items()
        ],
        "practical": [
            {
                "component": component,
                "scores": _plain(part.scores),
                "aspects": [_plain(entry.summary) for entry in part.aspects],
                "assessors": _plain(part.assessors),
                "agreement": _plain(part.agreement),
            }
            for component, part in practical.items()
        ],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _row(component: str, item: Item, statistics: ItemStatistics) -> tuple[str, ...]:
    counts = (
        statistics.presented,
        statistics.n,
        statistics.blank,
        statistics.multiple_marked,
        statistics.unreadable,
    )
    flags = (f"{flag.kind.value}:{flag.option}" if flag.option else flag.kind.value for flag in statistics.flags)
    return (
        component,
        item.id,
        item.kind,
        item.area,
        item.level,
        "" if item.difficulty is None else decimal_text(item.difficulty),
        *(str(count) for count in counts),
        *_numbers(statistics.p, statistics.p_interval),
        *_numbers(statistics.item_rest, statistics.item_rest_interval),
        _number(statistics.discrimination),
        statistics.evidence.value,
        " ".join(flags),
    )


def _numbers(value: Fraction | float | None, interval: Interval | None) -> tuple[str, str, str]:
    low, high = (None, None) if interval is None else (interval.low, interval.high)
    return _number(value), _number(low), _number(high)


def _number(value: Fraction | float | None) -> str:
    return "" if value is None else f"{float(value):.4f}"


def _plain(value: Any) -> Any:
    """Statistics as JSON: shares and correlations as numbers, marks as decimal text as everywhere in the house."""
    match value:
        case Enum():
            return str(value.value)
        case None | bool() | int() | str():
            return value
        case Decimal():
            return decimal_text(value)
        case Fraction() | float():
            return round(float(value), 6)
        case tuple():
            return [_plain(one) for one in value]
    assert is_dataclass(value)
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
