"""The faces our documents are set in: the system's Noto CJK, cut to what examinations use and made TrueType.

Invariants:

1. Glyphs have TrueType (``glyf``) outlines. A subset of a CID-keyed CFF font looks right in poppler and shows no
   Chinese in MuPDF; TrueType shows in every reader and typesets about three times faster.
2. A cached face is named after everything it was made from (the source face's table checksums, the characters, the
   fontTools version, the recipe), so a stale one is never used; files are written aside and renamed, so a half-written
   one is never seen.
3. Rare characters (of names, mostly) are not in the cut: the uncut system family stays next in ``font-family``, and
   :mod:`certengine.documents.rare_letters` makes what a file takes from it small.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import fontTools
from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, newTable

from certengine.errors import Refused

SANS = "Certengine Sans"
SERIF = "Certengine Serif"
MONO = "Certengine Mono"

_SOURCES = {SANS: "Noto Sans CJK SC", SERIF: "Noto Serif CJK SC", MONO: "Noto Sans Mono CJK SC"}
_FACES = ((SANS, 400), (SANS, 700), (SERIF, 400), (SERIF, 700), (MONO, 400))
_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "/opt/homebrew/share/fonts",
)
_RECIPE = "2"  # part of a cached face's name; raised whenever the cut or the conversion changes
_WORKERS = 2
_HINT_FONTS = "`apt-get install fonts-noto-cjk` (or your system's package of the Noto CJK fonts)"
_HINT_SUBSET = "`apt-get install libharfbuzz-subset0` (without it a Chinese page takes 20 s instead of 0.1 s)"

# Unicode blocks that examination papers use besides the characters of GB 2312.
_BLOCKS = (
    (0x0020, 0x007E),  # Latin
    (0x00A0, 0x017F),  # Latin-1, Latin Extended-A
    (0x0370, 0x03FF),  # Greek
    (0x2000, 0x206F),  # punctuation
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x20A0, 0x20BF),  # currency
    (0x2100, 0x23FF),  # letterlike, number forms, arrows, operators, technical
    (
        0x2460,
        0x27BF,
    ),  # enclosed, box drawing, geometric, miscellaneous symbols, dingbats
    (0x3000, 0x303F),  # Chinese punctuation
    (0x3200, 0x33FF),  # enclosed Chinese, squared units
    (0xFE30, 0xFE4F),  # vertical forms
    (0xFF00, 0xFFEF),  # full-width and half-width forms
)
# Kerning, proportional and half-width punctuation, tabular figures; the rest only makes files larger.
_FEATURES = [
    "ccmp",
    "mark",
    "mkmk",
    "kern",
    "palt",
    "halt",
    "pwid",
    "hwid",
    "tnum",
    "lnum",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFace:
    """One prepared face: the family and weight that style sheets name, and its TrueType file."""

    family: str
    weight: int
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FontSet:
    """The prepared faces, ready for a :class:`certengine.documents.layout.Typesetter`."""

    faces: tuple[FontFace, ...]

    @property
    def characters(self) -> frozenset[int]:
        """The code points every face was cut to; others come from the system's own family."""
        return _characters()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A face of the system: its file, its number in the collection, and a digest of its table directory."""

    file: Path
    number: int
    digest: str


def default_font_cache() -> Path:
    """Where prepared faces are kept: ``$CERTENGINE_CACHE``, else ``$XDG_CACHE_HOME/certengine``, else ``~/.cache``."""
    own = os.environ.get("CERTENGINE_CACHE")
    if own:
        return Path(own).expanduser() / "fonts"
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "certengine" / "fonts"


def prepare_fonts(cache: Path) -> FontSet:
    """The faces, made on the first call (about 10 s on two cores) and found in ``cache`` on every later one.

    Raises:
        Refused: when a Noto CJK face or the HarfBuzz subset library is not installed. It is a refusal, not "cannot
            tell": the engine could print without them, but slowly or with Chinese that some readers do not show.
    """
    require_fast_subsetting()
    wanted = _FACES
    sources = {key: _find_source(_SOURCES[key[0]], key[1]) for key in wanted}
    files = {key: cache / _file_name(*key, sources[key]) for key in wanted}
    missing = [key for key in wanted if not files[key].is_file()]
    if missing:
        cache.mkdir(parents=True, exist_ok=True)
        _build_all([(sources[key], *key, files[key]) for key in missing])
    return FontSet(faces=tuple(FontFace(family=f, weight=w, file=files[f, w]) for f, w in wanted))


def require_fast_subsetting() -> None:
    """Refuse to start slow.

    Raises:
        Refused: when Pango or the HarfBuzz subset library is not installed.
    """
    try:
        from weasyprint.text.ffi import harfbuzz_subset  # loads Pango, which may be missing
    except OSError as error:
        raise Refused(
            "cannot lay out documents: the Pango library is not installed",
            hint="`apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0`",
            code="documents/no-pango",
        ) from error
    if harfbuzz_subset is None:
        raise Refused(
            "cannot lay out documents: the HarfBuzz subset library is not installed",
            hint=_HINT_SUBSET,
            code="documents/no-harfbuzz-subset",
        )


def build_face(file: str, number: str, family: str, weight: str, target: str) -> None:
    """Cut one face of a collection to our characters, give it TrueType outlines, and write it to ``target``."""
    options = subset.Options(layout_features=_FEATURES, name_IDs=[], notdef_outline=True, glyph_names=False)
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx"]
    with TTFont(file, fontNumber=int(number), lazy=True, recalcTimestamp=False) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=_characters())
        cutter.subset(font)
        if "CFF " in font:
            _to_truetype(font)
        _rename(font, family, bold=int(weight) >= 700)
        _save(font, Path(target))


@functools.cache
def _characters() -> frozenset[int]:
    pairs = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    chinese = {ord(char) for pair in pairs for char in pair.decode("gb2312", errors="ignore")}
    return frozenset(chinese.union(*(range(first, last + 1) for first, last in _BLOCKS)))


def _find_source(family: str, weight: int) -> _Source:
    for file in _candidate_files(family):
        found = _face_in(file, family, weight)
        if found is not None:
            return found
    style = "Bold" if weight >= 700 else "Regular"
    raise Refused(
        f"cannot print Chinese: no file of the font `{family}` {style} was found",
        hint=_HINT_FONTS,
        code="documents/no-font",
    )


def _candidate_files(family: str) -> Iterable[Path]:
    """Files that may hold the family: those fontconfig names, then those in well-known folders."""
    try:
        listed = subprocess.run(  # noqa: S603  # the family is one of ours
            ["fc-list", "--format", "%{file}\n", f":family={family}"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    except OSError:  # fontconfig's tools are not installed; its library and the folders still are
        listed = ""
    yield from sorted({Path(line) for line in listed.splitlines() if line})
    stem = family.replace(" ", "").replace("Mono", "").removesuffix("SC")  # one collection holds both
    for folder in _FOLDERS:
        yield from sorted(Path(folder).expanduser().rglob(f"{stem}*.[ot]t[cf]"))


def _face_in(file: Path, family: str, weight: int) -> _Source | None:
    try:
        with file.open("rb") as stream:  # fontTools leaves a file open when it does not understand it
            fonts = TTCollection(stream, lazy=True).fonts if file.suffix == ".ttc" else [TTFont(stream, lazy=True)]
            for number, font in enumerate(fonts):
                named = font["name"].getDebugName(16) or font["name"].getDebugName(1)
                if named == family and font["OS/2"].usWeightClass == weight and "fvar" not in font:
                    return _Source(file=file, number=number, digest=_directory_digest(font))
    except Exception:  # noqa: BLE001  # fontTools names no class for a damaged file; it is as good as absent
        return None
    return None


def _directory_digest(font: TTFont) -> str:
    """A digest of the face's table directory, which holds the length and checksum of every table."""
    reader: Any = font.reader
    rows = (f"{tag}:{entry.checkSum}:{entry.length}" for tag, entry in sorted(reader.tables.items()))
    return sha256("\n".join(rows).encode()).hexdigest()


def _file_name(family: str, weight: int, source: _Source) -> str:
    characters = ",".join(map(str, sorted(_characters())))
    made_from = "|".join((_RECIPE, source.digest, fontTools.version, ",".join(_FEATURES), characters))
    return f"{family.replace(' ', '')}-{weight}-{sha256(made_from.encode()).hexdigest()[:20]}.ttf"


def _build_all(jobs: Sequence[tuple[_Source, str, int, Path]]) -> None:
    """Build the faces in child interpreters, two at a time: nothing of this process is forked or imported again."""
    child = "import sys; from certengine.documents.fonts import build_face; build_face(*sys.argv[1:])"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    for start in range(0, len(jobs), _WORKERS):
        running = [
            subprocess.Popen(  # noqa: S603  # this interpreter, and paths of the system's fonts
                [
                    sys.executable,
                    "-c",
                    child,
                    str(source.file),
                    str(source.number),
                    family,
                    str(weight),
                    str(target),
                ],
                env=environment,
                stderr=subprocess.PIPE,
                text=True,
            )
            for source, family, weight, target in jobs[start : start + _WORKERS]
        ]
        ends = [(process.communicate()[1], process.returncode) for process in running]
        for complaint, code in ends:
            if code != 0:
                raise RuntimeError(f"preparing a font failed: {complaint.strip().splitlines()[-1:]}")


def _to_truetype(font: TTFont) -> None:
    """Replace cubic CFF outlines by quadratic TrueType ones, within one unit in a thousand of the em."""
    order = font.getGlyphOrder()
    outlines = font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = glyf = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, glyphs
    del font["CFF "]
    glyf.compile(font)  # computes the bounding boxes that the left side bearings need
    metrics = font["hmtx"].metrics
    for name, glyph in glyphs.items():
        metrics[name] = (metrics[name][0], getattr(glyph, "xMin", 0))
    font["maxp"] = maxp = newTable("maxp")
    maxp.tableVersion = 0x00010000
    maxp.numGlyphs = len(order)
    maxp.maxZones = 1
    for unused in (
        "TwilightPoints",
        "Storage",
        "FunctionDefs",
        "InstructionDefs",
        "StackElements",
    ):
        setattr(maxp, f"max{unused}", 0)
    maxp.maxSizeOfInstructions = 0
    maxp.maxComponentElements = 0
    font["post"].formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"


def _rename(font: TTFont, family: str, *, bold: bool) -> None:
    """Our own names, so that the cut is never taken for the whole font."""
    style = "Bold" if bold else "Regular"
    names = font["name"]
    names.names = []
    for number, text in (
        (1, family),
        (2, style),
        (4, f"{family} {style}"),
        (6, f"{family.replace(' ', '')}-{style}"),
    ):
        names.setName(text, number, 3, 1, 0x409)


def _save(font: TTFont, target: Path) -> None:
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            font.save(stream, reorderTables=True)
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
