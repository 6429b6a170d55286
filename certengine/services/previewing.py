"""Previews: what a design makes of a certificate, without a register, a number or a key of the issuer.

The sheet says SPECIMEN across, and everything in it is signed by the specimen keys that everybody knows: no way leads from
here to a key of the issuer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from certengine.canonical import digest_of_bytes
from certengine.credentials.badge import credential_json
from certengine.credentials.certificate_authority import issue_pdf_signer, issue_root
from certengine.credentials.codes import code_from_entropy, printed
from certengine.credentials.keys import verification_method
from certengine.credentials.numbers import format_number
from certengine.credentials.qr import qr_text
from certengine.credentials.specimen import specimen_key, specimen_pdf_key, specimen_records
from certengine.credentials.token import encode_token
from certengine.documents.certificate import render_certificate
from certengine.documents.fonts import default_font_cache, prepare_fonts
from certengine.documents.layout import Typesetter
from certengine.documents.pdf_reading import picture_of
from certengine.documents.pdf_signature import PdfSigner, sign_pdf
from certengine.documents.photograph import prepared_photograph
from certengine.errors import UsageError
from certengine.model.credential import Credential, Holder
from certengine.services.context import Context
from certengine.services.files import write_whole
from certengine.services.finishing import certificate_design
from certengine.services.reserving import local_date, valid_until
from certengine.services.schemes import sound_scheme

_SUFFIXES = {".pdf", ".png"}
_DPI = 110
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOf:
    """What is to be seen: a scheme's certificate in a design, for a name, perhaps with a photograph."""

    scheme: str
    template: str | None = None
    name: str = "张晓明"
    name_en: str | None = "Zhang Xiaoming"
    photo: Path | None = None


class Previewer:
    """Makes previews; keep one while a design is worked on, since it holds the fonts."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._typesetter = Typesetter(prepare_fonts(default_font_cache()))

    def write(self, wanted: PreviewOf, target: Path) -> int:
        """Write the preview as PDF, or as PNG of the page; returns how many bytes.

        Raises:
            NotFound: when there is no such scheme or design.
            InputError: when the scheme or the design is wrong.
            UsageError: when the file is to be neither ``.pdf`` nor ``.png``.
        """
        if target.suffix.lower() not in _SUFFIXES:
            raise UsageError(f"`{target.name}` is neither a PDF nor a PNG", hint="end it in `.pdf` or `.png`")
        pdf = self._pdf(wanted)
        data = pdf if target.suffix.lower() == ".pdf" else picture_of(pdf, _DPI)
        write_whole(target, data)
        return len(data)

    def folder(self, wanted: PreviewOf) -> Path:
        """The folder of the design, to watch it."""
        scheme = sound_scheme(self._context, wanted.scheme)
        return certificate_design(self._context, wanted.template or scheme.certificate.template).path

    def _pdf(self, wanted: PreviewOf) -> bytes:
        context = self._context
        scheme = sound_scheme(context, wanted.scheme)
        photo = None if wanted.photo is None else prepared_photograph(wanted.photo.read_bytes(), str(wanted.photo))
        at = context.clock().astimezone(UTC)
        issued_on = local_date(context, at)
        rule = scheme.certificate
        credential = Credential(
            number=format_number(rule.number, issued_on=issued_on, level=scheme.level.code, serial=1),
            code=code_from_entropy(bytes(16)),
            issuer=context.workspace.config.issuer_noun(),
            holder=Holder(name=wanted.name, name_en=wanted.name_en),
            title=rule.title,
            occupation=rule.occupation,
            level=scheme.level.title,
            scheme=f"{scheme.id}@0",
            issued_on=issued_on,
            valid_until=valid_until(issued_on, rule.validity_months),
            issued_at=at,
            status_index=0,
            photo=None if photo is None else digest_of_bytes(photo),
        )
        key, (record, _) = specimen_key(), specimen_records()
        token = encode_token(credential, kid=record.kid, sign=key.sign)
        page = render_certificate(
            credential,
            qr_text=qr_text(credential, token),
            credential_json=credential_json(credential, verification_method=verification_method(record), sign=key.sign),
            typed_code=printed(credential.code),
            templates=certificate_design(context, wanted.template or rule.template),
            typesetter=self._typesetter,
            specimen=True,
            photo=photo,
        )
        return sign_pdf(page, _signer(credential), at=at)


def _signer(credential: Credential) -> PdfSigner:
    key, at = specimen_pdf_key(), credential.issued_at
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = issue_root(key=root_key, issuer=credential.issuer, serial_entropy=bytes(range(16)), not_before=at)
    leaf = issue_pdf_signer(
        public_key=key.public_key(),
        issuer=credential.issuer,
        root=root,
        root_key=root_key,
        serial_entropy=bytes(range(1, 17)),
        not_before=at,
        not_after=at + _DAY,
    )
    return PdfSigner(private_key=key, chain=(leaf, root))
