"""A sheet of many certificates: the same sheet back, each row with its answer, reason, time and receipt."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from certengine.credentials.codes import printed
from certengine.credentials.keys import read_base64url
from certengine.credentials.qr import qr_text
from certengine.credentials.receipt import Rests, Warrant, read_receipt
from certengine.errors import CannotTell, InputError, NotFound, Refused
from certengine.model.credential import Credential, State
from certengine.services.batch_verification import HEADINGS, SheetResult, verify_sheet
from certengine.services.context import Context
from certengine.services.key_changes import KEYRING
from certengine.services.keys import load_keyring, new_receipt_key, open_receipt_signer, retire_key
from certengine.services.receipts import (
    Trust,
    receipt_of,
    same_name,
    trust_in_bundle,
    trust_in_keyring,
    trust_in_nothing,
    trust_in_register,
)
from certengine.services.standing import ReasonClass, change_standing, list_certificates
from certengine.services.trust import export_trust
from certengine.services.verification import is_sheet, verify_text, worst
from tests.services.small_world import NOW, acting, passphrase

pytestmark = pytest.mark.slow


@pytest.fixture
def academy(at: Callable[[str], Path]) -> Iterator[Context]:
    """The academy with its certificates issued."""
    with acting(at("issued")) as context:
        yield context


@pytest.fixture
def trust(academy: Context) -> Trust:
    """Its register."""
    return trust_in_register(academy)


@pytest.fixture
def issued(academy: Context) -> list[Credential]:
    """The certificates of 陈晓, 李娜 and 王磊."""
    return [record.credential for record in list_certificates(academy)]


def token_text(context: Context, credential: Credential) -> str:
    """What the QR code of a certificate holds."""
    record = next(one for one in list_certificates(context) if one.credential == credential)
    return qr_text(credential, read_base64url(str(record.events[0].details["token"])))


def written(path: Path, *rows: tuple[str, ...]) -> Path:
    """A CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def workbook(path: Path, *rows: tuple[Any, ...]) -> Path:
    """An xlsx."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def read(path: Path) -> list[list[str]]:
    """The rows of a CSV that was given back."""
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def checked(path: Path, trust: Trust, **values: Any) -> SheetResult:
    """The result on a sheet at the world's instant."""
    return verify_sheet(path, trust, at=NOW, **values)


def words(result: SheetResult) -> list[str]:
    """What each row came to."""
    return [row.word for row in result.rows]


def test_codes_texts_and_addresses(tmp_path: Path, academy: Context, trust: Trust, issued: list[Credential]) -> None:
    """Full codes, typed codes, addresses and whole QR texts all lead to their certificates."""
    one, two, three = issued
    path = written(
        tmp_path / "staff.csv",
        ("工号", "查询码"),
        ("1", one.code),
        ("2", printed(two.code)),
        ("3", qr_text(three, None)),
        ("4", token_text(academy, three)),
    )
    assert ["valid"] * 4 == words(checked(path, trust))


def test_the_same_sheet_back(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """Columns, order, blank rows and rows above the header are all there; four columns stand to the right."""
    rows = [
        ("2026 年度", "", ""),
        ("", "", ""),
        ("姓名", "查询码", "备注"),
        ("陈晓", issued[0].code, "甲"),
        ("", "", ""),
        ("李娜", issued[1].code, "乙"),
    ]
    result = checked(written(tmp_path / "staff.csv", *rows), trust)

    found = read(result.output)
    assert [list(row) for row in rows] == [row[:3] for row in found]
    assert list(HEADINGS) == found[2][3:]
    assert found[3][3] == "有效 / valid"
    assert found[3][5] == "2026-11-22T09:00:00Z"
    assert found[4][3:] == [""] * 4


def test_number_and_name(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """A number with its holder's name is found; width, spaces and letter case do not count."""
    number = issued[0].number
    path = written(
        tmp_path / "staff.csv",
        ("证书编号", "姓名"),
        (number, "陈晓"),
        (number.lower(), " 陈 晓 "),
        (f" {number} ", "陈　晓"),
    )
    assert ["valid"] * 3 == words(checked(path, trust))


def test_one_answer_for_no_number_and_another_name(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """Whoever tries names against numbers learns nothing."""
    path = written(
        tmp_path / "staff.csv", ("number", "name"), (issued[0].number, "李娜"), ("S999999999999999999999", "李娜")
    )
    result = checked(path, trust)

    absent, other = ((row.state, row.word, row.reason, row.receipt) for row in result.rows)
    assert absent == other
    assert absent[0] is State.UNKNOWN
    assert result.receipts.read_bytes() == b""


def test_a_number_alone_is_not_enough(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """Neither a sheet without names nor a row without one finds a certificate by its number."""
    without = written(tmp_path / "a.csv", ("number",), (issued[0].number,))
    blank = written(tmp_path / "b.csv", ("number", "name"), (issued[0].number, ""))

    assert ["unchecked"] == words(checked(without, trust))
    assert ["unchecked"] == words(checked(blank, trust))


def test_a_bundle_knows_no_numbers(tmp_path: Path, academy: Context, issued: list[Credential]) -> None:
    """Offline, number and name cannot be told; a QR text can, and its receipt names the bundle."""
    export_trust(academy, passphrase, tmp_path / "trust")
    trust = trust_in_bundle(tmp_path / "trust" / "bundle.json", at=NOW)
    path = written(
        tmp_path / "staff.csv",
        ("number", "name", "code"),
        (issued[0].number, "陈晓", ""),
        (issued[0].number, "陈晓", token_text(academy, issued[0])),
    )
    result = checked(path, trust)

    assert ["unchecked", "valid"] == words(result)
    receipt = read_receipt(result.receipts.read_bytes(), load_keyring(academy))
    assert receipt.warrant is Warrant.UNSIGNED
    assert receipt.receipt.basis == trust.basis
    assert trust.basis.rests_on is Rests.BUNDLE


@pytest.mark.parametrize(
    ("column", "value"), [("姓名", "李娜"), ("证书编号", "S999999999999999999999")], ids=["name", "number"]
)
def test_a_certificate_of_somebody_else(
    tmp_path: Path, trust: Trust, issued: list[Credential], column: str, value: str
) -> None:
    """A genuine code under another name or number is not valid, and whose it is is not told."""
    path = written(tmp_path / "staff.csv", ("查询码", column), (issued[0].code, value))
    result = checked(path, trust)

    assert ["mismatch"] == words(result)
    assert [State.UNKNOWN] == result.states
    assert "陈晓" not in result.output.read_text(encoding="utf-8-sig")


def test_states_and_counts(tmp_path: Path, academy: Context, trust: Trust, issued: list[Credential]) -> None:
    """Each row has its own state with its reason, and the counts are by state."""
    change_standing(replace(academy, actor="approver"), issued[1].number, "revoked", reason=ReasonClass.ERROR)
    path = written(
        tmp_path / "staff.csv",
        ("code",),
        (issued[0].code,),
        (issued[1].code,),
        ("0" * 26,),
        ("not a code",),
    )
    result = checked(path, trust)

    assert ["valid", "revoked", "unknown", "unreadable"] == words(result)
    assert (("valid", 1), ("revoked", 1), ("unknown", 1), ("unreadable", 1)) == result.counts
    assert "2026年11月22日撤销" in result.rows[1].reason.best("zh")
    assert worst(result.states) is State.UNREADABLE


def test_the_holder_is_told_where_the_row_names_nobody(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """A sheet of bare codes gives back whose certificates they are: that is what must be compared."""
    result = checked(written(tmp_path / "staff.csv", ("code",), (issued[0].code,)), trust)
    assert "陈晓" in result.rows[0].reason.best("zh")


def test_receipts_beside_the_sheet(tmp_path: Path, academy: Context, trust: Trust, issued: list[Credential]) -> None:
    """Every judged row has a signed receipt, found by the id in the row, and none holds a code."""
    path = written(tmp_path / "staff.csv", ("code",), *((one.code,) for one in issued))
    result = checked(path, trust)

    assert result.receipts == tmp_path / "staff-checked-receipts.jsonl"
    lines = result.receipts.read_bytes().splitlines()
    receipts = [read_receipt(line, load_keyring(academy)) for line in lines]
    assert {Warrant.SIGNED} == {one.warrant for one in receipts}
    assert [row.receipt for row in result.rows] == [one.receipt.id for one in receipts]
    assert not any(one.code.encode() in result.receipts.read_bytes() for one in issued)


def test_xlsx_keeps_its_cells(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """Text, widths, bold headings and a number with leading zeros come back as they were."""
    path = workbook(tmp_path / "staff.xlsx", ("工号", "查询码"), ("007", issued[0].code))
    book = openpyxl.load_workbook(path)
    book.worksheets[0].column_dimensions["B"].width = 41
    book.worksheets[0]["A1"].font = Font(bold=True)
    book.save(path)

    result = checked(path, trust)
    sheet = openpyxl.load_workbook(result.output).worksheets[0]

    assert result.output.name == "staff-checked.xlsx"
    assert ["007", issued[0].code, "有效 / valid"] == [cell.value for cell in sheet[2]][:3]
    assert sheet.column_dimensions["B"].width == 41
    assert sheet["A1"].font.bold
    assert [cell.value for cell in sheet[1]][2:] == list(HEADINGS)


def test_nothing_given_back_is_a_formula(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """Formulas of the sheet become text in xlsx and harmless text in CSV."""
    danger = '=HYPERLINK("https://evil.example","x")'
    book = checked(workbook(tmp_path / "a.xlsx", ("code", "note"), (issued[0].code, danger)), trust).output
    text = checked(written(tmp_path / "b.csv", ("code", "note"), (issued[0].code, danger)), trust).output

    cell = openpyxl.load_workbook(book).worksheets[0]["B2"]
    assert (danger, "s") == (cell.value, cell.data_type)
    assert read(text)[1][1] == "'" + danger


def test_a_formula_keeps_the_value_it_showed(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """A code that a formula put together is read and given back as the value last computed."""
    path = workbook(tmp_path / "staff.xlsx", ("code",), ("=CODE",))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    before, _, after = parts[name].decode().partition('<c r="A2"')
    cell = f'<c r="A2" t="str"><f>CODE</f><v>{issued[0].code}</v></c>'
    parts[name] = (before + cell + after.partition("</c>")[2]).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    result = checked(path, trust)

    assert ["valid"] == words(result)
    assert issued[0].code == openpyxl.load_workbook(result.output).worksheets[0]["A2"].value


def test_areas_that_unfold_are_refused(tmp_path: Path, trust: Trust) -> None:
    """A merged area over the whole sheet would take days to unfold."""
    path = workbook(tmp_path / "staff.xlsx", ("code",), ("x",))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="C1:XFD1048576"/></mergeCells>'
    parts[name] = parts[name].replace(b"</sheetData>", merged)
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)

    with pytest.raises(InputError, match="merged"):
        checked(path, trust)


def test_hidden_and_other_sheets_stay_as_they_are(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """The answers go to the visible sheet that has the codes, and to no other."""
    path = workbook(tmp_path / "staff.xlsx", ("code",), ("hidden",))
    book = openpyxl.load_workbook(path)
    book.worksheets[0].sheet_state = "hidden"
    book.create_sheet("notes").append(("anything",))
    for row in (("code",), (issued[0].code,)):
        book["staff" if "staff" in book.sheetnames else book.create_sheet("staff").title].append(row)
    book.save(path)
    found = openpyxl.load_workbook(checked(path, trust).output)

    assert [1, 1, 5] == [sheet.max_column for sheet in found.worksheets]
    assert found["staff"]["B2"].value == "有效 / valid"


def test_a_cell_that_strayed_to_the_last_corner(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """A hidden sheet with a cell in its last corner is given back with that cell, and not unfolded up to it."""
    book = openpyxl.Workbook()
    first = book.worksheets[0]
    for row in (("查询码",), (issued[0].code,)):
        first.append(row)
    other = book.create_sheet("other")
    other.sheet_state = "hidden"
    other["XFD1048576"] = "stray"
    book.save(tmp_path / "staff.xlsx")
    result = checked(tmp_path / "staff.xlsx", trust)

    assert ["valid"] == words(result)
    assert openpyxl.load_workbook(result.output)["other"]["XFD1048576"].value == "stray"


def test_a_workbook_that_cannot_be_written_again(tmp_path: Path, trust: Trust) -> None:
    """One whose links lead nowhere, which reading never needs, is refused with the way out; no receipts are left."""
    path = workbook(tmp_path / "staff.xlsx", ("code",), ("x",))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = b'</sheetData><hyperlinks xmlns:r="' + schema + b'"><hyperlink ref="A2" r:id="nobody"/></hyperlinks>'
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"</sheetData>", link)
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)

    with pytest.raises(InputError, match="cannot be written again"):
        checked(path, trust)
    assert [path] == list(tmp_path.glob("staff*"))


def test_a_sheet_without_rows_is_no_answer(tmp_path: Path, trust: Trust) -> None:
    """Where nothing was checked nothing is valid."""
    with pytest.raises(InputError, match="no row stands below the header") as error:
        checked(written(tmp_path / "staff.csv", ("code", "name")), trust)

    assert error.value.code == "table/empty"
    assert [tmp_path / "staff.csv"] == list(tmp_path.glob("staff*"))


def test_a_row_of_nothing(tmp_path: Path, trust: Trust) -> None:
    """A row with neither code nor number says so; a register out of reach is said in its row."""

    def away(number: str, name: str) -> str | None:
        raise CannotTell("the database is out of reach")

    path = written(tmp_path / "staff.csv", ("code", "number", "name"), ("", "", "李娜"), ("", "S1", "李娜"))
    rows = checked(path, replace(trust, code_of=away)).rows

    assert [State.UNREADABLE, State.UNCHECKED] == [row.state for row in rows]
    assert rows[1].reason.best("en") == "the database is out of reach"


def test_a_row_that_lost_its_cell_is_one_row(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """A number that a spreadsheet rounded is that row's answer; the next is checked all the same."""
    number = issued[0].number
    path = workbook(
        tmp_path / "staff.xlsx",
        ("证书编号", "查询码"),
        (1234567890123456789012, issued[0].code),
        (number, issued[0].code),
    )
    assert ["unreadable", "valid"] == words(checked(path, trust))


def test_a_cell_lost_elsewhere_is_nobodys_business(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """A failed formula, or an identity number that a spreadsheet rounded, in a column that is not looked up stops no row."""
    path = workbook(
        tmp_path / "staff.xlsx",
        ("身份证号", "查询码", "部门"),
        (110101199003070000000, issued[0].code, "=1+1"),
        (1, issued[0].code, "研发"),
        (2, "=1+1", "研发"),
    )
    assert ["valid", "valid", "unreadable"] == words(checked(path, trust))


def test_a_ragged_row_is_one_row(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """A row of too many cells is given back whole, its answer in its place."""
    path = written(tmp_path / "staff.csv", ("code", "note"), (issued[0].code, "a", "b"), (issued[0].code, "c"))
    result = checked(path, trust)

    assert ["unreadable", "valid"] == words(result)
    assert read(result.output)[1][:3] == [issued[0].code, "a", "b"]
    assert read(result.output)[0][3:] == list(HEADINGS)


def test_a_fault_in_one_row_stops_no_other(tmp_path: Path, trust: Trust, issued: list[Credential]) -> None:
    """Whatever breaks while a row is looked up, the row is "cannot tell" and the next is checked."""

    def broken(number: str, name: str) -> str | None:
        raise OSError(number, name)

    path = written(tmp_path / "staff.csv", ("number", "name", "code"), ("S1", "李娜", ""), ("", "", issued[0].code))
    assert ["unchecked", "valid"] == words(checked(path, replace(trust, code_of=broken)))


@pytest.mark.parametrize(
    ("header", "sound"),
    [
        (("查询码",), True),
        (("证书查询码 / Code",), True),
        (("二维码内容",), True),
        (("Certificate No.", "Name"), True),
        (("证书编号", "持证人姓名"), True),
        (("姓名", "部门"), False),
        (("code", "查询码"), False),
    ],
)
def test_headings(tmp_path: Path, trust: Trust, header: tuple[str, ...], sound: bool) -> None:
    """Headings are known in Chinese and English; without one to look up by, or with two, the sheet is refused."""
    path = written(tmp_path / "staff.csv", header, ("x",) * len(header))
    if sound:
        assert len(checked(path, trust).rows) == 1
    else:
        with pytest.raises(InputError, match="cannot be checked"):
            checked(path, trust)


@pytest.mark.parametrize("link", ["itself", "symbolic", "hard"])
def test_the_sheet_is_never_overwritten(tmp_path: Path, trust: Trust, link: str) -> None:
    """Not under its own name, and not through a link."""
    path = written(tmp_path / "staff.csv", ("code",), ("x",))
    before = path.read_bytes()
    output = path if link == "itself" else tmp_path / "out.csv"
    if link == "symbolic":
        output.symlink_to(path)
    elif link == "hard":
        output.hardlink_to(path)

    with pytest.raises(Refused, match="the sheet itself"):
        checked(path, trust, output=output)
    assert before == path.read_bytes()


def test_the_output_is_of_the_same_kind(tmp_path: Path, trust: Trust) -> None:
    """An xlsx is not written under the name of a CSV."""
    path = workbook(tmp_path / "staff.xlsx", ("code",), ("x",))
    with pytest.raises(InputError, match="given back as"):
        checked(path, trust, output=tmp_path / "out.csv")


def test_no_such_sheet(tmp_path: Path, trust: Trust) -> None:
    """A missing file is not found, and JSON Lines are no sheet."""
    lines = tmp_path / "codes.jsonl"
    lines.write_text(json.dumps({"code": "x"}) + "\n")

    with pytest.raises(NotFound):
        checked(tmp_path / "none.csv", trust)
    with pytest.raises(InputError, match="sheet to give back"):
        checked(lines, trust)
    assert [True, True, False] == [is_sheet(Path(name)) for name in ("a.XLSX", "a.csv", "a.pdf")]


def test_progress(tmp_path: Path, trust: Trust) -> None:
    """The caller is told row by row."""
    told: list[tuple[int, int]] = []
    path = written(tmp_path / "staff.csv", ("code",), ("x",), ("y",))
    checked(path, trust, progress=lambda done, total: told.append((done, total)))
    assert [(1, 2), (2, 2)] == told


def test_a_key_open_to_others_is_told_first(tmp_path: Path, academy: Context, trust: Trust) -> None:
    """Before any work, not row by row."""
    next(academy.workspace.keys_folder().glob("receipt-*.pem")).chmod(0o644)
    with pytest.raises(Refused, match="may be read by others"):
        checked(written(tmp_path / "staff.csv", ("code",), ("x",)), trust)


def test_a_receipt_of_another_date_is_unsigned(trust: Trust, issued: list[Credential]) -> None:
    """An answer calculated for another date was not given then; nobody signs that it was."""
    then = verify_text(issued[0].code, trust.source, at=NOW + timedelta(days=400))
    now = verify_text(issued[0].code, trust.source, at=NOW)

    assert json.loads(receipt_of(then, trust, target=issued[0].code))["signed"] is False
    assert json.loads(receipt_of(now, trust, target=issued[0].code))["signed"] is True


def test_receipts_of_other_sources(academy: Context, issued: list[Credential]) -> None:
    """A keyring is named by digest; with nothing to trust the receipt says so."""
    keyring = trust_in_keyring(academy.workspace.keys_folder() / KEYRING)
    told = []
    for trust in (keyring, trust_in_nothing()):
        verdict = verify_text(token_text(academy, issued[0]), trust.source, at=NOW)
        told.append(json.loads(receipt_of(verdict, trust, file=b"a picture")))

    assert [{"kind": "keyring", "digest": keyring.basis.digest}, {"kind": "nothing"}] == [
        one["rests_on"] for one in told
    ]
    assert {"unchecked"} == {one["state"] for one in told}
    assert {"file"} == {one["presented"]["kind"] for one in told}


def test_a_workspace_without_a_receipt_key(academy: Context, trust: Trust, issued: list[Credential]) -> None:
    """Receipts are then unsigned; a key made later signs, without a passphrase, and closes the one before."""
    first = open_receipt_signer(academy)
    assert first is not None
    retire_key(academy, first.record.kid)
    verdict = verify_text(issued[0].code, trust.source, at=NOW)

    assert open_receipt_signer(replace(academy, clock=lambda: NOW + timedelta(seconds=1))) is None
    later = replace(academy, clock=lambda: NOW + timedelta(minutes=1))
    assert json.loads(receipt_of(verdict, replace(trust, signer=lambda: open_receipt_signer(later))))["signed"] is False
    made = new_receipt_key(later)
    found = open_receipt_signer(later)
    assert found is not None
    assert made.kid == found.record.kid


def test_a_retired_receipt_key_leaves_no_private_half(academy: Context) -> None:
    """Unencrypted, it could sign with an older date for ever."""
    signer = open_receipt_signer(academy)
    assert signer is not None
    file = academy.workspace.keys_folder() / f"receipt-{signer.record.kid}.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    retire_key(academy, signer.record.kid)

    assert not file.exists()
    assert load_keyring(academy).key(signer.record.kid) is not None


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ("zhang xiaoming", True),
        ("ZhangXiaoMing", True),
        ("Ｚｈａｎｇ Xiaoming", True),
        ("张晓明", True),
        ("Zhang", False),
        ("", False),
        ("  ", False),
        ("张小明", False),
    ],
)
def test_names(given: str, same: bool) -> None:
    """Width, case and spaces are evened out; another name stays another."""
    assert same is same_name(given, "张晓明", "Zhang Xiaoming", None)
