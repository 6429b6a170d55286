"""Distractor curves: how the choice among an item's options changes from the weakest candidates to the ablest.

Invariants: those of :mod:`certengine.documents.plots`. The key is the thick unbroken line; a distractor has a mark and a
dash of its own, so that lines can be told apart in grey; every line is named at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from certengine.documents.svg_elements import (
    BLUE,
    INK,
    VERMILION,
    WIDTH,
    element,
    grid_row,
    lettered,
    picture,
    ruled,
    short,
)

_LEFT, _RIGHT, _TOP, _BASE = 42, 62, 10, 168
_GAP = 12.0
# Okabe and Ito's colours that are dark enough on white, each with a dash and a mark.
_STYLES = (
    (VERMILION, "6 3", "square"),
    ("#007356", "2 3", "triangle"),
    ("#A0548A", "8 3 2 3", "diamond"),
    (INK, "4 4", "circle"),
    ("#7A5C00", "1 3", "square"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """An option's share in each ability group, weakest first; ``None`` where a group is empty."""

    label: str
    shares: tuple[float | None, ...]
    key: bool


def option_curves(key: str, curves: Sequence[Curve], groups: Sequence[str], *, title: str, description: str) -> Markup:
    """The curves of one item; ``groups`` are the sizes of the groups, from the weakest to the ablest."""
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(groups) - 1)
    parts = [grid_row(_y(i / 4), _LEFT, WIDTH - _RIGHT, f"{25 * i} %") for i in range(5)]
    parts += [
        lettered(_LEFT + step * place, _BASE + 15, name, anchor=_anchor(place, len(groups)))
        for place, name in enumerate(groups)
    ]
    parts.append(lettered(_LEFT, _BASE + 30, "弱 weak"))
    parts.append(lettered(WIDTH - _RIGHT, _BASE + 30, "强 able", anchor="end"))
    styles = iter(_STYLES * (1 + len(curves) // len(_STYLES)))
    ends: list[tuple[float, Curve, str]] = []
    drawn: list[Markup] = []
    for curve in curves:
        colour, dash, mark = (BLUE, "none", "circle") if curve.key else next(styles)
        points = [(_LEFT + step * place, _y(share)) for place, share in enumerate(curve.shares) if share is not None]
        if not points:
            continue
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawn.append(
            element(
                "polyline",
                points=path,
                fill="none",
                stroke=colour,
                stroke_width=3 if curve.key else 1.6,
                stroke_dasharray=dash,
            )
        )
        tips = [f"{curve.label}: {100 * share:.0f} %" for share in curve.shares if share is not None]
        drawn += [_mark(mark, x, y, colour, tip) for (x, y), tip in zip(points, tips, strict=True)]
        ends.append((points[-1][1], curve, colour))
    ends.sort(key=lambda end: end[0])
    for (_, curve, colour), y in zip(ends, _apart([y for y, _, _ in ends]), strict=True):
        name = short(f"{'✓ ' if curve.key else ''}{curve.label}", _RIGHT - 12)
        weight = "700" if curve.key else "400"
        drawn.append(lettered(WIDTH - _RIGHT + 9, y + 4, name, fill=colour, weight=weight))
    parts.append(ruled(_LEFT, _BASE, WIDTH - _RIGHT, _BASE, INK))
    return picture(key, _BASE + 37, title, description, [*parts, *reversed(drawn)])


def _y(share: float) -> float:
    return _BASE - (_BASE - _TOP) * share


def _anchor(place: int, of: int) -> str:
    return "start" if place == 0 else "end" if place == of - 1 else "middle"


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights of labels, sorted, moved down as far as they would touch, and up again as far as they left the plot."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + _GAP) if placed else height)
    floor = float(_BASE)
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], floor)
        floor = placed[index] - _GAP
    return placed


def _mark(shape: str, x: float, y: float, colour: str, tip: str) -> Markup:
    title = element("title", escape(tip))
    if shape == "circle":
        return element("circle", title, cx=x, cy=y, r=3.2, fill=colour, stroke="#ffffff", stroke_width=0.8)
    if shape == "square":
        return element(
            "rect", title, x=x - 3, y=y - 3, width=6, height=6, fill=colour, stroke="#ffffff", stroke_width=0.8
        )
    if shape == "diamond":
        corners = f"{x:.1f},{y - 4.2:.1f} {x + 4.2:.1f},{y:.1f} {x:.1f},{y + 4.2:.1f} {x - 4.2:.1f},{y:.1f}"
    else:
        corners = f"{x:.1f},{y - 4:.1f} {x + 4:.1f},{y + 3:.1f} {x - 4:.1f},{y + 3:.1f}"
    return element("polygon", title, points=corners, fill=colour, stroke="#ffffff", stroke_width=0.8)
