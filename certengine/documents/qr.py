"""QR codes: written one pixel a module for print, read back from photographs and scans.

Invariants:

1. Written codes are mixed-mode (ISO/IEC 18004 7.4.2): capitals, digits and ``$%*+-./:`` go alphanumeric, at 5.5 bits a
   character, and only the rest (the ``#`` of an address) goes as bytes. The same text gives the same bytes.
2. A picture handed in is data from a stranger: only PNG, JPEG and WebP are opened, its size is read and bounded before
   any pixel is decoded, and whatever goes wrong is an :class:`InputError`; looking for codes in it has a bound as well
   (:mod:`certengine.documents.code_search`).
"""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
import zxingcpp
from PIL import Image, ImageFile, ImageOps
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.exceptions import DataOverflowError
from qrcode.image.pil import PilImage

from certengine.documents.code_search import codes_in
from certengine.documents.qr_mask import MaskedCode
from certengine.errors import InputError

Correction = Literal["L", "M", "Q", "H"]

QUIET_ZONE = 4
"""Modules of white around a code that ISO/IEC 18004 6.3.8 asks for."""

MAX_PIXELS = 40_000_000
"""Largest picture that is decoded; phone cameras stay below it, and grey it takes 40 MB."""

MAX_CODES = 16
"""Codes read from one picture at most; a sheet of many certificates is not one certificate."""

# WeasyPrint sets this for the process when it is loaded; set here too, a cut-off picture is read alike either way.
ImageFile.LOAD_TRUNCATED_IMAGES = True

_FORMATS = ("PNG", "JPEG", "WEBP")
_LEVELS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}
# Leaving bytes for alphanumeric and coming back costs 35 bits in versions 10 to 26 and saves 2.5 bits a character; for
# digits inside alphanumeric it is 31 bits against 2.2 a character: shorter runs than 14 only lengthen the code.
_SHORTEST_RUN = 14


def qr_png(text: str, *, correction: Correction = "M", border: int = QUIET_ZONE) -> bytes:
    """A QR code as a 1-bit PNG of one pixel a module, to be enlarged without smoothing.

    Args:
        text: what the code says.
        correction: level of ISO/IEC 18004 7.5.1; at a fixed printed size ``M`` reads better than ``Q``.
        border: width of the white quiet zone in modules.

    Raises:
        InputError: the text is empty or does not fit into version 40.
    """
    code = _code(text, correction)
    side = code.modules_count
    canvas = Image.new("1", (side, side))
    canvas.putdata([0 if module else 255 for row in code.modules for module in row])
    out = io.BytesIO()
    ImageOps.expand(canvas, border, 255).save(out, "PNG", optimize=True)
    return out.getvalue()


def qr_rows(text: str, *, correction: Correction = "M", border: int = QUIET_ZONE) -> tuple[tuple[bool, ...], ...]:
    """A short text's QR code as rows of modules from the top, dark ones true, with its quiet zone.

    Made by the library that reads them, in a thirtieth of the time :func:`qr_png` takes, in one mode for the whole text:
    for the codes of a print job's pages, which are capitals and digits.

    Raises:
        InputError: as :func:`qr_png`.
    """
    if not text:
        raise InputError("a QR code needs a text", code="qr-empty")
    try:
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=correction)
    except ValueError as error:
        raise _too_long(text, correction) from error
    picture = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    return tuple(tuple(row) for row in np.pad(picture == 0, border).tolist())


def qr_modules(text: str, *, correction: Correction = "M") -> int:
    """How many modules a side the code of a text has without its quiet zone: 17 + 4 x version.

    Raises:
        InputError: as :func:`qr_png`.
    """
    return _code(text, correction).modules_count


def read_qr(image: bytes) -> tuple[str, ...]:
    """The texts of the QR codes in a picture, from top to bottom, each once; empty when none could be read.

    Args:
        image: a PNG, JPEG or WebP file, such as a photograph of a certificate.

    Raises:
        InputError: it is none of these, is damaged, or has more than :data:`MAX_PIXELS` pixels.
    """
    try:
        with Image.open(io.BytesIO(image), formats=_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise InputError(
                    f"the picture has {picture.width} x {picture.height} pixels, more than {MAX_PIXELS}",
                    hint="take the photograph again at a lower resolution",
                    code="image-too-large",
                )
            return texts_in(picture)
    except InputError:
        raise
    except (
        Exception
    ) as error:  # decoders of foreign bytes raise whatever they like: struct.error, SyntaxError, zlib.error
        raise InputError(
            "the picture cannot be read as PNG, JPEG or WebP", hint="send a photograph as PNG or JPEG", code="image"
        ) from error


def texts_in(picture: Image.Image) -> tuple[str, ...]:
    """The texts of the QR codes in an opened picture, from top to bottom, each once, :data:`MAX_CODES` at most."""
    grey = _grey(picture)
    ImageOps.exif_transpose(grey, in_place=True)
    found = codes_in(grey)
    return tuple(dict.fromkeys(code.text for code in found if code.text))[:MAX_CODES]


def _grey(picture: Image.Image) -> Image.Image:
    """A picture in grey, on white where it is transparent; of a large one no second copy in colours is made."""
    if not picture.has_transparency_data:
        grey = picture.convert("L")
    else:
        seen = picture if picture.mode in {"LA", "RGBA"} else picture.convert("RGBA")
        grey = Image.new("L", seen.size, 255)
        grey.paste(seen.convert("L"), mask=seen.getchannel("A"))
    grey.info = dict(picture.info)  # how the camera was held stands there
    return grey


def _code(text: str, correction: Correction) -> MaskedCode:
    if not text:
        raise InputError("a QR code needs a text", code="qr-empty")
    code = MaskedCode(error_correction=_LEVELS[correction], border=0, image_factory=PilImage)
    code.add_data(text, optimize=_SHORTEST_RUN)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:  # 8.x lets the version run past 40 and then refuses the number
        raise _too_long(text, correction) from error
    return code


def _too_long(text: str, correction: Correction) -> InputError:
    return InputError(
        f"a text of {len(text)} characters does not fit into a QR code at level {correction}", code="qr-too-long"
    )
