"""A bank's files: everything wrong in one run, each with its place, a code and a way out."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from certengine.errors import NotFound, Severity
from certengine.workspace.bank_files import read_bank

BAD = Path(__file__).parent / "bad_bank"
GOOD = Path(__file__).parents[1] / "services" / "academy"
ITEMS = "question_banks/small/items/all.yaml"

TEN_MISTAKES = [
    ("bank/unknown-area", "bank.yaml", 7, 54),
    ("item/unknown-kind", "items/first.yaml", 4, 11),
    ("item/unknown-field", "items/first.yaml", 12, 5),
    ("item/wrong-value", "items/first.yaml", 20, 10),
    ("item/unknown-area", "items/first.yaml", 23, 11),
    ("item/self-review", "items/first.yaml", 33, 15),
    ("text/missing-language", "items/first.yaml", 41, 11),
    ("item/duplicate-id", "items/second.yaml", 3, 9),
    ("item/no-provenance", "items/second.yaml", 10, 5),
    ("item/key-unknown", "items/second.yaml", 30, 10),
]


@pytest.fixture
def academy(tmp_path: Path) -> Path:
    """A copy of a sound bank."""
    return Path(shutil.copytree(GOOD, tmp_path / "academy"))


def changed(academy: Path, file: str, old: str, new: str) -> list[tuple[str, int | None, int | None]]:
    """What is found after one text in one file was changed."""
    path = academy / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    _, findings = read_bank(academy / "question_banks" / "small", academy)
    return [(one.code, one.place.line, one.place.column) for one in findings]


def test_ten_mistakes_are_ten_findings_in_one_run() -> None:
    """Each mistake gives exactly one finding, in the order of the files, with line and column."""
    _, findings = read_bank(BAD / "question_banks" / "bad", BAD)
    found = [(one.code, one.place.source, one.place.line, one.place.column) for one in findings]
    assert found == [(code, f"question_banks/bad/{file}", line, column) for code, file, line, column in TEN_MISTAKES]


def test_every_mistake_has_a_way_out() -> None:
    """No finding leaves its reader without a hint."""
    _, findings = read_bank(BAD / "question_banks" / "bad", BAD)
    assert [one.code for one in findings if not one.hint] == []


def test_a_finding_reads_as_one_line() -> None:
    """File, line and column, what is wrong, and the code to search for."""
    _, findings = read_bank(BAD / "question_banks" / "bad", BAD)
    assert str(findings[2]) == (
        "question_banks/bad/items/first.yaml:12:5: `keys` is not a field here; did you mean `key`? [item/unknown-field]"
    )


def test_a_sound_bank_is_read_whole_and_in_order() -> None:
    """Items come sorted by id, with exact numbers."""
    draft, findings = read_bank(GOOD / "question_banks" / "small", GOOD)
    assert findings == ()
    assert [item.id for item in draft.items] == ["N1", "R1", "S1", "S2", "S3", "T1"]
    assert draft.item("N1").content.tolerance.absolute == Decimal(0)


def test_a_folder_without_bank_file_is_no_bank(tmp_path: Path) -> None:
    """The answer says what is missing."""
    with pytest.raises(NotFound, match=r"it has no bank\.yaml"):
        read_bank(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("bank.yaml", "id: small", "id: tiny", [("bank/wrong-folder", 2, 5)]),
        ("bank.yaml", "languages: [zh, en]", "languages: []", [("bank/no-languages", 4, 12)]),
        ("bank.yaml", "format: 1", "format: 2", [("bank/format", 1, 9)]),
        (
            "bank.yaml",
            "  - {id: know",
            '  - {id: know, title: {zh: "知", en: "K"}}\n  - {id: know',
            [("bank/duplicate-id", 9, 3)],
        ),
        (
            "bank.yaml",
            'title: {zh: "小',
            'titel: {zh: "小',
            [("bank/missing-field", 1, 1), ("bank/unknown-field", 3, 1)],
        ),
        ("items/all.yaml", "items:", "things:", [("bank/no-items", 1, 1)]),
        ("items/all.yaml", "format: 1", "format: 1\nmore: 2", [("bank/unknown-field", 2, 1)]),
        ("items/all.yaml", "- id: S1", "- id: 's 1'", [("item/id", 3, 9)]),
        ("items/all.yaml", "level: know", "level: knows", [("item/unknown-level", 6, 12)]),
        ("items/all.yaml", "author: chen", "author: chen\n    difficulty: 1.5", [("item/difficulty", 9, 17)]),
        (
            "items/all.yaml",
            "author: chen",
            "author: chen\n    calibration: {discrimination: 0, location: 0.3}",
            [("item/calibration", 9, 35)],
        ),
        (
            "items/all.yaml",
            "author: chen",
            "author: chen\n    calibration: {discrimination: 1.2, location: -11, guessing: 1}",
            [("item/calibration", 9, 50), ("item/calibration", 9, 65)],
        ),
        ("items/all.yaml", "author: chen", "author: chen\n    enemies: [S2, S9]", [("item/unknown-enemy", 9, 19)]),
        ("items/all.yaml", "    reviewer: wang\n", "", [("item/no-review", 3, 5)]),
        ("items/all.yaml", "第 1 个", "第\u202e 1 个", [("text/control-character", 11, 16)]),
        ("items/all.yaml", "author: chen", "author: chen\n    author: wang", [("file/duplicate-key", 9, 5)]),
        (
            "items/all.yaml",
            '"第 3 个安全问题？", en: "Safety question 3?"',
            '"第 1 个安全问题？", en: "SAFETY question 1"',
            [("item/equal-stem", 39, 11)],
        ),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, str) else "",
)
def test_one_mistake_is_one_finding(
    academy: Path, file: str, old: str, new: str, found: list[tuple[str, int, int]]
) -> None:
    """What is wrong is found where it stands, and nothing else beside it."""
    assert changed(academy, f"question_banks/small/{file}", old, new) == found


def test_an_item_that_does_not_bind_keeps_no_other_from_being_checked(academy: Path) -> None:
    """A broken item and a later mistake are both found."""
    path = academy / ITEMS
    text = path.read_text("utf-8").replace("kind: single_choice", "kind: riddle", 1).replace("key: true", "key: maybe")
    path.write_text(text, encoding="utf-8")
    draft, findings = read_bank(academy / "question_banks" / "small", academy)
    assert [one.code for one in findings] == ["item/unknown-kind", "item/wrong-value"]
    assert [item.id for item in draft.items] == ["N1", "R1", "S2", "S3"]


def test_a_right_option_that_always_stands_first_is_a_warning(academy: Path) -> None:
    """A habit of the author's that candidates could learn is shown and stops nothing."""
    path = academy / "question_banks/small/items/more.yaml"
    block = (academy / ITEMS).read_text("utf-8").split("  - id: S1")[1].split("  - id: S2")[0]
    numbered = (
        (f"X{n}", block.replace("安全问题", f"问 {n}").replace("Safety question", f"No {n} of")) for n in range(8)
    )
    path.write_text("items:\n" + "".join(f"  - id: {id_}{one}" for id_, one in numbered), encoding="utf-8")
    _, findings = read_bank(academy / "question_banks" / "small", academy)
    assert [(one.code, one.severity) for one in findings] == [("bank/key-position", Severity.WARNING)]
    assert "8 of 8" in findings[0].message


def test_the_bundled_banks_hold_no_error() -> None:
    """What ships is an example of a bank without errors."""
    root = Path(__file__).parents[2]
    for folder in sorted((root / "question_banks").iterdir()):
        draft, findings = read_bank(folder, root)
        assert draft is not None
        assert [str(one) for one in findings if one.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("key: true", "key: maybe", "`key`: true or false is due, given: `maybe`", "write `true` or `false`"),
        ("level: know", "level: know\n    difficulty: 65%", "`difficulty`: a number is due, given: `65%`", "0.65"),
        ("checked_on: 2026-10-09", 'checked_on: "9 Oct"', "`checked_on`: a date is due, given: `9 Oct`", "2026-10-09"),
        ("level: know", "level: know\n    enemies: [S1, 7]", "`enemies 2`: text is due, given: `7`", "quote it"),
        ("level: know", "level: know\n    figures: [loop.svg]", "`figures 1`: a mapping is due", "file, alt"),
        ("reviewer: wang", "reveiwer: wang", "`reveiwer` is not a field here; did you mean `reviewer`?", "stem"),
    ],
)
def test_a_wrong_value_says_what_to_write(academy: Path, old: str, new: str, message: str, hint: str) -> None:
    """Each message names the field and what was given, each hint what a person would type instead."""
    path = academy / ITEMS
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    _, findings = read_bank(academy / "question_banks" / "small", academy)
    (found,) = [finding for finding in findings if finding.message.startswith(message)]
    assert hint in (found.hint or "")
