"""What a drawing may hold: shapes and words, and nothing that acts, refers or grows."""

from __future__ import annotations

from pathlib import Path

import pytest

from certengine.workspace.svg_drawing import MAX_DEPTH, MAX_ELEMENTS, DrawingFault, demand_plain_drawing

BANKS = Path(__file__).parents[2] / "question_banks"


def svg(inside: str, attributes: str = 'viewBox="0 0 10 10"') -> bytes:
    """A drawing with something inside."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {attributes}>{inside}</svg>'.encode()


@pytest.mark.parametrize(
    "drawing",
    [
        svg('<g stroke="#000" style="fill: none; stroke-width: 2"><path d="M0 0L1 1"/></g>'),
        svg(
            '<text x="1" y="2" font-family="Noto Sans" text-anchor="middle">断路器 &amp; <tspan font-style="italic">Q</tspan></text>'
        ),
        svg('<defs><marker id="a"><path d="M0 0"/></marker></defs><line x1="0" marker-end="url(#a)"/>'),
        svg(
            '<linearGradient id="g"><stop offset="0"/></linearGradient><rect fill="url(#g)" style="stroke: url(\'#g\')"/>'
        ),
        svg("", 'width="94mm" height="70.5mm"'),
        svg("", 'viewBox="-1 0,10.5 .5"'),
        b'<?xml version="1.0" encoding="UTF-8"?><!-- drawn by hand -->\n' + svg("<title>a</title><desc>b</desc>"),
    ],
)
def test_plain_drawings_are_let_through(drawing: bytes) -> None:
    """Shapes, words, gradients and markers of its own, with attributes or with style properties."""
    demand_plain_drawing(drawing)


@pytest.mark.parametrize("path", sorted(BANKS.glob("*/figures/*.svg")), ids=lambda path: path.name)
def test_the_drawings_of_the_sample_banks_are_let_through(path: Path) -> None:
    """What ships obeys the list."""
    demand_plain_drawing(path.read_bytes())


@pytest.mark.parametrize(
    ("drawing", "why"),
    [
        (svg("<script>alert(1)</script>"), "the element `script`"),
        (svg("<style>@import url(http://a.b)</style>"), "the element `style`"),
        (svg("<foreignObject><p>x</p></foreignObject>"), "the element `foreignObject`"),
        (svg('<image href="file:///etc/passwd"/>'), "the element `image`"),
        (svg('<use href="#a"/>'), "the element `use`"),
        (svg('<a href="http://a.b"><text>x</text></a>'), "the element `a`"),
        (svg('<animate attributeName="x"/>'), "the element `animate`"),
        (svg('<set attributeName="onload"/>'), "the element `set`"),
        (svg("<metadata/>"), "the element `metadata`"),
        (svg('<p xmlns="http://www.w3.org/1999/xhtml"/>'), "the element `{http://www.w3.org/1999/xhtml}p`"),
        (svg('<g onload="x()"/>'), "the attribute `onload`"),
        (svg('<g xlink:href="#x"/>'), "the attribute `{http://www.w3.org/1999/xlink}href`"),
        (svg('<g filter="url(#f)"/>'), "the attribute `filter`"),
        (svg('<g fill="url(http://a.b/c#d)"/>'), "the attribute `fill` refers"),
        (svg('<g fill="URL( file:///x )"/>'), "the attribute `fill` refers"),
        (svg('<g style="fill: u\\72l(http://a.b)"/>'), "the attribute `style` refers"),
        (svg('<g style="fill: url(data:image/png;base64,AA)"/>'), "the attribute `style` refers"),
        (svg('<g style="background: image-set(1)"/>'), "the attribute `style` refers"),
        (svg('<g style="fill: /**/ red"/>'), "the attribute `style` refers"),
        (svg("<g>" * MAX_DEPTH + "</g>" * MAX_DEPTH), f"it has more than {MAX_ELEMENTS} elements or {MAX_DEPTH} levels"),
        (svg("<g/>" * MAX_ELEMENTS), f"it has more than {MAX_ELEMENTS} elements or {MAX_DEPTH} levels"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("<text>&a;</text>"), "it has a document type or entities"),
        (b'<!DOCTYPE svg SYSTEM "http://a.b/c.dtd">' + svg(""), "it has a document type or entities"),
        (svg("<g>"), "it is not XML"),
        (b"", "it is not XML"),
        (b"\xff\xfe\x00", "it is not XML"),
        (b'<?xml version="1.0" encoding="no-such"?>' + svg(""), "it is not XML"),
        (b"<svg/>", "it is no SVG drawing"),
        (b"<html/>", "it is no SVG drawing"),
        (svg("", 'width="10"'), "it does not say its proportions"),
        (svg("", 'viewBox="0 0 10"'), "it does not say its proportions"),
        (svg("", 'width="100%" height="100%"'), "it does not say its proportions"),
    ],
)  # fmt: skip
def test_what_acts_refers_or_grows_is_refused(drawing: bytes, why: str) -> None:
    """The reason names the first thing that is not on the list."""
    with pytest.raises(DrawingFault) as fault:
        demand_plain_drawing(drawing)
    assert str(fault.value).startswith(why)
