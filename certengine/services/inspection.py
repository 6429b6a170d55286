"""The archive of a sitting for whoever inspects it: everything on record, and an index by clause of ISO/IEC 17024.

Invariants:

1. One reading of the register: the archive is of one instant, which it names.
2. What could not be put in is said in the index, with the reason; nothing is left out in silence.
3. Every file is in ``manifest.json`` with its digest; acts are in it with their hashes, so that each can be checked.
4. It holds names and scores; the file is its owner's alone, only an auditor makes one, and making one is an act.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from certengine.canonical import Json, canonical_bytes, digest_of_bytes, instant_text, to_json
from certengine.credentials.strict_json import jcs
from certengine.documents.inspection_index import index_page
from certengine.errors import CertengineError
from certengine.interchange.delimited import write_csv
from certengine.interchange.strict_zip import zipped
from certengine.services.context import Context
from certengine.services.draw_proof import proof_document
from certengine.services.draw_replay import replay_draw, sealed_draw
from certengine.services.erasure import ACTION as ERASE
from certengine.services.fairness import report_fairness
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.log_check import check_log
from certengine.services.rating_rules import demand_own_first
from certengine.services.records_of_acts import rows_of
from certengine.services.results import results_table
from certengine.services.separations import exception_words, exceptions_used
from certengine.services.sittings import load
from certengine.services.transparency import inclusion_of
from certengine.store import log, tables
from certengine.store import sittings as store
from certengine.store.erasure_tables import erasure

SCHEMA = "certengine.inspection/1"
#: Rows of the sitting, by the file that holds them; every one of these tables names its sitting.
_OF_SITTING = {
    "sitting/candidates.json": tables.candidate,
    "sitting/events.json": tables.sitting_event,
    "draw/papers.json": tables.paper,
    "draw/tasks.json": tables.task_assignment,
    "scores/runs.json": tables.grading_run,
    "scores/ratings.json": tables.rating,
    "scores/bench-entries.json": tables.bench_entry,
    "decisions/decisions.json": tables.decision,
    "exceptions/declarations.json": tables.declaration,
    "exceptions/key-corrections.json": tables.key_correction,
    "exceptions/appeals.json": tables.appeal,
    "exceptions/erasures.json": erasure,
    "certificates/certificates.json": tables.certificate,
}
#: Rows of the sitting's grading runs.
_OF_RUNS = {
    "scores/written.json": tables.written_score,
    "scores/marks.json": tables.script_mark,
    "scores/signatures.json": tables.signature,
    "scores/key-ins.json": tables.key_in,
    "scores/resolutions.json": tables.resolution,
    "exceptions/set-aside.json": tables.set_aside,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionArchive:
    """An archive that was written: its files, and what could not be put in, with the reason."""

    path: Path
    files: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]


def archive_sitting(context: Context, sitting_id: str, output: Path) -> InspectionArchive:
    """Write everything on record of a sitting as one zip.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when the actor is no auditor, or the file cannot be written.
    """
    context.demand_role("auditor")
    loaded = load(context, sitting_id)
    demand_own_first(context, loaded)
    at = context.clock()
    missing: dict[str, str] = {}
    files: dict[str, bytes] = {"scheme.json": canonical_bytes(loaded.scheme)}
    with context.reading() as connection:
        files |= _rows(connection, sitting_id)
        revealed = "revealed" in store.events(connection, sitting_id)
    header, rows = results_table(context, sitting_id)
    files["scores/results.csv"] = write_csv(header, rows)
    files["people.json"] = canonical_bytes([to_json(person) for person in context.workspace.config.people])
    files["exceptions/exceptions.json"] = jcs(list(_exceptions(context, sitting_id)))
    files["trail/log-check.json"] = canonical_bytes(check_log(context))
    files |= _draw(context, sitting_id, missing, revealed=revealed)
    manifest: dict[str, Json] = {
        "schema": SCHEMA,
        "sitting": sitting_id,
        "scheme": f"{loaded.scheme.id}@{loaded.sitting.scheme_version}",
        "made_at": instant_text(at),
        "made_by": context.actor,
        "missing": dict(missing),
    }
    files["index.html"] = index_page(sitting_id, loaded.scheme.title, instant_text(at), files, missing).encode()
    manifest["files"] = {name: digest_of_bytes(data) for name, data in sorted(files.items())}
    files["manifest.json"] = jcs(manifest)
    with context.writing() as connection:
        digest = digest_of_bytes(files["manifest.json"])
        context.write_act(connection, at, "sitting.archive", sitting_id, files=len(files), manifest=digest)
        write_whole(output, zipped(dict(sorted(files.items()))), mode=PRIVATE_FILE)
    return InspectionArchive(path=output, files=tuple(sorted(files)), missing=tuple(sorted(missing.items())))


def _rows(connection: Connection, sitting_id: str) -> dict[str, bytes]:
    """The sitting's rows as they are stored, with what hangs on them."""
    held = {name: rows_of(connection, table, sitting=sitting_id) for name, table in _OF_SITTING.items()}
    runs = [row["id"] for row in held["scores/runs.json"]]
    for name, table in _OF_RUNS.items():
        held[name] = [row for run in runs for row in rows_of(connection, table, run=run)]
    decided = [row["id"] for row in held["decisions/decisions.json"]]
    held["decisions/approvals.json"] = [
        row for one in decided for row in rows_of(connection, tables.approval, decision=one)
    ]
    appeals = [row["id"] for row in held["exceptions/appeals.json"]]
    held["exceptions/settlements.json"] = [
        row for one in appeals for row in rows_of(connection, tables.appeal_settlement, appeal=one)
    ]
    issued = held["certificates/certificates.json"]
    held["certificates/events.json"] = [
        row for one in issued for row in rows_of(connection, tables.certificate_event, certificate=one["id"])
    ]
    numbers = [row["number"] for row in issued]
    held["trail/acts.json"] = list(_acts(connection, sitting_id, numbers))
    files = {name: jcs(_plain(rows)) for name, rows in held.items()}
    files["trail/acts.csv"] = write_csv(
        ("seq", "at", "actor", "action", "subject"),
        [
            tuple(str(row[name]) for name in ("seq", "at", "actor", "action", "subject"))
            for row in held["trail/acts.json"]
        ],
    )
    newest = log.latest_checkpoint(connection)
    if newest is not None:
        files["trail/checkpoint"] = newest[1].encode()
        nodes = log.StoredNodes(connection)
        for number in numbers:
            proof = inclusion_of(connection, number, nodes)
            if proof is not None:
                files[f"certificates/{number.replace('/', '.')}.tlog-proof"] = proof.encode()
    return files


def _acts(connection: Connection, sitting_id: str, numbers: list[str]) -> Iterator[dict[str, Any]]:
    subject = tables.audit.c.subject
    banks = rows_of(connection, tables.sitting, id=sitting_id)[0]["banks"]
    named = [f"{bank}@{version}" for bank, version, _ in json.loads(banks)]
    parts = [numbers[start : start + 500] for start in range(0, len(numbers), 500)]
    # Whoever was erased is named beside the sitting.
    erased = and_(tables.audit.c.action == ERASE, subject.startswith(f"{sitting_id}/", autoescape=True))
    wanted = or_(subject == sitting_id, subject.in_(named), erased, *(subject.in_(part) for part in parts))
    for row in connection.execute(select(tables.audit).where(wanted).order_by(tables.audit.c.seq)).mappings():
        yield dict(row)


def _draw(context: Context, sitting_id: str, missing: dict[str, str], *, revealed: bool) -> dict[str, bytes]:
    """How the papers were drawn: repeated, reported, and proved where the seed is public."""
    found: dict[str, bytes] = {}
    try:
        found["draw/replay.json"] = canonical_bytes(replay_draw(context, sitting_id))
    except CertengineError as error:
        missing["draw/replay.json"] = error.message
    try:
        with tempfile.TemporaryDirectory() as folder:
            page, data = report_fairness(context, sitting_id, Path(folder) / "fairness.html")
            found["draw/fairness.html"], found["draw/fairness.json"] = page.read_bytes(), data.read_bytes()
    except CertengineError as error:
        missing["draw/fairness.html"] = error.message
    if revealed:
        found["draw/proof.json"] = canonical_bytes(proof_document(sealed_draw(context, sitting_id)))
    else:
        missing["draw/proof.json"] = "the seed is not revealed yet"
    return found


def _exceptions(context: Context, sitting_id: str) -> Iterator[dict[str, Json]]:
    """What was out of the ordinary: told where it is on record, so that nobody has to look for it."""
    with context.reading() as connection:
        sitting = store.load_sitting(connection, sitting_id)
        runs = rows_of(connection, tables.grading_run, sitting=sitting_id)
        aside = [(run["id"], run["set_aside"]) for run in runs if run["set_aside"]]
        corrected = rows_of(connection, tables.key_correction, sitting=sitting_id)
        appeals = rows_of(connection, tables.appeal, sitting=sitting_id)
        declared = rows_of(connection, tables.declaration, sitting=sitting_id)
        used = exceptions_used(connection, sitting_id)
        certificates = rows_of(connection, tables.certificate, sitting=sitting_id)
        events = [
            (row["number"], event)
            for row in certificates
            for event in rows_of(connection, tables.certificate_event, certificate=row["id"])
            if event["kind"] != "issued"
        ]
    for one in sitting.candidates:
        if one.extra_time or one.accommodations:
            yield _told("accommodation", "9.2", one.id, "; ".join(one.accommodations or ("extra time",)))
        if one.trainers:
            yield _told("trained-by", "5.2", one.id, ", ".join(one.trainers))
    for run, count in aside:
        yield _told("set-aside", "9.3", f"run {run}", f"{count} rows were not graded")
    for row in corrected:
        yield _told("key-correction", "9.3", row["item"], row["reason"])
    for row in declared:
        yield _told("declaration", "4.3", row["person"], row["kind"] or "no conflict")
    for act in used:
        yield _told("exception-used", "4.3, 5.2", act.actor, f"{instant_text(act.at)} {exception_words(act)}")
    for row in appeals:
        yield _told("appeal", "9.8", row["candidate"], row["reason"])
    for number, event in events:
        yield _told(event["kind"], "9.5", number, event["reason"] or "")
    for exception in context.workspace.config.exceptions:
        what = f"{exception.separation.value} until {exception.until}, agreed by {exception.agreed_by}"
        yield _told("exception-declared", "4.3, 5.2", exception.person, f"{what}: {exception.reason}")
    for person in context.workspace.config.people:
        both = {"assessor", "decider"} <= set(person.roles) or {"decider", "approver"} <= set(person.roles)
        if both or {"author", "reviewer"} <= set(person.roles):
            yield _told("several-roles", "5.2", person.id, ", ".join(person.roles))


def _told(kind: str, clause: str, subject: str, what: str) -> dict[str, Json]:
    return {"kind": kind, "clause": clause, "subject": subject, "what": what}


def _plain(rows: list[dict[str, Any]]) -> Json:
    return [dict(row) for row in rows]
