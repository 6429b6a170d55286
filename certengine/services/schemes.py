"""Schemes: checking the files, and whether the banks can fill the blueprints."""

from __future__ import annotations

from dataclasses import dataclass

from certengine.assembly.feasibility import CellCount, check
from certengine.assembly.sharing import check_sharing
from certengine.assembly.together import check_together
from certengine.errors import AnswerIsNo, Finding, NotFound, first_errors, plural
from certengine.model.bank import BankDraft
from certengine.model.scheme import Scheme, WrittenComponent
from certengine.services.context import Context
from certengine.store.versions import bank_versions, load_bank


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeCheck:
    """What a check of one scheme found.

    Attributes:
        cells: the counts of every cell of its blueprints.
        bank_sources: ``(bank, "version 3" or "draft")`` the cells were counted in.
    """

    scheme: str
    findings: tuple[Finding, ...]
    cells: tuple[CellCount, ...]
    bank_sources: tuple[tuple[str, str], ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps a sitting from being opened with it."""
        return first_errors(self.findings)


def check_scheme(context: Context, scheme_id: str) -> SchemeCheck:
    """Check a scheme's files, count every cell against its banks, and find out whether all rules can be kept together.

    Banks are taken as published; one that is not is counted as its draft stands, with a warning.

    Raises:
        NotFound: when there is no such scheme.
    """
    scheme, found = context.workspace.read_scheme(scheme_id)
    findings = list(found)
    cells: list[CellCount] = []
    sources: list[tuple[str, str]] = []
    if scheme is not None:
        for component in scheme.written:
            bank, source = _bank_for(context, component.bank)
            sources.append((component.bank, source))
            if bank is None:
                findings.append(
                    Finding(
                        code="scheme/unknown-bank",
                        message=f"component `{component.id}` draws from `{component.bank}`, which does not exist",
                        hint="`certengine bank list` shows what exists",
                    )
                )
                continue
            counted, short = shortfalls(component, bank)
            cells.extend(counted)
            findings.extend(short)
    return SchemeCheck(scheme=scheme_id, findings=tuple(findings), cells=tuple(cells), bank_sources=tuple(sources))


def shortfalls(
    component: WrittenComponent, bank: BankDraft, *, papers: int = 2
) -> tuple[tuple[CellCount, ...], tuple[Finding, ...]]:
    """The counts of a component's cells, and what a bank lacks for it: for one paper, else for so many or for its forms."""
    counted = check(component, bank)
    found = counted.findings or check_together(component, bank)
    if not first_errors(found):
        found = (*found, *check_sharing(component, bank, counted.cells, papers=papers))
    return counted.cells, found


def sound_scheme(context: Context, scheme_id: str) -> Scheme:
    """A scheme whose files hold no error.

    Raises:
        NotFound: when there is no such scheme.
        AnswerIsNo: with every finding, when there are errors.
    """
    scheme, findings = context.workspace.read_scheme(scheme_id)
    errors = first_errors(findings)
    if errors or scheme is None:
        raise AnswerIsNo(
            f"scheme `{scheme_id}` has {plural(len(errors), 'error')}",
            findings=errors,
            hint=f"mend them; `certengine scheme check {scheme_id}` shows them with their places",
        )
    return scheme


def _bank_for(context: Context, bank_id: str) -> tuple[BankDraft | None, str]:
    with context.reading() as connection:
        if bank_id in bank_versions(connection):
            bank = load_bank(connection, bank_id)
            return bank.contents, f"version {bank.version}"
    try:
        draft, _ = context.workspace.read_bank(bank_id)
    except NotFound:
        return None, "missing"
    return draft, "draft, not published"
