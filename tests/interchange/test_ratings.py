"""Practical ratings come in as entries, not attempted, or findings - never one for another."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certengine.errors import Finding, InputError
from certengine.interchange.delimited import write_csv
from certengine.interchange.ratings import RawRating, read_ratings, yes_or_no

SMALL = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
HEADER = "candidate_id,task,aspect,assessor,value,remark\n"


def put(folder: Path, text: str) -> Path:
    """A scoring sheet of that text."""
    path = folder / "s.csv"
    path.write_text(text, encoding="utf-8")
    return path


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, int | None]]:
    """Code and line of each finding."""
    return [(finding.code, finding.place.line if finding.place else None) for finding in findings]


def entry(folder: Path, cell: str) -> list[str | None]:
    """The entry read from one cell, in a list; empty when the row is set aside."""
    path = folder / "s.csv"
    path.write_bytes(write_csv(HEADER.strip().split(","), [("A1", "T1", "M1", "K07", cell, "")]))
    return [rating.raw for rating in read_ratings(path)[0]]


def test_every_column(tmp_path: Path) -> None:
    """Chinese headings, and the columns that a sheet prints for the assessor alone."""
    text = (
        "序号,准考证号,姓名,任务编号,评分项,考核内容,配分,评分标准,单位,考评员,检测结果,备注\n"
        "1,A1,张伟,A-P1,M1,定位,12,误差,mm,K07,0.05,二次测量\n"
    )

    assert (
        (
            RawRating(
                line=2, candidate_id="A1", task="A-P1", aspect="M1", assessor="K07", raw="0.05", remark="二次测量"
            ),
        ),
        (),
    ) == read_ratings(put(tmp_path, text))


@pytest.mark.parametrize(
    ("cell", "raw"),
    [
        ("0.05", "0.05"),
        ("０．０５", "0.05"),
        ("0,05", "0.05"),
        ("0.050 mm", "0.050 mm"),
        ("5×10⁻² ㎜", "0.05 mm"),
        ("\u22120.02", "-0.02"),
        ("3", "3"),
        ("1,234.5", "1234.5"),
        ("1e3", "1000"),
    ],
)
def test_numbers_in_one_form(tmp_path: Path, cell: str, raw: str) -> None:
    """A number comes out in plain notation with its unit, trailing zeros kept."""
    assert [raw] == entry(tmp_path, cell)


@pytest.mark.parametrize("cell", ["NA", "n/a", "未做", "-", "－", "—", "Not attempted"])
def test_not_attempted_is_said_on_purpose(tmp_path: Path, cell: str) -> None:
    """Not attempted is an answer of its own, no zero and no blank."""
    assert [None] == entry(tmp_path, cell)


@pytest.mark.parametrize(
    ("cell", "raw"),
    [
        ("√", "yes"),
        ("✓", "yes"),
        ("是", "yes"),
        ("Y", "yes"),
        ("Yes", "yes"),
        ("×", "no"),
        ("✗", "no"),
        ("否", "no"),
        ("n", "no"),
        ("No", "no"),
    ],
)
def test_yes_and_no(tmp_path: Path, cell: str, raw: str) -> None:
    """Signs and words of yes and no come out as two words."""
    assert [raw] == entry(tmp_path, cell)


@pytest.mark.parametrize(("raw", "truth"), [("yes", True), ("1", True), ("no", False), ("0", False), ("2", None)])
def test_yes_or_no(raw: str, truth: bool | None) -> None:
    """One and zero are yes and no where a yes or no is due."""
    assert yes_or_no(raw) is truth


def test_other_text_is_kept(tmp_path: Path) -> None:
    """What is no number, yes or no is left to the kind of the aspect."""
    assert ["1;3;5"] == entry(tmp_path, "１；３；５")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "ratings/blank"),
        ("\u3000", "ratings/blank"),
        ("1,234", "ratings/number"),
        ("8×10-1", "ratings/number"),
        ("1e999", "ratings/number"),
        ("x\u202ey", "ratings/entry"),
        ("长" * 101, "ratings/entry"),
    ],
)
def test_entries_set_aside(tmp_path: Path, cell: str, code: str) -> None:
    """A blank, a number with two readings and an unreadable text set their row aside by line."""
    ratings, findings = read_ratings(put(tmp_path, f'{HEADER}A1,T1,M1,K07,"{cell}",\nA1,T1,M2,K07,3,\n'))

    assert (["M2"], [(code, 2)]) == ([rating.aspect for rating in ratings], codes(findings))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",T1,M1,K07,3,", "ratings/missing-candidate"),
        ("A 1,T1,M1,K07,3,", "ratings/candidate-id"),
        ("A1,T 1,M1,K07,3,", "ratings/task-id"),
        ("A1,T1,,K07,3,", "ratings/missing-aspect"),
        ("A1,T1,定位,K07,3,", "ratings/aspect-id"),
        ("A1,T1,M1,,3,", "ratings/missing-assessor"),
        ("A1,T1,M1,___,3,", "ratings/assessor-id"),
        ("A1,T1,M1,K07,3,x\u202ey", "ratings/remark"),
        ("A1,T1,M1,K07,3", "table/ragged-row"),
    ],
)
def test_rows_set_aside(tmp_path: Path, row: str, code: str) -> None:
    """A row that does not say who, what or by whom is set aside; the others stay."""
    ratings, findings = read_ratings(put(tmp_path, f"{HEADER}{row}\nA1,T1,M2,K07,3,\n"))

    assert (["M2"], [(code, 2)]) == ([rating.aspect for rating in ratings], codes(findings))


def test_duplicate_rating(tmp_path: Path) -> None:
    """Two entries of one assessor on one aspect are both set aside, naming each other."""
    rows = "A1,T1,M1,K07,3,\nA1,T1,M1,K08,3,\nA1,T1,M1,K07,2,\n"
    ratings, findings = read_ratings(put(tmp_path, HEADER + rows))

    assert ["K08"] == [rating.assessor for rating in ratings]
    assert [("ratings/duplicate-rating", 2), ("ratings/duplicate-rating", 4)] == codes(findings)
    assert [True, True] == ["line 4" in findings[0].message, "line 2" in findings[1].message]


def test_assessor_by_argument(tmp_path: Path) -> None:
    """The caller may say whose sheet it is, and which task."""
    ratings, findings = read_ratings(put(tmp_path, "考号,评分项,得分值\nA1,M1,3\n"), assessor="K07", task="A-P1")

    assert ([("K07", "A-P1")], ()) == ([(rating.assessor, rating.task) for rating in ratings], findings)


def test_rows_by_another_assessor(tmp_path: Path) -> None:
    """A row that names another assessor than the sheet's is set aside."""
    path = put(tmp_path, HEADER + "A1,T1,M1,K07,3,\nA1,T1,M2,K08,3,\nA1,T1,M3,,3,\n")
    ratings, findings = read_ratings(path, assessor="K07")

    assert (["M1", "M3"], [("ratings/other-assessor", 3)]) == ([r.aspect for r in ratings], codes(findings))


def test_nothing_names_the_assessor(tmp_path: Path) -> None:
    """A sheet of nobody's is refused as a whole."""
    ratings, findings = read_ratings(put(tmp_path, "考号,评分项,得分值\nA1,M1,3\n"))

    assert ((), [("ratings/no-assessor", 1)]) == (ratings, codes(findings))


def test_argument_that_is_no_id(tmp_path: Path) -> None:
    """An assessor's name that cannot be one is refused."""
    with pytest.raises(InputError):
        read_ratings(put(tmp_path, HEADER), assessor="K 07")


@pytest.mark.parametrize(
    "above",
    [[["考评员", "K07", "任务", "A-P1"]], [["考评员：K07", "任务: A-P1"]], [["Assessor", "Ｋ07"], ["task", "A-P1"]]],
)
def test_workbook_with_a_head(tmp_path: Path, above: list[list[str]]) -> None:
    """An exported workbook may have a title, the assessor and the task above its table."""
    book = openpyxl.Workbook()
    header = ["考号 Candidate", "评分项 Aspect", "检测结果 Value"]
    rows: list[list[str]] = [["评分记录表 Scoring sheet"], *above, [], header, ["A1", "M1", "0.05"]]
    for row in rows:
        book.worksheets[0].append(row)
    book.save(tmp_path / "s.xlsx")
    ratings, findings = read_ratings(tmp_path / "s.xlsx")

    assert ([("K07", "A-P1", "0.05")], ()) == ([(r.assessor, r.task, r.raw) for r in ratings], findings)


def test_empty_place_for_the_assessor(tmp_path: Path) -> None:
    """A head whose place for the assessor was left empty names nobody, least of all the next label."""
    text = "考评员：,日期：,\n考评员,,日期\n考号,评分项,得分值\nA1,M1,3\n"
    ratings, findings = read_ratings(put(tmp_path, text))

    assert () == ratings
    assert {"ratings/no-assessor", "ratings/assessor-id"} & {code for code, _ in codes(findings)}


@SMALL
@given(cell=st.text(max_size=12) | st.text(alphabet="0123456789,. ×√-NA无mm", max_size=8))
def test_any_cell_is_an_entry_or_a_finding(tmp_path: Path, cell: str) -> None:
    """Property: any cell gives one rating or one finding, and what comes out reads the same again."""
    path = tmp_path / "s.jsonl"
    value = "".join(f"\\u{unit:04x}" for unit in memoryview(cell.encode("utf-16-le", "surrogatepass")).cast("H"))
    path.write_text(f'{{"candidate_id": "A1", "aspect": "M1", "assessor": "K7", "value": "{value}"}}', encoding="utf-8")
    try:
        ratings, findings = read_ratings(path)
    except InputError as error:
        assert error.code == "table/empty"
        return

    assert len(ratings) + len(findings) == 1
    assert all(rating.raw is None or entry(tmp_path, rating.raw) == [rating.raw] for rating in ratings)
