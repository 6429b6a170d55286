"""HTML to PDF, with nothing fetched from anywhere.

Invariants:

1. The only addresses that resolve are ``asset:NAME`` for bytes handed in with the call, and our own font files. Any
   other address (``file:``, ``http:``, ``data:``, relative, or an asset that was not given) is counted where it is
   asked for, and the call fails: a refused address is an error, never a silent hole in a page.
2. A picture that WeasyPrint reports as broken fails the call as well, and so does a character that no font of the
   system can show: an empty box for a name is not a name. A font of ours that cannot be loaded fails it too: another one
   in its place is another document.
3. The same input gives the same bytes, in any process and at any time: no clock, no random identifier.
4. Style sheets and fonts are read once per process; a :class:`Typesetter` is kept and used again, by one thread.
"""

from __future__ import annotations

import logging
import unicodedata
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from multiprocessing.util import Finalize
from typing import Any

from pydyf import Stream, _to_bytes
from weasyprint import CSS, HTML
from weasyprint import Attachment as _WeasyAttachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from certengine.documents.font_folder import new_font_folder, remove_font_folder
from certengine.documents.fonts import SANS, FontSet
from certengine.errors import Finding, InputError, Refused

_ASSET = "asset:"
_FONT = "certengine-font:"
_RELATIVE = "http://relative.invalid/"  # what relative addresses resolve to, so that they reach the fetcher and fail
_LOGGER = logging.getLogger("weasyprint")
# What matters of it is watched, and told as an error; the rest, on unknown CSS, is no line for whoever prints a hundred papers.
_LOGGER.propagate = False

Finisher = Callable[[Any, Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file to embed in a PDF.

    Attributes:
        at: the creation and modification time it states; given, so that the same input gives the same bytes.
        relationship: its PDF ``AFRelationship``: ``Alternative``, ``Data``, ``Source``, ``Supplement``.
    """

    name: str
    content: bytes
    at: datetime
    description: str = ""
    relationship: str = "Alternative"


class Typesetter:
    """Lays out HTML as PDF. Build one per process: it holds the fonts and the style sheets already read."""

    def __init__(self, fonts: FontSet) -> None:
        self._fetcher = _Fetcher({f"{_FONT}{number}": face.file for number, face in enumerate(fonts.faces)})
        self._fonts = _FontConfiguration()
        self._sheets: dict[str, CSS] = {}
        with self._watched({}):
            self._sheet(_font_css(fonts))

    def pdf(
        self,
        html: str,
        *,
        stylesheets: Sequence[str],
        images: Mapping[str, bytes] | None = None,
        attachments: Sequence[Attachment] = (),
        variant: str | None = None,
        tagged: bool = False,
        identifier: bytes | None = None,
        finisher: Finisher | None = None,
    ) -> bytes:
        """The PDF of one document. Title, language and author are what the HTML itself states.

        Args:
            html: the document; no address in it resolves but ``asset:NAME`` and ``#anchor``.
            stylesheets: CSS *texts*; each text is read once per process.
            images: PNG or SVG bytes by name; the HTML names one as ``src="asset:NAME"``.
            attachments: files to embed.
            variant: a PDF variant of WeasyPrint, for example ``pdf/a-3a`` or ``pdf/ua-1``; it brings its own tagging.
            tagged: write structure tags although no variant asks for them.
            identifier: the file identifier; without one a variant that needs it derives it from the content.
            finisher: called with WeasyPrint's document and pydyf's PDF just before the file is written.

        Raises:
            InputError: when the HTML or CSS asks for any address that was not handed in, a picture is broken, or no
                font can show a character.
        """
        unshown: set[int] = set()

        def finish(document: Any, pdf: Any) -> None:
            unshown.update(point for font in document.fonts.values() for point in font.missing)
            if finisher is not None:
                finisher(document, pdf)
            _compress_once(pdf)

        with self._watched(images or {}):
            sheets = [self._sheet(text) for text in stylesheets]
            document = HTML(string=html, base_url=_RELATIVE, url_fetcher=self._fetcher)
            made: bytes = document.write_pdf(
                finisher=finish,
                font_config=self._fonts,
                stylesheets=sheets,
                attachments=[_embedded(attachment) for attachment in attachments],
                pdf_variant=variant,
                pdf_tags=tagged or None,
                pdf_identifier=identifier,
            )
        _refuse_unshown(unshown)
        return made

    def unshown(self, words: Sequence[str]) -> frozenset[int]:
        """The code points among some words that no font of this system can show."""
        found: set[int] = set()

        def look(document: Any, _pdf: Any) -> None:
            found.update(point for font in document.fonts.values() for point in font.missing)

        lines = "".join(f"<p>{escape(one)}</p>" for one in words)
        with self._watched({}):
            sheet = self._sheet(f'p {{ font-family: "{SANS}", "Noto Sans CJK SC", sans-serif }}')
            page = HTML(string=lines, base_url=_RELATIVE, url_fetcher=self._fetcher)
            page.write_pdf(finisher=look, font_config=self._fonts, stylesheets=[sheet])
        return frozenset(found)

    def _sheet(self, text: str) -> CSS:
        sheet = self._sheets.get(text)
        if sheet is None:
            sheet = CSS(
                string=text,
                base_url=_RELATIVE,
                url_fetcher=self._fetcher,
                font_config=self._fonts,
            )
            if not self._fetcher.refused:  # one with a refused address is read, and refused, every time
                self._sheets[text] = sheet
        return sheet

    @contextmanager
    def _watched(self, assets: Mapping[str, bytes]) -> Iterator[None]:
        """Everything refused or reported broken while the block runs raises at its end."""
        complaints = _Complaints()
        self._fetcher.begin(assets)
        _LOGGER.addHandler(complaints)
        try:
            yield
        finally:
            _LOGGER.removeHandler(complaints)
        _raise_for(self._fetcher.refused, complaints.messages)
        if complaints.fonts:
            raise Refused(
                f"a font was not loaded: {complaints.fonts[0]}",
                hint="see whether a disk is full or failing, then run the same command again",
                code="documents/font-not-loaded",
            )


class _FontConfiguration(FontConfiguration):  # type: ignore[misc]  # WeasyPrint has no annotations
    """Copies fonts into a folder that does not outlive its processes; the engine's own does when one is killed."""

    def __init__(self) -> None:
        super().__init__()
        try:
            self._folder, held = new_font_folder()
        except OSError as error:
            raise Refused(
                f"no font was loaded: {error.strerror}",
                hint="see whether the disk of temporary files is full, then run the same command again",
                code="documents/font-not-loaded",
            ) from None
        # Unlike __del__ this runs in a process of a pool too, which ends without collecting anything.
        Finalize(self, remove_font_folder, args=(self._folder, held), exitpriority=0)

    def __del__(self) -> None:
        """Inherited: in a forked process it would remove the folder that the first one uses."""


class _Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no annotations
    """Serves what was handed in and counts every other request. It opens no file by address and no connection."""

    def __init__(self, fonts: Mapping[str, Any]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self._font_files = dict(fonts)
        self._assets: Mapping[str, bytes] = {}
        self.refused: list[str] = []

    def begin(self, assets: Mapping[str, bytes]) -> None:
        """Start a document: these assets, nothing refused yet."""
        self._assets = assets
        self.refused = []

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # inherited
        """The bytes of an asset or a font; anything else is counted and refused. No redirect can occur."""
        font = self._font_files.get(url)
        if font is not None:
            return URLFetcherResponse(url, font.read_bytes(), {"Content-Type": "font/ttf"})
        content = self._assets.get(url.removeprefix(_ASSET)) if url.startswith(_ASSET) else None
        if content is None:
            self.refused.append(url)
            raise ValueError("address refused")
        return URLFetcherResponse(url, content, {"Content-Type": _media_type(content)})

    def open(self, url: Any, data: object = None, timeout: object = None) -> URLFetcherResponse:
        """The inherited door of urllib, closed: whatever comes this way goes through :meth:`fetch`."""
        return self.fetch(url if isinstance(url, str) else url.full_url)


class _Complaints(logging.Handler):
    """Collects what WeasyPrint only logs: pictures, attachments and style sheets it left out; fonts it did not load."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.messages: list[str] = []
        self.fonts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.messages.append(record.getMessage())
        elif str(record.msg).startswith("Font-face"):
            self.fonts.append(record.getMessage())


def _raise_for(refused: Sequence[str], complaints: Sequence[str]) -> None:
    if refused:
        shown = sorted({url.removeprefix(_RELATIVE) for url in refused})
        raise InputError(
            f"the document asks for {len(refused)} addresses it may not use",
            findings=tuple(_refusal(url) for url in shown),
            hint="hand pictures in by name and write `asset:NAME`; nothing is ever fetched",
            code="documents/address-refused",
        )
    if complaints:
        findings = tuple(Finding(code="documents/broken-part", message=text) for text in complaints)
        raise InputError(
            "a part of the document cannot be laid out",
            findings=findings,
            code="documents/broken-part",
        )


def _compress_once(pdf: Any) -> None:
    """Compress what is to be compressed now: the writer would do it twice, once for the digest that names the revision.

    The bytes are those the writer would make.
    """
    for one in pdf.objects:
        if isinstance(one, Stream) and one.compress:
            one.stream = [_deflated(b"\n".join(_to_bytes(part) for part in one.stream))]
            one.extra["Filter"] = "/FlateDecode"
            one.compress = False


@lru_cache(maxsize=64)
def _deflated(content: bytes) -> bytes:
    """Fonts, frames and profiles come again in every document of a batch; nothing large is kept for long."""
    return zlib.compress(content, 9)


def _refuse_unshown(points: set[int]) -> None:
    if points:
        shown = ", ".join(f"U+{point:04X}" for point in sorted(points))
        raise InputError(
            f"no font of this system can show the characters {shown}",
            hint=f"{fonts_for(points)}correct the text",
            code="documents/no-glyph",
        )


def fonts_for(points: Collection[int]) -> str:
    """How to get fonts with these characters: rare Chinese ones, other scripts, or both; private ones are in no font."""
    named = {point: unicodedata.name(chr(point), "") for point in points}
    wanted = {"fonts-hanazono" if name.startswith("CJK") else "fonts-noto-core" for name in named.values() if name}
    return f"`apt-get install {' '.join(sorted(wanted))}`, or " if wanted else ""


def _refusal(url: str) -> Finding:
    return Finding(code="documents/address-refused", message=f"address `{url[:200]}` is refused")


def _embedded(attachment: Attachment) -> _WeasyAttachment:
    return _WeasyAttachment(
        string=attachment.content,
        name=attachment.name,
        description=attachment.description,
        created=attachment.at,
        modified=attachment.at,
        relationship=attachment.relationship,
    )


def _media_type(content: bytes) -> str:
    if content.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "image/png" if content.startswith(b"\x89PNG") else "image/svg+xml"


def _font_css(fonts: FontSet) -> str:
    rule = '@font-face {{ font-family: "{0.family}"; font-weight: {0.weight}; src: url({1}{2}); }}'
    return "\n".join(rule.format(face, _FONT, number) for number, face in enumerate(fonts.faces))
