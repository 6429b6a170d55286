"""With ``--json`` every command answers with one document that names its schema, from the first command to the last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from certengine.services.context import default_actor
from tests.cli.running import Ran, certengine, leaves
from tests.journeys.academy import BANK, SCHEME, SITTING, new_academy, right_responses, write_passphrase, write_rows

pytestmark = pytest.mark.slow

KEYS = "--passphrase-file passphrase"
NUMBER = "NUMBER"
#: Several, for what a panel is invented to have seen differs with the task drawn, and somebody must pass.
PEOPLE = (
    ("张明远", "11010519491231002X"),
    ("王芳菲", "110105194912310046"),
    ("李娜", "110105194912310062"),
    ("刘洋洋", "110105194912310089"),
)

#: The main job, in order; ``NUMBER`` is the first certificate's.
JOB: dict[str, str] = {
    "init": "init another",
    "status": "status",
    "schema": "schema",
    "bank list": "bank list",
    "bank check": f"bank check {BANK}",
    "bank show": f"bank show {BANK} A3-NU-01 --key",
    "bank publish": f"bank publish {BANK}",
    "bank diff": f"bank diff {BANK}",
    "bank stats": f"bank stats {BANK} -o bank.html",
    "bank import": "bank import quiz.gift --bank quiz",
    "bank export": "bank export quiz -o quiz.zip --format qti3",
    "scheme list": "scheme list",
    "scheme check": f"scheme check {SCHEME}",
    "scheme show": f"scheme show {SCHEME}",
    "sitting open": f"sitting open {SCHEME} --candidates roster.csv --id {SITTING}",
    "sitting list": "sitting list",
    "sitting seal": f"sitting seal {SITTING}",
    "sitting show": f"sitting show {SITTING}",
    "sitting simulate": f"sitting simulate {SITTING} -o answers",
    "paper print": f"paper print {SITTING} -o print --dry-run",
    "paper show": "paper show PAPER",
    "paper replay": f"paper replay {SITTING}",
    "grade written": f"grade written {SITTING} right.csv",
    "grade practical": f"grade practical {SITTING} answers/ratings-chen-li.csv answers/ratings-li-qiang.csv "
    "answers/ratings-wang-min.csv",
    "grade conflict": f"grade conflict {SITTING} 2027-001 --person zhou-ying --kind other",
    "grade corrections": f"grade corrections {SITTING}",
    "grade queue": f"grade queue {SITTING}",
    "grade resolve": f"grade resolve {SITTING}",
    "grade rescore": f"grade rescore {SITTING} --item ITEM=full-credit -m typo --approver sun-hao",
    "grade analyse": f"grade analyse {SITTING} -o reports",
    "result gaps": f"result gaps {SITTING} roster.csv",
    "result decide": f"result decide {SITTING} --as zhao-ting",
    "result appeal open": f"result appeal open {SITTING} 2027-001 -m contested",
    "result appeal list": f"result appeal list {SITTING}",
    "result appeal settle": f"result appeal settle {SITTING} 2027-001 -m confirmed --as {default_actor()}",
    "result approve": f"result approve {SITTING} --as sun-hao",
    "result show": f"result show {SITTING}",
    "result export": f"result export {SITTING} -o results.csv",
    "key new": f"key new {KEYS}",
    "key list": "key list",
    "result statements": f"result statements {SITTING} -o statements {KEYS}",
    "result sheet": f"result sheet {SITTING} -o official.xlsx --with documents.csv",
    "cert issue": f"cert issue {SITTING} {KEYS}",
    "cert list": "cert list",
    "cert show": f"cert show {NUMBER}",
    "cert render": f"cert render {NUMBER} -o again.pdf {KEYS}",
    "verify": f"verify certificates/{NUMBER}.pdf",
    "cert suspend": f"cert suspend {NUMBER} --reason appeal --as sun-hao",
    "cert reinstate": f"cert reinstate {NUMBER} --as sun-hao",
    "cert export": f"cert export {NUMBER} --form zip -o packages",
    "cert preview": f"cert preview {SCHEME} -o look.png --template modern",
    "cert replace": f"cert replace {NUMBER} --name 李四 --dry-run",
    "cert reissue": f"cert reissue {NUMBER} --dry-run",
    "cert revoke": f"cert revoke {NUMBER} --reason error --yes --as sun-hao",
    "key export": f"key export -o trust {KEYS}",
    "export-site": f"export-site site {KEYS}",
    "key rotate": f"key rotate --yes {KEYS}",
    "sitting close": f"sitting close {SITTING}",
    "sitting reveal": f"sitting reveal {SITTING} --yes",
    "replay": f"replay {NUMBER}",
    "sitting archive": f"sitting archive {SITTING} -o archive.zip --as {default_actor()}",
    "log check": "log check",
    "log prove": f"log prove {NUMBER}",
    "log show": "log show",
    "db upgrade": "db upgrade",
    "db check": "db check",
    "db backup": "db backup backup.db",
}
#: Tested elsewhere: the endpoint in the employer's journey; grading in bulk, cut scores and imported rubrics with their services, for they
#: take a sitting with one form; entry at the bench with its face; the others need what a sound job never has, or years.
ELSEWHERE = {
    "serve",
    "grade batch",
    "scheme cut",
    "scheme import",
    "scheme worksheet",
    "grade enter",
    "cert renew",
    "cert void",
    "key retire",
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """Every command of the job, run in order."""
    root = new_academy(tmp_path_factory.mktemp("json") / "academy")
    people = {f"2027-{n:03}": one for n, one in enumerate(PEOPLE, 1)}
    (root / "roster.csv").write_text(
        "candidate_id,name\n" + "".join(f"{who},{name}\n" for who, (name, _) in people.items()), encoding="utf-8"
    )
    (root / "documents.csv").write_text(
        "准考证号,证件号码\n" + "".join(f"{who},{number}\n" for who, (_, number) in people.items()), encoding="utf-8"
    )
    (root / "quiz.gift").write_text("::Q1::Copper conducts. {T}\n", encoding="utf-8")
    write_passphrase(root)
    found: dict[str, Ran] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CERTENGINE_ACTOR", "zhou-ying")
        for words, line in JOB.items():
            if words == "grade written":
                write_rows(root / "right.csv", right_responses(root))
            found[words] = certengine(*_filled(line, root).split(), "--json", cwd=root)
    return found


def _filled(line: str, root: Path) -> str:
    if "PAPER" in line:
        line = line.replace("PAPER", right_responses(root)[0]["paper_id"])
    if "ITEM" in line:
        paper = right_responses(root)[0]["paper_id"]
        shown = certengine("paper", "show", paper, "--json", cwd=root).document
        line = line.replace("ITEM", shown["items"][0]["item"])
    if NUMBER in line:
        line = line.replace(NUMBER, min((root / "certificates").glob("*.pdf")).stem)
    return line


def test_job_has_every_command() -> None:
    """A new command is added to the job, so that its answer is looked at."""
    assert set(leaves()) == set(JOB) | ELSEWHERE


@pytest.mark.parametrize("words", JOB)
def test_answer_is_one_document_that_names_its_schema(words: str, answers: dict[str, Ran]) -> None:
    """The command ends well, standard output is one JSON document with its schema, and standard error is silent."""
    ran = answers[words]

    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["schema"].startswith("certengine.")
    assert json.loads(ran.out)["schema"].endswith("/1")
