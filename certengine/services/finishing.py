"""From a reservation to an issued certificate: make, check, write, finish. Every step may be done again.

1. Make the file from the reservation alone; 2. check it as a stranger would; 3. write it whole; 4. in one transaction
turn *reserved* into *issued* with the file's digest, write the act down, take out of force what it stands in for, and
finish the job. Whoever comes second finds it done and changes nothing. Where a signature cannot be made twice alike (a
time stamp is in it), what would be needed to is kept with the issue, and step 3 is done within step 4.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from certengine.canonical import Json, digest_of_bytes
from certengine.credentials.keys import base64url
from certengine.documents.archive_revision import split_archive
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import NotFound, Refused
from certengine.model.credential import Succession
from certengine.services.certificate_making import CertificateMaker
from certengine.services.context import Context
from certengine.services.files import write_whole
from certengine.services.keys import Signers
from certengine.store import certificates as store
from certengine.store import jobs
from certengine.store.certificates import CertificateEvent, CertificateRecord, CertificateState

JOB = "certificate"

#: From which state a certificate may be taken out of force, or carried on, by the one that stands in for it.
MAY_SUCCEED: dict[str, frozenset[CertificateState]] = {
    "replacement": frozenset({CertificateState.ISSUED, CertificateState.SUSPENDED}),
    "reprint": frozenset({CertificateState.ISSUED}),
    "renewal": frozenset({CertificateState.ISSUED}),
}


class Finisher:
    """Finishes reservations; one for each process, since it holds the fonts, the designs and the opened keys."""

    def __init__(self, context: Context, signers: Signers, folder: Path) -> None:
        self._context = context
        self._folder = folder
        self._maker = CertificateMaker(context, signers)
        self._designs: dict[str, TemplateFolder] = {}

    def issue(self, record: CertificateRecord) -> CertificateRecord:
        """Issue one reservation.

        Raises:
            Refused: when it did not pass its check, was given up, its keys are retired, or what it stands in for may no
                longer be succeeded.
            InputError: when its page cannot be laid out.
        """
        context = self._context
        pdf, token = self._maker.make(record, self._design(record.template))
        self._maker.check(pdf, record.credential, record.template)
        path = self._folder / file_name(record)
        once = self._maker.only_once(pdf)
        if not once:  # whoever else makes it makes the same bytes
            write_whole(path, pdf)
        at = context.clock()
        digest = digest_of_bytes(pdf)
        with context.writing() as connection:
            now = store.certificate_by_id(connection, record.id)
            if now is not None and now.state is CertificateState.RESERVED:
                if once:  # nobody else's are the same: only whoever finishes it may write the file
                    write_whole(path, pdf)
                details: dict[str, Json] = {
                    "pdf_digest": digest,
                    "file": path.name,
                    "token": base64url(token),
                    **once,
                }
                issued = CertificateEvent(kind="issued", at=at, by=context.actor, details=details)
                store.append_certificate_event(connection, record.id, issued)
                context.write_act(connection, at, "cert.issue", record.credential.registered_as, pdf_digest=digest)
                if record.credential.succeeds is not None:
                    self._succeed(connection, record, record.credential.succeeds, at)
            finished = store.certificate_by_id(connection, record.id)
            jobs.finish(connection, JOB, str(record.id))
        if finished is None or finished.state is CertificateState.VOID:
            path.unlink(missing_ok=True)
            raise Refused("was given up while its file was made; the file is taken away", code="certificate/void")
        return finished

    def _succeed(self, connection: Connection, record: CertificateRecord, link: Succession, at: datetime) -> None:
        """Write on the earlier certificate that this one stands in for it, in the transaction that issues this one."""
        earlier = store.certificate_by_entry(connection, link.number)
        state = None if earlier is None else earlier.state
        if earlier is None or state not in MAY_SUCCEED[link.kind]:
            raise Refused(
                f"certificate {link.number}, which it stands in for, is {state or 'not in the register'} now",
                hint=f"give it up: `certengine cert void {record.credential.registered_as}`",
                code="certificate/predecessor",
            )
        kind = "renewed" if link.kind == "renewal" else "superseded"
        event = CertificateEvent(
            kind=kind,
            at=at,
            by=self._context.actor,
            reason=link.reason,
            details={"successor": record.credential.registered_as},
        )
        store.append_certificate_event(connection, earlier.id, event)
        self._context.write_act(
            connection, at, f"cert.{kind}", link.number, reason=link.reason, successor=record.credential.registered_as
        )

    def _design(self, template: str) -> TemplateFolder:
        if template not in self._designs:
            self._designs[template] = certificate_design(self._context, template)
        return self._designs[template]


def certificate_design(context: Context, template: str) -> TemplateFolder:
    """The folder of a design that has a certificate page.

    Raises:
        NotFound: when there is no such folder, or it has no such page.
    """
    templates = TemplateFolder(context.workspace.template_path(template))
    if "certificate.html" not in templates.names:
        raise NotFound(
            f"template `{template}` has no certificate.html",
            hint="copy it from a shipped template",
            code="template/not-found",
        )
    return templates


def file_name(record: CertificateRecord) -> str:
    """The name of a certificate's file: its number, and from the second print on that too."""
    credential = record.credential
    print_ = "" if credential.print_serial is None else f".print-{credential.print_serial}"
    return f"{credential.number}{print_}.pdf"


def issued_file(path: Path, record: CertificateRecord) -> bytes:
    """A certificate's file, archived or not, as it was issued.

    Raises:
        NotFound: when it is not there.
        Refused: when it is another file.
    """
    try:
        pdf = path.read_bytes()
    except OSError:
        raise NotFound(
            f"its file `{path}` is not there",
            hint=f"`certengine cert render {record.credential.registered_as} -o {path}` makes it again",
            code="file/not-found",
        ) from None
    if digest_of_bytes(split_archive(pdf)[0]) != record.pdf_digest:
        raise Refused(f"`{path}` is not the file that was issued", code="certificate/other-file")
    return pdf
