"""Killed anywhere, and run again: nothing is lost, doubled or half-written. The same when power is lost."""

from __future__ import annotations

import os
import random
import signal
import time
from itertools import count
from pathlib import Path

import pytest

from tests.campaigns import power
from tests.campaigns.acts import ACTS, ISSUE, PRACTICAL, PRINT, PRINT_ALL, PUBLISH, REVOKE, WRITTEN, Act, named
from tests.campaigns.campaign import Campaign
from tests.campaigns.processes import PATIENCE, marked_by

pytestmark = pytest.mark.slow

#: Points of the short campaign; the long one kills at each passing of each point.
SOME_POINTS = [
    (WRITTEN, "act-written:1"),
    (PUBLISH, "act-written:1"),
    (REVOKE, "act-committed:1"),
    (PRINT, "file-laid:4"),
    (ISSUE, "file-laid:6"),
]
#: Points at which power is lost in the short campaign: something was said to be done, or names are on the way.
SOME_LOSSES = [(ISSUE, "act-committed:4"), (PRINT, "act-committed:1")]
#: How often each act is killed at a time nobody chose: in the short campaign and in the long one.
AT_RANDOM = [
    (WRITTEN, 2, 35),
    (PRACTICAL, 2, 25),
    (PRINT, 2, 35),
    (PRINT_ALL, 0, 15),
    (ISSUE, 2, 45),
    (REVOKE, 2, 25),
    (PUBLISH, 3, 25),
]
POINTS = ("file-laid", "file-named", "act-written", "act-committed")


def stopped_at(campaign: Campaign, act: Act, point: str, how: str) -> bool:
    """Whether the act passes the point; if so, it was stopped there, and run again everything is as it should be."""
    root = campaign.fresh(act)
    ended = campaign.run(act, root, stop=point, at_stop=how)
    if not ended.killed:
        assert ended.code == 0, ended.told
        return False
    campaign.resume(act, root)
    campaign.note("power lost" if how == power.LOSE_POWER else "killed", act.name, f"at {point.split(':')[0]}", "sound")
    return True


def killed_at_random(campaign: Campaign, act: Act, chance: random.Random, kills: int) -> None:
    """Kill an act at random until so many kills have met it at work, at most three in a row before it may end."""
    seconds = campaign.undisturbed(act).seconds
    met = 0
    while met < kills:
        root = campaign.fresh(act)
        begun = 0
        for _ in range(chance.randint(1, min(3, kills - met))):
            running = campaign.start(act, root)
            time.sleep(chance.uniform(0, seconds))
            running.kill()
            begun += 1
            if not running.wait().killed:
                campaign.note("killed", act.name, "at random", "over before")
                break
            met += 1
            campaign.note("killed", act.name, "at random", "sound")
        campaign.resume(act, root, begun=begun)


@pytest.mark.parametrize(("act", "point"), SOME_POINTS, ids=named)
def test_killed_at_a_point_it_resumes(campaign: Campaign, act: Act, point: str) -> None:
    """Where a file or an act crosses over, a kill leaves what the next run makes whole."""
    assert stopped_at(campaign, act, point, power.DIE)


@pytest.mark.parametrize(("act", "point"), SOME_LOSSES, ids=named)
def test_a_loss_of_power_takes_nothing_that_was_done(campaign: Campaign, act: Act, point: str) -> None:
    """What was not flushed is gone; nothing that was said to be done rests on it."""
    assert stopped_at(campaign, act, point, power.LOSE_POWER)


@pytest.mark.parametrize(("act", "kills"), [(act, kills) for act, kills, _ in AT_RANDOM if kills], ids=named)
def test_killed_at_any_time_it_resumes(campaign: Campaign, act: Act, kills: int) -> None:
    """A few kills at times nobody chose."""
    killed_at_random(campaign, act, random.Random(1), kills)


@pytest.mark.long
@pytest.mark.parametrize("how", [power.DIE, power.LOSE_POWER])
@pytest.mark.parametrize("act", ACTS, ids=named)
def test_stopped_at_every_passing_of_every_point_it_resumes(campaign: Campaign, act: Act, how: str) -> None:
    """Each time a file or an act crosses over, for as long as the act goes on."""
    for point in POINTS:
        for passing in count(1):
            if not stopped_at(campaign, act, f"{point}:{passing}", how):
                break


@pytest.mark.long
@pytest.mark.parametrize(("act", "kills"), [(act, kills) for act, _, kills in AT_RANDOM], ids=named)
def test_killed_many_times_at_any_time_it_resumes(campaign: Campaign, act: Act, kills: int) -> None:
    """Two hundred kills in all."""
    killed_at_random(campaign, act, random.Random(), kills)


def demand_no_process_left(
    campaign: Campaign, act: Act, *, variant: str | None = None, seconds: float = PATIENCE
) -> Path:
    """Kill a print job that works in several processes; its folder, once they are gone.

    Raises:
        AssertionError: when some still run after so many seconds; they are ended.
    """
    root = campaign.fresh(act)
    ended = campaign.run(act, root, stop="file-named:4", variant=variant, environment={"CAMPAIGN": str(root)})
    assert ended.killed
    until = time.monotonic() + seconds
    while (left := marked_by(str(root))) and time.monotonic() < until:
        time.sleep(0.05)
    for one in left:
        os.kill(one, signal.SIGKILL)
    assert not left, f"{len(left)} processes still run"
    return root


def test_a_killed_print_job_leaves_no_process(campaign: Campaign) -> None:
    """Its printing processes end with it."""
    demand_no_process_left(campaign, PRINT_ALL)
