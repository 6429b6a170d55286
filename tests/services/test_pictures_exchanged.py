"""Pictures of items out and in again: resources of a QTI package, files within Moodle's questions, judged like our own."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from certengine.interchange.loss import Fate
from certengine.model.bank import Item
from certengine.services.bank_export import export_bank
from certengine.services.bank_import import ImportRun, import_bank
from certengine.services.context import Context
from tests.services.small_world import BANK, acting
from tests.services.test_hostile_exchange import ITEM, package

pytestmark = pytest.mark.slow

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0L10 10"/></svg>'
HOSTILE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" onload="x()"><script>steal()</script></svg>'
FIGURE = '    figures: [{file: "figures/loop.svg", alt: {zh: "回路", en: "a loop"}, caption: {zh: "图 1", en: "Figure 1"}, width: 70}]\n'


def png() -> bytes:
    """The smallest sound PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


@pytest.fixture
def small(at: Callable[[str], Path]) -> Iterator[Context]:
    """A workspace whose small bank has a picture at its first item."""
    root = at("workspace")
    folder = root / "question_banks" / BANK
    (folder / "figures").mkdir()
    (folder / "figures" / "loop.svg").write_bytes(SVG)
    path = min((folder / "items").glob("*.yaml"))
    head, first, rest = path.read_text("utf-8").partition("  - id:")
    line, _, more = rest.partition("\n")
    path.write_text(f"{head}{first}{line}\n{FIGURE}{more}", encoding="utf-8")
    with acting(root) as context:
        yield context


def pictured(context: Context, bank: str) -> Item:
    """The item with the picture."""
    draft, _ = context.workspace.read_bank(bank)
    assert draft is not None
    return next(item for item in draft.items if item.figures)


@pytest.mark.parametrize("format_", ["qti21", "qti22", "qti3", "moodle"])
def test_pictures_ride_along_and_come_back(small: Context, format_: str, tmp_path: Path) -> None:
    """The picture is in the file, seen by other programs, and in the new bank with its alt, caption, width and digest."""
    run = export_bank(small, BANK, tmp_path, format_)
    before = pictured(small, BANK)
    assert "figures" not in {loss.feature for loss in run.report.of(before.id)}
    back = import_bank(small, run.target, "again", format=format_)
    after = pictured(small, "again")
    assert (after.figures, after.content) == (before.figures, before.content)
    assert "question_banks/again/figures/loop.svg" in back.files
    assert (small.workspace.root / "question_banks" / "again" / "figures" / "loop.svg").read_bytes() == SVG


@pytest.mark.parametrize("format_", ["gift", "xlsx", "csv"])
def test_formats_without_pictures_say_so(small: Context, format_: str, tmp_path: Path) -> None:
    """The report of the export names the item and its figures, that of the import too."""
    run = export_bank(small, BANK, tmp_path, format_)
    item = pictured(small, BANK)
    assert "figures" in {loss.feature for loss in run.report.of(item.id)}
    back = import_bank(small, run.target, "again", format=format_)
    assert ("figures", Fate.LOST) in {(loss.feature, loss.fate) for loss in back.report.of(item.id)}


def foreign(context: Context, data: bytes, name: str = "a.zip") -> ImportRun:
    """An import of foreign bytes."""
    path = context.workspace.root.parent / name
    path.write_bytes(data)
    return import_bank(context, path, "strangers")


def moodle(picture: bytes, address: str = "@@PLUGINFILE@@/loop.svg") -> bytes:
    """A foreign question with a picture."""
    held = base64.b64encode(picture).decode()
    return (
        '<quiz><question type="truefalse"><name><text>M1</text></name><questiontext format="html"><text>'
        f'&lt;p&gt;True?&lt;img src="{address}" alt="a loop"&gt;&lt;/p&gt;</text>'
        f'<file name="loop.svg" path="/" encoding="base64">{held}</file></questiontext>'
        '<answer fraction="100"><text>true</text></answer></question></quiz>'
    ).encode()


def with_image(address: str, **files: bytes) -> bytes:
    """A foreign package whose item shows a picture."""
    body = f'<p>True? <img src="{address}" alt="a loop"/></p>'
    return package({"a.xml": ITEM.format(body=body), **{name.replace("__", "/"): data for name, data in files.items()}})


def test_pictures_of_other_programs_are_taken(small: Context) -> None:
    """An SVG within a question of Moodle and a PNG of a package become figures below the stem, described by their alt."""
    foreign(small, moodle(SVG), "a.xml")
    drawn = pictured(small, "strangers")
    assert [(one.file, one.alt.to_json()) for one in drawn.figures or ()] == [("figures/loop.svg", {"en": "a loop"})]
    assert "loop" not in drawn.content.stem.best("en")
    path = small.workspace.root.parent / "b.zip"
    path.write_bytes(
        package({"a.xml": ITEM.format(body='<p>True? <img src="img/l.png" alt="l"/></p>'), "img/l.png": png()})
    )
    import_bank(small, path, "others")
    assert [one.file for one in pictured(small, "others").figures or ()] == ["figures/l.png"]


@pytest.mark.parametrize("data", [HOSTILE, b"\x89PNG no", b"<!DOCTYPE svg><svg/>", b""])
def test_pictures_that_may_not_be_shown_are_taken_away_and_named(small: Context, data: bytes) -> None:
    """A script in a drawing, a damaged picture: the item is taken without it, and the report says why."""
    run = foreign(small, moodle(data), "a.xml")
    assert [(loss.item, loss.feature, loss.fate) for loss in run.report.losses] == [("M1", "figures", Fate.CLEANED)]
    assert not (small.workspace.root / "question_banks" / "strangers" / "figures").exists()


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/x.png",
        "../../../etc/x.png",
        "/etc/x.png",
        "data:image/png;base64,AAAA",
        "file:///x.png",
        "no.png",
    ],
)
def test_pictures_from_elsewhere_are_never_fetched(small: Context, address: str) -> None:
    """An address that names no file of the package stays what it was: a description in the text, and a loss."""
    run = foreign(small, with_image(address))
    assert [(loss.feature, loss.fate) for loss in run.report.losses] == [("picture", Fate.LOST)]
    draft, _ = small.workspace.read_bank("strangers")
    assert draft is not None
    assert (draft.items[0].figures, draft.items[0].content.stem.best("en")) == (None, "True? [a loop]")


def test_a_picture_never_replaces_one_of_the_bank(small: Context) -> None:
    """A picture of the same name and other bytes gets another name; the same bytes are one file."""
    path = small.workspace.root.parent / "a.xml"
    path.write_bytes(moodle(SVG.replace(b"M0", b"M1")))
    run = import_bank(small, path, BANK)
    folder = small.workspace.root / "question_banks" / BANK / "figures"
    assert sorted(one.name for one in folder.iterdir()) == ["loop-2.svg", "loop.svg"]
    assert (folder / "loop.svg").read_bytes() == SVG
    assert f"question_banks/{BANK}/figures/loop-2.svg" in run.files


def test_items_of_a_set_come_without_what_they_refer_to(small: Context, tmp_path: Path) -> None:
    """Stimuli are carried by no format yet: the export says so of each item, and the import leaves no dangling name."""
    items = small.workspace.root / "question_banks" / BANK / "items"
    path = min(items.glob("*.yaml"))
    item = pictured(small, BANK)
    path.write_text(path.read_text("utf-8").replace(FIGURE, f"{FIGURE}    stimulus: case\n"), encoding="utf-8")
    (items / "case.yaml").write_text(
        f'format: 1\nstimuli:\n  - {{id: case, area: "{item.area}", level: "{item.level}", text: {{zh: "案例", en: "A case"}}}}\n',
        encoding="utf-8",
    )
    run = export_bank(small, BANK, tmp_path, "qti3")
    assert ("stimulus", Fate.LOST) in {(loss.feature, loss.fate) for loss in run.report.of(item.id)}
    back = import_bank(small, run.target, "again")
    assert pictured(small, "again").stimulus is None
    assert "stimulus" in {loss.feature for loss in back.report.of(item.id)}
