"""Before results go out: what is missing is told, who is near a threshold, and nobody gets round the second person."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from certengine.errors import Refused
from certengine.model.bench import ConflictKind, Declaration
from certengine.services.bench import declare_conflicts
from certengine.services.explaining import borderline, explain_result
from certengine.services.gaps import gaps
from certengine.services.grading import grade_written
from certengine.services.rating import grade_practical
from certengine.services.results import approve_sitting, decide_sitting, sitting_results, stale_candidates
from certengine.services.sittings import load
from certengine.services.statements import may_go_out
from certengine.store.bench import append_declarations
from certengine.store.decisions import append_approvals
from tests.cli.running import done
from tests.services.small_world import (
    NOW,
    SITTING,
    acting,
    papers,
    right_answers,
    rows_of,
    sound_ratings,
    sound_responses,
    write_ratings,
    write_responses,
)

At = Callable[[str], Path]


def test_orphans_are_told_by_candidate(at: At) -> None:
    """Theory without practical, practical without theory, neither, and a score that is open; nothing of a name."""
    root = at("sealed")
    with acting(root) as context:
        answers = right_answers(context)
        rows = [(one.candidate, one.id, answers[one.id]) for one in papers(context) if one.candidate in {"C1", "C2"}]
        grade_written(context, SITTING, [write_responses(root / "r.csv", rows)])
        grade_practical(
            context, SITTING, [write_ratings(root / "p.csv", [("C2", "D1", "a1", "0"), ("C3", "D1", "a1", "0")])]
        )
        found = gaps(context, SITTING)
    lacking = "3 assessors are due, 1 have rated; M1: no entry by a1; J1: no entry by a1; V1: no entry by a1"
    assert [(one.code, one.message) for one in found] == [
        ("result/orphan", "candidate `C1` has marks in theory and none in bench"),
        ("result/open", f"the score of candidate `C2` in bench is open: {lacking}"),
        ("result/orphan", "candidate `C3` has marks in bench and none in theory"),
        ("result/open", f"the score of candidate `C3` in bench is open: {lacking}"),
        *(
            ("result/nothing-handed-in", f"candidate `{one}` has no marks in any part: theory, bench")
            for one in ("C4", "C5", "C6")
        ),
    ]


def test_whose_marks_do_not_count_has_none(at: At) -> None:
    """A candidate rated by nobody but somebody with a conflict, declared afterwards, lacks the practical."""
    root = at("sealed")
    with acting(root) as context:
        answers = right_answers(context)
        rows = [(one.candidate, one.id, answers[one.id]) for one in papers(context) if one.candidate == "C1"]
        grade_written(context, SITTING, [write_responses(root / "r.csv", rows)])
        grade_practical(context, SITTING, [write_ratings(root / "p.csv", [("C1", "D1", "a1", "0")])])
        declare_conflicts(context, SITTING, "a1", ["C1"], ConflictKind.RELATIVE)
        assert gaps(context, SITTING)[0].message == "candidate `C1` has marks in theory and none in bench"


def test_nobody_is_told_half_a_result(at: At) -> None:
    """C4's paper is blank, so C4 failed; but while two of three assessors have rated, the result neither is approved nor goes out."""
    root = at("sealed")
    whole = sound_ratings(root / "all.csv").read_text("utf-8").splitlines()
    (root / "some.csv").write_text(
        "\n".join(one for one in whole if not one.startswith("C4,T-1,") or ",a3," not in one)
    )
    with acting(root) as context:
        grade_written(context, SITTING, [sound_responses(context, root / "r.csv")])
        grade_practical(context, SITTING, [root / "some.csv"])
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    with acting(root, "approver") as context:
        run = approve_sitting(context, SITTING)
    assert (run.approved, run.pending) == (4, 1)
    assert [one.message for one in run.unfinished] == [
        "candidate `C4` failed and waits: 3 assessors are due, 2 have rated"
    ]
    with acting(root) as context:
        assert [one.message for one in may_go_out(context, load(context, SITTING))[1]] == [
            "candidate `C4`: 3 assessors are due, 2 have rated",
            "candidate `C6`: Bench: no score",
        ]
        grade_practical(context, SITTING, [root / "all.csv"])
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    with acting(root, "approver") as context:
        run = approve_sitting(context, SITTING)
    assert (run.approved, run.already, run.unfinished) == (1, 4, ())


def test_a_part_that_never_began_holds_nothing_back(at: At) -> None:
    """C4 failed the theory and was not called to the practical: the result is approved and goes out."""
    root = at("sealed")
    whole = sound_ratings(root / "all.csv").read_text("utf-8").splitlines()
    (root / "others.csv").write_text("\n".join(one for one in whole if not one.startswith("C4,")))
    with acting(root) as context:
        grade_written(context, SITTING, [sound_responses(context, root / "r.csv")])
        grade_practical(context, SITTING, [root / "others.csv"])
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    with acting(root, "approver") as context:
        run = approve_sitting(context, SITTING)
        ready, _ = may_go_out(context, load(context, SITTING))
    assert (run.approved, run.pending, run.unfinished) == (5, 1, ())
    assert "C4" in {one.decision.candidate for one in ready}


def test_names_that_differ_between_files_are_told_by_line(at: At) -> None:
    """Another name, an unknown id, a file without ids; width and spaces are no difference."""
    root = at("graded")
    (root / "a.csv").write_text("准考证号,姓名,q1\nC1,陈 晓,A\nＣ２,李娜,B\nC3,王雷,C\nC9,何新,D\n", encoding="utf-8")
    (root / "b.csv").write_text("seat,q1\nC1,A\n", encoding="utf-8")
    with acting(root) as context:
        found = gaps(context, SITTING, [root / "a.csv", root / "b.csv"])
    assert [(one.code, one.place.line) for one in found if one.place] == [
        ("result/name-differs", 4),
        ("result/stranger", 5),
        ("result/no-ids", 1),
    ]
    assert not any(name in str(one) for one in found for name in ("王雷", "王磊", "何新"))


def test_a_whole_sitting_has_no_gap_but_the_one_there_is(at: At) -> None:
    """In the graded sitting C6 alone was not rated."""
    with acting(at("graded")) as context:
        assert [one.message for one in gaps(context, SITTING)] == [
            "candidate `C6` has marks in theory and none in bench"
        ]


@pytest.mark.parametrize(
    ("who", "code"),
    [("a2", "result/assessor-decides"), ("trainer", "result/trainer-decides"), ("decider", "result/same-person")],
)
def test_who_is_not_independent_may_not_approve(at: At, who: str, code: str) -> None:
    """An assessor, a trainer and the decider are refused though they hold the role; nothing is written."""
    root = at("decided")
    config = root / "certengine.toml"
    config.write_text(config.read_text("utf-8").replace('"decider"]', '"decider", "approver"]'), encoding="utf-8")
    with acting(root, who) as context:
        before = rows_of(context)
        with pytest.raises(Refused) as error:
            approve_sitting(context, SITTING)
        assert (error.value.code, rows_of(context)) == (code, before)


@pytest.mark.parametrize("stage", ["graded", "decided"])
def test_who_declared_a_conflict_neither_decides_nor_approves(at: At, stage: str) -> None:
    """A relative among the candidates is enough; nothing is written."""
    root = at(stage)
    person, act = ("decider", decide_sitting) if stage == "graded" else ("approver", approve_sitting)
    with acting(root) as context, context.writing() as connection:
        told = Declaration(person=person, candidate="C1", kind=ConflictKind.RELATIVE)
        append_declarations(connection, SITTING, [told], at=NOW, by="admin")
    with acting(root, person) as context:
        before = rows_of(context)
        with pytest.raises(Refused) as error:
            act(context, SITTING)
        assert (error.value.code, rows_of(context)) == ("result/conflict-decides", before)


def test_no_service_gets_round_the_second_person(at: At) -> None:
    """The store itself refuses an approval by whoever decided."""
    with acting(at("decided"), "decider") as context:
        ids = [record.id for record in sitting_results(context, SITTING)]
        with pytest.raises(Refused) as error, context.writing() as connection:
            append_approvals(connection, ids, at=NOW, by="decider")
        assert (error.value.code, [one.approved_by for one in sitting_results(context, SITTING)]) == (
            "result/same-person",
            [None] * 6,
        )


def test_scores_that_changed_since_are_not_approved(at: At) -> None:
    """What was decided is not what the scores say: the approver is sent back to the decider."""
    root = at("decided")
    with acting(root) as context:
        paper = next(one for one in papers(context) if one.candidate == "C4")
        grade_written(
            context, SITTING, [write_responses(root / "fix.csv", [("C4", paper.id, right_answers(context)[paper.id])])]
        )
    with acting(root, "approver") as context:
        with pytest.raises(Refused) as error:
            approve_sitting(context, SITTING)
        assert (error.value.code, "`C4`" in error.value.message) == ("result/stale", True)
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    with acting(root, "approver") as context:
        assert approve_sitting(context, SITTING).approved == 5


def test_scores_near_the_threshold_are_listed(at: At) -> None:
    """Within the declared margin; without one only where a standard error is defined."""
    with acting(at("decided")) as context:
        wide = borderline(context, SITTING, Decimal(60))
        none = borderline(context, SITTING, None)
        with pytest.raises(Refused, match="above 0"):
            borderline(context, SITTING, Decimal(0))
    assert ("C4", "theory", Decimal(-60)) in {(one.candidate, one.component, one.distance) for one in wide.near}
    assert (none.near, none.unmeasured) == ((), ("theory", "bench"))


def test_nobody_near_the_line_is_said(at: At) -> None:
    """Where no score is so near the line the answer is a sentence, and no table of nobody."""
    ran = done("result", "show", SITTING, "--borderline", "--within", "0.01", "--as", "admin", cwd=at("decided"))

    assert ran.out == "nobody stands so near the line\n"


def test_before_deciding_nobody_is_near(at: At) -> None:
    """There is no score to look at."""
    with acting(at("graded")) as context, pytest.raises(Refused) as error:
        borderline(context, SITTING, Decimal(1))
    assert error.value.code == "result/none"


def test_a_decision_is_explained_with_its_scheme(at: At) -> None:
    """Both components, every rule."""
    with acting(at("approved")) as context:
        found = explain_result(context, SITTING, "C4")
    assert [one.component for one in found.explanation.components] == ["theory", "bench"]
    assert [rule.holds for rule in found.explanation.rules] == [False, False, True, True]


def test_a_mark_that_does_not_count_holds_no_result_back(at: At) -> None:
    """A relative's marks stay on record and out of the score, for the decision and for what may go out alike."""
    root = at("graded")
    with acting(root) as context, context.writing() as connection:
        told = Declaration(person="a1", candidate="C1", kind=ConflictKind.RELATIVE)
        append_declarations(connection, SITTING, [told], at=NOW, by="admin")
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
        loaded = load(context, SITTING)
        assert stale_candidates(context, loaded, sitting_results(context, SITTING)) == frozenset()
        assert {one.decision.candidate: one.decision.outcome for one in sitting_results(context, SITTING)}[
            "C1"
        ] == "pending"
