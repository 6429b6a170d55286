"""What a scheme's official sheet may get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from certengine.errors import Finding
from certengine.model.official_sheet import CARRIED, PLAIN_SOURCES, SCORE, OfficialColumn
from certengine.model.scheme import Scheme
from certengine.scoring.official_sheet import is_format
from certengine.workspace.binding import closest
from certengine.workspace.yaml_source import DataPath, YamlSource


def sheet_findings(scheme: Scheme, source: YamlSource) -> Iterator[Finding]:
    """Everything wrong in ``official_sheet``."""
    sheet = scheme.official_sheet
    if sheet is None:
        return
    if not sheet.columns:
        yield source.finding("scheme/official-sheet", "a sheet has at least one column", ("official_sheet", "columns"))
    for heading, times in Counter(column.heading for column in sheet.columns).items():
        if times > 1:
            yield source.finding(
                "scheme/official-sheet", f"column `{heading}` stands {times} times", ("official_sheet", "columns")
            )
    for number, column in enumerate(sheet.columns):
        yield from _column(column, scheme, source, ("official_sheet", "columns", number))


def _column(column: OfficialColumn, scheme: Scheme, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    if sum(part is not None for part in (column.source, column.value, column.given)) != 1:
        yield source.finding(
            "scheme/official-sheet",
            f"column `{column.heading}` has exactly one of `source`, `value` and `given`",
            path,
            hint="write for example `{heading: 姓名, source: name}`",
        )
        return
    known = (
        *PLAIN_SOURCES,
        *(f"{kind}{component.id}" for kind in (SCORE, CARRIED) for component in scheme.components),
    )
    if column.source is not None and column.source not in known:
        yield source.finding(
            "scheme/official-sheet",
            f"`{column.source}` is no source of a column{closest(column.source, known)}",
            (*path, "source"),
            hint=f"the sources are: {', '.join(known)}",
        )
    elif not is_format(column):
        yield source.finding(
            "scheme/official-sheet",
            f"`{column.format}` is no format of column `{column.heading}`",
            (*path, "format"),
            hint="days: `yyyyMMdd`; scores: `0.0`; what is given: `id18`",
        )
