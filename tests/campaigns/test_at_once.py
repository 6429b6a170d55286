"""Two people at the same time: nothing twice, nobody waits for ever, both are told it is done."""

from __future__ import annotations

import pytest

from tests.campaigns import power
from tests.campaigns.acts import APPROVE, ISSUE, PUBLISH, WRITTEN, Act, demand_settled, named
from tests.campaigns.campaign import Campaign

pytestmark = pytest.mark.slow


def both_at_once(campaign: Campaign, act: Act, *, variant: str | None = None) -> None:
    """One is in the middle of a transaction when the other begins; then both go on.

    Raises:
        AssertionError: when one fails or hangs, or something is there twice.
    """
    undisturbed = campaign.undisturbed(act).state
    root = campaign.fresh(act)
    first = campaign.start(act, root, stop="act-written:1", at_stop=power.PAUSE, variant=variant)
    assert first.wait().stopped
    second = campaign.start(act, root, variant=variant)
    second.wait_until_it_waits()
    first.go_on()
    for one in (first, second):
        ended = one.wait()
        assert ended.code == 0, ended
    demand_settled(root, act, undisturbed, runs=2)
    campaign.note("two at once", act.name, "one within a transaction", "each once")


@pytest.mark.parametrize("act", [ISSUE, APPROVE, WRITTEN, PUBLISH], ids=named)
def test_two_at_once_do_it_once(campaign: Campaign, act: Act) -> None:
    """Both commands end well, and everything is there once."""
    both_at_once(campaign, act)


@pytest.mark.long
@pytest.mark.parametrize("act", [ISSUE, APPROVE], ids=named)
def test_five_at_once_do_it_once(campaign: Campaign, act: Act) -> None:
    """Begun together, four times over."""
    undisturbed = campaign.undisturbed(act).state
    for _ in range(4):
        root = campaign.fresh(act)
        running = [campaign.start(act, root) for _ in range(5)]
        assert [one.wait().code for one in running] == [0] * 5
        demand_settled(root, act, undisturbed, runs=5)
        campaign.note("two at once", act.name, "five together", "each once")
