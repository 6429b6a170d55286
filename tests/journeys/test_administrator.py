"""The administrator's journey: from an empty folder to certificates, one of them revoked, told in order."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import certengine, done
from tests.journeys.academy import (
    ADMINISTRATOR,
    BANK,
    SCHEME,
    SITTING,
    acts,
    new_academy,
    next_command,
    right_responses,
    sheets,
    write_passphrase,
    write_rows,
)

pytestmark = pytest.mark.slow

ROSTER = """准考证号,姓名,英文名,加时
2027-001,张明远,Zhang Mingyuan,
2027-002,赵雨桐,Zhao Yutong,25%
"""
KEY_NUMBER = "70351.25"
KEY_TEXT = "KEYCANARY"
ORDINARY, EXTRA = "2027-001", "2027-002"


@pytest.fixture(scope="module")
def academy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new academy in whose bank every number asked for is the same, and every explanation carries the same word."""
    root = new_academy(tmp_path_factory.mktemp("administrator") / "academy")
    for path in (root / "question_banks" / BANK / "items").glob("*.yaml"):
        text = path.read_text("utf-8")
        text = re.sub(r'^    key: ".*"$', f'    key: "{KEY_NUMBER}"', text, flags=re.MULTILINE)
        text = re.sub(r"^    places: \d+$", "    places: 2", text, flags=re.MULTILINE)
        text = re.sub(r'(explanation:\n +zh: ")', rf"\1{KEY_TEXT} ", text)
        path.write_text(text, encoding="utf-8")
    (root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return root


def test_new_workspace_waits_for_its_bank(academy: Path) -> None:
    """In a new workspace the next command is to publish the bank."""
    assert next_command(academy) == f"certengine bank publish {BANK}"


def test_bank_is_checked_and_published(academy: Path) -> None:
    """A sound bank is published once; publishing it again makes no second version. Then a sitting can be opened."""
    assert done("bank", "check", BANK, "--json", cwd=academy).document["errors"] == 0
    versions = [done("bank", "publish", BANK, "--json", cwd=academy).document for _ in range(2)]

    assert [(one["version"], one["new"]) for one in versions] == [(1, True), (1, False)]
    assert next_command(academy) == f"certengine sitting open {SCHEME} --candidates FILE"


def test_blueprint_can_be_met(academy: Path) -> None:
    """No cell of the scheme is short of items."""
    found = done("scheme", "check", SCHEME, "--json", cwd=academy).document

    assert [cell for cell in found["cells"] if cell["need"] > cell["available"]] == []
    assert found["errors"] == 0


def test_sitting_is_opened_from_a_roster(academy: Path) -> None:
    """A dry run opens nothing; opening takes the roster, and sealing is next."""
    words = ("sitting", "open", SCHEME, "--candidates", "roster.csv", "--id", SITTING)
    plan = done(*words, "--dry-run", "--json", cwd=academy).document
    assert (plan["candidates"], done("sitting", "list", "--json", cwd=academy).document["items"]) == (2, [])
    opened = done(*words, "--json", cwd=academy).document

    assert (opened["sitting"], opened["candidates"], opened["banks"]) == (SITTING, 2, [f"{BANK}@1"])
    assert next_command(academy) == f"certengine sitting seal {SITTING}"


def test_sealing_commits_once(academy: Path) -> None:
    """Sealing gives a commitment; sealing again gives the same and changes nothing. Printing is next."""
    sealed = [done("sitting", "seal", SITTING, "--json", cwd=academy).document for _ in range(2)]

    assert [one["new"] for one in sealed] == [True, False]
    assert sealed[0]["commitment"] == sealed[1]["commitment"]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", sealed[0]["commitment"])
    assert next_command(academy) == f"certengine paper print {SITTING} -o print"


def test_everything_is_printed_as_planned(academy: Path) -> None:
    """Printing writes exactly the files of its dry run, and a manifest whose digests are true. Grading is next."""
    planned = done("paper", "print", SITTING, "-o", "print", "--dry-run", "--json", cwd=academy).document["files"]
    done("paper", "print", SITTING, "-o", "print", cwd=academy)
    folder = academy / "print"
    written = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    manifest = json.loads(written.pop("manifest.json").read_text("utf-8"))["files"]
    digests = {name: f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for name, path in written.items()}

    assert sorted(written) == planned
    assert {name: entry["digest"] for name, entry in manifest.items()} == digests
    assert {name.split("/")[0] for name in written} == {"papers", "keys", "lists", "scoring-sheets"}
    assert next_command(academy) == f"certengine grade written {SITTING} FILE"


def everything_in(pdf: Path, scratch: Path) -> str:
    """A PDF's decompressed objects, once as UTF-8 and once as UTF-16, and the text of its pages."""
    plain = scratch / "plain.pdf"
    subprocess.run(
        ["qpdf", "--qdf", "--object-streams=disable", "--decode-level=all", pdf, plain], check=True, capture_output=True
    )
    data = plain.read_bytes()
    text = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True).stdout.decode()
    wide = "".join(data[start:].decode("utf-16-be", "ignore") for start in (0, 1))
    return data.decode("utf-8", "ignore") + wide + text


def test_no_candidate_file_holds_anything_of_the_key(academy: Path, tmp_path: Path) -> None:
    """The right numbers stand in the answer keys; neither they nor an explanation stand in any candidate's file."""
    folder = academy / "print"
    keys = [everything_in(pdf, tmp_path) for pdf in sorted((folder / "keys").glob("*.pdf"))]
    others = [
        *(folder / "papers").glob("*.pdf"),
        *(folder / "lists").glob("*.pdf"),
        folder / "scoring-sheets" / "A-P1-task.pdf",
    ]
    leaking = {
        pdf.name for pdf in others if any(canary in everything_in(pdf, tmp_path) for canary in (KEY_NUMBER, KEY_TEXT))
    }

    assert [KEY_NUMBER in keys[0], KEY_TEXT in keys[1]] == [True, True]
    assert (len(keys), len(others), leaking) == (2, 8, set())


def test_extra_time_stands_on_the_paper(academy: Path) -> None:
    """The candidate with a quarter more time reads 113 minutes on the cover, the other 90."""
    minutes = {}
    for candidate in (ORDINARY, EXTRA):
        pdf = next((academy / "print" / "papers").glob(f"{candidate}-*-paper.pdf"))
        text = subprocess.run(["pdftotext", "-l", "1", pdf, "-"], check=True, capture_output=True).stdout.decode()
        found = re.findall(r"(\d+) 分钟", text)
        minutes[candidate] = found[0]

    assert minutes == {ORDINARY: "90", EXTRA: "113"}


def test_answers_and_ratings_are_graded(academy: Path) -> None:
    """After the written answers the ratings are next, after the ratings the decision."""
    done("sitting", "simulate", SITTING, "-o", "answers", cwd=academy)
    done("grade", "written", SITTING, write_rows(academy / "right.csv", right_responses(academy)), cwd=academy)
    assert next_command(academy) == f"certengine grade practical {SITTING} FILE..."
    done("grade", "practical", SITTING, *sheets(), cwd=academy)

    assert next_command(academy) == f"certengine result decide {SITTING}"


def test_two_people_decide_and_approve(academy: Path) -> None:
    """Who decided is refused as approver even with that role; another person approves. Then making keys is next."""
    decided = done("result", "decide", SITTING, "--as", ADMINISTRATOR, "--json", cwd=academy).document
    assert (decided["passed"], decided["failed"], decided["pending"]) == (2, 0, 0)
    assert next_command(academy) == f"certengine result approve {SITTING} --as ID"
    own = certengine("result", "approve", SITTING, "--as", ADMINISTRATOR, cwd=academy)
    assert (own.code, "[result/same-person]" in own.err) == (5, True)
    done("result", "approve", SITTING, "--as", "sun-hao", cwd=academy)

    assert next_command(academy) == "certengine key new"


def test_a_decision_is_explained_to_whoever_asks(academy: Path) -> None:
    """Rule by rule, in both languages, with what was needed, what was there and where it was rounded; near the line too."""
    shown = done("result", "show", SITTING, ORDINARY, cwd=academy).out
    told = done("result", "show", SITTING, ORDINARY, "--json", cwd=academy).document
    near = done("result", "show", SITTING, "--borderline", "--within", "50", "--json", cwd=academy).document

    theory = {part["component"]: part["score"] for part in told["components"]}["theory"]
    assert f"✓ 理论知识考试不低于 60 分 | Theory examination at least 60: {theory} 分 | {theory}" in shown
    assert [(rule["depth"], rule["holds"]) for rule in told["rules"]] == [(0, True), (1, True), (1, True), (1, True)]
    assert {one["component"] for one in near["near"]} >= {"theory"}


def test_nothing_is_missing_before_results_go_out(academy: Path) -> None:
    """Both parts of everybody are there; a list in which a name was misspelt is found out by line."""
    (academy / "list.csv").write_text("准考证号,姓名\n2027-001,张明远\n2027-002,赵雨同\n", encoding="utf-8")
    clean = certengine("result", "gaps", SITTING, "roster.csv", cwd=academy)
    misspelt = certengine("result", "gaps", SITTING, "list.csv", "--json", cwd=academy)

    assert (clean.code, misspelt.code) == (0, 3)
    assert [(one["code"], one["line"]) for one in misspelt.document["gaps"]] == [("result/name-differs", 3)]


def test_certificates_are_issued_once(academy: Path) -> None:
    """Issuing writes one file for each who passed; issuing again issues nothing. Nothing is left to do then."""
    write_passphrase(academy)
    done("key", "new", "--passphrase-file", "passphrase", cwd=academy)
    assert next_command(academy) == f"certengine cert issue {SITTING}"
    words = ("cert", "issue", SITTING, "--passphrase-file", "passphrase", "--json")
    runs = [done(*words, cwd=academy).document for _ in range(2)]
    names = sorted(path.stem for path in (academy / "certificates").glob("*.pdf"))

    assert [len(run["issued"]) for run in runs] == [2, 0]
    assert (runs[0]["issued"], runs[1]["already"]) == (names, 2)
    assert next_command(academy) == ""


def test_everybody_gets_a_statement_that_is_no_certificate(academy: Path) -> None:
    """A dry run names the files, a run writes them, another leaves them; the verifier says what they are and are not."""
    words = ("result", "statements", SITTING, "-o", "statements", "--passphrase-file", "passphrase", "--json")
    runs = [done(*words, *more, cwd=academy).document for more in (("--dry-run",), (), ())]
    files = sorted((academy / "statements").iterdir())
    text = subprocess.run(["pdftotext", files[0], "-"], check=True, capture_output=True).stdout.decode()
    checked = certengine("verify", *files, "--json", cwd=academy)

    assert [len(run["written"]) for run in runs] == [2, 2, 0]
    assert [path.stem for path in files] == [ORDINARY, EXTRA]
    assert all(words in text for words in ("张明远", "成绩通知单", "Result statement", "This is not a certificate"))
    assert checked.code == 3
    assert [(one["state"], one["statement"]) for one in checked.document["results"]] == [("unreadable", True)] * 2


def test_the_official_sheet_is_complete_or_not_written(academy: Path) -> None:
    """A mistyped identity number refuses its row and the sheet; mended, every declared column is there."""
    numbers = academy / "numbers.csv"
    rows = "准考证号,姓名,证件号码\n2027-001,张明远,11010519491231002{}\n2027-002,赵雨桐,440524188001010014\n"
    numbers.write_text(rows.format("1"), encoding="utf-8")
    words = ("result", "sheet", SITTING, "-o", "official.csv", "--with", "numbers.csv")
    refused = certengine(*words, cwd=academy)
    assert (refused.code, (academy / "official.csv").exists()) == (3, False)
    assert "numbers.csv:2: candidate `2027-001`: `证件号码` has a wrong check character" in refused.err
    numbers.write_text(rows.format("X"), encoding="utf-8")
    done(*words, cwd=academy)
    header, *lines = (academy / "official.csv").read_text("utf-8-sig").splitlines()

    assert header.split(",")[:5] == ["序号", "准考证号", "姓名", "证件类型", "证件号码"]
    assert [line.split(",")[:5] for line in lines] == [
        ["1", ORDINARY, "张明远", "居民身份证", "11010519491231002X"],
        ["2", EXTRA, "赵雨桐", "居民身份证", "440524188001010014"],
    ]


def test_revoking_is_an_event_that_strangers_see(academy: Path) -> None:
    """A revoked certificate is refused by the register at once, and by the bundle exported afterwards."""
    pdfs = sorted((academy / "certificates").glob("*.pdf"))
    done("cert", "revoke", pdfs[0].stem, "--reason", "misconduct", "--yes", "--as", "sun-hao", cwd=academy)
    done("key", "export", "-o", "trust", "--passphrase-file", "passphrase", cwd=academy)
    codes = {}
    for trust in ((), ("--offline", "--bundle", "trust/bundle.json")):
        codes[trust] = [certengine("verify", pdf, *trust, cwd=academy).code for pdf in pdfs]

    assert list(codes.values()) == [[3, 0], [3, 0]]


def test_seed_revealed_lets_the_draw_be_repeated(academy: Path) -> None:
    """The seed, once revealed, belongs to the commitment, and every paper is drawn again the same."""
    done("sitting", "close", SITTING, cwd=academy)
    done("sitting", "reveal", SITTING, "-o", "proof.json", "--banks", "auditor", "--yes", cwd=academy)
    replayed = done("paper", "replay", SITTING, "--json", cwd=academy).document

    assert (replayed["papers"], replayed["same"], replayed["commitment_holds"]) == (2, 2, True)

    (bank,) = (academy / "auditor").iterdir()
    public = ("--proof", "proof.json", "--bank", bank)
    paper = json.loads((academy / "proof.json").read_text("utf-8"))["papers"][0]["id"]
    assert done("paper", "replay", SITTING, *public, "--json", cwd=academy).document["same"] == 2
    assert done("paper", "replay", paper, "--slot", "7", *public, "--json", cwd=academy).document["same"] == 1


def test_an_exchanged_item_shows_from_what_was_published(academy: Path) -> None:
    """Whoever swaps an item in the proof is found out: the slot is named, and the answer is no."""
    proof = json.loads((academy / "proof.json").read_text("utf-8"))
    one, other = (paper["items"][0] for paper in proof["papers"])
    one[1:], other[1:] = other[1:], one[1:]
    (academy / "forged.json").write_text(json.dumps(proof), encoding="utf-8")
    (bank,) = (academy / "auditor").iterdir()
    ran = certengine("paper", "replay", SITTING, "--proof", "forged.json", "--bank", bank, "--json", cwd=academy)

    assert ran.code == 3
    assert {place["slot"] for place in ran.document["differences"]} == {1}
    assert not ran.document["commitment_holds"]


def test_trail_tells_the_whole_story(academy: Path) -> None:
    """Every act stands in the trail once, in order, its chain is whole and the database sound."""
    told = list(reversed(acts(academy)))

    assert told == [
        *("bank.publish", "sitting.open", "sitting.seal", "paper.print", "grade.written", "grade.practical"),
        *("result.decide", "result.approve", "key.new"),
        *(
            "cert.reserve",
            "cert.reserve",
            "cert.issue",
            "cert.issue",
            "result.statements",
            "result.sheet",
            "cert.revoked",
            "key.export",
            "sitting.close",
            "sitting.reveal",
        ),
    ]
    assert done("log", "check", "--json", cwd=academy).document["first_break"] is None
    assert done("db", "check", "--json", cwd=academy).document["problems"] == []
