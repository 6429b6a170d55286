"""Keys that are made, rotated and retired: disturbed anywhere, no key is in use that no act names, and it is done by doing it again."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest

from certengine.credentials.keyring import read_keyring
from certengine.services.context import open_context
from certengine.services.keys import load_keyring, open_signers
from certengine.services.overview import check_database
from certengine.store.audit import acts
from tests.campaigns import faults, power
from tests.campaigns.acts import Act, named
from tests.campaigns.campaign import Campaign
from tests.campaigns.faults import FUNCTIONS
from tests.campaigns.processes import Ended
from tests.campaigns.test_faults import demand_told
from tests.campaigns.test_kills import POINTS
from tests.services.small_world import passphrase


def _secret(root: Path) -> tuple[str, ...]:
    return ("--as", "admin", "--passphrase-file", str(root / "passphrase"))


def _oldest(root: Path) -> str:
    return read_keyring((root / "keys" / "keyring.json").read_bytes()).keys[0].kid


NEW = Act(name="key new", stage="approved", words=lambda root: ("key", "new", *_secret(root)), done="key/exists")
ROTATE = Act(name="key rotate", stage="live", words=lambda root: ("key", "rotate", "--yes", *_secret(root)))
LOG = Act(name="key new --log", stage="live", words=lambda root: ("key", "new", "--log", *_secret(root)))
RETIRE = Act(
    name="key retire",
    stage="live",
    words=lambda root: ("key", "retire", _oldest(root), "--yes", "--as", "admin"),
    done="key/retired",
)
ACTS = (NEW, ROTATE, LOG, RETIRE)
#: Where it is killed or without power in the short campaign: before the act, right after it, when the keyring has its name.
SOME = [(NEW, "act-written:1"), (NEW, "act-committed:1"), (NEW, "file-named:6"), (ROTATE, "act-committed:1")]

pytestmark = pytest.mark.slow


def demand_acts(root: Path, *, all_in_use: bool) -> None:
    """Every key of the keyring is named by an act.

    Args:
        all_in_use: and every key that an act names is in the keyring.

    Raises:
        AssertionError: when one is not.
    """
    context = open_context(root, actor="admin")
    try:
        with context.reading() as connection:
            told = {kid for act in acts(connection, 99) if act.action == "key.new" for kid in act.details["kids"]}
        path = root / "keys" / "keyring.json"
        held = {key.kid for key in load_keyring(context).keys} if path.exists() else set()
    finally:
        context.database.close()
    assert held <= told, f"in use, and no act names them: {held - told}"
    assert not all_in_use or told == held, f"named by an act, and not in use: {told - held}"


def demand_done_again(campaign: Campaign, act: Act, root: Path) -> None:
    """Run again, it ends well: there are keys to sign with, nothing half-written beside them, and records that hold.

    Raises:
        AssertionError: when it does not.
    """
    ended = campaign.run(act, root)
    assert ended.code == 0 or (act.done and act.done in ended.told), ended
    demand_acts(root, all_in_use=False)
    context = open_context(root, actor="admin")
    try:
        open_signers(context, passphrase)
        assert check_database(context) == ()
    finally:
        context.database.close()
    assert [*(root / "keys").glob(".*")] == []


def stopped_at(campaign: Campaign, act: Act, point: str, how: str, *, variant: str | None = None) -> bool:
    """Whether the act passes the point; if so, it was stopped there, and done again."""
    root = campaign.fresh(act)
    ended = campaign.run(act, root, stop=point, at_stop=how, variant=variant)
    if not ended.killed:
        assert ended.code == 0, ended.told
        return False
    # Between the act and the name of the keyring an act may tell of keys that are not in use yet.
    demand_acts(root, all_in_use=not point.startswith("act-committed"))
    demand_done_again(campaign, act, root)
    campaign.note("power lost" if how == power.LOSE_POWER else "killed", act.name, f"at {point.split(':')[0]}", "sound")
    return True


@pytest.mark.parametrize("how", [power.DIE, power.LOSE_POWER])
@pytest.mark.parametrize(("act", "point"), SOME, ids=named)
def test_stopped_changing_keys_none_is_in_use_that_no_act_names(
    campaign: Campaign, act: Act, point: str, how: str
) -> None:
    """Around the act."""
    assert stopped_at(campaign, act, point, how)


@pytest.mark.long
@pytest.mark.parametrize("how", [power.DIE, power.LOSE_POWER])
@pytest.mark.parametrize("act", ACTS, ids=named)
def test_stopped_at_every_passing_of_every_point(campaign: Campaign, act: Act, how: str) -> None:
    """Each time a file or an act crosses over."""
    for point in POINTS:
        for passing in count(1):
            if not stopped_at(campaign, act, f"{point}:{passing}", how):
                break


def disturbed(campaign: Campaign, act: Act, function: str, number: int, *, variant: str | None = None) -> Ended:
    """One call of a function fails: the act is told as not done, or is done; done again, it is."""
    root = campaign.fresh(act)
    fault = {"functions": [function], "error": FUNCTIONS[function][0], "number": number, "on": False}
    ended = campaign.run(act, root, fault=fault, variant=variant)
    try:
        outcome = demand_told(ended)
        # Naming the keyring comes after the act; all else that a disk may refuse comes before it.
        demand_acts(root, all_in_use=function != "posix/io/dir/rename")
        demand_done_again(campaign, act, root)
    except AssertionError as error:
        raise AssertionError(f"{act.name}, {fault}: {error}") from error
    campaign.note("fault", act.name, function.removeprefix("posix/io/"), outcome)
    return ended


@pytest.mark.long
@pytest.mark.skipif(not faults.at_hand(), reason="fiu-utils are not installed")
@pytest.mark.parametrize(
    "function", ["posix/io/sync/fsync", "posix/io/sync/fdatasync", "posix/io/rw/write", "posix/io/dir/rename"]
)
@pytest.mark.parametrize("act", ACTS, ids=named)
def test_each_call_that_fails_leaves_an_act_and_its_keys_or_neither(
    campaign: Campaign, act: Act, function: str
) -> None:
    """Each flush, each write and each naming, one after the other."""
    root = campaign.fresh(act)
    calls = root.parent / "calls.json"
    assert campaign.run(act, root, fault={"count": str(calls)}).code == 0
    for number in range(1, json.loads(calls.read_text("utf-8")).get(function, 0) + 1):
        disturbed(campaign, act, function, number)
