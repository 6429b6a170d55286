"""Both designs, for every kind of name: one sheet, every letter there, the same in two readers, the QR code readable."""

from __future__ import annotations

import io
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from certengine.documents.certificate import NameSetting, render_certificate
from certengine.documents.layout import Typesetter
from certengine.documents.template_folder import TemplateFolder
from certengine.model.credential import Credential, Succession
from certengine.model.text import Text
from tests.documents.conftest import Reader, Spelled
from tests.documents.test_certificate import ADDRESS, CREDENTIAL, DATA, TYPED, ink, named, pictures

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
LONG_WORD = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren"
NAMES = {
    "usual": ("张晓明", "Zhang Xiaoming"),
    "rare": ("喆堃䶮𬭸", None),
    "long": ("阿卜杜热合曼·麦麦提吐尔逊·买买提艾力", "Maximiliana Alexandra von Hohenberg-Schwarzenfeld y Montenegro"),
    "latin": ("Maximiliana von Hohenberg-Schwarzenfeld", None),
    "arabic": ("محمد", "Mohammed"),
    "hebrew": ("דוד כהן", None),
    "word": (LONG_WORD, None),
    "apostrophe": ("Seán O’Brien", None),
}
#: Where each design has a name that stands alone on its line.
LINE_AT = {"formal": (0.3, 0.39, 0.7, 0.465), "modern": (0.14, 0.355, 0.6, 0.425)}
#: Where each design has the holder's name, as fractions of the page.
NAME_AT = {"formal": (0.15, 0.36, 0.85, 0.56), "modern": (0.14, 0.35, 0.95, 0.50)}

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("design", ["formal", "modern"])]


def made(
    design: str,
    typesetter: Typesetter,
    name: str = "usual",
    photo: bytes | None = None,
    names: NameSetting = "by-script",
    credential: Credential | None = None,
) -> bytes:
    """A certificate in a design."""
    credential = credential or named(*NAMES[name])
    if photo is not None:
        link = Succession(kind="reprint", number=CREDENTIAL.number, reason="lost")
        credential = replace(credential, photo="sha256:0", print_serial=2, succeeds=link)
    return render_certificate(
        credential,
        qr_text=ADDRESS,
        credential_json=DATA,
        typed_code=TYPED,
        templates=TemplateFolder(TEMPLATES / design),
        typesetter=typesetter,
        photo=photo,
        names=names,
    )


@pytest.mark.parametrize("name", NAMES)
def test_two_readers_show_the_same_name(design: str, name: str, typesetter: Typesetter, tmp_path: Path) -> None:
    """There is ink where the name is, and about as much of it in Poppler as in MuPDF."""
    inks = [ink(picture, NAME_AT[design]) for picture in pictures(made(design, typesetter, name), tmp_path)]

    assert min(inks) > 0.01
    assert max(inks) - min(inks) < 0.15 * max(inks)


@pytest.mark.parametrize("name", ["usual", "rare", "long", "latin"])
def test_two_readers_read_the_same_name(
    design: str, name: str, typesetter: Typesetter, poppler: Reader, mupdf: Reader
) -> None:
    """Every character of it can be copied from the page in both."""
    pdf = made(design, typesetter, name)

    for text in (poppler(pdf), mupdf(pdf)):
        for part in filter(None, NAMES[name]):
            assert "".join(part.split()) in "".join(text.split())


def test_a_long_word_stays_on_the_sheet(design: str, typesetter: Typesetter, poppler: Reader) -> None:
    """It is broken where it must be: Poppler, which leaves out what lies beside the sheet, reads all of it."""
    assert LONG_WORD in "".join(poppler(made(design, typesetter, "word")).split())


def test_letters_that_join_are_not_torn(design: str, typesetter: Typesetter, tmp_path: Path) -> None:
    """An Arabic name of four letters is one connected word: no column within it is white."""
    picture, _ = pictures(made(design, typesetter, "arabic"), tmp_path, dpi=150)
    width, height = picture.size
    left, top, right, bottom = LINE_AT[design]
    strip = picture.crop((int(left * width), int(top * height), int(right * width), int(bottom * height)))
    columns = [min(strip.crop((x, 0, x + 1, strip.height)).tobytes()) < 128 for x in range(strip.width)]
    dark = [x for x, one in enumerate(columns) if one]

    assert dark
    assert dark[-1] - dark[0] < 1.05 * len(dark)


def test_a_photograph_and_a_second_print_fit(design: str, typesetter: Typesetter, poppler: Reader) -> None:
    """One sheet, under 120 KB, that says it is the second print."""
    out = io.BytesIO()
    Image.effect_noise((413, 531), 40).convert("RGB").save(out, "JPEG", quality=60)
    pdf = made(design, typesetter, photo=out.getvalue())

    assert "第2次（补发）" in "".join(poppler(pdf).split())
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert len(document.pages) == 1


def test_the_qr_code_is_read_from_the_page(design: str, typesetter: Typesetter, tmp_path: Path) -> None:
    """By zbarimg, at 300 dpi."""
    (tmp_path / "c.pdf").write_bytes(made(design, typesetter))
    subprocess.run(["pdftoppm", "-r", "300", "-png", "-singlefile", tmp_path / "c.pdf", tmp_path / "page"], check=True)
    command = ["zbarimg", "-q", "--raw", "-S*.enable=0", "-Sqrcode.enable=1", str(tmp_path / "page.png")]

    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip() == ADDRESS


def test_a_design_makes_the_same_bytes_again(design: str, typesetter: Typesetter) -> None:
    """Nothing in it asks a clock or chance, and it stays under 120 KB."""
    first = made(design, typesetter)

    assert first == made(design, typesetter)
    assert len(first) < 112_000  # a signature takes 8


def test_four_rare_letters_weigh_little(design: str, typesetter: Typesetter) -> None:
    """A name outside the usual characters makes a file under 120 KB, the same each time."""
    pdf = made(design, typesetter, "rare")

    assert len(pdf) < 112_000  # a signature takes 8
    assert pdf == made(design, typesetter, "rare")


def test_rare_letters_are_as_wide_as_the_page_says(design: str, typesetter: Typesetter) -> None:
    """Each glyph number of the page leads to an outline whose advance is the one stated (PDF/A-3 6.2.11.5)."""
    with pikepdf.open(io.BytesIO(made(design, typesetter, "rare"))) as document:
        (found,) = (one for one in document.objects if isinstance(one.get("/CIDToGIDMap"), pikepdf.Stream))
        numbers = found.CIDToGIDMap.read_bytes()
        program = TTFont(io.BytesIO(found.FontDescriptor.FontFile2.read_bytes()))
        stated = {}
        for first, widths in zip(*[iter(found.W)] * 2, strict=True):
            stated |= {int(first) + place: int(width) for place, width in enumerate(widths)}
        scale = program["head"].unitsPerEm / 1000
        rows = {glyph: struct.unpack_from(">H", numbers, 2 * glyph)[0] for glyph in stated}

    assert sorted(rows.values()) == [1, 2, 3, 4]
    for glyph, row in rows.items():
        name = program.getGlyphName(row)
        assert program["glyf"][name].numberOfContours > 0
        assert program["hmtx"][name][0] == stated[glyph] * scale


def test_the_apostrophe_of_a_name_is_no_wider_than_in_english(
    design: str, typesetter: Typesetter, spelled: Spelled
) -> None:
    """In Chinese type it would take the width of a character, and tear the name apart."""
    mark, after = spelled(made(design, typesetter, "apostrophe"), "’B")

    assert after.x - mark.x < 0.4 * mark.size


def test_letters_that_run_leftward_are_bold_only_beside_a_sans_serif(design: str, typesetter: Typesetter) -> None:
    """Our faces have none; another's bold is heavier than the serif around it."""
    with pikepdf.open(io.BytesIO(made(design, typesetter, "hebrew"))) as document:
        fonts = {str(one.BaseFont) for one in document.objects if "/BaseFont" in one}

    (other,) = {one for one in fonts if "Certengine" not in one}
    assert ("Bold" in other) == (design == "modern")


def test_a_name_can_be_set_as_it_was(design: str, typesetter: Typesetter, spelled: Spelled) -> None:
    """For files of the earlier form: an apostrophe as wide as a Chinese character, and every name bold."""
    mark, after = spelled(made(design, typesetter, "apostrophe", names="alike"), "’B")
    with pikepdf.open(io.BytesIO(made(design, typesetter, "hebrew", names="alike"))) as document:
        fonts = {str(one.BaseFont) for one in document.objects if "/BaseFont" in one}

    assert after.x - mark.x > 0.9 * mark.size
    assert all("Bold" in one for one in fonts if "Certengine" not in one)


def test_a_long_issuer_stays_beside_the_frame(design: str, typesetter: Typesetter, spelled: Spelled) -> None:
    """Its name takes a second line in either language, and so does a holder's Latin name, before it touches the edge."""
    zh, en = "先进智能制造职业技能鉴定公共实训示范中心" * 3, "Demonstration Centre of Skills Assessment " * 5
    issuer = replace(CREDENTIAL.issuer, name=Text.of(zh=zh, en=en.strip()))
    holder = replace(CREDENTIAL.holder, name_en="Maximiliana Alexandra von Hohenberg " * 3)
    pdf = made(design, typesetter, credential=replace(CREDENTIAL, issuer=issuer, holder=holder))
    with pikepdf.open(io.BytesIO(pdf)) as document:
        width = float(document.pages[0].mediabox[2])

    for words in (zh, en, holder.name_en or ""):
        places = [one.x for one in spelled(pdf, words)]
        assert 20 * 72 / 25.4 < min(places) < max(places) < width - 20 * 72 / 25.4


def test_a_photograph_covers_no_name(design: str, typesetter: Typesetter, spelled: Spelled) -> None:
    """Long names, in either line, break before they come to it."""
    out = io.BytesIO()
    Image.new("RGB", (413, 531), "grey").save(out, "JPEG")
    holder = replace(CREDENTIAL.holder, name="Wilhelmina von Hohenberg " * 4, name_en="Maximiliana von Hohenberg " * 4)
    pdf = made(design, typesetter, credential=replace(CREDENTIAL, holder=holder), photo=out.getvalue())
    left = {"formal": 235, "modern": 162}[design] * 72 / 25.4

    for words in (holder.name, holder.name_en or ""):
        assert max(one.x + 0.5 * one.size for one in spelled(pdf, words)) < left
