"""What tests of printed documents share: one typesetter a process, the bundled design, and strangers' readers."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pikepdf
import pytest

from certengine.documents.fonts import FontSet, default_font_cache, prepare_fonts
from certengine.documents.layout import Typesetter
from certengine.documents.paper_printer import PaperPrinter
from certengine.documents.template_folder import TemplateFolder

Reader = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Letter:
    """A character on a page, in points: its size, and where it stands on its line."""

    said: str
    size: float
    x: float
    y: float


Spelled = Callable[[bytes, str], list[Letter]]


def font_kinds(pdf: bytes) -> set[str]:
    """The kinds of descendant fonts in a file."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found = (one for one in document.objects if isinstance(one, pikepdf.Dictionary))
        return {str(one.Subtype) for one in found if one.get("/Type") == "/Font" and "/CIDSystemInfo" in one}


@pytest.fixture(scope="session")
def fonts() -> FontSet:
    """The prepared faces; made once, about ten seconds, and found in the cache ever after."""
    return prepare_fonts(default_font_cache())


@pytest.fixture(scope="session")
def typesetter(fonts: FontSet) -> Typesetter:
    """The process's typesetter with its fonts."""
    return Typesetter(fonts)


@pytest.fixture(scope="session")
def templates() -> TemplateFolder:
    """The bundled formal design."""
    return TemplateFolder(Path(__file__).resolve().parents[2] / "templates" / "formal")


@pytest.fixture(scope="session")
def printer(fonts: FontSet, typesetter: Typesetter, templates: TemplateFolder) -> PaperPrinter:
    """A printer of papers that keeps its blocks from test to test."""
    return PaperPrinter(templates, typesetter, fonts, {})


@pytest.fixture
def poppler(tmp_path: Path) -> Reader:
    """The text of a PDF as poppler extracts it, pages parted by form feeds."""

    def read(pdf: bytes) -> str:
        file = tmp_path / "poppler.pdf"
        file.write_bytes(pdf)
        return subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True).stdout.decode()

    return read


@pytest.fixture
def mupdf(tmp_path: Path) -> Reader:
    """The text of a PDF as MuPDF extracts it."""

    def read(pdf: bytes) -> str:
        file = tmp_path / "mupdf.pdf"
        file.write_bytes(pdf)
        return subprocess.run(
            ["mutool", "draw", "-q", "-F", "txt", file], capture_output=True, check=True
        ).stdout.decode()

    return read


@pytest.fixture
def spelled(tmp_path: Path) -> Spelled:
    """The letters of words where they first stand in a PDF, as MuPDF draws them; spaces and ends of lines aside."""

    def read(pdf: bytes, words: str) -> list[Letter]:
        file = tmp_path / "spelled.pdf"
        file.write_bytes(pdf)
        drawn = subprocess.run(["mutool", "draw", "-q", "-F", "stext", file], capture_output=True, check=True).stdout
        letters = [
            Letter(one.attrib["c"], float(font.attrib["size"]), float(one.attrib["x"]), float(one.attrib["y"]))
            for font in ET.fromstring(drawn).iter("font")
            for one in font.iter("char")
            if not one.attrib["c"].isspace()
        ]
        wanted = "".join(words.split())
        at = "".join(one.said for one in letters).index(wanted)
        return letters[at : at + len(wanted)]

    return read
