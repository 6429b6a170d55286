"""Result statements: one signed PDF for each approved result, made in a batch that can be interrupted.

1. Only what may go out: decisions approved by a second person, not pending, and still what the scores say. Of everybody
   else it is said why not.
2. A statement follows from its decision alone; only the signature has a time. A file that is there, carries exactly this
   statement and is signed by the issuer is left as it is: running again makes what is missing or was superseded.
3. Each file is checked as a stranger would before it gets its name: signature, embedded data, and that the verifier takes
   it for a statement and not for a certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certengine.canonical import canonical_bytes, digest, digest_of_bytes
from certengine.credentials.verdict import judge
from certengine.documents.fonts import default_font_cache, prepare_fonts
from certengine.documents.layout import Typesetter
from certengine.documents.pdf_reading import gather_evidence, statement_in
from certengine.documents.pdf_signature import PdfSigner, sign_pdf
from certengine.documents.statement import render_statement
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import CertengineError, Finding, NotFound, Refused
from certengine.model.credential import Keyring, Presented
from certengine.model.score import Pending
from certengine.model.statement import Statement
from certengine.scoring.statements import Occasion, state
from certengine.services.context import Context
from certengine.services.enrolment import civil_zone
from certengine.services.files import PRIVATE_FILE, clear_left_over, write_whole
from certengine.services.keys import Passphrase, Signers, load_keyring, open_signers
from certengine.services.rating_rules import not_shown, open_words
from certengine.services.results import sitting_results, stale_candidates, unfinished
from certengine.services.separations import exceptions_behind, exceptions_used
from certengine.services.sittings import LoadedSitting, demand_candidates, load
from certengine.store.audit import Act
from certengine.store.decisions import DecisionRecord

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRun:
    """What a run did.

    Attributes:
        written: files made now; with a dry run those that would be.
        already: how many were there and say what is to be said.
        held_back: why a candidate gets none yet.
        failed: statements that could not be made, with the reason.
    """

    written: tuple[Path, ...]
    already: int
    held_back: tuple[Finding, ...]
    failed: tuple[Finding, ...] = ()


def write_statements(
    context: Context,
    sitting_id: str,
    passphrase: Passphrase,
    output: Path,
    *,
    candidates: Sequence[str] = (),
    dry_run: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> StatementRun:
    """Write the signed statement of every result that may go out, as ``<candidate id>.pdf``.

    Args:
        candidates: only these; everybody when none is named.

    Raises:
        NotFound: when the sitting, a candidate named, the template or the keys do not exist.
        Refused: when no result may go out, the passphrase is wrong, or no key is usable.
    """
    context.demand_role("keyholder")
    loaded = load(context, sitting_id)
    demand_candidates(loaded.sitting, candidates)
    templates = _templates(context, loaded)
    ready, held_back = may_go_out(context, loaded, candidates)
    if not ready:
        raise Refused(
            f"no result of sitting `{sitting_id}` may go out yet",
            findings=held_back,
            hint=f"`certengine result decide {sitting_id}`, then another person: `certengine result approve {sitting_id}`",
            code="statement/nothing-approved",
        )
    with context.reading() as connection:
        used = exceptions_used(connection, sitting_id)
    wanted = {
        output / f"{record.decision.candidate}.pdf": statement_of(context, loaded, record, used) for record in ready
    }
    keyring = _keyring(context)
    at = context.clock()
    waiting = {path: one for path, one in wanted.items() if not _says(path, one, keyring, at)}
    if dry_run:
        return StatementRun(written=tuple(waiting), already=len(wanted) - len(waiting), held_back=held_back)
    maker = StatementMaker(context, open_signers(context, passphrase), templates)
    clear_left_over(output)
    written: list[Path] = []
    failed: list[Finding] = []
    for done, (path, one) in enumerate(waiting.items()):
        progress(done, len(waiting))
        try:
            write_whole(path, maker.make(one), mode=PRIVATE_FILE)
            written.append(path)
        except CertengineError as error:
            failed.append(
                Finding(code=error.code, message=f"candidate `{one.candidate}`: {error.message}", hint=error.hint)
            )
    progress(len(waiting), len(waiting))
    _write_down(context, sitting_id, [wanted[path] for path in written])
    return StatementRun(
        written=tuple(written), already=len(wanted) - len(waiting), held_back=held_back, failed=tuple(failed)
    )


def may_go_out(
    context: Context, loaded: LoadedSitting, candidates: Sequence[str] = ()
) -> tuple[tuple[DecisionRecord, ...], tuple[Finding, ...]]:
    """The results that may be handed out, and of every other candidate why not."""
    known = {record.decision.candidate: record for record in sitting_results(context, loaded.sitting.id)}
    stale = stale_candidates(context, loaded, tuple(known.values()))
    hidden = not_shown(context, loaded)
    ready: list[DecisionRecord] = []
    held_back: list[Finding] = []
    for candidate in loaded.sitting.on_record:
        if candidates and candidate.id not in candidates:
            continue
        record = known.get(candidate.id)
        why = _why_not(record, hidden, stale=candidate.id in stale)
        if record is not None and why is None:
            ready.append(record)
        elif why is not None:
            held_back.append(Finding(code="result/held-back", message=f"candidate `{candidate.id}`: {why}"))
    return tuple(ready), tuple(held_back)


def statement_of(context: Context, loaded: LoadedSitting, record: DecisionRecord, used: Sequence[Act]) -> Statement:
    """The statement of an approved decision; ``used`` are the exceptions used in the sitting."""
    assert record.approved_at is not None
    assert not isinstance(record.decision, Pending)
    zone = civil_zone(context)
    candidate = loaded.sitting.candidate(record.decision.candidate)
    occasion = Occasion(
        sitting=loaded.sitting.id,
        scheme=loaded.scheme,
        scheme_version=loaded.sitting.scheme_version,
        issuer=context.workspace.config.issuer_noun(),
        decided_on=record.decided_at.astimezone(zone).date(),
        approved_on=record.approved_at.astimezone(zone).date(),
        exceptions=exceptions_behind(used, record, candidate),
    )
    return state(record.decision, record.reports, candidate, occasion)


class StatementMaker:
    """Makes and checks statements; one for each process, since it holds the fonts and the opened keys."""

    def __init__(self, context: Context, signers: Signers, templates: TemplateFolder) -> None:
        self.at: datetime = context.clock()
        self.signers = signers
        self.templates = templates
        self.typesetter = Typesetter(prepare_fonts(default_font_cache()))
        self.pdf_signer = PdfSigner(private_key=signers.pdf_key, chain=signers.pdf.chain)

    def make(self, statement: Statement) -> bytes:
        """The signed file.

        Raises:
            Refused: when what was made is not seen by a stranger as the genuine statement that it is.
            InputError: when the page cannot be laid out.
        """
        page = render_statement(statement, templates=self.templates, typesetter=self.typesetter)
        pdf = sign_pdf(page, self.pdf_signer, at=self.at)
        evidence = gather_evidence(pdf, roots=self.signers.keyring.roots, at=self.at)
        verdict = judge(Presented(pdf=evidence), keyring=self.signers.keyring, lookup=None, at=self.at)
        if not verdict.statement or statement_in(pdf) != canonical_bytes(statement):
            raise Refused(
                f"the statement did not pass its own check ({verdict.state})",
                hint="see whether the template was changed; then run the command again",
                code="statement/self-check",
            )
        return pdf


def _why_not(record: DecisionRecord | None, hidden: Collection[str], *, stale: bool) -> str | None:
    if record is None:
        return "nothing was decided"
    if isinstance(record.decision, Pending):
        return open_words(record.decision.candidate, record.decision.missing, hidden) or "the decision is pending"
    if stale:
        return "scores changed since it was decided"
    if record.approved_at is None:
        return unfinished(record, hidden) or "the decision is not approved"
    return unfinished(record, hidden) or None


def _templates(context: Context, loaded: LoadedSitting) -> TemplateFolder:
    name = loaded.scheme.certificate.template
    templates = TemplateFolder(context.workspace.template_path(name))
    if "statement.html" not in templates.names:
        raise NotFound(
            f"template `{name}` has no statement.html",
            hint="copy statement.html and statement.css from a shipped template",
            code="template/not-found",
        )
    return templates


def _keyring(context: Context) -> Keyring | None:
    """The issuer's keys; none before they are made, when no file can be genuine."""
    try:
        return load_keyring(context)
    except NotFound:
        return None


def _says(path: Path, statement: Statement, keyring: Keyring | None, at: datetime) -> bool:
    """Whether a file is there that is, by the verifier's judgement, exactly this statement."""
    if keyring is None or not path.is_file():
        return False
    data = path.read_bytes()
    evidence = gather_evidence(data, roots=keyring.roots, at=at, read_qr=False)
    genuine = judge(Presented(pdf=evidence), keyring=keyring, lookup=None, at=at).statement
    return genuine and statement_in(data) == canonical_bytes(statement)


def _write_down(context: Context, sitting_id: str, written: Sequence[Statement]) -> None:
    if not written:
        return
    with context.writing() as connection:
        context.write_act(
            connection,
            context.clock(),
            "result.statements",
            sitting_id,
            statements=len(written),
            digest=digest(list(_digests(written))),
        )


def _digests(written: Sequence[Statement]) -> Iterator[list[str]]:
    for one in written:
        yield [one.candidate, digest_of_bytes(canonical_bytes(one))]
