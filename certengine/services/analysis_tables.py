"""The statistics of a sitting's items for spreadsheets (CSV) and programs (JSON).

Shares and correlations are rounded, to four places in CSV and six in JSON; marks stay exact. What is not defined is an
empty cell or ``null``, never 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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


def item_table(loaded: LoadedSitting, written: Mapping[str, WrittenPart]) -> bytes:
    """One row for each item that somebody was given, in bank order; ``written`` is by component."""
    rows = []
    for component in loaded.scheme.written:
        items = {item.id: item for item in loaded.banks[component.bank].contents.items}
        for entry in written[component.id].items:
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
