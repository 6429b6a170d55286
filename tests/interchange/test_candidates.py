"""A roster gives candidates and every finding at once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certengine.errors import Finding, Severity
from certengine.interchange.candidates import read_candidates
from certengine.interchange.delimited import write_csv
from certengine.model.sitting import Candidate

SMALL = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def roster(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """A roster file of that text."""
    path = folder / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


def one(folder: Path, column: str, cell: str) -> tuple[tuple[Candidate, ...], tuple[Finding, ...]]:
    """What comes of a good row with one more cell."""
    path = folder / "roster.csv"
    path.write_bytes(write_csv(("candidate_id", "name", column), [("A1", "张伟", cell)]))
    return read_candidates(path)


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, int | None]]:
    """Code and line of each finding."""
    return [(finding.code, finding.place.line if finding.place else None) for finding in findings]


FULL = (
    "准考证号;姓名;英文名;证件号后四位;单位;加时;语言;座位号;培训教师\n"
    "A1;张伟;Zhang Wei;001x;第一技师学院;25 %;中文;A-03;T1；李老师\n"
    "A2;Åsa Öberg;;;;0,5;EN;;\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_every_column(tmp_path: Path, encoding: str) -> None:
    """Chinese headings and values are read alike in every encoding."""
    candidates, findings = read_candidates(roster(tmp_path, FULL, encoding))

    assert (
        Candidate(
            id="A1",
            name="张伟",
            name_en="Zhang Wei",
            id_document_last4="001X",
            organisation="第一技师学院",
            extra_time=Decimal("0.25"),
            language="zh",
            seat="A-03",
            trainers=("T1", "李老师"),
        ),
        Candidate(id="A2", name="Åsa Öberg", extra_time=Decimal("0.5"), language="en"),
    ) == candidates
    assert not [finding for finding in findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(
    "heading",
    [
        "Candidate ID",
        "candidate-id",
        "ＣＡＮＤＩＤＡＴＥ＿ＩＤ",
        "准考证号 Candidate ID",
        "考号/candidate_id",
        "考号（必填）",
        "*考号",
    ],
)
def test_headings(tmp_path: Path, heading: str) -> None:
    """A heading is known in any width, case and spacing, in two languages, and with a note in brackets."""
    candidates, findings = read_candidates(roster(tmp_path, f"{heading},name\nA1,张伟\n"))

    assert (1, ()) == (len(candidates), findings)


def test_unknown_column_is_a_warning_with_a_suggestion(tmp_path: Path) -> None:
    """A near miss is not read; the name meant is suggested."""
    _, findings = one(tmp_path, "organsation", "x")

    assert [("table/unknown-column", 1)] == codes(findings)
    assert findings[0].severity is Severity.WARNING
    assert findings[0].hint == "did you mean `organisation`?"


def test_strange_column_has_no_suggestion(tmp_path: Path) -> None:
    """A column like none of ours is named and no more."""
    assert [None] == [finding.hint for finding in one(tmp_path, "血型", "x")[1]]


def test_heading_of_two_columns_is_unknown(tmp_path: Path) -> None:
    """A heading that names two columns in two languages is neither."""
    assert [("table/unknown-column", 1)] == codes(one(tmp_path, "单位 seat", "x")[1])


def test_missing_and_double_columns(tmp_path: Path) -> None:
    """Missing and doubled columns are errors at the header, and no candidate is read."""
    candidates, findings = read_candidates(roster(tmp_path, "考号,准考证号\nA1,A1\n"))

    assert () == candidates
    assert [("table/duplicate-column", 1), ("table/missing-column", 1)] == codes(findings)


def test_empty_roster(tmp_path: Path) -> None:
    """A roster that names nobody is an error."""
    assert ((), [("roster/empty", 1)]) == (
        (found := read_candidates(roster(tmp_path, "candidate_id,name\n")))[0],
        codes(found[1]),
    )


def test_all_findings_at_once(tmp_path: Path) -> None:
    """Every row with an error is named by line, and the good ones still come."""
    text = "candidate_id,name,seat\nA1,张伟,1\n,王芳,2\nA 3,李娜,3\nA4,,4\nA5,刘洋\nA6,123,6\n"
    candidates, findings = read_candidates(roster(tmp_path, text))

    assert ["A1"] == [candidate.id for candidate in candidates]
    assert [
        ("table/ragged-row", 6),
        ("roster/missing-candidate", 3),
        ("roster/candidate-id", 4),
        ("roster/missing-name", 5),
        ("roster/name", 7),
    ] == codes(findings)


def test_duplicate_id_names_both_lines(tmp_path: Path) -> None:
    """Both rows of one id are refused, each naming the other; letter case makes no difference."""
    candidates, findings = read_candidates(roster(tmp_path, "candidate_id,name\nA1,张伟\nA2,王芳\na1,李娜\n"))

    assert ["A2"] == [candidate.id for candidate in candidates]
    assert [("roster/duplicate-candidate", 2), ("roster/duplicate-candidate", 4)] == codes(findings)
    assert ["line 4" in findings[0].message, "line 2" in findings[1].message] == [True, True]


def test_duplicate_name_is_a_warning(tmp_path: Path) -> None:
    """Namesakes are pointed out without their name, and both are read."""
    candidates, findings = read_candidates(roster(tmp_path, "candidate_id,name\nA1,张伟\nA2,张伟\n"))

    assert (2, [("roster/duplicate-name", 3)]) == (len(candidates), codes(findings))
    assert findings[0].severity is Severity.WARNING
    assert "张伟" not in str(findings[0])


def test_padded_chinese_name_is_a_warning(tmp_path: Path) -> None:
    """A name spaced out to line up is read with one space and pointed out."""
    candidates, findings = read_candidates(roster(tmp_path, "candidate_id,name\nA1,张\u3000伟\n"))

    assert (["张 伟"], [("roster/spaced-name", 2)]) == ([c.name for c in candidates], codes(findings))


def test_full_width_id(tmp_path: Path) -> None:
    """A full-width id is the same id."""
    assert ["A1"] == [c.id for c in read_candidates(roster(tmp_path, "candidate_id,name\nＡ１,张伟\n"))[0]]


def test_name_is_composed(tmp_path: Path) -> None:
    """Names are NFC, so that two spellings of one name are one."""
    assert ["\u00c5sa"] == [c.name for c in read_candidates(roster(tmp_path, "candidate_id,name\nA1,A\u030asa\n"))[0]]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("张\u202e伟", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("张\u200b伟", "U+200B ZERO WIDTH SPACE"),
        ("张\u200d伟", "U+200D ZERO WIDTH JOINER"),
        ("张\u0007伟", "U+0007"),
        ("张\ue000伟", "U+E000"),
        ("张\u2028伟", "U+2028 LINE SEPARATOR"),
        ("张" * 81, "80 characters"),
    ],
)
def test_unprintable_names(tmp_path: Path, name: str, named: str) -> None:
    """A character that cannot be seen is refused by its code point; so is a name beyond the bound."""
    candidates, findings = read_candidates(roster(tmp_path, f'candidate_id,name\nA1,"{name}"\n'))

    assert ((), [("roster/name", 2)]) == (candidates, codes(findings))
    assert named in findings[0].message


def test_joiner_in_a_persian_name(tmp_path: Path) -> None:
    """A joiner belongs to names in scripts that join letters."""
    name = "علی\u200cرضا"

    assert [name] == [c.name for c in read_candidates(roster(tmp_path, f"candidate_id,name\nA1,{name}\n"))[0]]


@pytest.mark.parametrize(
    ("cell", "share"),
    [
        ("0.25", "0.25"),
        ("25%", "0.25"),
        ("25 %", "0.25"),
        ("２５％", "0.25"),
        ("0,5", "0.5"),
        ("0", "0"),
        ("100%", "1"),
    ],
)
def test_extra_time(tmp_path: Path, cell: str, share: str) -> None:
    """A share or a percentage of the paper's time."""
    assert [Decimal(share)] == [candidate.extra_time for candidate in one(tmp_path, "extra_time", cell)[0]]


@pytest.mark.parametrize("cell", ["25", "1", "1.25", "30 min", "30分钟", "-0.1", "150%", "0.25%", "yes", "1,234"])
def test_extra_time_refused(tmp_path: Path, cell: str) -> None:
    """What may be minutes, a factor or a slip is refused, not guessed."""
    candidates, findings = one(tmp_path, "extra_time", cell)

    assert ((), [("roster/extra-time", 2)]) == (candidates, codes(findings))


@pytest.mark.parametrize("cell", ["12", "12345", "110101199003070018", "12-4"])
def test_id_document_refused_without_being_repeated(tmp_path: Path, cell: str) -> None:
    """Anything but four letters or digits is refused, and not repeated in the message."""
    candidates, findings = one(tmp_path, "id_document_last4", cell)

    assert ((), [("roster/id-document", 2)]) == (candidates, codes(findings))
    assert cell not in str(findings[0]).replace(f"{len(cell)} characters", "")


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("name_en", "Ivan Иван", "roster/name-en"),
        ("name_en", "123", "roster/name-en"),
        ("organisation", "x\u202ey", "roster/organisation"),
        ("seat", "x" * 21, "roster/seat"),
        ("language", "Klingon language", "roster/language"),
        ("trainers", "T1; a b", "roster/trainers"),
        ("earlier_id", "a b", "roster/earlier-id"),
        ("carry_over", "theory\u202e", "roster/carry-over"),
    ],
)
def test_other_cells_refused(tmp_path: Path, column: str, cell: str, code: str) -> None:
    """Each optional cell is checked under its own code."""
    candidates, findings = one(tmp_path, column, cell)

    assert ((), [(code, 2)]) == (candidates, codes(findings))


@pytest.mark.parametrize(
    ("column", "cell", "field", "value"),
    [
        ("原准考证号", "２０２５－００７", "earlier_id", "2025-007"),
        ("earlier_id", "无", "earlier_id", "-"),
        ("保留科目", "理论；theory 、实操", "carry_over", ("理论", "theory", "实操")),
        ("carry_over", ";", "carry_over", ()),
    ],
)
def test_cells_that_look_back(tmp_path: Path, column: str, cell: str, field: str, value: object) -> None:
    """The earlier id in any width, or nobody; the components however they are parted."""
    (candidate,), findings = one(tmp_path, column, cell)

    assert ((), value) == (findings, getattr(candidate, field))


def test_language_tag(tmp_path: Path) -> None:
    """A tag is read in any case, with a hyphen or an underscore."""
    assert ["zh-Hans"] == [candidate.language for candidate in one(tmp_path, "language", "ZH_Hans")[0]]


def test_xlsx_roster(tmp_path: Path) -> None:
    """A workbook gives the same candidates; an id shown with leading zeros keeps them."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["电工三级报名表", None], ["考号", "姓名"], [12, "张伟"]):
        sheet.append(row)
    sheet["A3"].number_format = "0000"
    book.save(tmp_path / "roster.xlsx")

    assert ((Candidate(id="0012", name="张伟"),), ()) == read_candidates(tmp_path / "roster.xlsx")


def test_json_lines_roster(tmp_path: Path) -> None:
    """JSON Lines give the same candidates."""
    path = tmp_path / "roster.jsonl"
    path.write_text('{"candidate_id": "A1", "name": "张伟", "trainers": ["T1", "T2"]}\n', encoding="utf-8")

    assert ((Candidate(id="A1", name="张伟", trainers=("T1", "T2")),), ()) == read_candidates(path)


@SMALL
@given(name=st.text(min_size=1, max_size=12))
def test_any_name_is_kept_or_refused(tmp_path: Path, name: str) -> None:
    """Property: a name comes out as it would print, or its row is an error; never a third."""
    path = tmp_path / "roster.jsonl"
    escaped = "".join(f"\\u{unit:04x}" for unit in memoryview(name.encode("utf-16-le", "surrogatepass")).cast("H"))
    path.write_text(f'{{"candidate_id": "A1", "name": "{escaped}", "seat": ""}}\n', encoding="utf-8")
    candidates, findings = read_candidates(path)

    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    assert (len(candidates) == 1) == (not errors)
    assert all(candidate.name == candidate.name.strip() and candidate.name.isprintable() for candidate in candidates)


@pytest.mark.parametrize(
    ("cell", "looks"),
    [
        ("large-print", ("large-print",)),
        ("Large Print; HIGH_CONTRAST；tagged", ("large-print", "high-contrast", "tagged")),
        ("tagged;tagged", ("tagged",)),
        ("", None),
    ],
)
def test_accommodations(tmp_path: Path, cell: str, looks: tuple[str, ...] | None) -> None:
    """How a candidate's paper is laid out is said in words, however they are written, each counted once."""
    for heading in ("accommodations", "便利措施"):
        candidates, findings = one(tmp_path, heading, cell)

        assert [candidate.accommodations for candidate in candidates] == [looks]
        assert findings == ()


def test_unknown_accommodation_is_refused(tmp_path: Path) -> None:
    """A need that no paper is laid out for is an error at its line, with what there is: nobody is left without it."""
    candidates, findings = one(tmp_path, "accommodations", "large-print;braille")

    assert candidates == ()
    assert [(finding.severity, finding.place.line if finding.place else None) for finding in findings] == [
        (Severity.ERROR, 2)
    ]
    assert "high-contrast" in (findings[0].hint or "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("张\u3164伟", "an invisible character: U+3164"),
        ("\U000e0100张伟", "an invisible character: U+E0100"),
        ("Li\ufe0f Na", "an invisible character: U+FE0F"),
        ("Li \u202eaN", "a direction override: U+202E"),
        ("\u0410nna Li", "mixes Cyrillic and Latin letters"),
        ("Ann\u03bf", "mixes Latin and Greek letters"),
    ],
)
def test_a_name_that_reads_as_another_is_refused(name: str, said: str, tmp_path: Path) -> None:
    """Unseen letters, direction overrides and look-alike scripts in a word are refused with the row and why, unrepeated."""
    path = tmp_path / "roster.csv"
    path.write_text(f"candidate_id,name\nC1,{name}\n", encoding="utf-8")
    candidates, findings = read_candidates(path)

    assert candidates == ()
    (finding,) = findings
    assert (finding.code, finding.place.line if finding.place else None) == ("roster/name", 2)
    assert said in finding.message
    assert name not in finding.message


@pytest.mark.parametrize("name", ["葛\U000e0100飾", "Анна Li", "Ελένη", "José Núñez", "阿不都·买买提"])
def test_a_name_of_any_script_stands(name: str, tmp_path: Path) -> None:
    """Whole words of any script stand, and so does a variant of an ideograph."""
    path = tmp_path / "roster.csv"
    path.write_text(f"candidate_id,name\nC1,{name}\n", encoding="utf-8")

    assert [one.name for one in read_candidates(path)[0]] == [name]
