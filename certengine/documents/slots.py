"""Slots: places in a block that are filled for each person, with a name, an id or a code.

A template marks one by ``data-slot``: ``<b data-slot="seat">&nbsp;</b>`` says where the seat's words stand, in which
face and size. The block is laid out once for everybody, and the words are lettered in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

POINTS_PER_PIXEL = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place, in points from the top left corner of what was laid out.

    Attributes:
        x, width: where words may stand.
        baseline: what they stand on.
        top: upper edge, for what is not words.
        size: of the letters.
        sans, bold: their face.
        align: ``left``, ``center`` or ``right``.
    """

    name: str
    x: float
    width: float
    top: float
    baseline: float
    size: float
    sans: bool
    bold: bool
    align: str = "left"


def slots_in(block: Any) -> Iterator[Slot]:
    """The slots of a laid out block, in its order."""
    seen: set[str] = set()
    for box, edge, line in _walk(block, _right_edge(block), None):
        name = box.element.get("data-slot") if box.element is not None and hasattr(box, "children") else None
        if name is None or name in seen:
            continue
        seen.add(name)
        inner = line if line is not None else _first_line(box)
        left = box.position_x if line is not None else box.content_box_x()
        family = box.style["font_family"][0]
        yield Slot(
            name=name,
            x=left * POINTS_PER_PIXEL,
            width=(edge - left if line is not None else box.width) * POINTS_PER_PIXEL,
            top=box.position_y * POINTS_PER_PIXEL,
            baseline=(inner.position_y + inner.baseline if inner is not None else box.position_y) * POINTS_PER_PIXEL,
            size=box.style["font_size"] * POINTS_PER_PIXEL,
            sans="Sans" in family,
            bold=box.style["font_weight"] >= 600,
            align=box.style["text_align_all"] if box.style["text_align_all"] in {"right", "center"} else "left",
        )


def _walk(box: Any, edge: float, line: Any) -> Iterator[tuple[Any, float, Any]]:
    """Boxes below a box, each with the right edge of its container and the line it stands in, if any."""
    for child in getattr(box, "children", ()):
        kind = type(child).__name__
        inside = child if kind == "LineBox" else line if kind in {"InlineBox", "TextBox"} else None
        yield child, edge, inside if kind != "LineBox" else None
        yield from _walk(child, _right_edge(child) if kind.endswith(("BlockBox", "CellBox")) else edge, inside)


def _right_edge(box: Any) -> float:
    return float(box.content_box_x() + box.width)


def _first_line(box: Any) -> Any:
    return next((one for one in box.descendants() if type(one).__name__ == "LineBox"), None)
