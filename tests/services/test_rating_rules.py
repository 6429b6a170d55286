"""Who may rate whom, and what an entry must be: whatever face is used, the services hold to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.errors import Refused
from certengine.model.bench import ConflictKind
from certengine.services.analysis import analyse_sitting
from certengine.services.bench import declare_conflicts
from certengine.services.gaps import gaps
from certengine.services.grading import GradingRun
from certengine.services.inspection import archive_sitting
from certengine.services.rating import corrections, grade_practical
from certengine.services.results import approve_sitting, candidate_result, decide_sitting
from certengine.services.sittings import load
from certengine.services.statements import may_go_out
from certengine.store import bench, gradings
from tests.services.small_world import PANEL, RIGHT_ENTRIES, SITTING, acting, write_ratings

At = Callable[[str], Path]
Rows = list[tuple[str, str, str, str]]


def sheet(candidate: str, assessor: str, **other: str) -> Rows:
    """One assessor's whole sheet for a candidate, with other entries than the right ones."""
    return [(candidate, aspect, assessor, other.get(aspect, entry)) for aspect, entry in RIGHT_ENTRIES.items()]


def graded(root: Path, rows: Rows, remark: str = "") -> GradingRun:
    """A run of rows, each with the remark."""
    path = write_ratings(root / "rows.csv", rows)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([f"{lines[0]},remark", *(f"{line},{remark}" for line in lines[1:])]), "utf-8")
    with acting(root) as context:
        return grade_practical(context, SITTING, [path])


def codes(run: GradingRun) -> list[str]:
    """Why rows were set aside."""
    return [finding.code for finding in run.set_aside]


def configured(root: Path, old: str, new: str) -> None:
    """The workspace's configuration, changed."""
    path = root / "certengine.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def stored(root: Path) -> int:
    """How many entries are stored."""
    with acting(root) as context, context.reading() as connection:
        return len(gradings.load_ratings(connection, SITTING))


@pytest.mark.parametrize(
    ("qualifications", "taken"),
    [
        ('[{scheme = "small-l3"}]', True),
        ('[{scheme = "small-l3", until = 2026-11-22}]', True),
        ('[{scheme = "small-l3", until = 2026-11-21}]', False),
        ('[{scheme = "another-l3"}]', False),
        ("[]", False),
    ],
)
def test_scope_of_qualification(at: At, qualifications: str, taken: bool) -> None:
    """Whoever declares qualifications rates only within them, and only until they end."""
    root = at("sealed")
    configured(root, 'name = "陈立"', f'name = "陈立"\nqualifications = {qualifications}')

    run = graded(root, sheet("C1", "a1") + sheet("C1", "a2"))

    assert codes(run) == ([] if taken else ["rating/not-qualified"] * 4)
    assert stored(root) == (8 if taken else 4)


def test_scheme_asks_for_declared_qualifications(at: At) -> None:
    """Where the panel asks for it, an assessor who declares nothing rates nobody."""
    root = at("published")
    path = root / "rubrics/small-l3/scheme.yaml"
    path.write_text(path.read_text("utf-8").replace("veto_votes: 2", "veto_votes: 2, qualified: true"), "utf-8")
    configured(root, 'name = "陈立"', 'name = "陈立"\nqualifications = [{scheme = "small-l3"}]')
    from tests.services.small_world import STAGES

    STAGES["opened"][1](root)
    STAGES["sealed"][1](root)

    assert codes(graded(root, sheet("C1", "a1") + sheet("C1", "a2"))) == ["rating/not-qualified"] * 4


def test_no_more_assessors_than_the_panel(at: At) -> None:
    """A fourth assessor of a panel of three is refused by sheet, in one run or later; the three stand."""
    root = at("sealed")
    rows = [row for who in (*PANEL, "trainer") for row in sheet("C1", who)]

    assert codes(graded(root, rows)) == ["rating/panel-full"]
    assert codes(graded(root, sheet("C1", "trainer"))) == ["rating/panel-full"]
    assert stored(root) == 12


def test_declared_conflict_is_enforced(at: At) -> None:
    """Whoever declared a relative rates this candidate no more, and others still."""
    root = at("sealed")
    with acting(root, "a1") as context:
        declare_conflicts(context, SITTING, "a1", ["C1"], ConflictKind.RELATIVE)

    assert codes(graded(root, sheet("C1", "a1") + sheet("C2", "a1"))) == ["rating/conflict"] * 4
    assert stored(root) == 4


def test_conflict_declared_late_takes_the_entries_out(at: At) -> None:
    """Ratings by somebody with a conflict declared afterwards do not count: the panel is short, another fills it."""
    root = at("graded")
    with acting(root) as context:
        declare_conflicts(context, SITTING, "a1", ["C1"], ConflictKind.OTHER)
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
        assert candidate_result(context, SITTING, "C1").decision.outcome == "pending"

    assert codes(graded(root, sheet("C1", "trainer"))) == []
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
        assert candidate_result(context, SITTING, "C1").decision.outcome == "passed"


def test_declaring_for_somebody_else_takes_an_administrator(at: At) -> None:
    """An assessor declares for nobody but himself."""
    with acting(at("sealed"), "a1") as context, pytest.raises(Refused, match="administrator"):
        declare_conflicts(context, SITTING, "a2", ["C1"], ConflictKind.OTHER)


def test_correction_needs_a_reason(at: At) -> None:
    """Another entry than the one that stands is set aside without a remark; with one the old is kept, struck through."""
    root = at("graded")
    assert codes(graded(root, [("C1", "D1", "a1", "2")])) == ["rating/no-reason"]

    run = graded(root, [("C1", "D1", "a1", "2")], remark="miscounted")
    assert (codes(run), run.graded) == ([], 1)
    with acting(root) as context:
        found = corrections(context, SITTING)
    assert [(one.aspect, one.assessor, one.old, one.new, one.reason) for one in found] == [
        ("D1", "a1", 0, 2, "miscounted")
    ]


def test_same_entry_again_is_no_entry(at: At) -> None:
    """Reading a file again under another name adds no rows."""
    root = at("graded")
    before = stored(root)
    (root / "copy.csv").write_text((root / "ratings.csv").read_text("utf-8") + "\n", "utf-8")
    with acting(root) as context:
        run = grade_practical(context, SITTING, [root / "copy.csv"])

    assert (run.graded, codes(run), stored(root)) == (5, [], before)


def test_assessor_sees_own_corrections_only(at: At) -> None:
    """What others struck through is not an assessor's to see; somebody without either role sees nothing."""
    root = at("graded")
    graded(root, [("C1", "D1", "a1", "2"), ("C1", "D1", "a2", "1")], remark="again")
    with acting(root, "a1") as context:
        assert ["a1"] == [one.assessor for one in corrections(context, SITTING)]
    with acting(root, "approver") as context, pytest.raises(Refused):
        corrections(context, SITTING)


def test_blank_row_leaves_a_sheet_unsigned(at: At) -> None:
    """A sheet with every row is signed when it is handed in; one without is taken, unsigned, and says what is missing."""
    root = at("sealed")
    run = graded(root, sheet("C1", "a1") + sheet("C1", "a2")[1:])
    with acting(root) as context, context.reading() as connection:
        signed = [(one.candidate, one.assessor) for one in bench.load_signatures(connection, SITTING)]

    assert signed == [("C1", "a1")]
    assert [note.message for note in run.notes] == [
        "the sheet of a2 for C1 in T-1 is not signed: without an entry are M1"
    ]


def test_last_row_signs_the_sheet(at: At) -> None:
    """What was missing, handed in later, signs the whole sheet."""
    root = at("sealed")
    graded(root, sheet("C1", "a2")[1:])
    graded(root, sheet("C1", "a2")[:1])
    with acting(root) as context, context.reading() as connection:
        assert [one.assessor for one in bench.load_signatures(connection, SITTING)] == ["a2"]


def test_not_attempted_is_an_entry_and_blank_is_none(at: At) -> None:
    """NA completes a sheet and earns nothing; a blank cell does neither, so nothing is zero by accident."""
    root = at("sealed")
    rows = [row for who in PANEL for row in sheet("C1", who, M1="NA")]
    graded(root, [row for row in rows if row[:3] != ("C1", "D1", "a3")])
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
        report = candidate_result(context, SITTING, "C1").reports[-1]
    aspects = {one.aspect: one for one in report.aspects}

    assert (aspects["M1"].open, aspects["M1"].earned) == (None, 0)
    assert aspects["D1"].open is not None
    assert report.score is None


def test_nobody_sees_others_marks_before_the_own(at: At) -> None:
    """While a panel waits for an assessor, the result of its candidate is not shown to that assessor."""
    root = at("sealed")
    graded(root, sheet("C1", "a1") + sheet("C1", "a2"))
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
        assert candidate_result(context, SITTING, "C1").reports

    with acting(root, "a3") as context, pytest.raises(Refused) as refused:
        candidate_result(context, SITTING, "C1")
    assert refused.value.code == "rating/own-first"
    with acting(root, "a1") as context:  # has given the own marks
        assert candidate_result(context, SITTING, "C1").reports
    graded(root, sheet("C1", "a3"))
    with acting(root, "trainer") as context:  # no place is left on the panel
        assert candidate_result(context, SITTING, "C1").reports


def test_whoever_may_not_rate_may_look(at: At) -> None:
    """An assessor who trained a candidate is not waited for, and not kept from the result."""
    root = at("sealed")
    graded(root, sheet("C6", "a1"))
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    with acting(root, "trainer") as context:
        assert candidate_result(context, SITTING, "C6").reports


def test_nobody_analyses_others_marks_before_giving_the_own(at: At, tmp_path: Path) -> None:
    """The analysis shows means and agreement of panels, so an assessor who is a decider too sees it after rating, not before."""
    root = at("sealed")
    graded(root, sheet("C1", "a1") + sheet("C1", "a3"))
    with acting(root, "a2") as context, pytest.raises(Refused) as refused:
        analyse_sitting(context, SITTING, tmp_path / "early")
    assert (refused.value.code, (tmp_path / "early").exists()) == ("rating/own-first", False)

    graded(root, sheet("C1", "a2"))
    with acting(root, "a2") as context:
        assert analyse_sitting(context, SITTING, tmp_path / "late")


def test_an_entry_hard_to_believe_is_taken_and_told_by_line(at: At) -> None:
    """A sheet's reading far from every limit counts as it is, with a note where it stands; handed in again it is no news."""
    root = at("sealed")
    rows = sheet("C1", "a1", M1="0.02", D1="99")

    first = graded(root, rows)
    assert [(one.code, one.place and one.place.line) for one in first.notes] == [
        ("rating/doubtful", 2),
        ("rating/doubtful", 3),
    ]
    assert first.notes[0].message.startswith("C1 T-1/M1 by a1: `0.02` is 99.98 away from 100")
    assert stored(root) == len(rows)
    assert graded(root, rows, "the same").notes == ()


def also(root: Path, person: str, role: str) -> None:
    """Give an assessor a further role."""
    text = (root / "certengine.toml").read_text("utf-8")
    before, after = text.split(f'id = "{person}"\n')
    widened = after.replace('roles = ["assessor"', f'roles = ["assessor", "{role}"', 1)
    (root / "certengine.toml").write_text(f'{before}id = "{person}"\n{widened}', "utf-8")


def test_no_list_tells_an_assessor_what_others_judged(at: At, tmp_path: Path) -> None:
    """Gaps, what is held back, corrections and the archive tell of many at once: of whom one has yet to rate, not why."""
    root = at("sealed")
    graded(root, sheet("C1", "a1") + sheet("C1", "a2", J1="1"))
    graded(root, sheet("C1", "a1", D1="7")[1:2], "mistyped")
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    for role in ("administrator", "auditor"):
        also(root, "a3", role)

    def told() -> str:
        with acting(root, "a3") as context:
            found = gaps(context, SITTING)
            held_back = may_go_out(context, load(context, SITTING))[1]
            return str([*(one.message for one in (*found, *held_back)), *corrections(context, SITTING)])

    before = told()
    assert "judgements" not in before
    assert "mistyped" not in before
    assert before.count("you have yet to give your own marks") == 2
    with acting(root, "a3") as context, pytest.raises(Refused) as refused:
        archive_sitting(context, SITTING, tmp_path / "early.zip")
    assert refused.value.code == "rating/own-first"

    graded(root, sheet("C1", "a3"))
    after = told()
    assert "J1: judgements 3/1/3 differ" in after
    assert "mistyped" in after


def test_an_approver_who_may_still_rate_is_not_told_what_others_judged(at: At) -> None:
    """Who failed and waits is named, why is not."""
    root = at("sealed")
    also(root, "a3", "approver")
    graded(root, sheet("C1", "a1", V1="yes") + sheet("C1", "a2", V1="yes", J1="1"))
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    for person, words in (("a3", "yet to give your own marks"), ("approver", "J1: judgements 3/1 differ")):
        with acting(root, person) as context:
            assert words in approve_sitting(context, SITTING).unfinished[0].message
