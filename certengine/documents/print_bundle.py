"""Everything for the printer in one file: for each candidate a separator, the question paper, the answer sheet.

Every part begins on a sheet of its own when the file is printed on both sides: a part with an odd number of pages is
followed by an empty one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from certengine.documents.booklet import LEFT, PAGE_HEIGHT, PAGE_WIDTH, TOP
from certengine.documents.composition import MILLIMETRE, PlacedPage
from certengine.documents.item_rows import WIDTH
from certengine.documents.press import FragmentMaker, Press
from certengine.model.text import Text
from certengine.model.view import PaperView

_TITLE = Text.of(zh="试卷印刷文件", en="Papers for the printer")
_EMPTY = PlacedPage(PAGE_WIDTH * MILLIMETRE, PAGE_HEIGHT * MILLIMETRE, ())

Part = tuple[PaperView, Sequence[PlacedPage], Sequence[PlacedPage]]
"""A candidate's paper with the pages of booklet and answer sheet."""


def bundled(parts: Sequence[Part], make: FragmentMaker, press: Press) -> bytes:
    """The one file.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    languages = parts[0][0].languages
    pages = [page for number, part in enumerate(parts, 1) for page in _part(number, len(parts), part, make, press)]
    return press.compose(pages, title=_TITLE.best(languages[0]), language=languages[0])


def _part(number: int, count: int, part: Part, make: FragmentMaker, press: Press) -> Iterator[PlacedPage]:
    _, booklet, sheet = part
    yield from _whole_sheets([_separator(number, count, part, make, press)])
    yield from _whole_sheets(booklet)
    yield from _whole_sheets(sheet)


def _whole_sheets(pages: Sequence[PlacedPage]) -> Iterator[PlacedPage]:
    yield from pages
    if len(pages) % 2:
        yield _EMPTY


def _separator(number: int, count: int, part: Part, make: FragmentMaker, press: Press) -> PlacedPage:
    """Whose paper follows, and how many pages of what."""
    view, booklet, sheet = part
    fragment = make(
        "separator", "separator", WIDTH, view.languages,
        scheme_title=view.scheme_title, component_title=view.component_title, booklet=len(booklet), sheet=len(sheet),
    )  # fmt: skip
    press.require([fragment])
    values = {
        "candidate": view.candidate.id,
        "name": view.candidate.name,
        "seat": view.candidate.seat or "—",
        "paper": view.paper_id,
        "place": f"{number} / {count}",
        "code": view.paper_id,
    }
    placed = tuple(press.filled([press.at(fragment, LEFT, TOP + 30)], values))
    return PlacedPage(PAGE_WIDTH * MILLIMETRE, PAGE_HEIGHT * MILLIMETRE, placed)
