"""What a PDF handed in shows of itself: gathered here, judged elsewhere.

Invariants:

1. Nothing raises on bad input. What cannot be opened within the limits is ``readable=False``; what cannot be checked is
   not ``intact``, not ``whole`` or not ``trusted``, with the reason in ``problem``.
2. The signature is checked over the bytes of the file before any reader interprets them, so that the answer does not
   depend on how a reader resolves a contradictory file. Only a file that passes is shown to a second verifier, and both
   must agree.
3. Whole means: one signature; its two ranges cover everything but the container string; the container string is the
   container, in capitals, and zeros; and the container equals the one rebuilt from the digest of the file, its
   certificates, its signature value and its time stamp. What is rebuilt, what the signature covers, what the signed
   digest of the signing certificate covers and what equals a certificate on the path to a given root leave no byte over:
   a file that differs in any single byte is not intact, or not whole, or not trusted. A time stamp is the exception: it
   stands outside of the signature and is judged for itself, so what differs in it makes a stamp that is worth nothing, or,
   in the few bytes that its authority's own signature leaves free, one that says the same.
4. Trust comes from the given roots only; no system store, no fetching. The path is checked at the stated signing time,
   so that retired keys stay verifiable; whether the key's window allows that time is judged elsewhere.
5. Sizes are bounded before work is done: bytes, pages, objects, nesting, decoded bytes, pixels.
6. What was appended to archive a file (:mod:`certengine.documents.archive_revision`) is told from the file as it was
   issued by its bytes, and everything above is said of the latter: whatever follows it is never opened, drawn or read.

The procedure of :func:`gather_evidence`: (0) archive revisions apart, (1) limits, (2) signature over bytes, (3) second
verifier, (4) attachment, (5) QR codes. The numbers return in the code.
"""

from __future__ import annotations

import hashlib
import io
import logging
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pikepdf
import pypdfium2
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from certengine.canonical import digest_of_bytes
from certengine.documents.archive_revision import Archived, split_archive
from certengine.documents.foreign_pdf import MAX_BYTES, NO_PDF, STATEMENT_ATTACHMENT, Unusable, opened
from certengine.documents.qr import texts_in
from certengine.documents.signature_container import ByteSignature, read_signature, reencoded
from certengine.documents.time_stamps import loaded_roots, outcome, read_stamp
from certengine.errors import CannotTell, InputError
from certengine.model.credential import PdfEvidence, StampState, TimeStamp
from certengine.model.text import Text

MAX_PAGE_PIXELS = 12_000_000
MAX_TEXT = 200_000
"""Longest page text that is given back, in characters."""

_READING_DPI = (160, 300)
"""Resolutions at which a page is drawn to find its codes; the second only if the first shows none."""
_POINTS_PER_INCH = 72
_AROUND = 2.0
"""Points around a picture that are drawn with it."""
_KEY_USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)

_PDFIUM = threading.Lock()
"""PDFium is not safe for threads (its own documentation); the endpoint has several."""

# What it has to say about foreign files is in our evidence; without a handler its tracebacks would reach the terminal.
for _name in ("pikepdf", "pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def gather_evidence(
    pdf: bytes, *, roots: Sequence[str], at: datetime, stamp_roots: Sequence[str] = (), read_qr: bool = True
) -> PdfEvidence:
    """What a PDF shows of itself; never raises on bad input.

    Raises:
        CannotTell: when this machine has no memory or open files left to check a file that is whole so far.

    Args:
        pdf: the file as handed in.
        roots: the only certificates (PEM) that are trusted; none means that nothing is.
        at: the instant of the check; the certificates are checked at it when the signature states no time.
        stamp_roots: the only certificates (PEM) that time stamps are trusted by.
        read_qr: also render the first page and read its QR codes.
    """
    issued, revisions = split_archive(pdf) if len(pdf) <= MAX_BYTES else (pdf, ())  # (0)
    evidence = PdfEvidence(digest=digest_of_bytes(issued))
    try:
        credential, statement = opened(issued)  # (1), (4)
    except Unusable as error:
        return replace(evidence, problem=error.text)
    except Exception:  # noqa: BLE001 # qpdf and its binding raise many classes on damaged files
        return replace(evidence, problem=NO_PDF)
    evidence = replace(evidence, readable=True, credential=credential, statement=statement)
    trust = _Trust(roots=roots, stamp_roots=stamp_roots, at=at)
    archive, seen_at = _archive_stamps(revisions, trust)
    evidence = _with_signature(replace(evidence, archive=archive), issued, replace(trust, seen_at=seen_at))  # (2), (3)
    if revisions and evidence.whole and not _only_archives(archive, pdf):
        evidence = replace(
            evidence, whole=False, problem=Text.of(zh="归档内容不成立", en="what was appended is no archive")
        )
    if read_qr:
        evidence = replace(evidence, qr_texts=_qr_texts(issued))  # (5)
    return evidence


def statement_in(pdf: bytes) -> bytes | None:
    """The data of the result statement that a file of our own making embeds, or ``None``."""
    try:
        with pikepdf.open(io.BytesIO(pdf), suppress_warnings=True) as document:
            named = [one for one in document.attachments.values() if one.filename == STATEMENT_ATTACHMENT]
            return named[0].get_file().read_bytes() if len(named) == 1 else None
    except pikepdf.PdfError:
        return None


def page_text(pdf: bytes) -> str:
    """The text of the first page as a reader would copy it, :data:`MAX_TEXT` characters at most.

    Raises:
        InputError: the file cannot be opened as a PDF.
    """
    try:
        with _PDFIUM:
            document = pypdfium2.PdfDocument(pdf)
            try:
                text = document[0].get_textpage()
                return str(text.get_text_range(0, min(text.count_chars(), MAX_TEXT)))
            finally:
                document.close()
    except Exception as error:  # PDFium's binding raises several classes
        raise InputError("the file cannot be read as a PDF", code="pdf") from error


def picture_of(pdf: bytes, dpi: int) -> bytes:
    """The first page of a file of our own as PNG, in colour."""
    with _PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            out = io.BytesIO()
            document[0].render(scale=dpi / _POINTS_PER_INCH).to_pil().save(out, "PNG")
            return out.getvalue()
        finally:
            document.close()


def seen_on_page(pdf: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of the first page, and the QR codes that its pictures show when they are drawn.

    For a file of our own, whose codes are pictures: only where a picture stands is drawn, which takes a third of the time
    that the whole page with its engraved frame does. Where that shows no code (a design may have put it into a group), all
    is drawn.

    Raises:
        InputError: the file cannot be opened as a PDF.
    """
    try:
        with _PDFIUM:
            document = pypdfium2.PdfDocument(pdf)
            try:
                page = document[0]
                text = page.get_textpage()
                words = str(text.get_text_range(0, min(text.count_chars(), MAX_TEXT)))
                codes = tuple(code for part in _pictures_drawn(page) for code in texts_in(part))
            finally:
                document.close()
    except Exception as error:  # PDFium's binding raises several classes
        raise InputError("the file cannot be read as a PDF", code="pdf") from error
    return words, codes or _qr_texts(pdf)


def _pictures_drawn(page: Any) -> Iterator[Image.Image]:
    """Each picture of a page with a little around it, in grey, as it is drawn."""
    width, height = page.get_size()
    for thing in _pictures_of(page):
        left, bottom, right, top = thing.get_bounds()
        edges = (left, bottom, width - right, height - top)
        crop = tuple(max(edge - _AROUND, 0) for edge in edges)
        yield page.render(scale=_READING_DPI[0] / _POINTS_PER_INCH, grayscale=True, crop=crop).to_pil()


def _pictures_of(page: Any) -> Iterator[pypdfium2.PdfObject]:
    """The pictures that stand on a page itself. Only these are made objects, of thousands of lines of an engraved frame."""
    raw = pypdfium2.raw
    for number in range(raw.FPDFPage_CountObjects(page)):
        found = raw.FPDFPage_GetObject(page, number)
        if raw.FPDFPageObj_GetType(found) == raw.FPDF_PAGEOBJ_IMAGE:
            yield pypdfium2.PdfObject(found, page=page)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trust:
    """What is trusted, and when it is asked."""

    roots: Sequence[str]
    stamp_roots: Sequence[str]
    at: datetime
    seen_at: datetime | None = None
    """When the signature's stamp was last vouched for; ``at`` unless an archive stamp covers it."""


def _with_signature(evidence: PdfEvidence, pdf: bytes, trust: _Trust) -> PdfEvidence:
    count = pdf.count(b"/ByteRange")
    if count != 1:
        several = Text.of(zh="文件含有多个签名", en="the file has more than one signature")
        none = Text.of(zh="文件没有签名", en="the file has no signature")
        return replace(evidence, problem=several if count else none)
    evidence = replace(evidence, signed=True)
    try:
        signature = read_signature(pdf)
        evidence = replace(evidence, signer_kid=signature.kid, intact=signature.intact, whole=signature.exact)
    except Exception:  # noqa: BLE001 # the decoders of ASN.1 and of keys raise many classes on damaged bytes
        return replace(evidence, problem=Text.of(zh="签名数据已损坏", en="the signature itself is damaged"))
    if not signature.intact:
        return replace(evidence, problem=Text.of(zh="文件内容与签名不符", en="the content is not what was signed"))
    if not signature.exact:
        return replace(evidence, problem=Text.of(zh="签名之外另有数据", en="the file holds more than what was signed"))
    try:
        return _confirmed(_with_stamp(evidence, signature, trust), signature, trust)
    except (OSError, MemoryError) as error:
        # By the first check every byte is as it was signed: what failed is this machine, and that makes no forgery.
        raise CannotTell(
            f"the signature could not be checked a second time: {error}", hint="free memory or files, then check again"
        ) from error
    except Exception:  # noqa: BLE001 # damaged files raise KeyError, AttributeError, zlib.error and more out of PDF readers
        problem = Text.of(zh="签名未能通过复核", en="the signature could not be confirmed by a second check")
        return replace(evidence, intact=False, whole=False, problem=problem)


def _with_stamp(evidence: PdfEvidence, signature: ByteSignature, trust: _Trust) -> PdfEvidence:
    if signature.time_stamp is None:
        return evidence
    digest = hashlib.sha256(signature.value).digest()
    seen_at = trust.seen_at or trust.at
    return replace(evidence, time_stamp=read_stamp(signature.time_stamp, digest, roots=trust.stamp_roots, at=seen_at))


def _archive_stamps(revisions: Sequence[Archived], trust: _Trust) -> tuple[tuple[TimeStamp, ...], datetime]:
    """What the archive stamps are worth, oldest first, and when the oldest trusted one vouched for what it covers.

    Each vouches for those before it at its own time; the last must hold now.
    """
    found: list[TimeStamp] = []
    seen_at = trust.at
    for one in reversed(revisions):
        stamp = read_stamp(one.token, one.covered, roots=trust.stamp_roots, at=seen_at)
        found.insert(0, stamp)
        if stamp.state is StampState.TRUSTED and stamp.at is not None:
            seen_at = stamp.at
    return tuple(found), seen_at


def _only_archives(stamps: Sequence[TimeStamp], pdf: bytes) -> bool:
    """Whether each stamp is one, and a second program too finds nothing but an archive in what was appended."""
    if any(stamp.state is StampState.BROKEN for stamp in stamps):
        return False
    try:
        signature = PdfFileReader(io.BytesIO(pdf), strict=True).embedded_signatures[0]
        signature.compute_integrity_info()
        found = signature.summarise_integrity_info()
        level = found["diff_result"].modification_level
    except Exception:  # noqa: BLE001 # PDF readers raise KeyError, AttributeError and more on damaged files
        return False
    return bool(found["docmdp_ok"]) and level is ModificationLevel.LTA_UPDATES


def _confirmed(evidence: PdfEvidence, signature: ByteSignature, trust: _Trust) -> PdfEvidence:
    """The evidence after a second verifier has judged the signature and the path to the given roots.

    It is shown the file without its time stamp, so that a stamp of whatever kind cannot disturb what it says.

    Raises:
        Exception: it could not.
    """
    embedded = PdfFileReader(io.BytesIO(signature.without_stamp), strict=True).embedded_signatures
    if len(embedded) != 1:
        raise ValueError("readers do not see exactly one signature")
    stated = embedded[0].self_reported_timestamp
    signed_at = stated.astimezone(UTC) if stated is not None and stated.tzinfo is not None else None
    anchors = loaded_roots(trust.roots)
    context = ValidationContext(
        trust_roots=anchors,  # an empty list trusts nothing; only `None` would ask the system
        other_certs=list(signature.certificates[1:]),
        moment=signed_at or trust.at,
        allow_fetching=False,
    )
    status = outcome(
        async_validate_pdf_signature(
            embedded[0], signer_validation_context=context, key_usage_settings=_KEY_USAGE, ts_validation_context=context
        )
    )
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE and status.docmdp_ok is True
    intact = bool(status.intact and status.valid)
    trusted = bool(anchors) and intact and status.trusted and _may_sign(signature) and _all_on_path(signature, status)
    problem = None
    if not (whole and intact):
        problem = Text.of(zh="签名未能通过复核", en="the signature could not be confirmed by a second check")
    elif not trusted:
        problem = Text.of(zh="签名者不是本机构", en="the signer is not one of the issuer's")
    return replace(evidence, whole=whole, intact=intact, trusted=trusted, signed_at=signed_at, problem=problem)


def _may_sign(signature: ByteSignature) -> bool:
    """Whether the signing certificate is one for documents; the second verifier lets a root itself pass unasked."""
    leaf = signature.certificates[0]
    usage = leaf.key_usage_value.native if leaf.key_usage_value is not None else set()
    return not leaf.ca and bool(usage & {"digital_signature", "non_repudiation"})


def _all_on_path(signature: ByteSignature, status: PdfSignatureStatus) -> bool:
    """Whether each certificate carried is, byte for byte, one of those that lead to the root, in its one encoding."""
    if status.validation_path is None:
        return False
    on_path = {certificate.dump() for certificate in status.validation_path.iter_certs(include_root=True)}
    return all(
        certificate.dump() in on_path and reencoded(certificate) == certificate.dump()
        for certificate in signature.certificates
    )


def _qr_texts(pdf: bytes) -> tuple[str, ...]:
    """The QR codes a person sees on the first page; empty when it cannot be drawn."""
    try:
        for dpi in _READING_DPI:
            found = texts_in(_first_page(pdf, dpi))
            if found:
                return found
    except Exception:  # noqa: BLE001 # PDFium's binding raises several classes; what cannot be drawn shows no code
        return ()
    return ()


def _first_page(pdf: bytes, dpi: int) -> Image.Image:
    """The first page in grey, at that resolution or what :data:`MAX_PAGE_PIXELS` allows."""
    with _PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            page = document[0]
            width, height = page.get_size()
            largest = math.sqrt(MAX_PAGE_PIXELS / max(width * height, 1))
            picture: Image.Image = page.render(scale=min(dpi / _POINTS_PER_INCH, largest), grayscale=True).to_pil()
            return picture
        finally:
            document.close()
