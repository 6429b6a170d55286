"""Small plots as inline SVG, for pages that must stand alone and print well.

Invariants:

1. Every text and attribute is escaped where it enters (:mod:`~certengine.documents.svg_elements`); nothing is fetched,
   no script, no outside name.
2. Every plot has a title and a description for who cannot see it; numbers in it are also in the page's tables.
3. Meaning is carried by lightness or shape first and by colour second (Okabe & Ito's palette), so that it survives
   colour blindness and a grey printer.
4. Plots are 420 units wide with type of 11, so that they can be read at the width of a phone.
5. ``key`` makes the ids of a plot unique within its page; it is ours, never data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor

from markupsafe import Markup, escape

from certengine.documents.svg_elements import (
    BLUE,
    INK,
    LINE,
    MUTED,
    PALE,
    VERMILION,
    WIDTH,
    element,
    grid_row,
    lettered,
    picture,
    ruled,
    short,
    width_of,
)
from certengine.scoring.component_analysis import Bin

BAND, SHADE = "#fbe9dd", "#f3ece4"


class Tone(StrEnum):
    """How a bar or a point stands out."""

    KEY = "key"
    PLAIN = "plain"
    GREY = "grey"
    FLAGGED = "flagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An item on the map: ``p`` across, item-rest correlation ``r`` up; only flagged points are labelled."""

    label: str
    p: float
    r: float
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A horizontal bar: a share of 1, with what to write beside it."""

    label: str
    share: float
    tone: Tone
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """A difference with its 95 % interval, where there is one."""

    label: str
    value: float
    half: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """An upright bar: how many values lie from ``low`` to ``high``."""

    low: float
    high: float
    n: int


def score_histogram(
    key: str, bins: Sequence[Bin], *, cut: float | None, title: str, description: str, error: float | None = None
) -> Markup:
    """Scores as upright bars, those under the cut pale, with the cut as a dashed line.

    Args:
        error: of a score at the cut; a band of it to either side shows whose pass or fail could have gone the other way.
    """
    right, top, base = 14, 22, 168
    full = float(bins[-1].high)
    step = _step(max(1, *(bar.n for bar in bins)), 4)
    most = step * max(1, ceil(max(bar.n for bar in bins) / step))
    left = max(34.0, width_of(str(most)) + 12)

    def x(score: float) -> float:
        return left + (WIDTH - left - right) * score / full

    def y(n: float) -> float:
        return base - (base - top) * n / most

    parts = []
    if cut is not None and error:
        low, high = x(max(0.0, cut - error)), x(min(full, cut + error))
        parts.append(element("rect", x=low, y=float(top), width=high - low, height=float(base - top), fill=BAND))
        parts += [ruled(edge, top, edge, base, VERMILION, dash="1 3") for edge in (low, high)]
    parts += [grid_row(y(n), left, WIDTH - right, str(n)) for n in range(0, most + 1, step)]
    for bar in bins:
        low, high = x(float(bar.low)), x(float(bar.high))
        tip = f"{float(bar.low):g}–{float(bar.high):g}: {bar.n}"
        pale = cut is not None and float(bar.low) < cut
        box = {"x": low + 1, "y": y(bar.n), "width": high - low - 2, "height": base - y(bar.n)}
        parts.append(element("rect", element("title", escape(tip)), fill=PALE if pale else BLUE, stroke=BLUE, **box))
    parts += [lettered(x(full * i / 5), base + 15, f"{full * i / 5:g}", anchor="middle") for i in range(6)]
    parts.append(ruled(left, base, WIDTH - right, base, INK))
    if cut is not None:
        parts.append(ruled(x(cut), top - 6, x(cut), base, VERMILION, width=2, dash="5 3"))
        end = "end" if cut > full / 2 else "start"
        shift = -5 if cut > full / 2 else 5
        words = f"合格线 cut {cut:g}" + (f" ± {error:.1f}" if error else "")
        parts.append(lettered(x(cut) + shift, top - 8, words, anchor=end, fill=INK, weight="600"))
    return picture(key, base + 22, title, description, parts)


def value_histogram(
    key: str, bars: Sequence[Count], *, ticks: Sequence[float], title: str, axis: str, description: str
) -> Markup:
    """Counts as upright bars over a scale of their own, from the first bar to the last."""
    left, right, top, base = 46, 14, 10, 150
    low, high = bars[0].low, bars[-1].high
    step = _step(max(1, *(bar.n for bar in bars)), 4)
    most = step * max(1, ceil(max(bar.n for bar in bars) / step))

    def x(value: float) -> float:
        return left + (WIDTH - left - right) * (value - low) / (high - low)

    def y(n: float) -> float:
        return base - (base - top) * n / most

    parts = [grid_row(y(n), left, WIDTH - right, str(n)) for n in range(0, most + 1, step)]
    for bar in bars:
        tip = f"{bar.low:.6g}–{bar.high:.6g}: {bar.n}"
        width = max(1.0, x(bar.high) - x(bar.low) - 2)
        box = {"x": x(bar.low) + 1, "y": y(bar.n), "width": width, "height": base - y(bar.n)}
        parts.append(element("rect", element("title", escape(tip)), fill=PALE, stroke=BLUE, **box))
    parts += [lettered(x(value), base + 15, f"{value:.5g}", anchor="middle") for value in ticks]
    parts.append(ruled(left, base, WIDTH - right, base, INK))
    parts.append(lettered((left + WIDTH - right) / 2, base + 32, axis, anchor="middle"))
    return picture(key, base + 40, title, description, parts)


def item_map(key: str, points: Sequence[Point], *, weak_under: float, title: str, description: str) -> Markup:
    """Each item by difficulty and item-rest correlation; the band of weak correlation is shaded."""
    left, right, top, base = 38, 10, 10, 250
    low = min(-0.2, *(floor(point.r * 5) / 5 for point in points), 0.0)
    high = max(0.6, *(ceil(point.r * 5) / 5 for point in points), 0.0)

    def x(p: float) -> float:
        return left + (WIDTH - left - right) * p

    def y(r: float) -> float:
        return base - (base - top) * (r - low) / (high - low)

    parts = [element("rect", x=left, y=y(weak_under), width=x(1) - left, height=base - y(weak_under), fill=SHADE)]
    for i in range(round((high - low) * 5) + 1):
        r = low + i / 5
        parts.append(grid_row(y(r), left, x(1), f"{r + 0:.1f}".replace("-", "−")))
    parts += [lettered(x(i / 5), base + 15, f"{i / 5:.1f}", anchor="middle") for i in range(6)]
    parts.append(ruled(left, base, x(1), base, INK))
    parts.append(lettered(x(1), base + 31, "难 ← 得分率 p → 易   hard ← p → easy", anchor="end"))
    parts.append(lettered(x(1) - 5, base - 6, f"r < {weak_under:.2f}", anchor="end"))
    for point in sorted(points, key=lambda one: one.tone is Tone.FLAGGED):
        parts.append(_point(point, x(min(max(point.p, 0), 1)), y(point.r)))
    flagged = [(x(one.p), y(one.r), one.label) for one in points if one.tone is Tone.FLAGGED]
    parts += _labels(flagged, x(1), base)
    return picture(key, base + 38, title, description, parts)


def share_bars(key: str, bars: Sequence[Bar], *, title: str, description: str) -> Markup:
    """Shares as horizontal bars from 0 to 1: the key dark, the others pale, flagged ones outlined heavily."""
    left, span, height = 76, 180, 24
    parts = [ruled(left + span * i / 4, 2, left + span * i / 4, height * len(bars), LINE) for i in range(5)]
    for row, bar in enumerate(bars):
        middle = row * height + height / 2 + 2
        fill, stroke, width = {
            Tone.KEY: (BLUE, BLUE, 1),
            Tone.PLAIN: (PALE, BLUE, 1),
            Tone.GREY: ("#e5e8ec", MUTED, 1),
            Tone.FLAGGED: ("#ffffff", VERMILION, 2.5),
        }[bar.tone]
        length = span * min(max(bar.share, 0.0), 1.0)
        weight = "700" if bar.tone is Tone.KEY else "400"
        parts.append(lettered(left - 8, middle + 4, short(bar.label, left - 10), anchor="end", fill=INK, weight=weight))
        box = {"x": left, "y": middle - 8, "width": max(length, 1), "height": 16, "rx": 2}
        parts.append(element("rect", fill=fill, stroke=stroke, stroke_width=width, **box))
        parts.append(lettered(left + span + 10, middle + 4, bar.note, fill=INK))
    return picture(key, height * len(bars) + 4, title, description, parts)


def difference_plot(key: str, rows: Sequence[Whisker], *, title: str, description: str) -> Markup:
    """Each assessor's difference to the panel as a dot with its interval, around a line at zero."""
    left, right, height, head = 96, 14, 26, 20
    reach = max([0.05, *(abs(row.value) + (row.half or 0.0) for row in rows)]) * 1.05

    def x(value: float) -> float:
        return left + (WIDTH - left - right) * (value + reach) / (2 * reach)

    base = head + height * len(rows)
    parts = [ruled(x(0), head - 4, x(0), base, INK)]
    parts.append(lettered(x(0) - 10, 12, "← 偏严 severe", anchor="end"))
    parts.append(lettered(x(0) + 10, 12, "偏宽 lenient →"))
    for number, row in enumerate(rows):
        middle = head + number * height + height / 2
        parts.append(ruled(left, middle, WIDTH - right, middle, LINE))
        parts.append(lettered(left - 10, middle + 4, short(row.label, left - 14), anchor="end", fill=INK))
        if row.half is not None:
            parts.append(ruled(x(row.value - row.half), middle, x(row.value + row.half), middle, BLUE, width=3))
        parts.append(element("circle", cx=x(row.value), cy=middle, r=5, fill=BLUE, stroke="#ffffff"))
    parts += [lettered(x(v), base + 14, _signed_percent(v), anchor="middle") for v in (-reach / 1.05, 0, reach / 1.05)]
    return picture(key, base + 20, title, description, parts)


def meter(share: float) -> Markup:
    """A share as a small bar beside its number in a table; hidden from screen readers, which read the number."""
    length = 60 * min(max(share, 0.0), 1.0)
    back = element("rect", x=0, y=0, width=60, height=8, fill="#e9edf2", rx=2)
    front = element("rect", x=0, y=0, width=length, height=8, fill=BLUE, rx=2)
    return element("svg", back, front, viewBox="0 0 60 8", width=60, height=8, aria_hidden="true", class_="meter")


def _point(point: Point, x: float, y: float) -> Markup:
    """A solid dot, a hollow one for a small sample, a diamond where flagged."""
    r = f"{point.r:+.2f}".replace("-", "−")
    tip = element("title", escape(f"{point.label}: p {point.p:.2f}, r {r}"))
    if point.tone is Tone.FLAGGED:
        corners = f"{x:.1f},{y - 6:.1f} {x + 6:.1f},{y:.1f} {x:.1f},{y + 6:.1f} {x - 6:.1f},{y:.1f}"
        return element("polygon", tip, points=corners, fill=VERMILION, stroke="#ffffff")
    if point.tone is Tone.GREY:
        return element("circle", tip, cx=x, cy=y, r=3.5, fill="#ffffff", stroke=MUTED, stroke_width=1.5)
    return element("circle", tip, cx=x, cy=y, r=3.5, fill=BLUE, fill_opacity=0.8, stroke="#ffffff", stroke_width=0.5)


def _labels(flagged: Sequence[tuple[float, float, str]], right: float, base: float) -> Iterator[Markup]:
    """Labels of points, each where it hides none of those before; one that finds no place is left to its tip."""
    taken: list[tuple[float, float, float]] = []
    for x, y, label in sorted(flagged):
        width = width_of(label)
        for left, baseline in ((x + 8, y + 4), (x - 8 - width, y + 4), (x - width / 2, y - 9), (x - width / 2, y + 17)):
            inside = left >= 38 and left + width <= right and 12 <= baseline <= base - 3
            free = all(left + width < a or b < left or abs(baseline - line) > 11 for a, b, line in taken)
            if inside and free:
                taken.append((left, left + width, baseline))
                words = escape(label)
                yield element("text", words, x=left, y=baseline, fill="#ffffff", stroke="#ffffff", stroke_width=4)
                yield lettered(left, baseline, label, fill=INK, weight="600")
                break


def _step(most: int, rows: int) -> int:
    """The least of 1, 2, 5, 10, 20, ... that reaches ``most`` in ``rows`` steps."""
    size = 1
    while size * 10 * rows <= most:
        size *= 10
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor * rows >= most)


def _signed_percent(value: float) -> str:
    return f"{100 * value:+.1f} %".replace("-", "−") if value else "0"
