"""The QR codes: small enough to print, readable by strangers, and safe to read from strangers."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from certengine.documents.qr import MAX_PIXELS, qr_modules, qr_png, read_qr
from certengine.errors import InputError

ADDRESS = "HTTPS://VERIFY.EXAMPLE.ORG/C/0123456789ABCDEFGHJKMNPQRS#" + ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 13)[:389]


def enlarged(png: bytes, factor: int = 6, kind: str = "PNG") -> bytes:
    """The code as a camera would see it: several pixels a module."""
    picture = Image.open(io.BytesIO(png)).convert("L")
    out = io.BytesIO()
    picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST).save(out, kind)
    return out.getvalue()


def test_standard_address_is_version_13() -> None:
    """A 445-character address with a token takes 69 modules a side, which keeps a module above 0.43 mm at 34 mm."""
    assert (len(ADDRESS), qr_modules(ADDRESS)) == (445, 17 + 4 * 13)


def test_one_pixel_a_module() -> None:
    """The picture is one bit deep, one pixel a module, with a white quiet zone of four modules."""
    picture = Image.open(io.BytesIO(qr_png(ADDRESS)))

    assert (picture.mode, picture.size) == ("1", (77, 77))
    assert {picture.getpixel((x, y)) for x in range(77) for y in (*range(4), *range(73, 77))} == {255}
    assert picture.getpixel((4, 4)) == 0


def test_same_text_same_bytes() -> None:
    """Writing a text twice gives the same file, so that certificates stay reproducible."""
    assert qr_png(ADDRESS) == qr_png(ADDRESS)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_reads_each_kind_of_picture(kind: str) -> None:
    """PNG, JPEG and WebP pictures of a code give its text."""
    assert read_qr(enlarged(qr_png(ADDRESS), kind=kind)) == (ADDRESS,)


def test_zbar_reads_what_we_write(tmp_path: Path) -> None:
    """A stranger's reader gives back the very text."""
    path = tmp_path / "code.png"
    path.write_bytes(enlarged(qr_png(ADDRESS)))
    command = ["zbarimg", "-q", "--raw", "-S*.enable=0", "-Sqrcode.enable=1", str(path)]

    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip() == ADDRESS


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=120))
def test_any_text_comes_back(text: str) -> None:
    """Whatever printable text is written is read back, in any script."""
    assert read_qr(enlarged(qr_png(text), 4)) == (text,)


def test_transparent_background_is_white() -> None:
    """Black modules on a transparent ground read like black on white."""
    picture = Image.open(io.BytesIO(enlarged(qr_png(ADDRESS)))).convert("RGBA")
    clear = picture.copy()
    clear.putalpha(picture.convert("L").point(lambda grey: 255 - grey))
    out = io.BytesIO()
    clear.save(out, "PNG")

    assert read_qr(out.getvalue()) == (ADDRESS,)


def test_sideways_photograph_is_turned() -> None:
    """Two codes are listed from top to bottom as the photographer saw them, whatever the sensor's orientation."""
    upper, lower = (Image.open(io.BytesIO(enlarged(qr_png(text)))).convert("L") for text in ("UPPER", "LOWER"))
    page = Image.new("L", (upper.width, upper.height * 2), 255)
    page.paste(upper, (0, 0))
    page.paste(lower, (0, upper.height))
    exif = Image.Exif()
    exif[0x0112] = 3
    out = io.BytesIO()
    page.rotate(180).save(out, "JPEG", exif=exif)

    assert read_qr(out.getvalue()) == ("UPPER", "LOWER")


def test_picture_without_code_is_empty() -> None:
    """A picture without a code is no error: there is just nothing in it."""
    out = io.BytesIO()
    Image.new("L", (300, 300), 255).save(out, "PNG")

    assert read_qr(out.getvalue()) == ()


@pytest.mark.parametrize("data", [b"", b"not a picture", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(64)])
def test_other_bytes_are_refused(data: bytes) -> None:
    """What is no PNG, JPEG or WebP is refused in words."""
    with pytest.raises(InputError, match="cannot be read as PNG"):
        read_qr(data)


def test_cut_off_picture_shows_no_code() -> None:
    """A picture cut off in the middle of the code is read as far as it goes, and shows none."""
    whole = enlarged(qr_png(ADDRESS), kind="PNG")

    assert read_qr(whole[: len(whole) // 2]) == ()


@pytest.mark.parametrize("side", [6_400, 20_000])
def test_too_many_pixels_are_refused_before_decoding(side: int) -> None:
    """A picture beyond the limit is refused from its header; a bomb of 400 million pixels costs nothing."""
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")

    assert side * side > MAX_PIXELS
    with pytest.raises(InputError):
        read_qr(out.getvalue())


@pytest.mark.parametrize("text", ["", "A" * 5000])
def test_texts_without_a_code_are_refused(text: str) -> None:
    """An empty text, or one longer than version 40 holds, is refused."""
    with pytest.raises(InputError):
        qr_png(text)


def corners(side: int) -> bytes:
    """A picture full of corners of codes, without a code."""
    corner = ImageOps.expand(ImageOps.expand(Image.new("L", (3, 3), 0), 1, 255), 1, 0)
    picture = Image.new("L", (side, side), 255)
    row = Image.new("L", (side, 7), 255)
    for left in range(0, side, 9):
        row.paste(corner, (left, 0))
    for top in range(0, side, 9):
        picture.paste(row, (0, top))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.slow
def test_a_large_picture_is_searched_as_a_small_one() -> None:
    """A code in a photograph of a phone is found where it stands, beside another above it."""
    photograph = Image.new("L", (4000, 3000), 200)
    for text, place in (("below", (100, 2000)), ("above", (2000, 100))):
        with Image.open(io.BytesIO(enlarged(qr_png(text)))) as code:
            photograph.paste(code, place)
    out = io.BytesIO()
    photograph.save(out, "PNG")

    assert read_qr(out.getvalue()) == ("above", "below")


_HELD = """
import re, resource, sys
from certengine.documents.qr import read_qr
assert read_qr(sys.stdin.buffer.read()) == ()
own = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])  # its ru_maxrss begins with its parent's
print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024)
"""


@pytest.mark.slow
def test_the_largest_picture_takes_little_memory() -> None:
    """A transparent picture of as many pixels as are read, held sideways, is not copied over and over in colours."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGBA", (8000, 5000), (255, 255, 255, 128)).save(out, "PNG", exif=exif)
    ran = subprocess.run([sys.executable, "-c", _HELD], input=out.getvalue(), capture_output=True, check=True)

    assert int(ran.stdout) < 550


@pytest.mark.slow
def test_a_picture_of_corners_is_given_up() -> None:
    """Looking for a code in it would take five minutes of processor time; what is given up shows none."""
    picture, before = corners(6300), processor_time()

    assert read_qr(picture) == ()
    assert processor_time() - before < 60


def processor_time() -> float:
    """Seconds that this process and those it waited for have worked."""
    used = [resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
