"""The register as a source of trust and status: the workspace's keyring and the certificates it issued."""

from __future__ import annotations

from datetime import datetime

from certengine.credentials.keys import read_base64url
from certengine.credentials.verdict import Subject
from certengine.errors import CertengineError
from certengine.model.credential import Standing, Status
from certengine.services.context import Context
from certengine.services.keys import load_keyring
from certengine.services.verification import Entry, Source, digest_of_code
from certengine.store.certificates import CertificateState
from certengine.store.look_up import standing_by_digest

_STANDING = {
    CertificateState.ISSUED: Standing.ISSUED,
    CertificateState.SUSPENDED: Standing.SUSPENDED,
    CertificateState.REVOKED: Standing.REVOKED,
    CertificateState.SUPERSEDED: Standing.SUPERSEDED,
}


def register_source(context: Context) -> Source:
    """Trust and status from a workspace.

    Raises:
        NotFound: when it has no keys yet.
    """

    def entry_of(code: str, at: datetime) -> Entry:
        digest = digest_of_code(code)
        found = None
        if digest is not None:
            with context.reading() as connection:
                found = standing_by_digest(connection, digest.value, typed=digest.typed)
        # A number that is only reserved, or given up, was never issued: a stranger learns no more than that.
        if found is None:
            return Entry(status=Status(standing=Standing.UNKNOWN, known_at=at, source="register"))
        status = Status(
            standing=_STANDING[found.state],
            known_at=at,
            source="register",
            since=found.since,
            reason=found.reason,
            successor=found.successor,
            pdf_digest=found.pdf_digest,
        )
        return Entry(status=status, token=read_base64url(found.token) if found.token is not None else None)

    def lookup(subject: Subject) -> Status | None:
        try:
            return entry_of(subject.code or "", context.clock()).status
        except CertengineError:
            return None

    return Source(keyring=load_keyring(context), lookup=lookup, entry_of=entry_of, name="register")
