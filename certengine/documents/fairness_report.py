"""The fairness report of a sitting as one HTML page that stands alone: how alike its papers are, and whether they conform.

Invariants: those of :mod:`certengine.documents.report`. The page names forms, items and cells, and no candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from math import ceil, floor, log10

from markupsafe import Markup

from certengine import __version__
from certengine.assembly.fairness import ComponentFairness
from certengine.documents.plots import Count, value_histogram
from certengine.documents.report import ReportHeading
from certengine.documents.shown_numbers import SHOWN_BY
from certengine.documents.template_folder import TemplateFolder

_BARS = 20
_PLOTTED = 6


def render_fairness_report(
    heading: ReportHeading, commitment: str, parts: Sequence[ComponentFairness], folder: TemplateFolder
) -> str:
    """The report on the papers of a sealed sitting."""
    return folder.render(
        "fairness.html",
        css=Markup(folder.css("report.css")),  # the design folder is trusted, unlike what it lays out
        heading=heading,
        at=heading.at.astimezone(UTC),
        version=__version__,
        commitment=commitment,
        parts=[_part(part, number) for number, part in enumerate(parts)],
        **SHOWN_BY,
    )


def _part(part: ComponentFairness, number: int) -> dict[str, object]:
    title = part.component.title
    name = f"{title.best('zh')} · {title.best('en')}"
    plotted = part.different >= _PLOTTED  # fewer are read more easily in the table
    difficulties = [float(one) for one in part.difficulties] if plotted else []
    unused = sum(cell.available for cell in part.cells if not cell.most)
    return {
        "part": part,
        "key": f"f{number}",
        "items": part.component.count,
        "worst": max(part.overlap, default=None),
        "uneven": max((cell.most - cell.fewest for cell in part.cells), default=0),
        "unused": unused + sum(1 for cell in part.cells if cell.most and not cell.fewest),
        "forms": part.summaries if part.component.form_count else (),
        "exposure": _histogram(
            f"f{number}e",
            _shares(part.exposure.values(), part.papers) if plotted else [],
            title=f"{name}：试题曝光率 · exposure of items",
            axis="占试卷的百分比 % of papers",
        ),
        "overlap": _whole(
            f"f{number}o",
            part.overlap if plotted else {},
            title=f"{name}：两份试卷的相同题数 · items two papers share",
            axis="相同题数 items shared",
        ),
        "difficulty": _histogram(
            f"f{number}d",
            difficulties,
            title=f"{name}：试卷平均难度 · mean difficulty of papers",
            axis="难 ← 预期得分率 → 易   hard ← expected share → easy",
        ),
    }


def _shares(uses: Iterable[int], papers: int) -> list[float]:
    """Uses as percent of the papers."""
    return [100 * count / papers for count in uses]


def _histogram(key: str, values: Sequence[float], *, title: str, axis: str) -> Markup | None:
    """Values in bars of equal width; ``None`` without values."""
    if not values:
        return None
    low, high = min(values), max(values)
    width = _round_step((high - low) / _BARS or abs(high) / 100 or 1.0)
    first = floor(low / width + 1e-9)
    bars = max(1, ceil(high / width - 1e-9) - first)
    counts = [0] * bars
    for value in values:
        counts[min(bars - 1, max(0, floor(value / width + 1e-9) - first))] += 1
    rows = [Count(low=(first + n) * width, high=(first + n + 1) * width, n=count) for n, count in enumerate(counts)]
    ticks = [rows[0].low + n * width for n in range(0, bars + 1, max(1, ceil(bars / 5)))]
    return value_histogram(key, rows, ticks=ticks, title=title, axis=axis, description=f"n = {len(values)}")


def _whole(key: str, counts: Mapping[int, int], *, title: str, axis: str) -> Markup | None:
    """Whole numbers, a bar for each; ``None`` without any."""
    if not counts:
        return None
    rows = [Count(low=n - 0.5, high=n + 0.5, n=counts.get(n, 0)) for n in range(min(counts), max(counts) + 1)]
    pairs = sum(counts.values())
    ticks = range(min(counts), max(counts) + 1, max(1, ceil(len(rows) / 8)))
    return value_histogram(key, rows, ticks=ticks, title=title, axis=axis, description=f"{pairs} 对 · pairs")


def _round_step(step: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is no smaller."""
    size = 10.0 ** floor(log10(step))
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= step * 0.999999)
