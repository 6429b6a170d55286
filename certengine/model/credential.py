"""Nouns of certifying and verifying: credential, keys, status, verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from certengine.canonical import Json
from certengine.model.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues: the body's id, its name, and the address its certificates name.

    Attributes:
        domain: host of the verification endpoint, for example ``verify.example.org``; printed beside the QR code.
    """

    id: str
    name: Text
    domain: str
    sample: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whom a certificate is about, as printed."""

    name: str
    name_en: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """What an earlier certificate a certificate stands in for, and how.

    Attributes:
        kind: ``replacement`` of a faulty one, ``reprint`` of a lost one under the same number, ``renewal`` of one that ends.
        number: what the register calls the earlier one, see :attr:`Credential.registered_as`.
        reason: the class of the reason, which is public.
    """

    kind: Literal["replacement", "reprint", "renewal"]
    number: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Everything a certificate says: frozen when its number is reserved, and never recomputed afterwards.

    Attributes:
        number: printed number, by the scheme's pattern.
        code: 128 random bits in Crockford base32, 26 characters; the address of the look-up.
        scheme: ``<scheme id>@<version>``.
        title: the qualification; ``occupation`` the occupation it belongs to; ``level`` its level.
        issued_on: the date printed; ``valid_until`` the last day of validity, or ``None`` for no end.
        issued_at: the instant of reservation; every signature carries it.
        status_index: position in both status lists.
        evidence: digests that tie the certificate to its past: decision, scores, papers, bank, scheme.
        print_serial: of the second print of a number and those after it; the first says nothing.
        succeeds: the certificate it stands in for.
        photo: SHA-256 of the photograph that is printed, where one is; the photograph itself is nowhere but on the page.
    """

    number: str
    code: str
    issuer: Issuer
    holder: Holder
    title: Text
    occupation: Text
    level: Text
    scheme: str
    issued_on: date
    valid_until: date | None
    issued_at: datetime
    status_index: int
    evidence: tuple[tuple[str, str], ...] = ()
    print_serial: int | None = None
    succeeds: Succession | None = None
    photo: str | None = None

    @property
    def registered_as(self) -> str:
        """The number, and ``/2`` after it for its second print: what no two certificates of a register share."""
        return self.number if self.print_serial is None else f"{self.number}/{self.print_serial}"


class KeyUse(StrEnum):
    """What a key may sign, and nothing else.

    ``pdf``: documents (P-256, X.509). ``cred``: tokens, badges, status lists, bundles (Ed25519). ``receipt``: receipts
    of checks (Ed25519); a keyring may have none. ``log``: checkpoints of the transparency log (Ed25519); likewise.
    """

    PDF = "pdf"
    CRED = "cred"
    RECEIPT = "receipt"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A public key and the window in which its signatures count. A retired key stays for ever; its window closes.

    Attributes:
        kid: first 8 bytes of SHA-256 over the raw public key, as 16 hex digits.
        public: the public key: raw 32 bytes for Ed25519, SubjectPublicKeyInfo DER for P-256, in unpadded base64url.
        chain: PEM certificates, leaf first, root last; only for ``pdf`` keys.
        specimen: signs previews only; everything it signed verifies as a specimen, never as valid.
    """

    kid: str
    use: KeyUse
    algorithm: str
    public: str
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None
    revocation_reason: str | None = None
    chain: tuple[str, ...] = ()
    specimen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """All public keys an issuer ever used, and the only roots that are trusted for it.

    Attributes:
        roots: what document keys are trusted by, PEM.
        stamp_roots: what time stamps are trusted by, PEM; they vouch for nothing else.
    """

    issuer: Issuer
    keys: tuple[KeyRecord, ...]
    roots: tuple[str, ...]
    stamp_roots: tuple[str, ...] = ()

    def key(self, kid: str) -> KeyRecord | None:
        """The key of that id, or ``None``."""
        for key in self.keys:
            if key.kid == kid:
                return key
        return None


class Standing(StrEnum):
    """What the register holds about one certificate."""

    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The standing of one certificate as known at an instant, from the register or from a signed list.

    Attributes:
        known_at: when the source was made; a status list is older than the register.
        since: when the standing began, where the source says.
        reason: the reason class, never a remark.
        successor: printed number of the certificate that replaces it.
        pdf_digest: SHA-256 of the issued file, where the source is the register.
    """

    standing: Standing
    known_at: datetime
    source: str
    since: datetime | None = None
    reason: str | None = None
    successor: str | None = None
    pdf_digest: str | None = None


class State(StrEnum):
    """The verdict ladder, top to bottom; the first that matches wins."""

    UNREADABLE = "unreadable"
    TAMPERED = "tampered"
    UNKNOWN = "unknown"
    UNCHECKED = "unchecked"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    SUSPENDED = "suspended"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    VALID = "valid"


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a verification, reported whatever its outcome.

    Attributes:
        id: stable name: ``format``, ``pdf-signature``, ``pdf-whole``, ``credential-proof``, ``token-signature``,
            ``same-claims``, ``issuer-key``, ``time-stamp``, ``archive``, ``register``, ``file-digest``, ``dates``, ``document``,
            ``log``.
    """

    id: str
    outcome: Outcome
    detail: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to "is this certificate genuine and still valid?".

    Attributes:
        claims: what the certificate prints, only when a signature over it was good; else ``None``.
        checked_at: the instant the answer holds for.
        specimen: signed by a specimen key: a preview, never a certificate.
        statement: a result statement of the issuer, unaltered: genuine, and never a certificate.
    """

    state: State
    checked_at: datetime
    checks: tuple[Check, ...]
    claims: dict[str, Json] | None = None
    status: Status | None = None
    specimen: bool = False
    statement: bool = False


class StampState(StrEnum):
    """What a time stamp is worth.

    ``trusted``: right, and of an authority the issuer named. ``foreign``: right, of another authority. ``lapsed``: its
    certificate ended before anything newer kept it. ``broken``: of something else, or its own signature is not right.
    """

    TRUSTED = "trusted"
    FOREIGN = "foreign"
    LAPSED = "lapsed"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """A time stamp (RFC 3161) as found on a signature or a file.

    Attributes:
        at: the time it states; ``None`` where that cannot be read.
        until: when the first certificate on its path ends; ``None`` without a trusted path.
    """

    state: StampState
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfEvidence:
    """What a PDF shows of itself, gathered by the document hand and judged by the pure ladder.

    Attributes:
        readable: it could be opened as a PDF within the limits; when false nothing else counts.
        signed: it carries exactly one signature.
        whole: the signature covers the whole file, its container holds nothing else, and nothing follows but archive stamps.
        intact: the signed bytes are unchanged and the signature value is right.
        signer_kid: key id of the signing certificate's key, where one could be read.
        trusted: the signing certificate chains to one of the given roots.
        signed_at: the time the signer stated.
        credential: the embedded ``credential.json``, as found.
        qr_texts: texts of the QR codes read from the pages.
        digest: SHA-256 of the file as it was issued, without what was appended to archive it.
        problem: why it is not readable, signed, whole or intact.
        statement: it embeds the data of a result statement: whatever else it holds, it is no certificate.
        time_stamp: the stamp on its signature, where it has one.
        archive: the stamps over the whole file that were appended to keep it, oldest first.
    """

    digest: str
    readable: bool = False
    signed: bool = False
    whole: bool = False
    intact: bool = False
    signer_kid: str | None = None
    trusted: bool = False
    signed_at: datetime | None = None
    credential: bytes | None = None
    qr_texts: tuple[str, ...] = ()
    problem: Text | None = None
    statement: bool = False
    time_stamp: TimeStamp | None = None
    archive: tuple[TimeStamp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What somebody presents to be verified; at least one part.

    Attributes:
        code: a look-up code, full or typed form, as given.
        token: bytes of the signed token.
        host: the host named in a QR address, to compare with the issuer's domain.
        credential: an exported credential (JSON), as given.
        pdf: evidence from a certificate file.
    """

    code: str | None = None
    token: bytes | None = None
    host: str | None = None
    credential: bytes | None = None
    pdf: PdfEvidence | None = None
