"""Figures, stimuli and markup of a bank's files: read with their digests, and everything wrong with its place."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from certengine.canonical import digest, digest_of_bytes
from certengine.errors import Finding, Severity
from certengine.model.bank import BankDraft
from certengine.workspace.bank_cache import recall_bank
from certengine.workspace.bank_files import read_bank
from certengine.workspace.bank_writing import bank_files
from certengine.workspace.figure_files import MAX_BYTES, MAX_PIXELS, FigureFault, read_figure

HEAD = """format: 1
id: small
title: {zh: "小题库", en: "Small bank"}
languages: [zh, en]
areas: [{id: S, title: {zh: "安全", en: "Safety"}}]
levels: [{id: know, title: {zh: "识记", en: "Know"}}]
"""
COMMON = "area: S, level: know, author: chen"
ITEMS = f"""format: 1
stimuli:
  - id: loop
    area: S
    level: know
    title: {{zh: "回路", en: "A loop"}}
    text: {{zh: "见图，$I = \\\\frac{{U}}{{R}}$。", en: "See the figure, $I = \\\\frac{{U}}{{R}}$."}}
    figures:
      - {{file: figures/loop.svg, alt: {{zh: "回路图", en: "a loop"}}, width: 80}}
items:
  - {{id: A, kind: true_false, {COMMON}, stimulus: loop, stem: {{zh: "甲", en: "One"}}, key: true}}
  - {{id: B, kind: true_false, {COMMON}, stimulus: loop, stem: {{zh: "乙", en: "Two"}}, key: false}}
  - {{id: C, kind: true_false, {COMMON}, stem: {{zh: "丙", en: "Three"}}, key: true,
      figures: [{{file: figures/dot.png, alt: {{zh: "点", en: "a dot"}}, caption: {{zh: "图 1", en: "Figure 1"}}, width: 12.5}}]}}
"""
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" fill="none" stroke="black"/></svg>'


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 1, height: int = 1) -> bytes:
    """A sound PNG in shades of grey."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A bank with a set of two, a drawing and a photograph."""
    folder = tmp_path / "question_banks" / "small"
    (folder / "items").mkdir(parents=True)
    (folder / "figures").mkdir()
    (folder / "bank.yaml").write_text(HEAD, encoding="utf-8")
    (folder / "items" / "all.yaml").write_text(ITEMS, encoding="utf-8")
    (folder / "figures" / "loop.svg").write_bytes(SVG)
    (folder / "figures" / "dot.png").write_bytes(png())
    return folder


def read(bank: Path) -> tuple[BankDraft, tuple[Finding, ...]]:
    """The draft and the findings, the same whether remembered or read anew."""
    root = bank.parents[1]
    draft, findings = read_bank(bank, root)
    for _ in range(2):
        recalled = recall_bank(bank, root)
        assert (recalled.draft, recalled.findings) == (draft, findings)
    assert draft is not None
    return draft, findings


def test_a_set_and_its_figures_are_read_with_their_digests(bank: Path) -> None:
    """Stimuli stand in the draft sorted by id; figures know the digest of the very bytes of their files."""
    draft, findings = read(bank)

    assert findings == ()
    assert draft.stimuli is not None
    (stimulus,) = draft.stimuli
    assert stimulus.figures is not None
    assert stimulus.figures[0].digest == digest_of_bytes(SVG)
    assert [item.stimulus for item in draft.items] == ["loop", "loop", None]
    (figure,) = draft.item("C").figures or ()
    assert figure.digest == digest_of_bytes(png())


def test_a_bank_changes_with_its_pictures(bank: Path) -> None:
    """The digest of a bank covers every picture: one changed pixel is another bank, remembered or not."""
    before = digest(read(bank)[0])
    (bank / "figures" / "loop.svg").write_bytes(SVG.replace(b'r="4"', b'r="3"'))

    assert digest(read(bank)[0]) != before


def test_a_bank_is_written_as_it_is_read(bank: Path, tmp_path: Path) -> None:
    """Stimuli and figures are written back, and read as the same nouns beside the same pictures."""
    draft, _ = read(bank)
    copy = tmp_path / "copy" / "small"
    for name, text in bank_files(draft).items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(text, encoding="utf-8")
        assert "digest" not in text
    (copy / "figures").mkdir()
    for name in ("loop.svg", "dot.png"):
        (copy / "figures" / name).write_bytes((bank / "figures" / name).read_bytes())

    assert read_bank(copy, tmp_path / "copy") == (draft, ())


@pytest.mark.parametrize(
    ("old", "new", "code", "at"),
    [
        ("figures/loop.svg", "figures/lop.svg", "figure/missing", "figures/lop.svg"),
        ("figures/loop.svg", "../../small/figures/loop.svg", "figure/path", "../../small/figures/loop.svg"),
        ("figures/loop.svg", "/etc/passwd.svg", "figure/path", "/etc/passwd.svg"),
        ("figures/loop.svg", "items/all.yaml", "figure/kind", "items/all.yaml"),
        ("width: 80", "width: 161", "figure/width", "161"),
        ("width: 80", "width: 0", "figure/width", "0}"),
        ("width: 80", 'width: 80, digest: "sha256:00"', "figure/digest", '"sha256:00"'),
        ('stimulus: loop, stem: {zh: "甲"', 'stimulus: lop, stem: {zh: "甲"', "item/unknown-stimulus", "lop"),
        ('stimulus: loop, stem: {zh: "甲"', 'stem: {zh: "甲"', "stimulus/few-items", "loop"),
        ("- id: loop\n    area: S", "- id: loop\n    area: X", "stimulus/unknown-area", "X"),
        ("level: know\n    title", "level: no\n    title", "stimulus/unknown-level", "no"),
        ("- id: loop", '- id: "a loop"', "stimulus/id", '"a loop"'),
        ("    text: {zh", "    txt: {zh", "stimulus/unknown-field", "txt: {zh"),
        ('en: "A loop"', 'en: " "', "text/missing-language", '{zh: "回路", en: " "}'),
        ('en: "a loop"', 'en: " "', "text/missing-language", '{zh: "回路图", en: " "}'),
        ('"甲"', '"甲 $"', "text/lone-sign", '"甲 $"'),
        ('"甲"', '"$\\\\foo$"', "text/formula", '"$\\\\foo$"'),
        ('"甲"', '"| a |\\n| b | c |"', "text/ragged-table", '"| a |'),
        ('"甲"', '"\\\\val{U}"', "text/value-outside-formula", '"\\\\val{U}"'),
        ('"甲"', '"$<<a>> = 1$"', "text/gap-in-formula", '"$<<a>> = 1$"'),
        ("See the figure, $I = \\\\frac", "See the figure, $I = \\\\fraq", "text/formula", '"See the figure'),
        ('"图 1"', '"图 `1"', "text/lone-sign", '"图 `1"'),
    ],
)  # fmt: skip
def test_each_mistake_has_its_place(bank: Path, old: str, new: str, code: str, at: str) -> None:
    """One mistake is found where it stands, and everything found has a way out."""
    path = bank / "items" / "all.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = read(bank)[1]
    place = next(finding.place for finding in found if finding.code == code)

    assert place is not None
    assert place.line is not None
    assert place.column is not None
    assert path.read_text("utf-8").splitlines()[place.line - 1][place.column - 1 :].startswith(at)
    assert all(finding.hint for finding in found)


def test_stimuli_alone_make_a_file(bank: Path) -> None:
    """A file may hold stimuli and no items; what is no list is said to be none."""
    (bank / "items" / "more.yaml").write_text("format: 1\nstimuli: []\n", encoding="utf-8")
    assert read(bank)[1] == ()
    (bank / "items" / "more.yaml").write_text("format: 1\nstimuli: 3\n", encoding="utf-8")
    assert [finding.code for finding in read(bank)[1]] == ["stimulus/wrong-value"]


def test_two_stimuli_of_one_id(bank: Path) -> None:
    """The second says where the first stands."""
    text = ITEMS.split("stimuli:\n")[1].split("items:\n")[0]
    (bank / "items" / "more.yaml").write_text(f"format: 1\nstimuli:\n{text}", encoding="utf-8")
    (finding,) = read(bank)[1]

    assert finding.code == "stimulus/duplicate-id"
    assert "all.yaml:3:9" in finding.message


def test_a_picture_that_nothing_shows(bank: Path) -> None:
    """It is a warning at the file itself, also when the files of items did not change."""
    assert read(bank)[1] == ()
    (bank / "figures" / "spare.SVG").write_bytes(SVG)
    (finding,) = read(bank)[1]

    assert str(finding.place) == "question_banks/small/figures/spare.SVG"
    assert (finding.code, finding.severity) == ("figure/unused", Severity.WARNING)


@pytest.mark.parametrize(
    ("alt", "told"),
    [
        ("the bypass valve, open", True),
        ("bypass valve and relief valve", False),
        ("a valve", False),
        ("Bypass-Valve", True),
    ],
)
def test_alternative_texts_that_say_the_key(bank: Path, alt: str, told: bool) -> None:
    """An alternative text that names the right option and no other is a warning."""
    item = f"""format: 1
items:
  - id: D
    kind: single_choice
    {COMMON.replace(", ", chr(10) + "    ")}
    stem: {{zh: "图示为", en: "The figure shows"}}
    options:
      - {{id: a, text: {{zh: "旁通阀", en: "bypass valve"}}}}
      - {{id: b, text: {{zh: "泄压阀", en: "relief valve"}}}}
    key: a
    figures: [{{file: figures/dot.png, alt: {{zh: "阀", en: "{alt}"}}, width: 10}}]
"""
    (bank / "items" / "more.yaml").write_text(item, encoding="utf-8")

    assert [finding.code for finding in read(bank)[1]] == (["figure/alt-tells-key"] if told else [])


def test_accepted_forms_in_an_alternative_text(bank: Path) -> None:
    """A short answer is given away by its accepted form; the other kinds have no words to give away."""
    item = f"""format: 1
items:
  - id: D
    kind: short_answer
    {COMMON.replace(", ", chr(10) + "    ")}
    stem: {{zh: "图示器件的名称？", en: "Name the part shown"}}
    accepted: [{{zh: "光电开关", en: "photo switch"}}]
    figures: [{{file: figures/dot.png, alt: {{zh: "一只光电开关", en: "a part"}}, width: 10}}]
"""
    (bank / "items" / "more.yaml").write_text(item, encoding="utf-8")

    (finding,) = read(bank)[1]
    assert finding.message == "the alternative text in `zh` says the key, `光电开关`"


def test_a_link_does_not_lead_out_of_the_bank(bank: Path, tmp_path: Path) -> None:
    """Where a path leads counts, not how it is written."""
    (tmp_path / "secret.svg").write_bytes(SVG)
    (bank / "figures" / "link.svg").symlink_to(tmp_path / "secret.svg")
    (bank / "figures" / "round.svg").symlink_to(bank / "figures" / "round.svg")

    for file in (
        "figures/link.svg",
        "figures/round.svg",
        "figures\\loop.svg",
        "C:loop.svg",
        "a\0.svg",
        "figures/../x.svg",
    ):
        with pytest.raises(FigureFault) as fault:
            read_figure(bank, file)
        assert fault.value.code in {"figure/path", "figure/missing"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        png()[:-1],
        png() + b"x",
        png().replace(b"IDAT", b"IDAX"),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"12") + chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", png()[16:29]) + chunk(b"IEND", b""),
        png(MAX_PIXELS + 1, 1),
        png(1, 0),
        b"GIF89a",
    ],
)
def test_photographs_that_are_not_taken(bank: Path, content: bytes) -> None:
    """A PNG is whole, each of its parts sound, and within its measures."""
    (bank / "figures" / "dot.png").write_bytes(content)

    with pytest.raises(FigureFault) as fault:
        read_figure(bank, "figures/dot.png")
    assert fault.value.code == "figure/content"


def test_pictures_have_a_largest_size(bank: Path) -> None:
    """A file beyond its bound is not read to its end."""
    (bank / "figures" / "loop.svg").write_bytes(SVG + b" " * MAX_BYTES[".svg"])

    with pytest.raises(FigureFault) as fault:
        read_figure(bank, "figures/loop.svg")
    assert fault.value.code == "figure/too-large"
