"""A register of very many certificates, made in seconds: for measuring look-ups, not for trusting.

The certificates are what issuing writes into the register - frozen credential, digests of the codes, the event with the
signed token - without papers, decisions and PDF files. Codes, names and numbers follow from a fixed seed; the keys are
new each time. Of 100: 96 valid, 2 revoked, 1 suspended, 1 expired.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine

from certengine.canonical import canonical_bytes, instant_text
from certengine.credentials.codes import code_digest, code_from_entropy, typed_digest
from certengine.credentials.keys import base64url
from certengine.credentials.token import encode_token
from certengine.model.credential import Credential, Holder, Issuer
from certengine.model.text import Text
from certengine.services.context import Context, open_context
from certengine.services.keys import Signers, new_keys, open_signers
from certengine.services.setting_up import init_workspace
from certengine.store.tables import certificate, certificate_event

AT_ONCE = 2000
_FAMILIES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_GIVEN = "晓丽伟芳敏静强磊军洋勇艳杰娟涛明超秀霞平"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One certificate of the register: its full code, its token and the state it must be answered with."""

    code: str
    token: bytes
    state: str


def make_register(root: Path, certificates: int) -> list[Made]:
    """A workspace under ``root`` with so many certificates on record."""
    init_workspace(root, sample=False)
    context = open_context(root)
    try:
        new_keys(context, passphrase)
        return fill_register(context, certificates)
    finally:
        context.database.close()


def fill_register(context: Context, certificates: int) -> list[Made]:
    """Put so many certificates on record beside those that are there."""
    signers = open_signers(context, passphrase)
    at = context.clock() + timedelta(seconds=1)  # tokens tell whole seconds; the keys begin now
    # Without the hook that enforces foreign keys: there are no papers and no decisions here.
    engine = create_engine(context.database.engine.url)
    made: list[Made] = []
    for first in range(0, certificates, AT_ONCE):
        rows, events = [], []
        for number in range(first, min(first + AT_ONCE, certificates)):
            one, row, followed = _certificate(number, signers, at.replace(microsecond=0))
            made.append(one)
            rows.append(row)
            events.extend(followed)
        with engine.begin() as connection:
            connection.execute(certificate.insert(), rows)
            connection.execute(certificate_event.insert(), events)
    engine.dispose()
    return made


def passphrase() -> bytes:
    """What opens the keys of such a register."""
    return b"for measuring only"


def _certificate(
    number: int, signers: Signers, at: datetime
) -> tuple[Made, dict[str, object], list[dict[str, object]]]:
    state = {0: "revoked", 1: "revoked", 2: "suspended", 3: "expired"}.get(number % 100, "valid")
    # The keys are of today, so an expired certificate was signed today for a time that is over.
    credential = _credential(number, signers.keyring.issuer, at, expired=state == "expired")
    token = encode_token(credential, kid=signers.cred.kid, sign=signers.sign)
    row: dict[str, object] = {
        "id": number + 1,
        "number": credential.number,
        "code_digest": code_digest(credential.code),
        "typed_digest": typed_digest(credential.code),
        "status_index": credential.status_index,
        "decision": number + 1,
        "sitting": f"synthetic-{number // 1000}",
        "candidate": f"C{number}",
        "template": "formal",
        "pdf_key": signers.pdf.kid,
        "cred_key": signers.cred.kid,
        "credential": canonical_bytes(credential).decode(),
        "reserved_at": instant_text(at),
        "reserved_by": "benchmark",
    }
    digest = "sha256:" + hashlib.sha256(token).hexdigest()
    issued = {"pdf_digest": digest, "file": f"{credential.number}.pdf", "token": base64url(token)}
    return Made(code=credential.code, token=token, state=state), row, list(_events(number + 1, state, issued, at))


def _credential(number: int, issuer: Issuer, at: datetime, *, expired: bool) -> Credential:
    digest = hashlib.sha256(f"synthetic {number}".encode()).digest()
    name = _FAMILIES[digest[0] % 20] + _GIVEN[digest[1] % 20] + _GIVEN[digest[2] % 20]
    until = at.astimezone(UTC).date() - timedelta(days=1) if expired else date(at.year + 3, 6, 30)
    return Credential(
        number=f"S{number:021}",
        code=code_from_entropy(digest[16:]),
        issuer=issuer,
        holder=Holder(name=name, name_en=f"HOLDER {number}"),
        title=Text.of(zh="电工职业技能等级证书", en="Certificate of Occupational Skills: Electrician"),
        occupation=Text.of(zh="电工", en="Electrician"),
        level=Text.of(zh="三级/高级工", en="Level 3 (Advanced)"),
        scheme="electrician-l3@1",
        issued_on=at.date() - timedelta(days=2) if expired else at.date(),
        valid_until=until,
        issued_at=at,
        status_index=number,
        evidence=(("decision", "sha256:" + "0" * 64),),
    )


def _events(certificate_id: int, state: str, issued: dict[str, str], at: datetime) -> Iterator[dict[str, object]]:
    followed = [("issued", None, issued)]
    if state in {"revoked", "suspended"}:
        followed.append((state, "other", {}))
    for kind, reason, details in followed:
        yield {
            "certificate": certificate_id,
            "kind": kind,
            "at": instant_text(at),
            "by": "benchmark",
            "reason": reason,
            "details": canonical_bytes(details).decode(),
        }
