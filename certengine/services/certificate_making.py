"""Making a certificate from its reservation, and checking what was made as a stranger would see it.

Nothing is read here but the reservation and the opened keys: the same reservation gives the same bytes.
"""

from __future__ import annotations

import unicodedata

from certengine.credentials.badge import Proofs, credential_json
from certengine.credentials.codes import printed
from certengine.credentials.qr import qr_text, read_qr_text
from certengine.credentials.token import encode_token
from certengine.credentials.verdict import judge
from certengine.documents.certificate import render_certificate
from certengine.documents.fonts import default_font_cache, prepare_fonts
from certengine.documents.layout import Typesetter
from certengine.documents.pdf_reading import gather_evidence, page_text
from certengine.documents.pdf_signature import PdfSigner, sign_pdf
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import Refused
from certengine.model.credential import Credential, Presented, Standing, State, Status
from certengine.services.context import Context
from certengine.services.keys import Signers
from certengine.services.photographs import photograph_kept
from certengine.store.certificates import CertificateRecord


class CertificateMaker:
    """Makes and checks certificates; one for each process, since it holds the fonts and the opened keys."""

    def __init__(self, context: Context, signers: Signers) -> None:
        self.clock = context.clock
        self._context = context
        self.signers = signers
        self.typesetter = Typesetter(prepare_fonts(default_font_cache()))
        self.pdf_signer = PdfSigner(private_key=signers.pdf_key, chain=signers.pdf.chain)

    def make(
        self, record: CertificateRecord, templates: TemplateFolder, *, proofs: Proofs = "both"
    ) -> tuple[bytes, bytes]:
        """The signed PDF and the token of a reservation; ``proofs`` as in the badge that it embeds.

        Raises:
            Refused: when the reservation names other keys than those opened.
            InputError: when the page cannot be laid out.
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
        )
        return sign_pdf(page, self.pdf_signer, at=credential.issued_at), token

    def check(self, pdf: bytes, credential: Credential) -> None:
        """What was made must verify as a stranger would see it, and its page must say what was reserved.

        Raises:
            Refused: when anything differs; nothing is issued then.
        """
        at = max(self.clock(), credential.issued_at)
        evidence = gather_evidence(pdf, roots=self.signers.keyring.roots, at=at)
        status = Status(standing=Standing.ISSUED, known_at=at, source="register", pdf_digest=evidence.digest)
        verdict = judge(Presented(pdf=evidence), keyring=self.signers.keyring, lookup=status, at=at)
        wanted = {credential.number, credential.holder.name, printed(credential.code)}
        text = _plain(page_text(pdf))
        absent = sorted(word for word in wanted if _plain(word) not in text)
        read = [read_qr_text(one) for one in evidence.qr_texts]
        coded = any(one is not None and one.code == credential.code and one.token for one in read)
        if verdict.state is not State.VALID or absent or not coded:
            bad = [check.id for check in verdict.checks if check.outcome.value == "failed"]
            raise Refused(
                f"did not pass its own check ({verdict.state}; {', '.join([*bad, *absent]) or 'QR code'})",
                hint="see whether the template shows name, number, code and QR code; then issue again",
                code="certificate/self-check",
            )


def _plain(text: str) -> str:
    """Text without white space, in compatibility form: pages break lines where they like."""
    return "".join(unicodedata.normalize("NFKC", text).split())
