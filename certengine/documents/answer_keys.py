"""The answer keys of many papers, in files of their own: for each paper its answers with the ids of their items.

Answers are lettered, not typeset: a thousand keys are a hundred thousand short words, each said once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from certengine.canonical import decimal_text
from certengine.documents.booklet import BOTTOM, LEFT, PAGE_HEIGHT, PAGE_WIDTH, TOP, page_fragment
from certengine.documents.composition import MILLIMETRE, Placed, PlacedPage
from certengine.documents.item_rows import WIDTH
from certengine.documents.lettering import ruled
from certengine.documents.option_widths import width_in_em
from certengine.documents.pagination import Row, Unit, paginate
from certengine.documents.press import FragmentMaker, Press
from certengine.documents.slots import Slot
from certengine.model.text import Text
from certengine.model.view import KeyEntry, KeyView

# Widths of an answer, in em, up to which ten, five or two of a key stand side by side.
_TEN_EM, _FIVE_EM, _TWO_EM = 3.7, 8.2, 20.0
_LONGEST_OF_TEN = 6  # characters
_ANSWER_SIZE, _ITEM_SIZE = 10.5, 6.5
_ANSWER_BASELINE, _ITEM_BASELINE, _ROW_HEIGHT = 12.0, 20.5, 23.0
_HEAD_TOP, _PAGE_TOP = 10.0, 279.0
_PAGE_OF_WIDTH = 80.0

_Rows = Iterator[Row[tuple[Placed, ...]]]


def print_answer_keys(
    views: Sequence[KeyView], make: FragmentMaker, press: Press, *, languages: Sequence[str], sample: bool
) -> bytes:
    """The keys of some papers in one confidential PDF, in their order.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    setter = _KeySetter(make, press, languages)
    pages = paginate([*setter.opening(), *map(setter.key, views)], (PAGE_HEIGHT - TOP - BOTTOM) * MILLIMETRE)
    numbers = [page_fragment(make, languages, page, len(pages)) for page in range(1, len(pages) + 1)]
    head = make("key-head", "strip", WIDTH, languages)
    behind = [make("sample", "on-sheet", None, languages)] if sample else []
    press.require([*numbers, head, *behind])
    composed = []
    for rows, number in zip(pages, numbers, strict=True):
        placed = [*(press.at(one, 0, 0) for one in behind), press.at(head, LEFT, _HEAD_TOP)]
        placed += [
            Placed(mark.piece, mark.x + LEFT * MILLIMETRE, mark.y + y + TOP * MILLIMETRE)
            for y, marks in rows
            for mark in marks
        ]
        placed.append(press.at(number, PAGE_WIDTH - LEFT - _PAGE_OF_WIDTH, _PAGE_TOP))
        composed.append(PlacedPage(PAGE_WIDTH * MILLIMETRE, PAGE_HEIGHT * MILLIMETRE, tuple(placed)))
    return press.compose(composed, title=_TITLE.best(languages[0]), language=languages[0])


_TITLE = Text.of(zh="标准答案", en="Answer keys")


def keys_across(entries: Sequence[KeyEntry]) -> int:
    """How many answers stand beside each other in a key: 10, 5, 2 or 1, by the longest of them."""
    widest = max(width_in_em(entry.answer) for entry in entries)
    if max(len(entry.answer) for entry in entries) <= _LONGEST_OF_TEN and widest <= _TEN_EM:
        return 10
    return 5 if widest <= _FIVE_EM else 2 if widest <= _TWO_EM else 1


class _KeySetter:
    """Rows of keys."""

    def __init__(self, make: FragmentMaker, press: Press, languages: Sequence[str]) -> None:
        self._make = make
        self._press = press
        self._languages = languages
        self._rule = ruled(WIDTH * MILLIMETRE)

    def opening(self) -> Iterator[Unit[tuple[Placed, ...]]]:
        """The title and the warning."""
        yield Unit(rows=(self._block("key-title"),))

    def key(self, view: KeyView) -> Unit[tuple[Placed, ...]]:
        """One paper's key; it stands on one page where a page holds it."""
        values = {"paper": view.paper_id, "candidate": view.candidate_id}
        rows = [self._block("key-paper", values, above=14.0)]
        for title, entries in view.sections:
            rows.append(self._block("key-section", title=title, each=decimal_text(entries[0].marks)))
            rows += self._answers(entries)
        return Unit(rows=tuple(rows))

    def _block(
        self, part: str, values: dict[str, str] | None = None, *, above: float = 3.0, **said: Any
    ) -> Row[tuple[Placed, ...]]:
        fragment = self._make(part, "key", WIDTH, self._languages, **said)
        self._press.require([fragment])
        placed = tuple(self._press.filled([self._press.at(fragment, 0, 0)], values or {}))
        return Row(height=placed[0].piece.height, holds=placed, above=above, bound=True)

    def _answers(self, entries: Sequence[KeyEntry]) -> _Rows:
        across = keys_across(entries)
        pitch = WIDTH * MILLIMETRE / across
        waiting = iter(entries)
        while row := list(islice(waiting, across)):
            placed: list[Placed] = []
            for place, entry in enumerate(row):
                slot = _slot(place * pitch, pitch, _ANSWER_BASELINE, _ANSWER_SIZE, bold=True)
                under = _slot(place * pitch, pitch, _ITEM_BASELINE, _ITEM_SIZE, bold=False)
                placed.append(self._press.in_slot(f"{entry.position}. {entry.answer}", slot))
                placed.append(self._press.in_slot(entry.item, under))
            height = max(
                _ROW_HEIGHT, *(one.y + one.piece.height for one in placed if one.piece.height > _ROW_HEIGHT), 0
            )
            placed.append(Placed(self._rule, 0.0, height - 0.5))
            yield Row(height=height, holds=tuple(placed))


def _slot(x: float, pitch: float, baseline: float, size: float, *, bold: bool) -> Slot:
    return Slot(name="", x=x, width=pitch - 2.0, top=0.0, baseline=baseline, size=size, sans=True, bold=bold)
