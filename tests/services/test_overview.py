"""At a glance: what exists, the next command, and whether the records are sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.services.log_check import check_log
from certengine.services.overview import check_database, latest_acts, overview
from certengine.services.sittings import open_sitting
from certengine.services.standing import ReasonClass, change_standing, list_certificates
from tests.databases import ON_POSTGRESQL, do, meddle
from tests.services.small_world import BANK, SCHEME, SITTING, acting, rows_of

At = Callable[[str], Path]


@pytest.mark.parametrize(
    ("stage", "command"),
    [
        ("workspace", f"certengine bank publish {BANK}"),
        ("published", f"certengine sitting open {SCHEME} --candidates FILE"),
        ("opened", f"certengine sitting seal {SITTING}"),
        ("sealed", f"certengine paper print {SITTING} -o print"),
        ("graded", f"certengine result decide {SITTING}"),
        ("decided", f"certengine result approve {SITTING} --as ID"),
        ("approved", "certengine key new"),
        ("keyed", f"certengine cert issue {SITTING}"),
    ],
)
def test_each_stage_names_the_command_that_goes_on(at: At, stage: str, command: str) -> None:
    """Whoever does not know what comes next asks once."""
    with acting(at(stage)) as context:
        assert overview(context).next_command == command


def test_a_sitting_is_told_in_one_line(at: At) -> None:
    """What was done to how many, and of how many a score is missing."""
    with acting(at("approved")) as context:
        lines = [line.text for line in overview(context).lines if line.what == "sitting"]
    words = "6 papers, 6 graded, 5 rated, 5 decided, 5 approved, 1 waiting for scores, 0 certificates"
    assert lines == [f"{SITTING}: sealed, {words}"]


def test_of_many_sittings_the_newest_are_looked_into(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier ones are counted, and it is said how to see them."""
    monkeypatch.setattr("certengine.services.overview.SHOWN", 1)
    root = at("opened")
    with acting(root) as context:
        open_sitting(context, SCHEME, root / "roster.csv", sitting_id="newer")
        short, whole = (
            [one.text for one in overview(context, every=each).lines if one.what == "sitting"] for each in (False, True)
        )
    assert short == ["1 earlier: `certengine status --all`", "newer: open"]
    assert whole == [f"{SITTING}: open", "newer: open"]


@pytest.mark.slow
def test_an_unfinished_run_is_told_with_the_command_that_resumes_it(at: At) -> None:
    """Numbers that were reserved and never issued wait for the same command."""
    with acting(at("reserved")) as context:
        told = overview(context)
    assert told.next_command == f"certengine cert issue {SITTING}"
    assert any(line.text.endswith("0 certificates, 3 unfinished") for line in told.lines)


@pytest.mark.slow
def test_a_number_given_up_counts_as_no_certificate(at: At) -> None:
    """The candidate still waits for one."""
    root = at("reserved")
    with acting(root) as context:
        for record in list_certificates(context):
            change_standing(context, record.credential.number, "void", reason=ReasonClass.ERROR)
        told = overview(context)
    assert told.next_command == f"certengine cert issue {SITTING}"
    assert any(line.text.endswith(" 0 certificates") for line in told.lines)


def test_looking_writes_nothing(at: At) -> None:
    """Neither the overview nor the checks leave a trace."""
    with acting(at("approved")) as context:
        before = rows_of(context)
        overview(context)
        check_log(context)
        check_database(context)
        assert rows_of(context) == before


def test_a_sound_database_has_nothing_to_report(at: At) -> None:
    """Pages, references, protection, chain and digests."""
    with acting(at("approved")) as context:
        assert check_database(context) == ()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE bank_version SET contents = replace(contents, '对', '错')", "a row of bank_version does not match"),
        (
            "UPDATE scheme_version SET contents = replace(contents, '60', '50')",
            "a row of scheme_version does not match",
        ),
        ("UPDATE paper SET contents = contents || ' ' WHERE candidate = 'C1'", "a row of paper does not match"),
        (
            "UPDATE decision SET contents = replace(contents, 'failed', 'passed') WHERE candidate = 'C4'",
            "a row of decision does not match",
        ),
        pytest.param(
            "UPDATE decision SET contents = x'00' WHERE candidate = 'C4'",
            "a row of decision does not match",
            marks=pytest.mark.sqlite,
        ),
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 3", "the audit trail is broken at act 3"),
        pytest.param(
            "UPDATE audit SET details = x'00' WHERE seq = 2",
            "the audit trail is broken at act 2",
            marks=pytest.mark.sqlite,
        ),
        ("DELETE FROM grading_run WHERE id = 1", "written_score refers to a missing row"),
    ],
)
def test_an_altered_row_is_found(at: At, statement: str, found: str) -> None:
    """Also when the protection was put back afterwards."""
    root = at("approved")
    meddle(root, statement)
    with acting(root) as context:
        problems = check_database(context)
    assert problems
    assert all(one.startswith(found) for one in problems)


@pytest.mark.parametrize("gone", ["dropped", pytest.param("turned off", marks=pytest.mark.postgresql)])
def test_missing_protection_is_found(at: At, gone: str) -> None:
    """Each trigger by its name, in both checks."""
    root = at("workspace")
    if gone == "turned off":
        do(root, "ALTER TABLE audit DISABLE TRIGGER audit_no_delete")
    else:
        do(root, f"DROP TRIGGER audit_no_delete{' ON audit' if ON_POSTGRESQL else ''}")
    with acting(root) as context:
        assert check_database(context) == ("trigger audit_no_delete is missing",)
        assert check_log(context).missing_triggers == ("audit_no_delete",)


def test_the_head_of_the_trail_is_told(at: At) -> None:
    """Whoever keeps it elsewhere sees a later rewrite: the head of a rewritten trail is another."""
    root = at("opened")
    with acting(root) as context:
        checked = check_log(context)
        assert (checked.acts, checked.first_break) == (2, None)
        assert checked.head is not None
        assert [act.action for act in latest_acts(context, 5)] == ["sitting.open", "bank.publish"]
    meddle(root, "DELETE FROM audit WHERE seq = 2")
    with acting(root) as context:
        assert (check_log(context).first_break, check_log(context).head == checked.head) == (None, False)


def test_acts_name_no_person_but_the_actor(at: At) -> None:
    """Names of candidates, answers and seeds stay out of the trail."""
    with acting(at("approved")) as context:
        told = repr(latest_acts(context, 100))
    assert [name for name in ("陈晓", "李娜", "seed") if name in told] == []
