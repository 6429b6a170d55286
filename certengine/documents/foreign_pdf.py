"""A PDF from a stranger, opened within limits: what would cost a reader too much is refused before any work is done."""

from __future__ import annotations

import io

import pikepdf

from certengine.documents.qr import MAX_PIXELS
from certengine.model.text import Text

MAX_BYTES = 10 * 1024 * 1024
MAX_PAGES = 20
MAX_OBJECTS = 20_000
MAX_DECODED = 64 * 1024 * 1024
"""Most bytes that one stream may decode to, or that qpdf may use for one filter."""
MAX_ATTACHMENT = 1024 * 1024

ATTACHMENT = "credential.json"
STATEMENT_ATTACHMENT = "statement.json"
"""What a result statement embeds; a file that has it is never taken for a certificate."""


# qpdf's limits hold for the process, and are set before any thread uses it; they only ever refuse absurd files.
pikepdf.settings.set_qpdf_limits(
    doc_max_warnings=100,
    parser_max_nesting=100,
    parser_max_container_size=1_000_000,
    max_stream_filters=4,
    dct_max_memory=MAX_DECODED,
    flate_max_memory=MAX_DECODED,
    png_max_memory=MAX_DECODED,
    run_length_max_memory=MAX_DECODED,
    tiff_max_memory=MAX_DECODED,
)


class Unusable(Exception):  # it is no error of ours, but what the file is
    """A file that is not looked at further, and why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text.of(zh=zh, en=en)


NO_PDF = Text.of(zh="该文件不是可读取的 PDF", en="the file cannot be read as a PDF")


def opened(pdf: bytes) -> tuple[bytes | None, bool]:
    """The embedded credential of a file within the limits, and whether it embeds a result statement.

    Raises:
        Unusable: a limit is passed or the file is encrypted.
        Exception: it is no PDF.
    """
    if len(pdf) > MAX_BYTES:
        raise Unusable("文件超过 10 MB", "the file is larger than 10 MB")
    if not pdf.startswith(b"%PDF-"):
        raise Unusable("该文件不是 PDF", "the file is not a PDF")
    try:
        document = pikepdf.open(io.BytesIO(pdf), suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise Unusable("文件已加密", "the file is encrypted") from error
    with document:
        if document.is_encrypted:
            raise Unusable("文件已加密", "the file is encrypted")
        if len(document.pages) > MAX_PAGES:
            raise Unusable(f"文件超过 {MAX_PAGES} 页", f"the file has more than {MAX_PAGES} pages")
        _refuse_bombs(document)
        statement = any(spec.filename == STATEMENT_ATTACHMENT for spec in document.attachments.values())
        return _attached(document), statement


def _refuse_bombs(document: pikepdf.Pdf) -> None:
    """Refuse what would cost a renderer too much: too many objects, too many decoded bytes, too large a picture."""
    oversized = Unusable("文件内容过大", "the file holds too much")
    if len(document.objects) > MAX_OBJECTS:
        raise oversized
    left = MAX_DECODED
    for thing in document.objects:
        if not isinstance(thing, pikepdf.Stream):
            continue
        if int(thing.get("/Width", 0)) * int(thing.get("/Height", 0)) > MAX_PIXELS:
            raise oversized
        left -= _decoded_size(thing)
        if left < 0:
            raise oversized


def _decoded_size(stream: pikepdf.Stream) -> int:
    try:
        return len(stream.read_bytes())
    except pikepdf.PdfError as error:  # a picture's own coding, which qpdf leaves alone; damage; or a limit set above
        return MAX_DECODED + 1 if "limit" in str(error) else len(stream.read_raw_bytes())


def _attached(document: pikepdf.Pdf) -> bytes | None:
    """The one attachment named :data:`ATTACHMENT`; ``None`` when there is none, several, or too large a one."""
    named = [spec for spec in document.attachments.values() if spec.filename == ATTACHMENT]
    if len(named) != 1:
        return None
    data = named[0].get_file().read_bytes()
    return data if len(data) <= MAX_ATTACHMENT else None
