"""Words lettered into the slots of blocks: a person's name and id, a paper's id and its QR code.

Invariant: words are lettered only in a face that has all their characters, and only as wide as the slot; otherwise the
caller is told, and typesets them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from certengine.documents.blocks import Piece
from certengine.documents.composition import FaceShelf, Placed
from certengine.documents.qr import qr_rows
from certengine.documents.slots import Slot

_SMALLEST = 0.6  # of the slot's own size
_QUOTES = frozenset("‘’“”")
"""As wide as a Chinese character in our faces: between Latin letters they are typeset, which makes them narrow."""
_NARROWEST = 0.4  # em: on average hardly any name in Latin or Arabic letters is narrower
_START = {"left": 0.0, "center": 0.5, "right": 1.0}  # of the room that words leave


def lettered(text: str, slot: Slot, shelf: FaceShelf) -> Placed | None:
    """The words in their slot, made smaller where they are too long; ``None`` when they cannot be lettered."""
    if wants_narrow_quotes(text):
        return None
    name = f"L{(0 if slot.sans else 2) + slot.bold}"
    face = shelf.face(name)
    found = [face.glyph(character) for character in text]
    glyphs = [glyph for glyph in found if glyph is not None]
    if len(glyphs) < len(found):
        return None
    em = sum(map(face.advance, glyphs)) / 1000
    size = min(slot.size, slot.width / em if em else slot.size)
    if size < _SMALLEST * slot.size:
        return None
    width = em * size
    hexes = "".join(f"{glyph:04x}" for glyph in glyphs)
    piece = Piece(
        width=width,
        height=2 * size,
        page_width=width + size,
        page_height=2 * size,
        baseline=size,
        content=f"BT\n1 0 0 1 0 {size:.3f} Tm\n/{name} {size:.3f} Tf\n<{hexes}> Tj\nET".encode(),
        glyphs={name: dict(zip(glyphs, text, strict=True))},
    )
    return Placed(piece, slot.x + _START[slot.align] * (slot.width - width), slot.baseline - size)


def has_wide_letters(text: str) -> bool:
    """Whether a text has Chinese characters, or others as wide."""
    return any(unicodedata.east_asian_width(character) in "WF" for character in text if not character.isspace())


def wants_narrow_quotes(text: str) -> bool:
    """Whether quotation marks or an apostrophe stand among letters that are not wide."""
    return not _QUOTES.isdisjoint(text) and not has_wide_letters(text)


def narrowest(text: str) -> float:
    """How many em a text takes at least."""
    return sum(1.0 if unicodedata.east_asian_width(character) in "WF" else _NARROWEST for character in text)


@lru_cache(maxsize=64)
def _squares(text: str) -> tuple[int, str]:
    """Modules a side, and the dark ones as runs, of a code that stands on every page of a paper."""
    rows = qr_rows(text)
    marks = []
    for number, row in enumerate(reversed(rows)):
        start = None
        for place, dark in enumerate((*row, False)):
            if dark and start is None:
                start = place
            elif not dark and start is not None:
                marks.append(f"{start} {number} {place - start} 1 re")
                start = None
    return len(rows), "\n".join(marks)


def coded(text: str, slot: Slot) -> Placed:
    """A QR code as wide as its slot, with its quiet zone. As drawn squares it is sharp at any size."""
    side, squares = _squares(text)
    module = slot.width / side
    piece = Piece(
        width=slot.width,
        height=slot.width,
        page_width=slot.width,
        page_height=slot.width,
        baseline=None,
        content=f"{module:.4f} 0 0 {module:.4f} 0 0 cm\n{squares}\nf".encode(),
        glyphs={},
    )
    return Placed(piece, slot.x, slot.top)


def ruled(width: float) -> Piece:
    """A thin line across."""
    content = f"0.4 w 0.45 G 0 0.5 m {width:.2f} 0.5 l S".encode()
    return Piece(width=width, height=1.0, page_width=width, page_height=1.0, baseline=None, content=content, glyphs={})
