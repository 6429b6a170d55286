"""The database is taken away: held by somebody, moved, replaced, its server stopped. The command says so, and goes on later."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from certengine.services.context import open_context
from tests.campaigns import power
from tests.campaigns.acts import ISSUE, PRINT, PUBLISH, REVOKE, WRITTEN, Act, named
from tests.campaigns.campaign import Campaign
from tests.campaigns.processes import Ended
from tests.databases import ON_POSTGRESQL, put_aside, server

pytestmark = pytest.mark.slow

#: Acts of the long campaign.
LATER = [pytest.param(one, marks=pytest.mark.long) for one in (REVOKE, ISSUE)]

#: Where the database is taken away: between two transactions, and within one.
MOMENTS = [
    (WRITTEN, "act-written:1"),
    (PUBLISH, "act-written:1"),
    (REVOKE, "act-written:1"),
    pytest.param(PRINT, "file-named:2", marks=pytest.mark.long),
    (ISSUE, "act-committed:1"),
]


def demand_out_of_reach(ended: Ended) -> None:
    """It cannot tell, says why in a line, and nothing of ours is to be seen.

    Raises:
        AssertionError: when it ended otherwise.
    """
    assert (ended.code, "Traceback" in ended.told) == (6, False), ended
    assert "error: " in ended.told, ended.told


@contextmanager
def moved_away(root: Path, *, replaced: bool = False) -> Iterator[None]:
    """The database's files are elsewhere, and something else may stand in their place."""
    if ON_POSTGRESQL:
        with put_aside(root, replaced=replaced):
            yield
        return
    aside = root.parent / "aside"
    aside.mkdir()
    for path in root.glob("certengine.db*"):
        path.rename(aside / path.name)
    if replaced:
        (root / "certengine.db").write_bytes(b"something else " * 500)
    yield
    left = sorted(path.name for path in root.glob("certengine.db*"))
    assert left == (["certengine.db"] if replaced else []), f"made in its place: {left}"
    for path in root.glob("certengine.db*"):
        path.unlink()
    for path in aside.iterdir():
        path.rename(root / path.name)
    shutil.rmtree(aside)


def taken_away(campaign: Campaign, act: Act, point: str, *, replaced: bool = False, variant: str | None = None) -> None:
    """Take the database away while an act pauses, let it end, put the database back, run it again."""
    root = campaign.fresh(act)
    running = campaign.start(act, root, stop=point, at_stop=power.PAUSE, variant=variant)
    assert running.wait().stopped
    with moved_away(root, replaced=replaced):
        running.go_on()
        demand_out_of_reach(running.wait())
    campaign.resume(act, root)
    campaign.note("database gone", act.name, "replaced" if replaced else "moved", "told")


@pytest.mark.parametrize(("act", "point"), MOMENTS, ids=named)
def test_a_database_that_is_moved_is_missed(campaign: Campaign, act: Act, point: str) -> None:
    """Nothing is made in its place, nothing is said to be done; once it is back, the act goes on."""
    taken_away(campaign, act, point)


@pytest.mark.parametrize(
    ("act", "point"),
    [(WRITTEN, "act-written:1"), pytest.param(PRINT, "file-named:2", marks=pytest.mark.long)],
    ids=named,
)
def test_something_else_in_its_place_is_no_database(campaign: Campaign, act: Act, point: str) -> None:
    """What is no database is left as it is."""
    taken_away(campaign, act, point, replaced=True)


@pytest.mark.parametrize("act", [WRITTEN, PUBLISH, *LATER], ids=named)
def test_a_database_that_somebody_holds_is_waited_for_and_then_told(campaign: Campaign, act: Act) -> None:
    """Whoever waits too long is told; nothing is half done."""
    root = campaign.fresh(act)
    context = open_context(root, actor="admin")
    with context.writing():
        ended = campaign.run(act, root, impatient=True)
    context.database.close()
    demand_out_of_reach(ended)
    assert "lock" in ended.told
    campaign.resume(act, root)
    campaign.note("database gone", act.name, "held", "told")


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("act", "point"), [*MOMENTS, (ISSUE, "act-written:4"), (ISSUE, "file-named:1"), (PRINT, "act-written:1")], ids=named
)
def test_a_server_that_is_stopped_is_missed(campaign: Campaign, act: Act, point: str) -> None:
    """Stopped at once, as a failing machine stops; when it is back, the same command goes on."""
    root = campaign.fresh(act)
    # In a database copied from a template the server keeps a sequence safe only from the next checkpoint on.
    server().do("CHECKPOINT")
    running = campaign.start(act, root, stop=point, at_stop=power.PAUSE)
    assert running.wait().stopped
    server().stop()
    try:
        running.go_on()
        demand_out_of_reach(running.wait())
    finally:
        server().start()
    campaign.resume(act, root)
    campaign.note("database gone", act.name, "server stopped", "told")
