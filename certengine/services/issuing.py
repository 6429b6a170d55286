"""Issuing: reserve, make, check, finish - so that a kill at any instant loses nothing and doubles nothing.

1. Reserve (:mod:`certengine.services.reserving`). One transaction takes the next number of the series and freezes
   everything the certificate will say, with its act in the audit trail. Time and chance are read here only.
2. Queue a job for every reservation that is not finished: those of this run and those an earlier one left.
3. Work (:mod:`certengine.services.issue_work`): make each, check it as a stranger would, write its file whole, and turn
   *reserved* into *issued* with the file's digest (:mod:`certengine.services.finishing`). Several processes share the
   jobs, and so do several people who run the command at once.

Issuing again is resuming: reservations that were not finished come first, under their own numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from certengine.canonical import digest_of_bytes
from certengine.credentials.badge import Proofs
from certengine.documents.certificate import NameSetting, RareLetters
from certengine.errors import Finding, Refused
from certengine.services import restored
from certengine.services.certificate_making import CertificateMaker
from certengine.services.context import Context
from certengine.services.files import clear_left_over, write_whole
from certengine.services.finishing import JOB, Finisher, certificate_design, file_name
from certengine.services.issue_work import Progress, Shift, helpers, work
from certengine.services.keys import Passphrase, Signers, open_signers, open_signers_of
from certengine.services.readiness import demand_approved, readiness
from certengine.services.reserving import SigningKids, reserve_all
from certengine.services.results import passed_and_approved
from certengine.services.sittings import load
from certengine.services.standing import find_certificate
from certengine.services.time_stamping import remember_anchors
from certengine.services.transparency import PROOF_SUFFIX, publish_log, write_proofs
from certengine.services.worker_locks import WorkerLocks, run_name
from certengine.store import certificates as store
from certengine.store import jobs
from certengine.store.certificates import CertificateRecord, CertificateState

__all__ = ["FOLDER", "FORMS", "IssuePlan", "IssueRun", "Progress", "issue_sitting", "plan_issue", "render_again"]

FORMS: tuple[tuple[Proofs, RareLetters, NameSetting], ...] = (
    ("both", "truetype", "by-script"),
    ("both", "truetype", "alike"),
    ("both", "opentype", "alike"),
    ("json", "opentype", "alike"),
)
"""The forms certificates were issued in, newest first (0034): names were set alike, whatever their script; rare letters were
heavy; one proof was enough."""
FOLDER = restored.FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRun:
    """What a run of issuing did.

    Attributes:
        issued: certificates issued now; ``resumed`` those among them whose number was reserved earlier.
        already: candidates who had their certificate before.
        failed: certificates that were made but did not pass their check, with the reason; they stay reserved.
        elsewhere: certificates that another run, at work at the same time, issued meanwhile.
    """

    issued: tuple[CertificateRecord, ...]
    resumed: int
    already: int
    failed: tuple[Finding, ...]
    elsewhere: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePlan:
    """What issuing would do: candidates who would be certified, and what keeps others, or all, from it."""

    ready: tuple[str, ...]
    reserved: tuple[str, ...]
    already: int
    template: str
    blocked: tuple[Finding, ...] = ()


def plan_issue(context: Context, sitting_id: str) -> IssuePlan:
    """The exact plan of :func:`issue_sitting`; writes nothing.

    Raises:
        NotFound: when the sitting or its certificate template does not exist.
    """
    loaded = load(context, sitting_id)
    context.workspace.template_path(loaded.scheme.certificate.template)
    with context.reading() as connection:
        known = store.certificates_of(connection, sitting_id)
    certified = {record.candidate for record in known if record.state is not CertificateState.VOID}
    passed = passed_and_approved(context, sitting_id)
    return IssuePlan(
        ready=tuple(r.decision.candidate for r in passed if r.decision.candidate not in certified),
        reserved=tuple(r.credential.registered_as for r in known if r.state is CertificateState.RESERVED),
        already=sum(r.state not in {CertificateState.RESERVED, CertificateState.VOID} for r in known),
        template=loaded.scheme.certificate.template,
        blocked=readiness(context, sitting_id),
    )


def issue_sitting(
    context: Context,
    sitting_id: str,
    passphrase: Passphrase,
    *,
    output: Path | None = None,
    workers: int = 1,
    progress: Progress = lambda _done, _total: None,
) -> IssueRun:
    """Issue a certificate to every candidate of a sitting who passed and whose result is approved.

    Args:
        output: folder of the files; the workspace's ``certificates`` folder by default.
        workers: how many processes work on it, this one among them.

    Raises:
        NotFound: when the sitting, its template or the keys do not exist.
        Refused: when nothing is approved, the passphrase is wrong, or no key is usable.
    """
    context.demand_role("keyholder")
    loaded = load(context, sitting_id)
    certificate_design(context, loaded.scheme.certificate.template)
    approved = passed_and_approved(context, sitting_id)
    demand_approved(context, sitting_id, approved)
    secret = passphrase()
    signers = open_signers(context, lambda: secret)
    with context.reading() as connection:
        before = store.certificates_of(connection, sitting_id)
    reserve_all(context, loaded, approved, SigningKids(signers.pdf.kid, signers.cred.kid))
    waiting, failed, done = issue_reserved(
        context,
        sitting_id,
        signers,
        secret,
        folder=output or context.workspace.root / FOLDER,
        workers=workers,
        progress=progress,
    )
    earlier = {r.id for r in before if r.state is CertificateState.RESERVED}
    issued = tuple(record for record in waiting if str(record.id) in done)
    bad = {CertificateState.RESERVED, CertificateState.VOID}
    return IssueRun(
        issued=issued,
        resumed=sum(record.id in earlier for record in issued),
        already=sum(r.state not in bad for r in before),
        failed=failed,
        elsewhere=sum(record.state not in bad and str(record.id) not in done for record in waiting),
    )


def issue_reserved(
    context: Context,
    sitting_id: str,
    signers: Signers,
    secret: bytes,
    *,
    folder: Path,
    workers: int = 1,
    progress: Progress = lambda _done, _total: None,
) -> tuple[tuple[CertificateRecord, ...], tuple[Finding, ...], frozenset[str]]:
    """Steps 2 and 3: finish everything a sitting has reserved.

    Returns what was reserved, as it stands now; what failed; and the ids of those issued by this run.
    """
    with context.writing() as connection:
        waiting = [
            record.id
            for record in store.certificates_of(connection, sitting_id)
            if record.state is CertificateState.RESERVED
        ]
        jobs.queue(connection, JOB, sitting_id, [str(one) for one in waiting])
    signers = replace(signers, keyring=remember_anchors(context))
    clear_left_over(folder)
    WorkerLocks(context.workspace.root).clear_left_over()
    name = run_name(f"{context.clock():%H%M%S%f}")
    shift = Shift(sitting=sitting_id, folder=folder, run=name, worker=f"{name}:0")
    told = _Told(context, sitting_id, len(waiting), progress)
    count = min(workers - 1, max(len(waiting) // 2, 0))
    if waiting:
        with helpers(context, shift, lambda: secret, count):
            work(context, Finisher(context, signers, folder), shift, told)
    wanted = set(waiting)
    with context.reading() as connection:
        records = tuple(r for r in store.certificates_of(connection, sitting_id) if r.id in wanted)
        failures = [one for one in jobs.failures(connection, JOB, sitting_id) if int(one.subject) in wanted]
        done = jobs.done_by(connection, JOB, sitting_id, name)
    failed = tuple(Finding(code=one.code, message=one.message, hint=one.hint) for one in failures)
    _publish(context, sitting_id, signers, folder, wanted)
    return records, failed, done


def _publish(context: Context, sitting_id: str, signers: Signers, folder: Path, wanted: set[int]) -> None:
    """Sign and publish the log, and put proofs beside the files issued now and those an earlier run left without."""
    with context.reading() as connection:
        issued = [r for r in store.certificates_of(connection, sitting_id) if r.pdf_digest is not None]
    names = {r.credential.registered_as: file_name(r) for r in issued if r.id in wanted or _unproved(folder, r)}
    if names:
        publish_log(context, signers)
        write_proofs(context, folder, names)


def _unproved(folder: Path, record: CertificateRecord) -> bool:
    path = folder / file_name(record)
    return path.is_file() and not path.with_suffix(PROOF_SUFFIX).is_file()


class _Told:
    """Tells how many of a batch are through, whoever worked on them; each number once."""

    def __init__(self, context: Context, sitting_id: str, total: int, progress: Progress) -> None:
        self._context, self._sitting, self._total, self._progress = context, sitting_id, total, progress
        self._last = -1

    def __call__(self) -> None:
        with self._context.reading() as connection:
            done = max(self._total - jobs.left(connection, JOB, self._sitting), self._last)
        if done > self._last:
            self._last = done
            self._progress(done, self._total)


def render_again(context: Context, number_or_code: str, passphrase: Passphrase, target: Path) -> str:
    """Make the file of an issued certificate again and write it; returns its digest, which is that of the first.

    It is signed with the keys of then, also after they were retired: nothing is written but the very file of the register.

    Raises:
        NotFound: when there is no such certificate, or its template or the file of a key is gone.
        Refused: when the actor is no keyholder, it was never issued, or the bytes would differ from those issued.
    """
    context.demand_role("keyholder")
    record = find_certificate(context, number_or_code)
    if record.pdf_digest is None:
        raise Refused(f"certificate {record.credential.number} was never issued", code="certificate/reserved")
    templates = certificate_design(context, record.template)
    maker = CertificateMaker(context, open_signers_of(context, record.pdf_key, record.cred_key, passphrase))
    for proofs, rare, names in FORMS:
        pdf, _ = maker.make(record, templates, proofs=proofs, rare=rare, names=names, again=True)
        if digest_of_bytes(pdf) == record.pdf_digest:
            write_whole(target, pdf)
            return record.pdf_digest
    raise Refused(
        "the file would differ from the one issued: template, fonts or program changed since",
        hint="use the file that was issued; its digest is in `certengine cert show`",
        code="certificate/would-differ",
    )
