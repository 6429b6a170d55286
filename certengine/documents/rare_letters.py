"""Letters outside our cut of the faces, embedded as a small TrueType font of those letters and no others.

The system's own faces show them, and those have CFF outlines. A cut of such a face that keeps its glyph numbers counts
up to the highest of them, tens of thousands: four letters weigh more than the rest of the sheet. Here the letters are
numbered anew, and a map in the file leads from the numbers on the page to those in the font (ISO 32000-1 9.7.4.2).

Invariants:

1. What stands on the page, and what it says when it is copied, is not touched: only the font program and how it is found.
2. The same glyphs of the same face give the same bytes: no clock is asked.
3. A file without such letters stays as it is, byte for byte.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
import pydyf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

_OPENTYPE = b"OTTO"
_DIRECTORY = 512
"""Bytes in which a font names its tables, about thirty of sixteen bytes each."""
_FILES = ("FontFile2", "FontFile3")
_NOTHING = ".notdef"


def embed_as_truetype(document: Any, pdf: Any) -> None:
    """A finisher for :meth:`certengine.documents.layout.Typesetter.pdf`: no font of the file has CFF outlines after it."""
    glyphs: dict[bytes, set[int]] = {}
    programs: dict[bytes, bytes] = {}
    for font in document.fonts.values():
        glyphs.setdefault(font.name, set()).update(font.to_unicode)
        if has_cff_outlines(font.file_content):
            programs.setdefault(font.name, font.file_content)
    for name, program in programs.items():
        _put(pdf, name, *small_truetype(program, glyphs[name]))


def has_cff_outlines(program: bytes) -> bool:
    """Whether a font program is an OpenType one with CFF outlines."""
    return program.startswith(_OPENTYPE) and b"CFF " in program[:_DIRECTORY]


def _put(pdf: Any, name: bytes, data: bytes, number_map: bytes) -> None:
    """Set a font program, and the map from the page's glyph numbers to its own, wherever the font is named."""
    numbers = pydyf.Stream([number_map], compress=True)
    pdf.add_object(numbers)
    for entry in pdf.objects:
        if not isinstance(entry, pydyf.Dictionary):
            continue
        if entry.get("Type") == "/FontDescriptor" and entry["FontName"] == name:
            reference = next(entry.pop(key) for key in _FILES if key in entry)
            entry["FontFile2"] = reference
            stream = next(one for one in pdf.objects if one.reference == reference)
            stream.stream = [data]
            stream.extra = pydyf.Dictionary({"Length1": len(data)})
        elif entry.get("Type") == "/Font" and entry["BaseFont"] == name and "CIDToGIDMap" in entry:
            entry["Subtype"] = "/CIDFontType2"
            entry["CIDToGIDMap"] = numbers.reference


def small_truetype(program: bytes, wanted: Iterable[int]) -> tuple[bytes, bytes]:
    """A TrueType font of some glyphs of a CFF one, within one unit in a thousand of the em; and its ``CIDToGIDMap``."""
    with TTFont(io.BytesIO(program), lazy=True) as font:
        face = font["CFF "].cff.topDictIndex[0]
        face.charset = []  # glyphs are asked for by number: names of all would take half the time
        outlines = face.CharStrings.charStringsIndex
        measures = font.reader["hmtx"]  # read where it is asked: the table has tens of thousands of rows
        full = font["hhea"].numberOfHMetrics
        olds = [0, *sorted(glyph for glyph in wanted if 0 < glyph < font["maxp"].numGlyphs)]
        names = [_NOTHING, *(f"g{old}" for old in olds[1:])]
        drawn, advances = {}, {}
        for name, old in zip(names, olds, strict=True):
            pen = TTGlyphPen(None)
            outlines[old].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
            drawn[name] = pen.glyph()
            advances[name] = struct.unpack_from(">H", measures, 4 * min(old, full - 1))[0]
        builder = FontBuilder(font["head"].unitsPerEm, isTTF=True)
        builder.setupHead(unitsPerEm=font["head"].unitsPerEm, created=0, modified=0)
        builder.setupGlyphOrder(names)
        builder.setupGlyf(drawn)
        bearings = {name: getattr(glyph, "xMin", 0) for name, glyph in drawn.items()}
        builder.setupHorizontalMetrics({name: (advances[name], bearings[name]) for name in names})
        builder.setupHorizontalHeader(ascent=font["hhea"].ascent, descent=font["hhea"].descent)
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.font.save(out)
    return out.getvalue(), _number_map({old: new for new, old in enumerate(olds)})


def _number_map(numbers: dict[int, int]) -> bytes:
    """Two bytes for each glyph number of the page up to the highest: the number in the font, 0 where there is none."""
    table = np.zeros(max(numbers) + 1, dtype=">u2")
    table[list(numbers)] = list(numbers.values())
    return table.tobytes()
