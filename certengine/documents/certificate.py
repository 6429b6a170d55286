"""The certificate as a PDF: one A4 sheet in Chinese and English, unsigned.

Invariants:

1. The same credential, code text and template give the same bytes: dates come from the credential, the file identifier
   from its content, and nothing asks a clock or a source of chance.
2. The file is PDF/A-3a and PDF/UA-1, and carries the credential itself as ``credential.json``.
3. A sample issuer's certificate says so in both languages; a specimen says so across the sheet. No emblem and no
   imitation of a seal is ever drawn.
4. The QR code is printed 36 mm wide with its quiet zone on white, and what it leads to is printed in words beside it.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
from typing import Any, Literal

from certengine.canonical import instant_text
from certengine.documents.foreign_pdf import ATTACHMENT
from certengine.documents.guilloche import add_frame
from certengine.documents.joined_letters import say_pairs_as_one
from certengine.documents.layout import Attachment, Finisher, Typesetter
from certengine.documents.lettering import wants_narrow_quotes
from certengine.documents.pdf_conformance import also_pdf_ua
from certengine.documents.qr import qr_png
from certengine.documents.rare_letters import embed_as_truetype
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import InputError
from certengine.model.credential import Credential

_NAME_WIDTH = 172.0
"""Millimetres a holder's name may take on its line."""
_NAME_POINTS = (40, 20)
"""Largest and smallest size of a holder's name."""
MAX_HTML = 200_000
"""Characters of a certificate's HTML, of which the designs here have about 3,000: more would be laid out for minutes."""
_MM_A_POINT = 25.4 / 72
_FEW_CHARACTERS = 4

RareLetters = Literal["truetype", "opentype"]
"""How letters outside our cut of the faces are embedded: small, or as the first certificates had them."""

NameSetting = Literal["by-script", "alike"]
"""How a name is set: as its script asks for, or every one alike, as the first certificates had it."""

_FRAMED = 'data-frame="guilloche"'
"""What a template's ``body`` says to have the engraved frame drawn; text from outside cannot: quotes are escaped."""


def render_certificate(
    credential: Credential,
    *,
    qr_text: str,
    credential_json: bytes,
    typed_code: str,
    templates: TemplateFolder,
    typesetter: Typesetter,
    specimen: bool = False,
    photo: bytes | None = None,
    rare: RareLetters = "truetype",
    names: NameSetting = "by-script",
) -> bytes:
    """The unsigned certificate.

    Args:
        credential: what the certificate says.
        qr_text: the address, with or without a signed token, that the QR code holds.
        credential_json: the exported credential, embedded as :data:`~certengine.documents.pdf_reading.ATTACHMENT`.
        typed_code: the look-up code as people type it, in groups.
        templates: the folder with ``certificate.html`` and ``certificate.css``.
        typesetter: this process's own.
        specimen: print "SPECIMEN 样张" across the sheet; never signed with a production key.
        photo: the photograph that the credential names by its digest, for designs that show one.
        rare, names: the form of rare letters and of names; another than today's only to make a file again that was issued
            with it.

    Raises:
        NotFound: the template folder has no certificate.
        InputError: the template is wrong, or the QR text is too long.
    """
    html = templates.render(
        "certificate.html",
        credential=credential,
        typed_code=typed_code,
        specimen=specimen,
        at=instant_text(credential.issued_at),
        name_points=_name_points(credential.holder.name),
        apart=_is_set_apart(credential.holder.name),
        narrow=names == "by-script" and wants_narrow_quotes(credential.holder.name),
        leftward=names == "by-script" and _runs_leftward(credential.holder.name),
    )
    if len(html) > MAX_HTML:
        raise InputError(
            f"the page has {len(html):,} characters of HTML; a certificate is one sheet, {MAX_HTML:,} are plenty",
            hint="look for a loop in `certificate.html`",
            code="documents/certificate-overflow",
        )
    return typesetter.pdf(
        html,
        stylesheets=(templates.css("certificate.css"),),
        images={"qr": qr_png(qr_text)} | ({} if photo is None else {"photo": photo}),
        attachments=(
            Attachment(
                name=ATTACHMENT,
                content=credential_json,
                at=credential.issued_at,
                description="the same certificate as signed data",
                relationship="Alternative",
            ),
        ),
        variant="pdf/a-3a",
        identifier=_identifier(html, qr_text, credential_json),
        finisher=_finisher(framed=_FRAMED in html, rare=rare),
    )


def _finisher(*, framed: bool, rare: RareLetters) -> Finisher:
    def finish(document: Any, pdf: Any) -> None:  # WeasyPrint and pydyf have no annotations
        if pdf.pages["Count"] != 1:
            raise InputError(
                f"the certificate takes {pdf.pages['Count']} sheets instead of one",
                hint="shorten the title, the name or the template's text",
                code="documents/certificate-overflow",
            )
        also_pdf_ua(document, pdf)
        say_pairs_as_one(pdf)
        if rare == "truetype":
            embed_as_truetype(document, pdf)
        if framed:
            add_frame(pdf)

    return finish


def _identifier(html: str, qr_text: str, credential_json: bytes) -> bytes:
    """16 bytes that name this content (ISO 32000-1 14.4)."""
    parts = (html.encode(), qr_text.encode(), credential_json)
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()[:16]


def _is_set_apart(name: str) -> bool:
    """Whether the characters of a name are spaced out: Chinese names of up to four. Letters that join would be torn."""
    return len(name) <= _FEW_CHARACTERS and all(unicodedata.east_asian_width(char) in "WF" for char in name)


def _runs_leftward(name: str) -> bool:
    """Whether a name has letters of Arabic, Hebrew and their kin: our faces have none, and another's bold is too heavy."""
    return any(unicodedata.bidirectional(char) in {"R", "AL"} for char in name)


def _name_points(name: str) -> int:
    """The size at which a name fills its line at most, between the limits; longer names break."""
    ems = sum(1.0 if unicodedata.east_asian_width(char) in "WFA" else 0.56 for char in name)
    # Chinese names of two to four characters are set apart by a quarter of their size.
    fitting = _NAME_WIDTH / _MM_A_POINT / max(ems * 1.15, 1)
    largest, smallest = _NAME_POINTS
    return max(smallest, min(largest, math.floor(fitting)))
