"""A wrong key corrected after issue: the clerk lists who is affected, a second person approves, the administrator sees to it.

The key of a statement was wrong. One candidate passed by it and has a certificate; another answered what is right, and
failed by one mark.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import certengine, done
from tests.journeys.academy import (
    ASSESSORS,
    BANK,
    SCHEME,
    SITTING,
    acts,
    next_command,
    outcome,
    right_responses,
    sealed_academy,
    sheets,
    write_passphrase,
    write_rows,
)

pytestmark = pytest.mark.slow

CANDIDATES = 4
PASS_MARK = 60
MARKS = {"single": 2, "true-false": 1, "multiple": 4, "numeric": 4}
APPROVER, DECIDER = "sun-hao", "zhao-ting"


@dataclass(frozen=True)
class World:
    """The academy with the item whose key is wrong, who gains by the right one, and who loses."""

    root: Path
    item: str
    gains: str
    loses: str
    number: str


def _items(root: Path) -> dict[str, list[dict[str, Any]]]:
    """What stands on each candidate's paper, with the answers of the key."""
    listed = done("sitting", "show", SITTING, "--json", cwd=root).document["candidates"]
    return {
        one["id"]: done("paper", "show", one["paper"], "--key", "--json", cwd=root).document["items"] for one in listed
    }


def _answered(row: dict[str, str], items: list[dict[str, Any]], item: str, marks: int, answer: str | None) -> None:
    """Blank a right sheet until it earns so many marks; the item itself is answered as told."""
    worth = {f"q{one['no']}": MARKS[one["section"]] for one in items}
    place = next(f"q{one['no']}" for one in items if one["item"] == item)
    total = sum(worth.values())
    if answer is not None:
        row[place] = answer
        total -= worth[place]
    for name in sorted(worth, key=lambda one: -worth[one]):
        if name != place and total - worth[name] >= marks:
            row[name] = ""
            total -= worth[name]
    assert total == marks


def _one_form_and_theory_decides(root: Path) -> None:
    """Everybody has the same questions, and no invented practical stands in the way of a pass."""
    file = root / "rubrics" / SCHEME / "scheme.yaml"
    words = file.read_text("utf-8").replace(
        '    bank: "industrial-automation"', '    forms: one\n    bank: "industrial-automation"'
    )
    words = re.sub(
        r"^pass_standard: .*$", "pass_standard: {component: theory, at_least: 60}", words, flags=re.MULTILINE
    )
    words = words.replace("  - {component: practical, months: 12}\n", "")
    file.write_text(words, encoding="utf-8")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Everything issued by the wrong key."""
    root = sealed_academy(tmp_path_factory.mktemp("key") / "academy", CANDIDATES, edit=_one_form_and_theory_decides)
    papers = _items(root)
    # The key prints the letter of a statement and its sign; a candidate writes one of them.
    rows = [
        {name: value.removesuffix(" √").removesuffix(" ×") for name, value in row.items()}
        for row in right_responses(root)
    ]
    write_rows(root / "right.csv", rows)
    done("grade", "written", SITTING, "right.csv", cwd=root)
    first = (root / sheets()[0]).read_text("utf-8-sig")
    for sheet, assessor in zip(sheets(), ASSESSORS, strict=True):
        (root / sheet).write_text(first.replace(ASSESSORS[0], assessor), encoding="utf-8")
    done("grade", "practical", SITTING, *sheets(), cwd=root)
    done("result", "decide", SITTING, "--as", DECIDER, cwd=root)
    able = [who for who in papers if outcome(root, who) == "passed"]
    statements = Counter(one["item"] for who in able for one in papers[who] if one["answer"].endswith(("√", "×")))
    item = next(one for one, times in statements.most_common() if times > 1)
    loses, gains = [who for who in able if item in {one["item"] for one in papers[who]}][:2]
    for row in rows:
        who = row["candidate_id"]
        if who == loses:
            _answered(row, papers[who], item, PASS_MARK, None)
        elif who == gains:
            key = next(one["answer"] for one in papers[who] if one["item"] == item)
            _answered(row, papers[who], item, PASS_MARK - 1, "×" if key.endswith("√") else "√")
    write_rows(root / "answers.csv", rows)
    done("grade", "written", SITTING, "answers.csv", cwd=root)
    done("result", "decide", SITTING, "--as", DECIDER, cwd=root)
    done("result", "approve", SITTING, "--as", APPROVER, cwd=root)
    write_passphrase(root)
    done("key", "new", "--passphrase-file", "passphrase", cwd=root)
    done("cert", "issue", SITTING, "--passphrase-file", "passphrase", cwd=root)
    listed = done("cert", "list", SITTING, "--json", cwd=root).document["certificates"]
    number = next(one["number"] for one in listed if one["candidate"] == loses)
    return World(root=root, item=item, gains=gains, loses=loses, number=number)


def rescore(world: World, *words: str, approver: str = APPROVER) -> dict[str, Any]:
    """The correction, as a document."""
    asked = ("--item", f"{world.item}=current", "-m", "the statement is the other way round", "--approver", approver)
    return done("grade", "rescore", SITTING, *asked, *words, "--json", cwd=world.root).document


def test_before_the_key_is_mended_there_is_nothing_to_correct(world: World) -> None:
    """As long as the bank has the wrong key the correction is refused, and the hint publishes the right one."""
    ran = certengine(
        "grade", "rescore", SITTING, "--item", f"{world.item}=current", "-m", "wrong", "--approver", APPROVER,
        cwd=world.root,
    )  # fmt: skip

    assert (ran.code, "[rescore/same-key]" in ran.err) == (3, True)
    assert f"certengine bank publish {BANK}" in ran.err
    assert (outcome(world.root, world.loses), outcome(world.root, world.gains)) == ("passed", "failed")


def test_key_is_mended_in_the_bank(world: World) -> None:
    """The subject expert turns the key round; the bank has a second version, and papers keep the first."""
    for path in (world.root / "question_banks" / BANK / "items").glob("*.yaml"):
        head, sign, tail = path.read_text("utf-8").partition(f'- id: "{world.item}"')
        if sign:
            tail = re.sub(
                r"^(    key: )(true|false)",
                lambda found: found[1] + {"true": "false", "false": "true"}[found[2]],
                tail,
                count=1,
                flags=re.MULTILINE,
            )
            path.write_text(head + sign + tail, encoding="utf-8")
    published = done("bank", "publish", BANK, "-m", "key turned round", "--json", cwd=world.root).document

    assert (published["version"], published["new"]) == (2, True)


def test_clerk_lists_who_is_affected(world: World) -> None:
    """The dry run names each mark, score, decision and certificate, exactly, and writes nothing."""
    before = acts(world.root)
    found = rescore(world, "--dry-run")
    assert acts(world.root) == before
    flips = {one["candidate"]: (one["before"], one["after"]) for one in found["decide_anew"] if one["flips"]}
    scores = {one["candidate"]: (one["before"], one["after"]) for one in found["scores"]}

    assert {one["item"] for one in found["marks"]} == {world.item}
    assert flips == {world.loses: ("passed", "failed"), world.gains: ("failed", "passed")}
    assert (scores[world.loses], scores[world.gains]) == (("60", "59"), ("59", "60"))
    todo = {one["candidate"]: one["todo"] for one in found["certificates"]}
    assert f"certengine cert revoke {world.number}" in todo[world.loses]
    assert world.gains not in todo


def test_second_person_approves(world: World) -> None:
    """The clerk cannot approve what the clerk asks for; with another person it is done, and done once."""
    own = certengine(
        "grade", "rescore", SITTING, "--item", f"{world.item}=current", "-m", "wrong", "--approver", "zhou-ying",
        cwd=world.root,
    )  # fmt: skip
    assert (own.code, "[rescore/same-person]" in own.err) == (5, True)
    planned = rescore(world, "--dry-run")
    ran, again = rescore(world), rescore(world)

    assert (ran["marks"], ran["decide_anew"], ran["certificates"]) == (
        planned["marks"],
        planned["decide_anew"],
        planned["certificates"],
    )
    assert (again["run"], again["repeated"], again["marks"]) == (None, ran["run"], [])
    assert acts(world.root)[0] == "grade.rescore"
    assert DECIDER in ran["deciders"]


def test_decided_anew_with_the_key_in_the_trace(world: World) -> None:
    """Deciding anew is next; the superseding decision tells by which version of the key the item was marked."""
    assert next_command(world.root) == f"certengine result decide {SITTING}"
    done("result", "decide", SITTING, "--as", DECIDER, cwd=world.root)
    done("result", "approve", SITTING, "--as", APPROVER, cwd=world.root)
    shown = certengine("result", "show", SITTING, world.loses, cwd=world.root)

    assert (outcome(world.root, world.loses), outcome(world.root, world.gains)) == ("failed", "passed")
    assert f"（按更正后的答案 {BANK}@2）" in shown.out
    assert f"(by the corrected key, {BANK}@2)" in shown.out
    assert f"warning: certificate {world.number}" in shown.err


def test_certificate_is_warned_of_until_it_is_revoked(world: World) -> None:
    """``status``, ``cert list`` and ``cert show`` say so; revoked, it is no longer named, and verifies no more."""
    pdf = f"certificates/{world.number}.pdf"
    assert certengine("verify", pdf, cwd=world.root).code == 0
    status = certengine("status", cwd=world.root)
    assert "1 of them passed no longer" in status.out
    assert next_command(world.root) == f"certengine cert revoke {world.number} --reason error"
    for words in (("cert", "list", SITTING), ("cert", "show", world.number)):
        assert f"certengine cert revoke {world.number} --reason error" in certengine(*words, cwd=world.root).err
    done("cert", "revoke", world.number, "--reason", "error", "--yes", "--as", APPROVER, cwd=world.root)
    listed = done("cert", "list", SITTING, "--json", cwd=world.root).document

    assert certengine("verify", pdf, cwd=world.root).code == 3
    assert world.number not in {one["number"] for one in listed["warnings"]}


def test_who_gains_is_certified(world: World) -> None:
    """Whoever passes by the right key gets a certificate; the trail is whole."""
    assert next_command(world.root) == f"certengine cert issue {SITTING}"
    issued = done("cert", "issue", SITTING, "--passphrase-file", "passphrase", "--json", cwd=world.root).document
    shown = done("cert", "show", issued["issued"][0], "--json", cwd=world.root).document

    assert len(issued["issued"]) == 1
    assert (shown["candidate"], shown["warnings"]) == (world.gains, [])
    assert done("log", "check", cwd=world.root).code == 0
    links = {
        one["id"]: one["outcome"]
        for one in done("replay", issued["issued"][0], "--json", cwd=world.root).document["links"]
    }
    assert {links["correction"], links[f"bank:{BANK}@2"], links["score:theory"]} == {"equal"}
    assert done("db", "check", cwd=world.root).code == 0
