"""What the pages need to know, and nothing more: a service implements it, a test builds a small real one.

Invariants:

1. A backend only reads. It never lists certificates and never searches by name.
2. Every verdict comes from :func:`certengine.credentials.verdict.judge`; the pages judge nothing.
3. A method that fails is answered as ``unchecked``, so an implementation lets its exceptions through.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from certengine.model.credential import Keyring, Verdict


class Backend(Protocol):
    """The register as the endpoint sees it."""

    def now(self) -> datetime:
        """The instant that answers are for."""
        ...

    def ready(self) -> bool:
        """Whether the register can be read."""
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

    def verdict_by_pdf(self, data: bytes) -> Verdict:
        """The verdict on a certificate file. Slow: it is called in a thread."""
        ...

    def status_list(self, name: str) -> bytes | None:
        """The signed status list of a name like ``revocation-1``, or ``None`` when there is none."""
        ...

    def checkpoint(self) -> str | None:
        """The signed checkpoint of the transparency log, or ``None`` while there is no log."""
        ...
