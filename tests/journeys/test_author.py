"""A subject expert who has hardly used a terminal: from an empty folder to a published bank, by the page alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.running import certengine
from tests.test_docs import exit_code, text_of

PAGES = ("docs/write-your-first-bank.md", "docs/write-your-first-bank.zh.md")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`(question_banks/[^`]+\.(?:yaml|svg))`")
_EXPECTED = re.compile(r"#\s*exit code (\d+)\s*$")


def steps(page: str) -> list[tuple[str, str, str | None]]:
    """The blocks of a page in order: their language, their text, and the file last named before them."""
    text = text_of(page)
    found = []
    for match in _BLOCK.finditer(text):
        named = _NAMED.findall(text[: match.start()])
        found.append((match[1], match[2], named[-1] if named else None))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_page_leads_to_a_published_bank(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file saved and every line typed as the page says: exit codes and answers are those it prints."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "newcomer")
    folder, said = tmp_path, ""
    for language, text, file in steps(page):
        if language in {"yaml", "xml"}:
            assert file is not None
            (folder / file).write_text(text, "utf-8")
        elif language == "text":
            assert text.strip() in said
        else:
            for line in text.splitlines():
                if line.startswith("cd "):
                    folder /= line.removeprefix("cd ").strip()
                    continue
                words = line.partition("#")[0].split()
                if words[0] == "certengine" and words[2] == "check":
                    ran = certengine(*words[1:], cwd=folder)
                    said = ran.out + ran.err
                expected = _EXPECTED.search(line)
                assert (line, exit_code(line, folder)) == (line, int(expected[1]) if expected else 0)

    listed = certengine("bank", "list", "--json", cwd=folder).document
    (bank,) = listed["items"]
    assert (bank["id"], bank["version"]) == ("first-bank", 1)
    assert (folder / "d1-mr-01.pdf").read_bytes().startswith(b"%PDF")


def test_both_pages_have_the_same_blocks() -> None:
    """The Chinese page has the commands and files of the English one, in the same order, and each links to the other."""
    assert steps(PAGES[1]) == steps(PAGES[0])
    assert "(write-your-first-bank.zh.md)" in text_of(PAGES[0]).split("##")[0]
    assert "(write-your-first-bank.md)" in text_of(PAGES[1]).split("##")[0]
