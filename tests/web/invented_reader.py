"""A reading module with files that misbehave: what a reading process meets when a file has taken it over."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from certengine.credentials.qr import qr_text
from certengine.model.credential import PdfEvidence
from certengine.web.foreign import Finding
from tests.credentials.credential_world import CRED, CREDENTIAL, STRANGER, pdf_evidence


def load() -> None:
    """Nothing to import."""


def read_foreign(data: bytes, roots: Sequence[str], at: datetime, stamp_roots: Sequence[str] = ()) -> Finding:
    """The word after the magic bytes decides."""
    word = data.partition(b" ")[2]
    if data.startswith(b"\x89PNG"):
        return _picture(word)
    if word == b"certificate file":
        return Finding(pdf=pdf_evidence())
    if word.startswith(b"/"):
        return _waited_for(Path(os.fsdecode(word)))
    if word == b"loop":
        while True:
            pass
    while word == b"hang":
        time.sleep(60)
    if word == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == b"memory":
        return Finding(texts=(str(len(bytearray(4_000_000_000))),))
    if word == b"fail":
        raise ValueError(word)
    if word == b"lie":
        return Finding(pdf=pdf_evidence())
    if word == b"write":
        with tempfile.TemporaryFile() as kept:
            kept.write(data)
            kept.flush()
    if word == b"pid":
        return Finding(pdf=PdfEvidence(digest="x", signer_kid=str(os.getpid())))
    return Finding(pdf=pdf_evidence(intact=False))


def _waited_for(folder: Path) -> Finding:
    """Say that reading has begun by a folder - no file may be written - and read on when that is taken away."""
    folder.mkdir()
    while folder.exists():
        time.sleep(0.01)
    return Finding(pdf=pdf_evidence())


def _picture(word: bytes) -> Finding:
    if word == b"valid":
        return Finding(texts=(qr_text(CREDENTIAL, CRED.token()),))
    if word == b"two":
        other = replace(CREDENTIAL, code="0" * 26)
        return Finding(texts=(qr_text(CREDENTIAL, CRED.token()), qr_text(other, CRED.token(other))))
    if word == b"stranger":
        return Finding(texts=(qr_text(CREDENTIAL, STRANGER.token()),))
    return Finding()
