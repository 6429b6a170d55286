"""What the pages need to know, and nothing more: a service implements it, a test builds a small real one.

Invariants:

1. A backend only reads. It never lists certificates and never searches by name.
2. Every verdict comes from :func:`certengine.credentials.verdict.judge`; the pages judge nothing.
3. A method that fails is answered as ``unchecked``, so an implementation lets its exceptions through.
4. A backend decodes no foreign file: PDFs and pictures are read elsewhere, and it gets what was found in them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from certengine.model.credential import Keyring, PdfEvidence, Verdict


class Backend(Protocol):
    """The register as the endpoint sees it."""

    def now(self) -> datetime:
        """The instant that answers are for."""
        ...

    def ready(self) -> bool:
        """Whether certificates can be looked up and judged: the register can be read, and there is a key to judge by."""
        ...

    def keyring(self) -> Keyring:
        """The issuer's public keys."""
        ...

    def verdict_by_code(self, text: str) -> Verdict:
        """The verdict on a look-up code, judged with the signed credential on record.

        A code that is none must cost the same look-up as one that is not on record, so that neither answer nor time
        tells them apart.
        """
        ...

    def verdict_by_token(self, text: str) -> Verdict:
        """The verdict on the text of a QR code."""
        ...

    def verdict_by_pdf(self, evidence: PdfEvidence) -> Verdict:
        """The verdict on a certificate file, from what was found in it."""
        ...

    def verdict_by_document(self, data: bytes) -> Verdict:
        """The verdict on a file that is neither a PDF nor a picture: an exported credential, or a text."""
        ...

    def receipt(self, verdict: Verdict, *, target: str | None, file_digest: str | None) -> bytes | None:
        """The signed receipt of an answer given now, or ``None`` when there is no receipt key.

        Args:
            target: the code or QR text that was handed in; ``file_digest`` the digest of a file.
        """
        ...

    def status_list(self, name: str) -> bytes | None:
        """The signed status list of a name like ``revocation-1``, or ``None`` when there is none."""
        ...

    def checkpoint(self) -> str | None:
        """The signed checkpoint of the transparency log, or ``None`` while there is no log."""
        ...

    def log_tile(self, path: str) -> bytes | None:
        """A tile or a bundle of entries of the log, by its path below ``/log/``, or ``None`` when there is none."""
        ...
