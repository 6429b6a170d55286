"""Tabular files come in as text with line numbers, or are refused with a reason."""

from __future__ import annotations

import io
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certengine.errors import CertengineError, InputError, NotFound, Severity, UsageError
from certengine.interchange import grids, spreadsheets, tables
from certengine.interchange.delimited import harmless, separator_of, write_csv
from certengine.interchange.tables import Table, read_table

TABLE = "准考证号,姓名\nA1,张伟\nA2,王芳\n"


def put(folder: Path, name: str, content: str | bytes) -> Path:
    """A file of that content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def workbook(folder: Path, *sheets: list[list[Any]], formats: dict[str, str] | None = None) -> Path:
    """An xlsx with one sheet for each list of rows; ``formats`` by cell of the first."""
    book = openpyxl.Workbook()
    for index, rows in enumerate(sheets):
        sheet = book.worksheets[0] if index == 0 else book.create_sheet()
        for row in rows:
            sheet.append(row)
    for cell, shape in (formats or {}).items():
        book.worksheets[0][cell].number_format = shape
    path = folder / "table.xlsx"
    book.save(path)
    return path


def cells(table: Table) -> list[tuple[str, ...]]:
    """The cells of each row."""
    return [row.cells for row in table.rows]


def code_of(path: Path, max_bytes: int = tables.MAX_BYTES, max_rows: int = tables.MAX_ROWS) -> str:
    """The code with which a file is refused."""
    with pytest.raises(InputError) as caught:
        read_table(path, max_bytes=max_bytes, max_rows=max_rows)
    assert caught.value.findings
    return caught.value.code


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("gbk", "GB18030"), ("gb18030", "GB18030")],
)
def test_encodings_read_alike(tmp_path: Path, encoding: str, name: str) -> None:
    """The same table reads alike in every encoding that spreadsheets save."""
    table = read_table(put(tmp_path, "t.csv", TABLE.encode(encoding)))

    assert (name, ("准考证号", "姓名"), [("A1", "张伟"), ("A2", "王芳")]) == (
        table.encoding,
        table.header,
        cells(table),
    )
    assert table.findings == ()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(tmp_path: Path, separator: str) -> None:
    """Comma, semicolon and tab are told by the header line."""
    table = read_table(put(tmp_path, "t.csv", TABLE.replace(",", separator)))

    assert [("A1", "张伟"), ("A2", "王芳")] == cells(table)


def test_separator_in_a_quoted_heading() -> None:
    """A separator inside quotes does not count."""
    assert separator_of('"a,b,c";d\n1;2\n') == ";"


def test_separator_below_a_title() -> None:
    """A title with commas above the table does not decide the separator."""
    assert separator_of("a, b, c\nx;y\n", lambda row: row == ("x", "y")) == ";"


def test_separator_without_known_header() -> None:
    """When no line holds known headings, the first line decides."""
    assert separator_of("a;b\n1,2\n", lambda row: False) == ";"


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """A row's line is where it begins in the file, blank lines and lines inside quotes counted."""
    table = read_table(put(tmp_path, "t.csv", '\na,b\n"1\n2",3\n,\n4,5\n'))

    assert (2, [3, 6]) == (table.header_line, [row.line for row in table.rows])


@pytest.mark.parametrize("given", [(), ("",), ("", ""), ("a", " b "), ("a\0b",), ("a\0b", "c")], ids=repr)
def test_a_row_gives_back_its_cells(given: tuple[str, ...]) -> None:
    """Whatever the cells hold: they are kept as one text and come out as they went in."""
    row = grids.Row(line=1, cells=given)
    assert row.cells == given
    assert (row, hash(row)) == (grids.Row(line=1, cells=given), hash(grids.Row(line=1, cells=given)))
    assert repr(row) == f"Row(line=1, cells={given})"


def test_a_row_of_short_cells_is_small() -> None:
    """A hundred answers are kept in under 400 bytes: a sitting's answers are held until they are written."""
    row = grids.Row(line=1, cells=("C00001", "ABCD-EFGH", *("AB" if n % 9 == 0 else "A" for n in range(100))))
    assert sys.getsizeof(row) + sys.getsizeof(row._packed) < 400  # what it keeps is the point


def test_trailing_separators_are_no_cells(tmp_path: Path) -> None:
    """Empty cells beyond the header are left out."""
    assert [("1", "2")] == cells(read_table(put(tmp_path, "t.csv", "a,b,,\n1,2,,,\n")))


def test_ragged_rows_are_set_aside(tmp_path: Path) -> None:
    """A row with more or fewer cells than the header is a finding with its line; the others stay."""
    table = read_table(put(tmp_path, "t.csv", "a,b\n1\n1,2\n1,2,3\n"))

    assert [("1", "2")] == cells(table)
    assert [("table/ragged-row", 2), ("table/ragged-row", 4)] == [
        (f.code, f.place.line) for f in table.findings if f.place
    ]
    assert [2, 4] == [row.line for row in table.set_aside]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("t.csv", b"", "table/empty"),
        ("t.csv", b" \n,\n", "table/empty"),
        ("t.csv", b"a,b\n\x00,1\n", "table/not-text"),
        ("t.csv", b"a,b\n\xff\xff,1\n", "table/encoding"),
        ("t.csv", "a,b\n甲,乙\n丙,\xff\n".encode("latin-1", "ignore") + b"\x80\n", "table/encoding"),
        ("t.csv", "\ufeff".encode("utf-16-le") + b"a\x00\x00", "table/encoding"),
        ("t.csv", b'a,b\n"1,2\n', "table/quoting"),
        ("t.csv", b'a,b\n"1"x,2\n', "table/quoting"),
        ("t.pdf", b"%PDF", "table/format"),
        ("t.xls", b"\xd0\xcf\x11\xe0", "table/old-format"),
        ("t.xlsx", b"PK\x03\x04broken", "table/damaged"),
        ("t.xlsx", b"a,b\n1,2\n", "table/damaged"),
    ],
)
def test_unreadable_files(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    """What is no table is refused with a stable code."""
    assert code_of(put(tmp_path, name, content)) == code


def test_undecodable_line_is_named(tmp_path: Path) -> None:
    """The line of the first byte that fits no encoding is named."""
    with pytest.raises(InputError) as caught:
        read_table(put(tmp_path, "t.csv", b"a\n1\n\xff\n"))

    assert [3] == [finding.place.line for finding in caught.value.findings if finding.place]


def test_damaged_utf8_is_not_read_as_gbk(tmp_path: Path) -> None:
    """One broken byte in a Chinese UTF-8 file is refused on its line, though GB18030 could make something of it."""
    data = TABLE.encode() + "A3,李".encode() + b"\xe6\x95\n"

    with pytest.raises(InputError) as caught:
        read_table(put(tmp_path, "t.csv", data))

    assert [4] == [finding.place.line for finding in caught.value.findings if finding.place]


def test_private_use_is_not_read_as_gbk(tmp_path: Path) -> None:
    """Bytes that GB18030 maps to private use only are refused."""
    assert code_of(put(tmp_path, "t.csv", b"a\n\xaa\xa1\n")) == "table/encoding"


def test_latin1_is_doubted(tmp_path: Path) -> None:
    """A Latin-1 name, which GB18030 reads as a rare character, is a warning on its line."""
    table = read_table(put(tmp_path, "t.csv", "name\nM\xfcller\n".encode("latin-1")))

    assert [("table/encoding-doubt", Severity.WARNING)] == [(f.code, f.severity) for f in table.findings]


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is not found."""
    with pytest.raises(NotFound):
        read_table(tmp_path / "none.csv")


def test_folder_is_refused(tmp_path: Path) -> None:
    """A folder is not a file, and naming one is a slip of whoever types."""
    with pytest.raises(UsageError, match="is a folder"):
        read_table(tmp_path)


def test_bounds(tmp_path: Path) -> None:
    """More bytes, rows or columns than allowed are refused."""
    path = put(tmp_path, "t.csv", "a\n1\n2\n3\n")

    assert len(read_table(path, max_rows=3).rows) == 3
    assert code_of(path, max_rows=2) == "table/too-large"
    assert code_of(path, max_bytes=7) == "table/too-large"
    assert code_of(put(tmp_path, "wide.csv", "a," * (grids.MAX_COLUMNS + 1))) == "table/too-large"


def test_xlsx_cells_are_what_a_person_sees(tmp_path: Path) -> None:
    """Numbers, percentages, leading zeros, dates and truths come out as exact text."""
    row = ["'=1", 7, 0.1 + 0.2, 0.25, 12, 1e-7, True, None, date(2026, 3, 1), datetime(2026, 3, 1, 8, 30), time(9, 5)]
    header = [f"c{index}" for index in range(len(row) + 2)]
    path = workbook(tmp_path, [header, [*row, timedelta(hours=30), 250.0]], formats={"D2": "0%", "E2": "0000"})

    expected = (
        "'=1",
        "7",
        "0.3",
        "25%",
        "0012",
        "0.0000001",
        "TRUE",
        "",
        "2026-03-01",
        "2026-03-01 08:30:00",
        "09:05:00",
    )
    assert [(*expected, "1 day, 6:00:00", "250")] == cells(read_table(path))


def test_xlsx_formula_that_was_never_computed_is_no_blank(tmp_path: Path) -> None:
    """A program that writes formulas and no values leaves nothing to read: the row is set aside with the cell's name."""
    table = read_table(workbook(tmp_path, [["c0", "c1"], ["K1", "=1+1"], ["K2", None]]))
    assert cells(table) == [("K2", "")]
    assert [(one.code, one.place and one.place.line) for one in table.findings] == [("table/cell-lost", 2)]
    assert "`B2` holds a formula that was never computed" in table.findings[0].message


def test_xlsx_formulas_and_gaps_go_together(tmp_path: Path) -> None:
    """A cell that was never filled in is blank, also where the workbook holds formulas that were never computed."""
    path = workbook(tmp_path, [["a", "b", "c"], ["x", None, "y"], ["=1+1", None, "z"]])
    table = read_table(path)

    assert cells(table) == [("x", "", "y")]
    assert table.lost_cells == {3: frozenset({0})}


def test_xlsx_keeps_lines_and_pads(tmp_path: Path) -> None:
    """Blank rows count as lines, and cells missing at the end are blank."""
    table = read_table(workbook(tmp_path, [["a", "b"], [], ["1"]]))

    assert [(3, ("1", ""))] == [(row.line, row.cells) for row in table.rows]


@pytest.mark.parametrize("value", [1234567890123456, 1e15, "#N/A"])
def test_xlsx_lost_cells_set_the_row_aside(tmp_path: Path, value: object) -> None:
    """A number that lost its last digits, or an error value, sets its row aside by cell."""
    table = read_table(workbook(tmp_path, [["a", "b"], [value, "x"], ["1", "2"]]))

    assert [("1", "2")] == cells(table)
    assert [("table/cell-lost", True)] == [(f.code, "`A2`" in f.message) for f in table.findings]
    assert [("", "x")] == [row.cells for row in table.set_aside]


def test_xlsx_is_bounded(tmp_path: Path) -> None:
    """Rows of a workbook are bounded as those of any table."""
    assert code_of(workbook(tmp_path, [["a"], ["1"], ["2"]]), max_rows=1) == "table/too-large"


def test_defusedxml_is_in_use() -> None:
    """openpyxl reads XML through defusedxml, which it does only when that is installed."""
    assert openpyxl.DEFUSEDXML is True


def test_xlsx_hidden_sheets_are_not_read(tmp_path: Path) -> None:
    """The first visible sheet with text is read; without one there is nothing."""
    path = workbook(tmp_path, [["a"], ["hidden"]], [], [["a"], ["seen"]])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].sheet_state = "hidden"
    book.save(path)

    assert [("seen",)] == cells(read_table(path))


def test_xlsx_without_text_is_empty(tmp_path: Path) -> None:
    """A workbook without text is empty."""
    assert code_of(workbook(tmp_path, [])) == "table/empty"


def test_xlsx_second_sheet_with_the_header_is_an_error(tmp_path: Path) -> None:
    """The sheet with the header is read wherever it is, and a second one is not passed over in silence."""
    path = workbook(tmp_path, [["read me"]], [["title"], ["id"], ["1"]], [["id"], ["2"]])

    table = read_table(path, is_header=lambda row: "id" in row)

    assert ([("1",)], [("title",)]) == (cells(table), [row.cells for row in table.preamble])
    assert ["table/second-sheet"] == [finding.code for finding in table.findings]


def zipped(folder: Path, *entries: tuple[str, bytes]) -> Path:
    """A zip of those entries, called a workbook."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return put(folder, "bomb.xlsx", target.getvalue())


def test_zip_of_great_ratio_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip that claims to unpack to far more than its size is refused before it is unpacked."""
    monkeypatch.setattr(spreadsheets, "_RATIO_FROM", 1_000)

    assert code_of(zipped(tmp_path, ("xl/workbook.xml", b"0" * 500_000))) == "table/too-large"


def test_zip_of_many_entries_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip of more parts than a workbook has is refused."""
    monkeypatch.setattr(spreadsheets, "MAX_ENTRIES", 2)

    assert code_of(zipped(tmp_path, *((f"{i}.xml", b"") for i in range(3)))) == "table/too-large"


SHEET, END = "xl/worksheets/sheet1.xml", b"</sheetData>"
LINK = b'<hyperlink ref="A1" location="a"/>'


@pytest.mark.parametrize(
    ("part", "end", "more"),
    [
        (SHEET, END, b"<row>" + b"<c/>" * 2_001 + b"</row>" + END),
        (SHEET, END, (b"<row>" + b"<c/>" * 2_000 + b"</row>") * 2_501 + END),
        (SHEET, END, b"<row><c><is>" + b"<r/>" * 40_001 + b"</is></c></row>" + END),
        (SHEET, END, END + b"<hyperlinks>" + LINK * 100_001 + b"</hyperlinks>"),
        ("xl/styles.xml", b"</cellXfs>", b'<xf numFmtId="0"/>' * 100_001 + b"</cellXfs>"),
    ],
    ids=["a row of cells", "rows of cells", "a row of letters", "links", "styles"],
)
def test_a_workbook_is_counted_before_it_is_unfolded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, end: bytes, more: bytes
) -> None:
    """A workbook with more in it than any table needs is refused before the library makes objects of it."""
    monkeypatch.setattr(openpyxl, "load_workbook", None)
    monkeypatch.setattr(spreadsheets, "MAX_RATIO", 1_000)
    source = zipfile.ZipFile(workbook_of_one(tmp_path))
    parts = [(name, source.read(name)) for name in source.namelist()]

    path = zipped(tmp_path, *((name, data.replace(end, more) if name == part else data) for name, data in parts))
    assert code_of(path) == "table/too-large"


def test_a_line_far_below_is_not_walked_to(tmp_path: Path) -> None:
    """A formula beside a line numbered beyond the end of any sheet is refused as too many rows, at once."""
    source = zipfile.ZipFile(workbook_of_one(tmp_path))
    more = b'<row r="3"><c r="A3"><f>1+1</f></c></row><row r="2000000000"><c r="A2000000000"/></row>' + END
    parts = [(name, source.read(name).replace(END, more)) for name in source.namelist()]

    assert code_of(zipped(tmp_path, *parts), max_rows=1000) == "table/too-large"


def workbook_of_one(folder: Path) -> Path:
    """A small workbook."""
    return workbook(folder, [["a"], ["1"]])


def test_zip_that_is_no_workbook(tmp_path: Path) -> None:
    """A zip without a workbook in it is refused."""
    assert code_of(zipped(tmp_path, ("a.txt", b"a"))) == "table/damaged"


def test_xml_entities_are_refused(tmp_path: Path) -> None:
    """A workbook whose XML declares entities is refused, not expanded."""
    source = workbook(tmp_path, [["a"], ["1"]])
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with zipfile.ZipFile(source) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    body = dict(entries)["xl/worksheets/sheet1.xml"].partition(b"?>")[2]
    entries = [(name, bomb + (body or data) if name.endswith("sheet1.xml") else data) for name, data in entries]

    assert code_of(zipped(tmp_path, *entries)) == "table/damaged"


def test_claimed_size_of_a_sheet_is_not_believed(tmp_path: Path) -> None:
    """A sheet that claims a million columns reads at the size it has."""
    source = workbook(tmp_path, [["a"], ["1"]])
    with zipfile.ZipFile(source) as archive:
        entries = [(name, archive.read(name).replace(b'"A1:A2"', b'"A1:XFD1048576"')) for name in archive.namelist()]

    assert [("1",)] == cells(read_table(zipped(tmp_path, *entries)))


def test_json_lines(tmp_path: Path) -> None:
    """Flat objects are rows; numbers keep their digits, a list of texts is one cell."""
    lines = (
        '{"id": "A1", "n": 0.10, "big": 12345678901234567890}\n\n{"id": "A2", "t": ["x", "y"], "ok": true, "n": null}\n'
    )
    table = read_table(put(tmp_path, "t.jsonl", lines))

    assert ("id", "n", "big", "t", "ok") == table.header
    assert [("A1", "0.10", "12345678901234567890", "", ""), ("A2", "", "", "x;y", "true")] == cells(table)


@pytest.mark.parametrize(
    "line",
    [
        '{"a": NaN}',
        '{"a": 1, "a": 2}',
        "[1]",
        "{",
        '{"a": "\\ud800"}',
        '{"a": {"b": 1}}',
        '{"a": [1, ["b"]]}',
        "[" * 5000,
    ],
)
def test_json_lines_are_strict(tmp_path: Path, line: str) -> None:
    """A line that is not one unambiguous flat object is a finding; the others stay."""
    table = read_table(put(tmp_path, "t.jsonl", f'{{"a": "1"}}\n{line}\n{{"a": false}}\n'))

    assert [("1",), ("false",)] == cells(table)
    assert [("table/json", 2)] == [(finding.code, finding.place.line) for finding in table.findings if finding.place]


def test_json_lines_are_bounded(tmp_path: Path) -> None:
    """More objects than rows allowed are refused."""
    assert code_of(put(tmp_path, "t.jsonl", '{"a": 1}\n' * 3), max_rows=2) == "table/too-large"


def test_json_lines_without_objects(tmp_path: Path) -> None:
    """A file without any object is empty."""
    assert code_of(put(tmp_path, "t.jsonl", "1\n")) == "table/empty"


SMALL = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@SMALL
@given(rows=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4))
def test_written_text_is_read_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    """Property: what `write_csv` writes is read back as written, or refused for a NUL."""
    try:
        path = put(tmp_path, "t.csv", write_csv(("a", "b"), rows))
    except ValueError:
        assert any("\ud800" <= character <= "\udfff" for row in rows for cell in row for character in cell)
        return
    if any("\0" in cell for row in rows for cell in row):
        assert code_of(path) == "table/not-text"
        return

    expected = [tuple(map(harmless, row)) for row in rows]
    assert [row for row in expected if any(cell.strip() for cell in row)] == cells(read_table(path))


@SMALL
@given(
    data=st.binary(max_size=60), start=st.sampled_from([b"", b"a,b\n", b"PK\x03\x04", b"\xff\xfe"]), jsonl=st.booleans()
)
def test_any_bytes_are_answered(tmp_path: Path, data: bytes, start: bytes, jsonl: bool) -> None:
    """Property: whatever the bytes, a table comes out or an error of the house."""
    path = put(tmp_path, "t.jsonl" if jsonl else "t.csv", start + data)
    try:
        table = read_table(path)
    except CertengineError as error:
        assert error.findings
    else:
        assert all(len(row.cells) == len(table.header) for row in table.rows)


@SMALL
@given(place=st.integers(min_value=0, max_value=5_000), byte=st.integers(min_value=0, max_value=255))
def test_a_damaged_workbook_is_answered(tmp_path: Path, place: int, byte: int) -> None:
    """Property: a workbook with one byte changed is read or refused, and nothing else happens."""
    data = bytearray(workbook(tmp_path, [["a"], ["1"]]).read_bytes())
    data[place % len(data)] = byte
    try:
        table = read_table(put(tmp_path, "t.xlsx", bytes(data)))
    except CertengineError as error:
        assert error.findings
    else:
        assert table.encoding == "xlsx"
