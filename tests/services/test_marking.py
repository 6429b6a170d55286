"""Marking by people: sheets without names, points on their scale, second and third markers, nothing ever edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import Connection

from certengine.canonical import decimal_text
from certengine.errors import InputError, NotFound, Refused, UsageError
from certengine.model.bench import ConflictKind
from certengine.services import marking
from certengine.services.bank_difference import diff_banks
from certengine.services.bench import declare_conflicts
from certengine.services.grading import GradingRun, grade_written
from certengine.services.item_preview import preview_item
from certengine.services.marking import are_marking_sheets, take_marks
from certengine.services.marking_queue import ItemQueue, queue, write_sheet
from certengine.services.overview import overview
from certengine.services.results import candidate_result, decide_sitting
from certengine.services.scripts import Desk, load_desk
from certengine.services.sittings import LoadedSitting, load
from certengine.store.gradings import latest_written
from certengine.store.script_marks import load_script_marks
from tests.services.essay_world import (
    ESSAY,
    SITTING,
    WORD,
    answers,
    fill,
    graded,
    handed,
    make_essays,
    mark,
    points,
    read_sheet,
)
from tests.services.small_world import CANDIDATES, acting, rows_of
from tests.simulator import essay, item, published, text

At = Callable[[str], Path]


@pytest.fixture
def root(at: At) -> Path:
    """The sitting with all answers graded as far as no person is needed; C2's essay is blank, C3's word unusual."""
    folder = make_essays(at("workspace"))
    graded(folder, C2={"q3": ""}, C3={"q2": "联锁"})
    return folder


def waits(root: Path) -> dict[str, tuple[int, int, int, int]]:
    """First, second, third, settled of each item."""
    with acting(root) as context:
        return {one.item: (one.first, one.second, one.third, one.settled) for one in queue(context, SITTING)}


def scores(root: Path) -> dict[str, str | None]:
    """The score that counts for each candidate, exact, or none."""
    with acting(root) as context, context.reading() as connection:
        found = latest_written(connection, SITTING)
    return {report.candidate: None if report.score is None else decimal_text(report.score) for _, report in found}


def codes(run: GradingRun) -> list[str]:
    """The codes of what was set aside."""
    return [finding.code for finding in run.set_aside]


def all_of(dead: int, winding: int, rotor: int) -> Callable[[dict[str, str]], dict[str, str]]:
    """The same points for every answer."""
    return lambda row: points(dead, winding, rotor)


def test_what_waits(root: Path) -> None:
    """Given essays wait, a blank one does not; an unusual word waits, an accepted one does not."""
    assert {ESSAY: (5, 0, 0, 0), WORD: (1, 0, 0, 0)} == waits(root)
    assert {"C2": "8"} == {who: score for who, score in scores(root).items() if score}


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_sheet_names_nobody(root: Path, suffix: str) -> None:
    """Neither name nor candidate id nor paper id is anywhere in a sheet of typed answers; the words themselves are."""
    path = handed(root, "a2", name=f"sheet.{suffix}")
    everything = str(read_sheet(path)) + path.name
    if suffix == "xlsx":
        everything += str([[c.value for c in row] for sheet in load_workbook(path) for row in sheet.iter_rows()])
    with acting(root) as context, context.reading() as connection:
        papers = [sheet.paper for sheet, _ in latest_written(connection, SITTING)]

    assert 5 == len(read_sheet(path))
    assert [word for word in ("欧阳", *papers) if word in everything] == []
    assert "C1 先验电，再测绕组。" in everything  # what the candidate wrote, even of themselves
    assert 0o600 == path.stat().st_mode & 0o777


def test_rows_stand_in_an_order_that_says_nothing_and_stays(root: Path) -> None:
    """The order is that of the codes, the same each time, and neither that of the roster nor that of the papers."""
    first, again = (read_sheet(handed(root, "a2", name=name)) for name in ("one.csv", "two.csv"))
    order = [row["answer"][:2] for row in first]

    assert first == again
    assert sorted(row["script"] for row in first) == [row["script"] for row in first]
    assert order != sorted(order)


def test_the_seed_of_the_draw_leads_to_no_code(root: Path) -> None:
    """Codes follow from a secret of their own, which no table but its own holds."""
    handed(root, "a2")
    with acting(root) as context, context.reading() as connection:
        desk = load_desk(connection, load(context, SITTING))
        paper = latest_written(connection, SITTING)[0][0].paper
        seed = connection.exec_driver_sql("SELECT seed FROM sitting_secret").scalar_one()

    assert desk.key is not None
    assert desk.key.hex() != seed
    assert desk.code(paper, 3) != replace(desk, key=bytes.fromhex(seed)).code(paper, 3)


def test_own_trainees_are_left_out(root: Path) -> None:
    """A marker is not handed the answer of a candidate they trained; others are."""
    with acting(root) as context:
        own = write_sheet(context, SITTING, root / "own.csv", item=ESSAY, marker="a1")
        other = write_sheet(context, SITTING, root / "other.csv", item=ESSAY, marker="a2")

    assert (4, 1) == (own.answers, own.left_out)
    assert (5, 0) == (other.answers, other.left_out)
    assert not any("C6" in row["answer"] for row in read_sheet(root / "own.csv"))


def test_the_sheet_carries_the_rubric(root: Path) -> None:
    """A workbook lets only points on the scale be written, and its second sheet has rubric, cap and model answer."""
    book = load_workbook(handed(root, "a2", name="sheet.xlsx"))
    marks, guide = book.worksheets
    said = "\n".join(str(cell.value) for row in guide.iter_rows() for cell in row)
    bounds = {str(check.sqref): (check.formula1, check.formula2) for check in marks.data_validations.dataValidation}

    assert {"E2:E6": ("0", "1"), "F2:F6": ("0", "4"), "G2:G6": ("0", "4")} == bounds
    assert marks.protection.sheet
    assert [False, False] == [marks.cell(2, 5).protection.locked, marks.cell(2, 8).protection.locked]
    assert marks.cell(2, 4).protection.locked
    for words in ("先验电\nproves dead first", "未满足“先验电”的，至多得 4 分", "Prove dead, then winding and rotor."):
        assert words in said


def test_points_become_marks(root: Path) -> None:
    """Six of eight points of an item of 32 marks are 24; the cap holds; nothing waits any more."""
    mark(root, "a2", lambda row: points(0, 4, 4) if row["answer"].startswith("C5") else points(1, 4, 2))

    assert {ESSAY: (0, 0, 0, 5), WORD: (1, 0, 0, 0)} == waits(root)
    assert {"C1": "32", "C2": "8", "C3": None, "C4": "32", "C5": "24", "C6": "32"} == scores(root)


def test_an_unusual_word_is_accepted_by_a_person(root: Path) -> None:
    """What no form matches waits, and counts in full once a person accepts it."""
    mark(root, "a2", all_of(1, 4, 4))
    sheet = handed(root, "a2", WORD)
    done = root / "words.csv"
    done.write_text(sheet.read_text("utf-8-sig").replace("联锁,,", "联锁,1,"), encoding="utf-8")
    with acting(root) as context:
        run = take_marks(context, SITTING, [done])

    assert (1, 0, ()) == (run.graded, run.waiting, run.set_aside)
    assert "40" == scores(root)["C3"]


def test_pending_until_marked(root: Path) -> None:
    """The decision waits and says how many answers do; once all are marked it is made."""
    with acting(root, "decider") as context:
        run, _ = decide_sitting(context, SITTING)
        missing = candidate_result(context, SITTING, "C3").decision.missing
    mark(root, "a1", all_of(1, 4, 4))
    mark(root, "a3", all_of(1, 4, 4))
    with acting(root, "decider") as context:
        after, _ = decide_sitting(context, SITTING)

    assert (1, 5) == (run.failed, run.pending)
    assert ("理论：2 题待阅卷", "Theory: 2 answers waiting for a marker") == (
        missing[0].best("zh"),
        missing[0].best("en"),
    )
    assert (4, 1, 1) == (after.passed, after.failed, after.pending)


def test_whoever_marked_does_not_decide(root: Path) -> None:
    """``a2`` may decide, but not once they have marked an answer."""
    with acting(root, "a2") as context:
        decide_sitting(context, SITTING, dry_run=True)
    mark(root, "a2", all_of(1, 4, 4))
    with acting(root, "a2") as context, pytest.raises(Refused) as error:
        decide_sitting(context, SITTING)

    assert "result/assessor-decides" == error.value.code


class TestTwoMarkers:
    """Every answer is marked twice, and three points apart is too far."""

    @pytest.fixture
    def root(self, at: At) -> Path:
        """The sitting under that rule, marked once by ``a2``."""
        folder = make_essays(at("workspace"), "marking: {second_one_in: 1, spread: 2},")
        graded(folder)
        mark(folder, "a2", all_of(1, 4, 2))
        return folder

    def test_a_second_marker_is_asked_for(self, root: Path) -> None:
        """After the first nothing counts yet, and the first marker is handed nothing more."""
        assert {ESSAY: (0, 6, 0, 0)} == waits(root)
        assert {None} == set(scores(root).values())
        with pytest.raises(NotFound) as error:
            handed(root, "a2")
        assert "marking/nothing-waits" == error.value.code

    def test_the_second_marker_sees_nothing_of_the_first(self, root: Path) -> None:
        """The sheet of the second has empty points, and no word of who marked before."""
        rows = read_sheet(handed(root, "a3"))

        assert {""} == {text for row in rows for heading, text in row.items() if heading.startswith("points")}
        assert not any("a2" in text for row in rows for text in row.values())

    def test_near_marks_count_by_their_mean(self, root: Path) -> None:
        """Six and eight points are seven: 28 of 32 marks, and the two other items."""
        mark(root, "a3", all_of(1, 4, 4))

        assert {ESSAY: (0, 0, 0, 6)} == waits(root)
        assert {"36"} == set(scores(root).values())

    def test_far_marks_go_to_a_third(self, root: Path) -> None:
        """Six and three points are too far apart: both stay, nothing counts, and a third marker's points do alone."""
        mark(root, "a3", lambda row: points(1, 3, 0) if row["answer"].startswith("C1") else points(1, 4, 2))
        between = waits(root), scores(root)["C1"]
        for marker in ("a2", "a3"):
            with pytest.raises(NotFound):
                handed(root, marker)
        run = mark(root, "a1", all_of(1, 4, 1))
        with acting(root) as context, context.reading() as connection:
            entries = [one.marker for one in load_script_marks(connection, SITTING)]

        assert ({ESSAY: (0, 0, 1, 5)}, None) == between
        assert (1, 0) == (run.graded, run.waiting)
        assert "28" == scores(root)["C1"]
        assert (["a2"] * 6, ["a3"] * 6, ["a1"]) == (entries[:6], entries[6:12], entries[12:])

    def test_nobody_asked_a_fourth(self, root: Path) -> None:
        """Once two near marks are given, a third marker's row is set aside."""
        sheet = fill(handed(root, "a3"), all_of(1, 4, 2))
        late = fill(handed(root, "a1", name="late.csv"), all_of(0, 0, 0))
        with acting(root) as context:
            take_marks(context, SITTING, [sheet])
            run = take_marks(context, SITTING, [late])

        assert {"marking/not-asked"} == set(codes(run))

    def test_status_names_what_waits(self, root: Path) -> None:
        """The overview counts the answers by whom they wait for, and names the command."""
        with acting(root) as context:
            found = overview(context)
        line = next(line.text for line in found.lines if line.what == "sitting")

        assert "6 graded, 6 answers waiting for a second marker, 0 rated" in line
        assert f"certengine grade queue {SITTING}" == found.next_command


def test_near_the_cut(at: At) -> None:
    """Only answers of candidates near the threshold go to a second marker."""
    root = make_essays(at("workspace"), "marking: {near_cut: 2, spread: 2},")
    graded(root)
    mark(root, "a2", lambda row: points(1, 4, 0) if row["answer"].startswith("C4") else points(1, 4, 4))

    assert {ESSAY: (0, 1, 0, 5)} == waits(root)
    assert ["C4"] == [row["answer"][:2] for row in read_sheet(handed(root, "a3"))]


def test_the_lot_is_drawn_once(at: At) -> None:
    """About one in two by lot; the same answers whenever it is asked, whoever asks."""
    root = make_essays(at("workspace"), "marking: {second_one_in: 2},")
    graded(root)
    mark(root, "a2", all_of(1, 4, 2))
    first, again = (read_sheet(handed(root, "a3", name=name)) for name in ("one.csv", "two.csv"))

    assert first == again
    assert 0 < len(first) < 6


@pytest.mark.parametrize(
    ("marker", "give", "code"),
    [
        ("a2", {"winding": "5"}, "marking/off-the-scale"),
        ("a2", {"dead": "2"}, "marking/off-the-scale"),
        ("a2", {"winding": "-1"}, "marking/points"),
        ("a2", {"winding": "2.5"}, "marking/points"),
        ("a2", {"winding": "many"}, "marking/points"),
        ("a2", {"winding": ""}, "marking/blank"),
        ("a2", {"script": "ZZZZZ-ZZZZZ"}, "marking/unknown-script"),
        ("a2", {"script": "=1"}, "marking/row-id"),
        ("a2", {"item": WORD}, "marking/other-item"),
        ("a2", {"marker": "approver"}, "marking/not-a-marker"),
        ("a2", {"marker": "nobody"}, "marking/not-a-marker"),
        ("a2", {"remark": "x" * 1001}, "marking/remark"),
    ],
)
def test_rows_are_set_aside(root: Path, marker: str, give: dict[str, str], code: str) -> None:
    """A row with something wrong is set aside with its line and reason, and the other rows are taken."""
    sheet = fill(handed(root, marker), lambda row: points(1, 4, 2) | (give if row["answer"].startswith("C1") else {}))
    with acting(root) as context:
        run = take_marks(context, SITTING, [sheet])

    assert ([code], 4) == (codes(run), run.graded)
    assert run.set_aside[0].place is not None
    assert run.set_aside[0].place.line is not None
    assert scores(root)["C1"] is None


def test_trainers_rows_are_set_aside(root: Path) -> None:
    """Whoever writes their own id on another's sheet does not mark their own candidate."""
    sheet = fill(handed(root, "a2"), lambda row: points(1, 4, 2) | {"marker": "a1"})
    with acting(root) as context:
        run = take_marks(context, SITTING, [sheet])

    assert (["marking/own-trainee"], 4) == (codes(run), run.graded)


def test_a_declared_conflict_holds_for_essays_too(root: Path) -> None:
    """Whoever declared a relative is not handed the answer, and a row by them on another's sheet is set aside."""
    with acting(root) as context:
        declare_conflicts(context, SITTING, "a3", ["C1"], ConflictKind.RELATIVE)
        own = write_sheet(context, SITTING, root / "own.csv", item=ESSAY, marker="a3")
        assert (4, 1) == (own.answers, own.left_out)
        run = take_marks(context, SITTING, [fill(handed(root, "a2"), lambda row: points(1, 4, 2) | {"marker": "a3"})])

    assert (["marking/conflict"], 4) == (codes(run), run.graded)


@pytest.mark.parametrize("declared", ['{scheme = "other"}', '{scheme = "essay-l3", until = 2026-11-21}'])
def test_markers_mark_within_what_they_are_qualified_for(root: Path, declared: str) -> None:
    """Qualified for something else, or until yesterday: no sheet, and a row is set aside."""
    sheet = fill(handed(root, "a2"), lambda row: points(1, 4, 2))
    toml = root / "certengine.toml"
    text = toml.read_text("utf-8")
    toml.write_text(text.replace('id = "a2"\n', f'id = "a2"\nqualifications = [{declared}]\n'), encoding="utf-8")
    with acting(root) as context:
        run = take_marks(context, SITTING, [sheet])
        with pytest.raises(Refused) as error:
            write_sheet(context, SITTING, root / "own.csv", item=ESSAY, marker="a2")

    assert (["marking/not-qualified"] * 5, 0) == (codes(run), run.graded)
    assert "marking/not-qualified" == error.value.code


def test_rows_left_empty_are_no_entries(root: Path) -> None:
    """A sheet half done is taken as far as it goes; empty rows wait on, without complaint."""
    run = mark(root, "a2", lambda row: points(1, 4, 2) if row["answer"] < "C3" else {})

    assert (1, (), 5) == (run.graded, run.set_aside, run.waiting)


def test_a_row_twice_is_taken_neither_time(root: Path) -> None:
    """One script on two lines of a sheet: which is meant is for the marker to say."""
    sheet = fill(handed(root, "a2"), all_of(1, 4, 2))
    lines = sheet.read_text("utf-8-sig").splitlines()
    sheet.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    with acting(root) as context:
        run = take_marks(context, SITTING, [sheet])

    assert (["marking/duplicate-script"] * 2, 4) == (codes(run), run.graded)


def test_other_points_need_a_reason(root: Path) -> None:
    """The same points again change nothing; others need a remark, and then supersede; both entries stay on record."""
    sheet = handed(root, "a2")
    mark_with = {
        "first": all_of(1, 4, 2),
        "other": all_of(1, 4, 4),
        "why": lambda row: points(1, 4, 4) | {"remark": "misread"},
    }
    runs = {}
    for name, give in mark_with.items():
        done = fill(sheet, give).rename(root / f"{name}.csv")
        with acting(root) as context:
            runs[name] = take_marks(context, SITTING, [done])
    with acting(root) as context, context.reading() as connection:
        entries = load_script_marks(connection, SITTING)

    assert (["marking/no-reason"] * 5, []) == (codes(runs["other"]), codes(runs["why"]))
    assert "40" == scores(root)["C1"]
    assert [None] * 5 + ["misread"] * 5 == [one.remark for one in entries]


def test_reading_a_sheet_twice_changes_nothing(root: Path) -> None:
    """The same sheet again repeats the earlier run and writes no row; a dry run writes none either."""
    sheet = fill(handed(root, "a2"), all_of(1, 4, 2))
    with acting(root) as context:
        before = rows_of(context)
        dry = take_marks(context, SITTING, [sheet], dry_run=True)
        assert before == rows_of(context)
        run = take_marks(context, SITTING, [sheet])
        rows = rows_of(context)
        again = take_marks(context, SITTING, [sheet])

    assert (None, None, 5) == (dry.run, dry.repeated, dry.graded)
    assert (None, run.run) == (again.run, again.repeated)
    with acting(root) as context:
        assert rows == rows_of(context)


def test_two_runs_at_once_do_not_undo_each_other(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks that come in after a run looked at what there is count in the scores it writes."""
    essays = fill(handed(root, "a2"), all_of(1, 4, 2))
    words = fill(handed(root, "a2", WORD, "words.csv"), lambda row: {"accepted": "1"})
    looked = marking.load_desk

    def meanwhile(connection: Connection, loaded: LoadedSitting) -> Desk:
        """Another clerk takes the essays just after this run has looked."""
        monkeypatch.setattr(marking, "load_desk", looked)
        found = looked(connection, loaded)
        with acting(root) as context:
            take_marks(context, SITTING, [essays])
        return found

    monkeypatch.setattr(marking, "load_desk", meanwhile)
    with acting(root) as context:
        take_marks(context, SITTING, [words])

    assert "32" == scores(root)["C3"]


def test_points_are_for_the_answer_they_were_given_for(root: Path) -> None:
    """When answers are read again, points stay where the words are the same, and do not count where they changed."""
    mark(root, "a2", all_of(1, 4, 2))
    with acting(root) as context:
        path = answers(context, root / "again.csv", C1={"q3": "别的话"}, C2={"q3": ""}, C3={"q2": "联锁"})
        grade_written(context, SITTING, [path])

    assert (None, "32") == (scores(root)["C1"], scores(root)["C4"])
    assert {ESSAY: (1, 0, 0, 4), WORD: (1, 0, 0, 0)} == waits(root)


def test_answers_on_paper_are_found_by_their_page(at: At) -> None:
    """Where the answer stands on the script, the sheet says which page to take up: the paper's id and the item's number."""
    root = make_essays(at("workspace"))
    graded(root, **{one: {"q3": "[见答卷]"} for one in CANDIDATES})
    with acting(root) as context, context.reading() as connection:
        papers = {sheet.paper for sheet, _ in latest_written(connection, SITTING)}
    shown = {row["answer"] for row in read_sheet(handed(root, "a2"))}

    assert {f"见答题页：试卷 {one}，第 3 题 / on the page of paper {one}, item 3" for one in papers} == shown


@pytest.mark.parametrize(
    ("asked", "error", "code"),
    [
        ({"marker": "approver", "item": ESSAY}, Refused, "marking/not-a-marker"),
        ({"marker": "a2", "item": "X9"}, NotFound, "marking/nothing-waits"),
        ({"marker": "a2"}, UsageError, "usage"),
    ],
)
def test_sheets_that_are_not_written(root: Path, asked: dict[str, str], error: type[Exception], code: str) -> None:
    """Not for somebody without the role, not for an item that waits for nobody, not for two items at once."""
    with acting(root) as context:
        before = rows_of(context)
        with pytest.raises(error) as caught:
            write_sheet(context, SITTING, root / "sheet.csv", **asked)
        after = rows_of(context)

    assert code == caught.value.code
    assert not (root / "sheet.csv").exists()
    assert before == after


def test_a_marker_takes_their_own_sheet_and_nobody_elses(root: Path) -> None:
    """An assessor is handed their own sheet; for another person the administrator asks."""
    with acting(root, "a2") as context:
        assert "a2" == write_sheet(context, SITTING, root / "own.csv", item=ESSAY).marker
        with pytest.raises(Refused):
            write_sheet(context, SITTING, root / "other.csv", item=ESSAY, marker="a3")
        with pytest.raises(UsageError):
            write_sheet(context, SITTING, root / "sheet.pdf", item=ESSAY)


def test_shares_divide_the_first_marking(root: Path) -> None:
    """Three shares hold every answer once, the same however often they are asked for; what else waits is in each."""
    shares = []
    with acting(root, entropy="marking") as context:
        for number in (1, 2, 3):
            path = root / f"share-{number}.csv"
            try:
                write_sheet(context, SITTING, path, item=ESSAY, marker="a2", share=(number, 3))
                shares.append([row["script"] for row in read_sheet(path)])
            except NotFound:
                shares.append([])

    assert sorted(code for share in shares for code in share) == [
        row["script"] for row in read_sheet(handed(root, "a2"))
    ]
    assert len([share for share in shares if share]) > 1


@pytest.mark.parametrize("share", [(0, 1), (2, 1), (1, 101), (0, 0)])
def test_what_is_no_share(root: Path, share: tuple[int, int]) -> None:
    """None of none, the third of two, more shares than anybody has markers."""
    with acting(root) as context, pytest.raises(UsageError):
        write_sheet(context, SITTING, root / "sheet.csv", item=ESSAY, marker="a2", share=share)


def test_marking_sheets_are_told_by_their_header(root: Path) -> None:
    """A marking sheet is one in either format; a response file is none; both in one run are refused."""
    sheets = [handed(root, "a2", name=name) for name in ("one.csv", "two.xlsx")]
    lines = root / "more.jsonl"
    lines.write_text('{"candidate_id": "C1"}\n', encoding="utf-8")

    assert are_marking_sheets(sheets)
    assert not are_marking_sheets([root / "answers.csv", lines])
    with pytest.raises(InputError) as error:
        are_marking_sheets([root / "answers.csv", *sheets])
    assert "marking/mixed-files" == error.value.code


def test_before_any_sheet_no_code_is_known(root: Path) -> None:
    """Codes made up before the first sheet was asked for lead nowhere."""
    path = root / "made-up.csv"
    path.write_text("script,item,marker,points dead,points winding,points rotor\nAAAAA-AAAAA,E1,a2,1,4,4\n", "utf-8")
    with acting(root) as context:
        run = take_marks(context, SITTING, [path])

    assert ["marking/unknown-script"] == codes(run)


def test_queue_of_a_sitting_without_answers_for_people(at: At) -> None:
    """Where a scheme sends nothing to people the queue is empty."""
    with acting(at("graded")) as context:
        found: tuple[ItemQueue, ...] = queue(context, "autumn")

    assert () == found


def test_an_author_sees_the_rubric(at: At) -> None:
    """Shown with its key, an essay says what is looked for, on which scale, and what caps; without it nothing of that."""
    with acting(make_essays(at("workspace"))) as context:
        with_key, without = (
            "\n".join(preview_item(context, "essays", ESSAY, with_key=shown).lines()) for shown in (True, False)
        )

    for words in (
        "rubric: 8 points",
        "dead (yes / no): 先验电 / proves dead first",
        "winding (0-4)",
        "至多得 4 分 / at most 4",
    ):
        assert words in with_key
        assert words not in without


def test_a_changed_rubric_is_named() -> None:
    """Between two versions of a bank a criterion goes by its id."""
    was = published([item("e1", "essay")]).contents
    first, *rest = essay().criteria
    changed = essay(criteria=(replace(first, title=text("one cause")), *rest))
    found = diff_banks(was, published([item("e1", "essay", content=changed)]).contents, old="1", new="2")

    assert [("criterion cause, title", "en"), ("criterion cause, title", "zh")] == [
        (change.what, change.language) for change in found.changed[0].changes
    ]
