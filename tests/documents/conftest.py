"""What tests of printed documents share: one typesetter a process, the bundled design, and strangers' readers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.documents.fonts import FontSet, default_font_cache, prepare_fonts
from certengine.documents.layout import Typesetter
from certengine.documents.paper_printer import PaperPrinter
from certengine.documents.template_folder import TemplateFolder

Reader = Callable[[bytes], str]


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
