"""A small issuer made of fixed seeds: keys, keyring, credential, token, badge, PDF evidence, status lists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certengine.credentials.badge import credential_json
from certengine.credentials.bundle import SOURCE_REGISTER
from certengine.credentials.certificate_authority import issue_pdf_signer, issue_root
from certengine.credentials.codes import code_from_entropy
from certengine.credentials.keys import key_record, verification_method
from certengine.credentials.qr import qr_text
from certengine.credentials.status_list import PURPOSES, make_status_list
from certengine.credentials.token import encode_token
from certengine.model.credential import (
    Credential,
    Holder,
    Issuer,
    KeyRecord,
    Keyring,
    PdfEvidence,
    Standing,
    Status,
)
from certengine.model.text import Text

START = datetime(2026, 1, 1, tzinfo=UTC)
ISSUED_AT = datetime(2026, 11, 22, 3, 15, 30, tzinfo=UTC)
NOW = datetime(2027, 3, 3, 9, 30, tzinfo=UTC)
END = datetime(2029, 1, 1, tzinfo=UTC)

ISSUER = Issuer(
    id="sample-academy",
    name=Text.of(zh="示例职业技能学院", en="Sample Skills Academy"),
    domain="verify.example.org",
)

CREDENTIAL = Credential(
    number="S000026110300001",
    code=code_from_entropy(bytes(range(16))),
    issuer=ISSUER,
    holder=Holder(name="欧阳晓红", name_en="OUYANG Xiaohong"),
    title=Text.of(zh="电工", en="Electrician"),
    occupation=Text.of(zh="电工", en="Electrician"),
    level=Text.of(zh="三级/高级工", en="Level 3 (Advanced)"),
    scheme="electrician-3@2026",
    issued_on=date(2026, 11, 22),
    valid_until=date(2028, 11, 21),
    issued_at=ISSUED_AT,
    status_index=99_321,
    evidence=(("decision", "sha256:" + "0" * 64),),
)

FILE_DIGEST = "sha256:" + hashlib.sha256(b"certificate file").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A ``cred`` key with its record."""

    private: Ed25519PrivateKey
    record: KeyRecord

    @property
    def method(self) -> str:
        """Its verification method."""
        return verification_method(self.record)

    def token(self, credential: Credential = CREDENTIAL) -> bytes:
        """The token of a credential."""
        return encode_token(credential, kid=self.record.kid, sign=self.private.sign)

    def badge(self, credential: Credential = CREDENTIAL) -> bytes:
        """The signed document of a credential."""
        return credential_json(credential, verification_method=self.method, sign=self.private.sign)

    def status_list(self, name: str, *indices: int, at: datetime = NOW) -> bytes:
        """A signed status list."""
        return make_status_list(
            domain=ISSUER.domain,
            name=name,
            indices=indices,
            valid_from=at,
            valid_until=at + timedelta(days=7),
            verification_method=self.method,
            sign=self.private.sign,
        )

    def status_lists(self, *, revoked: tuple[int, ...] = (), suspended: tuple[int, ...] = ()) -> tuple[bytes, ...]:
        """Both first lists."""
        return tuple(
            self.status_list(f"{purpose}-1", *indices)
            for purpose, indices in zip(PURPOSES, (revoked, suspended), strict=True)
        )


def signing_key(seed: int, *, specimen: bool = False) -> SigningKey:
    """A ``cred`` key from a seed, in use from START to END."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    record = key_record(private.public_key(), not_before=START, not_after=END, specimen=specimen)
    return SigningKey(private=private, record=record)


CRED = signing_key(1)
STRANGER = signing_key(2)
SPECIMEN = signing_key(3, specimen=True)

ROOT_KEY = ec.derive_private_key(11, ec.SECP256R1())
PDF_KEY = ec.derive_private_key(12, ec.SECP256R1())
ROOT = issue_root(key=ROOT_KEY, issuer=ISSUER, serial_entropy=bytes(16), not_before=START)
SIGNER = issue_pdf_signer(
    public_key=PDF_KEY.public_key(),
    issuer=ISSUER,
    root=ROOT,
    root_key=ROOT_KEY,
    serial_entropy=bytes(range(16)),
    not_before=START,
    not_after=END,
)
PDF = key_record(PDF_KEY.public_key(), not_before=START, not_after=END, chain=(SIGNER, ROOT))
PDF_SPECIMEN_KEY = ec.derive_private_key(13, ec.SECP256R1())
PDF_SPECIMEN = key_record(PDF_SPECIMEN_KEY.public_key(), not_before=START, not_after=END, specimen=True)

KEYRING = Keyring(issuer=ISSUER, keys=(CRED.record, PDF, SPECIMEN.record, PDF_SPECIMEN), roots=(ROOT,))


def keyring_with(record: KeyRecord) -> Keyring:
    """The keyring with one record replaced."""
    return replace(KEYRING, keys=tuple(record if key.kid == record.kid else key for key in KEYRING.keys))


def on_record(standing: Standing = Standing.ISSUED, **fields: object) -> Status:
    """What the register says."""
    status = Status(standing=standing, known_at=NOW, source=SOURCE_REGISTER, pdf_digest=FILE_DIGEST)
    return replace(status, **fields)  # type: ignore[arg-type]  # the keyword names are the fields' own


def pdf_evidence(**fields: object) -> PdfEvidence:
    """A good certificate file as the document hand reports it."""
    evidence = PdfEvidence(
        digest=FILE_DIGEST,
        readable=True,
        signed=True,
        whole=True,
        intact=True,
        signer_kid=PDF.kid,
        trusted=True,
        signed_at=ISSUED_AT,
        credential=CRED.badge(),
        qr_texts=(qr_text(CREDENTIAL, CRED.token()),),
    )
    return replace(evidence, **fields)  # type: ignore[arg-type]  # the keyword names are the fields' own
