"""A page's drawing, taken out of the document it was made in.

Invariants:

1. Names of fonts and resources are ours and depend on the drawing alone, so that the same page gives the same bytes
   whatever stood beside it in its document.
2. Only what the drawing uses comes along; fonts do not: a drawing says which glyphs it shows, and each file brings the
   fonts it needs.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pikepdf

PREPARED = {
    "Certengine-Sans": "F0",
    "Certengine-Sans-Bold": "F1",
    "Certengine-Serif": "F2",
    "Certengine-Serif-Bold": "F3",
    "Certengine-Mono": "F4",
}
"""Names in drawings of the faces of :mod:`certengine.documents.fonts`."""

Glyphs = Mapping[str, Mapping[int, str]]
"""By font name, the glyphs shown and what each says."""

_FONT_OR_TEXT = re.compile(rb"/(\S+) [-\d.]+ Tf|<([0-9a-fA-F]+)>")
_FONT = re.compile(rb"/(\S+)( [-\d.]+ Tf)")
_NAMED = re.compile(rb"/(\S+) (Do|gs|sh|cs|CS|scn|SCN)\b")
_OPAQUE = re.compile(rb"/[aA]1\.0 gs\n")  # says what is so anyway
_KINDS = {
    b"Do": "/XObject",
    b"gs": "/ExtGState",
    b"sh": "/Shading",
    b"cs": "/ColorSpace",
    b"CS": "/ColorSpace",
    b"scn": "/Pattern",
    b"SCN": "/Pattern",
}


class DocumentFonts:
    """The fonts of one laid out document: our names of them, what their glyphs say, and foreign fonts' programs."""

    def __init__(self, pdf: pikepdf.Pdf, said: Mapping[str, Mapping[int, str]], twins: Glyphs) -> None:
        self._said = said
        self._twins = twins
        self.names: dict[str, str] = {}
        self.programs: dict[str, bytes] = {}
        for name, font in pdf.pages[0].Resources.get("/Font", {}).items():
            self.names[name[1:]] = self._named(font)

    def says(self, font: str, glyph: int, text: str) -> str:
        """What a glyph says in a drawing of a text.

        The document knows one character for each glyph; where the face has several, it is the one that the text holds.
        """
        said = self._said[font].get(glyph, "")
        twins = self._twins.get(self.names[font], {}).get(glyph, "")
        return next((one for one in twins if one in text), said)

    def _named(self, font: Any) -> str:
        base = str(font.BaseFont).partition("+")[2]
        if base in PREPARED:
            return PREPARED[base]
        descriptor = font.DescendantFonts[0].FontDescriptor
        program = (descriptor.get("/FontFile2") or descriptor.get("/FontFile3")).read_bytes()
        name = f"X{sha256(program).hexdigest()[:12]}"
        self.programs[name] = program
        return name


def drawing_of(page: pikepdf.Page, fonts: DocumentFonts, text: str) -> tuple[bytes, Glyphs, bytes | None]:
    """A page's content, the glyphs it shows, and a PDF of it alone where it uses anything but fonts. ``text`` is its HTML."""
    raw = page.Contents.read_bytes()
    if not _NAMED.search(_OPAQUE.sub(b"", raw)):
        taken = _Taken(None, fonts, text)
        return taken.content(raw, page.Resources)[0], taken.glyphs, None
    with pikepdf.new() as alone:
        shown = alone.add_blank_page(page_size=(float(page.mediabox[2]), float(page.mediabox[3])))
        taken = _Taken(alone, fonts, text)
        content, resources = taken.content(raw, page.Resources)
        shown.obj["/Contents"] = alone.make_stream(content)
        shown.obj["/Resources"] = resources
        out = io.BytesIO()
        alone.save(out, deterministic_id=True)
    return content, taken.glyphs, out.getvalue()


class _Taken:
    """What is taken out of a document into another, and the glyphs met on the way."""

    def __init__(self, target: pikepdf.Pdf | None, fonts: DocumentFonts, text: str) -> None:
        self._target = target
        self._text = text
        self._fonts = fonts
        self.glyphs: dict[str, dict[int, str]] = {}

    def content(self, raw: bytes, resources: Any) -> tuple[bytes, pikepdf.Dictionary]:
        """A drawing under our names, and the resources it uses."""
        self._meet(raw)
        drawn = _FONT.sub(lambda found: b"/" + self._fonts.names[found[1].decode()].encode() + found[2], raw)
        kept = pikepdf.Dictionary()
        given: dict[tuple[str, str], str] = {}

        def renamed(found: re.Match[bytes]) -> bytes:
            kind, name = _KINDS[found[2]], f"/{found[1].decode()}"
            held = resources.get(kind, {})
            if name not in held:  # a device's own colours
                return found[0]
            if (kind, name) not in given:
                given[kind, name] = f"/R{len(given)}"
                if kind not in kept:
                    kept[kind] = pikepdf.Dictionary()
                kept[kind][given[kind, name]] = self._copied(held[name])
            return f"{given[kind, name]} {found[2].decode()}".encode()

        return _NAMED.sub(renamed, _OPAQUE.sub(b"", drawn)), kept

    def _meet(self, raw: bytes) -> None:
        shown: dict[int, str] = {}
        name = ""
        for font, text in _FONT_OR_TEXT.findall(raw):
            if font:
                name = font.decode()
                shown = self.glyphs.setdefault(self._fonts.names[name], {})
            else:
                for place in range(0, len(text), 4):
                    glyph = int(text[place : place + 4], 16)
                    if glyph not in shown:
                        shown[glyph] = self._fonts.says(name, glyph, self._text)

    def _copied(self, thing: Any) -> Any:
        """A resource in the target, with what it refers to; a drawing within it is taken like the page's own."""
        assert self._target is not None
        if isinstance(thing, pikepdf.Stream) and "/Resources" in thing:
            content, resources = self.content(thing.read_bytes(), thing.Resources)
            drawing = self._target.make_stream(content)
            for name, value in thing.items():
                if name not in {"/Length", "/Filter", "/DecodeParms", "/Resources"}:
                    drawing[name] = self._copied(value)
            drawing["/Resources"] = resources
            return drawing
        if isinstance(thing, pikepdf.Dictionary):
            return pikepdf.Dictionary({name: self._copied(value) for name, value in thing.items()})
        if isinstance(thing, pikepdf.Array):
            return pikepdf.Array([self._copied(value) for value in thing])
        if isinstance(thing, pikepdf.Object) and thing.is_indirect:
            return self._target.copy_foreign(thing)
        return thing
