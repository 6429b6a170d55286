"""Banks at the command line: what was published, told to people and to programs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.running import certengine, done

BANK = Path(__file__).parents[1] / "services" / "academy" / "question_banks" / "small"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new workspace with the small bank."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "editor")
    done("init", "academy", cwd=tmp_path)
    shutil.copytree(BANK, tmp_path / "academy" / "question_banks" / "small")
    return tmp_path / "academy"


def test_the_changelog_of_a_bank(root: Path) -> None:
    """Two versions: a table for people, newest first, and everything for programs."""
    items = root / "question_banks" / "small" / "items" / "all.yaml"
    done("bank", "publish", "small", "-m", "first version", cwd=root)
    items.write_text(items.read_text("utf-8").replace("key: true", "key: false"), encoding="utf-8")
    done("bank", "publish", "small", "-m", "T1 was wrong", cwd=root)
    header, newest, first = done("bank", "show", "small", "--versions", cwd=root).out.splitlines()
    assert header.split() == ["VERSION", "PUBLISHED", "BY", "ITEMS", "ACTIVE", "CHANGES", "DIGEST", "WHY"]
    assert newest.startswith("2 ")
    assert newest.endswith("T1 was wrong")
    assert "1 changed, 1 statistics start over" in newest
    assert first.startswith("1 ")
    document = done("bank", "show", "small", "--versions", "--json", cwd=root).document
    assert document["schema"] == "certengine.bank-versions/1"
    said = [(one["version"], one["published_by"], one["reason"], len(one["digest"])) for one in document["versions"]]
    assert said == [(2, "editor", "T1 was wrong", 71), (1, "editor", "first version", 71)]


def test_a_bank_nobody_reviewed_is_not_published(root: Path) -> None:
    """The answer is no, with every item named, its place and the way out."""
    items = root / "question_banks" / "small" / "items" / "all.yaml"
    items.write_text(items.read_text("utf-8").replace("    reviewer: wang\n", ""), encoding="utf-8")
    ran = certengine("bank", "publish", "small", cwd=root)
    assert ran.code == 3
    assert ran.err.count("[item/no-review]") == 6
    assert "hint: have another person review it" in ran.err
    assert certengine("bank", "show", "small", "--versions", cwd=root).code == 4


def test_mistakes_stand_beside_the_key_alone(root: Path) -> None:
    """An author who asks for the key reads what a wrong option rests on; nobody else does."""
    items = root / "question_banks" / "small" / "items" / "all.yaml"
    text = items.read_text("utf-8").replace('"wrong 1 one"}}', '"wrong 1 one"}, mistake: {zh: "看反", en: "misread"}}')
    items.write_text(text, encoding="utf-8")
    assert "misread" not in done("bank", "show", "small", "S1", cwd=root).out
    shown = done("bank", "show", "small", "S1", "--key", cwd=root).out
    assert ": 看反 / misread\n" in shown
