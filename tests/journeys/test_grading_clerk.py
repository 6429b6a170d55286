"""The grading clerk's journey: answer files as they really come in, in whatever form, with whatever is wrong in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.cli.running import Ran, certengine, done
from tests.journeys.academy import (
    SITTING,
    Rows,
    acts,
    copied,
    csv_text,
    good_responses,
    read_rows,
    sealed_academy,
    sheets,
    write_rows,
)

pytestmark = pytest.mark.slow

CANDIDATES = 4
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


@pytest.fixture(scope="module")
def academy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed sitting with invented answers, nothing graded."""
    return sealed_academy(tmp_path_factory.mktemp("clerk") / "academy", CANDIDATES)


@pytest.fixture(scope="module")
def responses(academy: Path) -> Rows:
    """Sound answers, one row for each candidate."""
    return good_responses(academy)


def theory(root: Path, *files: Path | str) -> list[str]:
    """The theory scores that come of grading some files."""
    done("grade", "written", SITTING, *files, cwd=root)
    done("grade", "practical", SITTING, *sheets(), cwd=root)
    done("result", "decide", SITTING, "--as", "zhao-ting", cwd=root)
    done("result", "export", SITTING, "-o", "results.csv", cwd=root)
    return [row["theory"] for row in read_rows(root / "results.csv")]


@pytest.fixture(scope="module")
def expected(academy: Path, responses: Rows, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The theory scores of the plain file."""
    root = copied(academy, tmp_path_factory.mktemp("plain") / "academy")
    return theory(root, write_rows(root / "plain.csv", responses))


def chinese(rows: Rows) -> Rows:
    """The same rows under Chinese headings, with a column for people to look at."""
    titles = {"candidate_id": "准考证号", "paper_id": "试卷编号"}
    return [
        {"姓名": "某某", **{titles.get(name, f"第{name[1:]}题"): value for name, value in row.items()}} for row in rows
    ]


def full_width(rows: Rows) -> Rows:
    """The same answers typed with a Chinese input method."""
    return [
        {name: value.translate(WIDE) if name.startswith("q") else value for name, value in row.items()} for row in rows
    ]


def as_xlsx(path: Path, rows: Rows) -> None:
    """The same rows as a workbook."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)


FORMS: dict[str, tuple[str, Callable[[Path, Rows], object]]] = {
    "utf-8 with BOM": ("bom.csv", lambda path, rows: write_rows(path, rows, "utf-8-sig")),
    "GBK with Chinese headings": ("gbk.csv", lambda path, rows: write_rows(path, chinese(rows), "gb18030")),
    "full-width letters and digits": ("wide.csv", lambda path, rows: write_rows(path, full_width(rows))),
    "tabs": ("tabs.tsv", lambda path, rows: path.write_text(csv_text(rows).replace(",", "\t"), encoding="utf-8")),
    "workbook": ("answers.xlsx", as_xlsx),
}


@pytest.mark.parametrize("form", FORMS)
def test_same_answers_give_the_same_scores_in_every_form(
    form: str, academy: Path, responses: Rows, expected: list[str], tmp_path: Path
) -> None:
    """However a clerk's program saved the answers, the scores are the same."""
    root = copied(academy, tmp_path / "academy")
    name, write = FORMS[form]
    write(root / name, responses)

    assert theory(root, name) == expected


def test_one_first_sees_what_would_happen(academy: Path) -> None:
    """``--dry-run`` tells what would be graded and set aside, and writes nothing, not even an act."""
    before = acts(academy)
    ran = certengine("grade", "written", SITTING, "answers/responses.csv", "--dry-run", "--json", cwd=academy)

    assert (ran.document["dry_run"], ran.document["graded"], len(ran.document["set_aside"])) == (True, CANDIDATES, 1)
    assert ran.document["run"] is None
    assert acts(academy) == before


@pytest.fixture(scope="module")
def torn(academy: Path, responses: Rows) -> Path:
    """A file with a blank, a double mark, and one row whose paper id was misread."""
    rows = [dict(row) for row in responses]
    rows[0]["q1"], rows[1]["q2"] = "", "AB"
    rows[2]["paper_id"] = "UUUU-0000"
    return write_rows(academy / "scanner.csv", rows)


@pytest.fixture(scope="module")
def first_run(academy: Path, torn: Path) -> Ran:
    """Grading that file for the first time, after the dry run."""
    return certengine("grade", "written", SITTING, torn, "--json", cwd=academy)


def test_bad_row_is_set_aside_and_the_rest_graded(first_run: Ran, torn: Path) -> None:
    """One bad row gives exit code 1, its line and its reason; all others are graded."""
    document = first_run.document
    aside = document["set_aside"]

    assert first_run.code == 1
    assert (document["schema"], document["graded"], document["waiting"]) == ("certengine.grade/1", CANDIDATES - 1, 1)
    assert [(one["code"], one["file"], one["line"]) for one in aside] == [("response/unknown-paper", str(torn), 4)]
    assert "UUUU-0000" in aside[0]["message"]
    assert aside[0]["hint"]


def test_double_mark_is_noted_and_graded(first_run: Ran, responses: Rows) -> None:
    """A doubly marked answer is noted with its paper and item, earns nothing, and sets nothing aside."""
    notes = [note for note in first_run.document["notes"] if note["line"] == 3]
    wanted = f"paper {responses[1]['paper_id']}, item 2: `AB` is marked more than once"

    assert wanted in [note["message"] for note in notes]


def test_same_file_again_changes_nothing(academy: Path, first_run: Ran, torn: Path) -> None:
    """Reading the same file again says by which run it was graded, and adds neither run nor act."""
    before = acts(academy)
    again = certengine("grade", "written", SITTING, torn, "--json", cwd=academy).document

    assert (again["run"], again["repeated"]) == (None, first_run.document["run"])
    assert acts(academy) == before


def test_mended_row_is_graded_from_a_file_of_its_own(academy: Path, first_run: Ran, responses: Rows) -> None:
    """The row set aside, mended in a file of its own, completes the sitting."""
    assert first_run.document["waiting"] == 1
    mended = write_rows(academy / "mended.csv", responses[2:3])
    ran = done("grade", "written", SITTING, mended, "--json", cwd=academy)

    assert (ran.document["graded"], ran.document["waiting"], ran.document["set_aside"]) == (1, 0, [])


def test_blank_and_double_mark_say_so_in_the_result(academy: Path, responses: Rows) -> None:
    """A blank answer and a double mark earn nothing, and the result says which was which in both languages."""
    done("grade", "practical", SITTING, *sheets(), cwd=academy)
    done("result", "decide", SITTING, "--as", "zhao-ting", cwd=academy)
    reasons = []
    for row, position in ((responses[0], 0), (responses[1], 1)):
        shown = done("result", "show", SITTING, row["candidate_id"], "--json", cwd=academy).document
        item = next(report for report in shown["reports"] if report["items"])["items"][position]
        reasons.append((item["earned"], item["reason"]))

    assert reasons == [
        ("0", {"zh": "未作答", "en": "blank"}),
        ("0", {"zh": "重复填涂", "en": "more than one marked"}),
    ]


def test_file_that_is_no_table_is_refused_whole(academy: Path) -> None:
    """A file that is no table of responses is refused with its code, and no run is written."""
    before = acts(academy)
    (academy / "photo.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    ran = certengine("grade", "written", SITTING, "photo.csv", cwd=academy)

    assert ran.code == 3
    assert "[table/" in ran.err
    assert acts(academy) == before
