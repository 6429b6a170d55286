"""The guides of correcting a key, keying in twice and appealing: typed line by line, they lead where they say."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import certengine, done
from tests.databases import copied_workspace
from tests.test_docs import commands, exit_code

pytestmark = pytest.mark.slow

SITTING, BANK, ITEM = "spring", "industrial-automation", "A2-TF-04"
ANOTHER = '\n[[people]]\nid = "wu-fang"\nname = "吴芳"\nroles = ["decider"]\n'
_EXPECTED = re.compile(r"#\s*exit code (\d+)\s*$")


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sitting with invented marks, decided and approved."""
    root = tmp_path_factory.mktemp("guides") / "academy"
    certengine("init", root, "--sample", cwd=root.parent)
    with (root / "certengine.toml").open("a", encoding="utf-8") as file:
        file.write(ANOTHER)
    for line in commands("docs/hand-out-results.md"):
        if "gaps" in line:
            break
        exit_code(line, root)
    done("result", "decide", SITTING, "--as", "zhao-ting", cwd=root)
    done("result", "approve", SITTING, "--as", "sun-hao", cwd=root)
    return root


@pytest.fixture
def academy(marked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for one guide; the administrator types."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "zhou-ying")
    return copied_workspace(marked, tmp_path / "academy")


def typed(page: str, root: Path, *, between: Callable[[str], object] = lambda _line: None) -> None:
    """Type every command of a page; ``between`` does what the page says in words before a line."""
    found, wanted = [], []
    for line in commands(f"docs/{page}.md"):
        between(line)
        expected = _EXPECTED.search(line)
        wanted.append((line, int(expected[1]) if expected else 0))
        found.append((line, exit_code(line, root)))
    assert found == wanted


def test_a_key_is_corrected_as_the_guide_says(academy: Path) -> None:
    """The key turned round, tried, corrected and decided on anew; the results name the correction."""
    file = next(
        path for path in (academy / "question_banks" / BANK / "items").iterdir() if ITEM in path.read_text("utf-8")
    )
    before, text = file.read_text("utf-8").split(f'id: "{ITEM}"')
    file.write_text(f'{before}id: "{ITEM}"{text.replace("key: false", "key: true", 1)}', encoding="utf-8")
    tried = [line for line in commands("docs/correct-a-key.md") if "--dry-run" in line]

    def in_words(line: str) -> None:
        if "result decide" in line:  # "The same command without --dry-run"
            assert exit_code(tried[0].replace(" --dry-run", ""), academy) == 0

    typed("correct-a-key", academy, between=in_words)

    assert len(tried) == 1
    acts = {one["action"] for one in done("log", "show", "--json", cwd=academy).document["acts"]}
    assert {"grade.rescore", "bank.publish"} <= acts


def test_two_key_ins_are_compared_as_the_guide_says(academy: Path) -> None:
    """What differs waits, is listed, looked up by a person and handed back in; then nothing is open."""
    with (academy / "answers" / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    rows = rows[:-1]  # the last one is bad on purpose
    place = header.index("q1")
    other = [[*row[:place], "B" if row[place] != "B" else "C", *row[place + 1 :]] for row in rows[:1]] + rows[1:]
    for name, keyed in (("first.csv", rows), ("second.csv", other)):
        with (academy / name).open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows([header, *keyed])

    def look(line: str) -> None:
        if line.endswith(" open.csv") and "-o" not in line:
            with (academy / "open.csv").open(encoding="utf-8-sig", newline="") as file:
                names, *listed = list(csv.reader(file))
            filled = [dict(zip(names, row, strict=True)) | {"by": "zhou-ying", "reason": "seen"} for row in listed]
            with (academy / "open.csv").open("w", encoding="utf-8", newline="") as target:
                writer = csv.DictWriter(target, names)
                writer.writeheader()
                writer.writerows([one | {"response": "*" if one["read"] == "*" else ""} for one in filled])
            assert any(one["question"] == "1" for one in filled)

    typed("two-key-ins", academy, between=look)

    assert done("grade", "resolve", SITTING, "--json", cwd=academy).document["responses"] == []


def test_an_appeal_is_settled_as_the_guide_says(academy: Path) -> None:
    """Opened, settled by another decider and approved by a third person; nothing changed, so it is confirmed."""
    typed("settle-an-appeal", academy)

    (appeal,) = done("result", "appeal", "list", SITTING, "--json", cwd=academy).document["appeals"]
    assert (appeal["candidate"], appeal["settlement"]["outcome"]) == ("2026-001", "confirmed")
