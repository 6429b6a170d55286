"""The documentation cannot lie: its commands run, its links resolve, its lists are those of the program."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from certengine import aspects, items
from certengine.interchange import candidates, marking_sheets, ratings, resolutions, responses
from certengine.workspace.schemas import SCHEMAS
from tests.cli.running import certengine, leaves
from tests.finding_codes import COMPOSED, composed_codes, emitted_codes

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path for pattern in ("*.md", "docs/**/*.md") for path in ROOT.glob(pattern))
FORMATS = (ROOT / "docs" / "formats.md").read_text("utf-8")

_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_EXPECTED = re.compile(r"#\s*exit code (\d+)\s*$")


def text_of(name: str) -> str:
    """A page of the documentation."""
    return (ROOT / name).read_text("utf-8")


def commands(name: str) -> list[str]:
    """Every shell command of a page, line by line, in order."""
    return [line for block in _BLOCK.findall(text_of(name)) for line in block.splitlines() if line.strip()]


def exit_code(line: str, folder: Path) -> int:
    """Run one line of shell in a folder; our own commands run in this process, which spares starting it each time."""
    words = shlex.split(line, comments=True)
    if words[0] != "certengine" or set(words) & {"|", ">", "&&"} or "$(" in line:
        return subprocess.run(["bash", "-c", line], cwd=folder, check=False).returncode
    spread = [name for word in words[1:] for name in _spread(word, folder)]
    return certengine(*spread, cwd=folder).code


def _spread(word: str, folder: Path) -> list[str]:
    """What the shell makes of a word with a star in it."""
    return sorted(str(path.relative_to(folder)) for path in folder.glob(word)) if "*" in word else [word]


@pytest.mark.slow
def test_commands_of_the_readme_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer who types the README line by line gets to verified certificates; each exit code is the one printed."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "newcomer")
    folder = tmp_path
    found, wanted = [], []
    for line in commands("README.md"):
        expected = _EXPECTED.search(line)
        wanted.append((line, int(expected[1]) if expected else 0))
        if line.startswith("cd "):
            folder /= line.removeprefix("cd ").strip()
            found.append((line, 0 if folder.is_dir() else 1))
        else:
            found.append((line, exit_code(line, folder)))

    assert found == wanted
    assert len(list((folder / "certificates").glob("*.pdf"))) >= 1


@pytest.mark.slow
def test_commands_of_running_a_sitting_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator who types the page line by line has a printed sitting, one file for the printer, and papers laid out otherwise."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "zhou-ying")
    certengine("init", "academy", "--sample", cwd=tmp_path)
    folder = tmp_path / "academy"

    failed = [line for line in commands("docs/run-a-sitting.md") if exit_code(line, folder) != 0]

    assert failed == []
    assert len(list((folder / "print" / "papers").glob("*.pdf"))) == 6
    assert (folder / "printer" / "papers" / "all-papers.pdf").is_file()
    assert [path.name.split("paper-")[1] for path in sorted(folder.glob("*/papers/*-paper-*.pdf"))] == [
        "large-print.pdf",
        "tagged.pdf",
    ]


@pytest.mark.slow
def test_commands_at_the_workbench_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An assessor who types the page line by line declares, opens the form, and sees what was struck through."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "zhou-ying")
    monkeypatch.setattr("sys.stdin", io.StringIO("0\n"))
    certengine("init", "academy", "--sample", cwd=tmp_path)
    folder = tmp_path / "academy"
    before = [line for line in commands("docs/run-a-sitting.md") if "print" not in line]

    assert [line for line in (*before, *commands("docs/at-the-workbench.md")) if exit_code(line, folder) != 0] == []


@pytest.mark.slow
def test_commands_of_the_item_analysis_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types the page line by line has the report; invented answers hold some that are set aside, exit code 1."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "zhou-ying")
    certengine("init", "academy", "--sample", cwd=tmp_path)
    folder = tmp_path / "academy"

    codes = {}
    for line in commands("docs/item-analysis.md"):
        if "grade batch" in line:
            _scan(folder / "province.csv")
        codes[line] = exit_code(line, folder)

    assert {line for line, code in codes.items() if code} <= {"certengine grade written spring answers/responses.csv"}
    assert len((folder / "mock" / "scores.csv").read_text("utf-8-sig").splitlines()) == 61
    assert (folder / "mock" / "item-analysis.html").is_file()
    assert (folder / "reports" / "item-analysis.html").is_file()
    assert (folder / "reports" / "tables" / "forms.csv").is_file()


def _scan(path: Path) -> None:
    """Sixty candidates on one form of 45 questions, as a scanner gives them."""
    names = ",".join(f"q{number}" for number in range(1, 46))
    rows = (f"P{one:03}," + ",".join("ABCD"[(one * place) % 4] for place in range(45)) for one in range(60))
    path.write_text("\n".join([f"candidate_id,{names}", *rows]) + "\n", encoding="utf-8")


@pytest.mark.slow
def test_commands_of_cut_scores_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types the page line by line, and lets the judges fill in their sheets, has a proposal."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "zhou-ying")
    certengine("init", "academy", "--sample", cwd=tmp_path)
    folder = tmp_path / "academy"

    failed = []
    for line in commands("docs/cut-scores.md"):
        if "scheme cut" in line:
            for path in sorted((folder / "judges").glob("*.xlsx")):
                _fill(path, 65)
            for path in sorted((folder / "second").glob("*.xlsx")):
                _fill(path, 70)
        failed += [line] if exit_code(line, folder) else []

    assert failed == []
    assert [len(list((folder / name).glob("*.xlsx"))) for name in ("judges", "second")] == [10, 10]
    assert "at_least: 70" in (folder / "cut" / "proposal.yaml").read_text("utf-8")


def _fill(path: Path, estimate: int) -> None:
    """So many percent for every item."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    column = [cell.value for cell in sheet[1]].index("estimate") + 1
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, column).value = estimate
    book.save(path)


@pytest.mark.parametrize(
    "page",
    [
        "run-a-sitting",
        "at-the-workbench",
        "item-analysis",
        "cut-scores",
        "correct-a-key",
        "two-key-ins",
        "settle-an-appeal",
        "time-stamps",
        "guard-your-keys",
    ],
)
def test_page_is_said_alike_in_both_languages(page: str) -> None:
    """The Chinese page has the same commands in the same order, and each links to the other."""
    assert commands(f"docs/{page}.zh.md") == commands(f"docs/{page}.md")
    assert f"({page}.zh.md)" in text_of(f"docs/{page}.md").split("##")[0]
    assert f"({page}.md)" in text_of(f"docs/{page}.zh.md").split("##")[0]


@pytest.mark.slow
def test_commands_of_handing_out_results_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator who types the page line by line has decided, explained and handed out; exit codes are those printed."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "zhou-ying")
    certengine("init", "academy", "--sample", cwd=tmp_path)
    folder = tmp_path / "academy"
    lines = commands("docs/hand-out-results.md")
    wanted = [int(found[1]) if (found := _EXPECTED.search(line)) else 0 for line in lines]

    assert [(line, exit_code(line, folder)) for line in lines] == list(zip(lines, wanted, strict=True))
    assert len(list((folder / "statements").glob("*.pdf"))) == 4
    assert not (folder / "official.xlsx").exists()


def test_handing_out_results_is_said_alike_in_both_languages() -> None:
    """The Chinese page has the same commands in the same order, and each links to the other."""
    assert commands("docs/hand-out-results.zh.md") == commands("docs/hand-out-results.md")
    assert "(hand-out-results.zh.md)" in text_of("docs/hand-out-results.md").split("##")[0]
    assert "(hand-out-results.md)" in text_of("docs/hand-out-results.zh.md").split("##")[0]


def test_the_inspector_is_met_alike_in_both_languages() -> None:
    """The Chinese page has the same commands in the same order, and each links to the other."""
    assert commands("docs/when-the-inspector-comes.zh.md") == commands("docs/when-the-inspector-comes.md")
    assert "(when-the-inspector-comes.zh.md)" in text_of("docs/when-the-inspector-comes.md").split("##")[0]
    assert "(when-the-inspector-comes.md)" in text_of("docs/when-the-inspector-comes.zh.md").split("##")[0]


def test_both_readmes_have_the_same_commands() -> None:
    """The Chinese README says the same commands in the same order, and each links to the other at its head."""
    assert commands("README.zh.md") == commands("README.md")
    assert "(README.zh.md)" in text_of("README.md").split("##")[0]
    assert "(README.md)" in text_of("README.zh.md").split("##")[0]


def test_both_readmes_have_the_same_links() -> None:
    """The Chinese README leads to the same pages."""
    found = {name: set(links_of(ROOT / name)) - {"README.md", "README.zh.md"} for name in ("README.md", "README.zh.md")}

    assert found["README.zh.md"] == found["README.md"]


def links_of(page: Path) -> Iterator[str]:
    """Every link of a page to another file of the repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _FENCED.sub("", page.read_text("utf-8"))):
        if not target.startswith(("http://", "https://", "#")):
            yield target.partition("#")[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    """Every link between pages leads to a file that is there."""
    assert [target for target in links_of(page) if not (page.parent / target).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_named_exist(page: Path) -> None:
    """Every command a page names in passing is one of the program."""
    named = re.findall(
        r"`certengine ([a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)*)", page.read_text("utf-8").replace("\n", " ")
    )
    known = leaves()
    first_words = {words.split()[0] for words in known}
    unknown = [
        words
        for words in named
        if words not in known and not any(words.startswith(f"{one} ") for one in known if one in first_words)
    ]

    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_scripts_named_exist(page: Path) -> None:
    """Every script a page names is there and can be run."""
    named = re.findall(r"`(script/[a-z]+)", page.read_text("utf-8"))

    assert [name for name in named if not (ROOT / name).stat().st_mode & 0o111] == []


def test_every_finding_is_documented() -> None:
    """``docs/findings.md`` lists exactly the codes that the program can emit, each once."""
    listed = re.findall(r"^\| `([a-z/0-9-]+)` \|", text_of("docs/findings.md"), re.MULTILINE)

    assert sorted(emitted_codes() - set(listed)) == [], "list them in docs/findings.md"
    assert sorted(set(listed) - emitted_codes()) == [], "no longer emitted: take them out of docs/findings.md"
    assert len(listed) == len(set(listed))


def test_every_code_put_together_is_accounted_for() -> None:
    """A code that is put together in a new way is spelled out in ``tests/finding_codes.py``, or it would go unlisted."""
    assert composed_codes() - COMPOSED == set()


@pytest.mark.parametrize("kind", [kind.id for kind in (*items.KINDS, *aspects.KINDS)])
def test_every_kind_is_documented(kind: str) -> None:
    """Every kind of item and aspect has its row in ``docs/formats.md``."""
    assert re.search(rf"^\| `{kind}` \|", FORMATS, re.MULTILINE)


def fields_of(schema: Any) -> Iterator[str]:
    """Every field name of a JSON Schema."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in schema.values():
            yield from fields_of(value)
    if isinstance(schema, list):
        for value in schema:
            yield from fields_of(value)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_is_documented(name: str) -> None:
    """Every field of every file people write stands in ``docs/formats.md``."""
    words = set(re.findall(r"[A-Za-z_0-9]+", FORMATS))

    assert set(fields_of(SCHEMAS[name]())) - words == set()


@pytest.mark.parametrize(
    "module", [candidates, responses, ratings, marking_sheets, resolutions], ids=lambda module: module.__name__
)
def test_every_column_is_documented(module: Any) -> None:
    """Every column of every table that comes in stands in ``docs/formats.md``."""
    words = set(re.findall(r"[a-z_0-9]+", FORMATS))

    assert {column.name for column in module.COLUMNS.columns} - words == set()


def test_every_threat_names_a_test_that_exists() -> None:
    """Each line of the threat model in ``SECURITY.md`` names a test, and each of them is there."""
    rows = re.findall(r"^\| (?!threat)[a-z].*\| `([^`]+)` \|$", text_of("SECURITY.md"), re.MULTILINE)
    lacking = []
    for row in rows:
        file, _, test = row.partition("::")
        if not (ROOT / file).is_file() or f"def {test}(" not in text_of(file):
            lacking.append(row)

    assert len(rows) >= 10
    assert lacking == []


def test_licence_is_the_one_declared() -> None:
    """The licence file is the Apache licence, whole."""
    licence = text_of("LICENSE")

    assert "Apache License" in licence.split("\n")[0]
    assert "END OF TERMS AND CONDITIONS" in licence
    assert 'license = "Apache-2.0"' in text_of("pyproject.toml")
