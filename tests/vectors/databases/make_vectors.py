"""Makes ``<schema>.db`` of the newest schema, once: the small academy with everything in it, and what is read from it.

Files here are kept for ever: every later certengine must upgrade and read them. Run this only after a migration was
added, and only to add the file of the new schema:

    python -m tests.vectors.databases.make_vectors
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, inspect, select

from certengine.canonical import digest, digest_of_bytes, to_json
from certengine.model.bench import BenchEntry, ConflictKind, Declaration
from certengine.model.key_correction import KeyPolicy
from certengine.model.marking import ScriptMark
from certengine.model.sitting import Paper
from certengine.services.draw_proof import reveal_sitting
from certengine.services.erasure import erase_candidate
from certengine.services.grading import grade_written
from certengine.services.sittings import close_sitting
from certengine.services.standing import ReasonClass, change_standing, list_certificates
from certengine.store import (
    appeals,
    audit,
    bench,
    certificates,
    decisions,
    erasures,
    gradings,
    key_corrections,
    key_ins,
    pictures,
    schema,
    script_marks,
    sittings,
)
from certengine.store.engine import Database
from certengine.store.tables import picture
from certengine.store.versions import bank_versions, load_scheme
from tests.services.small_world import NOW, SITTING, World, acting, write_responses

HERE = Path(__file__).parent
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="2" height="1"/></svg>'


def what_is_read(database: Database) -> dict[str, object]:
    """What the store reads from a database: names and counts as they are, nouns by their digests."""
    with database.reading() as connection:
        found: dict[str, object] = {
            "banks": bank_versions(connection),
            "acts": [[act.action, act.subject, act.actor] for act in audit.acts(connection, 1000)],
            "first_break": audit.first_break(connection),
        }
        kept = [row.digest for row in connection.execute(select(picture).order_by(picture.c.digest))]
        if kept:  # as in no database before there were pictures
            found["pictures"] = {
                name: digest_of_bytes(held) for name, held in pictures.load_pictures(connection, kept).items()
            }
        for sitting_id in sittings.sitting_ids(connection):
            sitting = sittings.load_sitting(connection, sitting_id)
            found[sitting_id] = {
                "sitting": digest(sitting),
                "scheme": digest(load_scheme(connection, sitting.scheme_id, sitting.scheme_version)),
                "seed": sittings.load_seed(connection, sitting_id).hex(),
                "events": sorted(sittings.events(connection, sitting_id)),
                "papers": [digest(paper) for paper in sittings.load_papers(connection, sitting_id)],
                "tasks": [[task.candidate, task.task] for task in sittings.load_tasks(connection, sitting_id)],
                "written": [digest(report) for _, report in gradings.latest_written(connection, sitting_id)],
                "ratings": digest(gradings.load_ratings(connection, sitting_id)),
                **_marking(connection, sitting_id),
                **_corrected(connection, sitting_id),
                **_at_the_bench(connection, sitting_id),
                **_erased(connection, sitting_id),
                "decisions": [
                    [one.decision.candidate, one.decision.outcome, one.digest, one.decided_by, one.approved_by]
                    for one in decisions.latest_decisions(connection, sitting_id)
                ],
                "certificates": [
                    [one.credential.number, one.candidate, one.state.value, digest(one.credential)]
                    for one in certificates.certificates_of(connection, sitting_id)
                ],
            }
    document = to_json(found)
    assert isinstance(document, dict)
    return dict(document)


def _marking(connection: Connection, sitting_id: str) -> dict[str, object]:
    """What markers gave; left out where nobody did, as in every database before there were markers."""
    key = script_marks.load_marking_key(connection, sitting_id)
    if key is None:
        return {}
    return {"marking": {"key": key.hex(), "marks": digest(script_marks.load_script_marks(connection, sitting_id))}}


def _corrected(connection: Connection, sitting_id: str) -> dict[str, object]:
    """Corrected keys, key-ins that differed, what was resolved, appeals; each left out where there is none."""
    found: dict[str, object] = {
        "key_corrections": key_corrections.load_key_corrections(connection, sitting_id),
        "key_ins": key_ins.load_key_ins(connection, sitting_id),
        "resolutions": key_ins.load_resolutions(connection, sitting_id),
        "appeals": appeals.load_appeals(connection, sitting_id),
    }
    return {name: digest(rows) for name, rows in found.items() if rows}


def _at_the_bench(connection: Connection, sitting_id: str) -> dict[str, object]:
    """Signatures, entries at the bench, declared conflicts; each left out where there is none."""
    found: dict[str, object] = {
        "signatures": bench.load_signatures(connection, sitting_id),
        "bench_entries": bench.load_bench_entries(connection, sitting_id, "a1"),
        "declarations": bench.load_declarations(connection, sitting_id),
    }
    return {name: digest(rows) for name, rows in found.items() if rows}


def _erased(connection: Connection, sitting_id: str) -> dict[str, object]:
    """Who was erased; left out where nobody was."""
    if not inspect(connection).has_table("erasure"):
        return {}
    found = erasures.load_erasures(connection, sitting_id)
    return {"erasures": [[one.candidate, one.register, one.by, one.approved_by] for one in found]} if found else {}


def at_the_bench(connection: Connection) -> None:
    """An entry that was struck, and a declared conflict."""
    entry = BenchEntry(candidate="C1", task="T-1", aspect="M1", assessor="a1", value="100.02", remark="read again")
    bench.append_bench_entry(connection, SITTING, entry, at=NOW)
    bench.append_bench_entry(connection, SITTING, replace(entry, struck=True), at=NOW)
    declared = [
        Declaration(person="a1"),
        Declaration(person="trainer", candidate="C6", kind=ConflictKind.TRAINEE),
    ]
    bench.append_declarations(connection, SITTING, declared, at=NOW, by="a1")


def corrections_and_appeals(connection: Connection, paper: Paper) -> None:
    """One row of everything that corrects a result."""
    correction = key_corrections.CorrectionRow(
        run=1,
        bank=paper.bank,
        item=paper.items[0].item,
        policy=KeyPolicy.CURRENT,
        version=1,
        reason="misprint",
        requested_by="admin",
        approved_by="approver",
    )
    key_corrections.append_key_corrections(connection, SITTING, [correction])
    sheet, _ = gradings.latest_written(connection, SITTING)[0]
    differs = key_ins.Difference(position=1, given=(("first.csv:2:3", "A"), ("second.csv:2:3", "B")))
    key_ins.append_key_ins(connection, [key_ins.KeyIn(run=1, sheet=sheet, differences=(differs,))])
    resolved = key_ins.Resolution(paper=paper.id, position=1, read="A | B", response="B", by="a1", reason="paper seen")
    key_ins.append_resolutions(connection, 1, [resolved])
    decision = decisions.latest_decisions(connection, SITTING)[0].id
    number = appeals.append_appeal(
        connection,
        SITTING,
        paper.candidate,
        decision=decision,
        reason="question 1",
        deadline=date(2026, 12, 24),
        at=NOW,
        by="admin",
    )
    settled = appeals.Settlement(
        decision=decision, outcome="confirmed", reason="marked as the key says", settled_at=NOW, settled_by="a2"
    )
    appeals.append_settlement(connection, number, settled)


def a_mark(paper: Paper) -> ScriptMark:
    """What a marker might have given an answer of a paper."""
    drawn = paper.items[0]
    return ScriptMark(
        paper=paper.id,
        position=drawn.position,
        item=drawn.item,
        marker="a1",
        answer=digest("an answer"),
        points={"cause": 1, "check": 0},
        remark="read again",
    )


def make() -> None:
    """Write the database of the newest schema and what is read from it."""
    file = HERE / f"{schema.newest_version()}.db"
    if file.exists():
        sys.exit(f"{file.name} exists and is kept for ever")
    with tempfile.TemporaryDirectory() as folder:
        root = World(Path(folder)).copy("issued", Path(folder) / "academy")
        with acting(root) as context:
            stray = write_responses(Path(folder) / "stray.csv", [("C1", "AAAA-AAAA", {"q1": "A"})])
            grade_written(context, SITTING, [stray])
            close_sitting(context, SITTING)
            reveal_sitting(context, SITTING)
        with acting(root) as context, context.writing() as connection:
            paper = sittings.load_papers(connection, SITTING)[0]
            script_marks.append_marking_key(connection, SITTING, bytes(32))
            script_marks.append_script_marks(connection, 1, [a_mark(paper)])
            pictures.append_pictures(connection, {digest_of_bytes(PICTURE): PICTURE})
            corrections_and_appeals(connection, paper)
            at_the_bench(connection)
        with acting(root, "approver") as context:
            number = list_certificates(context, SITTING)[1].credential.number
            change_standing(context, number, "revoked", reason=ReasonClass.ERROR, remark="wrong name")
        with acting(root, at=NOW.replace(year=NOW.year + 7)) as context:
            erase_candidate(context, SITTING, "C6", reason="their time is over", approver="approver")
        with sqlite3.connect(root / "certengine.db") as connection:
            connection.execute("VACUUM INTO ?", (str(file),))
    read = json.dumps(what_is_read(Database(f"sqlite:///{file}")), ensure_ascii=False, indent=1, sort_keys=True)
    file.with_suffix(".json").write_text(read + "\n", encoding="utf-8")


if __name__ == "__main__":
    make()
