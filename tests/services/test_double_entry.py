"""Two key-ins compared, and what is open settled by people who look at the paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certengine.errors import UsageError
from certengine.interchange.delimited import write_csv
from certengine.model.score import ScoreReport
from certengine.services.double_entry import grade_key_ins
from certengine.services.grading import GradingRun, grade_written
from certengine.services.resolving import OpenResponse, open_responses, take_resolutions, write_open_sheet
from certengine.store import gradings, key_ins
from certengine.store.audit import acts
from tests.cli.running import certengine
from tests.services.small_world import SITTING, World, acting, papers, right_answers, rows_of

pytestmark = pytest.mark.slow

At = Callable[[str], Path]
Rows = dict[str, dict[str, str]]
COLUMNS = ("candidate_id", "paper_id", "q1", "q2", "q3", "q4", "q5")


def sheets(root: Path) -> Rows:
    """Right answers by candidate, with ids."""
    with acting(root) as context:
        right = right_answers(context)
        return {
            one.candidate: {"candidate_id": one.candidate, "paper_id": one.id, **right[one.id]}
            for one in papers(context)
        }


def key_in(root: Path, name: str, rows: Rows, **changes: dict[str, str]) -> Path:
    """A key-in as a wide file; some cells typed otherwise, or a row left out."""
    typed = [{**row, **changes.get(who, {})} for who, row in rows.items() if changes.get(who) != {}]
    (root / name).write_bytes(write_csv(COLUMNS, [tuple(row[one] for one in COLUMNS) for row in typed]))
    return root / name


def compare(root: Path, *files: Path, dry_run: bool = False) -> GradingRun:
    """The key-ins, compared and graded."""
    with acting(root) as context:
        return grade_key_ins(context, SITTING, files, dry_run=dry_run)


def reports(root: Path) -> dict[str, ScoreReport]:
    """The score of each candidate that counts."""
    with acting(root) as context, context.reading() as connection:
        return {report.candidate: report for _, report in gradings.latest_written(connection, SITTING)}


def opened(root: Path) -> tuple[OpenResponse, ...]:
    """What is open."""
    with acting(root) as context:
        return open_responses(context, SITTING).responses


def resolve(root: Path, *rows: tuple[str, ...], name: str = "resolved.csv") -> GradingRun:
    """A resolution sheet read back: candidate, question, response, by, reason."""
    (root / name).write_bytes(write_csv(("candidate_id", "question", "response", "by", "reason"), rows))
    with acting(root) as context:
        return take_resolutions(context, SITTING, [root / name])


def test_what_agrees_is_graded_and_what_differs_is_named(at: At) -> None:
    """Each difference stands under candidate, question and both places; that paper waits, the others count."""
    root = at("sealed")
    rows = sheets(root)
    first = key_in(root, "first.csv", rows, C2={"q1": "A"}, C4={"q5": "7"})
    second = key_in(root, "second.csv", rows, C2={"q1": "B"}, C4={"q5": "1"})
    run = compare(root, first, second)

    assert (run.graded, run.waiting) == (4, 2)
    assert [(one.code, str(one.place)) for one in run.set_aside] == [
        ("keying/differs", f"{first}:3:3"),
        ("keying/differs", f"{first}:5:7"),
    ]
    message = run.set_aside[0].message
    assert message == f"candidate C2, paper {rows['C2']['paper_id']}, question 1: `A` here, `B` at {second}:3:3"
    assert set(reports(root)) == {"C1", "C3", "C5", "C6"}


@given(st.sampled_from(["upper", "lower", "wide", "spaces"]), st.sampled_from(["C1", "C4"]))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_how_it_was_typed_is_no_difference(
    world: World, tmp_path_factory: pytest.TempPathFactory, how: str, who: str
) -> None:
    """Width, case and spaces differ, the answers do not: everybody is graded."""
    wide = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
    typed = {
        "upper": str.upper,
        "lower": lambda text: text.lower() if len(text) < 3 else text,  # a unit has its case
        "wide": lambda text: text.translate(wide),
        "spaces": "  {} ".format,
    }
    root = world.copy("sealed", tmp_path_factory.mktemp("typed") / "academy")
    rows = sheets(root)
    change = {name: typed[how](rows[who][name]) for name in COLUMNS[2:]}
    run = compare(
        root,
        key_in(root, "first.csv", rows, C2={"q1": "AB"}),
        key_in(root, "second.csv", rows, **{who: change}, C2={"q1": "*"}),
    )

    assert (run.graded, run.set_aside) == (6, ())


def test_sheet_that_one_key_in_lacks_counts_nowhere(at: At) -> None:
    """Nobody can have compared it; the finding names the file that lacks it."""
    root = at("sealed")
    rows = sheets(root)
    run = compare(root, key_in(root, "first.csv", rows), key_in(root, "second.csv", rows, C3={}, C1={"q1": "x"}))
    lacking = [one for one in run.set_aside if one.code == "keying/lacking"]

    assert run.graded == 4
    assert [("second.csv" in one.message, one.place.line) for one in lacking if one.place] == [(True, 4)]


def test_third_key_in_settles_by_majority(at: At) -> None:
    """Two of three agree: that counts. Where all three differ, nobody guesses."""
    root = at("sealed")
    rows = sheets(root)
    first = key_in(root, "1.csv", rows, C1={"q1": "A"}, C2={"q1": "A"})
    second = key_in(root, "2.csv", rows, C1={"q1": "B"}, C2={"q1": "B"})
    third = key_in(root, "3.csv", rows, C1={"q1": "B"}, C2={"q1": "C"})
    run = compare(root, first, second, third)

    assert run.graded == 5
    (finding,) = run.set_aside
    assert finding.message.count(" at ") == 2
    with acting(root) as context, context.reading() as connection:
        sheet = next(one for one, _ in gradings.latest_written(connection, SITTING) if one.candidate == "C1")
        assert sheet.responses[0].raw == "B"


def test_copy_of_a_file_is_no_second_key_in(at: At) -> None:
    """Somebody who hands the first file in twice is told so."""
    root = at("sealed")
    first = key_in(root, "first.csv", sheets(root))
    with pytest.raises(UsageError) as error:
        compare(root, first, first)

    assert error.value.code == "keying/same-file"


def test_repeated_and_dry_run(at: At) -> None:
    """A dry run writes nothing; the same key-ins again name the run that read them."""
    root = at("sealed")
    rows = sheets(root)
    files = (key_in(root, "first.csv", rows), key_in(root, "second.csv", rows, C2={"q1": "x"}))
    with acting(root) as context:
        before = rows_of(context)
    planned = compare(root, *files, dry_run=True)
    with acting(root) as context:
        assert rows_of(context) == before
    done, again = compare(root, *files), compare(root, *files)

    assert (planned.run, planned.graded) == (None, done.graded)
    assert (again.run, again.repeated) == (None, done.run)


class TestResolving:
    """What is open is listed with its reason, and settled by a sheet that says who looked."""

    def test_same_marks_as_if_read_at_first(self, at: At) -> None:
        """A difference, a double mark and an unreadable number, resolved, score as a plain file would have."""
        root = at("sealed")
        rows = sheets(root)
        first = key_in(root, "first.csv", rows, C1={"q1": "AB", "q5": "4?0"}, C2={"q1": "A", "q2": "A"})
        second = key_in(root, "second.csv", rows, C1={"q1": "*", "q5": "4?0"}, C2={"q1": "B", "q2": "B"})
        compare(root, first, second)
        assert [(one.candidate, one.question, one.why) for one in opened(root)] == [
            ("C1", 1, "multiple-marked"),
            ("C1", 5, "unreadable: `?0` after the number is not a unit"),
            ("C2", 1, "key-ins-differ"),
            ("C2", 2, "key-ins-differ"),
        ]
        right = {who: (rows[who]["q1"], rows[who]["q2"], rows[who]["q5"]) for who in ("C1", "C2")}
        part = resolve(
            root, ("C1", "1", right["C1"][0], "a1", "erased one"), ("C2", "q1", right["C2"][0], "a1", "clear")
        )
        assert (part.graded, part.waiting, "C2" in reports(root)) == (2, 2, False)
        last = resolve(
            root,
            ("C1", "5", right["C1"][2], "a2", "a five"),
            ("C2", "2", right["C2"][1], "a2", "clear"),
            name="two.csv",
        )
        assert (last.waiting, opened(root)) == (0, ())
        marks = {who: [(one.earned, one.reason) for one in report.items] for who, report in reports(root).items()}
        with acting(root) as context:
            grade_written(context, SITTING, [key_in(root, "plain.csv", rows)])

        assert marks == {
            who: [(one.earned, one.reason) for one in report.items] for who, report in reports(root).items()
        }

    def test_record_names_who_looked(self, at: At) -> None:
        """What was read before, what counts, who looked and why are kept, and the trail tells of the run."""
        root = at("sealed")
        rows = sheets(root)
        compare(root, key_in(root, "1.csv", rows, C2={"q1": "A"}), key_in(root, "2.csv", rows, C2={"q1": "B"}))
        run = resolve(root, ("C2", "1", "B", "a1", "a clear B"))
        with acting(root) as context, context.reading() as connection:
            ((number, kept),) = key_ins.load_resolutions(connection, SITTING)
            act = acts(connection, 1)[0]

        assert (number, kept.by, kept.reason, kept.response) == (run.run, "a1", "a clear B", "B")
        assert kept.read == f"A ({root / '1.csv'}:3:3) | B ({root / '2.csv'}:3:3)"
        assert (act.action, act.details["resolutions"]) == ("grade.resolve", 1)

    def test_confirmed_as_it_is(self, at: At) -> None:
        """Who says that a double mark is one closes it: no mark changes, and it is listed no more."""
        root = at("sealed")
        rows = sheets(root)
        with acting(root) as context:
            grade_written(context, SITTING, [key_in(root, "one.csv", rows, C1={"q1": "AB"})])
        before = reports(root)["C1"]
        resolve(root, ("C1", "1", "AB", "a1", "both ticked"))

        assert opened(root) == ()
        assert reports(root)["C1"] == before

    def test_again_changes_nothing(self, at: At) -> None:
        """The same sheet again is the same run, and adds no row."""
        root = at("sealed")
        with acting(root) as context:
            grade_written(context, SITTING, [key_in(root, "one.csv", sheets(root), C1={"q1": "AB"})])
        first = resolve(root, ("C1", "1", "A", "a1", "B erased"))
        with acting(root) as context:
            before = rows_of(context)
        again = resolve(root, ("C1", "1", "A", "a1", "B erased"))
        with acting(root) as context:
            assert rows_of(context) == before

        assert (again.run, again.repeated, again.set_aside) == (None, first.run, ())

    def test_rows_that_are_not_taken(self, at: At) -> None:
        """Each under its line with its own reason; the sound row is taken, the empty one left for later."""
        root = at("sealed")
        with acting(root) as context:
            grade_written(context, SITTING, [key_in(root, "one.csv", sheets(root), C1={"q1": "AB", "q2": "AB"})])
        run = resolve(
            root,
            ("C1", "1", "A", "a1", "B erased"),
            ("C1", "1", "B", "a1", "no, A"),
            ("C1", "3", "A", "a1", "not open"),
            ("C9", "1", "A", "a1", "nobody"),
            ("C1", "2", "A", "somebody", "who is that"),
            ("C1", "2", "A", "a1", ""),
            ("C1", "2", "A", "", "clear"),
            ("C1", "x", "A", "a1", "clear"),
            ("?", "2", "A", "a1", "clear"),
            ("C1", "2", "A" * 10_001, "a1", "clear"),
            ("C1", "2", "", "", ""),
        )
        assert [(one.code, one.place.line) for one in run.set_aside if one.place] == [
            ("resolve/twice", 3),
            ("resolve/not-open", 4),
            ("resolve/unknown-paper", 5),
            ("resolve/unknown-person", 6),
            ("resolutions/no-reason", 7),
            ("resolutions/nobody", 8),
            ("resolutions/question", 9),
            ("resolutions/candidate", 10),
            ("resolutions/long-response", 11),
        ]
        assert (run.graded, run.waiting) == (1, 1)

    def test_sheet_to_fill_in(self, at: At) -> None:
        """What is open is written as a sheet; filled in and read back, it closes everything."""
        root = at("sealed")
        with acting(root) as context:
            grade_written(context, SITTING, [key_in(root, "one.csv", sheets(root), C1={"q1": "AB"}, C3={"q1": "=A?"})])
            assert write_open_sheet(context, SITTING, root / "open.csv") == 2
        rows = list(csv.DictReader(io.StringIO((root / "open.csv").read_text("utf-8-sig"))))
        filled = [{**row, "response": "A", "by": "a1", "reason": "seen"} for row in rows]
        (root / "open.csv").write_bytes(write_csv(list(rows[0]), [tuple(row.values()) for row in filled]))
        with acting(root) as context:
            run = take_resolutions(context, SITTING, [root / "open.csv"])

        assert [row["why_open"] for row in rows] == ["multiple-marked", "unreadable: `'` is no letter of this item"]
        assert (run.graded, run.waiting, opened(root)) == (2, 0, ())


def test_commands(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clerk's way: compare, see what is open, write the sheet, read it back; exit code 1 as long as rows are set aside."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "admin")
    root = at("sealed")
    rows = sheets(root)
    key_in(root, "first.csv", rows, C2={"q1": "A"})
    key_in(root, "second.csv", rows, C2={"q1": "B"})
    ran = certengine("grade", "written", SITTING, "first.csv", "--double-entry", "second.csv", cwd=root)
    assert (ran.code, "[keying/differs]" in ran.err) == (1, True)
    assert f"certengine grade resolve {SITTING}" in ran.err
    listed = certengine("grade", "resolve", SITTING, cwd=root)
    assert "1 response open, 1 paper not graded" in listed.out
    certengine("grade", "resolve", SITTING, "-o", "open.csv", cwd=root)
    text = (root / "open.csv").read_text("utf-8-sig").replace(",,,", ",B,a1,clear")
    (root / "open.csv").write_text(text, encoding="utf-8")
    done = certengine("grade", "resolve", SITTING, "open.csv", cwd=root)
    assert (done.code, "graded 1 response" in done.out) == (0, True), done
    several = certengine("grade", "written", SITTING, "first.csv", "open.csv", "--double-entry", "second.csv", cwd=root)
    assert several.code == 2
