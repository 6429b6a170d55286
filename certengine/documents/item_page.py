"""One item as its author looks at it: a page by the typesetting that papers have, as PDF, PNG or HTML.

Invariants:

1. Texts, formulas, tables and figures come through the filters, faces and pictures of papers.
2. The HTML stands alone: style and pictures are inside, and it asks for no address.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import pypdfium2
from PIL import Image, ImageChops

from certengine.documents.layout import Typesetter
from certengine.documents.rich_text import RICH_TEXT_CSS, assets_in
from certengine.documents.template_folder import TemplateFolder

TEMPLATE: Final = "item.html"
_SHEET: Final = "item.css"
_DOTS_PER_INCH: Final = 150
_MARGIN: Final = 40
_MOST_PAGES: Final = 10


class ShownItem(Protocol):
    """What the page says: the fields of a preview."""

    @property
    def id(self) -> str:
        """The item's id."""
        ...


def item_pdf(
    item: ShownItem,
    languages: Sequence[str],
    templates: TemplateFolder,
    typesetter: Typesetter,
    figures: Mapping[str, bytes],
) -> bytes:
    """The item as a PDF.

    Raises:
        NotFound, InputError: what is wrong with the template, or a character that no font can show.
    """
    html = templates.render(TEMPLATE, item=item, languages=languages, css="")
    return typesetter.pdf(
        html, stylesheets=[RICH_TEXT_CSS, templates.css(_SHEET)], images=assets_in(html, figures), tagged=True
    )


def item_png(pdf: bytes) -> bytes:
    """The pages of such a PDF as one picture, without the empty paper below."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [document[number] for number in range(min(len(document), _MOST_PAGES))]
        pictures = [_trimmed(page.render(scale=_DOTS_PER_INCH / 72).to_pil().convert("RGB")) for page in pages]
    whole = Image.new("RGB", (max(one.width for one in pictures), sum(one.height for one in pictures)), "white")
    top = 0
    for one in pictures:
        whole.paste(one, (0, top))
        top += one.height
    stream = io.BytesIO()
    whole.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def item_html(
    item: ShownItem, languages: Sequence[str], templates: TemplateFolder, figures: Mapping[str, bytes]
) -> str:
    """The item as one HTML file.

    Raises:
        NotFound, InputError: what is wrong with the template.
    """
    css = RICH_TEXT_CSS + templates.css(_SHEET)
    html = templates.render(TEMPLATE, item=item, languages=languages, css=css)
    for name, content in assets_in(html, figures).items():
        html = html.replace(f'src="asset:{name}"', f'src="{_inside(content)}"')
    return html


def _inside(content: bytes) -> str:
    media = "image/png" if content.startswith(b"\x89PNG") else "image/svg+xml"
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


def _trimmed(page: Image.Image) -> Image.Image:
    drawn = ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox()
    bottom = min(page.height, drawn[3] + _MARGIN) if drawn else page.height
    return page.crop((0, 0, page.width, bottom))
