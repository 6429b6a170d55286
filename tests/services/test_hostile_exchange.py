"""Files made to do harm: each is refused or cleaned, says so, and leaves nothing in the workspace that it should not."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import openpyxl
import pytest
from certengine_cli import exits

from certengine.errors import InputError
from certengine.interchange.loss import Fate
from certengine.interchange.questions import MAX_QUESTIONS
from certengine.services.bank_import import ImportRun, import_bank
from certengine.services.context import Context
from tests.cli.running import certengine
from tests.services.small_world import acting

pytestmark = pytest.mark.slow

MANIFEST = (
    '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="M"><resources>'
    '<resource identifier="R" type="imsqti_item_xmlv2p1" href="{href}"><file href="{href}"/></resource></resources></manifest>'
)
ITEM = (
    '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="H1" title="H1" adaptive="false"'
    ' timeDependent="false"><responseDeclaration identifier="R" cardinality="single" baseType="identifier">'
    "<correctResponse><value>true</value></correctResponse></responseDeclaration><itemBody>{body}"
    '<choiceInteraction responseIdentifier="R" shuffle="false" maxChoices="1"><simpleChoice identifier="true">√</simpleChoice>'
    '<simpleChoice identifier="false">×</simpleChoice></choiceInteraction></itemBody></assessmentItem>'
)
SOUND = ITEM.format(body="<p>Copper conducts.</p>")
LAUGHS = (
    '<!DOCTYPE q [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
) + "]>"
ELSEWHERE = '<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.fixture
def small(at: Callable[[str], Path]) -> Iterator[Context]:
    """A workspace with the small bank."""
    with acting(at("workspace")) as context:
        yield context


def package(files: Mapping[str, str | bytes], **more: str | bytes) -> bytes:
    """A package of one item, with whatever else."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in {"imsmanifest.xml": MANIFEST.format(href="a.xml"), "a.xml": SOUND, **files}.items():
            made.writestr(name, data)
    return target.getvalue()


def linked() -> bytes:
    """A package whose item is a link to a file of the system."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("imsmanifest.xml", MANIFEST.format(href="a.xml"))
        entry = zipfile.ZipInfo("a.xml")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, "/etc/passwd")
    return target.getvalue()


def claiming(size: int) -> bytes:
    """A package whose directory claims another size of a file than the file has."""
    data = bytearray(package({}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(data)


def workbook(*rows: tuple[object, ...], name: str = "试题") -> openpyxl.Workbook:
    """A workbook of questions."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for row in (("题型", "题干", "答案", "选项A", "选项B"), *rows):
        sheet.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def taken(context: Context, name: str, data: bytes, format_: str | None = None) -> ImportRun:
    """What an import of these bytes does."""
    path = context.workspace.root.parent / name
    path.write_bytes(data)
    return import_bank(context, path, "strangers", format=format_)


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "zip bomb": ("a.zip", lambda: package({"big.xml": b"0" * 300_000_000}), "exchange/too-large"),
    "dense zip": ("a.zip", lambda: package({"big.xml": b"0" * 40_000_000}), "exchange/too-large"),
    "many entries": ("a.zip", lambda: package({f"f/{n}": b"" for n in range(40_001)}), "exchange/too-large"),
    "a lying directory": ("a.zip", lambda: claiming(0xF0000000), "exchange/too-large"),
    "path traversal": ("a.zip", lambda: package({"../../out.xml": SOUND}), "exchange/zip-path"),
    "absolute path": ("a.zip", lambda: package({"/etc/cron.d/x": SOUND}), "exchange/zip-path"),
    "drive path": ("a.zip", lambda: package({"C:/x.xml": SOUND}), "exchange/zip-path"),
    "a link": ("a.zip", linked, "exchange/zip-path"),
    "billion laughs": ("a.xml", (LAUGHS + "<quiz>&i;</quiz>").encode, "exchange/xml-entities"),
    "external entity": ("a.xml", (ELSEWHERE + "<quiz>&x;</quiz>").encode, "exchange/xml-entities"),
    "deep nesting": ("a.xml", lambda: b"<quiz>" + b"<q>" * 200_000, "exchange/too-large"),
    "NUL in text": ("a.gift", lambda: b"::a::Is it\x00? {T}\n", "table/not-text"),
    "no known encoding": ("a.gift", lambda: b"::a::\xff\x81\xff? {T}\n", "table/encoding"),
    "damaged UTF-8": ("a.gift", lambda: "::a::断路器断路器? {T}\n".encode()[:-9] + b"\xe6\n{T}\n", "table/encoding"),
    "too many rows": (
        "a.xlsx",
        lambda: saved(workbook(*[("判断题", "q", "√")] * (MAX_QUESTIONS + 5))),
        "table/too-large",
    ),
    "too many questions": ("a.gift", lambda: b"x {T}\n\n" * (MAX_QUESTIONS + 1), "exchange/too-large"),
    "a workbook that is none": ("a.xlsx", lambda: b"PK\x03\x04 nothing", "exchange/zip"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_trusted_is_refused_whole(small: Context, what: str) -> None:
    """The file is refused with a code and a way out; no bank, no hidden folder, nothing beside the workspace."""
    name, make, code = REFUSED[what]
    before = sorted(small.workspace.root.rglob("*"))
    with pytest.raises(InputError) as caught:
        taken(small, name, make())
    assert caught.value.code == code
    assert caught.value.hint
    assert sorted(small.workspace.root.rglob("*")) == before
    assert sorted(path.name for path in small.workspace.root.parent.iterdir()) == [name, small.workspace.root.name]


@pytest.mark.parametrize("what", ["path traversal", "billion laughs", "zip bomb", "NUL in text"])
def test_the_command_line_says_no_in_words(small: Context, what: str) -> None:
    """The same at the terminal: exit code 3, one line with the code, a hint, no traceback."""
    name, make, code = REFUSED[what]
    path = small.workspace.root.parent / name
    path.write_bytes(make())
    ran = certengine("bank", "import", path, "--bank", "strangers", "--as", "admin", cwd=small.workspace.root)
    assert (ran.code, ran.out) == (exits.NO, "")
    assert f"[{code}]" in ran.err
    assert "hint: " in ran.err
    assert "Traceback" not in ran.err


def test_a_million_empty_rows_are_refused_without_reading_them_all(small: Context) -> None:
    """A sheet that claims a million rows is refused at the bound of rows."""
    rows = "".join(f'<row r="{n}"/>' for n in range(2, 1_000_000))
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(workbook(("判断题", "q", "√"))))) as sound,
        zipfile.ZipFile(target, "w") as made,
    ):
        for name in sound.namelist():
            data = sound.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", rows.encode() + b"</sheetData>")
            made.writestr(name, data)
    with pytest.raises(InputError, match="rows"):
        taken(small, "a.xlsx", target.getvalue())


ACTING = (
    "<p onclick=\"x()\">Copper <script>steal()</script><iframe src='http://example.org'>no</iframe>"
    '<a href="javascript:x()">conducts</a><img src="data:image/svg+xml,%3Csvg onload=x()%3E" alt="a wire" onerror="x()"/>'
    "<style>p { background: url(http://example.org) }</style><object data='x'>x</object>\u202e.</p>"
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "a.xml",
            f'<quiz><question type="truefalse"><name><text>H1</text></name><questiontext format="html"><text><![CDATA[{ACTING}]]></text></questiontext><answer fraction="100"><text>true</text></answer></question></quiz>'.encode(),
        ),
        (
            "a.gift",
            b"::H1::[html]"
            + ACTING.replace(":", "\\:")
            .replace("=", "\\=")
            .replace("{", "\\{")
            .replace("}", "\\}")
            .replace("#", "\\#")
            .replace("\n", "")
            .encode()
            + b" {T}\n",
        ),
        ("a.zip", package({"a.xml": ITEM.format(body=ACTING)})),
    ],
    ids=["moodle", "gift", "qti"],
)
def test_what_acts_within_a_text_is_taken_away_and_named(small: Context, name: str, data: bytes) -> None:
    """Scripts, frames, handlers, script links and data addresses are gone from the bank, and the report says so."""
    run = taken(small, name, data)
    folder = small.workspace.root / "question_banks" / "strangers"
    text = "".join(path.read_text("utf-8") for path in folder.rglob("*.yaml"))
    assert not [
        one for one in ("script", "steal", "iframe", "onerror", "onclick", "data:", "http", "\u202e") if one in text
    ]
    assert "Copper" in text
    cleaned = {loss.feature for loss in run.report.losses if loss.fate is Fate.CLEANED}
    assert cleaned == {"active or embedded content", "hidden characters"}


def test_nested_packages_are_not_opened(small: Context) -> None:
    """A zip within the package is a file like any other: not read, and named."""
    run = taken(small, "a.zip", package({"inner.zip": package({"x.xml": b"0" * 1_000_000})}))
    assert [(loss.item, loss.fate) for loss in run.report.losses] == [("inner.zip", Fate.LOST)]


def test_formulas_and_macros_of_workbooks_do_nothing(small: Context) -> None:
    """A row with a formula that was never computed is left out, a macro is not read, and both are said."""
    book = saved(workbook(("判断题", '=HYPERLINK("http://example.org","x")', "√"), ("判断题", "铜是导体。", "√")))
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as sound, zipfile.ZipFile(target, "w") as made:
        for name in sound.namelist():
            made.writestr(name, sound.read(name))
        made.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Auto_Open")
    run = taken(small, "a.xlsx", target.getvalue())
    assert len(run.items) == 1
    assert {loss.feature for loss in run.report.losses if loss.fate is Fate.CLEANED} == {"macros", "formulas in cells"}
    assert {loss.feature for loss in run.report.losses if loss.fate is Fate.LEFT_OUT} == {"row"}


def test_chinese_encodings_are_read(small: Context) -> None:
    """GBK, and UTF-16 with its mark, are what people's editors save; they are read, not guessed at."""
    text = "::题一::断路器能切断短路电流。 {T}\n"
    assert len(taken(small, "a.gift", text.encode("gbk")).items) == 1
    path = small.workspace.root.parent / "b.gift"
    path.write_bytes(text.encode("utf-16"))
    run = import_bank(small, path, "others")
    draft, _ = small.workspace.read_bank("others")
    assert draft is not None
    assert (draft.items[0].content.stem.best("zh"), len(run.items)) == ("断路器能切断短路电流。", 1)


def test_overlong_texts_are_left_out_by_name(small: Context) -> None:
    """A line of a million characters is one question that is left out; the others are taken."""
    run = taken(small, "a.gift", b"::L::" + b"x" * 1_000_000 + b" {T}\n\n::S::Short? {T}\n")
    assert run.items == ("S",)
    assert [(loss.fate, "longer than" in loss.why) for loss in run.report.losses] == [(Fate.LEFT_OUT, True)]
