"""Blocks: parts of pages that are typeset once and placed on many.

A :class:`Fragment` is the HTML of one part (a stem, an option, a heading); :func:`typeset` lays out many of them in one
document, one to a page, and takes each page's drawing out of it as a :class:`Block`.

Invariants:

1. A block is the same bytes whichever others were laid out with it: fonts and resources have names of their own, not
   those the document gave them, and glyph numbers are the face's.
2. A block holds its drawing and what it means in words, and nothing of the document it came from: no other block's
   letters, pictures or metadata.
3. A block taller than a page's text comes in several pieces, each no taller.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from html import escape
from typing import Any

import pikepdf

from certengine.documents.drawings import DocumentFonts, Glyphs, drawing_of
from certengine.documents.layout import Typesetter
from certengine.documents.rich_text import RICH_TEXT_CSS, assets_in
from certengine.documents.slots import POINTS_PER_PIXEL, Slot, slots_in


@dataclass(frozen=True)
class Fragment:
    """The HTML of one block.

    Attributes:
        style: which style sheets it is laid out with.
        language: the language its document is in; sheets set the second language smaller.
        shape: its CSS classes.
        width: how wide it is, in millimetres; a block without one is as wide as its sheet makes it.
        html: safe HTML; an asset it names is always the same bytes.
        kept: whether it may be kept for later runs: not when it holds a person's name or an answer.
    """

    style: str
    language: str
    shape: str
    width: float | None
    html: str
    kept: bool = True

    @cached_property
    def key(self) -> str:
        """What tells it from every other fragment of the same style sheets."""
        told = (self.style, self.language, self.shape, str(self.width), self.html)
        return sha256("\0".join(told).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A block, or as much of one as fits a page. Lengths in points, from the top left corner of what was laid out.

    Attributes:
        page_width, page_height: of the page it was drawn on; its drawing counts from the lower edge.
        baseline: of its first line, if it begins with one.
        content: the drawing.
        rich: a PDF of one page with the same drawing and its pictures and states, where it has any.
        slots: places in it that are filled for each person.
    """

    width: float
    height: float
    page_width: float
    page_height: float
    baseline: float | None
    content: bytes
    glyphs: Glyphs
    rich: bytes | None = None
    slots: tuple[Slot, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Tells equal drawings."""
        return sha256(self.content + b"\0" + (self.rich or b"")).hexdigest()

    @cached_property
    def compressed(self) -> bytes:
        """The drawing as files hold it."""
        return zlib.compress(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What became of a fragment: one piece, or several where it is taller than a page."""

    pieces: tuple[Piece, ...]

    @property
    def height(self) -> float:
        """Of all its pieces."""
        return sum(piece.height for piece in self.pieces)

    @property
    def fonts(self) -> frozenset[str]:
        """Names of the fonts it shows."""
        return frozenset(name for piece in self.pieces for name in piece.glyphs)


@dataclass(slots=True)
class Pack:
    """Blocks by their fragments' keys, and the programs of fonts that are not our own.

    A block with a rare character is laid out alone: its font's program then holds that character and no other's.
    """

    blocks: dict[str, Block] = field(default_factory=dict)
    programs: dict[str, bytes] = field(default_factory=dict)

    def add(self, other: Pack) -> None:
        """Take over what another pack holds."""
        self.blocks.update(other.blocks)
        self.programs.update(other.programs)


@dataclass(frozen=True, slots=True)
class Setting:
    """What documents of blocks are laid out with.

    Attributes:
        figures: bytes of figures by digest.
        twins: by our names of fonts, the characters of each glyph that stands for several.
    """

    typesetter: Typesetter
    stylesheets: tuple[str, ...]
    figures: Mapping[str, bytes]
    twins: Glyphs


def typeset(fragments: Sequence[Fragment], setting: Setting) -> Pack:
    """Lay out fragments of one style and language, each once.

    Raises:
        InputError: as :meth:`certengine.documents.layout.Typesetter.pdf`.
    """
    html = _document(fragments)
    numbers: list[int] = []

    def measured(page: Any) -> dict[str, Any]:
        number, measures = _measured(page)
        numbers.append(number)
        return {**measures, "text": fragments[number].html}

    laid_out, programs = _laid_out(html, setting, measured)
    pieces: list[list[Piece]] = [[] for _ in fragments]
    for number, piece in zip(numbers, laid_out, strict=True):
        pieces[number].append(piece)
    made = {fragment: Block(pieces=tuple(found)) for fragment, found in zip(fragments, pieces, strict=True)}
    pack = Pack()
    for fragment, block in made.items():
        if len(fragments) > 1 and not block.fonts.isdisjoint(programs):
            pack.add(typeset((fragment,), setting))
        else:
            pack.blocks[fragment.key] = block
    if len(fragments) == 1:
        pack.programs.update(programs)
    return pack


def typeset_pages(html: str, setting: Setting) -> tuple[tuple[Piece, ...], dict[str, bytes]]:
    """Every page of a document as a piece, and the programs of fonts that are not our own.

    Raises:
        InputError: as :meth:`certengine.documents.layout.Typesetter.pdf`.
    """
    return _laid_out(html, setting, lambda page: {**_whole(page), "text": html})


def _laid_out(
    html: str, setting: Setting, measured: Callable[[Any], dict[str, Any]]
) -> tuple[tuple[Piece, ...], dict[str, bytes]]:
    measures: list[dict[str, Any]] = []
    said: dict[str, dict[int, str]] = {}

    def measure(document: Any, _pdf: Any) -> None:
        measures.extend(measured(page) for page in document.pages)
        for font in document.fonts.values():
            said.setdefault(font.hash, {}).update(font.to_unicode)

    data = setting.typesetter.pdf(
        html,
        stylesheets=[RICH_TEXT_CSS, *setting.stylesheets],
        images=assets_in(html, setting.figures),
        finisher=measure,
    )
    pieces = []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        fonts = DocumentFonts(pdf, said, setting.twins)
        for known, page in zip(measures, pdf.pages, strict=True):
            content, glyphs, rich = drawing_of(page, fonts, known.pop("text"))
            pieces.append(Piece(content=content, glyphs=glyphs, rich=rich, **known))
    return tuple(pieces), fonts.programs


def _whole(page: Any) -> dict[str, Any]:
    """The measures of a page as a whole."""
    width, height = page.width * POINTS_PER_PIXEL, page.height * POINTS_PER_PIXEL
    return {
        "width": width,
        "height": height,
        "page_width": width,
        "page_height": height,
        "baseline": None,
        "slots": tuple(slots_in(page._page_box)),  # noqa: SLF001  # boxes have no other door
    }


def _document(fragments: Sequence[Fragment]) -> str:
    body = "\n".join(
        f'<div class="block {escape(fragment.shape)}"{_width(fragment)} data-block="{number}">{fragment.html}</div>'
        for number, fragment in enumerate(fragments)
    )
    return (
        f'<!doctype html><html lang="{escape(fragments[0].language)}"><title>blocks</title><body>{body}</body></html>'
    )


def _width(fragment: Fragment) -> str:
    return "" if fragment.width is None else f' style="width:{fragment.width:g}mm"'


def _measured(page: Any) -> tuple[int, dict[str, Any]]:
    """Which fragment a page shows, and how much of it."""
    (html,) = (box for box in page._page_box.children if box.element_tag == "html")  # noqa: SLF001  # boxes have no other door
    (body,) = html.children
    (block,) = (box for box in body.children if box.element is not None and box.element.get("data-block"))
    top, bottom = block.position_y, block.position_y + block.margin_height()
    return int(block.element.get("data-block")), {
        "width": block.margin_width() * POINTS_PER_PIXEL,
        "height": (bottom - top) * POINTS_PER_PIXEL,
        "page_width": page.width * POINTS_PER_PIXEL,
        "page_height": page.height * POINTS_PER_PIXEL,
        "baseline": _baseline(block),
        "slots": tuple(slots_in(block)),
    }


def _baseline(block: Any) -> float | None:
    """The baseline of a block's first line, unless something else comes first."""
    for box in block.descendants():
        kind = type(box).__name__
        if kind == "LineBox":
            return float((box.position_y + box.baseline) * POINTS_PER_PIXEL)
        if kind not in {"BlockBox", "TableCellBox"}:
            return None
    return None
