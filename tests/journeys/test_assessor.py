"""The assessor's journey: the scoring sheet filled in, entries refused, vetoes and judgements of a panel."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from certengine.aspects import kind_of
from certengine.documents.scoring_workbook import write_scoring_workbook
from certengine.services.context import open_context
from certengine.services.sittings import load
from tests.cli.running import certengine, done
from tests.journeys.academy import (
    ASSESSORS,
    SITTING,
    Rows,
    acts,
    copied,
    outcome,
    read_rows,
    right_responses,
    sealed_academy,
    sheets,
    write_rows,
)

pytestmark = pytest.mark.slow

FIRST, VETOED, DOUBTFUL = "2027-001", "2027-002", "2027-003"
TASK = "A-P1"


@pytest.fixture(scope="module")
def academy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed sitting of three candidates whose written answers are graded, all of them right."""
    root = sealed_academy(tmp_path_factory.mktemp("assessor") / "academy", 3)
    write_rows(root / "right.csv", right_responses(root))
    done("grade", "written", SITTING, "right.csv", cwd=root)
    return root


def sheet_of(root: Path, assessor: str) -> Rows:
    """The entries invented for one assessor."""
    return read_rows(root / "answers" / f"ratings-{assessor}.csv")


def entered(rows: Rows, candidate: str, aspect: str, value: str) -> Rows:
    """The same entries but for one."""
    return [
        {**row, "value": value} if (row["candidate_id"], row["aspect"]) == (candidate, aspect) else row for row in rows
    ]


def printed_workbook(root: Path, assessor: str) -> Path:
    """The empty xlsx sheet that ``paper print`` hands to an assessor."""
    context = open_context(root)
    loaded = load(context, SITTING)
    context.database.close()
    task = loaded.scheme.practical[0].tasks[0]
    criteria = {aspect.id: kind_of(aspect.kind).describe(aspect) for aspect in task.aspects}
    at = datetime(2027, 3, 1, tzinfo=UTC)
    path = root / f"{TASK}-{assessor}.xlsx"
    path.write_bytes(write_scoring_workbook(task, loaded.sitting.candidates, assessor, criteria=criteria, at=at))
    return path


def fill_in(path: Path, rows: Rows) -> None:
    """What an assessor does in a spreadsheet program: write the entries into the column meant for them."""
    entries = {(row["candidate_id"], row["aspect"]): row["value"] for row in rows}
    book = openpyxl.load_workbook(path)
    sheet = book[TASK]
    header = next(row for row in sheet.iter_rows() if row[0].value == "candidate_id")
    column = {str(cell.value): cell.column for cell in header}
    for line in range(header[0].row + 1, sheet.max_row + 1):
        named = (sheet.cell(line, column["candidate_id"]).value, sheet.cell(line, column["aspect"]).value)
        sheet.cell(line, column["value"]).value = entries[(str(named[0]), str(named[1]))]
    book.save(path)


def practical_scores(root: Path) -> list[tuple[str, str]]:
    """Each candidate's practical score after deciding."""
    done("result", "decide", SITTING, "--as", "zhao-ting", cwd=root)
    done("result", "export", SITTING, "-o", "results.csv", cwd=root)
    return [(row["candidate_id"], row["practical"]) for row in read_rows(root / "results.csv")]


@pytest.mark.slow
def test_filled_in_workbooks_give_the_marks_of_the_csv_sheets(academy: Path, tmp_path: Path) -> None:
    """The exported xlsx sheets, filled in and read back, give exactly the scores of the CSV sheets."""
    by_csv, by_xlsx = copied(academy, tmp_path / "csv"), copied(academy, tmp_path / "xlsx")
    done("grade", "practical", SITTING, *sheets(), cwd=by_csv)
    books = []
    for assessor in ASSESSORS:
        books.append(printed_workbook(by_xlsx, assessor))
        fill_in(books[-1], sheet_of(by_xlsx, assessor))
    done("grade", "practical", SITTING, *books, cwd=by_xlsx)
    expected = practical_scores(by_csv)

    assert all(score for _, score in expected)
    assert practical_scores(by_xlsx) == expected


def test_sheet_with_a_blank_row_is_not_taken_there(academy: Path, tmp_path: Path) -> None:
    """An entry left empty is set aside by its row: nobody signs a sheet with blank rows."""
    rows = entered(sheet_of(academy, "chen-li"), FIRST, "M1a", "")
    path = write_rows(tmp_path / "blank.csv", rows)
    ran = certengine("grade", "practical", SITTING, path, "--dry-run", "--json", cwd=academy)

    assert ran.code == 1
    assert [(one["line"], one["code"]) for one in ran.document["set_aside"]] == [(2, "ratings/blank")]


OUT_OF_RANGE = {"J1": "4", "D1": "-1", "V1": "maybe", "M1a": "about 100"}


@pytest.mark.parametrize("aspect", OUT_OF_RANGE)
def test_entry_out_of_range_is_refused_by_row(aspect: str, academy: Path, tmp_path: Path) -> None:
    """An entry its aspect cannot take is refused with line, candidate and aspect; the other rows are taken."""
    rows = entered(sheet_of(academy, "chen-li"), FIRST, aspect, OUT_OF_RANGE[aspect])
    path = write_rows(tmp_path / "slip.csv", rows)
    line = next(n for n, row in enumerate(rows, 2) if row["aspect"] == aspect)
    ran = certengine("grade", "practical", SITTING, path, "--dry-run", cwd=academy)

    assert (ran.code, ran.out.startswith("would grade 3 candidates, set aside 1 row")) == (1, True)
    assert f"{path}:{line}: " in ran.err
    assert f"{FIRST} {TASK}/{aspect}" in ran.err


def test_somebody_who_is_no_assessor_marks_nobody(academy: Path, tmp_path: Path) -> None:
    """Every row of a sheet by somebody without the role is set aside."""
    rows = [{**row, "assessor": "zhao-ting"} for row in sheet_of(academy, "chen-li")]
    path = write_rows(tmp_path / "stranger.csv", rows)
    ran = certengine("grade", "practical", SITTING, path, "--dry-run", "--json", cwd=academy)

    assert (ran.code, ran.document["graded"]) == (1, 0)
    assert {one["code"] for one in ran.document["set_aside"]} == {"rating/not-an-assessor"}


def test_one_reason_for_a_whole_sheet_is_told_once(academy: Path, tmp_path: Path) -> None:
    """Of a sheet under the wrong person the reason stands once, with the lines it holds for; JSON has every row."""
    rows = [{**row, "assessor": "zhao-ting"} for row in sheet_of(academy, "chen-li")]
    path = write_rows(tmp_path / "stranger.csv", rows)
    ran = certengine("grade", "practical", SITTING, path, "--dry-run", cwd=academy)

    assert ran.err.count("rating/not-an-assessor") == 1
    assert f"; {len(rows) - 1} more rows likewise: 3-{len(rows) + 1} [rating/not-an-assessor]" in ran.err


@pytest.fixture(scope="module")
def rated(academy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The panel's entries: one candidate sound, one vetoed by all three, one judged 0, 0 and 3 on one aspect."""
    academy = copied(academy, tmp_path_factory.mktemp("rated") / "academy")
    for assessor in ASSESSORS:
        rows = entered(sheet_of(academy, assessor), VETOED, "V1", "1")
        rows = entered(rows, DOUBTFUL, "J1", "3" if assessor == ASSESSORS[-1] else "0")
        path = write_rows(academy / f"entered-{assessor}.csv", rows)
        done("grade", "practical", SITTING, path, cwd=academy)
    done("result", "decide", SITTING, "--as", "zhao-ting", cwd=academy)
    return academy


def test_sound_panel_decides(rated: Path) -> None:
    """A candidate whom all three assessors marked within the allowed spread is decided."""
    assert outcome(rated, FIRST) == "passed"


def test_veto_by_three_fails_the_candidate(rated: Path) -> None:
    """A veto upheld by the panel fails the candidate whatever the marks, and the derivation says so."""
    shown = done("result", "show", SITTING, VETOED, "--json", cwd=rated).document
    steps = shown["derivation"]["steps"]

    assert shown["outcome"] == "failed"
    assert [step["holds"] for step in steps] == [True, True, False]
    assert "V1" in steps[-1]["found"]["en"]


def test_judgements_too_far_apart_leave_it_pending(rated: Path) -> None:
    """Judgements of 0, 0 and 3 are not averaged: the decision waits, and the report names aspect and spread."""
    shown = done("result", "show", SITTING, DOUBTFUL, "--json", cwd=rated).document
    practical = next(report for report in shown["reports"] if report["aspects"])

    assert shown["outcome"] == "pending"
    assert len(practical["open"]) == 1
    assert "J1" in practical["open"][0]["en"]


def test_second_entry_settles_it(rated: Path) -> None:
    """A second entry of the assessor who was apart settles the aspect; the first stays in the trail of runs."""
    before = acts(rated).count("grade.practical")
    row = next(r for r in sheet_of(rated, ASSESSORS[-1]) if (r["candidate_id"], r["aspect"]) == (DOUBTFUL, "J1"))
    path = write_rows(rated / "again.csv", [{**row, "value": "1", "remark": "agreed after talk"}])
    done("grade", "practical", SITTING, path, cwd=rated)
    done("result", "decide", SITTING, "--as", "zhao-ting", cwd=rated)

    assert outcome(rated, DOUBTFUL) == "passed"
    assert acts(rated).count("grade.practical") == before + 1


def test_assessor_does_not_decide(rated: Path) -> None:
    """Whoever assessed candidates of a sitting is refused when deciding on them."""
    config = rated / "certengine.toml"
    config.write_text(config.read_text("utf-8").replace('"author", "assessor"', '"assessor", "decider"'), "utf-8")
    ran = certengine("result", "decide", SITTING, "--as", "chen-li", cwd=rated)

    assert ran.code == 5
    assert "[result/assessor-decides]" in ran.err


@pytest.fixture
def bench(academy: Path, tmp_path: Path) -> Path:
    """The academy before anybody has rated, for one test."""
    return copied(academy, tmp_path / "academy")


def at_the_bench(root: Path, assessor: str, *keys: str) -> str:
    """What ``grade enter`` answers to an assessor's keys."""
    words = [sys.executable, "-m", "certengine_cli", "grade", "enter", SITTING, "--as", assessor]
    given = "".join(f"{key}\n" for key in keys)
    return subprocess.run(words, input=given, capture_output=True, text=True, cwd=root, check=True).stdout


def test_assessor_enters_at_the_bench(bench: Path) -> None:
    """A day at the bench: no conflict, a sheet begun, stopped, gone on with and signed."""
    keys = [row["value"].split()[0] for row in sheet_of(bench, "chen-li") if row["candidate_id"] == FIRST]
    begun = at_the_bench(bench, "chen-li", "0", "1", *keys[:7])
    signed = at_the_bench(bench, "chen-li", *keys[7:], "+", "1", "0")

    assert begun == "signed 0 of 3 sheets, begun and not signed 1\n"
    assert signed == "signed 1 of 3 sheets, begun and not signed 0\n"
    assert acts(bench).count("grade.practical") == 1


def test_nobody_looks_before_the_own_marks(bench: Path) -> None:
    """While the panel waits for an assessor, its candidate's result is not shown to that assessor; to the decider it is."""
    done("grade", "practical", SITTING, *sheets()[:2], cwd=bench)
    done("result", "decide", SITTING, "--as", "zhao-ting", cwd=bench)

    assert certengine("result", "show", SITTING, FIRST, "--as", ASSESSORS[2], cwd=bench).code == 5
    assert certengine("result", "show", SITTING, FIRST, "--as", "zhao-ting", cwd=bench).code == 0


def test_relative_is_marked_by_others(bench: Path) -> None:
    """A declared relative's sheet is set aside row by row, and the other candidates' rows are taken."""
    done("grade", "conflict", SITTING, FIRST, "--kind", "relative", "--as", "chen-li", cwd=bench)
    ran = certengine("grade", "practical", SITTING, sheets()[0], "--json", cwd=bench)

    assert {one["code"] for one in ran.document["set_aside"]} == {"rating/conflict"}
    assert ran.document["graded"] == 2
