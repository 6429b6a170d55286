"""The official sheet of a sitting: 33 declared columns, complete or refused row by row, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from certengine.errors import AnswerIsNo, InputError, Refused, UsageError
from certengine.services.grading import grade_written
from certengine.services.issuing import issue_sitting
from certengine.services.keys import new_keys
from certengine.services.official_sheets import SheetRun, write_official_sheet
from certengine.services.rating import grade_practical
from certengine.services.results import approve_sitting, decide_sitting
from certengine.services.sittings import open_sitting, seal_sitting
from tests.services.small_world import (
    RIGHT_ENTRIES,
    SCHEME,
    acting,
    passphrase,
    right_answers,
    rows_of,
    write_ratings,
    write_responses,
)

At = Callable[[str], Path]
SITTING = "official"
BASE = """official_sheet:
  title: "认定/结果"
  columns:
    - {heading: 序号, source: number}
    - {heading: 准考证号, source: candidate_id}
    - {heading: 姓名, source: name}
    - {heading: 证件类型, value: 居民身份证}
    - {heading: 证件号码, given: 证件号码}
    - {heading: 联系电话, given: 联系电话, optional: true}
    - {heading: 所在单位, source: organisation}
    - {heading: 职业名称, source: occupation}
    - {heading: 工种名称, value: "--"}
    - {heading: 等级, source: level}
    - {heading: 理论成绩, source: "score:theory", format: "0.0"}
    - {heading: 实操成绩, source: "score:bench", format: "0.0"}
    - {heading: 理论沿用, source: "carried:theory", words: {"yes": 是, "no": 否}}
    - {heading: 结果, source: outcome, words: {passed: 合格, failed: 不合格}}
    - {heading: 批准日期, source: approved_on, format: yyyyMMdd}
    - {heading: 证书编号, source: certificate_number, optional: true}
    - {heading: 发证日期, source: certificate_issued_on, format: yyyyMMdd, optional: true}
    - {heading: 有效期, source: certificate_valid_until, optional: true}
    - {heading: 评价机构, source: issuer}
"""
COLUMNS = BASE + "".join(f"    - {{heading: 备用{n}, value: '{n}'}}\n" for n in range(33 - BASE.count("heading")))
ROSTER = (
    "candidate_id,name,organisation,id_document_last4\nC1,陈晓,小样厂,0011\nC2,李娜,=HYPERLINK(1),\nC3,王𠮷,小样厂,\n"
)
GIVEN = "准考证号,姓名,证件号码,联系电话,其他\nC1,陈晓,A0011,13800000000,x\nc2,李 娜,A0022,,x\nC3,王𠮷,A0033,,x\n"


@pytest.fixture
def academy(at: At) -> Path:
    """A sitting of three whose results are approved; C3 failed."""
    root = at("published")
    path = root / "rubrics" / SCHEME / "scheme.yaml"
    path.write_text(path.read_text("utf-8") + COLUMNS, encoding="utf-8")
    (root / "official.csv").write_text(ROSTER, encoding="utf-8")
    (root / "given.csv").write_text(GIVEN, encoding="utf-8")
    with acting(root) as context:
        open_sitting(context, SCHEME, root / "official.csv", sitting_id=SITTING)
        seal_sitting(context, SITTING)
        from certengine.store.sittings import load_papers

        with context.reading() as connection:
            papers = load_papers(connection, SITTING)
        answers = right_answers(context, SITTING)
        rows = [(one.candidate, one.id, {} if one.candidate == "C3" else answers[one.id]) for one in papers]
        grade_written(context, SITTING, [write_responses(root / "r.csv", rows)])
        marks = [
            (who, aspect, assessor, entry)
            for who in ("C1", "C2", "C3")
            for assessor in ("a1", "a2", "a3")
            for aspect, entry in RIGHT_ENTRIES.items()
        ]
        grade_practical(context, SITTING, [write_ratings(root / "p.csv", marks)])
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    with acting(root, "approver") as context:
        approve_sitting(context, SITTING)
    return root


def exported(root: Path, name: str, **options: object) -> SheetRun:
    """A run of the administrator."""
    options.setdefault("given", root / "given.csv")
    with acting(root) as context:
        return write_official_sheet(context, SITTING, root / name, **options)  # type: ignore[arg-type]


def test_a_csv_has_every_column_and_row(academy: Path) -> None:
    """33 columns as declared; a dash stays a dash, and a formula is none."""
    run = exported(academy, "out.csv")
    header, *rows = csv.reader(io.StringIO((academy / "out.csv").read_text("utf-8-sig")))

    assert (run.rows, run.columns, len(header), run.refused) == (3, 33, 33, ())
    assert rows[0][:15] == [
        *("1", "C1", "陈晓", "居民身份证", "A0011", "13800000000", "小样厂", "小样工", "--", "三级"),
        *("100.0", "100.0", "否", "合格", rows[0][14]),
    ]
    assert (rows[1][6], rows[2][13], rows[2][10]) == ("'=HYPERLINK(1)", "不合格", "0.0")
    assert (academy / "out.csv").stat().st_mode & 0o777 == 0o600


def test_a_workbook_has_text_in_every_cell(academy: Path) -> None:
    """Nothing is a number or a formula, the header stays in view, and the same record gives the same bytes."""
    exported(academy, "out.xlsx")
    exported(academy, "again.xlsx")
    sheet = openpyxl.load_workbook(academy / "out.xlsx").worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]

    assert {cell.data_type for cell in cells} == {"s"}
    assert (sheet.title, sheet.freeze_panes, sheet.max_column, sheet["G3"].value) == (
        "认定-结果",
        "A2",
        33,
        "=HYPERLINK(1)",
    )
    assert sheet["G3"].quotePrefix
    assert (academy / "out.xlsx").read_bytes() == (academy / "again.xlsx").read_bytes()


def test_certificates_stand_in_the_sheet_once_issued(academy: Path) -> None:
    """Number, day of issue and last day of validity; nothing for who failed."""
    with acting(academy) as context:
        new_keys(context, passphrase)
        issue_sitting(context, SITTING, passphrase)
    exported(academy, "out.csv")
    rows = list(csv.DictReader(io.StringIO((academy / "out.csv").read_text("utf-8-sig"))))

    assert [bool(row["证书编号"]) for row in rows] == [True, True, False]
    assert len(rows[0]["发证日期"]) == 8


def test_missing_data_refuse_their_rows_and_nothing_is_written(academy: Path) -> None:
    """Every row that lacks something is named at once; with `partial` the others are written, numbered anew."""
    (academy / "given.csv").write_text(
        "准考证号,姓名,证件号码,联系电话\nC2,李娜,A0022,\nC3,王磊,A0033,\n", encoding="utf-8"
    )
    with acting(academy) as context:
        before = rows_of(context)
        with pytest.raises(AnswerIsNo) as error:
            write_official_sheet(context, SITTING, academy / "out.csv", given=academy / "given.csv")
        assert rows_of(context) == before
    assert sorted((one.code, one.place.line if one.place else None) for one in error.value.findings) == [
        ("sheet/missing", None),
        ("sheet/name-differs", 3),
    ]
    assert not (academy / "out.csv").exists()
    assert not any("A0033" in str(one) or "王磊" in str(one) for one in error.value.findings)

    run = exported(academy, "out.csv", partial=True)
    (row,) = csv.DictReader(io.StringIO((academy / "out.csv").read_text("utf-8-sig")))
    assert (run.rows, len(run.refused), row["准考证号"], row["序号"]) == (1, 2, "C2", "1")


def test_gbk_where_a_program_needs_it(academy: Path) -> None:
    """A character that GBK has not refuses its row; the others are written in GBK without a mark."""
    with pytest.raises(AnswerIsNo) as error:
        exported(academy, "out.csv", encoding="gbk")
    assert [(one.code, "U+20BB7" in one.message) for one in error.value.findings] == [("sheet/not-in-gbk", True)]

    exported(academy, "out.csv", encoding="gbk", partial=True)
    text = (academy / "out.csv").read_bytes().decode("gbk")
    assert (text.startswith("序号,"), "陈晓" in text) == (True, True)


def test_a_result_that_may_not_go_out_holds_the_sheet_up(at: At, academy: Path) -> None:
    """After new scores the sheet waits for the new decision."""
    with acting(academy) as context:
        from certengine.store.sittings import load_papers

        with context.reading() as connection:
            paper = next(one for one in load_papers(connection, SITTING) if one.candidate == "C3")
        answers = right_answers(context, SITTING)[paper.id]
        grade_written(context, SITTING, [write_responses(academy / "fix.csv", [("C3", paper.id, answers)])])
    with pytest.raises(AnswerIsNo) as error:
        exported(academy, "out.csv")
    assert [(one.code, one.message) for one in error.value.findings] == [
        ("result/held-back", "candidate `C3`: scores changed since it was decided")
    ]


def test_a_dry_run_writes_nothing(academy: Path) -> None:
    """The count is told; neither file nor act."""
    with acting(academy) as context:
        before = rows_of(context)
        run = write_official_sheet(context, SITTING, academy / "o.csv", given=academy / "given.csv", dry_run=True)
        assert (run.rows, (academy / "o.csv").exists(), rows_of(context)) == (3, False, before)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("准考证号,证件号码,联系电话\nC1,A,1\nc1,B,2\n", "sheet/twice"),
        ("准考证号,联系电话\nC1,1\n", "table/missing-column"),
    ],
)
def test_a_file_that_does_not_hold_together_is_refused(academy: Path, text: str, code: str) -> None:
    """A candidate twice, or without a column that the scheme takes."""
    (academy / "given.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        exported(academy, "out.csv")
    assert [one.code for one in error.value.findings] == [code]
    assert error.value.hint is not None
    assert error.value.hint.startswith("its columns are `candidate_id` or `准考证号`, and `证件号码`")


@pytest.mark.parametrize(("name", "encoding"), [("out.pdf", "utf-8"), ("out.xlsx", "gbk")])
def test_forms_that_are_none(academy: Path, name: str, encoding: str) -> None:
    """Another ending, or a workbook in GBK."""
    with pytest.raises(UsageError):
        exported(academy, name, encoding=encoding)


def test_a_scheme_without_a_sheet_says_so(at: At) -> None:
    """The hint declares one."""
    root = at("approved")
    with acting(root) as context, pytest.raises(Refused) as error:
        write_official_sheet(context, "autumn", root / "out.csv")
    assert error.value.code == "sheet/none"
