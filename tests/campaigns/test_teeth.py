"""The campaigns have teeth: each finds the mistake it is there for, in a program that has it (``variants.py``)."""

from __future__ import annotations

import pytest

from tests.campaigns import faults, power, test_keys
from tests.campaigns.acts import APPROVE, ISSUE, PRINT, PRINT_ALL, PUBLISH, REVOKE, WRITTEN, Act, named
from tests.campaigns.campaign import Campaign
from tests.campaigns.test_at_once import both_at_once
from tests.campaigns.test_database_gone import taken_away
from tests.campaigns.test_faults import demand_told
from tests.campaigns.test_kills import demand_no_process_left

pytestmark = pytest.mark.slow

#: A mistake, the act and the point at which it shows, how it is stopped there, and what is said of it.
SHOWN = [
    ("files_not_flushed", PRINT, "file-named:2", power.LOSE_POWER, "half-written"),
    ("folders_not_flushed", ISSUE, "act-committed:4", power.LOSE_POWER, "S2.30001.pdf"),
    ("written_in_place", PRINT, "file-laid:2", power.DIE, "half-written"),
    ("left_over", PRINT, "file-laid:2", power.DIE, "left over"),
    ("issued_before_written", ISSUE, "act-committed:4", power.DIE, "S2.30001.pdf"),
    ("numbers_taken_apart", ISSUE, "act-committed:1", power.DIE, "left over.*0004"),
    ("reserved_anew", ISSUE, "act-committed:1", power.DIE, "resumed, it ends with|certificate"),
    ("proofs_forgotten", ISSUE, "act-committed:6", power.DIE, "tlog-proof"),
    ("run_before_scores", WRITTEN, "act-committed:1", power.DIE, "grade.written"),
    ("acts_written_apart", PUBLISH, "act-committed:1", power.DIE, "bank.publish"),
    ("acts_written_apart", REVOKE, "act-committed:1", power.DIE, "cert.revoked"),
]


@pytest.mark.parametrize(("variant", "act", "point", "how", "said"), SHOWN, ids=named)
def test_stopped_at_the_point_it_is_found(
    campaign: Campaign, variant: str, act: Act, point: str, how: str, said: str
) -> None:
    """The mistake is stopped where it shows, and resumed by the same program."""
    root = campaign.fresh(act)
    assert campaign.run(act, root, stop=point, at_stop=how, variant=variant).killed
    with pytest.raises(AssertionError, match=said):
        campaign.resume(act, root, variant=variant)
    campaign.note("deliberate mistake", act.name, variant.replace("_", " "), "found")


@pytest.mark.skipif(not faults.at_hand(), reason="fiu-utils are not installed")
def test_a_short_write_that_is_believed_is_found(campaign: Campaign) -> None:
    """The system writes a part of what it was given; the program that does not look has torn files."""
    root = campaign.fresh(PRINT)
    fault = {"functions": ["posix/io/rw/write/reduce"], "error": 0, "number": 1, "on": True}
    campaign.run(PRINT, root, variant="written_once", fault=fault)
    with pytest.raises(AssertionError, match="half-written"):
        campaign.resume(PRINT, root)
    campaign.note("deliberate mistake", PRINT.name, "written once", "found")


@pytest.mark.skipif(not faults.at_hand(), reason="fiu-utils are not installed")
@pytest.mark.sqlite
def test_a_fault_that_is_not_told_is_found(campaign: Campaign) -> None:
    """A disk that cannot be read is no mistake of the program, and is not told as one."""
    fault = {"functions": ["posix/io/rw/pread"], "error": 5, "number": 20, "on": True}
    ended = campaign.run(WRITTEN, campaign.fresh(WRITTEN), variant="database_errors_unforeseen", fault=fault)
    with pytest.raises(AssertionError, match="unforeseen"):
        demand_told(ended)
    campaign.note("deliberate mistake", WRITTEN.name, "database errors unforeseen", "found")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("variant", "act", "point", "said"),
    [
        ("removal_unnoticed", WRITTEN, "act-written:1", "code=0"),
        ("made_when_missing", PRINT, "file-named:2", "made in its place"),
    ],
)
def test_a_database_that_is_not_missed_is_found(
    campaign: Campaign, variant: str, act: Act, point: str, said: str
) -> None:
    """What is written into a file that is gone, or a new one made in its place, is lost."""
    with pytest.raises(AssertionError, match=said):
        taken_away(campaign, act, point, variant=variant)
    campaign.note("deliberate mistake", act.name, variant.replace("_", " "), "found")


@pytest.mark.parametrize(
    ("variant", "point", "how", "said"),
    [
        ("keys_used_before_told", "act-written:1", power.DIE, "in use, and no act names them"),
        ("key_folder_not_flushed", "file-named:6", power.LOSE_POWER, "named by an act, and not in use"),
    ],
)
def test_keys_that_nobody_told_of_are_found(campaign: Campaign, variant: str, point: str, how: str, said: str) -> None:
    """A key in use that no act names, or an act of keys that are gone."""
    with pytest.raises(AssertionError, match=said):
        test_keys.stopped_at(campaign, test_keys.NEW, point, how, variant=variant)
    campaign.note("deliberate mistake", test_keys.NEW.name, variant.replace("_", " "), "found")


@pytest.mark.skipif(not faults.at_hand(), reason="fiu-utils are not installed")
def test_a_keyring_that_cannot_be_flushed_after_its_act_is_found(campaign: Campaign) -> None:
    """The last flush of a file, before that of its folder, comes when the act is on record already."""
    with pytest.raises(AssertionError, match="named by an act, and not in use"):
        test_keys.disturbed(campaign, test_keys.NEW, "posix/io/sync/fsync", 12, variant="keyring_flushed_last")
    campaign.note("deliberate mistake", test_keys.NEW.name, "keyring flushed last", "found")


def test_people_who_do_not_take_turns_are_found(campaign: Campaign) -> None:
    """Two transactions that begin by reading cannot both be right."""
    with pytest.raises(AssertionError):
        both_at_once(campaign, APPROVE, variant="no_turns")
    campaign.note("deliberate mistake", APPROVE.name, "no turns", "found")


def test_printing_processes_that_stay_are_found(campaign: Campaign) -> None:
    """They would wait for ever for a print job that is gone."""
    with pytest.raises(AssertionError, match="still run"):
        demand_no_process_left(campaign, PRINT_ALL, variant="workers_left", seconds=3)
    campaign.note("deliberate mistake", PRINT_ALL.name, "workers left", "found")
