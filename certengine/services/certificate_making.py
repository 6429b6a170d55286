"""Making a certificate from its reservation, and checking what was made as a stranger would see it.

Nothing is read here but the reservation and the opened keys: the same reservation gives the same bytes. A time stamp is
the exception: it comes from elsewhere, so it is kept with the issue, and put in again when the file is made again.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from certengine.canonical import Json
from certengine.credentials.badge import Proofs, credential_json
from certengine.credentials.codes import printed
from certengine.credentials.keys import base64url, read_base64url
from certengine.credentials.qr import qr_text, read_qr_text
from certengine.credentials.token import encode_token
from certengine.credentials.verdict import judge
from certengine.documents.certificate import NameSetting, RareLetters, render_certificate
from certengine.documents.fonts import default_font_cache, prepare_fonts
from certengine.documents.layout import Typesetter
from certengine.documents.pdf_reading import gather_evidence, seen_on_page
from certengine.documents.pdf_signature import PdfSigner, sign_pdf
from certengine.documents.second_reader import text_by_poppler
from certengine.documents.signature_container import Kept, kept_of
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import Refused
from certengine.model.credential import Credential, Outcome, Presented, StampState, Standing, State, Status
from certengine.services.context import Context
from certengine.services.keys import Signers
from certengine.services.photographs import photograph_kept
from certengine.services.time_stamping import time_stamper
from certengine.services.token_keys import TokenKey
from certengine.store.certificates import CertificateRecord

_DIRECTIONS = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_HYPHENS = dict.fromkeys((0x2D, 0xAD, 0x2010, 0x2011, 0xFFFE))
_SIGNATURE, _STAMP = "signature", "time_stamp"


class CertificateMaker:
    """Makes and checks certificates; one for each process, since it holds the fonts and the opened keys."""

    def __init__(self, context: Context, signers: Signers) -> None:
        self.clock = context.clock
        self._context = context
        self.signers = signers
        fonts = prepare_fonts(default_font_cache())
        self.typesetter = Typesetter(fonts)
        self._prepared = fonts.characters
        self._read_twice: set[str] = set()
        self.pdf_signer = PdfSigner(private_key=signers.pdf_key, chain=signers.pdf.chain)
        self._stamper = time_stamper(context)

    def make(
        self,
        record: CertificateRecord,
        templates: TemplateFolder,
        *,
        proofs: Proofs = "both",
        rare: RareLetters = "truetype",
        names: NameSetting = "by-script",
        again: bool = False,
    ) -> tuple[bytes, bytes]:
        """The signed PDF and the token of a reservation.

        Args:
            proofs: as in the badge that it embeds.
            rare, names: as on the page.
            again: of a certificate that was issued: what cannot be made twice is what was kept then, and nobody is asked
                for a time stamp.

        Raises:
            Refused: when the reservation names other keys than those opened.
            InputError: when the page cannot be laid out.
            CannotTell: when the time-stamping authority gives no stamp.
        """
        if (record.pdf_key, record.cred_key) != (self.signers.pdf.kid, self.signers.cred.kid):
            raise Refused(
                "was reserved for keys that are retired since",
                hint="give its number up with `certengine cert void` and issue again",
                code="certificate/other-keys",
            )
        credential = record.credential
        token = encode_token(credential, kid=self.signers.cred.kid, sign=self.signers.sign)
        embedded = credential_json(
            credential, verification_method=self.signers.method, sign=self.signers.sign, proofs=proofs
        )
        page = render_certificate(
            credential,
            qr_text=qr_text(credential, token),
            credential_json=embedded,
            typed_code=printed(credential.code),
            templates=templates,
            typesetter=self.typesetter,
            photo=None
            if credential.photo is None
            else photograph_kept(self._context, record.candidate, credential.photo),
            rare=rare,
            names=names,
        )
        stamper, kept = (None, _kept(record)) if again else (self._stamper, None)
        return sign_pdf(page, self.pdf_signer, at=credential.issued_at, stamp=stamper, kept=kept), token

    def only_once(self, pdf: bytes) -> dict[str, Json]:
        """What of a file made just now could not be made again, to be kept in the register; mostly nothing."""
        if self._stamper is None and not isinstance(self.signers.pdf_key, TokenKey):
            return {}
        kept = kept_of(pdf)
        stamp = {} if kept.time_stamp is None else {_STAMP: base64url(kept.time_stamp)}
        return {_SIGNATURE: base64url(kept.signature), **stamp}

    def check(self, pdf: bytes, credential: Credential, design: str = "") -> None:
        """What was made must verify as a stranger would see it, and its page must say what was reserved.

        Token, embedded credential and register entry are compared by the verdict; the QR code is read back from what is
        drawn. The page's text is read by PDFium and, where it is installed, by Poppler too: of the first certificate of each
        design in this process, and of every name with a rare character, since only those are set in other fonts.

        Raises:
            Refused: when anything differs; nothing is issued then.
        """
        at = max(self.clock(), credential.issued_at)
        text, qr_texts = seen_on_page(pdf)
        keyring = self.signers.keyring
        evidence = gather_evidence(pdf, roots=keyring.roots, stamp_roots=keyring.stamp_roots, at=at, read_qr=False)
        evidence = replace(evidence, qr_texts=qr_texts)
        status = Status(standing=Standing.ISSUED, known_at=at, source="register", pdf_digest=evidence.digest)
        verdict = judge(Presented(pdf=evidence), keyring=keyring, lookup=status, at=at)
        wanted = {credential.number, printed(credential.code)}
        name = credential.holder.name
        second = text_by_poppler(pdf) if self._is_to_be_read_twice(credential, design) else None
        texts = [_plain(one) for one in (text, second) if one is not None]
        absent = sorted(word for word in wanted if any(_plain(word) not in one for one in texts))
        absent += [name] if any(_unbroken(_plain(name)) not in _unbroken(one) for one in texts) else []
        read = [read_qr_text(one) for one in evidence.qr_texts]
        coded = any(one is not None and one.code == credential.code and one.token for one in read)
        stamped = evidence.time_stamp is not None and evidence.time_stamp.state is StampState.TRUSTED
        if verdict.state is not State.VALID or absent or not coded or stamped != (self._stamper is not None):
            bad = [check.id for check in verdict.checks if check.outcome is not Outcome.PASSED]
            raise Refused(
                f"did not pass its own check ({verdict.state}; {', '.join([*bad, *absent]) or 'QR code'})",
                hint="see whether the template shows name, number, code and QR code; then issue again",
                code="certificate/self-check",
            )

    def _is_to_be_read_twice(self, credential: Credential, design: str) -> bool:
        first = design not in self._read_twice
        self._read_twice.add(design)
        return first or not {ord(char) for char in credential.holder.name} <= self._prepared


def _kept(record: CertificateRecord) -> Kept | None:
    details = record.issue_details
    signature, stamp = details.get(_SIGNATURE), details.get(_STAMP)
    if not isinstance(signature, str):
        return None
    return Kept(
        signature=read_base64url(signature), time_stamp=read_base64url(stamp) if isinstance(stamp, str) else None
    )


def _plain(text: str) -> str:
    """Text without white space and marks of direction, in compatibility form: lines break anywhere, and readers add marks."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_DIRECTIONS).split())


def _unbroken(text: str) -> str:
    """Text without hyphens: where a line ends with one, readers take it for a division and leave it out."""
    return text.translate(_HYPHENS)
