"""Marking sheets: what is handed out is read back, half rows are not signed, and nothing in them is a formula."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.interchange.marking_sheets import heading_of, is_marking_sheet, read_marking_sheet, write_marking_csv

CRITERIA = (("dead", 1), ("winding", 4))


def file_of(folder: Path, text: str) -> Path:
    """A sheet of these lines."""
    path = folder / "sheet.csv"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, *rows: str, header: str = "script,item,marker,points dead,points winding,remark"):
    """What is read of these rows, and the codes of what is found wrong."""
    found, findings = read_marking_sheet(file_of(folder, "\n".join((header, *rows))))
    return [(one.script, dict(one.points), one.remark) for one in found], [finding.code for finding in findings]


@given(
    answers=st.dictionaries(
        st.from_regex(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", fullmatch=True),
        st.tuples(
            st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40),
            st.integers(0, 1),
            st.integers(0, 4),
        ),
        max_size=6,
    )
)
def test_what_is_handed_out_is_read_back(answers, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever a candidate wrote, the sheet comes back with the points filled in, each with its script."""
    shown = [(code, words) for code, (words, _, _) in answers.items()]
    path = tmp_path_factory.mktemp("sheets") / "sheet.csv"
    path.write_bytes(write_marking_csv("E1", "chen-li", CRITERIA, shown))
    header, *rows = list(csv.reader(path.read_text("utf-8-sig").splitlines(keepends=True)))
    for row in rows:
        row[4:6] = [str(one) for one in answers[row[0]][1:]]
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([header, *rows])

    found, findings = read_marking_sheet(path)

    assert ((), {code: {"dead": one, "winding": two} for code, (_, one, two) in answers.items()}) == (
        findings,
        {one.script: dict(one.points) for one in found},
    )
    assert {("E1", "chen-li")} >= {(one.item, one.marker) for one in found}


def test_words_are_never_a_formula() -> None:
    """What a spreadsheet would compute gets an apostrophe."""
    assert b"'=cmd()" in write_marking_csv("E1", "m", CRITERIA, [("AAAAA-AAAAA", "=cmd()")])


@pytest.mark.parametrize(
    ("cells", "expected"),
    [("1,4", (1, 4)), ("√,0", (1, 0)), ("×,4.0", (0, 4)), ("是,２", (1, 2)), ("no,3", (0, 3)), (" Y , 1 ", (1, 1))],
)
def test_how_points_may_be_written(tmp_path: Path, cells: str, expected: tuple[int, int]) -> None:
    """Whole numbers of any width, with a spreadsheet's zeros; signs and words for a condition."""
    found, codes = read(tmp_path, f"AAAAA-AAAAA,E1,m,{cells},")

    assert ([("AAAAA-AAAAA", dict(zip(("dead", "winding"), expected, strict=True)), None)], []) == (found, codes)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("AAAAA-AAAAA,E1,m,1,,", ["marking/blank"]),
        ("AAAAA-AAAAA,E1,m,,,", []),
        ("AAAAA-AAAAA,E1,m,1,1.5,", ["marking/points"]),
        ("AAAAA-AAAAA,E1,m,1,-1,", ["marking/points"]),
        ("AAAAA-AAAAA,E1,m,1,99999,", ["marking/points"]),
        (",E1,m,1,1,", ["marking/row-id"]),
        ("AAAAA-AAAAA,,m,1,1,", ["marking/row-id"]),
        ("AAAAA-AAAAA,E1,,1,1,", ["marking/row-id"]),
        (f"AAAAA-AAAAA,E1,m,1,1,{'x' * 1001}", ["marking/remark"]),
        ("AAAAA-AAAAA,E1,m,1,1,a\u202eb", ["marking/remark"]),
    ],
)
def test_rows_that_are_not_taken(tmp_path: Path, row: str, expected: list[str]) -> None:
    """Each is named by its code; an empty row is an answer left for later and no error."""
    assert ([], expected) == read(tmp_path, row)


def test_a_script_twice(tmp_path: Path) -> None:
    """Both rows are set aside: which one is meant is for the marker to say; case does not tell two apart."""
    found, codes = read(tmp_path, "AAAAA-AAAAA,E1,m,1,1,", "aaaaa-aaaaa,E1,m,0,0,", "BBBBB-BBBBB,E1,m,1,1,")

    assert (["BBBBB-BBBBB"], ["marking/duplicate-script"] * 2) == ([one[0] for one in found], codes)


def test_a_criterion_twice(tmp_path: Path) -> None:
    """Two columns for one criterion: nothing of the sheet is read."""
    found, codes = read(tmp_path, "AAAAA-AAAAA,E1,m,1,1", header="script,item,marker,points dead,points dead (0-1)")

    assert ([], ["marking/duplicate-criterion"]) == (found, codes)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"script,item,marker,answer,{heading_of('dead', 1)},remark", True),
        ("答卷代码,试题,阅卷人,作答,得分 dead,备注", True),
        ("script,item,marker,answer", False),
        ("candidate_id,paper_id,q1,q2", False),
        ("candidate_id,paper_id,item,response", False),
    ],
)
def test_told_by_the_header(tmp_path: Path, header: str, expected: bool) -> None:
    """Script, item, marker and points make a marking sheet, in English or Chinese; responses are none."""
    assert expected is is_marking_sheet(file_of(tmp_path, f"{header}\n"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("script,item,marker,points dead\n".encode("utf-16"), True),
        ("答卷代码;试题;阅卷人;得分 dead\n".encode("gb18030"), True),
        (b"marking of Friday\nscript\titem\tmarker\tpoints dead\n", True),
        (b"candidate_id,paper_id,q1\n" + b"C1,P1,A\n" * 20_000, False),
        (b"\xff\xfe\xff", False),
        (b"PK\x03\x04 no zip at all", False),
        (b"", False),
    ],
)
def test_told_by_the_beginning_alone(tmp_path: Path, data: bytes, expected: bool) -> None:
    """In any encoding, below a title, of a large file the beginning; what cannot be read is none, and neither is no file."""
    path = tmp_path / "sheet.csv"
    path.write_bytes(data)

    assert expected is is_marking_sheet(path)
    assert not is_marking_sheet(tmp_path / "nowhere.csv")
