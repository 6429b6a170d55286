"""``bank import`` and ``bank export`` at the command line: what they say, what they leave, and with which exit code."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest
from certengine_cli import bank_exchange, exits

from certengine.interchange.bank_formats import FORMATS
from tests.cli.running import certengine, done

GIFT = """$CATEGORY: Safety

::Q1::Which is blue? {=sky ~grass}

Copper conducts. {T}

// [tag:odd]
::Q3::Speed? {#1500:15}
"""
ESSAY_OF_NOBODY = "::E1::A text without answers.\n\n" + GIFT
MOODLE = """<quiz><question type="truefalse"><name><text>M1</text></name>
<questiontext format="html"><text>&lt;p&gt;Iron rusts.&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;</text></questiontext>
<answer fraction="100"><text>true</text></answer><answer fraction="0"><text>false</text></answer></question></quiz>"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace without banks, with a file of GIFT and one of Moodle XML beside it."""
    done("init", tmp_path / "academy", cwd=tmp_path)
    (tmp_path / "academy" / "quiz.gift").write_text(GIFT, encoding="utf-8")
    (tmp_path / "academy" / "quiz.xml").write_text(MOODLE, encoding="utf-8")
    return tmp_path / "academy"


def items_of(root: Path, bank: str) -> list[str]:
    """Ids of a bank's items."""
    return [item["item"] for item in done("bank", "show", bank, "--json", cwd=root).document["items"]]


def test_import_makes_a_bank_and_names_the_next_command(root: Path) -> None:
    """Questions become drafts of a new bank; the files, the losses and the next command are said."""
    ran = done("bank", "import", "quiz.gift", "--bank", "safety", cwd=root)

    assert ran.out.splitlines() == [
        "quiz.gift (GIFT): 3 items imported",
        "  lost: tags: `odd` says nothing here (Q3)",
        "  named here: line 5 is `item-001`",
        "bank safety: a new bank, 3 drafts",
        "  question_banks/safety/bank.yaml",
        "  question_banks/safety/items/Safety.yaml",
    ]
    assert ran.hint == "`certengine bank check safety`, then have somebody review the drafts"
    assert certengine("bank", "check", "safety", cwd=root).code == 0


def test_several_files_are_one_import(root: Path) -> None:
    """Files of different formats go into one bank; each has its own report."""
    ran = done("bank", "import", "quiz.gift", "quiz.xml", "--bank", "safety", "--json", cwd=root)

    assert items_of(root, "safety") == ["M1", "Q1", "Q3", "item-001"]
    assert [(one["format"], len(one["items"])) for one in ran.document["sources"]] == [("gift", 3), ("moodle", 1)]
    assert [loss["fate"] for loss in ran.document["sources"][1]["losses"]] == ["cleaned"]


def test_one_refused_file_leaves_nothing_of_the_others(root: Path) -> None:
    """Every refused file is named, and no bank is made of the sound ones."""
    (root / "bomb.xml").write_text('<!DOCTYPE q [<!ENTITY a "b">]><quiz>&a;</quiz>', encoding="utf-8")
    (root / "empty.gift").write_text("// nothing\n", encoding="utf-8")
    ran = certengine("bank", "import", "quiz.gift", "bomb.xml", "empty.gift", "--bank", "safety", cwd=root)

    assert ran.code == exits.NO
    assert ran.out == ""
    assert "bomb.xml: it declares a document type or entities" in ran.err
    assert "[exchange/xml-entities]" in ran.err
    assert "[exchange/empty]" in ran.err
    assert "error: 2 of 3 files cannot be imported; nothing is written (2 problems) [exchange/part-refused]" in ran.err
    assert list((root / "question_banks").glob("safety*")) == []
    assert list(root.glob(".import*")) == []


def test_questions_left_out_end_with_the_code_of_a_part(root: Path) -> None:
    """What can be carried is; a question left out is named, and the exit code says that something is missing."""
    (root / "more.gift").write_text(ESSAY_OF_NOBODY, encoding="utf-8")
    ran = certengine("bank", "import", "more.gift", "--bank", "safety", cwd=root)

    assert ran.code == exits.FAILED
    assert "  left out: item: a text without answers asks nothing (E1)" in ran.out
    assert len(items_of(root, "safety")) == 3


def test_dry_run_prints_the_plan_and_writes_nothing(root: Path) -> None:
    """With ``-n`` the same is said, of what would be, and the workspace stays as it was."""
    before = sorted(root.rglob("*"))
    ran = done("bank", "import", "quiz.gift", "--bank", "safety", "-n", cwd=root)

    assert "quiz.gift (GIFT): 3 items would be imported" in ran.out
    assert "nothing was written" in ran.hint
    assert sorted(root.rglob("*")) == before


def test_import_into_a_bank_says_what_is_left_to_do(root: Path) -> None:
    """What a check finds in the new files is counted, and the check is the next command."""
    done("bank", "import", "quiz.gift", "--bank", "safety", cwd=root)
    ran = done("bank", "import", "quiz.xml", "--bank", "safety", cwd=root)
    (root / "other.gift").write_text("$CATEGORY: top/Course/Drives\n\n::D1::Is 1 < 2? {T}\n", encoding="utf-8")
    more = done("bank", "import", "other.gift", "--bank", "safety", cwd=root)

    assert "bank safety: new files, 1 draft" in ran.out
    assert "question_banks/safety/items/import-quiz.yaml" in ran.out
    assert more.hint.startswith("`certengine bank check safety` shows what is left to do (2 findings")


def test_import_again_of_the_same_ids_is_no(root: Path) -> None:
    """Items that stand in the bank are not taken twice: the answer is no, and nothing changes."""
    done("bank", "import", "quiz.gift", "--bank", "safety", cwd=root)
    done("bank", "export", "safety", "-o", "again.gift", cwd=root)
    before = sorted(root.rglob("*"))
    ran = certengine("bank", "import", "again.gift", "--bank", "safety", cwd=root)

    assert (ran.code, sorted(root.rglob("*"))) == (exits.NO, before)
    assert "stands in the bank already" in ran.hint


def test_export_is_imported_again_without_loss(root: Path) -> None:
    """What is exported comes back whole, and only its owner may read the file: it holds the keys."""
    done("bank", "import", "quiz.gift", "--bank", "safety", cwd=root)
    ran = done("bank", "export", "safety", "-o", "out", "--format", "qti3", cwd=root)
    done("bank", "import", "out/safety.zip", "--bank", "again", cwd=root)

    assert ran.out.startswith("out/safety.zip (QTI 3.0): 3 items of safety written, in `en`\n")
    assert "kept aside" in ran.out
    assert ran.hint == "the file holds the keys; `certengine bank import out/safety.zip --bank ID` reads it again"
    assert (root / "out" / "safety.zip").stat().st_mode & 0o077 == 0
    assert items_of(root, "again") == items_of(root, "safety")


def test_export_tells_its_format_by_the_name(root: Path) -> None:
    """``.gift``, ``.xml``, ``.xlsx``, ``.csv`` and ``.txt`` say which format is meant; ``.zip`` may be one of three."""
    done("bank", "import", "quiz.gift", "--bank", "safety", cwd=root)
    made = done("bank", "export", "safety", "-o", "bank.xlsx", "--json", cwd=root)
    ran = certengine("bank", "export", "safety", "-o", "bank.zip", cwd=root)

    assert made.document["format"] == "xlsx"
    assert zipfile.is_zipfile(root / "bank.xlsx")
    assert (ran.code, ran.hint) == (exits.USAGE, "add `--format`, one of: qti21, qti22, qti3")


def test_export_of_what_a_format_cannot_carry(root: Path) -> None:
    """Aiken has single choice only: the others are left out by name, and everything beside the text is lost by name."""
    done("bank", "import", "quiz.gift", "--bank", "safety", cwd=root)
    ran = certengine("bank", "export", "safety", "-o", "bank.txt", "--report", "lost.csv", cwd=root)
    rows = list(csv.DictReader((root / "lost.csv").read_text("utf-8-sig").splitlines()))

    assert ran.code == exits.FAILED
    assert "left out: item: Aiken has single choice only, not `numeric` (Q3)" in ran.out
    assert ran.hint == "what is lost cannot come back from this file: keep the bank's own files"
    assert {(row["item"], row["fate"]) for row in rows} >= {("Q3", "left out"), ("Q1", "lost")}


def test_verbose_names_every_loss(root: Path) -> None:
    """Without ``-v`` like losses are counted together, with it each stands on a line of its own; JSON has each."""
    done("bank", "import", "quiz.gift", "--bank", "safety", cwd=root)
    brief = done("bank", "export", "safety", "-o", "bank.gift", cwd=root)
    whole = done("bank", "export", "safety", "-o", "bank.gift", "-v", cwd=root)
    document = done("bank", "export", "safety", "-o", "bank.gift", "--json", cwd=root).document

    assert len(whole.out.splitlines()) - 1 == len(document["losses"]) > len(brief.out.splitlines())
    assert "  `Q1`: author kept aside: other programs do not see it" in whole.out


def test_export_dry_run_writes_nothing(root: Path) -> None:
    """With ``-n`` one sees what a format would lose before choosing it."""
    done("bank", "import", "quiz.gift", "--bank", "safety", cwd=root)
    ran = certengine("bank", "export", "safety", "-o", "bank.txt", "-n", cwd=root)

    assert (ran.code, (root / "bank.txt").exists()) == (exits.FAILED, False)
    assert "would be written" in ran.out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("import none.gift --bank safety", exits.NOT_FOUND, "there is no file"),
        ("import quiz.gift --bank ../safety", exits.USAGE, "is not an id"),
        ("import quiz.gift quiz.gift --bank safety", exits.USAGE, "is named twice"),
        ("import quiz.gift --bank safety --format word", exits.USAGE, "is not a format of question banks"),
        ("import quiz.xml --bank safety --format gift", exits.NO, "not one question"),
        ("import quiz.gift", exits.USAGE, "bank"),
        ("export nobody -o bank.gift", exits.NOT_FOUND, "nobody"),
        ("export nobody -o bank.doc", exits.USAGE, "the format is not said"),
    ],
)
def test_refusals_have_their_codes(root: Path, words: str, code: int, says: str) -> None:
    """What is wrong is said in one line with a way out, with the exit code of the contract, and nothing is written."""
    before = sorted(root.rglob("*"))
    ran = certengine("bank", *words.split(), cwd=root)

    assert (ran.code, sorted(root.rglob("*"))) == (code, before)
    assert says in ran.err
    assert "hint: " in ran.err


def test_help_names_every_format() -> None:
    """The formats in the help are those the library has."""
    assert bank_exchange._FORMATS.split(", ") == [one.id for one in FORMATS]
