"""The engraved frame of a certificate, drawn straight into the PDF.

Own drawing: families of sine waves for the bands, of swelling circles for the corners and the rosette. One period of a
band, a corner and the rosette are written once a process as PDF drawing instructions (ISO 32000-1 8.10, form XObjects)
and placed by reference: the same curves laid out as SVG take 60 ms a certificate, this takes about 2.

The drawing is for landscape A4, in millimetres from the lower left corner, and is marked as an artifact (ISO 32000-1
14.8.2.2): it says nothing, so assistive technology passes over it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pydyf

WIDTH, HEIGHT = 297.0, 210.0

_INSET = 9.0
_CORNER = 13.125
_BAND = 8.0
_PERIOD = 7.2
"""About; it is stretched by at most 1 % so that it divides the length between two corners' middles."""
_ROSETTE = 64.0

_INK = (0.145, 0.263, 0.404)
_SKY = (0.447, 0.569, 0.690)
_GOLD = (0.706, 0.580, 0.318)
_PALE = (0.925, 0.937, 0.953)

_Colour = tuple[float, float, float]
_Matrix = tuple[float, float, float, float]
_Curve = Callable[[float], tuple[float, float]]


_UPRIGHT: _Matrix = (1, 0, 0, 1)


class _Form(NamedTuple):
    """A drawing that is placed by name: its width and height in millimetres, and its instructions."""

    width: float
    height: float
    drawing: bytes


def add_frame(pdf: Any) -> None:  # pydyf has no annotations
    """Draw the frame under the content of the first page of a landscape A4 document of WeasyPrint."""
    names = pydyf.Dictionary()
    for name, form in _forms().items():
        stream = pydyf.Stream([form.drawing], compress=True)
        box = pydyf.Array([-0.2, -0.2, round(form.width + 0.2, 3), round(form.height + 0.2, 3)])
        stream.extra = {"Type": "/XObject", "Subtype": "/Form", "BBox": box}
        pdf.add_object(stream)
        names[name] = stream.reference
    frame = pydyf.Stream([_placements()], compress=True)
    frame.extra = {
        "Type": "/XObject",
        "Subtype": "/Form",
        "BBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
        "Matrix": pydyf.Array([round(72 / 25.4, 6), 0, 0, round(72 / 25.4, 6), 0, 0]),
        "Resources": pydyf.Dictionary({"XObject": names}),
    }
    pdf.add_object(frame)
    page = pdf.objects[pdf.pages["Kids"][0]]
    resources, content = (pdf.objects[int(page[key].split()[0])] for key in ("Resources", "Contents"))
    resources["XObject"]["frame"] = frame.reference
    content.stream.insert(0, b"/Artifact BMC q /frame Do Q EMC")


@cache
def _forms() -> dict[str, _Form]:
    return {
        "band": _Form(_PERIOD, _BAND, b"\n".join(_band())),
        "corner": _Form(_CORNER, _CORNER, b"\n".join(_corner())),
        "rosette": _Form(2 * _ROSETTE, 2 * _ROSETTE, b"\n".join(_rosette())),
    }


def _band() -> Iterator[bytes]:
    """One period: eight light waves, six dark ones that swell against them, and a gold one of half the period."""

    def wave(reach: float, phase: float, swell: float, turns: int = 1) -> _Curve:
        def curve(x: float) -> tuple[float, float]:
            turn = math.tau * x / _PERIOD
            return x, _BAND / 2 + reach * (1 + swell * math.cos(2 * turn)) * math.sin(turns * turn + phase)

        return curve

    for number in range(8):
        yield _path(wave(2.75, math.tau * number / 8, 0.0), _PERIOD, 8, _SKY, 0.11)
    for number in range(6):
        yield _path(wave(2.2, math.tau * number / 6, 0.34), _PERIOD, 12, _INK, 0.13)
    for number in range(2):
        yield _path(wave(0.95, math.pi * number, 0.0, turns=2), _PERIOD, 12, _GOLD, 0.22)
    for y, width in ((0.2, 0.4), (0.75, 0.12), (_BAND - 0.75, 0.12), (_BAND - 0.2, 0.4)):
        yield _stroke(_INK, width) + b" -0.02 %.3f m %.3f %.3f l S" % (y, _PERIOD + 0.02, y)


def _corner() -> Iterator[bytes]:
    half = _CORNER / 2
    yield _path(_flower(half, half - 0.2, 0.0, 1, 0.0), math.tau, 16, _INK, 0.0).replace(b" S", b" 1 g f")  # a lid
    for number in range(6):
        yield _path(_flower(half, 5.6, 0.22, 8, math.tau * number / 6), math.tau, 64, _SKY, 0.11)
    for number in range(6):
        yield _path(_flower(half, 3.9, 0.42, 6, math.tau * number / 6), math.tau, 48, _INK, 0.13)
    yield _path(_flower(half, 1.5, 0.3, 8, 0.0), math.tau, 64, _GOLD, 0.2)
    for reach, width in ((half - 0.2, 0.4), (half - 0.75, 0.12)):
        yield _path(_flower(half, reach, 0.0, 1, 0.0), math.tau, 16, _INK, width)


def _rosette() -> Iterator[bytes]:
    for number in range(12):
        yield _path(_flower(_ROSETTE, _ROSETTE - 0.5, 0.17, 12, math.tau * number / 12), math.tau, 96, _PALE, 0.2)


def _flower(centre: float, reach: float, depth: float, petals: int, phase: float) -> _Curve:
    """A circle of at most that reach, swelling and shrinking so many times in one turn."""

    def curve(angle: float) -> tuple[float, float]:
        radius = reach * (1 - depth + depth * math.sin(petals * angle + phase))
        return centre + radius * math.cos(angle), centre + radius * math.sin(angle)

    return curve


@cache
def _placements() -> bytes:
    """Where each form goes: rosette, four strips of bands, four corners, and a gold line within."""
    middle = _INSET + _CORNER / 2
    low = middle - _BAND / 2
    words = [_placed("rosette", _UPRIGHT, WIDTH / 2 - _ROSETTE, 108 - _ROSETTE)]
    for length, across, turned in ((WIDTH - 2 * middle, HEIGHT, False), (HEIGHT - 2 * middle, WIDTH, True)):
        count = round(length / _PERIOD)
        step = length / count
        stretch = step / _PERIOD
        for number in range(count):
            along = middle + number * step
            for side in (low, across - low - _BAND):
                if turned:
                    words.append(_placed("band", (0, stretch, 1, 0), side, along))
                else:
                    words.append(_placed("band", (stretch, 0, 0, 1), along, side))
    far_x, far_y = WIDTH - _INSET - _CORNER, HEIGHT - _INSET - _CORNER
    words += [_placed("corner", _UPRIGHT, x, y) for x in (_INSET, far_x) for y in (_INSET, far_y)]
    edge = _INSET + _CORNER + 1.2
    words.append(
        _stroke(_GOLD, 0.14) + b" %.3f %.3f %.3f %.3f re S" % (edge, edge, WIDTH - 2 * edge, HEIGHT - 2 * edge)
    )
    return b"\n".join(words)


def _placed(name: str, matrix: _Matrix, x: float, y: float) -> bytes:
    return b"q %.5f %.5f %.5f %.5f %.4f %.4f cm /%s Do Q" % (*matrix, x, y, name.encode())


def _stroke(colour: _Colour, width: float) -> bytes:
    return b"%.3f %.3f %.3f RG %.2f w" % (*colour, width)


def _path(curve: _Curve, end: float, pieces: int, colour: _Colour, width: float) -> bytes:
    """A curve from 0 to ``end`` as cubic pieces that have its own tangents at their ends (Hermite form)."""
    step = end / pieces
    x, y = curve(0)
    words = [_stroke(colour, width), b"1 J %.3f %.3f m" % (x, y)]
    for number in range(pieces):
        t, u = number * step, (number + 1) * step
        (x0, y0), (dx0, dy0) = curve(t), _slope(curve, t)
        (x1, y1), (dx1, dy1) = curve(u), _slope(curve, u)
        third = step / 3
        controls = (x0 + dx0 * third, y0 + dy0 * third, x1 - dx1 * third, y1 - dy1 * third, x1, y1)
        words.append(b"%.3f %.3f %.3f %.3f %.3f %.3f c" % controls)
    return b" ".join((*words, b"S"))


def _slope(curve: _Curve, t: float) -> tuple[float, float]:
    (x0, y0), (x1, y1) = curve(t - 1e-4), curve(t + 1e-4)
    return (x1 - x0) / 2e-4, (y1 - y0) / 2e-4
