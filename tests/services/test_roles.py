"""Every command of the tree: which role it demands; without it, nothing is written, not a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from certengine_cli import exits

from tests.cli.running import certengine, leaves
from tests.services.small_world import SITTING, World, acting, rows_of

pytestmark = pytest.mark.slow

NUMBER = "SMALL-1"
KEYS = ("--passphrase-file", "passphrase")
REASON = ("--reason", "other")


@dataclass(frozen=True, slots=True)
class Duty:
    """A command with the role it demands and its arguments, complete but for the role."""

    role: str
    arguments: tuple[str, ...]


READERS = "administrator or decider or approver or auditor"
REGISTER_READERS = "administrator or decider or approver or keyholder or auditor"
BANK_READERS = "author or reviewer or administrator or auditor"
DEMANDS = {
    "bank import": Duty("author or administrator", ("roster.csv", "--bank", "new")),
    "bank export": Duty(BANK_READERS, ("small", "--format", "csv", "-o", "out.csv")),
    "bank show": Duty(BANK_READERS, ("small",)),
    "bank show --key": Duty(BANK_READERS, ("small", "S-1")),
    "bank show --versions": Duty(BANK_READERS, ("small",)),
    "bank diff": Duty(BANK_READERS, ("small", "1")),
    "bank publish": Duty("administrator", ("small", "--reason", "again")),
    "scheme worksheet": Duty("administrator", (SITTING, "-o", "judges")),
    "scheme cut": Duty("administrator", (SITTING, "responses.csv", "-o", "cut")),
    "scheme import": Duty("author", ("small-l3", "roster.csv", "--task", "T-9", "--minutes", "60")),
    "sitting open": Duty("administrator", ("small-l3", "--candidates", "roster.csv", "--id", "spring")),
    "sitting seal": Duty("administrator", (SITTING,)),
    "sitting close": Duty("administrator", (SITTING,)),
    "sitting reveal": Duty("administrator", (SITTING, "--yes", "-o", "proof.json")),
    "sitting simulate": Duty("administrator", (SITTING, "-o", "trial")),
    "sitting archive": Duty("auditor", (SITTING, "-o", "archive.zip")),
    "sitting erase": Duty("administrator", (SITTING, "C1", "-m", "privacy law", "--approver", "approver", "--yes")),
    "paper show": Duty(READERS, ("no-such-paper",)),
    "paper print": Duty("administrator", (SITTING, "-o", "print")),
    "grade analyse": Duty(READERS, (SITTING, "-o", "analysis")),
    "grade enter": Duty("assessor", (SITTING,)),
    "grade resolve": Duty("administrator", (SITTING, "responses.csv")),
    "grade batch": Duty("administrator", (SITTING, "responses.csv", "-o", "bulk")),
    "grade rescore": Duty(
        "administrator", (SITTING, "--item", "S-1=drop", "--approver", "approver", "--reason", "misprint")
    ),
    "grade conflict": Duty("administrator", (SITTING, "C1", "--person", "a1", "--kind", "other")),
    "grade corrections": Duty("administrator", (SITTING,)),
    "grade written": Duty("administrator", (SITTING, "responses.csv")),
    "grade practical": Duty("administrator", (SITTING, "ratings.csv")),
    "grade queue": Duty("administrator", (SITTING, "--marker", "a1", "-o", "marking.csv")),
    "result decide": Duty("decider", (SITTING,)),
    "result approve": Duty("approver", (SITTING,)),
    "result statements": Duty("keyholder", (SITTING, "-o", "statements", *KEYS)),
    "result appeal open": Duty("administrator", (SITTING, "C1", "-m", "the key")),
    "result appeal list": Duty(READERS, (SITTING,)),
    "result appeal settle": Duty("decider", (SITTING, "C1", "-m", "the key")),
    "result show": Duty(READERS, (SITTING,)),
    "result show --borderline": Duty(READERS, (SITTING,)),
    "result export": Duty(READERS, (SITTING, "-o", "results.csv")),
    "result gaps": Duty(READERS, (SITTING,)),
    "result sheet": Duty("administrator", (SITTING, "-o", "official.xlsx")),
    "cert issue": Duty("keyholder", (SITTING, *KEYS)),
    "cert list": Duty(REGISTER_READERS, ()),
    "cert show": Duty(REGISTER_READERS, (NUMBER,)),
    "cert export": Duty("administrator", (SITTING, "-o", "badges")),
    "cert archive": Duty("keyholder", (SITTING, *KEYS)),
    "cert render": Duty("keyholder", (NUMBER, "-o", "again.pdf", *KEYS)),
    "cert revoke": Duty("approver", (NUMBER, *REASON, "--yes")),
    "cert suspend": Duty("approver", (NUMBER, *REASON)),
    "cert reinstate": Duty("approver", (NUMBER, *REASON)),
    "cert void": Duty("keyholder", (NUMBER, *REASON, "--yes")),
    "cert replace": Duty("approver", (NUMBER, "--reason", "error", "--name", "李四", "--yes", *KEYS)),
    "cert reissue": Duty("approver", (NUMBER, "--reason", "lost", "--yes", *KEYS)),
    "cert renew": Duty("approver", (NUMBER, *REASON, *KEYS)),
    "key new": Duty("keyholder", KEYS),
    "key rotate": Duty("keyholder", ("--yes", *KEYS)),
    "key retire": Duty("keyholder", ("some-kid", "--yes")),
    "key export": Duty("keyholder", ("-o", "trust", *KEYS)),
    "log prove": Duty("administrator or keyholder or auditor", (NUMBER, "-o", "proof")),
    "log show": Duty("administrator or keyholder or auditor", ()),
    "export-site": Duty("keyholder", ("mirror", *KEYS)),
    "db backup": Duty("administrator", ("copy.db",)),
}
"""What writes into the register, the workspace's records or in the issuer's name, or tells of scores, people, questions and keys.

Who may read what, and why, stands in ``certengine.services.readers``."""

ANYBODY: dict[str, tuple[str, ...]] = {
    "status": (),
    "replay": (NUMBER,),
    "bank list": (),
    "bank check": ("small",),
    "bank stats": ("small", "-o", "bank.html"),
    "scheme list": (),
    "scheme check": ("small-l3",),
    "scheme show": ("small-l3",),
    "sitting list": (),
    "sitting show": (SITTING,),
    "paper replay": (SITTING,),
    "cert preview": ("small-l3", "-o", "preview.pdf"),
    "key list": (),
    "log check": (),
    "db check": (),
}
"""What only reads, and tells of counts, digests, names of things and whether they are sound: it is asked for no role, and
must leave every table as it was."""

ELSEWHERE = {
    "init": "makes a workspace, in which nobody is declared yet",
    "schema": "opens no workspace",
    "verify": "is for strangers, who have no role",
    "serve": "opens the register for reading only (tests/web)",
    "db upgrade": "comes before a workspace can be read; whoever may write the file may run it",
}


@pytest.fixture(scope="module")
def issued(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An academy that issued, with one of its numbers; no command of this file changes it."""
    return world.copy("issued", tmp_path_factory.mktemp("roles") / "academy")


@pytest.fixture(scope="module")
def number(issued: Path) -> str:
    """A number of a certificate that was issued."""
    from certengine.services.standing import list_certificates

    with acting(issued) as context:
        return list_certificates(context)[0].credential.number


def counted(root: Path) -> dict[str, int]:
    """How many rows each table has."""
    with acting(root) as context:
        return rows_of(context)


def test_every_command_is_in_one_table() -> None:
    """A new command is judged here: it demands a role, or only reads, or a reason says why it is neither."""
    tables = [*(words.partition(" --")[0] for words in DEMANDS), *ANYBODY, *ELSEWHERE]

    assert sorted({*tables}) == sorted(leaves())
    assert not {*DEMANDS} & {*ANYBODY}


def test_the_manual_says_who_may_run_what() -> None:
    """Each command stands in the table of roles beside the roles that this file has refused it without."""
    manual = Path(__file__).parents[2].joinpath("docs/commands.md").read_text("utf-8")
    table = manual.partition("## Who may run what")[2].partition("\n## ")[0]
    said = {
        command: roles
        for roles, commands in re.findall(r"(?m)^\| ([a-z, ]+) \| (`.*) \|$", table)
        for command in re.findall(r"`([^`]+)`", commands)
    }

    assert said == {
        words.partition(" --")[0]: duty.role.replace(" or ", ", ") for words, duty in DEMANDS.items()
    } | dict.fromkeys(ANYBODY, "anybody")


@pytest.mark.parametrize("words", DEMANDS)
def test_without_the_role_nothing_is_written(words: str, issued: Path, number: str) -> None:
    """Whoever lacks the role is refused with the code of a refusal, and every table stays as it was."""
    duty = DEMANDS[words]
    stranger = "a1" if "auditor" in duty.role else "inspector"
    arguments = [number if one == NUMBER else one for one in duty.arguments]
    before, files = counted(issued), sorted(issued.rglob("*"))

    ran = certengine(*words.split(), *arguments, "--as", stranger, cwd=issued)

    assert (ran.code, counted(issued)) == (exits.REFUSED, before), ran.err
    assert f"{duty.role} of this workspace" in ran.err
    assert sorted(issued.rglob("*")) == files


@pytest.mark.parametrize("words", ANYBODY)
def test_what_asks_no_role_writes_no_row(
    words: str, issued: Path, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that asks for no role leaves every table as it was, whatever it says."""
    arguments = [number if one == NUMBER else one for one in ANYBODY[words]]
    monkeypatch.setenv("CERTENGINE_ACTOR", "nobody")
    before = counted(issued)

    ran = certengine(*words.split(), *arguments, "--workspace", issued, cwd=tmp_path)

    assert ran.code != exits.FAILED, ran.err
    assert ran.code != exits.USAGE, ran.err
    assert counted(issued) == before


def test_a_conflict_is_declared_by_whoever_has_it_or_an_administrator(at: Callable[[str], Path]) -> None:
    """Somebody without any role declares nothing, not even for themselves; an assessor does."""
    root, kind = at("sealed"), ("--kind", "other")
    before = counted(root)

    assert certengine("grade", "conflict", SITTING, "C1", *kind, "--as", "inspector", cwd=root).code == exits.REFUSED
    assert counted(root) == before
    assert certengine("grade", "conflict", SITTING, "C1", *kind, "--as", "a1", cwd=root).code == exits.DONE
