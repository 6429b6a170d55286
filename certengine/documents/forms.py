"""A form that many share, laid out once, with each person's facts lettered into its slots.

Laying out a form of a few hundred boxes takes a third of a second and comes out the same for everybody; what differs is
a name, an id and a seat. A file holds nothing of another person: not even the letters of a name in a shared font.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

import pikepdf

from certengine.documents.blocks import Piece
from certengine.documents.composition import Placed, PlacedPage
from certengine.documents.press import Press


class Form:
    """The pages of one form."""

    def __init__(self, html: str, stylesheets: Sequence[str], press: Press) -> None:
        """Lay it out.

        Raises:
            InputError: when it cannot be laid out.
        """
        self._press = press
        self.pages: tuple[Piece, ...] = press.pages(html, stylesheets)

    def filled(self, values: Mapping[str, str], *, title: str, language: str) -> bytes:
        """The form as one person's PDF."""
        pages = [
            PlacedPage(page.page_width, page.page_height, tuple(self._press.filled([Placed(page, 0.0, 0.0)], values)))
            for page in self.pages
        ]
        return self._press.compose(pages, title=title, language=language)


def page_count(pdf: bytes) -> int:
    """How many pages a PDF has."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return len(document.pages)
