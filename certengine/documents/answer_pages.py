"""Answer pages for essays: ruled lines for one item each, in tenths of a millimetre from the page's top left corner.

Invariants: every essay of a paper starts a page of its own, so that pages can be sorted by item; a page names the
paper and the item, never the candidate; what the marker writes stands outside the frame the candidate writes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from certengine.model.view import AnswerForm, PaperView, PresentedItem

LINE_PITCH = 90
LINES_A_PAGE = 25
FRAME_X, FRAME_Y, FRAME_WIDTH = 180, 420, 1740
MARKER_X, MARKER_Y, MARKER_WIDTH, MARKER_HEIGHT = 960, 160, 700, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSpace:
    """The answer space of one page: which item it belongs to, its place among the item's pages, how many lines it has."""

    position: int
    marks: Decimal
    part: int
    parts: int
    lines: int

    @property
    def height(self) -> int:
        """The height of the frame."""
        return self.lines * LINE_PITCH


def answer_spaces(view: PaperView) -> tuple[AnswerSpace, ...]:
    """The answer spaces of a paper's essays, a page each, in the order of the items."""
    return tuple(space for section in view.sections for item in section.items for space in _spaces(item))


def _spaces(item: PresentedItem) -> Iterator[AnswerSpace]:
    if item.presented.answer_form is not AnswerForm.ESSAY:
        return
    lines = item.presented.lines or LINES_A_PAGE
    parts = -(-lines // LINES_A_PAGE)
    for part in range(1, parts + 1):
        here = min(LINES_A_PAGE, lines - (part - 1) * LINES_A_PAGE)
        yield AnswerSpace(position=item.position, marks=item.marks, part=part, parts=parts, lines=here)
