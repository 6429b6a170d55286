"""How certificates of the register are shown: as JSON, and in lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from certengine.store.certificates import CertificateRecord

STANDS_IN = {"replacement": "replaces", "reprint": "reprints", "renewal": "renews"}


def certificate_document(record: CertificateRecord) -> dict[str, object]:
    """A certificate as JSON."""
    credential = record.credential
    return {
        "number": credential.number,
        "print": credential.print_serial or 1,
        "candidate": record.candidate,
        "sitting": record.sitting,
        "state": record.state.value,
        "holder": credential.holder,
        "title": credential.title,
        "level": credential.level,
        "issued_on": credential.issued_on,
        "valid_until": credential.valid_until,
        "code": credential.code,
        "pdf_digest": record.pdf_digest,
        "succeeds": credential.succeeds,
        "evidence": dict(credential.evidence),
        "events": list(record.events),
    }


def certificate_lines(record: CertificateRecord) -> list[str]:
    """A certificate for people, with everything that happened to it."""
    from certengine.credentials.codes import printed

    credential = record.credential
    lines = [
        f"number      {credential.number}{f', print {credential.print_serial}' if credential.print_serial else ''}",
        f"state       {record.state.value}",
        f"holder      {credential.holder.name}{f' / {credential.holder.name_en}' if credential.holder.name_en else ''}",
        f"title       {credential.title.best('zh')} / {credential.title.best('en')}",
        f"issued      {credential.issued_on}, valid until {credential.valid_until or 'no end'}",
        f"code        {printed(credential.code)}",
        f"file        {record.pdf_digest or 'not issued'}",
        f"sitting     {record.sitting}, candidate {record.candidate}",
    ]
    if credential.succeeds is not None:
        link = credential.succeeds
        lines.append(f"{STANDS_IN[link.kind]:<11} {link.number} ({link.reason})")
    lines.extend(f"{name:<11} {digest}" for name, digest in credential.evidence)
    lines.append(f"reserved    {record.reserved_at:%Y-%m-%d %H:%M:%S} UTC by {record.reserved_by}")
    for event in record.events:
        why = f" ({event.reason})" if event.reason else ""
        successor = event.details.get("successor")
        by = f", by {successor}" if successor else ""
        lines.append(f"{event.kind:<11} {event.at:%Y-%m-%d %H:%M:%S} UTC by {event.by}{why}{by}")
    return lines
