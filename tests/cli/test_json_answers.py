"""With ``--json`` every command answers with one document that names its schema, from the first command to the last."""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from certengine.services import trust
from certengine.services.context import default_actor
from certengine.services.endpoint import open_backend
from certengine.store.columns import metadata
from tests.cli.running import Ran, certengine, leaves
from tests.cli.secrets_of import KEY_NUMBER, KEY_TEXT, SECRET_TABLES, mark_keys, secrets_of
from tests.databases import ON_POSTGRESQL, held_rows
from tests.journeys.academy import BANK, SCHEME, SITTING, new_academy, right_responses, write_passphrase, write_rows
from tests.web.serving import served

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
    "sitting erase": f"sitting erase {SITTING} HOLDER -m retention-is-over --approver sun-hao --yes",
    "log check": "log check",
    "log prove": f"log prove {NUMBER}",
    "log show": "log show",
    "db upgrade": "db upgrade",
    "db check": "db check",
    "db backup": "db backup backup.db",
}
#: Tested elsewhere: the endpoint in the employer's journey; grading in bulk, cut scores and imported rubrics with their services, for they
#: take a sitting with one form; entry at the bench with its face; archiving with the time-stamping
#: authority it takes; the others need what a sound job never has, or years.
ELSEWHERE = {
    "serve",
    "grade batch",
    "scheme cut",
    "scheme import",
    "scheme worksheet",
    "grade enter",
    "cert archive",
    "cert renew",
    "cert void",
    "key retire",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The academy the job is done in; the keys of its bank can be told from anything else."""
    root = new_academy(tmp_path_factory.mktemp("json") / "academy")
    mark_keys(root)
    with (root / "certengine.toml").open("a", encoding="utf-8") as file:
        file.write("\n[retention]\nyears = 0\n")
    return root


@pytest.fixture(scope="module")
def answers(root: Path) -> dict[str, Ran]:
    """Every command of the job, run in order."""
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
    if "HOLDER" in line:  # of the certificate that was revoked: of others records are kept as long as they hold
        revoked = min((root / "certificates").glob("*.pdf")).stem
        line = line.replace("HOLDER", certengine("cert", "show", revoked, "--json", cwd=root).document["candidate"])
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


#: Commands that are asked for keys, by name.
TELL_KEYS = {"bank show", "bank diff"}


def test_no_answer_tells_a_secret(answers: dict[str, Ran], root: Path) -> None:
    """Neither passphrase, private keys, seeds nor salts; a seed only from the moment it is revealed, which is its purpose."""
    secrets = secrets_of(root)
    revealed = [*JOB].index("sitting reveal")
    told = [
        (words, name)
        for place, words in enumerate(JOB)
        for name, secret in secrets.items()
        if secret in answers[words].out + answers[words].err and not (place >= revealed and name.startswith("stored 0"))
    ]

    assert len(secrets) > 30
    assert told == []


def test_no_answer_tells_an_answer_key_unasked(answers: dict[str, Ran]) -> None:
    """Keys and explanations of the bank are told to who asks for them by name, and by nothing else."""
    telling = {
        words for words, ran in answers.items() if KEY_TEXT in ran.out + ran.err or KEY_NUMBER in ran.out + ran.err
    }

    assert telling <= TELL_KEYS


def test_secrets_lie_where_they_belong_and_nowhere_else(answers: dict[str, Ran], root: Path) -> None:
    """Private keys in ``keys/``, the passphrase in its file, seeds and salts in the database: no report, no log, no export."""
    assert answers
    secrets = secrets_of(root)
    places: set[str] = set()
    for path in root.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        names = {name for name, secret in secrets.items() if secret.encode() in data}
        # The archive is an auditor's and the proof is public, both made after the seed was revealed.
        places |= {str(path.relative_to(root).parts[0]) for name in names if not name.startswith("stored 0")}

    # It finds them where they are.
    assert places >= {"keys", "passphrase"} | (set() if ON_POSTGRESQL else {"certengine.db"})
    assert places <= {"keys", "passphrase", "certengine.db", "certengine.db-wal", "backup.db"}


def test_the_trail_and_the_log_hold_no_secret(answers: dict[str, Ran], root: Path) -> None:
    """Of all tables only those made for it hold one: the trail that is never deleted, jobs and the log hold none."""
    assert answers
    secrets = {name: one for name, one in secrets_of(root).items() if not name.startswith("stored 0")}
    holding = {
        table
        for table in metadata.tables
        for row in held_rows(root, table)
        for value in row
        if isinstance(value, str) and any(secret in value for secret in secrets.values())
    }
    trail = "".join(str(row) for row in held_rows(root, "audit"))

    assert holding <= set(SECRET_TABLES)
    assert KEY_TEXT not in trail
    assert KEY_NUMBER not in trail


@pytest.mark.parametrize("fault", ["wrong passphrase", "open to others", "no key", "bug"])
def test_no_failure_tells_a_secret(
    fault: str, answers: dict[str, Ran], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong while keys are opened, neither the message nor the log of a bug holds what was read."""
    assert answers
    copy = tmp_path / "academy"
    shutil.copytree(root, copy)
    secrets = secrets_of(copy) | {"what was typed": "a wrong MARKED passphrase"}
    given = copy / "passphrase"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if fault == "wrong passphrase":
        given.write_text(secrets["what was typed"] + "\n", encoding="utf-8")
    elif fault == "open to others":
        given.chmod(0o644)
    elif fault == "no key":
        for path in (copy / "keys").glob("*.pem"):
            path.write_bytes(path.read_bytes()[:-60])
    else:
        monkeypatch.setattr(trust, "publish_log", lambda *_: 1 // 0)

    for mode in ((), ("--json",), ("-v",)):
        ran = certengine(
            "key", "export", "-o", "again", "--passphrase-file", given, "--as", "zhou-ying", *mode, cwd=copy
        )
        logs = [path.read_text("utf-8") for path in tmp_path.glob("certengine-*.log")]
        said = "".join((ran.out, ran.err, *logs))
        assert ran.code not in {0, 2}, ran
        assert [name for name, secret in secrets.items() if secret in said] == []
    assert bool(logs) == (fault == "bug")


def test_the_endpoint_tells_no_secret(answers: dict[str, Ran], root: Path) -> None:
    """Neither pages, metrics, description, the published log nor the lines it writes about requests."""
    assert answers
    secrets = secrets_of(root)
    lines: list[str] = []
    said = b""
    register, context = open_backend(root)
    with served(register, write_line=lines.append) as (address, _):
        for path in (
            "/",
            "/metrics",
            "/openapi.json",
            "/log/checkpoint",
            "/.well-known/jwks.json",
            "/c/NONE",
            "/healthz",
        ):
            try:
                with urllib.request.urlopen(address + path) as answer:
                    said += answer.read()
            except urllib.error.HTTPError as error:
                said += error.read()
    context.database.close()
    seen = said.decode("utf-8", "replace") + "".join(lines)

    assert "certengine_" in seen
    assert [name for name, secret in secrets.items() if secret in seen] == []
