"""Responses come in raw, by whole sheets, or are set aside with a reason."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certengine.errors import CertengineError, Finding
from certengine.interchange.answer_strings import AnswerStringRefused, split_answer_string
from certengine.interchange.responses import Form, RawSheet, read_responses

SMALL = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def read(folder: Path, text: str, name: str = "r.csv") -> tuple[tuple[RawSheet, ...], list[tuple[str, int | None]]]:
    """The sheets of that text, and code and line of each finding."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    sheets, findings = read_responses(path)
    return sheets, codes(findings)


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, int | None]]:
    """Code and line of each finding."""
    return [(finding.code, finding.place.line if finding.place else None) for finding in findings]


def sheet(line: int, answers: tuple[tuple[int, str], ...], form: Form, number: int = 1) -> RawSheet:
    """The sheet of candidate A<number> on paper P<number>."""
    return RawSheet(line=line, candidate_id=f"A{number}", paper_id=f"P{number}", answers=answers, form=form)


def test_wide(tmp_path: Path) -> None:
    """One row a paper; raw texts stay but for outer white space, in the order of positions."""
    sheets, findings = read(tmp_path, "candidate_id,paper_id,q2,q1\nA1,P1, Ａ C ,0，8\nA2,P2,,*\n")

    assert [] == findings
    assert (
        sheet(2, ((1, "0，8"), (2, "Ａ C")), Form.WIDE),
        sheet(3, ((1, "*"), (2, "")), Form.WIDE, 2),
    ) == sheets


@pytest.mark.parametrize("heading", ["q7", "Q07", "7", "第7题", "题7", "item_7", "Question 7"])
def test_question_headings(tmp_path: Path, heading: str) -> None:
    """A question column goes by its number, however it is spelt."""
    sheets, _ = read(tmp_path, f"考号,试卷编号,姓名,{heading}\nA1,P1,张伟,B\n")

    assert [((7, "B"),)] == [one.answers for one in sheets]


def test_answer_string(tmp_path: Path) -> None:
    """One character an item, blanks at either end counted."""
    sheets, findings = read(tmp_path, "candidate_id,paper_id,answers\nA1,P1, A.*[AC]√ \n")

    assert [] == findings
    answers = ((1, ""), (2, "A"), (3, ""), (4, "*"), (5, "AC"), (6, "√"), (7, ""))
    assert (sheet(2, answers, Form.ANSWER_STRING),) == sheets


def test_answer_string_in_full_width() -> None:
    """Full-width letters and brackets are read."""
    assert split_answer_string("Ａ［ＡＣ］＊") == ("A", "AC", "*")


@pytest.mark.parametrize("text", ["A1B", "A[", "A]", "[]", "[A*]", "[A[B]]", "A,B", "A\tB"])
def test_answer_string_refused(text: str) -> None:
    """Digits, separators and brackets that do not close are no answers."""
    with pytest.raises(AnswerStringRefused):
        split_answer_string(text)


def test_bad_answer_string_is_set_aside(tmp_path: Path) -> None:
    """A row with a character that is no answer is set aside; the others stay."""
    sheets, findings = read(tmp_path, "candidate_id,paper_id,answers\nA1,P1,AB\nA2,P2,A?\n")

    assert (["P1"], [("responses/answer-string", 3)]) == ([one.paper_id for one in sheets], findings)


def test_long(tmp_path: Path) -> None:
    """Rows are gathered by candidate and paper; bare numbers and q7 are positions, other items are ids."""
    text = "candidate_id,paper_id,item,response\nA1,P1,q2,B\nA2,P2,1,C\nA1,P1,1, A \nA1,P1,A-07,x\n"
    sheets, findings = read(tmp_path, text)

    assert [] == findings
    first = RawSheet(
        line=2,
        candidate_id="A1",
        paper_id="P1",
        answers=((1, "A"), (2, "B")),
        by_item=(("A-07", "x"),),
        form=Form.LONG,
    )
    assert (first, sheet(3, ((1, "C"),), Form.LONG, 2)) == sheets


def test_long_without_paper(tmp_path: Path) -> None:
    """A long file may leave the paper out."""
    sheets, findings = read(tmp_path, "考号,题号,答案\nA1,1,A\nA2,1,B\n")

    assert ([("A1", ""), ("A2", "")], []) == ([(one.candidate_id, one.paper_id) for one in sheets], findings)


@pytest.mark.parametrize(
    ("row", "code"), [("A1,P1,1,C", "duplicate-answer"), ("A1,P1,,C", "item"), ("A1,P1,-1,C", "item")]
)
def test_long_sheet_is_set_aside_whole(tmp_path: Path, row: str, code: str) -> None:
    """An item answered twice, or a row without item, sets its whole sheet aside."""
    sheets, findings = read(tmp_path, f"candidate_id,paper_id,item,response\nA1,P1,1,A\nA2,P2,1,B\n{row}\n")

    assert (["A2"], [(f"responses/{code}", 4)]) == ([one.candidate_id for one in sheets], findings)


@pytest.mark.parametrize("row", ["A1,P1,2", "A1,,2,B", ",P1,2,B", "A1,P 1,2,B"])
def test_long_sheet_with_a_damaged_row_is_incomplete(tmp_path: Path, row: str) -> None:
    """A damaged row of a candidate sets the rest of the sheet aside: it would count as not answered."""
    sheets, findings = read(tmp_path, f"candidate_id,paper_id,item,response\nA1,P1,1,A\nA2,P2,1,B\n{row}\n")

    assert ["A2"] == [one.candidate_id for one in sheets]
    assert ("responses/incomplete", 2) in findings


def test_json_lines(tmp_path: Path) -> None:
    """One object a line, answers by position; numbers keep their digits, null is a blank."""
    text = '{"candidate_id": "A1", "paper_id": "P1", "answers": {"2": "A", "1": 0.80, "q3": null, "4": true}}\n'
    sheets, findings = read(tmp_path, text, "r.jsonl")

    assert [] == findings
    assert (sheet(1, ((1, "0.80"), (2, "A"), (3, ""), (4, "true")), Form.JSON_LINES),) == sheets


@pytest.mark.parametrize(
    ("lines", "form"),
    [
        (['{"candidate_id": "A1", "paper_id": "P1", "q2": "D", "q1": "A"}'], Form.WIDE),
        (['{"准考证号": "A1", "试卷编号": "P1", "第1题": "A", "第2题": "D"}'], Form.WIDE),
        (['{"candidate_id": "A1", "paper_id": "P1", "answers": "AD"}'], Form.ANSWER_STRING),
        (
            [
                '{"candidate_id": "A1", "paper_id": "P1", "item": "q2", "response": "D"}',
                '{"candidate_id": "A1", "paper_id": "P1", "item": "q1", "response": "A"}',
            ],
            Form.LONG,
        ),
    ],
)
def test_json_lines_as_a_table(tmp_path: Path, lines: list[str], form: Form) -> None:
    """The names of a flat object are columns, in each form of a table; who did not come tells no form."""
    absent = '{"candidate_id": "A2", "paper_id": "P2", "absent": 1}'.replace("candidate_id", lines[0].split('"')[1])
    absent = absent.replace("paper_id", lines[0].split('"')[5])
    sheets, findings = read(tmp_path, "\n".join([absent, *lines]), "r.jsonl")

    assert [] == findings
    assert [("A2", True, form), ("A1", False, form)] == [(one.candidate_id, one.absent, one.form) for one in sheets]
    assert [(1, "A"), (2, "D")] == list(sheets[1].answers)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ('"candidate_id": "A2", "paper_id": "P2"', "responses/answers"),
        ('"candidate_id": "A2", "paper_id": "P2", "answers": "AB"', "responses/answers"),
        ('"candidate_id": "A2", "paper_id": "P2", "answers": {"1": ["A"]}', "responses/answers"),
        ('"candidate_id": "A2", "paper_id": "P2", "answers": {"x": "A"}', "responses/answers"),
        ('"candidate_id": "A2", "paper_id": "P2", "answers": {"1": "A", "01": "B"}', "responses/answers"),
        ('"candidate_id": "A2", "paper_id": "P2", "answers": {}, "mark": "5"', "responses/unknown-field"),
        ('"candidate_id": ["A2"], "paper_id": "P2", "answers": {}', "responses/candidate-id"),
        ('"paper_id": "P2", "answers": {}', "responses/missing-candidate"),
        ('"candidate_id": "A2", "answers": {}', "responses/missing-paper"),
        ('"candidate_id": NaN', "table/json"),
    ],
)
def test_json_lines_set_aside(tmp_path: Path, fields: str, code: str) -> None:
    """A line that does not give each position one text is set aside; the others stay."""
    good = '{"candidate_id": "A1", "paper_id": "P1", "answers": {}}'
    sheets, findings = read(tmp_path, f"{good}\n{{{fields}}}\n", "r.jsonl")

    assert (["A1"], [(code, 2)]) == ([one.candidate_id for one in sheets], findings)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",P2,B", "responses/missing-candidate"),
        ("A2,,B", "responses/missing-paper"),
        ("A 2,P2,B", "responses/candidate-id"),
        ("A2,P/2,B", "responses/paper-id"),
        ("A2,P2", "table/ragged-row"),
        (f"A2,P2,{'x' * 10_001}", "responses/too-long"),
    ],
)
def test_rows_set_aside(tmp_path: Path, row: str, code: str) -> None:
    """A row that does not say whose it is, or is not whole, is set aside by line; the good rows stay."""
    sheets, findings = read(tmp_path, f"candidate_id,paper_id,q1\nA1,P1,A\n{row}\nA3,P3,C\n")

    assert (["A1", "A3"], [(code, 3)]) == ([one.candidate_id for one in sheets], findings)


def test_duplicate_paper(tmp_path: Path) -> None:
    """A paper that comes in twice is set aside both times, each naming the other's line."""
    path = tmp_path / "r.csv"
    path.write_text("candidate_id,paper_id,q1\nA1,P1,A\nA2,P2,B\nA3,P1,C\n", encoding="utf-8")
    sheets, findings = read_responses(path)

    assert ["A2"] == [one.candidate_id for one in sheets]
    assert [("responses/duplicate-paper", 2), ("responses/duplicate-paper", 4)] == codes(findings)
    assert [True, True] == ["line 4" in findings[0].message, "line 2" in findings[1].message]


def test_paper_that_is_whole_once_and_damaged_once(tmp_path: Path) -> None:
    """A whole row is set aside too when a damaged row names the same paper."""
    sheets, findings = read(tmp_path, "candidate_id,paper_id,q1\nA1,P1,A\nA1,P1\n")

    assert ((), [("table/ragged-row", 3), ("responses/incomplete", 2)]) == (sheets, findings)


def test_one_candidate_two_papers(tmp_path: Path) -> None:
    """A candidate may sit two papers, and one damaged row does not touch the other paper."""
    sheets, findings = read(tmp_path, "candidate_id,paper_id,q1\nA1,P1,A\nA1,P2,B\nA1,,C\n")

    assert (["P1", "P2"], [("responses/missing-paper", 4)]) == ([one.paper_id for one in sheets], findings)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("candidate_id,paper_id", "responses/form"),
        ("candidate_id,paper_id,q1,answers", "responses/form"),
        ("candidate_id,paper_id,item", "responses/form"),
        ("candidate_id,paper_id,item,position,response", "responses/form"),
        ("candidate_id,q1", "responses/no-paper"),
        ("candidate_id,answers", "responses/no-paper"),
        ("candidate_id,paper_id,q1,Q01", "responses/duplicate-question"),
        ("paper_id,q1", "table/missing-column"),
    ],
)
def test_header_that_tells_no_form(tmp_path: Path, header: str, code: str) -> None:
    """A header that does not tell one form is an error, and nothing is read."""
    sheets, findings = read(tmp_path, f"{header}\n{','.join('x' * (header.count(',') + 1))}\n")

    assert ((), [(code, 1)]) == (sheets, findings)


def test_header_without_rows(tmp_path: Path) -> None:
    """A header alone is no sheet that was graded: it is said, so that the exit code tells it from a job done."""
    assert read(tmp_path, "candidate_id,paper_id,q1\n") == ((), [("table/empty", 1)])


def test_misspelt_heading_is_named_beside_the_missing_one(tmp_path: Path) -> None:
    """The column that is missing and the one that was meant are one mistake, with one way out."""
    path = tmp_path / "r.csv"
    path.write_text("candidate_idd,paper_id,q1\nA1,P1,A\n", encoding="utf-8")
    missing = next(one for one in read_responses(path)[1] if one.code == "table/missing-column")
    assert missing.hint == "name a column `candidate_id` or `准考证号`; is it the one called `candidate_idd`?"


def test_xlsx(tmp_path: Path) -> None:
    """A workbook reads as its CSV does, numbers as they are shown."""
    book = openpyxl.Workbook()
    for row in (["candidate_id", "paper_id", "q1", "q2"], ["A1", "P1", "B", 0.8]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "r.xlsx")

    assert ((sheet(2, ((1, "B"), (2, "0.8")), Form.WIDE),), ()) == read_responses(tmp_path / "r.xlsx")


def test_gbk_and_utf8_read_alike(tmp_path: Path) -> None:
    """The same table gives the same sheets in GBK and UTF-8."""
    text = "准考证号,试卷编号,第1题,第2题\nA1,P1,√,对\n"
    (tmp_path / "gbk.csv").write_bytes(text.encode("gbk"))
    (tmp_path / "utf8.csv").write_bytes(text.encode())

    assert read_responses(tmp_path / "gbk.csv") == read_responses(tmp_path / "utf8.csv")


@SMALL
@given(
    rows=st.lists(
        st.lists(st.sampled_from(["A1", "A2", "P1", "P2", "1", "q2", "", "[A", "x,y"]), max_size=5), max_size=6
    ),
    header=st.sampled_from(["candidate_id,paper_id,q1,q2", "candidate_id,paper_id,answers"]),
)
def test_every_row_is_read_or_named(tmp_path: Path, rows: list[list[str]], header: str) -> None:
    """Property: the line of every row that is not blank is a sheet's or a finding's, and never both."""
    path = tmp_path / "r.csv"
    lines = [",".join(row) for row in rows]
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    sheets, findings = read_responses(path)

    kept, named = {one.line for one in sheets}, {finding.place.line for finding in findings if finding.place}
    filled = {line for line, text in enumerate(lines, start=2) if text.strip(",")}
    assert (filled or {1}) == kept | named  # a header alone is named too
    assert not kept & named


@SMALL
@given(text=st.text(max_size=60))
def test_any_text_is_answered(tmp_path: Path, text: str) -> None:
    """Property: whatever stands below a header, rows come out or findings do."""
    path = tmp_path / "r.csv"
    path.write_bytes(b"candidate_id,paper_id,answers\n" + text.encode("utf-8", "replace"))
    try:
        sheets, findings = read_responses(path)
    except CertengineError as error:
        assert error.findings
    else:
        assert sheets or findings or not text.replace(",", "").strip()


@pytest.mark.parametrize("word", ["1", "Yes", "是", "缺考", "√"])
@pytest.mark.parametrize(
    "text",
    [
        "candidate_id,paper_id,q1,q2,缺考\nA1,P1,,,{}\nA2,P2,A,B,\n",
        "candidate_id,paper_id,answers,absent\nA1,P1,,{}\nA2,P2,AB,0\n",
        "candidate_id,paper_id,item,response,absent\nA1,P1,,,{}\nA2,P2,1,A,no\nA2,P2,2,B,否\n",
        "candidate_id,paper_id,item,response,absent\nA1,P1,1,,{0}\nA1,P1,2,,{0}\nA2,P2,1,A,no\nA2,P2,2,B,\n",
    ],
    ids=["wide", "string", "long", "long, every item"],
)
def test_absence_is_read_in_every_form(tmp_path: Path, text: str, word: str) -> None:
    """A mark in its column makes a sheet of nobody, beside sheets that were written."""
    sheets, findings = read(tmp_path, text.format(word))

    assert [] == findings
    assert [("A1", True), ("A2", False)] == [(one.candidate_id, one.absent) for one in sheets]
    assert ((1, "A"), (2, "B")) == tuple(sheets[1].answers)


def test_absence_in_json_lines(tmp_path: Path) -> None:
    """A truth, with or without answers of nothing."""
    lines = (
        '{"candidate_id": "A1", "paper_id": "P1", "absent": true}',
        '{"candidate_id": "A2", "paper_id": "P2", "absent": false, "answers": {"1": "A"}}',
        '{"candidate_id": "A3", "paper_id": "P3", "absent": {"a": 1}, "answers": {"1": "A"}}',
        '{"candidate_id": "A4", "paper_id": "P4", "absent": true, "answers": {"1": ""}}',
    )
    sheets, findings = read(tmp_path, "\n".join(lines), "r.jsonl")

    assert [("A1", True), ("A2", False), ("A4", True)] == [(one.candidate_id, one.absent) for one in sheets]
    assert [("responses/absent", 3)] == findings


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("candidate_id,paper_id,q1,absent\nA1,P1,,maybe\n", "absent"),
        ("candidate_id,paper_id,q1,absent\nA1,P1,A,1\n", "absent-with-answers"),
        ("candidate_id,paper_id,answers,absent\nA1,P1,A,?\n", "absent"),
        ("candidate_id,paper_id,item,response,absent\nA1,P1,1,A,1\n", "absent-with-answers"),
        ("candidate_id,paper_id,item,response,absent\nA1,P1,1,A,?\n", "absent"),
    ],
)
def test_doubtful_absence_sets_the_row_aside(tmp_path: Path, text: str, code: str) -> None:
    """Absent with answers is one or the other, which a person has to say."""
    assert ((), [(f"responses/{code}", 2)]) == read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("candidate_id,paper_id,q1\n,P1,A\n", "responses/missing-candidate", (2, 1)),
        ("q1,paper_id,candidate_id\nA,P 1,C1\n", "responses/paper-id", (2, 2)),
        ("candidate_id,paper_id,absent,q1\nC1,P1,maybe,A\n", "responses/absent", (2, 3)),
        (f"candidate_id,paper_id,q1,q2\nC1,P1,A,{'B' * 10_001}\n", "responses/too-long", (2, 4)),
        ("candidate_id,paper_id,answers\nC1,P1,A[B\n", "responses/answer-string", (2, 3)),
        ("candidate_id,position,response\nC1,1,A\nC1,,B\n", "responses/item", (3, None)),
        ("candidate_id,position,response\nC1,1,A\nC1,1,B\n", "responses/duplicate-answer", (3, 2)),
    ],
)
def test_rows_set_aside_name_their_column(tmp_path: Path, text: str, code: str, place: tuple[int, int | None]) -> None:
    """What is wrong in a cell is told with the line and the column of that cell, where there is one."""
    (tmp_path / "r.csv").write_text(text, "utf-8")
    found = next(one for one in read_responses(tmp_path / "r.csv")[1] if one.code == code)

    assert found.place is not None
    assert place == (found.place.line, found.place.column)
