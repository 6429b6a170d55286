"""A small real register: certificates signed by the sample issuer, judged by the one judgement."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import httpx

from certengine.canonical import digest_of_bytes
from certengine.credentials.codes import code_digest, code_from_entropy, read_code, typed_digest
from certengine.credentials.qr import read_qr_text
from certengine.credentials.receipt import Basis, Rests, make_receipt
from certengine.credentials.verdict import Subject, judge
from certengine.model.credential import (
    Credential,
    Keyring,
    PdfEvidence,
    Presented,
    Standing,
    Status,
    Verdict,
)
from certengine.model.text import Text
from certengine.web.app import create_app
from certengine.web.backend import Backend
from certengine.web.limits import Limits
from certengine.web.readers import Readers
from tests.credentials.credential_world import (
    CRED,
    CREDENTIAL,
    KEYRING,
    NOW,
    SPECIMEN,
    on_record,
)
from tests.credentials.test_receipt import KEY as RECEIPT_KEY
from tests.credentials.test_receipt import TRUSTED


def certificate(seed: int, **fields: Any) -> Credential:
    """A certificate with a code of its own."""
    changes = {"code": code_from_entropy(bytes([seed]) * 16), "status_index": seed, **fields}
    return replace(CREDENTIAL, **changes)


VALID = replace(
    CREDENTIAL,
    title=Text.of(zh="电工职业技能等级证书", en="Certificate of Occupational Skills: Electrician"),
)
REVOKED = certificate(1)
SUPERSEDED = certificate(2)
SUSPENDED = certificate(3)
EXPIRED = certificate(4, valid_until=date(2026, 12, 31))
FUTURE = certificate(5, issued_on=date(2027, 12, 1))
UNREACHABLE = certificate(6)
MARKUP = certificate(7, holder=replace(CREDENTIAL.holder, name="<b>王</b>", name_en='"><script>alert(1)</script>'))
SPECIMEN_ONE = certificate(8)
ABSENT = certificate(99)

SINCE = datetime(2027, 2, 1, tzinfo=UTC)
RECORDS: dict[str, tuple[Credential, Status | None]] = {
    code_digest(one.code): (one, status)
    for one, status in (
        (VALID, on_record()),
        (REVOKED, on_record(Standing.REVOKED, since=SINCE, reason="misconduct")),
        (
            SUPERSEDED,
            on_record(Standing.SUPERSEDED, since=SINCE, reason="error", successor="S000027110300009"),
        ),
        (SUSPENDED, on_record(Standing.SUSPENDED, since=SINCE, reason="a remark nobody should read")),
        (EXPIRED, on_record()),
        (FUTURE, on_record()),
        (UNREACHABLE, None),
        (MARKUP, on_record()),
        (SPECIMEN_ONE, on_record()),
    )
}
BY_TYPED = {typed_digest(one.code): digest for digest, (one, _) in RECORDS.items()}

#: Told apart by ``tests/web/invented_reader.py``; its digest is the one on record.
PDF = b"%PDF-1.7 certificate file"
READER = "tests.web.invented_reader"


#: A busy machine is no reason to give a file or a page up.
PATIENT = Limits(pdf_seconds=120, receipt_seconds=120)
ROOMY = replace(PATIENT, lookups=100_000, per_minute=100_000)


@dataclass(slots=True)
class Register:
    """The backend; ``faults`` name methods that fail; ``looked_up`` counts look-ups by digest."""

    faults: set[str] = field(default_factory=set)
    looked_up: int = 0
    log: str | None = None

    def now(self) -> datetime:
        """A fixed instant."""
        return NOW

    def ready(self) -> bool:
        """Ready, or not, or broken."""
        self._fail("ready")
        return "not ready" not in self.faults

    def keyring(self) -> Keyring:
        """The sample issuer's."""
        self._fail("keyring")
        return KEYRING if "no receipt key" in self.faults else TRUSTED

    def verdict_by_code(self, text: str) -> Verdict:
        """Looked up by digest, judged with the badge on record."""
        self._fail("code")
        read = read_code(text)
        found = self._find(read.text if read is not None else "0" * 26)
        if found is None or read is None:
            status = on_record(Standing.UNKNOWN)
            return judge(Presented(code=text), keyring=KEYRING, lookup=status, at=NOW)
        credential, _ = found
        badge = (SPECIMEN if credential is SPECIMEN_ONE else CRED).badge(credential)
        return judge(Presented(code=read.text, credential=badge), keyring=KEYRING, lookup=self._lookup, at=NOW)

    def verdict_by_token(self, text: str) -> Verdict:
        """Judged with the register's standing."""
        self._fail("token")
        return judge(read_qr_text(text) or Presented(), keyring=KEYRING, lookup=self._lookup, at=NOW)

    def verdict_by_pdf(self, evidence: PdfEvidence) -> Verdict:
        """Judged with the register's standing."""
        self._fail("pdf")
        status = on_record(pdf_digest=digest_of_bytes(PDF))
        return judge(Presented(pdf=evidence), keyring=KEYRING, lookup=status, at=NOW)

    def verdict_by_document(self, data: bytes) -> Verdict:
        """An exported credential is judged, a text read."""
        self._fail("document")
        presented = (
            Presented(credential=data) if data.startswith(b"{") else read_qr_text(data.decode("utf-8", "replace"))
        )
        return judge(presented or Presented(), keyring=KEYRING, lookup=self._lookup, at=NOW)

    def receipt(self, verdict: Verdict, *, target: str | None, file_digest: str | None) -> bytes | None:
        """Signed, or none where there is no key."""
        self._fail("receipt")
        if "no receipt key" in self.faults:
            return None
        return make_receipt(
            verdict,
            target=target,
            file_digest=file_digest,
            source=Basis(rests_on=Rests.REGISTER, issuer=KEYRING.issuer),
            method=RECEIPT_KEY.method,
            sign=RECEIPT_KEY.private.sign,
        )

    def status_list(self, name: str) -> bytes | None:
        """The first revocation list."""
        return CRED.status_list(name, REVOKED.status_index) if name == "revocation-1" else None

    def checkpoint(self) -> str | None:
        """The log's checkpoint, if there is a log."""
        return self.log

    def log_tile(self, path: str) -> bytes | None:
        """One tile, where there is a log."""
        return bytes(32) if self.log is not None and path == "tile/0/000.p/1" else None

    def _fail(self, name: str) -> None:
        if name in self.faults:
            raise OSError(f"{name}: a message with 欧阳晓红 in it")

    def _find(self, code: str) -> tuple[Credential, Status | None] | None:
        self.looked_up += 1
        digest = code_digest(code) if len(code) == 26 else BY_TYPED.get(typed_digest(code), "")
        return RECORDS.get(digest)

    def _lookup(self, subject: Subject) -> Status | None:
        found = self._find(subject.code or "")
        return found[1] if found is not None else on_record(Standing.UNKNOWN)


class Client:
    """Requests to an endpoint without a network, one after the other."""

    #: Every client made, so that their reading processes can be ended.
    made: ClassVar[list[Client]] = []

    def __init__(
        self,
        register: Backend | None = None,
        *,
        limits: Limits = PATIENT,
        clock: Callable[[], float] = time.monotonic,
        address: str = "192.0.2.1",
        reading: str = READER,
    ) -> None:
        self.lines: list[str] = []
        self.app = create_app(
            register or Register(),
            limits=limits,
            clock=clock,
            hosts=("mirror.example",),
            write_line=self.lines.append,
            reading=reading,
        )
        self.address = address
        Client.made.append(self)

    @property
    def readers(self) -> Readers:
        """The endpoint's reading processes."""
        route: Any = next(route for route in self.app.routes if getattr(route, "path", "") == "/verify")
        readers: Readers = route.endpoint.__self__._readers
        return readers

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One answer; redirects are not followed."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=(self.address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())

    def logged(self) -> list[dict[str, Any]]:
        """The lines of the request log so far."""
        return [json.loads(line) for line in self.lines]

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A page, with headers whose underscores are dashes."""
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str = "/verify", **options: Any) -> httpx.Response:
        """A posted request."""
        return self.request("POST", path, **options)
