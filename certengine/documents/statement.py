"""A result statement as a PDF: upright A4 in Chinese and English, with scores, unsigned.

Invariants:

1. The same statement and template give the same bytes: days come from the decision, the file identifier from the content.
2. The file is PDF/A-3a and PDF/UA-1 and carries the statement itself as ``statement.json``; by that name the verifier
   knows it for what it is, whatever else the file holds.
3. It never looks like a certificate: upright, sans serif, no frame, no code, no seal; and it says in both languages that
   it is none.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from certengine.canonical import canonical_bytes, instant_text
from certengine.documents.foreign_pdf import STATEMENT_ATTACHMENT
from certengine.documents.layout import Attachment, Finisher, Typesetter
from certengine.documents.lettering import wants_narrow_quotes
from certengine.documents.pdf_conformance import also_pdf_ua
from certengine.documents.rare_letters import embed_as_truetype
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import InputError
from certengine.model.statement import Statement

_HUNDRED = Decimal(100)
_LONG_NAME = 20
_SIZES = ("", "snug", "tight")
"""Classes of the page, from large to small: the first that fits one sheet is taken."""
_TENTH = Decimal("0.1")


def render_statement(statement: Statement, *, templates: TemplateFolder, typesetter: Typesetter) -> bytes:
    """The unsigned statement.

    Raises:
        NotFound: the template folder has no statement.
        InputError: the template is wrong, or a character cannot be shown.
    """
    for size in _SIZES:
        try:
            return _page(statement, templates, typesetter, size)
        except _Overflow:
            continue
    return _page(statement, templates, typesetter, _SIZES[-1], sheets=None)


class _Overflow(InputError):
    """The page became two."""

    default_code = "documents/statement-overflow"


def _page(
    statement: Statement,
    templates: TemplateFolder,
    typesetter: Typesetter,
    size: str,
    *,
    sheets: int | None = 1,
) -> bytes:
    at = datetime.combine(statement.approved_on, time(), UTC)
    data = canonical_bytes(statement)
    html = templates.render(
        "statement.html",
        statement=statement,
        at=instant_text(at),
        narrow=wants_narrow_quotes(statement.holder.name),
        long_name=len(statement.holder.name) > _LONG_NAME,
        bars=[(_share(part.score, part.full), _share(part.cut, part.full)) for part in statement.parts],
        size=size,
    )
    attached = Attachment(
        name=STATEMENT_ATTACHMENT,
        content=data,
        at=at,
        description="the same statement as data",
        relationship="Source",
    )
    return typesetter.pdf(
        html,
        stylesheets=(templates.css("statement.css"),),
        attachments=(attached,),
        variant="pdf/a-3a",
        identifier=hashlib.sha256(html.encode() + b"\0" + data).digest()[:16],
        finisher=_finisher(sheets),
    )


def _finisher(sheets: int | None) -> Finisher:
    """So many sheets at most; without a number as many as it takes."""

    def finish(document: Any, pdf: Any) -> None:  # WeasyPrint and pydyf have no annotations
        if sheets is not None and pdf.pages["Count"] > sheets:
            raise _Overflow("the statement takes more than one sheet", hint="it is set smaller")
        also_pdf_ua(document, pdf)
        embed_as_truetype(document, pdf)

    return finish


def _share(marks: Decimal | None, full: Decimal) -> str | None:
    """Marks as a share of the full ones in percent, for the length of a bar; within 0 and 100."""
    if marks is None:
        return None
    return str(min(max(_HUNDRED * marks / full, Decimal(0)), _HUNDRED).quantize(_TENTH))
