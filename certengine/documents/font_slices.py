"""The glyphs one file shows, cut out of a face, as a font program and the dictionaries that name it.

A print job's blocks are set in a handful of faces with glyph numbers kept. Each file of the job then gets its own cut:
the outlines it shows and no others, so that a candidate's paper is small and holds no letter of another's name.

Invariants:

1. Glyph numbers stay: whatever was typeset, in whatever run, still shows the same glyphs.
2. The same face and glyphs give the same bytes; the subset's tag is a digest of the glyph numbers.
3. A glyph made of others brings them along.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from fontTools.ttLib import TTFont

_COPIED = ("head", "hhea", "maxp", "cvt ", "fpgm", "prep")
_ARGUMENTS_ARE_WORDS, _HAS_SCALE, _MORE_COMPONENTS, _HAS_TWO_SCALES, _HAS_MATRIX = 0x1, 0x8, 0x20, 0x40, 0x80
_PER_BATCH = 100  # entries of a character map that one operator may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class FontProgram:
    """A cut of a face as a PDF embeds it.

    Attributes:
        tag: six capitals, the same for the same glyphs.
        widths: advance of each glyph, in thousandths of the em.
        unicode: what each glyph says, for search and copying.
    """

    name: str
    tag: str
    data: bytes
    truetype: bool
    ascent: int
    descent: int
    box: tuple[int, int, int, int]
    widths: Mapping[int, int]
    unicode: Mapping[int, str]


class Face:
    """One face, opened once and cut many times."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self._data = data
        with TTFont(io.BytesIO(data), lazy=True) as font:
            self.truetype = "glyf" in font
            self._scale = 1000 / font["head"].unitsPerEm
            self._vertical = (font["hhea"].ascent, font["hhea"].descent)
            head = font["head"]
            self._box = (head.xMin, head.yMin, head.xMax, head.yMax)
            reader = font.reader
            self._tables = {tag: reader[tag] for tag in (*_COPIED, "glyf") if tag in reader}
            self._places = list(font["loca"]) if self.truetype else []
            self._measures = _measures(reader["hmtx"], font["hhea"].numberOfHMetrics)
            table = font.getBestCmap() or {} if "cmap" in font else {}
            self._glyphs = {point: font.getGlyphID(name) for point, name in table.items()}
            self._said = _spoken(self._glyphs)

    def program(self, glyphs: Iterable[int], said: Mapping[int, str], *, cut: bool = True) -> FontProgram:
        """The program with these glyphs, or with ``cut=False`` the whole face as it is.

        ``said`` is what glyphs mean where they are shown; where it is silent, the character that maps to the glyph.
        """
        shown = sorted(set(glyphs) - {0})
        data = self._slice([0, *shown]) if cut else self._data
        digest = sha256(struct.pack(f">{len(shown)}H", *shown)).digest()
        return FontProgram(
            name=self.name,
            tag="".join(chr(65 + byte % 26) for byte in digest[:6]),
            data=data,
            truetype=self.truetype,
            ascent=self._scaled(self._vertical[0]),
            descent=self._scaled(self._vertical[1]),
            box=(
                self._scaled(self._box[0]),
                self._scaled(self._box[1]),
                self._scaled(self._box[2]),
                self._scaled(self._box[3]),
            ),
            widths={glyph: self.advance(glyph) for glyph in shown},
            unicode={glyph: said.get(glyph) or self._said.get(glyph, "\ufffd") for glyph in shown},
        )

    def glyph(self, character: str) -> int | None:
        """The glyph of a character, if the face has one."""
        return self._glyphs.get(ord(character))

    def twins(self) -> dict[int, str]:
        """The characters of each glyph that stands for several: two dashes, a letter and its look-alike."""
        found: dict[int, str] = {}
        for point, glyph in sorted(self._glyphs.items()):
            found[glyph] = found.get(glyph, "") + chr(point)
        return {glyph: characters for glyph, characters in found.items() if len(characters) > 1}

    def advance(self, glyph: int) -> int:
        """How far a glyph moves on, in thousandths of the em."""
        return self._scaled(int(self._measures[glyph][0]))

    def _scaled(self, units: int) -> int:
        return round(float(units * self._scale))

    def _slice(self, wanted: list[int]) -> bytes:
        outlines = {glyph: self._outline(glyph) for glyph in wanted}
        waiting = list(wanted)
        while waiting:
            for part in _parts(outlines[waiting.pop()]):
                if part not in outlines:
                    outlines[part] = self._outline(part)
                    waiting.append(part)
        count = max(outlines) + 1
        lengths = np.zeros(count + 1, dtype=np.int64)
        measures = np.zeros((count, 2), dtype=">u2")
        body = []
        for glyph in sorted(outlines):
            body.append(outlines[glyph] + b"\0" * (-len(outlines[glyph]) % 4))
            lengths[glyph + 1] = len(body[-1])
            measures[glyph] = self._measures[glyph]
        tables = {tag: self._tables[tag] for tag in _COPIED if tag in self._tables}
        tables["head"] = _with(tables["head"], 50, struct.pack(">h", 1))  # long offsets
        tables["maxp"] = _with(tables["maxp"], 4, struct.pack(">H", count))
        tables["hhea"] = _with(tables["hhea"], 34, struct.pack(">H", count))
        tables["loca"] = np.cumsum(lengths).astype(">u4").tobytes()
        tables |= {"glyf": b"".join(body), "hmtx": measures.tobytes()}
        return _font_file(tables)

    def _outline(self, glyph: int) -> bytes:
        outline: bytes = self._tables["glyf"][self._places[glyph] : self._places[glyph + 1]]
        return outline


def character_map(program: FontProgram) -> bytes:
    """The stream of a ``ToUnicode`` entry."""
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <ffff> endcodespacerange",
    ]
    entries = [f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>" for glyph, text in program.unicode.items()]
    for start in range(0, len(entries), _PER_BATCH):
        batch = entries[start : start + _PER_BATCH]
        lines += [f"{len(batch)} beginbfchar", *batch, "endbfchar"]
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()


def width_array(widths: Mapping[int, int]) -> bytes:
    """The ``W`` array as it stands in a file: for each run of glyph numbers its first, then the widths."""
    parts: list[str] = []
    last = -2
    for glyph in sorted(widths):
        if glyph != last + 1:
            parts.append(f"{']' if parts else ''}{glyph}[")
        parts.append(f"{widths[glyph]} ")
        last = glyph
    return f"[{''.join(parts)}{']' if parts else ''}]".encode()


def _spoken(glyphs: Mapping[int, int]) -> dict[int, str]:
    """The character each glyph stands for; of several the lowest outside the compatibility blocks, so always the same."""
    said: dict[int, str] = {}
    for point in sorted(glyphs, key=lambda point: (_is_compatibility(point), point)):
        said.setdefault(glyphs[point], chr(point))
    return said


def _measures(table: bytes, full: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint16]]:
    """Advance and bearing of every glyph; the last glyphs may share the last advance."""
    pairs = np.frombuffer(table[: 4 * full], dtype=">u2").reshape(full, 2)
    bearings = np.frombuffer(table[4 * full :], dtype=">u2")
    rest = np.column_stack([np.full(len(bearings), pairs[-1, 0], dtype=">u2"), bearings])
    return np.concatenate([pairs, rest])


def _is_compatibility(point: int) -> bool:
    """Radicals and compatibility ideographs, which share their glyphs with ordinary characters."""
    return 0x2E80 <= point <= 0x2FDF or 0xF900 <= point <= 0xFAFF or 0x2F800 <= point <= 0x2FA1F


def _parts(outline: bytes) -> Iterable[int]:
    """The glyphs that a composite outline is made of."""
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return
    place = 10
    flags = _MORE_COMPONENTS
    while flags & _MORE_COMPONENTS:
        flags, glyph = struct.unpack_from(">HH", outline, place)
        yield glyph
        place += 8 if flags & _ARGUMENTS_ARE_WORDS else 6
        place += 2 if flags & _HAS_SCALE else 4 if flags & _HAS_TWO_SCALES else 8 if flags & _HAS_MATRIX else 0


def _with(table: bytes, place: int, value: bytes) -> bytes:
    return table[:place] + value + table[place + len(value) :]


def _font_file(tables: Mapping[str, bytes]) -> bytes:
    """An sfnt file of tables, in the order of their tags, with the checksums that OpenType asks for."""
    tables = {**tables, "head": _with(tables["head"], 8, bytes(4))}
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    head = struct.pack(">LHHHH", 0x00010000, count, power * 16, power.bit_length() - 1, (count - power) * 16)
    place = len(head) + 16 * count
    entries, bodies = b"", b""
    for tag in sorted(tables):
        padded = tables[tag] + b"\0" * (-len(tables[tag]) % 4)
        entries += struct.pack(">4sLLL", tag.encode(), _checksum(padded), place, len(tables[tag]))
        bodies += padded
        place += len(padded)
    whole = head + entries + bodies
    adjustment = struct.pack(">L", (0xB1B0AFBA - _checksum(whole)) & 0xFFFFFFFF)
    at = struct.unpack_from(">L", entries, 16 * sorted(tables).index("head") + 8)[0]
    return _with(whole, at + 8, adjustment)


def _checksum(padded: bytes) -> int:
    return int(np.frombuffer(padded, dtype=">u4").sum(dtype=np.uint64)) & 0xFFFFFFFF
