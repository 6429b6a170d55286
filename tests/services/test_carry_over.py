"""A second sitting: a passed part counts, limits and waits are kept, and no paper is drawn for what is not sat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from certengine.canonical import canonical_bytes
from certengine.errors import InputError
from certengine.services.draw_proof import proof_document, read_proof, reveal_sitting, write_banks
from certengine.services.draw_replay import replay_draw, replay_published, sealed_draw
from certengine.services.grading import grade_written
from certengine.services.issuing import issue_sitting
from certengine.services.keys import new_keys
from certengine.services.rating import grade_practical
from certengine.services.replay import replay
from certengine.services.replay_links import LinkOutcome
from certengine.services.results import approve_sitting, candidate_result, decide_sitting
from certengine.services.sittings import close_sitting, open_sitting, seal_sitting
from certengine.store.sittings import load_papers, load_tasks, seen_before
from tests.services.small_world import (
    NOW,
    PANEL,
    RIGHT_ENTRIES,
    SCHEME,
    SITTING,
    acting,
    passphrase,
    right_answers,
    rows_of,
    write_ratings,
    write_responses,
)
from tests.services.test_replay import altered

At = Callable[[str], Path]
NEXT = "next"
LATER = NOW + timedelta(days=60)
RULES = """carry_over:
  - {component: theory, months: 12, times: 1}
  - {component: bench, months: 12}
"""


def declare(root: Path, rules: str = RULES) -> None:
    """A scheme that lets both parts be carried over, and old items come again."""
    path = root / "rubrics" / SCHEME / "scheme.yaml"
    text = path.read_text("utf-8").replace("    minutes: 30\n", "    minutes: 30\n    retakers: any\n")
    path.write_text(text + rules, encoding="utf-8")


def roster(root: Path, *rows: str) -> Path:
    """A roster with the columns that look back."""
    path = root / "next.csv"
    path.write_text("\n".join(("candidate_id,name,earlier_id,carry_over", *rows)) + "\n", encoding="utf-8")
    return path


def found(root: Path, *rows: str, at: timedelta = timedelta(days=60)) -> list[tuple[int, str]]:
    """Line and code of everything that speaks against a roster, errors or else warnings; nothing is written."""
    with acting(root, at=NOW + at) as context:
        before = rows_of(context)
        try:
            _, findings = open_sitting(context, SCHEME, roster(root, *rows), sitting_id=NEXT, dry_run=True)
        except InputError as error:
            findings = error.findings
        assert rows_of(context) == before
        return [(one.place.line, one.code) for one in findings]


def second_sitting(root: Path) -> None:
    """C4, who failed in theory, sits it again as 9-04; C5, whom a veto failed, carries the theory and sits the bench."""
    declare(root)
    with acting(root, at=LATER) as context:
        rows = ("9-04,赵敏,C4,实操", "C5,孙悦,,theory", "N1,何新,,")
        open_sitting(context, SCHEME, roster(root, *rows), sitting_id=NEXT)
        seal_sitting(context, NEXT)


def test_no_paper_and_no_task_is_drawn_for_what_is_carried(at: At) -> None:
    """Each gets what he or she sits, and nothing else; what was seen under the earlier id is known."""
    root = at("approved")
    second_sitting(root)
    with acting(root) as context, context.reading() as connection:
        assert [paper.candidate for paper in load_papers(connection, NEXT)] == ["9-04", "N1"]
        assert [task.candidate for task in load_tasks(connection, NEXT)] == ["C5", "N1"]
        assert set(seen_before(connection, NEXT)) == {"9-04", "C5"}


def test_a_draw_with_carried_parts_is_repeated(at: At, tmp_path: Path) -> None:
    """By the register, and by strangers from what was published; the proof names no earlier sitting."""
    root = at("approved")
    second_sitting(root)
    with acting(root, at=LATER) as context:
        close_sitting(context, NEXT)
        reveal_sitting(context, NEXT)
        banks = write_banks(context, NEXT, tmp_path / "banks")
        (tmp_path / "proof.json").write_bytes(canonical_bytes(proof_document(sealed_draw(context, NEXT))))
        own = replay_draw(context, NEXT)
        strangers = replay_published(read_proof(tmp_path / "proof.json", banks), NEXT)
        single = replay_draw(context, sealed_draw(context, NEXT).papers[0].id)
    assert [(one.same, one.papers, one.commitment_holds) for one in (own, strangers)] == [(2, 2, True)] * 2
    assert (single.same, SITTING.encode() in (tmp_path / "proof.json").read_bytes()) == (1, False)


def test_a_carried_part_decides_and_is_named(at: At) -> None:
    """With the earlier theory and a bench sat anew C5 passes; the derivation names the earlier sitting."""
    root = at("approved")
    second_sitting(root)
    with acting(root) as context:
        answers = right_answers(context, NEXT)
        rows = [(one.candidate, one.id, answers[one.id]) for one in _papers(root)]
        grade_written(context, NEXT, [write_responses(root / "r2.csv", rows)])
        marks = [
            (who, aspect, a, entry) for who in ("C5", "N1") for a in PANEL for aspect, entry in RIGHT_ENTRIES.items()
        ]
        grade_practical(context, NEXT, [write_ratings(root / "p2.csv", marks)])
    with acting(root, "decider", at=LATER) as context:
        run, made = decide_sitting(context, NEXT)
        record = candidate_result(context, NEXT, "C5")
    assert (run.passed, [one.outcome for one in made]) == (3, ["passed"] * 3)
    theory = record.decision.derivation.steps[0]
    assert theory.found.best("en") == f"100 (Theory carried over from sitting {SITTING}, candidate C5)"
    assert [one.carried.sitting for one in record.reports if one.carried] == [SITTING]


def test_a_carried_result_that_is_superseded_leaves_the_decision_open(at: At) -> None:
    """When the earlier theory is corrected downwards, the next decision waits and says why."""
    root = at("approved")
    second_sitting(root)
    with acting(root) as context:
        paper = next(one for one in _papers(root, SITTING) if one.candidate == "C5")
        grade_written(context, SITTING, [write_responses(root / "fix.csv", [("C5", paper.id, {})])])
    with acting(root, "decider", at=LATER) as context:
        decide_sitting(context, SITTING)
        decide_sitting(context, NEXT)
        record = candidate_result(context, NEXT, "C5")
    assert record.decision.outcome == "pending"
    assert f"the result of sitting {SITTING} that was to be carried over was superseded" in str(record.decision.missing)


def _papers(root: Path, sitting: str = NEXT) -> tuple:
    with acting(root) as context, context.reading() as connection:
        return load_papers(connection, sitting)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("C1,陈晓,,theory", "roster/nothing-to-carry"),
        ("C4,赵敏,,theory", "roster/nothing-to-carry"),
        ("C6,周涛,,bench", "roster/nothing-to-carry"),
        ("C4,赵敏,,oral", "roster/carry-over"),
        ("X1,赵敏,C44,", "roster/earlier-unknown"),
        ("X1,钱敏,C4,", "roster/another-person"),
        ("C4,钱敏,,", "roster/id-of-another"),
        ("C5,孙悦,,", "roster/could-carry"),
        ("X1,孙悦,c5,", "roster/could-carry"),
        ("C4,赵敏,not an id!,", "roster/earlier-id"),
    ],
)
def test_a_row_is_refused_with_its_reason(at: At, row: str, code: str) -> None:
    """The line is named, and no sitting is opened; a doubt that is no error is said."""
    root = at("approved")
    declare(root)
    assert found(root, "N1,何新,,", row) == [(3, code)]


def test_a_part_expires(at: At) -> None:
    """A year after the approval the theory has to be sat again."""
    root = at("approved")
    declare(root)
    assert found(root, "C5,孙悦,,theory", at=timedelta(days=364)) == []
    assert found(root, "C5,孙悦,,theory", at=timedelta(days=365)) == [(2, "roster/carry-expired")]


def test_a_part_is_used_up(at: At) -> None:
    """The theory counts in one later sitting, and in no third."""
    root = at("approved")
    second_sitting(root)
    with acting(root, at=LATER) as context, pytest.raises(InputError) as error:
        open_sitting(context, SCHEME, roster(root, "C5,孙悦,,theory"), sitting_id="third")
    assert [one.code for one in error.value.findings] == ["roster/carry-used-up"]


def test_retakes_are_limited_and_wait(at: At) -> None:
    """Who failed waits; who failed too often is refused; who passed, or never sat, is not."""
    root = at("approved")
    declare(root, "retakes: {attempts: 1, within_months: 6, wait_days: 30}\n")
    rows = ("N1,何新,,", "C1,陈晓,,", "C4,赵敏,,")
    assert found(root, *rows, at=timedelta(days=20)) == [(4, "roster/attempts-used"), (4, "roster/too-early")]
    assert found(root, *rows, at=timedelta(days=40)) == [(4, "roster/attempts-used")]
    assert found(root, *rows, at=timedelta(days=200)) == []


def test_approval_brings_the_part_into_force(at: At) -> None:
    """Before a second person has approved the result nothing of it is carried."""
    root = at("decided")
    declare(root)
    assert found(root, "C5,孙悦,,theory") == [(2, "roster/nothing-to-carry")]
    with acting(root, "approver") as context:
        approve_sitting(context, SITTING)
    assert found(root, "C5,孙悦,,theory") == []


def test_a_certificate_with_a_carried_part_is_replayed(at: At) -> None:
    """The score that was carried is compared with the decision it was earned by; taken away there, it is named."""
    root = at("approved")
    second_sitting(root)
    with acting(root, at=LATER, entropy="keys") as context:
        new_keys(context, passphrase)
        right = right_answers(context, NEXT)
        with context.reading() as connection:
            rows = [(one.candidate, one.id, right[one.id]) for one in load_papers(connection, NEXT)]
        grade_written(context, NEXT, [write_responses(root / "next-responses.csv", rows)])
    with acting(root, "decider", at=LATER) as context:
        decide_sitting(context, NEXT)
    with acting(root, "approver", at=LATER) as context:
        approve_sitting(context, NEXT)
    with acting(root, at=LATER, entropy="next") as context:
        (issued,) = issue_sitting(context, NEXT, passphrase).issued
        found = replay(context, issued.credential.number)

    assert {link.id: link.outcome for link in found.links if link.outcome is not LinkOutcome.EQUAL} == {}
    altered(root, f"DELETE FROM decision WHERE sitting = '{SITTING}' AND candidate = 'C4'")
    with acting(root, at=LATER) as context:
        assert replay(context, issued.credential.number).differing == ("score:bench",)
