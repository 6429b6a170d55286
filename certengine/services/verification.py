"""Verifying what a stranger presents: a PDF, a QR text, a picture of one, a code, an exported credential.

Where trust and status come from, first that is given: a trust bundle; a keyring (then status stays unchecked); the
workspace's own keyring with its register. Nothing is fetched, and the system's trust store is never asked.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from certengine.canonical import digest_of_bytes
from certengine.credentials import sentences as say
from certengine.credentials.bundle import Bundle, read_bundle, status_in_bundle
from certengine.credentials.codes import FullCode, code_digest, read_code, same_code, typed_digest
from certengine.credentials.keyring import read_keyring
from certengine.credentials.logged import read_logged
from certengine.credentials.pictures import the_one_text, unreadable_verdict
from certengine.credentials.qr import read_qr_text
from certengine.credentials.receipt import RECEIPT_SCHEMA, Warrant, read_receipt
from certengine.credentials.verdict import Lookup, Subject, judge
from certengine.credentials.wording import both, instant_words
from certengine.errors import CannotTell, CertengineError, InputError, NotFound, UsageError
from certengine.model.credential import Check, Keyring, Outcome, Presented, State, Status, Verdict
from certengine.model.text import Text, visible

MAX_FILE = 10 * 1024 * 1024
_OF_ANOTHER = Text.of(zh="它属于另一份证书或文件", en="it is of another certificate or file")
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_OF_RECEIPT = {
    Warrant.UNSIGNED: say.RECEIPT_UNSIGNED,
    Warrant.FOREIGN: say.RECEIPT_FOREIGN,
    Warrant.ALTERED: say.RECEIPT_ALTERED,
}
_TEXT = 8192
"""So much of a text is looked at: a QR code holds less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a register keeps of a code: how its certificate stands, and the signed token issued with it."""

    status: Status
    token: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDigest:
    """What the register looks a code up by; ``typed`` tells which of its two forms it is of."""

    value: str
    typed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where trust and status come from.

    Attributes:
        keyring: the issuer's keys; ``None`` when nothing was given: then nothing can be called genuine.
        lookup: the standing of a certificate, or ``None`` where it cannot be told.
        entry_of: what the register keeps of a bare code at an instant, read at once; ``None`` where the source is no
            register.
        name: in words, for the answer.
    """

    keyring: Keyring | None
    lookup: Lookup | None
    entry_of: Callable[[str, datetime], Entry] | None = None
    name: str


def source_from_bundle(path: Path, *, max_age: timedelta | None = None, at: datetime) -> Source:
    """Trust and status from a signed bundle.

    Raises:
        NotFound: when the file does not exist.
        InputError: when it is not a bundle, or its signature is not good.
    """
    try:
        bundle: Bundle = read_bundle(_read(path))
    except ValueError as error:
        raise InputError(
            f"`{path}` is not a trust bundle that holds: {error}", hint="get it from the issuer again"
        ) from None

    def lookup(subject: Subject) -> Status | None:
        if subject.status_index is None:
            return None
        return status_in_bundle(bundle, subject.status_index, at, max_age)

    return Source(keyring=bundle.keyring, lookup=lookup, name=f"bundle of {bundle.made_at:%Y-%m-%d %H:%M} UTC")


def source_from_keyring(path: Path) -> Source:
    """Trust from a keyring alone; the status of every certificate stays unchecked.

    Raises:
        NotFound: when the file does not exist.
        InputError: when it is not a keyring.
    """
    try:
        return Source(keyring=read_keyring(_read(path)), lookup=None, name="keyring, without status")
    except ValueError as error:
        raise InputError(f"`{path}` is not a keyring: {error}", hint="get it from the issuer again") from None


def no_source() -> Source:
    """Nothing to trust: whatever is presented cannot be told."""
    return Source(keyring=None, lookup=None, name="nothing to trust")


def verify_target(target: str, source: Source, *, at: datetime) -> Verdict:
    """The verdict on one target: a file's path, a QR text, or a code.

    Raises:
        NotFound: when it looks like a path and does not exist.
        UsageError: when it is a folder.
    """
    path = Path(target)
    if _is_file(path):
        return verify_file(path, source, at=at)
    if _is_folder(path):
        raise UsageError(f"`{target}` is a folder", hint=f"name the files in it: `{target.rstrip('/')}/*.pdf`")
    if (
        read_qr_text(target) is None
        and ("/" in target or path.suffix.lower() in {".pdf", ".png", ".jpg", ".json"})
        and (not target.lower().startswith("https://"))
    ):
        raise NotFound(f"`{visible(target)}` does not exist", hint="check the path", code="file/not-found")
    return verify_text(target, source, at=at)


def verify_file(path: Path, source: Source, *, at: datetime) -> Verdict:
    """The verdict on a file, and on the proof of the log that stands beside it, where one does."""
    data = _read(path)
    verdict = verify_bytes(data, source, at=at)
    proof = path.with_suffix(".tlog-proof")
    if not _is_pdf(data) or source.keyring is None or not _is_file(proof):
        return verdict
    from certengine.documents.archive_revision import split_archive

    issued, _ = split_archive(data)
    return with_log(verdict, _read(proof).decode("utf-8", "replace"), digest_of_bytes(issued), source.keyring)


def with_log(verdict: Verdict, proof: str, file_digest: str, keyring: Keyring) -> Verdict:
    """A verdict with the check of a proof; one that does not hold leaves nothing called valid."""
    try:
        logged = read_logged(proof, keyring)
    except ValueError as error:
        return _not_logged(verdict, Text.of(zh=f"内容有误或签名不符（{error}）", en=str(error)))
    number = logged.number.partition("/")[0]  # the log also names the print, as `/2` after the number
    if (verdict.claims or {}).get("number") != number or logged.pdf_digest != file_digest:
        return _not_logged(verdict, _OF_ANOTHER)
    size, place = logged.size, logged.place
    detail = Text.of(zh=f"已登入透明日志（第 {place} 条，共 {size} 条）", en=f"in the log: entry {place} of {size}")
    return replace(verdict, checks=(*verdict.checks, Check(id="log", outcome=Outcome.PASSED, detail=detail)))


def _not_logged(verdict: Verdict, why: Text) -> Verdict:
    told = {"zh": f"日志证明不成立：{why.best('zh')}", "en": f"the proof of the log does not hold: {why.best('en')}"}
    detail = Text.of(told)
    order = list(State)
    state = State.UNCHECKED if order.index(verdict.state) > order.index(State.UNCHECKED) else verdict.state
    checks = (*verdict.checks, Check(id="log", outcome=Outcome.FAILED, detail=detail))
    return replace(verdict, state=state, checks=checks)


def verify_bytes(data: bytes, source: Source, *, at: datetime, read_qr: bool = True) -> Verdict:
    """The verdict on a file's bytes: PDF, picture of a QR code, exported credential, or a text."""
    if _is_pdf(data):
        from certengine.documents.pdf_reading import gather_evidence

        roots, stamp_roots = (source.keyring.roots, source.keyring.stamp_roots) if source.keyring else ((), ())
        evidence = gather_evidence(data, roots=roots, stamp_roots=stamp_roots, at=at, read_qr=read_qr)
        return judge(Presented(pdf=evidence), keyring=source.keyring, lookup=source.lookup, at=at)
    if _is_picture(data):
        from certengine.documents.qr import read_qr as codes_in

        try:
            found = the_one_text(codes_in(data), at)
        except CertengineError:
            found = the_one_text((), at)
        return found if isinstance(found, Verdict) else verify_text(found, source, at=at)
    if not is_text(data):
        receipt = _about_receipt(data, source.keyring)
        if receipt is not None:
            return unreadable_verdict(receipt, at)
        return judge(Presented(credential=data), keyring=source.keyring, lookup=source.lookup, at=at)
    if b"\0" in data[:_TEXT]:
        return unreadable_verdict(say.OF_NO_KIND, at)
    return verify_text(data[:_TEXT].decode("utf-8", "replace"), source, at=at)


def _about_receipt(data: bytes, keyring: Keyring | None) -> Text | None:
    """What there is to say of a receipt that was kept, which is no certificate; ``None`` where it is none."""
    if RECEIPT_SCHEMA.encode() not in data:
        return None
    try:
        read = read_receipt(data, keyring)
    except ValueError:
        return None
    if read.warrant is Warrant.SIGNED:
        return both(*say.RECEIPT_SIGNED, instant_words(read.receipt.checked_at), read.receipt.heading)
    return _OF_RECEIPT[read.warrant]


def is_text(data: bytes) -> bool:
    """Whether bytes are judged as a text: a code, an address or a QR text."""
    return not (_is_pdf(data) or _is_picture(data) or data.lstrip()[:1] == b"{")


def _is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]


def _is_picture(data: bytes) -> bool:
    return data[:4] in {b"\x89PNG", b"RIFF"} or data[:3] == b"\xff\xd8\xff"


def verify_text(text: str, source: Source, *, at: datetime) -> Verdict:
    """The verdict on a QR text, an address or a typed code.

    A bare code says nothing signed by itself: the signed token that the register keeps with it is judged.
    """
    presented = read_qr_text(text)
    if presented is None and _JWT.fullmatch(text.strip()):
        return unreadable_verdict(say.A_JWT, at)
    if presented is None:
        return judge(Presented(code=text[:200]), keyring=source.keyring, lookup=source.lookup, at=at)
    if presented.token is None and presented.code is not None:
        return verify_code(presented.code, source, at=at, host=presented.host)
    return judge(presented, keyring=source.keyring, lookup=source.lookup, at=at)


def verify_code(code: str, source: Source, *, at: datetime, host: str | None = None) -> Verdict:
    """The verdict on a bare code in its one spelling, and on the host of the address it came in.

    By what the register keeps of it, where there is one: read once, for the token and for the status.
    """
    if source.entry_of is None:
        return judge(Presented(code=code, host=host), keyring=source.keyring, lookup=source.lookup, at=at)
    try:
        entry = source.entry_of(code, at)
    except CertengineError:
        return judge(Presented(code=code, host=host), keyring=source.keyring, lookup=None, at=at)

    def lookup(subject: Subject) -> Status | None:
        # A token on record for another code than it names is looked up by its own: it must stand for itself.
        own = subject.code is not None and same_code(subject.code, code)
        return entry.status if own or source.lookup is None else source.lookup(subject)

    presented = Presented(code=code, token=entry.token, host=host)
    return judge(presented, keyring=source.keyring, lookup=lookup, at=at)


def worst(states: list[State]) -> State:
    """The state that decides an answer about several: the first of the ladder, "cannot tell" giving way to any "no"."""
    order: list[State] = list(State)
    order.remove(State.UNCHECKED)
    order.insert(order.index(State.VALID), State.UNCHECKED)
    return min(states, key=order.index)


def is_sheet(path: Path) -> bool:
    """Whether a file's name says that it is a sheet of many."""
    return path.suffix.lower() in {".xlsx", ".csv", ".tsv"}


def is_stream(path: Path) -> bool:
    """Whether a path is a named pipe or a device: what it gives can be read once."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a QR text is longer than a file name may be
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise InputError(
                f"`{visible(str(path))}` has more than {MAX_FILE} bytes", hint="a certificate has under 1 MB"
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"`{visible(str(path))}` does not exist", hint="check the path", code="file/not-found") from None
    except OSError as error:
        raise CannotTell(f"`{visible(str(path))}` cannot be read: {error.strerror}") from None


def digest_of_code(code: str) -> CodeDigest | None:
    """What the register looks a code up by, or ``None`` when the text is no code."""
    read = read_code(code)
    if read is None:
        return None
    if isinstance(read, FullCode):
        return CodeDigest(value=code_digest(read.text), typed=False)
    return CodeDigest(value=typed_digest(read.text), typed=True)
