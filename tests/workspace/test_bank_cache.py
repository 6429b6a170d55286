"""A bank that is remembered is the bank that is read: whatever changes, nouns, findings and places are those of the files."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from certengine.canonical import digest
from certengine.errors import NotFound
from certengine.workspace.bank_cache import recall_bank
from certengine.workspace.bank_files import read_bank

HERE = Path(__file__).parent
BANKS = HERE.parents[1] / "question_banks"
FILES = ("bank.yaml", "items/one.yaml", "items/three.yaml", "items/two.yaml")
HEAD = """\
format: 1
id: tiny
title: {zh: "小题库", en: "Tiny bank"}
languages: [zh, en]
areas:
  - {id: S, title: {zh: "安全", en: "Safety"}}
  - {id: T, title: {zh: "工具", en: "Tools"}}
levels: [{id: know, title: {zh: "识记", en: "Know"}}]
"""
ITEM = """\
  - id: "{id}"
    kind: true_false
    area: S
    level: know
    status: active
    author: "chen"
    reviewer: "wang"
    enemies: {enemies}
    stem: {{zh: "{zh}。", en: "{en}."}}
    key: true
    provenance: {{against: {{zh: "标准", en: "a standard"}}, checked_by: "wang", checked_on: 2026-10-09}}
"""
WORDS = ("断路器", "互感器", "接触器", "熔断器", "breaker", "current transformer", "contactor", "fuse")


def items_text(*items: tuple[str, str, str, str]) -> str:
    """A file of items, each ``(id, zh, en, enemies)``."""
    return "format: 1\nitems:\n" + "".join(ITEM.format(id=a, zh=b, en=c, enemies=d) for a, b, c, d in items)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The root of a workspace with a bank of three files."""
    folder = tmp_path / "root" / "question_banks" / "tiny"
    (folder / "items").mkdir(parents=True)
    (folder / "bank.yaml").write_text(HEAD, encoding="utf-8")
    for number, file in enumerate(FILES[1:]):
        text = items_text((f"I{number}", WORDS[number], WORDS[number + 4], "[]"))
        (folder / file).write_text(text, encoding="utf-8")
    return tmp_path / "root"


def assert_equal_to_read(root: Path, bank: str = "tiny") -> None:
    """What is remembered is what is read, the second time as well as the first."""
    folder = root / "question_banks" / bank
    draft, findings = read_bank(folder, root)
    for _ in range(2):
        recalled = recall_bank(folder, root)
        assert (recalled.draft, recalled.findings) == (draft, findings)
        assert recalled.digest() == (digest(draft) if draft else None)


def entries(root: Path) -> dict[Path, int]:
    """Each entry with what tells whether it was written again."""
    return {path: path.stat().st_ino for path in (root / ".certengine" / "cache" / "banks" / "tiny").iterdir()}


@pytest.mark.parametrize("bank", sorted(path.name for path in BANKS.iterdir() if path.is_dir()))
def test_a_sample_bank_comes_back(bank: str, tmp_path: Path) -> None:
    """A sample bank from memory has the nouns, findings and digest of its files."""
    shutil.copytree(BANKS / bank, tmp_path / "question_banks" / bank)
    assert_equal_to_read(tmp_path, bank)


def test_a_bad_bank_comes_back(tmp_path: Path) -> None:
    """Findings are remembered with their places and ways out; an item that does not bind stays away."""
    shutil.copytree(HERE / "bad_bank", tmp_path, dirs_exist_ok=True)
    assert_equal_to_read(tmp_path, "bad")
    assert recall_bank(tmp_path / "question_banks" / "bad", tmp_path).findings


def test_a_bank_without_a_head_is_not_found(tmp_path: Path) -> None:
    """There is nothing to remember of what is no bank."""
    with pytest.raises(NotFound, match="is not a bank"):
        recall_bank(tmp_path, tmp_path)


def test_a_head_that_does_not_bind_is_read_each_time(tiny: Path) -> None:
    """Its findings are those of the files."""
    head = tiny / "question_banks" / "tiny" / "bank.yaml"
    head.write_text(HEAD.replace("areas:", "aeras:"), encoding="utf-8")
    assert_equal_to_read(tiny)


@pytest.mark.parametrize("file", FILES)
def test_a_changed_byte_in_any_file_is_seen(tiny: Path, file: str) -> None:
    """One letter of one file."""
    assert_equal_to_read(tiny)
    path = tiny / "question_banks" / "tiny" / file
    path.write_text(path.read_text("utf-8").replace("器", "机", 1).replace("安全", "安生"), encoding="utf-8")
    assert_equal_to_read(tiny)


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="{}" height="9"/></svg>'


def test_a_changed_picture_is_seen(tiny: Path) -> None:
    """Its digest is part of the items that show it, and so is what is wrong with it; files without figures stay."""
    folder = tiny / "question_banks" / "tiny"
    items = folder / "items" / "two.yaml"
    figure = '    figures: [{file: "figures/a.svg", alt: {zh: "线路", en: "a line"}, width: 40}]\n    key: true'
    items.write_text(items.read_text("utf-8").replace("    key: true", figure), encoding="utf-8")
    picture = folder / "figures" / "a.svg"
    picture.parent.mkdir()
    seen = set()
    for svg in (SVG.format(10), SVG.format(20), "no picture", SVG.format(10)):
        picture.write_text(svg, encoding="utf-8")
        assert_equal_to_read(tiny)
        draft = recall_bank(folder, tiny).draft
        assert draft is not None
        seen.add(tuple(one.digest for item in draft.items for one in item.figures or ()))
    assert len(seen) >= 2
    picture.unlink()
    assert_equal_to_read(tiny)


def test_a_changed_file_alone_is_read_again(tiny: Path) -> None:
    """The entries of the other files are left as they are, the one between files is not."""
    assert_equal_to_read(tiny)
    before = entries(tiny)
    path = tiny / "question_banks" / "tiny" / "items" / "two.yaml"
    path.write_text(path.read_text("utf-8").replace("器", "机"), encoding="utf-8")
    assert_equal_to_read(tiny)
    after = entries(tiny)
    assert before.keys() == after.keys()
    written = [name for name in before if before[name] != after[name]]
    assert len(written) == 4  # the file, its places, between files, the digest
    assert_equal_to_read(tiny)
    assert entries(tiny) == after


def changes(chance: random.Random) -> Callable[[Path], None]:
    """One thing a person may do to a bank between two looks at it."""
    words = [chance.choice(WORDS) for _ in range(4)]
    file = chance.choice(FILES[1:])
    ids = [f"I{chance.randrange(4)}" for _ in range(2)]
    enemies = chance.choice(("[]", f'["{ids[1]}"]', '["nobody", "I1"]'))

    def rewrite(folder: Path) -> None:
        text = items_text(*((id_, words[n], words[n + 2], enemies) for n, id_ in enumerate(ids)))
        (folder / file).write_text(text, encoding="utf-8")

    def remove(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)

    def break_up(folder: Path) -> None:
        (folder / file).write_text(f"format: 1\nitems: [{{id: {words[0]}}}, 3]\n{words[1]}:", encoding="utf-8")

    def head(folder: Path) -> None:
        (folder / "bank.yaml").write_text(HEAD.replace("[zh, en]", chance.choice(("[zh]", "[zh, de]"))), "utf-8")

    def picture(folder: Path) -> None:
        (folder / "figures").mkdir(exist_ok=True)
        (folder / "figures" / "one.svg").write_text(words[0], encoding="utf-8")

    def damage(folder: Path) -> None:
        for path in sorted((folder.parents[1] / ".certengine" / "cache" / "banks" / "tiny").iterdir())[::2]:
            path.write_bytes(path.read_bytes()[::-1])

    return chance.choice((rewrite, rewrite, rewrite, remove, break_up, head, picture, damage))


@pytest.mark.parametrize("seed", range(12))
def test_after_any_changes_the_files_decide(tiny: Path, seed: int) -> None:
    """Files rewritten, removed, broken, entries damaged: after each change the answer is that of the files alone."""
    chance = random.Random(seed)
    for _ in range(6):
        assert_equal_to_read(tiny)
        changes(chance)(tiny / "question_banks" / "tiny")
    assert_equal_to_read(tiny)


def test_findings_between_files_keep_their_places(tiny: Path) -> None:
    """An id that stands twice is found where it stands, though neither file was read this time."""
    folder = tiny / "question_banks" / "tiny"
    (folder / "items" / "two.yaml").write_text(items_text(("I0", "熔", "melt", '["nobody"]')), encoding="utf-8")
    assert_equal_to_read(tiny)
    (folder / "items" / "three.yaml").write_text(items_text(("I7", "接", "touch", "[]")), encoding="utf-8")
    found = {(one.code, str(one.place)) for one in recall_bank(folder, tiny).findings}
    shown = "question_banks/tiny/items/two.yaml"
    assert {("item/duplicate-id", f"{shown}:3:9"), ("item/unknown-enemy", f"{shown}:10:15")} <= found


@pytest.mark.parametrize(
    "texts", ["[]", '["", "[]"]', '["", "[[0, 1]]", "[{}]"]', '["", "{", "["]', '["","[[0,{}]]","[]"]']
)
def test_an_entry_of_another_make_is_no_entry(tiny: Path, texts: str) -> None:
    """An entry that is whole but says what this program never wrote is read as no entry."""
    import json

    assert_equal_to_read(tiny)
    folder = tiny / "question_banks" / "tiny"
    recalled = recall_bank(folder, tiny)
    for path in recalled.memory.folder.iterdir():
        key = path.read_text("utf-8").split(" ")[0]
        names = [*(f"question_banks/tiny/{file}{more}" for file in FILES for more in ("", " places")), "across"]
        for name in names:
            if recalled.memory.recall(name, key) is not None:
                recalled.memory.keep(name, key, json.loads(texts))
    assert_equal_to_read(tiny)


def test_a_text_in_another_unicode_form_is_kept_as_it_is(tiny: Path) -> None:
    """What canonical form would change is not remembered: the draft is the file's, letter by letter."""
    path = tiny / "question_banks" / "tiny" / "items" / "two.yaml"
    path.write_text(
        path.read_text("utf-8").replace("contactor", "e\N{COMBINING ACUTE ACCENT}tincelle"), encoding="utf-8"
    )
    assert_equal_to_read(tiny)
    draft = recall_bank(tiny / "question_banks" / "tiny", tiny).draft
    assert draft is not None
    assert any("e\N{COMBINING ACUTE ACCENT}" in (item.content.stem.get("en") or "") for item in draft.items)


def test_what_is_remembered_may_be_deleted(tiny: Path) -> None:
    """Nothing but time is lost."""
    assert_equal_to_read(tiny)
    shutil.rmtree(tiny / ".certengine")
    assert_equal_to_read(tiny)


def test_a_file_that_is_gone_is_forgotten(tiny: Path) -> None:
    """Neither a file nor a bank that is no more keeps an entry."""
    folder = tiny / "question_banks" / "tiny"
    shutil.copytree(folder, folder.with_name("other"))
    recall_bank(folder.with_name("other"), tiny)
    assert_equal_to_read(tiny)
    before = len(entries(tiny))
    (folder / "items" / "two.yaml").unlink()
    shutil.rmtree(folder.with_name("other"))
    assert_equal_to_read(tiny)
    assert len(entries(tiny)) == before - 2
    assert not (tiny / ".certengine" / "cache" / "banks" / "other").exists()


def test_two_programs_at_once_do_no_harm(tiny: Path) -> None:
    """Both find what the files say, while both remember."""
    folder = tiny / "question_banks" / "tiny"
    expected = read_bank(folder, tiny)
    found: list[object] = []

    def look() -> None:
        for _ in range(10):
            recalled = recall_bank(folder, tiny)
            found.append((recalled.draft, recalled.findings))

    threads = [Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 30
