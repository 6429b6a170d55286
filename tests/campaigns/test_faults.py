"""Disks that fail: the command says so in a line and ends with a code of the contract; run again, all is as it should be."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaigns import faults
from tests.campaigns.acts import ISSUE, PRACTICAL, PRINT, PUBLISH, REVOKE, WRITTEN, Act, named
from tests.campaigns.campaign import Campaign
from tests.campaigns.faults import FILLING, FUNCTIONS
from tests.campaigns.processes import ROOT, Ended

# On PostgreSQL these are faults of all files but the database's: the disk that holds the records is the server's own affair.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not faults.at_hand(), reason="fiu-utils are not installed"),
]

#: How many faults each act meets: in the short campaign and in the long one.
MET = [(WRITTEN, 5, 50), (PRACTICAL, 4, 40), (PUBLISH, 5, 50), (REVOKE, 4, 45), (PRINT, 1, 55), (ISSUE, 2, 70)]
#: What a command may end with when it could not do its work.
FAILING = frozenset({1, 3, 4, 5, 6})


def demand_told(ended: Ended) -> str:
    """Whether a command that met a fault ended as it should: in one word what it did.

    Raises:
        AssertionError: when it crashed, or gave no reason that a person can use.
    """
    assert ended.code is not None, "it crashed"
    assert "Traceback" not in ended.told, ended.told
    assert "something unforeseen happened" not in ended.told, unforeseen(ended.told)
    if ended.code == 0:
        return "done all the same"
    assert ended.code in FAILING, (ended.code, ended.told)
    assert re.search(r"\[[a-z/-]+\]$", ended.told, re.MULTILINE), ended.told
    return "told"


def unforeseen(told: str) -> str:
    """The log of what nobody foresaw."""
    found = re.search(r"the log is (\S+)", told)
    return told + (Path(found.group(1)).read_text("utf-8")[-3000:] if found else "")


def faulty(campaign: Campaign, act: Act, chance: random.Random) -> None:
    """Let one call of an act fail, or one and all after it; then run it again."""
    calls = campaign.undisturbed(act, counting=True).calls
    function = chance.choice([one for one in FUNCTIONS if calls.get(one)])
    fault = {
        "functions": [function],
        "error": chance.choice(FUNCTIONS[function]),
        "number": chance.randint(1, calls[function]),
        "on": chance.random() < 0.3,
    }
    root = campaign.fresh(act)
    ended = campaign.run(act, root, fault=fault)
    try:
        outcome = demand_told(ended)
        campaign.resume(act, root)
    except AssertionError as error:
        raise AssertionError(f"{act.name}, {fault}: {error}") from error
    campaign.note("fault", act.name, function.removeprefix("posix/io/"), outcome)


@pytest.mark.parametrize(("act", "number"), [(act, few) for act, few, _ in MET], ids=named)
def test_a_fault_is_told_and_mended_by_running_again(campaign: Campaign, act: Act, number: int) -> None:
    """A few calls of the system fail, each in a run of its own."""
    chance = random.Random(f"{act.name} 1")
    for _ in range(number):
        faulty(campaign, act, chance)


@pytest.mark.long
@pytest.mark.parametrize(("act", "number"), [(act, many) for act, _, many in MET], ids=named)
def test_many_faults_are_told_and_mended(campaign: Campaign, act: Act, number: int) -> None:
    """Three hundred in all."""
    chance = random.Random()
    for _ in range(number):
        faulty(campaign, act, chance)


@pytest.mark.parametrize(
    "act", [WRITTEN, ISSUE, *(pytest.param(one, marks=pytest.mark.long) for one in (PUBLISH, REVOKE, PRINT))], ids=named
)
def test_a_full_disk_is_told_and_mended_by_freeing_space(campaign: Campaign, act: Act) -> None:
    """From some byte on nothing can be written, neither files nor database; with space again the act goes on."""
    calls = campaign.undisturbed(act, counting=True).calls
    writes = sum(calls.get(one, 0) for one in FILLING)
    if not writes:
        pytest.skip("writes into nothing but the database, whose disk is the server's")
    number = max(1, writes // 2)
    root = campaign.fresh(act)
    ended = campaign.run(
        act, root, fault={"functions": list(FILLING), "error": 28, "number": number, "on": True}
    )  # fmt: skip
    assert demand_told(ended) == "told"
    campaign.note("full disk", act.name, "half-way", "told")
    campaign.resume(act, root)


@pytest.mark.long
@pytest.mark.parametrize("act", [WRITTEN, PUBLISH, REVOKE, PRINT, ISSUE], ids=named)
def test_programs_under_random_faults_leave_nothing_torn(campaign: Campaign, act: Act) -> None:
    """The whole program under ``fiu-run``, its loading included, where a fault may end the interpreter before our first word.

    Whatever it ended with: what is seen is whole, and run again all is as it should be.
    """
    campaign.undisturbed(act)
    for _ in range(8):
        root = campaign.fresh(act)
        ended = subprocess.run(
            [
                "fiu-run",
                "-x",
                "-c",
                "enable_random name=posix/io/rw/*,probability=0.002",
                "-c",
                "enable_random name=posix/io/sync/*,probability=0.05",
                "-c",
                "enable_random name=posix/io/dir/rename,probability=0.05",
                *(sys.executable, "-m", "certengine_cli"),
                *act.arguments(root),
            ],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        campaign.resume(act, root)
        campaign.note("fault", act.name, "whole program", "done all the same" if ended.returncode == 0 else "failed")
