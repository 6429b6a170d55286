"""What campaigns share: the academy's stages, a process that commands are forked from, the table of outcomes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.campaigns import faults
from tests.campaigns.campaign import DATABASE, Campaign, write_tables
from tests.campaigns.processes import Warm
from tests.services.small_world import World


@pytest.fixture(scope="session")
def all_of_it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    """What a session's campaigns share, with a process to fork from."""
    warm = Warm(faults=faults.at_hand())
    yield Campaign(warm, World(tmp_path_factory.mktemp("world")), tmp_path_factory.mktemp("campaign"))
    warm.close()


@pytest.fixture
def campaign(all_of_it: Campaign) -> Iterator[Campaign]:
    """The campaign; what it came to so far is written after each test."""
    yield all_of_it
    write_tables(f"{DATABASE.lower()}-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}", all_of_it.counts)
