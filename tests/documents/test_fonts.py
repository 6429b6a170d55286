"""The prepared faces: TrueType, complete, kept, and refused where their sources are missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from certengine.documents import fonts as module
from certengine.documents.fonts import SANS, FontSet, build_face, default_font_cache, prepare_fonts
from certengine.errors import Refused

pytestmark = pytest.mark.slow

EXAM_SIGNS = "①⑩√×±≤≥≠≈∑∞∠⊥℃Ωμ→↑②Ⅳ□■○●△㎜²³½“”‘’—…《》·éüÅβ"


def test_faces_are_truetype(fonts: FontSet) -> None:
    """Every face has glyf outlines and no CFF table, which MuPDF would show blank."""
    for face in fonts.faces:
        with TTFont(face.file, lazy=True) as font:
            assert ("glyf" in font, "CFF " in font) == (True, False)


def test_faces_cover_what_examinations_use(fonts: FontSet) -> None:
    """Every face has the level-one and level-two characters of GB 2312 and the signs of examination papers."""
    rows = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    wanted = {ord(char) for pair in rows for char in pair.decode("gb2312", errors="ignore")} | set(map(ord, EXAM_SIGNS))

    assert len(wanted) > 6_763
    for face in fonts.faces:
        with TTFont(face.file, lazy=True) as font:
            assert wanted - set(font.getBestCmap()) == set()


def test_prepared_once(fonts: FontSet) -> None:
    """A second call finds the same files and writes none."""
    before = {face.file: face.file.stat().st_mtime_ns for face in fonts.faces}

    again = prepare_fonts(default_font_cache())

    assert {face.file: face.file.stat().st_mtime_ns for face in again.faces} == before


def test_same_face_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting a face twice gives the same bytes, under our name, with an outline for a Chinese character."""
    monkeypatch.setattr(module, "_characters", lambda: frozenset(map(ord, "电A")))
    source = module._find_source("Noto Sans CJK SC", 400)

    for name in ("one.ttf", "two.ttf"):
        build_face(str(source.file), str(source.number), SANS, "400", str(tmp_path / name))

    assert (tmp_path / "one.ttf").read_bytes() == (tmp_path / "two.ttf").read_bytes()
    with TTFont(tmp_path / "one.ttf") as font:
        assert font["name"].getDebugName(1) == SANS
        assert font["glyf"][font.getBestCmap()[ord("电")]].numberOfContours > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.ttf", "two.ttf"]


def test_missing_font_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a Noto CJK font the refusal names the package to install."""
    monkeypatch.setattr(module, "_FOLDERS", (str(tmp_path),))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Refused, match="no file of the font `Noto Sans CJK SC` Regular") as caught:
        prepare_fonts(tmp_path / "cache")

    assert "fonts-noto-cjk" in str(caught.value.hint)


def test_damaged_font_is_no_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not a font, under a font's name, is passed over and then reported missing."""
    monkeypatch.setattr(module, "_FOLDERS", (str(tmp_path),))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "NotoSansCJK-Regular.ttc").write_bytes(b"ttcf" + bytes(40))

    with pytest.raises(Refused, match="no file of the font"):
        prepare_fonts(tmp_path / "cache")


def test_missing_subsetter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the HarfBuzz subset library it refuses to start slow, and names the package."""
    monkeypatch.setattr("weasyprint.text.ffi.harfbuzz_subset", None)

    with pytest.raises(Refused, match="HarfBuzz subset") as caught:
        prepare_fonts(tmp_path)

    assert "libharfbuzz-subset0" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"CERTENGINE_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a/fonts"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/certengine/fonts"),
        ({"HOME": "/c"}, "/c/.cache/certengine/fonts"),
    ],
)
def test_where_faces_are_kept(variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own variable wins over the desktop's, which wins over the home folder."""
    for name in ("CERTENGINE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert default_font_cache() == Path(expected)
