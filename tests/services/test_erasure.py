"""Erasing a person: gone from the file to the last byte, and everything that stays is whole and leads nowhere."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from certengine_cli import exits
from sqlalchemy import event

from certengine.credentials.checkpoint import read_proof_text
from certengine.credentials.salted import commitment_to, salt_of_record
from certengine.errors import CertengineError, InputError, NotFound, Refused, UsageError
from certengine.model.earlier import CarriedPart
from certengine.model.sitting import Candidate
from certengine.services.appeals import open_appeal
from certengine.services.context import Context, open_context
from certengine.services.draw_replay import replay_draw
from certengine.services.erasure import NOBODY, ErasureRun, erase_candidate
from certengine.services.grading import grade_written
from certengine.services.inspection import archive_sitting
from certengine.services.log_check import check_log
from certengine.services.overview import check_database, overview
from certengine.services.rating import grade_practical
from certengine.services.records_of_acts import event_record, rows_of
from certengine.services.replay import replay
from certengine.services.replay_links import LinkOutcome
from certengine.services.results import decide_sitting, results_table
from certengine.services.standing import ReasonClass, change_standing, find_certificate
from certengine.services.transparency import proof_of
from certengine.store import log, sittings, tables
from certengine.store.commitments import load_salts
from tests.cli.running import certengine
from tests.databases import asked, do, refusals, server
from tests.services.small_world import NOW, SITTING, acting, papers, write_ratings, write_responses
from tests.services.test_replay import NUMBER, altered, rewritten

At = Callable[[str], Path]
LATER = NOW.replace(year=NOW.year + 10)
"""When certificates have ended, and the records' time is over."""
HOLDER = "陈晓"
"""The name of C1, whose certificate is :data:`NUMBER`."""


def erased(context: Context, candidate: str = "C1", **changes: str) -> ErasureRun:
    """Erase one candidate as it is due."""
    said = {"reason": "retention has ended", "approver": "approver"} | changes
    return erase_candidate(context, SITTING, candidate, reason=said["reason"], approver=said["approver"])


def keep_for(root: Path, years: int, register: str = "keep") -> None:
    """Declare how long records are kept."""
    file = root / "certengine.toml"
    text = file.read_text("utf-8").replace("years = 6", f'years = {years}\nregister = "{register}"')
    file.write_text(text, encoding="utf-8")


def revoked(root: Path) -> None:
    """Take C1's certificate out of force."""
    with acting(root, "approver") as context:
        change_standing(context, NUMBER, "revoked", reason=ReasonClass.ERROR)


def bytes_of(root: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file of the database, with its journal, and every file of the workspace that the program made."""
    for path in (*root.glob("certengine.db*"), *(root / "certificates").glob("*"), *(root / ".certengine").rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


@pytest.mark.sqlite
def test_nothing_of_the_person_is_left_in_any_byte(at: At) -> None:
    """Name, code and token are in no page of the file, used or free, nor in its journal, nor in a file beside it."""
    root = at("issued")
    keep_for(root, 6, "erase")
    # Somebody who has it open and reads nothing just now: so the journal is kept when others close it.
    idle = sqlite3.connect(root / "certengine.db")
    assert idle.execute("SELECT count(*) FROM certificate").fetchone() == (3,)
    revoked(root)
    with acting(root) as context:
        with context.reading() as connection:
            token = json.loads(rows_of(connection, tables.certificate_event, kind="issued")[0]["details"])["token"]
        code = find_certificate(context, NUMBER).credential.code
    marks = {"name": HOLDER.encode(), "token": token.encode(), "code": code.encode()}
    pdf = root / "certificates" / f"{NUMBER}.pdf"
    assert pdf.exists()
    before = {name for name, mark in marks.items() for _, held in bytes_of(root) if mark in held}
    assert before == set(marks)

    with acting(root, at=LATER) as context:
        # As most builds of SQLite have it, and not the distribution's that happens to be here.
        event.listen(context.database.engine, "connect", lambda made, _: made.execute("PRAGMA secure_delete=OFF"))
        run = erased(context)
        # Also while it is open, before the last connection tidies up.
        left = [(path.name, name) for path, held in bytes_of(root) for name, mark in marks.items() if mark in held]

    assert run.scrubbed
    assert run.emptied == (NUMBER,)
    assert left == []
    assert not pdf.exists()
    assert not pdf.with_suffix(".tlog-proof").exists()
    idle.close()


@pytest.mark.postgresql
def test_nothing_of_the_person_is_left_in_a_file_of_the_server(at: At) -> None:
    """In no table, no index, and not in what the server notes about values to plan its queries."""
    root = at("issued")
    keep_for(root, 6, "erase")
    revoked(root)
    do(root, "ANALYZE")
    assert any(HOLDER in str(row) for row in asked(root, "SELECT most_common_vals, histogram_bounds FROM pg_stats"))
    assert [path.name for path, held in server().files(root) if HOLDER.encode() in held]
    with acting(root, at=LATER) as context:
        run = erased(context)

    assert run.scrubbed
    assert [path.name for path, held in server().files(root) if HOLDER.encode() in held] == []


def test_no_row_tells_of_the_person_any_more(at: At) -> None:
    """Answers, scores, ratings and reports go; of roster and decision a row says erased; another person's all stay."""
    root = at("issued")
    with acting(root) as context, context.reading() as connection:
        others = len(rows_of(connection, tables.rating, candidate="C2"))
    with acting(root, at=LATER) as context:
        erased(context)
        with context.reading() as connection:
            assert rows_of(connection, tables.rating, candidate="C1") == []
            assert rows_of(connection, tables.written_score, candidate="C1") == []
            (decision,) = rows_of(connection, tables.decision, candidate="C1")
            (entry,) = rows_of(connection, tables.candidate, id="C1")
            assert len(rows_of(connection, tables.rating, candidate="C2")) == others
        assert (decision["outcome"], decision["reports"]) == ("erased", '{"erased":"2036-11-22T09:00:00Z"}')
        assert json.loads(entry["contents"])["name"] == NOBODY


def test_the_log_stays_whole(at: At) -> None:
    """Size, root and every check are as before, and it says that somebody was erased; others' commitments still open."""
    root = at("issued")
    with acting(root, at=LATER) as context:
        before = check_log(context)
        erased(context)
        after = check_log(context)
        assert (after.sound, after.entries, after.signed, after.erased) == (True, before.entries, before.signed, 1)
        assert check_database(context) == ()
        assert replay_draw(context, SITTING).commitment_holds
        links = {link.id: link.outcome for link in replay(context, "S2630002").links}
        assert links["responses:theory"] is LinkOutcome.EQUAL


def test_nothing_leads_from_the_log_to_the_person(at: At) -> None:
    """With everything that is known of the issue its entry cannot be recomputed any more; with the salt it could."""
    root = at("issued")
    with acting(root, at=LATER) as context:
        with context.reading() as connection:
            ((_, entry),) = log.places_of(connection, "issue", NUMBER)
            certificate = rows_of(connection, tables.certificate, number=NUMBER)[0]
            record = event_record(
                certificate, rows_of(connection, tables.certificate_event, certificate=certificate["id"])[0]
            )
            salt = salt_of_record(load_salts(connection, [record.owner])[record.owner], record.kind, record.subject)
        opened = commitment_to(record.content, kind=record.kind, subject=record.subject, salt=salt)
        assert json.loads(entry)["commitment"] == opened

        erased(context)

        with context.reading() as connection:
            assert load_salts(connection, [record.owner]) == {}
        assert read_proof_text(proof_of(context, NUMBER)[1]).extra is None
        assert not (root / "certificates" / f"{NUMBER}.tlog-proof").exists()


def test_the_register_keeps_its_entry_where_the_house_says_so(at: At) -> None:
    """By ``register = "keep"`` the certificate can be looked up as ever; replay says of the rest that it was erased."""
    root = at("issued")
    with acting(root, at=LATER) as context:
        run = erased(context)
        assert (run.kept, run.emptied) == ((NUMBER,), ())
        assert find_certificate(context, NUMBER).credential.holder.name == HOLDER
        found = replay(context, NUMBER)
        links = {link.id: link.outcome for link in found.links}
    assert found.outcome is LinkOutcome.EQUAL
    assert {one for one, how in links.items() if how is LinkOutcome.ERASED} == {
        *("candidate", "approval", "decision", "score:theory", "score:bench"),
        *("responses:theory", "ratings:bench"),
    }
    assert (links["log"], links["file"], links["draw"]) == (LinkOutcome.EQUAL,) * 3


def test_the_entry_of_a_certificate_in_force_stays_until_it_is_not(at: At) -> None:
    """By ``register = "erase"`` that of one without an end goes once it was revoked; until then it stays."""
    root = at("issued")
    keep_for(root, 6, "erase")
    rewritten(root, "certificate", "credential", f"number = '{NUMBER}'", lambda one: one.pop("valid_until") and None)
    with acting(root, at=LATER) as context:
        assert erased(context).kept == (NUMBER,)
        assert find_certificate(context, NUMBER).credential.holder.name == HOLDER
    revoked(root)
    with acting(root, at=LATER) as context:
        assert erased(context).emptied == (NUMBER,)
        assert erased(context).rows == 0


def test_an_entry_that_went_leaves_number_and_status(at: At) -> None:
    """No code leads to it any more; the number stays used, how it stands stays told, and replay says erased."""
    root = at("issued")
    keep_for(root, 6, "erase")
    with acting(root) as context:
        code = find_certificate(context, NUMBER).credential.code
    revoked(root)
    with acting(root, at=LATER) as context:
        erased(context)
        record = find_certificate(context, NUMBER)
        found = replay(context, NUMBER)
        with pytest.raises(NotFound):
            find_certificate(context, code)
    assert (record.credential.holder.name, record.state.value, record.credential.code) == (NOBODY, "revoked", "")
    assert found.outcome is LinkOutcome.EQUAL
    gone = {link.id for link in found.links if link.outcome is LinkOutcome.ERASED}
    assert gone > {"certificate", "token", "standing", "decision"}


def test_rows_taken_away_without_an_act_are_not_called_erased(at: At) -> None:
    """Who deletes a person's answers by hand, or forges an erasure, is found; only the act makes it one."""
    root = at("issued")
    altered(root, "DELETE FROM rating WHERE candidate = 'C1'")
    altered(
        root,
        'INSERT INTO erasure (sitting, candidate, register, at, "by", approved_by) '
        "VALUES (?, 'C1', 'kept', '2036-11-22T09:00:00Z', 'admin', 'approver')",
        SITTING,
    )
    with acting(root) as context:
        assert replay(context, NUMBER).outcome is LinkOutcome.DIFFERS
        assert any("no act tells that autumn/C1 was erased" in one for one in check_log(context).problems)


def test_the_gate_opens_for_nobody_else(at: At) -> None:
    """With one person erased, rows of others still can neither go nor be emptied, nor an emptied one filled."""
    root = at("issued")
    with acting(root, at=LATER) as context:
        erased(context)
    said = refusals(
        root,
        "DELETE FROM rating",
        "DELETE FROM written_score",
        "UPDATE decision SET contents = 'erased', reports = 'erased' WHERE candidate = 'C2'",
        "UPDATE decision SET contents = '{}' WHERE candidate = 'C1'",
        "UPDATE certificate SET credential = 'erased', code_digest = 'erased', typed_digest = 'erased'",
        "DELETE FROM candidate WHERE id = 'C1'",
        "DELETE FROM erasure",
    )
    assert ["append-only" in one for one in said] == [True] * 7, said


def test_what_goes_on_goes_on_without_the_person(at: At) -> None:
    """Deciding again makes nothing anew, the overview waits for nothing, lists say erased, an archive tells of it."""
    root = at("issued")
    with acting(root, at=LATER) as context:
        before = overview(context).next_command
        erased(context, "C4")
        _, rows = results_table(context, SITTING)
        told = overview(context)
    with acting(root, "decider", at=LATER) as context:
        assert decide_sitting(context, SITTING)[0].new == 0
    with acting(root, "inspector", at=LATER) as context:
        archive = archive_sitting(context, SITTING, root / "archive.zip")
    assert ("C4", NOBODY, "", "", "erased", "") in rows
    assert told.next_command == before
    assert any("1 erased" in line.text for line in told.lines)
    assert "exceptions/erasures.json" in archive.files


@pytest.mark.parametrize(
    ("when", "changes", "code"),
    [
        (NOW, {}, "erasure/retention"),
        (LATER, {"approver": "admin"}, "erasure/same-person"),
        (LATER, {"approver": "a1"}, "role/missing"),
        (LATER, {"reason": f"{HOLDER} asked for it"}, "erasure/reason-names"),
    ],
)
def test_refused(when: datetime, changes: dict[str, str], code: str, at: At) -> None:
    """Before its time, without a second person, or with a name that would stay: nothing is touched."""
    root = at("issued")
    with acting(root, at=when) as context:
        with pytest.raises(CertengineError) as refusal:
            erased(context, **changes)
        with context.reading() as connection:
            assert rows_of(connection, tables.rating, candidate="C1")
    assert refusal.value.code == code


def test_refused_while_an_appeal_is_open(at: At) -> None:
    """What waits is settled first."""
    root = at("approved")
    with acting(root) as context:
        open_appeal(context, SITTING, "C4", reason="question 1")
    with acting(root, at=LATER) as context, pytest.raises(Refused) as refusal:
        erased(context, "C4")
    assert refusal.value.code == "erasure/appeal-open"


def test_rows_set_aside_and_photographs_go_too(at: At) -> None:
    """A row that was set aside and names the candidate, and the picture that was put in or kept; another's all stay."""
    root = at("sealed")
    with acting(root) as context:
        own = next(one.id for one in papers(context) if one.candidate == "C1")
        stray = [(who, f"AAAA-AA{who}", {"q1": "A"}) for who in ("C1", "C2", "C11")] + [
            ("C2", own, {}),
            ("C3", own, {}),
        ]
        grade_written(context, SITTING, [write_responses(root / "stray.csv", stray)])
        spoilt = [(who, "M1", "a1", f"{HOLDER} was late") for who in ("C1", "C2")]
        grade_practical(context, SITTING, [write_ratings(root / "spoilt.csv", spoilt)])
        with context.reading() as connection:
            told = [row["message"] for row in rows_of(connection, tables.set_aside)]
    (root / "photos").mkdir()
    for who in ("C1", "C2"):
        (root / "photos" / f"{who}.jpg").write_bytes(b"a picture")
    with acting(root, at=LATER) as context:
        run = erased(context)
        with context.reading() as connection:
            left = [row["message"] for row in rows_of(connection, tables.set_aside)]
    assert run.files == (root / "photos" / "C1.jpg",)
    assert [path.name for path in (root / "photos").iterdir()] == ["C2.jpg"]
    named = [one for one in told if "`C1`" in one or one.startswith("C1 ") or own in one]
    assert (len(told), len(named)) == (7, 4), told
    assert left == [one for one in told if one not in named]


def test_refused_while_a_number_is_reserved(at: At) -> None:
    """A certificate that is being issued is issued or given up first."""
    root = at("reserved")
    with acting(root, at=LATER) as context, pytest.raises(Refused) as refusal:
        erased(context)
    assert refusal.value.code == "erasure/reserved"


def test_refused_while_a_later_result_rests_on_it(at: At) -> None:
    """Who carried a part over from here is erased there first."""
    root = at("issued")
    with acting(root) as context, context.writing() as connection:
        part = CarriedPart(component="theory", sitting=SITTING, candidate="C1", until=LATER.date())
        later = Candidate(id="C1", name=HOLDER, carry_over=("theory",), carried=(part,))
        earlier = sittings.load_sitting(connection, SITTING)
        sittings.append_sitting(connection, replace(earlier, id="later", candidates=(later,)), bytes(32))
    with acting(root, at=LATER) as context, pytest.raises(Refused, match="carried a part over") as refusal:
        erased(context)
    assert refusal.value.code == "erasure/carried-over"


def test_refused_where_the_house_does_not_say_how_long(at: At) -> None:
    """Without ``[retention]`` nothing is erased; with nonsense in it the workspace does not open."""
    root = at("issued")
    file = root / "certengine.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("[retention]\nyears = 6\n", ""), encoding="utf-8")
    with acting(root, at=LATER) as context, pytest.raises(Refused) as refusal:
        erased(context)
    assert refusal.value.code == "erasure/no-retention"
    file.write_text(text.replace("years = 6", 'years = 6\nregister = "burn"'), encoding="utf-8")
    with pytest.raises(InputError):
        open_context(root)


def test_it_is_an_act_of_an_administrator_with_a_reason(at: At) -> None:
    """Nobody else, nobody unknown, and not without a reason; a dry run writes nothing."""
    root = at("issued")
    with acting(root, at=LATER) as context:
        with pytest.raises(NotFound):
            erased(context, "C99")
        with pytest.raises(UsageError):
            erased(context, reason=" ")
        tried = erase_candidate(context, SITTING, "C1", reason="time is over", approver="approver", dry_run=True)
        assert (tried.rows, tried.kept) == (0, (NUMBER,))
        assert check_log(context).erased == 0
    with acting(root, "approver", at=LATER) as context, pytest.raises(Refused):
        erased(context, approver="decider")


@pytest.mark.sqlite
def test_another_program_at_the_database_is_said(at: At) -> None:
    """Who reads meanwhile keeps old pages alive: the rows go, the command says that traces are left, and does it again."""
    root = at("issued")
    reader = sqlite3.connect(root / "certengine.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM candidate").fetchall()
    with acting(root, at=LATER) as context:
        assert not erased(context).scrubbed
        reader.close()
        assert erased(context).scrubbed


def test_the_command_tells_what_it_did_and_what_is_left_to_do(at: At) -> None:
    """Rows, the entry that stays, files read in that are not held here; and that records are kept until when."""
    root = at("issued")
    words = ("sitting", "erase", SITTING, "C4", "-m", "privacy law", "--approver", "approver", "--yes", "--as", "admin")

    refused = certengine(*words, cwd=root)
    assert refused.code == exits.REFUSED
    assert "kept for 6 years, until" in refused.err

    keep_for(root, 0)
    tried = certengine(*words, "--dry-run", "--json", cwd=root)
    assert (tried.code, tried.document["rows"], tried.document["elsewhere"]) == (0, 0, ["responses.csv", "ratings.csv"])
    done = certengine(*words, cwd=root)
    assert done.code == exits.DONE, done.err
    assert re.search(r"candidate C4 of autumn is erased: \d+ rows", done.out)
    assert "for you to destroy: responses.csv, ratings.csv" in done.err
    assert "1 erasure on record" in certengine("log", "check", cwd=root).out
