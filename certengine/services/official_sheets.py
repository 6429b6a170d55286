"""The official sheet of a sitting: rows for an authority, complete or not at all.

1. Rows are the approved results that may go out, in roster order; who is held back is named.
2. What certengine does not keep comes from a file handed in with the export, joined by candidate id; a name there that is
   not the roster's refuses the row. Nothing of that file is stored.
3. One refused row keeps the whole sheet from being written, unless whoever exports asks for the others alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from certengine.canonical import digest_of_bytes
from certengine.documents.official_sheet import write_official_workbook
from certengine.errors import AnswerIsNo, Finding, InputError, Refused, UsageError, place_in, plural
from certengine.interchange.columns import Column, Columns, records
from certengine.interchange.delimited import write_csv
from certengine.interchange.tables import read_table
from certengine.model.official_sheet import CARRIED, SCORE, OfficialSheet
from certengine.model.sitting import Candidate
from certengine.model.text import Text
from certengine.model.written_numbers import plain_width
from certengine.scoring.item_marks import ABSENT_WORD
from certengine.scoring.official_sheet import Fact, cells_of
from certengine.scoring.persons import plain_name
from certengine.services.context import Context
from certengine.services.enrolment import civil_zone
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.sittings import LoadedSitting, load
from certengine.services.statements import may_go_out
from certengine.store import certificates
from certengine.store.certificates import CertificateRecord, CertificateState
from certengine.store.decisions import DecisionRecord

Encoding = Literal["utf-8", "gbk"]

_ID: Final = Column(
    name="candidate_id",
    aliases=("准考证号", "考号", "考生号", "考生编号", "准考证", "candidate", "candidate_no", "candidate_number"),
    required=True,
)
_NAME: Final = Column(name="name", aliases=("姓名", "考生姓名", "full_name", "candidate_name"))
_IN_FORCE: Final = {CertificateState.ISSUED, CertificateState.SUSPENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRun:
    """What an export did.

    Attributes:
        rows: how many rows the sheet has.
        refused: rows that lack something, and candidates who are held back.
    """

    path: Path
    rows: int
    columns: int
    refused: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    line: int
    name: str
    cells: Mapping[str, str]


def write_official_sheet(
    context: Context,
    sitting_id: str,
    output: Path,
    *,
    given: Path | None = None,
    encoding: Encoding = "utf-8",
    partial: bool = False,
    dry_run: bool = False,
) -> SheetRun:
    """Write the official sheet that a sitting's scheme declares, as ``.xlsx`` or ``.csv``.

    Args:
        given: a table with candidate ids and the columns that the scheme takes as ``given``.
        encoding: of a CSV: UTF-8 with a byte order mark, or GBK where the authority's program reads nothing else.
        partial: leave out the rows that are refused and write the others.

    Raises:
        NotFound: when the sitting or the file does not exist.
        Refused: when the actor is no administrator, or the scheme declares no sheet.
        UsageError: for another ending, or an encoding with a workbook.
        InputError: when the file handed in does not hold together.
        AnswerIsNo: with every refused row; nothing is written then.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    sheet = loaded.scheme.official_sheet
    if sheet is None:
        raise Refused(
            f"scheme `{loaded.scheme.id}` declares no official sheet",
            hint="declare `official_sheet` in scheme.yaml and open the sitting with it; see docs/formats.md",
            code="sheet/none",
        )
    _demand_form(output, encoding)
    extra = _read_given(given, sheet)
    ready, held_back = may_go_out(context, loaded)
    rows, refused = _rows(context, loaded, sheet, ready, extra, given)
    if encoding != "utf-8":
        rows, unwritable = _in_gbk(rows)
        refused.extend(unwritable)
    findings = (*held_back, *refused)
    if findings and not partial:
        raise AnswerIsNo(
            f"{plural(len(findings), 'row')} of the official sheet not complete; nothing was written",
            findings=findings,
            hint="mend what is named; `--partial` writes the other rows alone",
            code="sheet/incomplete",
        )
    header = [column.heading for column in sheet.columns]
    data = _bytes(output, sheet.title, header, [cells for _, cells in rows], encoding, loaded.sitting.opened_at)
    if not dry_run:
        write_whole(output, data, mode=PRIVATE_FILE)
        with context.writing() as connection:
            context.write_act(
                connection, context.clock(), "result.sheet", sitting_id, rows=len(rows), digest=digest_of_bytes(data)
            )
    return SheetRun(path=output, rows=len(rows), columns=len(header), refused=findings)


def _demand_form(output: Path, encoding: Encoding) -> None:
    if output.suffix.lower() not in {".xlsx", ".csv"}:
        raise UsageError(f"`{output.name}` is neither .xlsx nor .csv", hint="name the file by what it is to be")
    if output.suffix.lower() == ".xlsx" and encoding != "utf-8":
        raise UsageError("a workbook has no encoding to choose", hint="write a .csv, or leave `--encoding` out")


def _read_given(path: Path | None, sheet: OfficialSheet) -> dict[str, _Given]:
    """Rows of the file handed in, by candidate id in lower case."""
    wanted = tuple(column.given for column in sheet.columns if column.given is not None)
    if path is None:
        return {}
    columns = Columns(columns=(_ID, _NAME, *(Column(name=one, required=True) for one in wanted)))
    table = read_table(path, is_header=columns.is_header)
    places, findings = columns.places(table)
    errors = [one for one in findings if one.code != "table/unknown-column"]
    found: dict[str, _Given] = {}
    for record in records(table, places) if not errors else ():
        key = plain_width(record["candidate_id"]).casefold()
        if key in found:
            errors.append(
                Finding(
                    code="sheet/twice",
                    message=f"the candidate id of this row is also on line {found[key].line}",
                    place=place_in(path, record.line),
                    hint="keep the right one",
                )
            )
        found[key] = _Given(line=record.line, name=record["name"], cells={one: record[one] for one in wanted})
    if errors:
        needed = ", ".join(f"`{one}`" for one in wanted)
        raise InputError(
            f"`{path.name}` does not hold together",
            findings=tuple(errors),
            hint=f"its columns are `{_ID.name}` or `{_ID.aliases[0]}`, and {needed}" if wanted else None,
            code="sheet/given",
        )
    return found


def _rows(
    context: Context,
    loaded: LoadedSitting,
    sheet: OfficialSheet,
    ready: Sequence[DecisionRecord],
    extra: Mapping[str, _Given],
    source: Path | None,
) -> tuple[list[tuple[str, tuple[str, ...]]], list[Finding]]:
    """Candidate and cells of each row, numbered as they stand, and what refuses the others."""
    issued = _certificates(context, loaded.sitting.id)
    rows: list[tuple[str, tuple[str, ...]]] = []
    refused: list[Finding] = []
    for record in ready:
        if sheet.rows == "passed" and record.decision.outcome != "passed":
            continue
        candidate = loaded.sitting.candidate(record.decision.candidate)
        given = extra.get(candidate.id.casefold())
        facts = _facts(context, loaded, record, candidate, issued.get(record.id))
        facts["number"] = str(len(rows) + 1)
        cells, slips = cells_of(sheet, facts, given.cells if given is not None else {})
        place = place_in(source, given.line) if source is not None and given is not None else None
        found = [
            Finding(
                code=slip.code,
                message=f"candidate `{candidate.id}`: `{slip.heading}` {slip.message}",
                place=place,
                hint="complete the record, or the file given with `--with`",
            )
            for slip in slips
        ]
        if given is not None and given.name and plain_name(given.name) != plain_name(candidate.name):
            found.append(
                Finding(
                    code="sheet/name-differs",
                    message=f"candidate `{candidate.id}`: the name of this row is not the roster's",
                    place=place,
                    hint="see whose data these are",
                )
            )
        refused.extend(found)
        if not found:
            rows.append((candidate.id, cells))
    return rows, refused


def _certificates(context: Context, sitting_id: str) -> dict[int, CertificateRecord]:
    """Certificates in force by the decision they rest on."""
    with context.reading() as connection:
        records = certificates.certificates_of(connection, sitting_id)
    return {record.decision: record for record in records if record.state in _IN_FORCE}


def _facts(
    context: Context,
    loaded: LoadedSitting,
    record: DecisionRecord,
    candidate: Candidate,
    certificate: CertificateRecord | None,
) -> dict[str, Fact]:
    """Everything a column may be taken from, by its source."""
    zone, scheme = civil_zone(context), loaded.scheme
    facts: dict[str, Fact] = {
        "candidate_id": candidate.id,
        "name": candidate.name,
        "name_en": candidate.name_en,
        "id_document_last4": candidate.id_document_last4,
        "organisation": candidate.organisation,
        "seat": candidate.seat,
        "language": candidate.language,
        "occupation": scheme.certificate.occupation,
        "title": scheme.title,
        "level": scheme.level.title,
        "level_code": scheme.level.code,
        "scheme": scheme.id,
        "edition": scheme.edition,
        "sitting": loaded.sitting.id,
        "issuer": context.workspace.config.issuer_noun().name,
        "outcome": record.decision.outcome,
        "decided_on": record.decided_at.astimezone(zone).date(),
        "approved_on": record.approved_at.astimezone(zone).date() if record.approved_at is not None else None,
    }
    facts.update({f"{SCORE}{component}": score for component, score in record.decision.scores})
    facts.update({f"{SCORE}{report.component}": ABSENT_WORD for report in record.reports if report.absent})
    carried = {report.component for report in record.reports if report.carried is not None}
    facts.update({f"{CARRIED}{one.id}": one.id in carried for one in scheme.components})
    if certificate is not None:
        credential = certificate.credential
        facts["certificate_number"] = credential.number
        facts["certificate_issued_on"] = credential.issued_on
        facts["certificate_valid_until"] = credential.valid_until or Text.of(zh="长期有效", en="no end date")
    return facts


def _in_gbk(rows: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[list[tuple[str, tuple[str, ...]]], list[Finding]]:
    """The rows that GBK can write, and the others with the character that it lacks."""
    kept: list[tuple[str, tuple[str, ...]]] = []
    refused: list[Finding] = []
    for candidate, cells in rows:
        try:
            "".join(cells).encode("gbk")
            kept.append((candidate, cells))
        except UnicodeEncodeError as error:
            point = ord(error.object[error.start])
            refused.append(
                Finding(
                    code="sheet/not-in-gbk",
                    message=f"candidate `{candidate}`: GBK has no U+{point:04X}",
                    hint="write the sheet as .xlsx or UTF-8, and ask the authority how it wants this character",
                )
            )
    return kept, refused


def _bytes(
    output: Path, title: str, header: Sequence[str], rows: Sequence[Sequence[str]], encoding: Encoding, at: datetime
) -> bytes:
    if output.suffix.lower() == ".xlsx":
        return write_official_workbook(title, header, rows, at=at)
    data = write_csv(header, rows)
    return data if encoding == "utf-8" else data.decode("utf-8-sig").encode("gbk")
