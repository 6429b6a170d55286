"""What plots are drawn with: elements of SVG in which every text and attribute is escaped where it enters."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import east_asian_width

from markupsafe import Markup, escape

BLUE, PALE, VERMILION = "#0072B2", "#CFE3F1", "#D55E00"
INK, MUTED, LINE = "#1f2933", "#5f6b7a", "#d5dbe3"
WIDTH = 420


def picture(key: str, height: float, title: str, description: str, parts: Iterable[Markup]) -> Markup:
    """A plot with its title and description; ``key`` makes its ids unique within the page."""
    heads = (
        element("title", escape(title), id=f"{key}-title"),
        element("desc", escape(description), id=f"{key}-desc"),
    )
    named = f"{key}-title {key}-desc"
    return element(
        "svg", *heads, *parts, viewBox=f"0 0 {WIDTH} {height:g}", role="img", aria_labelledby=named, font_size=11
    )


def element(name: str, *children: Markup, **attributes: object) -> Markup:
    """An element; ``_`` in an attribute name stands for ``-``, and a trailing one keeps off Python's words."""
    shown = Markup("").join(
        Markup(' {}="{}"').format(attribute.rstrip("_").replace("_", "-"), _number(value))
        for attribute, value in attributes.items()
    )
    return Markup("<{}{}>{}</{}>").format(Markup(name), shown, Markup("").join(children), Markup(name))


def lettered(x: float, y: float, text: str, *, anchor: str = "start", fill: str = MUTED, weight: str = "400") -> Markup:
    """A text at a place, on its baseline."""
    return element("text", escape(text), x=x, y=y, text_anchor=anchor, fill=fill, font_weight=weight)


def ruled(x1: float, y1: float, x2: float, y2: float, stroke: str, *, width: float = 1, dash: str = "none") -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width, stroke_dasharray=dash)


def grid_row(y: float, left: float, right: float, label: str) -> Markup:
    """A line of the grid with its number on the left."""
    return ruled(left, y, right, y, LINE) + lettered(left - 6, y + 4, label, anchor="end")


def width_of(label: str) -> float:
    """About how wide a label is at size 11: a wide (Chinese) character 11, any other 6.2."""
    return sum(11.0 if east_asian_width(character) in "WF" else 6.2 for character in label)


def short(label: str, room: float) -> str:
    """The label, cut with an ellipsis where it would leave the plot; the table beside it has it whole."""
    if width_of(label) <= room:
        return label
    while label and width_of(label) > room - 8:
        label = label[:-1]
    return f"{label}…"


def _number(value: object) -> str:
    """A coordinate to a hundredth of a unit; other values as they are."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
