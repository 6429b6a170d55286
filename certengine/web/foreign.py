"""Reading files of strangers: what happens inside a reading process, and how its findings come out of it.

Invariants:

1. Only here are foreign PDFs and pictures decoded, and only in a process that has no key, no database and no limits to
   spend but its own (:mod:`certengine.web.readers`).
2. Findings travel as JSON that is read strictly: a process that a file took over can lie in a finding, but it cannot
   run anything in the endpoint, and a lie is no ``valid``, because the register's digest is compared with a digest that
   the endpoint computes itself.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certengine.canonical import Json, instant_text
from certengine.credentials.qr import read_qr_text
from certengine.credentials.strict_json import (
    Unreadable,
    fields_of,
    flag_of,
    instant_of,
    languages_of,
    list_of,
    read_object,
    text_of,
)
from certengine.errors import InputError
from certengine.model.credential import PdfEvidence, StampState, TimeStamp

#: A credential has at most 1 MB before base64; the texts of codes are short.
FINDING_LIMIT = 4_000_000

_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found in a file: the evidence of a PDF, or the texts of the QR codes in a picture."""

    pdf: PdfEvidence | None = None
    texts: tuple[str, ...] = ()


def is_foreign(data: bytes) -> bool:
    """Whether a file must be decoded to be judged: a PDF or a picture; anything else is a text."""
    return b"%PDF-" in data[:1024] or data.startswith(_MAGIC)


def read_foreign(data: bytes, roots: Sequence[str], at: datetime, stamp_roots: Sequence[str] = ()) -> Finding:
    """What a PDF or a picture shows; never raises on bad input.

    Args:
        roots: the certificates (PEM) that are trusted.
        at: the instant of the check.
        stamp_roots: the certificates (PEM) by which time stamps are trusted.
    """
    if data.startswith(_MAGIC):
        from certengine.documents.qr import read_qr

        try:
            return Finding(texts=_ours(read_qr(data)))
        except InputError:
            return Finding()
    from certengine.documents.pdf_reading import gather_evidence

    evidence = gather_evidence(data, roots=roots, stamp_roots=stamp_roots, at=at)
    return Finding(pdf=replace(evidence, qr_texts=_ours(evidence.qr_texts)))


def load() -> None:
    """Import what reading needs, before the first file comes."""
    import certengine.documents.pdf_reading
    import certengine.documents.qr  # noqa: F401


def finding_bytes(finding: Finding) -> bytes:
    """A finding as JSON."""
    value: dict[str, Json] = {"texts": list(finding.texts)}
    if finding.pdf is not None:
        value["pdf"] = _evidence_json(finding.pdf)
    return json.dumps(value).encode()


def read_finding(data: bytes) -> Finding:
    """The finding that :func:`finding_bytes` wrote.

    Raises:
        Unreadable: for anything else.
    """
    fields = fields_of(read_object(data, limit=FINDING_LIMIT), required=("texts",), optional=("pdf",))
    evidence = _evidence(fields["pdf"]) if "pdf" in fields else None
    return Finding(pdf=evidence, texts=list_of(fields["texts"], text_of))


def _ours(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if read_qr_text(text) is not None)


def _evidence_json(evidence: PdfEvidence) -> dict[str, Json]:
    value: dict[str, Json] = {
        "digest": evidence.digest,
        "readable": evidence.readable,
        "signed": evidence.signed,
        "whole": evidence.whole,
        "intact": evidence.intact,
        "trusted": evidence.trusted,
        "qr_texts": list(evidence.qr_texts),
    }
    if evidence.signer_kid is not None:
        value["signer_kid"] = evidence.signer_kid
    if evidence.signed_at is not None:
        value["signed_at"] = instant_text(evidence.signed_at)
    if evidence.credential is not None:
        value["credential"] = base64.b64encode(evidence.credential).decode()
    if evidence.statement:
        value["statement"] = True
    if evidence.time_stamp is not None:
        value["time_stamp"] = _stamp_json(evidence.time_stamp)
    if evidence.archive:
        value["archive"] = [_stamp_json(one) for one in evidence.archive]
    if evidence.problem is not None:
        value["problem"] = dict(evidence.problem.by_language)
    return value


def _evidence(value: Json) -> PdfEvidence:
    fields = fields_of(
        value,
        required=("digest", "readable", "signed", "whole", "intact", "trusted", "qr_texts"),
        optional=("signer_kid", "signed_at", "credential", "problem", "statement", "time_stamp", "archive"),
    )
    return PdfEvidence(
        digest=text_of(fields["digest"]),
        readable=flag_of(fields["readable"]),
        signed=flag_of(fields["signed"]),
        whole=flag_of(fields["whole"]),
        intact=flag_of(fields["intact"]),
        trusted=flag_of(fields["trusted"]),
        qr_texts=list_of(fields["qr_texts"], text_of),
        signer_kid=text_of(fields["signer_kid"]) if "signer_kid" in fields else None,
        signed_at=instant_of(fields["signed_at"]) if "signed_at" in fields else None,
        credential=_bytes(fields["credential"]) if "credential" in fields else None,
        problem=languages_of(fields["problem"]) if "problem" in fields else None,
        statement=flag_of(fields["statement"]) if "statement" in fields else False,
        time_stamp=_stamp(fields["time_stamp"]) if "time_stamp" in fields else None,
        archive=list_of(fields.get("archive", []), _stamp),
    )


def _stamp_json(stamp: TimeStamp) -> dict[str, Json]:
    value: dict[str, Json] = {"state": stamp.state.value}
    if stamp.at is not None:
        value["at"] = instant_text(stamp.at)
    if stamp.until is not None:
        value["until"] = instant_text(stamp.until)
    return value


def _stamp(value: Json) -> TimeStamp:
    fields = fields_of(value, required=("state",), optional=("at", "until"))
    try:
        state = StampState(text_of(fields["state"]))
    except ValueError as error:
        raise Unreadable("no state of a time stamp") from error
    return TimeStamp(
        state=state,
        at=instant_of(fields["at"]) if "at" in fields else None,
        until=instant_of(fields["until"]) if "until" in fields else None,
    )


def _bytes(value: Json) -> bytes:
    try:
        return base64.b64decode(text_of(value), validate=True)
    except binascii.Error as error:
        raise Unreadable("base64 was expected") from error
