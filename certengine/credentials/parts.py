"""What was presented, taken apart: tokens, credentials, codes and hosts, each with where it came from. Never raises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from certengine.credentials.badge import SignedCredential, read_credential_json
from certengine.credentials.claims import Claims
from certengine.credentials.codes import read_code
from certengine.credentials.qr import read_qr_text
from certengine.credentials.strict_json import Unreadable
from certengine.credentials.token import Token, decode_token
from certengine.model.credential import KeyRecord, Presented

Kind = Literal["token", "credential"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One signed part.

    Attributes:
        from_pdf: found in a PDF; else it was handed in itself.
        content: what was read, or ``None`` when it could not be.
    """

    kind: Kind
    from_pdf: bool
    content: Token | SignedCredential | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """A signature that was good: what it says, by which key, and when it says it was made."""

    claims: Claims
    record: KeyRecord
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything presented.

    Attributes:
        codes: full or typed codes in their one spelling.
        bad_code: a code was presented that is none.
        hosts: hosts of the addresses that were read.
    """

    signed: tuple[Part, ...]
    codes: tuple[str, ...]
    bad_code: bool
    hosts: tuple[str, ...]

    def of(self, kind: Kind) -> tuple[Part, ...]:
        """The parts of one kind."""
        return tuple([part for part in self.signed if part.kind == kind])


def read_parts(presented: Presented) -> Parts:
    """The parts of what was presented; QR codes of a PDF that are not ours are left out."""
    read = read_code(presented.code) if presented.code is not None else None
    texts = presented.pdf.qr_texts if presented.pdf is not None else ()
    scanned = [found for text in texts if (found := read_qr_text(text)) is not None]
    signed: list[Part] = []
    if presented.token is not None:
        signed.append(_token(presented.token, from_pdf=False))
    if presented.credential is not None:
        signed.append(_credential(presented.credential, from_pdf=False))
    if presented.pdf is not None and presented.pdf.credential is not None:
        signed.append(_credential(presented.pdf.credential, from_pdf=True))
    signed.extend(_token(found.token, from_pdf=True) for found in scanned if found.token is not None)
    codes = [read.text] if read is not None else []
    codes.extend(found.code for found in scanned if found.code is not None)
    hosts = [presented.host.lower()] if presented.host is not None else []
    hosts.extend(found.host for found in scanned if found.host is not None)
    return Parts(
        signed=tuple(signed),
        codes=tuple(codes),
        bad_code=presented.code is not None and read is None,
        hosts=tuple(hosts),
    )


def believed(content: Token | SignedCredential, record: KeyRecord) -> Believed | None:
    """What a token or credential says, when this key signed it."""
    if isinstance(content, Token):
        good, signed_at = content.verified_by(record), content.claims.issued_at
    else:
        good, signed_at = content.proof.verified_by(record), content.proof.created
    return Believed(claims=content.claims, record=record, signed_at=signed_at) if good else None


def _token(data: bytes, *, from_pdf: bool) -> Part:
    try:
        content: Token | None = decode_token(data)
    except Unreadable:
        content = None
    return Part(kind="token", from_pdf=from_pdf, content=content)


def _credential(data: bytes, *, from_pdf: bool) -> Part:
    try:
        content: SignedCredential | None = read_credential_json(data)
    except Unreadable:
        content = None
    return Part(kind="credential", from_pdf=from_pdf, content=content)
