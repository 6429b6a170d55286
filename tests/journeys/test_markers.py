"""The markers' journey: essays from the answer file to a result, two markers apart and a third who settles it.

Everything goes through the command line: the administrator hands out sheets without names, three markers fill them in
as spreadsheets, the clerk reads them back, and the decision explains itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.cli.running import certengine, done
from tests.services.essay_world import ESSAY, SITTING, answers, make_essays, read_sheet
from tests.services.small_world import World, acting

pytestmark = pytest.mark.slow

RULE = "marking: {second_one_in: 1, spread: 2},"


@pytest.fixture(scope="module")
def academy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed sitting whose essays are marked twice, and the answers of six candidates."""
    folder = tmp_path_factory.mktemp("markers")
    root = make_essays(World(folder / "stages").copy("workspace", folder / "academy"), RULE)
    with acting(root) as context:
        answers(context, root / "answers.csv")
    return root


def write_points(path: Path, points: Mapping[str, tuple[int, int, int]]) -> None:
    """Fill a workbook in as a marker does: by the answer's first two characters, in the three columns of points."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    assert isinstance(sheet, Worksheet)
    for row in range(2, sheet.max_row + 1):
        given = points.get(str(sheet.cell(row, 4).value)[:2])
        for column, value in enumerate(given or (), 5):
            sheet.cell(row, column).value = value
    book.save(path)


def test_from_the_answer_file_to_a_result(academy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two markers agree on five answers and not on the sixth; a third settles it, and the mark tells how."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "admin")
    everybody = {f"C{n}": (1, 4, 2) for n in range(1, 7)}

    # The clerk grades what a program can grade: essays wait, and nobody has a score.
    done("grade", "written", SITTING, "answers.csv", cwd=academy)
    waiting = done("grade", "queue", SITTING, "--json", cwd=academy).document
    assert [{"item": ESSAY, "answers": 6, "first": 6, "second": 0, "third": 0, "settled": 0}] == waiting["items"]
    assert "certengine grade queue" in done("status", cwd=academy).out + done("status", cwd=academy).err
    done("result", "decide", SITTING, "--as", "decider", cwd=academy)
    shown = done("result", "show", SITTING, "C1", cwd=academy)
    assert "1 answer waiting for a marker" in shown.out
    assert "1 题待阅卷" in shown.out
    assert "-/32" in shown.out

    # The first marker takes a sheet of their own: six answers, no name, and no points of anybody.
    wrote = done("grade", "queue", SITTING, "--as", "a2", "-o", "first.xlsx", cwd=academy)
    assert "wrote 6 answers to item E1 for a2" in wrote.out
    assert "欧阳" not in str(read_sheet(academy / "first.xlsx"))
    write_points(academy / "first.xlsx", everybody)
    done("grade", "written", SITTING, "first.xlsx", cwd=academy)

    # The second is the trainer of C6 and is not handed that answer; on C1 the two are far apart.
    wrote = done("grade", "queue", SITTING, "--item", ESSAY, "--marker", "a1", "-o", "second.xlsx", cwd=academy)
    assert "wrote 5 answers to item E1 for a1, left out 1 of own candidates" in wrote.out
    write_points(academy / "second.xlsx", {**everybody, "C1": (0, 1, 0), "C2": (1, 4, 4)})
    done("grade", "written", SITTING, "second.xlsx", cwd=academy)
    waiting = done("grade", "queue", SITTING, "--json", cwd=academy).document
    assert [{"item": ESSAY, "answers": 6, "first": 0, "second": 1, "third": 1, "settled": 4}] == waiting["items"]
    assert "spread to resolve" in done("grade", "queue", SITTING, cwd=academy).out

    # Neither of the two may settle it; whoever tries by copying the code is told why not.
    refused = certengine("grade", "queue", SITTING, "--marker", "a1", "-o", "again.xlsx", cwd=academy)
    assert (4, True) == (refused.code, "marking/nothing-waits" in refused.err)

    # A third marker gets what is left: C1 to settle, and C6 for a second time. One row is half empty at first.
    done("grade", "queue", SITTING, "--marker", "a3", "--share", "1/2", "-o", "third.csv", cwd=academy)
    rows = (academy / "third.csv").read_text("utf-8-sig").splitlines()
    assert 3 == len(rows)
    half = [row.replace(",,,,", ",1,4,,") if "C1" in row else row.replace(",,,,", ",1,4,2,") for row in rows]
    (academy / "half.csv").write_text("\n".join(half), encoding="utf-8")
    aside = certengine("grade", "written", SITTING, "half.csv", cwd=academy)
    assert (1, True) == (aside.code, "[marking/blank]" in aside.err)
    (academy / "whole.csv").write_text("\n".join(half).replace(",1,4,,", ",1,4,1,"), encoding="utf-8")
    last = done("grade", "written", SITTING, "whole.csv", cwd=academy)
    assert "waiting for 0" in last.out

    # Everything is settled, the decision follows, and it says how C1 and C2 came to their marks.
    done("result", "decide", SITTING, "--as", "decider", cwd=academy)
    results = done("result", "show", SITTING, "--json", cwd=academy).document
    assert {"passed"} == {one["outcome"] for one in results["results"]}
    done("result", "approve", SITTING, "--as", "approver", cwd=academy)
    assert [("C1", "28"), ("C2", "36"), ("C3", "32")] == [score_of(results, one) for one in ("C1", "C2", "C3")]
    shown = done("result", "show", SITTING, "C2", cwd=academy).out
    assert "两人评阅取平均：评阅 6/8 分" in shown
    assert "mean of two markers: marked 6 of 8" in shown
    assert done("log", "check", cwd=academy).code == 0


def score_of(results: Mapping[str, object], candidate: str) -> tuple[str, str]:
    """A candidate with the theory score of a result document."""
    found = results["results"]
    assert isinstance(found, list)
    return candidate, next(str(entry["theory"]) for entry in found if entry["candidate_id"] == candidate)


def test_invented_markers(academy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial invents markers' sheets beside the answers; read in order they leave nothing waiting."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "admin")
    root = make_essays(World(tmp_path / "stages").copy("workspace", tmp_path / "academy"), RULE)
    done("sitting", "simulate", SITTING, "-o", "trial", cwd=root)
    sheets = sorted(path.relative_to(root) for path in (root / "trial").glob("marking-*.csv"))
    certengine("grade", "written", SITTING, "trial/responses.csv", cwd=root)

    ran = done("grade", "written", SITTING, *sheets, cwd=root)

    assert "waiting for 0" in ran.out
    assert len(sheets) >= 3
