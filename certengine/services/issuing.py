"""Issuing: reserve, make, check, finish - so that a kill at any instant loses nothing and doubles nothing.

1. Reserve. One transaction takes the next number of the series and freezes everything the certificate will say
   (number, code, names, dates, status index, keys), with its act in the audit trail. Time and chance are read here only.
2. Make, outside any transaction: token, embedded credential, page, signature. The same reservation gives the same bytes.
3. Check what was made as a stranger would: signature, embedded credential, QR code read back from the page, and the
   page's text must all say what was reserved. What fails is not issued.
4. Write the file whole, then finish: a second transaction turns *reserved* into *issued* with the file's digest - once,
   whoever comes second changes nothing.

Issuing again is resuming: reservations that were not finished come first, under their own numbers.

For crash tests the environment variable ``CERTENGINE_STOP_AT`` names a point (:data:`STOPS`) at which the process kills
itself as a loss of power would; it does nothing else, and nothing when it is not set.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from certengine.canonical import digest, digest_of_bytes
from certengine.credentials.codes import code_digest, code_from_entropy, typed_digest
from certengine.credentials.keys import base64url
from certengine.credentials.numbers import format_number, series_of
from certengine.credentials.status_list import ENTRIES
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import CertengineError, Finding, NotFound, Refused
from certengine.model.credential import Credential, Holder
from certengine.model.scheme import Scheme
from certengine.scoring.periods import last_day
from certengine.services.certificate_making import CertificateMaker
from certengine.services.context import Context
from certengine.services.enrolment import civil_zone
from certengine.services.files import clear_left_over, write_whole
from certengine.services.keys import Passphrase, Signers, open_signers
from certengine.services.results import passed_and_approved
from certengine.services.sittings import LoadedSitting, load
from certengine.services.standing import find_certificate
from certengine.store import certificates as store
from certengine.store.certificates import CertificateEvent, CertificateRecord, CertificateState, Reservation
from certengine.store.decisions import DecisionRecord
from certengine.store.sittings import load_papers

FOLDER = "certificates"
STOPS = ("reserved", "made", "written", "finishing")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRun:
    """What a run of issuing did.

    Attributes:
        issued: certificates issued now; ``resumed`` those among them whose number was reserved earlier.
        already: candidates who had their certificate before.
        failed: certificates that were made but did not pass their check, with the reason; they stay reserved.
    """

    issued: tuple[CertificateRecord, ...]
    resumed: int
    already: int
    failed: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePlan:
    """What issuing would do: candidates who would be certified, and why others would not."""

    ready: tuple[str, ...]
    reserved: tuple[str, ...]
    already: int
    template: str


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
        reserved=tuple(r.credential.number for r in known if r.state is CertificateState.RESERVED),
        already=sum(r.state not in {CertificateState.RESERVED, CertificateState.VOID} for r in known),
        template=loaded.scheme.certificate.template,
    )


def issue_sitting(
    context: Context,
    sitting_id: str,
    passphrase: Passphrase,
    *,
    output: Path | None = None,
    progress: Progress = lambda _done, _total: None,
) -> IssueRun:
    """Issue a certificate to every candidate of a sitting who passed and whose result is approved.

    Args:
        output: folder of the files; the workspace's ``certificates`` folder by default.

    Raises:
        NotFound: when the sitting, its template or the keys do not exist.
        Refused: when nothing is approved, the passphrase is wrong, or no key is usable.
    """
    context.demand_role("keyholder")
    loaded = load(context, sitting_id)
    template = loaded.scheme.certificate.template
    templates = TemplateFolder(context.workspace.template_path(template))
    if "certificate.html" not in templates.names:
        raise NotFound(
            f"template `{template}` has no certificate.html",
            hint="copy it from a shipped template",
            code="template/not-found",
        )
    approved = passed_and_approved(context, sitting_id)
    _demand_approved(context, sitting_id, approved)
    folder = output or context.workspace.root / FOLDER
    signers = open_signers(context, passphrase)
    with context.reading() as connection:
        before = store.certificates_of(connection, sitting_id)
    _reserve_all(context, loaded, approved, signers)
    _stop_at("reserved")
    with context.reading() as connection:
        waiting = [r for r in store.certificates_of(connection, sitting_id) if r.state is CertificateState.RESERVED]
    clear_left_over(folder)
    standing = {decision.id for decision in approved}
    maker = CertificateMaker(context, signers)
    issued: list[CertificateRecord] = []
    failed: list[Finding] = []
    for done, record in enumerate(waiting):
        progress(done, len(waiting))
        try:
            _demand_standing(record, standing)
            issued.append(_issue(context, maker, templates, record, folder))
        except CertengineError as error:
            failed.append(
                Finding(code=error.code, message=f"{record.credential.number}: {error.message}", hint=error.hint)
            )
    progress(len(waiting), len(waiting))
    earlier = {r.id for r in before if r.state is CertificateState.RESERVED}
    return IssueRun(
        issued=tuple(issued),
        resumed=sum(record.id in earlier for record in issued),
        already=sum(r.state not in {CertificateState.RESERVED, CertificateState.VOID} for r in before),
        failed=tuple(failed),
    )


def _stop_at(point: str) -> None:
    """The seam of crash tests: ends the process at a named point, leaving everything as it is."""
    if os.environ.get("CERTENGINE_STOP_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL)


def _demand_standing(record: CertificateRecord, standing: set[int]) -> None:
    """A reservation is finished only while the decision it rests on is the latest, passed and approved."""
    if record.decision not in standing:
        raise Refused(
            "rests on a decision that was superseded since",
            hint=f"give its number up: `certengine cert void {record.credential.number}`",
            code="certificate/decision-superseded",
        )


def _demand_approved(context: Context, sitting_id: str, approved: Sequence[DecisionRecord]) -> None:
    if approved:
        return
    raise Refused(
        f"sitting `{sitting_id}` has no approved pass",
        hint=f"`certengine result decide {sitting_id}`, then another person: `certengine result approve {sitting_id}`",
        code="certificate/nothing-approved",
    )


def _reserve_all(context: Context, loaded: LoadedSitting, approved: Sequence[DecisionRecord], signers: Signers) -> None:
    """One transaction for the sitting: numbers follow the candidates' order."""
    at = context.clock()
    with context.writing() as connection:
        certified = {
            record.candidate
            for record in store.certificates_of(connection, loaded.sitting.id)
            if record.state is not CertificateState.VOID
        }
        taken = store.taken_status_indexes(connection)
        papers = {paper.candidate: digest(paper) for paper in load_papers(connection, loaded.sitting.id)}
        for decision in approved:
            if decision.decision.candidate not in certified:
                _reserve(context, connection, loaded, decision, signers, at, taken, papers)


def _reserve(
    context: Context,
    connection: Connection,
    loaded: LoadedSitting,
    record: DecisionRecord,
    signers: Signers,
    at: datetime,
    taken: set[int],
    papers: dict[str, str],
) -> None:
    scheme, rule = loaded.scheme, loaded.scheme.certificate
    candidate = loaded.sitting.candidate(record.decision.candidate)
    issued_on = at.astimezone(civil_zone(context)).date()
    serial = store.take_serial(connection, series_of(rule.number, issued_on, scheme.level.code))
    code = code_from_entropy(context.entropy(16))
    index = _free_index(context, taken)
    credential = Credential(
        number=format_number(rule.number, issued_on=issued_on, level=scheme.level.code, serial=serial),
        code=code,
        issuer=context.workspace.config.issuer_noun(),
        holder=Holder(name=candidate.name, name_en=candidate.name_en),
        title=rule.title,
        occupation=rule.occupation,
        level=scheme.level.title,
        scheme=f"{scheme.id}@{loaded.sitting.scheme_version}",
        issued_on=issued_on,
        valid_until=_valid_until(issued_on, rule.validity_months),
        issued_at=at,
        status_index=index,
        evidence=_evidence(loaded, scheme, record, papers.get(candidate.id)),
    )
    store.append_reservation(
        connection,
        Reservation(
            credential=credential,
            code_digest=code_digest(code),
            typed_digest=typed_digest(code),
            sitting=loaded.sitting.id,
            candidate=candidate.id,
            decision=record.id,
            template=rule.template,
            pdf_key=signers.pdf.kid,
            cred_key=signers.cred.kid,
            by=context.actor,
        ),
    )
    context.write_act(connection, at, "cert.reserve", credential.number, credential=digest(credential))


def _issue(
    context: Context, maker: CertificateMaker, templates: TemplateFolder, record: CertificateRecord, folder: Path
) -> CertificateRecord:
    pdf, token = maker.make(record, templates)
    maker.check(pdf, record.credential)
    _stop_at("made")
    name = f"{record.credential.number}.pdf"
    write_whole(folder / name, pdf)
    _stop_at("written")
    at = context.clock()
    with context.writing() as connection:
        now = store.certificate_by_number(connection, record.credential.number)
        if now is not None and now.state is CertificateState.RESERVED:
            event = CertificateEvent(
                kind="issued",
                at=at,
                by=context.actor,
                details={"pdf_digest": digest_of_bytes(pdf), "file": name, "token": base64url(token)},
            )
            store.append_certificate_event(connection, record.id, event)
            context.write_act(connection, at, "cert.issue", record.credential.number, pdf_digest=digest_of_bytes(pdf))
            _stop_at("finishing")
        finished = store.certificate_by_number(connection, record.credential.number)
    if finished is None or finished.state is CertificateState.VOID:
        (folder / name).unlink(missing_ok=True)
        raise Refused("was given up while its file was made; the file is taken away", code="certificate/void")
    return finished


def _evidence(
    loaded: LoadedSitting, scheme: Scheme, record: DecisionRecord, paper: str | None
) -> tuple[tuple[str, str], ...]:
    """Digests that tie the certificate to its past; none of them can be guessed back to a score."""
    found = [("scheme", loaded.sitting.scheme_digest), ("decision", record.digest)]
    found.extend((f"bank {bank}@{version}", value) for bank, version, value in loaded.sitting.banks)
    if paper is not None:
        found.append(("paper", paper))
    return tuple(found)


def _free_index(context: Context, taken: set[int]) -> int:
    """A random free position of the first status list; random, so that neighbours say nothing of each other."""
    if len(taken) >= ENTRIES:
        raise Refused("every position of the status list is taken", code="certificate/list-full")
    while (index := int.from_bytes(context.entropy(8)) % ENTRIES) in taken:
        pass
    taken.add(index)
    return index


def _valid_until(issued_on: date, months: int | None) -> date | None:
    """The day before the anniversary; the 31st falls on a shorter month's last day."""
    return None if months is None else last_day(issued_on, months)


def render_again(context: Context, number_or_code: str, passphrase: Passphrase, target: Path) -> str:
    """Make the file of an issued certificate again and write it; returns its digest, which is that of the first.

    Raises:
        NotFound: when there is no such certificate or its template is gone.
        Refused: when it was never issued, its keys are retired, or the bytes would differ from those issued.
    """
    record = find_certificate(context, number_or_code)
    if record.pdf_digest is None:
        raise Refused(f"certificate {record.credential.number} was never issued", code="certificate/reserved")
    templates = TemplateFolder(context.workspace.template_path(record.template))
    pdf, _ = CertificateMaker(context, open_signers(context, passphrase)).make(record, templates)
    if digest_of_bytes(pdf) != record.pdf_digest:
        raise Refused(
            "the file would differ from the one issued: template, fonts or program changed since",
            hint="use the file that was issued; its digest is in `certengine cert show`",
            code="certificate/would-differ",
        )
    write_whole(target, pdf)
    return record.pdf_digest
