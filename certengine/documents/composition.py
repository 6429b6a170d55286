"""Pages made of placed blocks, as PDF.

Invariants:

1. Pages hold their text in the order in which blocks were placed, so that it is searched, copied and read in that order.
2. A file embeds the glyphs it shows and no others, and the pictures it shows and no others.
3. The same pages give the same bytes: no clock, no random identifier, no trace of what else was printed.
4. A drawing placed more than once stands in the file once.

What is the same in many files is compressed once: large drawings, and cuts of faces that several files ask for. Letters
of persons have cuts of their own (:data:`LETTERED`), so that the cuts of what is printed for everybody stay the same.
"""

from __future__ import annotations

import io
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pikepdf

from certengine.documents.blocks import Piece
from certengine.documents.drawings import PREPARED
from certengine.documents.font_slices import Face, FontProgram, character_map, width_array
from certengine.documents.fonts import FontSet
from certengine.documents.rare_letters import has_cff_outlines, small_truetype

MILLIMETRE = 72 / 25.4
_SYMBOLIC, _SERIF = 4, 2
_STEM = 80  # of an upright stem, in thousandths of the em: what readers ask for and none uses
_INLINE = 16 * 1024  # bytes of a drawing that is compressed anew with each page it stands on
_LEVEL = 4  # of compression: a twentieth larger than the best, in a third of the time
_CUTS = 64  # remembered by a process: what stands on every form, not what stands on one paper

LETTERED: Mapping[str, str] = {f"L{number}": f"F{number}" for number in range(4)}
"""Names in drawings of faces that persons' facts are lettered in, with those of the same faces for all else."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece of a block with its left and top, in points from the page's top left corner."""

    piece: Piece
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class PlacedPage:
    """One page: its size in points and what stands on it, in reading order."""

    width: float
    height: float
    placed: tuple[Placed, ...]


class FaceShelf:
    """The faces that files are cut from, opened when first asked for; one a process."""

    def __init__(self, fonts: FontSet) -> None:
        self._files = {
            PREPARED[f"{face.family.replace(' ', '-')}{'-Bold' if face.weight >= 700 else ''}"]: face.file
            for face in fonts.faces
        }
        self._base_names = {name: base for base, name in PREPARED.items()}
        self._programs: dict[str, bytes] = {}
        self._open: dict[str, Face] = {}
        self._cuts: dict[tuple[str, frozenset[tuple[int, str]]], Cut] = {}

    def add(self, programs: Mapping[str, bytes]) -> None:
        """Programs of fonts that are not our own, as blocks name them."""
        self._programs.update(programs)

    def face(self, name: str) -> Face:
        """The face of a font as drawings name it."""
        name = LETTERED.get(name, name)
        face = self._open.get(name)
        if face is None:
            own = self._files.get(name)
            data = own.read_bytes() if own else self._programs[name]
            face = self._open[name] = Face(self._base_names.get(name, "Certengine-Other"), data)
        return face

    def twins(self) -> dict[str, dict[int, str]]:
        """By font name, the characters of each glyph of our own faces that stands for several."""
        return {name: self.face(name).twins() for name in sorted(self._files)}

    def cut(self, name: str, said: Mapping[int, str]) -> Cut:
        """What a file embeds to show these glyphs: our own faces are cut, another's program was cut with its block."""
        asked = (name, frozenset(said.items()))
        known = self._cuts.pop(asked, None)
        if known is None:
            own = LETTERED.get(name, name) in self._files
            known = _cut(self.face(name).program(said, said, cut=own))
            if len(self._cuts) >= _CUTS:
                del self._cuts[next(iter(self._cuts))]  # asked for longest ago
        self._cuts[asked] = known
        return known


@dataclass(frozen=True, slots=True)
class Cut:
    """A font program with its parts as a file holds them.

    Attributes:
        file: the program, compressed.
        unicode: its character map, compressed.
        widths: its ``W`` array.
        numbers: the map from the page's glyph numbers to the program's, compressed, where they differ.
    """

    program: FontProgram
    file: bytes
    unicode: bytes
    widths: bytes
    numbers: bytes | None


def _cut(program: FontProgram) -> Cut:
    numbers = None
    if has_cff_outlines(program.data):
        data, table = small_truetype(program.data, program.widths)
        program, numbers = replace(program, data=data, truetype=True), zlib.compress(table, _LEVEL)
    return Cut(
        program,
        zlib.compress(program.data, _LEVEL),
        zlib.compress(character_map(program), _LEVEL),
        width_array(program.widths),
        numbers,
    )


def compose(pages: Sequence[PlacedPage], shelf: FaceShelf, *, title: str, language: str) -> bytes:
    """The PDF of some pages, under a title and in a language."""
    with pikepdf.new() as pdf:
        fonts = pdf.make_indirect(pikepdf.Dictionary(dict(_fonts(pdf, pages, shelf))))
        drawings = _Drawings(pdf, pages, fonts)
        for page in pages:
            pdf.pages.append(drawings.page(page))
        pdf.docinfo["/Title"] = title
        pdf.docinfo["/Producer"] = "certengine"
        pdf.Root.Lang = language
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()


class _Drawings:
    """Puts pieces on pages: in the page's own content, or once in the file where a piece stands more than once."""

    def __init__(self, pdf: pikepdf.Pdf, pages: Sequence[PlacedPage], fonts: pikepdf.Object) -> None:
        self._pdf = pdf
        self._fonts = fonts
        self._uses = Counter(placed.piece.digest for page in pages for placed in page.placed)
        self._forms: dict[str, pikepdf.Object] = {}
        self._names: dict[str, str] = {}

    def page(self, page: PlacedPage) -> pikepdf.Page:
        """The page in the file."""
        content: list[bytes] = []
        used = pikepdf.Dictionary()
        for placed in page.placed:
            piece = placed.piece
            matrix = f"q 1 0 0 1 {placed.x:.3f} {page.height - placed.y - piece.page_height:.3f} cm\n".encode()
            if piece.rich is None and self._uses[piece.digest] == 1 and len(piece.content) < _INLINE:
                content += (matrix, piece.content, b"\nQ\n")
            else:
                name = self._form(piece)
                used[name] = self._forms[piece.digest]
                content += (matrix, name.encode(), b" Do Q\n")
        return pikepdf.Page(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Page,
                MediaBox=pikepdf.Array([0, 0, round(page.width, 3), round(page.height, 3)]),
                Resources=pikepdf.Dictionary(Font=self._fonts, XObject=used),
                Contents=_stream(self._pdf, zlib.compress(b"".join(content), _LEVEL)),
            )
        )

    def _form(self, piece: Piece) -> str:
        if piece.digest not in self._forms:
            self._names[piece.digest] = f"/B{len(self._forms)}"
            self._forms[piece.digest] = self._rich(piece.rich) if piece.rich else self._plain(piece)
        return self._names[piece.digest]

    def _plain(self, piece: Piece) -> pikepdf.Object:
        form = _stream(self._pdf, piece.compressed)
        form["/Type"], form["/Subtype"] = pikepdf.Name.XObject, pikepdf.Name.Form
        form["/BBox"] = pikepdf.Array([0, 0, round(piece.page_width, 3), round(piece.page_height, 3)])
        form["/Resources"] = pikepdf.Dictionary(Font=self._fonts)
        return form

    def _rich(self, alone: bytes) -> pikepdf.Object:
        with pikepdf.open(io.BytesIO(alone)) as source:
            form = self._pdf.copy_foreign(source.pages[0].as_form_xobject())
        self._give_fonts(form)
        return form

    def _give_fonts(self, drawing: pikepdf.Object) -> None:
        """The file's fonts for a drawing and for every drawing within it."""
        resources = drawing["/Resources"]
        resources["/Font"] = self._fonts
        for kind in ("/XObject", "/Pattern"):
            for thing in resources.get(kind, {}).values():
                if "/Resources" in thing:
                    self._give_fonts(thing)
        for state in resources.get("/ExtGState", {}).values():
            mask = state.get("/SMask")
            if isinstance(mask, pikepdf.Dictionary):
                self._give_fonts(mask["/G"])


def _fonts(pdf: pikepdf.Pdf, pages: Sequence[PlacedPage], shelf: FaceShelf) -> Iterator[tuple[str, pikepdf.Object]]:
    shown: dict[str, dict[int, str]] = {}
    for page in pages:
        for placed in page.placed:
            for name, said in placed.piece.glyphs.items():
                shown.setdefault(name, {}).update(said)
    for name in sorted(shown):
        yield f"/{name}", _font(pdf, shelf.cut(name, shown[name]))


def _font(pdf: pikepdf.Pdf, cut: Cut) -> pikepdf.Object:
    program = cut.program
    name = pikepdf.Name(f"/{program.tag}+{program.name}")
    file = _stream(pdf, cut.file)
    if program.truetype:
        file["/Length1"] = len(program.data)
    else:
        file["/Subtype"] = pikepdf.Name.OpenType
    descriptor = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor,
        FontName=name,
        Flags=_SYMBOLIC + (_SERIF if "Serif" in program.name else 0),
        FontBBox=pikepdf.Array(program.box),
        ItalicAngle=0,
        Ascent=program.ascent,
        Descent=program.descent,
        CapHeight=program.ascent,
        StemV=_STEM,
    )
    descriptor["/FontFile2" if program.truetype else "/FontFile3"] = file
    descendant = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.CIDFontType2 if program.truetype else pikepdf.Name.CIDFontType0,
        BaseFont=name,
        CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        W=pikepdf.Object.parse(cut.widths),
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    if cut.numbers is not None:
        descendant["/CIDToGIDMap"] = _stream(pdf, cut.numbers)
    elif program.truetype:
        descendant["/CIDToGIDMap"] = pikepdf.Name.Identity
    return pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type0,
            BaseFont=name,
            Encoding=pikepdf.Name("/Identity-H"),
            DescendantFonts=pikepdf.Array([pdf.make_indirect(descendant)]),
            ToUnicode=_stream(pdf, cut.unicode),
        )
    )


def _stream(pdf: pikepdf.Pdf, compressed: bytes) -> pikepdf.Stream:
    return pdf.make_stream(compressed, Filter=pikepdf.Name.FlateDecode)
