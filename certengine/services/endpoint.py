"""The register as the verification endpoint sees it: reading only, by the digests of codes.

Signed status lists are the files that ``key export`` wrote: the endpoint holds no private key.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from certengine.credentials.keyring import read_keyring
from certengine.credentials.verdict import unknown_verdict
from certengine.errors import CertengineError
from certengine.model.credential import Keyring, Verdict
from certengine.services.clock import utc_now
from certengine.services.context import Context, open_context
from certengine.services.keys import KEYRING, load_keyring
from certengine.services.register import register_source
from certengine.services.trust import STATUS_FOLDER
from certengine.services.verification import code_digest_of, verify_bytes, verify_text

_LIST_NAME = re.compile(r"(?:revocation|suspension)-[1-9][0-9]{0,3}")
# A code that is none is looked up too, under a digest that nothing has: neither answer nor time tells them apart.
_NOBODY = "0" * 26


class RegisterBackend:
    """A workspace's register, for :mod:`certengine.web`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._source = register_source(context)

    def now(self) -> datetime:
        """The clock."""
        return utc_now()

    def ready(self) -> bool:
        """Whether database and keyring can be read."""
        try:
            with self._context.reading() as connection:
                connection.exec_driver_sql("SELECT 1 FROM certificate LIMIT 1")
            read_keyring((self._context.workspace.keys_folder() / KEYRING).read_bytes())
        except (CertengineError, OSError, ValueError):
            return False
        return True

    def keyring(self) -> Keyring:
        """The issuer's public keys, as they are now."""
        return load_keyring(self._context)

    def verdict_by_code(self, text: str) -> Verdict:
        """The verdict on a look-up code, judged with the signed token on record."""
        at = self.now()
        if code_digest_of(text) is None:
            verify_text(_NOBODY, self._source, at=at)
            return unknown_verdict(at)
        verdict = verify_text(text, self._source, at=at)
        return unknown_verdict(at) if verdict.state.value == "unknown" else verdict

    def verdict_by_token(self, text: str) -> Verdict:
        """The verdict on the text of a QR code."""
        return verify_text(text, self._source, at=self.now())

    def verdict_by_pdf(self, data: bytes) -> Verdict:
        """The verdict on a certificate file."""
        return verify_bytes(data, self._source, at=self.now())

    def status_list(self, name: str) -> bytes | None:
        """A signed status list as last exported."""
        if not _LIST_NAME.fullmatch(name):
            return None
        try:
            return (self._context.workspace.root / STATUS_FOLDER / f"{name}.json").read_bytes()
        except OSError:
            return None

    def checkpoint(self) -> str | None:
        """There is no transparency log yet."""
        return None


def open_backend(root: Path | None, *, db: str | None = None) -> tuple[RegisterBackend, Context]:
    """The backend of a workspace.

    Raises:
        NotFound: when there is no workspace, or it has no keys.
        CannotTell, Refused: when its database cannot be used.
    """
    context = open_context(root, db=db)
    return RegisterBackend(context), context
