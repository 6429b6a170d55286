"""The press: blocks typeset once for each process, from templates, and put on pages as often as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from certengine.documents.blocks import Block, Fragment, Pack, Piece, Setting, typeset, typeset_pages
from certengine.documents.composition import MILLIMETRE, FaceShelf, Placed, PlacedPage, compose
from certengine.documents.fonts import FontSet
from certengine.documents.layout import Typesetter
from certengine.documents.lettering import coded, has_wide_letters, lettered, narrowest
from certengine.documents.slots import Slot
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import InputError

STYLES: Mapping[str, tuple[str, ...]] = {
    "paper": ("paper.css", "blocks.css"),
    "sheet": ("answer_sheet.css",),
    "list": ("paper.css", "blocks.css", "sheets.css", "list_blocks.css"),
}
"""The style sheets that blocks of a style are laid out with."""

_MIDDLE = 0.35  # of the letters above their baseline
_DOCUMENTS = 8  # laid out whole and at hand
_LEADING = 1.15
_ONE_LINE = 1.8  # of the letters' size: what is no higher is one line, whatever faces stand in it
_SHARES = ((1.0, 1.4), (0.8, 1.2), (0.68, 1.1), (0.58, 2.05), (0.5, 0.0))
"""Sizes words are typeset in, as shares of their slot's, each with the height up to which it is taken; the last always is."""


class FragmentMaker:
    """Fragments from one template of blocks; the same values give the same fragment, filled in once."""

    def __init__(self, templates: TemplateFolder, template: str, style: str) -> None:
        self._templates = templates
        self._template = template
        self._style = style
        self._made: dict[Any, Fragment] = {}

    def __call__(
        self, part: str, shape: str, width: float | None, languages: Sequence[str], *, kept: bool = True, **values: Any
    ) -> Fragment:
        """The fragment of one part. Its values are hashable.

        Raises:
            NotFound, InputError: what is wrong with the template.
        """
        asked = (part, shape, width, tuple(languages), tuple(values.items()))
        known = self._made.get(asked) if kept else None
        if known is not None:
            return known
        html = self._templates.render(self._template, part=part, languages=tuple(languages), **values).strip()
        made = Fragment(self._style, languages[0], shape, width, html, kept)
        if kept:
            self._made[asked] = made
        return made


class Press:
    """Blocks at hand, and what makes more of them."""

    def __init__(
        self, templates: TemplateFolder, typesetter: Typesetter, fonts: FontSet, figures: Mapping[str, bytes]
    ) -> None:
        self._templates = templates
        self._figures = figures
        self._typesetter = typesetter
        self._shelf = FaceShelf(fonts)
        self._twins = self._shelf.twins()
        self._blocks: dict[str, Block] = {}
        self._documents: dict[tuple[str, tuple[str, ...]], tuple[Piece, ...]] = {}

    def block(self, fragment: Fragment) -> Block:
        """The block of a fragment that is at hand.

        Raises:
            KeyError: when it was neither loaded nor required.
        """
        return self._blocks[fragment.key]

    def load(self, pack: Pack) -> None:
        """Take blocks at hand."""
        self._blocks.update(pack.blocks)
        self._shelf.add(pack.programs)

    def typeset(self, fragments: Iterable[Fragment]) -> Pack:
        """Typeset fragments of any styles and languages; they are not taken at hand.

        Raises:
            NotFound: when the templates lack a style sheet.
            InputError: when a fragment cannot be laid out.
        """
        pack = Pack()
        ordered = sorted(fragments, key=lambda one: (one.style, one.language))
        for (style, _), group in groupby(ordered, key=lambda one: (one.style, one.language)):
            sheets = [self._templates.css(name) for name in STYLES[style]]
            pack.add(typeset(tuple(group), self._setting(sheets)))
        return pack

    def require(self, fragments: Iterable[Fragment]) -> None:
        """Have these fragments' blocks at hand, typesetting those that are not.

        Raises:
            NotFound, InputError: as :meth:`typeset`.
        """
        lacking = {one.key: one for one in fragments if one.key not in self._blocks}
        if lacking:
            self.load(self.typeset(lacking.values()))

    def _setting(self, stylesheets: Sequence[str]) -> Setting:
        return Setting(self._typesetter, tuple(stylesheets), self._figures, self._twins)

    def pages(self, html: str, stylesheets: Sequence[str]) -> tuple[Piece, ...]:
        """Every page of a whole document, to be filled and composed; those of the last few documents are at hand.

        Raises:
            InputError: when it cannot be laid out.
        """
        asked = (html, tuple(stylesheets))
        known = self._documents.pop(asked, None)
        if known is None:
            known, programs = typeset_pages(html, self._setting(stylesheets))
            self._shelf.add(programs)
            if len(self._documents) >= _DOCUMENTS:
                del self._documents[next(iter(self._documents))]  # asked for longest ago
        self._documents[asked] = known
        return known

    def at(self, fragment: Fragment, x: float, y: float) -> Placed:
        """The block of a fragment at hand, at a place in millimetres."""
        return Placed(self.block(fragment).pieces[0], x * MILLIMETRE, y * MILLIMETRE)

    def filled(self, placed: Iterable[Placed], values: Mapping[str, str]) -> Iterator[Placed]:
        """Blocks, each followed by what stands in its slots; the slot ``code`` is filled with a QR code."""
        for one in placed:
            yield one
            for slot in one.piece.slots:
                value = values[slot.name]
                if value:
                    inner = coded(value, slot) if slot.name == "code" else self.in_slot(value, slot)
                    yield Placed(inner.piece, one.x + inner.x, one.y + inner.y)

    def in_slot(self, text: str, slot: Slot) -> Placed:
        """Words in their slot: lettered, or typeset where letters are lacking or the words are too long."""
        written = lettered(text, slot, self._shelf)
        if written is not None:
            return written
        for share, limit in _SHARES:
            if limit and share * slot.size * narrowest(text) > slot.width * (limit // share):
                continue  # so many lines would not do
            piece = self._typeset_in(text, slot, share)
            if piece.height <= limit * slot.size:
                break
        if piece.baseline is not None and piece.height < _ONE_LINE * share * slot.size:
            return Placed(piece, slot.x, slot.baseline - piece.baseline)
        return Placed(piece, slot.x, slot.baseline - _MIDDLE * slot.size - piece.height / 2)

    def _typeset_in(self, text: str, slot: Slot, share: float) -> Piece:
        """Words as wide as their slot at most, in a share of its letters' size."""
        kind = "Sans" if slot.sans else "Serif"
        style = (
            f"font: {700 if slot.bold else 400} {share * slot.size:.2f}pt/{_LEADING} 'Certengine {kind}', 'Noto {kind} CJK SC';"
            f" text-align: {slot.align}; overflow-wrap: anywhere"
            + ("" if has_wide_letters(text) else "; font-feature-settings: 'pwid'")
        )
        html = f'<div style="{style}">{escape(text)}</div>'
        fragment = Fragment("paper", "zh", "lettered", round(slot.width / MILLIMETRE, 2), html, kept=False)
        try:
            pack = self.typeset([fragment])
        except InputError as error:  # of many names, which one?
            raise InputError(
                f"`{text}`: {error.message}", findings=error.findings, hint=error.hint, code=error.code
            ) from None
        self._shelf.add(pack.programs)
        return pack.blocks[fragment.key].pieces[0]

    def compose(self, pages: Sequence[PlacedPage], *, title: str, language: str) -> bytes:
        """The PDF of pages made of blocks that were at hand."""
        return compose(pages, self._shelf, title=title, language=language)
