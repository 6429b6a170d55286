"""A holder's photograph as it is printed: upright, cut to 35 by 45 millimetres at 300 dots an inch, JPEG."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from certengine.documents.qr import MAX_PIXELS
from certengine.errors import InputError

_PIXELS = (413, 531)
_QUALITY = 88


def prepared_photograph(data: bytes, source: str) -> bytes:
    """The photograph in a JPEG or PNG file; ``source`` is what errors call it.

    Raises:
        InputError: when it is no picture, or too large a one.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise InputError(f"`{source}` has too many pixels", hint="scale it down", code="image-too-large")
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            out = io.BytesIO()
            ImageOps.fit(upright, _PIXELS).save(out, "JPEG", quality=_QUALITY)
            return out.getvalue()
    except InputError:
        raise
    except Exception as error:  # decoders of foreign bytes raise whatever they like
        raise InputError(f"`{source}` cannot be read as a photograph", hint="JPEG or PNG", code="image") from error
