"""From answers and ratings to approved decisions: nothing lost, nothing doubled, two people for every result."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PosixPath
from typing import Any

import pytest

from certengine.canonical import canonical_bytes, decimal_text
from certengine.errors import InputError, NotFound, Refused, UsageError
from certengine.model.sitting import ResponseState
from certengine.scoring.written import read_sheet
from certengine.services.analysis import analyse_sitting
from certengine.services.bulk_scoring import BulkScorer
from certengine.services.grading import grade_written
from certengine.services.rating import grade_practical
from certengine.services.results import (
    approve_sitting,
    candidate_result,
    decide_sitting,
    passed_and_approved,
    results_table,
)
from certengine.services.scripts import load_desk
from certengine.services.sittings import load
from certengine.store.gradings import latest_written, load_ratings
from tests.services.small_world import (
    CANDIDATES,
    PANEL,
    PASSING,
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


def scores(context: object) -> dict[str, str]:
    """The written score that counts for each candidate."""
    with context.reading() as connection:
        return {report.candidate: decimal_text(report.score) for _, report in latest_written(connection, SITTING)}


class Growing(PosixPath):
    """A file to which somebody writes between two readings."""

    def open(self, *arguments: Any, **named: Any) -> Any:
        """As it is now, and longer the next time."""
        opened = super().open(*arguments, **named)
        with super().open("ab") as file:
            file.write(b"\n")
        return opened


class TestWritten:
    """Response files: sound rows are graded, the rest is set aside by row with its reason."""

    def test_files_that_change_meanwhile_are_not_graded(self, at: At) -> None:
        """A run names the digests of what it read: a file that somebody writes to while it is read records nothing."""
        root = at("sealed")
        with acting(root) as context:
            file = sound_responses(context, root / "r.csv")
            with pytest.raises(Refused, match="changed while it was read"):
                grade_written(context, SITTING, [Growing(file)])
            assert scores(context) == {}

    def test_folders_are_a_slip(self, at: At) -> None:
        """A folder in the place of a file is a slip of whoever types, as at any other command."""
        root = at("sealed")
        with acting(root) as context, pytest.raises(UsageError, match="is a folder"):
            grade_written(context, SITTING, [root])

    def test_pipes_are_not_graded(self, at: At) -> None:
        """What can be read only once cannot be named by a run: it is refused, and nobody waits for its writer."""
        root = at("sealed")
        os.mkfifo(root / "pipe.csv")
        with acting(root) as context, pytest.raises(Refused, match="is a pipe or a device"):
            grade_written(context, SITTING, [root / "pipe.csv"])

    def test_sound_answers_are_graded(self, at: At) -> None:
        """All right is full marks, blank is none, and nobody waits."""
        root = at("sealed")
        with acting(root) as context:
            run = grade_written(context, SITTING, [sound_responses(context, root / "r.csv")])
            assert (run.graded, run.waiting, run.set_aside) == (6, 0, ())
            assert scores(context) == {**dict.fromkeys(CANDIDATES, "100"), "C4": "0"}

    def test_bad_rows_do_not_stop_the_rest(self, at: At) -> None:
        """Each bad row is set aside under its line with its own reason; the others are graded and stored."""
        root = at("sealed")
        with acting(root) as context:
            right = right_answers(context)
            ids = {one.candidate: one.id for one in papers(context)}
            rows = [
                ("C1", ids["C1"], right[ids["C1"]]),
                ("C2", "ZZZZ-ZZZZ", {"q1": "A"}),
                ("C3", ids["C4"], {"q1": "A"}),
                ("C5", ids["C5"], right[ids["C5"]]),
                ("C5", ids["C5"], {}),
                ("C6", ids["C6"], right[ids["C6"]]),
            ]
            run = grade_written(context, SITTING, [write_responses(root / "r.csv", rows)])
            assert [(one.code, one.place.line) for one in run.set_aside] == [
                ("response/unknown-paper", 3),
                ("response/wrong-candidate", 4),
                ("responses/duplicate-paper", 5),
                ("responses/duplicate-paper", 6),
            ]
            assert (run.graded, run.waiting, set(scores(context))) == (2, 4, {"C1", "C6"})

    def test_a_paper_in_two_files_is_graded_from_neither(self, at: At) -> None:
        """Which of two scans counts is for a person to say."""
        root = at("sealed")
        with acting(root) as context:
            one = papers(context)[0]
            files = [write_responses(root / f"{q}.csv", [("C1", one.id, {q: "A"})]) for q in ("q1", "q2")]
            run = grade_written(context, SITTING, files)
        assert ([one.code for one in run.set_aside], run.graded) == (["response/paper-twice"] * 2, 0)

    def test_rows_that_name_no_paper_go_to_the_only_one(self, at: At) -> None:
        """Who is not on the roster is set aside; the others are graded, and no longer waited for."""
        root = at("sealed")
        with acting(root) as context:
            lines = [f"{candidate},{number},A" for candidate in ("C1", "C3", "X9") for number in (1, 2)]
            (root / "r.csv").write_text("\n".join(["candidate_id,position,response", *lines]) + "\n")
            run = grade_written(context, SITTING, [root / "r.csv"])
            assert [(one.code, one.place.line) for one in run.set_aside if one.place] == [("response/unknown-paper", 6)]
            assert (run.graded, "C1" in run.lacking, set(scores(context))) == (2, False, {"C1", "C3"})

    def test_a_position_beyond_the_paper_sets_the_row_aside(self, at: At) -> None:
        """An answer to an item that is not there is no answer to another."""
        root = at("sealed")
        with acting(root) as context:
            paper = papers(context)[0]
            (root / "r.csv").write_text(f"candidate_id,paper_id,q1,q9\nC1,{paper.id},A,B\n")
            run = grade_written(context, SITTING, [root / "r.csv"])
        assert (run.graded, [one.place.line for one in run.set_aside]) == (0, [2])

    @pytest.mark.parametrize("named", [False, True], ids=["by position", "by item"])
    def test_questions_that_a_file_leaves_out_are_told(self, at: At, named: bool) -> None:
        """Graded as not answered, and told once with all rows of the file that it holds for; of the absent it is not told."""
        root = at("sealed")
        with acting(root) as context:
            first, second, absent, *_ = papers(context)
            rows = "".join(f"{one.candidate},{one.id},{{}},A,\n" for one in (first, second))
            said = [drawn.items[0].item if named else "1" for drawn in (first, second)]
            (root / "r.csv").write_text(
                "candidate_id,paper_id,item,response,absent\n"
                + rows.format(*said)
                + f"{absent.candidate},{absent.id},,,1\n"
            )
            run = grade_written(context, SITTING, [root / "r.csv"])
        told = [one for one in run.notes if one.code == "response/untold"]
        items = len(first.items)
        assert (run.graded, [one.place.line for one in told]) == (3, [2])
        assert f"question 2-{items} is in this row and 1 more row," in told[0].message

    def test_the_same_files_again_change_nothing(self, at: At) -> None:
        """The earlier run is named, and no row is written."""
        root = at("graded")
        with acting(root) as context:
            before = rows_of(context)
            again = grade_written(context, SITTING, [root / "responses.csv"])
            assert (again.run, again.repeated, rows_of(context)) == (None, 1, before)

    def test_a_later_run_supersedes_and_the_earlier_stays(self, at: At) -> None:
        """A corrected sheet counts from then on; the first reading can still be seen."""
        root = at("graded")
        with acting(root) as context:
            before = rows_of(context)["written_score"]
            paper = next(one for one in papers(context) if one.candidate == "C4")
            grade_written(
                context,
                SITTING,
                [write_responses(root / "fix.csv", [("C4", paper.id, right_answers(context)[paper.id])])],
            )
            assert (scores(context)["C4"], rows_of(context)["written_score"]) == ("100", before + 1)

    def test_a_dry_run_grades_and_writes_nothing(self, at: At) -> None:
        """The outcome is told; every table stays as it was."""
        root = at("sealed")
        with acting(root) as context:
            file, before = sound_responses(context, root / "r.csv"), rows_of(context)
            run = grade_written(context, SITTING, [file], dry_run=True)
            assert (run.run, run.graded, rows_of(context)) == (None, 6, before)

    def test_doubtful_marks_are_graded_and_noted(self, at: At) -> None:
        """A double mark and an unreadable answer earn nothing and deserve a look."""
        root = at("sealed")
        with acting(root) as context:
            one = papers(context)[0]
            run = grade_written(
                context, SITTING, [write_responses(root / "r.csv", [("C1", one.id, {"q1": "A?B", "q5": "many"})])]
            )
        assert (run.graded, len(run.notes)) == (1, 2)

    @pytest.mark.parametrize(
        ("answer", "why"),
        [("1,234", "`1,234` may be 1234 or 1.234"), ("8×103", "the power of ten after `8` is not marked as a power")],
    )
    def test_what_has_two_readings_is_told_with_both_and_its_cell(self, at: At, answer: str, why: str) -> None:
        """An ambiguous number is noted with its reason, line and column; in bulk just as one by one."""
        root = at("sealed")
        with acting(root) as context:
            one = papers(context)[0]
            file = write_responses(root / "r.csv", [("C1", one.id, {"q1": "A", "q5": answer})])
            column = file.read_text("utf-8-sig").splitlines()[0].split(",").index("q5") + 1
            by_item = "candidate_id,paper_id,item,response\n" + "".join(
                f'C1,{one.id},{drawn.item},"{answer if drawn.position == 5 else ""}"\n' for drawn in one.items
            )
            (root / "long.csv").write_text(by_item)
            notes = [grade_written(context, SITTING, [path]).notes[0] for path in (file, root / "long.csv")]
        assert [f"paper {one.id}, item 5: `{answer}` cannot be read: {why}"] * 2 == [note.message for note in notes]
        assert [(2, column), (6, None)] == [(note.place.line, note.place.column) for note in notes if note.place]

    def test_who_did_not_come_is_absent_and_not_blank(self, at: At) -> None:
        """Counted, stored as absent at every position, failed with that reason; of whom no row came is named."""
        root = at("sealed")
        with acting(root) as context:
            absent, present, *others = papers(context)
            rows = f"{absent.candidate},{absent.id},,1\n{present.candidate},{present.id},A,\n"
            (root / "r.csv").write_text(f"candidate_id,paper_id,q1,absent\n{rows}")
            run = grade_written(context, SITTING, [root / "r.csv"])
            with context.reading() as connection:
                stored = {sheet.candidate: (sheet, report) for sheet, report in latest_written(connection, SITTING)}
        assert (run.graded, run.absent, run.set_aside) == (2, 1, ())
        assert run.lacking == tuple(sorted(one.candidate for one in others))
        sheet, report = stored[absent.candidate]
        assert {ResponseState.ABSENT} == {one.state for one in sheet.responses}
        assert (report.score, report.absent, stored[present.candidate][1].absent) == (0, True, False)

    def test_results_say_absent_and_not_nothing(self, at: At, tmp_path: Path) -> None:
        """In the table, on the page and in the official sheet's facts there is the word in place of a 0."""
        root = at("graded")
        with acting(root) as context:
            paper = next(one for one in papers(context) if one.candidate == "C4")
            (root / "late.csv").write_text(f"candidate_id,paper_id,q1,absent\nC4,{paper.id},,1\n")
            grade_written(context, SITTING, [root / "late.csv"])
        with acting(root, "decider") as context:
            decide_sitting(context, SITTING)
            header, rows = results_table(context, SITTING)
            analyse_sitting(context, SITTING, tmp_path)
        shown = {row[0]: dict(zip(header, row, strict=True))["theory"] for row in rows}
        assert (shown["C4"], shown["C1"]) == ("absent", "100")
        page = (tmp_path / "results.html").read_text("utf-8")
        assert "+ 1 缺考 absent" in page
        assert '<span lang="zh">缺考</span> <span lang="en">absent</span>' in page

    def test_absence_is_stored_alike_by_itself_and_in_bulk(self, at: At) -> None:
        """The batch writes what scoring the paper by itself gives, byte for byte."""
        with acting(at("sealed")) as context, context.reading() as connection:
            loaded = load(context, SITTING)
            desk = load_desk(connection, loaded)
            paper = papers(context)[0]
            sheet, _ = read_sheet(paper, loaded.banks[paper.bank], {}, absent=True)
            alone = canonical_bytes(sheet), canonical_bytes(desk.score(paper, sheet))
            scored = BulkScorer(desk).score(canonical_bytes(paper).decode(), {}, absent=True)
        assert alone == (scored.responses.encode(), scored.report.encode())

    def test_before_the_seal_nothing_is_graded(self, at: At) -> None:
        """There is no paper yet; the hint seals."""
        root = at("opened")
        (root / "r.csv").write_text("candidate_id,q1\nC1,A\n")
        with acting(root) as context, pytest.raises(Refused) as error:
            grade_written(context, SITTING, [root / "r.csv"])
        assert error.value.hint == f"`certengine sitting seal {SITTING}`"

    def test_a_missing_file_grades_none(self, at: At) -> None:
        """When one of two files is missing neither is read."""
        root = at("sealed")
        with acting(root) as context:
            before = rows_of(context)
            with pytest.raises(NotFound):
                grade_written(context, SITTING, [sound_responses(context, root / "r.csv"), root / "none.csv"])
            with pytest.raises(UsageError):
                grade_written(context, SITTING, [])
            assert rows_of(context) == before


@pytest.mark.parametrize("header", ["candidate,q1,q1", "who,q1", "candidate_id,q1", "candidate_id,paper_id,q1"])
def test_a_file_of_responses_with_a_wrong_header_is_no_run(at: At, header: str) -> None:
    """It is refused as a whole, a file without rows too; that none of it was read is no row set aside, and is not kept."""
    root = at("sealed")
    rows = "" if header == "candidate_id,paper_id,q1" else "\nC1,A,B"
    (root / "r.csv").write_text(header + rows, encoding="utf-8")
    with acting(root) as context:
        before = rows_of(context)
        with pytest.raises(InputError, match=r"r\.csv` cannot be read") as error:
            grade_written(context, SITTING, [sound_responses(context, root / "s.csv"), root / "r.csv"])
        assert (bool(error.value.findings), rows_of(context)) == (True, before)


class TestPractical:
    """Rating files: who may mark whom, and what an aspect can take."""

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            (("C1", "J1", "a1", "4"), "rating/out-of-range"),
            (("C1", "D1", "a1", "-1"), "rating/out-of-range"),
            (("C1", "M1", "a1", "10 cm"), "rating/out-of-range"),
            (("C1", "X9", "a1", "1"), "rating/unknown-aspect"),
            (("C9", "M1", "a1", "100"), "rating/unknown-task"),
            (("C1", "M1", "admin", "100"), "rating/not-an-assessor"),
            (("C1", "M1", "nobody", "100"), "rating/not-an-assessor"),
            (("C6", "M1", "trainer", "100"), "rating/own-trainee"),
        ],
    )
    def test_a_bad_entry_is_set_aside_and_the_rest_taken(
        self, at: At, row: tuple[str, str, str, str], code: str
    ) -> None:
        """Under its line, with its reason; the entry beside it is stored."""
        root = at("sealed")
        file = write_ratings(root / "p.csv", [("C2", "M1", "a1", "100.02"), row])
        with acting(root) as context:
            run = grade_practical(context, SITTING, [file])
            assert [(one.code, one.place.line) for one in run.set_aside] == [(code, 3)]
            with context.reading() as connection:
                assert [one.candidate for one in load_ratings(connection, SITTING)] == ["C2"]

    @pytest.mark.parametrize("header", ["candidate_id,aspect,value", "candidate_id,aspect,assessor,grade"])
    def test_a_sheet_with_a_wrong_header_is_no_run(self, at: At, header: str) -> None:
        """A sheet of nobody's, or without entries, is refused as a whole, and nothing is recorded."""
        root = at("sealed")
        (root / "p.csv").write_text(f"{header}\nC1,D1,0,0", encoding="utf-8")
        with acting(root) as context:
            before = rows_of(context)
            with pytest.raises(InputError, match=r"p\.csv` cannot be read"):
                grade_practical(context, SITTING, [root / "p.csv"])
            assert rows_of(context) == before

    def test_of_two_different_entries_neither_is_taken(self, at: At) -> None:
        """Two files that contradict each other are for a person to clear up."""
        root = at("sealed")
        files = [
            write_ratings(root / f"{n}.csv", [("C1", "D1", "a1", str(n)), ("C2", "D1", "a1", "0")]) for n in (1, 2)
        ]
        with acting(root) as context:
            run = grade_practical(context, SITTING, files)
            with context.reading() as connection:
                kept = [(one.candidate, one.value) for one in load_ratings(connection, SITTING)]
        assert ([one.code for one in run.set_aside], kept) == (["rating/contradiction"], [("C2", 0)])

    def test_the_same_ratings_again_change_nothing(self, at: At) -> None:
        """The earlier run is named, and no row is written."""
        root = at("graded")
        with acting(root) as context:
            before = rows_of(context)
            again = grade_practical(context, SITTING, [root / "ratings.csv"])
            assert (again.run, again.repeated, rows_of(context)) == (None, 2, before)

    def test_one_file_read_as_two_assessors_is_two_files(self, at: At) -> None:
        """Sheets without names that happen to be alike are both taken."""
        root = at("sealed")
        (root / "p.csv").write_text("candidate_id,task,aspect,value\nC1,T-1,D1,0\n")
        with acting(root) as context:
            runs = [grade_practical(context, SITTING, [root / "p.csv"], assessor=one) for one in ("a1", "a2", "a1")]
            with context.reading() as connection:
                assert [one.assessor for one in load_ratings(connection, SITTING)] == ["a1", "a2"]
        assert [run.repeated for run in runs] == [None, None, 1]

    def test_once_the_assessor_is_declared_the_same_file_is_taken(self, at: At) -> None:
        """The hint of the refusal works: nobody has to touch the file."""
        root = at("sealed")
        file = write_ratings(root / "p.csv", [("C1", "D1", "a9", "0")])
        with acting(root) as context:
            assert len(grade_practical(context, SITTING, [file]).set_aside) == 1
        with (root / "certengine.toml").open("a", encoding="utf-8") as config:
            config.write('[[people]]\nid = "a9"\nname = "何平"\nroles = ["assessor"]\n')
        with acting(root) as context:
            run = grade_practical(context, SITTING, [file])
        assert (run.repeated, run.graded, run.set_aside) == (None, 1, ())


class TestDeciding:
    """The pass standard decides; who decides is neither assessor nor trainer."""

    def test_each_candidate_gets_the_outcome_the_standard_gives(self, at: At) -> None:
        """Three pass, a blank paper and an upheld veto fail, and who was not rated is pending."""
        with acting(at("graded"), "decider") as context:
            run, made = decide_sitting(context, SITTING)
        assert {one.candidate: one.outcome for one in made} == {
            **dict.fromkeys(PASSING, "passed"),
            "C4": "failed",
            "C5": "failed",
            "C6": "pending",
        }
        assert (run.passed, run.failed, run.pending, run.new) == (3, 2, 1, 6)

    @pytest.mark.parametrize(
        ("who", "code"),
        [("a2", "result/assessor-decides"), ("trainer", "result/trainer-decides"), ("admin", "role/missing")],
    )
    def test_who_is_not_independent_may_not_decide(self, at: At, who: str, code: str) -> None:
        """Whoever assessed or trained a candidate, or lacks the role, is refused; nothing is written."""
        with acting(at("graded"), who) as context:
            before = rows_of(context)
            with pytest.raises(Refused) as error:
                decide_sitting(context, SITTING)
            assert (error.value.code, rows_of(context)) == (code, before)

    def test_deciding_again_without_change_adds_nothing(self, at: At) -> None:
        """The same scores give the same decisions, which are there already."""
        with acting(at("decided"), "decider") as context:
            before = rows_of(context)
            assert (decide_sitting(context, SITTING)[0].new, rows_of(context)) == (0, before)

    def test_changed_scores_supersede_one_decision(self, at: At) -> None:
        """Only the candidate whose scores changed is decided anew, and has to be approved anew."""
        root = at("approved")
        with acting(root) as context:
            paper = next(one for one in papers(context) if one.candidate == "C4")
            grade_written(
                context,
                SITTING,
                [write_responses(root / "fix.csv", [("C4", paper.id, right_answers(context)[paper.id])])],
            )
        with acting(root, "decider") as context:
            before = rows_of(context)["decision"]
            assert decide_sitting(context, SITTING)[0].new == 1
            record = candidate_result(context, SITTING, "C4")
            assert (record.decision.outcome, record.approved_by) == ("passed", None)
            assert rows_of(context)["decision"] == before + 1

    def test_a_dry_run_decides_nothing(self, at: At) -> None:
        """The counts are told; nothing is written."""
        with acting(at("graded"), "decider") as context:
            before = rows_of(context)
            assert (decide_sitting(context, SITTING, dry_run=True)[0].passed, rows_of(context)) == (3, before)


class TestApproving:
    """A second person approves."""

    def test_the_same_person_does_not_approve(self, at: At) -> None:
        """Whoever decided is refused, though they may approve others' decisions."""
        with acting(at("decided"), "decider") as context:
            before = rows_of(context)
            with pytest.raises(Refused) as error:
                approve_sitting(context, SITTING)
            assert (error.value.code, rows_of(context)) == ("result/same-person", before)

    def test_another_approves_all_but_what_is_pending(self, at: At) -> None:
        """Passed and failed are approved, pending waits, and only passed may be certified."""
        with acting(at("decided"), "approver") as context:
            run = approve_sitting(context, SITTING)
            assert (run.approved, run.already, run.pending) == (5, 0, 1)
            assert [one.decision.candidate for one in passed_and_approved(context, SITTING)] == list(PASSING)

    def test_approving_twice_changes_nothing(self, at: At) -> None:
        """What is approved stays approved by whom it was."""
        with acting(at("approved"), "approver") as context:
            before = rows_of(context)
            run = approve_sitting(context, SITTING)
            assert (run.approved, run.already, rows_of(context)) == (0, 5, before)

    def test_before_deciding_there_is_nothing_to_approve(self, at: At) -> None:
        """The hint decides."""
        with acting(at("graded"), "approver") as context, pytest.raises(NotFound) as error:
            approve_sitting(context, SITTING)
        assert error.value.hint == f"`certengine result decide {SITTING}`"

    def test_the_table_lists_everybody_in_roster_order(self, at: At) -> None:
        """Scores, outcome and who approved; nothing for what is not known."""
        with acting(at("approved")) as context:
            header, rows = results_table(context, SITTING)
        assert header == ("candidate_id", "name", "theory", "bench", "outcome", "approved_by")
        assert rows[0] == ("C1", "陈晓", "100", "100", "passed", "approver")
        assert (rows[3][2], rows[3][4], rows[5][4:]) == ("0", "failed", ("pending", ""))

    def test_an_unknown_candidate_has_no_result(self, at: At) -> None:
        """The hint lists all."""
        with acting(at("decided")) as context, pytest.raises(NotFound):
            candidate_result(context, SITTING, "C9")


def test_a_panel_that_is_not_complete_leaves_the_result_pending(at: At) -> None:
    """Two of three assessors do not decide for the third."""
    root = at("sealed")
    lines = sound_ratings(root / "all.csv").read_text("utf-8").splitlines()
    (root / "two.csv").write_text("\n".join(line for line in lines if f",{PANEL[2]}," not in line))
    with acting(root) as context:
        grade_written(context, SITTING, [sound_responses(context, root / "r.csv")])
        grade_practical(context, SITTING, [root / "two.csv"])
    with acting(root, "decider") as context:
        assert decide_sitting(context, SITTING)[0].passed == 0
