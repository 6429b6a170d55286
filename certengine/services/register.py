"""The register as a source of trust and status: the workspace's keyring and the certificates it issued."""

from __future__ import annotations

from certengine.credentials.verdict import Subject
from certengine.errors import CertengineError
from certengine.model.credential import Standing, Status
from certengine.services.context import Context
from certengine.services.keys import load_keyring
from certengine.services.verification import Source, code_digest_of, stored_token
from certengine.store import certificates as store
from certengine.store.certificates import CertificateRecord, CertificateState

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

    def record_of(code: str | None) -> CertificateRecord | None:
        digest = code_digest_of(code) if code is not None else None
        if digest is None:
            return None
        with context.reading() as connection:
            return store.certificate_by_code_digest(connection, digest)

    def lookup(subject: Subject) -> Status | None:
        try:
            record = record_of(subject.code)
        except CertengineError:
            return None
        at = context.clock()
        # A number that is only reserved, or given up, was never issued: a stranger learns no more than that.
        if record is None or record.state not in _STANDING:
            return Status(standing=Standing.UNKNOWN, known_at=at, source="register")
        last = record.events[-1]
        changed = last.kind != "issued"
        return Status(
            standing=_STANDING[record.state],
            known_at=at,
            source="register",
            since=last.at if changed else None,
            reason=last.reason if changed else None,
            pdf_digest=record.pdf_digest,
        )

    def token_of(code: str) -> bytes | None:
        record = record_of(code)
        issued = next((event for event in record.events if event.kind == "issued"), None) if record else None
        return stored_token(dict(issued.details)) if issued else None

    return Source(keyring=load_keyring(context), lookup=lookup, token_of=token_of, name="register")
