"""Archiving: what was issued stays provable when its keys are over (PAdES B-LTA).

1. Each issued file gets what it is checked with later - certificates, lists of withdrawn ones - and a time stamp over all of
   it. Before the certificate of that stamp ends, the next run adds another; a stamp that would hold no longer is not added.
2. The file itself tells how it stands, so running again does what is left and nothing twice; each is replaced whole.
3. What was made is checked before it takes the place of the file: it begins with the issued file, byte for byte, and the
   verifier finds it as valid as before, and archived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certengine.canonical import digest_of_bytes, instant_text
from certengine.credentials.certificate_authority import issue_crl
from certengine.documents.archive_revision import Material, with_archive_stamp
from certengine.documents.pdf_reading import gather_evidence
from certengine.errors import CertengineError, Finding, InputError, NotFound, Refused, Severity
from certengine.model.credential import Keyring, KeyUse, PdfEvidence, StampState, TimeStamp
from certengine.services.context import Context
from certengine.services.files import clear_left_over, write_whole
from certengine.services.finishing import file_name, issued_file
from certengine.services.issuing import FOLDER
from certengine.services.keys import Passphrase, load_keyring, open_root
from certengine.services.time_stamping import TimeStamper, remember_anchors, time_stamper
from certengine.store import certificates as store
from certengine.store.certificates import CertificateRecord, CertificateState

RENEW_BEFORE = timedelta(days=365)
"""So long before the end of the last stamp's certificate another is added; for short-lived ones, at half of their time."""

_LIST_BACK = timedelta(minutes=10)
_LIST_VALIDITY = timedelta(days=31)
_NOT_ISSUED = frozenset({CertificateState.RESERVED, CertificateState.VOID})

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRun:
    """What a run did; with a dry run what it would do.

    Attributes:
        archived: certificates archived for the first time; ``renewed`` those that got a further stamp.
        already: how many needed nothing.
        until: the first day on which one of them is kept no longer.
        failed: those that could not be archived, and why; warnings of what strangers will miss.
    """

    archived: tuple[str, ...]
    renewed: tuple[str, ...]
    already: int
    until: datetime | None
    failed: tuple[Finding, ...]


def archive_certificates(
    context: Context,
    sitting_id: str | None,
    passphrase: Passphrase,
    *,
    folder: Path | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> ArchiveRun:
    """Archive the issued files of a sitting, or of all, and renew what is about to lapse.

    Args:
        folder: where the files are; the workspace's ``certificates`` folder by default.

    Raises:
        NotFound: when there is no such sitting, nothing was issued, or there are no keys.
        Refused: when the actor is no keyholder, no time-stamping authority is named, or the passphrase is wrong.
    """
    context.demand_role("keyholder")
    stamper = time_stamper(context)
    if stamper is None:
        raise Refused(
            "no time-stamping authority is named, and archiving needs one",
            hint="name it in certengine.toml: `[time_stamping]`, see docs/time-stamps.md",
            code="archive/no-authority",
        )
    with context.reading() as connection:
        records = [r for r in store.certificates_of(connection, sitting_id) if r.state not in _NOT_ISSUED]
    if not records:
        raise NotFound("no certificate was issued" + (f" in sitting `{sitting_id}`" if sitting_id else ""))
    place = folder or context.workspace.root / FOLDER
    keyring = load_keyring(context) if dry_run else remember_anchors(context)
    at = context.clock()
    lists = () if dry_run else tuple(_lists(context, keyring, passphrase, at))
    desk = _Desk(context=context, folder=place, keyring=keyring, stamper=stamper, lists=lists, at=at, dry_run=dry_run)
    if not dry_run:
        clear_left_over(place)
    return desk.run(records, progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What was done to one file."""

    what: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """Everything one run works with; the clock was read once."""

    context: Context
    folder: Path
    keyring: Keyring
    stamper: TimeStamper
    lists: tuple[bytes, ...]
    at: datetime
    dry_run: bool

    def run(self, records: Sequence[CertificateRecord], progress: Progress) -> ArchiveRun:
        """Each file in turn; one that fails keeps no other from its turn."""
        done: dict[str, _Done] = {}
        failed = [] if self.dry_run else list(self._without_list(records))
        for number, record in enumerate(records):
            progress(number, len(records))
            name = record.credential.registered_as
            try:
                done[name] = self._one(record)
            except CertengineError as error:
                failed.append(Finding(code=error.code, message=f"{name}: {error.message}", hint=error.hint))
        progress(len(records), len(records))
        return ArchiveRun(
            archived=tuple(name for name, one in done.items() if one.what == "archived"),
            renewed=tuple(name for name, one in done.items() if one.what == "renewed"),
            already=sum(one.what == "already" for one in done.values()),
            until=min((one.until for one in done.values() if one.until is not None), default=None),
            failed=tuple(failed),
        )

    def _one(self, record: CertificateRecord) -> _Done:
        path = self.folder / file_name(record)
        pdf = issued_file(path, record)
        before = self._seen(pdf)
        last = before.archive[-1] if before.archive else None
        if last is not None and not _is_due(last, self.at):
            return _Done(what="already", until=last.until)
        what = "archived" if last is None else "renewed"
        if self.dry_run:
            return _Done(what=what, until=None)
        made = with_archive_stamp(pdf, self._material(record), self.stamper)
        until = self._demand_kept(pdf, made, last)
        with self.context.writing() as connection:
            write_whole(path, made)
            self.context.write_act(
                connection,
                self.at,
                "archive.stamp",
                record.credential.registered_as,
                file_digest=digest_of_bytes(made),
                until=instant_text(until),
            )
        return _Done(what=what, until=until)

    def _seen(self, pdf: bytes) -> PdfEvidence:
        keyring = self.keyring
        return gather_evidence(pdf, roots=keyring.roots, stamp_roots=keyring.stamp_roots, at=self.at, read_qr=False)

    def _demand_kept(self, before: bytes, made: bytes, last: TimeStamp | None) -> datetime:
        """What was made must be the file as it was, and a stamp that holds longer than the last.

        Raises:
            Refused: when it is not.
        """
        seen = self._seen(made)
        new = seen.archive[-1] if seen.archive else None
        sound = made.startswith(before) and seen.whole and seen.intact and seen.trusted
        if not sound or new is None or new.state is not StampState.TRUSTED or new.until is None:
            raise Refused(
                "the archived file did not pass its own check; it stays as it was",
                hint="see `certengine verify FILE --verbose` for the file as it is",
                code="archive/self-check",
            )
        if last is not None and last.until is not None and last.state is StampState.TRUSTED and new.until <= last.until:
            raise Refused(
                f"the authority's certificate still ends on {last.until:%Y-%m-%d}: another stamp would hold no longer",
                hint="ask the authority for a newer certificate, or name another in `[time_stamping]`, before that day",
                code="archive/no-longer",
            )
        return new.until

    def _material(self, record: CertificateRecord) -> Material:
        key = self.keyring.key(record.pdf_key)
        chain = key.chain if key is not None else ()
        pem = dict.fromkeys((*chain, *self.keyring.stamp_roots))
        return Material(certificates=tuple(_der(one) for one in pem), lists=self.lists)

    def _without_list(self, records: Sequence[CertificateRecord]) -> Iterator[Finding]:
        """Which authorities have no list of withdrawn certificates here: strangers' checks will miss it, ours does not."""
        issuers = {x509.load_der_x509_crl(one).issuer for one in self.lists}
        chains = [key.chain for key in self.keyring.keys if key.kid in {record.pdf_key for record in records}]
        wanted = {x509.load_pem_x509_certificate(pem.encode()).issuer for chain in chains for pem in chain}
        wanted |= {x509.load_pem_x509_certificate(pem.encode()).subject for pem in self.stamper.roots}
        for name in sorted(one.rfc4514_string() for one in wanted - issuers):
            yield Finding(
                code="archive/no-list",
                message=f"there is no list of withdrawn certificates by `{name}`: programs by others may ask for it later",
                severity=Severity.WARNING,
                hint="fetch it from that authority and name the file in `time_stamping.revocation_lists`",
            )


def _is_due(last: TimeStamp, at: datetime) -> bool:
    """Whether it is time for another stamp: the last does not hold, or not for long."""
    if last.state is not StampState.TRUSTED or last.at is None or last.until is None:
        return True
    return at >= max(last.until - RENEW_BEFORE, last.at + (last.until - last.at) / 2)


def _lists(context: Context, keyring: Keyring, passphrase: Passphrase, at: datetime) -> Iterator[bytes]:
    """The lists of withdrawn certificates: our own, made now, and those from elsewhere that the workspace names."""
    own = open_root(context, passphrase)
    if own is not None:
        root, key = own
        revoked = [
            (record.chain[0], record.revoked_at)
            for record in keyring.keys
            if record.use is KeyUse.PDF and record.revoked_at is not None and record.chain and record.chain[-1] == root
        ]
        begin = at - _LIST_BACK  # the authority's clock may be a little behind ours
        yield issue_crl(root=root, root_key=key, revoked=revoked, this_update=begin, next_update=at + _LIST_VALIDITY)
    config = context.workspace.config.time_stamping
    for name in config.revocation_lists if config is not None else ():
        yield _list_in(context.workspace.root / name)


def _list_in(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        load = x509.load_pem_x509_crl if data.lstrip().startswith(b"-----") else x509.load_der_x509_crl
        return load(data).public_bytes(Encoding.DER)
    except (OSError, ValueError) as error:
        raise InputError(
            f"`{path}` is no list of withdrawn certificates (PEM or DER)",
            hint="fetch it again, or take it out of `time_stamping.revocation_lists`",
            code="archive/list",
        ) from error


def _der(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
